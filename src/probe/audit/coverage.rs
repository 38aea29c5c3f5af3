//! What a set of rules records of what somebody wants recorded.
//!
//! The kernel asks the rules of a list in their order, and the first that fits decides. A rule counts here when it fits all
//! of the wanted events by what is known of them; one that fits some of them and drops them is an exception.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::arch::{Arch, Machine};
use super::field::{ACCESSES, Field, Fit, Op, Value, What};
use super::names::{PATH, SYSCALL, TRACING};
use super::place::Place;
use super::rule::{Action, List, Rule, Syscalls};
use crate::facts::{Gap, GapKind};
use crate::probe::System;

/// The system calls by which files are read, changed, run, and given other attributes (include/asm-generic/audit_*.h), those
/// left out that no program changes a file's content, name or rights with.
const CALLS: [(char, &[&str]); 4] = [
    ('r', &["open", "openat"]),
    (
        'w',
        &[
            "open",
            "openat",
            "creat",
            "truncate",
            "ftruncate",
            "rename",
            "renameat",
            "renameat2",
            "link",
            "linkat",
            "symlink",
            "symlinkat",
            "unlink",
            "unlinkat",
            "mkdir",
            "mkdirat",
            "rmdir",
            "mknod",
            "mknodat",
        ],
    ),
    ('x', &["execve"]),
    (
        'a',
        &[
            "chmod",
            "fchmod",
            "fchmodat",
            "chown",
            "fchown",
            "lchown",
            "fchownat",
            "setxattr",
            "lsetxattr",
            "fsetxattr",
            "removexattr",
            "lremovexattr",
            "fremovexattr",
        ],
    ),
];

/// The numbers of the calls of an access on an architecture.
pub(super) fn calls(access: char, arch: Arch) -> &'static [u32] {
    static NUMBERS: LazyLock<BTreeMap<(char, Arch), Vec<u32>>> = LazyLock::new(|| {
        let numbers = |arch: Arch, names: &[&str]| names.iter().filter_map(|name| arch.number(name)).collect();
        let of_arch = |arch| CALLS.iter().map(move |(letter, names)| ((*letter, arch), numbers(arch, names)));
        Arch::ALL.into_iter().flat_map(of_arch).collect()
    });
    NUMBERS.get(&(access, arch)).map_or(&[], Vec::as_slice)
}

/// Rules in their order, each with the place that it is about.
pub(super) struct Rules<'r> {
    rules: Vec<Located<'r>>,
}

/// A rule, and where its path or directory lies.
struct Located<'r> {
    rule: &'r Rule,
    object: Option<(What, Op, Place)>,
}

/// Events that ought to be recorded.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    events: Vec<Event>,
    object: Option<Place>,
    /// What is known of them besides.
    given: Vec<Field>,
}

/// One kind of system call.
#[derive(Clone, Copy, Debug)]
struct Event {
    arch: Arch,
    number: u32,
    /// The bit of the access that it makes to the object.
    access: Option<u32>,
}

/// What a set of rules records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recorded<'r> {
    /// Whether it is everything that was wanted, exceptions aside.
    pub(super) all: bool,
    /// Rules that come first and leave a part out.
    pub(super) exceptions: Vec<&'r Rule>,
}

impl Wanted {
    /// Accesses to a place.
    pub(super) fn at(place: Place, mask: u32, machine: Machine) -> Self {
        Self { events: accesses(mask, machine.arches()), object: Some(place), given: Vec::new() }
    }

    /// Those of them of which more is known.
    pub(super) fn given(self, given: Vec<Field>) -> Self {
        Self { given, ..self }
    }

    /// Everything that a rule would record.
    pub(super) fn of(rule: &Rule, machine: Machine, locate: impl Fn(&str) -> Result<Place, Gap>) -> Result<Self, Gap> {
        let gap = |what: &str| Gap::new(GapKind::Unsupported, format!("{}: {what}", rule.display(machine)));
        if rule.list != List::Exit || rule.action != Action::Always {
            return Err(gap("only rules that record system calls can be asked for"));
        }
        let arches: Vec<Arch> = match (rule.field(What::ARCH), rule.arch()) {
            (None, _) => machine.arches().collect(),
            (Some(_), Some(arch)) => vec![arch],
            (Some(_), None) => return Err(gap("the architecture is not understood")),
        };
        let object = rule.fields.iter().find_map(|field| match (&field.value, field.what) {
            (Value::Text(path), What::WATCH | What::DIR) => Some(locate(path)),
            _ => None,
        });
        let mask = match (rule.field(What::PERM).map(|field| &field.value), &object) {
            (Some(Value::Number(mask)), _) => Some(*mask),
            (_, Some(_)) => Some(ACCESSES.iter().map(|(bit, _)| bit).sum()),
            _ => None,
        };
        let events = match (&rule.syscalls, mask) {
            (Syscalls::All, Some(mask)) => accesses(mask, arches.into_iter()),
            (Syscalls::These(numbers), None) if rule.field(What::ARCH).is_some() => arches
                .into_iter()
                .flat_map(|arch| numbers.iter().map(move |number| Event { arch, number: *number, access: None }))
                .collect(),
            _ => return Err(gap("name accesses to a path, or system calls of one architecture")),
        };
        let own = [What::ARCH, What::WATCH, What::DIR, What::PERM];
        let given = rule.fields.iter().filter(|field| !own.contains(&field.what)).cloned().collect();
        Ok(Self { events, object: object.transpose()?, given })
    }
}

fn accesses(mask: u32, arches: impl Iterator<Item = Arch>) -> Vec<Event> {
    let wanted = ACCESSES.iter().filter(|(bit, _)| mask & bit != 0);
    let pairs: Vec<(u32, char, Arch)> =
        arches.flat_map(|arch| wanted.clone().map(move |(bit, letter)| (*bit, *letter, arch))).collect();
    let events = |(bit, letter, arch): (u32, char, Arch)| {
        calls(letter, arch).iter().map(move |number| Event { arch, number: *number, access: Some(bit) })
    };
    pairs.into_iter().flat_map(events).collect()
}

impl<'r> Rules<'r> {
    /// Looks up where the rules' paths lie.
    pub(super) fn located(rules: &'r [Rule], system: &System) -> Result<Self, Gap> {
        let located = |rule: &'r Rule| {
            let field = rule.field(What::WATCH).or_else(|| rule.field(What::DIR));
            let object = match field {
                Some(Field { what, op, value: Value::Text(path) }) => Some((*what, *op, Place::of(system, path)?)),
                _ => None,
            };
            Ok(Located { rule, object })
        };
        Ok(Self { rules: rules.iter().map(located).collect::<Result<_, Gap>>()? })
    }

    /// What these rules record of what is wanted.
    pub(super) fn record(&self, wanted: &Wanted) -> Recorded<'r> {
        let mut exceptions: BTreeSet<usize> = BTreeSet::new();
        let candidates = self.candidates(wanted);
        let all = !self.silenced(wanted, &mut exceptions)
            && wanted.events.iter().all(|event| records(&candidates, *event, &mut exceptions));
        let rule = |index: usize| self.rules.get(index).map(|located| located.rule);
        Recorded { all, exceptions: if all { exceptions.into_iter().filter_map(rule).collect() } else { Vec::new() } }
    }

    /// The rules that may fit what is wanted, by everything but the system call.
    fn candidates(&self, wanted: &Wanted) -> Vec<Candidate<'r>> {
        let candidate = |(index, Located { rule, object }): (usize, &Located<'r>)| {
            let object = object.as_ref().map_or(Fit::Partly, |(what, op, place)| match (&wanted.object, op) {
                (None, _) => Fit::Partly,
                (Some(target), Op::Equal) => place.reaches(*what, target),
                (Some(target), _) => match place.reaches(*what, target) {
                    Fit::Always => Fit::Never,
                    Fit::Never => Fit::Always,
                    Fit::Partly => Fit::Partly,
                },
            });
            let one = |field: &Field| match field.what {
                What::ARCH | What::PERM => Fit::Always,
                What::WATCH | What::DIR => object,
                _ => field.fits(&wanted.given),
            };
            let fit = rule.fields.iter().map(one).min().unwrap_or(Fit::Always);
            (rule.list == List::Exit && fit != Fit::Never).then_some(Candidate { index, rule, fit })
        };
        self.rules.iter().enumerate().filter_map(candidate).collect()
    }

    /// Whether other lists drop everything: tasks that are not looked at, and records that are thrown away.
    fn silenced(&self, wanted: &Wanted, exceptions: &mut BTreeSet<usize>) -> bool {
        let records: &[u32] = if wanted.object.is_some() { &[SYSCALL, PATH] } else { &[SYSCALL] };
        for (index, Located { rule, .. }) in self.rules.iter().enumerate() {
            let others = |record: Option<u32>| {
                let about = record.map(|record| Field::number(What::MSGTYPE, Op::Equal, record));
                let given: Vec<Field> = wanted.given.iter().cloned().chain(about).collect();
                rule.fields.iter().map(|field| field.fits(&given)).min().unwrap_or(Fit::Always)
            };
            let dropped = match (rule.list, rule.action) {
                (List::Task, Action::Never) => others(None),
                // Whatever its action says, a rule on this list throws away.
                (List::Exclude, _) => records.iter().map(|record| others(Some(*record))).max().unwrap_or(Fit::Never),
                (List::Filesystem, Action::Never) if wanted.object.is_some() && !only_tracing(rule) => Fit::Partly,
                _ => Fit::Never,
            };
            match dropped {
                Fit::Always => return true,
                Fit::Partly => {
                    exceptions.insert(index);
                }
                Fit::Never => {}
            }
        }
        false
    }
}

/// Whether a rule is about filesystems on which nobody keeps files.
fn only_tracing(rule: &Rule) -> bool {
    let tracing = |field: &Field| {
        field.op == Op::Equal && TRACING.iter().any(|(_, number)| field.value == Value::Number(*number))
    };
    rule.field(What::FSTYPE).is_some_and(tracing)
}

/// A rule that may fit, how far by everything but the system call, and which one it is.
struct Candidate<'r> {
    index: usize,
    rule: &'r Rule,
    fit: Fit,
}

/// Whether one event is recorded; notes what leaves a part of it out.
fn records(candidates: &[Candidate<'_>], event: Event, exceptions: &mut BTreeSet<usize>) -> bool {
    for Candidate { index, rule, fit } in candidates {
        match (call_fit(rule, event).min(*fit), rule.action) {
            (Fit::Always, action) => return action == Action::Always,
            (Fit::Partly, Action::Never) => {
                exceptions.insert(*index);
            }
            _ => {}
        }
    }
    false
}

/// How far a rule fits an event by its system call alone.
fn call_fit(rule: &Rule, event: Event) -> Fit {
    if !rule.syscalls.have(event.number) {
        return Fit::Never;
    }
    let one = |field: &Field| match (field.what, &field.value) {
        (What::ARCH, _) => field.fits(&[Field::number(What::ARCH, Op::Equal, event.arch.code())]),
        (What::PERM, Value::Number(mask)) => match event.access {
            Some(access) if mask & access != 0 => Fit::Always,
            Some(_) => Fit::Never,
            None => Fit::Partly,
        },
        _ => Fit::Always,
    };
    rule.fields.iter().map(one).min().unwrap_or(Fit::Always)
}

#[cfg(test)]
mod tests;
