//! The mounts of one mount namespace, walked as the kernel walks them.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Gap, GapKind};
use crate::probe::mountinfo::{self, Line};
use crate::probe::{System, namespace};

/// A table of mounts: those of one mount namespace.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Table {
    pub(super) lines: Vec<Line>,
    /// The mount that everything starts at.
    root: Option<usize>,
    /// Which lines are on a mount, and which are of a device.
    on: BTreeMap<u32, Vec<usize>>,
    of_device: BTreeMap<String, Vec<usize>>,
}

/// A place in a filesystem, whatever it is called where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::probe) struct Place {
    pub(super) device: String,
    pub(super) path: String,
}

impl Table {
    /// The mounts that a process sees.
    pub(in crate::probe) fn of(system: &System, pid: u32) -> Result<Self, Gap> {
        let path = format!("/proc/{pid}/mountinfo");
        let text = system.read_lossy(&path).map_err(|gap| namespace::gone(system, pid, gap))?;
        let lines = mountinfo::lines(&text).map_err(|gap| Gap::new(gap.kind, format!("{path}: {}", gap.detail)))?;
        if lines.is_empty() {
            // The kernel shows nothing of a process that has ended.
            return Err(Gap::new(GapKind::Gone, format!("{path}: empty")));
        }
        Ok(Self::new(lines))
    }

    /// The machine's own mounts.
    pub(in crate::probe) fn of_machine(system: &System) -> Result<Self, Gap> {
        Self::of(system, 1).or_else(|_| Self::of(system, 2))
    }

    fn new(lines: Vec<Line>) -> Self {
        let (mut on, mut of_device) = (BTreeMap::<u32, Vec<usize>>::new(), BTreeMap::<String, Vec<usize>>::new());
        let ids: BTreeSet<u32> = lines.iter().map(|line| line.id).collect();
        let is_root = |line: &Line| line.point == "/" && (line.parent == line.id || !ids.contains(&line.parent));
        let root = lines.iter().position(is_root);
        for (index, line) in lines.iter().enumerate() {
            on.entry(line.parent).or_default().push(index);
            of_device.entry(line.device.clone()).or_default().push(index);
        }
        Self { lines, root, on, of_device }
    }

    fn some<'t>(&'t self, indices: Option<&'t Vec<usize>>) -> impl Iterator<Item = &'t Line> {
        indices.into_iter().flatten().filter_map(|index| self.lines.get(*index))
    }

    /// The mount that a path leads to, walked as the kernel walks it: of the mounts on the one that was reached, the first on
    /// the way is entered.
    fn at(&self, path: &str) -> Option<&Line> {
        let mut here = self.root()?;
        // No more steps than mounts: a ring would be a lie.
        for _ in &self.lines {
            let below = self.some(self.on.get(&here.id)).filter(|line| line.id != here.id && covers(&line.point, path));
            match below.min_by_key(|line| line.point.len()) {
                Some(next) => here = next,
                None => break,
            }
        }
        Some(here)
    }

    /// Where a path really is.
    pub(in crate::probe) fn place(&self, path: &str) -> Option<Place> {
        let mount = self.at(path)?;
        Some(Place { device: mount.device.clone(), path: join(&mount.root, rest(&mount.point, path)?) })
    }

    /// Where the root directory really is.
    pub(in crate::probe) fn root_place(&self) -> Option<Place> {
        self.root().map(|root| Place { device: root.device.clone(), path: root.root.clone() })
    }

    /// What a place is called in this table; the mount that shows most of the filesystem is asked first.
    pub(super) fn path_of(&self, place: &Place) -> Option<String> {
        let shows = self.some(self.of_device.get(&place.device)).filter(|line| covers(&line.root, &place.path));
        let mount = shows.min_by_key(|line| (line.root.len(), line.point.len()))?;
        Some(join(&mount.point, rest(&mount.root, &place.path)?))
    }

    /// Everything that a place is called in this table.
    pub(in crate::probe) fn names_of(&self, place: &Place) -> Vec<String> {
        let shows = self.some(self.of_device.get(&place.device)).filter(|line| covers(&line.root, &place.path));
        shows.filter_map(|line| Some(join(&line.point, rest(&line.root, &place.path)?))).collect()
    }

    /// Directories of this table's tree that hold `containers/<id>` of which something is mounted in another table.
    pub(in crate::probe) fn homes_of(&self, id: &str, mounted: &Self) -> Vec<String> {
        let part = format!("/containers/{id}/");
        let home = |line: &Line| {
            let (above, _) = line.root.split_once(&part)?;
            let path = if above.is_empty() { "/" } else { above }.to_owned();
            self.path_of(&Place { device: line.device.clone(), path })
        };
        mounted.lines.iter().filter_map(home).collect()
    }

    /// Whether something of an engine's directory `containers/<id>` is mounted.
    pub(in crate::probe) fn shows_state_of(&self, id: &str) -> bool {
        self.lines.iter().any(|line| line.root.contains(&format!("/containers/{id}/")))
    }

    /// Interfaces of the kernel that can be written.
    pub(super) fn writable(&self, interfaces: &Interfaces) -> Vec<String> {
        let open = |path: &String| self.at(path).is_some_and(|mount| mount.writable && is_kernels(mount));
        let groups = self.lines.iter().filter(|line| is_groups(line) && line.writable && self.is_reached(line));
        let found = self.interfaces(&interfaces.settings, &[""], open).chain(groups.map(|line| line.point.clone()));
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Interfaces of the kernel that tell of the machine, and that nothing masks.
    pub(super) fn exposed(&self, interfaces: &Interfaces) -> Vec<String> {
        let open = |path: &String| self.at(path).is_some_and(is_kernels);
        let found = self.interfaces(&interfaces.telling, &interfaces.telling_of_sys, open);
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The interfaces of each proc and sysfs that is mounted as a whole, or of which a part is mounted elsewhere.
    fn interfaces(&self, proc: &[&str], sys: &[&str], open: impl Fn(&String) -> bool) -> impl Iterator<Item = String> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| is_kernels(line)) {
            let names = if line.filesystem == "proc" { proc } else { sys };
            if line.root == "/" {
                found.extend(names.iter().map(|name| join(&line.point, name)));
            } else if names.iter().any(|name| covers(&format!("/{name}"), &line.root)) {
                found.push(line.point.clone());
            }
        }
        found.retain(open);
        found.into_iter()
    }

    /// Whether a path still leads to a mount, and not to one over it.
    fn is_reached(&self, line: &Line) -> bool {
        self.at(&line.point).is_some_and(|mount| mount.id == line.id)
    }

    /// The mount that everything starts at.
    pub(super) fn root(&self) -> Option<&Line> {
        self.lines.get(self.root?)
    }
}

impl Place {
    /// Whether another place is this one or below it.
    pub(in crate::probe) fn holds(&self, other: &Self) -> bool {
        self.device == other.device && covers(&self.path, &other.path)
    }
}

/// The interfaces that this machine's kernel has, of those that containers are kept from.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Interfaces {
    /// Below /proc, to be read-only.
    settings: Vec<&'static str>,
    /// Below /proc, to be masked.
    telling: Vec<&'static str>,
    /// Below /sys, to be masked.
    telling_of_sys: Vec<&'static str>,
}

impl Interfaces {
    /// What is not there needs no mask; errs when the auditor does not see all of proc, and so does not know what is there.
    pub(in crate::probe) fn observe(system: &System) -> Result<Self, Gap> {
        system.identity("/proc/sys")?;
        let of_proc =
            ["acpi", "asound", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats"];
        Ok(Self {
            settings: there(system, "/proc", &["bus", "fs", "irq", "sys", "sysrq-trigger"]),
            telling: there(system, "/proc", &of_proc),
            telling_of_sys: there(system, "/sys", &["firmware"]),
        })
    }
}

/// Which of some names are in a directory of this machine's kernel.
fn there(system: &System, directory: &str, names: &[&'static str]) -> Vec<&'static str> {
    names.iter().copied().filter(|name| system.identity(format!("{directory}/{name}")).is_ok()).collect()
}

fn is_kernels(line: &Line) -> bool {
    matches!(line.filesystem.as_str(), "proc" | "sysfs")
}

fn is_groups(line: &Line) -> bool {
    matches!(line.filesystem.as_str(), "cgroup" | "cgroup2")
}

/// Whether a path is another or one of its ancestors.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    outer == "/" || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is left of a path below one of its ancestors.
pub(super) fn rest<'p>(outer: &str, inner: &'p str) -> Option<&'p str> {
    let rest = if outer == "/" { inner } else { inner.strip_prefix(outer)? };
    Some(rest.trim_start_matches('/'))
}

pub(super) fn join(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        (outer, "") => outer.to_owned(),
        ("/", inner) => format!("/{inner}"),
        (outer, inner) => format!("{outer}/{inner}"),
    }
}
