//! Settings of desktops.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A setting of dconf as the machine's own databases give it, before any that a user makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DesktopSetting {
    /// Whether a database sets it.
    pub set: bool,
    /// Its value without type and quotes, such as `900`, `true` or a text; empty where nothing sets it.
    pub value: String,
    /// Whether users cannot set it otherwise.
    pub locked: bool,
    /// File and line that set it; empty where none does.
    pub place: String,
}
