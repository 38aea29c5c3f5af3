//! The SSH server: what it is, the files it lives from, and the options it would run with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Banner, FileAccess, Observed};

/// The SSH server of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ssh {
    /// Whether the machine has OpenSSH's sshd.
    #[schemars(extend("x-source" = "/usr/sbin/sshd"))]
    pub installed: Observed<bool>,
    /// Its configuration, and its keys.
    #[schemars(extend(
        "x-source" = "/etc/ssh, /etc/default/ssh, /etc/sysconfig, /etc/conf.d/sshd, /etc/group, /var/lib/dpkg/status, /{sshd-config}, /{host-key}"
    ))]
    pub files: Observed<Vec<SshFile>>,
    /// What it shows before a login (`Banner`), for each value of that option that is a path.
    #[schemars(extend("x-source" = "/etc/ssh, /etc/default/ssh, /etc/sysconfig, /etc/conf.d/sshd, /etc/os-release, /{sshd-config}, /{banner}"))]
    pub banners: Observed<Vec<SshBanner>>,
}

/// A file that sshd lives from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshFile {
    /// What it is for sshd.
    pub role: SshRole,
    /// Its path.
    pub path: String,
    /// Who may change or read it.
    pub file: Observed<FileAccess>,
    /// The name of its group; empty where the group has none in `/etc/group`.
    pub group: Observed<String>,
}

/// The parts that files play for sshd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SshRole {
    /// The configuration and what it includes.
    Configuration,
    /// A private key: named by `HostKey`, or found in `/etc/ssh`.
    PrivateKey,
    /// A public key in `/etc/ssh`, or beside a private one.
    PublicKey,
}

/// What sshd shows before a login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshBanner {
    /// The file.
    pub path: String,
    /// Whom it is for, as `Match` says; empty for everybody who no `Match` says something else of.
    pub criteria: String,
    /// Its text.
    pub text: Observed<Banner>,
}

/// One value of an option of sshd that some connection gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshdValue {
    /// The value as `sshd -T` prints it: times in seconds, words in lower case, `LogLevel` in upper case; empty for none.
    pub value: String,
    /// The parts of a list: algorithms after `+`, `-` or `^` was worked in, or the names of `AllowUsers` and its like.
    pub items: Vec<String>,
    /// Whom it is for, as `Match` says; empty for everybody who no `Match` says something else of.
    pub criteria: String,
    /// File and line, or that it is the default.
    pub place: String,
}
