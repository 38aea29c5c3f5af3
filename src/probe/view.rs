//! What masks the auditor's own view of the machine.

use std::collections::BTreeMap;

use super::System;
use super::namespace::{self, Kind};
use super::process::{Reference, Status};
use crate::facts::{Gap, GapKind, Observed};

/// Capabilities without which `/proc` and the files of others are closed, by bit and name.
const NEEDED: [(u32, &str); 2] = [(2, "DAC_READ_SEARCH"), (19, "SYS_PTRACE")];

/// The auditor's own standing on the machine.
#[derive(Clone, Debug)]
pub struct View {
    initial: BTreeMap<Kind, Observed<bool>>,
    lacks: Observed<Vec<&'static str>>,
    /// Whether the auditor's root directory is known to be another than that of the init process.
    foreign_root: bool,
    /// The file tree, if it is of no machine that runs.
    offline: Option<System>,
}

impl View {
    /// Looks at the auditor itself. Source: `/proc/self/ns`, `/proc/self/status`.
    pub fn observe(system: &System, reference: &Reference) -> Self {
        let initial = |kind| match namespace::inode(system, "self", kind) {
            Ok(inode) => reference.namespaces().is_initial(kind, inode),
            // A kernel without this kind of namespace has one view only.
            Err(gap) if gap.kind == GapKind::Missing && system.identity("/proc/self/ns").is_ok() => {
                Observed::known(true)
            }
            Err(gap) => gap.into(),
        };
        let initial: BTreeMap<Kind, Observed<bool>> = Kind::ALL.into_iter().map(|kind| (kind, initial(kind))).collect();
        let own_mounts = initial.get(&Kind::Mnt).and_then(Observed::value) == Some(&false);
        // A service may have mounts of its own over the machine's files; a container has other files.
        let foreign_root = own_mounts
            && System::at(system.real("/proc/1/root")).identity("/").is_ok_and(|init| system.identity("/") != Ok(init));
        Self { initial, lacks: lacks(system).into(), foreign_root, offline: None }
    }

    /// Of files on which no machine runs: all that there is of that machine.
    pub fn offline(system: &System) -> Self {
        Self {
            initial: BTreeMap::new(),
            lacks: Observed::known(Vec::new()),
            foreign_root: false,
            offline: Some(system.clone()),
        }
    }

    /// Whether the auditor's namespace of a kind is the one the machine started with.
    pub fn initial(&self, kind: Kind) -> Observed<bool> {
        self.initial.get(&kind).cloned().unwrap_or_else(Observed::not_collected)
    }

    /// Which of `DAC_READ_SEARCH` and `SYS_PTRACE` the auditor lacks in effect. Source: `/proc/self/status` CapEff.
    pub const fn lacks(&self) -> &Observed<Vec<&'static str>> {
        &self.lacks
    }

    /// Errs, with the reason, unless what the auditor sees through a namespace of a kind is the machine's.
    pub fn clear(&self, kind: Kind) -> Result<(), Gap> {
        if let Some(system) = &self.offline {
            system.running(format_args!("a {kind} namespace"))?;
        }
        match self.initial(kind) {
            Observed::Known { value: true, .. } => Ok(()),
            Observed::Known { value: false, .. } => Err(Gap::new(
                GapKind::Unsupported,
                format!("the auditor is in a {kind} namespace that is not the machine's initial one"),
            )),
            Observed::Unknown { gap, .. } => Err(Gap::new(
                gap.kind,
                format!("whether the auditor is in the machine's initial {kind} namespace: {}", gap.detail),
            )),
        }
    }

    /// Errs, with the reason, unless the auditor sees the machine's files with all that is mounted over them.
    pub fn tree(&self) -> Result<(), Gap> {
        if self.offline.is_some() { Ok(()) } else { self.clear(Kind::Mnt) }
    }

    /// Errs, with the reason, when the files that the auditor sees are others than the machine's, as those of a container that it
    /// runs in, or when that cannot be told, since it does not see the init process.
    pub fn files(&self) -> Result<(), Gap> {
        if self.initial(Kind::Pid).value() == Some(&false) {
            self.clear(Kind::Pid)?;
        }
        if self.foreign_root {
            let detail =
                "the auditor's root directory is not that of the init process, so that its files are not the machine's";
            return Err(Gap::new(GapKind::Unsupported, detail));
        }
        Ok(())
    }

    /// What masks the view, one sentence each.
    pub fn notices(&self) -> Vec<String> {
        let mut notices: Vec<String> = [Kind::Pid, Kind::User, Kind::Net, Kind::Mnt]
            .into_iter()
            .filter_map(|kind| self.clear(kind).err())
            .map(|gap| format!("masked view: {gap}"))
            .collect();
        match &self.lacks {
            Observed::Known { value, .. } => {
                notices.extend(value.iter().map(|name| format!("the auditor lacks CAP_{name}")));
            }
            Observed::Unknown { gap, .. } => notices.push(format!("the auditor's capabilities: {gap}")),
        }
        notices
    }
}

fn lacks(system: &System) -> Result<Vec<&'static str>, Gap> {
    let effective = Status::read(system, "self")?.effective;
    Ok(NEEDED.into_iter().filter(|(bit, _)| effective & (1 << bit) == 0).map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests;
