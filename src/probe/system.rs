//! The one way to the files of the audited machine: every read starts at a root, so that a test can lay out its own.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::facts::{Gap, GapKind};

/// The largest file a probe reads, in bytes; configuration is far smaller, and a hostile file is not.
const MAX_BYTES: u64 = 4 << 20;
/// Room for a file of /proc in one read, in bytes: the kernel renders such a file at the time it is read.
const TYPICAL_BYTES: usize = 4096;
/// How many symbolic links one path may follow, as in the kernel.
const MAX_LINKS: usize = 40;
/// What the kernel of a running machine shows.
const KERNEL: [&str; 2] = ["/proc", "/sys"];
/// What a running machine fills anew: whatever lies in it on its disk is covered as soon as it boots.
const VOLATILE: [&str; 2] = ["/dev", "/run"];

/// A file tree to look at.
#[derive(Clone, Debug)]
pub struct System {
    root: PathBuf,
    /// Whether it is of no machine that runs.
    offline: bool,
}

impl System {
    /// The machine this runs on.
    pub fn live() -> Self {
        Self { root: PathBuf::from("/"), offline: false }
    }

    /// A tree below a directory.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), offline: false }
    }

    /// The file tree of a machine that does not run: an unpacked image, a mounted disk. Whatever is in its `/proc` and `/sys`
    /// says nothing of it.
    pub fn offline(root: &Path) -> Result<Self, Gap> {
        let gap = |error| Gap::io(root.display(), &error);
        let system = Self { root: root.canonicalize().map_err(gap)?, offline: true };
        fs::read_dir(&system.root).map_err(gap)?;
        // Of a directory that is taken for a root by mistake, all that should not be there would be found not to be there.
        match system.entries("/etc") {
            Ok(_) => Ok(system),
            Err(gap) => {
                let detail = format!("{}: no machine's root directory: {}", root.display(), gap.detail);
                Err(Gap::new(gap.kind, detail))
            }
        }
    }

    /// Where the tree begins.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether no machine runs on these files.
    pub const fn is_offline(&self) -> bool {
        self.offline
    }

    /// Errs, with the reason, when no machine runs on these files that would have this.
    pub fn running(&self, what: impl Display) -> Result<(), Gap> {
        if self.offline { Err(Gap::offline(&self.root, what)) } else { Ok(()) }
    }

    /// The directories that a running machine alone fills.
    pub(super) fn filled_when_running() -> impl Iterator<Item = &'static str> {
        KERNEL.into_iter().chain(VOLATILE)
    }

    /// Whether a place that a plan names is one of files that are there when the machine does not run.
    pub fn keeps(&self, place: &str) -> bool {
        place.starts_with('/') && !Self::filled_when_running().any(|folder| Path::new(place).starts_with(folder))
    }

    /// Where an absolute path of the audited machine really lies; symbolic links are not looked at.
    pub fn real(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The text of a file, every symbolic link on the way followed inside the root.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<String, Gap> {
        let path = path.as_ref();
        String::from_utf8(self.bytes(path, MAX_BYTES)?)
            .map_err(|_| Gap::new(GapKind::Malformed, format!("{}: not UTF-8", path.display())))
    }

    /// The text of a file that holds names which others chose: what is not UTF-8 is replaced, the rest still counts.
    pub fn read_lossy(&self, path: impl AsRef<Path>) -> Result<String, Gap> {
        self.read_large(path, MAX_BYTES)
    }

    /// The same of a file that may well be larger than configuration is, up to a number of bytes.
    pub fn read_large(&self, path: impl AsRef<Path>, max_bytes: u64) -> Result<String, Gap> {
        self.bytes(path, max_bytes).map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// The bytes of a file, every symbolic link on the way followed inside the root.
    fn bytes(&self, path: impl AsRef<Path>, max_bytes: u64) -> Result<Vec<u8>, Gap> {
        let path = path.as_ref();
        let gap = |error: std::io::Error| Gap::io(path.display(), &error);
        let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
        // Opening a pipe would wait for somebody to write to it.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let file = fs::File::options().read(true).custom_flags(flags).open(self.followed(path)?).map_err(gap)?;
        if !file.metadata().map_err(gap)?.is_file() {
            return Err(malformed("not a regular file"));
        }
        let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
        file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(gap)?;
        if bytes.len() as u64 > max_bytes {
            return Err(malformed(&format!("larger than {max_bytes} bytes")));
        }
        Ok(bytes)
    }

    /// Where to open what a path leads to. From the machine's own root the kernel follows symbolic links as they are meant.
    fn followed(&self, path: &Path) -> Result<PathBuf, Gap> {
        let own = self.root.as_os_str() == "/" && !self.offline;
        if own { Ok(path.to_owned()) } else { self.resolve(path).map(|path| self.real(path)) }
    }

    /// Where a directory lies in which names are looked up, every symbolic link to it followed inside the root.
    pub(super) fn folder(&self, path: &Path) -> Result<PathBuf, Gap> {
        let folder = self.followed(path)?;
        // Whatever has a name in a directory that a running machine fills is not what that machine would have there.
        let filled = VOLATILE.iter().any(|filled| self.offline && folder == self.real(filled));
        if filled { self.running(path.display()).map(|()| folder) } else { Ok(folder) }
    }

    /// Where a symbolic link points, as written in it; those on the way to it are followed inside the root.
    pub fn link(&self, path: impl AsRef<Path>) -> Result<PathBuf, Gap> {
        let path = path.as_ref();
        let entry = match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.folder(folder)?.join(name),
            _ => self.real(path),
        };
        fs::read_link(entry).map_err(|error| Gap::io(path.display(), &error))
    }

    /// Errs on the way into a directory that only a running machine fills; `below` is the rest of the way.
    fn enter(&self, place: &Path, below: &[PathBuf], asked: &Path) -> Result<(), Gap> {
        let is_one = |folders: &[&str]| folders.iter().any(|folder| place == Path::new(folder));
        match self.offline && (is_one(&KERNEL) || !below.is_empty() && is_one(&VOLATILE)) {
            true => self.running(asked.display()),
            false => Ok(()),
        }
    }

    /// Whether a directory is one of those that are empty until a machine runs, so that nothing in it configures anything.
    pub fn fills_later(&self, folder: impl AsRef<Path>) -> bool {
        self.offline && VOLATILE.iter().any(|filled| folder.as_ref().starts_with(filled))
    }

    /// Names in a directory, sorted; what is not UTF-8 in them is replaced.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Vec<String>, Gap> {
        let mut names: Vec<String> =
            self.entries(path)?.into_iter().map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// Names in a directory as they are, sorted.
    pub fn entries(&self, path: impl AsRef<Path>) -> Result<Vec<OsString>, Gap> {
        let path = path.as_ref();
        let gap = |error: std::io::Error| Gap::io(path.display(), &error);
        let entries = fs::read_dir(self.folder(path)?).map_err(gap)?;
        let mut names =
            entries.map(|entry| entry.map(|e| e.file_name())).collect::<Result<Vec<_>, _>>().map_err(gap)?;
        names.sort();
        Ok(names)
    }

    /// The path after every symbolic link was followed inside the root; each part of it must exist.
    pub fn resolve(&self, path: impl AsRef<Path>) -> Result<PathBuf, Gap> {
        self.walk(path.as_ref(), |_, _| {})
    }

    /// Follows a path as [`System::resolve`] does, and tells of every directory on the way, symbolic links' included, with the
    /// metadata of the entry that was taken in it.
    pub(super) fn walk(&self, asked: &Path, mut step: impl FnMut(&Path, &fs::Metadata)) -> Result<PathBuf, Gap> {
        let mut pending: Vec<PathBuf> = components(asked);
        let mut done = PathBuf::from("/");
        let mut links = 0;
        while let Some(part) = pending.pop() {
            if part.as_os_str() == ".." {
                done.pop();
                continue;
            }
            let next = done.join(&part);
            if self.offline && next == Path::new("/dev") && pending == [Path::new("null")] {
                return Ok(next.join("null"));
            }
            self.enter(&next, &pending, asked)?;
            let metadata = match fs::symlink_metadata(self.real(&next)) {
                Ok(metadata) => metadata,
                Err(error) => return Err(Gap::io(asked.display(), &error)),
            };
            step(&done, &metadata);
            if !metadata.is_symlink() {
                done = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(Gap::new(GapKind::Malformed, format!("{}: too many symbolic links", asked.display())));
            }
            let target = fs::read_link(self.real(&next)).map_err(|error| Gap::io(asked.display(), &error))?;
            if target.is_absolute() {
                done = PathBuf::from("/");
            }
            pending.extend(components(&target));
        }
        Ok(done)
    }

    /// Device and inode of what a path leads to.
    pub fn identity(&self, path: impl AsRef<Path>) -> Result<(u64, u64), Gap> {
        let path = path.as_ref();
        let target = self.resolve(path)?;
        let metadata = fs::symlink_metadata(self.real(target)).map_err(|error| Gap::io(path.display(), &error))?;
        Ok((metadata.dev(), metadata.ino()))
    }
}

pub(super) fn none_if_missing<T>(result: Result<T, Gap>) -> Result<Option<T>, Gap> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(gap) if gap.kind == GapKind::Missing => Ok(None),
        Err(gap) => Err(gap),
    }
}

/// The parts of a path that matter, last first.
fn components(path: &Path) -> Vec<PathBuf> {
    path.components()
        .filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir))
        .map(|c| PathBuf::from(c.as_os_str()))
        .rev()
        .collect()
}
