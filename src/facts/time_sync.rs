//! Where the machine's clock gets its time from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Who sets the machine's clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSync {
    /// The daemon in use, of those that are enabled or run.
    #[schemars(extend("x-source" = "/etc/systemd, /run/systemd, /usr/local/lib/systemd/system, /usr/lib/systemd/system, \
        /lib/systemd/system, /etc/init.d, /sys/fs/cgroup"))]
    pub daemon: Observed<TimeDaemon>,
    /// The services that are enabled or run, of `systemd-timesyncd`, `chrony`, `ntpsec`, `ntp` and `openntpd`.
    #[schemars(extend("x-source" = "/etc/systemd, /run/systemd, /usr/local/lib/systemd/system, /usr/lib/systemd/system, \
        /lib/systemd/system, /etc/init.d, /sys/fs/cgroup"))]
    pub services: Observed<Vec<String>>,
    /// The servers that systemd-timesyncd is told to ask (`NTP`); none for those of its build, or of a network's.
    #[schemars(extend("x-source" = "/etc/systemd/timesyncd.conf, /etc/systemd/timesyncd.conf.d, /run/systemd, /usr/local/lib/systemd, \
        /usr/lib/systemd"))]
    pub timesyncd_servers: Observed<Vec<TimeSource>>,
    /// The servers that it is told to ask when it knows no others (`FallbackNTP`).
    #[schemars(extend("x-source" = "/etc/systemd/timesyncd.conf, /etc/systemd/timesyncd.conf.d, /run/systemd, /usr/local/lib/systemd, \
        /usr/lib/systemd"))]
    pub timesyncd_fallback: Observed<Vec<TimeSource>>,
    /// The servers, pools and peers that chronyd is told to ask.
    #[schemars(extend("x-source" = "/etc/chrony/chrony.conf, /etc/chrony/conf.d, /etc/chrony/sources.d, /run/chrony-dhcp, \
        /etc/default/chrony"))]
    pub chrony_sources: Observed<Vec<TimeSource>>,
    /// The account that chronyd is told to become (`user`); `_chrony` where nothing is said, as Debian builds it.
    #[schemars(extend("x-source" = "/etc/chrony/chrony.conf, /etc/chrony/conf.d, /etc/default/chrony"))]
    pub chrony_user: Observed<String>,
    /// The accounts of the machine's running chronyd processes, by name; none when none runs.
    #[schemars(extend("x-source" = "/proc/{pid}/comm, /proc/{pid}/status of every process, /etc/passwd"))]
    pub chrony_runs_as: Observed<Vec<String>>,
}

/// The daemons that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeDaemon {
    /// systemd's client.
    SystemdTimesyncd,
    /// chrony.
    Chrony,
    /// Another: ntpsec, ntp or openntpd.
    Other,
    /// More than one.
    Several,
    /// None.
    None,
}

/// A machine, or several behind one name, that is asked for the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSource {
    /// Its name or address.
    pub name: String,
    /// `server`, `pool` or `peer`.
    pub kind: String,
    /// File and line that say so.
    pub place: String,
}
