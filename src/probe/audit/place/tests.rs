use super::*;
use crate::probe::tree::Tree;

/// What was seen on Linux 6.18 with auditctl and a reader of the records, each line an access and whether it was recorded.
#[test]
fn a_rule_reaches_what_the_kernel_says_it_does() {
    let tree = Tree::new();
    tree.file("usr/bin/dockerd", "").file("etc/docker/daemon.json", "").file("etc/docker/certs.d/a/ca.crt", "");
    tree.file("other/f", "").link("bin", "usr/bin").link("etc/docker/link", "daemon.json").link("conf", "/etc/docker");
    let system = tree.system();
    let reach = |what, rule: &str, target: &str| {
        Place::of(&system, rule).unwrap().reaches(what, &Place::of(&system, target).unwrap())
    };
    use Fit::{Always, Never, Partly};
    for (what, rule, target, fit) in [
        (What::WATCH, "/usr/bin/dockerd", "/usr/bin/dockerd", Always),
        // A directory's own link is followed.
        (What::WATCH, "/bin/dockerd", "/usr/bin/dockerd", Always),
        (What::WATCH, "/usr/bin/docker", "/usr/bin/dockerd", Never),
        (What::WATCH, "/usr/bin/dockerd2", "/usr/bin/dockerd", Never),
        (What::DIR, "/usr/bin", "/usr/bin/dockerd", Always),
        (What::DIR, "/usr", "/usr/bin/dockerd", Always),
        (What::DIR, "/", "/usr/bin/dockerd", Always),
        // The link itself is what such a rule is about.
        (What::DIR, "/bin", "/usr/bin/dockerd", Never),
        (What::DIR, "/conf", "/etc/docker", Never),
        (What::WATCH, "/etc/docker/link", "/etc/docker/daemon.json", Never),
        // A file that is replaced is another one to a rule on the file as a directory.
        (What::DIR, "/usr/bin/dockerd", "/usr/bin/dockerd", Partly),
        (What::DIR, "/etc/docker", "/etc/docker", Always),
        (What::DIR, "/etc", "/etc/docker", Always),
        // Entries that come and go, and not what is written below.
        (What::WATCH, "/etc/docker", "/etc/docker", Partly),
        (What::WATCH, "/etc/docker/daemon.json", "/etc/docker", Partly),
        (What::DIR, "/etc/docker/certs.d", "/etc/docker", Partly),
        (What::DIR, "/other", "/etc/docker", Never),
        // What is not there yet.
        (What::WATCH, "/etc/docker/new", "/etc/docker/new", Always),
        (What::DIR, "/etc/docker", "/etc/docker/new", Always),
        (What::DIR, "/etc/docker/new", "/etc/docker/new", Never),
        (What::WATCH, "/none/new", "/none/new", Never),
        (What::WATCH, "/none/new", "/usr/bin/dockerd", Never),
    ] {
        assert_eq!(reach(what, rule, target), fit, "{what:?} {rule} {target}");
    }
}

#[test]
fn an_inode_is_the_same_in_every_tree() {
    let tree = Tree::new();
    tree.file("srv/lab/docker/daemon.json", "").file("etc/docker/daemon.json", "");
    let inner = System::at(tree.system().real("/srv/lab"));
    let target = Place::of(&inner, "/docker/daemon.json").unwrap();
    let rule = |path: &str| Place::of(&tree.system(), path).unwrap();
    assert_eq!(rule("/srv/lab/docker/daemon.json").reaches(What::WATCH, &target), Fit::Always);
    assert_eq!(rule("/srv/lab/docker").reaches(What::DIR, &target), Fit::Always);
    assert_eq!(rule("/docker").reaches(What::DIR, &target), Fit::Never);
    assert_eq!(rule("/etc/docker/daemon.json").reaches(What::WATCH, &target), Fit::Never);
}

#[test]
fn a_loop_of_links_is_a_gap() {
    let tree = Tree::new();
    tree.link("loop", "loop");
    assert_eq!(Place::of(&tree.system(), "/loop/x").unwrap_err().kind, GapKind::Malformed);
    assert!(Place::of(&tree.system(), "/loop").unwrap().exists());
    assert!(!Place::of(&tree.system(), "").unwrap().has_parent());
}
