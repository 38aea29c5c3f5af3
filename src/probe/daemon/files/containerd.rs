//! The containerd that dockerd works with.

use std::path::{Path, PathBuf};

use toml::Table;

use super::{Files, Known, program};
use crate::facts::{Gap, GapKind, Observed, Role};
use crate::probe::System;
use crate::probe::daemon::owner::{holds, listener};
use crate::probe::daemon::process::{Dockerd, Stat, stat};
use crate::probe::daemon::settings;
use crate::probe::none_if_missing;
use crate::probe::socket_table::table;

/// The shims, by the names of their files.
const SHIMS: &[(Role, &str)] = &[
    (Role::Shim, "containerd-shim"),
    (Role::ShimV1, "containerd-shim-runc-v1"),
    (Role::ShimV2, "containerd-shim-runc-v2"),
];

/// Adds containerd's files.
pub(super) fn add(known: &Known<'_>, files: &mut Files<'_>) {
    let socket = socket(known);
    files.add_at(Role::ContainerdSocket, socket.clone());
    let server = socket.and_then(|socket| server(known.dockerd, &socket));
    let server = match server {
        Ok(server) => server,
        Err(gap) => {
            let roles = [Role::ContainerdConfig, Role::ContainerdState, Role::ContainerdProgram];
            roles.into_iter().chain(SHIMS.iter().map(|(role, _)| *role)).for_each(|role| files.lost(role, &gap));
            return;
        }
    };
    let arguments = server.map_or(Ok(Vec::new()), |pid| Dockerd::new(known.dockerd.system, pid).arguments());
    match arguments {
        Ok(arguments) => {
            let config = PathBuf::from(option(&arguments, &["config", "c"]).unwrap_or("/etc/containerd/config.toml"));
            files.add_at(Role::ContainerdState, state(known.dockerd, &arguments, &config));
            files.add(Role::ContainerdConfig, &config);
        }
        Err(gap) => [Role::ContainerdConfig, Role::ContainerdState].iter().for_each(|role| files.lost(*role, &gap)),
    }
    let program = server.map_or(Ok(PathBuf::from("/usr/bin/containerd")), |pid| program(known.dockerd.system, pid));
    for (role, name) in SHIMS {
        files.add_at(*role, program.clone().map(|program| program.with_file_name(name)));
    }
    files.add_at(Role::ContainerdProgram, program);
}

/// The socket by which dockerd reaches containerd: as told, else that of a containerd which dockerd itself has started, else
/// the machine's.
fn socket(known: &Known<'_>) -> Result<PathBuf, Gap> {
    let told = known.options.text("containerd", "").as_known()?.clone();
    if !told.is_empty() {
        return known.dockerd.absolute(told.strip_prefix("unix://").unwrap_or(&told));
    }
    let runtime = match known.engine.rootless {
        true => format!("/run/user/{}", known.dockerd.uid()?),
        false => "/run".to_owned(),
    };
    let state = match known.options.text("exec-root", &format!("{runtime}/docker")) {
        Observed::Known { value, .. } => known.dockerd.absolute(&value)?.join("containerd"),
        Observed::Unknown { gap, .. } => return Err(gap),
    };
    let own = match none_if_missing(settings::text(known.dockerd, &state.join("containerd.pid")))? {
        // The process id may have passed on to another program since.
        Some(pid) => {
            let pid = pid.trim().parse();
            pid.is_ok_and(|pid| stat(known.dockerd.system, pid).is_ok_and(|stat| is_containerd(&stat)))
        }
        None => false,
    };
    Ok(if own { state.join("containerd.sock") } else { PathBuf::from(format!("{runtime}/containerd/containerd.sock")) })
}

/// The process that serves a socket of containerd.
///
/// A container may run a containerd too, which binds to the same path in its own file tree: the file has to be the same.
fn server(dockerd: &Dockerd<'_>, socket: &Path) -> Result<Option<u32>, Gap> {
    let path = match dockerd.root.resolve(socket) {
        Err(gap) if gap.kind == GapKind::Missing => return Ok(None),
        path => path?,
    };
    let wanted = dockerd.root.identity(&path)?;
    for (pid, _) in dockerd.machine()?.iter().filter(|(_, stat)| is_containerd(stat)) {
        let root = System::at(dockerd.system.real(format!("/proc/{pid}/root")));
        let mut inodes = Vec::new();
        let rows = match table(dockerd.system, Path::new(&format!("/proc/{pid}/net/unix"))) {
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => continue,
            rows => rows?,
        };
        for line in rows {
            let line = line?;
            // The last part of a bound path is never a link, and most sockets are told apart by it.
            let same = |bound: &str| {
                Path::new(bound).file_name() == path.file_name()
                    && root.identity(bound).is_ok_and(|bound| bound == wanted)
            };
            inodes.extend(listener(&line).filter(|(_, bound)| same(bound)).map(|(inode, _)| inode));
        }
        if !inodes.is_empty() && holds(dockerd.system, *pid, &inodes)? {
            return Ok(Some(*pid));
        }
    }
    Ok(None)
}

/// Whether a process calls itself containerd and is no shim.
fn is_containerd(stat: &Stat) -> bool {
    stat.name.contains("containerd") && !stat.name.contains("shim")
}

/// The value of an option on containerd's command line, which takes one hyphen or two.
fn option<'a>(arguments: &'a [String], names: &[&str]) -> Option<&'a str> {
    let mut rest = arguments.iter();
    let mut found = None;
    while let Some(argument) = rest.next() {
        let Some(name) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else { continue };
        match name.split_once('=') {
            Some((name, value)) if names.contains(&name) => found = Some(value),
            None if names.contains(&name) => found = rest.next().map(String::as_str),
            _ => {}
        }
    }
    found
}

/// The directory of containerd's run-time state.
fn state(dockerd: &Dockerd<'_>, arguments: &[String], config: &Path) -> Result<PathBuf, Gap> {
    if let Some(state) = option(arguments, &["state"]) {
        return Ok(PathBuf::from(state));
    }
    let text = none_if_missing(settings::text(dockerd, config))?.unwrap_or_default();
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        Gap::new(GapKind::Malformed, format!("{}: {}", config.display(), error.message()))
    })?;
    let state = table.get("state").and_then(toml::Value::as_str).filter(|state| !state.is_empty());
    Ok(PathBuf::from(state.unwrap_or("/run/containerd")))
}
