use super::super::grammar::{Around, Command, parse};
use super::*;
use crate::probe::tree::Tree;

/// A machine with an engine's files.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("usr/bin/dockerd", "").file("usr/bin/chcon", "").file("etc/docker/daemon.json", "");
    tree.file("var/lib/docker/overlay2/x", "").link("bin", "usr/bin");
    tree.file("etc/passwd", "root:x:0:0::/:/bin/sh\n").file("etc/group", "root:x:0:\n");
    tree
}

fn machine() -> Machine {
    Machine::of("x86_64").unwrap()
}

fn rule(system: &System, line: &str, asked: bool) -> Rule {
    match parse(line, Around { machine: machine(), system, asked }) {
        Ok(Command::Add { rule, .. }) => rule,
        other => panic!("{line}: {other:?}"),
    }
}

fn parsed(system: &System, lines: &[&str]) -> Vec<Rule> {
    lines.iter().map(|line| rule(system, line, false)).collect()
}

/// The accesses to a path that rules record, and how many exceptions there are.
fn watched(lines: &[&str], path: &str) -> (String, usize) {
    let tree = tree();
    let system = tree.system();
    let rules = parsed(&system, lines);
    let place = Place::of(&system, path).unwrap();
    let (mut letters, mut exceptions) = (String::new(), 0);
    for (bit, letter) in ACCESSES {
        let recorded = Rules::located(&rules, &system).unwrap().record(&Wanted::at(place.clone(), bit, machine()));
        letters.extend(recorded.all.then_some(letter));
        exceptions += recorded.exceptions.len();
    }
    (letters, exceptions)
}

fn records(lines: &[&str], path: &str) -> String {
    let (letters, exceptions) = watched(lines, path);
    assert_eq!(exceptions, 0, "{lines:?}");
    letters
}

const DOCKERD: &str = "/usr/bin/dockerd";

#[test]
fn a_watch_records_its_accesses() {
    assert_eq!(records(&[], DOCKERD), "");
    assert_eq!(records(&["-w /usr/bin/dockerd"], DOCKERD), "rwxa");
    assert_eq!(records(&["-w /usr/bin/dockerd -p wa"], DOCKERD), "wa");
    assert_eq!(records(&["-w /usr/bin/dockerd -p x"], DOCKERD), "x");
    assert_eq!(records(&["-w /usr/bin/dockerd -p w", "-w /usr/bin -p a"], DOCKERD), "wa");
    assert_eq!(records(&["-w /bin/dockerd -p wa"], DOCKERD), "wa");
    assert_eq!(records(&["-w /usr -p wa -k any"], DOCKERD), "wa");
    assert_eq!(records(&["-a always,exit -F path=/usr/bin/dockerd -F perm=wa"], DOCKERD), "wa");
    assert_eq!(records(&["-a always,exit -F path=/usr/bin/dockerd"], DOCKERD), "rwxa");
    assert_eq!(records(&["-a always,exit -F dir=/usr/bin -p wa"], DOCKERD), "wa");
}

#[test]
fn what_only_looks_like_a_watch_records_nothing() {
    for line in [
        "-w /usr/bin/docker -p wa",
        "-w /usr/bin/dockerd2 -p wa",
        "-w /usr/bin/dockerd/x -p wa",
        "-a always,exit -F dir=/usr/bin/dockerd -p wa",
        "-a always,exit -F path=/usr/bin/dockerd -F perm=wa -F uid=1000",
        "-a always,exit -F path=/usr/bin/dockerd -F perm=wa -F exe=/bin/sh",
        "-a always,exit -F path=/usr/bin/dockerd -F perm=wa -F success=1",
        "-a always,exit -F arch=b64 -F path=/usr/bin/dockerd -F perm=wa",
        "-a always,exit -F arch=b32 -F path=/usr/bin/dockerd -F perm=wa",
        "-a always,exit -F path=/usr/bin/dockerd -F perm=wa -S open",
        "-a always,user -F uid=0",
        "-a always,exit -F inode=1 -p wa",
        "-a always,exit -F dir!=/usr/bin -p wa",
    ] {
        assert_eq!(records(&[line], DOCKERD), "", "{line}");
    }
    assert_eq!(records(&["-w /etc/docker/daemon.json -p wa"], "/etc/docker"), "");
    assert_eq!(records(&["-a always,exit -F path=/etc/docker -p wa"], "/etc/docker"), "");
}

#[test]
fn both_widths_and_all_calls_count_together() {
    let (b64, b32) = (
        "-a always,exit -F arch=b64 -F path=/usr/bin/dockerd -F perm=wa",
        "-a always,exit -F arch=b32 -F path=/usr/bin/dockerd -F perm=wa",
    );
    assert_eq!(records(&[b64, b32], DOCKERD), "wa");
    assert_eq!(records(&["-a always,exit -F arch!=b64 -F path=/usr/bin/dockerd -F perm=wa", b64], DOCKERD), "wa");
    // Newer auditctl names the calls of the accesses.
    let names = CALLS[1].1.join(",");
    let with = |arch: &str| format!("-a always,exit -F arch={arch} -S {names} -F path=/usr/bin/dockerd -F perm=w");
    assert_eq!(records(&[&with("b64"), &with("b32")], DOCKERD), "w");
    let changes = "-a always,exit -S all -F path=/usr/bin/dockerd -F perm=a";
    assert_eq!(records(&[&with("b64"), &with("b32"), changes], DOCKERD), "wa");
    assert_eq!(records(&["-a always,exit -S all"], DOCKERD), "rwxa");
}

#[test]
fn the_first_rule_that_fits_decides() {
    let watch = "-w /usr/bin/dockerd -p wa";
    for never in [
        "-a never,exit -F dir=/usr",
        "-a never,exit -F path=/usr/bin/dockerd",
        "-a never,exit -F path=/usr/bin/dockerd -F perm=wa",
        "-a never,exit -S all",
        "-a never,task",
        "-a always,exclude -F msgtype=SYSCALL",
        "-a never,exclude -F msgtype=PATH",
        "-a never,exclude -F msgtype>=1300 -F msgtype<=1399",
        "-a never,exit -F dir!=/etc",
    ] {
        assert_eq!(records(&[never, watch], DOCKERD), "", "{never}");
    }
    assert_eq!(records(&["-a never,exit -F path=/usr/bin/dockerd -F perm=w", watch], DOCKERD), "a");
    // It has been recorded when they come, unless they are on another list.
    assert_eq!(records(&[watch, "-a never,exit -S all"], DOCKERD), "wa");
    assert_eq!(records(&[watch, "-a never,task"], DOCKERD), "");
    for other in [
        "-a never,exit -F dir=/etc",
        "-a never,exit -F path=/usr/bin/docker",
        "-a never,exit -F path=/usr/bin/dockerd -F perm=r",
        "-a never,exclude -F msgtype=CWD",
        "-a never,filesystem -F fstype=tracefs",
        "-a never,user -F uid=0",
        "-a never,exit -S adjtimex",
    ] {
        assert_eq!(records(&[other, watch], DOCKERD), "wa", "{other}");
    }
}

#[test]
fn what_leaves_a_part_out_is_an_exception() {
    let watch = "-w /usr/bin/dockerd -p wa";
    for never in [
        "-a never,exit -F uid=0",
        "-a never,exit -F auid=unset",
        "-a never,exit -F dir=/usr -F exe=/usr/bin/dpkg",
        "-a never,task -F uid=0",
        "-a never,exclude -F uid=0",
        "-a never,filesystem -F fstype=0xEF53",
        "-a never,exit -F inode=5",
    ] {
        assert_eq!(watched(&[never, watch], DOCKERD), ("wa".to_owned(), 2), "{never}");
        assert_eq!(watched(&[never], DOCKERD), (String::new(), 0), "{never}");
    }
    // A part of a directory.
    let lines = ["-a never,exit -F dir=/var/lib/docker/overlay2", "-w /var/lib/docker -p wa"];
    assert_eq!(watched(&lines, "/var/lib/docker"), ("wa".to_owned(), 2));
}

/// Whether rules record what another one would.
fn satisfied(asked: &str, lines: &[&str]) -> (bool, usize) {
    let tree = tree();
    let system = tree.system();
    let wanted = Wanted::of(&rule(&system, asked, true), machine(), |path| Place::of(&system, path)).unwrap();
    let rules = parsed(&system, lines);
    let recorded = Rules::located(&rules, &system).unwrap().record(&wanted);
    (recorded.all, recorded.exceptions.len())
}

#[test]
fn a_rule_is_kept_by_itself_and_by_what_records_more() {
    let asked = "-a always,exit -F arch=b64 -S execve -C uid!=euid -F auid!=unset";
    for (lines, all) in [
        (&[asked][..], true),
        (&["-a always,exit -F arch=b64 -C euid!=uid -F auid!=-1 -S execve -k x"], true),
        (&["-a always,exit -F arch=b64 -S execve,execveat"], true),
        (&["-a always,exit -F arch=b64 -S all"], true),
        (&["-a always,exit -S execve -C uid!=euid"], true),
        (&["-a always,exit -F arch=b32 -S execve -C uid!=euid -F auid!=unset"], false),
        (&["-a always,exit -F arch=b64 -S execve -C uid!=euid -F auid>=1000"], false),
        (&["-a always,exit -F arch=b64 -S execve -C uid=euid -F auid!=unset"], false),
        (&["-a always,exit -F arch=b64 -S execve -C gid!=egid -F auid!=unset"], false),
        (&["-a always,exit -F arch=b64 -S execveat -C uid!=euid -F auid!=unset"], false),
        (&["-a never,exit -F arch=b64 -S execve", asked], false),
        (&["-w /usr/bin -p x"], false),
        (&[], false),
    ] {
        assert_eq!(satisfied(asked, lines), (all, 0), "{lines:?}");
    }
}

#[test]
fn calls_may_stand_in_several_rules() {
    let asked = "-a always,exit -F arch=b64 -S adjtimex,settimeofday";
    let (one, other) = ("-a always,exit -F arch=b64 -S adjtimex", "-a always,exit -F arch=b64 -S settimeofday -k t");
    assert_eq!(satisfied(asked, &[one, other]), (true, 0));
    assert_eq!(satisfied(asked, &[one]), (false, 0));
    let chrony = "-a never,exit -F arch=b64 -S adjtimex -F auid=unset -F uid=0";
    assert_eq!(satisfied(asked, &[chrony, one, other]), (true, 1));
    assert_eq!(satisfied(asked, &["-a never,exit -F arch=b64 -S adjtimex", one, other]), (false, 0));
    assert_eq!(
        satisfied(
            "-a always,exit -F arch=b64 -S clock_settime -F a0=0",
            &["-a always,exit -S clock_settime -F a0=0x0"]
        ),
        (true, 0)
    );
}

#[test]
fn people_are_no_services() {
    let asked = "-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=UID_MIN -F auid!=unset";
    let services = "-a never,exit -F auid=unset";
    for (lines, all) in [
        (&[asked.replace("UID_MIN", "1000").as_str()][..], true),
        (&["-w /usr/bin/chcon -p x"], true),
        (&["-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=500 -F auid!=4294967295"], true),
        (&[services, "-w /usr/bin/chcon -p x"], true),
        (&["-a never,task -F auid=unset", "-w /usr/bin/chcon -p x"], true),
        (
            &[
                "-a always,exit -F arch=b64 -S execve -F auid!=unset",
                "-a always,exit -F arch=b32 -S execve -F auid!=unset",
            ],
            true,
        ),
        // Without an architecture the number of the native call is that of another one for programs of 32 bits.
        (&["-a always,exit -S execve -F auid!=unset"], false),
        (&["-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=1001 -F auid!=unset"], false),
        (&["-w /usr/bin/chcon -p wa"], false),
        (&["-a always,exit -F arch=b64 -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset"], false),
    ] {
        assert_eq!(satisfied(asked, lines), (all, 0), "{lines:?}");
    }
}

#[test]
fn denied_accesses() {
    let asked = "-a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate -F exit=-EACCES -F auid>=1000 -F auid!=unset";
    let line = |exit: &str| {
        format!("-a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate {exit} -F auid>=1000 -F auid!=-1")
    };
    assert_eq!(satisfied(asked, &[&line("-F exit=-EACCES")]), (true, 0));
    assert_eq!(satisfied(asked, &[&line("-F exit=-13")]), (true, 0));
    assert_eq!(satisfied(asked, &[&line("-F success=0")]), (true, 0));
    assert_eq!(satisfied(asked, &[&line("-F exit=-EPERM")]), (false, 0));
    assert_eq!(satisfied(asked, &[&line("-F success=1")]), (false, 0));
}

#[test]
fn what_cannot_be_asked_for_is_a_gap() {
    let tree = tree();
    let system = tree.system();
    for line in ["-a never,exit -S all", "-a always,user -F uid=0", "-a always,exit -S open", "-a always,exit -F uid=0"]
    {
        assert!(Wanted::of(&rule(&system, line, true), machine(), |path| Place::of(&system, path)).is_err(), "{line}");
    }
}
