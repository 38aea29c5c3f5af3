use super::super::census::Parts;
use super::super::tree::Tree;
use super::*;
use crate::facts::GapKind;

const ID: &str = "0523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";
const OTHER: &str = "1523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";

/// A container's own namespaces.
fn own(number: u64) -> Vec<(&'static str, u64)> {
    ["mnt", "pid", "net", "ipc"].into_iter().zip(number..).collect()
}

/// A process with namespaces of its own in the control group of a container, or of none.
fn add(tree: &Tree, pid: u32, namespaces: &[(&str, u64)], group: &str, parent: u32) {
    tree.process(pid, namespaces);
    let depth = namespaces.iter().any(|(kind, _)| *kind == "pid");
    let ids = if depth { format!("{pid}\t7") } else { pid.to_string() };
    tree.status(pid, &[("NSpid", Some(&ids)), ("PPid", Some(&parent.to_string()))]);
    tree.file(&format!("proc/{pid}/cgroup"), format!("0::{group}\n")).link(&format!("proc/{pid}/root"), "/");
}

fn group(id: &str) -> String {
    format!("/docker/{id}")
}

/// Two containers with a process each.
fn tree() -> Tree {
    let tree = Tree::new();
    add(&tree, 60, &[], "/system.slice/docker.service", 1);
    add(&tree, 700, &own(4_026_533_000), &group(ID), 60);
    add(&tree, 800, &own(4_026_533_100), &group(OTHER), 60);
    tree
}

fn ask(tree: &Tree) -> Vec<Observed<Vec<Member>>> {
    let system = tree.system();
    let reference = Reference::observe(&system, Some(50));
    let census = Census::take(&system, &reference, Parts::LEAST);
    of(&census, &reference, &[Home::named(ID, 700), Home::named(OTHER, 800)])
}

fn members(tree: &Tree) -> Vec<Member> {
    ask(tree).remove(0).value().unwrap().clone()
}

fn member(tree: &Tree, pid: u32) -> Member {
    members(tree).into_iter().find(|member| member.pid == pid).unwrap_or_else(|| panic!("no member {pid}"))
}

#[test]
fn a_session_is_inside_and_an_intruder_is_foreign() {
    let tree = tree();
    add(&tree, 701, &own(4_026_533_000), &group(ID), 60);
    add(&tree, 702, &own(4_026_533_000), "/user.slice", 60);
    add(&tree, 703, &own(4_026_533_000), "/user.slice", 702);
    // Moved away, and its child.
    add(&tree, 704, &own(4_026_533_000), "/beyond", 700);
    add(&tree, 705, &own(4_026_533_000), "/beyond", 704);
    // A process of the host's that is in the network alone.
    add(&tree, 706, &[("net", 4_026_533_002)], "/user.slice", 60);
    // One of the host's that somebody has put into the container's control group.
    add(&tree, 707, &[], &group(ID), 60);
    let told: Vec<_> = members(&tree)
        .iter()
        .map(|m| (m.pid, m.first, *m.foreign.value().unwrap(), *m.limited.value().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (700, true, false, true),
            (701, false, false, true),
            (702, false, true, false),
            (703, false, true, false),
            (704, false, false, false),
            (705, false, false, false),
            (706, false, true, false),
            (707, false, false, true),
        ]
    );
    assert_eq!(member(&tree, 702).apart, Observed::known(Vec::new()));
    assert_eq!(member(&tree, 706).apart.value().unwrap().join(" "), "ipc mnt pid");
    assert_eq!(member(&tree, 707).on_host.value().unwrap().len(), 7);
}

#[test]
fn the_control_group_outranks_the_namespaces() {
    let tree = tree();
    // A sidecar that shares the network, by another container and by the same one.
    add(&tree, 801, &[("mnt", 4_026_533_200), ("net", 4_026_533_002)], &group(OTHER), 60);
    add(&tree, 701, &[("mnt", 4_026_533_201), ("net", 4_026_533_102)], &group(ID), 700);
    assert_eq!(members(&tree).iter().map(|m| m.pid).collect::<Vec<_>>(), [700, 701]);
    assert_eq!(member(&tree, 701).visits, [OTHER]);
    let stranger = group(&OTHER.replace('1', "2"));
    add(&tree, 702, &own(4_026_533_000), &stranger, 60);
    assert_eq!(members(&tree).len(), 2);
}

#[test]
fn nested_namespaces_are_where_their_parent_is() {
    let tree = tree();
    add(&tree, 702, &own(4_026_533_000), "/user.slice", 60);
    add(&tree, 703, &own(4_026_533_300), "/user.slice", 702);
    add(&tree, 704, &own(4_026_533_400), "/user.slice", 60);
    assert_eq!(members(&tree).iter().map(|m| m.pid).collect::<Vec<_>>(), [700, 702, 703]);
}

#[test]
fn namespaces_of_the_machine_and_of_the_engine_make_no_member() {
    let tree = Tree::new();
    add(&tree, 50, &[("net", 4_026_533_002)], "/", 1);
    tree.link("proc/self", "50");
    add(&tree, 60, &[("net", 4_026_533_002)], "/x", 1);
    add(&tree, 700, &[("net", 4_026_533_002), ("mnt", 4_026_533_000)], &group(ID), 60);
    add(&tree, 800, &own(4_026_533_100), &group(OTHER), 60);
    assert_eq!(members(&tree).iter().map(|m| m.pid).collect::<Vec<_>>(), [700]);
}

#[test]
fn a_first_process_that_was_moved_is_still_the_first() {
    let tree = tree();
    tree.file("proc/700/cgroup", "0::/beyond\n");
    add(&tree, 701, &own(4_026_533_000), "/beyond", 60);
    let first = member(&tree, 700);
    assert_eq!((first.limited.value(), first.foreign.value()), (Some(&false), Some(&false)));
    assert_eq!(member(&tree, 701).foreign.gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn what_ended_is_gone() {
    let tree = tree();
    add(&tree, 701, &own(4_026_533_000), &group(ID), 60);
    tree.status(701, &[("State", Some("Z (zombie)"))]);
    assert_eq!(members(&tree).len(), 1);
    tree.remove("proc/700");
    assert_eq!(ask(&tree)[0].gap().unwrap().kind, GapKind::Gone);
    assert!(ask(&tree)[1].value().is_some());
}

/// A process whose first thread has ended goes on in its other threads.
#[test]
fn a_dead_first_thread_hides_nothing() {
    let tree = tree();
    add(&tree, 701, &own(4_026_533_000), "/user.slice", 60);
    tree.status(701, &[("State", Some("Z (zombie)")), ("Threads", Some("2"))])
        .remove("proc/701/ns")
        .remove("proc/701/exe");
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
        let inode =
            own(4_026_533_000).into_iter().find(|(name, _)| *name == kind).map_or(4_026_531_838, |(_, inode)| inode);
        tree.link(&format!("proc/701/task/709/ns/{kind}"), format!("{kind}:[{inode}]"));
    }
    tree.file("proc/701/task/701/comm", "x");
    assert_eq!(member(&tree, 701).foreign, Observed::known(true));
}

#[test]
fn a_process_that_cannot_be_placed_blinds_all() {
    let tree = tree();
    tree.process(900, &[]).link("proc/900/ns/net", "closed");
    for found in ask(&tree) {
        assert_eq!(found.gap().unwrap().kind, GapKind::Malformed);
    }
    // In a container's own control group it is that container's, whatever else of it is closed.
    tree.file("proc/900/cgroup", format!("0::{}\n", group(ID)));
    assert_eq!(member(&tree, 900).apart.gap().unwrap().kind, GapKind::Malformed);
    tree.remove("proc/900").link("proc/1/ns/net", "closed");
    assert_eq!(members(&tree).len(), 1);
    tree.file("proc/50/mountinfo", "22 1 0:21 / /proc rw - proc proc rw,hidepid=2\n")
        .status(50, &[("CapEff", Some("0"))]);
    assert_eq!(ask(&tree)[0].gap().unwrap().kind, GapKind::Denied);
    tree.namespace(50, "pid", 4_026_533_999).status(50, &[("CapEff", Some("000001ffffffffff"))]);
    assert_eq!(ask(&tree)[0].gap().unwrap().kind, GapKind::Unsupported);
}

#[test]
fn hostile_names_change_nothing() {
    let tree = tree();
    add(&tree, 701, &own(4_026_533_000), "/user.slice", 60);
    for name in [") R 1 (", "runc:[2:INIT]", "x\\nPPid:\\t700", "\u{1b}[2J", "Uid:\t1 1 1 1", ""] {
        tree.status(701, &[("Name", Some(name))]);
        let told = member(&tree, 701);
        assert_eq!((told.foreign.value(), told.process.value().unwrap().uid), (Some(&true), 0), "{name}");
    }
    for group in ["/user.slice\\012/docker", "/x (deleted)", "/../docker/x", "/docker//x"] {
        tree.file("proc/701/cgroup", format!("0::{group}\n"));
        assert_eq!(member(&tree, 701).foreign, Observed::known(true), "{group}");
    }
}
