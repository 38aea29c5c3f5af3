//! AIDE, which tells when files change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What AIDE is told, and who starts it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aide {
    /// The database that files are compared with (`database_in`); empty where none is named.
    #[schemars(extend("x-source" = "/etc/aide/aide.conf, /etc/aide/aide.conf.d"))]
    pub database: Observed<String>,
    /// Whether the database is there; false where it lies on another machine or none is named.
    #[schemars(extend("x-source" = "/etc/aide/aide.conf, /etc/aide/aide.conf.d, /var/lib/aide"))]
    pub initialised: Observed<bool>,
    /// Entries of cron, and its daily and weekly scripts, that have AIDE check: files and lines.
    #[schemars(extend("x-source" = "/etc/crontab, /etc/cron.d, /etc/cron.hourly, /etc/cron.daily, /etc/cron.weekly, \
        /etc/cron.monthly, /var/spool/cron/crontabs"))]
    pub cron: Observed<Vec<String>>,
    /// The tools of the audit system that are installed.
    #[schemars(extend("x-source" = "/etc/aide/aide.conf, /etc/aide/aide.conf.d, /sbin"))]
    pub audit_tools: Observed<Vec<WatchedFile>>,
}

/// A file that AIDE may watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedFile {
    /// Its path, every symbolic link followed: AIDE follows none.
    pub path: String,
    /// The attributes that AIDE compares, groups of them taken apart; none where no rule takes the file.
    pub attributes: Observed<Vec<String>>,
}
