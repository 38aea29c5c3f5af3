//! Situations in which the engine's account is wrong in one direction or the other.

use crate::deeds::{BENCHMARK, enter, wait_for, wrong, wrong_beside};
use crate::lab::Lab;

/// Only the newer engine takes what the lab's kernel lets it have.
#[test]
fn a_privileged_session() {
    let lab = Lab::start(&[]);
    if lab.version() < 26 {
        return;
    }
    for name in ["plain", "session", "ended", "unfiltered"] {
        let seccomp: &[&str] = if name == "unfiltered" { &["--security-opt=seccomp=unconfined"] } else { &[] };
        lab.run(name, &[&["--cap-drop=ALL", "--network=none"], seccomp].concat());
    }
    for name in ["session", "ended", "unfiltered"] {
        lab.docker(&["exec", "-d", "--privileged", name, "sleep", "100000"]);
    }
    lab.docker(&["restart", "-t", "0", "ended"]);
    let audit = lab.audit(BENCHMARK);
    // The capabilities are there, and the container's filter refuses what they are for.
    assert_eq!(wrong_beside(&audit, "session", "plain"), "no-privileged-exec, processes-within-capabilities");
    assert_eq!(
        wrong_beside(&audit, "unfiltered", "plain"),
        "no-host-takeover-capability, no-privileged-exec, processes-within-capabilities, seccomp-enforced"
    );
    assert_eq!(wrong_beside(&audit, "ended", "plain"), "");
    lab.docker(&["run", "-d", "--name", "privileged", "--privileged", "--network=none", "lab:1", "sleep", "100000"]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(
        wrong_beside(&audit, "privileged", "plain"),
        "kernel-interfaces-masked, kernel-interfaces-read-only, no-host-takeover-capability, not-privileged, seccomp-enforced"
    );
}

#[test]
fn a_default_of_the_daemon() {
    let lab = Lab::start(&["--no-new-privileges"]);
    lab.run("plain", &[]);
    lab.run("allowed", &["--security-opt=no-new-privileges=false"]);
    lab.run("entered", &[]);
    let _visitor = enter(&lab, "entered", &["-m", "-p"], false);
    let audit = lab.audit(BENCHMARK);
    let check = "container-no-new-privileges-on-every-process";
    assert_eq!(audit.verdict(check, "plain"), "pass");
    assert_eq!(audit.verdict(check, "allowed"), "not-applicable");
    assert_eq!(audit.verdict(check, "entered"), "fail");
    assert_eq!(audit.verdict("container-no-new-privileges", "plain"), "pass");
    assert_eq!(audit.verdict("container-no-new-privileges", "allowed"), "fail");
}

/// The file says it, the daemon that runs does not know it.
#[test]
fn a_default_that_was_never_loaded() {
    let lab = Lab::start(&[]);
    lab.write_daemon_json(r#"{ "no-new-privileges": true, "icc": false }"#);
    lab.hup();
    lab.run("plain", &[]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.verdict("container-no-new-privileges-on-every-process", "plain"), "unknown");
    assert_eq!(audit.verdict("container-no-new-privileges", "plain"), "fail");
}

#[test]
fn what_a_container_makes_of_itself() {
    let lab = Lab::start(&[]);
    lab.run("plain", &["--network=none"]);
    lab.docker(&["run", "-d", "--name=drops", "--network=none", "lab:1", "su", "app", "-c", "exec sleep 100000"]);
    for name in ["remounts", "keeps"] {
        lab.run(name, &["--network=none", "--cap-add=SYS_ADMIN", "-v=/etc/cron.d:/h:ro"]);
    }
    lab.docker(&["exec", "remounts", "mount", "-o", "remount,rw,bind", "/h"]);
    // A sandbox within a container is no way out of it.
    lab.docker(&["exec", "-d", "keeps", "unshare", "-m", "-n", "-i", "-p", "-f", "sleep", "100000"]);
    wait_for("the sandbox", || lab.docker(&["top", "keeps", "-o", "pid,args"]).matches("sleep 100000").count() > 1);
    lab.run("nests", &["--network=none", "--cap-drop=ALL", "--security-opt=seccomp=unconfined"]);
    lab.docker(&["exec", "-d", "-u", "1000", "nests", "unshare", "-U", "-r", "sleep", "100000"]);
    wait_for("the user namespace", || {
        lab.docker(&["top", "nests", "-o", "pid,args"]).matches("sleep 100000").count() > 1
    });
    let audit = lab.audit(BENCHMARK);
    assert_eq!(wrong(&audit, "plain"), ["no-new-privileges", "processes-not-root"]);
    assert_eq!(wrong_beside(&audit, "nests", "plain"), "seccomp-enforced");
    assert_eq!(wrong(&audit, "drops"), ["no-new-privileges"]);
    assert_eq!(wrong_beside(&audit, "remounts", "keeps"), "read-only-mounts-in-force");
    assert_eq!(wrong_beside(&audit, "keeps", "plain"), "host-directories-not-writable, no-host-takeover-capability");
}

#[test]
fn remapped_and_on_the_hosts_network() {
    let lab = Lab::builder().remap_user().flags(&["--userns-remap=dockremap"]).start();
    lab.run("plain", &["--network=none"]);
    lab.run("powerful", &["--network=none", "--cap-add=SYS_ADMIN"]);
    lab.run("entered", &["--network=none"]);
    lab.run("opted-out", &["--network=none", "--userns=host", "--cap-add=SYS_ADMIN"]);
    lab.run("networked", &["--network=host", "--userns=host"]);
    let _visitor = enter(&lab, "entered", &["-m", "-p", "-n", "-i", "-u"], false);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(wrong(&audit, "plain"), ["no-new-privileges"]);
    // In a user namespace of its own, SYS_ADMIN is none over the host.
    assert_eq!(wrong(&audit, "powerful"), ["no-new-privileges"]);
    let check = "container-user-namespace-as-configured";
    let verdicts = ["plain", "entered", "opted-out"].map(|name| audit.verdict(check, name));
    assert_eq!(verdicts, ["pass", "fail", "not-applicable"]);
    // A daemon that remaps leaves control groups writable, which is harmless in a user namespace and not in a container without one.
    let opted_out = ["kernel-interfaces-read-only", "no-new-privileges", "processes-not-root"];
    assert_eq!(
        wrong(&audit, "opted-out"),
        [&opted_out[..1], &["no-host-takeover-capability"], &opted_out[1..]].concat()
    );
    // What the engine calls the host's network is that of the engine's own namespace.
    let networked = [&opted_out[..2], &["own-network-namespace"], &opted_out[2..]].concat();
    assert_eq!(wrong(&audit, "networked"), networked);
}

/// A container that lives on while its daemon is restarted under another default.
#[test]
fn older_than_the_default() {
    let lab = Lab::start(&["--live-restore"]);
    lab.run("old", &["--network=none"]);
    let mut again = restart(&lab, "--no-new-privileges");
    lab.run("new", &["--network=none"]);
    let audit = lab.audit(BENCHMARK);
    let check = "container-no-new-privileges-on-every-process";
    assert_eq!(["old", "new"].map(|name| audit.verdict(check, name)), ["fail", "pass"]);
    drop(lab);
    let _ = again.wait();
}

/// A daemon that begins to remap users forgets those that it started before, and they live on without a user namespace.
#[test]
fn older_than_the_user_namespaces() {
    let lab = Lab::builder().remap_user().flags(&["--live-restore"]).start();
    let old = format!("old-{}", std::process::id());
    lab.run(&old, &["--network=none"]);
    let mut again = restart(&lab, "--userns-remap=dockremap");
    lab.import("lab:1", &[]);
    lab.run("new", &["--network=none"]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.verdict("container-user-namespace-as-configured", "new"), "pass");
    let root = audit.finding("sandbox-processes-not-root", &old);
    assert_eq!((&root["subject"]["kind"], &root["verdict"]), (&"sandbox".into(), &"fail".into()), "{root:#}");
    let kept = audit.finding("sandbox-kept-by-a-runtime", &old)["evidence"].to_string();
    assert!(kept.contains("docker"), "{kept}");
    drop(lab);
    let _ = again.wait();
}

/// Ends the daemon of a lab, which leaves its containers alone, and starts it with another flag.
fn restart(lab: &Lab, flag: &str) -> std::process::Child {
    let running = lab.docker(&["ps", "--format", "{{.Names}}"]);
    let pid = lab.container_pid(running.lines().next().unwrap());
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let shim = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().to_owned();
    lab.signal("KILL");
    wait_for("the end of dockerd", || lab.try_docker(&["version"]).is_err());
    // Its containerd would be taken over if it were still on its way out.
    let containerd = std::fs::read_to_string(lab.dir().join("exec/containerd/containerd.pid")).unwrap();
    wait_for("the end of containerd", || {
        let _ = std::process::Command::new("kill")
            .args(["-KILL", containerd.trim()])
            .stderr(std::process::Stdio::null())
            .status();
        !std::path::Path::new("/proc").join(containerd.trim()).exists()
    });
    let directory = lab.dir().display();
    let flags = format!(
        "--config-file={directory}/daemon.json --exec-root={directory}/exec --pidfile={directory}/pid --data-root={directory}/data \
         --host=unix://{directory}/docker.sock --bridge=none --iptables=false --live-restore {flag}"
    );
    let script = format!(
        "rm -f {directory}/pid; exec nsenter -t {shim} -m -n -- dockerd {flags} >>{directory}/dockerd.log 2>&1"
    );
    let mut again = std::process::Command::new("setsid");
    again.args(["sh", "-c", &script]).env("PATH", crate::lab::lab_path()).stdin(std::process::Stdio::null());
    let again = again.spawn().unwrap();
    wait_for("dockerd", || lab.try_docker(&["version"]).is_ok());
    again
}
