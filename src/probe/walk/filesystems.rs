//! Which of the mounted filesystems are the machine's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::storage;
use crate::facts::{Gap, HostMount, LeftOut};
use crate::probe::System;

/// Filesystems without a block device of their own that hold files of the machine.
const LOCAL: &[&str] = &["bcachefs", "btrfs", "ecryptfs", "ramfs", "tmpfs", "ubifs", "zfs"];
/// Interfaces of the kernel, which hold nothing that could be changed on purpose; they are not worth a word.
const KERNEL: &[&str] = &[
    "autofs",
    "bpf",
    "binfmt_misc",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "functionfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nfsd",
    "nsfs",
    "proc",
    "pstore",
    "resctrl",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sysfs",
    "tracefs",
];
/// Images that nobody can write to.
const IMAGES: &[&str] = &["cramfs", "erofs", "iso9660", "romfs", "squashfs", "udf"];
/// Filesystems that keep neither owners nor modes, but show those of their mount options.
const OWNERLESS: &[&str] = &["exfat", "fuseblk", "hfs", "hfsplus", "msdos", "ntfs", "ntfs3", "vfat"];

/// A filesystem to walk.
#[derive(Clone, Debug)]
pub(super) struct Filesystem {
    /// Where it is mounted.
    pub(super) mount_point: String,
    /// Device number as `major:minor`.
    pub(super) device: String,
    /// Its type.
    pub(super) kind: String,
    /// Whether set-id bits have an effect on it.
    pub(super) set_id: bool,
}

/// What to walk, and what not.
pub(super) struct Selection {
    pub(super) walked: Vec<Filesystem>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Selection {
    /// Chooses among the mounts that a path can reach.
    pub(super) fn of(system: &System, mounts: &[HostMount], data_root: Option<&str>) -> Self {
        let mut left_out: BTreeMap<String, String> = storage::directories(system, mounts, data_root)
            .into_iter()
            .map(stored)
            .map(|LeftOut { path, why }| (path, why))
            .collect();
        let storage: BTreeSet<PathBuf> = left_out.keys().map(PathBuf::from).collect();
        let mut own = Vec::new();
        for mount in mounts {
            let point = Path::new(&mount.mount_point);
            if point.ancestors().any(|path| storage.contains(path)) {
                continue;
            }
            match refused(mount) {
                None => own.push(mount),
                Some("") => {}
                Some(why) => {
                    left_out.insert(mount.mount_point.clone(), format!("{}: {why}", mount.filesystem));
                }
            }
        }
        let walked = distinct(own, mounts).into_iter().map(filesystem).collect();
        let left_out = left_out.into_iter().map(|(path, why)| LeftOut { path, why }).collect();
        Self { walked, left_out }
    }

    /// The one file tree of a machine that does not run, without what it fills anew when it boots.
    pub(super) fn offline(system: &System) -> Result<Self, Gap> {
        let (device, _) = system.identity("/")?;
        let filled = System::filled_when_running()
            .map(|path| LeftOut { path: path.to_owned(), why: "a machine that runs fills it anew".to_owned() });
        let storage = storage::directories(system, &[], None).into_iter().map(stored);
        let whole = Filesystem {
            mount_point: "/".to_owned(),
            device: format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device)),
            kind: "directory".to_owned(),
            set_id: true,
        };
        Ok(Self { walked: vec![whole], left_out: filled.chain(storage).collect() })
    }
}

fn stored(path: String) -> LeftOut {
    LeftOut { path, why: "storage of containers and images".to_owned() }
}

fn filesystem(mount: &HostMount) -> Filesystem {
    Filesystem {
        mount_point: mount.mount_point.clone(),
        device: mount.device.clone(),
        kind: mount.filesystem.clone(),
        set_id: !mount.options.iter().any(|option| option == "nosuid"),
    }
}

/// Why a filesystem is not walked; the empty reason is not worth a word.
fn refused(mount: &HostMount) -> Option<&'static str> {
    let kind = mount.filesystem.as_str();
    let on_device = mount.device.split_once(':').is_some_and(|(major, _)| major != "0");
    if mount.mount_point == "/" || LOCAL.contains(&kind) {
        None
    } else if KERNEL.contains(&kind) {
        Some("")
    } else if IMAGES.contains(&kind) {
        Some("an image that nobody can write to")
    } else if OWNERLESS.contains(&kind) {
        Some("keeps no owners and modes of its own")
    } else if on_device {
        None
    } else if kind == "overlay" {
        Some("files of another filesystem in layers")
    } else {
        Some("not a local filesystem")
    }
}

/// Of mounts that show the same files, one: the root directory before others, the whole filesystem before a part of it.
fn distinct<'m>(mut own: Vec<&'m HostMount>, mounts: &[HostMount]) -> Vec<&'m HostMount> {
    own.sort_by_key(|mount| (mount.mount_point != "/", Path::new(&mount.root).components().count()));
    let mut chosen: Vec<&HostMount> = Vec::new();
    for mount in own {
        if !chosen.iter().any(|other| reaches(other, mount, mounts)) {
            chosen.push(mount);
        }
    }
    chosen.sort_by_key(|mount| &mount.mount_point);
    chosen
}

/// Whether one mount shows all that the other does, nothing being mounted over it.
fn reaches(outer: &HostMount, inner: &HostMount, mounts: &[HostMount]) -> bool {
    if outer.device != inner.device {
        return false;
    }
    let Ok(below) = Path::new(&inner.root).strip_prefix(&outer.root) else { return false };
    let place = Path::new(&outer.mount_point).join(below);
    let covers = |mount: &HostMount| {
        let point = Path::new(&mount.mount_point);
        point != Path::new(&outer.mount_point) && point.starts_with(&outer.mount_point) && place.starts_with(point)
    };
    !mounts.iter().any(covers)
}
