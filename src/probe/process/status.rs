//! `/proc/<pid>/status`, of which a dozen of fifty lines are read.
//!
//! procfs takes all of them apart, into a map, which with a thousand processes was most of what an audit had to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::facts::{Gap, GapKind, Observed, SeccompMode};
use crate::probe::System;

/// What the kernel says of one process. What older kernels do not have may be missing.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Status {
    path: String,
    /// The name it has given itself; the kernel escapes its newlines.
    pub(in crate::probe) name: String,
    /// Its parent.
    pub(in crate::probe) parent: u32,
    /// Its ids, one for each PID namespace that it is in, the outermost first; none before Linux 4.1.
    pub(in crate::probe) ids: Option<Vec<u32>>,
    /// The uid that counts.
    pub(in crate::probe) effective_uid: u32,
    /// The uids that it has or can take back.
    pub(in crate::probe) uids: BTreeSet<u32>,
    /// Capabilities, a bit each.
    pub(in crate::probe) effective: u64,
    pub(super) permitted: u64,
    pub(super) inheritable: u64,
    pub(super) bounding: Option<u64>,
    pub(super) ambient: Option<u64>,
    pub(super) no_new_privs: Option<u32>,
    seccomp: Option<u32>,
    pub(super) filters: Observed<i64>,
    state: char,
    threads: u32,
}

impl Status {
    /// Reads it; `process` is a pid or `self`.
    pub(in crate::probe) fn read(system: &System, process: impl fmt::Display) -> Result<Self, Gap> {
        let path = format!("/proc/{process}/status");
        // A process may give itself any name, also one that is not UTF-8.
        let text = system.read_lossy(&path)?;
        let malformed = |what: String| Gap::new(GapKind::Malformed, format!("{path}: {what}"));
        if !text.ends_with('\n') {
            return Err(malformed("ends in the middle of a line".to_owned()));
        }
        Lines::of(&text).status(&path).map_err(malformed)
    }

    /// A line that older kernels do not have.
    pub(super) fn line<T>(&self, name: &str, value: Option<T>) -> Result<T, Gap> {
        value.ok_or_else(|| Gap::new(GapKind::Unsupported, format!("{}: the kernel gives no {name}", self.path)))
    }

    /// How many PID namespaces it is in.
    pub(in crate::probe) fn depth(&self) -> Result<usize, Gap> {
        self.line("NSpid", self.ids.as_ref().map(Vec::len))
    }

    pub(super) fn seccomp(&self) -> Result<SeccompMode, Gap> {
        match self.line("Seccomp", self.seccomp)? {
            0 => Ok(SeccompMode::Disabled),
            1 => Ok(SeccompMode::Strict),
            2 => Ok(SeccompMode::Filter),
            mode => Err(Gap::new(GapKind::Malformed, format!("{}: Seccomp: {mode}", self.path))),
        }
    }

    /// Whether nothing of the process runs any more; a first thread may end before the others.
    pub(in crate::probe) const fn ended(&self) -> bool {
        self.state == 'X' || (self.state == 'Z' && self.threads <= 1)
    }
}

/// The lines that are read.
#[rustfmt::skip]
const READ: [&str; 15] = [
    "Name", "State", "Pid", "PPid", "Uid", "NSpid", "Threads", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
    "Seccomp", "Seccomp_filters",
];

/// What the lines that are read say, after a colon and a tab.
struct Lines<'t>([Option<&'t str>; READ.len()]);

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let mut lines = [None; READ.len()];
        for (name, value) in text.lines().filter_map(|line| line.split_once(":\t")) {
            let at = READ.iter().position(|read| *read == name);
            if let Some(line) = at.and_then(|at| lines.get_mut(at)) {
                line.get_or_insert(value);
            }
        }
        Self(lines)
    }

    fn status(&self, path: &str) -> Result<Status, String> {
        let _: u32 = self.needed("Pid", self.number("Pid")?)?;
        let uids: Vec<u32> = self.needed("Uid", self.numbers("Uid")?)?;
        let word = self.needed("State", self.value("State"))?;
        Ok(Status {
            path: path.to_owned(),
            name: self.needed("Name", self.value("Name"))?.to_owned(),
            parent: self.needed("PPid", self.number("PPid")?)?,
            ids: self.numbers("NSpid")?,
            effective_uid: self.needed("Uid", uids.get(1).copied())?,
            uids: uids.into_iter().collect(),
            effective: self.needed("CapEff", self.bits("CapEff")?)?,
            permitted: self.needed("CapPrm", self.bits("CapPrm")?)?,
            inheritable: self.needed("CapInh", self.bits("CapInh")?)?,
            bounding: self.bits("CapBnd")?,
            ambient: self.bits("CapAmb")?,
            no_new_privs: self.number("NoNewPrivs")?,
            seccomp: self.number("Seccomp")?,
            filters: match self.number("Seccomp_filters") {
                Ok(Some(count)) => Observed::known(count),
                Ok(None) => {
                    Observed::unknown(GapKind::Unsupported, format!("{path}: no Seccomp_filters before Linux 5.9"))
                }
                Err(what) => Observed::unknown(GapKind::Malformed, format!("{path}: {what}")),
            },
            state: self.needed("State", word.chars().next())?,
            threads: self.needed("Threads", self.number("Threads")?)?,
        })
    }

    fn value(&self, name: &str) -> Option<&'t str> {
        let at = READ.iter().position(|read| *read == name)?;
        *self.0.get(at)?
    }

    fn needed<T>(&self, name: &str, value: Option<T>) -> Result<T, String> {
        value.ok_or_else(|| format!("no line {name}"))
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let read = |text: &str| text.trim().parse().map_err(|_| odd(name, text));
        self.value(name).map(read).transpose()
    }

    fn numbers(&self, name: &str) -> Result<Option<Vec<u32>>, String> {
        let read = |text: &str| text.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>();
        self.value(name).map(|text| read(text).map_err(|_| odd(name, text))).transpose()
    }

    fn bits(&self, name: &str) -> Result<Option<u64>, String> {
        self.value(name).map(|text| u64::from_str_radix(text, 16).map_err(|_| odd(name, text))).transpose()
    }
}

fn odd(name: &str, text: &str) -> String {
    format!("{name}: {}", text.escape_debug())
}
