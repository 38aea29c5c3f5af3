//! One collection: everything that a plan wants, and nothing else.

mod disk;
mod inside;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::census::Census;
use super::cgroup::Group;
use super::docker::{Answers, Described, News, Session};
use super::process::Reference;
use super::{System, View, confinement, daemon, file, host, mounts, namespace, process, programs, sysctl};
use crate::facts::{Container, Daemon, Engine, FORMAT, Facts, Gap, GapKind, Observed, Process, Program};
use crate::plan::Plan;

/// A collection that has begun, with what is looked at whatever is planned: the engine takes its time to say who it is.
pub struct Beginning {
    session: JoinHandle<Session>,
    process: JoinHandle<EngineProcess>,
}

impl Beginning {
    /// Begins to talk with the engine behind a socket.
    pub fn at(socket: &Path) -> Self {
        let (to_ask, to_own) = (socket.to_owned(), socket.to_owned());
        Self {
            session: thread::spawn(move || Session::open(&to_ask)),
            process: thread::spawn(move || EngineProcess::of(&System::live(), &to_own)),
        }
    }
}

/// The engine's process, and what other processes are compared with.
struct EngineProcess {
    /// Its id, if that means the same to the auditor.
    pid: Result<u32, Gap>,
    reference: Reference,
}

impl EngineProcess {
    fn of(system: &System, socket: &Path) -> Self {
        let pid = engine_process(system, socket);
        let reference = Reference::observe(system, pid.as_ref().ok().copied());
        Self { pid, reference }
    }

    fn none(system: &System, gap: Gap) -> Self {
        Self { pid: Err(gap), reference: Reference::observe(system, None) }
    }
}

/// Where containers are known from.
pub enum Source {
    /// An engine that is asked.
    Engine(Beginning),
    /// No engine: what the kernel shows, and the state that engines keep on disk.
    Kernel,
    /// There is no engine.
    Nowhere,
}

/// Looks at the machine, and at its engine if there is one.
pub fn collect(plan: &Plan, source: Source) -> Facts {
    let system = System::live();
    let collected_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let by_disk = matches!(source, Source::Kernel);
    let mut engine = EngineSide::collect(&system, plan, source);
    let view = View::observe(&system, &engine.process.reference);
    let containers =
        if by_disk { disk::containers(&system, plan, &mut engine) } else { containers(&system, plan, &mut engine) };
    let sandboxes = inside::sandboxes(&system, plan, &engine, &containers);
    let mut notices = view.notices();
    notices.append(&mut engine.answers.notices);
    Facts {
        format: FORMAT,
        collected_at,
        notices,
        host: host::observe(),
        containers,
        sandboxes,
        engine: engine.answers.engine,
        daemon: engine.kernel.daemon,
        images: engine.answers.images,
        networks: engine.answers.networks,
        mounts: if plan.wants("mounts") { mounts::observe(&system) } else { Observed::not_collected() },
        sysctl: plan.keys("sysctl").map(|name| (name.clone(), sysctl::observe(&system, &view, name))).collect(),
        file: plan.keys("file").map(|path| (path.clone(), file::observe(&system, path))).collect(),
    }
}

/// What the engine says, and what the kernel says of the engine and its containers.
struct EngineSide {
    process: EngineProcess,
    answers: Answers,
    kernel: KernelSide,
    /// Every process of the machine.
    census: Arc<Result<Census, Gap>>,
}

impl EngineSide {
    fn collect(system: &System, plan: &Plan, source: Source) -> Self {
        let Beginning { session, process } = match source {
            Source::Engine(beginning) => beginning,
            Source::Kernel => {
                let gap = Gap::new(GapKind::NotCollected, "no engine was asked (--engine none)");
                return Self::without(system, plan, gap, true);
            }
            Source::Nowhere => {
                return Self::without(system, plan, Gap::new(GapKind::Missing, "there is no container engine"), false);
            }
        };
        let lost = |what: &str| Gap::new(GapKind::Unsupported, format!("{what} ended before it was done"));
        let process =
            process.join().unwrap_or_else(|_| EngineProcess::none(system, lost("the probe of the engine's process")));
        let Ok(session) = session.join() else {
            return Self { process, ..Self::without(system, plan, lost("the engine's client"), false) };
        };
        // The kernel is asked while the engine answers.
        let (answers, kernel, census) = thread::scope(|scope| {
            let (news, told) = mpsc::channel();
            let kernel = scope.spawn(|| KernelSide::collect(system, plan, &process, told));
            let census = scope.spawn(|| inside::census(system, plan, &process, false));
            (session.ask(plan, news), kernel.join(), census.join())
        });
        let kernel = kernel.unwrap_or_else(|_| KernelSide::none(&lost("the probe of the engine's processes")));
        let census = census.unwrap_or_else(|_| Err(lost("the probe of all processes")));
        Self { process, answers, kernel, census: Arc::new(census) }
    }

    /// Without an engine's word, for this reason.
    fn without(system: &System, plan: &Plan, gap: Gap, by_disk: bool) -> Self {
        let process = EngineProcess::none(system, gap.clone());
        let census = Arc::new(inside::census(system, plan, &process, by_disk));
        Self { process, answers: Answers::none(&gap), kernel: KernelSide::none(&gap), census }
    }
}

/// What the kernel says of the engine's process and of those of its containers.
struct KernelSide {
    daemon: Observed<Daemon>,
    /// First processes of containers, by their ids.
    processes: BTreeMap<u32, Observed<Process>>,
    /// Programs by PID namespace. In the machine's own, a container's programs stand among the host's: the checks have to tell
    /// what that means.
    programs: BTreeMap<u64, Observed<Vec<Program>>>,
    /// What confines containers, by their first processes.
    confinements: BTreeMap<u32, confinement::Seen>,
}

impl KernelSide {
    fn none(gap: &Gap) -> Self {
        let (processes, programs, confinements) = <_>::default();
        Self { daemon: gap.clone().into(), processes, programs, confinements }
    }

    /// Looks at each process as soon as the engine has told of it, until it has told of all.
    fn collect(system: &System, plan: &Plan, engine: &EngineProcess, told: Receiver<News>) -> Self {
        let told = Mutex::new(told);
        let work = || Self::work(system, plan, engine, &told);
        let mut found = thread::scope(|scope| {
            // The daemon takes one of them as long as all containers take the other.
            let other = scope.spawn(work);
            let mut found = work();
            match other.join() {
                Ok(other) => found.add(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            found
        });
        if plan.wants("containers.programs") {
            let namespace = |process: &Observed<Process>| process.value()?.namespaces.pid.value().map(|ns| ns.inode);
            let namespaces: BTreeSet<u64> = found.processes.values().filter_map(namespace).collect();
            found.programs = programs::in_pid_namespaces(system, &namespaces);
        }
        found
    }

    fn work(system: &System, plan: &Plan, engine: &EngineProcess, told: &Mutex<Receiver<News>>) -> Self {
        let mut found = Self::none(&Gap::not_collected());
        let (wanted, confined) = (wanted(plan), plan.wants("containers.kernel"));
        // The lock is held while waiting, and not while looking.
        let next = || told.lock().ok()?.recv().ok();
        while let Some(news) = next() {
            match (news, &engine.pid) {
                (News::Engine(of), Ok(pid)) => {
                    found.daemon = match *of {
                        Ok(of) => daemon_facts(system, plan, *pid, &of),
                        Err(gap) => gap.into(),
                    };
                }
                (News::Engine(of), Err(gap)) => found.daemon = of.err().unwrap_or_else(|| gap.clone()).into(),
                (News::Running(id, pid), Ok(_)) => {
                    if confined {
                        let seen = confinement::look(system, pid, &Group::Named(id), &engine.reference);
                        found.confinements.insert(pid, seen);
                    }
                    if let Some(wanted) = wanted {
                        found.processes.insert(pid, process::observe(system, pid, &engine.reference, wanted));
                    }
                }
                (News::Running(..), Err(_)) => {}
            }
        }
        found
    }

    /// Takes over what another worker has found; the engine tells once who it is.
    fn add(&mut self, other: Self) {
        if self.daemon.gap().is_some_and(|gap| gap.kind == GapKind::NotCollected) {
            self.daemon = other.daemon;
        }
        self.processes.extend(other.processes);
        self.confinements.extend(other.confinements);
    }
}

/// The parts of containers' first processes to look at, if they are looked at at all.
fn wanted(plan: &Plan) -> Option<process::Wanted> {
    let programs = plan.wants("containers.programs");
    let wanted = parts(plan, "containers");
    let wanted = process::Wanted { namespaces: wanted.namespaces || programs, ..wanted };
    (plan.wants("containers.process") || programs || plan.wants("sandboxes")).then_some(wanted)
}

/// The parts of the first processes in a list that are planned.
fn parts(plan: &Plan, list: &str) -> process::Wanted {
    let wants = |part: &str| plan.wants(&format!("{list}.process.{part}"));
    process::Wanted {
        namespaces: wants("namespaces"),
        uid_map: wants("uid_map"),
        gid_map: wants("gid_map"),
        lsm: wants("lsm_label"),
        root: wants("root_read_only"),
        cgroup: wants("cgroup"),
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

/// Every container: what the engine was told, completed by what the kernel says.
fn containers(system: &System, plan: &Plan, engine: &mut EngineSide) -> Observed<Vec<Container>> {
    let tree = engine.process.pid.clone().and_then(|pid| {
        let tree = System::at(format!("/proc/{pid}/root"));
        tree.identity("/").map(|_| tree)
    });
    let sockets = engine_sockets(system, plan, engine);
    let described = engine.answers.describe(tree, sockets.clone());
    described.map(|described| {
        let members = inside::members(plan, engine, &described);
        let confinements = inside::confinements(system, plan, engine, &described, sockets);
        let inside = members.into_iter().zip(confinements);
        let complete = |(described, (processes, kernel))| Container {
            processes,
            kernel,
            ..complete(system, plan, engine, described)
        };
        described.into_iter().zip(inside).map(complete).collect()
    })
}

/// The sockets on which the audited engine itself listens, and those of engines that listen in its network namespace: its
/// own containerd is where `exec-root` says.
fn engine_sockets(system: &System, plan: &Plan, engine: &EngineSide) -> Result<Vec<PathBuf>, Gap> {
    let hosts = engine.kernel.daemon.value().and_then(|daemon| daemon.hosts.value()).into_iter().flatten();
    let mut sockets: Vec<PathBuf> = hosts.filter_map(|host| host.strip_prefix("unix://")).map(PathBuf::from).collect();
    sockets.extend(engine.answers.engine.value().map(|engine| PathBuf::from(&engine.socket)));
    if (plan.wants("containers.mounts") || plan.wants("containers.kernel"))
        && let Ok(pid) = engine.process.pid
    {
        sockets.extend(daemon::engine_sockets(system, pid)?);
    }
    Ok(sockets)
}

fn complete(system: &System, plan: &Plan, engine: &EngineSide, described: Described) -> Container {
    let execs = described.execs(|pid| match &engine.process.pid {
        Ok(_) => {
            process::observe(system, pid, &engine.process.reference, process::Wanted::STATUS).map(|process| process.uid)
        }
        Err(gap) => gap.clone().into(),
    });
    let process = process_of(plan, engine, &described);
    let programs = match process.as_known().and_then(|process| process.namespaces.pid.as_known()) {
        _ if !plan.wants("containers.programs") => Observed::not_collected(),
        Ok(namespace) => {
            let found = engine.kernel.programs.get(&namespace.inode).cloned();
            found.unwrap_or_else(|| Observed::known(Vec::new()))
        }
        Err(gap) => gap.into(),
    };
    Container { process, programs, execs, ..described.container }
}

fn process_of(plan: &Plan, engine: &EngineSide, described: &Described) -> Observed<Process> {
    match inside::first_process(engine, described) {
        _ if wanted(plan).is_none() => Observed::not_collected(),
        Err(gap) => gap.into(),
        Ok(pid) => engine.kernel.processes.get(&pid).cloned().unwrap_or_else(Observed::not_collected),
    }
}
