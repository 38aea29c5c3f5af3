//! What is mounted where on the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use procfs::process::MountInfo;

use super::namespace::{self, Kind};
use super::{System, mountinfo};
use crate::facts::{Gap, GapKind, HostMount, Observed};

/// The mounts that a path can reach, as the init process sees them; one that is covered by another is left out.
pub fn observe(system: &System) -> Observed<Vec<HostMount>> {
    match text(system) {
        Ok((path, text)) => match parse(&text) {
            Ok(mounts) if mounts.is_empty() => Observed::unknown(GapKind::Malformed, format!("{path}: no mounts")),
            Ok(mounts) if path == INIT => Observed::known(mounts),
            Ok(mounts) => Observed::from_source(mounts, path),
            Err(gap) => Gap::new(gap.kind, format!("{path}: {}", gap.detail)).into(),
        },
        Err(gap) => gap.into(),
    }
}

/// What is mounted at these paths themselves.
pub fn at<'n>(
    system: &System,
    paths: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Observed<Option<HostMount>>> {
    let mut paths = paths.peekable();
    if paths.peek().is_none() {
        return BTreeMap::new();
    }
    let mounts = observe(system);
    let at = |path: &str| mounts.clone().map(|mounts| mounts.into_iter().rev().find(|mount| mount.mount_point == path));
    paths.map(|path| (path.clone(), at(path))).collect()
}

const INIT: &str = "/proc/1/mountinfo";

/// The machine's own mountinfo and where it was found.
fn text(system: &System) -> Result<(&'static str, String), Gap> {
    let own = || {
        let own = namespace::inode(system, "self", Kind::Mnt)?;
        match namespace::Namespaces::observe(system, None).is_initial(Kind::Mnt, own) {
            Observed::Known { value: true, .. } => system.read_lossy("/proc/self/mountinfo"),
            Observed::Known { value: false, .. } => {
                Err(Gap::new(GapKind::Unsupported, "the auditor is in a mount namespace of its own"))
            }
            Observed::Unknown { gap, .. } => Err(gap),
        }
    };
    system.running("mounts")?;
    let found = |path: &'static str| system.read_lossy(path).map(|text| (path, text));
    let machine = namespace::sees_the_machine(system)
        .and_then(|()| found(INIT).or_else(|gap| found("/proc/2/mountinfo").map_err(|_| gap)));
    machine.or_else(|gap| own().map(|text| ("/proc/self/mountinfo", text)).map_err(|_| gap))
}

/// Whether two processes are known to have the same mounts, and the same root directory among them.
pub(super) fn shared(system: &System, one: u32, other: u32) -> bool {
    let seen = |pid: u32| -> Result<_, Gap> {
        Ok((namespace::inode(system, pid, Kind::Mnt)?, system.link(format!("/proc/{pid}/root"))?))
    };
    seen(one).is_ok_and(|one| seen(other) == Ok(one))
}

pub(super) fn parse(text: &str) -> Result<Vec<HostMount>, Gap> {
    let mounts = text.lines().map(mountinfo::parse).collect::<Result<Vec<_>, _>>()?;
    let tree = Tree::new(&mounts);
    Ok(mounts.iter().filter(|mount| tree.visible(mount)).map(host_mount).collect())
}

fn host_mount(mount: &MountInfo) -> HostMount {
    HostMount {
        mount_point: mountinfo::decode(&mount.mount_point.to_string_lossy()),
        root: mountinfo::decode(&mount.root),
        device: mount.majmin.clone(),
        filesystem: mountinfo::decode(&mount.fs_type),
        source: mount.mount_source.as_deref().map_or_else(|| "none".to_owned(), mountinfo::decode),
        options: mountinfo::options(mount),
    }
}

/// Which mount is mounted on which.
struct Tree<'a> {
    mounts: BTreeMap<i32, &'a MountInfo>,
    /// Where something is mounted on each. The kernel writes a path in one way only, so that it is compared as text.
    points: BTreeMap<i32, BTreeSet<&'a OsStr>>,
}

impl<'a> Tree<'a> {
    fn new(mounts: &'a [MountInfo]) -> Self {
        let mut points: BTreeMap<i32, BTreeSet<&OsStr>> = BTreeMap::new();
        for mount in mounts.iter().filter(|mount| mount.pid != mount.mnt_id) {
            points.entry(mount.pid).or_default().insert(mount.mount_point.as_os_str());
        }
        Self { mounts: mounts.iter().map(|mount| (mount.mnt_id, mount)).collect(), points }
    }

    fn parent(&self, mount: &MountInfo) -> Option<&MountInfo> {
        self.mounts.get(&mount.pid).copied().filter(|parent| parent.mnt_id != mount.mnt_id)
    }

    /// Whether something is mounted on a mount's own root. The root directory is entered below what covers it.
    fn covered(&self, mount: &MountInfo) -> bool {
        let root = mount.mount_point.as_os_str() == "/";
        !root && self.points.get(&mount.mnt_id).is_some_and(|points| points.contains(mount.mount_point.as_os_str()))
    }

    /// Whether the way from a mount's parent to it leads through another mount, or nowhere.
    fn cut_off(&self, mount: &MountInfo) -> bool {
        let Some(parent) = self.parent(mount) else { return false };
        if mount.mount_point.as_os_str() == "/" {
            return true;
        }
        let siblings = self.points.get(&parent.mnt_id);
        let mut above = mount.mount_point.ancestors().skip(1).map(Path::as_os_str).filter(|path| *path != "/");
        above.any(|path| siblings.is_some_and(|points| points.contains(path)))
    }

    fn visible(&self, mount: &MountInfo) -> bool {
        // Bounded, as a file may claim that mounts sit on each other in a circle.
        let chain = std::iter::successors(Some(mount), |mount| self.parent(mount)).take(self.mounts.len());
        !self.covered(mount) && !chain.into_iter().any(|mount| self.cut_off(mount))
    }
}

#[cfg(test)]
mod tests;
