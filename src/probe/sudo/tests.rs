use super::*;
use crate::probe::process::Reference;
use crate::probe::tree::Tree;

const STATUS: &str =
    "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.9.13p3-1+deb12u1\n\n";

fn laid_out(sudoers: &str) -> Tree {
    let tree = Tree::new();
    tree.file("usr/bin/sudo", "").file("var/lib/dpkg/status", STATUS).file("etc/sudoers", sudoers);
    tree
}

fn setting(tree: &Tree, name: &str) -> Result<Vec<String>, String> {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let found = Sudoers::read(&system).and_then(|sudoers| values(&system, &view, &sudoers, name));
    let told =
        |value: SudoValue| format!("{} [{}] {}", value.value, value.scope, value.place.replace("/etc/sudoers", ""));
    found.map(|values| values.into_iter().map(told).collect()).map_err(|gap| gap.detail)
}

fn told(sudoers: &str) -> Result<Vec<String>, String> {
    let sudoers = Sudoers::read(&laid_out(sudoers).system()).map_err(|gap| gap.detail)?;
    let line = |rule: SudoRule| format!("{} {} {}", rule.users.join(","), rule.command, rule.nopasswd);
    Ok(rules(&sudoers.rules).into_iter().map(line).collect())
}

#[test]
fn the_last_setting_of_each_scope_counts() {
    let ask = |sudoers: &str, name: &str| setting(&laid_out(sudoers), name).unwrap();
    assert_eq!(ask("", "use_pty"), ["false [] default of sudo 1.9.13"]);
    assert_eq!(ask("Defaults use_pty\n", "use_pty"), ["true [] :1"]);
    assert_eq!(ask("Defaults use_pty\nDefaults env_reset, !use_pty\n", "use_pty"), ["false [] :2"]);
    assert_eq!(ask("Defaults !use_pty\nDefaults !!use_pty\n", "use_pty"), ["true [] :2"]);
    assert_eq!(
        ask("Defaults:alice, bob !use_pty\nDefaults use_pty\nDefaults@web use_pty\n", "use_pty"),
        ["true [] :2", "true [host web] :3", "false [user alice,bob] :1"]
    );
    assert_eq!(
        ask("Defaults!/bin/x !authenticate\nDefaults>root authenticate\n", "authenticate"),
        ["true [] default", "false [command /bin/x] :1", "true [runas root] :2"]
    );
    assert_eq!(
        ask("Defaults  logfile = \"/var/log/sudo log\" , passprompt=\"[,] #\"\n", "logfile"),
        ["/var/log/sudo log [] :1"]
    );
    assert_eq!(ask("Defaults logfile=/a\\ b\nDefaults !logfile", "logfile"), [" [] :2"]);
    assert_eq!(
        ask("Defaults secure_path=\"/a:/b\"\nDefaults env_keep += \"A B\"\nDefaults mailto=root@x.y", "exempt_group"),
        [" [] default"]
    );
}

#[test]
fn times_are_seconds() {
    let ask = |value: &str| setting(&laid_out(&format!("Defaults timestamp_timeout={value}\n")), "timestamp_timeout");
    for (value, seconds) in
        [("15", 900), ("0", 0), ("-1", -60), ("0.5", 30), (".1", 6), ("15.001", 901), ("2.", 120), ("\"5\"", 300)]
    {
        assert_eq!(ask(value).unwrap(), [format!("{seconds} [] :1")], "{value}");
    }
    for value in ["soon", "1.2.3", "-", "99999999999", "+1", ""] {
        assert_eq!(ask(value).unwrap_err(), "/etc/sudoers:1: timestamp_timeout is not understood", "{value}");
    }
    assert_eq!(setting(&laid_out("Defaults !timestamp_timeout"), "timestamp_timeout").unwrap(), ["0 [] :1"]);
    assert_eq!(setting(&laid_out(""), "timestamp_timeout").unwrap(), ["900 [] default"]);
}

#[test]
fn a_default_depends_on_the_version() {
    let tree = laid_out("");
    tree.file("var/lib/dpkg/status", STATUS.replace("1.9.13p3-1+deb12u1", "1.9.15p5-3ubuntu5"));
    assert_eq!(setting(&tree, "use_pty").unwrap(), ["true [] default of sudo 1.9.15"]);
    tree.file("var/lib/dpkg/status", STATUS.replace("Package: sudo", "Package: other"));
    assert!(setting(&tree, "use_pty").unwrap_err().contains("there is no package sudo or sudo-ldap"));
    assert!(setting(&tree, "nosuch").unwrap_err().contains("not a setting"));
}

#[test]
fn tags_hold_on_within_a_list() {
    let all = "root ALL=(ALL:ALL) ALL\n%sudo,#1000, \"some one\" ALL = (root) NOPASSWD: SETENV: /bin/a x\\, y, /bin/b, PASSWD:/bin/c : web = /bin/d\n";
    assert_eq!(
        told(all).unwrap(),
        [
            "root ALL false",
            "%sudo,#1000,some one /bin/a x\\, y true",
            "%sudo,#1000,some one /bin/b true",
            "%sudo,#1000,some one /bin/c false",
            "%sudo,#1000,some one /bin/d false",
        ]
    );
    for (rule, command) in [
        ("a ALL=NOPASSWD:ALL", "ALL"),
        ("a ALL = ( : adm ) NOPASSWD : sha256:abc= /bin/a", "/bin/a"),
        ("a ALL=ROLE=x TYPE=y NOTAFTER=20300101Z NOPASSWD: ^/bin/cat (a|b), x:y$", "^/bin/cat (a|b), x:y$"),
        ("a,!b ALL,!c=(ALL) NOPASSWD: ! /bin/a", "! /bin/a"),
        ("a ALL=(\"x y\":z) NOPASSWD: sudoedit /etc/a\\:b", "sudoedit /etc/a\\:b"),
        ("DefaultsMan ALL=NOPASSWD:ALL", "ALL"),
        ("Defaults_x ALL=NOPASSWD:ALL", "ALL"),
    ] {
        let found = told(rule).unwrap();
        assert!(found.len() == 1 && found[0].ends_with(&format!(" {command} true")), "{rule}: {found:?}");
    }
    assert_eq!(told("User_Alias A = b : C = d\nCmnd_Alias X = /bin/a, \\\n  /bin/b\nHost_Alias H=x\nRunas_Alias R=y\nCmd_Alias Z=/a").unwrap(), [] as [String; 0]);
}

#[test]
fn a_later_rule_about_all_of_it_takes_a_password_again() {
    let live = |sudoers: &str| told(sudoers).unwrap()[0].ends_with("true");
    for later in [
        "a ALL=(ALL:ALL) ALL",
        "ALL ALL=(ALL:ALL) ALL",
        "b,a ALL=(ALL:ALL) PASSWD: ALL",
        "a ALL=(ALL:ALL) NOPASSWD: ALL",
    ] {
        assert!(!live(&format!("a web=(root) NOPASSWD: /bin/a\n{later}\n")), "{later}");
    }
    for later in [
        "b ALL=(ALL:ALL) ALL",
        "a db=(ALL:ALL) ALL",
        "a ALL=(daemon) ALL",
        "a ALL=(ALL:ALL) /bin/b",
        "a,!b ALL=(ALL:ALL) ALL",
        "a ALL=(ALL:ALL) NOTAFTER=20300101Z ALL",
        "a ALL=(ALL:ALL) !/bin/a",
    ] {
        assert!(live(&format!("a web=(root) NOPASSWD: /bin/a\n{later}\n")), "{later}");
    }
    // A group asked for is another rule's matter.
    assert!(live("a ALL=(ALL:ALL) NOPASSWD: ALL\na ALL=(ALL) ALL\n"));
    assert!(
        !live("a ALL=ALL\na ALL=NOPASSWD: ALL\n")
            && told("a ALL=ALL\na ALL=NOPASSWD: ALL\n").unwrap()[1].ends_with("true")
    );
}

#[test]
fn includes_are_read_where_they_stand() {
    let tree = laid_out(
        "Defaults !use_pty\n@includedir sudoers.d\n#include /etc/last\n@include \"a b\"\n@include none\n@includedir /none\n",
    );
    tree.file("etc/sudoers.d/20-b", "Defaults use_pty\n").file("etc/sudoers.d/10-a", "Defaults !use_pty\n");
    tree.file("etc/sudoers.d/30.conf", "Defaults !use_pty\n").file("etc/sudoers.d/40~", "Defaults !use_pty\n");
    tree.file("etc/sudoers.d/50-dir/x", "Defaults !use_pty\n").link("etc/sudoers.d/60-gone", "nowhere");
    assert_eq!(setting(&tree, "use_pty").unwrap(), ["true [] .d/20-b:1"]);
    tree.file("etc/last", "\nDefaults !use_pty\n");
    assert_eq!(setting(&tree, "use_pty").unwrap(), ["false [] /etc/last:2"]);
    tree.file("etc/a b", "Defaults use_pty\n");
    assert_eq!(setting(&tree, "use_pty").unwrap(), ["true [] /etc/a b:1"]);
    tree.file("etc/sudoers", "@include conf.%h\n")
        .file("proc/sys/kernel/hostname", "web.example\n")
        .file("etc/conf.web", "Defaults use_pty\n");
    assert_eq!(setting(&tree, "use_pty").unwrap(), ["true [] /etc/conf.web:1"]);
}

#[test]
fn what_is_not_understood_or_not_seen_leaves_everything_open() {
    for line in [
        "Defaults",
        "Defaults use_pty x",
        "Defaults:a",
        "a",
        "a ALL",
        "a ALL=",
        "a ALL=(root ALL",
        "a ALL=ALL x=y : z",
        "=",
        "a ALL=sha256:x, /bin/a",
        "\"a ALL=ALL",
    ] {
        let gap = setting(&laid_out(&format!("Defaults use_pty\n{line}\n")), "use_pty").unwrap_err();
        assert!(gap.starts_with("/etc/sudoers:2: not understood"), "{line}: {gap}");
    }
    let tree = laid_out("@include /etc/sudoers\n");
    assert!(setting(&tree, "use_pty").unwrap_err().contains("too many includes"));
    tree.file("etc/sudoers", "@includedir /etc/sudoers.d\n@includedir /etc/sudoers.d\n")
        .file("etc/sudoers.d/a", "@includedir /etc/sudoers.d\n".repeat(9));
    assert!(setting(&tree, "use_pty").unwrap_err().contains("too many includes"));
    let tree = laid_out("@include /etc/loop\n");
    tree.link("etc/loop", "loop");
    assert!(setting(&tree, "use_pty").unwrap_err().contains("too many symbolic links"));
    tree.remove("etc/sudoers").file("etc/sudoers/x", "");
    assert!(setting(&tree, "use_pty").is_err());
    for hostile in [
        "\\",
        "\"",
        "#",
        "@include",
        "Defaults:\u{fffd}\u{fffd} x",
        "a ALL=^",
        "a ALL=(:)",
        "!!!!",
        ",,,,",
        "Defaults !",
    ] {
        let _ = told(hostile);
    }
}

#[test]
fn rules_may_come_from_elsewhere() {
    let tree = laid_out("");
    assert_eq!(is_local(&tree.system()), Ok(()));
    tree.file("etc/nsswitch.conf", "sudoers: files sss\n");
    assert!(is_local(&tree.system()).unwrap_err().detail.contains("sss"));
}
