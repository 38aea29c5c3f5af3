//! What the kernel says of the engine and of the first processes of its containers, looked at while the engine answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::thread;

use super::engine::EngineProcess;
use crate::facts::{Daemon, Engine, Gap, GapKind, Observed, Process, Program};
use crate::plan::Plan;
use crate::probe::cgroup::Group;
use crate::probe::docker::News;
use crate::probe::{System, confinement, daemon, process, programs};

/// What the kernel says of the engine's process and of those of its containers.
pub(super) struct KernelSide {
    pub(super) daemon: Observed<Daemon>,
    /// First processes of containers, by their ids.
    pub(super) processes: BTreeMap<u32, Observed<Process>>,
    /// Programs by PID namespace. In the machine's own, a container's programs stand among the host's: the checks have to tell
    /// what that means.
    pub(super) programs: BTreeMap<u64, Observed<Vec<Program>>>,
    /// What confines containers, by their first processes.
    pub(super) confinements: BTreeMap<u32, confinement::Seen>,
}

impl KernelSide {
    pub(super) fn none(gap: &Gap) -> Self {
        let (processes, programs, confinements) = <_>::default();
        Self { daemon: gap.clone().into(), processes, programs, confinements }
    }

    /// Looks at each process as soon as the engine has told of it, until it has told of all.
    pub(super) fn collect(system: &System, plan: &Plan, engine: &EngineProcess, told: Receiver<News>) -> Self {
        let told = Mutex::new(told);
        let work = || Self::work(system, plan, engine, &told);
        let mut found = thread::scope(|scope| {
            // The daemon takes one of them as long as all containers take the other.
            let other = scope.spawn(work);
            let mut found = work();
            match other.join() {
                Ok(other) => found.add(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            found
        });
        if plan.wants("containers.programs") {
            let namespace = |process: &Observed<Process>| process.value()?.namespaces.pid.value().map(|ns| ns.inode);
            let namespaces: BTreeSet<u64> = found.processes.values().filter_map(namespace).collect();
            let wanted = plan.wants("containers.programs.host_uids");
            let uids = if wanted { engine.reference.host_ids() } else { Err(Gap::not_collected()) };
            found.programs = programs::in_pid_namespaces(system, &namespaces, uids);
        }
        found
    }

    fn work(system: &System, plan: &Plan, engine: &EngineProcess, told: &Mutex<Receiver<News>>) -> Self {
        let mut found = Self::none(&Gap::not_collected());
        let (wanted, confined) = (wanted(plan), plan.wants("containers.kernel"));
        // The lock is held while waiting, and not while looking.
        let next = || told.lock().ok()?.recv().ok();
        while let Some(news) = next() {
            match (news, &engine.pid) {
                (News::Engine(of), Ok(pid)) => {
                    found.daemon = match *of {
                        Ok(of) => daemon_facts(system, plan, *pid, &of),
                        Err(gap) => gap.into(),
                    };
                }
                (News::Engine(of), Err(gap)) => found.daemon = of.err().unwrap_or_else(|| gap.clone()).into(),
                (News::Running(id, pid), Ok(_)) => {
                    if confined {
                        let seen = confinement::look(system, pid, &Group::Named(id), &engine.reference);
                        found.confinements.insert(pid, seen);
                    }
                    if let Some(wanted) = wanted {
                        found.processes.insert(pid, process::observe(system, pid, &engine.reference, wanted));
                    }
                }
                (News::Running(..), Err(_)) => {}
            }
        }
        found
    }

    /// Takes over what another worker has found; the engine tells once who it is.
    fn add(&mut self, other: Self) {
        if self.daemon.gap().is_some_and(|gap| gap.kind == GapKind::NotCollected) {
            self.daemon = other.daemon;
        }
        self.processes.extend(other.processes);
        self.confinements.extend(other.confinements);
    }
}

/// The parts of containers' first processes to look at, if they are looked at at all.
pub(super) fn wanted(plan: &Plan) -> Option<process::Wanted> {
    let programs = plan.wants("containers.programs");
    let wanted = parts(plan, "containers");
    let wanted = process::Wanted { namespaces: wanted.namespaces || programs, ..wanted };
    (plan.wants("containers.process") || programs || plan.wants("sandboxes")).then_some(wanted)
}

/// The parts of the first processes in a list that are planned.
pub(super) fn parts(plan: &Plan, list: &str) -> process::Wanted {
    let wants = |part: &str| plan.wants(&format!("{list}.process.{part}"));
    process::Wanted {
        namespaces: wants("namespaces"),
        uid_map: wants("uid_map"),
        gid_map: wants("gid_map"),
        lsm: wants("lsm_label"),
        root: wants("root_read_only"),
        cgroup: wants("cgroup"),
    }
}

fn daemon_facts(system: &System, plan: &Plan, pid: u32, engine: &Engine) -> Observed<Daemon> {
    if !plan.wants("daemon") {
        return Observed::not_collected();
    }
    let wanted = daemon::Wanted {
        tcp_listeners: plan.wants("daemon.tcp_listeners") || plan.wants("daemon.swarm_listeners"),
        userland_proxies: plan.wants("daemon.userland_proxies"),
        api_accounts: plan.wants("daemon.api_accounts"),
        storage: plan.wants("daemon.storage"),
        files: plan.wants("daemon.files"),
    };
    daemon::observe(system, pid, engine, &wanted)
}
