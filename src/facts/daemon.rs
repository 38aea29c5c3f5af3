//! The engine's daemon: its process, and the configuration it runs with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DaemonFile, Observed, SwarmAddresses};

/// dockerd, found as the process that owns the audited socket.
///
/// Each option is merged as dockerd merges it: its command line and its configuration file, else its default; the source of
/// each value says which. A configuration file that was changed after dockerd started tells nothing about what it runs with,
/// so that options from such a file are unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Daemon {
    /// Process id as the auditor sees it.
    #[schemars(extend("x-source" = "SO_PEERCRED of the engine's socket"))]
    pub pid: u32,
    /// The host's uid that root of dockerd's user namespace has; 0 unless dockerd is rootless.
    #[schemars(extend("x-source" = "/proc/{pid}/uid_map"))]
    pub root_uid: Observed<i64>,
    /// The host's gid that group root of dockerd's user namespace has; 0 unless dockerd is rootless.
    #[schemars(extend("x-source" = "/proc/{pid}/gid_map"))]
    pub root_gid: Observed<i64>,
    /// Groups to which its Unix sockets may be given (`group`, and `docker`), as gids; none when dockerd is rootless.
    #[schemars(extend("x-source" = "/proc/{engine}/root/etc/group, /proc/{engine}/root/etc/nsswitch.conf"))]
    pub socket_gids: Observed<Vec<i64>>,
    /// TCP addresses on which the API of dockerd listens, such as `0.0.0.0:2375`.
    #[schemars(extend("x-source" = "/proc/{pid}/net/tcp, /proc/{pid}/net/tcp6, /proc/{pid}/fd"))]
    pub tcp_listeners: Observed<Vec<String>>,
    /// TCP addresses on which it listens for the other nodes of its swarm, such as `10.0.0.5:7946`; none outside of a swarm.
    #[schemars(extend("x-source" = "/proc/{pid}/net/tcp, /proc/{pid}/net/tcp6, /proc/{pid}/fd"))]
    pub swarm_listeners: Observed<Vec<String>>,
    /// The addresses that it was told to use in its swarm.
    #[schemars(extend("x-source" = "/proc/{engine}/root/{data-root}/swarm/docker-state.json"))]
    pub swarm_addresses: Observed<SwarmAddresses>,
    /// Number of docker-proxy processes that dockerd has started.
    #[schemars(extend("x-source" = "/proc/{pid}/stat of every process"))]
    pub userland_proxies: Observed<i64>,
    /// Addresses it was told to listen on (`hosts`), such as `unix:///run/docker.sock`.
    pub hosts: Observed<Vec<String>>,
    /// Verbosity of its log (`log-level`); `info` by default.
    pub log_level: Observed<String>,
    /// Whether it may write IPv4 packet filter rules (`iptables`).
    pub iptables: Observed<bool>,
    /// Whether it may write IPv6 packet filter rules (`ip6tables`); on by default since Engine 27.
    pub ip6tables: Observed<bool>,
    /// Which packet filter it drives (`firewall-backend`); empty for the engine's choice.
    pub firewall_backend: Observed<String>,
    /// Whether clients of its TCP listeners must show a trusted certificate (`tlsverify`).
    pub tlsverify: Observed<bool>,
    /// The files of its TLS set-up.
    pub tls_files: Observed<Vec<TlsFile>>,
    /// Limits that containers get unless they ask for others (`default-ulimits`).
    pub default_ulimits: Observed<Vec<Ulimit>>,
    /// Parent control group of containers (`cgroup-parent`); empty for the driver's default.
    pub cgroup_parent: Observed<String>,
    /// Options of the storage driver (`storage-opts`), as `name=value`.
    pub storage_opts: Observed<Vec<String>>,
    /// Options of the default logging driver (`log-opts`).
    pub log_opts: Observed<BTreeMap<String, String>>,
    /// Whether containers cannot gain privileges unless they ask to (`no-new-privileges`).
    pub no_new_privileges: Observed<bool>,
    /// Whether loopback traffic to published ports goes through a process in user space (`userland-proxy`).
    pub userland_proxy: Observed<bool>,
    /// What the default seccomp profile does with a system call it does not list, such as `SCMP_ACT_ERRNO`.
    pub seccomp_default_action: Observed<String>,
    /// System calls that the default seccomp profile allows without condition though they lead towards the kernel or the host.
    pub seccomp_risky_syscalls: Observed<Vec<String>>,
    /// Accounts besides root and the engine's own user that may write to a Unix socket of the API, as its owner, by its group,
    /// primary members included, or by an access list; by name, or as `uid 1000` where a number has none.
    #[schemars(extend("x-source" = "/proc/{engine}/root/etc/passwd, /proc/{engine}/root/etc/group, \
        /proc/{engine}/root/etc/nsswitch.conf, /proc/{engine}/net/unix"))]
    pub api_accounts: Observed<Vec<String>>,
    /// The directories that hold images and containers.
    #[schemars(extend("x-source" = "/proc/{engine}/mountinfo, /proc/{engine}/root/{data-root}, \
        /proc/{engine}/root/etc/containerd, /proc/{containerd}/cmdline"))]
    pub storage: Observed<Vec<StorageDirectory>>,
    /// The files and directories that it lives from, those that are there.
    pub files: Observed<Vec<DaemonFile>>,
    /// Registries for which the image store skips the check of certificates (`skip_verify` in `hosts.toml`).
    #[schemars(extend("x-source" = "/proc/{engine}/root/etc/docker/certs.d"))]
    pub unverified_registries: Observed<Vec<String>>,
}

/// One file of dockerd's TLS set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// The option that names it: `tlscacert`, `tlscert` or `tlskey`.
    pub option: String,
    /// Its path.
    pub path: String,
    /// Whether a regular file is there.
    pub present: bool,
}

/// A directory that holds images and containers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageDirectory {
    /// Its path, symbolic links followed.
    pub path: String,
    /// Where the filesystem on which it lies is mounted.
    pub mount_point: String,
    /// Device number of that filesystem, as `major:minor`.
    pub device: String,
    /// Whether a whole filesystem other than the root's, or a whole subvolume of one, is mounted at the directory itself.
    pub own_filesystem: bool,
}

/// A limit on a resource of processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ulimit {
    /// Name without `RLIMIT_`, in lower case, such as `nofile`.
    pub name: String,
    /// Soft limit in the resource's unit; -1 for none.
    pub soft: i64,
    /// Hard limit in the resource's unit; -1 for none.
    pub hard: i64,
}
