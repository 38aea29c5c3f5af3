//! Kernel settings: their values at run time, and those that they get at boot.

mod at_boot;

pub use at_boot::at_boot;

use super::namespace::Kind;
use super::{System, View};
use crate::facts::{Gap, GapKind, Observed};

/// Settings of `kernel.` that each IPC namespace has for itself.
const IPC: [&str; 12] = [
    "auto_msgmni",
    "msg_next_id",
    "msgmax",
    "msgmnb",
    "msgmni",
    "sem",
    "sem_next_id",
    "shm_next_id",
    "shm_rmid_forced",
    "shmall",
    "shmmax",
    "shmmni",
];

/// A setting by its dotted or slashed name, as sysctl(8) reads names: inner white space stays, the final newline goes.
///
/// A setting that each namespace has for itself is unknown unless the auditor is in the machine's initial one.
/// Source: `/proc/sys`.
pub fn observe(system: &System, view: &View, name: &str) -> Observed<String> {
    look(system, view, name).into()
}

fn look(system: &System, view: &View, name: &str) -> Result<String, Gap> {
    let relative = path(name)?;
    system.running(format_args!("/proc/sys/{relative}"))?;
    if let Some(kind) = namespaced(&relative) {
        view.clear(kind)?;
    }
    let text = system.read(format!("/proc/sys/{relative}"))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// The path below `/proc/sys`. What comes first decides which of dot and slash separates; the other is part of a name.
fn path(name: &str) -> Result<String, Gap> {
    let path = match name.find(['.', '/']) {
        Some(at) if name.get(at..).is_some_and(|rest| rest.starts_with('.')) => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
        _ => name.to_owned(),
    };
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\0') {
        return Err(Gap::new(GapKind::Malformed, format!("{}: not the name of a kernel setting", name.escape_debug())));
    }
    Ok(path)
}

/// The kind of namespace whose own the setting is.
fn namespaced(path: &str) -> Option<Kind> {
    match path.split_once('/')? {
        ("net", _) => Some(Kind::Net),
        ("user", _) => Some(Kind::User),
        ("fs", rest) if rest.starts_with("mqueue/") => Some(Kind::Ipc),
        ("kernel", rest) if IPC.contains(&rest) => Some(Kind::Ipc),
        ("kernel", "hostname" | "domainname") => Some(Kind::Uts),
        ("kernel", "pid_max" | "ns_last_pid") | ("vm", "memfd_noexec") => Some(Kind::Pid),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
