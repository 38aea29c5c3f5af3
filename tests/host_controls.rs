//! Controls of the host, judged on this machine with other files over its own: in a mount namespace, overlays hide what is there.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod overlay;

use std::fs;
use std::path::Path;
use std::process::Command;

use overlay::{Machine, expect, findings, names};
use serde_json::Value;

const KERNEL: &str = "usr/lib/modules/0.0.0-test";

#[test]
fn a_kernel_with_modules_is_kept_from_loading_them() {
    let machine = Machine::new();
    machine.file(
        &format!("{KERNEL}/modules.dep"),
        "kernel/fs/cramfs/cramfs.ko:\nkernel/fs/hfs/hfs.ko.xz:\nkernel/net/sctp/sctp.ko: kernel/lib/x.ko\n",
    );
    machine.file(&format!("{KERNEL}/modules.alias"), "alias fs-cramfs cramfs\nalias fs-hfs hfs\n");
    machine.file("etc/modprobe.d/a.conf", "install cramfs /bin/false\nblacklist cramfs\ninstall sctp /bin/false\n");
    machine.file("usr/lib/modprobe.d/a.conf", "install hfs /bin/false\nblacklist hfs\n");
    let findings = machine.audit("cis-debian-12");
    expect(&findings, "pass", &["cramfs-cannot-load"]);
    // One is only installed, the other masked by the file of the same name.
    expect(&findings, "fail", &["sctp-cannot-load", "hfs-cannot-load"]);
    expect(&findings, "manual", &["filesystem-drivers-reviewed"]);
    assert!(names(&findings["cramfs-cannot-load"], "/etc/modprobe.d/a.conf:1"), "{}", findings["cramfs-cannot-load"]);
}

#[test]
fn settings_count_now_and_at_boot() {
    let machine = Machine::new();
    // This test may change nothing of the running kernel: it goes by what this one has.
    let now = |path: &str| fs::read_to_string(Path::new("/proc/sys").join(path)).unwrap().trim().to_owned();
    assert_eq!((now("kernel/randomize_va_space").as_str(), now("net/ipv4/tcp_syncookies").as_str()), ("2", "1"));
    machine.file("etc/sysctl.d/50-x.conf", "kernel.randomize_va_space = 2\nnet/ipv4/tcp_syncookies = 1\n");
    machine.file("usr/lib/sysctl.d/60-y.conf", "-net.ipv4.tcp_syncookies = 0\n");
    let findings = machine.audit("cis-ubuntu-24.04");
    expect(&findings, "pass", &["address-space-randomised"]);
    expect(&findings, "fail", &["syn-cookies-on"]);
    assert!(names(&findings["syn-cookies-on"], "/usr/lib/sysctl.d/60-y.conf:1"), "{:#}", findings["syn-cookies-on"]);
    machine.link("etc/sysctl.d/60-y.conf", "/dev/null");
    expect(&machine.audit("cis-ubuntu-24.04"), "pass", &["address-space-randomised", "syn-cookies-on"]);
}

#[test]
fn services_are_in_use_by_whatever_starts_them() {
    let machine = Machine::new();
    machine.packages(&["cups"]).file("usr/lib/systemd/system/cups.service", "[Service]\nExecStart=/usr/sbin/cupsd\n");
    machine.file("usr/lib/systemd/system/cups.socket", "[Socket]\nListenStream=631\n");
    machine.link("etc/systemd/system/sockets.target.wants/cups.socket", "/usr/lib/systemd/system/cups.socket");
    let findings = machine.audit("cis-debian-12");
    expect(&findings, "fail", &["print-server-unused"]);
    expect(&findings, "pass", &["dns-server-unused", "telnet-absent", "x-server-absent"]);
    machine.link("etc/systemd/system/cups.service", "/dev/null");
    let findings = machine.audit("cis-debian-12");
    // Where systemd does not run, nobody can say whether the service was started by other means.
    let expected = if Path::new("/run/systemd/system").is_dir() { "pass" } else { "unknown" };
    expect(&findings, expected, &["print-server-unused"]);
    let machine = Machine::new();
    machine.packages(&["telnet", "xserver-common", "bind9"]);
    machine.file("etc/init.d/named", "#!/bin/sh\n").link("etc/rc3.d/S01named", "../init.d/named");
    expect(&machine.audit("cis-debian-12"), "fail", &["telnet-absent", "x-server-absent", "dns-server-unused"]);
}

#[test]
fn texts_dumps_and_the_boot_loader_are_judged_by_their_files() {
    let machine = Machine::new();
    let quiet = "Authorised people only. What you do is recorded.\n";
    machine.file("etc/issue", quiet).file("etc/issue.net", "Welcome to \\s \\r\n").file("etc/motd", "");
    machine.mode("etc/issue.net", 0o664).mode("etc/issue", 0o644);
    machine
        .file("etc/security/limits.conf", "* hard core unlimited\n")
        .file("etc/security/limits.d/9.conf", "* hard core 0\n");
    let menu = "menuentry 'x' {\n linux /vmlinuz ro apparmor=1 security=apparmor\n}\n";
    machine.file("boot/grub/grub.cfg", menu).mode("boot/grub/grub.cfg", 0o600);
    machine
        .packages(&["systemd-coredump"])
        .file("etc/systemd/coredump.conf.d/x.conf", "[Coredump]\nStorage=none\nProcessSizeMax=0\n");
    machine.file("etc/fstab", "tmpfs /tmp tmpfs nosuid,nodev,noexec 0 0\n");
    let findings = machine.audit("cis-ubuntu-24.04");
    expect(
        &findings,
        "pass",
        &["issue-reveals-nothing", "motd-reveals-nothing", "issue-owned-by-root", "core-dumps-limited"],
    );
    expect(&findings, "pass", &["apparmor-on-boot-command-line", "grub-config-private", "systemd-coredump-off"]);
    expect(&findings, "pass", &["tmp-mounted-at-boot", "crash-reporter-off"]);
    expect(&findings, "fail", &["issue-net-reveals-nothing", "issue-net-owned-by-root", "grub-password-set"]);
    let locked = "set superusers=\"root\"\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.AB\n";
    machine
        .file("boot/grub/grub.cfg", &(locked.to_owned() + &menu.replace(" apparmor=1", "")))
        .mode("boot/grub/grub.cfg", 0o644);
    machine.file("etc/security/limits.d/9.conf", "@staff hard core 100\n* hard core 0\n").packages(&["apport"]);
    let findings = machine.audit("cis-ubuntu-24.04");
    expect(&findings, "pass", &["grub-password-set"]);
    expect(&findings, "fail", &["apparmor-on-boot-command-line", "grub-config-private", "core-dumps-limited"]);
    expect(&findings, "fail", &["crash-reporter-off"]);
}

#[test]
fn repositories_have_to_be_signed() {
    let machine = Machine::new();
    machine
        .file("etc/apt/sources.list", "deb [trusted=yes] http://debs.example ./\n")
        .link("etc/apt/sources.list.d", "/var/empty");
    expect(
        &machine.audit("cis-debian-12"),
        "fail",
        &["package-sources-verified", "package-sources-reviewed", "package-keys-reviewed"],
    );
    let signed = "deb [signed-by=/k.gpg] http://debs.example bookworm main\ndeb [signed-by=/k.gpg] http://debs.example bookworm-security main\n";
    machine.file("etc/apt/sources.list", signed);
    let findings = machine.audit("cis-debian-12");
    expect(&findings, "pass", &["package-sources-verified"]);
    expect(&findings, "manual", &["package-sources-reviewed", "package-keys-reviewed"]);
}

/// Audit is on from the boot for every kernel, and keeps what happens until its daemon runs.
#[test]
fn audit_begins_with_the_kernel() {
    let machine = Machine::new();
    let menu = |options: &str| format!("menuentry 'x' {{\n linux /vmlinuz ro {options}\n}}\n");
    machine
        .packages(&["audispd-plugins", "auditd"])
        .file("boot/grub/grub.cfg", &menu("audit=1 audit_backlog_limit=8192"));
    let found = machine.audit("cis-debian-12");
    expect(&found, "pass", &["audit-on-from-boot", "audit-queue-long-at-boot", "auditd-installed"]);
    expect(&found, "pass", &["audit-plugins-installed"]);
    machine.file("boot/grub/grub.cfg", &menu("audit_backlog_limit=64"));
    machine.file("etc/sudoers.d/log", "Defaults logfile=/var/log/sudo.log\n").mode("etc/sudoers.d/log", 0o440);
    let found = machine.audit("cis-debian-12");
    expect(&found, "fail", &["audit-on-from-boot", "audit-queue-long-at-boot"]);
    // A machine that runs this test does not audit.
    expect(&found, "fail", &["sudo-log-changes-audited", "set-id-programs-audited"]);
    let evidence = found["sudo-log-changes-audited"]["evidence"].to_string();
    assert!(evidence.contains("/etc/sudoers.d/log:1"), "{evidence}");
}

/// A distribution without a benchmark of its own gets what holds on any, and is told so.
#[test]
fn any_linux_is_judged_by_what_holds_on_any() {
    let machine = Machine::new();
    machine.file("etc/os-release", "ID=plumbix\nNAME=Plumbix\nVERSION_ID=3\n");
    machine.file("etc/sysctl.d/50-x.conf", "kernel.randomize_va_space = 2\n").file("etc/issue", "Ours\n");
    machine.file("etc/login.defs", "PASS_MAX_DAYS 90\nENCRYPT_METHOD DES\n");
    let report = machine.report(&[]);
    let ids: Vec<&str> = report["benchmarks"].as_array().unwrap().iter().filter_map(|of| of["id"].as_str()).collect();
    assert!(ids.contains(&"plimsoll-linux") && !ids.iter().any(|id| id.starts_with("cis-debian")), "{ids:?}");
    let notice = "there is no benchmark for Plumbix 3: what was judged of it holds on any Linux";
    assert!(report["notices"].as_array().unwrap().iter().any(|said| said == notice), "{:#}", report["notices"]);
    let found = findings(&report);
    expect(&found, "pass", &["address-space-randomised", "issue-reveals-nothing", "new-passwords-end-within-a-year"]);
    expect(&found, "fail", &["new-passwords-hashed-strongly"]);
    // Without systemd the same files say nothing of what is set at boot.
    let machine = Machine::new();
    machine
        .file("etc/os-release", "ID=plumbix\nNAME=Plumbix\nVERSION_ID=3\n")
        .whiteout("usr/lib/systemd/systemd-sysctl");
    expect(&findings(&machine.report(&[])), "unknown", &["address-space-randomised"]);
    // Where there is a benchmark, nobody is told otherwise.
    machine.file("etc/os-release", "ID=debian\nNAME=Debian\nVERSION_ID=12\n");
    let report = machine.report(&[]);
    assert!(!report["benchmarks"].to_string().contains("plimsoll-linux"), "{:#}", report["benchmarks"]);
}

/// Every control of these benchmarks comes to a verdict with what it rests on.
#[test]
fn every_control_is_judged() {
    for benchmark in ["cis-debian-12", "cis-ubuntu-24.04", "plimsoll-linux"] {
        let written = fs::read_to_string(format!("benchmarks/{benchmark}.toml")).unwrap();
        let controls = written.matches("[[control]]").count();
        let run = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["audit", "--benchmark", benchmark, "--level", "2", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(report["benchmarks"][0]["controls"].as_array().unwrap().len(), controls);
        for finding in report["findings"].as_array().unwrap() {
            assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding:#}");
        }
    }
}
