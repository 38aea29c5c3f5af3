//! `--root DIR`: files of a machine that does not run are judged by themselves, and nothing else of this machine is looked at.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "helpers of a test are a test")]

mod debian;
#[path = "../pack/mod.rs"]
mod pack;
mod report;
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

use pack::run;
use report::Report;
use tree::Root;

#[test]
fn the_files_say_whose_they_are() {
    let root = Root::debian();
    let report = root.audit(&[]);
    assert_eq!(report.0.pointer("/host/name").unwrap(), "attic");
    assert_eq!(report.0.pointer("/host/os").unwrap(), "Debian GNU/Linux 12");
    assert_eq!(report.0.pointer("/host/kernel").unwrap_or(&Value::Null), &Value::Null);
    assert!(report.benchmarks().contains("cis-debian-12"), "{:?}", report.benchmarks());
    let said = report.list("/notices").iter().any(|notice| notice.as_str().unwrap().contains(root.argument()));
    assert!(said, "{:?}", report.list("/notices"));
    root.file("usr/lib/os-release", "NAME=Ubuntu\nID=ubuntu\nVERSION_ID=24.04\n");
    assert!(root.audit(&[]).benchmarks().contains("cis-ubuntu-24.04"));
}

#[test]
fn what_only_a_running_machine_has_does_not_apply() {
    let root = Root::debian();
    root.file("etc/sysctl.d/60-a.conf", "net.ipv4.tcp_syncookies = 1\nnet.ipv4.conf.all.rp_filter = 0\n");
    let report = root.audit(&[]);
    report.is_still(&["tmp-on-own-mount", "tmp-nodev", "listeners-reviewed", "cron-runs", "ipv6-decided"]);
    report.is_still(&["apparmor-profiles-enforced", "no-wireless-interfaces"]);
    // Settled at boot, but a kernel has the last word; unsettled there, no kernel can mend it.
    report.is_still(&["syn-cookies-on"]);
    report.is("fail", &["reverse-path-strict-all", "ptrace-limited"]);
    // Files alone decide.
    report.is("pass", &["issue-reveals-nothing", "ssh-root-login-refused", "shadow-file-mode-0640", "uids-unique"]);
    report.is("fail", &["aide-ready", "sudo-installed"]);
}

#[test]
fn proc_and_sys_of_the_tree_are_not_looked_at() {
    let root = Root::debian();
    root.file("etc/sysctl.d/60-a.conf", "net.ipv4.tcp_syncookies = 1\n");
    let before = root.audit(&[]).findings();
    for (path, content) in [
        ("proc/sys/net/ipv4/tcp_syncookies", "1\n"),
        ("proc/sys/kernel/hostname", "garbage\n"),
        ("proc/sys/kernel/osrelease", "6.1.0-x\n"),
        ("proc/cmdline", "module_blacklist=cramfs apparmor=1\n"),
        ("proc/modules", "cramfs 1 0 - Live 0x0\n"),
        ("proc/1/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n23 22 0:9 / /tmp rw,nodev - tmpfs tmpfs rw\n"),
        ("proc/77/comm", "dockerd\n"),
        ("sys/module/apparmor/parameters/enabled", "Y\n"),
        ("sys/fs/cgroup/system.slice/cron.service/cgroup.procs", "77\n"),
        ("run/systemd/system/cron.service", "[Service]\n"),
        ("run/sysctl.d/99-z.conf", "net.ipv4.tcp_syncookies = 0\n"),
        ("run/log/journal/1/system.journal", ""),
    ] {
        root.file(path, content);
    }
    root.link("proc/self", "77").mode("sys", 0o777).mode("proc/77/comm", 0o666);
    let after = root.audit(&[]).findings();
    assert_eq!(after.symmetric_difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn modules_are_those_of_the_kernels_that_could_boot() {
    let root = Root::debian();
    // A kernel that was removed leaves its lists behind.
    root.file("usr/lib/modules/5.10.0-1/modules.builtin", "kernel/fs/hfs/hfs.ko\n");
    for release in ["6.1.0-1", "6.1.0-2"] {
        let folder = format!("usr/lib/modules/{release}");
        root.file(&format!("{folder}/modules.dep"), "kernel/fs/cramfs/cramfs.ko:\nkernel/fs/udf/udf.ko:\n")
            .file(&format!("{folder}/modules.builtin"), "kernel/fs/squashfs/squashfs.ko\n");
    }
    root.file("etc/modprobe.d/a.conf", "install cramfs /bin/false\nblacklist cramfs\n").file("bin/false", "");
    let report = root.audit(&[]);
    report.is_still(&["cramfs-cannot-load"]);
    report.is("fail", &["udf-cannot-load"]);
    report.is("pass", &["hfs-cannot-load"]);
    let (verdict, reason) = report.told("squashfs-cannot-load");
    assert!(verdict == "not-applicable" && reason.contains("compiled into"), "{verdict}: {reason}");
    // Without a kernel there is nothing to load into.
    fs::remove_dir_all(root.path("usr/lib/modules")).unwrap();
    root.audit(&[]).is_still(&["cramfs-cannot-load", "udf-cannot-load"]);
}

#[test]
fn what_is_filled_when_the_machine_runs_is_neither_there_nor_missing() {
    let root = Root::debian();
    root.link("var/run", "/run").file("run/x", "").file("sbin/auditctl", "");
    root.file("etc/audit/rules.d/a.rules", "-w /var/run/utmp -p wa\n-w /var/log/wtmp -p wa\n-w /var/log/btmp -p wa\n-w /etc/sudoers -p wa\n-w /etc/sudoers.d -p wa\n");
    root.file("var/log/wtmp", "").file("etc/sudoers.d/README", "");
    root.file("var/lib/apt/lists/partial/x", "").link("etc/motd", "/run/motd");
    let status = fs::read_to_string(root.path("var/lib/dpkg/status")).unwrap();
    root.file("var/lib/dpkg/status", status.replace("base-files", "auditd"));
    let report = root.audit(&[]);
    // A rule for what will be below /run is loaded, and those after it are too.
    report.is_still(&["sessions-audited", "sudoers-changes-audited", "audit-rules-loaded-as-saved"]);
    // Whether a reboot is due, and what is shown at the next login.
    report.is_still(&["motd-reveals-nothing"]);
    assert_ne!(report.verdict("updates-installed"), "pass");
}

#[test]
fn links_lead_nowhere_but_into_the_tree() {
    let outside = TempDir::new().unwrap();
    let secret = outside.path().join("issue");
    fs::write(&secret, "Debian GNU/Linux 12 \\n \\l\n").unwrap();
    fs::write(outside.path().join("x.log"), "").unwrap();
    fs::set_permissions(outside.path().join("x.log"), fs::Permissions::from_mode(0o666)).unwrap();
    let root = Root::debian();
    // Absolute links are those of the tree: what they lead to is not this machine's.
    root.link("etc/issue", "/srv/issue").file("srv/issue", "\\m\n");
    root.audit(&[]).is("fail", &["issue-reveals-nothing"]);
    root.file("srv/issue", "Authorised users only.\n");
    root.audit(&[]).is("pass", &["issue-reveals-nothing"]);
    // The logs lie elsewhere, and the tree's own place has the name of one outside.
    let elsewhere = format!("{}/", outside.path().display());
    root.link("var/log", &elsewhere).file(&format!("{}/ok.log", elsewhere.trim_start_matches('/')), "");
    root.mode(&format!("{}/ok.log", elsewhere.trim_start_matches('/')), 0o640);
    root.audit(&[]).is("pass", &["log-files-closed"]);
    let up = "../".repeat(40);
    for target in [secret.clone(), PathBuf::from(format!("{up}{}", secret.display()))] {
        root.link("etc/issue", &target).link("etc/issue.net", &target).link("etc/motd", &target);
        root.link("etc/sysctl.d/60-a.conf", &target).link("etc/ssh/sshd_config.d/a.conf", &target);
        root.link("etc/cron.d", outside.path()).link("etc/modprobe.d/a.conf", "/proc/self/root/etc/passwd");
        let opened = opened(&root);
        let escaped: Vec<&String> = opened.iter().filter(|path| path.starts_with(&elsewhere)).collect();
        assert_eq!(escaped, Vec::<&String>::new());
    }
}

#[test]
fn nothing_of_this_machine_is_opened() {
    let root = Root::debian();
    root.link("etc/alternatives/x", "/etc/passwd").link("etc/systemd/system/a.service", "/dev/null");
    root.link("usr/lib/systemd/system/b.service", "/etc/shadow").link("home/ann/.profile", "/root/.profile");
    assert_eq!(opened(&root), BTreeSet::new());
}

/// What an audit of files opens that is not among them.
fn opened(root: &Root) -> BTreeSet<String> {
    /// What the runtime, the C library and the allocator read for themselves, and the site's own checks, policy and waivers.
    const OWN: [&str; 14] = [
        "/etc/ld.so",
        "/etc/localtime",
        "/etc/plimsoll",
        "/lib/",
        "/lib64/",
        "/proc/self/cgroup",
        "/proc/self/maps",
        "/proc/sys/vm/overcommit_memory",
        "/sys/devices/system/cpu",
        "/sys/devices/system/node",
        "/sys/fs/cgroup/cpu",
        "/sys/kernel/mm/transparent_hugepage",
        "/usr/lib/x86_64-linux-gnu/",
        "/usr/share/zoneinfo",
    ];
    let trace = tempfile::NamedTempFile::new().unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-s", "4096", "-e", "trace=%file,%network", "-o"])
        .arg(trace.path())
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["audit", "--root", root.argument()])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap_or_else(|error| panic!("strace, from the package of that name: {error}"));
    assert_eq!(traced.status.code(), Some(1), "{}", String::from_utf8_lossy(&traced.stderr));
    let text = String::from_utf8_lossy(&fs::read(trace.path()).unwrap()).into_owned();
    assert!(!text.contains("socket("), "no socket is opened");
    let path = Regex::new(r#"(?m)^[^"]*"(/[^"]*)""#).unwrap();
    let named: BTreeSet<String> = path.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    let own = root.argument();
    assert!(named.iter().filter(|path| path.starts_with(own)).count() > 50, "{text}");
    // The way to the tree is walked once, when its place is made plain.
    let way = |path: &String| Path::new(own).starts_with(path);
    let program = env!("CARGO_BIN_EXE_plimsoll");
    let ours = |path: &String| path == program || OWN.iter().any(|own| path.starts_with(own));
    named.into_iter().filter(|path| !path.starts_with(own) && !way(path) && !ours(path)).collect()
}

#[test]
fn hostile_trees_come_to_an_end() {
    let root = Root::debian();
    root.link("etc/group", "group").link("etc/issue", "a").link("etc/a", "issue");
    fs::remove_file(root.path("etc/passwd")).unwrap();
    fs::remove_file(root.path("etc/shadow")).unwrap();
    let fifo = Command::new("mkfifo").arg(root.path("etc/passwd")).arg(root.path("etc/hostname2")).status().unwrap();
    assert!(fifo.success());
    fs::create_dir(root.path("etc/shadow")).unwrap();
    root.link("etc/hostname", "hostname2").file("etc/ssh/sshd_config", [0xff, 0xfe, 0]);
    root.link("etc/sysctl.d", "/etc/sysctl.d").link("var/log", "/var/log");
    root.file("etc/sudoers", "@include /etc/sudoers\n").file("usr/bin/sudo", "");
    let report = root.audit(&[]);
    assert_eq!(report.0.pointer("/host/name").unwrap_or(&Value::Null), &Value::Null);
    report.is("unknown", &["uids-unique", "only-root-has-uid-zero", "issue-reveals-nothing", "nothing-orphaned"]);
    assert_ne!(report.verdict("syn-cookies-on"), "pass");
}

#[test]
fn a_tree_without_a_name_is_judged_by_no_benchmark_of_another() {
    let root = Root::debian();
    fs::remove_file(root.path("usr/lib/os-release")).unwrap();
    fs::remove_file(root.path("etc/hostname")).unwrap();
    let report = root.audit(&[]);
    assert!(!report.benchmarks().contains("cis-debian-12"), "{:?}", report.benchmarks());
    assert_eq!(report.0.pointer("/host/name").unwrap_or(&Value::Null), &Value::Null);
    assert_eq!(report.0.pointer("/host/os").unwrap_or(&Value::Null), &Value::Null);
}

#[test]
fn what_is_mounted_in_the_tree_leaves_a_hole_in_the_walk() {
    let root = Root::debian();
    root.audit(&[]).is("pass", &["nothing-world-writable"]);
    fs::create_dir_all(root.path("home")).unwrap();
    fs::create_dir_all(root.path("proc")).unwrap();
    let mounted = |point: &str| {
        let audit = format!("audit --format json --root {}", root.argument());
        let script =
            format!("mount -t tmpfs none {} && {} {audit}", root.path(point).display(), env!("CARGO_BIN_EXE_plimsoll"));
        let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).output().unwrap();
        Report(serde_json::from_slice(&output.stdout).unwrap())
    };
    mounted("proc").is("pass", &["nothing-world-writable"]);
    let (verdict, reason) = mounted("home").told("nothing-world-writable");
    assert!(verdict == "unknown" && reason.contains("/home"), "{verdict}: {reason}");
    root.file("srv/open", "").mode("srv/open", 0o666);
    mounted("home").is("fail", &["nothing-world-writable"]);
}

#[test]
fn facts_of_files_are_judged_alike_elsewhere() {
    let root = Root::debian();
    let folder = TempDir::new().unwrap();
    let facts = folder.path().join("facts.json.zst");
    let facts = facts.to_str().unwrap();
    let collected = run(&["collect", "--root", root.argument(), "-o", facts]);
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    let elsewhere = Report::of(&run(&["audit", "--format", "json", "--facts", facts]));
    assert_eq!(elsewhere.findings(), root.audit(&[]).findings());
    assert_eq!(elsewhere.0.pointer("/notices"), root.audit(&[]).0.pointer("/notices"));
    let state = folder.path().join("state");
    let record = run(&["record", "--root", root.argument(), "--state", state.to_str().unwrap()]);
    assert_eq!(record.code, 1, "{}", record.stderr);
}

#[test]
fn a_plan_names_files_below_the_tree_alone() {
    let root = Root::debian();
    let plan = run(&["plan", "--root", root.argument()]);
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(plan.stdout.lines().count() > 100, "{}", plan.stdout);
    let below = |line: &str| line.starts_with(root.argument()) && !line.contains("/proc/") && !line.contains("/sys/");
    assert_eq!(plan.stdout.lines().find(|line| !below(line)), None);
}

#[test]
fn a_root_is_a_directory_and_has_no_engine() {
    let root = Root::debian();
    let nowhere = format!("{}/nowhere", root.argument());
    let file = format!("{}/etc/passwd", root.argument());
    let empty = Root::empty();
    for place in [nowhere.as_str(), &file, empty.argument()] {
        let run = run(&["audit", "--root", place]);
        assert!(run.code == 2 && run.stderr.contains(place), "{}: {}", run.code, run.stderr);
    }
    for other in [["--engine", "none"], ["--engine-socket", "/x"], ["--facts", "/x"]] {
        assert_eq!(run(&[&["audit", "--root", root.argument()][..], &other[..]].concat()).code, 2, "{other:?}");
    }
}
