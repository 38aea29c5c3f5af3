//! Section 2: one change of the daemon, and the controls whose verdicts it changes.

use std::os::unix::net::UnixDatagram;

use crate::judge::{BENCHMARK, BRIDGED, PLAIN, changed, engine, engines, file, flags};
use crate::lab::{Lab, authz};

#[test]
fn plain_engine() {
    let verdicts = |with: &str| {
        let chosen = PLAIN.iter().filter(|(_, verdict)| *verdict == with);
        let mut numbers: Vec<&str> = chosen.map(|(number, _)| number.as_str()).collect();
        numbers.sort_by_key(|number| number.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
        numbers.retain(|number| number.starts_with("2.") || *number == "5.1");
        numbers.join(" ")
    };
    assert_eq!(verdicts("pass"), "2.2 2.3 2.5 2.6 2.7 2.11 2.18 2.19 5.1");
    assert_eq!(verdicts("fail"), "2.1 2.4 2.9 2.10 2.13 2.14 2.15 2.16 2.17");
    assert_eq!(verdicts("not-applicable"), "2.8 2.12");
}

#[test]
fn log_level() {
    engines(
        &PLAIN,
        vec![
            flags(&["--log-level=info"], ""),
            flags(&["--log-level=INFO"], ""),
            flags(&["-l", "warn"], "2.3 fail"),
            flags(&["--log-level=debug"], "2.3 fail"),
            flags(&["--debug"], "2.3 fail"),
            flags(&["-D=false"], ""),
            flags(&["-D"], "2.3 fail"),
            file(r#"{"log-level": "error"}"#, "2.3 fail"),
            file(r#"{"log-level": "info"}"#, ""),
            file(r#"{"debug": true}"#, "2.3 fail"),
            file(r#"{"debug": true, "log-level": "info"}"#, "2.3 fail"),
        ],
    );
}

#[test]
fn default_bridge() {
    let bridged = |flags: &[&str]| Lab::builder().bridge().flags(flags);
    assert_eq!(changed(&PLAIN, &BRIDGED), "2.2 fail, 2.4 pass");
    engines(
        &BRIDGED,
        vec![
            engine("--icc=false", bridged(&["--icc=false"]), "2.2 pass"),
            engine("--icc=true", bridged(&["--icc=true"]), ""),
            engine("icc in the file", bridged(&[]).daemon_json(r#"{"icc": false}"#), "2.2 pass"),
            engine("--iptables=false", bridged(&["--iptables=false"]), "2.4 fail"),
            engine("iptables in the file", bridged(&[]).daemon_json(r#"{"iptables": false}"#), "2.4 fail"),
        ],
    );
}

/// Networks of one's own have other rules, and 2.2 is about the default one. Rules for IPv6 are off by default before 27.
#[test]
fn other_networks() {
    let lab = Lab::builder().bridge().flags(&["--icc=false"]).start();
    lab.docker(&["network", "create", "open"]);
    assert_eq!(changed(&BRIDGED, &lab.audit(BENCHMARK).controls()), "2.2 pass");
    lab.docker(&["network", "create", "--ipv6", "--subnet", "fd00:1::/64", "six"]);
    assert_eq!(changed(&BRIDGED, &lab.audit(BENCHMARK).controls()), "2.2 pass, 2.4 fail");
}

#[test]
fn registries() {
    let skips = "[host.\"https://registry.lan:5000\"]\nskip_verify = true\n";
    let place = "docker/certs.d/registry.lan:5000/hosts.toml";
    engines(
        &PLAIN,
        vec![
            flags(&["--insecure-registry=registry.lan:5000"], "2.5 fail"),
            flags(&["--insecure-registry=10.0.0.0/8"], "2.5 fail"),
            flags(&["--insecure-registry=127.0.0.0/8"], ""),
            flags(&["--insecure-registry=127.0.0.1:5000"], ""),
            flags(&["--insecure-registry=localhost:5000"], ""),
            file(r#"{"insecure-registries": ["registry.lan:5000"]}"#, "2.5 fail"),
            file(r#"{"insecure-registries": []}"#, ""),
            engine("skip_verify", Lab::builder().etc(place, skips), "2.5 fail"),
            engine("no skip_verify", Lab::builder().etc(place, &skips.replace("true", "false")), ""),
        ],
    );
}

#[test]
fn default_ulimits() {
    engines(
        &PLAIN,
        vec![
            flags(&["--default-ulimit=nofile=1024:4096", "--default-ulimit=nproc=256"], "2.9 pass"),
            flags(&["--default-ulimit=nofile=1024:4096"], ""),
            flags(&["--default-ulimit=nofile=1024:4096", "--default-ulimit=nproc=64:-1"], ""),
            file(
                r#"{"default-ulimits": {
                    "nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096},
                    "nproc": {"Name": "nproc", "Soft": 64, "Hard": 128}
                }}"#,
                "2.9 pass",
            ),
            file(r#"{"default-ulimits": {"nproc": {"Name": "nproc", "Soft": 64, "Hard": 128}}}"#, ""),
        ],
    );
}

#[test]
fn cgroup_parent() {
    engines(
        &PLAIN,
        vec![
            flags(&["--cgroup-parent=/elsewhere"], "2.11 fail"),
            flags(&["--cgroup-parent=/docker"], ""),
            file(r#"{"cgroup-parent": "/elsewhere"}"#, "2.11 fail"),
        ],
    );
}

#[test]
fn authorization() {
    let plugin = || {
        let lab = Lab::builder().etc("docker/plugins/allow.spec", "unix://{dir}/allow.sock");
        lab.prepare(|dir| drop(authz::allow_all(&dir.join("allow.sock"))))
    };
    engines(
        &PLAIN,
        vec![
            engine("by flag", plugin().flags(&["--authorization-plugin=allow"]), "2.13 pass"),
            engine("by file", plugin().daemon_json(r#"{"authorization-plugins": ["allow"]}"#), "2.13 pass"),
            engine("not used", plugin(), ""),
        ],
    );
}

#[test]
fn logs() {
    let syslog = |address: &str| {
        let option = format!("--log-opt=syslog-address={address}");
        Lab::builder().flags(&["--log-driver=syslog", &option])
    };
    engines(
        &PLAIN,
        vec![
            flags(&["--log-driver=json-file"], ""),
            flags(&["--log-driver=none"], ""),
            flags(&["--log-driver=local"], ""),
            flags(&["--log-driver=journald"], "2.14 manual"),
            flags(&["--log-driver=syslog"], "2.14 manual"),
            engine("to loopback", syslog("udp://127.0.0.1:514"), "2.14 manual"),
            engine("to localhost", syslog("tcp://localhost:514"), "2.14 manual"),
            engine(
                "to a local socket",
                syslog("unixgram:///run/log").prepare(|dir| drop(UnixDatagram::bind(dir.join("run/log")))),
                "2.14 manual",
            ),
            engine("to another host", syslog("udp://192.0.2.1:514"), "2.14 pass"),
            file(r#"{"log-driver": "gelf", "log-opts": {"gelf-address": "udp://192.0.2.1:12201"}}"#, "2.14 pass"),
            file(r#"{"log-driver": "none"}"#, ""),
        ],
    );
}

#[test]
fn new_privileges() {
    engines(
        &PLAIN,
        vec![
            flags(&["--no-new-privileges"], "2.15 pass"),
            flags(&["--no-new-privileges=true"], "2.15 pass"),
            flags(&["--no-new-privileges=false"], ""),
            flags(&["--no-new-privileges=1"], "2.15 pass"),
            file(r#"{"no-new-privileges": true}"#, "2.15 pass"),
            file(r#"{"no-new-privileges": false}"#, ""),
        ],
    );
}

/// dockerd takes no-new-privileges only at its start, whatever its file says after that.
#[test]
fn file_changed_after_start() {
    let lab = Lab::builder().daemon_json("{}").start();
    assert_eq!(lab.audit(BENCHMARK).control("2.15"), "fail");
    lab.write_daemon_json(r#"{"no-new-privileges": true, "icc": false, "log-level": "debug"}"#);
    lab.hup();
    lab.run("web", &[]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.control("2.15"), "unknown");
    assert_eq!(audit.control("2.3"), "unknown");
    let reason = audit.finding("daemon-forbids-new-privileges", "docker")["reason"].as_str().unwrap();
    assert!(reason.contains("was changed at"), "{reason}");
    assert_eq!(audit.verdict("container-no-new-privileges", "web"), "fail");
}

/// What the daemon says of itself or was told on its command line is known even so.
#[test]
fn flag_beside_a_changed_file() {
    let lab = Lab::builder().daemon_json("{}").flags(&["--no-new-privileges=false"]).start();
    lab.write_daemon_json(r#"{"no-new-privileges": true, "live-restore": true}"#);
    lab.signal("HUP");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.control("2.15"), "fail");
}

#[test]
fn live_restore() {
    engines(
        &PLAIN,
        vec![
            flags(&["--live-restore"], "2.16 pass"),
            flags(&["--live-restore=false"], ""),
            file(r#"{"live-restore": true}"#, "2.16 pass"),
        ],
    );
    let lab = Lab::builder().daemon_json(r#"{"live-restore": false}"#).start();
    lab.write_daemon_json(r#"{"live-restore": true}"#);
    lab.hup();
    assert_eq!(lab.audit(BENCHMARK).control("2.16"), "pass", "a reload is enough for this one");
}

#[test]
fn swarm() {
    let lab = Lab::start(&[]);
    lab.docker(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    assert_eq!(changed(&PLAIN, &lab.audit(BENCHMARK).controls()), "2.16 not-applicable, 5.1 fail");
    lab.docker(&["swarm", "leave", "--force"]);
    assert_eq!(changed(&PLAIN, &lab.audit(BENCHMARK).controls()), "");
}

#[test]
fn userland_proxy() {
    engines(
        &PLAIN,
        vec![
            flags(&["--userland-proxy=false"], "2.17 pass"),
            flags(&["--userland-proxy=true"], ""),
            file(r#"{"userland-proxy": false}"#, "2.17 pass"),
        ],
    );
}

#[test]
fn experimental() {
    engines(&PLAIN, vec![flags(&["--experimental"], "2.19 fail"), file(r#"{"experimental": true}"#, "2.19 fail")]);
}

/// Root of a rootless engine is no root of the host.
#[test]
fn rootless() {
    // Where a user's configuration is, only the list of users tells.
    let lab = Lab::builder().rootless().start();
    let homeless = changed(&PLAIN, &lab.audit(BENCHMARK).controls());
    assert_eq!(homeless, "2.1 pass, 2.4 not-applicable, 2.5 unknown, 2.10 pass");
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap() + "lab:x:2000:2000::/nonexistent:/bin/false\n";
    let lab = Lab::builder().rootless().etc("passwd", &passwd).start();
    assert_eq!(changed(&PLAIN, &lab.audit(BENCHMARK).controls()), "2.1 pass, 2.4 not-applicable, 2.10 pass");
    lab.run("web", &[]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.verdict("container-own-user-namespace", "web"), "pass");
    assert_eq!(audit.verdict("container-no-engine-socket", "web"), "pass");
}

#[test]
fn several_at_once() {
    let hardened = r#"{
        "log-level": "info",
        "no-new-privileges": true,
        "live-restore": true,
        "userland-proxy": false,
        "default-ulimits": {
            "nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096},
            "nproc": {"Name": "nproc", "Soft": 64, "Hard": 128}
        }
    }"#;
    engines(&PLAIN, vec![file(hardened, "2.9 pass, 2.15 pass, 2.16 pass, 2.17 pass")]);
}

/// A program in a container is not the engine, whatever it calls itself.
#[test]
fn somebody_called_dockerd() {
    let lab = Lab::start(&[]);
    let busybox = "cp /bin/busybox /tmp/dockerd; exec -a sh /tmp/dockerd -c 'while :; do sleep 1000; done' dockerd \
                   --no-new-privileges --userland-proxy=false";
    lab.docker(&["run", "-d", "--name", "dockerd", "lab:1", "sh", "-c", busybox]);
    let pid = lab.container_pid("dockerd");
    let exe = || std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("dockerd"));
    for _ in 0..100 {
        if exe() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(exe(), "the container does not pose as dockerd");
    let now = lab.audit(BENCHMARK).controls();
    for number in (1..20).map(|number| format!("2.{number}")) {
        assert_eq!(now[&number], PLAIN[&number], "{number}");
    }
}
