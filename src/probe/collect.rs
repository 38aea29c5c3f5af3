//! One collection: everything that a plan wants, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use super::docker::{Answers, Described, Session};
use super::process::Reference;
use super::{System, View, daemon, file, host, mounts, namespace, process, programs, sysctl};
use crate::facts::{Container, Daemon, Engine, FORMAT, Facts, Gap, GapKind, Observed, Program};
use crate::parallel;
use crate::plan::Plan;

/// Looks at the machine, and at its engine if there is one.
pub fn collect(plan: &Plan, session: Option<Session>) -> Facts {
    let system = System::live();
    let collected_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (host, mut engine) = thread::scope(|scope| {
        let host = scope.spawn(|| HostSide::collect(&system, plan));
        let engine = EngineSide::collect(&system, plan, session);
        (host.join().unwrap_or_else(|_| HostSide::lost()), engine)
    });
    let reference = Reference::observe(&system, engine.pid.as_ref().ok().copied());
    let view = View::observe(&system, &reference);
    let containers = containers(&system, plan, &mut engine, &reference);
    let mut notices = view.notices();
    notices.append(&mut engine.answers.notices);
    Facts {
        format: FORMAT,
        collected_at,
        notices,
        host: host.host,
        containers,
        engine: engine.answers.engine,
        daemon: engine.daemon,
        images: engine.answers.images,
        networks: engine.answers.networks,
        mounts: host.mounts,
        sysctl: plan.sysctls.iter().map(|name| (name.clone(), sysctl::observe(&system, &view, name))).collect(),
        file: plan.files.iter().map(|path| (path.clone(), file::observe(&system, path))).collect(),
    }
}

/// Facts that need no engine.
struct HostSide {
    host: crate::facts::Host,
    mounts: Observed<Vec<crate::facts::HostMount>>,
}

impl HostSide {
    fn collect(system: &System, plan: &Plan) -> Self {
        let mounts = if plan.wants("mounts") { mounts::observe(system) } else { Observed::not_collected() };
        Self { host: host::observe(), mounts }
    }

    /// What is known when the thread that looked has died.
    fn lost() -> Self {
        let lost = || Gap::new(GapKind::Unsupported, "the probe of the host ended before it was done");
        let host = crate::facts::Host {
            name: lost().into(),
            os: lost().into(),
            kernel: lost().into(),
            memory_bytes: lost().into(),
        };
        Self { host, mounts: lost().into() }
    }
}

/// Facts of the engine and its daemon.
struct EngineSide {
    answers: Answers,
    daemon: Observed<Daemon>,
    /// The engine's process, if its process ids mean the same to the auditor.
    pid: Result<u32, Gap>,
}

impl EngineSide {
    fn collect(system: &System, plan: &Plan, session: Option<Session>) -> Self {
        let Some(session) = session else {
            let gap = Gap::new(GapKind::Missing, "there is no container engine");
            return Self { answers: Answers::none(&gap), daemon: gap.clone().into(), pid: Err(gap) };
        };
        let (socket, of) = (session.socket().to_owned(), session.engine());
        // The daemon is looked at while the engine answers: one waits for the disk and /proc, the other for the engine.
        let (answers, process) = thread::scope(|scope| {
            let process = scope.spawn(|| {
                let pid = engine_process(system, &socket);
                let daemon = match (&pid, &of) {
                    (Ok(pid), Ok(engine)) => daemon_facts(system, plan, *pid, engine),
                    (Err(gap), _) | (_, Err(gap)) => gap.clone().into(),
                };
                (pid, daemon)
            });
            (session.ask(plan), process.join())
        });
        let (pid, daemon) = process.unwrap_or_else(|_| {
            let gap = Gap::new(GapKind::Unsupported, "the probe of the engine's process ended before it was done");
            (Err(gap.clone()), gap.into())
        });
        Self { answers, daemon, pid }
    }
}

/// The engine's process, if its id means the same to the auditor.
fn engine_process(system: &System, socket: &Path) -> Result<u32, Gap> {
    let pid = daemon::owner(system, socket)?;
    if namespace::same_pid_namespace(system, pid)? {
        return Ok(pid);
    }
    let detail = "the engine runs in another PID namespace than the auditor, where process ids mean something else";
    Err(Gap::new(GapKind::Unsupported, detail))
}

fn daemon_facts(system: &System, plan: &Plan, pid: u32, engine: &Engine) -> Observed<Daemon> {
    if !plan.wants("daemon") {
        return Observed::not_collected();
    }
    let wanted = daemon::Wanted {
        tcp_listeners: plan.wants("daemon.tcp_listeners"),
        userland_proxies: plan.wants("daemon.userland_proxies"),
        files: plan.wants("daemon.files"),
    };
    daemon::observe(system, pid, engine, &wanted)
}

fn containers(
    system: &System,
    plan: &Plan,
    engine: &mut EngineSide,
    reference: &Reference,
) -> Observed<Vec<Container>> {
    let tree = engine.pid.clone().and_then(|pid| {
        let tree = System::at(format!("/proc/{pid}/root"));
        tree.identity("/").map(|_| tree)
    });
    let sockets = engine_sockets(system, plan, engine);
    let described = engine.answers.describe(tree, sockets);
    let kernel = Kernel { system, plan, reference, pids: engine.pid.as_ref().map(|_| ()) };
    described.map(|described| kernel.complete(described))
}

/// The sockets on which the audited engine itself listens, and those of engines that listen in its network namespace: its
/// own containerd is where `exec-root` says.
fn engine_sockets(system: &System, plan: &Plan, engine: &EngineSide) -> Result<Vec<PathBuf>, Gap> {
    let hosts = engine.daemon.value().and_then(|daemon| daemon.hosts.value()).into_iter().flatten();
    let mut sockets: Vec<PathBuf> = hosts.filter_map(|host| host.strip_prefix("unix://")).map(PathBuf::from).collect();
    sockets.extend(engine.answers.engine.value().map(|engine| PathBuf::from(&engine.socket)));
    if plan.wants("containers.mounts")
        && let Ok(pid) = engine.pid
    {
        sockets.extend(daemon::engine_sockets(system, pid)?);
    }
    Ok(sockets)
}

/// What the kernel says of containers.
struct Kernel<'k> {
    system: &'k System,
    plan: &'k Plan,
    reference: &'k Reference,
    /// Whether the engine's process ids can be used.
    pids: Result<(), &'k Gap>,
}

impl Kernel<'_> {
    /// Adds what the kernel says to what the engine was told.
    fn complete(&self, described: Vec<Described>) -> Vec<Container> {
        let mut containers: Vec<Container> = parallel::map(&described, |described| self.one(described));
        if self.plan.wants("containers.programs") {
            self.add_programs(&mut containers);
        }
        containers
    }

    fn one(&self, described: &Described) -> Container {
        let execs = described.execs(|pid| match self.pids {
            Ok(()) => process::observe(self.system, pid, self.reference, process::Wanted::STATUS).map(|p| p.uid),
            Err(gap) => gap.clone().into(),
        });
        let not_running = || Gap::new(GapKind::Missing, "the container is not running");
        let wants_process = self.plan.wants("containers.process") || self.plan.wants("containers.programs");
        let process = match (described.pid, self.pids) {
            _ if !wants_process => Observed::not_collected(),
            (None, _) => match &described.container.inspect {
                Observed::Known { value, .. } if value.running => {
                    Observed::unknown(GapKind::Malformed, "the engine tells no process id of a container that runs")
                }
                Observed::Known { .. } => not_running().into(),
                Observed::Unknown { gap, .. } => gap.clone().into(),
            },
            (Some(_), Err(gap)) => gap.clone().into(),
            (Some(pid), Ok(())) => process::observe(self.system, pid, self.reference, self.wanted()),
        };
        Container { process, execs, ..described.container.clone() }
    }

    fn wanted(&self) -> process::Wanted {
        let wants = |part: &str| self.plan.wants(&format!("containers.process.{part}"));
        process::Wanted {
            namespaces: wants("namespaces") || self.plan.wants("containers.programs"),
            uid_map: wants("uid_map"),
            gid_map: wants("gid_map"),
            lsm: wants("lsm_label"),
            root: wants("root_read_only"),
            cgroup: wants("cgroup"),
        }
    }

    /// Programs are found by PID namespace. In the machine's own, a container's programs stand among the host's: the checks
    /// have to tell what that means.
    fn add_programs(&self, containers: &mut [Container]) {
        let namespace = |container: &Container| -> Result<u64, Gap> {
            let process = container.process.as_known()?;
            let namespace = process.namespaces.pid.as_known()?;
            Ok(namespace.inode)
        };
        let namespaces: Vec<Result<u64, Gap>> = containers.iter().map(namespace).collect();
        let wanted: BTreeSet<u64> =
            namespaces.iter().filter_map(|namespace| namespace.as_ref().ok().copied()).collect();
        let found: BTreeMap<u64, Observed<Vec<Program>>> = programs::in_pid_namespaces(self.system, &wanted);
        for (container, namespace) in containers.iter_mut().zip(namespaces) {
            container.programs = match namespace {
                Ok(inode) => found.get(&inode).cloned().unwrap_or_else(|| Observed::known(Vec::new())),
                Err(gap) => gap.into(),
            };
        }
    }
}
