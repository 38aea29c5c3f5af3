//! Containers as facts, from all that the engine's API told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::container::{self, Surroundings};
use super::mount::{self, Mounts};
use super::{Answers, Listed, RunningExec, first_process, wire};
use crate::facts::{Container, Exec, Gap, GapKind, Observed};
use crate::probe::System;
use crate::probe::confinement::{Declared, Table};
use crate::probe::layers::Directories;

/// A container with the pid of its first process.
pub(in crate::probe) struct Described {
    pub(in crate::probe) container: Container,
    /// Its first process in the engine's PID namespace, if it runs.
    pub(in crate::probe) pid: Option<u32>,
    /// The directories of its layers; none are told where something is mounted over its accounts.
    pub(in crate::probe) directories: Directories,
    /// What it was told to mount.
    pub(in crate::probe) declared: Result<Declared, Gap>,
    execs: Observed<Vec<RunningExec>>,
}

impl Described {
    /// The exec sessions, each with the uid that its process has.
    pub(in crate::probe) fn execs(&self, uid: impl Fn(u32) -> Observed<i64>) -> Observed<Vec<Exec>> {
        self.execs.clone().map(|list| {
            let with_uid = |exec: RunningExec| Exec {
                uid: exec.pid.map_or_else(|| Observed::unknown(GapKind::Missing, "the engine tells no pid"), &uid),
                id: exec.id,
                privileged: exec.privileged,
                user: exec.user,
            };
            list.into_iter().map(with_uid).collect()
        })
    }
}

impl Answers {
    /// Describes every container; `tree` is the engine's file tree, `table` its mounts, and `sockets` are its own.
    pub(in crate::probe) fn describe(
        &mut self,
        tree: Result<System, Gap>,
        table: impl FnOnce() -> Result<Table, Gap> + 'static,
        sockets: Result<Vec<PathBuf>, Gap>,
    ) -> Observed<Vec<Described>> {
        let volumes = std::mem::replace(&mut self.volumes, Err(Gap::not_collected()));
        let mounts = Mounts::new(tree, table, volumes, sockets);
        let containers = match &self.containers {
            Observed::Known { value, .. } => value,
            Observed::Unknown { gap, .. } => return gap.clone().into(),
        };
        let mut others = BTreeMap::new();
        for (listed, answer) in containers {
            if let Ok(wire) = answer {
                others.insert(listed.id.as_str(), wire);
                others.insert(listed.name.as_str(), wire);
            }
        }
        let (services, now) = (&self.services, Timestamp::now());
        let around = Surroundings { others, images: &self.images, mounts: &mounts, services, now };
        let described = |(listed, answer): &(Listed, Result<wire::Inspect, Gap>)| {
            let (inspect, pid, declared) = match answer {
                Ok(wire) => {
                    let inspect = container::inspect(wire, &around);
                    let declared = mount::declared(wire, &inspect);
                    (Observed::known(inspect), first_process(wire), Ok(declared))
                }
                Err(gap) => (gap.clone().into(), None, Err(gap.clone())),
            };
            let execs = self.execs.get(&listed.id).cloned().unwrap_or_else(Observed::not_collected);
            let directories = answer.as_ref().map_err(Gap::clone).and_then(container::directories);
            let container = container::container(listed.id.clone(), listed.name.clone(), inspect);
            Described { container, pid, directories, declared, execs }
        };
        Observed::known(containers.iter().map(described).collect())
    }
}
