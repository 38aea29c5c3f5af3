//! What the kernel says of everything inside a container or a sandbox.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Gap, Observed, Process};

/// A process of a container: one in its control group, or in its PID, mount, network or IPC namespace.
///
/// Only namespaces that are the container's own make a member: not the machine's, and not the engine's. What is in the control
/// group of another container is that one's, also when the two share namespaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Process id as the auditor sees it.
    #[schemars(extend("x-source" = "/proc"))]
    pub pid: u32,
    /// The process's name, at most 15 bytes; a process can choose it. Line breaks and backslashes are as the kernel escapes them.
    #[schemars(extend("x-source" = "/proc/{pid}/status Name"))]
    pub name: String,
    /// Path of its executable as its own file tree names it, with the kernel's ` (deleted)` when the file is gone; empty for a
    /// thread of the kernel.
    #[schemars(extend("x-source" = "/proc/{pid}/exe"))]
    pub executable: Observed<String>,
    /// Its root directory as its mount namespace names it; `/` unless it has called chroot.
    #[schemars(extend("x-source" = "/proc/{pid}/root"))]
    pub root: Observed<String>,
    /// Whether it is the first process of the container.
    #[schemars(extend("x-source" = "GET /containers/{id}/json State.Pid"))]
    pub first: bool,
    /// Its control group in the hierarchy that limits the number of processes.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup"))]
    pub control_group: Observed<String>,
    /// Whether the limits of the container hold it: it is in the container's control group for memory, CPU and processes.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup"))]
    pub limited: Observed<bool>,
    /// Whether it came in from outside: it is not in the container's control group, and does not descend from a process that is.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /proc/{pid}/status PPid"))]
    pub foreign: Observed<bool>,
    /// Kinds of namespace that it does not share with the container's first process: `cgroup`, `ipc`, `mnt`, `net`, `pid`, `user`,
    /// `uts`.
    #[schemars(extend("x-source" = "/proc/{pid}/ns"))]
    pub apart: Observed<Vec<String>>,
    /// Kinds of namespace that it shares with the machine.
    #[schemars(extend("x-source" = "/proc/{pid}/ns, /proc/2/ns, /proc/1/ns"))]
    pub on_host: Observed<Vec<String>>,
    /// Ids of the other containers in whose own namespaces it is, though the container's first process is not.
    #[schemars(extend("x-source" = "/proc/{pid}/ns"))]
    pub visits: Vec<String>,
    /// What the kernel says of it; its `cgroup` and `root_read_only` are not collected.
    pub process: Observed<Process>,
}

/// What the kernel enforces on a container, as its first process has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confinement {
    /// Everything that is mounted in it.
    #[schemars(extend("x-source" = "/proc/{pid}/mountinfo, /proc/{engine}/mountinfo, /proc/1/mountinfo"))]
    pub mounts: Observed<Vec<KernelMount>>,
    /// Interfaces of the kernel that its mounts leave writable: `sys`, `sysrq-trigger`, `irq`, `bus` and `fs` of each mounted proc,
    /// each mounted sysfs, and control groups.
    #[schemars(extend("x-source" = "/proc/{pid}/mountinfo"))]
    pub writable: Observed<Vec<String>>,
    /// Interfaces of the kernel that tell of the machine and that nothing masks, such as `/proc/kcore` and `/sys/firmware`.
    #[schemars(extend("x-source" = "/proc/{pid}/mountinfo"))]
    pub exposed: Observed<Vec<String>>,
    /// Memory limit of its own control group in bytes, whatever those above it have; null for none.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /sys/fs/cgroup memory.max or memory.limit_in_bytes"))]
    pub memory_max_bytes: Observed<Option<i64>>,
    /// Limit on the number of processes of its own control group; null for none.
    #[schemars(extend("x-source" = "/proc/{pid}/cgroup, /sys/fs/cgroup pids.max"))]
    pub pids_max: Observed<Option<i64>>,
}

impl Confinement {
    /// Nothing of it was seen, for one reason.
    pub fn unseen(gap: &Gap) -> Self {
        Self {
            mounts: gap.clone().into(),
            writable: gap.clone().into(),
            exposed: gap.clone().into(),
            memory_max_bytes: gap.clone().into(),
            pids_max: gap.clone().into(),
        }
    }
}

/// A mount as the kernel has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KernelMount {
    /// Where it appears inside.
    pub destination: String,
    /// Which part of its filesystem is mounted.
    pub root: String,
    /// Device number as `major:minor`.
    pub device: String,
    /// Filesystem type such as `ext4`.
    pub filesystem: String,
    /// Whether it can be written, by its own options and those of its filesystem.
    pub writable: bool,
    /// Whether mounts made below it reach the namespace of others: it is `shared`.
    pub shared: bool,
    /// The path of the host that it is; empty when it is no part of the host's tree.
    pub host_path: Observed<String>,
    /// Whether it is the engine's to keep: the container's own `hosts` and the like, or a volume in the engine's storage.
    pub kept: Observed<bool>,
    /// Whether the engine was told to mount it, or mounts it in every container: the root, the usual kernel filesystems and what
    /// masks them, the container's own files of the engine, and what was mounted below a declared bind mount on the host.
    pub declared: Observed<bool>,
    /// Sockets of container engines that can be reached through it.
    pub engine_sockets: Observed<Vec<String>>,
}

/// What keeps a sandbox, as far as its control group, its parent process and its state on disk tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// Docker Engine.
    Docker,
    /// containerd without Docker: `ctr`, nerdctl, Kubernetes' CRI.
    Containerd,
    /// CRI-O.
    Crio,
    /// podman.
    Podman,
    /// Kubernetes, by which engine is not told.
    Kubernetes,
    /// LXC, Incus or LXD.
    Lxc,
    /// systemd-nspawn, or another that registers with systemd-machined.
    Nspawn,
    /// A runtime with ids as container engines make them.
    Oci,
    /// Nothing that is known: a sandbox made with `unshare`, bubblewrap or the like.
    Unknown,
}

impl Runtime {
    /// The word for it in facts and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::Crio => "crio",
            Self::Podman => "podman",
            Self::Kubernetes => "kubernetes",
            Self::Lxc => "lxc",
            Self::Nspawn => "nspawn",
            Self::Oci => "oci",
            Self::Unknown => "unknown",
        }
    }
}
