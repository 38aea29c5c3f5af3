//! PAM: what its stacks do, and the options that their modules run with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// Where stacks lie, and modules.
const STACKS: &str = "/etc/pam.d, /usr/lib/pam.d, /lib, /usr/lib, /{pam-include}";

/// The stacks that Debian's services share, `common-auth` and its like, and those of su.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pam {
    /// The lines of the shared stacks that run a module, in order, includes resolved.
    #[schemars(extend("x-source" = STACKS))]
    pub modules: Observed<Vec<PamModule>>,
    /// What `pam_faillock` does in the shared stacks.
    #[schemars(extend("x-source" = STACKS))]
    pub lockout: Observed<Lockout>,
    /// Whether no way through `common-password` sets a password with `pam_unix` before `pam_pwquality` was asked.
    #[schemars(extend("x-source" = STACKS))]
    pub quality_checked: Observed<bool>,
    /// Whether no way through `common-password` sets a password with `pam_unix` before `pam_pwhistory` was asked.
    #[schemars(extend("x-source" = STACKS))]
    pub history_checked: Observed<bool>,
    /// Whom `su` lets in, for each of its services.
    #[schemars(extend("x-source" = "/etc/pam.d, /usr/lib/pam.d, /lib, /usr/lib, /{pam-include}, /etc/group, /etc/passwd"))]
    pub su: Observed<Vec<SuLimit>>,
}

/// A line of a stack that runs a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PamModule {
    /// The stack, by the name of its file.
    pub stack: String,
    /// The module without its directory and `.so`, such as `pam_unix`.
    pub module: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether any way through the stack runs it: it is installed, and not jumped over or cut off whatever the lines before it say.
    pub reached: bool,
    /// File and line.
    pub place: String,
}

/// What `pam_faillock` does, whatever way through `common-auth` and `common-account` a login takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// Whether an account that is locked is refused although `pam_unix` takes the password.
    pub refuses: bool,
    /// Whether a login that fails because `pam_unix` does not take the password is counted.
    pub counts: bool,
    /// Whether a login that succeeds resets the count.
    pub resets: bool,
}

/// Whom a service of su lets in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuLimit {
    /// The service: `su`, or `su-l` for login shells.
    pub service: String,
    /// The group whose members alone may use it besides root, by `pam_wheel` and the real uid; empty when others can.
    pub group: String,
    /// The accounts that are in that group, by the machine's own files, root left out; null where there is no such group.
    pub members: Observed<Option<Vec<String>>>,
    /// File and line of the module that says so, or of the stack that does not.
    pub place: String,
}

/// The value of an option that one line of a stack runs its module with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PamValue {
    /// The value; `true` or `false` for a switch.
    pub value: String,
    /// File and line of the module in its stack.
    pub line: String,
    /// Where the value is written: the same line for an argument, a line of the module's configuration, or that it is the default.
    pub place: String,
}
