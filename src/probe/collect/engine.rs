//! An engine, with what the kernel shows of its process.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use super::inside;
use super::kernel::KernelSide;
use super::machine::WATCH;
use crate::facts::{Gap, GapKind, Observed};
use crate::plan::Plan;
use crate::probe::census::Census;
use crate::probe::docker::{Answers, Session};
use crate::probe::layers::Store;
use crate::probe::process::Reference;
use crate::probe::{System, audit, daemon, namespace};

/// The engine's process, and what other processes are compared with.
pub(super) struct EngineProcess {
    /// Its id, if that means the same to the auditor.
    pub(super) pid: Result<u32, Gap>,
    pub(super) reference: Reference,
}

impl EngineProcess {
    pub(super) fn of(system: &System, socket: &Path) -> Self {
        let pid = engine_process(system, socket);
        let reference = Reference::observe(system, pid.as_ref().ok().copied());
        Self { pid, reference }
    }

    pub(super) fn none(system: &System, gap: Gap) -> Self {
        Self { pid: Err(gap), reference: Reference::observe(system, None) }
    }
}

/// The engine's process, if its id means the same to the auditor.
fn engine_process(system: &System, socket: &Path) -> Result<u32, Gap> {
    let pid = daemon::owner(system, socket)?;
    if namespace::same_pid_namespace(system, pid)? {
        return Ok(pid);
    }
    let detail = "the engine runs in another PID namespace than the auditor, where process ids mean something else";
    Err(Gap::new(GapKind::Unsupported, detail))
}

/// What the engine says, and what the kernel says of the engine and its containers.
pub(super) struct EngineSide {
    pub(super) process: EngineProcess,
    pub(super) answers: Answers,
    pub(super) kernel: KernelSide,
    /// Every process of the machine.
    pub(super) census: Arc<Result<Census, Gap>>,
}

impl EngineSide {
    /// What an engine says and the kernel shows, or the kernel alone where there is nobody to ask.
    pub(super) fn collect(
        system: &System,
        plan: &Plan,
        process: EngineProcess,
        session: Result<JoinHandle<Session>, Gap>,
        by_disk: bool,
    ) -> Self {
        let session = match session.map(JoinHandle::join) {
            Ok(Ok(session)) => session,
            Ok(Err(_)) => return Self::without(system, plan, process, &lost("the engine's client"), by_disk),
            Err(gap) => return Self::without(system, plan, process, &gap, by_disk),
        };
        // The kernel is asked while the engine answers.
        let (answers, kernel, census) = thread::scope(|scope| {
            let (news, told) = mpsc::channel();
            let kernel = scope.spawn(|| KernelSide::collect(system, plan, &process, told));
            let census = scope.spawn(|| inside::census(system, plan, &process, false));
            (session.ask(plan, news), kernel.join(), census.join())
        });
        let kernel = kernel.unwrap_or_else(|_| KernelSide::none(&lost("the probe of the engine's processes")));
        let census = census.unwrap_or_else(|_| Err(lost("the probe of all processes")));
        Self { process, answers, kernel, census: Arc::new(census) }
    }

    /// Without an engine's word, for this reason.
    fn without(system: &System, plan: &Plan, process: EngineProcess, gap: &Gap, by_disk: bool) -> Self {
        let census = Arc::new(inside::census(system, plan, &process, by_disk));
        Self { process, answers: Answers::none(gap), kernel: KernelSide::none(gap), census }
    }

    /// The engine's file tree.
    pub(super) fn tree(&self) -> Result<System, Gap> {
        let tree = System::at(format!("/proc/{}/root", self.process.pid.clone()?));
        tree.identity("/").map(|_| tree)
    }

    /// Where the engine keeps images and containers.
    pub(super) fn store(&self, system: &System) -> Store {
        Store::new(system, self.tree(), self.answers.engine.as_known())
    }

    /// Fills in how the engine's files are watched.
    pub(super) fn watch(&mut self, audit: &audit::Records, plan: &Plan) {
        if let (true, Observed::Known { value: daemon, .. }) = (plan.wants(WATCH), &mut self.kernel.daemon)
            && let Observed::Known { value: files, .. } = &mut daemon.files
        {
            audit.watch(files, daemon.pid);
        }
    }
}

/// A part of the collection that ended before it was done.
pub(super) fn lost(what: &str) -> Gap {
    Gap::new(GapKind::Unsupported, format!("{what} ended before it was done"))
}
