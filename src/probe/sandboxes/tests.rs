use super::super::census::Parts;
use super::super::tree::Tree;
use super::*;

const ID: &str = "0523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";
const HOST: &str = "22 1 254:0 / / rw - ext4 /dev/vda rw\n";
const OWN: &str = "72 48 0:39 / / rw - overlay overlay rw\n73 72 0:42 / /proc rw - proc proc rw\n";
const WANTED: Wanted = Wanted { process: process::Wanted::STATUS, kernel: true };

/// A process: its own namespaces, its ids, its parent, its group, its program.
fn add(tree: &Tree, pid: u32, namespaces: &[(&str, u64)], ids: &str, parent: u32, group: &str, program: &str) {
    tree.process(pid, namespaces);
    tree.status(pid, &[("NSpid", Some(ids)), ("PPid", Some(&parent.to_string()))]);
    tree.file(&format!("proc/{pid}/cgroup"), format!("0::{group}\n")).link(&format!("proc/{pid}/root"), "/");
    tree.link(&format!("proc/{pid}/exe"), program)
        .file(&format!("proc/{pid}/mountinfo"), if namespaces.is_empty() { HOST } else { OWN });
}

fn own(number: u64) -> Vec<(&'static str, u64)> {
    ["mnt", "pid"].into_iter().zip(number..).collect()
}

fn sandboxes_but(tree: &Tree, listed: &[Home]) -> Vec<Sandbox> {
    let system = tree.system();
    let reference = Reference::observe(&system, None);
    let census = Census::take(&system, &reference, Parts::LEAST);
    observe(&system, &census, &reference, listed, WANTED).value().unwrap().clone()
}

fn sandboxes(tree: &Tree) -> Vec<Sandbox> {
    sandboxes_but(tree, &[])
}

fn told(tree: &Tree) -> Vec<(String, String, Runtime, usize)> {
    let told =
        |sandbox: Sandbox| (sandbox.name, sandbox.id, sandbox.runtime, sandbox.processes.value().map_or(0, Vec::len));
    sandboxes(tree).into_iter().map(told).collect()
}

fn shim(tree: &Tree, pid: u32, arguments: &[&str], config: &str) {
    add(tree, pid, &[], &pid.to_string(), 1, "/system.slice/containerd.service", "/usr/bin/containerd-shim-runc-v2");
    tree.file(&format!("proc/{pid}/cmdline"), [&["shim"], arguments].concat().join("\0") + "\0");
    tree.link(&format!("proc/{pid}/cwd"), "/run/b/this").file("run/b/this/config.json", config);
}

const CONFIG: &str = r#"{
    "process": { "user": { "uid": 7 }, "env": ["SECRET=x"], "capabilities": { "bounding": ["CAP_CHOWN"] }, "noNewPrivileges": true },
    "root": { "path": "rootfs", "readonly": true },
    "mounts": [{ "destination": "/data", "type": "bind", "source": "/srv", "options": ["rbind"] }],
    "annotations": { "io.kubernetes.cri.container-name": "web" },
    "linux": { "resources": { "memory": { "limit": 1000 }, "pids": { "limit": -1 } },
               "seccomp": { "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{ "names": ["bpf"], "action": "SCMP_ACT_ALLOW" }] } }
}"#;

#[test]
fn a_control_group_names_a_sandbox() {
    let tree = Tree::new();
    let group = format!("/machine.slice/libpod-{ID}.scope");
    add(&tree, 700, &own(4_026_533_000), "700 1", 60, &group, "/bin/web");
    add(&tree, 701, &own(4_026_533_000), "701 9", 60, &format!("{group}/container"), "/bin/sh");
    // Its monitor is none.
    add(&tree, 60, &[], "60", 1, &format!("/machine.slice/libpod-conmon-{ID}.scope"), "/usr/bin/conmon");
    tree.file("proc/60/cmdline", "conmon\0-c\0x\0-n\0pod\u{1b}[2J\0-b\0/var/b\0").link("proc/60/root", "/");
    tree.file("var/b/config.json", "{");
    assert_eq!(told(&tree), [("pod\u{1b}[2J".to_owned(), ID.to_owned(), Runtime::Podman, 2)]);
    assert_eq!(sandboxes(&tree)[0].declared.gap().unwrap().kind, crate::facts::GapKind::Malformed);
    assert_eq!(sandboxes_but(&tree, &[Home::named(ID, 0)]), []);
}

#[test]
fn a_shim_tells_what_it_keeps() {
    let tree = Tree::new();
    shim(&tree, 60, &["-namespace", "default", "-id", "mine"], CONFIG);
    add(&tree, 700, &own(4_026_533_000), "700 1", 60, "/default/mine", "/bin/web");
    let sandbox = &sandboxes(&tree)[0];
    assert_eq!((sandbox.name.as_str(), sandbox.id.as_str(), sandbox.runtime), ("web", "mine", Runtime::Containerd));
    let spec = sandbox.declared.value().unwrap();
    assert_eq!((spec.uid, spec.memory_bytes, spec.pids_limit), (7, 1000, 0));
    assert_eq!(
        (spec.capabilities.join(" ").as_str(), spec.no_new_privileges, spec.read_only_root),
        ("CHOWN", true, true)
    );
    assert_eq!(spec.seccomp.risky_syscalls, ["bpf"]);
    // Its own control group limits it, and who enters from outside is not in it.
    add(&tree, 701, &own(4_026_533_000), "701 2", 60, "/default/mine", "/bin/sh");
    add(&tree, 702, &own(4_026_533_000), "702 3", 50, "/user.slice", "/bin/sh");
    let of = |sandbox: &Sandbox| -> Vec<_> {
        let members = sandbox.processes.value().unwrap().iter();
        members.map(|m| (m.pid, m.limited.value().copied(), m.foreign.value().copied())).collect()
    };
    assert_eq!(
        of(&sandboxes(&tree)[0]),
        [(700, Some(true), Some(false)), (701, Some(true), Some(false)), (702, Some(false), Some(true))]
    );
    for namespace in ["moby", "k8s.io"] {
        shim(&tree, 60, &["-namespace", namespace, "-id", "mine"], "{}");
        let runtime = if namespace == "moby" { Runtime::Docker } else { Runtime::Containerd };
        assert_eq!(sandboxes(&tree)[0].runtime, runtime);
    }
    // One shim for a pod: the bundles lie beside each other.
    shim(&tree, 60, &["-namespace", "k8s.io", "-id", "pause"], "{}");
    add(&tree, 700, &own(4_026_533_000), "700 1", 60, &format!("/kubepods/pod1/{ID}"), "/bin/web");
    tree.file(&format!("run/b/{ID}/config.json"), CONFIG);
    assert_eq!(sandboxes(&tree)[0].name, "web");
}

#[test]
fn namespaces_of_its_own_make_a_sandbox() {
    let tree = Tree::new();
    add(&tree, 60, &[("mnt", 4_026_533_000)], "60", 50, "/user.slice/session-1.scope", "/usr/bin/unshare");
    add(&tree, 700, &own(4_026_533_000), "700 1", 60, "/user.slice/session-1.scope", "/bin/sh (deleted)");
    add(&tree, 701, &own(4_026_533_000), "701 2", 700, "/user.slice/session-1.scope", "/bin/sleep");
    // A sandbox in the sandbox is a part of it.
    add(&tree, 702, &own(4_026_533_100), "702 3 1", 701, "/user.slice/session-1.scope", "/bin/sleep");
    let found = sandboxes(&tree);
    assert_eq!(told(&tree), [("sh".to_owned(), "700".to_owned(), Runtime::Unknown, 3)]);
    let first = &found[0].processes.value().unwrap()[0];
    assert_eq!((first.pid, first.limited.gap().is_some(), first.foreign.value()), (700, true, Some(&false)));
    assert!(found[0].kernel.pids_max.gap().is_some() && found[0].declared.gap().is_some());
    assert_eq!(sandboxes_but(&tree, &[Home::named(ID, 700)]), []);
}

#[test]
fn what_is_confined_on_the_host_is_no_sandbox() {
    let tree = Tree::new();
    let all = || [own(4_026_533_000), vec![("net", 4_026_533_050), ("user", 4_026_533_051)]].concat();
    // Parts of namespaces, as services of systemd have them.
    for (number, kind) in ["mnt", "pid", "net", "ipc", "uts", "user", "cgroup"].into_iter().enumerate() {
        let pid = 700 + u32::try_from(number).unwrap();
        let ids = if kind == "pid" { format!("{pid} 1") } else { pid.to_string() };
        add(&tree, pid, &[(kind, 4_026_534_000)], &ids, 1, "/", "/usr/sbin/daemon");
    }
    // A service with PIDs of its own, on the host's root.
    add(&tree, 720, &all(), "720 1", 1, "/system.slice/web.service", "/usr/sbin/web");
    tree.file("proc/720/mountinfo", HOST);
    // A desktop application, and a browser whose sandbox is in the browser's mount namespace.
    add(&tree, 730, &own(4_026_533_200), "730 1", 1, "/user.slice/user@1000.service/app.slice/app-x.scope", "/bin/x");
    add(&tree, 740, &[("mnt", 4_026_533_300)], "740", 1, "/x.scope", "/usr/bin/browser");
    add(&tree, 741, &[("mnt", 4_026_533_300)], "741", 740, "/x.scope", "/usr/bin/browser");
    add(&tree, 742, &own(4_026_533_300), "742 1", 740, "/x.scope", "/usr/bin/browser");
    tree.file("proc/742/mountinfo", HOST);
    assert_eq!(told(&tree), []);
    // The same service on a root of its own.
    tree.file("proc/720/mountinfo", OWN);
    assert_eq!(told(&tree).len(), 1);
}

#[test]
fn hostile_neighbours() {
    let tree = Tree::new();
    add(&tree, 60, &[], "60", 1, "/", "/tmp/conmon");
    add(&tree, 700, &own(4_026_533_000), "700 1", 60, "/lxc.payload.a\\x2fb", "/x");
    for line in ["", "\0\0\0", "conmon\0-b", "conmon\0-b\0relative\0-n\0", "conmon\0-b\0/../../proc\0-n\0x\0"] {
        tree.file("proc/60/cmdline", line).link("proc/60/root", "/");
        let sandbox = &sandboxes(&tree)[0];
        assert!(sandbox.declared.gap().is_some() && sandbox.runtime == Runtime::Lxc, "{line:?}");
    }
    tree.remove("proc/60");
    assert_eq!(sandboxes(&tree)[0].name, "a/b");
    for config in ["", "[]", "{\"process\":{}}", "{\"process\":{\"user\":{\"uid\":\"x\"}},\"root\":{}}"] {
        shim(&tree, 60, &["-id", "x"], config);
        assert!(sandboxes(&tree)[0].declared.gap().is_some(), "{config}");
    }
}
