//! sudo: its rules and its settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// sudo, and what `/etc/sudoers` with all that it includes lets people do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sudo {
    /// Whether the machine has sudo.
    #[schemars(extend("x-source" = "/usr/bin/sudo"))]
    pub installed: Observed<bool>,
    /// The rules, one for each command of each line.
    #[schemars(extend("x-source" = "/etc/sudoers, /etc/sudoers.d, /{sudoers}, /proc/sys/kernel/hostname"))]
    pub rules: Observed<Vec<SudoRule>>,
    /// Whether rules and settings come from those files alone: true, or unknown where some may come from a directory.
    #[schemars(extend("x-source" = "/etc/nsswitch.conf"))]
    pub is_local: Observed<bool>,
}

/// What somebody may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SudoRule {
    /// Who, as written: names, `%group`, `#uid`, aliases, `ALL`.
    pub users: Vec<String>,
    /// The command as written, or `ALL`, or an alias.
    pub command: String,
    /// Whether it is run without asking for a password (`NOPASSWD`), and no later rule about all of the same asks for one.
    pub nopasswd: bool,
    /// File and line.
    pub place: String,
}

/// One value of a setting (`Defaults`) that counts for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SudoValue {
    /// `true` or `false` for a switch, a time in seconds, or a text; empty for a text that is not set.
    pub value: String,
    /// Whom or what it is for, such as `user alice`; empty for everybody who no narrower line says something else of.
    pub scope: String,
    /// File and line, or that it is the default.
    pub place: String,
}
