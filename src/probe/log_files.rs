//! The files below `/var/log`, with what their owners are.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::accounts::database::{self, Passwd};
use super::{System, View, none_if_missing};
use crate::facts::{Gap, GapKind, LogFile, LogKind, Observed};

/// Where logs lie.
const LOGS: &str = "/var/log";
/// Where the journal lies until there is a disk to keep it on.
const VOLATILE: &str = "/run/log/journal";
/// How deep directories are looked into, and how many files there may be.
const MAX_DEPTH: usize = 32;
const MAX_FILES: usize = 50_000;
/// Programs by which an account cannot log in.
const REFUSING: &[&str] = &["nologin", "false"];

/// Every regular file below `/var/log` and in the journal below `/run/log`; symbolic links are not followed.
pub fn observe(system: &System, view: &View) -> Observed<Vec<LogFile>> {
    view.files().and_then(|()| look(system)).into()
}

fn look(system: &System) -> Result<Vec<LogFile>, Gap> {
    let mut found = Vec::new();
    below(system, Path::new(LOGS), 0, &mut found)?;
    if !system.fills_later(VOLATILE) && none_if_missing(system.resolve(VOLATILE))?.is_some() {
        below(system, Path::new(VOLATILE), 0, &mut found)?;
    }
    if found.is_empty() {
        return Err(Gap::new(GapKind::Missing, format!("{LOGS}: there is no log")));
    }
    let accounts = Accounts::read(system)?;
    Ok(found.into_iter().map(|(path, metadata)| accounts.log_file(&path, &metadata)).collect())
}

fn below(system: &System, folder: &Path, depth: usize, found: &mut Vec<(PathBuf, fs::Metadata)>) -> Result<(), Gap> {
    if depth > MAX_DEPTH || found.len() > MAX_FILES {
        return Err(Gap::new(GapKind::Unsupported, format!("{}: too many files, or too deep", folder.display())));
    }
    let Some(names) = none_if_missing(system.entries(folder))? else { return Ok(()) };
    let real = system.resolve(folder)?;
    for name in names {
        let path = folder.join(&name);
        let metadata = match fs::symlink_metadata(system.real(real.join(name))) {
            Ok(metadata) => metadata,
            // Rotated away since it was listed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Gap::io(path.display(), &error)),
        };
        if metadata.is_dir() {
            below(system, &path, depth + 1, found)?;
        } else if metadata.is_file() {
            found.push((path, metadata));
        }
    }
    Ok(())
}

/// Accounts and groups by number.
struct Accounts {
    /// Name, primary group, and whether the account cannot log in.
    users: BTreeMap<u32, (String, u32, bool)>,
    groups: BTreeMap<u32, String>,
}

impl Accounts {
    fn read(system: &System) -> Result<Self, Gap> {
        let user = |Passwd { name, uid, gid, shell, .. }: Passwd| {
            let refuses = Path::new(&shell).file_name().is_some_and(|name| REFUSING.iter().any(|known| name == *known));
            (uid, (name, gid, refuses))
        };
        // The first of several accounts with one number gives the name.
        Ok(Self {
            users: database::passwd(system)?.into_iter().rev().map(user).collect(),
            groups: database::group(system)?.into_iter().rev().map(|group| (group.gid, group.name)).collect(),
        })
    }

    fn log_file(&self, path: &Path, metadata: &fs::Metadata) -> LogFile {
        let user = self.users.get(&metadata.uid());
        LogFile {
            path: path.display().to_string(),
            kind: kind(path),
            owner: user.map_or_else(|| metadata.uid().to_string(), |(name, ..)| name.clone()),
            service_owner: user.is_some_and(|(.., refuses)| *refuses),
            group: self.groups.get(&metadata.gid()).cloned().unwrap_or_else(|| metadata.gid().to_string()),
            own_group: user.is_some_and(|(_, gid, _)| *gid == metadata.gid()),
            mode: metadata.mode() & 0o7777,
        }
    }
}

fn kind(path: &Path) -> LogKind {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    // A rotated log has something appended to its name.
    let is = |log: &str| name.strip_prefix(log).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']));
    match folder.as_deref() {
        _ if name.ends_with(".journal") || name.ends_with(".journal~") => LogKind::Journal,
        Some("gdm" | "gdm3") => LogKind::Gdm,
        Some("sssd") => LogKind::Sssd,
        _ if ["lastlog", "wtmp", "btmp"].iter().any(|log| is(log)) => LogKind::LoginRecord,
        _ if ["cloud-init", "cloud-init-output", "localmessages", "waagent"].iter().any(|log| is(log)) => {
            LogKind::SetUp
        }
        _ if ["auth.log", "secure", "syslog", "messages"].iter().any(|log| is(log)) => LogKind::Main,
        _ => LogKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn ask(tree: &Tree) -> Observed<Vec<LogFile>> {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        observe(&system, &view)
    }

    #[test]
    fn files_are_told_with_their_kinds_and_owners() {
        let tree = Tree::new();
        tree.file("etc/passwd", "root:x:0:0::/root:/bin/bash\nwww:x:33:34::/:/usr/sbin/nologin\nann:x:1000:1000::/:/bin/sh\ntwin:x:33:0::/:/bin/sh\n")
            .file("etc/group", "root:x:0:\nadm:x:4:\nwww:x:34:\n");
        for path in [
            "wtmp",
            "auth.log.1",
            "auth.log.2.gz",
            "authority",
            "web/access.log",
            "journal/1/system.journal",
            "sssd/x.log",
            "cloud-init.log",
        ] {
            tree.file(&format!("var/log/{path}"), "");
        }
        tree.file("run/log/journal/1/system@2.journal~", "")
            .link("var/log/README", "/usr/share")
            .link("var/log/web/up", "..");
        let root = rustix::process::geteuid().is_root();
        let real = |path: &str| tree.system().real(path);
        fs::set_permissions(real("/var/log/web/access.log"), fs::Permissions::from_mode(0o640)).unwrap();
        if root {
            chown(real("/var/log/web/access.log"), Some(33), Some(34)).unwrap();
            chown(real("/var/log/authority"), Some(1000), Some(77)).unwrap();
        }
        let seen = ask(&tree).value().unwrap().clone();
        let kinds: Vec<(&str, LogKind)> = seen.iter().map(|file| (file.path.as_str(), file.kind)).collect();
        assert_eq!(
            kinds,
            [
                ("/var/log/auth.log.1", LogKind::Main),
                ("/var/log/auth.log.2.gz", LogKind::Main),
                ("/var/log/authority", LogKind::Other),
                ("/var/log/cloud-init.log", LogKind::SetUp),
                ("/var/log/journal/1/system.journal", LogKind::Journal),
                ("/var/log/sssd/x.log", LogKind::Sssd),
                ("/var/log/web/access.log", LogKind::Other),
                ("/var/log/wtmp", LogKind::LoginRecord),
                ("/run/log/journal/1/system@2.journal~", LogKind::Journal),
            ]
        );
        if root {
            let web = &seen[6];
            assert_eq!((web.owner.as_str(), web.group.as_str(), web.mode), ("www", "www", 0o640));
            assert!(web.service_owner && web.own_group);
            let other = &seen[2];
            assert_eq!((other.owner.as_str(), other.group.as_str()), ("ann", "77"));
            assert!(!other.service_owner && !other.own_group);
        }
    }

    #[test]
    fn no_log_is_a_gap() {
        let tree = Tree::new();
        tree.file("etc/passwd", "root:x:0:0::/root:/bin/bash\n").file("etc/group", "root:x:0:\n");
        assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Missing);
        let deep = format!("var/log/{}x", "d/".repeat(40));
        tree.file(&deep, "");
        assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Unsupported);
    }
}
