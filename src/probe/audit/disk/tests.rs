use super::super::arch::Machine;
use super::*;
use crate::probe::tree::Tree;

fn disk(tree: &Tree) -> Result<Disk, Gap> {
    let system = tree.system();
    read(Around { machine: Machine::of("x86_64").unwrap(), system: &system, asked: false })
}

fn shown(tree: &Tree) -> Vec<String> {
    disk(tree).unwrap().rules.iter().map(|rule| rule.display(Machine::of("x86_64").unwrap())).collect()
}

#[test]
fn files_come_in_the_order_of_their_numbers() {
    let mut names =
        ["9-a.rules", "10-a.rules", "10-b.rules", "a.rules", "audit.rules", "Z.rules", "010-a.rules", "1.rules"];
    names.sort_by(|a, b| version_order(a, b));
    // `ls -1v` of coreutils 9.1.
    let expect =
        ["1.rules", "9-a.rules", "010-a.rules", "10-a.rules", "10-b.rules", "Z.rules", "a.rules", "audit.rules"];
    assert_eq!(names, expect);
}

#[test]
fn some_lines_move_to_the_ends() {
    let tree = Tree::new();
    tree.file("etc/audit/rules.d/10-first.rules", "-e 2\n-w /etc -p wa\n\n# x\n-D\n-b 8192\n")
        .file("etc/audit/rules.d/20-second.rules", "-D\n-w /usr -p wa\n-e 1\n")
        .file("etc/audit/rules.d/README", "-w /none -p wa\n")
        .file("etc/audit/rules.d/.hidden.rules", "-w /none -p wa\n")
        .file("etc/audit/rules.d/two words.rules", "-w /none -p wa\n")
        .file("etc/audit/rules.d/folder.rules/x.rules", "-w /none -p wa\n")
        .file("etc/audit/audit.rules", "-w /old -p wa\n")
        .file("usr/x", "");
    assert_eq!(shown(&tree), ["-w /etc -p wa", "-w /usr -p wa"]);
    let disk = disk(&tree).unwrap();
    assert_eq!((disk.mode, disk.refused.as_slice()), (Some(1), &[][..]));
}

#[test]
fn without_the_directory_the_file_is_loaded_as_it_is() {
    let tree = Tree::new();
    assert_eq!(shown(&tree), [""; 0]);
    tree.file("etc/audit/audit.rules", "-w /etc -p wa\n-e 2\n-w /proc -p wa\n");
    assert_eq!(shown(&tree), ["-w /etc -p wa"]);
    let found = disk(&tree).unwrap();
    assert_eq!(found.mode, Some(2));
    let expect = "/etc/audit/audit.rules:3: `-w /proc -p wa`: nothing can be changed after -e 2";
    assert_eq!(found.refused, [expect]);
    // An empty directory makes an empty file.
    tree.file("etc/audit/rules.d/README", "");
    assert_eq!(shown(&tree), [""; 0]);
}

#[test]
fn loading_stops_at_a_fault() {
    let tree = Tree::new();
    let rules = |text: &str| {
        tree.file("etc/audit/rules.d/audit.rules", text);
        (shown(&tree), disk(&tree).unwrap().refused.len())
    };
    let etc = vec!["-w /etc -p wa".to_owned()];
    let both = vec!["-w /etc -p wa".to_owned(), "-w /proc -p wa".to_owned()];
    assert_eq!(rules("-w /etc -p wa\n-w /proc -p wa\n"), (both.clone(), 0));
    assert_eq!(rules("-w /etc -p wa\nnonsense\n-w /proc -p wa\n# x\n"), (etc.clone(), 2));
    assert_eq!(rules("-w /etc -p wa\n-w /none/there -p wa\n-w /proc -p wa\n"), (etc.clone(), 2));
    assert_eq!(rules("-w /etc -p wa\n-a always,exit -F dir=/none -p wa\n-w /proc -p wa\n"), (etc.clone(), 2));
    assert_eq!(rules("-w /etc -p wa\n-w /etc -p wa\n-w /proc -p wa\n"), (etc.clone(), 2));
    assert_eq!(rules("-w /etc -p wa\n-w /etc -p wa -k other\n").1, 0);
    assert_eq!(rules("-c\n-w /etc -p wa\nnonsense\n-w /proc -p wa\n"), (both.clone(), 1));
    assert_eq!(rules("-i\n-w /etc -p wa\nnonsense\n-w /proc -p wa\n"), (both, 1));
    assert_eq!(rules("nonsense\n-i\n-w /etc -p wa\n"), (vec![], 3));
}

#[test]
fn rules_are_added_before_others_and_deleted() {
    let tree = Tree::new();
    let rules = |text: &str| {
        tree.file("etc/audit/rules.d/audit.rules", text);
        shown(&tree)
    };
    assert_eq!(rules("-w /etc -p wa\n-A never,exit -S open\n"), ["-a never,exit -S open", "-w /etc -p wa"]);
    assert_eq!(rules("-w /etc -p wa\n-W /etc -p wa\n"), [""; 0]);
    assert_eq!(rules("-w /etc -p wa\n-w /proc -p wa -k t\n-D -k t\n"), ["-w /etc -p wa"]);
    assert_eq!(rules("-w /etc -p wa\n-W /etc -p w\n"), ["-w /etc -p wa"]);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let tree = Tree::new();
    tree.file("etc/audit/rules.d/a.rules", "-a always,exit -F uid=nobody-here -S open\n");
    let gap = disk(&tree).unwrap_err();
    assert_eq!(gap.kind, GapKind::Unsupported);
    assert!(gap.detail.starts_with("/etc/audit/rules.d/a.rules:1: "), "{gap}");
    tree.file("etc/audit/rules.d/a.rules", [0xFF, 0xFE, b'\n']);
    assert_eq!(disk(&tree).unwrap().refused.len(), 1);
    tree.remove("etc/audit/rules.d").file("etc/audit/rules.d", "not a directory");
    assert_eq!(shown(&tree), [""; 0]);
}
