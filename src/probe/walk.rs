//! One walk over all local filesystems.

mod accounts;
mod crew;
mod filesystems;
mod found;
mod packages;
mod storage;

use super::{System, View, mounts};
use crate::facts::{FoundFile, Gap, GapKind, LocalFiles, Observed, SetIdFile, WalkedFilesystem};
use accounts::Accounts;
use crew::Seen;
use filesystems::{Filesystem, Selection};
use found::Found;

/// Looks at every file of the machine's own filesystems, the storage of containers left out. `data_root` is where an engine
/// said that it keeps its containers.
///
/// Source: the filesystems that `/proc/1/mountinfo` lists.
pub fn observe(system: &System, view: &View, data_root: Option<&str>) -> Observed<LocalFiles> {
    look(system, view, data_root).into()
}

fn look(system: &System, view: &View, data_root: Option<&str>) -> Result<LocalFiles, Gap> {
    let Selection { walked, left_out } = match system.is_offline() {
        true => Selection::offline(system)?,
        false => Selection::of(system, mounts::observe(system).as_known()?, data_root),
    };
    let accounts = Accounts::read(system)?;
    let skipped: Vec<&str> = left_out.iter().map(|left| left.path.as_str()).collect();
    let Seen { found, inodes, trouble } = crew::walk(system, &walked, &skipped, &accounts)?;
    let seen: i64 = inodes.iter().sum();
    if seen == 0 {
        return Err(trouble.gap().unwrap_or_else(|| Gap::new(GapKind::Missing, "there is no local filesystem")));
    }
    let complete = match trouble.gap().map_or_else(|| view.tree(), Err) {
        Ok(()) => Observed::known(true),
        Err(gap) => gap.into(),
    };
    let filesystems = walked.into_iter().zip(inodes).map(|(fs, inodes)| walked_filesystem(fs, inodes)).collect();
    let Found { open_files, open_directories, orphans, set_id } = found;
    Ok(LocalFiles {
        complete,
        inodes: seen,
        filesystems,
        left_out,
        open_files_count: open_files.count(),
        open_files: open_files.list(),
        open_directories_count: open_directories.count(),
        open_directories: open_directories.list(),
        orphans_count: orphans.count(),
        orphans: accounts.judge(orphans.list()),
        set_id_count: set_id.count(),
        set_id: with_packages(system, set_id.list()),
    })
}

fn walked_filesystem(filesystem: Filesystem, inodes: i64) -> WalkedFilesystem {
    let Filesystem { mount_point, device, kind, .. } = filesystem;
    WalkedFilesystem { mount_point, device, filesystem: kind, inodes }
}

fn with_packages(system: &System, files: Vec<FoundFile>) -> Vec<SetIdFile> {
    if files.is_empty() {
        return Vec::new();
    }
    let owners = packages::of(system, files.iter().map(|file| file.path.as_str()));
    let package = |path: &str| match &owners {
        Ok(owners) => Observed::known(owners.get(path).cloned()),
        Err(gap) => gap.clone().into(),
    };
    files
        .into_iter()
        .map(|FoundFile { path, uid, gid, mode }| SetIdFile { package: package(&path), path, uid, gid, mode })
        .collect()
}

#[cfg(test)]
mod tests;
