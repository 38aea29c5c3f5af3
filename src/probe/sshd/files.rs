//! The files that sshd lives from, and what it shows before a login.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::Config;
use crate::facts::{FileAccess, FileKind, Gap, GapKind, Observed, SshBanner, SshFile, SshRole, SshdValue};
use crate::probe::{System, View, accounts, banners, file, none_if_missing};

const FOLDER: &str = "/etc/ssh";
/// The keys that sshd looks for unless it is told.
const DEFAULT_KEYS: &[&str] =
    &["/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key"];
/// The beginnings of public keys.
const PUBLIC: &[&str] = &["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"];

/// Every file of the server's, and one without metadata for each that could not be told.
pub(super) fn all(system: &System, config: &Config, host_keys: &[String]) -> Vec<SshFile> {
    let mut found: Vec<SshFile> = Vec::new();
    let configuration: BTreeSet<&PathBuf> = config.files.iter().collect();
    found.extend(configuration.into_iter().filter_map(|path| one(system, SshRole::Configuration, path)));
    if let Some(fault) = &config.fault {
        found.push(unseen(SshRole::Configuration, FOLDER, fault));
    }
    let mut keys: BTreeSet<PathBuf> = host_keys.iter().map(PathBuf::from).collect();
    if keys.is_empty() {
        keys.extend(DEFAULT_KEYS.iter().map(PathBuf::from));
    }
    let mut public: BTreeSet<PathBuf> =
        keys.iter().map(|key| PathBuf::from(format!("{}.pub", key.display()))).collect();
    match in_folder(system) {
        Ok((more, more_public)) => {
            keys.extend(more);
            public.extend(more_public);
        }
        Err(gap) => found.push(unseen(SshRole::PrivateKey, FOLDER, &gap)),
    }
    found.extend(keys.iter().filter_map(|path| one(system, SshRole::PrivateKey, path)));
    found.extend(public.iter().filter_map(|path| one(system, SshRole::PublicKey, path)));
    found
}

/// The private and the public keys in `/etc/ssh`, told by how they begin.
fn in_folder(system: &System) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Gap> {
    let (mut private, mut public) = (Vec::new(), Vec::new());
    for name in none_if_missing(system.entries(FOLDER))?.unwrap_or_default() {
        let path = Path::new(FOLDER).join(name);
        let regular =
            matches!(file::observe(system, &path).value(), Some(Some(file)) if file.kind == FileKind::Regular);
        if !regular {
            continue;
        }
        // A file that is too large for a configuration is too large for a key.
        let Ok(text) = system.read_lossy(&path).or_else(|gap| match gap.kind {
            GapKind::Malformed => Ok(String::new()),
            _ => Err(gap),
        }) else {
            if path.to_string_lossy().contains("key") {
                private.push(path);
            }
            continue;
        };
        let first = text.lines().next().unwrap_or_default();
        if first.starts_with("-----BEGIN ") && first.contains(" PRIVATE KEY") {
            private.push(path);
        } else if path.extension().is_some_and(|ending| ending == "pub")
            && PUBLIC.iter().any(|start| first.starts_with(start))
        {
            public.push(path);
        }
    }
    Ok((private, public))
}

fn unseen(role: SshRole, path: &str, gap: &Gap) -> SshFile {
    SshFile { role, path: path.to_owned(), file: gap.clone().into(), group: gap.clone().into() }
}

/// One file; nothing where there is none.
fn one(system: &System, role: SshRole, path: &Path) -> Option<SshFile> {
    let seen = match none_if_missing(file::access::observe(system, path, &Ok(0))) {
        Ok(seen) => Ok(seen?.0),
        Err(gap) => Err(gap),
    };
    let group =
        seen.as_ref().map_err(Clone::clone).and_then(|access: &FileAccess| accounts::group_name(system, access.gid));
    Some(SshFile { role, path: path.display().to_string(), file: seen.into(), group: group.into() })
}

/// What is shown for each value of `Banner`.
pub(super) fn shown(system: &System, view: &View, values: &[SshdValue]) -> Vec<SshBanner> {
    let named: Vec<&SshdValue> = values.iter().filter(|value| value.value.starts_with('/')).collect();
    let texts = banners::observe(system, view, named.iter().map(|value| &value.value));
    let banner = |value: &SshdValue| SshBanner {
        path: value.value.clone(),
        criteria: value.criteria.clone(),
        text: texts.get(&value.value).cloned().unwrap_or_else(Observed::not_collected),
    };
    named.into_iter().map(banner).collect()
}

/// Whether the machine has sshd.
pub(super) fn installed(system: &System) -> Observed<bool> {
    file::observe(system, "/usr/sbin/sshd").map(|file| file.is_some())
}
