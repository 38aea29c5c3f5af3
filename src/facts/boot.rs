//! How the machine boots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What GRUB was told. Only commands that it runs in any case count for users and passwords; a hash is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grub {
    /// Every Linux kernel that an entry starts, recovery and older ones included.
    pub kernels: Vec<GrubKernel>,
    /// Users who may edit entries and use the command line.
    pub superusers: Vec<String>,
    /// Users whose password is kept as a hash.
    pub hashed_users: Vec<String>,
}

/// A kernel that GRUB starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrubKernel {
    /// Line of the configuration.
    pub line: i64,
    /// What the kernel is started with, its own file left out.
    pub arguments: Vec<String>,
}

/// A filesystem that is mounted at boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FstabEntry {
    /// What is mounted.
    pub source: String,
    /// Where.
    pub mount_point: String,
    /// Type such as `ext4`.
    pub filesystem: String,
    /// Options such as `noexec`.
    pub options: Vec<String>,
}
