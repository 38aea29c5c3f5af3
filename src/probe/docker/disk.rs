//! Containers as Docker keeps them on disk, for an audit that does not ask the engine: `config.v2.json`, `hostconfig.json` and the
//! options of volumes below the data root.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Answers, Listed, wire};
use crate::facts::{Gap, GapKind};
use crate::probe::System;
use crate::probe::census::Census;
use crate::probe::cgroup::Group;
use crate::probe::cgroup::name::is_id;
use crate::probe::confinement::Table;

/// Where Docker keeps its state unless it is told otherwise.
const USUAL: &str = "/var/lib/docker";

/// `config.v2.json`, as far as it is what the API answers with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(rename = "ID")]
    id: String,
    created: Option<String>,
    name: String,
    image: String,
    #[serde(default)]
    app_armor_profile: String,
    #[serde(default)]
    process_label: String,
    state: wire::State,
    config: wire::Config,
    network_settings: wire::NetworkSettings,
    #[serde(default)]
    mount_points: BTreeMap<String, wire::Mount>,
}

/// Whose `config.v2.json` it is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    #[serde(rename = "ID")]
    id: String,
    name: String,
}

/// `opts.json` of a local volume.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeOptions {
    #[serde(default)]
    mount_type: String,
    #[serde(default)]
    mount_opts: String,
    #[serde(default)]
    mount_device: String,
}

/// The data roots of Docker engines: the usual one, and those of containers that run, which have files of theirs mounted.
pub(in crate::probe) fn data_roots(system: &System, census: &Result<Census, Gap>) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    roots.extend(is_root(system, USUAL).then(|| USUAL.to_owned()));
    let host = Table::of_machine(system);
    let (Ok(census), Ok(host)) = (census, host) else { return roots };
    let mut seen = BTreeSet::new();
    for (pid, process) in census.iter() {
        for named in process.place.named.iter().filter(|named| is_id(&named.id)) {
            let known = |root: &String| is_container(system, root, &named.id);
            if seen.insert(named.id.clone()) && !roots.iter().any(known) {
                let told = Table::of(system, pid).map(|table| host.homes_of(&named.id, &table));
                roots.extend(told.into_iter().flatten().filter(known));
            }
        }
    }
    roots
}

fn is_root(system: &System, root: &str) -> bool {
    system.identity(format!("{root}/containers")).is_ok_and(|_| true)
        || system.list(format!("{root}/containers")).is_err_and(|gap| gap.kind == GapKind::Denied)
}

fn is_container(system: &System, root: &str, id: &str) -> bool {
    system.identity(format!("{root}/containers/{id}/config.v2.json")).is_ok()
}

/// The name of a container of an engine that was not asked, by what it keeps on disk, given the container's mounts.
pub(in crate::probe) fn name(system: &System, host: &Table, id: &str, mounts: &Table) -> Option<String> {
    let config = |home: &String| json::<Named>(system, &format!("{home}/containers/{id}/config.v2.json")).ok();
    let named = host.homes_of(id, mounts).iter().find_map(config).filter(|named| named.id == id)?;
    Some(named.name.trim_start_matches('/').to_owned()).filter(|name| !name.is_empty())
}

/// What an engine with this data root would answer, as far as it is on disk. Whether a container runs is the kernel's word: the state
/// on disk outlives a machine that lost its power.
pub(in crate::probe) fn answers(system: &System, root: &str, census: &Result<Census, Gap>, unasked: &Gap) -> Answers {
    let containers = containers(system, root, census);
    let execs = containers.iter().flatten().map(|(listed, _)| (listed.id.clone(), unasked.clone().into())).collect();
    Answers {
        containers: containers.into(),
        execs,
        volumes: volumes(system, root),
        read_from: Some(root.to_owned()),
        ..Answers::none(unasked)
    }
}

type Containers = Vec<(Listed, Result<wire::Inspect, Gap>)>;

fn containers(system: &System, root: &str, census: &Result<Census, Gap>) -> Result<Containers, Gap> {
    let ids = system.list(format!("{root}/containers"))?;
    let one = |id: &String| match read(system, root, id, census) {
        Ok((name, inspect)) => (Listed { id: id.clone(), name }, Ok(inspect)),
        Err(gap) => (Listed { id: id.clone(), name: id.clone() }, Err(gap)),
    };
    let mut found: Containers = ids.iter().filter(|id| is_id(id)).map(one).collect();
    // Removed while it was looked for.
    found.retain(|(_, answer)| !answer.as_ref().is_err_and(|gap| gap.kind == GapKind::Missing));
    found.sort_by(|(a, _), (b, _)| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(found)
}

fn read(system: &System, root: &str, id: &str, census: &Result<Census, Gap>) -> Result<(String, wire::Inspect), Gap> {
    let directory = format!("{root}/containers/{id}");
    let config: Config = json(system, &format!("{directory}/config.v2.json"))?;
    let host_config: wire::HostConfig = json(system, &format!("{directory}/hostconfig.json"))?;
    if config.id != id {
        let detail = format!("{directory}/config.v2.json: describes another container, `{}`", config.id);
        return Err(Gap::new(GapKind::Malformed, detail));
    }
    let mut state = config.state;
    if state.running {
        match first(system, census, id, &host_config.pid_mode, state.pid)? {
            Some(pid) => state.pid = pid,
            None => (state.running, state.pid, state.health) = (false, 0, None),
        }
    }
    let source = |mut mount: wire::Mount| {
        if mount.r#type == "volume" && mount.source.is_empty() {
            mount.source = format!("{root}/volumes/{}/_data", mount.name);
        }
        mount
    };
    let inspect = wire::Inspect {
        id: config.id,
        created: config.created,
        graph_driver: None,
        image: config.image,
        app_armor_profile: config.app_armor_profile,
        process_label: config.process_label,
        exec_ids: None,
        state,
        config: config.config,
        host_config,
        network_settings: config.network_settings,
        mounts: config.mount_points.into_values().map(source).collect(),
    };
    Ok((config.name.trim_start_matches('/').to_owned(), inspect))
}

/// The first process of a container that runs: the one that is noted, if it is in the container's control group or, when it was moved
/// away, has files of the container's mounted. An engine in a PID namespace of its own notes the ids of that: then it is the first of
/// the container's own PID namespace, and 0 where it has none.
fn first(
    system: &System,
    census: &Result<Census, Gap>,
    id: &str,
    pid_mode: &str,
    noted: i64,
) -> Result<Option<i64>, Gap> {
    let census = census.as_ref().map_err(Gap::clone)?;
    let group = Group::Named(id.to_owned());
    let mounted = |pid| Table::of(system, pid).is_ok_and(|table| table.shows_state_of(id));
    let is_it = |pid: &u32| census.get(*pid).is_some_and(|first| first.place.is_in(&group) || mounted(*pid));
    if u32::try_from(noted).ok().filter(is_it).is_some() {
        return Ok(Some(noted));
    }
    let inside: Vec<_> = census.iter().filter(|(_, seen)| seen.place.is_in(&group)).collect();
    let own = inside.iter().filter(|_| matches!(pid_mode, "" | "private"));
    let firsts = own.filter_map(|(pid, seen)| Some((seen.detail.as_ref().filter(|of| of.innermost == 1)?.depth, *pid)));
    let first = firsts.min().map_or(0, |(_, pid)| i64::from(pid));
    Ok((!inside.is_empty()).then_some(first))
}

fn volumes(system: &System, root: &str) -> Result<wire::Volumes, Gap> {
    let directory = format!("{root}/volumes");
    let names = match system.list(&directory) {
        Err(gap) if gap.kind == GapKind::Missing => Vec::new(),
        names => names?,
    };
    let mut volumes = Vec::new();
    for name in names {
        let options = match json::<VolumeOptions>(system, &format!("{directory}/{name}/opts.json")) {
            Ok(options) => [("type", options.mount_type), ("o", options.mount_opts), ("device", options.mount_device)]
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            // A volume without options has no such file, and what is no directory is no volume.
            Err(gap) if gap.kind == GapKind::Missing => BTreeMap::new(),
            Err(gap) => return Err(gap),
        };
        let mountpoint = format!("{directory}/{name}/_data");
        volumes.push(wire::Volume { name, driver: "local".to_owned(), options: Some(options), mountpoint });
    }
    Ok(wire::Volumes { volumes: Some(volumes) })
}

fn json<T: for<'d> Deserialize<'d>>(system: &System, path: &str) -> Result<T, Gap> {
    let text = system.read(path)?;
    serde_json::from_str(&text).map_err(|error| Gap::new(GapKind::Malformed, format!("{path}: {error}")))
}

#[cfg(test)]
mod tests;
