//! Files that a report is written to: whole or not at all, and never through somebody's link.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;

use crate::liar::Liar;
use crate::pack::{Run, finish, plimsoll};

/// An audit of an engine with one container, in a folder.
fn audit(liar: &Liar, folder: &TempDir, args: &[&str]) -> Run {
    let mut command = plimsoll();
    command
        .current_dir(folder.path())
        .args(["audit", "--benchmark", "cis-docker-1.8.0", "--engine-socket"])
        .arg(liar.socket())
        .args(args);
    finish(&mut command)
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_are_replaced_whole() {
    let (liar, folder) = (Liar::with_web(), TempDir::new().unwrap());
    fs::write(folder.path().join("a.json"), "old").unwrap();
    let before = fs::File::open(folder.path().join("a.json")).unwrap();
    let run = audit(&liar, &folder, &["-o", "json=a.json", "--output", "prometheus=a.prom", "-o", "csv=./a=b.csv"]);
    assert!(run.code != 2 && run.stdout.contains("CIS Docker Benchmark"), "{}", run.stderr);
    assert_eq!(names(&folder), ["a.json", "a.prom", "a=b.csv"]);
    // Whoever had the old file open still reads it to its end.
    assert_eq!(std::io::read_to_string(before).unwrap(), "old");
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("a.json"), mode("a.prom"), mode("a=b.csv")), (0o640, 0o644, 0o640));
    assert!(fs::read_to_string(folder.path().join("a.json")).unwrap().ends_with("}\n"));
}

/// The collector that reads the metrics is another user, whatever the umask of the audit.
#[test]
fn the_mode_is_not_the_umasks() {
    let (liar, folder) = (Liar::with_web(), TempDir::new().unwrap());
    for (umask, mode) in [("077", 0o644), ("000", 0o644)] {
        let script = format!(
            "umask {umask}; exec {} audit --engine-socket {} -o prometheus=a.prom",
            env!("CARGO_BIN_EXE_plimsoll"),
            liar.socket().display()
        );
        let run = finish(std::process::Command::new("bash").current_dir(folder.path()).args(["-c", &script]));
        assert_ne!(run.code, 2, "{}", run.stderr);
        let metadata = fs::metadata(folder.path().join("a.prom")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode, "umask {umask}");
    }
}

#[test]
fn what_cannot_be_written_is_told_first() {
    let (liar, folder) = (Liar::with_web(), TempDir::new().unwrap());
    fs::write(folder.path().join("precious"), "kept").unwrap();
    symlink("precious", folder.path().join("link")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let outputs = ["json=link", "json=dangling", "csv=folder", "csv=no/where", "csv=/dev/null", "csv=ok", "html=ok"];
    let run = audit(&liar, &folder, &outputs.map(|output| ["-o", output]).concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    for words in [
        "cannot write link: it is a symbolic link",
        "cannot write dangling: it is a symbolic link",
        "cannot write folder: it is not a regular file",
        "cannot write no/where: no file can be made in no",
        "cannot write /dev/null: it is not a regular file",
        "cannot write ok twice",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert_eq!(liar.asked(), Vec::<String>::new(), "the engine was asked before");
    assert_eq!(names(&folder), ["dangling", "folder", "link", "precious"]);
    assert_eq!(fs::read_to_string(folder.path().join("precious")).unwrap(), "kept");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let (liar, folder) = (Liar::with_web(), TempDir::new().unwrap());
    // A file may not grow beyond a kibibyte, which is what a full disk is to one that is written; the signal for it is ignored.
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} audit --engine-socket {} -o json=a.json",
        env!("CARGO_BIN_EXE_plimsoll"),
        liar.socket().display()
    );
    let mut command = std::process::Command::new("bash");
    let run = finish(command.current_dir(folder.path()).args(["-c", &script]));
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("cannot write a.json: File too large"), "{}", run.stderr);
    assert!(run.stdout.contains("CIS Docker Benchmark"), "the report is printed all the same");
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[test]
fn wrong_outputs_are_told() {
    for (output, words) in [
        ("html", "write FORMAT=PATH"),
        ("pdf=x", "`pdf` is not a format; write FORMAT=PATH, and the formats are text, json, html"),
        ("html=", "no file is named"),
        ("json=-", "for standard output there is --format"),
    ] {
        let run = finish(plimsoll().args(["audit", "-o", output]));
        assert!(run.code == 2 && run.stderr.contains(words), "{output}: {}", run.stderr);
    }
}
