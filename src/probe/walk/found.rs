//! What a walk keeps: the first few files of each kind by path, and the number of all.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{FileType, Stat};

use crate::facts::FoundFile;

/// How many files of one kind are kept by name.
const NAMED: usize = 200;
/// Everybody may write.
const OTHERS_WRITE: u32 = 0o002;
/// Only owners may remove or rename what is in a directory.
const STICKY: u32 = 0o1000;
/// The program runs as its owner or as its group.
const SET_ID: u32 = 0o6000;

/// What is looked at of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Permission bits (`mode & 07777`).
    pub(super) mode: u32,
    /// Numeric owner.
    pub(super) uid: u32,
    /// Numeric group.
    pub(super) gid: u32,
    kind: FileType,
}

impl From<&Stat> for Entry {
    fn from(stat: &Stat) -> Self {
        let kind = FileType::from_raw_mode(stat.st_mode);
        Self { mode: stat.st_mode & 0o7777, uid: stat.st_uid, gid: stat.st_gid, kind }
    }
}

impl From<&Metadata> for Entry {
    fn from(metadata: &Metadata) -> Self {
        let kind = FileType::from_raw_mode(metadata.mode());
        Self { mode: metadata.mode() & 0o7777, uid: metadata.uid(), gid: metadata.gid(), kind }
    }
}

/// Files of one kind.
#[derive(Debug, Default)]
pub(super) struct Kept {
    count: i64,
    named: BTreeMap<String, FoundFile>,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) open_files: Kept,
    pub(super) open_directories: Kept,
    pub(super) orphans: Kept,
    pub(super) set_id: Kept,
}

impl Kept {
    fn add(&mut self, entry: Entry, path: &dyn Fn() -> String) {
        self.count += 1;
        let path = path();
        // Which files are named must not depend on who walked faster.
        if self.named.len() < NAMED || self.named.last_key_value().is_some_and(|(last, _)| *last > path) {
            let file = FoundFile { path: path.clone(), uid: entry.uid, gid: entry.gid, mode: entry.mode };
            self.named.insert(path, file);
            self.cut();
        }
    }

    fn cut(&mut self) {
        while self.named.len() > NAMED {
            self.named.pop_last();
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.named.extend(other.named);
        self.cut();
    }

    /// How many there are.
    pub(super) const fn count(&self) -> i64 {
        self.count
    }

    /// The first by path.
    pub(super) fn list(self) -> Vec<FoundFile> {
        self.named.into_values().collect()
    }
}

impl Found {
    /// Judges one file; `known` is whether its owner and its group exist, `set_id` whether the mount heeds set-id bits.
    pub(super) fn add(&mut self, entry: Entry, known: bool, set_id: bool, path: &dyn Fn() -> String) {
        if !known {
            self.orphans.add(entry, path);
        }
        match entry.kind {
            FileType::RegularFile => {
                if entry.mode & OTHERS_WRITE != 0 {
                    self.open_files.add(entry, path);
                }
                if set_id && entry.mode & SET_ID != 0 {
                    self.set_id.add(entry, path);
                }
            }
            FileType::Directory if entry.mode & (OTHERS_WRITE | STICKY) == OTHERS_WRITE => {
                self.open_directories.add(entry, path);
            }
            _ => {}
        }
    }

    /// Takes over what another has found.
    pub(super) fn merge(&mut self, other: Self) {
        self.open_files.merge(other.open_files);
        self.open_directories.merge(other.open_directories);
        self.orphans.merge(other.orphans);
        self.set_id.merge(other.set_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_by_path_are_named_and_all_are_counted() {
        let entry = Entry { mode: 0o666, uid: 0, gid: 0, kind: FileType::RegularFile };
        let (mut one, mut other) = (Found::default(), Found::default());
        for number in (0..500).rev() {
            let half = if number % 2 == 0 { &mut one } else { &mut other };
            half.add(entry, true, true, &|| format!("/{number:03}"));
        }
        one.merge(other);
        assert_eq!(one.open_files.count(), 500);
        let paths: Vec<String> = one.open_files.list().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, (0..200).map(|number| format!("/{number:03}")).collect::<Vec<_>>());
    }
}
