//! systemd's units.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Where units lie, and links to them.
const FOLDERS: &str = "/etc/systemd/system, /run/systemd/system, /usr/lib/systemd/system";

/// A unit of the system's service manager, whether it is there or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its file, or its script in `/etc/init.d`; empty when there is none.
    #[schemars(extend("x-source" = FOLDERS))]
    pub file: Observed<String>,
    /// Whether it is masked, so that nothing can start it.
    #[schemars(extend("x-source" = FOLDERS))]
    pub masked: Observed<bool>,
    /// Whether a link has it started at boot, or with another unit: one in a `.wants`, `.requires` or `.upholds`, an alias that
    /// was made when it was enabled, or one in `/etc/rc?.d`. What another unit's own file asks for is not followed.
    #[schemars(extend("x-source" = FOLDERS))]
    pub enabled: Observed<bool>,
    /// Sockets, timers and paths that are enabled and start it when somebody connects, at their time, or with a file.
    #[schemars(extend("x-source" = FOLDERS))]
    pub triggered_by: Observed<Vec<String>>,
    /// Whether it runs, or has done what it does once. Unknown where systemd does not run.
    #[schemars(extend("x-source" = "/run/systemd/units, /sys/fs/cgroup/**/{key}"))]
    pub active: Observed<bool>,
}
