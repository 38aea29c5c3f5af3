//! One line of a file of rules, as auditctl understands it.

use std::collections::BTreeSet;

use super::arch::{Arch, Machine};
use super::field::{Field, Op, Value, What, comparison};
use super::rule::{Action, List, Rule, Syscalls};
use super::value;
use crate::facts::GapKind;
use crate::probe::System;

/// The longest key of a rule, all keys joined.
const MAX_KEY: usize = 256;
/// How many fields a rule may have.
const MAX_FIELDS: usize = 63;
/// How many system calls a rule can tell apart.
const MAX_SYSCALLS: u32 = 2048;

/// What a line is read with.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) machine: Machine,
    /// Where accounts and watched paths are looked up.
    pub(super) system: &'a System,
    /// Whether the line says what a check asks for: it may name `UID_MIN`, and calls that the architecture does not have.
    pub(super) asked: bool,
}

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing that is of interest here.
    Nothing,
    /// It adds a rule, at the end of its list or before all others.
    Add { rule: Rule, first: bool },
    /// It removes a rule.
    Delete(Rule),
    /// It removes every rule, or those that have a key.
    DeleteAll(Option<String>),
    /// It sets the mode: 0, 1 or 2.
    Mode(u32),
    /// What comes after it is loaded in spite of faults.
    Continue,
}

/// Why a line does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// auditctl refuses it.
    Refused(String),
    /// It is about an architecture that this machine does not have.
    Foreign(String),
    /// auditctl may take it, and what it means is not known here.
    Unsupported(String),
}

/// A fault of auditctl's.
pub(super) fn refused<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Refused(why.into()))
}

/// Reads a line; an empty one and a comment do nothing.
pub(super) fn parse(line: &str, around: Around<'_>) -> Result<Command, Fault> {
    let words = words(line);
    if words.first().is_none_or(|word| word.starts_with('#')) {
        return Ok(Command::Nothing);
    }
    let mut build = Build::new(around);
    let mut rest = words.into_iter();
    while let Some(word) = rest.next() {
        if let Some(long) = word.strip_prefix("--") {
            build.long(long, || rest.next())?;
            continue;
        }
        let Some(cluster) = word.strip_prefix('-').filter(|cluster| !cluster.is_empty()) else {
            return refused(format!("`{word}` belongs to no option"));
        };
        for (at, option) in cluster.char_indices() {
            if !"CefrbaAdSFmRwWkpq".contains(option) {
                build.plain(option, || rest.next())?;
                continue;
            }
            let attached = cluster.get(at + option.len_utf8()..).filter(|text| !text.is_empty()).map(str::to_owned);
            match attached.or_else(|| rest.next()) {
                Some(argument) => build.option(option, &argument)?,
                None => return refused(format!("-{option} needs a value")),
            }
            break;
        }
    }
    build.finish()
}

/// Words are separated by spaces alone; a backslash before a space or a backslash takes its meaning away.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(' ' | '\\')) => words.last_mut().into_iter().for_each(|word| word.extend(rest.next())),
            (' ', _) => words.push(String::new()),
            _ => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A rule while its line is read; some options count only after others.
struct Build<'a> {
    around: Around<'a>,
    list: Option<List>,
    action: Action,
    first: bool,
    delete: bool,
    arch: Option<Arch>,
    syscalls: Option<Syscalls>,
    fields: Vec<Field>,
    keys: Vec<String>,
    command: Command,
}

impl<'a> Build<'a> {
    const fn new(around: Around<'a>) -> Self {
        Self {
            around,
            list: None,
            action: Action::Always,
            first: false,
            delete: false,
            arch: None,
            syscalls: None,
            fields: Vec::new(),
            keys: Vec::new(),
            command: Command::Nothing,
        }
    }

    /// An option that takes no value, `-D` with its key aside.
    fn plain(&mut self, option: char, mut next: impl FnMut() -> Option<String>) -> Result<(), Fault> {
        self.command = match option {
            'i' | 'c' => Command::Continue,
            'D' => match (next().as_deref(), next()) {
                (None, _) => Command::DeleteAll(None),
                (Some("-k"), Some(key)) => Command::DeleteAll(Some(key)),
                _ => return refused("-D takes no option but -k"),
            },
            'h' | 's' | 'l' | 'v' | 't' => Command::Nothing,
            other => return refused(format!("there is no option -{other}")),
        };
        Ok(())
    }

    fn long(&self, text: &str, mut next: impl FnMut() -> Option<String>) -> Result<(), Fault> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        match name {
            "loginuid-immutable" | "reset-lost" | "reset_backlog_wait_time_actual" => Ok(()),
            "backlog_wait_time" => match value.or_else(&mut next) {
                Some(value) if value.starts_with(|c: char| c.is_ascii_digit()) => Ok(()),
                _ => refused("--backlog_wait_time takes a number"),
            },
            "signal" => Err(Fault::Unsupported("--signal".to_owned())),
            _ => refused(format!("there is no option --{name}")),
        }
    }

    fn option(&mut self, option: char, argument: &str) -> Result<(), Fault> {
        match option {
            'a' | 'A' => {
                self.first = option == 'A';
                self.place(argument)
            }
            'd' => {
                self.delete = true;
                self.place(argument)
            }
            'w' => self.watch(argument),
            'W' => {
                self.delete = true;
                self.watch(argument)
            }
            'S' => self.syscall(argument),
            'F' => self.field(argument),
            'C' => self.compare(argument),
            'p' => self.permissions(argument),
            'k' => self.key(argument),
            'e' | 'f' => match argument.parse() {
                Ok(number @ 0..=2) => {
                    if option == 'e' {
                        self.command = Command::Mode(number);
                    }
                    Ok(())
                }
                _ => refused(format!("-{option} takes 0, 1 or 2")),
            },
            'b' | 'r' if argument.starts_with(|c: char| c.is_ascii_digit()) => Ok(()),
            'b' | 'r' => refused(format!("-{option} takes a number")),
            'm' => Ok(()),
            'q' if argument.split(',').filter(|part| !part.is_empty()).count() == 2 => Ok(()),
            'q' => refused("-q takes two paths joined by a comma"),
            _ => refused("a file of rules names no other"),
        }
    }

    /// List and action, in either order.
    fn place(&mut self, argument: &str) -> Result<(), Fault> {
        if self.list.is_some() {
            return refused("one line adds one rule");
        }
        let action = |word: &str| match word {
            "always" => Some(Action::Always),
            "never" => Some(Action::Never),
            _ => None,
        };
        let pair = argument.split_once(',');
        let found = pair.and_then(|(left, right)| match (action(left), action(right)) {
            (Some(action), None) => Some((List::named(right)?, action)),
            (None, Some(action)) => Some((List::named(left)?, action)),
            _ => None,
        });
        let Some((list, action)) = found else {
            return refused(format!("`{argument}` is no list and action"));
        };
        if list == List::Task && self.syscalls.is_some() {
            return refused("the list task knows no system calls");
        }
        (self.list, self.action) = (Some(list), action);
        Ok(())
    }

    fn watch(&mut self, argument: &str) -> Result<(), Fault> {
        if self.list.is_some() {
            return refused("a watch stands alone");
        }
        if !argument.starts_with('/') {
            return refused(format!("{argument}: a watched path starts with a slash"));
        }
        let trimmed = argument.trim_end_matches('/');
        let path = if trimmed.is_empty() { "/" } else { trimmed };
        // auditctl asks what is there when it loads the rule.
        let real = self.around.system.resolve(path).map(|target| self.around.system.real(target));
        let what = match real {
            Ok(real) if real.is_dir() => What::DIR,
            // What a machine fills when it runs is not there when the rules are loaded.
            Err(gap) if !matches!(gap.kind, GapKind::Missing | GapKind::Offline) => {
                return Err(Fault::Unsupported(gap.to_string()));
            }
            _ => What::WATCH,
        };
        self.list = Some(List::Exit);
        self.syscalls = Some(Syscalls::All);
        self.fields.push(Field { what, op: Op::Equal, value: Value::Text(path.to_owned()) });
        self.fields.push(Field::number(What::PERM, Op::Equal, 0xF));
        Ok(())
    }

    fn syscall(&mut self, argument: &str) -> Result<(), Fault> {
        match self.list {
            None | Some(List::Exit | List::Uring) => {}
            Some(_) => return refused("system calls are for the list exit"),
        }
        let uring = self.list == Some(List::Uring);
        let arch = self.arch.unwrap_or(self.around.machine.native);
        for name in argument.split(',').filter(|name| !name.is_empty()) {
            let number = if name == "all" {
                self.syscalls = Some(Syscalls::All);
                continue;
            } else if name.starts_with(|c: char| c.is_ascii_digit()) {
                Some(value::number(name))
            } else if uring {
                return Err(Fault::Unsupported(format!("the io_uring operation {name}")));
            } else {
                arch.number(name)
            };
            let calls = self.syscalls.get_or_insert_with(|| Syscalls::These(BTreeSet::new()));
            match (number.filter(|number| *number < MAX_SYSCALLS), calls) {
                (Some(number), Syscalls::These(numbers)) => {
                    numbers.insert(number);
                }
                (Some(_), Syscalls::All) => {}
                // What another architecture has, this one cannot do.
                (None, _) if self.around.asked && Arch::any_has(name) => {}
                (None, _) => return refused(format!("{} has no system call {name}", arch.bits())),
            }
        }
        Ok(())
    }

    fn field(&mut self, argument: &str) -> Result<(), Fault> {
        let Some(list) = self.list else { return refused("-F stands after the list") };
        if let Some(key) = argument.strip_prefix("key=") {
            return self.key(key);
        }
        if self.fields.len() >= MAX_FIELDS {
            return refused("too many fields");
        }
        let field = value::field(argument, list, self.around)?;
        if field.what == What::ARCH {
            if self.syscalls.is_some() {
                return refused("arch stands before -S");
            }
            if let Value::Number(code) = field.value {
                self.arch = Arch::of_code(code);
            }
        }
        self.fields.push(field);
        Ok(())
    }

    fn compare(&mut self, argument: &str) -> Result<(), Fault> {
        let pair = argument
            .split_once("!=")
            .map(|pair| (pair, Op::NotEqual))
            .or_else(|| argument.split_once('=').map(|pair| (pair, Op::Equal)));
        match pair.and_then(|((left, right), op)| Some((comparison(left, right)?, op))) {
            Some((number, op)) => {
                self.fields.push(Field::number(What::COMPARE, op, number));
                Ok(())
            }
            None => refused(format!("`{argument}` cannot be compared")),
        }
    }

    fn permissions(&mut self, argument: &str) -> Result<(), Fault> {
        if self.list.is_none() || self.fields.is_empty() {
            return refused("-p stands after a watch");
        }
        let mask = value::permissions(argument)?;
        match self.fields.iter_mut().find(|field| field.what == What::PERM) {
            Some(field) => field.value = Value::Number(mask),
            None => self.fields.push(Field::number(What::PERM, Op::Equal, mask)),
        }
        Ok(())
    }

    fn key(&mut self, argument: &str) -> Result<(), Fault> {
        let marks = [What::WATCH, What::DIR, What::PERM, What::EXE, What::FSTYPE];
        let marked = self.syscalls.is_some() || self.fields.iter().any(|field| marks.contains(&field.what));
        if self.list.is_none() || !marked {
            return refused("a key stands after what it is for");
        }
        self.keys.push(argument.to_owned());
        if self.keys.iter().map(|key| key.len() + 1).sum::<usize>() > MAX_KEY + 1 {
            return refused("the key is too long");
        }
        Ok(())
    }

    fn finish(self) -> Result<Command, Fault> {
        let Some(list) = self.list else {
            return if self.syscalls.is_some() { refused("no list") } else { Ok(self.command) };
        };
        let objects = self.fields.iter().filter(|field| [What::WATCH, What::DIR].contains(&field.what)).count();
        if objects > 1 {
            return refused("the kernel takes one path or directory");
        }
        let none = || if list == List::Task { Syscalls::These(BTreeSet::new()) } else { Syscalls::All };
        let syscalls = self.syscalls.unwrap_or_else(none);
        let rule = Rule { list, action: self.action, syscalls, fields: self.fields, keys: self.keys };
        Ok(if self.delete { Command::Delete(rule) } else { Command::Add { rule, first: self.first } })
    }
}

#[cfg(test)]
mod tests;
