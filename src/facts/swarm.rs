//! Swarm mode: what a manager says of its swarm, and its services.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;
use super::image::Secret;

/// A swarm as one of its nodes tells of it; unknown where swarm mode is not active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Swarm {
    /// Whether this node is a manager; only managers know the rest.
    #[schemars(extend("x-source" = "GET /info Swarm.ControlAvailable"))]
    pub manager: bool,
    /// Number of managers.
    #[schemars(extend("x-source" = "GET /info Swarm.Managers"))]
    pub managers: Observed<i64>,
    /// Number of nodes, managers included.
    #[schemars(extend("x-source" = "GET /info Swarm.Nodes"))]
    pub nodes: Observed<i64>,
    /// Whether a manager that was restarted needs a key before it takes up its work.
    #[schemars(extend("x-source" = "GET /info Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers"))]
    pub auto_lock: Observed<bool>,
    /// Validity of a node's certificate in days, parts of a day rounded up.
    #[schemars(extend("x-source" = "GET /info Swarm.Cluster.Spec.CAConfig.NodeCertExpiry"))]
    pub certificate_days: Observed<i64>,
    /// Age of the oldest root certificate in days.
    #[schemars(extend("x-source" = "GET /info Swarm.Cluster.TLSInfo.TrustRoot"))]
    pub root_age_days: Observed<i64>,
    /// Whether a rotation of the root certificate has begun and not ended.
    #[schemars(extend("x-source" = "GET /info Swarm.Cluster.RootRotationInProgress"))]
    pub root_rotating: Observed<bool>,
}

/// The addresses that this node uses in its swarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmAddresses {
    /// The host on which it listens for other nodes: `0.0.0.0` and `::` are every interface.
    pub listen: String,
    /// The host that it tells other nodes.
    pub advertise: String,
    /// The host that containers' traffic between nodes goes through; empty for the advertised one.
    pub data_path: String,
}

/// A service of a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Identifier.
    #[schemars(extend("x-source" = "GET /services ID"))]
    pub id: String,
    /// Name.
    #[schemars(extend("x-source" = "GET /services Spec.Name"))]
    pub name: String,
    /// When a task is started anew: `none`, `on-failure` or `any`.
    #[schemars(extend("x-source" = "GET /services Spec.TaskTemplate.RestartPolicy.Condition"))]
    pub restart_condition: String,
    /// How often a task is started anew; 0 for ever.
    #[schemars(extend("x-source" = "GET /services Spec.TaskTemplate.RestartPolicy.MaxAttempts"))]
    pub restart_attempts: i64,
    /// Names of the swarm's secrets that its tasks are given.
    #[schemars(extend("x-source" = "GET /services Spec.TaskTemplate.ContainerSpec.Secrets"))]
    pub secrets: Vec<String>,
    /// What its tasks are given in the clear and looks like a secret: in variables, labels and the command.
    #[schemars(extend("x-source" = "GET /services Spec.TaskTemplate.ContainerSpec"))]
    pub exposed: Vec<Secret>,
}
