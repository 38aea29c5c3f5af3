//! One file that shells read at a login, and what its commands change.

use std::path::Path;

use crate::facts::{Gap, GapKind, Umask};
use crate::probe::accounts::database;
use crate::probe::shell::{self, Command, Part, Truth, Word};
use crate::probe::{System, none_if_missing};

/// A file of commands.
pub(super) struct Script {
    pub(super) path: String,
    pub(super) commands: Vec<Command>,
}

impl Script {
    /// The commands of a file; nothing without it.
    pub(super) fn read(system: &System, path: &Path) -> Result<Option<Self>, Gap> {
        let Some(text) = none_if_missing(system.read_lossy(path))? else { return Ok(None) };
        let path = path.display().to_string();
        let commands = shell::commands(&text)
            .map_err(|what| Gap::new(GapKind::Malformed, format!("{path}: not understood: {what}")))?;
        Ok(Some(Self { path, commands }))
    }

    /// File and line of a command.
    pub(super) fn place(&self, command: &Command) -> String {
        format!("{}:{}", self.path, command.line)
    }

    /// The masks that its commands set, as far as they are run.
    pub(super) fn umasks(&self, run: impl Fn(&Command) -> Truth) -> Vec<Umask> {
        let set = |command: &Command| {
            let truth = run(command);
            let mask = umask(&command.words).filter(|_| !command.in_function && truth > Truth::No)?;
            let worked_out =
                || Gap::new(GapKind::Unsupported, format!("{}: the mask is worked out", self.place(command)));
            let leaves = mask.literal().ok_or_else(worked_out).and_then(|mask| leaves(&mask));
            Some(Umask { leaves: leaves.into(), certain: truth == Truth::Yes, place: self.place(command) })
        };
        self.commands.iter().filter_map(set).collect()
    }

    /// Whether any word of it names a place.
    pub(super) fn mentions(&self, place: &str) -> bool {
        let in_part = |part: &Part| match part {
            Part::Text(text) | Part::Other(text) => text.contains(place),
            Part::Variable(_) => false,
        };
        self.commands.iter().flat_map(|command| &command.words).flat_map(|word| &word.parts).any(in_part)
    }
}

/// The files that login shells of everybody read: `/etc/profile`, what is in `/etc/profile.d` where that is named there, and bash's own.
pub(super) fn common(system: &System) -> Result<Vec<Script>, Gap> {
    let mut found = Vec::new();
    if let Some(profile) = Script::read(system, Path::new("/etc/profile"))? {
        let names_more = profile.mentions(PROFILE_D);
        found.push(profile);
        if names_more {
            found.extend(profile_d(system)?);
        }
    }
    found.extend(Script::read(system, Path::new("/etc/bash.bashrc"))?);
    Ok(found)
}

pub(super) const PROFILE_D: &str = "/etc/profile.d";

/// The files of `/etc/profile.d`, in order.
pub(super) fn profile_d(system: &System) -> Result<Vec<Script>, Gap> {
    let names = none_if_missing(system.list(PROFILE_D))?.unwrap_or_default();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| name.ends_with(".sh") && !name.starts_with('.')) {
        found.extend(Script::read(system, &Path::new(PROFILE_D).join(name))?);
    }
    Ok(found)
}

/// Root's home directory and the program of its login shell.
pub(super) fn root(system: &System) -> Result<(String, String), Gap> {
    let root = database::passwd(system)?.into_iter().find(|user| user.name == "root" && !user.home.is_empty());
    let root = root.ok_or_else(|| Gap::new(GapKind::Malformed, "/etc/passwd: root has no home directory"))?;
    Ok((root.home, if root.shell.is_empty() { "/bin/sh".to_owned() } else { root.shell }))
}

/// What a command does with a variable.
#[derive(Default)]
pub(super) struct Change {
    /// What it is set to.
    pub(super) value: Option<Word>,
    /// Whether that is added to what it is.
    pub(super) added: bool,
    pub(super) unset: bool,
    pub(super) readonly: bool,
    pub(super) exported: bool,
}

/// What a command does with a variable: by an assignment, or by a builtin that declares one.
pub(super) fn change(command: &Command, name: &str) -> Change {
    let mut change = Change::default();
    let words = &command.words;
    let take = |change: &mut Change, word: &Word| {
        if let Some((_, added, value)) = word.assignment().filter(|(set, ..)| *set == name) {
            (change.value, change.added) = (Some(value), added);
        }
    };
    if words.iter().all(|word| word.assignment().is_some()) {
        words.iter().for_each(|word| take(&mut change, word));
        return change;
    }
    let literal: Vec<String> = words.iter().map(|word| word.literal().unwrap_or_default()).collect();
    let flags: String = literal.iter().skip(1).filter(|word| word.starts_with('-')).map(String::as_str).collect();
    let named =
        |word: &Word| word.literal().as_deref() == Some(name) || word.assignment().is_some_and(|(set, ..)| set == name);
    if !words.iter().skip(1).any(named) {
        return change;
    }
    match literal.first().map(String::as_str) {
        Some("export") => change.exported = !flags.contains('n'),
        Some("readonly") => change.readonly = true,
        Some("declare" | "typeset") => {
            change.readonly = flags.contains('r');
            change.exported = flags.contains('x');
        }
        Some("unset") => {
            change.unset = true;
            return change;
        }
        _ => return change,
    }
    words.iter().skip(1).for_each(|word| take(&mut change, word));
    change
}

/// The argument of `umask`, if the command is one that sets it.
fn umask(words: &[Word]) -> Option<&Word> {
    let (first, rest) = words.split_first()?;
    if first.literal()? != "umask" {
        return None;
    }
    rest.iter().find(|word| !word.literal().is_some_and(|text| matches!(text.as_str(), "-S" | "-p" | "--")))
}

/// The permissions that a mask leaves, written in octal or as `u=rwx,g=rx,o=`.
pub(super) fn leaves(mask: &str) -> Result<i64, Gap> {
    let unclear = |what: &str| Gap::new(GapKind::Unsupported, format!("umask {mask}: {what}"));
    if mask.starts_with(|c: char| c.is_ascii_digit()) {
        let bits = i64::from_str_radix(mask, 8).map_err(|_| unclear("not an octal number"))?;
        return if bits <= 0o7777 { Ok(0o777 & !bits) } else { Err(unclear("not a mask")) };
    }
    let mut left: [Option<i64>; 3] = [None; 3];
    for clause in mask.split(',') {
        let (who, granted) = clause.split_once('=').ok_or_else(|| unclear("depends on the mask before"))?;
        let granted = granted.chars().try_fold(0, |bits, c| match c {
            'r' => Some(bits | 4),
            'w' => Some(bits | 2),
            'x' => Some(bits | 1),
            _ => None,
        });
        let granted = granted.ok_or_else(|| unclear("not understood"))?;
        let who = if who.is_empty() { "a" } else { who };
        for (class, left) in ['u', 'g', 'o'].into_iter().zip(left.iter_mut()) {
            if who.contains([class, 'a']) {
                *left = Some(granted);
            }
        }
    }
    match left {
        [Some(user), Some(group), Some(other)] => Ok(user << 6 | group << 3 | other),
        _ => Err(unclear("does not say it for everybody")),
    }
}
