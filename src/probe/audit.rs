//! The kernel's audit: its mode, the rules in force, the rules on disk, and what these record of what is asked for.

mod arch;
mod config;
mod coverage;
mod disk;
mod field;
mod files;
mod grammar;
mod kernel;
mod names;
mod paths;
mod place;
mod rule;
mod value;

use std::collections::BTreeSet;
use std::path::Path;

use self::arch::Machine;
use self::coverage::{Rules, Wanted, calls};
use self::disk::Disk;
use self::field::{ACCESSES, Field, What, letters};
use self::grammar::{Around, Command, Fault};
use self::place::Place;
use self::rule::{Rule, Syscalls};
use super::System;
use super::mounts;
use super::view::View;
use crate::facts::{
    Audit, AuditCoverage, AuditMode, AuditRule, DaemonFile, FileAccess, Gap, GapKind, HostMount, Watch,
};

/// What was read of the machine's audit, before anything is asked of it.
pub struct Records {
    system: System,
    machine: Result<Machine, Gap>,
    status: Result<kernel::Status, Gap>,
    loaded: Result<Vec<Rule>, Gap>,
    disk: Result<Disk, Gap>,
    mounts: Result<Vec<HostMount>, Gap>,
}

impl Records {
    /// Asks the kernel, and reads the rules on disk.
    ///
    /// The paths of rules are those of the machine's own file tree, which an auditor in another mount namespace does not see.
    pub fn observe(system: &System, view: &View) -> Self {
        let seen = view.tree();
        let running = system.running("a kernel that audits");
        let machine = if running.is_ok() { Machine::this() } else { Machine::of_packages(system) };
        let disk = seen.clone().and(machine.clone()).and_then(|machine| disk::read(around(system, machine, false)));
        let loaded = seen.and(running.clone()).and_then(|()| kernel::rules());
        let status = running.clone().and_then(|()| kernel::status());
        // Files that lie still are seen with nothing mounted over them.
        let mounts = running.map_or_else(|_| Ok(Vec::new()), |()| mounts::observe(system).as_known().cloned());
        Self { system: system.clone(), machine, status, loaded, disk, mounts }
    }

    /// The facts of audit as a whole.
    pub fn facts(&self) -> Audit {
        let status =
            |value: fn(&kernel::Status) -> u32| self.status.as_ref().map(value).map(i64::from).map_err(Clone::clone);
        let config = config::read(&self.system);
        let log = config.as_ref().map(|config| config.as_ref().map_or(config::LOG, |config| &config.log_file));
        let differ = self.differences();
        Audit {
            mode: self.mode().into(),
            failure: status(|status| status.failure).into(),
            backlog_limit: status(|status| status.backlog_limit).into(),
            lost: status(|status| status.lost).into(),
            loaded: self.listed(self.loaded.as_deref().map_err(Clone::clone)).into(),
            persistent: self.listed(self.disk.as_ref().map(|disk| &disk.rules[..]).map_err(Clone::clone)).into(),
            persistent_mode: self.disk.as_ref().map(Disk::left_in).map_err(Clone::clone).into(),
            refused: self.disk.as_ref().map(|disk| disk.refused.clone()).map_err(Clone::clone).into(),
            not_loaded: differ.clone().map(|(not_loaded, _)| not_loaded).into(),
            not_persistent: differ.map(|(_, not_persistent)| not_persistent).into(),
            paths: self.paths().into(),
            files: files::observe(&self.system, log.map_err(Clone::clone)),
            daemon: config.into(),
        }
    }

    fn mode(&self) -> Result<AuditMode, Gap> {
        Ok(mode(self.status.as_ref().map_err(Clone::clone)?.enabled))
    }

    fn listed(&self, rules: Result<&[Rule], Gap>) -> Result<Vec<AuditRule>, Gap> {
        let machine = self.machine.clone()?;
        Ok(rules?.iter().map(|rule| rule.fact(machine)).collect())
    }

    /// Rules on disk that are not in force, and rules in force that are not on disk.
    fn differences(&self) -> Result<(Vec<String>, Vec<String>), Gap> {
        let machine = self.machine.clone()?;
        let loaded = self.loaded.as_ref().map_err(Clone::clone)?;
        let disk = self.disk.as_ref().map_err(Clone::clone)?;
        let missing = |rules: &[Rule], in_these: &[Rule]| {
            let there: BTreeSet<_> = in_these.iter().flat_map(|rule| units(rule, machine)).collect();
            let lacks = |rule: &&Rule| units(rule, machine).any(|unit| !there.contains(&unit));
            rules.iter().filter(lacks).map(|rule| rule.display(machine)).collect()
        };
        Ok((missing(&disk.rules, loaded), missing(loaded, &disk.rules)))
    }

    /// Whether everything is recorded that rules in auditctl's words, joined by `; `, would record. `UID_MIN` stands for the
    /// first uid of people.
    pub fn coverage(&self, asked: &str) -> AuditCoverage {
        let asked = self.machine.clone().and_then(|machine| {
            asked.split("; ").filter_map(|rule| self.asked(rule, machine).transpose()).collect::<Result<Vec<_>, _>>()
        });
        let record = |rules: Result<&[Rule], Gap>, on: Result<bool, Gap>| {
            let (rules, machine, on) = (self.located(rules)?, self.machine.clone()?, on?);
            let (mut missing, mut exceptions) = (Vec::new(), Vec::new());
            for Asked { text, wanted } in asked.as_ref().map_err(Clone::clone)? {
                let recorded = rules.record(wanted);
                if !recorded.all || !on {
                    missing.push(text.clone());
                }
                exceptions.extend(recorded.exceptions.into_iter().map(|rule| rule.display(machine)));
            }
            Ok((missing, exceptions))
        };
        let on = self.mode().map(|mode| mode != AuditMode::Off);
        let loaded = record(self.loaded.as_deref().map_err(Clone::clone), on);
        let persistent =
            record(self.disk.as_ref().map(|disk| &disk.rules[..]).map_err(Clone::clone), Ok(self.persists()));
        let exceptions = self.exceptions(&loaded, &persistent);
        AuditCoverage {
            not_loaded: loaded.map(|(missing, _)| missing).into(),
            not_persistent: persistent.map(|(missing, _)| missing).into(),
            exceptions: exceptions.into(),
        }
    }

    fn exceptions<T>(
        &self,
        loaded: &Result<(T, Vec<String>), Gap>,
        persistent: &Result<(T, Vec<String>), Gap>,
    ) -> Result<Vec<String>, Gap> {
        match (loaded, persistent) {
            (Err(gap), Err(_)) => Err(gap.clone()),
            _ => {
                let found = [loaded, persistent].into_iter().flatten().flat_map(|(_, exceptions)| exceptions.clone());
                Ok(found.collect::<BTreeSet<_>>().into_iter().collect())
            }
        }
    }

    /// Whether the rules on disk leave auditing switched on.
    fn persists(&self) -> bool {
        self.disk.as_ref().is_ok_and(|disk| disk.left_in() != AuditMode::Off)
    }

    /// What a rule asks for; nothing when it is about an architecture that this machine does not have.
    fn asked(&self, rule: &str, machine: Machine) -> Result<Option<Asked>, Gap> {
        let gap = |kind, why: &str| Gap::new(kind, format!("`{rule}`: {why}"));
        match grammar::parse(rule, around(&self.system, machine, true)) {
            Ok(Command::Add { rule, .. }) => {
                let wanted = Wanted::of(&rule, machine, |path| self.on_machine(path))?;
                Ok(Some(Asked { text: rule.display(machine), wanted }))
            }
            Ok(_) => Err(gap(GapKind::Malformed, "adds no rule")),
            Err(Fault::Refused(why)) => Err(gap(GapKind::Malformed, &why)),
            Err(Fault::Unsupported(why)) => Err(gap(GapKind::Unsupported, &why)),
            Err(Fault::Foreign(_)) => Ok(None),
        }
    }

    /// Where a path of the machine lies.
    fn on_machine(&self, path: &str) -> Result<Place, Gap> {
        self.place(&self.system, Path::new(path), &self.mounts)
    }

    /// Fills in how the files of an engine's process are watched.
    pub fn watch(&self, files: &mut [DaemonFile], pid: u32) {
        let tree = System::at(self.system.real(format!("/proc/{pid}/root")));
        let seen = match mounts::shared(&self.system, 1, pid) {
            true => self.mounts.clone(),
            false => self.system.read_lossy(format!("/proc/{pid}/mountinfo")).and_then(|text| mounts::parse(&text)),
        };
        let loaded = self.located(self.loaded.as_deref().map_err(Clone::clone));
        let disk = self.located(self.disk.as_ref().map(|disk| &disk.rules[..]).map_err(Clone::clone));
        for file in files {
            file.watch = match file.file.as_known() {
                Ok(FileAccess { path, .. }) => self
                    .place(&tree, Path::new(path), &seen)
                    .and_then(|place| self.watched(&loaded, &disk, |mask, on| Wanted::at(place.clone(), mask, on)))
                    .into(),
                Err(gap) => gap.into(),
            };
        }
    }

    fn located<'r>(&self, rules: Result<&'r [Rule], Gap>) -> Result<Rules<'r>, Gap> {
        rules.and_then(|rules| Rules::located(rules, &self.system))
    }

    /// Where a path of some file tree lies, given the mounts in it.
    fn place(&self, tree: &System, path: &Path, seen: &Result<Vec<HostMount>, Gap>) -> Result<Place, Gap> {
        let mut place = Place::of(tree, path)?;
        let (seen, machine) = (seen.as_deref().map_err(Clone::clone)?, self.mounts.as_deref().map_err(Clone::clone)?);
        place::elsewhere(path, seen, machine).iter().try_for_each(|other| place.also_at(&self.system, other))?;
        Ok(place)
    }

    /// Which of the accesses are recorded that are wanted, given the bit of one and the machine.
    fn watched(
        &self,
        loaded: &Result<Rules<'_>, Gap>,
        disk: &Result<Rules<'_>, Gap>,
        wanted: impl Fn(u32, Machine) -> Wanted,
    ) -> Result<Watch, Gap> {
        let machine = self.machine.clone()?;
        let record = |rules: &Result<Rules<'_>, Gap>| {
            let rules = rules.as_ref().map_err(Clone::clone)?;
            let (mut mask, mut exceptions) = (0, Vec::new());
            for (bit, _) in ACCESSES {
                let recorded = rules.record(&wanted(bit, machine));
                mask |= if recorded.all { bit } else { 0 };
                exceptions.extend(recorded.exceptions.into_iter().map(|rule| rule.display(machine)));
            }
            Ok((mask, exceptions))
        };
        let (loaded, persistent) = (record(loaded), record(disk));
        let enabled = self.mode().map(|mode| mode != AuditMode::Off);
        let exceptions = self.exceptions(&loaded, &persistent);
        let seen = |recorded: Result<(u32, Vec<String>), Gap>, on: Result<bool, Gap>| {
            recorded.and_then(|(mask, _)| Ok(if on? { letters(mask) } else { String::new() }))
        };
        Ok(Watch {
            loaded: seen(loaded, enabled.clone()).into(),
            persistent: seen(persistent, Ok(self.persists())).into(),
            enabled: enabled.into(),
            exceptions: exceptions.into(),
        })
    }
}

/// A rule that somebody asks for.
struct Asked {
    text: String,
    wanted: Wanted,
}

const fn around(system: &System, machine: Machine, asked: bool) -> Around<'_> {
    Around { machine, system, asked }
}

const fn mode(number: u32) -> AuditMode {
    match number {
        0 => AuditMode::Off,
        1 => AuditMode::On,
        _ => AuditMode::Locked,
    }
}

impl Disk {
    /// The mode in which the rules leave the kernel: the daemon switches auditing on before they are loaded.
    fn left_in(&self) -> AuditMode {
        self.mode.map_or(AuditMode::On, mode)
    }
}

/// A rule in parts that are the same however its conditions are ordered and its system calls are grouped.
fn units(rule: &Rule, machine: Machine) -> impl Iterator<Item = (String, Vec<Field>, Vec<String>, Option<u32>)> {
    let mut fields: Vec<Field> = rule.fields.iter().map(Field::normal).collect();
    fields.sort();
    let mut keys = rule.keys.clone();
    keys.sort();
    let calls: Vec<Option<u32>> = match &rule.syscalls {
        Syscalls::These(numbers) if !numbers.is_empty() && !only_by_access(rule, numbers, machine) => {
            numbers.iter().copied().map(Some).collect()
        }
        _ => vec![None],
    };
    let place = format!("{:?},{:?}", rule.action, rule.list);
    calls.into_iter().map(move |call| (place.clone(), fields.clone(), keys.clone(), call))
}

/// Whether a rule's system calls are no more than its accesses say: newer auditctl names them in a rule that names none.
fn only_by_access(rule: &Rule, numbers: &BTreeSet<u32>, machine: Machine) -> bool {
    let Some(field::Value::Number(mask)) = rule.field(What::PERM).map(|field| &field.value) else { return false };
    let arch = rule.arch().unwrap_or(machine.native);
    let wanted = ACCESSES.iter().filter(|(bit, _)| mask & bit != 0);
    wanted.flat_map(|(_, letter)| calls(*letter, arch)).all(|number| numbers.contains(number))
}

#[cfg(test)]
mod tests;
