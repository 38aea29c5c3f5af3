//! Declared and effective: each situation with the checks that it makes fail, beside a container in which nothing was done.

use std::collections::BTreeSet;

use crate::deeds::{
    BENCHMARK, Beyond, enter, limit_memory, limit_processes, mount_late, mount_of_machine, wrong, wrong_beside,
};
use crate::lab::Lab;

/// What root with every capability and without a filter is, wherever it comes in from the host's PID namespace.
const ENTERED: [&str; 6] = [
    "cannot-enter-host-processes",
    "no-host-takeover-capability",
    "no-new-privileges-on-every-process",
    "processes-in-own-namespaces",
    "processes-within-capabilities",
    "seccomp-on-every-process",
];

#[test]
fn behind_the_engines_back() {
    let lab = Lab::start(&[]);
    let situations: [(&str, bool, &[&str]); 8] = [
        ("plain", false, &[]),
        ("entered", true, &["no-foreign-process", "processes-limited"]),
        ("netted", true, &["cannot-administer-host-network"]),
        ("joined", true, &[]),
        ("late", false, &["mounts-as-declared", "mounts-not-shared-with-host"]),
        ("socket", false, &["engine-sockets-out-of-reach", "mounts-as-declared", "mounts-not-shared-with-host"]),
        ("limited", false, &["limits-as-declared"]),
        ("moved", false, &["limits-as-declared?", "processes-limited"]),
    ];
    for (name, ..) in situations {
        lab.run(name, &["--cap-drop=ALL", "--network=none", "--security-opt=no-new-privileges"]);
    }
    let host = enter(&lab, "entered", &["-m", "-p", "-n", "-i", "-u"], false);
    let net = enter(&lab, "netted", &["-m", "-p", "-i", "-u"], true);
    let plain = format!("--net=/proc/{}/ns/net", lab.container_pid("plain"));
    let other = enter(&lab, "joined", &["-m", "-p", "-i", "-u", &plain], true);
    std::fs::create_dir(lab.dir().join("late")).unwrap();
    lab.docker(&["exec", "late", "mkdir", "/tmp/late"]);
    mount_late(&lab, "late", &lab.dir().join("late"), "/tmp/late");
    lab.docker(&["exec", "socket", "touch", "/tmp/d.sock"]);
    mount_late(&lab, "socket", lab.socket(), "/tmp/d.sock");
    limit_memory(&lab, "limited", 41_943_040);
    let beyond = Beyond::with(lab.container_pid("moved"));
    let audit = lab.audit(BENCHMARK);
    for (name, entered, wrong) in situations {
        let entered = ENTERED.iter().filter(|_| entered);
        let expected: BTreeSet<&str> = entered.chain(wrong).copied().collect();
        assert_eq!(wrong_beside(&audit, name, "plain"), Vec::from_iter(expected).join(", "), "{name}");
    }
    assert_eq!(wrong(&audit, "plain"), ["processes-not-root"]);
    let visits = audit.finding("container-processes-in-own-namespaces", "joined")["evidence"].to_string();
    assert!(visits.contains(&lab.docker(&["inspect", "--format={{.Id}}", "plain"])), "{visits}");
    // Undone, all is well again.
    drop((host, net, other, beyond));
    for name in ["entered", "netted", "joined", "late", "socket", "limited"] {
        lab.docker(&["restart", "-t", "0", name]);
    }
    let audit = lab.audit(BENCHMARK);
    for name in ["entered", "netted", "joined", "late", "socket", "limited"] {
        assert_eq!(wrong_beside(&audit, name, "plain"), "", "{name}");
    }
}

/// Limits in either direction, and on a container that was given some.
#[test]
fn limits_that_were_lifted() {
    let lab = Lab::start(&[]);
    let limits = ["--network=none", "--memory=64m", "--pids-limit=50"];
    ["held", "lifted", "lowered", "crowded"].iter().for_each(|name| lab.run(name, &limits));
    limit_memory(&lab, "lifted", 100_000_000);
    limit_memory(&lab, "lowered", 32_000_000);
    limit_processes(&lab, "crowded", "max");
    let audit = lab.audit(BENCHMARK);
    for name in ["lifted", "lowered", "crowded"] {
        assert_eq!(wrong_beside(&audit, name, "held"), "limits-as-declared", "{name}");
    }
    assert_eq!(audit.verdict("container-limits-as-declared", "held"), "pass");
    limit_memory(&lab, "lifted", 64 << 20);
    limit_processes(&lab, "crowded", "50");
    let audit = lab.audit(BENCHMARK);
    let check = "container-limits-as-declared";
    assert_eq!(["lifted", "lowered", "crowded"].map(|name| audit.verdict(check, name)), ["pass", "fail", "pass"]);
}

/// The sockets of systemd and of the message bus are in the machine's /run, of which the lab has none.
#[test]
fn the_machines_run_directory() {
    let lab = Lab::start(&[]);
    ["plain", "run"].iter().for_each(|name| lab.run(name, &["--network=none"]));
    mount_of_machine(lab.container_pid("run"), "/run", "/tmp");
    let audit = lab.audit(BENCHMARK);
    for check in ["container-no-service-manager-socket", "container-host-directories-not-writable"] {
        assert_eq!(["plain", "run"].map(|name| audit.verdict(check, name)), ["pass", "fail"], "{check}");
    }
}
