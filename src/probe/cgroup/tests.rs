use super::super::tree::Tree;
use super::*;

const UNIFIED: &str = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const V1: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
    35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
    39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
    41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
const BASE: &str = "sys/fs/cgroup";

fn tree(mounts: &str, groups: &str) -> Tree {
    let tree = Tree::new();
    tree.file("proc/50/mountinfo", mounts).file("proc/700/cgroup", groups);
    tree
}

fn look(tree: &Tree, resource: Resource) -> Result<Option<i64>, Gap> {
    let system = tree.system();
    limit(&system, &Hierarchies::observe(&system)?, &groups(&system, 700)?, resource, Reach::Root)
}

fn memory(tree: &Tree) -> Result<Option<i64>, GapKind> {
    look(tree, Resource::Memory).map_err(|gap| gap.kind)
}

fn pids(tree: &Tree) -> Result<Option<i64>, GapKind> {
    look(tree, Resource::Pids).map_err(|gap| gap.kind)
}

#[test]
fn the_lowest_limit_on_the_way_up_counts() {
    let tree = tree(UNIFIED, "0::/a.slice/b.scope\n");
    tree.file(&format!("{BASE}/a.slice/b.scope/memory.max"), "1073741824\n")
        .file(&format!("{BASE}/a.slice/memory.max"), "max\n")
        .file(&format!("{BASE}/a.slice/b.scope/pids.max"), "max\n")
        .file(&format!("{BASE}/a.slice/pids.max"), "512\n");
    assert_eq!((memory(&tree), pids(&tree)), (Ok(Some(1 << 30)), Ok(Some(512))));
    tree.file(&format!("{BASE}/a.slice/memory.max"), "4096\n").file(&format!("{BASE}/a.slice/pids.max"), "max\n");
    assert_eq!((memory(&tree), pids(&tree)), (Ok(Some(4096)), Ok(None)));
}

#[test]
fn a_controller_that_is_off_in_a_group_limits_higher_up() {
    let tree = tree(UNIFIED, "0::/a.slice/b.scope\n");
    tree.file(&format!("{BASE}/a.slice/b.scope/cgroup.controllers"), "cpu pids\n")
        .file(&format!("{BASE}/a.slice/memory.max"), "4096\n");
    assert_eq!(memory(&tree), Ok(Some(4096)));
    // A controller that is on has its file, and a group has its list of controllers.
    assert_eq!(pids(&tree), Err(GapKind::Missing));
    tree.remove(&format!("{BASE}/a.slice/b.scope"));
    assert_eq!(memory(&tree), Err(GapKind::Missing));
}

#[test]
fn the_root_group_is_without_limits() {
    assert_eq!(memory(&tree("", "0::/\n")), Ok(None));
    assert_eq!(pids(&tree(V1, "8:pids:/\n4:memory:/\n0::/x\n")), Ok(None));
}

#[test]
fn version_one_has_a_hierarchy_for_each_controller() {
    let tree = tree(V1, "8:pids:/docker/c\n4:memory:/docker/c\n1:name=systemd:/\n0::/docker/c\n");
    tree.file(&format!("{BASE}/memory/docker/c/memory.limit_in_bytes"), "9223372036854771712\n")
        .file(&format!("{BASE}/memory/docker/memory.limit_in_bytes"), "9223372036854771712\n")
        .file(&format!("{BASE}/pids/docker/c/pids.max"), "100\n")
        .file(&format!("{BASE}/pids/docker/pids.max"), "max\n");
    assert_eq!((memory(&tree), pids(&tree)), (Ok(None), Ok(Some(100))));
    tree.file(&format!("{BASE}/memory/docker/memory.limit_in_bytes"), "41943040\n");
    assert_eq!(memory(&tree), Err(GapKind::Missing));
    tree.file(&format!("{BASE}/memory/docker/memory.use_hierarchy"), "0\n");
    assert_eq!(memory(&tree), Ok(None));
    tree.file(&format!("{BASE}/memory/docker/memory.use_hierarchy"), "1\n");
    assert_eq!(memory(&tree), Ok(Some(41_943_040)));
}

#[test]
fn hybrid_layouts_ask_the_hierarchy_that_has_the_controller() {
    let mounts = V1.lines().filter(|line| !line.contains("pids")).collect::<Vec<_>>().join("\n");
    let tree = tree(&mounts, "4:memory:/docker/c\n0::/docker/c\n");
    tree.file(&format!("{BASE}/memory/docker/c/memory.limit_in_bytes"), "4096\n")
        .file(&format!("{BASE}/memory/docker/memory.limit_in_bytes"), "9223372036854771712\n")
        .file(&format!("{BASE}/unified/docker/c/pids.max"), "7\n")
        .file(&format!("{BASE}/unified/docker/cgroup.controllers"), "\n");
    assert_eq!((memory(&tree), pids(&tree)), (Ok(Some(4096)), Ok(Some(7))));
}

#[test]
fn joint_controllers_share_a_mount() {
    let tree = tree("35 31 0:32 / /cg\\040x rw - cgroup cgroup rw,cpu,memory\n", "4:cpu,memory:/c\n");
    tree.file("cg x/c/memory.limit_in_bytes", "0\n");
    assert_eq!(memory(&tree), Ok(Some(0)));
    // No hierarchy has the pids controller, so nothing can have set a limit.
    assert_eq!(pids(&tree), Ok(None));
}

#[test]
fn what_is_out_of_view_is_unknown() {
    assert_eq!(memory(&tree("", "0::/c\n")), Err(GapKind::Missing));
    assert_eq!(memory(&tree("", "4:memory:/c\n")), Err(GapKind::Missing));
    let part = UNIFIED.replace("0:28 / ", "0:28 /docker ");
    assert_eq!(memory(&tree(&part, "0::/docker/c\n")), Err(GapKind::Missing));
    assert_eq!(memory(&tree(UNIFIED, "0::/../c\n")), Err(GapKind::Unsupported));
    assert_eq!(memory(&tree(UNIFIED, "0::/c (deleted)\n")), Err(GapKind::Gone));
    let tree = tree(UNIFIED, "0::/\n");
    tree.namespace(50, "cgroup", 4_026_532_900);
    assert_eq!(memory(&tree), Err(GapKind::Unsupported));
    tree.remove("proc/50/ns/cgroup");
    assert_eq!(memory(&tree), Ok(None));
}

#[test]
fn numbers_that_are_none_are_malformed() {
    for text in ["", "4096", "x\n", "-1\n", "99999999999999999999\n", "18446744073709551615\n", "1 2\n"] {
        let tree = tree(UNIFIED, "0::/c\n");
        tree.file(&format!("{BASE}/c/memory.max"), text);
        assert_eq!(memory(&tree), Err(GapKind::Malformed), "{text:?}");
    }
    for text in ["0::", "0", "x::/\n", "0:/\n"] {
        assert_eq!(memory(&tree(UNIFIED, text)), Err(GapKind::Malformed), "{text:?}");
    }
    assert_eq!(memory(&tree("31 23 0:28 / /x rw - cgroup2\n", "0::/c\n")), Err(GapKind::Malformed));
}
