//! The paths that rules name, and what is recorded of each.

use std::collections::BTreeSet;
use std::path::Path;

use super::coverage::Wanted;
use super::field::{Field, Op, Value, What};
use super::grammar::{self, Command};
use super::rule::{Action, List, Rule};
use super::{Records, around};
use crate::facts::{AuditedPath, Gap, GapKind};
use crate::probe::System;

/// What is known of what a person's session does, as a condition of a rule.
const BY_PEOPLE: &str = "-a always,exit -F auid>=UID_MIN -F auid!=unset";

impl Records {
    /// What is recorded of each path that a rule names; known as long as the rules in force or those on disk are.
    pub(super) fn paths(&self) -> Result<Vec<AuditedPath>, Gap> {
        let loaded = self.located(self.loaded.as_deref().map_err(Clone::clone));
        let disk = self.located(self.disk.as_ref().map(|disk| &disk.rules[..]).map_err(Clone::clone));
        if let (Err(gap), Err(_)) = (&loaded, &disk) {
            return Err(gap.clone());
        }
        let people = self.people()?;
        let path = |path: String| {
            let place = self.on_machine(&path)?;
            let by_anybody = self.watched(&loaded, &disk, |mask, on| Wanted::at(place.clone(), mask, on))?;
            let of_people = |mask, on| Wanted::at(place.clone(), mask, on).given(people.clone());
            Ok(AuditedPath { by_people: self.watched(&loaded, &disk, of_people)?, by_anybody, path })
        };
        self.named()?.into_iter().map(path).collect()
    }

    fn people(&self) -> Result<Vec<Field>, Gap> {
        match grammar::parse(BY_PEOPLE, around(&self.system, self.machine.clone()?, true)) {
            Ok(Command::Add { rule, .. }) => Ok(rule.fields),
            _ => Err(Gap::new(GapKind::Malformed, format!("`{BY_PEOPLE}`: adds no rule"))),
        }
    }

    /// The paths of the rules that record.
    fn named(&self) -> Result<BTreeSet<String>, Gap> {
        let disk = self.disk.as_ref().map(|disk| &disk.rules[..]);
        let rules = self.loaded.as_deref().into_iter().chain(disk).flatten();
        let mut named = BTreeSet::new();
        for rule in rules.filter(|rule| rule.list == List::Exit && rule.action == Action::Always) {
            let written = path_of(rule);
            named.extend(real(&self.system, written)?);
            named.insert(written.to_owned());
        }
        Ok(named)
    }
}

fn path_of(rule: &Rule) -> &str {
    let path = |field: &'_ Field| matches!(field.what, What::WATCH | What::DIR) && field.op == Op::Equal;
    let field = rule.fields.iter().find(|field| path(field));
    match field.map(|field| &field.value) {
        Some(Value::Text(path)) => path,
        _ => "/",
    }
}

/// A path without symbolic links but perhaps in its last part; nothing when the directories above it are not there.
fn real(system: &System, path: &str) -> Result<Option<String>, Gap> {
    let path = Path::new(path);
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    match system.resolve(above) {
        Ok(above) => Ok(above.join(name).to_str().map(str::to_owned)),
        Err(gap) if gap.kind == GapKind::Missing => Ok(None),
        Err(gap) => Err(gap),
    }
}
