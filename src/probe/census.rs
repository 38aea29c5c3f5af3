//! One look at every process of the machine: where it stands, and what the kernel says of those that are not simply the host's.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use super::cgroup::{self, Place};
use super::namespace::{self, Kind};
use super::process::{self, Reference, Status, Wanted};
use super::{System, programs};
use crate::facts::{Gap, GapKind, Observed, Process};
use crate::parallel;

/// What is looked at of processes that are not simply the host's, besides their status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The parts of what the kernel says.
    pub(super) process: Wanted,
    /// The link to the executable.
    pub(super) executable: bool,
    /// The link to the root directory.
    pub(super) root: bool,
}

impl Parts {
    /// Everything that tells whose they are, and nothing else.
    #[cfg(test)]
    pub(super) const LEAST: Self = Self { process: Wanted::STATUS, executable: true, root: false };
}

/// Every process, by its id.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    processes: BTreeMap<u32, Seen>,
    /// Why a process could not be placed: it might be anywhere.
    closed: Option<Gap>,
}

/// Where a process stands.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Its namespaces, by inode; those that the kernel does not have are left out.
    pub(super) namespaces: BTreeMap<Kind, u64>,
    /// Its control groups.
    pub(super) place: Place,
    /// More of it, unless it is in the machine's own namespaces and in nobody's control group.
    pub(super) detail: Option<Detail>,
    /// Why its namespaces could not be seen.
    pub(super) closed: Option<Gap>,
}

/// A process that is not simply the host's.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    /// Its parent.
    pub(super) parent: u32,
    /// Its id in its own PID namespace, and how many of those it is in.
    pub(super) innermost: u32,
    /// How many PID namespaces it is in.
    pub(super) depth: usize,
    /// The name it has given itself.
    pub(super) name: String,
    /// What the link to its executable says.
    pub(super) executable: Observed<String>,
    /// What the link to its root directory says.
    pub(super) root: Observed<String>,
    /// What the kernel says of it.
    pub(super) process: Observed<Process>,
}

/// Namespaces that make a process a part of a container; the others go with these.
pub(super) const ISOLATING: [Kind; 4] = [Kind::Pid, Kind::Mnt, Kind::Net, Kind::Ipc];

/// The other kinds.
const FURTHER: [Kind; 3] = [Kind::Cgroup, Kind::User, Kind::Uts];

impl Census {
    /// Looks at every process; errs when the auditor cannot know that it sees all of them.
    pub(super) fn take(system: &System, reference: &Reference, wanted: Parts) -> Result<Self, Gap> {
        namespace::sees_the_machine(system)?;
        programs::hidden(system, Status::read(system, "self")?.effective)?;
        let pids: Vec<u32> = system.list("/proc")?.iter().filter_map(|name| name.parse().ok()).collect();
        let looked = parallel::map(&pids, |pid| look(system, *pid, reference, wanted));
        let mut census = Self::default();
        for (pid, seen) in pids.into_iter().zip(looked) {
            census.note(pid, seen);
        }
        for _ in 0..RETRIES {
            let starting: Vec<u32> = census.iter().filter(|(_, seen)| seen.is_starting()).map(|(pid, _)| pid).collect();
            if starting.is_empty() {
                break;
            }
            thread::sleep(RETRY);
            for pid in starting {
                census.processes.remove(&pid);
                census.note(pid, look(system, pid, reference, wanted));
            }
        }
        // Who is in nobody's control group may be in anybody's namespaces.
        let closed =
            census.processes.values().filter(|seen| seen.place.named.is_empty()).find_map(|seen| seen.closed.clone());
        census.closed = census.closed.or(closed);
        Ok(census)
    }

    fn note(&mut self, pid: u32, seen: Result<Seen, Gap>) {
        match seen {
            Ok(seen) => drop(self.processes.insert(pid, seen)),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {}
            Err(gap) => self.closed = Some(gap),
        }
    }

    /// Errs when a process could not be placed.
    pub(super) fn complete(&self) -> Result<(), Gap> {
        self.closed.clone().map_or(Ok(()), Err)
    }

    /// A process that lived.
    pub(super) fn get(&self, pid: u32) -> Option<&Seen> {
        self.processes.get(&pid)
    }

    /// Every process, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Seen)> {
        self.processes.iter().map(|(pid, seen)| (*pid, seen))
    }

    /// The process itself, its parent, and so on, as far as they are not simply the host's.
    pub(super) fn ancestry(&self, pid: u32) -> impl Iterator<Item = (u32, &Seen)> {
        let parent = |(_, seen): &(u32, &Seen)| seen.detail.as_ref().map(|detail| detail.parent);
        let find = move |pid: u32| self.get(pid).map(|seen| (pid, seen));
        // A parent has no smaller depth than this many steps: what is read at different times may make a ring.
        std::iter::successors(find(pid), move |this| find(parent(this)?)).take(DEEPEST)
    }
}

impl Seen {
    /// Whether it is a runtime on its way to become a container's process, when it is in the container and not yet held by anything.
    /// Names can be chosen: who keeps such a name is looked at as he is.
    fn is_starting(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.name.starts_with("runc:[") || detail.name == "crun")
    }
}

/// How often a process that is on its way is looked at again, and how long is waited before that.
const RETRIES: usize = 25;
const RETRY: Duration = Duration::from_millis(20);
/// The most ancestors that are looked at.
const DEEPEST: usize = 256;

fn look(system: &System, pid: u32, reference: &Reference, wanted: Parts) -> Result<Seen, Gap> {
    let groups = cgroup::groups(system, pid).map_err(|gap| namespace::gone(system, pid, gap))?;
    let place = Place::of(&groups);
    let (mut namespaces, closed) = match namespaces(system, pid, &ISOLATING) {
        Ok(namespaces) => (namespaces, None),
        Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => return Err(gap),
        // The machine's first process is what others are compared with.
        Err(_) if pid == 1 => (BTreeMap::new(), None),
        Err(gap) => (BTreeMap::new(), Some(gap)),
    };
    let initial = |kind: &Kind| is_initial(&namespaces, reference, *kind);
    let plain = place.named.is_empty() && closed.is_none() && ISOLATING.iter().all(initial);
    if plain {
        return Ok(Seen { namespaces, place, detail: None, closed });
    }
    if closed.is_none() {
        namespaces.extend(self::namespaces(system, pid, &FURTHER)?);
    }
    let detail = Some(detail(system, pid, reference, wanted)?);
    Ok(Seen { namespaces, place, detail, closed })
}

fn is_initial(namespaces: &BTreeMap<Kind, u64>, reference: &Reference, kind: Kind) -> bool {
    let inode = namespaces.get(&kind);
    inode.is_none_or(|inode| reference.namespaces().is_initial(kind, *inode).value() == Some(&true))
}

/// Some namespaces of a process. When its first thread has ended, those of another thread are its.
fn namespaces(system: &System, pid: u32, kinds: &[Kind]) -> Result<BTreeMap<Kind, u64>, Gap> {
    let found = of_task(system, &pid.to_string(), kinds)?;
    // Every kernel has these kinds, and a process that has ended has none.
    if [Kind::Mnt, Kind::Uts].iter().any(|kind| found.contains_key(kind)) {
        return Ok(found);
    }
    if Status::read(system, pid)?.ended() {
        return Err(Gap::new(GapKind::Gone, format!("/proc/{pid}: the process has ended")));
    }
    let tasks = system.list(format!("/proc/{pid}/task"))?;
    match tasks.iter().find(|task| task.parse() != Ok(pid)) {
        Some(task) => of_task(system, &format!("{pid}/task/{task}"), kinds),
        None => Ok(found),
    }
}

fn of_task(system: &System, task: &str, kinds: &[Kind]) -> Result<BTreeMap<Kind, u64>, Gap> {
    let mut found = BTreeMap::new();
    for kind in kinds {
        match namespace::inode(system, task, *kind) {
            Ok(inode) => drop(found.insert(*kind, inode)),
            Err(gap) if gap.kind == GapKind::Missing => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found)
}

fn detail(system: &System, pid: u32, reference: &Reference, wanted: Parts) -> Result<Detail, Gap> {
    let link = |wanted: bool, name: &str| {
        if !wanted {
            return Observed::not_collected();
        }
        match system.link(format!("/proc/{pid}/{name}")).map_err(|gap| namespace::gone(system, pid, gap)) {
            Ok(target) => Observed::known(target.to_string_lossy().into_owned()),
            // A thread of the kernel has no executable.
            Err(gap) if gap.kind == GapKind::Missing && name == "exe" => Observed::known(String::new()),
            Err(gap) => gap.into(),
        }
    };
    let (process, status) = match process::look(system, pid, reference, wanted.process) {
        Ok((process, status)) => (Observed::known(process), status),
        Err(gap) if gap.kind == GapKind::Gone => return Err(gap),
        Err(gap) => (gap.into(), Status::read(system, pid).map_err(|gap| namespace::gone(system, pid, gap))?),
    };
    let ids = status.ids.unwrap_or_default();
    Ok(Detail {
        parent: status.parent,
        innermost: ids.last().copied().unwrap_or(pid),
        depth: ids.len(),
        name: status.name,
        executable: link(wanted.executable, "exe"),
        root: link(wanted.root, "root"),
        process,
    })
}
