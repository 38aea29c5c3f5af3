//! What was seen on one machine: plain data, no judgement.
//!
//! The doc comment of every field is its manual: meaning, unit and, after `Source:` in the schema (`x-source`), where it is
//! read. Rules, the type walk, the plan and the documentation are all read off the schema of [`Facts`], so that there is no
//! second list of names.

mod container;
mod daemon;
mod daemon_file;
mod engine;
mod file;
mod host;
mod image;
mod isolation;
mod network;
mod observed;
mod process;
mod sandbox;

pub use container::{Container, Exec, Inspect, Mount, PrivilegeGain, Program, PublishedPort, Seccomp, SeccompProfile};
pub use daemon::{Daemon, TlsFile, Ulimit};
pub use daemon_file::{DaemonFile, FileAccess, Role, Watch};
pub use engine::{Engine, EngineKind};
pub use file::{File, FileKind};
pub use host::{Host, HostMount, OperatingSystem};
pub use image::Image;
pub use isolation::{Confinement, KernelMount, Member, Runtime};
pub use network::Network;
pub use observed::{Gap, GapKind, Observed};
pub use process::{Cgroup, IdRange, Namespace, Namespaces, Process, SeccompMode};
pub use sandbox::{Sandbox, Spec};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the facts format that this build writes.
pub const FORMAT: u32 = 1;

/// Everything that one collection saw. A fact that no selected check reads is not collected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Version of this format; 1 in this build.
    pub format: u32,
    /// When the collection began, RFC 3339 in UTC.
    pub collected_at: String,
    /// What happened during the collection that a reader should know, in words.
    pub notices: Vec<String>,
    /// The machine itself.
    pub host: Host,
    /// The container engine behind the audited socket, as it describes itself.
    pub engine: Observed<Engine>,
    /// The engine's daemon: its process and its effective configuration.
    pub daemon: Observed<Daemon>,
    /// Every container that the engine knows, running or not.
    pub containers: Observed<Vec<Container>>,
    /// Every container and sandbox that the kernel shows and the engine does not list.
    pub sandboxes: Observed<Vec<Sandbox>>,
    /// Every image that the engine stores.
    pub images: Observed<Vec<Image>>,
    /// Every network of the engine.
    pub networks: Observed<Vec<Network>>,
    /// What is mounted where, as the init process sees it.
    #[schemars(extend("x-source" = "/proc/1/mountinfo"))]
    pub mounts: Observed<Vec<HostMount>>,
    /// Kernel settings at run time by dotted name, for the names that checks ask for.
    #[schemars(extend("x-source" = "/proc/sys/{key}", "x-keyed" = true))]
    pub sysctl: BTreeMap<String, Observed<String>>,
    /// Files by absolute path, for the paths that checks ask for; null where there is none. Symbolic links are followed.
    #[schemars(extend("x-source" = "{key}", "x-keyed" = true))]
    pub file: BTreeMap<String, Observed<Option<File>>>,
}
