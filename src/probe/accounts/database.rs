//! The lines of `/etc/passwd` and its like, as the C library reads them.

use std::collections::BTreeMap;

use crate::facts::{Gap, GapKind};
use crate::probe::{System, none_if_missing};

/// A line's number and its fields.
type Line = (usize, Vec<String>);

/// One line of `/etc/passwd`.
pub(super) struct Passwd {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) password: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) home: String,
    pub(super) shell: String,
}

/// One line of `/etc/group`.
pub(super) struct GroupLine {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) gid: u32,
    pub(super) members: Vec<String>,
}

/// The lines of `/etc/passwd` that the C library takes.
pub(super) fn passwd(system: &System) -> Result<Vec<Passwd>, Gap> {
    let one = |(line, fields): Line| {
        let field = |index: usize| fields.get(index).cloned().unwrap_or_default();
        Some(Passwd {
            line,
            name: field(0),
            password: fields.get(1)?.clone(),
            uid: number(fields.get(2)?)?,
            gid: number(fields.get(3)?)?,
            home: field(5),
            // The rest of the line is the shell, colons included.
            shell: fields.get(6..).unwrap_or_default().join(":"),
        })
    };
    Ok(lines(system, "/etc/passwd")?.into_iter().filter_map(one).collect())
}

/// The lines of `/etc/group` that the C library takes.
pub(super) fn group(system: &System) -> Result<Vec<GroupLine>, Gap> {
    let one = |(line, fields): Line| {
        let name = fields.first()?.clone();
        Some(GroupLine { line, name, gid: number(fields.get(2)?)?, members: list(fields.get(3)) })
    };
    Ok(lines(system, "/etc/group")?.into_iter().filter_map(one).collect())
}

/// The fields of `/etc/shadow` by name, without the name; of several lines the first counts.
pub(super) fn shadow(system: &System) -> Result<BTreeMap<String, Vec<String>>, Gap> {
    let mut found = BTreeMap::new();
    for (_, fields) in lines(system, "/etc/shadow")? {
        let mut fields = fields.into_iter();
        if let Some(name) = fields.next() {
            found.entry(name).or_insert_with(|| fields.collect());
        }
    }
    Ok(found)
}

/// The members of `/etc/gshadow` by group; none without that file.
pub(super) fn gshadow(system: &System) -> Result<BTreeMap<String, Vec<String>>, Gap> {
    let mut found = BTreeMap::new();
    for (_, fields) in none_if_missing(lines(system, "/etc/gshadow"))?.unwrap_or_default() {
        if let Some(name) = fields.first() {
            found.entry(name.clone()).or_insert_with(|| list(fields.get(3)));
        }
    }
    Ok(found)
}

/// Lines in fields. Comments, empty lines and entries for other sources (`+`, `-`) name nobody.
fn lines(system: &System, path: &str) -> Result<Vec<Line>, Gap> {
    let text = system.read_lossy(path)?;
    let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{path}: {what}"));
    if text.contains('\0') {
        return Err(malformed("has a NUL byte"));
    }
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        let fields: Vec<String> = line.split(':').map(str::to_owned).collect();
        // Two such names could look the same and not be.
        if fields.first().is_some_and(|name| name.contains(char::REPLACEMENT_CHARACTER)) {
            return Err(malformed(&format!("line {} has a name that is not UTF-8", index + 1)));
        }
        found.push((index + 1, fields));
    }
    Ok(found)
}

/// A number as strtoul(3) reads it: white space and a sign may come first, so that `+0` and `-0` are root's as well.
fn number(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().unwrap_or(u64::MAX);
    let value = if negative { value.wrapping_neg() } else { value };
    Some(u32::try_from(value).unwrap_or(u32::MAX))
}

fn list(field: Option<&String>) -> Vec<String> {
    let names = field.into_iter().flat_map(|names| names.split(','));
    names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
