//! Capabilities, privileges and devices of containers: 5.4, 5.5, 5.18, 5.26.

use crate::judge::{BENCHMARK, Container, containers, create, run, verdicts};
use crate::lab::Lab;

const CAPABILITIES: &[Container] = &[
    run("default-set", &["!--cap-drop"], "5.4 fail"),
    run("no-raw", &["--cap-drop=NET_RAW", "!--cap-drop=ALL"], ""),
    run("no-raw-prefix", &["!--cap-drop", "--cap-drop=CAP_NET_RAW"], ""),
    run("sys-admin", &["--cap-add=SYS_ADMIN"], "5.4 fail"),
    run("sys-admin-prefix", &["--cap-add=CAP_SYS_ADMIN"], "5.4 fail"),
    run("sys-admin-lower", &["--cap-add=sys_admin"], "5.4 fail"),
    run("bind-service", &["--cap-add=NET_BIND_SERVICE"], ""),
    run("raw", &["--cap-add=NET_RAW"], "5.4 fail"),
    create("everything", &["!--cap-drop", "--cap-add=ALL"], "5.4 fail"),
    create("everything-in-vain", &["--cap-add=ALL"], "5.4 fail"),
];

const PRIVILEGED: &[Container] = &[
    create("privileged", &["--privileged"], "5.4 fail, 5.5 fail, 5.18 fail, 5.22 fail"),
    create("not-privileged", &["--privileged=false"], ""),
];

const NEW_PRIVILEGES: &[Container] = &[
    run("not-said", &["!--security-opt"], "5.26 fail"),
    run("said-true", &["!--security-opt", "--security-opt=no-new-privileges:true"], ""),
    run("said-equals-true", &["!--security-opt", "--security-opt=no-new-privileges=true"], ""),
    run("said-false", &["!--security-opt", "--security-opt=no-new-privileges=false"], "5.26 fail"),
    run("said-colon-false", &["!--security-opt", "--security-opt=no-new-privileges:false"], "5.26 fail"),
    create("created-not-said", &["!--security-opt"], "5.26 fail"),
    create("created-false", &["!--security-opt", "--security-opt=no-new-privileges=false"], "5.26 fail"),
    create("created-true", &["!--security-opt", "--security-opt=no-new-privileges=true"], ""),
];

const DEVICES: &[Container] = &[
    run("device", &["--device=/dev/kmsg"], "5.18 fail"),
    run("device-to-read", &["--device=/dev/kmsg:/dev/x:r"], "5.18 fail"),
    run("device-rule", &["--device-cgroup-rule=c 1:11 r"], "5.18 fail"),
    run("device-mounted", &["--volume=/dev/kmsg:/k:ro"], "5.18 fail"),
    run("device-null", &["--volume=/dev/null:/k"], ""),
    run("device-folder", &["--volume=/dev:/d:ro"], "5.6 fail, 5.18 fail"),
];

#[test]
fn alone() {
    let lab = Lab::start(&[]);
    containers(&lab, &[CAPABILITIES, PRIVILEGED, NEW_PRIVILEGES, DEVICES]);
}

/// Only the newer engine takes what the lab's kernel lets it have.
#[test]
fn privileged_and_running() {
    let lab = Lab::start(&[]);
    if lab.version() < 26 {
        return;
    }
    const ROWS: &[Container] = &[run("privileged", &["--privileged"], "5.4 fail, 5.5 fail, 5.18 fail, 5.22 fail")];
    containers(&lab, &[ROWS]);
    lab.docker(&["kill", "privileged"]);
    assert_eq!(lab.audit(BENCHMARK).verdict("container-not-privileged", "privileged"), "fail", "stopped");
}

/// A container without an option of its own has the daemon's; what runs has what the kernel says.
#[test]
fn new_privileges_by_the_daemon() {
    let lab = Lab::start(&["--no-new-privileges"]);
    lab.run("plain", &[]);
    lab.run("allowed", &["--security-opt=no-new-privileges=false"]);
    lab.create("plain-created", &[]);
    lab.create("allowed-created", &["--security-opt=no-new-privileges=false"]);
    let seen = verdicts(
        &lab.audit(BENCHMARK),
        "container-no-new-privileges",
        &["plain", "plain-created", "allowed", "allowed-created"],
    );
    assert_eq!(seen, "plain pass, plain-created pass, allowed fail, allowed-created fail");
}

/// A site allows single containers what the others may not have, and the report says on whose word.
#[test]
fn what_a_policy_allows() {
    let lab = Lab::start(&[]);
    let given = ["--cap-drop=ALL", "--cap-add=SYS_ADMIN", "--device=/dev/kmsg", "--volume=/etc:/h:ro"];
    for (name, label) in [("agent", "--label=tier=edge"), ("agent-of-others", "--label=tier=core")] {
        lab.run(name, &[&given[..], &[label]].concat());
    }
    let policy = lab.dir().join("policy.toml");
    let rule = "[[allow]]\ncontainer = 'agent*'\nlabel = 'tier=edge'\nreason = 'it watches the host'\n\
        capabilities = ['CAP_SYS_ADMIN']\ndevices = ['/dev/kmsg:*']\nmounts = ['/etc']\n";
    std::fs::write(&policy, rule).unwrap();
    let audit = lab.audit(&[BENCHMARK, &["--policy", &policy.display().to_string()]].concat());
    let names = ["agent", "agent-of-others"];
    for check in ["container-capabilities-limited", "container-no-host-devices", "container-no-sensitive-host-mounts"] {
        assert_eq!(verdicts(&audit, check, &names), "agent pass, agent-of-others fail", "{check}");
        let basis = audit.finding(check, "agent")["basis"].to_string();
        assert!(basis.contains("policy.toml allow: it watches the host"), "{check}: {basis}");
        assert_eq!(audit.finding(check, "agent-of-others")["basis"], serde_json::json!([]), "{check}");
    }
}
