//! The rules on disk, and what of them is loaded at boot.
//!
//! The daemon's service has augenrules(8) write `/etc/audit/audit.rules` from `rules.d` and auditctl(8) load that; without
//! the directory, auditctl loads the file as it is.

use std::cmp::Ordering;

use super::field::{Value, What};
use super::grammar::{Around, Command, Fault, parse};
use super::place::Place;
use super::rule::Rule;
use crate::facts::{Gap, GapKind};

const DIRECTORY: &str = "/etc/audit/rules.d";
const FILE: &str = "/etc/audit/audit.rules";

/// The rules that the next boot loads.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) rules: Vec<Rule>,
    /// The mode that they set last: 0, 1 or 2.
    pub(super) mode: Option<u32>,
    /// Lines that are not loaded, with the reason.
    pub(super) refused: Vec<String>,
}

/// A line and where it stands.
struct Line {
    text: String,
    place: String,
}

/// Reads the rules and loads them in thought.
pub(super) fn read(around: Around<'_>) -> Result<Disk, Gap> {
    let lines = match around.system.entries(DIRECTORY) {
        Ok(_) => generated(around)?,
        Err(gap) if gap.kind == GapKind::Missing => match around.system.read_lossy(FILE) {
            Ok(text) => lines(FILE, &text),
            Err(gap) if gap.kind == GapKind::Missing => Vec::new(),
            Err(gap) => return Err(gap),
        },
        Err(gap) => return Err(gap),
    };
    load(&lines, around)
}

fn lines(path: &str, text: &str) -> Vec<Line> {
    let line = |(index, line): (usize, &str)| Line { text: line.to_owned(), place: format!("{path}:{}", index + 1) };
    text.lines().enumerate().map(line).collect()
}

/// The lines in the order of augenrules: `-D`, `-b` and `-f` come first and `-e` comes last, the last one of each.
fn generated(around: Around<'_>) -> Result<Vec<Line>, Gap> {
    // A shell splits the names at white space, and ls leaves hidden ones out.
    let rules =
        |name: &String| name.ends_with(".rules") && !name.starts_with('.') && !name.contains(char::is_whitespace);
    let mut names: Vec<String> = around.system.list(DIRECTORY)?.into_iter().filter(rules).collect();
    names.sort_by(|a, b| version_order(a, b));
    let (mut first, mut rest) = ([None, None, None], Vec::new());
    let mut last = None;
    for name in names {
        let path = format!("{DIRECTORY}/{name}");
        let text = match around.system.read_lossy(&path) {
            Ok(text) => text,
            // cat(1) goes on after what it cannot read.
            Err(gap) if gap.kind == GapKind::Missing || gap.detail.ends_with("not a regular file") => continue,
            Err(gap) => return Err(gap),
        };
        for line in lines(&path, &text) {
            let begins = |option: &str| line.text.trim_start().starts_with(option);
            let [delete, backlog, failure] = &mut first;
            match () {
                () if line.text.is_empty() || begins("#") => {}
                () if begins("-e") => last = Some(line),
                () if line.text.trim() == "-D" => *delete = Some(line),
                () if begins("-f") => *failure = Some(line),
                () if begins("-b") => *backlog = Some(line),
                () => rest.push(line),
            }
        }
    }
    Ok(first.into_iter().flatten().chain(rest).chain(last).collect())
}

/// What `ls -v` compares: digits by their number, other characters one by one, endings last.
fn version_order(a: &str, b: &str) -> Ordering {
    let stem = |name: &str| name.trim_end_matches(".rules").to_owned();
    natural(&stem(a), &stem(b)).then_with(|| natural(a, b)).then_with(|| a.cmp(b))
}

fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (text_a, rest_a) = a.split_at(a.find(|c: char| c.is_ascii_digit()).unwrap_or(a.len()));
        let (text_b, rest_b) = b.split_at(b.find(|c: char| c.is_ascii_digit()).unwrap_or(b.len()));
        // Letters come before every other character, and the end before all of them.
        let weights = |text: &str| text.bytes().map(|byte| (!byte.is_ascii_alphabetic(), byte)).collect::<Vec<_>>();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number_a, next_a) = rest_a.split_at(digits(rest_a));
        let (number_b, next_b) = rest_b.split_at(digits(rest_b));
        let (plain_a, plain_b) = (number_a.trim_start_matches('0'), number_b.trim_start_matches('0'));
        let order = weights(text_a)
            .cmp(&weights(text_b))
            .then_with(|| plain_a.len().cmp(&plain_b.len()).then_with(|| plain_a.cmp(plain_b)));
        if order != Ordering::Equal || (next_a.is_empty() && next_b.is_empty()) {
            return order;
        }
        (a, b) = (next_a, next_b);
    }
}

/// What auditctl and the kernel make of the lines.
fn load(lines: &[Line], around: Around<'_>) -> Result<Disk, Gap> {
    let mut disk = Disk { rules: Vec::new(), mode: None, refused: Vec::new() };
    let mut goes_on = false;
    let mut stopped = false;
    for line in lines {
        let said = |why: &str| format!("{}: `{}`: {why}", line.place, line.text.trim());
        if stopped {
            if !matches!(parse(&line.text, around), Ok(Command::Nothing)) {
                disk.refused.push(said("comes after a line at fault"));
            }
            continue;
        }
        let done = parse(&line.text, around).and_then(|command| {
            goes_on |= command == Command::Continue;
            disk.apply(command, around)
        });
        match done {
            Ok(()) => {}
            Err(Fault::Refused(why) | Fault::Foreign(why)) => {
                disk.refused.push(said(&why));
                stopped = !goes_on;
            }
            Err(Fault::Unsupported(what)) => {
                return Err(Gap::new(GapKind::Unsupported, said(&format!("{what} is not understood here"))));
            }
        }
    }
    Ok(disk)
}

impl Disk {
    fn apply(&mut self, command: Command, around: Around<'_>) -> Result<(), Fault> {
        let changes = !matches!(command, Command::Nothing | Command::Continue);
        if changes && self.mode == Some(2) {
            return Err(Fault::Refused("nothing can be changed after -e 2".to_owned()));
        }
        match command {
            Command::Nothing | Command::Continue => {}
            Command::Mode(mode) => self.mode = Some(mode),
            Command::DeleteAll(None) => self.rules.clear(),
            Command::DeleteAll(Some(key)) => self.rules.retain(|rule| !rule.keys.contains(&key)),
            Command::Delete(rule) => match self.rules.iter().position(|other| *other == rule) {
                Some(at) => drop(self.rules.remove(at)),
                None => return Err(Fault::Refused("there is no such rule to delete".to_owned())),
            },
            Command::Add { rule, first } => {
                if self.rules.contains(&rule) {
                    return Err(Fault::Refused("the same rule is there already".to_owned()));
                }
                reachable(&rule, around)?;
                if first { self.rules.insert(0, rule) } else { self.rules.push(rule) }
            }
        }
        Ok(())
    }
}

/// The kernel takes a path whose directory is there, and a directory that is there itself.
fn reachable(rule: &Rule, around: Around<'_>) -> Result<(), Fault> {
    for (what, whole) in [(What::WATCH, false), (What::DIR, true)] {
        let Some(Value::Text(path)) = rule.field(what).map(|field| &field.value) else { continue };
        match Place::of(around.system, path) {
            Ok(place) if place.exists() || (!whole && place.has_parent()) => {}
            Ok(_) if whole => return Err(Fault::Refused(format!("{path} is not there"))),
            Ok(_) => return Err(Fault::Refused(format!("the directory of {path} is not there"))),
            Err(gap) => return Err(Fault::Unsupported(gap.to_string())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
