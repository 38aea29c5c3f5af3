//! What a machine says before or after somebody logs in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that people see when they log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Banner {
    /// Whether there is a file with more than white space in it.
    pub says_something: bool,
    /// What it tells of the system: the escapes `\m`, `\r`, `\s` and `\v`, which login programs fill in, and the name of the
    /// distribution.
    pub reveals: Vec<String>,
}
