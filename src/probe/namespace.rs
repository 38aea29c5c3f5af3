//! Namespaces by inode, and the ones that the machine started with.

use std::collections::BTreeMap;
use std::fmt;

use super::{System, mountinfo};
use crate::facts::{Gap, GapKind, Namespace, Observed};

/// A kind of namespace that checks ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Control groups.
    Cgroup,
    /// System V IPC and POSIX message queues.
    Ipc,
    /// Mounts.
    Mnt,
    /// Network.
    Net,
    /// Processes.
    Pid,
    /// Users and groups.
    User,
    /// Host name.
    Uts,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Cgroup, Self::Ipc, Self::Mnt, Self::Net, Self::Pid, Self::User, Self::Uts];

    /// Its name below `/proc/<pid>/ns`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Ipc => "ipc",
            Self::Mnt => "mnt",
            Self::Net => "net",
            Self::Pid => "pid",
            Self::User => "user",
            Self::Uts => "uts",
        }
    }

    /// The inode that the kernel reserves for the initial one (include/uapi/linux/nsfs.h, include/linux/proc_ns.h).
    const fn reserved(self) -> u64 {
        match self {
            Self::Ipc => 0xEFFF_FFFF,
            Self::Uts => 0xEFFF_FFFE,
            Self::User => 0xEFFF_FFFD,
            Self::Pid => 0xEFFF_FFFC,
            Self::Cgroup => 0xEFFF_FFFB,
            Self::Net => 0xEFFF_FFF9,
            Self::Mnt => 0xEFFF_FFF8,
        }
    }

    /// Whether every supported kernel gives the initial one its reserved inode: for two kinds only Linux 6.18 began to.
    const fn always_reserved(self) -> bool {
        !matches!(self, Self::Net | Self::Mnt)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The inode of a namespace of a process; `process` is a pid or `self`. Source: the link `/proc/<process>/ns/<kind>`.
pub fn inode(system: &System, process: impl fmt::Display, kind: Kind) -> Result<u64, Gap> {
    let path = format!("/proc/{process}/ns/{kind}");
    let target = system.link(&path)?;
    target
        .to_str()
        .and_then(|text| text.strip_prefix(kind.name())?.strip_prefix(":[")?.strip_suffix(']')?.parse().ok())
        .ok_or_else(|| Gap::new(GapKind::Malformed, format!("{path}: {} names no namespace", target.display())))
}

/// Whether a process is in the auditor's PID namespace, so that the ids it speaks of are the auditor's too.
pub fn same_pid_namespace(system: &System, pid: u32) -> Result<bool, Gap> {
    let own = inode(system, "self", Kind::Pid)?;
    inode(system, pid, Kind::Pid).map(|other| own == other).map_err(|gap| gone(system, pid, gap))
}

/// A gap met below `/proc/<pid>`, told as an end of the process when that is what it is.
pub(super) fn gone(system: &System, pid: u32, gap: Gap) -> Gap {
    let directory = format!("/proc/{pid}");
    match gap.kind {
        GapKind::Missing if system.identity(&directory).is_err_and(|e| e.kind == GapKind::Missing) => {
            Gap::new(GapKind::Gone, format!("{directory}: no such process any more, or it is hidden from the auditor"))
        }
        _ => gap,
    }
}

/// Errs unless processes 1 and 2 as the auditor sees them are the machine's own.
pub(super) fn sees_the_machine(system: &System) -> Result<(), Gap> {
    if inode(system, "self", Kind::Pid)? == Kind::Pid.reserved() {
        return Ok(());
    }
    Err(Gap::new(
        GapKind::Unsupported,
        "the auditor is not in the initial PID namespace: /proc/1 and /proc/2 are not the machine's",
    ))
}

/// The namespaces that others are compared with.
#[derive(Clone, Debug)]
pub struct Namespaces {
    initial: BTreeMap<Kind, Result<u64, Gap>>,
    engine: BTreeMap<Kind, Result<u64, Gap>>,
}

impl Namespaces {
    /// Reads the initial ones and those of the engine's process.
    pub fn observe(system: &System, engine_pid: Option<u32>) -> Self {
        let engine = |kind| match engine_pid {
            Some(pid) => inode(system, pid, kind).map_err(|gap| gone(system, pid, gap)),
            None => Err(Gap::new(GapKind::Missing, "the engine's process is not known")),
        };
        Self {
            initial: Kind::ALL.into_iter().map(|kind| (kind, initial(system, kind))).collect(),
            engine: Kind::ALL.into_iter().map(|kind| (kind, engine(kind))).collect(),
        }
    }

    /// Whether an inode is the initial namespace's of its kind.
    pub fn is_initial(&self, kind: Kind, inode: u64) -> Observed<bool> {
        if inode == kind.reserved() { Observed::known(true) } else { compare(&self.initial, kind, inode) }
    }

    /// Whether an inode is the initial namespace's, for kinds whose initial inode is the same on every kernel.
    pub(super) fn is_fixed_initial(kind: Kind, inode: u64) -> bool {
        kind.always_reserved() && inode == kind.reserved()
    }

    /// An inode compared with the initial namespace and the engine's.
    pub fn compare(&self, kind: Kind, inode: u64) -> Namespace {
        Namespace { inode, initial: self.is_initial(kind, inode), engine: compare(&self.engine, kind, inode) }
    }
}

fn compare(with: &BTreeMap<Kind, Result<u64, Gap>>, kind: Kind, inode: u64) -> Observed<bool> {
    match with.get(&kind) {
        Some(Ok(other)) => Observed::known(*other == inode),
        Some(Err(gap)) => gap.clone().into(),
        None => Observed::not_collected(),
    }
}

/// The inode of the initial namespace of a kind.
fn initial(system: &System, kind: Kind) -> Result<u64, Gap> {
    if kind.always_reserved() {
        return Ok(kind.reserved());
    }
    sees_the_machine(system)?;
    inode(system, 1, kind).or_else(|gap| {
        inode(system, 2, kind).or_else(|_| {
            // Who may not read the links of process 1 can still learn that they lead where his own do.
            if shares_with_init(system, kind).unwrap_or(false) { inode(system, "self", kind) } else { Err(gap) }
        })
    })
}

/// Whether the auditor and process 1 are provably in the same network or mount namespace.
fn shares_with_init(system: &System, kind: Kind) -> Result<bool, Gap> {
    match kind {
        // Each network namespace has /proc/net files of its own, with inodes of their own.
        Kind::Net => Ok(system.identity("/proc/self/net/dev")? == system.identity("/proc/1/net/dev")?),
        // A mount has one id on the whole machine and belongs to one namespace.
        Kind::Mnt => {
            let own = system.read_lossy("/proc/self/mountinfo")?;
            let init = system.read_lossy("/proc/1/mountinfo")?;
            let ids: Vec<&str> = own.lines().filter_map(mountinfo::id).collect();
            Ok(init.lines().filter_map(mountinfo::id).any(|id| ids.contains(&id)))
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests;
