//! What the engine says of its swarm and of the swarm's services.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct Swarm {
    pub(in crate::probe::docker) local_node_state: String,
    #[serde(default)]
    pub(in crate::probe::docker) control_available: bool,
    pub(in crate::probe::docker) nodes: Option<i64>,
    pub(in crate::probe::docker) managers: Option<i64>,
    pub(in crate::probe::docker) cluster: Option<Cluster>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct Cluster {
    pub(in crate::probe::docker) spec: ClusterSpec,
    #[serde(rename = "TLSInfo")]
    pub(in crate::probe::docker) tls_info: TlsInfo,
    pub(in crate::probe::docker) root_rotation_in_progress: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::probe::docker) struct ClusterSpec {
    #[serde(rename = "CAConfig")]
    pub(in crate::probe::docker) ca_config: CaConfig,
    #[serde(rename = "EncryptionConfig")]
    pub(in crate::probe::docker) encryption_config: EncryptionConfig,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct CaConfig {
    pub(in crate::probe::docker) node_cert_expiry: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct EncryptionConfig {
    pub(in crate::probe::docker) auto_lock_managers: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct TlsInfo {
    pub(in crate::probe::docker) trust_root: String,
}

#[derive(Debug, Deserialize)]
pub(in crate::probe::docker) struct Service {
    #[serde(rename = "ID")]
    pub(in crate::probe::docker) id: String,
    #[serde(rename = "Spec")]
    pub(in crate::probe::docker) spec: ServiceSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct ServiceSpec {
    pub(in crate::probe::docker) name: String,
    pub(in crate::probe::docker) task_template: TaskTemplate,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct TaskTemplate {
    pub(in crate::probe::docker) container_spec: Option<ContainerSpec>,
    pub(in crate::probe::docker) restart_policy: Option<TaskRestart>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct ContainerSpec {
    pub(in crate::probe::docker) env: Option<Vec<String>>,
    pub(in crate::probe::docker) labels: Option<BTreeMap<String, String>>,
    pub(in crate::probe::docker) command: Option<Vec<String>>,
    pub(in crate::probe::docker) args: Option<Vec<String>>,
    pub(in crate::probe::docker) secrets: Option<Vec<Secret>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct Secret {
    pub(in crate::probe::docker) secret_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::probe::docker) struct TaskRestart {
    pub(in crate::probe::docker) condition: Option<String>,
    pub(in crate::probe::docker) max_attempts: Option<i64>,
}
