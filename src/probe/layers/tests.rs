use super::*;
use crate::facts::GapKind;
use crate::probe::tree::Tree;

/// Files with their modes, in layers `0`, `1`… below the engine's directory, the highest first.
fn store(files: &[(&str, u32, &str)]) -> (Tree, Store) {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new();
    for (path, mode, text) in files {
        tree.file(&format!("data/{path}"), text);
        let real = tree.system().real(format!("/data/{path}"));
        std::fs::set_permissions(real, std::fs::Permissions::from_mode(*mode)).unwrap();
    }
    let store = at(&tree, "/data");
    (tree, store)
}

/// The layers of an engine with this directory.
fn at(tree: &Tree, directory: &str) -> Store {
    let seen = Store::new(&tree.system(), Ok(tree.system()), Err(Gap::not_collected()));
    Store { root: Ok(directory.to_owned()), ..seen }
}

fn directories(count: usize) -> Directories {
    Ok((0..count).map(|number| format!("/data/{number}")).collect())
}

fn found(store: &Store, of: &Directories) -> Result<Vec<(String, u32)>, Gap> {
    let all = BTreeMap::from([("image".to_owned(), of.clone())]);
    let scanned = scan_all(store, &all, &Tally::default());
    let files = set_id_files(&store.overlay(of)?, of, &scanned)?;
    Ok(files.into_iter().map(|file| (file.path, file.mode)).collect())
}

#[test]
fn set_id_files_are_those_that_show() {
    let (_tree, store) = store(&[
        ("0/bin/su", 0o755, "taken off"),
        ("0/bin/new", 0o2755, ""),
        ("1/bin/su", 0o4755, ""),
        ("1/bin/mount", 0o4755, ""),
        ("1/bin/cat", 0o755, ""),
        ("1/bin/both", 0o6711, ""),
        ("1/bin/sticky", 0o1755, ""),
    ]);
    let wanted = [("/bin/both".to_owned(), 0o6711), ("/bin/mount".to_owned(), 0o4755), ("/bin/new".to_owned(), 0o2755)];
    assert_eq!(found(&store, &directories(2)).unwrap(), wanted);
    assert_eq!(found(&store, &Ok(vec!["/data/1".to_owned()])).unwrap().len(), 3);
}

#[test]
fn a_layer_is_below_the_engines_directory_or_is_not_read() {
    let (tree, store) = store(&[("0/x", 0o4755, "")]);
    tree.file("etc/shadow", "").link("data/out", "/etc").link("linked", "/data/0");
    let kind = |directory: &str| found(&store, &Ok(vec![directory.to_owned()])).map_err(|gap| gap.kind);
    assert_eq!(kind("/linked").map(|files| files.len()), Ok(1));
    for (directory, wanted) in [
        ("/etc", GapKind::Malformed),
        ("/data/out", GapKind::Malformed),
        ("/data/0/../../etc", GapKind::Malformed),
        ("/", GapKind::Malformed),
        ("/data/none", GapKind::Missing),
        ("", GapKind::Malformed),
    ] {
        assert_eq!(kind(directory), Err(wanted), "{directory}");
    }
    assert!(at(&tree, "/").overlay(&directories(1)).is_err());
}

#[test]
fn without_the_right_to_see_marks_only_a_single_layer_is_read() {
    let (tree, _) = store(&[("0/x", 0o4755, ""), ("1/y", 0o4755, "")]);
    tree.status(50, &[("CapEff", Some("000001ffffdfffff"))]);
    let store = at(&tree, "/data");
    assert_eq!(found(&store, &directories(1)).unwrap().len(), 1);
    assert_eq!(found(&store, &directories(2)).map_err(|gap| gap.kind), Err(GapKind::Denied));
}

#[test]
fn a_user_is_found_as_the_runtime_finds_it() {
    let accounts = "root:x:0:0::/:/bin/sh\n# c\n\ntoor:x:0:0\n  app:x:1000:1000::/:\n7:x:0:0::/:\nbad:x\nodd:x:y:0\n";
    let (_tree, store) = store(&[("0/etc/passwd", 0o644, accounts), ("1/x", 0o644, "")]);
    let of = |user: &str, directories: &Directories| {
        let mut uid = crate::probe::image::uid(user);
        store.resolve(user, &mut uid, directories);
        uid
    };
    let uid = |user: &str| of(user, &directories(1)).value().copied();
    for (user, wanted) in [
        ("", Some(0)),
        ("root", Some(0)),
        ("toor", Some(0)),
        ("app", Some(1000)),
        ("app:root", Some(1000)),
        ("1000", Some(1000)),
        ("4321", Some(4321)),
        // An account of this name, whatever the number says.
        ("7", Some(0)),
        ("nobody", None),
        ("bad", None),
        ("odd", None),
        ("-1", None),
        ("4294967296", None),
    ] {
        assert_eq!(uid(user), wanted, "{user}");
    }
    // Without accounts a number is itself, and a name is nobody's.
    let bare = Ok(vec!["/data/1".to_owned()]);
    assert_eq!(of("1000", &bare).value(), Some(&1000));
    assert_eq!(of("", &bare).value(), Some(&0));
    assert_eq!(of("app", &bare).gap().map(|gap| gap.kind), Some(GapKind::Missing));
    // Where they cannot be read, what the name alone tells stays.
    let closed = Err(Gap::new(GapKind::Unsupported, "closed"));
    assert_eq!((of("", &closed).value(), of("7", &closed).value()), (Some(&0), Some(&7)));
    assert_eq!(of("app", &closed).gap().map(|gap| gap.kind), Some(GapKind::Unsupported));
}

type Files = &'static [(&'static str, &'static str)];

#[test]
fn packages_are_those_that_databases_call_installed() {
    const DPKG: &str = "Package: gcc\nStatus: install ok installed\nDescription: x\n Package: no\n\nPackage: old\nStatus: deinstall ok \
                config-files\n\nPackage: held\nStatus: hold ok installed\n\nStatus: x\n";
    let cases: [(Files, Option<&[&str]>); 6] = [
        (&[("etc/passwd", "")], None),
        (&[("var/lib/dpkg/status", DPKG)], Some(&["gcc", "held"])),
        (&[("var/lib/dpkg/status", "")], Some(&[])),
        (
            &[
                ("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 1\n"),
                ("var/lib/dpkg/status.d/base.md5sums", "x"),
            ],
            Some(&["base-files"]),
        ),
        (&[("lib/apk/db/installed", "C:Q1\nP:musl\nV:1\n\nP:sudo\n")], Some(&["musl", "sudo"])),
        (
            &[("var/lib/pacman/local/gcc-libs-14.2.1-1/desc", ""), ("var/lib/pacman/local/ALPM_DB_VERSION", "9")],
            Some(&["gcc-libs"]),
        ),
    ];
    for (files, wanted) in cases {
        let files: Vec<(String, u32, &str)> =
            files.iter().map(|(path, text)| (format!("0/{path}"), 0o644, *text)).collect();
        let files: Vec<(&str, u32, &str)> =
            files.iter().map(|(path, mode, text)| (path.as_str(), *mode, *text)).collect();
        let (_tree, store) = store(&files);
        let names = packages::installed(&store.overlay(&directories(1)).unwrap()).unwrap();
        assert_eq!(names, wanted.map(|names| names.iter().map(|name| (*name).to_owned()).collect()), "{files:?}");
    }
    for database in ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/Packages.db", "nix/var/nix/db/db.sqlite"] {
        let path = format!("0/{database}");
        let (_tree, store) = store(&[(&path, 0o644, ""), ("0/var/lib/dpkg/status", 0o644, DPKG)]);
        let gap = packages::installed(&store.overlay(&directories(1)).unwrap()).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unsupported, "{database}");
    }
}

#[test]
fn package_managers_are_told_once() {
    let (tree, store) =
        store(&[("0/usr/bin/apt-get", 0o755, ""), ("0/usr/bin/dpkg", 0o755, ""), ("0/sbin/apk", 0o755, "")]);
    tree.link("data/0/bin", "usr/bin").link("data/0/usr/bin/apt", "/nowhere");
    let found = packages::managers(&store.overlay(&directories(1)).unwrap()).unwrap();
    assert_eq!(found, ["/sbin/apk", "/usr/bin/apt-get", "/usr/bin/dpkg"]);
}
