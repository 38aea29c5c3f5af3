//! Who may change or read a file, by its own metadata or by the directories on the way to it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{access_list, acl, granted, malformed, metadata};
use crate::facts::{FileAccess, Gap};
use crate::probe::System;

/// The bit that lets only an entry's owner, the directory's owner and root rename or remove the entry.
const STICKY: u32 = 0o1000;
/// The bits by which a group or everybody may write.
const WRITABLE: u32 = 0o022;
/// Permission to write, as an access list grants it.
const WRITE: u32 = 0o2;

/// Who may change or read what a path leads to; errs with [`crate::facts::GapKind::Missing`] when it leads nowhere.
///
/// `owner` is the uid that may write besides root: that of root in the engine's user namespace.
pub(in crate::probe) fn observe(
    system: &System,
    path: &Path,
    owner: &Result<i64, Gap>,
) -> Result<(FileAccess, Metadata), Gap> {
    // What was taken in each directory: a way may pass through the same one several times.
    let mut taken: BTreeMap<PathBuf, Vec<u32>> = BTreeMap::new();
    let target = system.walk(path, |folder, entry| taken.entry(folder.to_owned()).or_default().push(entry.uid()))?;
    let metadata = metadata(system, &target)?;
    let more = granted(system, &target, &metadata);
    let open = taken
        .iter()
        .filter_map(|(folder, entries)| match is_open(system, folder, entries, owner) {
            Ok(true) => Some(Ok(folder.display().to_string())),
            Ok(false) => None,
            Err(gap) => Some(Err(gap)),
        })
        .collect::<Result<Vec<_>, _>>();
    let access = FileAccess {
        path: target.display().to_string(),
        uid: metadata.uid(),
        gid: metadata.gid(),
        mode: metadata.mode() & 0o6777,
        extended_acl: more.clone().map(|more| more != 0).into(),
        acl_write: more.map(|more| more & WRITE != 0).into(),
        open_parents: open.into(),
    };
    Ok((access, metadata))
}

/// Who may write to a file.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::probe) struct Writers {
    /// Uids, the owner's among them.
    pub(in crate::probe) users: Vec<u32>,
    /// Gids.
    pub(in crate::probe) groups: Vec<u32>,
}

/// Users and groups that may write to what a path leads to, what everybody may aside.
pub(in crate::probe) fn writers(system: &System, path: &Path) -> Result<Writers, Gap> {
    let target = system.resolve(path)?;
    let metadata = metadata(system, &target)?;
    let listed = match access_list(system, &target)? {
        Some(list) => acl::writers(&list).map_err(|detail| malformed(&target, detail))?,
        None => acl::Writers { owning_group: metadata.mode() & 0o020 != 0, ..acl::Writers::default() },
    };
    let owner = (metadata.mode() & 0o200 != 0).then(|| metadata.uid());
    let group = listed.owning_group.then(|| metadata.gid());
    Ok(Writers {
        users: owner.into_iter().chain(listed.users).collect(),
        groups: group.into_iter().chain(listed.groups).collect(),
    })
}

/// Whether somebody else may replace one of these entries, given by their owners, in a directory.
fn is_open(system: &System, folder: &Path, entries: &[u32], owner: &Result<i64, Gap>) -> Result<bool, Gap> {
    let metadata = metadata(system, folder)?;
    if !trusted(metadata.uid(), owner)? {
        return Ok(true);
    }
    if metadata.mode() & WRITABLE == 0 && granted(system, folder, &metadata)? & WRITE == 0 {
        return Ok(false);
    }
    if metadata.mode() & STICKY == 0 {
        return Ok(true);
    }
    for entry in entries {
        if !trusted(*entry, owner)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn trusted(uid: u32, owner: &Result<i64, Gap>) -> Result<bool, Gap> {
    Ok(uid == 0 || owner.as_ref().map_err(Clone::clone)? == &i64::from(uid))
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
