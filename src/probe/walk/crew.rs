//! Those who walk: a few threads that share the directories to look into.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, fstat, openat2, statat};
use rustix::io::Errno;

use super::accounts::Accounts;
use super::filesystems::Filesystem;
use super::found::{Entry, Found};
use crate::facts::{Gap, GapKind};
use crate::probe::System;

/// The most threads: an auditor leaves the machine to those who work on it.
const MOST: usize = 4;
/// Room for the names of a directory in one call, in bytes.
const NAMES: usize = 64 << 10;
/// The longest path that is opened at once, in bytes; the kernel's limit is 4096, and a tree may be deeper than that.
const LONGEST: usize = 3000;
/// Directories are opened without following a link, waking an automount, or leaving the mount.
const STAY: ResolveFlags = ResolveFlags::NO_SYMLINKS.union(ResolveFlags::NO_XDEV).union(ResolveFlags::BENEATH);

/// What the walk came to.
pub(super) struct Seen {
    pub(super) found: Found,
    /// Files and directories seen, by filesystem.
    pub(super) inodes: Vec<i64>,
    pub(super) trouble: Trouble,
}

/// What could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    count: usize,
    /// The first by path.
    first: Option<(String, Gap)>,
}

/// A directory below which others are opened.
struct Base {
    fd: OwnedFd,
    path: String,
    /// Which filesystem it is on.
    filesystem: usize,
    set_id: bool,
}

/// A directory to look into.
struct Job {
    base: Arc<Base>,
    /// The way from the base; empty for the base itself.
    way: Vec<u8>,
}

/// Walks the filesystems, and leaves out what lies below the skipped directories.
pub(super) fn walk(
    system: &System,
    filesystems: &[Filesystem],
    skipped: &[&str],
    accounts: &Accounts,
) -> Result<Seen, Gap> {
    let mut own = Walker::new(system, filesystems.len(), skipped, accounts);
    let root = open_root(system)?;
    let mut jobs = Vec::new();
    for (index, filesystem) in filesystems.iter().enumerate() {
        match start(&root, filesystem) {
            Ok(fd) => {
                let path = filesystem.mount_point.trim_end_matches('/').to_owned();
                let base = Base { fd, path, filesystem: index, set_id: filesystem.set_id };
                jobs.push(Job { base: Arc::new(base), way: Vec::new() });
            }
            // Unmounted since it was listed.
            Err(Errno::NOENT) => {}
            Err(errno) => own.trouble.add(filesystem.mount_point.clone(), errno),
        }
    }
    let queue = Queue { state: Mutex::new(State { jobs, busy: 0 }), changed: Condvar::new() };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
    thread::scope(|scope| {
        let queue = &queue;
        let others: Vec<_> = (1..threads)
            .map(|_| {
                scope.spawn(move || {
                    let mut walker = Walker::new(system, filesystems.len(), skipped, accounts);
                    walker.run(queue);
                    walker
                })
            })
            .collect();
        own.run(queue);
        for other in others {
            match other.join() {
                Ok(other) => own.merge(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    Ok(Seen { found: own.found, inodes: own.inodes, trouble: own.trouble })
}

fn open_root(system: &System) -> Result<OwnedFd, Gap> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(system.real("/"), flags, Mode::empty()).map_err(|errno| Gap::io("/", &errno.into()))
}

/// Opens where a filesystem is mounted.
fn start(root: &OwnedFd, filesystem: &Filesystem) -> Result<OwnedFd, Errno> {
    let way = match filesystem.mount_point.trim_matches('/') {
        "" => ".",
        way => way,
    };
    open(root, way.as_bytes(), ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH)
}

fn open(base: &OwnedFd, way: &[u8], resolve: ResolveFlags) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    // Reading a directory as its owner or root may leave its time of access alone; others are not allowed to ask for it.
    match openat2(base, way, flags | OFlags::NOATIME, Mode::empty(), resolve) {
        Err(Errno::PERM) => openat2(base, way, flags, Mode::empty(), resolve),
        opened => opened,
    }
}

/// The directories that nobody has looked into yet.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    jobs: Vec<Job>,
    /// How many threads are looking into one.
    busy: usize,
}

impl Queue {
    /// The next directory; none when all are done. `before` is whether the caller has just finished another.
    fn next(&self, before: bool, found: &mut Vec<Job>) -> Option<Job> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy -= usize::from(before);
        state.jobs.append(found);
        loop {
            if let Some(job) = state.jobs.pop() {
                state.busy += 1;
                if !state.jobs.is_empty() {
                    self.changed.notify_one();
                }
                return Some(job);
            }
            if state.busy == 0 {
                self.changed.notify_all();
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One thread's part.
struct Walker<'w> {
    skipped: &'w [&'w str],
    /// Whether it is known what is mounted where.
    mounts: bool,
    accounts: &'w Accounts,
    /// An owner and a group that exist, or do not: most files are of the same ones as the last.
    last: ((u32, u32), bool),
    found: Found,
    inodes: Vec<i64>,
    trouble: Trouble,
}

impl<'w> Walker<'w> {
    fn new(system: &System, filesystems: usize, skipped: &'w [&'w str], accounts: &'w Accounts) -> Self {
        let last = ((0, 0), accounts.know(0, 0));
        let inodes = vec![0; filesystems];
        Self {
            skipped,
            mounts: !system.is_offline(),
            accounts,
            last,
            found: Found::default(),
            inodes,
            trouble: Trouble::default(),
        }
    }

    fn run(&mut self, queue: &Queue) {
        let mut names = vec![MaybeUninit::uninit(); NAMES];
        let mut below = Vec::new();
        let mut before = false;
        while let Some(job) = queue.next(before, &mut below) {
            before = true;
            if let Err(errno) = self.look_into(&job, &mut names, &mut below) {
                self.trouble.add(job.path(b""), errno);
            }
        }
    }

    fn look_into(&mut self, job: &Job, names: &mut [MaybeUninit<u8>], below: &mut Vec<Job>) -> Result<(), Errno> {
        if self.skipped.iter().any(|skipped| job.is_at(skipped)) {
            return Ok(());
        }
        let opened = match job.way.as_slice() {
            [] => job.base.fd.try_clone().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::MFILE)),
            way => open(&job.base.fd, way, STAY),
        };
        let fd = match opened {
            // Gone or replaced since it was listed.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            // Another mount, which is walked for itself if it is to be.
            Err(Errno::XDEV) if self.mounts => return Ok(()),
            opened => opened?,
        };
        self.judge(&job.base, Entry::from(&fstat(&fd)?), &|| job.path(b""));
        let mut read = RawDir::new(&fd, names);
        while let Some(entry) = read.next() {
            let entry = entry?;
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") && self.is_directory(job, &fd, name, entry.file_type()) {
                below.push(job.below(name.to_bytes()));
            }
        }
        if job.way.len() > LONGEST {
            rebase(job, fd, below);
        }
        Ok(())
    }

    /// Judges what is no directory; a directory is judged when it is opened.
    fn is_directory(&mut self, job: &Job, fd: &OwnedFd, name: &CStr, kind: FileType) -> bool {
        if kind == FileType::Directory {
            return true;
        }
        match statat(fd.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => true,
            Ok(stat) => {
                self.judge(&job.base, Entry::from(&stat), &|| job.path(name.to_bytes()));
                false
            }
            Err(Errno::NOENT) => false,
            Err(errno) => {
                self.trouble.add(job.path(name.to_bytes()), errno);
                false
            }
        }
    }

    fn judge(&mut self, base: &Base, entry: Entry, path: &dyn Fn() -> String) {
        let ids = (entry.uid, entry.gid);
        if self.last.0 != ids {
            self.last = (ids, self.accounts.know(entry.uid, entry.gid));
        }
        if let Some(inodes) = self.inodes.get_mut(base.filesystem) {
            *inodes += 1;
        }
        self.found.add(entry, self.last.1, base.set_id, path);
    }

    fn merge(&mut self, other: Self) {
        self.found.merge(other.found);
        self.inodes.iter_mut().zip(other.inodes).for_each(|(own, other)| *own += other);
        self.trouble.merge(other.trouble);
    }
}

/// Gives the directories below one whose path has become long a new base.
fn rebase(job: &Job, fd: OwnedFd, below: &mut [Job]) {
    let path = job.path(b"");
    let base = Arc::new(Base { fd, path, filesystem: job.base.filesystem, set_id: job.base.set_id });
    for other in below.iter_mut() {
        if let Some(name) = other.way.get(job.way.len() + 1..).map(<[u8]>::to_vec) {
            *other = Job { base: Arc::clone(&base), way: name };
        }
    }
}

impl Job {
    fn below(&self, name: &[u8]) -> Self {
        let mut way = Vec::with_capacity(self.way.len() + 1 + name.len());
        if !self.way.is_empty() {
            way.extend_from_slice(&self.way);
            way.push(b'/');
        }
        way.extend_from_slice(name);
        Self { base: Arc::clone(&self.base), way }
    }

    /// The path of the directory, or of something in it; what is not UTF-8 is replaced.
    fn path(&self, name: &[u8]) -> String {
        let mut path = self.base.path.clone();
        for part in [self.way.as_slice(), name] {
            if !part.is_empty() {
                path.push('/');
                path.push_str(&String::from_utf8_lossy(part));
            }
        }
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// Whether this is the directory of a path.
    fn is_at(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.base.path.as_str()) else { return false };
        match self.way.as_slice() {
            [] => rest.is_empty(),
            way => rest.strip_prefix('/').is_some_and(|rest| Path::new(rest).as_os_str().as_bytes() == way),
        }
    }
}

impl Trouble {
    fn add(&mut self, path: String, errno: Errno) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| path < *first) {
            let gap = Gap::io(&path, &io::Error::from(errno));
            self.first = Some((path, gap));
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        if let Some((path, gap)) = other.first
            && self.first.as_ref().is_none_or(|(first, _)| path < *first)
        {
            self.first = Some((path, gap));
        }
    }

    /// The trouble in words, if there was any.
    pub(super) fn gap(&self) -> Option<Gap> {
        let (_, gap) = self.first.as_ref()?;
        let more = match self.count {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        // A hole in a walk is not a place where nothing is.
        let kind = if gap.kind == GapKind::Missing { GapKind::Unsupported } else { gap.kind };
        Some(Gap::new(kind, format!("could not be looked into: {}{more}", gap.detail)))
    }
}
