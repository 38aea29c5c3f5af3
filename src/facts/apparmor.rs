//! AppArmor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What AppArmor does on the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppArmor {
    /// Whether the running kernel has it switched on.
    #[schemars(extend("x-source" = "/sys/module/apparmor/parameters/enabled"))]
    pub enabled: Observed<bool>,
    /// Every profile that is loaded; none where it is switched off.
    #[schemars(extend("x-source" = "/sys/kernel/security/apparmor/profiles"))]
    pub profiles: Observed<Vec<AppArmorProfile>>,
    /// Running programs for which a profile is loaded, and that run without it, by path.
    #[schemars(extend("x-source" = "/sys/kernel/security/apparmor/policy/profiles, /proc/{pid}/attr, /proc/{pid}/exe"))]
    pub unconfined: Observed<Vec<String>>,
}

/// A loaded profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppArmorProfile {
    /// Its name.
    pub name: String,
    /// `enforce`, `complain`, `kill`, `unconfined` or another mode of the kernel.
    pub mode: String,
}
