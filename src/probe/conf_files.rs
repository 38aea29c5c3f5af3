//! Configuration in directories of files: of one name only the file in the first directory counts, and the files are read in
//! the order of their names, wherever they lie. modprobe.d, sysctl.d and systemd's drop-ins are such.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::System;
use crate::facts::{Gap, GapKind};

/// What a name in such a directory leads to.
pub(super) enum Entry {
    /// Nothing: a symbolic link that leads nowhere, or no entry at all.
    Nothing,
    /// `/dev/null`, which says that there shall be none of this name.
    Mask,
    /// A file, every symbolic link followed.
    File(PathBuf),
}

/// What a path leads to.
pub(super) fn entry(root: &System, path: &Path) -> Result<Entry, Gap> {
    let null = Path::new("/dev/null");
    match root.resolve(path) {
        Ok(target) if target == null => Ok(Entry::Mask),
        Ok(target) => Ok(Entry::File(target)),
        Err(gap) if gap.kind == GapKind::Missing => {
            Ok(if root.link(path).is_ok_and(|target| target == null) { Entry::Mask } else { Entry::Nothing })
        }
        Err(gap) => Err(gap),
    }
}

/// The files that count, in the order in which they are read; `wanted` is asked by name. A directory that is not there has none.
pub(super) fn in_order<P: AsRef<Path>>(
    root: &System,
    folders: &[P],
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, Gap> {
    let mut found: BTreeMap<OsString, Option<PathBuf>> = BTreeMap::new();
    for folder in folders.iter().map(AsRef::as_ref).filter(|folder| !root.fills_later(folder)) {
        let names = match root.entries(folder) {
            Ok(names) => names,
            Err(gap) if gap.kind == GapKind::Missing => continue,
            Err(gap) => return Err(gap),
        };
        for name in names.into_iter().filter(|name| wanted(&name.to_string_lossy())) {
            if found.contains_key(&name) {
                continue;
            }
            let path = folder.join(&name);
            match entry(root, &path)? {
                Entry::Nothing => {}
                Entry::Mask => drop(found.insert(name, None)),
                Entry::File(target) => {
                    let directory = fs::symlink_metadata(root.real(target)).is_ok_and(|found| found.is_dir());
                    if !directory {
                        found.insert(name, Some(path));
                    }
                }
            }
        }
    }
    Ok(found.into_values().flatten().collect())
}

/// Whether a name ends as systemd's fragments do.
pub(super) fn is_conf(name: &str) -> bool {
    name.ends_with(".conf") && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    fn found(tree: &Tree) -> Vec<String> {
        let files = in_order(&tree.system(), &["/etc/x.d", "/run/x.d", "/usr/lib/x.d"], is_conf).unwrap();
        files.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn the_first_directory_wins_and_names_give_the_order() {
        let tree = Tree::new();
        assert_eq!(found(&tree), [""; 0]);
        tree.file("usr/lib/x.d/10-a.conf", "").file("usr/lib/x.d/20-b.conf", "").file("run/x.d/20-b.conf", "");
        tree.file("etc/x.d/30-c.conf", "").file("etc/x.d/README", "").file("etc/x.d/.hidden.conf", "");
        assert_eq!(found(&tree), ["/usr/lib/x.d/10-a.conf", "/run/x.d/20-b.conf", "/etc/x.d/30-c.conf"]);
    }

    #[test]
    fn null_masks_and_what_leads_nowhere_does_not() {
        let tree = Tree::new();
        tree.file("usr/lib/x.d/a.conf", "").link("etc/x.d/a.conf", "/dev/null");
        tree.file("usr/lib/x.d/b.conf", "").link("etc/x.d/b.conf", "/nowhere");
        tree.file("usr/lib/x.d/c.conf", "").file("etc/x.d/c.conf/inner", "");
        assert_eq!(found(&tree), ["/usr/lib/x.d/b.conf", "/usr/lib/x.d/c.conf"]);
    }

    #[test]
    fn a_circle_of_links_is_a_gap() {
        let tree = Tree::new();
        tree.link("etc/x.d/a.conf", "a.conf");
        let gap = in_order(&tree.system(), &["/etc/x.d"], is_conf).unwrap_err();
        assert_eq!(gap.kind, GapKind::Malformed);
    }
}
