//! The machine and its operating system; what the kernel tells of it, by sysinfo.

use std::collections::BTreeSet;

use sysinfo::{MemoryRefreshKind, RefreshKind};

use super::{System, shell_variables};
use crate::facts::{Gap, GapKind, Host, Observed, OperatingSystem};

/// What the machine calls itself. Host name and files are those of the auditor's own namespaces.
///
/// Which container engines run is looked for only if that is wanted: it takes a look at every process.
pub fn observe(machine: &System, engines: bool) -> Host {
    let kernel = |what: &str| machine.running(what);
    Host {
        name: name(machine),
        os: os(machine),
        kernel: kernel("a kernel").map_or_else(Into::into, |()| text(sysinfo::System::kernel_version())),
        container_engines: if engines { container_engines(machine).into() } else { Observed::not_collected() },
        memory_bytes: kernel("memory").map_or_else(Into::into, |()| memory()),
        content_trust: Observed::not_collected(),
    }
}

const RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// Programs that run containers, by the names that the kernel keeps of them.
///
/// Podman has no daemon: what it leaves running for each container is conmon.
const ENGINES: [&str; 6] = ["conmon", "containerd", "crio", "dockerd", "kubelet", "podman"];

fn container_engines(machine: &System) -> Result<Vec<String>, Gap> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for pid in machine.list("/proc")?.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        match machine.read_lossy(format!("/proc/{pid}/comm")) {
            Ok(name) => found.extend(ENGINES.iter().find(|engine| **engine == name.trim_end())),
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found.into_iter().map(|engine| (*engine).to_owned()).collect())
}

fn text(answer: Result<String, sysinfo::Error>) -> Observed<String> {
    match answer {
        Ok(text) if text.is_empty() => Observed::unknown(GapKind::Missing, "the kernel gives an empty answer"),
        Ok(text) => Observed::known(text),
        Err(error) => Observed::unknown(GapKind::Unsupported, error.to_string()),
    }
}

/// The kernel's host name; of a machine that does not run, the one that it boots with, as systemd reads it (`man 5 hostname`).
pub(super) fn name(machine: &System) -> Observed<String> {
    let file = if machine.is_offline() { "/etc/hostname" } else { "/proc/sys/kernel/hostname" };
    machine.read(file).map_or_else(Into::into, |text| {
        let mut lines = text.lines().map(str::trim);
        match lines.find(|line| !line.is_empty() && !line.starts_with('#')) {
            Some(name) if machine.is_offline() => Observed::from_source(name.to_owned(), file),
            Some(name) => Observed::known(name.to_owned()),
            None => Observed::unknown(GapKind::Missing, format!("{file}: no name")),
        }
    })
}

/// The distribution, by os-release (`man os-release`): the first file that is there counts, and alone.
pub fn os(machine: &System) -> Observed<OperatingSystem> {
    let there = |file: &&&str| !machine.resolve(file).is_err_and(|gap| gap.kind == GapKind::Missing);
    let Some(file) = RELEASE.iter().find(there) else {
        return Observed::unknown(GapKind::Missing, format!("{}: not there", RELEASE.join(", ")));
    };
    let value = |name: &str| shell_variables::value(machine, file, name).as_known().cloned();
    let or = |value: String, default: &str| if value.is_empty() { default.to_owned() } else { value };
    let read = || {
        let (id, version) = (or(value("ID")?, "linux"), value("VERSION_ID")?);
        let name = format!("{} {version}", or(value("NAME")?, "Linux"));
        Ok(OperatingSystem { id, version, name: name.trim().to_owned() })
    };
    read().into()
}

fn memory() -> Observed<i64> {
    let ram = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let bytes = match sysinfo::System::new_with_specifics(ram) {
        Ok(system) => system.total_memory(),
        Err(error) => return Observed::unknown(GapKind::Unsupported, error.to_string()),
    };
    match i64::try_from(bytes) {
        Ok(bytes) if bytes > 0 => Observed::known(bytes),
        _ => Observed::unknown(GapKind::Missing, "/proc/meminfo: no MemTotal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_name_a_kernel_and_memory() {
        let host = observe(&System::live(), true);
        let line = |path| System::live().read(path).unwrap();
        assert_eq!(host.name.value().unwrap(), line("/proc/sys/kernel/hostname").trim());
        assert_eq!(host.kernel.value().unwrap(), line("/proc/sys/kernel/osrelease").trim());
        let kib = line("/proc/meminfo").lines().next().unwrap().split_whitespace().nth(1).unwrap().parse::<i64>();
        assert_eq!(*host.memory_bytes.value().unwrap(), kib.unwrap() * 1024);
        let release = line("/etc/os-release");
        let os = host.os.value().unwrap();
        assert!(release.contains(&format!("ID={}", os.id)), "{os:?}");
        assert!(os.name.ends_with(&os.version), "{os:?}");
    }

    #[test]
    fn engines_are_known_by_the_names_of_their_processes() {
        let tree = crate::probe::tree::Tree::new();
        assert_eq!(container_engines(&tree.system()), Ok(Vec::new()));
        tree.file("proc/700/comm", "dockerd\n")
            .file("proc/701/comm", "containerd\n")
            .file("proc/702/comm", "dockerd-x\n");
        assert_eq!(container_engines(&tree.system()), Ok(vec!["containerd".to_owned(), "dockerd".to_owned()]));
    }

    #[test]
    fn an_empty_answer_is_no_answer() {
        assert_eq!(text(Ok(String::new())).gap().unwrap().kind, GapKind::Missing);
    }
}
