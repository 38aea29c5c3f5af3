//! What the engine's options about privileges mean: capabilities, `no-new-privileges`, seccomp, SELinux.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::wire::HostConfig;
use crate::facts::{PrivilegeGain, Seccomp, SeccompProfile};
use crate::probe::capability;

/// The capabilities that Docker gives a container that asks for nothing.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// System calls that lead towards the kernel or the host, and that Docker's profile allows only with a capability, if at all.
const RISKY: [&str; 34] = [
    "acct",
    "add_key",
    "bpf",
    "clock_settime",
    "create_module",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "init_module",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "process_vm_writev",
    "quotactl",
    "reboot",
    "request_key",
    "setns",
    "swapon",
    "umount2",
    "unshare",
    "userfaultfd",
];

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
        Some("" | "1" | "t" | "T" | "true" | "TRUE" | "True") => PrivilegeGain::Forbidden,
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
        Some(json) => match serde_json::from_str::<Profile>(json) {
            Ok(profile) => Seccomp {
                profile: SeccompProfile::Custom,
                risky_syscalls: profile.risky(),
                default_action: profile.default_action,
            },
            Err(_) => plain(SeccompProfile::Unreadable),
        },
    }
}

/// A seccomp profile in Docker's format, as far as it is judged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    default_action: String,
    #[serde(default)]
    syscalls: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    name: String,
    #[serde(default)]
    names: Vec<String>,
    action: String,
    #[serde(default)]
    args: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    includes: Filter,
}

/// When a rule holds at all.
#[derive(Default, Deserialize)]
struct Filter {
    #[serde(default)]
    caps: Vec<String>,
}

impl Profile {
    /// The risky system calls that are allowed whatever their arguments and whatever capabilities the container has.
    fn risky(&self) -> Vec<String> {
        let allows = |action: &str| action == "SCMP_ACT_ALLOW" || action == "SCMP_ACT_LOG";
        let names = |rule: &Rule, call: &str| rule.name == call || rule.names.iter().any(|name| name == call);
        let always = |rule: &&Rule| rule.args.as_ref().is_none_or(Vec::is_empty) && rule.includes.caps.is_empty();
        let risky = |call: &&str| {
            let mut rules = self.syscalls.iter().filter(always).filter(|rule| names(rule, call)).peekable();
            if rules.peek().is_none() { allows(&self.default_action) } else { rules.any(|rule| allows(&rule.action)) }
        };
        RISKY.iter().filter(|call| risky(call)).map(|call| (*call).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests;
