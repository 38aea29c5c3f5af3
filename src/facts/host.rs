//! The machine and its operating system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// The machine that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The kernel's host name.
    #[schemars(extend("x-source" = "/proc/sys/kernel/hostname"))]
    pub name: Observed<String>,
    /// The distribution.
    #[schemars(extend("x-source" = "/etc/os-release"))]
    pub os: Observed<OperatingSystem>,
    /// Release of the running kernel, as in `uname -r`.
    #[schemars(extend("x-source" = "/proc/sys/kernel/osrelease"))]
    pub kernel: Observed<String>,
    /// Programs that run containers and are running, by name, such as `dockerd`; `conmon` keeps a container of Podman's, which
    /// has no daemon.
    #[schemars(extend("x-source" = "/proc/{pid}/comm of every process"))]
    pub container_engines: Observed<Vec<String>>,
    /// Usable memory in bytes.
    #[schemars(extend("x-source" = "/proc/meminfo MemTotal"))]
    pub memory_bytes: Observed<i64>,
    /// Whether every login switches on that docker verifies signatures of images (`DOCKER_CONTENT_TRUST`).
    #[schemars(extend(
        "x-source" = "/etc/environment, /etc/security/pam_env.conf, /etc/pam.d, /etc/profile, /etc/profile.d"
    ))]
    pub content_trust: Observed<bool>,
}

/// The distribution of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatingSystem {
    /// Lower-case identifier such as `debian`.
    pub id: String,
    /// Version such as `12`; empty on a rolling distribution.
    pub version: String,
    /// Name for people.
    pub name: String,
}

/// One mounted filesystem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostMount {
    /// Where it is mounted.
    pub mount_point: String,
    /// Which directory of the filesystem is mounted; `/` unless it is a bind mount or a subvolume.
    pub root: String,
    /// Device number as `major:minor`.
    pub device: String,
    /// Filesystem type such as `ext4`.
    pub filesystem: String,
    /// What is mounted: a device node, a remote path or a name.
    pub source: String,
    /// Options of this mount and of its filesystem, such as `ro`, `nosuid`, `noexec`.
    pub options: Vec<String>,
}
