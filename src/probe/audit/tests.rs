use super::*;
use crate::facts::{AuditedPath, Observed, Role};
use crate::probe::tree::Tree;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("usr/bin/dockerd", "").file("etc/docker/daemon.json", "").file("etc/hosts", "");
    tree
}

fn rule(system: &System, line: &str) -> Rule {
    match grammar::parse(line, around(system, Machine::of("x86_64").unwrap(), false)) {
        Ok(Command::Add { rule, .. }) => rule,
        other => panic!("{line}: {other:?}"),
    }
}

/// An audit with rules in force and rules on disk.
fn records(tree: &Tree, enabled: u32, loaded: &[&str], disk: &[&str]) -> Records {
    let system = tree.system();
    tree.file("etc/audit/rules.d/audit.rules", disk.join("\n") + "\n");
    let machine = Machine::of("x86_64").unwrap();
    let status = kernel::Status { enabled, failure: 1, backlog_limit: 8192, lost: 0 };
    Records {
        loaded: Ok(loaded.iter().map(|line| rule(&system, line)).collect()),
        disk: disk::read(around(&system, machine, false)),
        machine: Ok(machine),
        mounts: mounts::observe(&system).as_known().cloned(),
        status: Ok(status),
        system,
    }
}

/// The engine's process.
const ENGINE: u32 = 4242;

fn watch(records: &Records, tree: &Tree, path: &str) -> Watch {
    let access = FileAccess {
        path: path.to_owned(),
        uid: 0,
        gid: 0,
        mode: 0,
        extended_acl: Observed::known(false),
        acl_write: Observed::known(false),
        open_parents: Observed::known(Vec::new()),
    };
    let watch = Gap::not_collected().into();
    let mut files =
        [DaemonFile { role: Role::DaemonProgram, path: path.to_owned(), file: Observed::known(access), watch }];
    tree.process(ENGINE, &[]).link(&format!("proc/{ENGINE}/root"), tree.system().real("/"));
    records.watch(&mut files, ENGINE);
    let [file] = files;
    file.watch.value().unwrap().clone()
}

#[test]
fn a_file_is_watched_now_and_after_the_next_boot() {
    let tree = tree();
    let seen = |enabled, loaded: &[&str], disk: &[&str]| {
        let watch = watch(&records(&tree, enabled, loaded, disk), &tree, "/usr/bin/dockerd");
        let exceptions = watch.exceptions.value().unwrap().len();
        (watch.loaded.value().unwrap().clone(), watch.persistent.value().unwrap().clone(), exceptions)
    };
    let letters = |loaded: &str, persistent: &str, exceptions| (loaded.to_owned(), persistent.to_owned(), exceptions);
    let dockerd = "-w /usr/bin/dockerd -p wa";
    assert_eq!(seen(1, &[dockerd], &["-w /usr/bin/dockerd"]), letters("wa", "rwxa", 0));
    assert_eq!(seen(2, &[], &[dockerd]), letters("", "wa", 0));
    assert_eq!(seen(1, &[dockerd], &[dockerd, "-e 0"]), letters("wa", "", 0));
    assert_eq!(seen(0, &[dockerd], &["-c", "nonsense", dockerd, "-e 2"]), letters("", "wa", 0));
    assert_eq!(seen(1, &["-a never,exit -F uid=0", dockerd], &["nonsense", dockerd]), letters("wa", "", 1));
}

#[test]
fn without_the_right_to_ask_nothing_is_known_of_what_is_loaded() {
    let tree = tree();
    let mut records = records(&tree, 1, &[], &["-w /usr/bin/dockerd -p wa"]);
    records.loaded = Err(Gap::new(GapKind::Denied, "x"));
    records.status = Err(Gap::new(GapKind::Denied, "x"));
    let watch = watch(&records, &tree, "/usr/bin/dockerd");
    assert_eq!(
        (watch.loaded.gap().unwrap().kind, watch.enabled.gap().unwrap().kind),
        (GapKind::Denied, GapKind::Denied)
    );
    assert_eq!(watch.persistent.value().unwrap(), "wa");
    let coverage = records.coverage("-w /usr/bin/dockerd -p wa");
    assert_eq!(coverage.not_loaded.gap().unwrap().kind, GapKind::Denied);
    assert_eq!(coverage.not_persistent.value(), Some(&Vec::new()));
    let audit = records.facts();
    assert_eq!(audit.mode.gap().unwrap().kind, GapKind::Denied);
    assert_eq!(audit.loaded.gap().unwrap().kind, GapKind::Denied);
    assert_eq!(audit.not_loaded.gap().unwrap().kind, GapKind::Denied);
    assert_eq!(audit.persistent.value().unwrap().len(), 1);
}

#[test]
fn what_is_asked_for_is_recorded_or_not() {
    let tree = tree();
    let hosts = "-w /etc/hosts -p wa";
    let seen = |enabled, loaded: &[&str], disk: &[&str], asked: &str| {
        let coverage = records(&tree, enabled, loaded, disk).coverage(asked);
        (coverage.not_loaded.value().map(Vec::is_empty), coverage.not_persistent.value().map(Vec::is_empty))
    };
    assert_eq!(seen(1, &[hosts], &["-w /etc -p wa"], hosts), (Some(true), Some(true)));
    assert_eq!(seen(1, &["-w /etc/hosts -p w"], &[], hosts), (Some(false), Some(false)));
    assert_eq!(seen(0, &[hosts], &[hosts], hosts), (Some(false), Some(true)));
    // The directory of a file that is not there yet.
    assert_eq!(
        seen(1, &["-w /etc/networks -p wa"], &["-w /etc -p wa"], "-w /etc/networks -p wa"),
        (Some(true), Some(true))
    );
    for mistake in ["-w etc", "", "-D", "-a always,exit -S adjtimexx", "-a always,exit -S adjtimex"] {
        assert_eq!(seen(1, &[hosts], &[hosts], mistake), (None, None), "{mistake}");
    }
    // What is missing is told, as it would be loaded.
    let two = "-w /etc/hosts -p wa; -a always,exit -F arch=b64 -S mount -F auid>=UID_MIN -F auid!=unset";
    let coverage = records(&tree, 1, &[hosts], &[]).coverage(two);
    let mount = "-a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=unset";
    assert_eq!(coverage.not_loaded.value().unwrap(), &[mount]);
    assert_eq!(coverage.not_persistent.value().unwrap(), &[hosts, mount]);
    let never = "-a never,exit -F path=/etc/hosts -F exe=/bin/sh";
    let coverage = records(&tree, 1, &[never, hosts], &[]).coverage(hosts);
    assert_eq!(coverage.exceptions.value().unwrap(), &["-a never,exit -S all -F path=/etc/hosts -F exe=/bin/sh"]);
    // What this machine cannot do needs no rule.
    let foreign = "-a always,exit -F arch=aarch64 -S adjtimex";
    assert_eq!(seen(1, &[], &[], foreign), (Some(true), Some(true)));
}

/// What is recorded of the paths that rules name: each access of anybody's, and of people's, now and after the next boot.
fn paths(records: &Records) -> Vec<(String, [String; 4])> {
    let letters = |seen: &Observed<String>| seen.value().map_or("?", String::as_str).to_owned();
    let watch = |watch: &Watch| [letters(&watch.loaded), letters(&watch.persistent)];
    let paths = records.facts().paths;
    let shown = |path: &AuditedPath| {
        let ([a, b], [c, d]) = (watch(&path.by_anybody), watch(&path.by_people));
        (path.path.clone(), [a, b, c, d])
    };
    paths.value().unwrap().iter().map(shown).collect()
}

#[test]
fn paths_that_rules_name_are_told_with_what_is_recorded_of_them() {
    let tree = tree();
    tree.file("usr/bin/su", "").file("var/log/sudo.log", "").link("bin", "usr/bin");
    tree.file("etc/login.defs", "UID_MIN 500\n");
    let seen = |loaded: &[&str], disk: &[&str]| paths(&records(&tree, 1, loaded, disk));
    let of = |path: &str, letters: [&str; 4]| (path.to_owned(), letters.map(str::to_owned));
    let su = "-a always,exit -F path=/bin/su -F perm=x -F auid>=500 -F auid!=unset";
    // Where it really lies, and as it is written.
    assert_eq!(seen(&[su], &[]), [of("/bin/su", ["", "", "x", ""]), of("/usr/bin/su", ["", "", "x", ""])]);
    // A condition that leaves some people out, and half of a processor's ways to call.
    let half = "-a always,exit -F arch=b64 -S execve -F path=/usr/bin/su -F auid>=500";
    assert_eq!(seen(&[&su.replace("500", "1000")], &[half])[1], of("/usr/bin/su", ["", "", "", ""]));
    let whole = [half, &half.replace("b64", "b32")];
    assert_eq!(seen(&[], &whole), [of("/usr/bin/su", ["", "", "", "x"])]);
    let all = ["-a always,exit -F arch=b64 -S execve", "-a always,exit -F arch=b32 -S execve"];
    assert_eq!(seen(&all, &[]), [of("/", ["x", "", "x", ""])]);
    // What is below a directory; what is not there; what is a link.
    let logs = "-w /var/log -p wa";
    assert_eq!(
        seen(&[logs], &["-w /var/log/sudo.log -p wa"]),
        [of("/var/log", ["wa", "", "wa", ""]), of("/var/log/sudo.log", ["wa", "wa", "wa", "wa"]),]
    );
    assert_eq!(seen(&["-w /gone/x -p wa"], &[]), [of("/gone/x", ["", "", "", ""])]);
    assert_eq!(seen(&["-a always,exit -F dir=/bin -F perm=x"], &[]), [of("/bin", ["", "", "", ""])]);
    assert_eq!(seen(&["-a never,exit -F path=/usr/bin/su"], &[]), []);
    // Rules that come first and leave a part out are told.
    let never = records(&tree, 1, &["-a never,exit -F path=/bin/su -F uid=7", su], &[]).facts();
    assert_eq!(never.paths.value().unwrap()[0].by_people.exceptions.value().unwrap().len(), 1);
    let mut half_seen = records(&tree, 1, &[], &[su]);
    half_seen.loaded = Err(Gap::new(GapKind::Denied, "x"));
    assert_eq!(paths(&half_seen)[1], of("/usr/bin/su", ["?", "", "?", "x"]));
    half_seen.disk = Err(Gap::new(GapKind::Denied, "x"));
    assert_eq!(half_seen.facts().paths.gap().unwrap().kind, GapKind::Denied);
}

#[test]
fn sets_of_rules_differ_in_what_they_say_and_not_in_how() {
    let tree = tree();
    let differ = |loaded: &[&str], disk: &[&str]| {
        let audit = records(&tree, 1, loaded, disk).facts();
        (audit.not_loaded.value().unwrap().len(), audit.not_persistent.value().unwrap().len())
    };
    let (one, other) = (
        "-a always,exit -F arch=b64 -S adjtimex,settimeofday -F auid>=1000 -F auid!=unset -k time",
        "-a always,exit -F arch=b64 -S settimeofday -F auid!=-1 -F auid>=1000 -F key=time",
    );
    let third = "-a always,exit -F arch=b64 -S adjtimex -F auid!=4294967295 -F auid>=1000 -k time";
    assert_eq!(differ(&[one], &[other, third]), (0, 0));
    assert_eq!(differ(&[one], &[other]), (0, 1));
    assert_eq!(differ(&[other], &[one]), (1, 0));
    assert_eq!(differ(&["-w /etc/docker/ -p wa"], &["-a always,exit -F dir=/etc/docker -F perm=wa"]), (0, 0));
    assert_eq!(differ(&["-w /etc/docker -p wa"], &["-w /etc/docker -p w"]), (1, 1));
    assert_eq!(differ(&["-w /etc/docker -p wa -k a"], &["-w /etc/docker -p wa -k b"]), (1, 1));
    assert_eq!(differ(&["-a never,task"], &[]), (0, 1));
    assert_eq!(differ(&["-a never,exit -S open"], &["-a always,exit -S open"]), (1, 1));
    // Newer auditctl names the calls of a permission where the rule names none.
    let calls = "open,openat,creat,truncate,ftruncate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
                 unlinkat,mkdir,mkdirat,rmdir,mknod,mknodat,bind";
    let named = format!("-a always,exit -F arch=b64 -S {calls} -F path=/etc/hosts -F perm=w");
    assert_eq!(differ(&[&named], &["-a always,exit -F arch=b64 -F path=/etc/hosts -F perm=w"]), (0, 0));
    let audit = records(&tree, 2, &["-a never,exit -F dir=/etc/docker -F perm=wa"], &[]).facts();
    assert_eq!(audit.not_persistent.value().unwrap(), &["-a never,exit -S all -F dir=/etc/docker -F perm=wa"]);
    let loaded = &audit.loaded.value().unwrap()[0];
    assert_eq!(
        (loaded.dir.as_str(), loaded.permissions.as_str(), loaded.action.as_str()),
        ("/etc/docker", "wa", "never")
    );
    assert_eq!(audit.mode.value(), Some(&AuditMode::Locked));
}

/// Whoever is in another mount namespace sees other paths than those that rules name.
#[test]
fn an_auditor_elsewhere_knows_nothing_of_rules() {
    let tree = tree();
    tree.namespace(50, "mnt", 4_026_532_999);
    let system = tree.system();
    let reference = crate::probe::process::Reference::observe(&system, None);
    let records = Records::observe(&system, &View::observe(&system, &reference));
    let coverage = records.coverage("-w /etc/hosts -p wa");
    assert_eq!(coverage.not_loaded.gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(coverage.not_persistent.gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(records.facts().not_loaded.gap().unwrap().kind, GapKind::Unsupported);
}

/// Rules as a hardened Debian has them, keys and groups of system calls as their authors like them.
const HARDENED: &str = include_str!("hardened.rules");

/// What the built-in checks ask for.
fn asked() -> Vec<String> {
    let library = crate::library::Library::builtin().unwrap();
    crate::plan::Plan::of(library.checks(), false).keys("audit_rule").cloned().collect()
}

fn hardened() -> Tree {
    let tree = tree();
    for path in [
        "etc/sudoers.d/README",
        "etc/network/interfaces",
        "etc/security/opasswd",
        "etc/pam.d/login",
        "etc/apparmor/parser.conf",
        "etc/apparmor.d/x",
        "run/utmp",
        "run/faillock/x",
        "var/log/wtmp",
        "usr/sbin/usermod",
        "etc/passwd",
        "etc/group",
    ] {
        tree.file(path, "");
    }
    tree.link("var/run", "/run").link("etc/localtime", "/usr/share/zoneinfo/UTC");
    tree
}

#[test]
fn checks_ask_for_what_hardened_systems_record() {
    let tree = hardened();
    let asked = asked();
    assert!(asked.len() >= 17, "{asked:?}");
    let all: Vec<&str> = HARDENED.lines().collect();
    let full = records(&tree, 1, &[], &all);
    assert_eq!(full.disk.as_ref().unwrap().refused, [""; 0]);
    for rules in &asked {
        let coverage = full.coverage(rules);
        assert_eq!(coverage.not_persistent.value(), Some(&Vec::new()), "{rules}: {:?}", coverage.not_persistent.gap());
        assert_eq!(coverage.not_loaded.value().map(Vec::len), Some(rules.split("; ").count()), "{rules}");
    }
    // Each line of them is needed, and by one check.
    for missing in all.iter().filter(|line| line.starts_with("-a") || line.starts_with("-w")) {
        let rest: Vec<&str> = all.iter().filter(|line| *line != missing).copied().collect();
        let less = records(&tree, 1, &[], &rest);
        let lacking = asked.iter().filter(|rules| less.coverage(rules).not_persistent.value() != Some(&Vec::new()));
        assert_eq!(lacking.count(), 1, "{missing}");
    }
}
