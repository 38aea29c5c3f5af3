use super::super::tree::Tree;
use super::*;

fn points(text: &str) -> Vec<String> {
    parse(text).unwrap().into_iter().map(|mount| format!("{} {}", mount.mount_point, mount.filesystem)).collect()
}

#[test]
fn escapes_are_decoded_and_options_joined() {
    let text = "22 1 254:0 / / rw,nosuid - ext4 /dev/vda ro,discard\n\
        23 22 0:5 /a\\040b /mnt/x\\011y rw shared:3 master:2 - fuse.ssh\\040fs user@host:/\\134 rw,user_id=0\n\
        24 22 0:6 / /empty rw -  rw\n";
    let text = text.replace("-  rw", "- tmpfs  rw");
    let mounts = parse(&text).unwrap();
    assert_eq!(mounts[0].options, ["discard", "nosuid", "ro"]);
    assert_eq!((mounts[1].root.as_str(), mounts[1].mount_point.as_str()), ("/a b", "/mnt/x\ty"));
    assert_eq!((mounts[1].filesystem.as_str(), mounts[1].source.as_str()), ("fuse.ssh fs", "user@host:/\\"));
    assert_eq!(mounts[2].source, "none");
}

#[test]
fn what_is_covered_is_left_out() {
    let text = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
        25 22 0:1 / /tmp rw,noexec - tmpfs a rw\n\
        26 25 0:2 / /tmp rw - ramfs b rw\n\
        27 25 0:3 / /tmp/hidden rw - proc c rw\n\
        28 26 0:4 / /tmp/seen rw - sysfs d rw\n\
        29 22 0:5 / /a/b rw - tmpfs e rw\n\
        30 22 0:6 / /a rw - ramfs f rw\n\
        31 29 0:7 / /a/b/c rw - proc g rw\n\
        32 22 0:8 / /ab rw - sysfs h rw\n";
    assert_eq!(points(text), ["/ ext4", "/tmp ramfs", "/tmp/seen sysfs", "/a ramfs", "/ab sysfs"]);
}

#[test]
fn what_covers_the_root_directory_is_not_entered() {
    let text = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
        23 22 0:1 / / ro - tmpfs over ro\n\
        24 23 0:2 / /over rw - proc x rw\n\
        25 22 0:3 / /under rw - sysfs y rw\n";
    assert_eq!(points(text), ["/ ext4", "/under sysfs"]);
}

#[test]
fn circles_end() {
    assert_eq!(points("1 2 0:1 / /a rw - a a rw\n2 1 0:1 / /b rw - b b rw\n"), ["/a a", "/b b"]);
    assert_eq!(points("1 1 0:1 / / rw - a a rw\n"), ["/ a"]);
}

#[test]
fn process_one_is_asked_first_and_only_on_the_machine() {
    let tree = Tree::new();
    let found = || observe(&tree.system());
    assert!(matches!(found(), Observed::Known { source: None, .. }));
    tree.remove("proc/1/mountinfo");
    assert!(matches!(found(), Observed::Known { source: Some(path), .. } if path == "/proc/2/mountinfo"));
    tree.remove("proc/2/mountinfo");
    assert!(matches!(found(), Observed::Known { source: Some(path), .. } if path == "/proc/self/mountinfo"));
    tree.namespace(50, "mnt", 4_026_532_300);
    assert_eq!(found().gap().unwrap().kind, GapKind::Missing);
    tree.namespace(50, "pid", 4_026_532_301).file("proc/1/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
    assert_eq!(found().gap().unwrap().kind, GapKind::Unsupported);
}

#[test]
fn a_path_is_a_mount_itself_or_not() {
    let tree = Tree::new();
    tree.file(
        "proc/1/mountinfo",
        "22 1 254:0 / / rw - ext4 /dev/vda rw\n25 22 0:1 / /tmp rw,noexec - tmpfs a rw\n26 25 0:2 / /tmp rw - ramfs b rw\n",
    );
    let paths = ["/tmp".to_owned(), "/tmp/x".to_owned()];
    let found = at(&tree.system(), paths.iter());
    assert_eq!(found["/tmp"].value().unwrap().as_ref().unwrap().filesystem, "ramfs");
    assert_eq!(found["/tmp/x"].value().unwrap(), &None);
    tree.file("proc/1/mountinfo", "torn\n");
    assert_eq!(at(&tree.system(), paths.iter())["/tmp"].gap().unwrap().kind, GapKind::Malformed);
}

#[test]
fn bad_files_are_gaps() {
    for text in ["", "22 1 254:0 / /", "x\n", "22 1 254:0 / / rw ext4 /dev/vda rw\n"] {
        let tree = Tree::new();
        tree.file("proc/1/mountinfo", text);
        assert_eq!(observe(&tree.system()).gap().unwrap().kind, GapKind::Malformed, "{text:?}");
    }
}

#[test]
fn this_machine_has_a_root() {
    let mounts = observe(&System::live());
    let mounts = mounts.value().unwrap();
    assert_eq!(mounts.iter().filter(|mount| mount.mount_point == "/").count(), 1);
    assert!(mounts.iter().any(|mount| mount.mount_point == "/proc" && mount.filesystem == "proc"));
}
