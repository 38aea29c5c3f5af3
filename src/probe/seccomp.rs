//! Seccomp profiles in Docker's format, as far as they are judged.

use serde::Deserialize;
use serde_json::Value;

/// System calls that lead towards the kernel or the host, and that Docker's profile allows only with a capability, if at all.
pub(super) const RISKY: [&str; 34] = [
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

/// What a profile lets pass.
pub(super) struct Profile {
    /// What happens to a system call that it does not list, such as `SCMP_ACT_ERRNO`.
    pub(super) default_action: String,
    /// The risky system calls that it allows whatever their arguments and whatever capabilities the container has.
    pub(super) risky_syscalls: Vec<String>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "defaultaction")]
    default_action: String,
    #[serde(default)]
    syscalls: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    name: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    action: String,
    #[serde(default)]
    args: Option<Vec<Value>>,
    #[serde(default)]
    includes: Option<Filter>,
}

/// When a rule holds at all.
#[derive(Default, Deserialize)]
struct Filter {
    #[serde(default)]
    caps: Option<Vec<String>>,
}

impl Profile {
    /// Reads a profile; the engine takes its keys in any case.
    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        Self::of(serde_json::from_str(json)?)
    }

    /// The same of what is JSON already.
    pub(super) fn of(json: Value) -> serde_json::Result<Self> {
        let written: Written = serde_json::from_value(lower_keys(json))?;
        let risky = |call: &&&str| written.allows(call);
        let risky_syscalls = RISKY.iter().filter(risky).map(|call| (*call).to_owned()).collect();
        Ok(Self { risky_syscalls, default_action: written.default_action })
    }
}

impl Written {
    /// Whether a system call passes without condition.
    fn allows(&self, call: &str) -> bool {
        let allows = |action: &str| matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG");
        let of_call = |rule: &&Rule| rule.name == call || rule.names.iter().flatten().any(|name| name == call);
        let always = |rule: &&Rule| {
            let caps = rule.includes.as_ref().and_then(|filter| filter.caps.as_ref());
            rule.args.as_ref().is_none_or(Vec::is_empty) && caps.is_none_or(Vec::is_empty)
        };
        let mut rules = self.syscalls.iter().flatten().filter(always).filter(of_call).peekable();
        if rules.peek().is_none() { allows(&self.default_action) } else { rules.any(|rule| allows(&rule.action)) }
    }
}

fn lower_keys(json: Value) -> Value {
    match json {
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key.to_lowercase(), lower_keys(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(lower_keys).collect(),
        other => other,
    }
}
