//! The isolation ladder: how far what runs in a container is from the host, from privileged down to nothing at all.
//!
//! A container stands on the rung to which the worst of its blockers holds it. [`standing`] is pure: it reads facts alone.

mod blocker;
mod row;
mod words;

pub use row::{Blocked, Ladder, Row, asked_for, ladder};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{Confinement, Inspect, Member, Observed, Process};

/// What the ladder is made of.
pub(crate) const READS: [&str; 15] = [
    "containers",
    "containers.capabilities",
    "containers.mounts",
    "containers.process.namespaces",
    "containers.process.uid_map",
    "containers.process.lsm_label",
    "containers.process.root_read_only",
    "containers.process.cgroup",
    "containers.processes",
    "containers.kernel",
    "sandboxes",
    "sandboxes.process",
    "sandboxes.processes",
    "sandboxes.kernel",
    "sandboxes.declared",
];

/// The rungs, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// Every privilege, and nothing that holds it back.
    Privileged,
    /// A capability, a socket or a directory of the host that takes the host over.
    Takeover,
    /// Namespaces of the host.
    HostNamespaces,
    /// Root with at least the capabilities that engines give by default.
    DefaultRoot,
    /// Root with some of them.
    ReducedRoot,
    /// Root with none but what a server needs to begin with (`CHOWN`, `KILL`, `NET_BIND_SERVICE`, `SETGID`, `SETUID`), root of a
    /// user namespace, or a user who could regain what he was not given.
    Dropped,
    /// A user without capabilities, for good.
    NonRoot,
    /// The same in a user namespace of its own.
    UserNamespace,
}

impl Rung {
    /// Every rung, the worst first.
    pub const ALL: [Self; 8] = [
        Self::Privileged,
        Self::Takeover,
        Self::HostNamespaces,
        Self::DefaultRoot,
        Self::ReducedRoot,
        Self::Dropped,
        Self::NonRoot,
        Self::UserNamespace,
    ];

    /// The word for it in files.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Takeover => "takeover",
            Self::HostNamespaces => "host-namespaces",
            Self::DefaultRoot => "default-root",
            Self::ReducedRoot => "reduced-root",
            Self::Dropped => "dropped",
            Self::NonRoot => "non-root",
            Self::UserNamespace => "user-namespace",
        }
    }

    /// The words for it in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Takeover => "host takeover",
            Self::HostNamespaces => "host namespaces",
            Self::DefaultRoot => "default root",
            Self::ReducedRoot => "reduced root",
            Self::Dropped => "dropped",
            Self::NonRoot => "non-root",
            Self::UserNamespace => "user namespace",
        }
    }
}

/// Something that holds a container on a rung.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blocker {
    /// The best rung that it allows.
    pub rung: Rung,
    /// What was seen.
    pub seen: String,
    /// What would take it away.
    pub lift: &'static str,
}

/// Where a container stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The rung; the best that is possible when something was not seen.
    pub rung: Rung,
    /// What holds it there, and what would hold it on each rung above; the worst first.
    pub blockers: Vec<Blocker>,
    /// What could not be seen, and may hold it on a worse rung.
    pub unseen: Vec<String>,
}

impl Standing {
    /// Whether nothing that was not seen could make it worse.
    pub fn is_certain(&self) -> bool {
        self.unseen.is_empty() || self.rung == Rung::Privileged
    }
}

/// What is known of a container or a sandbox, whoever told it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// What the engine was told; none for a sandbox.
    pub inspect: Option<&'s Observed<Inspect>>,
    /// Its first process.
    pub process: &'s Observed<Process>,
    /// Every process in it.
    pub processes: &'s Observed<Vec<Member>>,
    /// What the kernel enforces.
    pub kernel: &'s Confinement,
}

/// Where a container stands, by what runs in it; by what it was told, when nothing does.
pub fn standing(subject: Subject<'_>) -> Standing {
    let mut found = blocker::Found::default();
    match subject.inspect {
        Some(Observed::Known { value, .. }) if !value.running => found.declared(value),
        inspect => {
            if let Some(Observed::Known { value, .. }) = inspect {
                found.privileged(value.privileged, subject);
            }
            found.effective(subject);
        }
    }
    let blocker::Found { mut blockers, mut unseen } = found;
    blockers.sort_by(|a, b| (a.rung, a.lift, &a.seen).cmp(&(b.rung, b.lift, &b.seen)));
    blockers.dedup();
    unseen.sort();
    unseen.dedup();
    let rung = blockers.first().map_or(Rung::UserNamespace, |worst| worst.rung);
    Standing { rung, blockers, unseen }
}

#[cfg(test)]
mod tests;
