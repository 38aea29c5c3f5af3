//! One container: what the engine was told, and what the kernel does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::image::LAYERS;
use super::{Confinement, Member, Observed, Process, Ulimit};

/// A container that the engine lists, running or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Identifier.
    #[schemars(extend("x-source" = "GET /containers/json Id"))]
    pub id: String,
    /// Name without the leading slash.
    #[schemars(extend("x-source" = "GET /containers/json Names"))]
    pub name: String,
    /// What the engine was told; its fields are the container's own fields in expressions.
    #[schemars(extend("x-flatten" = true))]
    pub inspect: Observed<Inspect>,
    /// What the kernel says of the container's first process; unknown when it is not running.
    pub process: Observed<Process>,
    /// The programs that run inside the container's PID namespace.
    #[schemars(extend("x-source" = "/proc/{pid}/ns/pid, /proc/{pid}/exe, /proc/{pid}/comm, /proc/{pid}/status of every process"))]
    pub programs: Observed<Vec<Program>>,
    /// Sessions that `docker exec` has open.
    #[schemars(extend("x-source" = "GET /exec/{id}/json"))]
    pub execs: Observed<Vec<Exec>>,
    /// Every process inside it, whoever started it.
    pub processes: Observed<Vec<Member>>,
    /// What the kernel enforces on it.
    pub kernel: Confinement,
}

/// What the engine was told about one container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// Whether its first process lives.
    #[schemars(extend("x-source" = "GET /containers/{id}/json State.Running"))]
    pub running: bool,
    /// Days since it ended, or since it was made if it never ran, at the time of the collection; null while it runs.
    #[schemars(extend("x-source" = "GET /containers/{id}/json State.FinishedAt, GET /containers/{id}/json Created"))]
    pub stopped_days: Observed<Option<i64>>,
    /// The image as it was asked for, such as `web:1.2`.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.Image"))]
    pub image: String,
    /// Tag of that reference: `latest` when none was given, empty when it is a digest or an identifier.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.Image"))]
    pub image_tag: String,
    /// Whether the image it runs is the one that its reference names in the engine's store now.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Image, GET /images/json RepoTags"))]
    pub image_current: Observed<bool>,
    /// Labels, by name.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.Labels"))]
    pub labels: BTreeMap<String, String>,
    /// The configured user; empty for root.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.User"))]
    pub user: String,
    /// The uid of that user: 0 for nobody and for `root`, a number as it stands; a name is known by the accounts in its files.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.User", "x-deep" = LAYERS))]
    pub user_uid: Observed<i64>,
    /// Whether it was started with every privilege.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.Privileged"))]
    pub privileged: bool,
    /// Capabilities it was given, by name without `CAP_`: the default set, what was added and dropped, all when privileged.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.{Privileged,CapAdd,CapDrop}"))]
    pub capabilities: Vec<String>,
    /// Whether gaining privileges was switched off, on, or left to the daemon's default.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.SecurityOpt"))]
    pub no_new_privileges: PrivilegeGain,
    /// The seccomp profile it was given.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.SecurityOpt"))]
    pub seccomp: Seccomp,
    /// AppArmor profile; empty for none.
    #[schemars(extend("x-source" = "GET /containers/{id}/json AppArmorProfile"))]
    pub apparmor_profile: String,
    /// SELinux label of its processes; empty for none.
    #[schemars(extend("x-source" = "GET /containers/{id}/json ProcessLabel"))]
    pub selinux_label: String,
    /// Whether SELinux labelling was switched off for it.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.SecurityOpt"))]
    pub selinux_disabled: bool,
    /// Paths that are hidden from it.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.MaskedPaths"))]
    pub masked_paths: Observed<Vec<String>>,
    /// Paths of the kernel's filesystems that are read-only in it.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.ReadonlyPaths"))]
    pub read_only_paths: Observed<Vec<String>>,
    /// Network mode, `container:` joins followed to their end: `host`, `none`, `default`, `bridge` or a network's name.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.NetworkMode"))]
    pub network_mode: Observed<String>,
    /// PID mode, `container:` joins followed to their end: `host` or empty.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.PidMode"))]
    pub pid_mode: Observed<String>,
    /// IPC mode, `container:` joins followed to their end: `host`, `private`, `shareable`, `none` or empty.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.IpcMode"))]
    pub ipc_mode: Observed<String>,
    /// UTS mode: `host` or empty.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.UTSMode"))]
    pub uts_mode: String,
    /// User namespace mode: `host` or empty.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.UsernsMode"))]
    pub userns_mode: String,
    /// Names of the networks it is attached to, `container:` joins followed to their end.
    #[schemars(extend("x-source" = "GET /containers/{id}/json NetworkSettings.Networks"))]
    pub networks: Observed<Vec<String>>,
    /// Ports of the host that lead into it.
    #[schemars(extend("x-source" = "GET /containers/{id}/json NetworkSettings.Ports, HostConfig.PortBindings"))]
    pub ports: Vec<PublishedPort>,
    /// Whether every exposed port is published on a port of the engine's choice.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.PublishAllPorts"))]
    pub publish_all_ports: bool,
    /// Everything mounted into it from outside.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Mounts, GET /volumes Options"))]
    pub mounts: Observed<Vec<Mount>>,
    /// Whether its root filesystem was asked to be read-only.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.ReadonlyRootfs"))]
    pub read_only_root: bool,
    /// Memory limit in bytes; 0 for none.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.Memory"))]
    pub memory_bytes: i64,
    /// Relative CPU weight; 0 for the default, which is 1024.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.CpuShares"))]
    pub cpu_shares: i64,
    /// CPU limit in billionths of a CPU, given directly or as quota over period; 0 for none.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.{NanoCpus,CpuQuota,CpuPeriod}"))]
    pub cpu_limit_nanos: i64,
    /// CPUs it may run on, such as `0-1`; empty for all.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.CpusetCpus"))]
    pub cpu_set: String,
    /// Limit on the number of its processes; 0 or less for none.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.PidsLimit"))]
    pub pids_limit: i64,
    /// Limits that differ from the daemon's defaults.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.Ulimits"))]
    pub ulimits: Vec<Ulimit>,
    /// Driver of its logs, such as `json-file`.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.LogConfig.Type"))]
    pub log_driver: String,
    /// Parent control group; empty for the daemon's.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.CgroupParent"))]
    pub cgroup_parent: String,
    /// Devices, device requests and device rules of the host that it was given, as they were written.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.{Devices,DeviceRequests,DeviceCgroupRules}"))]
    pub devices: Vec<String>,
    /// Restart policy: `no`, `always`, `unless-stopped` or `on-failure`; for a task of a swarm it is the service's.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.RestartPolicy.Name"))]
    pub restart_policy: Observed<String>,
    /// How often an `on-failure` policy retries; 0 for ever.
    #[schemars(extend("x-source" = "GET /containers/{id}/json HostConfig.RestartPolicy.MaximumRetryCount"))]
    pub restart_retries: Observed<i64>,
    /// Whether a health check is defined; `NONE` is not one.
    #[schemars(extend("x-source" = "GET /containers/{id}/json Config.Healthcheck.Test"))]
    pub healthcheck: bool,
    /// Result of the health check: `starting`, `healthy`, `unhealthy`, or empty when none runs.
    #[schemars(extend("x-source" = "GET /containers/{id}/json State.Health.Status"))]
    pub health: String,
}

/// Whether processes of a container can gain privileges through set-id programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrivilegeGain {
    /// `no-new-privileges` was set to true.
    Forbidden,
    /// `no-new-privileges` was set to false.
    Allowed,
    /// Nothing was said; the daemon's default holds.
    DaemonDefault,
}

/// The seccomp profile that a container was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seccomp {
    /// Which kind of profile.
    pub profile: SeccompProfile,
    /// For a profile of its own: what happens to a system call that it does not list, such as `SCMP_ACT_ERRNO`; else empty.
    pub default_action: String,
    /// For a profile of its own: system calls that it allows without condition though they lead towards the kernel or the host.
    pub risky_syscalls: Vec<String>,
}

/// The kinds of seccomp profile a container can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SeccompProfile {
    /// The daemon's default profile.
    DaemonDefault,
    /// The engine's built-in profile, asked for by name.
    Builtin,
    /// None.
    Unconfined,
    /// A profile of its own.
    Custom,
    /// A profile that could not be read as one.
    Unreadable,
}

/// A port of the host that leads into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedPort {
    /// The host's port and the container's, such as `8080:80/tcp`.
    pub name: String,
    /// Port and protocol inside, such as `80/tcp`.
    pub container_port: String,
    /// Address of the host; empty, `0.0.0.0` and `::` are every interface.
    pub host_ip: String,
    /// Port of the host, the lowest of a range; 0 when the engine is to choose one.
    pub host_port: i64,
}

/// Something mounted into a container from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Type as the engine names it: `bind`, `volume`, `tmpfs`, `npipe`, `cluster`.
    pub kind: String,
    /// Where it appears inside.
    pub destination: String,
    /// The source as it was given.
    pub source: String,
    /// The directory or file of the host that it really is: symbolic links and volumes that bind a directory are followed. Empty
    /// when it is no part of the host's tree: a tmpfs, or an ordinary volume in the engine's own storage.
    pub host_path: Observed<String>,
    /// The shortest other name of the same directory or file where the host has it mounted at a second place, such as `/etc` for
    /// `/srv/conf` after `mount --bind /etc /srv/conf`; `host_path` where it has none.
    pub alias: Observed<String>,
    /// Whether it was asked to be writable.
    pub writable: bool,
    /// Mount propagation such as `rprivate` or `rshared`; empty for none.
    pub propagation: String,
    /// Sockets of container engines that can be reached through it.
    pub engine_sockets: Observed<Vec<String>>,
}

/// A program that runs inside a container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Process id as the auditor sees it.
    pub pid: u32,
    /// The process's name, at most 15 bytes; a process can choose it.
    pub name: String,
    /// File name of the executable, a `(deleted)` mark removed; empty when it cannot be read.
    pub executable: String,
    /// The host's uids that it has or can take back: real, effective, saved and that for files, each once.
    pub host_uids: Observed<Vec<i64>>,
}

/// A session that `docker exec` has open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// Identifier.
    pub id: String,
    /// Whether it was started with every privilege.
    pub privileged: bool,
    /// The user it was asked to run as; empty for the container's.
    pub user: String,
    /// Uid of its process inside the container.
    #[schemars(extend("x-source" = "/proc/{pid}/status Uid"))]
    pub uid: Observed<i64>,
}
