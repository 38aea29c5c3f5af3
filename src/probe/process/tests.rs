use std::os::unix::ffi::OsStringExt;

use super::super::tree::{Tree, status};
use super::*;
use crate::facts::SeccompMode;

const PID: u32 = 700;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.process(PID, &[("net", 4_026_532_500), ("pid", 4_026_532_501)]);
    tree
}

fn observe_in(tree: &Tree, wanted: Wanted) -> Observed<Process> {
    let system = tree.system();
    observe(&system, PID, &Reference::observe(&system, Some(50)), wanted)
}

fn process(tree: &Tree) -> Process {
    let observed = observe_in(tree, Wanted::ALL);
    observed.value().unwrap_or_else(|| panic!("{:?}", observed.gap())).clone()
}

fn gap(tree: &Tree) -> GapKind {
    observe_in(tree, Wanted::ALL).gap().unwrap().kind
}

#[test]
fn a_process_is_told_by_its_files() {
    let tree = tree();
    tree.status(
        PID,
        &[
            ("Uid", Some("1000\t100000\t0\t0")),
            ("CapEff", Some("00000000a80425fb")),
            ("CapBnd", Some("8000020000000001")),
            ("Seccomp", Some("2")),
            ("Seccomp_filters", Some("3")),
            ("NoNewPrivs", Some("1")),
        ],
    );
    tree.file("proc/700/uid_map", "0 100000 65536\n").file("proc/700/attr/current", "docker-default (enforce)\n");
    let process = process(&tree);
    assert_eq!((process.uid, process.host_uid), (0, 100_000));
    assert_eq!(process.effective.len(), 14);
    assert_eq!(process.bounding, ["CHOWN", "CAP_41", "CAP_63"]);
    assert_eq!(process.seccomp, SeccompMode::Filter);
    assert_eq!(process.seccomp_filters, Observed::known(3));
    assert!(process.no_new_privs);
    assert_eq!(process.uid_map, Observed::known(vec![IdRange { inside: 0, outside: 100_000, length: 65536 }]));
    assert_eq!(process.lsm_label, Observed::known("docker-default (enforce)".to_owned()));
    assert_eq!(process.root_read_only, Observed::known(false));
    let net = process.namespaces.net.value().unwrap();
    assert_eq!((net.inode, net.initial.value(), net.engine.value()), (4_026_532_500, Some(&false), Some(&false)));
    let user = process.namespaces.user.value().unwrap();
    assert_eq!((user.initial.value(), user.engine.value()), (Some(&true), Some(&true)));
}

#[test]
fn a_uid_without_a_name_inside_is_minus_one() {
    let tree = tree();
    tree.status(PID, &[("Uid", Some("0\t165536\t0\t0"))]).file("proc/700/uid_map", "0 100000 65536\n");
    assert_eq!((process(&tree).uid, process(&tree).host_uid), (-1, 165_536));
    tree.file("proc/700/uid_map", "");
    assert_eq!(process(&tree).uid, -1);
}

#[test]
fn hostile_names_change_nothing() {
    let honest = process(&tree());
    for name in [&b") R 1 ("[..], b"x\\nCapEff:\\t0", b"\xff\xfe\xc3", b"", b"a:b:c", b"Uid:\t1 1 1 1", b" \t\r"] {
        let tree = tree();
        let text = status(PID).replacen("Name:\tcat", "Name:\t@", 1);
        let (before, after) = text.split_once('@').unwrap();
        tree.file("proc/700/status", [before.as_bytes(), name, after.as_bytes()].concat());
        assert_eq!(process(&tree), honest, "{name:?}");
    }
}

#[test]
fn a_status_that_is_cut_short_or_odd_is_no_status() {
    let whole = status(PID);
    let tree = tree();
    let system = tree.system();
    let reference = Reference::observe(&system, None);
    for length in 0..whole.len() - 1 {
        tree.file("proc/700/status", &whole[..length]);
        let observed = observe(&system, PID, &reference, Wanted::STATUS);
        match observed.value() {
            // The only line that may be missing is the one that older kernels do not have.
            Some(process) => assert!(length > whole.find("Seccomp:").unwrap(), "{length}: {process:?}"),
            None => assert_ne!(observed.gap().unwrap().kind, GapKind::Gone),
        }
    }
    for (line, value) in [
        ("CapEff", "fffffffffffffffff"),
        ("Uid", "0 99999999999 0 0"),
        ("Seccomp", "7"),
        ("Seccomp", "-1"),
        ("Pid", ""),
        ("NSpid", "1 x"),
    ] {
        tree.file("proc/700/status", &whole).status(PID, &[(line, Some(value))]);
        assert_eq!(gap(&tree), GapKind::Malformed, "{line} {value}");
    }
}

#[test]
fn lines_that_a_kernel_lacks_are_gaps() {
    for line in ["CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"] {
        let tree = tree();
        tree.status(PID, &[(line, None)]);
        assert_eq!(gap(&tree), GapKind::Unsupported, "{line}");
    }
    let tree = tree();
    tree.status(PID, &[("Seccomp_filters", None)]);
    assert_eq!(process(&tree).seccomp_filters.gap().unwrap().kind, GapKind::Unsupported);
    tree.file("proc/700/status", status(PID).replace("Seccomp_filters:\t0", "Seccomp_filters:\t99999999999999999999"));
    assert_eq!(process(&tree).seccomp_filters.gap().unwrap().kind, GapKind::Malformed);
}

#[test]
fn what_has_ended_is_gone() {
    let tree = tree();
    tree.status(PID, &[("State", Some("Z (zombie)"))]);
    assert_eq!(gap(&tree), GapKind::Gone);
    tree.status(PID, &[("Threads", Some("2"))]);
    assert_eq!(process(&tree).pid, PID);
    tree.remove("proc/700");
    assert_eq!(gap(&tree), GapKind::Gone);
}

#[test]
fn a_file_that_is_not_there_does_not_mean_an_end() {
    let tree = tree();
    tree.remove("proc/700/mountinfo").remove("proc/700/ns/net");
    let process = process(&tree);
    assert_eq!(process.root_read_only.gap().unwrap().kind, GapKind::Missing);
    assert_eq!(process.namespaces.net.gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn a_map_that_cannot_be_read_leaves_no_uid() {
    for text in ["0 0\n", "0 0 1 1\n", "0 0 99999999999\n", "0 -1 1\n", "x\n"] {
        let tree = tree();
        tree.file("proc/700/uid_map", text);
        assert_eq!(gap(&tree), GapKind::Malformed, "{text}");
    }
    let tree = tree();
    tree.remove("proc/700/uid_map");
    assert_eq!(gap(&tree), GapKind::Missing);
    tree.remove("proc/50/uid_map");
    assert_eq!(process(&tree).uid, 0);
}

#[test]
fn an_auditor_in_a_user_namespace_sees_no_uids_of_the_host() {
    let tree = tree();
    tree.namespace(50, "user", 4_026_532_700);
    assert_eq!(gap(&tree), GapKind::Unsupported);
}

#[test]
fn labels_come_from_apparmor_first() {
    let tree = tree();
    let label = |tree: &Tree| process(tree).lsm_label;
    assert_eq!(label(&tree).gap().unwrap().kind, GapKind::Missing);
    tree.file("proc/700/attr/current", b"system_u:system_r:container_t:s0:c1,c2\0");
    assert_eq!(label(&tree).value().unwrap(), "system_u:system_r:container_t:s0:c1,c2");
    tree.file("proc/700/attr/apparmor/current", "unconfined\n");
    assert_eq!(label(&tree).value().unwrap(), "unconfined");
}

#[test]
fn unwanted_parts_are_not_collected() {
    let observed = observe_in(&tree(), Wanted::STATUS);
    let process = observed.value().unwrap();
    for gap in [
        process.uid_map.gap(),
        process.gid_map.gap(),
        process.lsm_label.gap(),
        process.namespaces.net.gap(),
        process.root_read_only.gap(),
        process.cgroup.pids_max.gap(),
    ] {
        assert_eq!(gap.unwrap().kind, GapKind::NotCollected);
    }
}

#[test]
fn this_process_is_seen_as_it_is() {
    let system = System::live();
    let own = std::process::id();
    let reference = Reference::observe(&system, Some(own));
    let observed = observe(&system, own, &reference, Wanted::ALL);
    let process = observed.value().unwrap_or_else(|| panic!("{:?}", observed.gap()));
    assert_eq!(process.host_uid, i64::from(rustix::process::geteuid().as_raw()));
    for namespace in [&process.namespaces.net, &process.namespaces.pid, &process.namespaces.mnt] {
        assert_eq!(namespace.value().unwrap().engine, Observed::known(true));
    }
    assert!(process.root_read_only.value().is_some(), "{:?}", process.root_read_only);
}

#[test]
#[allow(clippy::disallowed_types)]
fn a_child_in_namespaces_of_its_own_is_told_apart() {
    let system = System::live();
    let mut child = std::process::Command::new("unshare")
        .args(["-n", "-u", "-i", "-p", "--fork", "--kill-child", "sleep", "5"])
        .spawn()
        .unwrap();
    let inner = (0..200)
        .find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            let path = format!("/proc/{0}/task/{0}/children", child.id());
            let pid: u32 = system.read(path).ok()?.trim().parse().ok()?;
            // Until it runs, the child is still unshare.
            (system.read(format!("/proc/{pid}/comm")).ok()? == "sleep\n").then_some(pid)
        })
        .unwrap();
    let reference = Reference::observe(&system, Some(std::process::id()));
    let observed = observe(&system, inner, &reference, Wanted::ALL);
    let same = namespace::same_pid_namespace(&system, inner);
    let programs = super::super::programs::in_pid_namespaces(
        &system,
        &[namespace::inode(&system, inner, Kind::Pid).unwrap()].into(),
        Ok(()),
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let namespaces = observed.value().unwrap().namespaces.clone();
    let engine = |namespace: &Observed<Namespace>| namespace.value().unwrap().engine.value() == Some(&true);
    assert_eq!(same, Ok(false));
    for other in [&namespaces.net, &namespaces.uts, &namespaces.ipc, &namespaces.pid] {
        assert!(!engine(other));
        assert_eq!(other.value().unwrap().initial, Observed::known(false));
    }
    for shared in [&namespaces.mnt, &namespaces.user, &namespaces.cgroup] {
        assert!(engine(shared));
    }
    let programs: Vec<_> = programs.into_values().next().unwrap().value().unwrap().clone();
    assert_eq!(programs.iter().map(|p| (p.pid, p.executable.as_str())).collect::<Vec<_>>(), [(inner, "sleep")]);
}

#[test]
#[allow(clippy::disallowed_types)]
fn a_name_that_is_no_text_is_read_from_the_kernel_too() {
    let directory = tempfile::tempdir().unwrap();
    let name = std::ffi::OsString::from_vec(b") R 1 (\n\xff".to_vec());
    let program = directory.path().join(name);
    std::fs::copy("/bin/sleep", &program).unwrap();
    let mut child = std::process::Command::new(&program).arg("5").spawn().unwrap();
    let system = System::live();
    let reference = Reference::observe(&system, None);
    let observed = observe(&system, child.id(), &reference, Wanted::STATUS);
    child.kill().unwrap();
    let zombie = observe(&system, child.id(), &reference, Wanted::STATUS);
    child.wait().unwrap();
    let gone = observe(&system, child.id(), &reference, Wanted::STATUS);
    assert_eq!(observed.value().unwrap().pid, child.id());
    assert!(zombie.value().is_some() || zombie.gap().unwrap().kind == GapKind::Gone);
    assert_eq!(gone.gap().unwrap().kind, GapKind::Gone);
}
