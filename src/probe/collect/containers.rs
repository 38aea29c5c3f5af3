//! Containers, from what an engine was told and what the kernel says.

use std::path::PathBuf;

use super::engine::EngineSide;
use super::{inside, kernel};
use crate::facts::{Container, Gap, Observed, Process};
use crate::plan::Plan;
use crate::probe::confinement::Table;
use crate::probe::docker::Described;
use crate::probe::layers::Store;
use crate::probe::{System, daemon, process};

/// Every container: what the engine was told, completed by what the kernel says.
pub(super) fn observe(
    system: &System,
    plan: &Plan,
    engine: &mut EngineSide,
    store: &Store,
) -> Observed<Vec<Container>> {
    let tree = engine.tree();
    let sockets = engine_sockets(system, plan, engine);
    let (around, pid) = (system.clone(), engine.process.pid.clone());
    let described = engine.answers.describe(tree, move || Table::of(&around, pid?), sockets.clone());
    described.map(|described| {
        let members = inside::members(plan, engine, &described);
        let confinements = inside::confinements(system, plan, engine, &described, sockets);
        let inside = members.into_iter().zip(confinements);
        let complete = |(mut described, (processes, kernel))| {
            resolve_user(plan, store, &mut described);
            Container { processes, kernel, ..complete(system, plan, engine, described) }
        };
        described.into_iter().zip(inside).map(complete).collect()
    })
}

/// The sockets on which the audited engine itself listens, and those of engines that listen in its network namespace: its
/// own containerd is where `exec-root` says.
fn engine_sockets(system: &System, plan: &Plan, engine: &EngineSide) -> Result<Vec<PathBuf>, Gap> {
    let hosts = engine.kernel.daemon.value().and_then(|daemon| daemon.hosts.value()).into_iter().flatten();
    let mut sockets: Vec<PathBuf> = hosts.filter_map(|host| host.strip_prefix("unix://")).map(PathBuf::from).collect();
    sockets.extend(engine.answers.engine.value().map(|engine| PathBuf::from(&engine.socket)));
    if (plan.wants("containers.mounts") || plan.wants("containers.kernel"))
        && let Ok(pid) = engine.process.pid
    {
        sockets.extend(daemon::engine_sockets(system, pid)?);
    }
    Ok(sockets)
}

fn complete(system: &System, plan: &Plan, engine: &EngineSide, described: Described) -> Container {
    let execs = described.execs(|pid| match &engine.process.pid {
        Ok(_) => {
            process::observe(system, pid, &engine.process.reference, process::Wanted::STATUS).map(|process| process.uid)
        }
        Err(gap) => gap.clone().into(),
    });
    let process = process_of(plan, engine, &described);
    let programs = match process.as_known().and_then(|process| process.namespaces.pid.as_known()) {
        _ if !plan.wants("containers.programs") => Observed::not_collected(),
        Ok(namespace) => {
            let found = engine.kernel.programs.get(&namespace.inode).cloned();
            found.unwrap_or_else(|| Observed::known(Vec::new()))
        }
        Err(gap) => gap.into(),
    };
    Container { process, programs, execs, ..described.container }
}

/// Looks up a container's user in the accounts of its layers, if those are to be read. While it runs, the kernel tells.
fn resolve_user(plan: &Plan, store: &Store, described: &mut Described) {
    if let Observed::Known { value: inspect, .. } = &mut described.container.inspect
        && plan.deep()
        && plan.wants("containers.user_uid")
        && !inspect.running
    {
        store.resolve(&inspect.user, &mut inspect.user_uid, &described.directories);
    }
}

fn process_of(plan: &Plan, engine: &EngineSide, described: &Described) -> Observed<Process> {
    match inside::first_process(engine, described) {
        _ if kernel::wanted(plan).is_none() => Observed::not_collected(),
        Err(gap) => gap.into(),
        Ok(pid) => engine.kernel.processes.get(&pid).cloned().unwrap_or_else(Observed::not_collected),
    }
}
