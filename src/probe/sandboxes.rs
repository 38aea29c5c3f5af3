//! Whatever is isolated like a container, by what the kernel shows, whoever started it. [`crate::facts::Sandbox`] has the rule.

mod bundle;
mod keeper;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use self::keeper::Keeper;
use super::census::{Census, Detail, Seen};
use super::cgroup::Group;
use super::confinement::{self, Interfaces, Place, Surroundings, Table};
use super::members::{self, Home};
use super::namespace::Kind;
use super::process::{self, Reference, Status};
use super::{System, daemon, docker, namespace};
use crate::facts::{Confinement, Gap, GapKind, Member, Observed, Runtime, Sandbox};
use crate::parallel;

/// What is looked at of sandboxes besides that they are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The parts of first processes.
    pub(super) process: process::Wanted,
    /// Whether mounts and limits are.
    pub(super) kernel: bool,
}

/// Every sandbox but those that an engine has listed, given the ids and the first processes of these.
pub(super) fn observe(
    system: &System,
    census: &Result<Census, Gap>,
    reference: &Reference,
    listed: &[Home],
    wanted: Wanted,
) -> Observed<Vec<Sandbox>> {
    let complete = census.as_ref().map_err(Gap::clone).and_then(|seen| seen.complete().map(|()| seen));
    let find = match complete {
        Ok(census) => Find { system, census, reference, listed },
        Err(gap) => return gap.into(),
    };
    let found = find.all();
    // All are asked for at once, so that the members of one are not taken for those of another.
    let homes: Vec<Home> = found.iter().map(|found| found.home.clone()).chain(listed.iter().cloned()).collect();
    let members = members::of(census, reference, &homes);
    let around = Around::new(system);
    let found: Vec<_> = found.into_iter().zip(members).collect();
    let assemble = Assemble { find: &find, around: &around, wanted };
    let sandboxes = parallel::map(&found, |(found, members)| assemble.sandbox(found, members));
    let mut sandboxes: Vec<Sandbox> = sandboxes.into_iter().flatten().collect();
    sandboxes.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Observed::known(sandboxes)
}

/// What sandboxes are put together from.
struct Assemble<'a> {
    find: &'a Find<'a>,
    around: &'a Around<'a>,
    wanted: Wanted,
}

impl Assemble<'_> {
    /// A sandbox with everything that is wanted; none when it has ended meanwhile, and a part of it was still seen.
    fn sandbox(&self, found: &Found, members: &Observed<Vec<Member>>) -> Option<Sandbox> {
        let Find { system, census, reference, .. } = *self.find;
        let first = found.home.first;
        let keeper = Keeper::of(system, census, first, &found.home.id);
        let bundle = keeper.bundle(system);
        let seen = confinement::look(system, first, &found.home.group, reference);
        let kernel = if self.wanted.kernel {
            let declared = bundle.as_ref().map(|bundle| bundle.mounts.clone()).map_err(Gap::clone);
            seen.describe(&self.around.of(&keeper), &declared)
        } else {
            Confinement::unseen(&Gap::not_collected())
        };
        let process = process::observe(system, first, reference, self.wanted.process);
        let is_gone = |gap: Gap| matches!(gap.kind, GapKind::Missing | GapKind::Gone);
        if Status::read(system, first).map_or_else(is_gone, |status| status.ended()) {
            return None;
        }
        let runtime = keeper.runtime(found.runtime);
        let name = self.around.docker_name(found, &seen);
        Some(Sandbox {
            name: name.unwrap_or_else(|| keeper.name(runtime, bundle.as_ref().ok(), found)),
            id: keeper.id(&found.home.id),
            runtime,
            control_group: found.control_group.clone(),
            declared: bundle.map(|bundle| bundle.spec).into(),
            process,
            processes: members.clone(),
            kernel,
        })
    }
}

/// A sandbox so far.
struct Found {
    home: Home,
    runtime: Runtime,
    control_group: String,
    /// File name of the first program.
    program: String,
}

/// What a control group names: the runtime that it tells of, and who is in it.
type Named<'n> = (Runtime, Vec<(u32, &'n Detail)>);

struct Find<'f> {
    system: &'f System,
    census: &'f Census,
    reference: &'f Reference,
    listed: &'f [Home],
}

impl Find<'_> {
    fn all(&self) -> Vec<Found> {
        let named = self.named();
        let taken: BTreeSet<u64> =
            self.listed.iter().map(|home| home.first).filter_map(|first| self.pid_namespace(first)).collect();
        let isolated = self.census.iter().filter(|(_, seen)| seen.place.named.is_empty());
        let isolated = isolated.filter_map(|(pid, seen)| self.isolated(pid, seen, &taken));
        named.into_iter().chain(isolated).collect()
    }

    fn pid_namespace(&self, pid: u32) -> Option<u64> {
        self.census.get(pid)?.namespaces.get(&Kind::Pid).copied()
    }

    /// Those that control groups name.
    fn named(&self) -> Vec<Found> {
        let mut groups: BTreeMap<&str, Named<'_>> = BTreeMap::new();
        for (pid, seen) in self.census.iter() {
            let Some(detail) = &seen.detail else { continue };
            for named in &seen.place.named {
                let (runtime, members) = groups.entry(&named.id).or_insert((named.runtime, Vec::new()));
                *runtime = (*runtime).min(named.runtime);
                members.push((pid, detail));
            }
        }
        groups.retain(|id, _| !self.listed.iter().any(|home| home.id == *id));
        let found = groups.into_iter().filter_map(|(id, (runtime, members))| {
            let inside: BTreeSet<u32> = members.iter().map(|(pid, _)| *pid).collect();
            // The first process is 1 in its PID namespace, or, without one, whose parent is outside.
            let rank = |(pid, detail): &(u32, &Detail)| {
                (detail.innermost != 1, detail.depth, inside.contains(&detail.parent), *pid)
            };
            let (first, _) = members.into_iter().min_by_key(rank)?;
            self.found(first, id.to_owned(), Group::Named(id.to_owned()), runtime)
        });
        found.collect()
    }

    /// The sandbox of which a process is the first, by its namespaces alone.
    fn isolated(&self, pid: u32, seen: &Seen, taken: &BTreeSet<u64>) -> Option<Found> {
        let detail = seen.detail.as_ref().filter(|detail| detail.innermost == 1 && detail.depth == 2)?;
        if taken.contains(seen.namespaces.get(&Kind::Pid)?) {
            return None;
        }
        let mounts = *seen.namespaces.get(&Kind::Mnt)?;
        let of_host = self.reference.namespaces().is_initial(Kind::Mnt, mounts).value() == Some(&true);
        let apart = self.has_own_root(pid) || self.is_alone(detail, mounts);
        if of_host || !apart || !self.is_container(pid, &seen.place.path) {
            return None;
        }
        let parent = self.census.get(detail.parent);
        let shares = seen.place.path == "/" || parent.is_none_or(|parent| parent.place.path == seen.place.path);
        let group = if shares { Group::Shared } else { Group::At(seen.place.path.clone()) };
        self.found(pid, pid.to_string(), group, Runtime::Unknown)
    }

    /// Whether nobody among the machine's processes is in a mount namespace but the parent of a sandbox's first process, which may have
    /// made both. A browser's sandboxes share theirs with the browser.
    fn is_alone(&self, first: &Detail, mounts: u64) -> bool {
        let outside = self.census.iter().filter(|(pid, _)| *pid != first.parent);
        let is_in = |seen: &Seen| {
            seen.namespaces.get(&Kind::Mnt) == Some(&mounts) && seen.detail.as_ref().is_some_and(|d| d.depth == 1)
        };
        !outside.into_iter().any(|(_, seen)| is_in(seen))
    }

    fn found(&self, first: u32, id: String, group: Group, runtime: Runtime) -> Option<Found> {
        let seen = self.census.get(first)?;
        let executable = seen.detail.as_ref()?.executable.value().map_or("", String::as_str);
        let program = executable.trim_end_matches(" (deleted)").rsplit('/').next().unwrap_or_default().to_owned();
        Some(Found { home: Home { id, group, first }, runtime, control_group: seen.place.path.clone(), program })
    }

    /// Whether isolated processes in a control group are a container, and not a part of the host that is confined.
    fn is_container(&self, pid: u32, group: &str) -> bool {
        let managed = group.rsplit('/').find(|part| part.ends_with(".service") || part.ends_with(".scope"));
        match managed {
            Some(sandbox) if sandbox.starts_with("app-") => false,
            Some(unit) if unit.ends_with(".service") && !unit.starts_with("user@") => self.has_own_root(pid),
            _ => true,
        }
    }

    /// Whether a process has another root filesystem than the machine.
    fn has_own_root(&self, pid: u32) -> bool {
        let root = |pid| Table::of(self.system, pid).ok()?.root_place();
        let host = root(1).or_else(|| root(2));
        root(pid).zip(host).is_some_and(|(own, host)| own != host)
    }
}

/// What sandboxes' mounts are compared with: the machine's own, and those of whoever made them where they are others.
struct Around<'a> {
    system: &'a System,
    host: Surroundings,
    /// The machine's mount namespace.
    of_host: Option<u64>,
    /// Those of others, by their mount namespaces.
    others: Mutex<BTreeMap<u64, Other>>,
}

/// The mounts of another mount namespace, and the sockets of engines that are in it.
#[derive(Clone)]
struct Other {
    table: Result<Arc<Table>, Gap>,
    sockets: Sockets,
}

/// Sockets of engines, with where they really are.
type Sockets = Result<Vec<(String, Place)>, Gap>;

impl Other {
    fn of(system: &System, pid: u32) -> Self {
        let table = Table::of(system, pid).map(Arc::new);
        let tree = System::at(system.real(format!("/proc/{pid}/root")));
        let sockets = table.as_ref().map_err(Gap::clone).and_then(|table| sockets(system, &tree, pid, table));
        Self { table, sockets }
    }
}

/// The sockets of engines that listen in a process's network namespace, or are in the usual places of its tree.
fn sockets(system: &System, tree: &System, pid: u32, table: &Table) -> Sockets {
    let listening = daemon::engine_sockets(system, pid).unwrap_or_default();
    let sockets = docker::sockets(tree, &listening)?;
    let paths = sockets.into_iter().map(|socket| socket.path.to_string_lossy().into_owned());
    Ok(paths.filter_map(|path| table.place(&path).map(|place| (path, place))).collect())
}

/// Where the engines whose state is known keep the files that they mount.
const STATE: [&str; 4] = [
    "/run/containers/storage/overlay-containers",
    "/var/lib/containers/storage/overlay-containers",
    "/var/lib/docker/containers",
    "/run/containerd",
];

/// Where they keep volumes.
const VOLUMES: [&str; 2] = ["/var/lib/containers/storage/volumes", "/var/lib/docker/volumes"];

impl<'a> Around<'a> {
    fn new(system: &'a System) -> Self {
        let host = Table::of_machine(system).map(Arc::new);
        // The machine's own network namespace is that of its second process, the kernel's.
        let sockets = host.as_ref().map_err(Gap::clone).and_then(|table| sockets(system, system, 2, table));
        let (state, volumes) = (STATE.map(str::to_owned).to_vec(), VOLUMES.map(str::to_owned).to_vec());
        let of_host = mount_namespace(system, 1).or_else(|| mount_namespace(system, 2));
        let interfaces = Interfaces::observe(system);
        let host = Surroundings { engine: host.clone(), host, sockets, interfaces, state, volumes };
        Self { system, host, of_host, others: Mutex::default() }
    }

    /// What another Docker engine calls a container of its.
    fn docker_name(&self, found: &Found, seen: &confinement::Seen) -> Option<String> {
        let Group::Named(id) = &found.home.group else { return None };
        docker::disk::name(self.system, self.host.host.as_ref().ok()?, id, seen.table().ok()?)
    }

    fn of(&self, keeper: &Keeper) -> Surroundings {
        let Some((pid, namespace)) = keeper.pid().and_then(|pid| Some((pid, mount_namespace(self.system, pid)?)))
        else {
            return self.host.clone();
        };
        if Some(namespace) == self.of_host {
            return self.host.clone();
        }
        let look = || Other::of(self.system, pid);
        let other = match self.others.lock() {
            Ok(mut others) => others.entry(namespace).or_insert_with(look).clone(),
            Err(_) => look(),
        };
        let both = |own: Vec<_>| Ok([self.host.sockets.clone()?, own].concat());
        Surroundings { engine: other.table, sockets: other.sockets.and_then(both), ..self.host.clone() }
    }
}

fn mount_namespace(system: &System, pid: u32) -> Option<u64> {
    namespace::inode(system, pid, Kind::Mnt).ok()
}

#[cfg(test)]
mod tests;
