//! What a container's mounts lead to on the host: judged by where they end, not by how they are spelt.

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::wire::{self, Volume};
use crate::facts::{Gap, GapKind, Inspect, Mount};
use crate::probe::System;
use crate::probe::confinement::{Declared, Place, Source, Table};

/// Where container engines usually listen; the audited engine's own sockets are added.
const ENGINE_SOCKETS: [&str; 7] = [
    "/run/docker.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
];

/// Reads the mounts when a container has one that has to be placed among them.
type ReadTable = Box<dyn FnOnce() -> Result<Table, Gap>>;

/// What is needed to follow mounts.
pub(super) struct Mounts {
    /// The file tree as the engine sees it, since the engine resolves the paths.
    tree: Result<System, Gap>,
    /// The mounts in that tree, by which one directory has several paths.
    table: LazyCell<Result<Table, Gap>, ReadTable>,
    volumes: Result<BTreeMap<String, Volume>, Gap>,
    sockets: Result<Vec<Socket>, Gap>,
    /// The places of the sockets, looked up when the first mount is compared with them.
    places: OnceCell<Vec<Option<Place>>>,
}

/// A socket of an engine that is really there.
#[derive(Debug)]
pub(in crate::probe) struct Socket {
    /// Where, symbolic links followed.
    pub(in crate::probe) path: PathBuf,
    identity: (u64, u64),
}

impl Mounts {
    /// Prepares to follow mounts in the engine's tree; `own` are the sockets of
    /// the audited engine and of those beside it.
    pub(super) fn new(
        tree: Result<System, Gap>,
        table: impl FnOnce() -> Result<Table, Gap> + 'static,
        volumes: Result<wire::Volumes, Gap>,
        own: Result<Vec<PathBuf>, Gap>,
    ) -> Self {
        let sockets = tree.clone().and_then(|tree| sockets(&tree, &own?));
        let by_name = |volumes: wire::Volumes| {
            volumes.volumes.into_iter().flatten().map(|volume| (volume.name.clone(), volume)).collect()
        };
        let (table, places) = (LazyCell::new(Box::new(table) as ReadTable), OnceCell::new());
        Self { tree, table, volumes: volumes.map(by_name), sockets, places }
    }

    /// The facts of one mount.
    pub(super) fn describe(&self, mount: &wire::Mount) -> Mount {
        let host_path = self.host_path(mount);
        let engine_sockets = match &host_path {
            Ok(path) => self.reachable(path).into(),
            Err(gap) => gap.clone().into(),
        };
        let alias = host_path.clone().and_then(|path| self.alias(path));
        Mount {
            kind: mount.r#type.clone(),
            destination: mount.destination.clone(),
            source: mount.source.clone(),
            host_path: host_path.into(),
            alias: alias.into(),
            writable: mount.rw,
            propagation: mount.propagation.clone(),
            engine_sockets,
        }
    }

    /// The part of the host's tree that is mounted; empty for none.
    fn host_path(&self, mount: &wire::Mount) -> Result<String, Gap> {
        match mount.r#type.as_str() {
            "bind" => self.resolve(&mount.source),
            "volume" => {
                let volumes = self.volumes.as_ref().map_err(Clone::clone)?;
                match volumes.get(&mount.name).and_then(bound_directory) {
                    Some(directory) => self.resolve(directory),
                    None => Ok(String::new()),
                }
            }
            _ => Ok(String::new()),
        }
    }

    /// Another name that a path of the host has by a mount; a volume that binds it is none.
    fn alias(&self, path: String) -> Result<String, Gap> {
        if path.is_empty() {
            return Ok(path);
        }
        let table = self.table.as_ref().map_err(Clone::clone)?;
        let volumes = self.volumes.as_ref().map_err(Clone::clone)?;
        let lies_at = volumes.values().map(|volume| volume.mountpoint.as_str()).filter(|point| !point.is_empty());
        let lies_at: Vec<&str> = lies_at.collect();
        let is_volume = |name: &str| lies_at.iter().any(|point| Path::new(name).starts_with(point));
        let mut names = table.place(&path).map(|place| table.names_of(&place)).unwrap_or_default();
        names.retain(|name| *name != path && !is_volume(name));
        Ok(names.into_iter().min_by_key(String::len).unwrap_or(path))
    }

    fn resolve(&self, path: &str) -> Result<String, Gap> {
        let tree = self.tree.as_ref().map_err(Clone::clone)?;
        match tree.resolve(path) {
            Ok(real) => Ok(real.to_string_lossy().into_owned()),
            // Nothing is there: what the path would be is what it says.
            Err(gap) if gap.kind == GapKind::Missing => Ok(path.to_owned()),
            Err(gap) => Err(gap),
        }
    }

    /// The engine sockets at or below a path of the host, by whatever name: another one of the same file, or of a directory that is
    /// mounted at a second place; and the place of one that is not there while its engine does not run.
    fn reachable(&self, path: &str) -> Result<Vec<String>, Gap> {
        if path.is_empty() {
            return Ok(Vec::new());
        }
        let sockets = self.sockets.as_ref().map_err(Clone::clone)?;
        let identity = self.tree.as_ref().map_err(Clone::clone)?.identity(path);
        let is_missing = identity.as_ref().is_err_and(|gap| gap.kind == GapKind::Missing);
        if is_missing && ENGINE_SOCKETS.iter().any(|place| path.strip_prefix("/var").unwrap_or(path) == *place) {
            return Ok(vec![path.to_owned()]);
        }
        let table = self.table.as_ref().map_err(Clone::clone)?;
        let place_of = |socket: &Socket| table.place(&socket.path.to_string_lossy());
        let places = self.places.get_or_init(|| sockets.iter().map(place_of).collect());
        let place = table.place(path);
        let holds = |at: &Place| place.as_ref().is_some_and(|place| place.holds(at));
        let inside = |(socket, at): &(&Socket, &Option<Place>)| {
            socket.path.starts_with(path) || identity == Ok(socket.identity) || at.as_ref().is_some_and(holds)
        };
        let found = sockets.iter().zip(places).filter(inside);
        Ok(found.map(|(socket, _)| socket.path.to_string_lossy().into_owned()).collect())
    }
}

/// What a container was told to mount, as the kernel's mounts are compared with it.
pub(super) fn declared(wire: &wire::Inspect, inspect: &Inspect) -> Declared {
    let mut declared = Declared::default();
    declared.tmpfs.extend(wire.host_config.tmpfs.iter().flatten().map(|(path, _)| path.clone()));
    for device in wire.host_config.devices.iter().flatten() {
        declared.devices.insert(device.path_in_container.clone());
    }
    for mount in inspect.mounts.value().into_iter().flatten() {
        if mount.kind == "tmpfs" {
            declared.tmpfs.insert(mount.destination.clone());
            continue;
        }
        let resolved = mount.host_path.value().filter(|path| !path.is_empty());
        let path = resolved.unwrap_or(&mount.source).clone();
        let by_link = mount.kind == "bind" && path != mount.source;
        declared.mounts.push((mount.destination.clone(), Source { path, by_link }));
    }
    declared
}

/// The directory that a local volume binds, if it is such a volume.
fn bound_directory(volume: &Volume) -> Option<&str> {
    let options = volume.options.as_ref().filter(|_| volume.driver == "local")?;
    let device = options.get("device").filter(|device| device.starts_with('/'))?;
    let flags = options.get("o").map(String::as_str).unwrap_or_default();
    let binds = flags.split(',').any(|flag| flag == "bind" || flag == "rbind");
    let a_disk = options.get("type").is_some_and(|kind| !matches!(kind.as_str(), "none" | "bind" | ""));
    // A device node that is mounted as a filesystem is the host's as well.
    (binds || a_disk).then_some(device.as_str())
}

/// The sockets of engines in a tree: those in the usual places, and others that are known.
pub(in crate::probe) fn sockets(tree: &System, own: &[PathBuf]) -> Result<Vec<Socket>, Gap> {
    let mut found: Vec<Socket> = Vec::new();
    for place in ENGINE_SOCKETS.iter().map(Path::new).chain(own.iter().map(PathBuf::as_path)) {
        let socket = tree.resolve(place).and_then(|path| Ok(Socket { identity: tree.identity(&path)?, path }));
        match socket {
            Ok(socket) if found.iter().any(|known| known.identity == socket.identity) => {}
            Ok(socket) => found.push(socket),
            Err(gap) if gap.kind == GapKind::Missing => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found)
}
