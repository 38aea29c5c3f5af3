//! Where a path lies, as audit sees it: the kernel watches inodes, and knows a path by its directory and its name in it.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::field::{Fit, What};
use crate::facts::{Gap, GapKind, HostMount};
use crate::probe::System;

/// Device and inode.
type Identity = (u64, u64);

/// A path, every symbolic link on the way followed and the last one not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The directories above, its own first; none when that is not there.
    above: Vec<Identity>,
    name: OsString,
    /// What is there, and whether it is a directory.
    itself: Option<(Identity, bool)>,
}

impl Place {
    /// Looks a path up.
    pub(super) fn of(system: &System, path: impl AsRef<Path>) -> Result<Self, Gap> {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or(OsStr::new("")).to_owned();
        let absent = Self { above: Vec::new(), name: name.clone(), itself: None };
        let Some(parent) = path.parent() else {
            return Ok(Self { itself: entry(system, path)?, ..absent });
        };
        let parent = match system.resolve(parent) {
            Ok(parent) => parent,
            Err(gap) if gap.kind == GapKind::Missing => return Ok(absent),
            Err(gap) => return Err(gap),
        };
        let mut above = Vec::new();
        for folder in parent.ancestors() {
            above.extend(entry(system, folder)?.map(|(identity, _)| identity));
        }
        Ok(Self { above, itself: entry(system, &parent.join(&name))?, name })
    }

    /// Adds the directories above the same thing at another path: a bind mount leads past those of the filesystem it shows.
    pub(super) fn also_at(&mut self, system: &System, path: &Path) -> Result<(), Gap> {
        let other = Self::of(system, path)?;
        if self.itself.is_some() && self.itself == other.itself {
            self.above.extend(other.above);
        }
        Ok(())
    }

    pub(super) const fn exists(&self) -> bool {
        self.itself.is_some()
    }

    pub(super) const fn has_parent(&self) -> bool {
        !self.above.is_empty()
    }

    /// How much of what happens at a target a rule's path or directory is about.
    ///
    /// A path is about the one entry of its directory, whatever becomes of it; of a directory it is about the entries that
    /// come and go and not about what is below. A directory is about everything below, and nothing when it is a symbolic
    /// link. A mount that came after the rule is not seen here.
    pub(super) fn reaches(&self, what: What, target: &Self) -> Fit {
        let is_folder = target.itself.is_some_and(|(_, folder)| folder);
        let identity = |place: &Self| place.itself.map(|(identity, _)| identity);
        let same = identity(self).is_some() && identity(self) == identity(target);
        let inside = is_folder && identity(target).is_some_and(|target| self.above.contains(&target));
        if what == What::DIR {
            return match self.itself {
                Some((own, true)) if target.above.contains(&own) || (is_folder && same) => Fit::Always,
                Some(_) if same || inside => Fit::Partly,
                _ => Fit::Never,
            };
        }
        let same_entry = self.has_parent() && self.above.first() == target.above.first() && self.name == target.name;
        match (same_entry || same, is_folder) {
            (true, false) if same_entry => Fit::Always,
            (true, _) => Fit::Partly,
            (false, _) => {
                if inside {
                    Fit::Partly
                } else {
                    Fit::Never
                }
            }
        }
    }
}

/// Where what lies at a path is on the machine besides, given the mounts of whoever sees that path and the machine's.
pub(super) fn elsewhere(path: &Path, seen: &[HostMount], machine: &[HostMount]) -> Vec<PathBuf> {
    let depth = |mount: &&HostMount| Path::new(&mount.mount_point).components().count();
    let above = seen.iter().filter(|mount| path.starts_with(&mount.mount_point));
    let Some(mount) = above.max_by_key(depth) else { return Vec::new() };
    let within = Path::new(&mount.root).join(path.strip_prefix(&mount.mount_point).unwrap_or(path));
    let same = machine.iter().filter(|other| other.device == mount.device);
    same.filter_map(|other| Some(Path::new(&other.mount_point).join(within.strip_prefix(&other.root).ok()?))).collect()
}

/// What is at a path in which no symbolic link is left but perhaps the last part.
fn entry(system: &System, path: &Path) -> Result<Option<(Identity, bool)>, Gap> {
    if path.parent().is_some_and(|folder| system.fills_later(folder)) {
        return Ok(None);
    }
    match system.real(path).symlink_metadata() {
        Ok(metadata) => Ok(Some(((metadata.dev(), metadata.ino()), metadata.is_dir()))),
        Err(error) => match Gap::io(path.display(), &error) {
            gap if gap.kind == GapKind::Missing => Ok(None),
            gap => Err(gap),
        },
    }
}

#[cfg(test)]
mod tests;
