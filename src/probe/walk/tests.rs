use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

/// A machine with two accounts, and whoever runs the test.
fn machine() -> Tree {
    let tree = Tree::new();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    tree.file("etc/passwd", format!("root:x:0:0::/root:/bin/sh\nown:x:{uid}:{gid}::/home/own:/bin/sh\n"))
        .file("etc/group", format!("root:x:0:\nown:x:{gid}:\n"));
    tree
}

fn mode(tree: &Tree, path: &str, mode: u32) {
    fs::set_permissions(tree.system().real(path), Permissions::from_mode(mode)).unwrap();
}

fn see(tree: &Tree) -> LocalFiles {
    observe_at(tree, None).value().unwrap().clone()
}

fn observe_at(tree: &Tree, data_root: Option<&str>) -> Observed<LocalFiles> {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view, data_root)
}

fn paths(files: &[FoundFile]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn loose_files_and_directories_are_found_wherever_they_are() {
    let tree = machine();
    tree.file("srv/a/b/open", "").file("srv/a/closed", "").file("srv/pool/x", "").file("tmp/y", "").file("opt/su", "");
    tree.link("srv/a/link", "/srv/a/b/open");
    mode(&tree, "/srv/a/b/open", 0o666);
    mode(&tree, "/srv/pool", 0o777);
    mode(&tree, "/tmp", 0o1777);
    mode(&tree, "/opt/su", 0o4755);
    let seen = see(&tree);
    assert_eq!(paths(&seen.open_files), ["/srv/a/b/open"]);
    assert_eq!((seen.open_files[0].mode, seen.open_files_count), (0o666, 1));
    assert_eq!(paths(&seen.open_directories), ["/srv/pool"]);
    assert_eq!(seen.set_id.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["/opt/su"]);
    assert!(seen.set_id[0].package.gap().is_some());
    assert_eq!(seen.complete.value(), Some(&true));
    assert_eq!(seen.filesystems.len(), 1);
    assert_eq!(seen.inodes, seen.filesystems[0].inodes);
    assert!(seen.inodes > 10);
    assert_eq!(seen.orphans.value().unwrap(), &[]);
}

#[test]
fn names_that_are_not_text_and_trees_deeper_than_a_path_are_walked() {
    use std::os::unix::ffi::OsStrExt;
    let tree = machine();
    let odd = tree.system().real("/srv").join(std::ffi::OsStr::from_bytes(b"a\xffb\n"));
    fs::create_dir_all(&odd).unwrap();
    fs::set_permissions(&odd, Permissions::from_mode(0o777)).unwrap();
    // Deeper than any path that the kernel takes.
    let name = "d".repeat(200);
    let mut fd =
        rustix::fs::open(tree.system().real("/srv"), rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..40 {
        rustix::fs::mkdirat(&fd, &name, rustix::fs::Mode::from_raw_mode(0o755)).unwrap();
        fd = rustix::fs::openat(&fd, &name, rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    }
    rustix::fs::mkdirat(&fd, "open", rustix::fs::Mode::from_raw_mode(0o755)).unwrap();
    rustix::fs::chmodat(&fd, "open", rustix::fs::Mode::from_raw_mode(0o777), rustix::fs::AtFlags::empty()).unwrap();
    let seen = see(&tree);
    assert_eq!(seen.complete.value(), Some(&true));
    assert_eq!(seen.open_directories_count, 2);
    assert_eq!(seen.open_directories[0].path, "/srv/a\u{fffd}b\n");
    assert_eq!(seen.open_directories[1].path.len(), "/srv".len() + 40 * 201 + "/open".len());
}

#[test]
fn links_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::set_permissions(outside.path(), Permissions::from_mode(0o777)).unwrap();
    let tree = machine();
    tree.link("srv/out", outside.path()).link("srv/loop", "..").link("srv/up", "/");
    assert_eq!(see(&tree).open_directories_count, 0);
}

#[test]
fn a_directory_that_cannot_be_read_leaves_the_walk_incomplete() {
    let tree = machine();
    tree.file("srv/closed/x", "").file("srv/shut/x", "").file("srv/open", "");
    for (path, bits) in [("/", 0o755), ("/srv/open", 0o666), ("/srv/closed", 0), ("/srv/shut", 0)] {
        mode(&tree, path, bits);
    }
    let seen = as_nobody(|| see(&tree));
    let gap = seen.complete.gap().unwrap();
    assert_eq!(gap.kind, GapKind::Denied);
    assert!(gap.detail.contains("/srv/closed") && gap.detail.ends_with(", and 1 more"), "{}", gap.detail);
    assert_eq!(seen.open_files_count, 1);
    mode(&tree, "/", 0);
    let unseen = as_nobody(|| observe_at(&tree, None));
    mode(&tree, "/", 0o755);
    assert_eq!(unseen.gap().unwrap().kind, GapKind::Denied);
}

/// What somebody sees who is not root: a thread that gives its rights up, and those that it starts.
fn as_nobody<T: Send>(look: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let nobody = || {
            if is_root() {
                let nobody = rustix::process::Uid::from_raw(65534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            look()
        };
        scope.spawn(nobody).join().unwrap()
    })
}

#[test]
fn files_of_nobody_are_told_unless_accounts_may_come_from_elsewhere() {
    if !is_root() {
        return;
    }
    let tree = machine();
    tree.file("srv/lost", "").file("srv/group", "").file("srv/dynamic", "");
    for (path, uid, gid) in [("/srv/lost", 4711, 0), ("/srv/group", 0, 4712), ("/srv/dynamic", 61200, 61200)] {
        chown(tree.system().real(path), Some(uid), Some(gid)).unwrap();
    }
    assert_eq!(paths(see(&tree).orphans.value().unwrap()), ["/srv/dynamic", "/srv/group", "/srv/lost"]);
    tree.file("etc/nsswitch.conf", "passwd: files systemd # made up\n").file("run/systemd/dynamic-uid/61200", "x");
    assert_eq!(paths(see(&tree).orphans.value().unwrap()), ["/srv/group", "/srv/lost"]);
    tree.file("etc/nsswitch.conf", "passwd: files [NOTFOUND=return] sss\ngroup: files\n");
    let seen = see(&tree);
    let gap = seen.orphans.gap().unwrap();
    assert!(gap.detail.contains("/srv/dynamic") && gap.detail.contains("sss"), "{}", gap.detail);
    assert_eq!(seen.orphans_count, 3);
}

#[test]
fn the_storage_of_containers_is_left_out_and_told() {
    let tree = machine();
    for path in ["var/lib/docker/overlay2/1/x", "data/engine/x", "home/own/.local/share/containers/x", "srv/pods/x"] {
        tree.file(path, "");
        mode(&tree, &format!("/{path}"), 0o666);
    }
    tree.file("etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv/pods\"\n");
    let seen = observe_at(&tree, Some("/data/engine")).value().unwrap().clone();
    assert_eq!(seen.open_files_count, 0);
    let left: Vec<&str> = seen.left_out.iter().map(|left| left.path.as_str()).collect();
    assert_eq!(left, ["/data/engine", "/home/own/.local/share/containers", "/srv/pods", "/var/lib/docker"]);
    // Nobody hides a system by claiming it for an engine.
    for root in ["/", "/srv", "/data/../srv", "srv", ""] {
        let seen = observe_at(&tree, Some(root)).value().unwrap().clone();
        assert_eq!(paths(&seen.open_files), ["/data/engine/x"], "{root:?}");
    }
    // A link may not lead there either.
    tree.link("data/link", "/srv");
    assert_eq!(observe_at(&tree, Some("/data/link")).value().unwrap().open_files_count, 1);
}

#[test]
fn other_filesystems_are_walked_told_or_neither() {
    let tree = machine();
    tree.file("srv/x", "").file("proc/1/mountinfo", MOUNTS);
    for path in ["boot/efi", "data", "mnt/nfs", "snap/a/1", "var/lib/docker/overlay2/1/merged", "mnt/bind", "srv/part"]
    {
        fs::create_dir_all(tree.system().real(format!("/{path}"))).unwrap();
    }
    let seen = see(&tree);
    let walked: Vec<&str> = seen.filesystems.iter().map(|fs| fs.mount_point.as_str()).collect();
    assert_eq!(walked, ["/", "/data", "/mnt/bind", "/srv"]);
    let left: BTreeMap<&str, &str> = seen.left_out.iter().map(|left| (left.path.as_str(), left.why.as_str())).collect();
    assert_eq!(left["/boot/efi"], "vfat: keeps no owners and modes of its own");
    assert_eq!(left["/mnt/nfs"], "nfs4: not a local filesystem");
    assert_eq!(left["/snap/a/1"], "squashfs: an image that nobody can write to");
    assert_eq!(left["/var/lib/docker"], "storage of containers and images");
    assert_eq!(left.len(), 4);
}

/// `/mnt/bind` shows a directory over which `/data` is mounted, and `/srv/part` one that `/srv` shows.
const MOUNTS: &str = "\
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:20 / /proc rw - proc proc rw
24 22 254:1 / /boot/efi rw - vfat /dev/vdb rw
25 22 0:21 / /data rw,nosuid - tmpfs tmpfs rw
26 22 0:22 / /mnt/nfs rw - nfs4 host:/x rw
27 22 7:0 / /snap/a/1 ro - squashfs /dev/loop0 ro
28 22 0:23 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/1/diff
29 22 254:0 /data/below /mnt/bind rw - ext4 /dev/vda rw
30 22 254:2 / /srv rw - xfs /dev/vdc rw
31 30 254:2 /some /srv/part rw - xfs /dev/vdc rw
";

#[test]
fn a_walk_that_saw_nothing_is_unknown() {
    let tree = machine();
    tree.file("proc/1/mountinfo", "22 1 0:20 / / rw - ext4 /dev/vda rw\n23 22 0:21 / /proc rw - proc proc rw\n");
    assert!(see(&tree).inodes > 0);
    tree.remove("proc/1/mountinfo").remove("proc/2").remove("proc/50/mountinfo");
    assert!(observe_at(&tree, None).gap().is_some());
    tree.file("proc/1/mountinfo", "torn");
    assert_eq!(observe_at(&tree, None).gap().unwrap().kind, GapKind::Malformed);
    let tree = machine();
    tree.remove("etc/passwd");
    assert_eq!(observe_at(&tree, None).gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn another_view_of_the_mounts_leaves_the_walk_incomplete() {
    let tree = machine();
    tree.namespace(50, "mnt", 4_026_532_900);
    let seen = see(&tree);
    assert_eq!(seen.complete.gap().unwrap().kind, GapKind::Unsupported);
}

#[test]
fn set_id_files_are_told_with_their_packages() {
    let tree = machine();
    for path in ["usr/bin/su", "usr/bin/own", "usr/bin/moved.distrib", "usr/bin/moved"] {
        tree.file(path, "");
        mode(&tree, &format!("/{path}"), 0o4755);
    }
    tree.file("var/lib/dpkg/info/util-linux.list", "/.\n/bin\n/bin/su\n/usr/bin/moved\n")
        .file("var/lib/dpkg/info/other:amd64.list", "/usr/bin/moved\n")
        .file("var/lib/dpkg/info/util-linux.md5sums", "x /usr/bin/own\n")
        .file("var/lib/dpkg/diversions", "/usr/bin/moved\n/usr/bin/moved.distrib\nother\n");
    let seen = see(&tree);
    let of: BTreeMap<&str, Option<&str>> =
        seen.set_id.iter().map(|file| (file.path.as_str(), file.package.value().unwrap().as_deref())).collect();
    let expected = [
        ("/usr/bin/moved", Some("other:amd64")),
        ("/usr/bin/moved.distrib", Some("util-linux")),
        ("/usr/bin/own", None),
        ("/usr/bin/su", Some("util-linux")),
    ];
    assert_eq!(of, expected.into());
}

#[test]
fn this_machine_is_walked() {
    if !is_root() {
        return;
    }
    let system = System::live();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let seen = observe(&system, &view, None);
    assert!(seen.value().unwrap().inodes > 10_000);
}
