//! What the mounts of a container show of the host and of the kernel, as the kernel has them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::cgroup::{self, Group, Reach, Resource};
use super::mountinfo::{self, Line};
use super::process::Reference;
use super::{System, docker, namespace};
use crate::facts::{Confinement, Gap, GapKind, KernelMount};

/// A table of mounts: those of one mount namespace.
#[derive(Clone, Debug)]
pub(super) struct Table {
    lines: Vec<Line>,
}

/// A place in a filesystem, whatever it is called where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    device: String,
    path: String,
}

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
    pub(super) engine: Result<Table, Gap>,
    /// The machine's mounts.
    pub(super) host: Result<Table, Gap>,
    /// Sockets of engines, with where they really are.
    pub(super) sockets: Result<Vec<(String, Place)>, Gap>,
    /// Where engines keep the files that they mount into containers, in the engine's tree.
    pub(super) state: Vec<String>,
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
        cgroup::limit(system, reference.hierarchies()?, groups, resource, Reach::Unit(group))
    };
    Seen { table: Table::of(system, pid), memory: limit(Resource::Memory), pids: limit(Resource::Pids) }
}

impl Seen {
    /// Compares what was seen with the surroundings and with what was asked for.
    pub(super) fn describe(
        &self,
        system: &System,
        around: &Surroundings,
        declared: &Result<Declared, Gap>,
    ) -> Confinement {
        let of_table = |look: &dyn Fn(&Table) -> Vec<String>| self.table.as_ref().map(look).map_err(Gap::clone).into();
        let mounts = self.table.as_ref().map_err(Gap::clone).map(|table| {
            let own = Own { table, around, asked: declared.as_ref().ok(), told: &around.told(declared) };
            table.lines.iter().map(|line| own.describe(line)).collect()
        });
        Confinement {
            mounts: mounts.into(),
            writable: of_table(&|table| table.writable(system)),
            exposed: of_table(&|table| table.exposed(system)),
            memory_max_bytes: self.memory.clone().into(),
            pids_max: self.pids.clone().into(),
        }
    }
}

impl Table {
    /// The mounts that a process sees.
    pub(super) fn of(system: &System, pid: u32) -> Result<Self, Gap> {
        let path = format!("/proc/{pid}/mountinfo");
        let text = system.read_lossy(&path).map_err(|gap| namespace::gone(system, pid, gap))?;
        let lines = mountinfo::lines(&text).map_err(|gap| Gap::new(gap.kind, format!("{path}: {}", gap.detail)))?;
        if lines.is_empty() {
            // The kernel shows nothing of a process that has ended.
            return Err(Gap::new(GapKind::Gone, format!("{path}: empty")));
        }
        Ok(Self { lines })
    }

    /// The mount that a path leads to, walked as the kernel walks it: of the mounts on the one that was reached, the first on
    /// the way is entered.
    fn at(&self, path: &str) -> Option<&Line> {
        let mut here = self.root()?;
        // No more steps than mounts: a ring would be a lie.
        for _ in &self.lines {
            let below = |line: &&Line| line.parent == here.id && line.id != here.id && covers(&line.point, path);
            match self.lines.iter().filter(below).min_by_key(|line| line.point.len()) {
                Some(next) => here = next,
                None => break,
            }
        }
        Some(here)
    }

    /// Where a path really is.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        let mount = self.at(path)?;
        Some(Place { device: mount.device.clone(), path: join(&mount.root, rest(&mount.point, path)?) })
    }

    /// Where the root directory really is.
    pub(super) fn root_place(&self) -> Option<Place> {
        self.root().map(|root| Place { device: root.device.clone(), path: root.root.clone() })
    }

    /// What a place is called in this table; the mount that shows most of the filesystem is asked first.
    fn path_of(&self, place: &Place) -> Option<String> {
        let shows = |line: &&Line| line.device == place.device && covers(&line.root, &place.path);
        let mount = self.lines.iter().filter(shows).min_by_key(|line| (line.root.len(), line.point.len()))?;
        Some(join(&mount.point, rest(&mount.root, &place.path)?))
    }

    /// Directories of this table's tree that hold `containers/<id>` of which something is mounted in another table.
    pub(super) fn homes_of(&self, id: &str, mounted: &Self) -> Vec<String> {
        let part = format!("/containers/{id}/");
        let home = |line: &Line| {
            let (above, _) = line.root.split_once(&part)?;
            let path = if above.is_empty() { "/" } else { above }.to_owned();
            self.path_of(&Place { device: line.device.clone(), path })
        };
        mounted.lines.iter().filter_map(home).collect()
    }

    /// Whether something of an engine's directory `containers/<id>` is mounted.
    pub(super) fn shows_state_of(&self, id: &str) -> bool {
        self.lines.iter().any(|line| line.root.contains(&format!("/containers/{id}/")))
    }

    /// Interfaces of the kernel that are there and can be written.
    pub(super) fn writable(&self, system: &System) -> Vec<String> {
        let open = |path: &String| self.at(path).is_some_and(|mount| mount.writable && is_kernels(mount));
        let groups = self.lines.iter().filter(|line| is_groups(line) && line.writable && self.is_reached(line));
        let proc = there(system, "/proc", &["bus", "fs", "irq", "sys", "sysrq-trigger"]);
        let found = self.interfaces(&proc, &[""], open).chain(groups.map(|line| line.point.clone()));
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Interfaces of the kernel that tell of the machine, that are there and that nothing masks.
    pub(super) fn exposed(&self, system: &System) -> Vec<String> {
        let of_proc =
            ["acpi", "asound", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats"];
        let (proc, sys) = (there(system, "/proc", &of_proc), there(system, "/sys", &["firmware"]));
        let open = |path: &String| self.at(path).is_some_and(is_kernels);
        self.interfaces(&proc, &sys, open).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The interfaces of each proc and sysfs that is mounted as a whole, or of which a part is mounted elsewhere.
    fn interfaces(&self, proc: &[&str], sys: &[&str], open: impl Fn(&String) -> bool) -> impl Iterator<Item = String> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| is_kernels(line)) {
            let names = if line.filesystem == "proc" { proc } else { sys };
            if line.root == "/" {
                found.extend(names.iter().map(|name| join(&line.point, name)));
            } else if names.iter().any(|name| covers(&format!("/{name}"), &line.root)) {
                found.push(line.point.clone());
            }
        }
        found.retain(open);
        found.into_iter()
    }

    /// Whether a path still leads to a mount, and not to one over it.
    fn is_reached(&self, line: &Line) -> bool {
        self.at(&line.point).is_some_and(|mount| mount.id == line.id)
    }

    /// The mount that everything starts at.
    fn root(&self) -> Option<&Line> {
        let on_none = |line: &&Line| !self.lines.iter().any(|other| other.id == line.parent && other.id != line.id);
        self.lines.iter().filter(|line| line.point == "/").find(on_none)
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
        let table = engine.clone().and_then(|pid| Table::of(system, pid));
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
            host: Table::of(system, 1).or_else(|_| Table::of(system, 2)),
            sockets: sockets.and_then(places),
            state: state.collect(),
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

    /// Whether a place is where engines keep the files that they mount into containers.
    fn keeps(&self, place: &Place) -> Result<bool, Gap> {
        let path = self.engine.as_ref().map_err(Gap::clone)?.path_of(place);
        Ok(path.is_some_and(|path| self.state.iter().any(|state| covers(state, &path))))
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

impl Place {
    /// Whether another place is this one or below it.
    fn holds(&self, other: &Self) -> bool {
        self.device == other.device && covers(&self.path, &other.path)
    }
}

/// One container whose mounts are described.
struct Own<'o> {
    table: &'o Table,
    around: &'o Surroundings,
    /// What it was told to mount, if that is known.
    asked: Option<&'o Declared>,
    told: &'o Result<Vec<Told<'o>>, Gap>,
}

impl Own<'_> {
    fn describe(&self, line: &Line) -> KernelMount {
        let path = line.root.strip_suffix("//deleted").unwrap_or(&line.root);
        let place = Place { device: line.device.clone(), path: path.to_owned() };
        let host_path = self.around.host_path(&place);
        KernelMount {
            destination: line.point.clone(),
            root: line.root.clone(),
            device: line.device.clone(),
            filesystem: line.filesystem.clone(),
            writable: line.writable,
            shared: line.shared,
            declared: self.is_declared(line, &place, &host_path).into(),
            engine_sockets: self.around.sockets_in(&place).into(),
            host_path: host_path.into(),
        }
    }

    fn is_declared(&self, line: &Line, place: &Place, host_path: &Result<String, Gap>) -> Result<bool, Gap> {
        let root = self.table.root();
        let asked =
            |of: fn(&Declared) -> &BTreeSet<String>| self.asked.is_some_and(|asked| of(asked).contains(&line.point));
        if root.is_some_and(|root| root.id == line.id) || is_usual(line) {
            return Ok(true);
        }
        if line.filesystem == "devtmpfs" && (is_usual_device(&line.point) || asked(|asked| &asked.devices)) {
            return Ok(true);
        }
        if is_engines_file(&line.point) && self.around.keeps(place)? {
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

/// Which of some names are in a directory of this machine's kernel.
fn there<'n>(system: &System, directory: &str, names: &[&'n str]) -> Vec<&'n str> {
    names.iter().copied().filter(|name| system.identity(format!("{directory}/{name}")).is_ok()).collect()
}

fn is_kernels(line: &Line) -> bool {
    matches!(line.filesystem.as_str(), "proc" | "sysfs")
}

fn is_groups(line: &Line) -> bool {
    matches!(line.filesystem.as_str(), "cgroup" | "cgroup2")
}

/// Whether a path is another or one of its ancestors.
fn covers(outer: &str, inner: &str) -> bool {
    outer == "/" || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is left of a path below one of its ancestors.
fn rest<'p>(outer: &str, inner: &'p str) -> Option<&'p str> {
    let rest = if outer == "/" { inner } else { inner.strip_prefix(outer)? };
    Some(rest.trim_start_matches('/'))
}

fn join(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        (outer, "") => outer.to_owned(),
        ("/", inner) => format!("/{inner}"),
        (outer, inner) => format!("{outer}/{inner}"),
    }
}

#[cfg(test)]
mod tests;
