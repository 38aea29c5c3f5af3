//! systemd's units: which files make one (`man systemd.unit`, "Unit File Load Path"), what starts it, and whether it runs.

mod state;

pub(super) use state::enabled;
pub use state::observe;

use std::path::{Path, PathBuf};

use super::System;
use super::conf_files::{self, Entry, entry};
use crate::facts::Gap;

/// Directories of system units, the one that counts first.
const SYSTEM: &[&str] = &[
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// Directories of a user's units; `~` is the home directory and `%t` the directory of run-time files.
const USER: &[&str] = &[
    "~/.config/systemd/user.control",
    "%t/systemd/user.control",
    "%t/systemd/transient",
    "%t/systemd/generator.early",
    "~/.config/systemd/user",
    "/etc/systemd/user",
    "%t/systemd/user",
    "/run/systemd/user",
    "%t/systemd/generator",
    "~/.local/share/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
    "%t/systemd/generator.late",
];

/// Directories of the system's units, the one that counts first.
pub(super) fn system_folders() -> Vec<PathBuf> {
    SYSTEM.iter().map(PathBuf::from).collect()
}

/// Directories of a user's units, the one that counts first, given the home directory and that of run-time files.
pub(super) fn user_folders(home: &Path, runtime: &Path) -> Vec<PathBuf> {
    let whole = |folder: &&str| match (folder.strip_prefix("~/"), folder.strip_prefix("%t/")) {
        (Some(rest), _) => home.join(rest),
        (_, Some(rest)) => runtime.join(rest),
        _ => PathBuf::from(folder),
    };
    USER.iter().map(whole).collect()
}

/// The file of a unit and its drop-ins.
pub(super) fn files(root: &System, folders: &[PathBuf], name: &str) -> Result<Vec<PathBuf>, Gap> {
    let Some((unit, target)) = fragment(root, folders, name)? else { return Ok(Vec::new()) };
    let mut names = vec![name.to_owned()];
    // A unit under another name has the drop-ins of both.
    let other = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if other != name && kind(&other) == kind(name) {
        names.push(other);
    }
    let mut found = vec![unit];
    found.extend(drop_ins(root, folders, &names)?);
    Ok(found)
}

/// The first file of that name. A mask is no file; what it masks is in force again as soon as it is gone.
fn fragment(root: &System, folders: &[PathBuf], name: &str) -> Result<Option<(PathBuf, PathBuf)>, Gap> {
    for folder in folders {
        let path = folder.join(name);
        if let Entry::File(target) = entry(root, &path)? {
            return Ok(Some((path, target)));
        }
    }
    Ok(None)
}

/// Drop-ins in the directories of the unit, of its name cut off at each hyphen, and of its kind, in the order in which they are
/// read.
fn drop_ins(root: &System, folders: &[PathBuf], names: &[String]) -> Result<Vec<PathBuf>, Gap> {
    let mut ways: Vec<PathBuf> = Vec::new();
    for name in names {
        for folder in folders {
            ways.extend(prefixes(name).iter().map(|prefix| folder.join(format!("{prefix}.d"))));
        }
    }
    if let Some(kind) = names.first().map(|name| kind(name)) {
        ways.extend(folders.iter().map(|folder| folder.join(format!("{kind}.d"))));
    }
    conf_files::in_order(root, &ways, conf_files::is_conf)
}

/// `service` of `docker.service`.
fn kind(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// `a-b-c.service`, `a-b-.service` and `a-.service` of `a-b-c.service`.
fn prefixes(name: &str) -> Vec<String> {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut found = vec![name.to_owned()];
    let mut left = stem;
    while let Some((before, _)) = left.rsplit_once('-').filter(|(before, _)| !before.is_empty()) {
        found.push(format!("{before}-.{kind}"));
        left = before;
    }
    found
}
