use super::*;
use crate::probe::tree::Tree;

fn machine() -> Machine {
    Machine::of("x86_64").unwrap()
}

fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/:/bin/sh\n")
        .file("etc/group", "root:x:0:\nadm:x:4:\n")
        .file("x/f", "")
        .file("sp ace/f", "");
    tree
}

fn read(line: &str) -> Result<Command, Fault> {
    let tree = tree();
    let system = tree.system();
    parse(line, Around { machine: machine(), system: &system, asked: false })
}

/// What a line adds, as auditctl would list it.
fn shown(line: &str) -> String {
    match read(line) {
        Ok(Command::Add { rule, .. }) => rule.display(machine()),
        other => format!("{other:?}"),
    }
}

/// Each was loaded with auditctl 3.0.9 on Linux 6.18 and listed again; only `unset` is written `-1` there.
#[test]
fn rules_are_what_auditctl_makes_of_them() {
    let same =
        |lines: &[(&str, &str)]| lines.iter().for_each(|(line, expect)| assert_eq!(&shown(line), expect, "{line}"));
    same(&[
        (
            "-a always,exit -F arch=b64 -S adjtimex,settimeofday -k t",
            "-a always,exit -F arch=b64 -S adjtimex,settimeofday -F key=t",
        ),
        (
            "-a exit,always -F arch=b32 -S adjtimex -S stime -F key=t",
            "-a always,exit -F arch=b32 -S stime,adjtimex -F key=t",
        ),
        (
            "-a always,exit -S execve -C euid!=uid -F auid!=4294967295 -k t",
            "-a always,exit -S execve -C uid!=euid -F auid!=unset -F key=t",
        ),
        ("-a always,exit -S execve -C uid!=euid -F auid!=-1", "-a always,exit -S execve -C uid!=euid -F auid!=unset"),
        (
            "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F auid!=unset",
            "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F auid!=unset",
        ),
        ("-w /x/ -p wa", "-w /x -p wa"),
        ("-w /none -p wa -k a -k b", "-w /none -p wa -k a -k b"),
        ("   -w /x -p wa", "-w /x -p wa"),
        ("-w /x", "-w /x -p rwxa"),
        ("-w / -p wa", "-w / -p wa"),
        ("-w /sp\\ ace -p wa", "-w /sp ace -p wa"),
        ("-w /x -pwa -F auid>=1000", "-a always,exit -S all -F dir=/x -F perm=wa -F auid>=1000"),
        ("-a always,exit -Farch=b64 -Sopen -kt", "-a always,exit -F arch=b64 -S open -F key=t"),
        ("-a always,exit -F path=/x/f -F perm=aw", "-w /x/f -p wa"),
        ("-a always,exit -F dir=/x -p wa", "-w /x -p wa"),
        (
            "-a always,exit -F path=/x/f -F perm=x -F auid>=0x3e8 -F auid!=unset -k t",
            "-a always,exit -S all -F path=/x/f -F perm=x -F auid>=1000 -F auid!=unset -F key=t",
        ),
        (
            "-a always,exit -F arch=x86_64 -S open -F success=0 -F exe=/bin/sh -F a0&3 -F a1&=4",
            "-a always,exit -F arch=b64 -S open -F success=0 -F exe=/bin/sh -F a0&0x3 -F a1&=0x4",
        ),
        ("-a always,exit -F uid=root -F gid=adm -S open", "-a always,exit -S open -F uid=0 -F gid=4"),
        ("-a always,exit -F arch=b64 -S 2,open,all", "-a always,exit -F arch=b64 -S all"),
        (
            "-a always,exit -F sessionid=unset -F saddr_fam=2 -S connect",
            "-a always,exit -S connect -F sessionid=unset -F saddr_fam=2",
        ),
        ("-a never,task", "-a never,task"),
        ("-a never,exclude -F msgtype=CWD", "-a never,exclude -F msgtype=CWD"),
        ("-a never,filesystem -F fstype=tracefs", "-a never,filesystem -F fstype=0x74726163"),
        ("-a always,user -F uid=0", "-a always,user -F uid=0"),
        ("-A never,exit -F auid=unset", "-a never,exit -S all -F auid=unset"),
        // auditctl 3.0.9 lists this one as `-w /x/f -p w`, which it is not.
        ("-a never,exit -F path=/x/f -F perm=w", "-a never,exit -S all -F path=/x/f -F perm=w"),
    ]);
}

#[test]
fn what_auditctl_refuses_is_refused() {
    for line in [
        "-S open -a always,exit -F arch=b64",
        "-F arch=b64 -a always,exit -S open",
        "-w\t/x -p wa",
        "-wa /tmp/x",
        "-a always,exit -w /x",
        "-w /x -p",
        "-w /x -p wa # why",
        "-w /x -p wz",
        "-w x -p wa",
        "-p wa -w /x",
        "-a always,exit -F path=/x/f -F path=/y",
        "-a always,exit -F filetype=file -F success=yes",
        "-a always,exit -F arch=b64 -S open garbage",
        "-a always,exit -F arch=b64 -S nosuch",
        "-a always,exit -F arch=b64 -S stime",
        "-a always,exit -F nosuch=1",
        "-a always,exit -F auid",
        "-a always,exit -F auid>=",
        "-a always,exit -F msgtype=CWD",
        "-a always,exit -F perm!=wa",
        "-a always,exit -C uid!=gid -S execve",
        "-a always",
        "-a always,entry -S open",
        "-a possible,exit -S open",
        "-a always,task -S open",
        "-S open -a always,task",
        "-a never,exit -F uid=0 -k t",
        "-k t -a always,exit -S open",
        "-a always,exclude -F path=/x",
        "-S open",
        "-e 3",
        "-e",
        "-f on",
        "-b many",
        "-D -k",
        "-D all",
        "-R /etc/other.rules",
        "--nosuch",
        "-z",
        "w /x",
    ] {
        assert!(matches!(read(line), Err(Fault::Refused(_))), "{line}: {:?}", read(line));
    }
    assert!(matches!(read("-a always,exit -F arch=ppc64 -S open"), Err(Fault::Foreign(_))));
}

#[test]
fn what_is_not_known_here_is_not_taken_for_anything() {
    for line in [
        "-a always,exit -F uid=somebody -S open",
        "-a always,exit -F exit=-EBADMSG -S open",
        "-a never,exclude -F msgtype=SOMETHING",
        "-a always,io_uring -S openat",
    ] {
        assert!(matches!(read(line), Err(Fault::Unsupported(_))), "{line}: {:?}", read(line));
    }
}

#[test]
fn other_lines() {
    for line in ["", "   ", "# -w /x -p wa", "  # x", "-b 8192", "-f 1", "--backlog_wait_time 60000", "-r 0", "-t"] {
        assert_eq!(read(line), Ok(Command::Nothing), "{line}");
    }
    assert_eq!(read("-e 2"), Ok(Command::Mode(2)));
    assert_eq!(read("-e2"), Ok(Command::Mode(2)));
    assert_eq!(read("-D"), Ok(Command::DeleteAll(None)));
    assert_eq!(read("-D -k t"), Ok(Command::DeleteAll(Some("t".to_owned()))));
    assert_eq!(read("-c"), Ok(Command::Continue));
    assert!(matches!(read("-d always,exit -S open"), Ok(Command::Delete(_))));
    assert!(matches!(read("-W /x -p wa"), Ok(Command::Delete(_))));
    assert!(matches!(read("-A always,exit -S open"), Ok(Command::Add { first: true, .. })));
}

#[test]
fn what_a_check_asks_for_may_say_more() {
    let tree = tree();
    let asked = |line: &str| {
        let system = tree.system();
        parse(line, Around { machine: machine(), system: &system, asked: true }).map(|command| match command {
            Command::Add { rule, .. } => rule.display(machine()),
            other => format!("{other:?}"),
        })
    };
    let line = "-a always,exit -F path=/x/f -F perm=x -F auid>=UID_MIN";
    assert_eq!(asked(line).unwrap(), "-a always,exit -S all -F path=/x/f -F perm=x -F auid>=1000");
    tree.file("etc/login.defs", "# UID_MIN 1\nUID_MIN\t\t  500\nSYS_UID_MIN 100\n");
    assert_eq!(asked(line).unwrap(), "-a always,exit -S all -F path=/x/f -F perm=x -F auid>=500");
    // A call of another architecture is left out; one that no architecture has is a mistake.
    let line = "-a always,exit -F arch=b64 -S stime,adjtimex";
    assert_eq!(asked(line).unwrap(), "-a always,exit -F arch=b64 -S adjtimex");
    assert!(asked("-a always,exit -F arch=b64 -S adjtimexx").is_err());
}

#[test]
fn hostile_lines_end() {
    let long = "-".repeat(100_000);
    for line in [long.as_str(), "-\u{0}", "\\", "-F \\", "-a ,", "-C =", "-S ,", "-w /\u{fffd}", "--=", "-F ="] {
        let _ = read(line);
    }
    let fields = "-a always,exit ".to_owned() + &"-F uid=1 ".repeat(70) + "-S open";
    assert!(matches!(read(&fields), Err(Fault::Refused(_))));
    let key = format!("-w /x -p wa -k {}", "k".repeat(300));
    assert!(matches!(read(&key), Err(Fault::Refused(_))));
}
