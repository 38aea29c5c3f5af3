use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::facts::{DotFile, GapKind, Home};
use crate::probe::tree::Tree;

/// 2026-11-24.
const TODAY: i64 = 20_781;

const SHELLS: &str =
    "# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n /usr/bin/zsh # the last\nfish /usr/bin/fish\n\n";

fn laid_out(passwd: &str, shadow: &str) -> Tree {
    let tree = Tree::new();
    tree.file("etc/passwd", passwd).file("etc/shadow", shadow).file("etc/shells", SHELLS);
    tree
}

fn all(tree: &Tree) -> Vec<User> {
    users(&tree.system(), TODAY).unwrap()
}

fn one(passwd: &str, shadow: &str) -> User {
    let mut found = all(&laid_out(passwd, shadow));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn an_account_is_read_from_both_files() {
    let tree = laid_out(
        "root:x:0:0:root:/root:/bin/bash\n# a comment\n\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n",
        "root:$y$j9T$abc$def:20000:0:99999:7:::\n_apt:!:20000::::::\n",
    );
    let found = all(&tree);
    let root = &found[0];
    assert_eq!((root.name.as_str(), root.uid, root.gid, root.place.as_str()), ("root", 0, 0, "/etc/passwd:1"));
    assert_eq!((root.shadowed, root.shell_kind.value()), (true, Some(&ShellKind::Listed)));
    let password = root.password.value().unwrap();
    assert_eq!((password.state, password.algorithm.as_str()), (crate::facts::PasswordState::Hashed, "yescrypt"));
    assert_eq!((password.min_days, password.max_days, password.warn_days, password.inactive_days), (0, 99_999, 7, -1));
    assert!(!password.changed_in_future);
    assert_eq!((found[1].place.as_str(), found[1].uid), ("/etc/passwd:4", 42));
    assert_eq!(found[1].shell_kind.value(), Some(&ShellKind::Refusing));
    assert_eq!(found.len(), 2);
    // The hash itself is nobody's business.
    assert!(!serde_json::to_string(&found).unwrap().contains("j9T"));
}

#[test]
fn numbers_are_those_of_the_c_library() {
    let tree = laid_out(
        "a:x:0\nb:x:zero:0::/:/bin/sh\nc:x:+0:00::/:/bin/sh\nd:x: -0:7::/:/bin/sh\ne:x:4294967296:-1::/:/bin/sh\n\
         +f:x:0:0::/:/bin/sh\n-g:x:0:0::/:/bin/sh\nh:x:0x0:0::/:/bin/sh\ni:x:0 :0::/:/bin/sh\nj:x::0::/:/bin/sh\n  k:x:9:9\n",
        "",
    );
    let users = all(&tree);
    assert_eq!(
        users.iter().map(|user| (user.same_uid, user.same_name)).collect::<Vec<_>>(),
        [(2, 1), (2, 1), (1, 1), (1, 1)]
    );
    let found: Vec<_> = users.into_iter().map(|user| (user.name, user.uid, user.gid)).collect();
    let expected = [("c", 0, 0), ("d", 0, 7), ("e", u32::MAX, u32::MAX), ("k", 9, 9)];
    assert_eq!(found, expected.map(|(name, uid, gid)| (name.to_owned(), uid, gid)));
}

#[test]
fn states_of_passwords() {
    use crate::facts::PasswordState::{Empty, Hashed, Locked, Unusable};
    for (field, state, algorithm) in [
        ("", Empty, ""),
        ("!", Locked, ""),
        ("!!", Locked, ""),
        ("*", Locked, ""),
        ("!$6$salt$hash", Locked, ""),
        ("x", Unusable, ""),
        ("NP", Unusable, ""),
        ("$6$salt$hash", Hashed, "sha512"),
        ("$5$salt$hash", Hashed, "sha256"),
        ("$1$salt$hash", Hashed, "md5"),
        ("$2b$05$hash", Hashed, "bcrypt"),
        ("$gy$salt$hash", Hashed, "gost-yescrypt"),
        ("$new$salt$hash", Hashed, "unknown"),
        ("abJnggxhB/yWI", Hashed, "des"),
        ("abJnggxhB:yWI", Unusable, ""),
    ] {
        let password = one("a:x:1:1::/:/bin/sh\n", &format!("a:{field}:::::::\n")).password;
        let password = password.value().unwrap();
        assert_eq!((password.state, password.algorithm.as_str()), (state, algorithm), "{field}");
        assert_eq!((password.max_days, password.changed_in_future), (-1, false));
    }
    // What stands in /etc/passwd itself counts there, and nothing says when it ends.
    let user = one("a::1:1::/:/bin/sh\n", "a:!:20000:1:2:3:4::\n");
    let password = user.password.value().unwrap();
    assert_eq!((user.shadowed, password.state, password.max_days), (false, Empty, -1));
    assert_eq!(one("a:x:1:1::/:/bin/sh\n", "b:::::::\n").password.value().unwrap().state, Unusable);
    let days = |shadow: &str| one("a:x:1:1::/:/bin/sh\n", shadow).password.value().unwrap().clone();
    assert!(days("a:*:20782::::::\n").changed_in_future && !days("a:*:20781::::::\n").changed_in_future);
    // Of two lines the first counts.
    assert_eq!(days("a:*:1:2:3:4:5::\na::::::\n").state, Locked);
}

#[test]
fn a_shadow_file_that_cannot_be_read_leaves_passwords_open_and_nothing_else() {
    let tree = laid_out("a:x:1:1::/:/bin/sh\nb:!:2:1::/:/bin/sh\n", "");
    tree.remove("etc/shadow").link("etc/shadow", "shadow");
    let found = all(&tree);
    assert_eq!(found[0].password.gap().unwrap().detail, "/etc/shadow: too many symbolic links");
    assert!(found[1].password.value().is_some());
    tree.remove("etc/passwd");
    assert_eq!(users(&tree.system(), TODAY).unwrap_err().kind, GapKind::Missing);
}

#[test]
fn hostile_files_give_a_gap() {
    let bad = |content: &[u8]| {
        let tree = laid_out("", "");
        tree.file("etc/passwd", content);
        users(&tree.system(), TODAY).map(|found| found.len()).map_err(|gap| gap.detail)
    };
    assert_eq!(bad(b"a:x:1:1\0::/:/bin/sh\n"), Err("/etc/passwd: has a NUL byte".to_owned()));
    assert_eq!(bad(b"\xff:x:1:1::/:/bin/sh\n"), Err("/etc/passwd: line 1 has a name that is not UTF-8".to_owned()));
    // A person's name is often older than UTF-8.
    assert_eq!(bad(b"a:x:1:1:J\xfcrgen:/:/bin/sh\n"), Ok(1));
    assert_eq!(bad(":".repeat(1 << 20).as_bytes()), Ok(0));
    let tree = laid_out("", "");
    tree.remove("etc/passwd").file("etc/passwd/x", "");
    assert!(users(&tree.system(), TODAY).is_err());
}

#[test]
fn shells_are_listed_refuse_or_are_some_program() {
    let tree = laid_out(
        "a:x:1:1::/:\nb:x:1:1::/:/usr/bin/zsh\nc:x:1:1::/:/usr/bin/git-shell\nd:x:1:1::/:/usr/bin/gone\n\
         e:x:1:1::/:/bin/false\nf:x:1:1::/:/usr/bin/fish\ng:x:1:1::/:/sbin/nologin\nh:x:1:1::/:/a:b\n",
        "",
    );
    tree.file("usr/bin/git-shell", "").file("sbin/nologin", "").file("a:b", "");
    let kinds: Vec<_> = all(&tree).into_iter().map(|user| *user.shell_kind.value().unwrap()).collect();
    use ShellKind::{Listed, Refusing, Unlisted};
    assert_eq!(kinds, [Listed, Listed, Unlisted, Refusing, Refusing, Listed, Refusing, Unlisted]);
    // Without the file the C library has a list of its own.
    tree.remove("etc/shells");
    assert_eq!(shells::listed(&tree.system()).unwrap(), ["/bin/sh", "/bin/csh"]);
    tree.file("usr/etc/shells", "/bin/bash\n");
    assert_eq!(shells::listed(&tree.system()).unwrap_err().kind, GapKind::Unsupported);
    tree.remove("usr/etc/shells");
    assert_eq!(all(&tree)[1].shell_kind.value(), Some(&Refusing));
}

#[test]
fn groups_have_members_in_three_files() {
    let tree = laid_out("a:x:1:42::/:/bin/sh\nb:x:2:7::/:/bin/sh\n", "");
    tree.file("etc/group", "root:x:0:\nshadow:x:42:c, d\nbad:x:y:\n").file("etc/gshadow", "shadow:!::e,\nother:!::f\n");
    let found = groups(&tree.system()).unwrap();
    assert_eq!(found.len(), 2);
    let shadow = &found[1];
    assert_eq!((shadow.name.as_str(), shadow.gid, shadow.place.as_str()), ("shadow", 42, "/etc/group:2"));
    assert_eq!(shadow.members, ["c", "d"]);
    assert_eq!(shadow.primary_of.value().unwrap(), &["a"]);
    assert_eq!(shadow.admitted.value().unwrap(), &["e"]);
    tree.remove("etc/gshadow");
    assert_eq!(groups(&tree.system()).unwrap()[1].admitted.value().unwrap(), &[] as &[String]);
    tree.remove("etc/passwd");
    assert!(groups(&tree.system()).unwrap()[1].primary_of.gap().is_some());
}

#[test]
fn homes_and_their_dot_files() {
    let tree = laid_out(
        "root:x:0:0::/root:/bin/bash\nbin:x:2:2::/bin:/usr/sbin/nologin\nann:x:1000:1000::/home/ann:/bin/sh\n\
         gone:x:1001:1001::/home/gone:/bin/sh\nfile:x:1002:1002::/etc/passwd:/bin/sh\nnone:x:1003:1003:::/bin/sh\n",
        "",
    );
    tree.file("root/.bashrc", "").file("root/visible", "").file("root/.ssh/id", "").file("home/ann/.netrc", "");
    tree.link("home/ann/.bash_history", "/dev/null")
        .link("home/ann/.loop", ".loop")
        .link("home/ann/.bashrc", "/root/.bashrc");
    tree.file("dev/null", "");
    let home = tree.system().real("/home/ann");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o1770)).unwrap();
    let people = people(&tree.system()).unwrap();
    let people: Vec<_> = people.iter().collect();
    let found: Vec<Home> = homes::homes(&tree.system(), &people);
    let names: Vec<_> = found.iter().map(|home| home.user.as_str()).collect();
    assert_eq!(names, ["root", "ann", "gone", "file", "none"]);
    let ann = found[1].directory.value().unwrap().as_ref().unwrap();
    assert_eq!((ann.uid, ann.mode), (rustix::process::geteuid().as_raw(), 0o770));
    assert!(found.iter().all(|home| home.directory.value().is_some() && home.listed.value() == Some(&true)));
    assert!(found[2..].iter().all(|home| home.directory.value() == Some(&None)));
    let found: Vec<DotFile> = homes::dot_files(&tree.system(), &people);
    let seen: Vec<_> = found.iter().map(|f| (f.user.as_str(), f.path.as_str(), f.symlink)).collect();
    assert_eq!(
        seen,
        [
            ("root", "/root/.bashrc", false),
            ("ann", "/home/ann/.bash_history", true),
            ("ann", "/home/ann/.bashrc", true),
            ("ann", "/home/ann/.netrc", false),
        ]
    );
    assert_eq!(found[2].file.value().unwrap().path, "/root/.bashrc");
}

#[test]
fn defaults_of_new_accounts_have_their_line() {
    let tree = Tree::new();
    let read = || {
        let system = tree.system();
        defaults::of_new_accounts(&system, &LoginDefs::read(&system))
    };
    // Without shadow nobody goes by its defaults, and with SUSE's by another file.
    assert_eq!(read().max_days.gap().unwrap().kind, GapKind::Missing);
    tree.file("usr/sbin/useradd", "").file("usr/etc/login.defs", "PASS_MAX_DAYS 90\n");
    assert_eq!(read().max_days.gap().unwrap().kind, GapKind::Unsupported);
    tree.remove("usr/etc/login.defs");
    let none = read();
    assert_eq!(none.max_days, Observed::from_source(-1, "/etc/login.defs has no PASS_MAX_DAYS"));
    assert_eq!(none.encrypt_method.value().unwrap(), "DES");
    assert_eq!(none.inactive_days.value(), Some(&-1));
    tree.file(
        "etc/login.defs",
        "# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t99999\nPASS_MAX_DAYS 0x16D\n  PASS_MIN_DAYS \"010\"\nPASS_WARN_AGE seven\n\
         ENCRYPT_METHOD YESCRYPT # not a comment\nUID_MIN\n",
    );
    tree.file("etc/default/useradd", "# INACTIVE=1\n INACTIVE=2\nINACTIVE=45\n");
    let some = read();
    assert_eq!(some.max_days, Observed::from_source(365, "/etc/login.defs:3"));
    assert_eq!(some.min_days, Observed::from_source(8, "/etc/login.defs:4"));
    assert_eq!(some.warn_days.value(), Some(&-1));
    assert_eq!(some.encrypt_method.value().unwrap(), "YESCRYPT # not a comment");
    assert_eq!(some.inactive_days, Observed::from_source(45, "/etc/default/useradd:3"));
    for (line, days) in
        [("INACTIVE=30 ", -1), ("INACTIVE=-1", -1), ("INACTIVE=-5", -1), ("INACTIVE=", -1), ("INACTIVE=0", 0)]
    {
        tree.file("etc/default/useradd", line);
        assert_eq!(read().inactive_days.value(), Some(&days), "{line}");
    }
    tree.remove("etc/login.defs").link("etc/login.defs", "login.defs");
    assert!(read().max_days.gap().is_some());
}
