use super::super::arch::Machine;
use super::super::grammar::{Around, Command, parse};
use super::*;
use crate::probe::System;
use crate::probe::tree::Tree;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// A rule as the kernel sends it.
fn rule(list: u32, action: u32, mask: [u32; WORDS], fields: &[(u32, u32, u32)], texts: &str) -> Vec<u8> {
    let column = |of: fn(&(u32, u32, u32)) -> u32| {
        let mut column: Vec<u32> = fields.iter().map(of).collect();
        column.resize(FIELDS, 0);
        words(&column)
    };
    let count = u32::try_from(fields.len()).unwrap();
    let length = u32::try_from(texts.len()).unwrap();
    [
        words(&[list, action, count]),
        words(&mask),
        column(|field| field.0),
        column(|field| field.2),
        column(|field| field.1),
        words(&[length]),
        texts.as_bytes().to_vec(),
    ]
    .concat()
}

const ALL: [u32; WORDS] = {
    let mut all = [u32::MAX; WORDS];
    all[WORDS - 1] = 0;
    all
};
const EQUAL: u32 = 0x4000_0000;

fn shown(bytes: &[u8]) -> String {
    parse_rule(bytes).map_or_else(|gap| gap.to_string(), |rule| rule.display(Machine::of("x86_64").unwrap()))
}

#[test]
fn rules_are_decoded() {
    let watch = rule(4, 2, ALL, &[(105, EQUAL, 8), (106, EQUAL, 10), (210, EQUAL, 3)], "/etc/abca\u{1}b");
    assert_eq!(shown(&watch), "-w /etc/abc -p wa -k a -k b");
    let mut mask = [0; WORDS];
    (mask[0], mask[5]) = (1 << 2, 1);
    let fields = [
        (11, EQUAL, 0xC000_003E),
        (112, EQUAL, 7),
        (9, 0x6000_0000, 1000),
        (9, 0x3000_0000, u32::MAX),
        (210, EQUAL, 1),
    ];
    let text = "-a always,exit -F arch=b64 -S open,setreuid -F exe=/bin/sh -F auid>=1000 -F auid!=unset -F key=k";
    // setreuid is 113; 160 is setrlimit.
    assert_eq!(shown(&rule(4, 2, mask, &fields, "/bin/shk")), text.replace("setreuid", "setrlimit"));
    assert_eq!(shown(&rule(1, 0, [0; WORDS], &[], "")), "-a never,task");
    assert_eq!(shown(&rule(5, 0, ALL, &[(12, EQUAL, 1307)], "")), "-a never,exclude -F msgtype=CWD");
}

#[test]
fn what_is_cut_off_or_not_known_is_a_gap() {
    let good = rule(4, 2, ALL, &[(105, EQUAL, 4), (106, EQUAL, 10)], "/etc");
    for length in 0..good.len() {
        assert!(parse_rule(&good[..length]).is_err(), "{length}");
    }
    for bad in [
        rule(99, 2, ALL, &[], ""),
        rule(4, 1, ALL, &[], ""),
        rule(4, 2, ALL, &[(105, EQUAL, 400)], "/etc"),
        rule(4, 2, ALL, &[(105, 7, 4)], "/etc"),
        rule(4, 2, ALL, &[(105, EQUAL, u32::MAX)], "/etc"),
    ] {
        assert!(parse_rule(&bad).is_err());
    }
    let newer = parse_rule(&rule(4, 2, ALL, &[(999, EQUAL, 4)], "")).unwrap_err();
    assert_eq!(newer.kind, GapKind::Unsupported);
    let mut many = good;
    many[8..12].copy_from_slice(&65_u32.to_ne_bytes());
    assert!(parse_rule(&many).is_err());
    assert!(parse_status(&words(&[0; 6])).is_err());
}

#[test]
fn messages_are_told_apart() {
    let one = [&20_u32.to_ne_bytes()[..], &GET.to_ne_bytes(), &[0; 10], b"body"].concat();
    let two = [&one[..], &one].concat();
    let first = message(&two).unwrap().unwrap();
    assert_eq!((first.kind, first.body, first.after.len()), (GET, &b"body"[..], 20));
    assert_eq!(message(b"short").unwrap(), None);
    assert!(message(&one[..18]).is_err());
    assert!(message(&[0; 16]).is_err());
}

#[test]
fn refusals_have_reasons() {
    use rustix::io::Errno;
    let of = |errno: Errno| refusal(errno.raw_os_error());
    assert_eq!(of(Errno::PERM).kind, GapKind::Denied);
    assert!(of(Errno::PERM).detail.contains("CAP_AUDIT_CONTROL"));
    assert_eq!(of(Errno::CONNREFUSED).kind, GapKind::Unsupported);
    assert_eq!(of(Errno::PROTONOSUPPORT).kind, GapKind::Unsupported);
    assert_eq!(of(Errno::AGAIN).kind, GapKind::TimedOut);
}

/// What the kernel keeps of rules is what their lines say: auditctl loads them, and they are read back.
#[test]
#[allow(clippy::disallowed_types)]
fn the_kernel_tells_what_auditctl_has_loaded() {
    use std::process::Command as Program;
    let auditctl = |words: &[&str]| Program::new("auditctl").args(words).output();
    if !auditctl(&["-s"]).is_ok_and(|output| output.status.success())
        || status().is_ok_and(|status| status.enabled == 2)
    {
        return;
    }
    // There is one list on a machine.
    let lock = std::fs::File::options().create(true).append(true).open("/tmp/plimsoll-audit.lock").unwrap();
    lock.lock().unwrap();
    let tree = Tree::new();
    tree.file("folder/file", "");
    let folder = tree.system().real("/folder").display().to_string();
    let key = format!("plimsoll-{}", std::process::id());
    let lines = [
        "-w {} -p wa -k {k}",
        "-w {}/file -p rwxa -k {k} -k other",
        "-a never,exit -F path={}/file -F perm=w -k {k}",
        "-a always,exit -F arch=b32 -S adjtimex,stime,socketcall -F dir={} -F key={k}",
        "-a always,exit -F arch=b64 -S execve -C uid!=euid -F auid!=unset -F exe=/bin/none -F path={}/file -k {k}",
        "-a always,exit -F arch=b64 -S open,openat2 -F exit=-EACCES -F auid>=1000 -F auid!=-1 -F a0&4 -F pid=1 -F dir={} -k {k}",
        "-a always,exit -F path={}/new -F perm=x -F filetype=file -F success=0 -F obj_uid!=3 -k {k}",
    ];
    let system = System::live();
    let around = Around { machine: Machine::of("x86_64").unwrap(), system: &system, asked: false };
    for line in lines {
        let line = line.replace("{}", &folder).replace("{k}", &key);
        let Ok(Command::Add { rule, .. }) = parse(&line, around) else { panic!("{line}") };
        let loaded = auditctl(&line.split(' ').collect::<Vec<_>>()).unwrap();
        let listed = rules();
        auditctl(&["-D", "-k", &key]).unwrap();
        assert!(loaded.status.success(), "{line}: {}", String::from_utf8_lossy(&loaded.stderr));
        let own: Vec<Rule> = listed.unwrap().into_iter().filter(|rule| rule.keys.contains(&key)).collect();
        assert_eq!(own, [rule], "{line}");
    }
    assert!(status().unwrap().enabled <= 1);
}
