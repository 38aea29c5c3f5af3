use super::super::tree::Tree;
use super::*;

fn view(tree: &Tree) -> View {
    let system = tree.system();
    View::observe(&system, &Reference::observe(&system, None))
}

#[test]
fn a_full_view_has_nothing_to_tell() {
    let view = view(&Tree::new());
    assert_eq!(view.notices(), Vec::<String>::new());
    assert!(Kind::ALL.into_iter().all(|kind| view.clear(kind).is_ok()));
}

#[test]
fn each_mask_is_told() {
    let tree = Tree::new();
    tree.namespace(50, "net", 4_026_532_500).status(50, &[("CapEff", Some("0000000000000004"))]);
    let view = view(&tree);
    assert_eq!(view.initial(Kind::Net), Observed::known(false));
    assert_eq!(view.initial(Kind::Mnt), Observed::known(true));
    assert_eq!(view.lacks().value().unwrap(), &["SYS_PTRACE"]);
    assert_eq!(view.notices().len(), 2);
}

#[test]
fn what_cannot_be_compared_is_not_clear() {
    let tree = Tree::new();
    tree.namespace(50, "pid", 4_026_532_501).remove("proc/50/status");
    let view = view(&tree);
    assert_eq!(view.clear(Kind::Pid).unwrap_err().kind, GapKind::Unsupported);
    assert_eq!(view.clear(Kind::Mnt).unwrap_err().kind, GapKind::Unsupported);
    assert!(view.lacks().gap().is_some());
    assert_eq!(view.notices().len(), 4);
}
