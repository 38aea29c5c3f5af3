//! The accounts that may use dockerd's API through a Unix socket.

use std::collections::BTreeSet;

use super::files::{Known, sockets};
use crate::facts::{Gap, GapKind, Observed};
use crate::probe::accounts::database;
use crate::probe::file::access::{Writers, writers};
use crate::probe::{none_if_missing, nss};

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
            if let Some(service) = nss::elsewhere(root, database)? {
                let detail = format!("members of groups may come from {service} in /etc/nsswitch.conf");
                return Err(Gap::new(GapKind::Unsupported, detail));
            }
        }
    }
    let own = known.dockerd.root_uid()?;
    let trusted = |uid: u32| uid == 0 || i64::from(uid) == own;
    let accounts = none_if_missing(database::passwd(root))?.unwrap_or_default();
    let named =
        |uid: u32| accounts.iter().filter(move |account| account.uid == uid).map(|account| account.name.clone());
    let mut found: BTreeSet<String> = BTreeSet::new();
    for uid in users.into_iter().filter(|uid| !trusted(*uid)) {
        let before = found.len();
        found.extend(named(uid));
        if found.len() == before {
            found.insert(format!("uid {uid}"));
        }
    }
    let listed = none_if_missing(database::group(root))?.unwrap_or_default();
    let listed = listed.into_iter().filter(|group| groups.contains(&group.gid)).flat_map(|group| group.members);
    let is_trusted = |name: &str| accounts.iter().any(|account| account.name == name && trusted(account.uid));
    found.extend(listed.filter(|name| !is_trusted(name)));
    let primary = accounts.iter().filter(|account| groups.contains(&account.gid) && !trusted(account.uid));
    found.extend(primary.map(|account| account.name.clone()));
    Ok(found.into_iter().collect())
}
