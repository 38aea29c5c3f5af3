//! The Debian package: it keeps Debian's rules, works where it is installed, and leaves nothing when it is purged.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{both, file, said, text};

/// A clean Debian 12.
struct Root {
    dir: TempDir,
}

impl Root {
    fn new(archive: &Path) -> Self {
        // Not in memory, where there may not be room for it.
        let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        said(
            Command::new("tar").args(["--extract", "--gzip", "--file"]).arg(archive).arg("--directory").arg(dir.path()),
        );
        Self { dir }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path.trim_start_matches('/'))
    }

    fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// Runs a shell's command in it, with processes, network and mounts of its own.
    fn run(&self, command: &str) -> Output {
        let mut run = Command::new("unshare");
        run.args(["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c"]);
        run.arg("mount -t proc proc $0/proc && mount -t tmpfs run $0/run && exec chroot $0 sh -c \"$1\"");
        run.arg(self.dir.path()).arg(command).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        run.envs([("DEBIAN_FRONTEND", "noninteractive"), ("LC_ALL", "C.UTF-8"), ("HOME", "/root"), ("MANWIDTH", "80")]);
        run.output().unwrap()
    }

    /// What a command says that has to succeed.
    fn said(&self, command: &str) -> String {
        let output = self.run(command);
        assert!(output.status.success(), "{command}: {}", both(&output));
        both(&output)
    }

    /// Every file with its kind, mode, owner, size and target, but for what dpkg, apt and the account tools note down.
    fn files(&self) -> BTreeSet<String> {
        let notes = ["/var/lib/dpkg/", "/var/lib/apt/", "/var/log/", "/var/cache/", "/etc/.pwd.lock"];
        let backups = ["passwd-", "group-", "shadow-", "gshadow-"].map(|name| format!("/etc/{name}"));
        let found = said(
            Command::new("find")
                .arg(self.dir.path())
                .args(["-xdev", "-printf", "/%P %y %m %U %G %l "])
                .args(["(", "-type", "f", "-printf", "%s\n", "-o", "-printf", "\n", ")"]),
        );
        let own = |line: &&str| {
            let path = line.split(' ').next().unwrap_or_default();
            !notes.iter().any(|note| path.starts_with(note)) && !backups.iter().any(|backup| path == backup)
        };
        found.lines().filter(own).map(str::to_owned).collect()
    }
}

/// Builds the package with the program that is tested here, since a release takes minutes; returns its file.
fn build(into: &Path) -> PathBuf {
    let mut build = Command::new(file("contrib/debian/build"));
    build.arg(into).arg(env!("CARGO_BIN_EXE_plimsoll")).env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    let said = said(&mut build);
    PathBuf::from(said.lines().last().unwrap_or_default())
}

#[test]
fn the_package_comes_works_and_goes() {
    let out = TempDir::new().unwrap();
    let package = build(out.path());
    let version = text("contrib/debian/changelog");
    assert!(version.starts_with(concat!("plimsoll (", env!("CARGO_PKG_VERSION"), "-")), "{version}");
    said(Command::new("lintian").args(["--allow-root", "--fail-on=error,warning", "--display-info"]).arg(&package));
    said(&mut Command::new(file("tests/package/root")));
    for sysusers in [true, false] {
        let root = Root::new(&file("target/bookworm.tar.gz"));
        if !sysusers {
            root.said("dpkg --purge systemd-standalone-sysusers");
        }
        fs::copy(&package, root.path("/root/plimsoll.deb")).unwrap();
        let before = root.files();
        let accounts =
            || ["passwd", "group", "shadow"].map(|name| fs::read_to_string(root.path("/etc").join(name)).unwrap());
        let accounts_before = accounts();
        root.said("apt-get install --yes /root/plimsoll.deb");
        installed(&root);
        used(&root);
        root.said("apt-get install --yes --reinstall /root/plimsoll.deb");
        let waivers = fs::read_to_string(root.path("/etc/plimsoll/waivers.toml")).unwrap();
        assert!(waivers.contains("\n[[waiver]]"), "{waivers}");
        root.said("apt-get remove --yes plimsoll");
        assert!(!root.exists("/usr/bin/plimsoll") && !root.exists("/usr/lib/systemd/system/plimsoll.timer"));
        assert!(root.exists("/var/lib/plimsoll/history.ndjson") && root.exists("/etc/plimsoll/policy.toml"));
        root.said("apt-get purge --yes plimsoll");
        let after = root.files();
        assert_eq!(after.symmetric_difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
        assert_eq!(accounts(), accounts_before);
    }
}

/// What lies where in a system in which the package was installed, and what can be read there.
fn installed(root: &Root) {
    assert_eq!(root.said("dpkg --verify plimsoll"), "");
    let listed = root.said("dpkg-query --listfiles plimsoll");
    for path in [
        "/etc/plimsoll/policy.toml",
        "/usr/bin/plimsoll",
        "/usr/lib/systemd/system/plimsoll.service",
        "/usr/lib/systemd/system/plimsoll.timer",
        "/usr/lib/sysusers.d/plimsoll.conf",
        "/usr/share/bash-completion/completions/plimsoll",
        "/usr/share/doc/plimsoll/changelog.Debian.gz",
        "/usr/share/doc/plimsoll/changelog.gz",
        "/usr/share/doc/plimsoll/copyright",
        "/usr/share/doc/plimsoll/examples/cron.d/plimsoll",
        "/usr/share/fish/vendor_completions.d/plimsoll.fish",
        "/usr/share/man/man1/plimsoll-audit.1.gz",
        "/usr/share/man/man7/plimsoll-checks.7.gz",
        "/usr/share/zsh/vendor-completions/_plimsoll",
    ] {
        // Where /usr is merged, some of them are called by shorter names.
        assert!(listed.lines().any(|line| path.ends_with(line)) && root.exists(path), "{path}: {listed}");
    }
    let conffiles = root.said("dpkg-query --show --showformat '${Conffiles}' plimsoll");
    let conffiles: Vec<&str> = conffiles.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(conffiles, ["/etc/plimsoll/policy.toml", "/etc/plimsoll/waivers.toml"]);
    for (page, words) in [
        ("1 plimsoll", "Exit status of audit and record"),
        ("7 plimsoll-checks", "container-not-privileged"),
        ("7 plimsoll-facts", "/proc/1/mountinfo"),
        ("5 plimsoll-policy", "[[attestation]]"),
        ("5 plimsoll-waivers", "[[waiver]]"),
    ] {
        assert!(root.said(&format!("man {page}")).replace('`', "").contains(words), "{page}");
    }
    let user = root.said("getent passwd plimsoll");
    assert!(user.ends_with(":Hardening audit:/var/lib/plimsoll:/usr/sbin/nologin\n"), "{user}");
    // The timer is not switched on.
    assert_eq!(root.said("find /etc/systemd -name '*plimsoll*'"), "");
}

/// Uses the program as people and cron do.
fn used(root: &Root) {
    // These files are no machine's, and the audit says so: what it cannot know is unknown.
    let audit = root.run("plimsoll audit");
    let report = both(&audit);
    assert!(audit.status.code() == Some(3) && report.contains("CIS Debian Linux 12 Benchmark"), "{report}");
    root.said("plimsoll waive container-not-privileged --reason r --owner o --expires 2099-01-01");
    let cron = fs::read_to_string(root.path("/usr/share/doc/plimsoll/examples/cron.d/plimsoll")).unwrap();
    let line = cron.lines().last().unwrap();
    let (_, command) = line.split_once(" root ").unwrap();
    let first = both(&root.run(command));
    assert!(first.starts_with("recorded "), "{first}");
    let history = root.path("/var/lib/plimsoll/history.ndjson").metadata().unwrap();
    let user = root.said("id --user plimsoll");
    assert_eq!((history.uid().to_string().as_str(), history.mode() & 0o7777), (user.trim(), 0o640));
    // Where systemd runs, cron leaves it to the timer.
    assert_eq!(both(&root.run(&format!("mkdir -p /run/systemd/system; {command}"))), "");
}
