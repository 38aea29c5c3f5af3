//! The fields of a rule as auditctl reads them.

use super::field::{Field, Op, Value, What};
use super::grammar::{Around, Fault, refused};
use super::names;
use super::rule::List;
use crate::facts::Gap;
use crate::probe::System;
use crate::probe::accounts::database;

/// The first uid of people where `/etc/login.defs` does not say.
const UID_MIN: u32 = 1000;

/// A condition such as `auid>=1000`.
pub(super) fn field(text: &str, list: List, around: Around<'_>) -> Result<Field, Fault> {
    let split = |(spelling, _, op): &(&str, u32, Op)| text.split_once(spelling).map(|(name, value)| (name, *op, value));
    let Some((name, op, value)) = Op::ALL.iter().find_map(split) else {
        return refused(format!("`{text}` compares nothing"));
    };
    let Some(what) = What::named(name) else { return refused(format!("there is no field `{name}`")) };
    if value.is_empty() {
        return refused(format!("`{text}` has no value"));
    }
    fits(what, op, list)?;
    let value =
        if what.is_text() { Value::Text(value.to_owned()) } else { Value::Number(convert(what, value, around)?) };
    Ok(Field { what, op, value })
}

/// Errs where a list does not take a field, or a field does not take an operator.
fn fits(what: What, op: Op, list: List) -> Result<(), Fault> {
    let name = what.name().unwrap_or_default();
    let equality = matches!(op, Op::Equal | Op::NotEqual);
    let only_exit = matches!(what, What::WATCH | What::DIR | What::PERM | What::EXIT | What::SUCCESS | What::FILETYPE)
        || matches!(what.0, 18..=23 | 100..=102);
    if only_exit && !matches!(list, List::Exit | List::Uring) {
        return refused(format!("{name} is for the list exit"));
    }
    let of_exclude = matches!(what.0, 0 | 1 | 5 | 9 | 12..=17 | 112);
    if list == List::Exclude && !of_exclude {
        return refused(format!("{name} is not for the list exclude"));
    }
    if what == What::MSGTYPE && !matches!(list, List::Exclude | List::User) {
        return refused("msgtype is for the lists exclude and user");
    }
    if what == What::FSTYPE && list != List::Filesystem {
        return refused("fstype is for the list filesystem");
    }
    let needs_equality = matches!(what, What::ARCH | What::EXE | What::DIR) || what.0 == 102;
    if needs_equality && !equality || matches!(what, What::PERM | What::WATCH) && op != Op::Equal {
        return refused(format!("{name} is not compared like this"));
    }
    Ok(())
}

fn convert(what: What, text: &str, around: Around<'_>) -> Result<u32, Fault> {
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let numeric = digit(text) || text.strip_prefix('-').is_some_and(digit);
    match what {
        What::ARCH if numeric => Ok(number(text)),
        What::ARCH => around
            .machine
            .named(text)
            .map(super::arch::Arch::code)
            .ok_or_else(|| Fault::Foreign(format!("this machine has no {text}"))),
        What::PERM => permissions(text),
        What::FILETYPE => names::file_type(text).map_or_else(|| refused(format!("`{text}` is no kind of file")), Ok),
        _ if numeric => Ok(number(text)),
        What::EXIT => match names::errno(text) {
            Some(errno) => Ok(errno.cast_unsigned()),
            None => Err(Fault::Unsupported(format!("the error {text}"))),
        },
        What::MSGTYPE => names::record(text).ok_or_else(|| Fault::Unsupported(format!("the record type {text}"))),
        What::FSTYPE => names::filesystem(text).map_or_else(|| refused(format!("`{text}` is no filesystem")), Ok),
        What::SESSIONID if text == "unset" => Ok(u32::MAX),
        what if what.is_user() && text == "unset" => Ok(u32::MAX),
        what if what.is_user() && around.asked && text == "UID_MIN" => Ok(uid_min(around.system)),
        what if what.is_user() => {
            id("/etc/passwd", text, database::passwd(around.system), |user| (&user.name, user.uid))
        }
        what if what.is_group() => {
            id("/etc/group", text, database::group(around.system), |group| (&group.name, group.gid))
        }
        _ => refused(format!("`{text}` is no number")),
    }
}

/// A number as strtoul(3) reads it, whatever comes after.
pub(super) fn number(text: &str) -> u32 {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (radix, digits) = match hex {
        Some(rest) => (16, rest),
        None if digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    let value = digits
        .chars()
        .map_while(|c| c.to_digit(radix))
        .fold(0_u32, |value, digit| value.saturating_mul(radix).saturating_add(digit));
    if negative { value.wrapping_neg() } else { value }
}

/// Letters of accesses as the kernel's bits.
pub(super) fn permissions(text: &str) -> Result<u32, Fault> {
    if text.len() > 4 {
        return refused(format!("`{text}` has more than four accesses"));
    }
    text.to_ascii_lowercase().chars().try_fold(0, |mask, letter| {
        match super::field::ACCESSES.iter().find(|(_, known)| *known == letter) {
            Some((bit, _)) => Ok(mask | bit),
            None => refused(format!("`{letter}` is no access")),
        }
    })
}

/// The number of an account or group; one that other sources than the file have is not known here.
fn id<L>(file: &str, name: &str, lines: Result<Vec<L>, Gap>, one: fn(&L) -> (&String, u32)) -> Result<u32, Fault> {
    let unknown = |why: String| Fault::Unsupported(format!("the number of {name}: {why}"));
    let lines = lines.map_err(|gap| unknown(gap.to_string()))?;
    let found = lines.iter().map(one).find(|(known, _)| *known == name);
    found.map(|(_, id)| id).ok_or_else(|| unknown(format!("not in {file}")))
}

/// The first uid that is a person's.
fn uid_min(system: &System) -> u32 {
    let text = system.read_lossy("/etc/login.defs").unwrap_or_default();
    let value = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("UID_MIN")).then(|| words.next().map(number)).flatten()
    };
    text.lines().filter_map(value).next_back().unwrap_or(UID_MIN)
}
