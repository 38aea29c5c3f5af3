//! The directories that hold images and containers, and the filesystems on which they lie.

use std::path::Path;

use super::files::{Known, containerd, data_root};
use crate::facts::{Gap, GapKind, HostMount, Observed, StorageDirectory};
use crate::probe::mounts;

/// The inode of the directory at the top of a subvolume of btrfs; no other directory has it.
const SUBVOLUME: u64 = 256;

/// The engine's directory, and containerd's where that has the images and does not lie below.
pub(super) fn observe(known: &Known<'_>) -> Observed<Vec<StorageDirectory>> {
    look(known).into()
}

fn look(known: &Known<'_>) -> Result<Vec<StorageDirectory>, Gap> {
    let root = &known.dockerd.root;
    let path = known.dockerd.proc("mountinfo");
    let text = known.dockerd.system.read_lossy(&path)?;
    let mounts =
        mounts::parse(&text).map_err(|gap| Gap::new(gap.kind, format!("{}: {}", path.display(), gap.detail)))?;
    let mut directories = vec![root.resolve(data_root(known.engine))?];
    if known.engine.containerd_image_store {
        let images = root.resolve(containerd::root(known)?)?;
        if !directories.iter().any(|directory| images.starts_with(directory)) {
            directories.push(images);
        }
    }
    directories
        .iter()
        .map(|directory| {
            let (_, inode) = root.identity(directory)?;
            on_what(directory, inode, &mounts).ok_or_else(|| {
                Gap::new(GapKind::Malformed, format!("{}: {} is on no mount", path.display(), directory.display()))
            })
        })
        .collect()
}

/// What a directory lies on, given its inode. Of several mounts at one point the last one is seen.
fn on_what(directory: &Path, inode: u64, mounts: &[HostMount]) -> Option<StorageDirectory> {
    let depth = |mount: &&HostMount| Path::new(&mount.mount_point).components().count();
    let above = mounts.iter().filter(|mount| directory.starts_with(&mount.mount_point));
    let mount = above.max_by_key(depth)?;
    let machine = mounts.iter().rfind(|mount| mount.mount_point == "/")?;
    // A bind mount shows a part of a filesystem that is used for something else, too.
    let whole = mount.root == "/" || (mount.filesystem == "btrfs" && inode == SUBVOLUME);
    Some(StorageDirectory {
        path: directory.display().to_string(),
        mount_point: mount.mount_point.clone(),
        device: mount.device.clone(),
        own_filesystem: Path::new(&mount.mount_point) == directory && whole && mount.device != machine.device,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether /var/lib/docker has a filesystem of its own among mounts given as point, root, device and type.
    fn own(inode: u64, lines: &[(&str, &str, &str, &str)]) -> bool {
        let mount = |(point, root, device, filesystem): &(&str, &str, &str, &str)| HostMount {
            mount_point: (*point).to_owned(),
            root: (*root).to_owned(),
            device: (*device).to_owned(),
            filesystem: (*filesystem).to_owned(),
            source: String::new(),
            options: Vec::new(),
        };
        let mounts: Vec<HostMount> = lines.iter().map(mount).collect();
        on_what(Path::new("/var/lib/docker"), inode, &mounts).unwrap().own_filesystem
    }

    const ROOT: (&str, &str, &str, &str) = ("/", "/", "254:0", "ext4");

    #[test]
    fn a_filesystem_of_its_own_is_a_whole_other_one() {
        assert!(own(2, &[ROOT, ("/var/lib/docker", "/", "254:16", "ext4")]));
        assert!(own(2, &[ROOT, ("/srv", "/", "254:16", "ext4"), ("/var/lib/docker", "/", "254:16", "ext4")]));
        assert!(!own(2, &[ROOT]));
        assert!(!own(2, &[ROOT, ("/var", "/", "254:16", "ext4")]));
        assert!(!own(2, &[ROOT, ("/var/lib/docker-old", "/", "254:16", "ext4")]));
        assert!(!own(2, &[ROOT, ("/var/lib/docker/volumes", "/", "254:16", "ext4")]));
        // Bind mounts.
        assert!(!own(2, &[ROOT, ("/var/lib/docker", "/var/lib/docker", "254:0", "ext4")]));
        assert!(!own(2, &[ROOT, ("/var/lib/docker", "/", "254:0", "ext4")]));
        assert!(!own(2, &[ROOT, ("/srv", "/", "254:16", "ext4"), ("/var/lib/docker", "/docker", "254:16", "ext4")]));
    }

    #[test]
    fn a_subvolume_of_another_filesystem_is_whole() {
        let other = ("/var/lib/docker", "/@docker", "0:45", "btrfs");
        assert!(own(SUBVOLUME, &[ROOT, other]));
        assert!(!own(300, &[ROOT, other]), "a directory in it");
        assert!(!own(SUBVOLUME, &[("/", "/@", "0:45", "btrfs"), other]), "all subvolumes of one share its space");
    }
}
