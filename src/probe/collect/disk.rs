//! Containers without an engine's word: as Docker keeps them on disk, and as the kernel runs them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, mpsc};

use super::containers;
use super::engine::{EngineProcess, EngineSide};
use super::kernel::KernelSide;
use crate::facts::{Container, Gap, GapKind, Observed};
use crate::plan::Plan;
use crate::probe::System;
use crate::probe::census::Census;
use crate::probe::docker::{News, disk};
use crate::probe::process::{Reference, Status};

/// The containers of every Docker engine whose state is found; `engine` is the side of the one that was not asked.
pub(super) fn containers(system: &System, plan: &Plan, engine: &mut EngineSide) -> Observed<Vec<Container>> {
    if !plan.wants("containers") && !plan.wants("sandboxes") {
        return Observed::not_collected();
    }
    let unasked = engine.answers.engine.gap().cloned().unwrap_or_else(Gap::not_collected);
    // Where engines keep their state is told by what runs: who does not see that may miss a whole engine.
    if let Err(gap) = engine.census.as_ref().as_ref().map_err(Gap::clone).and_then(Census::complete) {
        return gap.into();
    }
    let mut all = Vec::new();
    for root in disk::data_roots(system, &engine.census) {
        let answers = disk::answers(system, &root, &engine.census, &unasked);
        let process = stand_in(system, answers.running().next().map(|(_, pid)| pid));
        let (news, told) = mpsc::channel();
        for (id, pid) in answers.running() {
            // The receiver is at hand until it is read below.
            let _ = news.send(News::Running(id.to_owned(), pid));
        }
        drop(news);
        let kernel = KernelSide::collect(system, plan, &process, told);
        let mut side = EngineSide { process, answers, kernel, census: Arc::clone(&engine.census) };
        let store = side.store(system);
        match containers::observe(system, plan, &mut side, &store) {
            Observed::Known { value, .. } => {
                engine.answers.notices.push(format!("{} containers as {root} has them on disk", value.len()));
                all.extend(value);
            }
            unknown @ Observed::Unknown { .. } => return unknown,
        }
    }
    all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    // Two paths may lead to one data root.
    let mut seen = BTreeMap::new();
    all.retain(|container| seen.insert(container.id.clone(), ()).is_none());
    Observed::known(all)
}

/// The process through which the machine is seen as the engine sees it: the shim of one of its containers, which is in the engine's
/// own namespaces, and outlives it.
fn stand_in(system: &System, first: Option<u32>) -> EngineProcess {
    let shim = || -> Result<u32, Gap> {
        let first = first.ok_or_else(|| Gap::new(GapKind::Missing, "no container runs"))?;
        let parent = Status::read(system, first)?.parent;
        let executable = system.link(format!("/proc/{parent}/exe"))?;
        let name = executable.file_name().map(OsStr::as_bytes).unwrap_or_default();
        if name.starts_with(b"containerd-shim") {
            return Ok(parent);
        }
        Err(Gap::new(GapKind::Missing, format!("process {parent}, its parent, is no shim of an engine")))
    };
    match shim() {
        Ok(pid) => EngineProcess { pid: Ok(pid), reference: Reference::observe(system, Some(pid)) },
        // Whatever the machine's own view shows is better than nothing; what an engine's could differ in stays unknown.
        Err(_) => EngineProcess { pid: Ok(2), reference: Reference::observe(system, None) },
    }
}
