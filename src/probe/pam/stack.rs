//! The lines of a stack, includes resolved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::control::Control;
use crate::facts::{Gap, GapKind};
use crate::probe::{System, file, none_if_missing};

/// Where stacks lie; the first that has one counts.
const FOLDERS: [&str; 2] = ["/etc/pam.d", "/usr/lib/pam.d"];
/// Where libraries lie; modules are in `security` in them and in the directories of architectures below them.
const LIBRARIES: [&str; 4] = ["/lib", "/usr/lib", "/lib64", "/usr/lib64"];
/// How deep stacks may include each other, as in PAM.
const MAX_DEPTH: usize = 16;
/// The most lines of one stack, includes resolved.
const MAX_LINES: usize = 2000;

/// The kinds of stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Auth,
    Account,
    Password,
    Session,
}

/// Which lines of a file are asked for.
#[derive(Clone, Copy)]
struct Wanted {
    kind: Kind,
    /// Whether `include` or `substack` asked for lines of this kind alone.
    typed: bool,
}

/// What a line runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// A module that is there, by its name without directory and ending.
    Module(String),
    /// A module that is not there.
    Missing(String),
    /// Nothing, and fails: the line is not understood, or what it includes is not there.
    Failure,
    /// Nothing: here begins a substack.
    Substack,
}

/// A line of a stack.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) runs: Runs,
    pub(super) arguments: Vec<String>,
    pub(super) control: Control,
    /// How many substacks it is in.
    pub(super) level: usize,
    pub(super) place: String,
}

impl Line {
    /// Whether it runs a module of this name.
    pub(super) fn is(&self, module: &str) -> bool {
        matches!(&self.runs, Runs::Module(name) if name == module)
    }
}

/// Reads stacks, and remembers which modules are there.
pub(super) struct Reader<'s> {
    system: &'s System,
    folders: Result<Vec<PathBuf>, Gap>,
    known: BTreeMap<String, bool>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(system: &'s System) -> Self {
        Self { system, folders: module_folders(system), known: BTreeMap::new() }
    }

    /// The lines of one kind in a service's file.
    pub(super) fn stack(&mut self, service: &str, kind: Kind) -> Result<Vec<Line>, Gap> {
        let mut lines = Vec::new();
        let detail = || format!("/etc/pam.d/{service}: no such file");
        if self.file(service, Wanted { kind, typed: false }, 0, 0, &mut lines)? {
            Ok(lines)
        } else {
            Err(Gap::new(GapKind::Missing, detail()))
        }
    }

    /// Adds the lines of a file; false when there is none.
    fn file(
        &mut self,
        name: &str,
        wanted: Wanted,
        depth: usize,
        level: usize,
        found: &mut Vec<Line>,
    ) -> Result<bool, Gap> {
        let Some((path, text)) = self.open(name)? else { return Ok(false) };
        for (number, line) in logical(&text) {
            let place = format!("{}:{number}", path.display());
            let too_much = |what: &str| Gap::new(GapKind::Malformed, format!("{place}: {what}"));
            if depth >= MAX_DEPTH {
                return Err(too_much("stacks include each other too deeply"));
            }
            if found.len() >= MAX_LINES {
                return Err(too_much("too many lines"));
            }
            // Debian's own, which includes a file of any kind.
            if let Some(included) = line.strip_prefix("@include") {
                if !self.file(included.trim(), wanted, depth + 1, level, found)? {
                    found.push(failure(level, &place));
                }
                continue;
            }
            self.line(&line, wanted, depth, level, &place, found)?;
        }
        Ok(true)
    }

    fn line(
        &mut self,
        line: &str,
        wanted: Wanted,
        depth: usize,
        level: usize,
        place: &str,
        found: &mut Vec<Line>,
    ) -> Result<(), Gap> {
        let mut words = tokens(line).into_iter();
        let first = words.next().unwrap_or_default();
        let kind = match first.strip_prefix('-').unwrap_or(&first).to_ascii_lowercase().as_str() {
            "auth" => Kind::Auth,
            "account" => Kind::Account,
            "password" => Kind::Password,
            "session" => Kind::Session,
            // PAM makes of it a line that fails, of the kind that was asked for or else of authentication.
            _ => {
                if wanted.typed || wanted.kind == Kind::Auth {
                    found.push(failure(level, place));
                }
                return Ok(());
            }
        };
        if wanted.kind != kind {
            return Ok(());
        }
        let (control, target) = (words.next().unwrap_or_default(), words.next());
        let included = control.eq_ignore_ascii_case("include");
        let substack = control.eq_ignore_ascii_case("substack");
        if included || substack {
            if substack {
                found.push(Line { runs: Runs::Substack, ..failure(level, place) });
            }
            let level = level + usize::from(substack);
            let target = target.unwrap_or_default();
            if target.is_empty() || !self.file(&target, Wanted { kind, typed: true }, depth + 1, level, found)? {
                found.push(failure(level, place));
            }
            return Ok(());
        }
        let runs = match (&target, Control::parse(&control)) {
            (Some(target), Some(_)) => self.module(target)?,
            _ => Runs::Failure,
        };
        found.push(Line {
            runs,
            arguments: words.collect(),
            control: Control::parse(&control).unwrap_or(Control::FAILING),
            level,
            place: place.to_owned(),
        });
        Ok(())
    }

    fn open(&self, name: &str) -> Result<Option<(PathBuf, String)>, Gap> {
        let places = if name.starts_with('/') {
            vec![PathBuf::from(name)]
        } else {
            FOLDERS.map(|f| Path::new(f).join(name)).to_vec()
        };
        for path in places {
            if let Some(text) = none_if_missing(self.system.read_lossy(&path))? {
                return Ok(Some((path, text)));
            }
        }
        Ok(None)
    }

    fn module(&mut self, written: &str) -> Result<Runs, Gap> {
        let file_name = written.rsplit('/').next().unwrap_or(written);
        let name = file_name.strip_suffix(".so").unwrap_or(file_name).to_owned();
        let there = match self.known.get(written) {
            Some(there) => *there,
            None => {
                let there = self.is_there(written)?;
                self.known.insert(written.to_owned(), there);
                there
            }
        };
        Ok(if there { Runs::Module(name) } else { Runs::Missing(name) })
    }

    fn is_there(&self, written: &str) -> Result<bool, Gap> {
        let exists = |path: &Path| file::observe(self.system, path).as_known().map(Option::is_some);
        // What PAM fills in for the architecture is nothing here.
        let written = written.replace("$ISA", ".");
        if written.starts_with('/') {
            return exists(Path::new(&written));
        }
        for folder in self.folders.as_ref().map_err(Clone::clone)? {
            if exists(&folder.join(&written))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The directories in which modules can lie.
fn module_folders(system: &System) -> Result<Vec<PathBuf>, Gap> {
    let mut folders = Vec::new();
    for library in LIBRARIES.map(Path::new) {
        folders.push(library.join("security"));
        // Architectures have names such as x86_64-linux-gnu.
        let names = none_if_missing(system.list(library))?.unwrap_or_default();
        folders.extend(
            names.iter().filter(|name| name.contains("-linux-")).map(|name| library.join(name).join("security")),
        );
    }
    Ok(folders)
}

fn failure(level: usize, place: &str) -> Line {
    Line { runs: Runs::Failure, arguments: Vec::new(), control: Control::FAILING, level, place: place.to_owned() }
}

/// Lines with their numbers: continued ones joined, comments and empty ones left out.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut current, mut begun) = (String::new(), 0);
    for (index, line) in text.lines().enumerate() {
        if current.is_empty() {
            begun = index + 1;
        }
        let (line, comment) = line.split_once('#').map_or((line, false), |(line, _)| (line, true));
        match line.trim_end().strip_suffix('\\').filter(|_| !comment) {
            Some(continued) => {
                current.push_str(continued);
                current.push(' ');
                continue;
            }
            None => current.push_str(line),
        }
        let line = std::mem::take(&mut current);
        if !line.trim().is_empty() {
            found.push((begun, line.trim().to_owned()));
        }
    }
    if !current.trim().is_empty() {
        found.push((begun, current.trim().to_owned()));
    }
    found
}

/// The words of a line; what stands in brackets is one, `\]` in it a bracket. A control keeps its brackets.
fn tokens(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(first) = chars.peek().copied() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = String::new();
        if first == '[' {
            chars.next();
            while let Some(c) = chars.next() {
                match c {
                    ']' => break,
                    '\\' if chars.peek() == Some(&']') => word.extend(chars.next()),
                    c => word.push(c),
                }
            }
            // The second word is the control.
            words.push(if words.len() == 1 { format!("[{word}]") } else { word });
            continue;
        }
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            word.push(c);
        }
        words.push(word);
    }
    words
}
