use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

fn ask(tree: &Tree, name: &str) -> Observed<String> {
    let system = tree.system();
    observe(&system, &View::observe(&system, &Reference::observe(&system, None)), name)
}

#[test]
fn names_are_read_as_sysctl_reads_them() {
    for (name, expected) in [
        ("kernel.randomize_va_space", "kernel/randomize_va_space"),
        ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
    ] {
        assert_eq!(path(name).unwrap(), expected);
    }
    for name in
        ["", ".", "..", "/", "kernel..x", "../x", "a.//.b", "kernel/../../x", "/etc/passwd", "a/./b", "a/", "a\0"]
    {
        assert!(path(name).is_err(), "{name:?}");
    }
}

#[test]
fn values_lose_their_last_newline_only() {
    let tree = Tree::new();
    tree.file("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n").file("proc/sys/kernel/empty", "\n");
    assert_eq!(ask(&tree, "net.ipv4.tcp_rmem").value().unwrap(), "4096\t131072\t6291456");
    assert_eq!(ask(&tree, "kernel.empty").value().unwrap(), "");
    assert_eq!(ask(&tree, "kernel.none").gap().unwrap().kind, GapKind::Missing);
    assert_eq!(ask(&tree, "..secret").gap().unwrap().kind, GapKind::Malformed);
}

#[test]
fn another_namespaces_setting_is_not_the_machines() {
    let tree = Tree::new();
    tree.file("proc/sys/net/ipv4/ip_forward", "0\n").file("proc/sys/kernel/kptr_restrict", "1\n");
    tree.namespace(50, "net", 4_026_532_500);
    assert_eq!(ask(&tree, "net.ipv4.ip_forward").gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(ask(&tree, "kernel.kptr_restrict").value().unwrap(), "1");
}

#[test]
fn this_machine_answers() {
    let system = System::live();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let value = observe(&system, &view, "kernel.randomize_va_space");
    assert!(["0", "1", "2"].contains(&value.value().unwrap().as_str()));
}
