//! The engine's answers, as far as facts need them.
//!
//! What the engine always sends has no default here: an answer without it is malformed, and never read as "not set". Words are
//! text and not enumerations, so that a newer engine's words do no harm.

mod swarm;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::{Gap, GapKind};
use crate::probe::layers::Directories;

pub(super) use swarm::{Service, Swarm};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) api_version: String,
    pub(super) components: Option<Vec<Component>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Component {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) details: Option<Details>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    pub(super) git_commit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Info {
    pub(super) security_options: Option<Vec<String>>,
    pub(super) driver: String,
    pub(super) driver_status: Option<Vec<Vec<String>>>,
    pub(super) logging_driver: String,
    pub(super) cgroup_driver: String,
    pub(super) live_restore_enabled: bool,
    pub(super) debug: bool,
    pub(super) experimental_build: bool,
    pub(super) docker_root_dir: String,
    pub(super) swarm: Swarm,
    pub(super) plugins: Plugins,
    pub(super) registry_config: RegistryConfig,
    pub(super) default_runtime: Option<String>,
    pub(super) runtimes: Option<BTreeMap<String, Runtime>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Runtime {
    pub(super) path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Plugins {
    pub(super) authorization: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegistryConfig {
    #[serde(rename = "InsecureRegistryCIDRs")]
    pub(super) insecure_registry_cidrs: Option<Vec<String>>,
    pub(super) index_configs: Option<BTreeMap<String, Index>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Index {
    pub(super) secure: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListedContainer {
    pub(super) id: String,
    pub(super) names: Option<Vec<String>>,
    #[serde(rename = "ImageID")]
    pub(super) image_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Image {
    pub(super) id: String,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) repo_digests: Option<Vec<String>>,
    pub(super) created: i64,
    pub(super) size: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImageInspect {
    pub(super) id: String,
    pub(super) os: Option<String>,
    pub(super) config: ImageConfig,
    #[serde(rename = "RootFS")]
    pub(super) root_fs: RootFs,
    pub(super) graph_driver: Option<GraphDriver>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GraphDriver {
    name: String,
    data: Option<BTreeMap<String, String>>,
}

impl GraphDriver {
    /// The directories of the layers, the highest first.
    pub(super) fn directories(driver: Option<&Self>) -> Directories {
        let unsupported = |what: &str| Gap::new(GapKind::Unsupported, format!("where the layers are: {what}"));
        let driver = driver.ok_or_else(|| unsupported("the engine does not tell"))?;
        let data = driver.data.as_ref().filter(|_| matches!(driver.name.as_str(), "overlay" | "overlay2"));
        let other = || unsupported(&format!("the storage driver `{}` is not read", driver.name));
        let upper = data.and_then(|data| data.get("UpperDir")).ok_or_else(other)?;
        let lower = data.and_then(|data| data.get("LowerDir")).map(String::as_str).unwrap_or_default();
        Ok(std::iter::once(upper.as_str())
            .chain(lower.split(':'))
            .filter(|d| !d.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// What an image leaves out is as if it were empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImageConfig {
    pub(super) user: Option<String>,
    pub(super) env: Option<Vec<String>>,
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RootFs {
    pub(super) layers: Option<Vec<String>>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImageStep {
    pub(super) created: i64,
    pub(super) created_by: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Network {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) driver: String,
    #[serde(rename = "EnableIPv6")]
    pub(super) enable_ipv6: bool,
    pub(super) options: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Volumes {
    pub(super) volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) driver: String,
    pub(super) options: Option<BTreeMap<String, String>>,
    /// Where it lies, or is mounted while it is used; not told by every driver.
    #[serde(default)]
    pub(super) mountpoint: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Exec {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(rename = "Running")]
    pub(super) running: bool,
    #[serde(rename = "Pid")]
    pub(super) pid: Option<i64>,
    #[serde(rename = "ProcessConfig")]
    pub(super) process_config: ExecProcess,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExecProcess {
    #[serde(default)]
    pub(super) privileged: bool,
    #[serde(default)]
    pub(super) user: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inspect {
    pub(super) id: String,
    pub(super) created: Option<String>,
    pub(super) image: String,
    pub(super) app_armor_profile: String,
    pub(super) process_label: String,
    #[serde(rename = "ExecIDs")]
    pub(super) exec_ids: Option<Vec<String>>,
    pub(super) state: State,
    pub(super) config: Config,
    pub(super) host_config: HostConfig,
    pub(super) network_settings: NetworkSettings,
    pub(super) mounts: Vec<Mount>,
    pub(super) graph_driver: Option<GraphDriver>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct State {
    pub(super) running: bool,
    pub(super) pid: i64,
    pub(super) finished_at: Option<String>,
    pub(super) health: Option<Health>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Health {
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    pub(super) image: String,
    pub(super) user: String,
    pub(super) healthcheck: Option<Healthcheck>,
    pub(super) labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Healthcheck {
    test: Option<Vec<String>>,
}

impl Healthcheck {
    /// Whether there is one; `NONE` says that there is none.
    pub(super) fn defined(healthcheck: Option<&Self>) -> bool {
        let test = healthcheck.and_then(|check| check.test.as_deref());
        matches!(test, Some([kind, ..]) if kind != "NONE")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostConfig {
    pub(super) privileged: bool,
    pub(super) cap_add: Option<Vec<String>>,
    pub(super) cap_drop: Option<Vec<String>>,
    pub(super) security_opt: Option<Vec<String>>,
    pub(super) network_mode: String,
    pub(super) pid_mode: String,
    pub(super) ipc_mode: String,
    #[serde(rename = "UTSMode")]
    pub(super) uts_mode: String,
    pub(super) userns_mode: String,
    pub(super) port_bindings: Option<BTreeMap<String, Option<Vec<Binding>>>>,
    pub(super) publish_all_ports: bool,
    pub(super) readonly_rootfs: bool,
    pub(super) memory: i64,
    pub(super) cpu_shares: i64,
    pub(super) nano_cpus: i64,
    pub(super) cpu_quota: i64,
    pub(super) cpu_period: i64,
    pub(super) cpuset_cpus: String,
    pub(super) pids_limit: Option<i64>,
    pub(super) ulimits: Option<Vec<Ulimit>>,
    pub(super) cgroup_parent: String,
    pub(super) devices: Option<Vec<Device>>,
    pub(super) device_requests: Option<Vec<serde_json::Value>>,
    pub(super) device_cgroup_rules: Option<Vec<String>>,
    pub(super) log_config: LogConfig,
    pub(super) restart_policy: RestartPolicy,
    pub(super) masked_paths: Option<Vec<String>>,
    pub(super) readonly_paths: Option<Vec<String>>,
    pub(super) tmpfs: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Binding {
    pub(super) host_ip: Option<String>,
    pub(super) host_port: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ulimit {
    pub(super) name: String,
    pub(super) soft: i64,
    pub(super) hard: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Device {
    pub(super) path_on_host: String,
    pub(super) path_in_container: String,
    pub(super) cgroup_permissions: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LogConfig {
    pub(super) r#type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RestartPolicy {
    pub(super) name: String,
    pub(super) maximum_retry_count: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NetworkSettings {
    pub(super) ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
    pub(super) networks: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Mount {
    pub(super) r#type: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) source: String,
    pub(super) destination: String,
    #[serde(rename = "RW")]
    pub(super) rw: bool,
    #[serde(default)]
    pub(super) propagation: String,
}
