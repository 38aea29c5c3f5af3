//! What the kernel says of one process.

mod status;

use std::fmt;

pub(super) use self::status::Status;
use super::cgroup::Hierarchies;
use super::namespace::{self, Kind};
use super::{System, capability, cgroup, mountinfo};
use crate::facts::{Cgroup, Gap, GapKind, IdRange, Namespace, Namespaces, Observed, Process};

/// What others are compared with: namespaces, and where the auditor finds control groups.
#[derive(Clone, Debug)]
pub struct Reference {
    namespaces: namespace::Namespaces,
    host_ids: Result<(), Gap>,
    hierarchies: Result<Hierarchies, Gap>,
    /// Errs when no security module labels processes: the auditor itself has no label then.
    labels: Result<(), Gap>,
}

impl Reference {
    /// Reads the machine's initial namespaces and those of the engine's process; once is enough for all processes.
    pub fn observe(system: &System, engine_pid: Option<u32>) -> Self {
        let namespaces = namespace::Namespaces::observe(system, engine_pid);
        let host_ids = host_ids(system, &namespaces);
        let labels = match lsm_label(system, "self") {
            Err(gap) if gap.kind == GapKind::Unsupported => Err(gap),
            _ => Ok(()),
        };
        Self { namespaces, host_ids, hierarchies: Hierarchies::observe(system), labels }
    }

    /// Errs when the uids that the kernel shows the auditor are not the host's.
    pub fn host_ids(&self) -> Result<(), Gap> {
        self.host_ids.clone()
    }

    /// Where the auditor finds control groups.
    pub(super) fn hierarchies(&self) -> Result<&Hierarchies, Gap> {
        self.hierarchies.as_ref().map_err(Gap::clone)
    }

    /// The namespaces that others are compared with.
    pub const fn namespaces(&self) -> &namespace::Namespaces {
        &self.namespaces
    }
}

/// Whether the kernel was built without user namespaces.
fn no_user_namespaces(system: &System) -> bool {
    system.identity("/proc/self/status").is_ok()
        && system.identity("/proc/self/uid_map").is_err_and(|gap| gap.kind == GapKind::Missing)
}

/// Errs when the uids that the kernel shows the auditor are not the host's.
fn host_ids(system: &System, namespaces: &namespace::Namespaces) -> Result<(), Gap> {
    let own = match namespace::inode(system, "self", Kind::User) {
        Ok(inode) => inode,
        Err(gap) if gap.kind == GapKind::Missing && no_user_namespaces(system) => return Ok(()),
        Err(gap) => return Err(gap),
    };
    if namespaces.is_initial(Kind::User, own).value() == Some(&true) {
        return Ok(());
    }
    Err(Gap::new(
        GapKind::Unsupported,
        "the auditor is in a user namespace of its own: it does not see the host's uids",
    ))
}

/// The parts of a process to look at; its status always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `namespaces`.
    pub namespaces: bool,
    /// `uid_map`.
    pub uid_map: bool,
    /// `gid_map`.
    pub gid_map: bool,
    /// `lsm_label`.
    pub lsm: bool,
    /// `root_read_only`.
    pub root: bool,
    /// `cgroup`.
    pub cgroup: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Self = Self { namespaces: true, uid_map: true, gid_map: true, lsm: true, root: true, cgroup: true };
    /// The status alone.
    pub const STATUS: Self =
        Self { namespaces: false, uid_map: false, gid_map: false, lsm: false, root: false, cgroup: false };
}

/// What the kernel says of a process; unknown as a whole when it ended, or when its status cannot be seen.
pub fn observe(system: &System, pid: u32, reference: &Reference, wanted: Wanted) -> Observed<Process> {
    look(system, pid, reference, wanted).map(|(process, _)| process).into()
}

/// The same with the status that it was read from.
pub(super) fn look(system: &System, pid: u32, reference: &Reference, wanted: Wanted) -> Result<(Process, Status), Gap> {
    read(system, pid, reference, wanted).map_err(|gap| namespace::gone(system, pid, gap))
}

fn read(system: &System, pid: u32, reference: &Reference, wanted: Wanted) -> Result<(Process, Status), Gap> {
    reference.host_ids.clone()?;
    let status = Status::read(system, pid)?;
    if status.ended() {
        return Err(Gap::new(GapKind::Gone, format!("/proc/{pid}/status: the process has ended")));
    }
    let uid_map = id_map(system, pid, "uid_map");
    let uid = inside(system, &uid_map, i64::from(status.effective_uid))?;
    let part = Part { system, pid };
    let process = Process {
        pid,
        uid,
        host_uid: i64::from(status.effective_uid),
        effective: capability::names(status.effective),
        permitted: capability::names(status.permitted),
        inheritable: capability::names(status.inheritable),
        bounding: capability::names(status.line("CapBnd", status.bounding)?),
        ambient: capability::names(status.line("CapAmb", status.ambient)?),
        seccomp: status.seccomp()?,
        seccomp_filters: status.filters.clone(),
        no_new_privs: status.line("NoNewPrivs", status.no_new_privs)? != 0,
        uid_map: part.when(wanted.uid_map, || uid_map),
        gid_map: part.when(wanted.gid_map, || id_map(system, pid, "gid_map")),
        lsm_label: part.when(wanted.lsm, || reference.labels.clone().and_then(|()| lsm_label(system, pid))),
        namespaces: namespaces(part, &reference.namespaces, wanted.namespaces),
        root_read_only: part.when(wanted.root, || root_read_only(system, pid)),
        cgroup: limits(part, reference, wanted.cgroup),
    };
    Ok((process, status))
}

/// One part of one process.
#[derive(Clone, Copy)]
struct Part<'a> {
    system: &'a System,
    pid: u32,
}

impl Part<'_> {
    /// What a look at it gives, if it is wanted at all.
    fn when<T>(self, wanted: bool, look: impl FnOnce() -> Result<T, Gap>) -> Observed<T> {
        if wanted {
            look().map_err(|gap| namespace::gone(self.system, self.pid, gap)).into()
        } else {
            Observed::not_collected()
        }
    }
}

/// The ranges of a process's `uid_map` or `gid_map`.
fn id_map(system: &System, pid: u32, name: &str) -> Result<Vec<IdRange>, Gap> {
    let path = format!("/proc/{pid}/{name}");
    let text = system.read(&path)?;
    let range = |line: &str| {
        let mut numbers = line.split_ascii_whitespace().map(|word| word.parse::<u32>().ok().map(i64::from));
        let range = IdRange { inside: numbers.next()??, outside: numbers.next()??, length: numbers.next()?? };
        numbers.next().is_none().then_some(range)
    };
    text.lines()
        .map(|line| range(line).ok_or_else(|| Gap::new(GapKind::Malformed, format!("{path}: {}", line.escape_debug()))))
        .collect()
}

/// A uid of the host as the namespace of a map names it; -1 when it has no name there.
fn inside(system: &System, map: &Result<Vec<IdRange>, Gap>, outside: i64) -> Result<i64, Gap> {
    match map {
        Ok(ranges) => Ok(ranges
            .iter()
            .find(|range| (range.outside..range.outside + range.length).contains(&outside))
            .map_or(-1, |range| range.inside + (outside - range.outside))),
        // A kernel without user namespaces has no maps: a uid is the same everywhere.
        Err(gap) if gap.kind == GapKind::Missing && no_user_namespaces(system) => Ok(outside),
        Err(gap) => Err(gap.clone()),
    }
}

/// The label of the security module. AppArmor's own file comes first: `current` may be another module's.
fn lsm_label(system: &System, process: impl fmt::Display) -> Result<String, Gap> {
    let read = |file: &str| system.read_lossy(format!("/proc/{process}/attr/{file}"));
    let label = match read("apparmor/current") {
        Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Unsupported) => {
            read("current").map_err(|gap| match gap.kind {
                GapKind::Unsupported => Gap::new(gap.kind, format!("{}; no security module gives labels", gap.detail)),
                _ => gap,
            })
        }
        other => other,
    }?;
    Ok(label.trim_end_matches(['\0', '\n']).to_owned())
}

fn namespaces(part: Part<'_>, reference: &namespace::Namespaces, wanted: bool) -> Namespaces {
    let observe = |kind: Kind| -> Observed<Namespace> {
        part.when(wanted, || namespace::inode(part.system, part.pid, kind).map(|inode| reference.compare(kind, inode)))
    };
    Namespaces {
        cgroup: observe(Kind::Cgroup),
        ipc: observe(Kind::Ipc),
        mnt: observe(Kind::Mnt),
        net: observe(Kind::Net),
        pid: observe(Kind::Pid),
        user: observe(Kind::User),
        uts: observe(Kind::Uts),
    }
}

fn root_read_only(system: &System, pid: u32) -> Result<bool, Gap> {
    let path = format!("/proc/{pid}/mountinfo");
    let text = system.read_lossy(&path)?;
    let root = mountinfo::root(&text).map_err(|gap| Gap::new(gap.kind, format!("{path}: {}", gap.detail)))?;
    Ok(mountinfo::read_only(&root))
}

fn limits(part: Part<'_>, reference: &Reference, wanted: bool) -> Cgroup {
    let groups = if wanted { cgroup::groups(part.system, part.pid) } else { Ok(Vec::new()) };
    let limit = |resource| {
        part.when(wanted, || {
            let groups = groups.as_deref().map_err(Gap::clone)?;
            let hierarchies = reference.hierarchies.as_ref().map_err(Gap::clone)?;
            cgroup::limit(part.system, hierarchies, groups, resource, cgroup::Reach::Root)
        })
    };
    Cgroup { memory_max_bytes: limit(cgroup::Resource::Memory), pids_max: limit(cgroup::Resource::Pids) }
}

#[cfg(test)]
mod tests;
