//! The manual, the completions and the files in /etc are made from the code's own description of itself: the command line, the
//! checks, and the schemas of facts and of the files people write. This keeps them so.
//!
//! `PLIMSOLL_REGENERATE=1 cargo test --test generated` writes them anew.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "it compares files of this package, and asks the readers of manuals"
)]

mod catalogue;
mod facts;
mod page;
mod site;
mod verbs;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory as _;
use clap_complete::Shell;
use plimsoll::cli::Cli;
use plimsoll::library::Library;
use plimsoll::policy::Loaded as Policy;
use plimsoll::waiver::Waivers;

fn same(folder: &str, made: &BTreeMap<String, Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("PLIMSOLL_REGENERATE").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in made {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let kept = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap());
    let kept: BTreeMap<String, Vec<u8>> =
        kept.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect();
    assert_eq!(kept.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "{}", folder.display());
    for (name, bytes) in made {
        assert!(kept.get(name) == Some(bytes), "{}/{name} is out of date: PLIMSOLL_REGENERATE=1", folder.display());
    }
}

#[test]
fn the_manual_is_of_this_program() {
    let mut pages = verbs::pages();
    let main = String::from_utf8_lossy(pages.get("plimsoll.1").unwrap());
    for words in [".SH \"EXIT STATUS\"", "Exit status of", "nothing failed, but something could not be judged"] {
        assert!(main.contains(words), "{main}");
    }
    for (name, page) in [
        ("plimsoll-checks.7", catalogue::page(&Library::builtin().unwrap())),
        ("plimsoll-facts.7", facts::page()),
        ("plimsoll-policy.5", site::policy()),
        ("plimsoll-waivers.5", site::waivers()),
    ] {
        pages.insert(name.to_owned(), page);
    }
    same("man", &pages);
    for name in pages.keys() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(name);
        // Of styles of writing roff, mandoc has opinions of its own.
        complains_of_nothing(Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&path));
        complains_of_nothing(Command::new("man").args(["--warnings", "-E", "UTF-8", "-l"]).arg(&path));
    }
}

fn complains_of_nothing(command: &mut Command) {
    let output = command.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80").output().unwrap();
    let said = String::from_utf8_lossy(if output.stderr.is_empty() && !output.status.success() {
        &output.stdout
    } else {
        &output.stderr
    });
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
}

#[test]
fn the_files_in_etc_are_of_these_settings() {
    let files = [("policy.toml", site::policy_file()), ("waivers.toml", site::waivers_file())];
    same("contrib/etc", &files.map(|(name, text)| (name.to_owned(), text)).into());
}

#[test]
fn the_examples_in_the_manual_load() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/examples");
    let library = Library::with_site(&[examples.join("checks.d")]).unwrap();
    assert_eq!(library.prove(true).unwrap(), 4);
    Policy::read(Some(&examples.join("policy.toml")), library.checks()).unwrap();
    Waivers::read(Some(&examples.join("waivers.toml")), &library).unwrap();
}

#[test]
fn the_completions_are_of_this_command_line() {
    let mut made = BTreeMap::new();
    for (shell, name) in [(Shell::Bash, "plimsoll.bash"), (Shell::Fish, "plimsoll.fish"), (Shell::Zsh, "_plimsoll")] {
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "plimsoll", &mut bytes);
        made.insert(name.to_owned(), bytes);
    }
    same("contrib/completions", &made);
}
