//! The files and directories that an engine lives from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Where the files lie, in the file tree of dockerd; `{data-root}` and its like stand for the engine's own settings.
const SOURCE: &str = "/proc/{engine}/root/etc/systemd, /proc/{engine}/root/run/systemd, \
    /proc/{engine}/root/usr/local/lib/systemd, /proc/{engine}/root/usr/lib/systemd, /proc/{engine}/root/lib/systemd, \
    /proc/{engine}/root/{home}/.config/systemd, /proc/{engine}/root/{home}/.local/share/systemd, \
    /proc/{engine}/root/etc/docker, /proc/{engine}/root/{home}/.config/docker, /proc/{engine}/root/{config-file}, \
    /proc/{engine}/root/{tlscacert}, /proc/{engine}/root/{tlscert}, /proc/{engine}/root/{tlskey}, \
    /proc/{engine}/root/etc/default/docker, /proc/{engine}/root/etc/sysconfig/docker, /proc/{engine}/root/{data-root}, \
    /proc/{engine}/root/{exec-root}, /proc/{engine}/root/etc/containerd, /proc/{engine}/root/run/containerd, \
    /proc/{engine}/root/{programs}, /proc/{engine}/net/unix, /proc/{engine}/exe, /proc/{engine}/cmdline, \
    /proc/{pid}/stat of every process, /proc/{containerd}/cmdline, /proc/{containerd}/exe, /proc/{containerd}/fd, \
    /proc/{containerd}/root, /proc/{containerd}/net/unix";

/// A file or directory that the audited engine really uses.
///
/// One of which it cannot be told where it lies, or whether it is there, is listed too, its metadata unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DaemonFile {
    /// What it is for the engine.
    pub role: Role,
    /// Its path as the engine or systemd names it; empty where that cannot be told.
    pub path: String,
    /// Its metadata, symbolic links followed.
    #[schemars(extend("x-source" = SOURCE))]
    pub file: Observed<FileAccess>,
    /// How the kernel's audit watches it.
    pub watch: Observed<Watch>,
}

/// Who may change or read a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAccess {
    /// The path after every symbolic link was followed.
    pub path: String,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits without the sticky bit (`mode & 06777`).
    pub mode: u32,
    /// Whether a POSIX access list grants more than the mode shows.
    pub extended_acl: Observed<bool>,
    /// Whether a POSIX access list lets somebody write who may not by the mode.
    pub acl_write: Observed<bool>,
    /// The directories on the way to it, symbolic links' included, in which somebody may replace an entry who is neither root
    /// nor, for a rootless engine, its user.
    pub open_parents: Observed<Vec<String>>,
}

/// The parts that files play for an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// docker.service and its drop-ins.
    ServiceUnit,
    /// docker.socket and its drop-ins.
    SocketUnit,
    /// The directory of the daemon's configuration, `/etc/docker`.
    ConfigDirectory,
    /// daemon.json.
    ConfigFile,
    /// Certificates and keys for registries.
    RegistryCertificate,
    /// The authority of the API's clients.
    TlsCa,
    /// The API's certificate.
    TlsCertificate,
    /// The API's key.
    TlsKey,
    /// A Unix socket of the API.
    ApiSocket,
    /// `/etc/default/docker`.
    DefaultFile,
    /// `/etc/sysconfig/docker`.
    SysconfigFile,
    /// The directory of images and containers.
    DataRoot,
    /// dockerd's program.
    DaemonProgram,
    /// containerd's socket.
    ContainerdSocket,
    /// containerd's configuration.
    ContainerdConfig,
    /// containerd's directory of run-time state.
    ContainerdState,
    /// containerd's program.
    ContainerdProgram,
    /// The first shim, `containerd-shim`.
    Shim,
    /// The shim of runc's first interface, `containerd-shim-runc-v1`.
    ShimV1,
    /// The shim of runc's second interface, `containerd-shim-runc-v2`.
    ShimV2,
    /// The default runtime's program, runc unless configured otherwise.
    Runtime,
}

/// How the kernel's audit watches a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Accesses that loaded rules record, of `r`, `w`, `x`, `a` in this order; empty when none does or auditing is off.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES"))]
    pub loaded: Observed<String>,
    /// Accesses that the rules on disk record, which are loaded at the next boot.
    #[schemars(extend("x-source" = "/etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub persistent: Observed<String>,
    /// Whether auditing is switched on.
    #[schemars(extend("x-source" = "netlink AUDIT_GET"))]
    pub enabled: Observed<bool>,
    /// Rules that come before those that record and leave some of these accesses out, as auditctl writes them.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub exceptions: Observed<Vec<String>>,
}
