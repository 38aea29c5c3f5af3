//! The accounts that may use dockerd's API through a Unix socket.

use std::collections::BTreeSet;

use super::files::{Known, sockets};
use super::groups::elsewhere;
use super::registries::none_if_missing;
use crate::facts::{Gap, GapKind, Observed};
use crate::probe::file::access::{Writers, writers};

/// Databases that may give a group members whom the machine's own files do not have.
const DATABASES: [&str; 3] = ["passwd", "group", "initgroups"];

/// Everybody besides root and the engine's own user who may write to a socket of the API.
pub(super) fn of_api(known: &Known<'_>) -> Observed<Vec<String>> {
    look(known).into()
}

fn look(known: &Known<'_>) -> Result<Vec<String>, Gap> {
    let root = &known.dockerd.root;
    let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for (path, gap) in sockets::find(known)? {
        if let Some(gap) = gap {
            return Err(gap);
        }
        let Writers { users: more_users, groups: more_groups } = match writers(root, &path) {
            Err(gap) if gap.kind == GapKind::Missing => continue,
            writers => writers?,
        };
        users.extend(more_users);
        groups.extend(more_groups);
    }
    if !groups.is_empty() {
        for database in DATABASES {
            if let Some(service) = elsewhere(known.dockerd, database)? {
                let detail = format!("members of groups may come from {service} in /etc/nsswitch.conf");
                return Err(Gap::new(GapKind::Unsupported, detail));
            }
        }
    }
    let own = known.dockerd.root_uid()?;
    let trusted = |uid: u32| uid == 0 || i64::from(uid) == own;
    let accounts = none_if_missing(root.read_lossy("/etc/passwd"))?.unwrap_or_default();
    let accounts: Vec<(&str, u32, u32)> = accounts.lines().filter_map(account).collect();
    let named = |uid: u32| accounts.iter().filter(move |(_, of, _)| *of == uid).map(|(name, ..)| (*name).to_owned());
    let mut found: BTreeSet<String> = BTreeSet::new();
    for uid in users.into_iter().filter(|uid| !trusted(*uid)) {
        let before = found.len();
        found.extend(named(uid));
        if found.len() == before {
            found.insert(format!("uid {uid}"));
        }
    }
    let text = none_if_missing(root.read_lossy("/etc/group"))?.unwrap_or_default();
    let listed = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [_, _, gid, members, ..] = fields.as_slice() else { return None };
        groups.contains(&gid.parse().ok()?).then(|| members.split(',').map(str::trim).collect::<Vec<_>>())
    });
    let is_trusted = |name: &str| accounts.iter().any(|(of, uid, _)| *of == name && trusted(*uid));
    found.extend(listed.flatten().filter(|name| !name.is_empty() && !is_trusted(name)).map(str::to_owned));
    let primary = accounts.iter().filter(|(_, uid, gid)| groups.contains(gid) && !trusted(*uid));
    found.extend(primary.map(|(name, ..)| (*name).to_owned()));
    Ok(found.into_iter().collect())
}

/// Name, uid and gid in a line of `/etc/passwd`.
fn account(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let uid = fields.nth(1)?.parse().ok()?;
    Some((name, uid, fields.next()?.parse().ok()?))
}
