//! Kernel modules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// A module of the kernel, whether it is there or not. `-` and `_` are the same in its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Releases of the installed kernels that have it as a module to load.
    #[schemars(extend("x-source" = "/lib/modules/*/modules.dep"))]
    pub shipped_by: Observed<Vec<String>>,
    /// Whether it is compiled into the running kernel, where no configuration of modules reaches it.
    #[schemars(extend("x-source" = "/lib/modules/*/modules.builtin"))]
    pub built_in: Observed<bool>,
    /// Whether it is loaded.
    #[schemars(extend("x-source" = "/proc/modules"))]
    pub loaded: Observed<bool>,
    /// What modprobe runs instead of loading it, the first `install` line that matches; empty when it loads it.
    #[schemars(extend("x-source" = "/etc/modprobe.d, /run/modprobe.d, /usr/local/lib/modprobe.d, /usr/lib/modprobe.d"))]
    pub install: Observed<String>,
    /// Whether nothing comes of asking modprobe for it: its `install` is a program that does nothing, or the kernel was told to
    /// refuse it by `module_blacklist`.
    #[schemars(extend("x-source" = "/etc/modprobe.d, /run/modprobe.d, /usr/local/lib/modprobe.d, /usr/lib/modprobe.d"))]
    pub refused: Observed<bool>,
    /// Whether nothing loads it by an alias, such as a device or a kind of filesystem: by `blacklist` in modprobe.d, or by
    /// `modprobe.blacklist` or `module_blacklist` on the kernel's command line.
    #[schemars(extend("x-source" = "/etc/modprobe.d, /run/modprobe.d, /usr/local/lib/modprobe.d, /usr/lib/modprobe.d"))]
    pub blacklisted: Observed<bool>,
}

/// A driver of filesystems that an installed kernel has as a module to load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesystemModule {
    /// The module's name.
    pub name: String,
    /// Whether it is loaded.
    pub loaded: bool,
    /// Whether something is mounted by it.
    pub mounted: bool,
    /// Whether modprobe was told not to load it, or not by an alias.
    pub denied: bool,
}
