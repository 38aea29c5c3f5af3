//! Ways from a container to the host: what opens each, and what does not.

use crate::deeds::{BENCHMARK, wrong_beside};
use crate::lab::Lab;

const HARD: &[&str] = &["--network=none", "--security-opt=no-new-privileges"];

/// Each container with what it is given and the checks that it then fails, beside one that is given nothing.
const WAYS: &[(&str, &[&str], &str)] = &[
    ("dropped", &["--cap-drop=ALL"], ""),
    ("user", &["--user=1000"], ""),
    ("sys-admin", &["--cap-add=SYS_ADMIN"], "no-host-takeover-capability"),
    ("module", &["--cap-add=SYS_MODULE"], "no-host-takeover-capability"),
    ("search", &["--cap-add=DAC_READ_SEARCH"], "no-host-takeover-capability"),
    ("search-as-user", &["--cap-add=DAC_READ_SEARCH", "--user=1000"], ""),
    ("ptrace", &["--cap-add=SYS_PTRACE"], ""),
    ("pid-host", &["--pid=host"], "own-pid-namespace"),
    ("pid-ptrace", &["--pid=host", "--cap-add=SYS_PTRACE"], "cannot-enter-host-processes, own-pid-namespace"),
    ("net-admin", &["--cap-add=NET_ADMIN"], ""),
    ("socket", &["-v={dir}/docker.sock:/tmp/d.sock"], "engine-sockets-out-of-reach"),
    ("socket-ro", &["-v={dir}/docker.sock:/tmp/d.sock:ro"], "engine-sockets-out-of-reach"),
    ("socket-dir", &["-v={dir}/exec/containerd:/lab:ro"], "engine-sockets-out-of-reach"),
    ("etc", &["-v=/etc/cron.d:/h"], "host-directories-not-writable"),
    ("etc-ro", &["-v=/etc/cron.d:/h:ro"], ""),
    (
        "etc-ro-admin",
        &["-v=/etc/cron.d:/h:ro", "--cap-add=SYS_ADMIN"],
        "host-directories-not-writable, no-host-takeover-capability",
    ),
    ("storage", &["-v=/var/lib/docker:/h"], "host-directories-not-writable"),
    ("data", &["-v={dir}/etc.work:/data"], ""),
    ("volume", &["-v=vol:/data"], ""),
    ("tmpfs", &["--tmpfs=/scratch", "--read-only"], ""),
    ("init", &["--init"], ""),
    ("shareable", &["--ipc=shareable"], ""),
    ("joins-ipc", &["--ipc=container:shareable"], ""),
    ("joins-net", &["--network=container:shareable"], ""),
    ("joins-pid", &["--pid=container:shareable"], ""),
    ("paths", &["--security-opt=systempaths=unconfined"], "kernel-interfaces-masked, kernel-interfaces-read-only"),
    // Root without a capability writes to /proc/sys all the same.
    (
        "paths-dropped",
        &["--security-opt=systempaths=unconfined", "--cap-drop=ALL"],
        "kernel-interfaces-masked, kernel-interfaces-read-only",
    ),
    ("proc", &["-v=/proc:/p:ro"], "kernel-interfaces-masked"),
    ("shared", &["-v={dir}/etc.work:/data:rshared"], "mounts-not-shared-with-host"),
    ("slave", &["-v={dir}/etc.work:/data:rslave"], ""),
];

#[test]
fn ways_to_the_host() {
    let lab = Lab::start(&[]);
    lab.run("plain", HARD);
    for (name, options, _) in WAYS {
        let options: Vec<String> =
            options.iter().map(|o| o.replace("{dir}", &lab.dir().display().to_string())).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let hard = if options.iter().any(|o| o.starts_with("--network")) { &HARD[1..] } else { HARD };
        lab.run(name, &[hard, &options].concat());
    }
    let audit = lab.audit(BENCHMARK);
    let mut lines = Vec::new();
    for (name, options, expected) in WAYS {
        let seen = wrong_beside(&audit, name, "plain");
        if seen != *expected {
            lines.push(format!("{name} {}\n    expected: {expected}\n    seen:     {seen}", options.join(" ")));
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// Wherever an engine keeps them, a container's own files and volumes are nothing of the host's.
#[test]
fn storage_below_a_sensitive_directory() {
    let storage = tempfile::tempdir_in("/root").unwrap();
    let path = storage.path().display().to_string();
    let lab = Lab::start(&[&format!("--data-root={path}")]);
    lab.run("plain", HARD);
    lab.run("volume", &[HARD, &["-v=vol:/data"]].concat());
    lab.run("storage", &[HARD, &[&format!("-v={path}/volumes:/data")]].concat());
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.verdict("container-host-directories-not-writable", "plain"), "pass");
    assert_eq!(wrong_beside(&audit, "volume", "plain"), "");
    assert_eq!(wrong_beside(&audit, "storage", "plain"), "host-directories-not-writable");
    let output = lab.plimsoll(&["containers", "--format", "json"]);
    let ladder: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = ladder["containers"].as_array().unwrap();
    let of_engine = |name: &str| rows.iter().find(|row| row["name"] == name && row["runtime"] == "engine");
    let rung = |name: &str| of_engine(name).unwrap()["rung"].as_str().unwrap();
    assert_eq!(["plain", "volume", "storage"].map(rung), ["default-root", "default-root", "takeover"]);
}
