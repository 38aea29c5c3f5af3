//! What the mounts of a container show of the host and of the kernel, as the kernel has them.

mod table;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::cgroup::{self, Group, Reach, Resource};
use super::mountinfo::Line;
use super::process::Reference;
use super::{System, docker, namespace};
use crate::facts::{Confinement, Gap, KernelMount};
use table::{covers, join, rest};

pub(super) use table::{Interfaces, Place, Table};

/// What a container was told to mount.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    /// Bind mounts and volumes: where they appear inside, and their source in the engine's file tree.
    pub(super) mounts: Vec<(String, Source)>,
    /// Where a tmpfs is mounted.
    pub(super) tmpfs: BTreeSet<String>,
    /// Devices, as paths inside.
    pub(super) devices: BTreeSet<String>,
}

/// The source of a mount that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its path, symbolic links followed; empty when the engine keeps it where it likes.
    pub(super) path: String,
    /// Whether a symbolic link was on the way, which may have led elsewhere when the container was started.
    pub(super) by_link: bool,
}

/// What a container's mounts are compared with.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// The engine's mounts: declared sources are paths of its tree.
    pub(super) engine: Result<Arc<Table>, Gap>,
    /// The machine's mounts.
    pub(super) host: Result<Arc<Table>, Gap>,
    /// Sockets of engines, with where they really are.
    pub(super) sockets: Result<Vec<(String, Place)>, Gap>,
    /// The kernel's interfaces.
    pub(super) interfaces: Result<Interfaces, Gap>,
    /// Where engines keep the files that they mount into containers, in the engine's tree.
    pub(super) state: Vec<String>,
    /// Where engines keep volumes, in the engine's tree.
    pub(super) volumes: Vec<String>,
}

/// What was seen of one container.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    table: Result<Table, Gap>,
    memory: Result<Option<i64>, Gap>,
    pids: Result<Option<i64>, Gap>,
}

/// Looks at a container through its first process; its control group has limits of its own.
pub(super) fn look(system: &System, pid: u32, group: &Group, reference: &Reference) -> Seen {
    let groups = cgroup::groups(system, pid).map_err(|gap| namespace::gone(system, pid, gap));
    let limit = |resource| {
        let groups = groups.as_deref().map_err(Gap::clone)?;
        cgroup::limit(system, reference.hierarchies()?, groups, resource, Reach::Sandbox(group))
    };
    Seen { table: Table::of(system, pid), memory: limit(Resource::Memory), pids: limit(Resource::Pids) }
}

impl Seen {
    /// Its mounts.
    pub(super) const fn table(&self) -> Result<&Table, &Gap> {
        self.table.as_ref()
    }

    /// Compares what was seen with the surroundings and with what was asked for.
    pub(super) fn describe(&self, around: &Surroundings, declared: &Result<Declared, Gap>) -> Confinement {
        let of_table = |look: &dyn Fn(&Table, &Interfaces) -> Vec<String>| {
            let (table, interfaces) = (self.table.as_ref(), around.interfaces.as_ref());
            let seen = table.and_then(|table| interfaces.map(|interfaces| look(table, interfaces)));
            seen.map_err(Gap::clone).into()
        };
        let mounts = self.table.as_ref().map_err(Gap::clone).map(|table| {
            let (asked, told) = (declared.as_ref().ok(), &around.told(declared));
            let own = Own { table, around, storage: Storage::of(around), asked, told };
            table.lines.iter().map(|line| own.describe(line)).collect()
        });
        Confinement {
            mounts: mounts.into(),
            writable: of_table(&Table::writable),
            exposed: of_table(&Table::exposed),
            memory_max_bytes: self.memory.clone().into(),
            pids_max: self.pids.clone().into(),
        }
    }
}

/// A declared mount with the place that its source is today.
struct Told<'t> {
    destination: &'t str,
    source: &'t Source,
    place: Option<Place>,
}

impl Surroundings {
    /// Looks at the mounts of the machine and of the engine, whose data root and sockets are known.
    pub(super) fn observe(
        system: &System,
        engine: &Result<u32, Gap>,
        data_root: Option<&str>,
        sockets: Result<Vec<PathBuf>, Gap>,
    ) -> Self {
        let table = engine.clone().and_then(|pid| Table::of(system, pid)).map(Arc::new);
        let places = |own: Vec<PathBuf>| -> Result<Vec<(String, Place)>, Gap> {
            let table = table.as_ref().map_err(Gap::clone)?;
            let tree = System::at(format!("/proc/{}/root", engine.clone()?));
            let paths =
                docker::sockets(&tree, &own)?.into_iter().map(|socket| socket.path.to_string_lossy().into_owned());
            Ok(paths.filter_map(|path| table.place(&path).map(|place| (path, place))).collect())
        };
        let below =
            data_root.into_iter().flat_map(|root| [format!("{root}/containers"), format!("{root}/overlay-containers")]);
        let state = below.chain(["/run/containers/storage/overlay-containers".to_owned()]);
        Self {
            host: Table::of_machine(system).map(Arc::new),
            sockets: sockets.and_then(places),
            interfaces: Interfaces::observe(system),
            state: state.collect(),
            volumes: data_root.iter().map(|root| format!("{root}/volumes")).collect(),
            engine: table,
        }
    }

    /// Where the sources of declared mounts are; unknown when the engine's tree is.
    fn told<'t>(&self, declared: &'t Result<Declared, Gap>) -> Result<Vec<Told<'t>>, Gap> {
        let declared = declared.as_ref().map_err(Gap::clone)?;
        let engine = self.engine.as_ref().map_err(Gap::clone)?;
        let told = |(destination, source): &'t (String, Source)| Told {
            destination,
            source,
            place: Some(&source.path).filter(|path| !path.is_empty()).and_then(|path| engine.place(path)),
        };
        Ok(declared.mounts.iter().map(told).collect())
    }

    /// The path of the host that a place is; empty when it is no part of the host's tree.
    fn host_path(&self, place: &Place) -> Result<String, Gap> {
        let host = self.host.as_ref().map_err(Gap::clone)?;
        let in_engine = || self.engine.as_ref().ok().and_then(|engine| engine.path_of(place));
        Ok(host.path_of(place).or_else(in_engine).unwrap_or_default())
    }

    /// The sockets of engines that are a place or in it.
    fn sockets_in(&self, place: &Place) -> Result<Vec<String>, Gap> {
        let sockets = self.sockets.as_ref().map_err(Gap::clone)?;
        Ok(sockets.iter().filter(|(_, at)| place.holds(at)).map(|(name, _)| name.clone()).collect())
    }
}

/// Where engines keep what they mount into containers, by its paths in the engine's tree and by where these really are: a data root may
/// be another directory that is mounted there.
struct Storage<'s> {
    engine: Result<&'s Table, &'s Gap>,
    state: Vec<(&'s str, Option<Place>)>,
    volumes: Vec<(&'s str, Option<Place>)>,
}

impl<'s> Storage<'s> {
    fn of(around: &'s Surroundings) -> Self {
        let engine = around.engine.as_deref();
        let at = |path: &'s String| (path.as_str(), engine.ok().and_then(|engine| engine.place(path)));
        let (state, volumes) = (around.state.iter().map(at).collect(), around.volumes.iter().map(at).collect());
        Self { engine, state, volumes }
    }

    /// What a place that is mounted at a point is of an engine's.
    fn of_engine(&self, place: &Place, point: &str) -> Result<OfEngine, Gap> {
        let Some(path) = self.engine.map_err(Gap::clone)?.path_of(place) else { return Ok(OfEngine::Nothing) };
        let is_file = |file: &str| is_engines_file(point) || file.split('/').nth(1) == Some("mounts");
        let is_data = |of_volume: &str| of_volume.split('/').nth(1) == Some("_data");
        if is_below(&self.state, &path, place, is_file) || is_of_some_container(&path, point) {
            return Ok(OfEngine::File);
        }
        let is_volume = is_below(&self.volumes, &path, place, is_data);
        Ok(if is_volume { OfEngine::Volume } else { OfEngine::Nothing })
    }
}

/// What an engine keeps for containers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OfEngine {
    /// A file for one container: its `hosts` and the like where they belong, and anywhere what is in its directory `mounts`, such as
    /// secrets.
    File,
    /// A volume in its own storage.
    Volume,
    Nothing,
}

/// Whether what is left of a path or of a place below one of some directories is as it should be.
fn is_below(directories: &[(&str, Option<Place>)], path: &str, place: &Place, is_it: impl Fn(&str) -> bool) -> bool {
    directories.iter().any(|(directory, at)| {
        let by_path = Some(path).filter(|path| covers(directory, path)).and_then(|path| rest(directory, path));
        let at = at.as_ref().filter(|at| at.holds(place));
        let by_place = at.and_then(|at| rest(&at.path, &place.path));
        by_path.into_iter().chain(by_place).any(&is_it)
    })
}

/// One container whose mounts are described.
struct Own<'o> {
    table: &'o Table,
    around: &'o Surroundings,
    storage: Storage<'o>,
    /// What it was told to mount, if that is known.
    asked: Option<&'o Declared>,
    told: &'o Result<Vec<Told<'o>>, Gap>,
}

impl Own<'_> {
    fn describe(&self, line: &Line) -> KernelMount {
        let path = line.root.strip_suffix("//deleted").unwrap_or(&line.root);
        let place = Place { device: line.device.clone(), path: path.to_owned() };
        let host_path = self.around.host_path(&place);
        let of_engine = self.storage.of_engine(&place, &line.point);
        KernelMount {
            destination: line.point.clone(),
            root: line.root.clone(),
            device: line.device.clone(),
            filesystem: line.filesystem.clone(),
            writable: line.writable,
            shared: line.shared,
            declared: self.is_declared(line, &place, &host_path, &of_engine).into(),
            kept: of_engine.map(|of_engine| of_engine != OfEngine::Nothing).into(),
            engine_sockets: self.around.sockets_in(&place).into(),
            host_path: host_path.into(),
        }
    }

    fn is_declared(
        &self,
        line: &Line,
        place: &Place,
        host_path: &Result<String, Gap>,
        of_engine: &Result<OfEngine, Gap>,
    ) -> Result<bool, Gap> {
        let root = self.table.root();
        let asked =
            |of: fn(&Declared) -> &BTreeSet<String>| self.asked.is_some_and(|asked| of(asked).contains(&line.point));
        if root.is_some_and(|root| root.id == line.id) || is_usual(line) {
            return Ok(true);
        }
        if line.filesystem == "devtmpfs" && (is_usual_device(&line.point) || asked(|asked| &asked.devices)) {
            return Ok(true);
        }
        if *of_engine.as_ref().map_err(Gap::clone)? == OfEngine::File {
            return Ok(true);
        }
        if is_engines_init(line, place) {
            return Ok(true);
        }
        let made_for_it = line.filesystem == "tmpfs" && (is_usual_tmpfs(line) || asked(|asked| &asked.tmpfs));
        if made_for_it && host_path.as_ref().map_err(Gap::clone)?.is_empty() {
            return Ok(true);
        }
        let told = self.told.as_ref().map_err(Gap::clone)?;
        // What it has anyway may appear in it once more.
        let whole = self.table.root_place();
        let mut has = whole.iter().chain(told.iter().filter_map(|told| told.place.as_ref()));
        if has.any(|has| has.holds(place)) {
            return Ok(true);
        }
        // Of several mounts that cover a path, it is on the innermost.
        let covering = told.iter().filter(|told| covers(told.destination, &line.point));
        let Some(on) = covering.max_by_key(|told| told.destination.len()) else { return Ok(false) };
        if on.source.by_link || on.source.path.is_empty() {
            return Ok(true);
        }
        // What is mounted below a source on the host came along.
        let engine = self.around.engine.as_ref().map_err(Gap::clone)?;
        let below = rest(on.destination, &line.point).unwrap_or_default();
        Ok(engine.place(&join(&on.source.path, below)).is_some_and(|told| told == *place))
    }
}

/// Whether a mount is one of the kernel's filesystems where every container has it.
fn is_usual(line: &Line) -> bool {
    let at = |places: &[&str]| places.contains(&line.point.as_str());
    // Parts of it are mounted over themselves to protect them.
    let part_of = |whole: &str| rest(whole, &line.point).is_some_and(|rest| line.root.trim_start_matches('/') == rest);
    match line.filesystem.as_str() {
        "proc" => covers("/proc", &line.point) && part_of("/proc"),
        "sysfs" => covers("/sys", &line.point) && part_of("/sys"),
        "devpts" => at(&["/dev/pts", "/dev/console"]),
        "mqueue" => at(&["/dev/mqueue"]),
        "cgroup" | "cgroup2" => covers("/sys/fs/cgroup", &line.point),
        _ => false,
    }
}

/// Whether a tmpfs is where every container has one, or masks a part of the kernel's filesystems.
fn is_usual_tmpfs(line: &Line) -> bool {
    let masks = covers("/proc", &line.point) || covers("/sys", &line.point);
    ["/dev", "/dev/shm", "/sys/fs/cgroup"].contains(&line.point.as_str()) || masks
}

/// Whether a mount is the small first program that engines put into a container when they are asked to.
fn is_engines_init(line: &Line, place: &Place) -> bool {
    let at = ["/sbin/docker-init", "/run/podman-init", "/dev/init"].contains(&line.point.as_str());
    let is = ["docker-init", "tini", "tini-static", "catatonit"]
        .iter()
        .any(|name| place.path.rsplit('/').next() == Some(*name));
    at && is && !line.writable
}

/// Devices that every container has; in a user namespace they are mounted one by one.
fn is_usual_device(point: &str) -> bool {
    ["/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"].contains(&point)
        || covers("/proc", point)
}

/// What engines mount from a container's own directory.
fn is_engines_file(point: &str) -> bool {
    ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/dev/shm", "/run/.containerenv", "/run/secrets"]
        .contains(&point)
        || covers("/run/secrets", point)
}

/// Whether a path is in a directory that is called like a container, as every engine keeps them wherever its storage is: a file of the
/// same name as where it is mounted, or anything in the directory `mounts`.
fn is_of_some_container(path: &str, point: &str) -> bool {
    let is_id = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut below = path.split('/').skip_while(|part| !is_id(part)).skip(1).skip_while(|part| *part == "userdata");
    let bare = |name: &str| name.trim_start_matches('.').to_owned();
    match (below.next(), below.next()) {
        (Some("mounts"), Some(_)) => true,
        (Some(name), None) => is_engines_file(point) && point.rsplit('/').next().map(bare) == Some(bare(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
