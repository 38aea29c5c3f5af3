use super::super::tree::Tree;
use super::*;

const NET: u64 = 4_026_531_992;

fn net(tree: &Tree, inode: u64) -> Observed<bool> {
    Namespaces::observe(&tree.system(), None).is_initial(Kind::Net, inode)
}

#[test]
fn links_that_name_no_namespace_are_malformed() {
    for target in ["net:[]", "net:[x]", "net:[99999999999999999999999]", "mnt:[1]", "net:[1", "/etc/passwd"] {
        let tree = Tree::new();
        tree.link("proc/7/ns/net", target);
        assert_eq!(inode(&tree.system(), 7, Kind::Net).unwrap_err().kind, GapKind::Malformed, "{target}");
    }
}

#[test]
fn process_two_stands_in_for_process_one() {
    let tree = Tree::new();
    assert_eq!(net(&tree, NET), Observed::known(true));
    tree.remove("proc/1/ns");
    assert_eq!(net(&tree, NET), Observed::known(true));
    assert_eq!(net(&tree, 4_026_532_500), Observed::known(false));
}

#[test]
fn who_reads_neither_learns_by_comparison() {
    let tree = Tree::new();
    tree.remove("proc/1/ns").remove("proc/2/ns").file("proc/1/net/dev", "").file("proc/50/net/dev", "");
    assert_eq!(net(&tree, NET).gap().unwrap().kind, GapKind::Missing);
    tree.remove("proc/50/net").link("proc/50/net", "../1/net");
    assert_eq!(net(&tree, NET), Observed::known(true));
    let mnt = Namespaces::observe(&tree.system(), None).is_initial(Kind::Mnt, 4_026_531_841);
    assert_eq!(mnt, Observed::known(true));
    tree.file("proc/50/mountinfo", "95 1 254:0 / / rw - ext4 /dev/vda rw\n");
    let mnt = Namespaces::observe(&tree.system(), None).is_initial(Kind::Mnt, 4_026_531_841);
    assert_eq!(mnt.gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn in_a_pid_namespace_of_its_own_an_auditor_has_no_reference() {
    let tree = Tree::new();
    tree.namespace(50, "pid", 4_026_532_501);
    assert_eq!(net(&tree, NET).gap().unwrap().kind, GapKind::Unsupported);
    // The kernel gives this number to nothing else.
    assert_eq!(net(&tree, 4_026_531_833), Observed::known(true));
    let reference = Namespaces::observe(&tree.system(), None);
    assert_eq!(reference.is_initial(Kind::User, 4_026_531_837), Observed::known(true));
    assert_eq!(reference.is_initial(Kind::User, 4_026_531_836), Observed::known(false));
}

#[test]
fn an_engine_that_is_not_known_or_gone_compares_with_nothing() {
    let tree = Tree::new();
    let engine = |pid| Namespaces::observe(&tree.system(), pid).compare(Kind::Net, NET).engine;
    assert_eq!(engine(Some(1)), Observed::known(true));
    assert_eq!(engine(None).gap().unwrap().kind, GapKind::Missing);
    assert_eq!(engine(Some(999)).gap().unwrap().kind, GapKind::Gone);
}

#[test]
fn pid_namespaces_are_compared() {
    let tree = Tree::new();
    tree.process(700, &[("pid", 4_026_532_501)]);
    assert_eq!(same_pid_namespace(&tree.system(), 1), Ok(true));
    assert_eq!(same_pid_namespace(&tree.system(), 700), Ok(false));
    assert_eq!(same_pid_namespace(&tree.system(), 701).unwrap_err().kind, GapKind::Gone);
}
