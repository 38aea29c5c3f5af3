//! The controls of section 3 on real engines: for each a pass, failures and, where an engine can do without the file, that it
//! does not apply.

#![allow(clippy::panic, reason = "helpers of a test are a test")]

mod lab;

use lab::{Audit, Lab, tls};

/// A file with the controls of its owner and its mode.
struct Pair {
    owner: &'static str,
    mode: &'static str,
    path: &'static str,
    good: &'static str,
    /// Modes that are too open; some are smaller as numbers than the good one.
    bad: [&'static str; 5],
}

const fn pair(
    owner: &'static str,
    mode: &'static str,
    path: &'static str,
    good: &'static str,
    bad: [&'static str; 5],
) -> Pair {
    Pair { owner, mode, path, good, bad }
}

const PLAIN: [&str; 5] = ["0622", "0602", "0466", "0577", "0733"];
const DIRECTORY: [&str; 5] = ["0733", "0722", "0775", "0757", "2755"];
const CERTIFICATE: [&str; 5] = ["0622", "0602", "0422", "0577", "0644"];
const KEY: [&str; 5] = ["0440", "0404", "0377", "0600", "0500"];
const SOCKET: [&str; 5] = ["0646", "0606", "0607", "0622", "0666"];

/// The configuration file is not among them: its change time decides what is known of the options.
const PAIRS: [Pair; 11] = [
    pair("3.1", "3.2", "/etc/systemd/system/docker.service", "0644", PLAIN),
    pair("3.3", "3.4", "/etc/systemd/system/docker.socket", "0644", PLAIN),
    pair("3.5", "3.6", "/etc/docker", "0755", DIRECTORY),
    pair("3.7", "3.8", "/etc/docker/certs.d/registry.lan:5000/ca.crt", "0444", CERTIFICATE),
    pair("3.9", "3.10", "{dir}/tls/ca.pem", "0444", CERTIFICATE),
    pair("3.11", "3.12", "{dir}/tls/server-cert.pem", "0444", CERTIFICATE),
    pair("3.13", "3.14", "{dir}/tls/server-key.pem", "0400", KEY),
    pair("3.15", "3.16", "{dir}/docker.sock", "0660", SOCKET),
    pair("3.19", "3.20", "/etc/default/docker", "0644", PLAIN),
    pair("3.22", "3.21", "/etc/sysconfig/docker", "0644", PLAIN),
    pair("3.23", "3.24", "{dir}/exec/containerd/containerd.sock", "0660", SOCKET),
];

const UNIT: &str = "[Service]\nExecStart=/usr/sbin/dockerd\n";
const CERTIFICATE_OF_REGISTRY: &str = "docker/certs.d/registry.lan:5000/ca.crt";
/// An account that nobody has.
const STRANGER: &str = "12345";

/// An engine that has every file of the section.
fn complete() -> Lab {
    let lab = Lab::builder()
        .flags(tls::VERIFYING)
        .etc("systemd/system/docker.service", UNIT)
        .etc("systemd/system/docker.service.d/10-limits.conf", "[Service]\nLimitNOFILE=1024\n")
        .etc("systemd/system/docker.socket", "[Socket]\nListenStream=/run/docker.sock\n")
        .etc("default/docker", "")
        .etc("sysconfig/docker", "")
        .etc(CERTIFICATE_OF_REGISTRY, "")
        .etc("docker/certs.d/registry.lan:5000/hosts.toml", "")
        .prepare(tls::certificates)
        .start();
    tidy(&lab);
    lab
}

fn run(lab: &Lab, command: &[&str]) {
    let dir = lab.dir().display().to_string();
    let command: Vec<String> = command.iter().map(|word| word.replace("{dir}", &dir)).collect();
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    lab.inside(&words).unwrap_or_else(|error| panic!("{}: {error}", words.join(" ")));
}

fn tidy(lab: &Lab) {
    for pair in &PAIRS {
        run(lab, &["setfacl", "-b", pair.path]);
        run(lab, &["chown", "0:0", pair.path]);
        // With five digits chmod takes the set-group-id bit off a directory, too.
        run(lab, &["chmod", &format!("0{}", pair.good), pair.path]);
    }
}

fn audit(lab: &Lab) -> Audit {
    lab.audit(&["--level", "2"])
}

fn all(audit: &Audit, owner: &str, mode: &str) {
    for pair in &PAIRS {
        let say = |number| format!("{number} {}: {:?}", pair.path, section(audit));
        assert_eq!(audit.control(pair.owner), owner, "{}", say(pair.owner));
        assert_eq!(audit.control(pair.mode), mode, "{}", say(pair.mode));
    }
}

/// What was found in this section, to tell why a test fails.
fn section(audit: &Audit) -> Vec<String> {
    let ours = |check: &str| ["-owned-by-root", "-mode-0"].iter().any(|part| check.contains(part));
    let found = audit.findings().iter().filter(|finding| ours(finding["check"].as_str().unwrap_or_default()));
    found.map(|finding| format!("\n{finding}")).collect()
}

#[test]
fn every_mode_that_is_too_open_fails_and_owners_are_another_control() {
    let lab = complete();
    all(&audit(&lab), "pass", "pass");
    for index in 0..5 {
        for pair in &PAIRS {
            run(&lab, &["chmod", pair.bad[index], pair.path]);
        }
        all(&audit(&lab), "pass", "fail");
        tidy(&lab);
    }
    all(&audit(&lab), "pass", "pass");
}

#[test]
fn another_owner_or_group_fails_and_modes_are_another_control() {
    let lab = complete();
    // What leads to a file counts with it, so that the directory takes its turn alone.
    let files = || PAIRS.iter().filter(|pair| pair.owner != "3.5");
    for owner in [format!("{STRANGER}:0"), format!("0:{STRANGER}")] {
        for pair in files() {
            run(&lab, &["chown", &owner, pair.path]);
        }
        let seen = audit(&lab);
        for pair in files() {
            assert_eq!(seen.control(pair.owner), "fail", "{owner} {}", pair.path);
            assert_eq!(seen.control(pair.mode), "pass", "{owner} {}", pair.path);
        }
        assert_eq!(seen.control("3.5"), "pass");
        tidy(&lab);
        run(&lab, &["chown", &owner, "/etc/docker"]);
        let seen = audit(&lab);
        assert_eq!((seen.control("3.5"), seen.control("3.6")), ("fail", "pass"), "{owner}");
        tidy(&lab);
    }
    // The owner of a directory can replace what lies in it.
    run(&lab, &["chown", STRANGER, "/etc/docker"]);
    let seen = audit(&lab);
    assert_eq!((seen.control("3.7"), seen.control("3.8")), ("pass", "fail"));
}

#[test]
fn an_access_list_fails_the_mode_and_the_right_to_write_the_owner() {
    let lab = complete();
    let files = || PAIRS.iter().filter(|pair| pair.good != "0755" && pair.good != "0444" && pair.good != "0644");
    for pair in files() {
        run(&lab, &["setfacl", "-m", "u:12345:r", pair.path]);
    }
    let seen = audit(&lab);
    for pair in files() {
        assert_eq!((seen.control(pair.owner), seen.control(pair.mode)), ("pass", "fail"), "{}", pair.path);
    }
    for pair in &PAIRS {
        run(&lab, &["setfacl", "-m", "u:12345:rw", pair.path]);
    }
    all(&audit(&lab), "fail", "fail");
    tidy(&lab);
    // To name root, or to grant what everybody has, changes nothing.
    for pair in PAIRS.iter().filter(|pair| pair.good == "0644") {
        run(&lab, &["setfacl", "-m", "u:0:r,u:12345:r", pair.path]);
    }
    all(&audit(&lab), "pass", "pass");
}

#[test]
fn drop_ins_and_directories_on_the_way_count() {
    let lab = complete();
    let drop_in = "/etc/systemd/system/docker.service.d/10-limits.conf";
    let pairs = |seen: &Audit| ["3.1", "3.2", "3.3", "3.4"].map(|number| seen.control(number).to_owned());
    run(&lab, &["chmod", "0664", drop_in]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "fail", "pass", "pass"]);
    run(&lab, &["chmod", "0644", drop_in]);
    run(&lab, &["chown", STRANGER, drop_in]);
    let seen = audit(&lab);
    assert_eq!(pairs(&seen), ["fail", "pass", "pass", "pass"]);
    let evidence = seen.finding("docker-service-unit-owned-by-root", "engine")["evidence"].to_string();
    assert!(evidence.contains(drop_in) && !evidence.contains("docker.socket"), "{evidence}");
    run(&lab, &["chown", "0", drop_in]);
    // The directory of drop-ins leads to them, the directory of units to everything.
    run(&lab, &["chmod", "0775", "/etc/systemd/system/docker.service.d"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "fail", "pass", "pass"]);
    run(&lab, &["chmod", "1777", "/etc/systemd/system/docker.service.d"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "pass", "pass", "pass"]);
    run(&lab, &["chmod", "0755", "/etc/systemd/system/docker.service.d"]);
    run(&lab, &["setfacl", "-m", "u:12345:rx", "/etc/systemd/system"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "pass", "pass", "pass"]);
    run(&lab, &["setfacl", "-m", "u:12345:rwx", "/etc/systemd/system"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "fail", "pass", "fail"]);
    run(&lab, &["setfacl", "-b", "/etc/systemd/system"]);
    // A unit of an administrator's goes before the packager's.
    run(&lab, &["rm", "-r", "/etc/systemd/system/docker.service", "/etc/systemd/system/docker.service.d"]);
    run(&lab, &["mkdir", "-p", "/run/systemd/system"]);
    run(&lab, &["install", "-m", "0666", "/etc/systemd/system/docker.socket", "/run/systemd/system/docker.service"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "fail", "pass", "pass"]);
    run(&lab, &["ln", "-s", "/dev/null", "/etc/systemd/system/docker.service"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "fail", "pass", "pass"]);
    run(&lab, &["install", "-m", "0644", "/etc/systemd/system/docker.socket", "/etc/systemd/system/real.service"]);
    run(&lab, &["ln", "-sf", "real.service", "/etc/systemd/system/docker.service"]);
    assert_eq!(pairs(&audit(&lab)), ["pass", "pass", "pass", "pass"]);
}

#[test]
fn the_configuration_file_is_the_one_in_use_and_what_its_link_leads_to() {
    let lab = Lab::builder()
        .prepare(|dir| {
            let (link, real) = (dir.join("daemon.json"), dir.join("conf/real.json"));
            lab_file(&real);
            std::fs::remove_file(&link).and_then(|()| std::os::unix::fs::symlink("conf/real.json", link)).ok();
        })
        .etc("docker/daemon.json", "{}")
        .start();
    let real = "{dir}/conf/real.json";
    let seen = |owner: &str, mode: &str| {
        let seen = audit(&lab);
        assert_eq!((seen.control("3.17"), seen.control("3.18")), (owner, mode), "{:?}", section(&seen));
    };
    run(&lab, &["chmod", "0644", real]);
    // Another file of that name is not the engine's.
    run(&lab, &["chmod", "0666", "/etc/docker/daemon.json"]);
    seen("pass", "pass");
    for mode in PLAIN {
        run(&lab, &["chmod", mode, real]);
        seen("pass", "fail");
    }
    run(&lab, &["chmod", "0600", real]);
    run(&lab, &["chown", STRANGER, real]);
    seen("fail", "pass");
    run(&lab, &["chown", &format!("0:{STRANGER}"), real]);
    seen("fail", "pass");
    run(&lab, &["chown", "0:0", real]);
    for (mode, verdict) in [("0775", "fail"), ("0757", "fail"), ("0755", "pass")] {
        run(&lab, &["chmod", mode, "{dir}/conf"]);
        seen("pass", verdict);
    }
    // The link's own directory decides too, and its owner does not.
    run(&lab, &["chmod", "0775", "{dir}"]);
    seen("pass", "fail");
    run(&lab, &["chmod", "0755", "{dir}"]);
    run(&lab, &["chown", "-h", STRANGER, "{dir}/daemon.json"]);
    seen("pass", "pass");
    run(&lab, &["setfacl", "-m", "u:12345:r", real]);
    seen("pass", "fail");
    run(&lab, &["setfacl", "-m", "u:12345:rw", real]);
    seen("fail", "fail");
}

fn lab_file(path: &std::path::Path) {
    path.parent().map(std::fs::create_dir_all);
    std::fs::write(path, "{}").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

#[test]
fn the_group_of_the_socket_is_docker_or_the_one_that_dockerd_was_told() {
    let groups = "root:x:0:\ndocker:x:998:\nops:x:1500:\nusers:x:100:\n";
    let lab = Lab::builder().etc("group", groups).flags(&["--group=ops"]).start();
    let of = |owner: &str| {
        run(&lab, &["chown", owner, "{dir}/docker.sock"]);
        let seen = audit(&lab);
        (seen.control("3.15").to_owned(), seen.control("3.16").to_owned())
    };
    let pass = ("pass".to_owned(), "pass".to_owned());
    let fail = ("fail".to_owned(), "pass".to_owned());
    let seen = audit(&lab);
    assert_eq!((seen.control("3.15"), seen.control("3.16")), ("pass", "pass"), "as dockerd made it");
    for (owner, verdict) in [("0:1500", &pass), ("0:998", &pass), ("0:0", &pass), ("0:100", &fail), ("998:998", &fail)]
    {
        assert_eq!(&of(owner), verdict, "{owner}");
    }
}

#[test]
fn a_socket_that_was_passed_on_is_judged() {
    let lab = Lab::builder().socket_activated().start();
    run(&lab, &["chmod", "0660", "{dir}/docker.sock"]);
    run(&lab, &["chown", "0:0", "{dir}/docker.sock"]);
    let seen = audit(&lab);
    assert_eq!((seen.control("3.15"), seen.control("3.16")), ("pass", "pass"), "{:?}", section(&seen));
    run(&lab, &["chmod", "0606", "{dir}/docker.sock"]);
    assert_eq!(audit(&lab).control("3.16"), "fail");
}

#[test]
fn what_an_engine_does_without_does_not_apply() {
    let lab = Lab::start(&["--config-file="]);
    for path in ["/usr/lib/systemd/system", "/usr/local/lib/systemd"] {
        // Nothing is removed from the machine itself.
        if lab.inside(&["test", "-d", path]).is_ok() {
            run(&lab, &["mount", "-t", "tmpfs", "none", path]);
        }
    }
    run(&lab, &["umount", "/etc/docker"]);
    run(&lab, &["rm", "-rf", "/etc/docker", "/etc/default/docker", "/etc/sysconfig/docker"]);
    run(&lab, &["rm", "-rf", "/etc/systemd/system/docker.service", "/etc/systemd/system/docker.socket"]);
    run(&lab, &["rm", "{dir}/exec/containerd/containerd.sock"]);
    let seen = audit(&lab);
    for number in (1..=24).filter(|number| ![15, 16].contains(number)) {
        assert_eq!(seen.control(&format!("3.{number}")), "not-applicable", "3.{number} {:?}", section(&seen));
    }
    let reason = &seen.finding("etc-default-docker-mode-0644", "engine")["reason"];
    assert_eq!(reason, "There is no /etc/default/docker");
}

#[test]
fn a_rootless_engines_user_owns_its_files() {
    let lab = Lab::builder()
        .rootless()
        .etc("passwd", "root:x:0:0:root:/root:/bin/sh\ndock:x:2000:2000::{dir}:/bin/sh\n")
        .prepare(|dir| {
            lab_file(&dir.join(".config/systemd/user/docker.service"));
            lab_file(&dir.join(".config/docker/certs.d/registry.lan/ca.crt"));
            // Before dockerd starts: a file that changed since tells nothing of where containerd is.
            let mine =
                [".config/docker/certs.d/registry.lan/ca.crt", ".config/systemd/user/docker.service", "daemon.json"];
            for path in mine.iter().flat_map(|path| std::path::Path::new(path).ancestors()) {
                std::os::unix::fs::chown(dir.join(path), Some(2000), Some(2000)).ok();
            }
        })
        .start();
    let unit = "{dir}/.config/systemd/user/docker.service";
    run(&lab, &["chmod", "0444", "{dir}/.config/docker/certs.d/registry.lan/ca.crt"]);
    let seen = audit(&lab);
    let numbers = ["3.1", "3.2", "3.5", "3.6", "3.7", "3.8", "3.15", "3.16", "3.17", "3.18", "3.23", "3.24"];
    for number in numbers {
        assert_eq!(seen.control(number), "pass", "{number} {:?}", section(&seen));
    }
    assert_eq!(seen.control("3.3"), "not-applicable");
    for path in [unit, "{dir}/daemon.json", "{dir}/docker.sock"] {
        run(&lab, &["chown", "2001:2001", path]);
    }
    let seen = audit(&lab);
    for number in ["3.1", "3.15", "3.17"] {
        assert_eq!(seen.control(number), "fail", "{number}");
    }
}
