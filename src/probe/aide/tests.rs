use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

fn see(tree: &Tree) -> Aide {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view, &Plan::reading(&["aide"]))
}

fn attributes(tree: &Tree) -> Result<String, Gap> {
    let tools = see(tree).audit_tools;
    let tools = tools.as_known()?;
    assert_eq!(tools.iter().map(|tool| tool.path.as_str()).collect::<Vec<_>>(), ["/usr/sbin/auditctl"]);
    tools[0].attributes.as_known().map(|attributes| attributes.join(" "))
}

fn machine() -> Tree {
    let tree = Tree::new();
    tree.file("usr/sbin/auditctl", "").link("sbin", "usr/sbin");
    tree
}

/// Those without macros were tried with `aide --path-check`, version 0.18.3.
#[test]
fn the_deepest_rule_that_matches_counts() {
    let tree = machine();
    for (rules, expected) in [
        ("/usr p+u\n", "p u"),
        ("/usr/sbin/auditctl p+i+sha512\n/usr p\n", "i p sha512"),
        ("/usr p\n/usr/sbin/auditctl i\n", "i"),
        // In one directory the first of them.
        ("/usr/sbin/audit n\n/usr/sbin/auditctl i\n", "n"),
        ("/usr/sbin/auditctl$ i\n/usr/sbin/audit[a-z]+ n\n", "i"),
        // The path of a link is not that of the file.
        ("/sbin/auditctl p\n", ""),
        ("/usr/sbin/auditctl p\n!/usr/sbin/auditctl\n", ""),
        ("!/usr/sbin$\n/usr/sbin/auditctl p\n", ""),
        ("/usr/sbin/auditctl p\n!/usr/sb\n", ""),
        ("/usr/sbin/auditctl p\n!/opt\n", "p"),
        ("=/usr/sbin p\n", ""),
        ("=/usr/sbin/ p\n", "p"),
        ("=/usr p\n/usr/sbin/auditctl i\n", "i"),
        ("/usr/sbin/auditctl d p\n/usr f i\n", "i"),
        (
            "A = p+i\nB = A-i+u\n/usr/sbin/auditctl B+H-sha1\n",
            "crc32 gost haval md5 p rmd160 sha256 sha512 stribog256 stribog512 tiger u whirlpool",
        ),
        ("@@define W usr\n/@@{W}/sbin p\n", "p"),
        ("@@ifdef NO\n/usr p\n@@else\n/usr u\n@@endif\n", "u"),
        ("@@ifndef NO\n/usr p\n@@endif\n", "p"),
        ("", ""),
    ] {
        tree.file("etc/aide/aide.conf", rules);
        assert_eq!(attributes(&tree).unwrap(), expected, "{rules}");
    }
}

#[test]
fn included_programs_are_not_run_and_leave_it_open() {
    let tree = machine();
    tree.file("etc/aide/aide.conf", "@@x_include /etc/aide/aide.conf.d ^[a-z0-9_]+$\n/usr p\n")
        .file("etc/aide/aide.conf.d/10_plain", "/usr/sbin n\n")
        .file("etc/aide/aide.conf.d/20_program", "#!/bin/sh\necho /usr/sbin/auditctl i\n")
        .file("etc/aide/aide.conf.d/No", "/usr/sbin/auditctl x\n");
    assert_eq!(attributes(&tree).unwrap(), "n");
    let program = tree.system().real("/etc/aide/aide.conf.d/20_program");
    fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(attributes(&tree).unwrap_err().kind, GapKind::Unsupported);
    // So do macros that a program may give a value, where they could matter.
    tree.file("etc/aide/aide.conf.d/20_program", "!/@@{ROOT}/log$\n/@@{ROOT}/dev p\n");
    fs::set_permissions(tree.system().real("/etc/aide/aide.conf.d/20_program"), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(attributes(&tree).unwrap(), "n");
    tree.file("etc/aide/aide.conf.d/20_program", "!/@@{ROOT}/auditctl$\n");
    tree.file("etc/aide/aide.conf.d/10_plain", "/usr n\n");
    assert_eq!(attributes(&tree).unwrap_err().kind, GapKind::Unsupported);
    // A rule for the file itself lies as deep as any.
    tree.file("etc/aide/aide.conf.d/10_plain", "/usr/sbin/auditctl n\n");
    assert_eq!(attributes(&tree).unwrap(), "n");
}

#[test]
fn torn_and_unknown_things_are_gaps() {
    let tree = machine();
    assert_eq!(see(&tree).database.gap().unwrap().kind, GapKind::Missing);
    for (text, kind) in [
        ("@@include /etc/aide/aide.conf\n", GapKind::Malformed),
        ("@@ifdef X\n", GapKind::Malformed),
        ("@@endif\n", GapKind::Malformed),
        ("@@else\n", GapKind::Malformed),
        ("@@ifhost x\n@@endif\n", GapKind::Unsupported),
        ("@@include /nowhere\n", GapKind::Missing),
        ("@@include /etc (\n", GapKind::Unsupported),
        ("/usr/sbin/(?=audit) p\n", GapKind::Unsupported),
    ] {
        tree.file("etc/aide/aide.conf", text);
        assert_eq!(attributes(&tree).unwrap_err().kind, kind, "{text}");
    }
}

#[test]
fn the_database_is_looked_for() {
    let tree = machine();
    let told = |tree: &Tree| (see(tree).database.value().unwrap().clone(), *see(tree).initialised.value().unwrap());
    tree.file("etc/aide/aide.conf", "@@define DB /var/lib/aide\ndatabase_in=file:@@{DB}/aide.db\n");
    assert_eq!(told(&tree), ("file:/var/lib/aide/aide.db".to_owned(), false));
    tree.file("var/lib/aide/aide.db", "x");
    assert!(told(&tree).1);
    tree.file("etc/aide/aide.conf", "database=https://logs.example/aide.db\n");
    assert!(!told(&tree).1);
    tree.file("etc/aide/aide.conf", "\n");
    assert_eq!(told(&tree), (String::new(), false));
}

#[test]
fn entries_of_cron_that_check_are_found() {
    let tree = Tree::new();
    assert!(see(&tree).cron.value().unwrap().is_empty());
    tree.file("etc/crontab", "SHELL=/bin/sh\n17 * * * * root cd / && run-parts /etc/cron.hourly\n#1 1 * * * root aide --check\n0 5 * * * root /usr/bin/aide.wrapper --config /etc/aide/aide.conf --check\n")
        .file("etc/cron.d/own", "@daily root nice aide -C | mail root\n@daily root aide --init\n@daily root echo aide; ls --check\n")
        .file("etc/cron.d/own.bak", "@daily root aide --check\n")
        .file("var/spool/cron/crontabs/root", "0 5 * * * aide --check\n5 0 * * * root aide\n")
        .file("etc/cron.daily/dailyaidecheck", "#!/bin/sh\nif true; then exec /usr/share/aide/bin/dailyaidecheck; fi\n")
        .file("etc/cron.weekly/own", "#!/bin/sh\n# aide --check\naide --check\n");
    let expected = ["/etc/crontab:4", "/etc/cron.d/own:1", "/var/spool/cron/crontabs/root:1"];
    let mut all = [&expected[..], &["/etc/cron.daily/dailyaidecheck:2", "/etc/cron.weekly/own:3"]].concat();
    assert_eq!(see(&tree).cron.value().unwrap(), &all);
    // Debian's script does nothing where systemd runs.
    tree.file("run/systemd/system/x", "");
    all.remove(3);
    assert_eq!(see(&tree).cron.value().unwrap(), &all);
}
