//! A small Debian 12, laid out by hand as an image is unpacked.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::pack::run;
use crate::report::Report;

/// A file tree that is removed in the end.
pub struct Root {
    pub dir: TempDir,
}

impl Root {
    pub fn empty() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub fn debian() -> Self {
        let root = Self::empty();
        let packages = ["base-files", "cron", "dpkg", "openssh-server", "systemd"].map(|name| {
            format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:9.2-2\n\n")
        });
        root.file("usr/lib/os-release", "NAME='Debian GNU/Linux'\nID=debian\nVERSION_ID=\"12\"\n")
            .link("etc/os-release", "../usr/lib/os-release")
            .link("lib", "/usr/lib")
            .file("usr/lib/systemd/systemd-sysctl", "")
            .file("usr/sbin/useradd", "")
            .file("etc/hostname", "# set by hand\n\nattic\n")
            .file("etc/passwd", "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n")
            .file("etc/shadow", "root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\n")
            .file("etc/group", "root:x:0:\nann:x:1000:\n")
            .file("etc/gshadow", "root:*::\nann:!::\n")
            .file("etc/nsswitch.conf", "passwd: files systemd\ngroup: files systemd\n")
            .file("etc/issue", "Authorised users only.\n")
            .file("usr/sbin/sshd", "")
            .file("etc/ssh/sshd_config", "PermitRootLogin no\n")
            .file("usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron -f\n")
            .link("etc/systemd/system/multi-user.target.wants/cron.service", "/lib/systemd/system/cron.service")
            .file("var/lib/dpkg/status", packages.concat());
        root.mode("etc/shadow", 0o640).mode("etc/gshadow", 0o640).mode("etc/ssh/sshd_config", 0o600);
        root
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn way(&self, path: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        path
    }

    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.way(path), content).unwrap();
        self
    }

    pub fn link(&self, path: &str, target: impl AsRef<Path>) -> &Self {
        symlink(target, self.way(path)).unwrap();
        self
    }

    pub fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn argument(&self) -> &str {
        self.dir.path().to_str().unwrap()
    }

    pub fn audit(&self, args: &[&str]) -> Report {
        Report::of(&run(&[&["audit", "--format", "json", "--root", self.argument()], args].concat()))
    }
}
