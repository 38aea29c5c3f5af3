//! Packages of the distribution.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A package by dpkg's records, whether it is there or not; of any architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Whether it is installed and set up.
    pub installed: bool,
    /// Whether any of its programs may be there: it is installed, or half of it; a package that was removed may leave its
    /// configuration behind, and is not there.
    pub present: bool,
    /// Its version; empty when it is not there.
    pub version: String,
}
