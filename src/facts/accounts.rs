//! Local accounts and groups, their homes, and what new accounts get.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FileAccess, Observed};

/// Who can have a process on this machine, as far as its own files tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The accounts of `/etc/passwd`, in its order; lines that the C library skips are left out.
    #[schemars(extend("x-source" = "/etc/passwd, /etc/shadow, /etc/shells, /{shell}"))]
    pub users: Observed<Vec<User>>,
    /// Whether `/etc/passwd` has all accounts: true, or unknown where some may come from a directory or a network.
    #[schemars(extend("x-source" = "/etc/nsswitch.conf, /etc/userdb, /run/userdb, /run/host/userdb, /usr/lib/userdb"))]
    pub users_are_local: Observed<bool>,
    /// The groups of `/etc/group`, in its order; lines that the C library skips are left out.
    #[schemars(extend("x-source" = "/etc/group, /etc/gshadow, /etc/passwd"))]
    pub groups: Observed<Vec<Group>>,
    /// Whether `/etc/group` has all groups: true, or unknown where some may come from a directory or a network.
    #[schemars(extend("x-source" = "/etc/nsswitch.conf, /etc/userdb, /run/userdb, /run/host/userdb, /usr/lib/userdb"))]
    pub groups_are_local: Observed<bool>,
    /// The programs that are listed as login shells.
    #[schemars(extend("x-source" = "/etc/shells"))]
    pub shells: Observed<Vec<String>>,
    /// The home directories of the accounts whose shell is listed as one.
    #[schemars(extend("x-source" = "/etc/passwd, /etc/shells, /{home}"))]
    pub homes: Observed<Vec<Home>>,
    /// The regular files in those directories whose names begin with a dot, and those that such symbolic links lead to.
    #[schemars(extend("x-source" = "/etc/passwd, /etc/shells, /{home}"))]
    pub dot_files: Observed<Vec<DotFile>>,
    /// The lowest uid of accounts for people (`UID_MIN`).
    #[schemars(extend("x-source" = "/etc/login.defs"))]
    pub first_uid: Observed<i64>,
    /// What an account gets when it is made.
    pub defaults: NewAccount,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// File and line that it stands in.
    pub place: String,
    /// Its number.
    pub uid: u32,
    /// Its primary group.
    pub gid: u32,
    /// Whether `/etc/group` has its primary group.
    pub group_exists: Observed<bool>,
    /// How many accounts have its name, itself included.
    pub same_name: i64,
    /// How many accounts have its number, itself included.
    pub same_uid: i64,
    /// The program that a login starts; `/bin/sh` where the field is empty.
    pub shell: String,
    /// What that program lets a person do.
    pub shell_kind: Observed<ShellKind>,
    /// Whether its password is kept in `/etc/shadow`, that is, whether the field in `/etc/passwd` is `x`.
    pub shadowed: bool,
    /// The state of its password, never the hash.
    pub password: Observed<Password>,
}

/// What the shell of an account lets a person do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShellKind {
    /// `/etc/shells` lists it.
    Listed,
    /// A login ends at once: `nologin`, `false`, or a program that is not there.
    Refusing,
    /// A program that `/etc/shells` does not list; a login runs it all the same.
    Unlisted,
}

/// The state of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// What can be done with it.
    pub state: PasswordState,
    /// The method of its hash, such as `yescrypt`, `sha512` or `des`; empty unless it is hashed.
    pub algorithm: String,
    /// Whether it was last changed on a day that is still to come.
    pub changed_in_future: bool,
    /// Days after which it has to be changed; -1 for never.
    pub max_days: i64,
    /// Days for which it cannot be changed again; -1 for none.
    pub min_days: i64,
    /// Days before its end on which its owner is told; -1 for none.
    pub warn_days: i64,
    /// Days after its end for which it can still be changed; -1 for always.
    pub inactive_days: i64,
}

/// What can be done with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordState {
    /// The right one opens the account.
    Hashed,
    /// None is needed.
    Empty,
    /// None fits: the field begins with `!` or `*`.
    Locked,
    /// None fits: the field is no hash that crypt(3) could make, or the account has no line in `/etc/shadow`.
    Unusable,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// File and line that it stands in.
    pub place: String,
    /// Its number.
    pub gid: u32,
    /// How many groups have its name, itself included.
    pub same_name: i64,
    /// How many groups have its number, itself included.
    pub same_gid: i64,
    /// The accounts that `/etc/group` lists as members.
    pub members: Vec<String>,
    /// The accounts of `/etc/passwd` whose primary group it is.
    pub primary_of: Observed<Vec<String>>,
    /// The accounts that `/etc/gshadow` lets change into it.
    pub admitted: Observed<Vec<String>>,
}

/// The home directory of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// The account's name.
    pub user: String,
    /// The account's number.
    pub uid: u32,
    /// Its path; empty where the field is.
    pub path: String,
    /// Who may change or read it; null where no directory is there.
    pub directory: Observed<Option<FileAccess>>,
    /// Whether it could be told which files lie in it: true, or unknown.
    pub listed: Observed<bool>,
}

/// A file in a home directory whose name begins with a dot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DotFile {
    /// The name of the account whose home it is in.
    pub user: String,
    /// The account's number.
    pub uid: u32,
    /// The account's primary group.
    pub gid: u32,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Whether it is a symbolic link; the rest is of what it leads to.
    pub symlink: bool,
    /// Who may change or read it.
    pub file: Observed<FileAccess>,
}

/// What an account gets when it is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Days after which its password has to be changed (`PASS_MAX_DAYS`); -1 for never.
    #[schemars(extend("x-source" = "/etc/login.defs"))]
    pub max_days: Observed<i64>,
    /// Days for which its password cannot be changed again (`PASS_MIN_DAYS`); -1 for none.
    #[schemars(extend("x-source" = "/etc/login.defs"))]
    pub min_days: Observed<i64>,
    /// Days before the password's end on which its owner is told (`PASS_WARN_AGE`); -1 for none.
    #[schemars(extend("x-source" = "/etc/login.defs"))]
    pub warn_days: Observed<i64>,
    /// Days after the password's end for which it can still be changed (`INACTIVE`); -1 for always.
    #[schemars(extend("x-source" = "/etc/default/useradd"))]
    pub inactive_days: Observed<i64>,
    /// How passwords are hashed (`ENCRYPT_METHOD`), as written; `DES` where nothing is said.
    #[schemars(extend("x-source" = "/etc/login.defs"))]
    pub encrypt_method: Observed<String>,
}
