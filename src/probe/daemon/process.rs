//! dockerd as a process.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::options::Options;
use crate::facts::{Gap, GapKind, Observed};
use crate::probe::System;

/// How many characters the kernel keeps of a program's name.
const NAME_LENGTH: usize = 15;

/// A running dockerd.
pub(super) struct Dockerd<'a> {
    /// The machine.
    pub(super) system: &'a System,
    /// The file tree that dockerd sees.
    pub(super) root: System,
    /// Process id as the auditor sees it.
    pub(super) pid: u32,
    sockets: OnceCell<Result<Vec<(String, u64)>, Gap>>,
    machine: OnceCell<Result<Vec<(u32, Stat)>, Gap>>,
}

/// What `/proc/<pid>/stat` says of a process.
pub(super) struct Stat {
    /// Name of the program, at most 15 bytes.
    pub(super) name: String,
    /// Process id of the parent.
    pub(super) parent: u32,
    /// When it began, in clock ticks since boot.
    pub(super) start: u64,
}

impl<'a> Dockerd<'a> {
    pub(super) fn new(system: &'a System, pid: u32) -> Self {
        let root = System::at(system.real(format!("/proc/{pid}/root")));
        Self { system, root, pid, sockets: OnceCell::new(), machine: OnceCell::new() }
    }

    /// The sockets that it held when they were first asked for: file descriptors and inodes.
    pub(super) fn sockets(&self) -> Result<&[(String, u64)], Gap> {
        let look = || sockets(self.system, self.pid)?.collect();
        self.sockets.get_or_init(look).as_deref().map_err(Clone::clone)
    }

    /// Every process of the machine that could be seen when they were first asked for.
    pub(super) fn machine(&self) -> Result<&[(u32, Stat)], Gap> {
        self.machine.get_or_init(|| machine(self.system)).as_deref().map_err(Clone::clone)
    }

    /// Where the kernel tells about this process.
    pub(super) fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }

    /// Its arguments after its own name.
    pub(super) fn arguments(&self) -> Result<Vec<String>, Gap> {
        let path = self.proc("cmdline");
        let text = self.system.read(&path)?;
        // A process that ended keeps its entry until its parent asks for it, with an empty command line.
        let text =
            text.strip_suffix('\0').ok_or_else(|| Gap::new(GapKind::Gone, format!("{}: empty", path.display())))?;
        Ok(text.split('\0').skip(1).map(str::to_owned).collect())
    }

    /// A path as dockerd understands it, which may be relative to the directory it runs in.
    pub(super) fn absolute(&self, path: &str) -> Result<PathBuf, Gap> {
        if path.starts_with('/') {
            return Ok(PathBuf::from(path));
        }
        Ok(self.system.link(self.proc("cwd"))?.join(path))
    }

    /// The host's uid of root in dockerd's user namespace.
    pub(super) fn root_uid(&self) -> Result<i64, Gap> {
        self.root_id("uid_map")
    }

    /// The host's gid of group root in dockerd's user namespace.
    pub(super) fn root_gid(&self) -> Result<i64, Gap> {
        self.root_id("gid_map")
    }

    fn root_id(&self, map: &str) -> Result<i64, Gap> {
        let path = self.proc(map);
        let map = self.system.read(&path)?;
        map.lines()
            .find_map(|line| {
                let mut numbers = line.split_whitespace().map(str::parse::<i64>);
                match (numbers.next(), numbers.next()) {
                    (Some(Ok(0)), Some(Ok(outside))) => Some(outside),
                    _ => None,
                }
            })
            .ok_or_else(|| Gap::new(GapKind::Malformed, format!("{}: root is not mapped", path.display())))
    }

    /// The uid it runs with, as the auditor's user namespace counts.
    pub(super) fn uid(&self) -> Result<String, Gap> {
        let path = self.proc("status");
        let status = self.system.read_lossy(&path)?;
        let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next());
        uid.map(str::to_owned).ok_or_else(|| Gap::new(GapKind::Malformed, format!("{}: no Uid", path.display())))
    }

    /// The home directory of dockerd's user by `/etc/passwd`, since `HOME` is in an environment that is not read.
    pub(super) fn home(&self) -> Result<PathBuf, Gap> {
        let uid = self.uid()?;
        let accounts = self.root.read_lossy("/etc/passwd")?;
        accounts
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find_map(|fields| match fields.as_slice() {
                [_, _, id, _, _, home, ..] if *id == uid && home.starts_with('/') => Some(PathBuf::from(home)),
                _ => None,
            })
            .ok_or_else(|| Gap::new(GapKind::Missing, format!("/etc/passwd: no home directory for uid {uid}")))
    }

    /// How many docker-proxy processes are its children.
    pub(super) fn userland_proxies(&self, options: &Options) -> Observed<i64> {
        let path = match options.text("userland-proxy-path", "docker-proxy") {
            Observed::Known { value, .. } => value,
            Observed::Unknown { .. } => "docker-proxy".to_owned(),
        };
        let own = Path::new(&path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // Rootless engines before 28 put RootlessKit's wrapper between.
        let names = [own.as_str(), "docker-proxy", "rootlesskit-docker-proxy"];
        self.children()
            .map(|children| children.iter().filter(|child| names.iter().any(|name| same_name(name, child))).count())
            .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
            .into()
    }

    /// Names of the programs of its children.
    fn children(&self) -> Result<Vec<&str>, Gap> {
        let machine = self.machine()?;
        if !machine.iter().any(|(pid, _)| *pid == self.pid) {
            return Err(Gap::new(GapKind::Denied, "/proc does not list other users' processes (hidepid)"));
        }
        Ok(machine.iter().filter(|(_, stat)| stat.parent == self.pid).map(|(_, stat)| stat.name.as_str()).collect())
    }
}

fn machine(system: &System) -> Result<Vec<(u32, Stat)>, Gap> {
    let mut found = Vec::new();
    for pid in processes(system)? {
        match stat(system, pid) {
            Ok(stat) => found.push((pid, stat)),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found)
}

fn same_name(whole: &str, kept: &str) -> bool {
    !kept.is_empty() && whole.bytes().take(NAME_LENGTH).eq(kept.bytes())
}

/// Process ids in `/proc`.
pub(in crate::probe) fn processes(system: &System) -> Result<Vec<u32>, Gap> {
    let mut pids: Vec<u32> = system.list("/proc")?.iter().filter_map(|name| name.parse().ok()).collect();
    pids.sort_unstable();
    Ok(pids)
}

/// The line of `/proc/<pid>/stat`; the name in it may hold spaces and parentheses.
pub(super) fn stat(system: &System, pid: u32) -> Result<Stat, Gap> {
    let path = format!("/proc/{pid}/stat");
    // A process may give itself any name, also one that is not UTF-8; that must not hide all the others.
    let text = system.read_lossy(&path)?;
    let parsed = || {
        let (head, tail) = text.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let fields: Vec<&str> = tail.split_whitespace().collect();
        Some(Stat { name, parent: fields.get(1)?.parse().ok()?, start: fields.get(19)?.parse().ok()? })
    };
    parsed().ok_or_else(|| Gap::new(GapKind::Malformed, format!("{path}: not a process's state")))
}

/// File descriptors and inodes of the sockets that a process holds.
pub(in crate::probe) fn sockets(
    system: &System,
    pid: u32,
) -> Result<impl Iterator<Item = Result<(String, u64), Gap>> + use<'_>, Gap> {
    let folder = format!("/proc/{pid}/fd");
    let socket = move |fd: String| match system.link(format!("{folder}/{fd}")) {
        Ok(target) => {
            let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
            Some(Ok((fd, inode)))
        }
        Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => None,
        Err(gap) => Some(Err(gap)),
    };
    Ok(system.list(format!("/proc/{pid}/fd"))?.into_iter().filter_map(socket))
}
