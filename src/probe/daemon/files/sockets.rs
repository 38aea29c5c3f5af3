//! The Unix sockets of dockerd's API.
//!
//! dockerd holds other listening sockets than those: libnetwork's, swarm's and metrics' lie in the directory of its run-time
//! state. A socket is the API's if it is the audited one, if dockerd was told to listen on it, or if whoever started dockerd
//! passed it on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Files, Known};
use crate::facts::{Gap, GapKind, Observed, Role};
use crate::probe::daemon::listeners::passed_on;
use crate::probe::daemon::owner::listener;
use crate::probe::daemon::process::Dockerd;
use crate::probe::socket_table::table;

/// Where dockerd keeps its run-time state unless told otherwise.
const STATE: &[&str] = &["/run/docker", "/var/run/docker"];

/// Adds every socket of the API.
pub(super) fn add(known: &Known<'_>, files: &mut Files<'_>) {
    match find(known) {
        Ok(sockets) => {
            for (path, gap) in sockets {
                match gap {
                    None => files.add(Role::ApiSocket, &path),
                    Some(gap) => files.push(Role::ApiSocket, &path, gap.into()),
                }
            }
        }
        Err(gap) => files.lost(Role::ApiSocket, &gap),
    }
}

/// Sockets of the API, and with a gap those that may be.
fn find(known: &Known<'_>) -> Result<Vec<(PathBuf, Option<Gap>)>, Gap> {
    let judge = Judge::new(known);
    let mut found = Vec::new();
    for (inode, paths) in bound(known.dockerd)? {
        let certain: Vec<&String> = paths.iter().filter(|path| judge.named(path)).collect();
        if !certain.is_empty() {
            found.extend(certain.into_iter().map(|path| (PathBuf::from(path), None)));
            continue;
        }
        for path in &paths {
            match judge.passed(path, inode) {
                // A line break in somebody's path makes a line in the kernel's table that looks like another socket.
                Ok(true) if paths.len() > 1 => {
                    let gap = Gap::new(GapKind::Malformed, format!("{path}: socket {inode} has several paths"));
                    found.push((PathBuf::from(path), Some(gap)));
                }
                Ok(true) => found.push((PathBuf::from(path), None)),
                Ok(false) => {}
                Err(gap) => found.push((PathBuf::from(path), Some(gap))),
            }
        }
    }
    Ok(found)
}

/// Paths of the listening sockets that dockerd holds, by inode.
fn bound(dockerd: &Dockerd<'_>) -> Result<BTreeMap<u64, BTreeSet<String>>, Gap> {
    let held: BTreeSet<u64> = dockerd.sockets()?.iter().map(|(_, inode)| *inode).collect();
    let mut bound: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for line in table(dockerd.system, &dockerd.proc("net/unix"))? {
        let line = line?;
        if let Some((inode, path)) = listener(&line).filter(|(inode, _)| held.contains(inode)) {
            bound.entry(inode).or_default().insert(path.to_owned());
        }
    }
    Ok(bound)
}

/// What tells a socket of the API from another one.
struct Judge<'j> {
    known: &'j Known<'j>,
    /// Device and inode of the audited socket.
    audited: Option<(u64, u64)>,
    /// Paths that dockerd was told to listen on.
    told: Vec<PathBuf>,
    /// Directories of dockerd's run-time state.
    state: Vec<PathBuf>,
}

impl<'j> Judge<'j> {
    fn new(known: &'j Known<'j>) -> Self {
        let told = known.hosts.value().into_iter().flatten().filter_map(|host| host.strip_prefix("unix://"));
        let mut state: Vec<PathBuf> = STATE.iter().map(PathBuf::from).collect();
        state.extend(known.dockerd.uid().ok().map(|uid| PathBuf::from(format!("/run/user/{uid}/docker"))));
        state.extend(known.options.text("exec-root", "/run/docker").value().map(PathBuf::from));
        Self {
            known,
            audited: known.dockerd.system.identity(&known.engine.socket).ok(),
            told: told.map(|path| PathBuf::from(if path.is_empty() { "/var/run/docker.sock" } else { path })).collect(),
            state,
        }
    }

    /// Whether a path is that of the audited socket, or one that dockerd was told.
    fn named(&self, path: &str) -> bool {
        let path = Path::new(path);
        let root = &self.known.dockerd.root;
        let same = |told: &PathBuf| {
            told == path || root.resolve(told).is_ok_and(|told| root.resolve(path).is_ok_and(|path| path == told))
        };
        self.told.iter().any(same)
            || self.audited.is_some_and(|audited| root.identity(path).is_ok_and(|identity| identity == audited))
    }

    /// Whether a socket of which nobody told dockerd was passed on to it.
    fn passed(&self, path: &str, inode: u64) -> Result<bool, Gap> {
        let own = self.state.iter().any(|state| Path::new(path).starts_with(state));
        let passed = match self.known.hosts {
            Observed::Known { value, .. } if value.iter().any(|host| host.starts_with("fd://")) => {
                passed_on(self.known.dockerd, inode)
            }
            Observed::Known { .. } => Ok(false),
            Observed::Unknown { gap, .. } => {
                Err(Gap::new(gap.kind, format!("{path}: dockerd listens on it, which may be its API: {}", gap.detail)))
            }
        };
        match passed {
            Err(_) if own => Ok(false),
            Ok(true) if path.contains(char::REPLACEMENT_CHARACTER) => {
                Err(Gap::new(GapKind::Unsupported, format!("{path}: the socket's path is not UTF-8")))
            }
            passed => passed,
        }
    }
}
