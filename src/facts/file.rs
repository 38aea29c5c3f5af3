//! One file's metadata.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What a path leads to. Symbolic links are followed; `path` is where they ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The path after every symbolic link was followed.
    pub path: String,
    /// Whether the asked path itself is a symbolic link.
    pub symlink: bool,
    /// What it is.
    pub kind: FileKind,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits, set-id and sticky bits included (`mode & 07777`).
    pub mode: u32,
    /// Whether a POSIX access list grants more than the mode shows.
    pub extended_acl: Observed<bool>,
}

/// The kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A Unix socket.
    Socket,
    /// A device, a pipe or anything else.
    Other,
}
