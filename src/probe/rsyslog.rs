//! What rsyslog does, by its configuration (`man rsyslog.conf`), in the old and the new style.

mod output;
mod parse;
mod selector;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{System, View, glob, none_if_missing};
use crate::facts::{Gap, GapKind, Observed, Rsyslog, RsyslogInput};
use output::Reader;
use parse::{Filter, Statement};

/// Where it begins.
const CONFIG: &str = "/etc/rsyslog.conf";
/// How deep files may include each other; rsyslog itself stops at a few.
const MAX_DEPTH: usize = 10;
/// How many files are read: files may include each other many times over.
const MAX_FILES: usize = 500;

/// What rsyslog does. Source: `/etc/rsyslog.conf` with everything that it includes.
pub fn observe(system: &System, view: &View) -> Observed<Rsyslog> {
    view.files().and_then(|()| look(system)).into()
}

fn look(system: &System) -> Result<Rsyslog, Gap> {
    let mut statements = Vec::new();
    let mut left = MAX_FILES;
    include(system, Path::new(CONFIG), 0, &mut left, &mut statements)?;
    let mut reader = Reader::default();
    statements.into_iter().for_each(|(statement, place)| reader.take(statement, place));
    Ok(reader.finish())
}

/// Reads a file, and in their places the files that it includes.
fn include(
    system: &System,
    path: &Path,
    depth: usize,
    left: &mut usize,
    found: &mut Vec<(Statement, String)>,
) -> Result<(), Gap> {
    let too_many = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
    if depth > MAX_DEPTH {
        return Err(too_many("included too deep"));
    }
    *left = left.checked_sub(1).ok_or_else(|| too_many("too many files"))?;
    for (statement, line) in parse::statements(&system.read_lossy(path)?, path)? {
        match included(&statement) {
            Some(pattern) => {
                for file in files(system, &pattern)? {
                    include(system, &file, depth + 1, left, found)?;
                }
            }
            None => found.push((statement, format!("{}:{line}", path.display()))),
        }
    }
    Ok(())
}

/// The pattern of files that a statement includes.
fn included(statement: &Statement) -> Option<String> {
    match statement {
        Statement::Directive { name, argument } if name == "includeconfig" => Some(argument.clone()),
        Statement::Object { kind, parameters, .. } if kind == "include" => parameters.get("file").cloned(),
        _ => None,
    }
}

/// The files that a pattern names, in the order of their names; a directory stands for the files in it.
fn files(system: &System, pattern: &str) -> Result<Vec<PathBuf>, Gap> {
    match none_if_missing(system.list(pattern)).ok().flatten() {
        Some(names) => {
            Ok(names.iter().filter(|name| !name.starts_with('.')).map(|name| Path::new(pattern).join(name)).collect())
        }
        None => glob::expand(system, pattern),
    }
}

/// What a statement says, in words for people.
fn filter_text(filter: &Filter) -> String {
    match filter {
        Filter::Always => String::new(),
        Filter::Selector(selector) => selector.clone(),
        Filter::Script => "…".to_owned(),
    }
}

/// Modules that take messages from the network.
const NETWORK: &[&str] = &["imdtls", "imgssapi", "imhttp", "imptcp", "imrelp", "imtcp", "imtuxedoulog", "imudp"];
/// Directives of the old style that open a port, by what they begin with.
const OPENERS: &[(&str, &str)] = &[
    ("inputgssserver", "imgssapi"),
    ("inputptcpserver", "imptcp"),
    ("inputrelpserver", "imrelp"),
    ("inputtcpserver", "imtcp"),
    ("udpserver", "imudp"),
];

/// The way from the network that a statement opens.
fn network_input(statement: &Statement, place: &str) -> Option<RsyslogInput> {
    let known = |name: &str| {
        let name = Path::new(name).file_name()?.to_string_lossy();
        let name = name.trim_end_matches(".so").to_ascii_lowercase();
        NETWORK.contains(&name.as_str()).then_some(name)
    };
    let of = |parameters: &BTreeMap<String, String>, key: &str| parameters.get(key).and_then(|name| known(name));
    let module = match statement {
        Statement::Directive { name, argument } if name == "modload" => known(argument),
        Statement::Directive { name, .. } => OPENERS
            .iter()
            .find(|(opener, _)| name.strip_prefix(opener).is_some_and(|rest| rest == "run" || rest == "listenport"))
            .map(|(_, module)| (*module).to_owned()),
        Statement::Object { kind, parameters, .. } if kind == "module" => of(parameters, "load"),
        Statement::Object { kind, parameters, .. } if kind == "input" => of(parameters, "type"),
        _ => None,
    };
    module.map(|module| RsyslogInput { module, place: place.to_owned() })
}

#[cfg(test)]
mod tests;
