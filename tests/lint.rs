//! Every fault that a check or a benchmark can have, as it is drawn, and packs that mean harm.
//!
//! `INSTA_UPDATE=always cargo test --test lint` rewrites the drawings in `tests/snapshots`.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test runs the program that it tests"
)]

mod pack;

use std::os::unix::fs::{PermissionsExt, symlink};

use insta::assert_snapshot;

use pack::{CHECK, Pack, benchmark, check};

#[test]
fn a_good_pack_holds() {
    let pack =
        Pack::new(&[("good-check.toml", CHECK), ("benchmarks/site.toml", &benchmark(&[("1.1", 1, "good-check")]))]);
    let run = pack.lint();
    assert_eq!((run.code, run.stdout.as_str()), (0, "1 checks hold, by 2 examples\n"));
}

/// Each fault by itself: a name, the part of a good check that is replaced, and by what.
#[test]
fn every_fault_of_a_check() {
    let faults = [
        ("misspelt field", "!container.privileged", "!container.privleged"),
        ("misspelt root", "!container.privileged", "!contaner.privileged"),
        ("wrong type", "!container.privileged", "container.memory_bytes == 'much'"),
        ("no bool", "!container.privileged", "container.memory_bytes"),
        ("unknown function", "!container.privileged", "container.name.startWith('x')"),
        ("function of another type", "!container.privileged", "container.memory_bytes.startsWith('x')"),
        ("function with two arguments", "!container.privileged", "container.name.startsWith('x', 'y')"),
        ("unknown word", "!container.privileged", "container.no_new_privileges == 'forbiden'"),
        ("unknown word of several", "!container.privileged", "container.no_new_privileges in ['allowed', 'denied']"),
        ("unguarded null", "!container.privileged", "file['/etc/passwd'].uid == 0"),
        ("unguarded null number", "!container.privileged", "container.process.cgroup.pids_max > 1"),
        ("computed key", "!container.privileged", "sysctl[container.name] == '1'"),
        ("whole lists compared", "!container.privileged", "container.capabilities == []"),
        ("has", "!container.privileged", "has(container.privileged)"),
        ("syntax", "!container.privileged", "!container.privileged &&"),
        ("syntax after a long letter", "!container.privileged", "container.ñame == 'é'"),
        ("pattern", "!container.privileged", "container.name.matches('(')"),
        ("parameter", "!container.privileged", "container.name == param.name"),
        ("shadowed name", "!container.privileged", "containers.exists(container, container.privileged)"),
        ("placeholder in the title", "Containers are", "{container.nam} is"),
        ("placeholder of a list", "Containers are", "{container.mounts} is"),
        ("reference", "attack:T1611", "attack:1611"),
        ("framework", "attack:T1611", "mitre:T1611"),
        ("unknown key", "severity", "colour = 'red'\nseverity"),
        ("word of a key", "'high'", "'hihg'"),
        ("type of a key", "severity = 'high'", "severity = 3"),
        ("missing key", "remediation = 'Do not.'\n", ""),
        ("example of another verdict", "privileged = true", "privileged = false"),
        ("example with an unknown fact", "privileged = true", "privileged = true, privileges = true"),
        ("example with a wrong type", "privileged = true", "privileged = 'yes'"),
        ("example with an unknown root", "container = { privileged = true }", "contaner = { privileged = true }"),
        ("no example that fails", "verdict = 'fail'", "verdict = 'unknown'"),
        ("no TOML", "severity = 'high'", "severity = high"),
        ("a key twice", "severity = 'high'", "severity = 'high'\nseverity = 'low'"),
    ];
    let mut drawn = String::new();
    for (name, good, bad) in faults {
        assert!(CHECK.contains(good), "{name}");
        let run = Pack::new(&[("bad-check.toml", &CHECK.replacen(good, bad, 1))]).lint();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        drawn += &format!("### {name}\n{}\n", run.stderr);
    }
    assert_snapshot!(drawn);
}

#[test]
fn every_fault_of_a_benchmark() {
    let one = |text: String| Pack::new(&[("good-check.toml", CHECK), ("benchmarks/site.toml", &text)]).lint();
    let mut drawn = String::new();
    for (name, text) in [
        ("unknown check", benchmark(&[("1.1", 1, "god-check")])),
        ("out of order", benchmark(&[("1.2", 1, "good-check"), ("1.1", 1, "good-check")])),
        ("twice", benchmark(&[("1.1", 1, "good-check"), ("1.1", 1, "good-check")])),
        ("level 3", benchmark(&[("1.1", 3, "good-check")])),
        ("level -1", benchmark(&[("1.1", -1, "good-check")])),
        ("level 300", benchmark(&[("1.1", 300, "good-check")])),
        ("no number", benchmark(&[("1.x", 1, "good-check")])),
        ("outside of its sections", benchmark(&[("2.1", 1, "good-check")])),
        ("no check", benchmark(&[("1.1", 1, "good-check")]).replace("['good-check']", "[]")),
        ("unknown key", benchmark(&[("1.1", 1, "good-check")]).replace("level", "lavel")),
        (
            "needs what there is not",
            benchmark(&[("1.1", 1, "good-check")]).replace("source", "needs = 'dokcer'\nsource"),
        ),
    ] {
        let run = one(text);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        drawn += &format!("### {name}\n{}\n", run.stderr);
    }
    assert_snapshot!(drawn);
}

/// Several files, several faults each: one run tells all of them.
#[test]
fn all_faults_come_in_one_run() {
    let several = CHECK.replace("!container.privileged", "container.privleged && container.nme == 1 && foo(container)");
    let several = several.replace("severity", "colour = 'red'\nseverity").replace("attack:T1611", "T1611");
    let variants = format!("{CHECK}[[variant]]\nid = 'one-check'\n[[variant]]\nid = 'one-check'\n");
    let pack = Pack::new(&[
        ("several.toml", &several),
        ("broken.toml", "title = \n"),
        ("No_Slug.toml", CHECK),
        ("a/twice.toml", CHECK),
        ("b/twice.toml", CHECK),
        ("variants.toml", &variants),
        ("benchmarks/site.toml", &benchmark(&[("1.1", 3, "god-check"), ("1.2", 1, "several")])),
    ]);
    let run = pack.lint();
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr);
}

#[test]
fn files_that_cannot_be_read() {
    let pack = Pack::new(&[("good-check.toml", CHECK)]);
    let dir = pack.dir.path();
    std::fs::write(dir.join("latin.toml"), b"title = '\xe9'\n").unwrap();
    std::fs::create_dir(dir.join("folder.toml")).unwrap();
    symlink("nowhere", dir.join("dangling.toml")).unwrap();
    symlink("..", dir.join("folder.toml/round")).unwrap();
    std::fs::write(dir.join("large.toml"), vec![b'#'; 2 << 20]).unwrap();
    std::process::Command::new("mkfifo").arg(dir.join("pipe.toml")).status().unwrap();
    symlink("/dev/zero", dir.join("zero.toml")).unwrap();
    let run = pack.lint();
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr);
}

#[test]
fn a_file_that_may_not_be_read() {
    let pack = Pack::new(&[("secret.toml", CHECK)]);
    std::fs::set_permissions(pack.dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(pack.dir.path().join("secret.toml"), PermissionsExt::from_mode(0o600)).unwrap();
    let run = pack.lint_as_nobody();
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr);
}

#[test]
fn a_directory_that_is_not_there() {
    let run = pack::run(&["lint", "/nowhere/at/all"]);
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr);
    let run = pack::run(&["audit", "--checks", "/nowhere/at/all"]);
    assert_eq!(run.code, 2);
}

/// Neither a text of a pack nor the name of its file reaches the terminal as a control character.
#[test]
fn a_pack_cannot_drive_the_terminal() {
    let evil = check("true").replace("Containers are", "\u{202e}Containers\\u001b[2J are").replace('\'', "\"");
    let pack = Pack::new(&[("good-check.toml", &evil), ("\u{1b}[2J-check.toml", "severity = \"\u{1b}[2J\"")]);
    let run = pack.lint();
    assert_eq!(run.code, 2);
    pack::harmless(&run.stderr);
    std::fs::remove_file(pack.dir.path().join("\u{1b}[2J-check.toml")).unwrap();
    let dir = pack.dir.path().to_str().unwrap();
    for args in [&["checks", "list", "--checks", dir][..], &["checks", "show", "good-check", "--checks", dir]] {
        let run = pack::run(args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        pack::harmless(&run.stdout);
    }
}

#[test]
fn hostile_packs_are_refused_in_time() {
    for (name, expression, refusal) in pack::hostile() {
        let pack = Pack::new(&[("hostile.toml", &check(&expression))]);
        let run = pack.lint();
        assert_eq!(run.code, 2, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(refusal), "{name}: {}", run.stderr);
        assert!(run.seconds < 1.0 || pack.cost() < 1.0, "{name} took {} s", run.seconds);
    }
}

#[test]
fn toml_that_nests_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{ a = ", "}")] {
        for depth in [100, 100_000] {
            let text = format!("x = {}{}\n{CHECK}", open.repeat(depth), close.repeat(depth));
            let pack = Pack::new(&[("hostile.toml", &text)]);
            let run = pack.lint();
            assert_eq!(run.code, 2, "{open}{depth}: {}", run.stderr);
            assert!(run.seconds < 1.0 || pack.cost() < 1.0, "{open}{depth} took {} s", run.seconds);
        }
    }
    let dotted = format!("{}a = 1\n{CHECK}", "a.".repeat(100_000));
    let pack = Pack::new(&[("hostile.toml", &dotted)]);
    let run = pack.lint();
    assert_eq!(run.code, 2);
    assert!(run.seconds < 1.0 || pack.cost() < 1.0, "dotted keys took {} s", run.seconds);
}
