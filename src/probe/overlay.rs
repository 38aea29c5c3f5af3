//! The files of an overlay filesystem, read from the directories that it is made of, without mounting it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::System;
use crate::facts::{Gap, GapKind};

/// How many symbolic links one path may follow, as in the kernel.
const MAX_LINKS: usize = 40;

/// Directories that lie over each other, the highest first.
#[derive(Debug)]
pub(super) struct Overlay {
    layers: Vec<System>,
    marks: Marks,
}

/// Where the kernel looks for the marks of directories. What an image has in the other place means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// Attributes `trusted.overlay.…`, which only CAP_SYS_ADMIN sees.
    Trusted,
    /// Attributes `user.overlay.…`, as for an engine without root.
    User,
}

/// What lies at a path.
#[derive(Debug)]
enum Entry {
    /// Nothing, or it was removed.
    Nothing,
    /// A directory, with the layers that make it up.
    Directory(Vec<usize>),
    /// Anything else, of one layer.
    Leaf(usize, fs::Metadata),
}

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Found {
    /// A directory, by its path and the layers that make it up.
    Directory(PathBuf, Vec<usize>),
    /// A file or anything else, by its path and its layer.
    File(PathBuf, usize),
}

impl Overlay {
    /// The overlay of these directories, the highest first.
    pub(super) fn new(layers: Vec<System>, marks: Marks) -> Self {
        Self { layers, marks }
    }

    /// The text of a file, what is not UTF-8 in it replaced; nothing when there is none.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, Gap> {
        match self.find(path)? {
            Some(Found::File(path, layer)) => self.layer(layer)?.read_lossy(&path).map(Some),
            Some(Found::Directory(path, _)) => {
                Err(Gap::new(GapKind::Malformed, format!("{}: not a regular file", path.display())))
            }
            None => Ok(None),
        }
    }

    /// The names in a directory, sorted; nothing when there is none.
    pub(super) fn list(&self, path: &str) -> Result<Option<Vec<String>>, Gap> {
        let Some(Found::Directory(path, layers)) = self.find(path)? else { return Ok(None) };
        let mut names = BTreeSet::new();
        for layer in &layers {
            names.extend(self.layer(*layer)?.entries(&path)?);
        }
        let mut there = Vec::new();
        for name in names {
            if !matches!(self.entry(&path, &layers, Path::new(&name))?, Entry::Nothing) {
                there.push(name.to_string_lossy().into_owned());
            }
        }
        Ok(Some(there))
    }

    /// What a path leads to, symbolic links followed inside; nothing when it leads nowhere.
    pub(super) fn find(&self, path: &str) -> Result<Option<Found>, Gap> {
        let mut pending = parts(Path::new(path));
        // The way down: each directory with the layers that make it up.
        let mut way: Vec<(PathBuf, Vec<usize>)> = vec![(PathBuf::from("/"), self.all())];
        let mut links = 0;
        while let Some(part) = pending.pop() {
            if part.as_os_str() == ".." {
                if way.len() > 1 {
                    way.pop();
                }
                continue;
            }
            let Some((here, layers)) = way.last() else { return Ok(None) };
            let next = here.join(&part);
            match self.entry(here, layers, &part)? {
                Entry::Nothing => return Ok(None),
                Entry::Directory(layers) => way.push((next, layers)),
                Entry::Leaf(layer, metadata) if metadata.is_symlink() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Gap::new(GapKind::Malformed, format!("{path}: too many symbolic links")));
                    }
                    let target = self.layer(layer)?.link(&next)?;
                    if target.is_absolute() {
                        way.truncate(1);
                    }
                    pending.extend(parts(&target));
                }
                Entry::Leaf(layer, _) if pending.is_empty() => return Ok(Some(Found::File(next, layer))),
                Entry::Leaf(..) => return Ok(None),
            }
        }
        Ok(way.pop().map(|(path, layers)| Found::Directory(path, layers)))
    }

    /// Whether a file of one layer is seen from above: nothing replaces, removes or covers it on the way.
    pub(super) fn shows(&self, layer: usize, path: &Path) -> Result<bool, Gap> {
        let (mut here, mut layers) = (PathBuf::from("/"), self.all());
        let mut pending = parts(path);
        while let Some(part) = pending.pop() {
            match self.entry(&here, &layers, &part)? {
                Entry::Nothing => return Ok(false),
                Entry::Directory(of) => layers = of,
                Entry::Leaf(of, _) => return Ok(of == layer && pending.is_empty()),
            }
            here.push(part);
        }
        Ok(false)
    }

    fn all(&self) -> Vec<usize> {
        (0..self.layers.len()).collect()
    }

    fn layer(&self, index: usize) -> Result<&System, Gap> {
        self.layers.get(index).ok_or_else(|| Gap::new(GapKind::Missing, format!("layer {index}: there is none")))
    }

    /// An entry of a directory that is made up of these layers; links are not followed.
    fn entry(&self, directory: &Path, layers: &[usize], name: &Path) -> Result<Entry, Gap> {
        let path = directory.join(name);
        let mut found = Vec::new();
        for (position, layer) in layers.iter().enumerate() {
            let real = self.layer(*layer)?.real(&path);
            let metadata = match fs::symlink_metadata(&real) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Gap::io(real.display(), &error)),
            };
            if metadata.file_type().is_char_device() && metadata.rdev() == 0 {
                break;
            }
            if !metadata.is_dir() {
                // Below a directory it is covered.
                return Ok(if found.is_empty() { Entry::Leaf(*layer, metadata) } else { Entry::Directory(found) });
            }
            found.push(*layer);
            if position + 1 < layers.len() && hides(&real, self.marks)? {
                break;
            }
        }
        Ok(if found.is_empty() { Entry::Nothing } else { Entry::Directory(found) })
    }
}

/// Whether a directory hides what lies below it in lower layers.
fn hides(directory: &Path, marks: Marks) -> Result<bool, Gap> {
    let space = match marks {
        Marks::Trusted => "trusted",
        Marks::User => "user",
    };
    let mark = |name: &str| {
        let mut value = [0_u8; 1];
        match rustix::fs::lgetxattr(directory, format!("{space}.overlay.{name}"), &mut value) {
            Ok(length) => Ok(value.get(..length).map(<[u8]>::to_vec)),
            Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
            // The value is longer than the one letter that hides.
            Err(Errno::RANGE) => Ok(Some(Vec::new())),
            Err(error) => Err(Gap::io(directory.display(), &error.into())),
        }
    };
    if mark("redirect")?.is_some() {
        let detail = format!("{}: was renamed across layers, which is not followed", directory.display());
        return Err(Gap::new(GapKind::Unsupported, detail));
    }
    Ok(mark("opaque")?.as_deref() == Some(b"y"))
}

/// The parts of a path that matter, last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let matters = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(matters).map(|part| PathBuf::from(part.as_os_str())).rev().collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mknodat, setxattr};

    use super::*;

    /// Layers, the highest first: `path` is a directory when it ends in a slash, `path -> target` a link, `!path` a whiteout,
    /// `path/ opaque` and `path/ redirect` a directory with that mark, anything else a file that holds its layer's number.
    fn overlay(layers: &[&[&str]]) -> (tempfile::TempDir, Overlay) {
        let directory = tempfile::tempdir().unwrap();
        for (number, entries) in layers.iter().enumerate() {
            let root = directory.path().join(number.to_string());
            fs::create_dir(&root).unwrap();
            for entry in *entries {
                lay_out(&root, entry, number);
            }
        }
        let systems = (0..layers.len()).map(|number| System::at(directory.path().join(number.to_string()))).collect();
        (directory, Overlay::new(systems, Marks::User))
    }

    fn lay_out(root: &Path, entry: &str, number: usize) {
        let at = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        if let Some((path, target)) = entry.split_once(" -> ") {
            symlink(target, at(path)).unwrap();
        } else if let Some(path) = entry.strip_prefix('!') {
            mknodat(CWD, at(path), FileType::CharacterDevice, Mode::empty(), makedev(0, 0)).unwrap();
        } else if let Some((path, mark)) = entry.split_once(' ') {
            fs::create_dir_all(at(path)).unwrap();
            let value = if mark == "opaque" { "y" } else { "/elsewhere" };
            setxattr(at(path), format!("user.overlay.{mark}"), value.as_bytes(), XattrFlags::empty()).unwrap();
        } else if entry.ends_with('/') {
            fs::create_dir_all(at(entry)).unwrap();
        } else {
            fs::write(at(entry), number.to_string()).unwrap();
        }
    }

    fn read(overlay: &Overlay, path: &str) -> String {
        match overlay.read(path) {
            Ok(Some(text)) => text,
            Ok(None) => "none".to_owned(),
            Err(gap) => format!("{:?}", gap.kind),
        }
    }

    #[test]
    fn the_highest_layer_counts_and_what_is_removed_is_gone() {
        let (_directory, overlay) = overlay(&[
            &[
                "both",
                "!gone",
                "!dir/gone",
                "dir/new",
                "hidden/ opaque",
                "hidden/new",
                "file-over-dir",
                "dir-over-file/x",
                "!again",
            ],
            &["both", "gone", "dir/gone", "dir/old", "hidden/old", "file-over-dir/x", "dir-over-file", "again"],
            &["low", "both", "dir/low", "hidden/low", "file-over-dir/y", "dir-over-file/y", "again"],
        ]);
        for (path, wanted) in [
            ("/both", "0"),
            ("/low", "2"),
            ("/gone", "none"),
            ("/again", "none"),
            ("/dir/gone", "none"),
            ("/dir/new", "0"),
            ("/dir/old", "1"),
            ("/dir/low", "2"),
            ("/hidden/new", "0"),
            ("/hidden/old", "none"),
            ("/hidden/low", "none"),
            ("/file-over-dir", "0"),
            ("/file-over-dir/x", "none"),
            ("/file-over-dir/y", "none"),
            ("/dir-over-file/x", "0"),
            // A file in between cuts off what is below it.
            ("/dir-over-file/y", "none"),
            ("/dir", "Malformed"),
            ("/nowhere/at/all", "none"),
        ] {
            assert_eq!(read(&overlay, path), wanted, "{path}");
        }
        assert_eq!(overlay.list("/dir").unwrap().unwrap(), ["low", "new", "old"]);
        assert_eq!(overlay.list("/hidden").unwrap().unwrap(), ["new"]);
        assert_eq!(overlay.list("/low").unwrap(), None);
        let shows = |layer, path| overlay.shows(layer, Path::new(path)).unwrap();
        assert!(shows(0, "/both") && !shows(1, "/both") && !shows(2, "/both"));
        assert!(
            shows(2, "/dir/low") && !shows(1, "/gone") && !shows(1, "/hidden/old") && !shows(1, "/file-over-dir/x")
        );
        assert!(!shows(2, "/dir") && !shows(0, "/nowhere"));
    }

    #[test]
    fn links_are_followed_inside_and_over_all_layers() {
        let (_directory, overlay) = overlay(&[
            &[
                "lib -> usr/lib",
                "abs -> /usr/lib/x",
                "up -> ../../../etc/y",
                "loop -> loop",
                "a -> b",
                "b -> a",
                "out -> /../../x",
            ],
            &["usr/lib/x", "etc/y", "x", "usr/lib/deep -> ../../etc/y", "lib/x"],
        ]);
        for (path, wanted) in [
            ("/lib/x", "1"),
            ("/abs", "1"),
            ("/up", "1"),
            ("/lib/deep", "1"),
            ("/usr/lib/../lib/./x", "1"),
            ("/out", "1"),
            ("/loop", "Malformed"),
            ("/a", "Malformed"),
            ("/abs/x", "none"),
        ] {
            assert_eq!(read(&overlay, path), wanted, "{path}");
        }
        // The link has taken the place of the directory.
        assert!(!overlay.shows(1, Path::new("/lib/x")).unwrap());
    }

    #[test]
    fn a_directory_that_moved_is_not_guessed() {
        let (_directory, overlay) = overlay(&[&["dir/ redirect"], &["dir/x"]]);
        assert_eq!(read(&overlay, "/dir/x"), "Unsupported");
    }

    #[test]
    fn a_mark_of_the_other_kind_means_nothing() {
        let (directory, _) = overlay(&[&["dir/ opaque", "moved/ redirect"], &["dir/x", "moved/x"]]);
        let systems = ["0", "1"].map(|number| System::at(directory.path().join(number)));
        let overlay = Overlay::new(systems.to_vec(), Marks::Trusted);
        assert_eq!((read(&overlay, "/dir/x").as_str(), read(&overlay, "/moved/x").as_str()), ("1", "1"));
    }
}
