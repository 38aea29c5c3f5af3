//! What lies on the machine's local filesystems.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What one walk over all local filesystems found.
///
/// Symbolic links are not followed. Of each kind of file the first two hundred by path are listed, and all are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalFiles {
    /// Whether all of it was seen, apart from what was left out: always true where it is known.
    pub complete: Observed<bool>,
    /// Number of files and directories that were looked at.
    pub inodes: i64,
    /// The filesystems that were walked.
    pub filesystems: Vec<WalkedFilesystem>,
    /// What was left out though it is no file of the kernel's own: container storage, networks' filesystems and their like.
    pub left_out: Vec<LeftOut>,
    /// Regular files that everybody may write to.
    pub open_files: Vec<FoundFile>,
    /// How many there are.
    pub open_files_count: i64,
    /// Directories that everybody may write to and in which everybody may remove others' files, for want of the sticky bit.
    pub open_directories: Vec<FoundFile>,
    /// How many there are.
    pub open_directories_count: i64,
    /// Files of owners or groups that do not exist. Unknown when accounts may come from elsewhere than the machine's files.
    #[schemars(extend("x-source" = "the walk, /etc/passwd, /etc/group, /etc/nsswitch.conf"))]
    pub orphans: Observed<Vec<FoundFile>>,
    /// How many there are by the machine's own files.
    pub orphans_count: i64,
    /// Regular files with a set-id bit where the mount lets it take effect.
    pub set_id: Vec<SetIdFile>,
    /// How many there are.
    pub set_id_count: i64,
}

/// A local filesystem that was walked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WalkedFilesystem {
    /// Where it is mounted.
    pub mount_point: String,
    /// Device number as `major:minor`.
    pub device: String,
    /// Filesystem type such as `ext4`.
    pub filesystem: String,
    /// Number of files and directories that were looked at.
    pub inodes: i64,
}

/// A place that was left out of a walk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The directory.
    pub path: String,
    /// Why.
    pub why: String,
}

/// A file by where it lies, whose it is and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundFile {
    /// Its path.
    pub path: String,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits, set-id and sticky bits included (`mode & 07777`).
    pub mode: u32,
}

/// A program that runs with its owner's or group's rights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetIdFile {
    /// Its path.
    pub path: String,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits, set-id and sticky bits included (`mode & 07777`).
    pub mode: u32,
    /// The installed package that it belongs to; null when it is no package's.
    #[schemars(extend("x-source" = "/var/lib/dpkg/info, /var/lib/dpkg/diversions"))]
    pub package: Observed<Option<String>>,
}
