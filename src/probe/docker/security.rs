//! What the engine's options about privileges mean: capabilities, `no-new-privileges`, seccomp, SELinux.

use std::collections::BTreeSet;

use super::wire::HostConfig;
use crate::facts::{PrivilegeGain, Seccomp, SeccompProfile};
use crate::probe::capability::{self, DEFAULT};
use crate::probe::go::boolean;
use crate::probe::seccomp::Profile;

/// The capabilities that a container was given, in the kernel's order.
pub(super) fn capabilities(config: &HostConfig) -> Vec<String> {
    let names = |list: &Option<Vec<String>>| -> BTreeSet<String> { list.iter().flatten().map(|c| plain(c)).collect() };
    let (add, drop) = (names(&config.cap_add), names(&config.cap_drop));
    let given = |name: &str| {
        if config.privileged {
            true
        } else if add.contains("ALL") {
            !drop.contains(name)
        } else if drop.contains("ALL") {
            add.contains(name)
        } else {
            add.contains(name) || (DEFAULT.contains(&name) && !drop.contains(name))
        }
    };
    capability::NAMES.iter().filter(|name| given(name)).map(|name| (*name).to_owned()).collect()
}

/// A capability's name as the kernel has it, without its prefix.
fn plain(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix("CAP_").map(str::to_owned).unwrap_or(name)
}

/// The value of a security option, which is written `name=value` or, as of old, `name:value`.
fn option<'o>(options: &'o Option<Vec<String>>, name: &str) -> Option<&'o str> {
    let value = |option: &'o String| {
        let rest = option.strip_prefix(name)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix(['=', ':']) }
    };
    // The engine goes through its options in order, and the last one stands.
    options.iter().flatten().filter_map(value).next_back()
}

/// Whether gaining privileges was forbidden.
pub(super) fn privilege_gain(config: &HostConfig) -> PrivilegeGain {
    match option(&config.security_opt, "no-new-privileges") {
        None => PrivilegeGain::DaemonDefault,
        Some(value) if value.is_empty() || boolean(value) == Some(true) => PrivilegeGain::Forbidden,
        Some(_) => PrivilegeGain::Allowed,
    }
}

/// Whether SELinux labelling was switched off.
pub(super) fn selinux_disabled(config: &HostConfig) -> bool {
    let off = |option: &String| matches!(option.as_str(), "label=disable" | "label:disable");
    config.security_opt.iter().flatten().any(off)
}

/// The seccomp profile that a container was given.
pub(super) fn seccomp(config: &HostConfig) -> Seccomp {
    let plain = |profile| Seccomp { profile, default_action: String::new(), risky_syscalls: Vec::new() };
    match option(&config.security_opt, "seccomp") {
        None | Some("") => plain(SeccompProfile::DaemonDefault),
        Some("unconfined") => plain(SeccompProfile::Unconfined),
        Some("builtin") => plain(SeccompProfile::Builtin),
        Some(json) => match Profile::parse(json) {
            Ok(Profile { default_action, risky_syscalls }) => {
                Seccomp { profile: SeccompProfile::Custom, default_action, risky_syscalls }
            }
            Err(_) => plain(SeccompProfile::Unreadable),
        },
    }
}

#[cfg(test)]
mod tests;
