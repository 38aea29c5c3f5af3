//! The engine, as it describes itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A container engine's own account of itself: effective values, whatever its configuration files say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Which engine answers.
    #[schemars(extend("x-source" = "GET /version Components"))]
    pub kind: EngineKind,
    /// Version such as `26.1.5`.
    #[schemars(extend("x-source" = "GET /version Version"))]
    pub version: String,
    /// Its parts, such as `Engine`, `containerd` and `runc`, as it names them.
    #[serde(default)]
    #[schemars(extend("x-source" = "GET /version Components"))]
    pub components: Vec<Component>,
    /// Newest API version it offers.
    #[schemars(extend("x-source" = "GET /version ApiVersion"))]
    pub api_version: String,
    /// The Unix socket that was asked.
    #[schemars(extend("x-source" = "the socket in use"))]
    pub socket: String,
    /// Whether it calls itself rootless.
    #[schemars(extend("x-source" = "GET /info SecurityOptions"))]
    pub rootless: bool,
    /// Whether AppArmor is available to containers.
    #[schemars(extend("x-source" = "GET /info SecurityOptions"))]
    pub apparmor: bool,
    /// Whether SELinux labels are given to containers.
    #[schemars(extend("x-source" = "GET /info SecurityOptions"))]
    pub selinux: bool,
    /// Whether containers get a user namespace by default.
    #[schemars(extend("x-source" = "GET /info SecurityOptions"))]
    pub userns_remap: bool,
    /// The default seccomp profile: `builtin` or `default`, `unconfined`, a path, or empty when the kernel has no seccomp.
    #[schemars(extend("x-source" = "GET /info SecurityOptions"))]
    pub seccomp_profile: String,
    /// Storage driver such as `overlay2`.
    #[schemars(extend("x-source" = "GET /info Driver"))]
    pub storage_driver: String,
    /// Whether images are in containerd's own store and not in the engine's.
    #[serde(default)]
    #[schemars(extend("x-source" = "GET /info DriverStatus"))]
    pub containerd_image_store: bool,
    /// Default logging driver such as `json-file`.
    #[schemars(extend("x-source" = "GET /info LoggingDriver"))]
    pub logging_driver: String,
    /// `cgroupfs`, `systemd` or `none`.
    #[schemars(extend("x-source" = "GET /info CgroupDriver"))]
    pub cgroup_driver: String,
    /// Whether containers go on while the daemon restarts.
    #[schemars(extend("x-source" = "GET /info LiveRestoreEnabled"))]
    pub live_restore: bool,
    /// Whether debug mode is on; it overrides the log level.
    #[schemars(extend("x-source" = "GET /info Debug"))]
    pub debug: bool,
    /// Whether experimental features are on.
    #[schemars(extend("x-source" = "GET /info ExperimentalBuild"))]
    pub experimental: bool,
    /// State of swarm mode: `inactive`, `pending`, `active`, `error` or `locked`.
    #[schemars(extend("x-source" = "GET /info Swarm.LocalNodeState"))]
    pub swarm: String,
    /// Registries and networks whose registries may be used without verified TLS, loopback aside.
    #[schemars(extend("x-source" = "GET /info RegistryConfig"))]
    pub insecure_registries: Vec<String>,
    /// Names of the plugins that authorise API requests.
    #[schemars(extend("x-source" = "GET /info Plugins.Authorization"))]
    pub authorization_plugins: Vec<String>,
    /// Program of the default runtime, such as `runc`; empty when the engine does not tell.
    #[serde(default)]
    #[schemars(extend("x-source" = "GET /info Runtimes, DefaultRuntime"))]
    pub default_runtime: String,
    /// Directory of images, containers and volumes.
    #[schemars(extend("x-source" = "GET /info DockerRootDir"))]
    pub data_root: String,
}

/// A part of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What the engine calls it.
    pub name: String,
    /// Version such as `1.7.29`, without a `v` before it.
    pub version: String,
    /// Whether it is a release of its own project: what others build has a suffix to its version, such as `+dfsg1`, or no
    /// commit of the project's.
    pub upstream: bool,
}

/// The engines that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// Docker Engine (Moby).
    Docker,
    /// Podman's service with Docker's API.
    Podman,
    /// Another engine that speaks Docker's API.
    Other,
}

impl EngineKind {
    /// The word for it in facts and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Other => "other",
        }
    }
}
