//! What runs in containers: servers (5.7) and open sessions (5.23, 5.24).

use std::time::Duration;

use crate::judge::{BENCHMARK, verdicts};
use crate::lab::Lab;

/// A container whose program is busybox under another file name; an applet goes by what it is called, not by its file.
fn called(lab: &Lab, name: &str, program: &str, options: &[&str]) {
    let script = format!("cp /bin/busybox /tmp/{program}; exec -a sleep /tmp/{program} 100000");
    lab.docker(&[&["run", "-d", "--name", name], options, &["lab:1", "sh", "-c", &script]].concat());
    wait_for(lab, name, program);
}

fn wait_for(lab: &Lab, name: &str, program: &str) {
    for _ in 0..100 {
        let processes = lab.docker(&["top", name, "-o", "pid,comm"]);
        if processes.lines().any(|line| line.ends_with(program)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{name} does not run {program}");
}

#[test]
fn servers() {
    let lab = Lab::start(&[]);
    lab.run("plain", &[]);
    called(&lab, "server", "sshd", &[]);
    called(&lab, "small-server", "dropbear", &[]);
    called(&lab, "client", "ssh", &[]);
    lab.run("later", &[]);
    lab.docker(&["exec", "later", "cp", "/bin/busybox", "/tmp/sshd"]);
    lab.docker(&["exec", "-d", "later", "sh", "-c", "exec -a sleep /tmp/sshd 100000"]);
    wait_for(&lab, "later", "sshd");
    lab.docker(&["run", "-d", "--name", "only-argument", "lab:1", "sh", "-c", "sleep 100000; : sshd"]);
    lab.run("joins", &["--pid=container:server"]);
    lab.create("created", &[]);
    let audit = lab.audit(BENCHMARK);
    let names = ["plain", "server", "small-server", "client", "later", "only-argument", "joins", "created"];
    assert_eq!(
        verdicts(&audit, "container-no-ssh-server", &names),
        "plain pass, server fail, small-server fail, client pass, later fail, only-argument pass, joins fail, \
         created not-applicable"
    );
}

/// Among the host's processes nobody can tell whose the server is; where one of them cannot be looked at, as the lab's
/// process 1, not even that there is one.
#[test]
fn servers_among_the_hosts() {
    let lab = Lab::start(&[]);
    called(&lab, "sharing", "sshd", &["--pid=host"]);
    let all = std::fs::read_link("/proc/1/exe").is_ok();
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.verdict("container-no-ssh-server", "sharing"), if all { "manual" } else { "unknown" });
}

#[test]
fn root_sessions() {
    let lab = Lab::start(&[]);
    for name in ["none", "root-session", "toor-session", "number-session", "own-session", "ended", "other-user"] {
        lab.run(name, &["--user=1000"]);
    }
    for (name, user) in
        [("runs-as-root", "root"), ("runs-as-numbers", "0:0"), ("runs-as-both", "root:root"), ("runs-as-toor", "toor")]
    {
        lab.run(name, &["--user", user]);
        lab.docker(&["exec", "-d", name, "sleep", "100000"]);
    }
    let session = |name: &str, user: &str| lab.docker(&["exec", "-d", "--user", user, name, "sleep", "100000"]);
    session("root-session", "root");
    session("toor-session", "toor");
    session("number-session", "0:1000");
    session("own-session", "1000");
    session("other-user", "nobody");
    lab.docker(&["exec", "--user", "root", "ended", "true"]);
    let audit = lab.audit(BENCHMARK);
    let names = ["none", "root-session", "toor-session", "number-session", "own-session", "other-user", "ended"];
    assert_eq!(
        verdicts(&audit, "container-no-root-exec", &names),
        "none pass, root-session fail, toor-session fail, number-session fail, own-session pass, other-user pass, ended pass"
    );
    let names = ["runs-as-root", "runs-as-numbers", "runs-as-both", "runs-as-toor"];
    assert_eq!(
        verdicts(&audit, "container-no-root-exec", &names),
        "runs-as-root pass, runs-as-numbers pass, runs-as-both pass, runs-as-toor pass"
    );
    assert_eq!(audit.control("5.23"), "pass");
}

/// Only the newer engine takes what the lab's kernel lets it have.
#[test]
fn privileged_sessions() {
    let lab = Lab::start(&[]);
    if lab.version() < 26 {
        return;
    }
    lab.run("web", &["--cap-drop=ALL"]);
    lab.run("app", &["--cap-drop=ALL"]);
    lab.docker(&["exec", "-d", "--privileged", "web", "sleep", "100000"]);
    lab.docker(&["exec", "-d", "app", "sleep", "100000"]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(verdicts(&audit, "container-no-privileged-exec", &["web", "app"]), "web fail, app pass");
    assert_eq!(verdicts(&audit, "container-no-root-exec", &["web", "app"]), "web pass, app pass");
}
