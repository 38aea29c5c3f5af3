//! The users and groups that exist.

use std::collections::BTreeSet;

use crate::facts::{FoundFile, Gap, GapKind, Observed};
use crate::probe::accounts::database;
use crate::probe::{System, none_if_missing, nss};

/// Where accounts come from that are in the machine's own files.
const LOCAL: &[&str] = &["files", "compat"];
/// Where systemd notes the users that it made up for services that run, by number.
const DYNAMIC: &str = "/run/systemd/dynamic-uid";

/// The numbers of the machine's own accounts.
#[derive(Debug)]
pub(super) struct Accounts {
    uids: BTreeSet<u32>,
    gids: BTreeSet<u32>,
    /// Where else accounts come from, in the words of `/etc/nsswitch.conf`.
    elsewhere: Vec<String>,
}

impl Accounts {
    pub(super) fn read(system: &System) -> Result<Self, Gap> {
        let (mut uids, mut gids) = (
            numbers("/etc/passwd", database::passwd(system)?.iter().map(|user| user.uid))?,
            numbers("/etc/group", database::group(system)?.iter().map(|group| group.gid))?,
        );
        let mut elsewhere = elsewhere(system)?;
        if elsewhere.iter().any(|source| source == "systemd") {
            elsewhere.retain(|source| source != "systemd");
            // A made-up user has a group of its own with the same number.
            let listed = if system.fills_later(DYNAMIC) { Ok(None) } else { none_if_missing(system.list(DYNAMIC)) };
            let dynamic = listed?.unwrap_or_default();
            let dynamic: BTreeSet<u32> = dynamic.iter().filter_map(|name| name.parse().ok()).collect();
            uids.extend(&dynamic);
            gids.extend(&dynamic);
        }
        Ok(Self { uids, gids, elsewhere })
    }

    /// Whether both exist.
    pub(super) fn know(&self, uid: u32, gid: u32) -> bool {
        self.uids.contains(&uid) && self.gids.contains(&gid)
    }

    /// Files that belong to nobody, unless there are accounts elsewhere.
    pub(super) fn judge(&self, orphans: Vec<FoundFile>) -> Observed<Vec<FoundFile>> {
        let (Some(file), false) = (orphans.first(), self.elsewhere.is_empty()) else { return Observed::known(orphans) };
        let detail = format!(
            "{} belongs to uid {} and gid {}, one of which is not in /etc/passwd or /etc/group and may come from {} in \
             /etc/nsswitch.conf",
            file.path,
            file.uid,
            file.gid,
            self.elsewhere.join(", ")
        );
        Observed::unknown(GapKind::Unsupported, detail)
    }
}

/// The numbers in a file of accounts, which has some.
fn numbers(path: &str, numbers: impl Iterator<Item = u32>) -> Result<BTreeSet<u32>, Gap> {
    let numbers: BTreeSet<u32> = numbers.collect();
    if numbers.is_empty() {
        return Err(Gap::new(GapKind::Malformed, format!("{path}: no accounts")));
    }
    Ok(numbers)
}

/// The sources of users and groups besides the files.
fn elsewhere(system: &System) -> Result<Vec<String>, Gap> {
    let mut sources = nss::services(system, "passwd")?;
    sources.extend(nss::services(system, "group")?);
    sources.retain(|source| !LOCAL.contains(&source.as_str()));
    sources.sort();
    sources.dedup();
    Ok(sources)
}
