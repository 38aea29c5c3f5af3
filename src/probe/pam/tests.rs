use super::*;
use crate::probe::process::Reference;
use crate::probe::tree::Tree;

const MODULES: [&str; 13] = [
    "deny",
    "env",
    "faillock",
    "permit",
    "pwhistory",
    "pwquality",
    "rootok",
    "sss",
    "umask",
    "unix",
    "wheel",
    "debug",
    "cap",
];
const UNIX: &str =
    "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n";
/// As Debian's pam-auth-update writes it.
const LOCKING: &str = "auth requisite pam_faillock.so preauth\nauth [success=2 default=ignore] pam_unix.so nullok try_first_pass\n\
    auth [default=die] pam_faillock.so authfail\nauth requisite pam_deny.so\nauth required pam_permit.so\n";
const ACCOUNT: &str = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n\
    account required pam_permit.so\n";
const PASSWORD: &str = "password requisite pam_pwquality.so retry=3\n\
    password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt\n\
    password requisite pam_deny.so\npassword required pam_permit.so\n";
const SESSION: &str = "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n\
    session required pam_unix.so\n";

fn laid_out() -> Tree {
    let tree = Tree::new();
    for module in MODULES {
        tree.file(&format!("usr/lib/x86_64-linux-gnu/security/pam_{module}.so"), "");
    }
    tree.link("lib", "usr/lib").file("usr/sbin/useradd", "");
    tree.file("etc/pam.d/common-auth", UNIX).file("etc/pam.d/common-account", ACCOUNT);
    tree.file("etc/pam.d/common-password", PASSWORD);
    tree.file("etc/pam.d/common-session", SESSION).file("etc/pam.d/common-session-noninteractive", SESSION);
    tree
}

fn lines(tree: &Tree, service: &str, kind: Kind) -> Result<Vec<Line>, Gap> {
    Reader::new(&tree.system()).stack(service, kind)
}

/// Modules with their places below `/etc/pam.d`, those that are never run in parentheses.
fn told(tree: &Tree, service: &str, kind: Kind) -> Vec<String> {
    let lines = lines(tree, service, kind).unwrap();
    let reached = claims::reached(&lines).unwrap();
    let one = |(line, reached): (&Line, bool)| {
        let name = match &line.runs {
            Runs::Module(name) => name.clone(),
            Runs::Missing(name) => format!("missing {name}"),
            Runs::Failure => "failure".to_owned(),
            Runs::Substack => "substack".to_owned(),
        };
        let told = format!("{name} {}", line.place.replace("/etc/pam.d/", ""));
        if reached { told } else { format!("({told})") }
    };
    lines.iter().zip(reached).map(one).collect()
}

fn lockout(auth: &str, account: &str) -> (bool, bool, bool) {
    let tree = laid_out();
    tree.file("etc/pam.d/common-auth", auth).file("etc/pam.d/common-account", account);
    let found = Shared::new(&tree.system()).lockout().unwrap();
    (found.refuses, found.counts, found.resets)
}

fn option(tree: &Tree, name: &str) -> Result<Vec<String>, String> {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let found = options::values(&system, &view, &mut Shared::new(&system), name).map_err(|gap| gap.detail)?;
    let short = |place: String| place.replace("/etc/pam.d/", "").replace("/etc/security/", "");
    Ok(found.into_iter().map(|value| format!("{} {}", value.value, short(value.place))).collect())
}

#[test]
fn includes_are_of_one_kind_or_of_any() {
    let tree = laid_out();
    tree.file(
        "etc/pam.d/one",
        "# a comment\nauth required pam_env.so # more\n@include two\nauth include three\nauth \\\n  required \\\n  pam_unix.so\n\
         -auth optional pam_gone.so\nAUTH Sufficient /lib/x86_64-linux-gnu/security/pam_sss.so\naccount required pam_cap.so\n",
    );
    tree.file("etc/pam.d/two", "auth required pam_cap.so\nsession required pam_umask.so\n");
    tree.file("usr/lib/pam.d/three", "auth required pam_wheel.so\naccount required pam_debug.so\n");
    assert_eq!(
        told(&tree, "one", Kind::Auth),
        [
            "pam_env one:2",
            "pam_cap two:1",
            "pam_wheel /usr/lib/pam.d/three:1",
            "pam_unix one:5",
            "(missing pam_gone one:8)",
            "pam_sss one:9",
        ]
    );
    assert_eq!(told(&tree, "one", Kind::Account), ["pam_cap one:10"]);
    assert_eq!(told(&tree, "one", Kind::Session), ["pam_umask two:2"]);
}

#[test]
fn what_pam_cannot_read_fails() {
    let tree = laid_out();
    for (text, expected) in [
        ("auth required\n", "failure one:1"),
        ("auth whatever pam_unix.so\n", "failure one:1"),
        ("auth [success=0] pam_unix.so\n", "failure one:1"),
        ("auth [success=maybe] pam_unix.so\n", "failure one:1"),
        ("bogus required pam_unix.so\n", "failure one:1"),
        ("@include none\n", "failure one:1"),
        ("auth include none\n", "failure one:1"),
    ] {
        tree.file("etc/pam.d/one", text);
        let found = lines(&tree, "one", Kind::Auth).unwrap();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(
            (&found[0].runs, found[0].place.as_str()),
            (&Runs::Failure, &*expected.replace("failure ", "/etc/pam.d/"))
        );
    }
    tree.file("etc/pam.d/one", "bogus required pam_unix.so\n@include one\n");
    assert!(lines(&tree, "one", Kind::Auth).unwrap_err().detail.contains("too deeply"));
    tree.file("etc/pam.d/one", "auth required pam_env.so\n".repeat(3000));
    assert!(lines(&tree, "one", Kind::Auth).unwrap_err().detail.contains("too many lines"));
    tree.remove("etc/pam.d/one").link("etc/pam.d/one", "one");
    assert!(lines(&tree, "one", Kind::Auth).is_err());
    assert_eq!(lines(&tree, "none", Kind::Auth).unwrap_err().kind, GapKind::Missing);
    tree.file("etc/pam.d/two", "auth [default=ignore] pam_env.so [a b\\]c] d\\\n#x\\\n[e\n");
    let found = lines(&tree, "two", Kind::Auth).unwrap();
    assert_eq!(found[0].arguments, ["a b]c", "d"]);
    assert_eq!(found[1].runs, Runs::Failure);
}

#[test]
fn a_line_is_dead_when_no_way_leads_there() {
    let tree = laid_out();
    let auth = |text: &str| {
        tree.file("etc/pam.d/common-auth", text);
        told(&tree, "common-auth", Kind::Auth)
            .into_iter()
            .map(|told| told.replace("common-auth:", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(auth(UNIX), ["pam_unix 1", "pam_deny 2", "pam_permit 3"]);
    assert_eq!(auth("auth requisite pam_deny.so\nauth required pam_unix.so\n"), ["pam_deny 1", "(pam_unix 2)"]);
    assert_eq!(auth("auth sufficient pam_permit.so\nauth required pam_unix.so\n"), ["pam_permit 1", "(pam_unix 2)"]);
    assert_eq!(auth("auth [success=1] pam_permit.so\nauth required pam_unix.so\n"), ["pam_permit 1", "(pam_unix 2)"]);
    assert_eq!(
        auth("auth required pam_deny.so\nauth sufficient pam_permit.so\nauth required pam_unix.so\n"),
        ["pam_deny 1", "pam_permit 2", "pam_unix 3"]
    );
    tree.file("etc/pam.d/sub", "auth [success=done] pam_permit.so\nauth required pam_sss.so\n");
    // The end of a substack is not that of the stack.
    assert_eq!(
        auth("auth substack sub\nauth required pam_unix.so\n"),
        ["(substack 1)", "pam_permit sub:1", "(pam_sss sub:2)", "pam_unix 2"]
    );
    assert_eq!(
        auth("auth include sub\nauth required pam_unix.so\n"),
        ["pam_permit sub:1", "(pam_sss sub:2)", "(pam_unix 2)"]
    );
    // A jump takes a substack for one line.
    assert_eq!(
        auth("auth [default=1] pam_env.so\nauth substack sub\nauth required pam_unix.so\n"),
        ["pam_env 1", "(substack 2)", "(pam_permit sub:1)", "(pam_sss sub:2)", "pam_unix 3"]
    );
    let many = "auth optional pam_env.so\n".repeat(40);
    tree.file("etc/pam.d/common-auth", many);
    let lines = lines(&tree, "common-auth", Kind::Auth).unwrap();
    assert!(claims::reached(&lines).unwrap_err().detail.contains("too many ways"));
}

#[test]
fn faillock_counts_and_refuses_only_where_every_way_leads_through_it() {
    let account = format!("{ACCOUNT}account required pam_faillock.so\n");
    assert_eq!(lockout(UNIX, ACCOUNT), (false, false, false));
    assert_eq!(lockout(LOCKING, &account), (true, true, true));
    assert_eq!(lockout(LOCKING, ACCOUNT), (true, true, false));
    let case = |from: &str, to: &str| lockout(&LOCKING.replace(from, to), &account);
    assert_eq!(case("requisite pam_faillock.so preauth", "required pam_faillock.so preauth"), (true, true, true));
    // Nothing comes of its refusal.
    assert_eq!(case("requisite pam_faillock.so preauth", "optional pam_faillock.so preauth"), (false, true, true));
    assert_eq!(case("auth requisite pam_faillock.so preauth\n", ""), (false, true, true));
    // A failure ends before it is counted, or jumps over it.
    assert_eq!(case("default=ignore] pam_unix", "default=die] pam_unix"), (true, false, true));
    assert_eq!(case("[success=2 default=ignore] pam_unix", "[success=2 default=1] pam_unix"), (true, false, true));
    assert_eq!(
        case("auth [default=die] pam_faillock.so authfail\n", "auth required pam_env.so\n"),
        (true, false, true)
    );
    // Another password in between does not take it away, and a jump over the count for some does.
    let two = LOCKING.replace("success=2", "success=3");
    let between =
        |line: &str| lockout(&two.replace("auth [default=die]", &format!("{line}\nauth [default=die]")), &account);
    assert_eq!(between("auth [success=2 default=ignore] pam_sss.so"), (true, true, true));
    assert_eq!(between("auth [success=2 default=1] pam_sss.so"), (true, false, true));
    // It is asked after the password: too late for what jumps over it.
    let late = "auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_faillock.so preauth\n\
        auth [default=die] pam_faillock.so authfail\nauth required pam_permit.so\n";
    assert_eq!(lockout(late, &account), (false, true, true));
    let succ = "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth [default=die] pam_faillock.so authfail\n";
    assert_eq!(lockout(succ, &account), (true, true, true));
    let authsucc = LOCKING.replace("required pam_permit.so", "required pam_faillock.so authsucc");
    assert!(lockout(&authsucc, ACCOUNT).2);
    // A module that is not installed does nothing.
    let tree = laid_out();
    tree.file("etc/pam.d/common-auth", LOCKING).remove("usr/lib/x86_64-linux-gnu/security/pam_faillock.so");
    let found = Shared::new(&tree.system()).lockout().unwrap();
    assert!(!found.refuses && !found.counts);
}

#[test]
fn a_module_comes_first_only_where_no_way_leads_past_it() {
    let tree = laid_out();
    let first = |text: &str, module: &str| {
        tree.file("etc/pam.d/common-password", text);
        Shared::new(&tree.system()).comes_first(module).unwrap()
    };
    assert!(first(PASSWORD, "pam_pwquality") && !first(PASSWORD, "pam_pwhistory"));
    assert!(!first(&PASSWORD.replace("password requisite pam_pwquality.so retry=3\n", ""), "pam_pwquality"));
    let after = "password required pam_unix.so\npassword required pam_pwquality.so\n";
    assert!(!first(after, "pam_pwquality"));
    let jumped = format!("password [success=1 default=ignore] pam_env.so\n{PASSWORD}");
    assert!(!first(&jumped, "pam_pwquality"));
    let dead = format!("password requisite pam_deny.so\n{PASSWORD}");
    assert!(!first(&dead, "pam_pwquality"));
}

#[test]
fn su_is_limited_by_wheel_whatever_else_succeeds() {
    let tree = laid_out();
    tree.file("etc/group", "root:x:0:\nsugroup:x:999:ann\n").file("etc/passwd", "root:x:0:0::/:\nbob:x:1:999::/:\n");
    let limit = |text: &str| {
        tree.file("etc/pam.d/su", text);
        let found = su(&tree.system(), &mut Reader::new(&tree.system())).unwrap();
        (found[0].group.clone(), found[0].place.replace("/etc/pam.d/", ""))
    };
    let after = "auth sufficient pam_rootok.so\n{}\n@include common-auth\n";
    let with = |line: &str| limit(&after.replace("{}", line));
    let none = (String::new(), "su".to_owned());
    assert_eq!(with(""), none);
    assert_eq!(with("auth required pam_wheel.so use_uid group=sugroup"), ("sugroup".to_owned(), "su:2".to_owned()));
    assert_eq!(with("auth requisite pam_wheel.so use_uid group=sugroup").0, "sugroup");
    let members = || su(&tree.system(), &mut Reader::new(&tree.system())).unwrap()[0].members.value().unwrap().clone();
    assert_eq!(members(), Some(vec!["ann".to_owned(), "bob".to_owned()]));
    assert_eq!((with("auth required pam_wheel.so use_uid group=gone").0.as_str(), members()), ("gone", None));
    assert_eq!(
        (with("auth required pam_wheel.so use_uid group=root").0.as_str(), members()),
        ("root", Some(Vec::new()))
    );
    assert_eq!(with("auth required pam_wheel.so use_uid").0, "root");
    for line in [
        "#auth required pam_wheel.so use_uid group=sugroup",
        "auth required pam_wheel.so group=sugroup",
        "auth sufficient pam_wheel.so use_uid group=sugroup",
        "auth optional pam_wheel.so use_uid group=sugroup",
        "auth required pam_wheel.so use_uid group=sugroup deny",
        "auth required pam_wheel.so use_uid group=sugroup root_only",
        "account required pam_wheel.so use_uid group=sugroup",
        "auth sufficient pam_sss.so\nauth required pam_wheel.so use_uid group=sugroup",
        "auth [success=1 default=ignore] pam_sss.so\nauth required pam_wheel.so use_uid group=sugroup",
    ] {
        assert_eq!(with(line), none, "{line}");
    }
    tree.file("etc/group", "root:x:0:\nwheel:x:10:\n").file("etc/pam.d/su-l", "auth include su\n");
    assert_eq!(with("auth required pam_wheel.so use_uid").0, "wheel");
    let found = su(&tree.system(), &mut Reader::new(&tree.system())).unwrap();
    assert_eq!((found[1].service.as_str(), found[1].group.as_str()), ("su-l", "wheel"));
}

#[test]
fn faillock_options_are_those_of_each_line() {
    let tree = laid_out();
    assert_eq!(option(&tree, "pam_faillock.deny").unwrap(), [] as [String; 0]);
    tree.file("etc/pam.d/common-auth", LOCKING.replace("authfail", "authfail deny=9 unlock_time=never"));
    let ask = |name: &str| option(&tree, &format!("pam_faillock.{name}")).unwrap();
    assert_eq!(ask("deny"), ["3 default of pam_faillock", "9 common-auth:3"]);
    assert_eq!(ask("unlock_time"), ["600 default of pam_faillock", "0 common-auth:3"]);
    assert_eq!(ask("root_unlock_time"), ["600 default of pam_faillock", "0 common-auth:3"]);
    tree.file(
        "etc/security/faillock.conf",
        "# deny = 1\ndeny = 5 # five\nunlock_time=900\neven_deny_root\ndeny x\n unlock_time = 700000\n",
    );
    assert_eq!(ask("deny"), ["5 faillock.conf:2", "9 common-auth:3"]);
    assert_eq!(ask("unlock_time")[0], "900 faillock.conf:3");
    assert_eq!(ask("even_deny_root")[0], "true faillock.conf:4");
    for (written, read) in
        [("deny = -1", "65535"), ("deny=65541", "5"), ("deny=4x", "4"), ("deny\t=\t0", "0"), ("deny", "3")]
    {
        tree.file("etc/security/faillock.conf", written);
        assert_eq!(ask("deny")[0].split(' ').next(), Some(read), "{written}");
    }
    tree.file("etc/pam.d/common-auth", LOCKING.replace("preauth", "preauth conf=/etc/my.conf"))
        .file("etc/my.conf", "deny=2\n");
    assert_eq!(ask("deny")[0], "2 /etc/my.conf:1");
    tree.remove("etc/my.conf");
    assert!(option(&tree, "pam_faillock.deny").unwrap_err().contains("/etc/my.conf: a module needs it"));
}

#[test]
fn an_argument_goes_before_the_file_and_the_file_before_drop_ins() {
    let tree = laid_out();
    let ask = |name: &str| option(&tree, &format!("pam_pwquality.{name}")).unwrap().join("|");
    assert_eq!(ask("minlen"), "8 default of pam_pwquality");
    tree.file("etc/security/pwquality.conf.d/50-a.conf", "minlen = 14\ndifok=3\n");
    tree.file("etc/security/pwquality.conf.d/60-b.conf", "minlen = 15\nenforce_for_root\n");
    tree.file("etc/security/pwquality.conf.d/70.conf.bak", "minlen = 1\n")
        .file("etc/security/pwquality.conf.d/70.conf.conf", "minlen = 1\n");
    assert_eq!(ask("minlen"), "15 pwquality.conf.d/60-b.conf:1");
    assert_eq!(
        (ask("difok"), ask("enforce_for_root")),
        ("3 pwquality.conf.d/50-a.conf:2".into(), "true pwquality.conf.d/60-b.conf:2".into())
    );
    tree.file("etc/security/pwquality.conf", "# minlen = 8\nminlen = 4\n");
    assert_eq!(ask("minlen"), "6 pwquality.conf:2");
    tree.file("etc/pam.d/common-password", PASSWORD.replace("retry=3", "retry=3 minlen=20 dcredit=-1 difok=x"));
    assert_eq!(
        (ask("minlen"), ask("dcredit"), ask("difok")),
        ("20 common-password:1".into(), "-1 common-password:1".into(), "3 pwquality.conf.d/50-a.conf:2".into())
    );
    // It does not run with a file that it cannot read.
    tree.file("etc/security/pwquality.conf", "minlen = many\n");
    assert!(option(&tree, "pam_pwquality.minlen").unwrap_err().contains("pam_pwquality does not run"));
    assert!(
        option(&tree, "pam_pwquality.nosuch").is_err()
            && option(&tree, "nosuch").is_err()
            && option(&tree, "pam_x.y").is_err()
    );
}

#[test]
fn pwhistory_has_a_file_since_its_version() {
    let tree = laid_out();
    let status = |version: &str| {
        format!("Package: libpam-modules\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n")
    };
    tree.file("var/lib/dpkg/status", status("1.5.2-6+deb12u1"));
    tree.file("etc/security/pwhistory.conf", "Remember = 24\nremember = 1\nenforce_for_root\n");
    tree.file("etc/pam.d/common-password", format!("password requisite pam_pwhistory.so use_authtok\n{PASSWORD}"));
    let ask = |name: &str| option(&tree, &format!("pam_pwhistory.{name}")).unwrap().join("|");
    assert_eq!(
        (ask("remember"), ask("enforce_for_root")),
        ("10 default of pam_pwhistory".into(), "false default of pam_pwhistory".into())
    );
    tree.file("var/lib/dpkg/status", status("1.5.3-5ubuntu5"));
    assert_eq!(
        (ask("remember"), ask("enforce_for_root")),
        ("24 pwhistory.conf:1".into(), "true pwhistory.conf:3".into())
    );
    assert_eq!(ask("use_authtok"), "true common-password:1");
    tree.file(
        "etc/pam.d/common-password",
        "password requisite pam_pwhistory.so remember=5\npassword required pam_unix.so\n",
    );
    assert_eq!(
        (ask("remember"), ask("use_authtok")),
        ("5 common-password:1".into(), "false default of pam_pwhistory".into())
    );
    tree.file("var/lib/dpkg/status", status("1.5.2-6").replace("libpam-modules", "other"));
    assert!(option(&tree, "pam_pwhistory.remember").unwrap_err().contains("there is no package libpam-modules"));
}

#[test]
fn unix_hashes_as_its_line_or_login_defs_says() {
    let tree = laid_out();
    let ask = |name: &str| option(&tree, &format!("pam_unix.{name}")).unwrap().join("|");
    assert_eq!(ask("algorithm"), "yescrypt common-password:2");
    assert_eq!(ask("nullok"), "true common-auth:1|false default of pam_unix");
    assert_eq!(
        (ask("remember"), ask("use_authtok")),
        ("0 default of pam_unix".into(), "true common-password:2".into())
    );
    tree.file("etc/pam.d/common-password", "password required pam_unix.so md5 sha512 remember=5\n");
    assert_eq!(
        (ask("algorithm"), ask("remember"), ask("use_authtok")),
        ("sha512 common-password:1".into(), "5 common-password:1".into(), "false default of pam_unix".into())
    );
    tree.file("etc/pam.d/common-password", "password required pam_unix.so nullok_secure\n");
    assert_eq!(ask("nullok"), "true common-auth:1|true common-password:1");
    assert_eq!(ask("algorithm"), "des default of pam_unix");
    tree.file("etc/login.defs", "ENCRYPT_METHOD Yescrypt\nENCRYPT_METHOD MD5\n");
    assert_eq!(ask("algorithm"), "yescrypt /etc/login.defs:1");
    // A line that no way leads to says nothing.
    tree.file("etc/pam.d/common-auth", "auth requisite pam_deny.so\nauth required pam_unix.so nullok\n");
    assert_eq!(ask("nullok"), "true common-password:1");
}
