//! This machine with other files over its own: in a mount namespace, overlays hide what is there.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "helpers of a test are a test")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
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
pub struct Machine {
    directory: TempDir,
}

impl Machine {
    pub fn new() -> Self {
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

    pub fn file(&self, path: &str, text: &str) -> &Self {
        fs::write(self.path(path), text).unwrap();
        self
    }

    pub fn link(&self, path: &str, target: &str) -> &Self {
        symlink(target, self.path(path)).unwrap();
        self
    }

    /// Hides a file of the machine's.
    pub fn whiteout(&self, path: &str) {
        let path = self.path(path);
        let _ = fs::remove_file(&path);
        let made = Command::new("mknod").arg(&path).args(["c", "0", "0"]).status().unwrap();
        assert!(made.success());
    }

    pub fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// dpkg's records with some more packages.
    pub fn packages(&self, names: &[&str]) -> &Self {
        let mut records = fs::read_to_string("/var/lib/dpkg/status").unwrap();
        for name in names {
            records += &format!("\nPackage: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n");
        }
        self.file("var/lib/dpkg/status", &records)
    }

    /// Verdicts and evidence by check.
    pub fn audit(&self, benchmark: &str) -> BTreeMap<String, Value> {
        findings(&self.report(&["--benchmark", benchmark]))
    }

    /// The report of an audit.
    pub fn report(&self, arguments: &[&str]) -> Value {
        let run = Command::new("unshare")
            .args(["-m", "sh", "-c", SCRIPT, "sh"])
            .arg(self.directory.path())
            .arg(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["audit", "--level", "2", "--format", "json"])
            .args(arguments)
            .output()
            .unwrap();
        serde_json::from_slice(&run.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stderr)))
    }
}

/// The findings of a report by check.
pub fn findings(report: &Value) -> BTreeMap<String, Value> {
    let findings = report["findings"].as_array().unwrap().iter().cloned();
    findings.map(|finding| (finding["check"].as_str().unwrap().to_owned(), finding)).collect()
}

pub fn expect(findings: &BTreeMap<String, Value>, verdict: &str, checks: &[&str]) {
    for check in checks {
        let finding = findings.get(*check).unwrap_or_else(|| panic!("{check} was not judged"));
        assert_eq!(finding["verdict"], verdict, "{finding:#}");
    }
}

/// Whether some evidence of a check names a place.
pub fn names(finding: &Value, place: &str) -> bool {
    finding["evidence"].as_array().unwrap().iter().any(|evidence| evidence["source"] == place)
}
