use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::super::tree::Tree;
use super::*;
use crate::facts::GapKind;

fn me() -> Result<i64, Gap> {
    Ok(i64::from(rustix::process::geteuid().as_raw()))
}

fn mode(tree: &Tree, path: &str, mode: u32) {
    fs::set_permissions(tree.system().real(path), fs::Permissions::from_mode(mode)).unwrap();
}

fn open(tree: &Tree, path: &str) -> Vec<String> {
    let (access, _) = observe(&tree.system(), Path::new(path), &me()).unwrap();
    access.open_parents.value().unwrap().clone()
}

/// A tree whose directories are closed whatever the umask.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("etc/docker/daemon.json", "{}").file("srv/real/daemon.json", "{}").file("tmp/x", "");
    for path in ["/", "/etc", "/etc/docker", "/srv", "/srv/real", "/tmp"] {
        mode(&tree, path, 0o755);
    }
    tree
}

#[test]
fn a_closed_way_has_no_open_parent() {
    assert_eq!(open(&tree(), "/etc/docker/daemon.json"), Vec::<String>::new());
}

#[test]
fn a_directory_in_which_others_may_write_is_open_wherever_it_is_on_the_way() {
    for (folder, bits) in [("/etc", 0o775), ("/etc/docker", 0o757), ("/", 0o777), ("/etc", 0o722)] {
        let tree = tree();
        mode(&tree, folder, bits);
        assert_eq!(open(&tree, "/etc/docker/daemon.json"), [folder]);
        assert_eq!(open(&tree, "/etc/docker/../docker/daemon.json"), [folder]);
    }
    let tree = tree();
    mode(&tree, "/srv", 0o777);
    assert_eq!(open(&tree, "/etc/docker/daemon.json"), Vec::<String>::new());
}

#[test]
fn the_way_of_a_symbolic_link_counts_on_both_of_its_ends() {
    for folder in ["/etc/docker", "/srv", "/srv/real"] {
        let tree = tree();
        tree.link("etc/docker/link", "../../srv/real/daemon.json");
        mode(&tree, folder, 0o775);
        assert_eq!(open(&tree, "/etc/docker/link"), [folder]);
    }
    let tree = tree();
    tree.link("etc/way", "/srv/real");
    mode(&tree, "/srv/real", 0o775);
    assert_eq!(open(&tree, "/etc/way/daemon.json"), ["/srv/real"]);
    let (access, _) = observe(&tree.system(), Path::new("/etc/way/daemon.json"), &me()).unwrap();
    assert_eq!(access.path, "/srv/real/daemon.json");
}

#[test]
fn a_sticky_directory_protects_what_root_owns() {
    let tree = tree();
    mode(&tree, "/tmp", 0o1777);
    assert_eq!(open(&tree, "/tmp/x"), Vec::<String>::new());
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::lchown(tree.system().real("/tmp/x"), Some(12345), None).unwrap();
        assert_eq!(open(&tree, "/tmp/x"), ["/tmp"]);
        // Not the target's owner counts, but the link's.
        tree.link("tmp/link", "/etc/docker/daemon.json");
        assert_eq!(open(&tree, "/tmp/link"), Vec::<String>::new());
        std::os::unix::fs::lchown(tree.system().real("/tmp/link"), Some(12345), None).unwrap();
        assert_eq!(open(&tree, "/tmp/link"), ["/tmp"]);
    }
}

#[test]
fn another_owner_of_a_directory_may_replace_what_is_in_it() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let tree = tree();
    std::os::unix::fs::lchown(tree.system().real("/etc/docker"), Some(12345), None).unwrap();
    let path = Path::new("/etc/docker/daemon.json");
    assert_eq!(open(&tree, "/etc/docker/daemon.json"), ["/etc/docker"]);
    let by = |owner| observe(&tree.system(), path, &owner).unwrap().0.open_parents;
    assert_eq!(by(Ok(12345)).value().unwrap(), &Vec::<String>::new());
    assert_eq!(by(Ok(12346)).value().unwrap(), &["/etc/docker"]);
    let gap = Gap::new(GapKind::Denied, "uid_map");
    assert_eq!(by(Err(gap.clone())).gap(), Some(&gap));
}

#[test]
fn the_sticky_bit_is_left_out_and_the_others_are_not() {
    let tree = tree();
    for (set, seen) in [(0o1755, 0o755), (0o6755, 0o6755), (0o466, 0o466)] {
        mode(&tree, "/srv/real/daemon.json", set);
        let (access, _) = observe(&tree.system(), Path::new("/srv/real/daemon.json"), &me()).unwrap();
        assert_eq!(access.mode, seen);
    }
}

#[test]
fn nothing_there_is_missing_and_a_loop_is_not() {
    let tree = tree();
    tree.link("loop", "loop").link("dangling", "/nowhere");
    let kind = |path| observe(&tree.system(), Path::new(path), &me()).unwrap_err().kind;
    assert_eq!(kind("/dangling"), GapKind::Missing);
    assert_eq!(kind("/etc/docker/none"), GapKind::Missing);
    assert_eq!(kind("/loop"), GapKind::Malformed);
}
