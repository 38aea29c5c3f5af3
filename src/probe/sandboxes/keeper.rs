//! The process that keeps a sandbox: the shim or monitor of its runtime, which knows its name and where its bundle is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::Found;
use super::bundle::Bundle;
use crate::facts::{Gap, GapKind, Runtime};
use crate::probe::System;
use crate::probe::census::Census;
use crate::probe::cgroup::name::is_id;

/// Who keeps a sandbox, as far as it can be seen.
pub(super) struct Keeper {
    /// The process; none when the first process has no parent left but the host's first.
    pid: Option<u32>,
    program: Program,
    id: String,
    arguments: Vec<String>,
}

/// The programs that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Shim,
    Conmon,
    Lxc,
    Nspawn,
    Other,
}

impl Keeper {
    /// The parent of a sandbox's first process, which has this id.
    pub(super) fn of(system: &System, census: &Census, first: u32, id: &str) -> Self {
        let parent = census.get(first).and_then(|seen| seen.detail.as_ref()).map(|detail| detail.parent);
        let pid = parent.filter(|pid| *pid > 1);
        let executable = pid.and_then(|pid| system.link(format!("/proc/{pid}/exe")).ok()).unwrap_or_default();
        let name = executable.file_name().map(OsStr::as_bytes).unwrap_or_default();
        let program = match name.strip_suffix(b" (deleted)").unwrap_or(name) {
            name if name.starts_with(b"containerd-shim") => Program::Shim,
            b"conmon" => Program::Conmon,
            b"lxc-start" | b"lxc-execute" | b"lxd" | b"incusd" => Program::Lxc,
            b"systemd-nspawn" => Program::Nspawn,
            _ => Program::Other,
        };
        let known = matches!(program, Program::Shim | Program::Conmon);
        let line = pid.filter(|_| known).and_then(|pid| system.read_lossy(format!("/proc/{pid}/cmdline")).ok());
        let arguments = line.unwrap_or_default().split('\0').map(str::to_owned).collect();
        Self { pid, program, id: id.to_owned(), arguments }
    }

    /// Its process.
    pub(super) const fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// The value after one of its flags.
    fn argument(&self, flag: &str) -> Option<&str> {
        let mut words = self.arguments.iter();
        words.find(|word| *word == flag)?;
        words.next().map(String::as_str).filter(|word| !word.is_empty())
    }

    /// What keeps the sandbox, where its control group did not tell.
    pub(super) fn runtime(&self, by_group: Runtime) -> Runtime {
        match (by_group, self.program) {
            (Runtime::Unknown | Runtime::Oci, Program::Shim) => match self.argument("-namespace") {
                Some("moby") => Runtime::Docker,
                _ => Runtime::Containerd,
            },
            (Runtime::Unknown | Runtime::Oci, Program::Conmon) => Runtime::Podman,
            (Runtime::Unknown, Program::Lxc) => Runtime::Lxc,
            (Runtime::Unknown, Program::Nspawn) => Runtime::Nspawn,
            (known, _) => known,
        }
    }

    /// The sandbox's identifier: of a shim that keeps one container alone, its argument.
    pub(super) fn id(&self, by_group: &str) -> String {
        let is_pid = by_group.bytes().all(|byte| byte.is_ascii_digit());
        let told = match self.program {
            Program::Shim => self.argument("-id"),
            Program::Conmon => self.argument("-c"),
            _ => None,
        };
        told.filter(|_| is_pid).unwrap_or(by_group).to_owned()
    }

    /// The sandbox's name: the runtime's own, else what its bundle says, else its id, else its program.
    pub(super) fn name(&self, runtime: Runtime, bundle: Option<&Bundle>, found: &Found) -> String {
        let told = self.argument("-n").filter(|_| self.program == Program::Conmon).map(str::to_owned);
        let program = Some(&found.program).filter(|name| runtime == Runtime::Unknown && !name.is_empty()).cloned();
        told.or_else(|| bundle?.name.clone()).or(program).unwrap_or_else(|| short(self.id(&found.home.id)))
    }

    /// What the sandbox's runtime was told.
    pub(super) fn bundle(&self, system: &System) -> Result<Bundle, Gap> {
        let Some(pid) = self.pid else {
            return Err(Gap::new(GapKind::Missing, "the process that started it is gone"));
        };
        let tree = System::at(system.real(format!("/proc/{pid}/root")));
        match self.program {
            // A shim works in the bundle of the container that it was started for; others of the same pod lie beside it.
            Program::Shim => match self.argument("-id") {
                Some(id) if id != self.id && self.id.len() == 64 => {
                    Bundle::read(system, &tree, &format!("/proc/{pid}/cwd/../{}/config.json", self.id))
                }
                _ => Bundle::read(system, &tree, &format!("/proc/{pid}/cwd/config.json")),
            },
            Program::Conmon => match self.argument("-b").filter(|path| path.starts_with('/')) {
                Some(path) => Bundle::read(system, &tree, &format!("/proc/{pid}/root{path}/config.json")),
                None => Err(Gap::new(GapKind::Missing, format!("/proc/{pid}/cmdline: conmon tells no bundle"))),
            },
            Program::Lxc | Program::Nspawn | Program::Other => {
                Err(Gap::new(GapKind::Unsupported, "only OCI runtimes keep what they were told where it can be read"))
            }
        }
    }
}

/// An id as engines show it: the first twelve of its digits.
fn short(id: String) -> String {
    if is_id(&id) { id.chars().take(12).collect() } else { id }
}
