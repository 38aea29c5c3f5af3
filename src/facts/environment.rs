//! What people find when they log in: search path, file mode creation mask, and how long a shell waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FileAccess, Observed};

/// What the files say that shells read at a login. They are read, not run: what programs print, and what files elsewhere do
/// that those in `/etc` and in root's home pull in, is not followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The directories in which root's login shell looks for programs, in order.
    #[schemars(extend(
        "x-source" = "/etc/passwd, /etc/profile, /etc/profile.d, /etc/bash.bashrc, /etc/environment, /etc/login.defs, /{home}, /{path}"
    ))]
    pub root_path: Observed<Vec<PathEntry>>,
    /// The masks that root's own files set.
    #[schemars(extend("x-source" = "/etc/passwd, /{home}"))]
    pub root_umasks: Observed<Vec<Umask>>,
    /// The masks that logins of everybody get: by the shells' common files, and by `pam_umask`.
    #[schemars(extend(
        "x-source" = "/etc/profile, /etc/profile.d, /etc/bash.bashrc, /etc/login.defs, /etc/default/login, /etc/pam.d, \
            /usr/lib/pam.d, /{pam-include}, /lib, /usr/lib"
    ))]
    pub umasks: Observed<Vec<Umask>>,
    /// The times after which the shells' common files have an idle shell end (`TMOUT`).
    #[schemars(extend("x-source" = "/etc/profile, /etc/profile.d, /etc/bash.bashrc"))]
    pub timeouts: Observed<Vec<IdleTimeout>>,
}

/// A directory in which programs are looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathEntry {
    /// As written; empty for the directory that one is in.
    pub path: String,
    /// Whether it is there in every login; else it depends on something.
    pub certain: bool,
    /// Who may change it; null where no directory is there.
    pub directory: Observed<Option<FileAccess>>,
    /// File and line.
    pub place: String,
}

/// A file mode creation mask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Umask {
    /// The permissions that it leaves to a new directory, as mode bits: 0750 for a mask of 027.
    pub leaves: Observed<i64>,
    /// Whether it holds in every login; else it depends on something.
    pub certain: bool,
    /// File and line.
    pub place: String,
}

/// The time after which an idle shell ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleTimeout {
    /// Seconds; 0 for never.
    pub seconds: Observed<i64>,
    /// Whether it cannot be changed afterwards.
    pub readonly: bool,
    /// Whether shells that are started by the shell get it as well.
    pub exported: bool,
    /// Whether no other file sets it, which would fail where it is read-only.
    pub sole: bool,
    /// Whether it holds in every login; else it depends on something.
    pub certain: bool,
    /// File and line.
    pub place: String,
}
