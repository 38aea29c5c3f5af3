//! A machine laid out in a temporary directory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::facts::{TlsFile, Ulimit};

const PID: u32 = 4242;
const FILE: &str = "/etc/docker/daemon.json";

struct Lab(TempDir);

impl Lab {
    /// A dockerd that starts in ten seconds, so that every file laid out now is older than it.
    fn new(arguments: &[&str]) -> Self {
        Self::starting(10, arguments)
    }

    fn starting(seconds: i64, arguments: &[&str]) -> Self {
        let lab = Self(TempDir::new().unwrap());
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec;
        let ticks = (now + seconds) * i64::try_from(procfs::ticks_per_second()).unwrap();
        lab.process(PID, "dockerd", 1, ticks);
        let mut line = String::from("anything\0");
        for argument in arguments {
            line += &format!("{argument}\0");
        }
        lab.write(&format!("/proc/{PID}/cmdline"), &line);
        lab.write(&format!("/proc/{PID}/uid_map"), "         0     100000      65536\n");
        lab.write(&format!("/proc/{PID}/status"), "Name:\tdockerd\nUid:\t0\t0\t0\t0\n");
        lab.inside("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        lab.inside("/etc/docker/key.json", "{}");
        lab
    }

    fn process(&self, pid: u32, name: &str, parent: u32, start: i64) {
        let zeros = "0 ".repeat(17);
        self.write(&format!("/proc/{pid}/stat"), format!("{pid} ({name}) S {parent} {zeros}{start} 0\n"));
        fs::create_dir_all(self.path(&format!("/proc/{pid}/fd"))).unwrap();
        symlink(format!("/usr/bin/{name}"), self.path(&format!("/proc/{pid}/exe"))).unwrap();
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file as dockerd sees it.
    fn inside(&self, path: &str, text: impl AsRef<[u8]>) {
        self.write(&format!("/proc/{PID}/root{path}"), text);
    }

    fn socket(&self, pid: u32, fd: u32, inode: u64) {
        symlink(format!("socket:[{inode}]"), self.path(&format!("/proc/{pid}/fd/{fd}"))).unwrap();
    }

    fn system(&self) -> System {
        System::at(self.0.path())
    }

    fn see(&self) -> Daemon {
        self.see_as(&engine("26.1.5", "builtin"))
    }

    fn see_as(&self, engine: &Engine) -> Daemon {
        let wanted =
            Wanted { tcp_listeners: true, userland_proxies: true, api_accounts: true, storage: true, files: true };
        match observe(&self.system(), PID, engine, &wanted) {
            Observed::Known { value, .. } => value,
            Observed::Unknown { gap, .. } => panic!("{gap}"),
        }
    }
}

fn engine(version: &str, seccomp: &str) -> Engine {
    serde_json::from_value(serde_json::json!({
        "kind": "docker", "version": version, "api_version": "1.45", "socket": "/run/docker.sock", "rootless": false,
        "apparmor": false, "selinux": false, "userns_remap": false, "seccomp_profile": seccomp, "storage_driver": "overlay2",
        "logging_driver": "json-file", "cgroup_driver": "systemd", "live_restore": false, "debug": false, "experimental": false,
        "swarm": "inactive", "insecure_registries": [], "authorization_plugins": [], "data_root": "/var/lib/docker",
    }))
    .unwrap()
}

fn with_file(text: &str) -> Daemon {
    let lab = Lab::new(&[]);
    lab.inside(FILE, text);
    lab.see()
}

fn kind<T>(observed: &Observed<T>) -> Option<GapKind> {
    observed.gap().map(|gap| gap.kind)
}

#[test]
fn nothing_set_is_dockerds_default() {
    let seen = Lab::new(&[]).see();
    assert_eq!(seen.log_level, Observed::from_source("info".into(), "dockerd's default"));
    assert_eq!(seen.hosts.value().unwrap(), &["unix:///var/run/docker.sock"]);
    assert_eq!((seen.iptables.value(), seen.ip6tables.value()), (Some(&true), Some(&false)));
    assert_eq!((seen.no_new_privileges.value(), seen.userland_proxy.value()), (Some(&false), Some(&true)));
    assert_eq!(seen.tls_files.value().unwrap().len(), 0);
    assert_eq!(seen.root_uid.value(), Some(&100_000));
    assert_eq!(seen.seccomp_default_action.value().unwrap(), "SCMP_ACT_ERRNO");
    let lab = Lab::new(&[]);
    assert_eq!(lab.see_as(&engine("v27.0.0-rc.1", "")).ip6tables.value(), Some(&true));
    assert_eq!(lab.see_as(&engine("19.03.8", "")).ip6tables.value(), Some(&false));
    assert_eq!(kind(&lab.see_as(&engine("unknown", "")).ip6tables), Some(GapKind::Unsupported));
}

#[test]
fn flags_are_read_as_pflag_reads_them() {
    let arguments = [
        "--log-level",
        "warn",
        "-Hunix:///x",
        "-H",
        ":2375",
        "--no-new-privileges=TRUE",
        "--iptables=f",
        "-Dl",
        "ERROR",
    ];
    let seen = Lab::new(&arguments).see();
    assert_eq!(seen.log_level, Observed::from_source("error".into(), "dockerd --log-level"));
    assert_eq!(seen.hosts, Observed::from_source(vec!["unix:///x".into(), "tcp://:2375".into()], "dockerd --host"));
    assert_eq!((seen.no_new_privileges.value(), seen.iptables.value()), (Some(&true), Some(&false)));

    let flags = |arguments: &[&str]| flags::parse(&arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
    assert_eq!(flags(&["-D=false", "-Dlwarn"]).unwrap().all("debug").unwrap(), ["false", "true"]);
    assert_eq!(flags(&["--newer", "value", "--tls"]).unwrap().last("newer"), Some("value"));
    assert_eq!(flags(&["--newer", "--tls"]).unwrap().last("tls"), Some("true"));
    for odd in [&["--iptables", "false"][..], &["-x"], &["-"], &["--log-level"], &["-l"], &["--", "daemon"], &[""]] {
        assert_eq!(flags(odd).unwrap_err().kind, GapKind::Unsupported, "{odd:?}");
    }
    for secret in ["http://user:secret@proxy", "-xsecret"] {
        assert!(!flags(&[secret]).unwrap_err().detail.contains("secret"), "{secret}");
    }
}

#[test]
fn the_last_switch_counts_and_a_bad_one_is_unknown() {
    let seen = Lab::new(&["--iptables=false", "--iptables", "--userland-proxy=yes"]).see();
    assert_eq!(seen.iptables.value(), Some(&true));
    assert_eq!(kind(&seen.userland_proxy), Some(GapKind::Malformed));
}

#[test]
fn the_file_is_read_where_dockerd_sees_it() {
    let seen = with_file(
        r#"{ "hosts": [ "unix:///run/docker.sock",
                        "fd://" ],
             "log-level": "Warn", "no-new-privileges": true, "iptables": false, "storage-opts": ["a=b"],
             "log-opts": {"tag": "x"}, "cgroup-parent": "/p", "firewall-backend": "nftables", "userland-proxy": null,
             "default-ulimits": {"any": {"Name": "nproc", "hard": -1, "Soft": 5}}, "proxies": {"http-proxy": "x"} }"#,
    );
    assert_eq!(seen.hosts.value().unwrap(), &["unix:///run/docker.sock", "fd://"]);
    assert_eq!(seen.log_level, Observed::from_source("warn".into(), "/etc/docker/daemon.json log-level"));
    assert_eq!((seen.no_new_privileges.value(), seen.iptables.value()), (Some(&true), Some(&false)));
    assert_eq!(seen.storage_opts.value().unwrap(), &["a=b"]);
    assert_eq!(seen.log_opts.value().unwrap()["tag"], "x");
    assert_eq!(seen.cgroup_parent.value().unwrap(), "/p");
    assert_eq!(seen.firewall_backend.value().unwrap(), "nftables");
    assert_eq!(seen.userland_proxy, Observed::from_source(true, "dockerd's default"));
    assert_eq!(seen.default_ulimits.value().unwrap(), &[Ulimit { name: "nproc".into(), soft: 5, hard: -1 }]);
    for empty in ["", " \n", "null", "{}", "\u{feff}{}"] {
        assert_eq!(with_file(empty).log_level.value().unwrap(), "info", "{empty:?}");
    }
}

#[test]
fn what_dockerd_would_refuse_is_unknown() {
    let nnp = |text: &str| kind(&with_file(text).no_new_privileges);
    for text in [
        r#"{"no-new-privileges": "true"}"#,
        r#"{"no-new-privileges": 1}"#,
        r#"{"no-new-privileges": {}}"#,
        r#"{"No-New-Privileges": true}"#,
        r#"{"no-new-privileges": false, "no-new-privileges": true}"#,
        r#"{"a": {"no-new-privileges": true}}"#,
        r#"{"no-new-privileges": true} x"#,
        r#"{"no-new-privileges": true,}"#,
        "[]",
        "1",
    ] {
        assert_eq!(nnp(text), Some(GapKind::Malformed), "{text}");
    }
    // What the fault does not touch is still known.
    assert_eq!(with_file(r#"{"no-new-privileges": 1, "log-level": "warn"}"#).log_level.value().unwrap(), "warn");
    let both = Lab::new(&["--no-new-privileges", "--iptables"]);
    both.inside(FILE, r#"{"no-new-privileges": true}"#);
    assert_eq!(kind(&both.see().no_new_privileges), Some(GapKind::Malformed));
    both.inside(FILE, "{");
    assert_eq!(both.see().no_new_privileges.value(), Some(&true));
    assert_eq!(kind(&both.see().log_level), Some(GapKind::Malformed));
    both.inside(FILE, b"{\"log-level\": \"\xff\"}");
    assert_eq!(kind(&both.see().log_level), Some(GapKind::Malformed));
}

#[test]
fn a_file_changed_after_the_start_tells_nothing() {
    let lab = Lab::starting(-20, &["--iptables=false"]);
    lab.inside(FILE, r#"{"log-level": "warn"}"#);
    lab.inside("/p.json", r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#);
    let seen = lab.see_as(&engine("26.1.5", "/p.json"));
    assert_eq!(kind(&seen.log_level), Some(GapKind::Unsupported));
    assert_eq!(kind(&seen.no_new_privileges), Some(GapKind::Unsupported));
    assert_eq!(kind(&seen.seccomp_default_action), Some(GapKind::Unsupported));
    assert_eq!(seen.iptables.value(), Some(&false));
    fs::remove_file(lab.path(&format!("/proc/{PID}/root{FILE}"))).unwrap();
    assert_eq!(kind(&lab.see().log_level), Some(GapKind::Unsupported));
    let chosen = Lab::new(&["--config-file", "/nowhere.json"]).see();
    assert_eq!(kind(&chosen.log_level), Some(GapKind::Missing));
    assert_eq!(Lab::new(&["--config-file="]).see().log_level.value().unwrap(), "info");
}

#[test]
fn the_directory_that_dockerd_itself_changed_at_its_start_is_no_change() {
    let lab = Lab::starting(-2, &[]);
    assert_eq!(lab.see().log_level.value().unwrap(), "info");
}

#[test]
fn a_clock_that_was_set_makes_no_file_fresh() {
    // By the kernel's count dockerd starts in ten seconds, by the stamp of its process id file it has started.
    let lab = Lab::new(&[]);
    lab.inside("/var/run/docker.pid", PID.to_string());
    std::thread::sleep(std::time::Duration::from_millis(1100));
    lab.inside(FILE, "{}");
    assert_eq!(kind(&lab.see().log_level), Some(GapKind::Unsupported));
}

#[test]
fn a_pipe_or_a_link_in_place_of_the_file_stops_nobody() {
    let lab = Lab::new(&[]);
    let path = lab.path(&format!("/proc/{PID}/root{FILE}"));
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(kind(&lab.see().log_level), Some(GapKind::Malformed));
    fs::remove_file(&path).unwrap();
    symlink("/nowhere", &path).unwrap();
    assert_eq!(kind(&lab.see().log_level), Some(GapKind::Unsupported));
    fs::remove_file(&path).unwrap();
    symlink("../real.json", &path).unwrap();
    lab.inside("/etc/real.json", r#"{"log-level": "fatal"}"#);
    assert_eq!(lab.see().log_level.value().unwrap(), "fatal");
}

#[test]
fn tls_is_what_dockerd_makes_of_it() {
    let flag = |arguments: &[&str]| Lab::new(arguments).see().tlsverify;
    assert_eq!(flag(&["--tls"]).value(), Some(&true));
    assert_eq!(flag(&["--tls", "--tlsverify=false"]).value(), Some(&false));
    assert_eq!(flag(&["--tls=false"]).value(), Some(&false));
    assert_eq!(kind(&with_file(r#"{"tlsverify": null}"#).tlsverify), Some(GapKind::Malformed));

    // From the file alone there is no default authority: every public one would do.
    let lab = Lab::new(&[]);
    lab.inside(FILE, r#"{"tlsverify": true, "tlscert": "/c.pem", "tlskey": "/k.pem"}"#);
    lab.inside("/c.pem", "");
    let file = |option: &str, path: &str, present| TlsFile { option: option.into(), path: path.into(), present };
    let expected = [file("tlscacert", "", false), file("tlscert", "/c.pem", true), file("tlskey", "/k.pem", false)];
    assert_eq!(lab.see().tls_files.value().unwrap(), &expected);

    let lab = Lab::new(&["--tlsverify", "--tlscert", "/c.pem", "--tlskey", "/c.pem"]);
    lab.inside("/c.pem", "");
    assert_eq!(kind(&lab.see().tls_files), Some(GapKind::Unsupported));
    lab.inside("/root/.docker/ca.pem", "");
    assert_eq!(lab.see().tls_files.value().unwrap()[0], file("tlscacert", "/root/.docker/ca.pem", true));
}

#[test]
fn registries_and_profiles_are_parsed() {
    let lab = Lab::new(&[]);
    lab.inside(
        "/etc/docker/certs.d/good/hosts.toml",
        "server = 'https://x'\n[host.'https://m']\nskip_verify = false\n",
    );
    lab.inside("/etc/docker/certs.d/bad:5000/hosts.toml", "[host.'https://m']\nskip_verify = true\n");
    lab.inside("/etc/docker/certs.d/other/ca.crt", "");
    lab.inside("/p.json", r#"{"defaultaction": "SCMP_ACT_ALLOW"}"#);
    let seen = lab.see_as(&engine("26.1.5", "/p.json"));
    assert_eq!(seen.unverified_registries.value().unwrap(), &["bad:5000"]);
    assert_eq!(seen.seccomp_default_action, Observed::from_source("SCMP_ACT_ALLOW".into(), "/p.json defaultAction"));
    for odd in ["host = 1", "skip_verify = 'yes'", "[host]\nx = 1", "[host"] {
        assert!(registries::skips(Path::new("x"), odd).is_err(), "{odd}");
    }
    lab.inside("/p.json", "{}");
    assert_eq!(kind(&lab.see_as(&engine("26.1.5", "/p.json")).seccomp_default_action), Some(GapKind::Malformed));
}

#[test]
fn truncated_text_is_never_a_panic() {
    let json =
        r#"{"hosts":["tcp://[::]:2375"],"default-ulimits":{"é":{"Name":"nofile","Soft":1}},"log-opts":{"a":"b"}}"#;
    let line = "-Hé=--log-opt=a=b --default-ulimit nofile=1:2 -Dlé --é=é - --";
    for end in (0..=json.len()).filter(|end| json.is_char_boundary(*end)) {
        let seen = with_file(&json[..end]);
        assert_eq!(seen.hosts.value().is_some(), end == 0 || end == json.len(), "{end}");
    }
    for end in (0..=line.len()).filter(|end| line.is_char_boundary(*end)) {
        let arguments: Vec<String> = line[..end].split(' ').map(str::to_owned).collect();
        let _ = flags::parse(&arguments);
    }
}

#[test]
fn other_engines_are_not_configured_like_this() {
    let lab = Lab::new(&[]);
    let mut engine = engine("4.3.1", "");
    engine.kind = EngineKind::Podman;
    assert_eq!(kind(&observe(&lab.system(), PID, &engine, &Wanted::default())), Some(GapKind::Unsupported));
    engine.kind = EngineKind::Docker;
    assert_eq!(kind(&observe(&lab.system(), 7, &engine, &Wanted::default())), Some(GapKind::Missing));
}

mod accounts;
mod files;
mod network;
