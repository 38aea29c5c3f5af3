//! The directories in which root's login shell looks for programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::script::{PROFILE_D, Script, change, profile_d, root};
use crate::facts::{FileAccess, Gap, GapKind, PathEntry};
use crate::probe::accounts::LoginDefs;
use crate::probe::shell::{Command, Part, Truth, Word};
use crate::probe::{System, file, none_if_missing};

/// Shells whose files are understood.
const SHELLS: [&str; 5] = ["bash", "rbash", "sh", "dash", "ash"];
/// How deep files may pull each other in.
const MAX_DEPTH: usize = 8;

/// One directory, as it was set.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    path: String,
    certain: bool,
    place: String,
}

/// The search path after a login, each directory once.
pub(super) fn of_root(system: &System) -> Result<Vec<PathEntry>, Gap> {
    let (home, shell) = root(system)?;
    let name = shell.rsplit('/').next().unwrap_or_default().to_owned();
    if !SHELLS.contains(&name.as_str()) {
        return Err(Gap::new(
            GapKind::Unsupported,
            format!("root's shell {shell} reads files that are not understood"),
        ));
    }
    let mut login =
        Login { system, home: home.clone(), path: beginning(system)?, variables: BTreeMap::new(), depth: 0 };
    login.read(Path::new("/etc/profile"), Truth::Yes)?;
    // bash takes the first of these that is there.
    let own: &[&str] =
        if name.ends_with("bash") { &[".bash_profile", ".bash_login", ".profile"] } else { &[".profile"] };
    for file in own {
        if login.read(&Path::new(&home).join(file), Truth::Yes)? {
            break;
        }
    }
    let mut found: Vec<PathEntry> = Vec::new();
    for entry in login.path {
        match found.iter_mut().find(|other| other.path == entry.path) {
            Some(other) => other.certain |= entry.certain,
            None => found.push(PathEntry {
                directory: directory(system, &entry.path).into(),
                path: entry.path,
                certain: entry.certain,
                place: entry.place,
            }),
        }
    }
    Ok(found)
}

fn directory(system: &System, path: &str) -> Result<Option<FileAccess>, Gap> {
    if !path.starts_with('/') {
        return Ok(None);
    }
    let seen = none_if_missing(file::access::observe(system, Path::new(path), &Ok(0)))?;
    Ok(seen.filter(|(_, metadata)| metadata.is_dir()).map(|(access, _)| access))
}

/// What programs that log people in set before the shell reads its files: it is not known which of them does.
fn beginning(system: &System) -> Result<Vec<Entry>, Gap> {
    let mut found = Vec::new();
    let defs = LoginDefs::read(system);
    if let Some((place, value)) = defs.all("ENV_SUPATH")?.last() {
        let path = value.strip_prefix("PATH=").unwrap_or(value);
        found.extend(path.split(':').map(|path| Entry { path: path.to_owned(), certain: false, place: place.clone() }));
    }
    let text = none_if_missing(system.read_lossy("/etc/environment"))?.unwrap_or_default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        if let Some(value) = line.strip_prefix("PATH=") {
            let place = format!("/etc/environment:{}", index + 1);
            let paths = value.trim_matches(['"', '\'']).split(':');
            found.extend(paths.map(|path| Entry { path: path.to_owned(), certain: false, place: place.clone() }));
        }
    }
    Ok(found)
}

/// A login shell on its way through its files.
struct Login<'s> {
    system: &'s System,
    home: String,
    path: Vec<Entry>,
    /// Variables whose text is known, and whether they have it for sure.
    variables: BTreeMap<String, (String, Truth)>,
    depth: usize,
}

impl Login<'_> {
    /// Reads a file; false when it is not there.
    fn read(&mut self, path: &Path, truth: Truth) -> Result<bool, Gap> {
        let Some(script) = Script::read(self.system, path)? else { return Ok(false) };
        self.run(&script, truth)?;
        Ok(true)
    }

    fn run(&mut self, script: &Script, truth: Truth) -> Result<(), Gap> {
        if self.depth >= MAX_DEPTH {
            return Err(Gap::new(GapKind::Malformed, format!("{}: files pull each other in too deeply", script.path)));
        }
        self.depth += 1;
        let mut directory_read = false;
        for command in &script.commands {
            let truth = truth.min(command.for_root);
            if truth == Truth::No {
                continue;
            }
            if command.in_function {
                self.in_function(script, command)?;
                continue;
            }
            if let Some(target) = sourced(command) {
                match self.text(target, truth) {
                    Some(target) => self.pull_in(&target, truth)?,
                    // The loop over a directory that the file names.
                    None if !directory_read && script.mentions(PROFILE_D) => {
                        directory_read = true;
                        for script in profile_d(self.system)? {
                            self.run(&script, Truth::Yes)?;
                        }
                    }
                    None => {}
                }
            }
            self.assign(script, command, truth)?;
            let leaves = command.words.first().and_then(Word::literal);
            if truth == Truth::Yes && matches!(leaves.as_deref(), Some("return" | "exit" | "exec")) {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// A file that another pulls in, if it is one that an administrator writes.
    fn pull_in(&mut self, target: &str, truth: Truth) -> Result<(), Gap> {
        let target = match target.strip_prefix("~/") {
            Some(rest) => Path::new(&self.home).join(rest),
            None => PathBuf::from(target),
        };
        if target.starts_with("/etc") || target.starts_with(&self.home) {
            self.read(&target, truth)?;
        }
        Ok(())
    }

    fn assign(&mut self, script: &Script, command: &Command, truth: Truth) -> Result<(), Gap> {
        let place = script.place(command);
        for (name, added, value) in assignments(command) {
            match self.text(&value, truth).filter(|_| !added) {
                Some(text) => drop(self.variables.insert(name.to_owned(), (text, truth))),
                None => drop(self.variables.remove(name)),
            }
        }
        let change = change(command, "PATH");
        if change.unset {
            self.path.clear();
        }
        let Some(value) = change.value else { return Ok(()) };
        let mut set = self.entries(&value, &place, truth).ok_or_else(|| {
            Gap::new(GapKind::Unsupported, format!("{place}: PATH is worked out in a way that is not understood"))
        })?;
        if change.added {
            set = glue(self.path.clone(), set);
        }
        if truth == Truth::Yes {
            self.path = set;
            return Ok(());
        }
        // It may stay as it was, and it may become this.
        for entry in
            set.into_iter().filter(|entry| !self.path.iter().any(|old| old.path == entry.path)).collect::<Vec<_>>()
        {
            self.path.push(Entry { certain: false, ..entry });
        }
        Ok(())
    }

    /// A function may be called from anywhere.
    fn in_function(&self, script: &Script, command: &Command) -> Result<(), Gap> {
        match change(command, "PATH").value {
            Some(_) => Err(Gap::new(
                GapKind::Unsupported,
                format!(
                    "{}: PATH is set in a function, and where that is called is not followed",
                    script.place(command)
                ),
            )),
            None => Ok(()),
        }
    }

    /// The text of a word, variables filled in that are known at least as surely as the command is run.
    fn text(&self, word: &Word, truth: Truth) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Variable(name) if name == "HOME" => Some(self.home.clone()),
            Part::Variable(name) if name == "PATH" => None,
            Part::Variable(name) => {
                self.variables.get(name).filter(|(_, known)| *known >= truth).map(|(text, _)| text.clone())
            }
            Part::Other(_) => None,
        };
        word.parts.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
    }

    /// The directories that a value of PATH names, `$PATH` in it being what it was before.
    fn entries(&self, value: &Word, place: &str, truth: Truth) -> Option<Vec<Entry>> {
        let own = |text: &str| -> Vec<Entry> {
            let home = |path: &str| {
                path.strip_prefix("~/").map_or_else(|| path.to_owned(), |rest| format!("{}/{rest}", self.home))
            };
            text.split(':').map(|path| Entry { path: home(path), certain: true, place: place.to_owned() }).collect()
        };
        let mut entries: Vec<Entry> = own("");
        for part in &value.parts {
            let next = match part {
                Part::Variable(name) if name == "PATH" => self.path.clone(),
                other => own(&self.text(&Word { parts: vec![other.clone()], quoted: true }, truth)?),
            };
            entries = glue(entries, next);
        }
        Some(entries)
    }
}

/// Two lists written right behind each other: the last of the first and the first of the second are one directory.
fn glue(mut first: Vec<Entry>, second: Vec<Entry>) -> Vec<Entry> {
    let mut second = second.into_iter();
    match (first.pop(), second.next()) {
        (Some(last), Some(next)) => {
            let place = if last.path.is_empty() { next.place } else { last.place };
            let certain = last.certain && next.certain;
            first.push(Entry { path: last.path + &next.path, certain, place });
            first.extend(second);
            first
        }
        (Some(last), None) => {
            first.push(last);
            first
        }
        (None, next) => next.into_iter().chain(second).collect(),
    }
}

/// The assignments of a command, be they all of it or what a builtin declares.
fn assignments(command: &Command) -> impl Iterator<Item = (&str, bool, Word)> {
    let first = command.words.first().and_then(Word::literal);
    let declares = matches!(first.as_deref(), Some("export" | "readonly" | "declare" | "typeset"));
    let all = declares || command.words.iter().all(|word| word.assignment().is_some());
    command.words.iter().filter(move |_| all).filter_map(Word::assignment)
}

/// The file that a command pulls in.
fn sourced(command: &Command) -> Option<&Word> {
    let (first, rest) = command.words.split_first()?;
    matches!(first.literal()?.as_str(), "." | "source").then(|| rest.first()).flatten()
}
