//! Where the machine's messages go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Which program keeps the machine's messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The logging system in use, of those that are enabled or run.
    pub system: LoggingSystem,
    /// The services that are enabled or run: `rsyslog`, `syslog-ng`, `systemd-journal-upload`, and `systemd-journald` unless it is
    /// masked.
    pub services: Vec<String>,
}

/// The logging systems that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoggingSystem {
    /// systemd's journal alone, whether or not it is sent elsewhere.
    Journald,
    /// rsyslog, which journald hands everything to.
    Rsyslog,
    /// More than one of rsyslog, syslog-ng and the sending of the journal.
    Several,
    /// syslog-ng.
    SyslogNg,
    /// None: journald is masked too.
    None,
}

/// What journald does, by its configuration files and the kernel's command line; its defaults where nothing is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journald {
    /// Where messages are kept (`Storage`): `volatile`, `persistent`, `none`, or `auto`, which is `persistent` where there is
    /// `/var/log/journal`.
    pub storage: Observed<String>,
    /// Whether larger messages are compressed (`Compress`).
    pub compress: Observed<bool>,
    /// Whether messages are handed to a syslog daemon (`ForwardToSyslog`).
    pub forward_to_syslog: Observed<bool>,
    /// The most that the journal on disk may use (`SystemMaxUse`); empty for a tenth of the filesystem, 4 GB at most.
    pub system_max_use: Observed<String>,
    /// What the journal on disk leaves free (`SystemKeepFree`); empty for 15 % of the filesystem, 4 GB at most.
    pub system_keep_free: Observed<String>,
    /// The most that the journal in memory may use (`RuntimeMaxUse`); empty for a tenth of the filesystem, 4 GB at most.
    pub runtime_max_use: Observed<String>,
    /// What the journal in memory leaves free (`RuntimeKeepFree`); empty for 15 % of the filesystem, 4 GB at most.
    pub runtime_keep_free: Observed<String>,
    /// How long one file of the journal is written to (`MaxFileSec`); empty for a month.
    pub max_file_sec: Observed<String>,
}

/// Where the journal is sent, by the configuration files of systemd-journal-upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalUpload {
    /// Where to (`URL`); empty for nowhere.
    pub url: Observed<String>,
    /// The key that the sender shows (`ServerKeyFile`).
    pub key_file: Observed<String>,
    /// The certificate that the sender shows (`ServerCertificateFile`).
    pub certificate_file: Observed<String>,
    /// The authority that the receiver's certificate must be of (`TrustedCertificateFile`); `all` for any.
    pub trusted_file: Observed<String>,
    /// Those of the three files that are not there.
    pub missing_files: Observed<Vec<String>>,
}

/// What rsyslog does, by its configuration with everything that it includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rsyslog {
    /// Files that it writes to; devices are left out.
    pub files: Vec<RsyslogFile>,
    /// Machines that it sends to.
    pub forwards: Vec<RsyslogForward>,
    /// Modules and inputs by which it takes messages from the network.
    pub network_inputs: Vec<RsyslogInput>,
    /// Facilities of which no warning and nothing worse comes into a file or to another machine by a plain selector.
    pub unlogged: Vec<String>,
}

/// A file that rsyslog writes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RsyslogFile {
    /// Its path, or the name of the template that makes its path, in `<>`.
    pub path: String,
    /// What comes into it, such as `auth,authpriv.*`; empty for everything, `…` for what a script decides.
    pub filter: String,
    /// Permission bits that it gets when rsyslog makes it.
    pub create_mode: u32,
    /// File and line that say so.
    pub place: String,
}

/// A machine that rsyslog sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RsyslogForward {
    /// Its name or address.
    pub target: String,
    /// `udp`, `tcp` or `relp`.
    pub protocol: String,
    /// What is sent, such as `*.*`; empty for everything, `…` for what a script decides.
    pub filter: String,
    /// File and line that say so.
    pub place: String,
}

/// A way by which rsyslog takes messages from the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RsyslogInput {
    /// The module, such as `imtcp`.
    pub module: String,
    /// File and line that load it or open a port with it.
    pub place: String,
}

/// What logrotate rotates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logrotate {
    /// Logs that it rotates, in the order in which it reads them.
    pub logs: Vec<RotatedLog>,
    /// Files that rsyslog writes to and that none of them is; unknown when rsyslog's configuration is.
    #[schemars(extend("x-source" = "/etc/logrotate.conf, /etc/logrotate.d, /etc/rsyslog.conf, /etc/rsyslog.d"))]
    pub unrotated: Observed<Vec<String>>,
}

/// Logs that logrotate rotates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotatedLog {
    /// Their path, in which `*`, `?` and `[…]` stand for others.
    pub pattern: String,
    /// File and line that say so.
    pub place: String,
}

/// A file below `/var/log`, or of the journal below `/run/log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogFile {
    /// Its path.
    pub path: String,
    /// Which kind of log.
    pub kind: LogKind,
    /// Name of its owner, or the number of one that has none.
    pub owner: String,
    /// Whether its owner is an account that cannot log in, such as a service's.
    pub service_owner: bool,
    /// Name of its group, or the number of one that has none.
    pub group: String,
    /// Whether its group is the primary group of its owner.
    pub own_group: bool,
    /// Permission bits, set-id and sticky bits included (`mode & 07777`).
    pub mode: u32,
}

/// Kinds of log with different needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// Who logged in and who failed to: wtmp, btmp, lastlog.
    LoginRecord,
    /// What the machine did when it was set up: cloud-init, waagent, localmessages.
    SetUp,
    /// The main logs of syslog: auth.log, secure, syslog, messages.
    Main,
    /// Of GDM.
    Gdm,
    /// Of SSSD.
    Sssd,
    /// A file of systemd's journal.
    Journal,
    /// Any other.
    Other,
}
