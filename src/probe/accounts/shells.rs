//! Login shells.

use std::collections::BTreeMap;

use super::shipped_elsewhere;
use crate::facts::{Gap, ShellKind};
use crate::probe::{System, file, none_if_missing};

/// What the C library takes for the list where there is none.
const DEFAULT: &[&str] = &["/bin/sh", "/bin/csh"];
/// Programs that let nobody in, wherever they lie.
const REFUSING: &[&str] = &["nologin", "false"];

/// The programs that `/etc/shells` lists, as getusershell(3) reads it.
pub(super) fn listed(system: &System) -> Result<Vec<String>, Gap> {
    let Some(text) = none_if_missing(system.read_lossy("/etc/shells"))? else {
        shipped_elsewhere(system, "/etc/shells")?;
        return Ok(DEFAULT.iter().map(|shell| (*shell).to_owned()).collect());
    };
    let shell = |line: &str| {
        let line = line.split('#').next()?;
        let path = line.get(line.find('/')?..)?;
        path.split_whitespace().next().map(str::to_owned)
    };
    Ok(text.lines().filter_map(shell).collect())
}

/// The kinds of shells, each looked at once.
pub(super) struct Kinds<'s> {
    system: &'s System,
    listed: Vec<String>,
    known: BTreeMap<String, Result<ShellKind, Gap>>,
}

impl<'s> Kinds<'s> {
    pub(super) fn read(system: &'s System) -> Result<Self, Gap> {
        Ok(Self { system, listed: listed(system)?, known: BTreeMap::new() })
    }

    pub(super) fn of(&mut self, shell: &str) -> Result<ShellKind, Gap> {
        if !self.known.contains_key(shell) {
            let kind = self.look(shell);
            self.known.insert(shell.to_owned(), kind);
        }
        self.known.get(shell).cloned().unwrap_or(Ok(ShellKind::Unlisted))
    }

    fn look(&self, shell: &str) -> Result<ShellKind, Gap> {
        if shell.rsplit('/').next().is_some_and(|name| REFUSING.contains(&name)) {
            return Ok(ShellKind::Refusing);
        }
        if self.listed.iter().any(|listed| listed == shell) {
            return Ok(ShellKind::Listed);
        }
        match file::observe(self.system, shell).as_known()? {
            Some(_) => Ok(ShellKind::Unlisted),
            None => Ok(ShellKind::Refusing),
        }
    }
}
