//! A sandbox: whatever is isolated like a container and was found by what the kernel shows of it, whoever started it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Confinement, Member, Observed, Process, Runtime, Seccomp};

/// A container, or whatever is isolated like one, that the audited engine does not list.
///
/// What counts as one: the processes in a control group that container runtimes name after a container; and the processes of a PID
/// namespace that have a root filesystem of their own, or else a mount namespace which nobody outside but the parent of the first of
/// them is in. Not counted are those in the control group of a service of systemd, unless they have a root filesystem of their own,
/// and of a desktop application (`app-*`): PrivateTmp, browsers' sandboxes and their like isolate parts of the host, and are none of
/// its containers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Identifier: the runtime's, or the process id of the first process where there is none.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup"))]
    pub id: String,
    /// Name, as far as the runtime tells one; else the identifier, or the file name of the first program.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /proc/{parent}/cmdline, the OCI bundle's config.json annotations"))]
    pub name: String,
    /// What keeps it.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /proc/{parent}/exe"))]
    pub runtime: Runtime,
    /// Control group of its first process.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup"))]
    pub control_group: String,
    /// What its runtime was told.
    #[schemars(extend("x-source" = "/proc/{parent}/cwd/config.json, /proc/{parent}/cmdline"))]
    pub declared: Observed<Spec>,
    /// What the kernel says of its first process.
    pub process: Observed<Process>,
    /// Every process inside it, whoever started it.
    pub processes: Observed<Vec<Member>>,
    /// What the kernel enforces on it.
    pub kernel: Confinement,
}

/// What an OCI runtime was told of a container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Uid of its first process inside it.
    pub uid: i64,
    /// Capabilities it was given, by name without `CAP_`: its bounding set.
    pub capabilities: Vec<String>,
    /// Whether its processes are to gain no privileges.
    pub no_new_privileges: bool,
    /// Its seccomp profile: `custom` with what it lets pass, or `unconfined`.
    pub seccomp: Seccomp,
    /// Whether its root filesystem is to be read-only.
    pub read_only_root: bool,
    /// Memory limit in bytes; 0 for none.
    pub memory_bytes: i64,
    /// Limit on the number of processes; 0 for none.
    pub pids_limit: i64,
}
