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

fn mount(point: &str, root: &str, device: &str) -> HostMount {
    let [mount_point, root, device] = [point, root, device].map(str::to_owned);
    HostMount { mount_point, root, device, filesystem: String::new(), source: String::new(), options: Vec::new() }
}

#[test]
fn what_a_bind_mount_shows_lies_elsewhere_too() {
    let machine = [mount("/", "/", "254:0"), mount("/srv", "/", "254:16"), mount("/data", "/pool", "254:16")];
    let find = |path: &str, seen: &[HostMount]| elsewhere(Path::new(path), seen, &machine);
    let inner =
        [mount("/", "/", "254:0"), mount("/etc/default", "/lab/default", "254:0"), mount("/x", "/pool/x", "254:16")];
    assert_eq!(find("/etc/default/docker", &inner), [Path::new("/lab/default/docker")]);
    assert_eq!(find("/etc/passwd", &inner), [Path::new("/etc/passwd")]);
    assert_eq!(find("/x/y", &inner), [Path::new("/srv/pool/x/y"), Path::new("/data/x/y")]);
    assert!(find("/x", &[mount("/x", "/", "0:99")]).is_empty());
    assert!(find("/x", &[]).is_empty());
}

#[test]
fn directories_of_both_paths_are_above() {
    let tree = Tree::new();
    tree.file("lab/default/docker", "").file("inner/etc/default/other", "").file("other/file", "");
    let system = tree.system();
    std::fs::hard_link(system.real("/lab/default/docker"), system.real("/inner/etc/default/docker")).unwrap();
    let inner = System::at(system.real("/inner"));
    let mut target = Place::of(&inner, "/etc/default/docker").unwrap();
    let rule = |path: &str| Place::of(&system, path).unwrap();
    assert_eq!(rule("/lab").reaches(What::DIR, &target), Fit::Never);
    target.also_at(&system, Path::new("/lab/default/docker")).unwrap();
    assert_eq!(rule("/lab").reaches(What::DIR, &target), Fit::Always);
    // Something else at the other path is something else.
    target.also_at(&system, Path::new("/other/file")).unwrap();
    assert_eq!(rule("/other").reaches(What::DIR, &target), Fit::Never);
}
