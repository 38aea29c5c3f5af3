//! Rules of the kernel's audit, of which a machine has one set: one test at a time loads some, under a key of the lab's, and takes
//! them out again.

use std::fs::File;
use std::path::Path;
use std::process::Command;

/// The key that every rule of a lab has.
const KEY: &str = "plimsoll-lab";
/// Whoever loads rules holds this.
const LOCK: &str = "/tmp/plimsoll-audit.lock";

/// The right to load rules; dropping it leaves the kernel as it was.
pub struct Auditing {
    /// Whether auditing was on: 0 or 1.
    before: String,
    _lock: File,
}

impl Auditing {
    /// Waits for its turn, and begins with auditing switched off.
    pub fn begin() -> Self {
        let lock = File::options().create(true).append(true).open(LOCK);
        let lock = lock.and_then(|lock| lock.lock().map(|()| lock)).unwrap_or_else(|error| panic!("{LOCK}: {error}"));
        let status = auditctl(&["-s"]);
        let before = status.lines().find_map(|line| line.strip_prefix("enabled "));
        let before = before.unwrap_or_else(|| panic!("auditctl -s: {status}")).to_owned();
        assert_ne!(before, "2", "the rules of this machine are locked until it boots again");
        let auditing = Self { before, _lock: lock };
        auditing.clear();
        auditing.switch(false);
        auditing
    }

    /// Switches auditing on or off.
    pub fn switch(&self, on: bool) {
        auditctl(&["-e", if on { "1" } else { "0" }]);
    }

    /// Loads a rule such as `-w PATH -p wa`.
    pub fn load(&self, rule: &str) {
        auditctl(&words(rule));
    }

    /// Takes a rule out that was loaded with these words.
    pub fn unload(&self, rule: &str) {
        let rule = rule.replacen("-w ", "-W ", 1).replacen("-a ", "-d ", 1).replacen("-A ", "-d ", 1);
        auditctl(&words(&rule));
    }

    /// Takes every rule of labs out.
    pub fn clear(&self) {
        auditctl(&["-D", "-k", KEY]);
    }
}

impl Drop for Auditing {
    fn drop(&mut self) {
        self.clear();
        auditctl(&["-e", &self.before]);
    }
}

/// Watches a path.
pub fn watch(path: &Path, accesses: &str) -> String {
    format!("-w {} -p {accesses}", path.display())
}

fn words(rule: &str) -> Vec<&str> {
    let mut words: Vec<&str> = rule.split(' ').collect();
    words.extend(["-k", KEY]);
    words
}

fn auditctl(words: &[&str]) -> String {
    let output = Command::new("auditctl").args(words).output();
    let output = output.unwrap_or_else(|error| panic!("auditctl, from the package auditd: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "auditctl {}: {said}", words.join(" "));
    said
}
