//! What becomes of programs that crash.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Where limits on core dumps are set for those who log in.
const LIMITS: &str = "/etc/security/limits.conf, /etc/security/limits.d";
/// Where systemd-coredump is told what to do.
const COREDUMP: &str = "/etc/systemd/coredump.conf, /etc/systemd/coredump.conf.d, /run/systemd/coredump.conf.d, \
    /usr/local/lib/systemd/coredump.conf.d, /usr/lib/systemd/coredump.conf.d";

/// Whether and where memory of crashed programs is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crashes {
    /// The hard limit on core dumps for everybody (`*`) in KiB, as it is written: the last that pam_limits reads; empty when
    /// there is none.
    #[schemars(extend("x-source" = LIMITS))]
    pub core_limit: Observed<String>,
    /// Users, groups and ranges with a hard limit of their own that allows core dumps, or with no limits at all.
    #[schemars(extend("x-source" = LIMITS))]
    pub core_exceptions: Observed<Vec<String>>,
    /// Where systemd-coredump keeps dumps: its setting `Storage`; empty for its own default.
    #[schemars(extend("x-source" = COREDUMP))]
    pub coredump_storage: Observed<String>,
    /// How much systemd-coredump processes of a dump: its setting `ProcessSizeMax`; empty for its own default.
    #[schemars(extend("x-source" = COREDUMP))]
    pub coredump_size: Observed<String>,
    /// Whether Ubuntu's apport, where it is installed, may collect crashes.
    #[schemars(extend("x-source" = "/etc/default/apport"))]
    pub apport_allowed: Observed<bool>,
}
