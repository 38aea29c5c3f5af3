//! Controls of the host, judged on this machine with other files over its own: in a mount namespace, overlays hide what is there.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// Directories over which a test may lay files.
const TOPS: [&str; 4] = ["etc", "usr/lib", "usr/sbin", "var/lib/dpkg"];

/// Lays what `$1` holds over the machine's own files, then audits.
const SCRIPT: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/work"
for top in etc usr/lib usr/sbin var/lib/dpkg; do
    mkdir -p "$1/work/$top/upper" "$1/work/$top/work"
    cp -a "$1/tree/$top/." "$1/work/$top/upper/"
    mount -t overlay overlay -o "lowerdir=/$top,upperdir=$1/work/$top/upper,workdir=$1/work/$top/work" "/$top"
done
[ -d "$1/tree/boot" ] && mount --bind "$1/tree/boot" /boot
shift
exec "$@"
"#;

/// Files to lay over the machine's.
struct Machine {
    directory: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { directory: TempDir::new().unwrap() };
        fs::create_dir(machine.directory.path().join("work")).unwrap();
        for top in TOPS {
            fs::create_dir_all(machine.directory.path().join("tree").join(top)).unwrap();
        }
        machine
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        let path = self.directory.path().join("tree").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        fs::write(self.path(path), text).unwrap();
        self
    }

    fn link(&self, path: &str, target: &str) -> &Self {
        symlink(target, self.path(path)).unwrap();
        self
    }

    fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// dpkg's records with some more packages.
    fn packages(&self, names: &[&str]) -> &Self {
        let mut records = fs::read_to_string("/var/lib/dpkg/status").unwrap();
        for name in names {
            records += &format!("\nPackage: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n");
        }
        self.file("var/lib/dpkg/status", &records)
    }

    /// Verdicts and evidence by check.
    fn audit(&self, benchmark: &str) -> BTreeMap<String, Value> {
        let run = Command::new("unshare")
            .args(["-m", "sh", "-c", SCRIPT, "sh"])
            .arg(self.directory.path())
            .arg(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["audit", "--benchmark", benchmark, "--level", "2", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&run.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stderr)));
        let findings = report["findings"].as_array().unwrap().clone();
        findings.into_iter().map(|finding| (finding["check"].as_str().unwrap().to_owned(), finding)).collect()
    }
}

fn expect(findings: &BTreeMap<String, Value>, verdict: &str, checks: &[&str]) {
    for check in checks {
        let finding = findings.get(*check).unwrap_or_else(|| panic!("{check} was not judged"));
        assert_eq!(finding["verdict"], verdict, "{finding:#}");
    }
}

/// Whether some evidence of a check names a place.
fn names(finding: &Value, place: &str) -> bool {
    finding["evidence"].as_array().unwrap().iter().any(|evidence| evidence["source"] == place)
}

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

/// Every control of both benchmarks comes to a verdict with what it rests on.
#[test]
fn every_control_is_judged() {
    for (benchmark, controls) in [("cis-debian-12", 100), ("cis-ubuntu-24.04", 102)] {
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
