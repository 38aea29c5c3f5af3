//! Every place that a collection looks at.

use std::collections::BTreeSet;

use crate::plan::Plan;

/// Read whatever is planned: who the auditor is and what it may see, the machine's identity, and the engine's.
const ALWAYS: &[&str] = &[
    "/proc/self/attr/apparmor/current",
    "/proc/self/attr/current",
    "/proc/self/status",
    "/proc/self/mountinfo",
    "/proc/self/ns",
    "/proc/1/ns",
    "/proc/2/ns",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/osrelease",
    "/etc/os-release",
    "/usr/lib/os-release",
    "GET /version",
    "GET /info",
    "GET /containers/json",
    "/proc/{engine}/net/unix",
    "/proc/{engine}/exe",
    "/proc/{engine}/fd",
    "/proc/{engine}/ns",
];

/// Read for the facts about the daemon: what it was started with, and whether its files are older than it. Those lie in the
/// engine's own file tree, where its command line says.
const DAEMON: &[&str] = &[
    "/proc/{engine}/cmdline",
    "/proc/{engine}/cwd",
    "/proc/{engine}/gid_map",
    "/proc/{engine}/stat",
    "/proc/{engine}/status",
    "/proc/{engine}/uid_map",
    "/proc/{engine}/root/{config-file}",
    "/proc/{engine}/root/{pidfile}",
    "/proc/{engine}/root/etc/group",
    "/proc/{engine}/root/etc/nsswitch.conf",
    "/proc/{engine}/root/etc/passwd",
];

/// Files and API calls, sorted; `{…}` stands for what is known only when the audit runs.
pub fn places(plan: &Plan) -> BTreeSet<&str> {
    let daemon = if plan.wants("daemon") { DAEMON } else { &[] };
    ALWAYS.iter().chain(daemon).copied().chain(plan.sources()).collect()
}
