//! The limits that control groups put on a process.

pub(super) mod name;

use std::collections::BTreeSet;

use procfs::{FromBufRead, ProcessCGroup, ProcessCGroups};

use self::name::{Named, named};

use super::namespace::{self, Kind};
use super::{System, mountinfo};
use crate::facts::{Gap, GapKind};

/// From here on a limit of version 1 is none: the kernel shows the largest multiple of a page.
const V1_UNLIMITED: u64 = 1 << 62;

/// Where the auditor finds the hierarchies of control groups.
#[derive(Clone, Debug)]
pub(super) struct Hierarchies {
    mounts: Vec<Mounted>,
    /// Errs when the paths of groups start at a group of the auditor's own and not at the root.
    whole: Result<(), Gap>,
}

/// A hierarchy mounted from its root.
#[derive(Clone, Debug)]
struct Mounted {
    point: String,
    /// Its controllers; none for the unified hierarchy.
    controllers: Option<Vec<String>>,
}

/// What a limit is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// Memory in bytes.
    Memory,
    /// Number of processes and threads.
    Pids,
}

impl Resource {
    const fn controller(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Pids => "pids",
        }
    }

    const fn file(self, unified: bool) -> &'static str {
        match (self, unified) {
            (Self::Memory, true) => "memory.max",
            (Self::Memory, false) => "memory.limit_in_bytes",
            (Self::Pids, _) => "pids.max",
        }
    }
}

impl Hierarchies {
    /// Finds them in the auditor's own mounts, as that is the view it reads the limits through.
    pub(super) fn observe(system: &System) -> Result<Self, Gap> {
        let text = system.read_lossy("/proc/self/mountinfo")?;
        let mut mounts = Vec::new();
        for line in text.lines().filter(|line| line.contains(" - cgroup")) {
            let mount = mountinfo::parse(line)?;
            if mount.root != "/" {
                continue;
            }
            let controllers = match mount.fs_type.as_str() {
                "cgroup" => Some(mount.super_options.into_keys().collect()),
                "cgroup2" => None,
                _ => continue,
            };
            mounts.push(Mounted { point: mountinfo::decode(&mount.mount_point.to_string_lossy()), controllers });
        }
        Ok(Self { mounts, whole: whole(system) })
    }

    /// Where the hierarchy of a controller, or the unified one, is mounted.
    fn find(&self, controller: Option<&str>) -> Result<&str, Gap> {
        let found = self.mounts.iter().find(|mount| match (controller, &mount.controllers) {
            (None, None) => true,
            (Some(name), Some(names)) => names.iter().any(|other| other == name),
            _ => false,
        });
        found.map(|mount| mount.point.as_str()).ok_or_else(|| {
            let name = controller.unwrap_or("unified");
            Gap::new(
                GapKind::Missing,
                format!("/proc/self/mountinfo: the {name} cgroup hierarchy is not mounted whole"),
            )
        })
    }
}

fn whole(system: &System) -> Result<(), Gap> {
    let own = match namespace::inode(system, "self", Kind::Cgroup) {
        Ok(inode) => inode,
        // Linux before 4.6 has one view of control groups only.
        Err(gap) if gap.kind == GapKind::Missing => return Ok(()),
        Err(gap) => return Err(gap),
    };
    if namespace::Namespaces::is_fixed_initial(Kind::Cgroup, own) {
        return Ok(());
    }
    Err(Gap::new(
        GapKind::Unsupported,
        "the auditor is in a cgroup namespace of its own: limits above its own group are out of its view",
    ))
}

/// The groups that a process is in, one for each hierarchy. Source: `/proc/<pid>/cgroup`.
pub(super) fn groups(system: &System, pid: u32) -> Result<Vec<ProcessCGroup>, Gap> {
    let path = format!("/proc/{pid}/cgroup");
    let text = system.read_lossy(&path)?;
    let malformed = |detail: String| Gap::new(GapKind::Malformed, format!("{path}: {detail}"));
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(malformed("ends in the middle of a line".to_owned()));
    }
    let ProcessCGroups(groups) =
        ProcessCGroups::from_buf_read(text.as_bytes()).map_err(|error| malformed(error.to_string()))?;
    Ok(groups)
}

/// The group that a controller counts a process in; none when the controller is bound to no hierarchy, of which the kernel lists
/// every one that exists.
fn group_of<'g>(groups: &'g [ProcessCGroup], controller: &str) -> Option<&'g ProcessCGroup> {
    let v1 = groups.iter().find(|g| g.hierarchy != 0 && g.controllers.iter().any(|name| name == controller));
    v1.or_else(|| groups.iter().find(|g| g.hierarchy == 0 && g.controllers.is_empty()))
}

/// The control group that is a sandbox's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The one that has this id or name in its path.
    Named(String),
    /// The one at this path.
    At(String),
    /// None: it shares one with whoever made it.
    Shared,
}

/// Where a process stands among control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its group in the hierarchy that limits the number of processes.
    pub(super) path: String,
    /// The sandboxes that its groups name.
    pub(super) named: BTreeSet<Named>,
    /// Its groups in the hierarchies that limit memory, CPU and processes.
    limiting: BTreeSet<String>,
}

impl Place {
    /// What the groups of a process say.
    pub(super) fn of(groups: &[ProcessCGroup]) -> Self {
        let paths: BTreeSet<&str> = groups.iter().map(|group| group.pathname.as_str()).collect();
        let limiting = ["memory", "cpu", "pids"].into_iter().filter_map(|controller| group_of(groups, controller));
        let path = group_of(groups, "pids").or(groups.first()).map(|group| group.pathname.clone());
        Self {
            path: path.unwrap_or_default(),
            named: paths.into_iter().filter_map(named).collect(),
            limiting: limiting.map(|group| group.pathname.clone()).collect(),
        }
    }

    /// Whether it is in a sandbox's group.
    pub(super) fn is_in(&self, group: &Group) -> bool {
        match group {
            Group::Named(id) => self.named.iter().any(|named| named.id == *id),
            Group::At(path) => is_below(&self.path, path),
            Group::Shared => false,
        }
    }

    /// Whether all limits of a sandbox hold it.
    pub(super) fn is_limited_by(&self, group: &Group) -> Result<bool, Gap> {
        match group {
            Group::Named(id) => Ok(self.limiting.iter().all(|path| named(path).is_some_and(|named| named.id == *id))),
            Group::At(group) => Ok(self.limiting.iter().all(|path| is_below(path, group))),
            Group::Shared => Err(shared()),
        }
    }
}

fn is_below(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn shared() -> Gap {
    Gap::new(GapKind::Unsupported, "it has no control group of its own")
}

/// Whose limits count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach<'r> {
    /// The lowest from the process's group up to the root: what is in force.
    Root,
    /// Those of a sandbox's group, and of groups below it: what the sandbox itself was given.
    Sandbox(&'r Group),
}

/// The lowest limit on a process within a reach; nothing when there is certainly none.
pub(super) fn limit(
    system: &System,
    hierarchies: &Hierarchies,
    groups: &[ProcessCGroup],
    resource: Resource,
    reach: Reach<'_>,
) -> Result<Option<i64>, Gap> {
    let Some(group) = group_of(groups, resource.controller()) else { return Ok(None) };
    hierarchies.whole.clone()?;
    let mut levels = levels(&group.pathname)?;
    match reach {
        Reach::Root => {}
        Reach::Sandbox(Group::Shared) => return Err(shared()),
        Reach::Sandbox(own) => {
            let own = match own {
                Group::Named(id) => named(&group.pathname).filter(|named| named.id == *id).map(|named| named.group),
                Group::At(path) => Some(path.clone()).filter(|path| is_below(&group.pathname, path)),
                Group::Shared => None,
            };
            let Some(own) = own else {
                let detail =
                    format!("its first process is in the control group {}, which is not its own", group.pathname);
                return Err(Gap::new(GapKind::Missing, detail));
            };
            levels.retain(|level| level.len() >= own.len());
        }
    }
    if levels.is_empty() {
        // The root group cannot be limited.
        return Ok(None);
    }
    let controller = resource.controller();
    if group.hierarchy != 0 {
        let mount = hierarchies.find(Some(controller))?;
        lowest_v1(system, mount, &levels, resource)
    } else {
        lowest_unified(system, hierarchies.find(None)?, &levels, resource)
    }
}

/// The paths of a group and of those above it, the root left out.
fn levels(path: &str) -> Result<Vec<&str>, Gap> {
    if path.ends_with(" (deleted)") {
        return Err(Gap::new(GapKind::Gone, format!("cgroup {path}: removed")));
    }
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(Gap::new(GapKind::Unsupported, format!("cgroup {path}: outside the auditor's view")));
    }
    let levels = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
    Ok(levels.filter(|level| !level.is_empty() && *level != "/").collect())
}

fn lowest_unified(system: &System, mount: &str, levels: &[&str], resource: Resource) -> Result<Option<i64>, Gap> {
    let mut lowest = None;
    for level in levels {
        let directory = format!("{mount}{level}");
        let limit = match read(system, &directory, resource.file(true)) {
            Ok(limit) => limit,
            Err(gap) if gap.kind == GapKind::Missing => {
                let enabled = system.read(format!("{directory}/cgroup.controllers"))?;
                if enabled.split_ascii_whitespace().any(|name| name == resource.controller()) {
                    return Err(gap);
                }
                None
            }
            Err(gap) => return Err(gap),
        };
        lowest = least(lowest, limit);
    }
    Ok(lowest)
}

fn lowest_v1(system: &System, mount: &str, levels: &[&str], resource: Resource) -> Result<Option<i64>, Gap> {
    let limits = levels
        .iter()
        .map(|level| read(system, &format!("{mount}{level}"), resource.file(false)))
        .collect::<Result<Vec<_>, _>>()?;
    let own = limits.first().copied().flatten();
    let lowest = limits.into_iter().fold(None, least);
    if resource == Resource::Memory && lowest != own {
        // A group that does not account hierarchically is no limit to those below it.
        let mut counted = own;
        for level in levels.iter().skip(1) {
            let directory = format!("{mount}{level}");
            if system.read(format!("{directory}/memory.use_hierarchy"))?.trim() == "0" {
                break;
            }
            counted = least(counted, read(system, &directory, resource.file(false))?);
        }
        return Ok(counted);
    }
    Ok(lowest)
}

const fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a < b { a } else { b }),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}

fn read(system: &System, directory: &str, file: &str) -> Result<Option<i64>, Gap> {
    let path = format!("{directory}/{file}");
    let text = system.read(&path)?;
    let number = match text.strip_suffix('\n') {
        Some("max") => return Ok(None),
        Some(number) => number.parse::<u64>().ok(),
        None => None,
    };
    if file == Resource::Memory.file(false) && number.is_some_and(|number| number >= V1_UNLIMITED) {
        return Ok(None);
    }
    match number.and_then(|number| i64::try_from(number).ok()) {
        Some(limit) => Ok(Some(limit)),
        None => Err(Gap::new(GapKind::Malformed, format!("{path}: {}", text.escape_debug()))),
    }
}

#[cfg(test)]
mod tests;
