//! The machine and its operating system, by sysinfo.

use std::collections::BTreeSet;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::facts::{Gap, GapKind, Host, Observed, OperatingSystem};

/// What the machine calls itself. Host name and files are those of the auditor's own namespaces.
///
/// Which container engines run is looked for only if that is wanted: it takes a look at every process.
pub fn observe(machine: &crate::probe::System, engines: bool) -> Host {
    Host {
        name: text(System::host_name()),
        os: os(),
        kernel: text(System::kernel_version()),
        container_engines: if engines { container_engines(machine).into() } else { Observed::not_collected() },
        memory_bytes: memory(),
        content_trust: Observed::not_collected(),
    }
}

/// Programs that run containers, by the names that the kernel keeps of them.
///
/// Podman has no daemon: what it leaves running for each container is conmon.
const ENGINES: [&str; 6] = ["conmon", "containerd", "crio", "dockerd", "kubelet", "podman"];

fn container_engines(machine: &crate::probe::System) -> Result<Vec<String>, Gap> {
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

/// The distribution, by os-release.
pub fn os() -> Observed<OperatingSystem> {
    // Without os-release sysinfo still gives an identifier, its own default.
    let Ok(name) = System::name() else {
        return Observed::unknown(GapKind::Missing, "/etc/os-release: not there, or without NAME");
    };
    let unquoted = |text: String| text.trim_matches('\'').to_owned();
    let version = System::os_version().map(unquoted).unwrap_or_default();
    let name = format!("{} {version}", unquoted(name));
    Observed::known(OperatingSystem { id: unquoted(System::distribution_id()), version, name: name.trim().to_owned() })
}

fn memory() -> Observed<i64> {
    let ram = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let bytes = match System::new_with_specifics(ram) {
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
        let host = observe(&crate::probe::System::live(), true);
        let line = |path| crate::probe::System::live().read(path).unwrap();
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
