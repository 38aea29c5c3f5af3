//! What is inside containers, and the sandboxes that no engine has told of.

use std::path::PathBuf;

use super::engine::{EngineProcess, EngineSide};
use super::kernel::parts;
use crate::facts::{Confinement, Container, Gap, GapKind, Member, Observed, Sandbox};
use crate::parallel;
use crate::plan::Plan;
use crate::probe::census::{Census, Parts};
use crate::probe::docker::Described;
use crate::probe::members::Home;
use crate::probe::{System, confinement, members, process, sandboxes};

/// Looks at every process, if checks read of what is inside containers, or if that tells which containers there are.
pub(super) fn census(system: &System, plan: &Plan, engine: &EngineProcess, by_disk: bool) -> Result<Census, Gap> {
    let wanted = plan.wants("containers.processes") || plan.wants("sandboxes") || by_disk && plan.wants("containers");
    if !wanted {
        return Err(Gap::not_collected());
    }
    let wants =
        |part: &str| ["containers", "sandboxes"].iter().any(|list| plan.wants(&format!("{list}.processes.{part}")));
    let process = process::Wanted {
        namespaces: wants("process.namespaces"),
        uid_map: wants("process.uid_map"),
        gid_map: wants("process.gid_map"),
        lsm: wants("process.lsm_label"),
        ..process::Wanted::STATUS
    };
    // A sandbox may have no other name than its first program's.
    let executable = wants("executable") || plan.wants("sandboxes");
    let wanted = Parts { process, executable, root: wants("root") };
    Census::take(system, &engine.reference, wanted)
}

/// The processes inside each container.
pub(super) fn members(plan: &Plan, engine: &EngineSide, described: &[Described]) -> Vec<Observed<Vec<Member>>> {
    if !plan.wants("containers.processes") {
        return described.iter().map(|_| Observed::not_collected()).collect();
    }
    let running = |described: &Described| first_process(engine, described);
    let homes = described.iter().filter_map(|one| Some(Home::named(&one.container.id, running(one).ok()?)));
    let homes: Vec<Home> = homes.collect();
    let mut found = members::of(&engine.census, &engine.process.reference, &homes).into_iter();
    let of = |described: &Described| match running(described) {
        Ok(_) => found.next().unwrap_or_else(Observed::not_collected),
        Err(gap) => gap.into(),
    };
    described.iter().map(of).collect()
}

/// What the kernel enforces on each container.
pub(super) fn confinements(
    system: &System,
    plan: &Plan,
    engine: &EngineSide,
    described: &[Described],
    sockets: Result<Vec<PathBuf>, Gap>,
) -> Vec<Confinement> {
    if !plan.wants("containers.kernel") {
        return described.iter().map(|_| Confinement::unseen(&Gap::not_collected())).collect();
    }
    let data_root = engine.answers.data_root();
    let around = confinement::Surroundings::observe(system, &engine.process.pid, data_root, sockets);
    let confined = |described: &Described| {
        let seen = first_process(engine, described)
            .and_then(|pid| engine.kernel.confinements.get(&pid).ok_or_else(Gap::not_collected));
        match seen {
            Ok(seen) => seen.describe(&around, &described.declared),
            Err(gap) => Confinement::unseen(&gap),
        }
    };
    parallel::map(described, confined)
}

/// The first process of a container, or why there is none to look at.
pub(super) fn first_process(engine: &EngineSide, described: &Described) -> Result<u32, Gap> {
    match (described.pid, &engine.process.pid) {
        (None, _) => Err(match &described.container.inspect {
            Observed::Known { value, .. } if value.running => {
                Gap::new(GapKind::Malformed, "the engine tells no process id of a container that runs")
            }
            Observed::Known { .. } => Gap::new(GapKind::Missing, "the container is not running"),
            Observed::Unknown { gap, .. } => gap.clone(),
        }),
        (Some(_), Err(gap)) => Err(gap.clone()),
        (Some(pid), Ok(_)) => Ok(pid),
    }
}

/// Every container and sandbox that the engine does not list.
pub(super) fn sandboxes(
    system: &System,
    plan: &Plan,
    engine: &EngineSide,
    containers: &Observed<Vec<Container>>,
) -> Observed<Vec<Sandbox>> {
    if !plan.wants("sandboxes") {
        return Observed::not_collected();
    }
    let of_container = |container: &Container| {
        let first = container.process.value().map_or(0, |process| process.pid);
        Home::named(&container.id, first)
    };
    let listed: Vec<Home> = containers.value().into_iter().flatten().map(of_container).collect();
    let wanted = sandboxes::Wanted { process: parts(plan, "sandboxes"), kernel: plan.wants("sandboxes.kernel") };
    sandboxes::observe(system, &engine.census, &engine.process.reference, &listed, wanted)
}
