//! Podman's service with Docker's API: what it is not, or does not tell, is unknown or does not apply by name, and is never guessed.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test has to start programs"
)]

mod lab;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lab::Audit;
use tempfile::TempDir;

/// Podman with storage of its own, and its service.
struct Podman {
    dir: TempDir,
    service: Option<Child>,
}

impl Podman {
    fn start() -> Self {
        let mut podman = Self { dir: TempDir::new().unwrap(), service: None };
        let tree = podman.dir.path().join("tree");
        std::fs::create_dir_all(tree.join("bin")).unwrap();
        std::fs::copy("/bin/busybox", tree.join("bin/busybox")).unwrap();
        let tar = podman.dir.path().join("tree.tar");
        let packed = Command::new("tar").arg("-C").arg(&tree).arg("-cf").arg(&tar).arg(".").status();
        assert!(packed.unwrap().success());
        podman.run(&["import", "--change", "USER 1000", tar.to_str().unwrap(), "lab:1"]);
        let socket = format!("unix://{}", podman.socket().display());
        let mut service = podman.command();
        service.args(["system", "service", "--time", "0", &socket]).stdout(Stdio::null()).stderr(Stdio::null());
        podman.service = Some(service.spawn().unwrap());
        assert!(lab::poll(Duration::from_secs(20), || podman.socket().exists()), "podman's service did not start");
        podman
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("podman.sock")
    }

    fn command(&self) -> Command {
        let mut podman = Command::new("podman");
        for (option, folder) in [("--root", "root"), ("--runroot", "run"), ("--tmpdir", "tmp")] {
            podman.arg(option).arg(self.dir.path().join(folder));
        }
        // What works without systemd, and beside another storage.
        podman.args(["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]);
        podman.args(["--storage-driver", "vfs"]);
        podman
    }

    fn run(&self, words: &[&str]) {
        let output = self.command().args(words).output().unwrap_or_else(|error| panic!("podman: {error}"));
        assert!(output.status.success(), "podman {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn container(&self, verb: &[&str], name: &str, options: &[&str]) {
        let usual = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--network=none", "--name", name];
        self.run(&[verb, &usual, options, &["lab:1", "/bin/busybox", "sleep", "100000"]].concat());
    }

    fn audit(&self) -> Audit {
        let mut run = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        run.args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--engine-socket"])
            .arg(self.socket());
        Audit::read(&run.output().unwrap())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.command().args(["rm", "--all", "--force", "--time", "0"]).output();
        if let Some(service) = &mut self.service {
            let _ = service.kill().and_then(|()| service.wait());
        }
        unmount(self.dir.path());
    }
}

/// What podman mounts over its own storage.
fn unmount(below: &Path) {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for point in
        table.lines().filter_map(|line| line.split(' ').nth(4)).filter(|point| Path::new(point).starts_with(below))
    {
        let _ = Command::new("umount").arg("-l").arg(point).status();
    }
}

/// The controls of some sections that have a verdict, by verdict.
fn by_verdict(audit: &Audit, sections: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let of_section = |number: &str| sections.iter().any(|section| number.split('.').next() == Some(section));
    for (number, verdict) in audit.controls().into_iter().filter(|(number, _)| of_section(number)) {
        found.entry(verdict).or_default().push(number);
    }
    found
}

#[test]
fn podman_is_judged_by_what_it_is() {
    let podman = Podman::start();
    let hardened = ["--cap-drop=all", "--read-only", "--memory=64m", "--cpu-shares=512", "--pids-limit=50"];
    podman.container(&["run", "--detach"], "hard", &[&hardened[..], &["--security-opt=no-new-privileges"]].concat());
    podman.container(&["run", "--detach"], "soft", &["--user=0"]);
    podman.container(&["create"], "idle", &["--privileged"]);
    let audit = podman.audit();
    assert_eq!(audit.report()["engine"]["name"], "podman");
    assert_eq!((audit.code(), audit.stderr()), (1, ""));

    // Of dockerd's options, files and swarm nothing passes and nothing fails.
    for (verdict, numbers) in by_verdict(&audit, &["1", "3", "7"]) {
        assert!(["unknown", "not-applicable", "manual"].contains(&verdict.as_str()), "{verdict} {numbers:?}");
    }
    let daemon = by_verdict(&audit, &["2"]);
    assert_eq!(daemon["pass"], ["2.18", "2.6", "2.7"], "{daemon:?}");
    assert_eq!(daemon["not-applicable"], ["2.10", "2.12", "2.13", "2.16", "2.19", "2.2"], "{daemon:?}");
    assert_eq!(daemon["unknown"], ["2.11", "2.15", "2.17", "2.3", "2.4", "2.5", "2.8", "2.9"], "{daemon:?}");
    // It runs as root, and the drivers that its containers have keep logs here.
    assert_eq!(daemon["fail"], ["2.1", "2.14"], "{daemon:?}");
    for finding in audit.findings() {
        let verdict = finding["verdict"].as_str().unwrap();
        let silent = finding["reason"].as_str().is_none_or(str::is_empty);
        assert!(!silent || ["pass", "fail"].contains(&verdict), "{finding}");
    }

    for (check, expect) in [
        ("container-not-privileged", "pass pass fail"),
        ("container-capabilities-limited", "pass pass fail"),
        ("container-not-root", "pass fail pass"),
        ("container-root-read-only", "pass fail fail"),
        ("container-memory-limited", "pass fail fail"),
        ("container-no-new-privileges", "pass fail unknown"),
        ("container-seccomp-enforced", "pass pass fail"),
        ("container-pids-limited", "pass pass pass"),
        // The kernel tells that they have the host's, and podman does not tell what one that does not run will have.
        ("container-own-user-namespace", "fail fail not-applicable"),
    ] {
        let seen = ["hard", "soft", "idle"].map(|name| audit.verdict(check, name));
        assert_eq!(seen.join(" "), expect, "{check}");
    }
}
