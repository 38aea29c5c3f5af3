use super::super::tree::Tree;
use super::*;

const OWN: u64 = 4_026_531_836;
const OUTER: u64 = 4_026_532_501;
const INNER: u64 = 4_026_532_502;
const OTHER: u64 = 4_026_532_503;

/// A process: its namespace, its ids from the outermost namespace on, its parent.
fn add(tree: &Tree, pid: u32, namespace: u64, ids: &str, parent: u32) {
    tree.process(pid, &[("pid", namespace)]);
    tree.status(pid, &[("NSpid", Some(ids)), ("PPid", Some(&parent.to_string()))]);
}

fn ask(tree: &Tree, wanted: &[u64]) -> Vec<Result<Vec<u32>, GapKind>> {
    let answers = in_pid_namespaces(&tree.system(), &wanted.iter().copied().collect(), Ok(()));
    assert!(answers.keys().eq(wanted));
    let pids = |programs: &Vec<Program>| programs.iter().map(|program| program.pid).collect();
    answers.values().map(|answer| answer.value().map(pids).ok_or_else(|| answer.gap().unwrap().kind)).collect()
}

#[test]
fn names_and_executables() {
    let tree = Tree::new();
    for (pid, exe, comm) in
        [(700, "/usr/sbin/sshd (deleted)", &b"a\nb\n"[..]), (701, "/memfd:x (deleted)", b"\xff\n"), (702, "plain", b"")]
    {
        add(&tree, pid, OUTER, &format!("{pid} 1"), 1);
        tree.link(&format!("proc/{pid}/exe"), exe).file(&format!("proc/{pid}/comm"), comm);
    }
    let answers = in_pid_namespaces(&tree.system(), &[OUTER].into(), Ok(()));
    let programs = answers[&OUTER].value().unwrap();
    let told: Vec<_> = programs.iter().map(|p| (p.name.as_str(), p.executable.as_str())).collect();
    assert_eq!(told, [("a\nb", "sshd"), ("\u{fffd}", "memfd:x"), ("", "plain")]);
}

#[test]
fn every_uid_that_a_program_can_take_back_is_told_once() {
    let tree = Tree::new();
    for (pid, uids) in [(700, "0\t0\t0\t0"), (701, "1000\t1000\t0\t1000"), (702, "7\t7\t7\t7")] {
        add(&tree, pid, OUTER, &format!("{pid} 1"), 1);
        tree.status(pid, &[("Uid", Some(uids))]);
    }
    let ask = |uids| in_pid_namespaces(&tree.system(), &[OUTER].into(), uids).remove(&OUTER).unwrap();
    let told = ask(Ok(()));
    let uids: Vec<_> = told.value().unwrap().iter().map(|p| p.host_uids.value().unwrap().clone()).collect();
    assert_eq!(uids, [vec![0], vec![0, 1000], vec![7]]);
    let told = ask(Err(Gap::not_collected()));
    assert!(told.value().unwrap().iter().all(|p| p.host_uids.gap().unwrap().kind == GapKind::NotCollected));
}

#[test]
fn what_ended_is_no_program_and_a_thread_of_the_kernel_is() {
    let tree = Tree::new();
    add(&tree, 700, OUTER, "700 1", 1);
    add(&tree, 701, OUTER, "701 2", 1);
    tree.remove("proc/700/exe").remove("proc/701/exe").status(701, &[("State", Some("Z (zombie)"))]);
    assert_eq!(ask(&tree, &[OUTER]), [Ok(vec![700])]);
    assert_eq!(ask(&tree, &[OUTER, OTHER])[1], Err(GapKind::Gone));
}

#[test]
fn nested_namespaces_belong_to_the_container() {
    let tree = Tree::new();
    add(&tree, 700, OUTER, "700 1", 60);
    add(&tree, 701, OUTER, "701 2", 700);
    add(&tree, 710, INNER, "710 3 1", 701);
    add(&tree, 711, INNER, "711 4 2", 710);
    add(&tree, 720, OTHER, "720 1", 60);
    assert_eq!(ask(&tree, &[OUTER]), [Ok(vec![700, 701, 710, 711])]);
    assert_eq!(ask(&tree, &[OUTER, INNER]), [Ok(vec![700, 701, 710, 711]), Ok(vec![710, 711])]);
    assert_eq!(ask(&tree, &[OTHER]), [Ok(vec![720])]);
    assert_eq!(ask(&tree, &[OWN]), [Ok(vec![1, 2, 50])]);
}

#[test]
fn a_namespace_whose_parent_cannot_be_told_hides_all() {
    let tree = Tree::new();
    add(&tree, 700, OUTER, "700 1", 60);
    // Made with CLONE_PARENT by a session that came from outside: its parent is the shim's.
    add(&tree, 710, INNER, "710 3 1", 50);
    assert_eq!(ask(&tree, &[OUTER]), [Err(GapKind::Unsupported)]);
    assert_eq!(ask(&tree, &[OWN]), [Ok(vec![1, 2, 50])]);
    // One member that came in from outside says nothing when another tells.
    add(&tree, 711, OUTER, "711 5", 700);
    add(&tree, 712, INNER, "712 6 2", 711);
    assert_eq!(ask(&tree, &[OUTER]), [Ok(vec![700, 710, 711, 712])]);
}

#[test]
fn a_closed_process_counts_where_it_could_be() {
    let tree = Tree::new();
    add(&tree, 700, OUTER, "700 1", 1);
    add(&tree, 705, OUTER, "705 2", 1);
    // Not a namespace's name, as a refusal cannot be laid out for root.
    tree.link("proc/1/ns/pid", "closed").link("proc/705/ns/pid", "closed");
    assert_eq!(ask(&tree, &[OWN, OUTER]), [Ok(vec![1, 2, 50]), Err(GapKind::Malformed)]);
    tree.remove("proc/705");
    assert_eq!(ask(&tree, &[OWN, OUTER]), [Ok(vec![1, 2, 50]), Ok(vec![700])]);
}

#[test]
fn a_proc_that_hides_processes_answers_nothing() {
    let tree = Tree::new();
    add(&tree, 700, OUTER, "700 1", 1);
    tree.file("proc/50/mountinfo", "22 1 0:21 / /proc rw - proc proc rw,hidepid=invisible\n");
    assert_eq!(ask(&tree, &[OUTER]), [Ok(vec![700])]);
    tree.status(50, &[("CapEff", Some("0000000000000000"))]);
    assert_eq!(ask(&tree, &[OUTER]), [Err(GapKind::Denied)]);
}

#[test]
fn this_machine_runs_this_test() {
    let system = System::live();
    let own = namespace::inode(&system, "self", Kind::Pid).unwrap();
    let answers = in_pid_namespaces(&system, &[own].into(), Ok(()));
    match &answers[&own] {
        Observed::Known { value, .. } => {
            assert!(
                value
                    .iter()
                    .any(|program| program.pid == std::process::id() && program.executable.starts_with("plimsoll"))
            );
        }
        // Some machines close the executable of process 1 even to root.
        Observed::Unknown { gap, .. } => assert_eq!(gap.kind, GapKind::Denied, "{gap}"),
    }
}
