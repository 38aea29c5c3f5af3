//! The programs that run inside PID namespaces.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

use super::System;
use super::namespace::{self, Kind};
use super::process::Status;
use crate::facts::{Gap, GapKind, Observed, Program};

/// The programs of each wanted namespace, by one pass over `/proc`.
///
/// A process in a namespace nested in a wanted one, such as a container run inside a container, is that one's too. The
/// kernel tells the parent of a namespace only through an ioctl, which needs unsafe code; but a child process is always in
/// the namespace of its parent process or one below, and its `NSpid` line tells how deep it is. So the first ancestor that
/// is one level higher is in the parent namespace. Where no such ancestor is left, every wanted namespace that could be
/// the parent is unknown. The auditor's own namespace has its direct members only: what is nested there is other
/// containers.
///
/// `uids` is why the programs' uids are not to be looked at, if they are not.
pub fn in_pid_namespaces(
    system: &System,
    namespaces: &BTreeSet<u64>,
    uids: Result<(), Gap>,
) -> BTreeMap<u64, Observed<Vec<Program>>> {
    if namespaces.is_empty() {
        return BTreeMap::new();
    }
    let pass = match Pass::new(system, uids).and_then(|mut pass| pass.run(namespaces).map(|()| pass)) {
        Ok(pass) => pass,
        Err(gap) => return namespaces.iter().map(|ns| (*ns, gap.clone().into())).collect(),
    };
    let Pass { mut found, gaps, .. } = pass;
    let mut answer = |ns: &u64| match gaps.get(ns) {
        Some(gap) => gap.clone().into(),
        None => found.remove(ns).map_or_else(
            || Observed::unknown(GapKind::Gone, format!("PID namespace {ns}: no process is left in it")),
            Observed::known,
        ),
    };
    namespaces.iter().map(|ns| (*ns, answer(ns))).collect()
}

/// One pass over `/proc`.
struct Pass<'a> {
    system: &'a System,
    /// The auditor's namespace, when the `/proc` it reads is that namespace's.
    own: Option<u64>,
    /// The namespace of every process seen.
    processes: BTreeMap<u32, u64>,
    found: BTreeMap<u64, Vec<Program>>,
    gaps: BTreeMap<u64, Gap>,
    /// Why the programs' uids are not looked at.
    uids: Result<(), Gap>,
    /// What was asked of each process already; nothing when it had ended.
    asked: RefCell<BTreeMap<u32, Option<Rc<Status>>>>,
}

impl<'a> Pass<'a> {
    fn new(system: &'a System, uids: Result<(), Gap>) -> Result<Self, Gap> {
        let status = Status::read(system, "self")?;
        let depth = status.ids.as_ref().map(Vec::len);
        let own = if depth == Some(1) { Some(namespace::inode(system, "self", Kind::Pid)?) } else { None };
        hidden(system, status.effective)?;
        let (processes, found, gaps, asked) = <_>::default();
        Ok(Self { system, own, processes, found, gaps, uids, asked })
    }

    fn run(&mut self, wanted: &BTreeSet<u64>) -> Result<(), Gap> {
        let pids: Vec<u32> = self.system.list("/proc")?.iter().filter_map(|name| name.parse().ok()).collect();
        for pid in pids {
            match namespace::inode(self.system, pid, Kind::Pid) {
                Ok(inode) => {
                    self.processes.insert(pid, inode);
                }
                Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {}
                Err(gap) => self.closed(pid, &gap, wanted)?,
            }
        }
        let nested: BTreeSet<u64> =
            self.processes.values().copied().filter(|ns| !wanted.contains(ns) && Some(*ns) != self.own).collect();
        let mut homes: BTreeMap<u64, Vec<u64>> = wanted.iter().map(|ns| (*ns, vec![*ns])).collect();
        for ns in nested.iter().chain(wanted) {
            let above = self.above(*ns, wanted);
            homes.entry(*ns).or_default().extend(above);
        }
        let processes = std::mem::take(&mut self.processes);
        for (pid, ns) in processes {
            let homes = homes.get(&ns).map_or(&[][..], Vec::as_slice);
            if !homes.is_empty() {
                self.add(pid, homes)?;
            }
        }
        Ok(())
    }

    /// Notes a process whose namespace the auditor may not see. One level deep means the auditor's own namespace.
    fn closed(&mut self, pid: u32, gap: &Gap, wanted: &BTreeSet<u64>) -> Result<(), Gap> {
        let Some(status) = self.status(pid)? else { return Ok(()) };
        match self.own {
            Some(own) if status.depth()? == 1 => {
                self.processes.insert(pid, own);
            }
            own => {
                for ns in wanted.iter().filter(|ns| Some(**ns) != own) {
                    self.gaps.entry(*ns).or_insert_with(|| gap.clone());
                }
            }
        }
        Ok(())
    }

    /// What the kernel says of a process; nothing when it has ended.
    fn status(&self, pid: u32) -> Result<Option<Rc<Status>>, Gap> {
        if let Some(status) = self.asked.borrow().get(&pid) {
            return Ok(status.clone());
        }
        let status = match Status::read(self.system, pid) {
            Ok(status) => Some(Rc::new(status)),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => None,
            Err(gap) => return Err(gap),
        };
        self.asked.borrow_mut().insert(pid, status.clone());
        Ok(status)
    }

    /// The wanted namespaces above one; notes those that might be where it cannot be told.
    fn above(&mut self, ns: u64, wanted: &BTreeSet<u64>) -> Vec<u64> {
        let mut homes = Vec::new();
        let mut at = ns;
        for _ in 0..MAX_DEPTH {
            match self.parent(at) {
                Ok(Some(parent)) if Some(parent) != self.own => {
                    homes.extend(wanted.get(&parent));
                    at = parent;
                }
                Ok(_) => return homes,
                Err(gap) => {
                    for other in wanted.iter().filter(|other| **other != ns && Some(**other) != self.own) {
                        self.gaps.entry(*other).or_insert_with(|| gap.clone());
                    }
                    return homes;
                }
            }
        }
        homes
    }

    /// The namespace that one is nested in; nothing when it is not nested, or has ended.
    fn parent(&self, ns: u64) -> Result<Option<u64>, Gap> {
        let mut depth = None;
        for (pid, _) in self.processes.iter().filter(|(_, inode)| **inode == ns) {
            let Some(mut status) = self.status(*pid)? else { continue };
            let level = status.depth()?;
            depth = Some(level);
            if level <= 1 {
                return Ok(None);
            }
            if level == 2 && self.own.is_some() {
                return Ok(self.own);
            }
            while let Some(above) = self.processes.get(&status.parent) {
                if *above != ns {
                    match self.status(status.parent)? {
                        Some(next) if next.depth()? + 1 == level => return Ok(Some(*above)),
                        _ => break,
                    }
                }
                match self.status(status.parent)? {
                    Some(next) if next.parent != status.parent => status = next,
                    _ => break,
                }
            }
        }
        match depth {
            None => Ok(None),
            Some(depth) => Err(Gap::new(
                GapKind::Unsupported,
                format!(
                    "PID namespace {ns}: {depth} levels deep, and no process tells which namespace it is nested in"
                ),
            )),
        }
    }

    fn add(&mut self, pid: u32, homes: &[u64]) -> Result<(), Gap> {
        let executable = match self.system.link(format!("/proc/{pid}/exe")) {
            Ok(target) => base_name(target.as_os_str().as_bytes()),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {
                // A kernel thread has none; what has ended is no program any more.
                match Status::read(self.system, pid) {
                    Ok(status) if !status.ended() => String::new(),
                    _ => return Ok(()),
                }
            }
            Err(gap) => {
                for ns in homes {
                    self.gaps.entry(*ns).or_insert_with(|| gap.clone());
                }
                return Ok(());
            }
        };
        let name = match self.system.read_lossy(format!("/proc/{pid}/comm")) {
            Ok(text) => text.strip_suffix('\n').unwrap_or(&text).to_owned(),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => return Ok(()),
            Err(gap) => return Err(gap),
        };
        let Some(host_uids) = self.host_uids(pid) else { return Ok(()) };
        let program = Program { pid, name, executable, host_uids };
        for ns in homes {
            self.found.entry(*ns).or_default().push(program.clone());
        }
        Ok(())
    }
}

impl Pass<'_> {
    /// The uids of a program, each once; nothing when it has ended.
    fn host_uids(&self, pid: u32) -> Option<Observed<Vec<i64>>> {
        let uids = |status: &Status| status.uids.iter().copied().map(i64::from).collect();
        match self.uids.clone().and_then(|()| self.status(pid)) {
            Ok(status) => status.map(|status| Observed::known(uids(&status))),
            Err(gap) => Some(gap.into()),
        }
    }
}

/// How deep the kernel lets PID namespaces nest.
const MAX_DEPTH: usize = 32;

/// The bit of `CAP_SYS_PTRACE`.
const SYS_PTRACE: u64 = 1 << 19;

/// Errs when `/proc` leaves processes of others out of its listing.
pub(super) fn hidden(system: &System, effective: u64) -> Result<(), Gap> {
    if effective & SYS_PTRACE != 0 {
        return Ok(());
    }
    let text = system.read_lossy("/proc/self/mountinfo")?;
    let mut options = text
        .lines()
        .filter(|line| super::mountinfo::point(line) == Some("/proc"))
        .filter_map(|line| line.split_once(" - ").map(|(_, filesystem)| filesystem))
        .flat_map(|filesystem| filesystem.split([' ', ',']));
    match options
        .find(|option| matches!(*option, "hidepid=2" | "hidepid=4" | "hidepid=invisible" | "hidepid=ptraceable"))
    {
        Some(option) => {
            Err(Gap::new(GapKind::Denied, format!("/proc: mounted with {option}, and CAP_SYS_PTRACE is lacking")))
        }
        None => Ok(()),
    }
}

/// The last part of an executable's path, without the mark of a removed file.
fn base_name(path: &[u8]) -> String {
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests;
