//! The kernel's audit: what it is told to record, now and after the next boot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FileAccess, Observed, Watch};

/// The kernel's audit and its daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Whether the kernel records anything, and whether that can still be changed.
    #[schemars(extend("x-source" = "netlink AUDIT_GET"))]
    pub mode: Observed<AuditMode>,
    /// What the kernel does when it cannot record: 0 nothing, 1 a line in its log, 2 it stops the machine.
    #[schemars(extend("x-source" = "netlink AUDIT_GET"))]
    pub failure: Observed<i64>,
    /// How many records may wait for the daemon.
    #[schemars(extend("x-source" = "netlink AUDIT_GET"))]
    pub backlog_limit: Observed<i64>,
    /// How many records were lost since boot.
    #[schemars(extend("x-source" = "netlink AUDIT_GET"))]
    pub lost: Observed<i64>,
    /// The rules in force, the first that fits an event decides.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES"))]
    pub loaded: Observed<Vec<AuditRule>>,
    /// The rules that are loaded at the next boot.
    #[schemars(extend("x-source" = "/etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub persistent: Observed<Vec<AuditRule>>,
    /// The mode in which the rules on disk leave the kernel; `on` when they do not say.
    #[schemars(extend("x-source" = "/etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub persistent_mode: Observed<AuditMode>,
    /// Lines of the rules on disk that are not loaded, each with the reason: auditctl stops at the first one at fault.
    #[schemars(extend("x-source" = "/etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub refused: Observed<Vec<String>>,
    /// Rules on disk that are not in force, as auditctl writes them.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub not_loaded: Observed<Vec<String>>,
    /// Rules in force that are not on disk, as auditctl writes them.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub not_persistent: Observed<Vec<String>>,
    /// The paths that rules name, each by where it really lies and as it is written, and `/` for rules that name none.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules, /etc/login.defs"))]
    pub paths: Observed<Vec<AuditedPath>>,
    /// The settings of the daemon; null without a configuration.
    #[schemars(extend("x-source" = "/etc/audit/auditd.conf"))]
    pub daemon: Observed<Option<AuditDaemon>>,
    /// The files and directories that audit lives from, those that are there.
    pub files: Observed<Vec<AuditFile>>,
}

/// Whether the kernel records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditMode {
    /// It records nothing.
    Off,
    /// It records.
    On,
    /// It records, and neither that nor the rules can be changed until the next boot.
    Locked,
}

/// One rule. All of its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditRule {
    /// The rule as auditctl writes it.
    pub text: String,
    /// The list it is on: `exit`, `task`, `user`, `exclude`, `filesystem` or `io_uring`.
    pub list: String,
    /// `always` or `never`.
    pub action: String,
    /// The width of the system calls it is about, `b64` or `b32`; empty for both.
    pub arch: String,
    /// The system calls it is about by name, or `all`.
    pub syscalls: Vec<String>,
    /// The path that it watches; empty for none.
    pub path: String,
    /// The directory that it watches with everything below; empty for none.
    pub dir: String,
    /// The accesses it is about, of `r`, `w`, `x`, `a`; empty when it does not ask.
    pub permissions: String,
    /// Its other conditions, such as `auid>=1000`.
    pub fields: Vec<String>,
    /// The keys under which its records are found.
    pub keys: Vec<String>,
}

/// What is recorded of accesses to a path, and of those to everything below it when it is a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditedPath {
    /// The path.
    pub path: String,
    /// What is recorded whoever it is.
    pub by_anybody: Watch,
    /// What is recorded when it is done in a session of a person's, one whose login uid is that of people.
    pub by_people: Watch,
}

/// Whether everything that some rules would record is recorded, by these rules or by others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditCoverage {
    /// Those of them that the rules in force do not make up for, as auditctl writes them; all while auditing is off.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES"))]
    pub not_loaded: Observed<Vec<String>>,
    /// Those of them that the rules on disk do not make up for.
    #[schemars(extend("x-source" = "/etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub not_persistent: Observed<Vec<String>>,
    /// Rules that come first and leave a part of what is wanted out.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules"))]
    pub exceptions: Observed<Vec<String>>,
}

/// The daemon's settings, its defaults included; words in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditDaemon {
    /// The log (`log_file`).
    pub log_file: String,
    /// The group that may read the log, by name or number (`log_group`).
    pub log_group: String,
    /// The size in MiB at which a log is full (`max_log_file`); 0 when it is not set.
    pub max_log_file: i64,
    /// What happens to a full log (`max_log_file_action`).
    pub max_log_file_action: String,
    /// What happens when little space is left (`space_left_action`).
    pub space_left_action: String,
    /// What happens when next to none is left (`admin_space_left_action`).
    pub admin_space_left_action: String,
    /// What happens when none is left (`disk_full_action`).
    pub disk_full_action: String,
    /// What happens when the disk fails (`disk_error_action`).
    pub disk_error_action: String,
    /// Who is written to (`action_mail_acct`).
    pub action_mail_acct: String,
}

/// The parts that files play for audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditRole {
    /// The directory of the log.
    LogDirectory,
    /// A log, the current or an older one.
    Log,
    /// A configuration or rules.
    Config,
    /// A program of audit's.
    Tool,
}

/// Where the files lie; `{log}` stands for the daemon's own setting.
const SOURCE: &str = "{log}, /etc/audit, /sbin/auditctl, /sbin/auditd, /sbin/augenrules, /sbin/aureport, /sbin/ausearch, \
    /sbin/autrace";

/// A file or directory that audit lives from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditFile {
    /// What it is for audit.
    pub role: AuditRole,
    /// Its path.
    pub path: String,
    /// Its metadata, symbolic links followed.
    #[schemars(extend("x-source" = SOURCE))]
    pub file: Observed<FileAccess>,
}
