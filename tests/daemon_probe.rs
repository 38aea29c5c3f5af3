//! The daemon probe against a real dockerd. Without dockerd or without root there is nothing to start, and nothing is tested.
#![allow(clippy::disallowed_types, reason = "a test starts the engine that it audits")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test are a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plimsoll::facts::{Daemon, Engine, GapKind, Observed, Role};
use plimsoll::probe::System;
use plimsoll::probe::daemon::{Wanted, observe, owner};
use tempfile::TempDir;

struct Dockerd {
    child: Child,
    folder: TempDir,
}

impl Dockerd {
    fn start(arguments: &[&str], config: &str) -> Option<Self> {
        let program = Path::new("/usr/sbin/dockerd");
        if !program.exists() || !rustix::process::geteuid().is_root() {
            return None;
        }
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("daemon.json"), config).unwrap();
        let log = fs::File::create(at("log")).unwrap();
        let child = Command::new(program)
            .args(["--bridge=none", "--iptables=false", "--config-file"])
            .arg(at("daemon.json"))
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .arg(format!("-Hunix://{}", at("docker.sock").display()))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let dockerd = Self { child, folder };
        let deadline = Instant::now() + Duration::from_secs(30);
        #[allow(clippy::disallowed_methods, reason = "the log of the engine is no fact")]
        while !fs::read_to_string(dockerd.at("log")).unwrap().contains("API listen on") {
            assert!(Instant::now() < deadline, "dockerd does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(dockerd)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn see(&self) -> Daemon {
        let system = System::live();
        let pid = owner(&system, &self.at("docker.sock")).unwrap();
        assert_eq!(pid, self.child.id());
        let wanted =
            Wanted { tcp_listeners: true, userland_proxies: true, api_accounts: true, storage: true, files: true };
        match observe(&system, pid, &engine(), &wanted) {
            Observed::Known { value, .. } => value,
            Observed::Unknown { gap, .. } => panic!("{gap}"),
        }
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

fn engine() -> Engine {
    serde_json::from_value(serde_json::json!({
        "kind": "docker", "version": "20.10.24+dfsg1", "api_version": "1.41", "socket": "/run/docker.sock",
        "rootless": false, "apparmor": false, "selinux": false, "userns_remap": false, "seccomp_profile": "default",
        "storage_driver": "vfs", "logging_driver": "json-file", "cgroup_driver": "cgroupfs", "live_restore": false,
        "debug": false, "experimental": false, "swarm": "inactive", "insecure_registries": [],
        "authorization_plugins": [], "data_root": "/var/lib/docker",
        "default_runtime": "runc",
    }))
    .unwrap()
}

/// The files of these roles that are there, the folder of the test left out.
fn paths(dockerd: &Dockerd, seen: &Daemon, roles: &[Role]) -> Vec<String> {
    let folder = dockerd.folder.path().to_string_lossy();
    let files = seen.files.value().unwrap().iter().filter(|file| roles.contains(&file.role));
    files.map(|file| file.path.replace(&*folder, "")).collect()
}

#[test]
fn a_dockerds_files_are_those_it_really_uses() {
    let Some(dockerd) = Dockerd::start(&[], "{}") else { return };
    let seen = dockerd.see();
    let all =
        [Role::ConfigFile, Role::ApiSocket, Role::ContainerdSocket, Role::ContainerdConfig, Role::ContainerdState];
    let own = ["/daemon.json", "/docker.sock", "/exec/containerd/containerd.sock", "/exec/containerd/containerd.toml"];
    let own: Vec<String> = own.map(str::to_owned).into_iter().chain(["/exec/containerd/daemon".to_owned()]).collect();
    assert_eq!(paths(&dockerd, &seen, &all), own);
    let programs = [Role::DaemonProgram, Role::ContainerdProgram, Role::ShimV2];
    let theirs = ["/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2"];
    assert_eq!(paths(&dockerd, &seen, &programs), theirs);
    assert_eq!(paths(&dockerd, &seen, &[Role::Runtime]).len(), 1);
    assert!(seen.files.value().unwrap().iter().all(|file| file.file.value().is_some()));
    assert_eq!((seen.root_uid.value(), seen.root_gid.value()), (Some(&0), Some(&0)));
}

#[test]
fn a_dockerd_is_seen_as_it_runs_and_not_as_its_changed_file_says() {
    let config = r#"{"no-new-privileges": true, "userland-proxy": false}"#;
    let arguments = ["-H", "tcp://127.0.0.1:23759", "--metrics-addr=127.0.0.1:23758", "--experimental", "-l", "info"];
    let Some(dockerd) = Dockerd::start(&arguments, config) else { return };
    let file = dockerd.at("daemon.json");
    let seen = dockerd.see();
    assert_eq!(seen.root_uid.value(), Some(&0));
    assert_eq!(seen.tcp_listeners.value().unwrap(), &["127.0.0.1:23759"]);
    assert_eq!(seen.userland_proxies.value(), Some(&0));
    assert_eq!(seen.no_new_privileges, Observed::from_source(true, format!("{} no-new-privileges", file.display())));
    assert_eq!(seen.userland_proxy.value(), Some(&false));
    assert_eq!(seen.iptables, Observed::from_source(false, "dockerd --iptables"));
    assert_eq!(seen.tlsverify, Observed::from_source(false, "dockerd's default"));
    assert_eq!(seen.log_level.value().unwrap(), "info");

    fs::write(&file, config).unwrap();
    let seen = dockerd.see();
    assert_eq!(seen.no_new_privileges.gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(seen.log_level.value().unwrap(), "info");
    assert_eq!(seen.tcp_listeners.value().unwrap(), &["127.0.0.1:23759"]);
}
