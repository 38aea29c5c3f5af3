//! One audit rule, wherever it was read.

use std::collections::BTreeSet;
use std::fmt;

use super::arch::{Arch, Machine};
use super::field::{Field, Op, Value, What, letters};
use crate::facts::AuditRule;

/// The list that a rule is on, by its number in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    User,
    Task,
    Exit,
    Exclude,
    Filesystem,
    Uring,
}

impl List {
    const ALL: [(u32, &str, Self); 6] = [
        (0, "user", Self::User),
        (1, "task", Self::Task),
        (4, "exit", Self::Exit),
        (5, "exclude", Self::Exclude),
        (6, "filesystem", Self::Filesystem),
        (7, "io_uring", Self::Uring),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(.., list)| *list)
    }

    pub(super) fn numbered(number: u32) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == number).map(|(.., list)| *list)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(.., list)| *list == self).map_or("?", |(_, name, _)| name)
    }
}

/// What becomes of an event that a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// It is not recorded, whatever rules come after.
    Never,
    /// It is recorded.
    Always,
}

/// The system calls that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Syscalls {
    All,
    These(BTreeSet<u32>),
}

impl Syscalls {
    pub(super) fn have(&self, number: u32) -> bool {
        match self {
            Self::All => true,
            Self::These(numbers) => numbers.contains(&number),
        }
    }
}

/// A rule: its conditions must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) list: List,
    pub(super) action: Action,
    pub(super) syscalls: Syscalls,
    /// Conditions in their order, keys aside.
    pub(super) fields: Vec<Field>,
    pub(super) keys: Vec<String>,
}

impl Rule {
    pub(super) fn field(&self, what: What) -> Option<&Field> {
        self.fields.iter().find(|field| field.what == what)
    }

    fn text(&self, what: What) -> Option<&str> {
        match self.field(what) {
            Some(Field { op: Op::Equal, value: Value::Text(text), .. }) => Some(text),
            _ => None,
        }
    }

    /// The architecture to which it is limited.
    pub(super) fn arch(&self) -> Option<Arch> {
        match self.field(What::ARCH) {
            Some(Field { op: Op::Equal, value: Value::Number(code), .. }) => Arch::of_code(*code),
            _ => None,
        }
    }

    /// The accesses to which it is limited.
    fn permissions(&self) -> String {
        match self.field(What::PERM) {
            Some(Field { value: Value::Number(mask), .. }) => letters(*mask),
            _ => String::new(),
        }
    }

    /// Whether it is no more than a path and accesses to it, which auditctl also writes as `-w`.
    fn is_watch(&self) -> bool {
        // auditctl lists a rule like this with `never` as a watch too, which it is not.
        self.list == List::Exit
            && self.action == Action::Always
            && self.syscalls == Syscalls::All
            && self.fields.len() == 2
            && self.field(What::PERM).is_some()
            && self.text(What::WATCH).or(self.text(What::DIR)).is_some()
    }

    fn syscall_names(&self, machine: Machine) -> Vec<String> {
        let arch = self.arch().unwrap_or(machine.native);
        match &self.syscalls {
            Syscalls::All => vec!["all".to_owned()],
            Syscalls::These(numbers) => numbers.iter().map(|number| arch.name(*number)).collect(),
        }
    }

    /// The rule as auditctl writes it.
    pub(super) fn display(&self, machine: Machine) -> String {
        Written { rule: self, machine }.to_string()
    }

    /// The rule as facts have it.
    pub(super) fn fact(&self, machine: Machine) -> AuditRule {
        let text = |what| self.text(what).unwrap_or_default().to_owned();
        let plain = |field: &&Field| {
            let shown = [What::ARCH, What::WATCH, What::DIR, What::PERM].contains(&field.what);
            !(shown && field.op == Op::Equal)
        };
        let condition = |field: &Field| {
            let written = field.to_string();
            written.trim_start_matches("-F ").trim_start_matches("-C ").to_owned()
        };
        AuditRule {
            text: self.display(machine),
            list: self.list.name().to_owned(),
            action: if self.action == Action::Always { "always" } else { "never" }.to_owned(),
            arch: self.arch().map(|arch| arch.bits().to_owned()).unwrap_or_default(),
            syscalls: self.syscall_names(machine),
            path: text(What::WATCH),
            dir: text(What::DIR),
            permissions: self.permissions(),
            fields: self.fields.iter().filter(plain).map(condition).collect(),
            keys: self.keys.clone(),
        }
    }
}

/// A rule on its way to text.
struct Written<'r> {
    rule: &'r Rule,
    machine: Machine,
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, machine } = self;
        if rule.is_watch() {
            let path = rule.text(What::WATCH).or(rule.text(What::DIR)).unwrap_or_default();
            let permissions = rule.permissions();
            write!(f, "-w {path} -p {permissions}")?;
            return rule.keys.iter().try_for_each(|key| write!(f, " -k {key}"));
        }
        let action = if rule.action == Action::Always { "always" } else { "never" };
        write!(f, "-a {action},{}", rule.list.name())?;
        if let Some(arch) = rule.field(What::ARCH) {
            write!(f, " {arch}")?;
        }
        if matches!(rule.list, List::Exit | List::Uring) {
            write!(f, " -S {}", rule.syscall_names(*machine).join(","))?;
        }
        rule.fields.iter().filter(|field| field.what != What::ARCH).try_for_each(|field| write!(f, " {field}"))?;
        rule.keys.iter().try_for_each(|key| write!(f, " -F key={key}"))
    }
}
