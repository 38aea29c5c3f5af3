//! Section 1 of the CIS Docker Benchmark on real engines and the kernel's own audit.
//!
//! Not to be had on the lab's machine: an engine of upstream's own making, so that an engine that lies stands in for 1.2.2.

#![allow(
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of a test are a test"
)]

mod lab;
mod liar;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::auditing::{Auditing, watch};
use lab::{Audit, Builder, Lab, lab_path};
use serde_json::{Value, json};

const SECTION: &[&str] = &["--benchmark", "cis-docker-1.8.0", "--level", "2", "--section", "1"];
/// The programs that an engine consists of, by the numbers of their controls.
const PROGRAMS: [(&str, &str); 6] = [
    ("1.1.3", "dockerd"),
    ("1.1.14", "containerd"),
    ("1.1.15", "containerd-shim"),
    ("1.1.16", "containerd-shim-runc-v1"),
    ("1.1.17", "containerd-shim-runc-v2"),
    ("1.1.18", "runc"),
];
/// Directories whose files the lab's engine has from its own directory, since an overlay's inodes are its own.
const BOUND: [&str; 4] = ["systemd/system", "default", "sysconfig", "containerd"];

/// An engine that has every file of the section, all of them below the lab's directory.
fn complete() -> Lab {
    let config = r#"{"default-runtime": "lab", "runtimes": {"lab": {"path": "{dir}/bin/runc"}}}"#;
    let lab = own_programs(Lab::builder().daemon_json(config))
        .etc("sysconfig/docker", "")
        .etc("containerd/config.toml", "")
        .prepare(|dir| {
            for (folder, name) in [
                ("systemd/system", "docker.service"),
                ("systemd/system", "docker.socket"),
                ("systemd/system/docker.service.d", "limits.conf"),
                ("default", "docker"),
                ("sysconfig", "docker"),
                ("containerd", "config.toml"),
            ] {
                let folder = dir.join("bound").join(folder);
                fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name), "")).unwrap();
            }
        })
        .start();
    for folder in BOUND {
        let (from, to) = (lab.dir().join("bound").join(folder), format!("/etc/{folder}"));
        lab.inside(&["mount", "--bind", from.to_str().unwrap(), &to]).unwrap_or_else(|error| panic!("{to}: {error}"));
    }
    lab
}

/// Copies the engine's programs, so that rules are about the lab's own.
fn own_programs(builder: Builder) -> Builder {
    let find = |name: &str| lab_path().split(':').map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    builder
        .prepare(move |dir| {
            let folder = dir.join("bin");
            fs::create_dir_all(&folder).unwrap();
            for (_, name) in PROGRAMS {
                // The older shims are there with the older engine alone, and only have to be there.
                let source = find(name).or_else(|| find("containerd-shim-runc-v2")).unwrap_or_else(|| panic!("{name}"));
                let (source, copy) = (fs::canonicalize(source).unwrap(), folder.join(name));
                fs::hard_link(&source, &copy).or_else(|_| fs::copy(&source, &copy).map(drop)).unwrap();
            }
        })
        .env("PATH", &format!("{{dir}}/bin:{}", lab_path()))
        .dockerd("{dir}/bin/dockerd")
}

/// What each control is about, as rules have it.
fn rules(lab: &Lab) -> Vec<(&'static str, String)> {
    let below = |path: &str| lab.dir().join(path);
    let mut rules: Vec<(&'static str, String)> =
        PROGRAMS.iter().map(|(number, name)| (*number, watch(&below("bin").join(name), "wxa"))).collect();
    let files: [(&str, PathBuf); 10] = [
        ("1.1.4", below("exec/containerd/daemon")),
        ("1.1.5", below("data")),
        ("1.1.6", below("etc/docker")),
        ("1.1.7", below("bound/systemd/system/docker.service")),
        ("1.1.7", below("bound/systemd/system/docker.service.d/limits.conf")),
        ("1.1.8", below("exec/containerd/containerd.sock")),
        ("1.1.9", below("docker.sock")),
        ("1.1.9", below("bound/systemd/system/docker.socket")),
        ("1.1.10", below("bound/default/docker")),
        ("1.1.11", below("daemon.json")),
    ];
    rules.extend(files.into_iter().map(|(number, path)| (number, watch(&path, "wa"))));
    rules.push(("1.1.12", watch(&below("exec/containerd/containerd.toml"), "wa")));
    rules.push(("1.1.13", format!("-a always,exit -F path={} -F perm=wa", below("bound/sysconfig/docker").display())));
    rules
}

fn audited(seen: &Audit) -> BTreeMap<String, String> {
    let mut controls = seen.controls();
    controls.retain(|number, _| number.starts_with("1.1.") && !["1.1.1", "1.1.2"].contains(&number.as_str()));
    controls
}

/// The controls about audit that do not have a verdict, and what there is to know of them.
fn others(seen: &Audit, verdict: &str) -> Vec<String> {
    audited(seen).into_iter().filter(|(_, is)| is != verdict).map(|(number, is)| format!("{number} {is}")).collect()
}

fn assert_all(seen: &Audit, verdict: &str) {
    let findings: Vec<&Value> = seen.findings().iter().filter(|finding| finding["verdict"] != verdict).collect();
    assert_eq!(audited(seen).len(), 16);
    assert_eq!(others(seen, verdict), [""; 0], "{findings:#?}");
}

#[test]
fn each_file_is_audited_by_its_own_rule() {
    let lab = complete();
    let auditing = Auditing::begin();
    auditing.switch(true);
    assert_all(&lab.audit(SECTION), "fail");
    let rules = rules(&lab);
    rules.iter().for_each(|(_, rule)| auditing.load(rule));
    assert_all(&lab.audit(SECTION), "pass");
    for (number, rule) in &rules {
        auditing.unload(rule);
        assert_eq!(others(&lab.audit(SECTION), "pass"), [format!("{number} fail")], "{rule}");
        auditing.load(rule);
    }
    auditing.switch(false);
    assert_all(&lab.audit(SECTION), "fail");
    // Who may not ask the kernel knows nothing, and least of all that nothing is recorded.
    let seen = lab.audit_without("audit_control", SECTION);
    assert_all(&seen, "unknown");
    let reason = seen.finding("daemon-json-audited", "engine")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("CAP_AUDIT_CONTROL"), "{reason}");
}

#[test]
fn a_directory_above_is_enough_and_a_rule_with_never_is_not() {
    let lab = complete();
    let auditing = Auditing::begin();
    auditing.switch(true);
    let above = watch(lab.dir(), "wxa");
    auditing.load(&above);
    assert_all(&lab.audit(SECTION), "pass");
    let dir = lab.dir().display();
    for (rule, verdict) in [
        (format!("-A never,exit -F dir={dir}"), "fail"),
        (format!("-A never,exit -F dir={dir} -F perm=a"), "fail"),
        (format!("-A never,exit -F dir={dir} -F perm=r"), "pass"),
        (format!("-A never,exit -F dir={dir} -F exe=/usr/bin/dpkg"), "manual"),
        // What comes last is never asked.
        (format!("-a never,exit -F dir={dir}"), "pass"),
    ] {
        auditing.load(&rule);
        assert_all(&lab.audit(SECTION), verdict);
        auditing.unload(&rule);
    }
    auditing.unload(&above);
    // auditctl lists this one just as it lists a watch.
    auditing.load(&format!("-a never,exit -F path={dir}/daemon.json -F perm=wa"));
    assert_eq!(lab.audit(SECTION).control("1.1.11"), "fail");
}

#[test]
fn what_only_looks_like_a_watch_fails() {
    let lab = complete();
    let auditing = Auditing::begin();
    auditing.switch(true);
    let dir = lab.dir();
    let verdict = |rules: &[String], number: &str| {
        rules.iter().for_each(|rule| auditing.load(rule));
        let verdict = lab.audit(SECTION).control(number).to_owned();
        rules.iter().for_each(|rule| auditing.unload(rule));
        verdict
    };
    let config = dir.join("etc/docker");
    fs::write(config.join("other.json"), "").unwrap();
    assert_eq!(verdict(&[watch(&config.join("other.json"), "wa")], "1.1.6"), "fail");
    assert_eq!(verdict(&[format!("-a always,exit -F path={} -F perm=wa", config.display())], "1.1.6"), "fail");
    assert_eq!(verdict(&[watch(&config, "wa")], "1.1.6"), "pass");
    let json = dir.join("daemon.json");
    fs::write(dir.join("daemon.jsonx"), "").unwrap();
    assert_eq!(verdict(&[watch(&dir.join("daemon.jsonx"), "wa")], "1.1.11"), "fail");
    assert_eq!(verdict(&[watch(&json, "r")], "1.1.11"), "fail");
    assert_eq!(verdict(&[watch(&json, "w"), watch(&json, "a")], "1.1.11"), "pass");
    let width = |bits: &str| format!("-a always,exit -F arch={bits} -F path={} -F perm=wa", json.display());
    assert_eq!(verdict(&[width("b64")], "1.1.11"), "fail");
    assert_eq!(verdict(&[width("b64"), width("b32")], "1.1.11"), "pass");
    assert_eq!(verdict(&[format!("{} -F uid=0", watch(&json, "wa"))], "1.1.11"), "fail");
    // A link on the way leads to the same file, and a link itself is another one.
    std::os::unix::fs::symlink(dir, dir.join("way"))
        .and_then(|()| std::os::unix::fs::symlink(&json, dir.join("link")))
        .unwrap();
    assert_eq!(verdict(&[watch(&dir.join("way/daemon.json"), "wa")], "1.1.11"), "pass");
    assert_eq!(verdict(&[watch(&dir.join("link"), "wa")], "1.1.11"), "fail");
    assert_eq!(verdict(&[watch(&dir.join("way"), "wa")], "1.1.11"), "fail");
}

#[test]
fn files_that_are_not_there_need_no_rule() {
    let lab = Lab::start(&["--config-file="]);
    lab.inside(&["umount", "/etc/docker"]).unwrap();
    for path in ["/usr/lib/systemd/system", "/usr/local/lib/systemd"] {
        // Nothing is removed from the machine itself.
        if lab.inside(&["test", "-d", path]).is_ok() {
            lab.inside(&["mount", "-t", "tmpfs", "none", path]).unwrap();
        }
    }
    let gone = [
        "docker",
        "default/docker",
        "sysconfig/docker",
        "systemd/system/docker.service",
        "systemd/system/docker.socket",
    ];
    for path in gone {
        lab.inside(&["rm", "-rf", &format!("/etc/{path}")]).unwrap();
    }
    let seen = lab.audit(SECTION);
    for number in ["1.1.6", "1.1.7", "1.1.10", "1.1.11", "1.1.13"] {
        assert_eq!(seen.control(number), "not-applicable", "{number}");
    }
    assert_eq!(seen.verdict("docker-socket-unit-audited", "engine"), "not-applicable");
}

#[test]
fn images_want_a_filesystem_of_their_own() {
    let control = |lab: Lab| lab.audit(SECTION).control("1.1.1").to_owned();
    let mount = |words: &'static [&'static str]| {
        Lab::builder().prepare(move |dir| {
            let data = dir.join("data");
            fs::create_dir_all(&data).unwrap();
            let words = words.iter().map(|word| word.replace("{data}", data.to_str().unwrap()));
            let mounted = std::process::Command::new("mount").args(words).arg(&data).status();
            assert!(mounted.unwrap().success());
        })
    };
    assert_eq!(control(Lab::start(&[])), "fail");
    assert_eq!(control(mount(&["--bind", "{data}"]).start()), "fail");
    assert_eq!(control(mount(&["-t", "tmpfs", "none"]).start()), "pass");
    let remapped = mount(&["-t", "tmpfs", "none"])
        .etc("subuid", "remap:300000:65536\n")
        .etc("subgid", "remap:300000:65536\n")
        .etc("passwd", "root:x:0:0::/root:/bin/sh\nremap:x:2001:2001::/:/bin/sh\n")
        .etc("group", "root:x:0:\nremap:x:2001:\n")
        .flags(&["--userns-remap=remap"]);
    assert_eq!(control(remapped.start()), "pass");
}

#[test]
fn only_trusted_accounts_may_use_the_socket() {
    let accounts = "root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/:/bin/sh\nbob:x:1002:998::/:/bin/sh\n";
    let lab = Lab::builder()
        .etc("passwd", accounts)
        .etc("group", "root:x:0:\ndocker:x:998:ann\n")
        .etc("nsswitch.conf", "passwd: files\ngroup: files\n")
        .start();
    let policy = lab.dir().join("policy.toml");
    let control = |trusted: Option<&str>| {
        let Some(trusted) = trusted else { return lab.audit(SECTION).control("1.1.2").to_owned() };
        let text = format!("[trusted_users]\nvalue = [{trusted}]\nreason = 'the operators'\n");
        fs::write(&policy, text).unwrap();
        lab.audit(&[SECTION, &["--policy", policy.to_str().unwrap()]].concat()).control("1.1.2").to_owned()
    };
    assert_eq!(control(None), "manual");
    let evidence = lab.audit(SECTION).finding("api-accounts-trusted", "engine")["evidence"].to_string();
    assert!(evidence.contains(r#"["ann","bob"]"#), "{evidence}");
    assert_eq!(control(Some("'ann', 'bob', 'eve'")), "pass");
    assert_eq!(control(Some("'ann'")), "fail");
    assert_eq!(control(Some("'annie', 'bob'")), "fail");
    let socket = lab.socket().to_str().unwrap();
    let inside = |words: &[&str]| lab.inside(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    inside(&["chmod", "0666", socket]);
    assert_eq!((control(None), control(Some("'ann', 'bob'"))), ("fail".to_owned(), "fail".to_owned()));
    inside(&["chmod", "0660", socket]);
    inside(&["chown", "0:0", socket]);
    assert_eq!(control(None), "pass");
    inside(&["setfacl", "-m", "u:1001:rw", socket]);
    assert_eq!(
        (control(None), control(Some("'bob'")), control(Some("'ann'"))),
        ("manual".into(), "fail".into(), "pass".into())
    );
}

#[test]
fn a_person_vouches_for_the_host() {
    let lab = Lab::start(&[]);
    let seen = lab.audit(SECTION);
    assert_eq!((seen.control("1.2.1"), seen.control("1.2.2")), ("manual", "manual"));
    let policy = lab.dir().join("policy.toml");
    let word = "[[attestation]]\ncheck = 'hardening-baseline-followed'\nby = 'Jo'\non = '2020-01-01'\nuntil = '2100-01-01'\nevidence = 'OPS-7'\n";
    fs::write(&policy, word).unwrap();
    assert_eq!(lab.audit(&[SECTION, &["--policy", policy.to_str().unwrap()]].concat()).control("1.2.1"), "pass");
}

/// The verdict on an engine of these parts.
fn releases(parts: &[(&str, &str, &str)]) -> String {
    judged(parts, "").control("1.2.2").to_owned()
}

/// The same by a policy.
fn judged(parts: &[(&str, &str, &str)], policy: &str) -> Audit {
    let liar = liar::Liar::new();
    let part = |(name, version, commit): &(&str, &str, &str)| json!({ "Name": name, "Version": version, "Details": { "GitCommit": commit } });
    let parts: Vec<Value> = parts.iter().map(part).collect();
    liar.says("/version", &json!({ "Version": parts[0]["Version"], "ApiVersion": "1.45", "Components": parts }));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), policy).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--engine-socket"])
        .arg(liar.socket())
        .arg("--policy")
        .arg(file.path())
        .args(SECTION)
        .output();
    Audit::read(&output.unwrap())
}

/// What the table said long ago may no longer be so.
#[test]
fn a_table_of_releases_that_is_old_says_so_aloud() {
    let parts = [("Engine", "29.8.0", "3ce5872")];
    let stale = judged(&parts, "release_table_max_age_days = { value = -1, reason = 'x' }");
    assert_eq!(stale.control("1.2.2"), "unknown");
    let reason = stale.finding("engine-releases-maintained", "engine")["reason"].as_str().unwrap();
    assert!(reason.contains("the table of releases is of 20") && reason.contains("days old"), "{reason}");
}

#[test]
fn releases_are_looked_up() {
    let runc = |version| ("runc", version, "v1.5.0-0-gc4bb595c");
    assert_eq!(
        releases(&[("Engine", "29.8.0", "3ce5872"), ("containerd", "v2.3.2", "dea7da592f5d1d"), runc("1.5.0")]),
        "pass"
    );
    assert_eq!(releases(&[("Engine", "29.3.0", "3ce5872")]), "fail");
    assert_eq!(releases(&[("Engine", "27.5.1", "4c9b3b0")]), "fail");
    assert_eq!(releases(&[("Engine", "29.8.0", "3ce5872"), runc("1.1.12")]), "fail");
    assert_eq!(releases(&[("Engine", "28.5.2", "89c5e8f")]), "manual");
    assert_eq!(releases(&[("Engine", "29.8.0", "3ce5872"), ("containerd", "1.7.24~ds1", "")]), "manual");
}
