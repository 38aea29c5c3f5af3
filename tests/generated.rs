//! The manual and the completions are made from the command line's own description; this keeps them so.
//!
//! `PLIMSOLL_REGENERATE=1 cargo test --test generated` writes them anew.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "it compares files of this package")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use plimsoll::cli::Cli;

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
fn the_manual_is_of_this_command_line() {
    let folder = tempfile::TempDir::new().unwrap();
    clap_mangen::generate_to(Cli::command(), folder.path()).unwrap();
    let pages = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let page = |path: &Path| {
        // clap calls all that follows the help extra; here it is the exit status, and manuals have a name for that.
        fs::read_to_string(path).unwrap().replace(".SH EXTRA", ".SH \"EXIT STATUS\"").into_bytes()
    };
    let pages: BTreeMap<String, Vec<u8>> =
        pages.map(|entry| (entry.file_name().into_string().unwrap(), page(&entry.path()))).collect();
    let main = String::from_utf8_lossy(pages.get("plimsoll.1").unwrap());
    for words in [".SH \"EXIT STATUS\"", "Exit status of", "nothing failed, but something could not be judged"] {
        assert!(main.contains(words), "{main}");
    }
    same("man", &pages);
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
