//! From the engine's description of a container to facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::mount::Mounts;
use super::wire::{Binding, GraphDriver, Healthcheck, Inspect as Wire};
use super::{days_since, image, security};
use crate::facts::{Confinement, Container, Gap, GapKind, Image, Inspect, Observed, PublishedPort, Service, Ulimit};
use crate::probe::image::uid;
use crate::probe::layers::Directories;

/// Everything that describing one container may need of the others.
pub(super) struct Surroundings<'s> {
    /// Every container that could be inspected, by id and by name.
    pub(super) others: BTreeMap<&'s str, &'s Wire>,
    /// The engine's images.
    pub(super) images: &'s Observed<Vec<Image>>,
    /// What mounts lead to.
    pub(super) mounts: &'s Mounts,
    /// The services of the engine's swarm.
    pub(super) services: &'s Observed<Vec<Service>>,
    /// The time of the collection.
    pub(super) now: Timestamp,
}

/// A container of which so far only the name and the description are known.
pub(super) fn container(id: String, name: String, inspect: Observed<Inspect>) -> Container {
    let none = Gap::not_collected;
    Container {
        id,
        name,
        inspect,
        process: none().into(),
        programs: none().into(),
        execs: none().into(),
        processes: none().into(),
        kernel: Confinement::unseen(&none()),
    }
}

/// The facts of a container's description.
pub(super) fn inspect(wire: &Wire, around: &Surroundings<'_>) -> Inspect {
    let host = &wire.host_config;
    let end = |mode: fn(&Wire) -> &str| around.end(wire, mode).map(|end| mode(end).to_owned());
    Inspect {
        running: wire.state.running,
        stopped_days: stopped_days(wire, around.now),
        image: wire.config.image.clone(),
        image_tag: image::tag(&wire.config.image, &wire.image),
        image_current: image::current(&wire.config.image, &wire.image, around.images),
        labels: wire.config.labels.clone().unwrap_or_default(),
        user: wire.config.user.clone(),
        user_uid: uid(&wire.config.user),
        privileged: host.privileged,
        capabilities: security::capabilities(host),
        no_new_privileges: security::privilege_gain(host),
        seccomp: security::seccomp(host),
        apparmor_profile: wire.app_armor_profile.clone(),
        selinux_label: wire.process_label.clone(),
        selinux_disabled: security::selinux_disabled(host),
        masked_paths: hardened(host.privileged, host.masked_paths.as_ref(), "MaskedPaths"),
        read_only_paths: hardened(host.privileged, host.readonly_paths.as_ref(), "ReadonlyPaths"),
        network_mode: end(|wire| &wire.host_config.network_mode),
        pid_mode: end(|wire| &wire.host_config.pid_mode),
        ipc_mode: end(|wire| &wire.host_config.ipc_mode),
        uts_mode: host.uts_mode.clone(),
        userns_mode: host.userns_mode.clone(),
        networks: around.end(wire, |wire| &wire.host_config.network_mode).map(networks),
        ports: ports(wire),
        publish_all_ports: host.publish_all_ports,
        mounts: Observed::known(wire.mounts.iter().map(|mount| around.mounts.describe(mount)).collect()),
        read_only_root: host.readonly_rootfs,
        memory_bytes: host.memory,
        cpu_shares: host.cpu_shares,
        cpu_limit_nanos: cpu_limit(host.nano_cpus, host.cpu_quota, host.cpu_period),
        cpu_set: host.cpuset_cpus.clone(),
        pids_limit: host.pids_limit.unwrap_or(0),
        ulimits: host
            .ulimits
            .iter()
            .flatten()
            .map(|u| Ulimit { name: u.name.clone(), soft: u.soft, hard: u.hard })
            .collect(),
        log_driver: host.log_config.r#type.clone(),
        cgroup_parent: host.cgroup_parent.clone(),
        devices: devices(wire),
        restart_policy: restart(wire, around).map(|(policy, _)| policy),
        restart_retries: restart(wire, around).map(|(_, retries)| retries),
        healthcheck: Healthcheck::defined(wire.config.healthcheck.as_ref()),
        health: wire
            .state
            .health
            .as_ref()
            .map(|health| health.status.clone())
            .filter(|s| s != "none")
            .unwrap_or_default(),
    }
}

/// The directories of a container's layers; none where something is mounted over the file of its accounts.
pub(super) fn directories(wire: &Wire) -> Directories {
    let covers = |mount: &&super::wire::Mount| Path::new("/etc/passwd").starts_with(&mount.destination);
    match wire.mounts.iter().find(covers) {
        Some(mount) => {
            let detail =
                format!("the accounts of the container are not those of its image: {} is mounted", mount.destination);
            Err(Gap::new(GapKind::Unsupported, detail))
        }
        None => GraphDriver::directories(wire.graph_driver.as_ref()),
    }
}

/// Paths that the engine hides or protects; for a privileged container it tells of none, as there are none.
fn hardened(privileged: bool, paths: Option<&Vec<String>>, field: &str) -> Observed<Vec<String>> {
    match paths {
        Some(paths) => Observed::known(paths.clone()),
        None if privileged => Observed::known(Vec::new()),
        None => Observed::unknown(GapKind::Unsupported, format!("the engine does not tell HostConfig.{field}")),
    }
}

impl<'s> Surroundings<'s> {
    /// The container at the end of a chain of `container:` joins; the container itself when it joins none.
    fn end(&self, start: &'s Wire, mode: fn(&Wire) -> &str) -> Observed<&'s Wire> {
        let (mut here, mut seen) = (start, BTreeSet::new());
        while let Some(target) = mode(here).strip_prefix("container:") {
            let gap = |kind, what: &str| Gap::new(kind, format!("it joins the container `{target}`, {what}"));
            if !seen.insert(here.id.as_str()) {
                return gap(GapKind::Malformed, "and that one joins it in turn").into();
            }
            match self.others.get(target) {
                Some(next) => here = next,
                None => return gap(GapKind::Missing, "which could not be looked at").into(),
            }
        }
        Observed::known(here)
    }
}

fn networks(wire: &Wire) -> Vec<String> {
    wire.network_settings.networks.iter().flat_map(BTreeMap::keys).cloned().collect()
}

/// A running container's ports are what the engine opened; before that they are what it was told to open.
fn ports(wire: &Wire) -> Vec<PublishedPort> {
    let table = if wire.state.running { &wire.network_settings.ports } else { &wire.host_config.port_bindings };
    let port = |inside: &String, binding: &Binding| {
        let written = binding.host_port.as_deref().unwrap_or_default();
        PublishedPort {
            name: format!("{written}:{inside}"),
            container_port: inside.clone(),
            host_ip: binding.host_ip.clone().unwrap_or_default(),
            host_port: written.split('-').next().and_then(|low| low.parse().ok()).unwrap_or(0),
        }
    };
    let entries = table.iter().flatten();
    entries.flat_map(|(inside, list)| list.iter().flatten().map(move |binding| port(inside, binding))).collect()
}

/// Days since a container ended, or since it was made if it has never run.
fn stopped_days(wire: &Wire, now: Timestamp) -> Observed<Option<i64>> {
    if wire.state.running {
        return Observed::known(None);
    }
    let untold = |what: &str| Observed::unknown(GapKind::Malformed, format!("the engine tells no time in {what}"));
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let days = |then| Observed::known(Some(days_since(then, now)));
    match time(&wire.state.finished_at) {
        None => untold("State.FinishedAt"),
        Some(ended) if ended > Timestamp::UNIX_EPOCH => days(ended),
        Some(_) => time(&wire.created).map_or_else(|| untold("Created"), days),
    }
}

fn cpu_limit(nanos: i64, quota: i64, period: i64) -> i64 {
    // A quota without a period counts against the kernel's default of 100 ms.
    let period = if period > 0 { period } else { 100_000 };
    match (nanos, quota) {
        (nanos, _) if nanos > 0 => nanos,
        (_, quota) if quota > 0 => quota.saturating_mul(1_000_000_000) / period,
        _ => 0,
    }
}

fn devices(wire: &Wire) -> Vec<String> {
    let host = &wire.host_config;
    let devices = host.devices.iter().flatten();
    let devices = devices.map(|d| format!("{}:{}:{}", d.path_on_host, d.path_in_container, d.cgroup_permissions));
    let requests = host.device_requests.iter().flatten().map(|request| format!("request {request}"));
    let rules = host.device_cgroup_rules.iter().flatten().map(|rule| format!("rule {rule}"));
    devices.chain(requests).chain(rules).collect()
}

/// The restart policy and how often it retries; the swarm starts a service's tasks anew, and not the engine.
fn restart(wire: &Wire, around: &Surroundings<'_>) -> Observed<(String, i64)> {
    let policy = &wire.host_config.restart_policy;
    let restarts = !matches!(policy.name.as_str(), "" | "no");
    let service = wire.config.labels.as_ref().and_then(|labels| labels.get(SERVICE));
    let Some(id) = service.filter(|_| !restarts) else {
        let name = if restarts { policy.name.as_str() } else { "no" };
        return Observed::known((name.to_owned(), policy.maximum_retry_count));
    };
    let services = match around.services {
        Observed::Known { value, .. } => value,
        Observed::Unknown { gap, .. } => {
            let detail = format!("the task of a service is restarted as the service says: {}", gap.detail);
            return Observed::unknown(gap.kind, detail);
        }
    };
    match services.iter().find(|service| service.id == *id) {
        Some(service) => {
            let name = match service.restart_condition.as_str() {
                "none" => "no",
                "any" => "always",
                other => other,
            };
            Observed::from_source(
                (name.to_owned(), service.restart_attempts),
                "GET /services Spec.TaskTemplate.RestartPolicy",
            )
        }
        None => Observed::unknown(GapKind::Gone, format!("the service {id}, whose task it is, is not there any more")),
    }
}

/// The label of a service's tasks.
const SERVICE: &str = "com.docker.swarm.service.id";
