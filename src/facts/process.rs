//! What the kernel says of one process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What the kernel says of a container's first process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Process id as the auditor sees it.
    #[schemars(extend("x-source" = "GET /containers/{id}/json State.Pid"))]
    pub pid: u32,
    /// Effective uid inside the process's user namespace; -1 when it has no name there.
    #[schemars(extend("x-source" = "/proc/{pid}/status Uid"))]
    pub uid: i64,
    /// Effective uid as the host sees it.
    #[schemars(extend("x-source" = "/proc/{pid}/status Uid"))]
    pub host_uid: i64,
    /// Effective capabilities by name without `CAP_`.
    #[schemars(extend("x-source" = "/proc/{pid}/status CapEff"))]
    pub effective: Vec<String>,
    /// Permitted capabilities.
    #[schemars(extend("x-source" = "/proc/{pid}/status CapPrm"))]
    pub permitted: Vec<String>,
    /// Inheritable capabilities.
    #[schemars(extend("x-source" = "/proc/{pid}/status CapInh"))]
    pub inheritable: Vec<String>,
    /// Bounding capabilities: the most that the process can ever get in its user namespace.
    #[schemars(extend("x-source" = "/proc/{pid}/status CapBnd"))]
    pub bounding: Vec<String>,
    /// Ambient capabilities, kept across programs of users that are not root.
    #[schemars(extend("x-source" = "/proc/{pid}/status CapAmb"))]
    pub ambient: Vec<String>,
    /// Seccomp mode.
    #[schemars(extend("x-source" = "/proc/{pid}/status Seccomp"))]
    pub seccomp: SeccompMode,
    /// Number of seccomp filters; unknown before Linux 5.9.
    #[schemars(extend("x-source" = "/proc/{pid}/status Seccomp_filters"))]
    pub seccomp_filters: Observed<i64>,
    /// Whether set-id programs can give it nothing.
    #[schemars(extend("x-source" = "/proc/{pid}/status NoNewPrivs"))]
    pub no_new_privs: bool,
    /// Ranges of uids of its user namespace.
    #[schemars(extend("x-source" = "/proc/{pid}/uid_map"))]
    pub uid_map: Observed<Vec<IdRange>>,
    /// Ranges of gids of its user namespace.
    #[schemars(extend("x-source" = "/proc/{pid}/gid_map"))]
    pub gid_map: Observed<Vec<IdRange>>,
    /// Label of the security module, such as `docker-default (enforce)`.
    #[schemars(extend("x-source" = "/proc/{pid}/attr/apparmor/current, /proc/{pid}/attr/current"))]
    pub lsm_label: Observed<String>,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Whether its root filesystem is mounted read-only.
    #[schemars(extend("x-source" = "/proc/{pid}/mountinfo"))]
    pub root_read_only: Observed<bool>,
    /// The limits in force on it.
    pub cgroup: Cgroup,
}

/// What seccomp does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SeccompMode {
    /// Nothing.
    Disabled,
    /// Only read, write, exit and sigreturn are allowed.
    Strict,
    /// Filters decide.
    Filter,
}

/// A range of a user namespace's ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdRange {
    /// First id inside.
    pub inside: i64,
    /// The host's id that it is.
    pub outside: i64,
    /// Number of ids.
    pub length: i64,
}

/// The namespaces of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Namespaces {
    /// Control groups.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/cgroup"))]
    pub cgroup: Observed<Namespace>,
    /// System V IPC and POSIX message queues.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/ipc"))]
    pub ipc: Observed<Namespace>,
    /// Mounts.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/mnt"))]
    pub mnt: Observed<Namespace>,
    /// Network.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/net"))]
    pub net: Observed<Namespace>,
    /// Processes.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/pid"))]
    pub pid: Observed<Namespace>,
    /// Users and groups.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/user"))]
    pub user: Observed<Namespace>,
    /// Host name.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/uts"))]
    pub uts: Observed<Namespace>,
}

/// One namespace, compared with the machine's and the engine's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    /// Inode number that identifies it.
    pub inode: u64,
    /// Whether it is the one that the kernel started with.
    #[schemars(extend("x-source" = "/proc/2/ns, /proc/1/ns"))]
    pub initial: Observed<bool>,
    /// Whether it is the engine's own: `--network host` and its like mean this one.
    #[schemars(extend("x-source" = "/proc/{pid}/ns of the engine"))]
    pub engine: Observed<bool>,
}

/// The control group limits in force on a process: the lowest on the way to the root of the hierarchy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cgroup {
    /// Memory limit in bytes; null for none.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /sys/fs/cgroup memory.max or memory.limit_in_bytes"))]
    pub memory_max_bytes: Observed<Option<i64>>,
    /// Limit on the number of processes; null for none.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /sys/fs/cgroup pids.max"))]
    pub pids_max: Observed<Option<i64>>,
}
