//! The configuration of modules in `/etc/security`.

use std::path::Path;

use crate::facts::{Gap, GapKind};
use crate::probe::{System, none_if_missing};

/// One setting.
pub(super) struct Setting {
    pub(super) name: String,
    /// Empty for a switch.
    pub(super) value: String,
    /// File and line.
    pub(super) place: String,
}

/// The settings of a file, in order; none without the file, unless a line of a stack names it.
pub(super) fn read(system: &System, path: &str, needed: bool) -> Result<Vec<Setting>, Gap> {
    let text = match none_if_missing(system.read_lossy(Path::new(path)))? {
        Some(text) => text,
        None if needed => {
            return Err(Gap::new(GapKind::Missing, format!("{path}: a module needs it and does not run")));
        }
        None => return Ok(Vec::new()),
    };
    let setting = |(index, line): (usize, &str)| {
        let line = line.split('#').next()?.trim();
        let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
        let (name, rest) = line.split_at_checked(end)?;
        let value = rest.trim_start();
        let value = value.strip_prefix('=').map_or(value, str::trim_start);
        let place = format!("{path}:{}", index + 1);
        Some(Setting { name: name.to_owned(), value: value.to_owned(), place })
            .filter(|setting| !setting.name.is_empty())
    };
    Ok(text.lines().enumerate().filter_map(setting).collect())
}

/// The files of a directory that pwquality reads, in order: the first `.conf` in their names is the end.
pub(super) fn drop_ins(system: &System, folder: &str) -> Result<Vec<String>, Gap> {
    let names = none_if_missing(system.list(folder))?.unwrap_or_default();
    let wanted = names.iter().filter(|name| name.split_once(".conf").is_some_and(|(_, rest)| rest.is_empty()));
    Ok(wanted.map(|name| format!("{folder}/{name}")).collect())
}
