//! One collection: everything that a plan wants, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use super::docker::{Answers, Described, News, Session};
use super::layers::{self, Store};
use super::process::Reference;
use super::{
    System, Tally, View, accounts, aide, apparmor, apt, audit, banners, content_trust, crashes, daemon, dconf,
    environment, file, firewall, fstab, grub, host, journald, listeners, log_files, logging, logrotate, mail, modules,
    mounts, namespace, network, packages, pam, process, programs, rsyslog, sshd, sudo, sysctl, time_sync, units, walk,
};
use crate::facts::{Container, Daemon, Engine, FORMAT, Facts, File, Gap, GapKind, Host, Observed, Process, Program};
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

/// Looks at the machine, and at its engine if there is one; the tally tells how far the reading of layers has come.
#[expect(clippy::too_many_lines, reason = "a line for each fact")]
pub fn collect(plan: &Plan, beginning: Option<Beginning>, tally: &Tally) -> Facts {
    let system = System::live();
    let now = jiff::Timestamp::now();
    let collected_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut engine = EngineSide::collect(&system, plan, beginning);
    let view = View::observe(&system, &engine.process.reference);
    let store = engine.store(&system);
    let containers = containers(&system, plan, &mut engine, &store);
    if let Observed::Known { value: images, .. } = &mut engine.answers.images
        && plan.deep()
    {
        layers::complete(&store, plan, images, &engine.answers.directories, tally);
    }
    let audit = audit_records(&system, &view, plan);
    if let Some(audit) = &audit {
        watch(audit, plan, &mut engine);
    }
    let (ssh, sshd_option) = sshd::observe(&system, &view, plan);
    let (sudo, sudo_default) = sudo::observe(&system, &view, plan);
    let (pam, pam_option) = pam::observe(&system, &view, plan);
    let mut notices = view.notices();
    notices.append(&mut engine.answers.notices);
    let rotation = if plan.wants("logrotate") { "logrotate" } else { "rsyslog" };
    let rsyslog = wanted_fact(plan, rotation, || rsyslog::observe(&system, &view));
    let data_root = engine.answers.engine.value().map(|engine| engine.data_root.clone());
    Facts {
        format: FORMAT,
        collected_at,
        notices,
        host: Host {
            content_trust: wanted_fact(plan, "host.content_trust", || content_trust::observe(&system)),
            ..host::observe(&system, plan.wants("host.container_engines"))
        },
        containers,
        engine: engine.answers.engine,
        daemon: engine.kernel.daemon,
        images: engine.answers.images,
        networks: engine.answers.networks,
        swarm: engine.answers.swarm,
        services: engine.answers.services,
        mounts: wanted_fact(plan, "mounts", || mounts::observe(&system)),
        mount: mounts::at(&system, plan.keys("mount")),
        fstab: wanted_fact(plan, "fstab", || fstab::observe(&system, &view)),
        filesystem_modules: wanted_fact(plan, "filesystem_modules", || {
            modules::filesystems(&system, &view, &mounts::observe(&system))
        }),
        apt: wanted_fact(plan, "apt", || apt::observe(&system, &view)),
        grub: wanted_fact(plan, "grub", || grub::observe(&system, &view)),
        apparmor: wanted_fact(plan, "apparmor", || Observed::known(apparmor::observe(&system, &view))),
        banner: banners::observe(&system, &view, plan.keys("banner")),
        crashes: wanted_fact(plan, "crashes", || crashes::observe(&system, &view)),
        ipv6: wanted_fact(plan, "ipv6", || network::ipv6(&system, &view)),
        wireless: wanted_fact(plan, "wireless", || network::wireless(&system, &view)),
        listeners: wanted_fact(plan, "listeners", || listeners::observe(&system, &view)),
        mail: wanted_fact(plan, "mail", || mail::observe(&system, &view)),
        audit: audit.as_ref().map_or_else(Observed::not_collected, |audit| {
            wanted_fact(plan, "audit", || Observed::known(audit.facts()))
        }),
        audit_rule: match &audit {
            Some(audit) => plan.keys("audit_rule").map(|rule| (rule.clone(), audit.coverage(rule))).collect(),
            None => BTreeMap::new(),
        },
        sysctl: plan.keys("sysctl").map(|name| (name.clone(), sysctl::observe(&system, &view, name))).collect(),
        accounts: accounts::observe(&system, &view, plan, accounts::day(now.as_second())),
        sysctl_at_boot: sysctl::at_boot(&system, &view, plan.keys("sysctl_at_boot")),
        packages: packages::observe(&system, &view, plan.keys("packages")),
        unit: units::observe(&system, &view, plan.keys("unit")),
        module: modules::observe(&system, &view, plan.keys("module")),
        ssh,
        sshd_option,
        sudo,
        sudo_default,
        pam,
        pam_option,
        environment: environment::observe(&system, &view, plan),
        file: files(&system, &view, plan),
        local_files: wanted_fact(plan, "local_files", || walk::observe(&system, &view, data_root.as_deref())),
        logging: wanted_fact(plan, "logging", || logging::observe(&system, &view)),
        journald: wanted_fact(plan, "journald", || journald::observe(&system, &view)),
        journal_upload: wanted_fact(plan, "journal_upload", || journald::upload(&system, &view)),
        logrotate: wanted_fact(plan, "logrotate", || logrotate::observe(&system, &view, &rsyslog)),
        rsyslog,
        log_files: wanted_fact(plan, "log_files", || log_files::observe(&system, &view)),
        time_sync: time_sync::observe(&system, &view, plan),
        firewall: firewall::observe(&system, &view, plan),
        aide: aide::observe(&system, &view, plan),
        dconf: dconf::observe(&system, &view, plan.keys("dconf")),
        xdmcp: wanted_fact(plan, "xdmcp", || dconf::xdmcp(&system, &view)),
    }
}

/// The files that checks ask for.
fn files(system: &System, view: &View, plan: &Plan) -> BTreeMap<String, Observed<Option<File>>> {
    let look = |path: &String| view.files().map_or_else(Into::into, |()| file::observe(system, path));
    plan.keys("file").map(|path| (path.clone(), look(path))).collect()
}

/// A fact, if a check reads it or a part of it.
fn wanted_fact<T>(plan: &Plan, name: &str, observe: impl FnOnce() -> Observed<T>) -> Observed<T> {
    if plan.wants(name) { observe() } else { Observed::not_collected() }
}

/// What the machine's audit records, if a check asks for any of it.
fn audit_records(system: &System, view: &View, plan: &Plan) -> Option<audit::Records> {
    let asked = plan.wants("audit") || plan.wants(WATCH) || plan.keys("audit_rule").next().is_some();
    asked.then(|| audit::Records::observe(system, view))
}

/// How the files of the engine are watched.
const WATCH: &str = "daemon.files.watch";

/// Fills in how the engine's files are watched.
fn watch(audit: &audit::Records, plan: &Plan, engine: &mut EngineSide) {
    if let (true, Observed::Known { value: daemon, .. }) = (plan.wants(WATCH), &mut engine.kernel.daemon)
        && let Observed::Known { value: files, .. } = &mut daemon.files
    {
        audit.watch(files, daemon.pid);
    }
}

/// What the engine says, and what the kernel says of the engine and its containers.
struct EngineSide {
    process: EngineProcess,
    answers: Answers,
    kernel: KernelSide,
}

impl EngineSide {
    fn collect(system: &System, plan: &Plan, beginning: Option<Beginning>) -> Self {
        let gap = Gap::new(GapKind::Missing, "there is no container engine");
        let Some(Beginning { session, process }) = beginning else {
            let process = EngineProcess::none(system, gap.clone());
            return Self { process, answers: Answers::none(&gap), kernel: KernelSide::none(&gap) };
        };
        let lost = |what: &str| Gap::new(GapKind::Unsupported, format!("{what} ended before it was done"));
        let process =
            process.join().unwrap_or_else(|_| EngineProcess::none(system, lost("the probe of the engine's process")));
        let Ok(session) = session.join() else {
            let gap = lost("the engine's client");
            return Self { process, answers: Answers::none(&gap), kernel: KernelSide::none(&gap) };
        };
        // The kernel is asked while the engine answers.
        let (answers, kernel) = thread::scope(|scope| {
            let (news, told) = mpsc::channel();
            let kernel = scope.spawn(|| KernelSide::collect(system, plan, &process, told));
            (session.ask(plan, news), kernel.join())
        });
        let kernel = kernel.unwrap_or_else(|_| KernelSide::none(&lost("the probe of the engine's processes")));
        Self { process, answers, kernel }
    }
}

impl EngineSide {
    /// The engine's file tree.
    fn tree(&self) -> Result<System, Gap> {
        let tree = System::at(format!("/proc/{}/root", self.process.pid.clone()?));
        tree.identity("/").map(|_| tree)
    }

    /// Where the engine keeps images and containers.
    fn store(&self, system: &System) -> Store {
        Store::new(system, self.tree(), self.answers.engine.as_known())
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
}

impl KernelSide {
    fn none(gap: &Gap) -> Self {
        Self { daemon: gap.clone().into(), processes: BTreeMap::new(), programs: BTreeMap::new() }
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
            let wanted = plan.wants("containers.programs.host_uids");
            let uids = if wanted { engine.reference.host_ids() } else { Err(Gap::not_collected()) };
            found.programs = programs::in_pid_namespaces(system, &namespaces, uids);
        }
        found
    }

    fn work(system: &System, plan: &Plan, engine: &EngineProcess, told: &Mutex<Receiver<News>>) -> Self {
        let mut found = Self::none(&Gap::not_collected());
        let wanted = wanted(plan);
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
                (News::Running(pid), Ok(_)) => {
                    if let Some(wanted) = wanted {
                        found.processes.insert(pid, process::observe(system, pid, &engine.reference, wanted));
                    }
                }
                (News::Running(_), Err(_)) => {}
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
    }
}

/// The parts of containers' first processes to look at, if they are looked at at all.
fn wanted(plan: &Plan) -> Option<process::Wanted> {
    let programs = plan.wants("containers.programs");
    let wants = |part: &str| plan.wants(&format!("containers.process.{part}"));
    (plan.wants("containers.process") || programs).then(|| process::Wanted {
        namespaces: wants("namespaces") || programs,
        uid_map: wants("uid_map"),
        gid_map: wants("gid_map"),
        lsm: wants("lsm_label"),
        root: wants("root_read_only"),
        cgroup: wants("cgroup"),
    })
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
        tcp_listeners: plan.wants("daemon.tcp_listeners") || plan.wants("daemon.swarm_listeners"),
        userland_proxies: plan.wants("daemon.userland_proxies"),
        api_accounts: plan.wants("daemon.api_accounts"),
        storage: plan.wants("daemon.storage"),
        files: plan.wants("daemon.files"),
    };
    daemon::observe(system, pid, engine, &wanted)
}

/// Every container: what the engine was told, completed by what the kernel says.
fn containers(system: &System, plan: &Plan, engine: &mut EngineSide, store: &Store) -> Observed<Vec<Container>> {
    let tree = engine.tree();
    let sockets = engine_sockets(system, plan, engine);
    let described = engine.answers.describe(tree, sockets);
    let complete = |mut described: Described| {
        resolve_user(plan, store, &mut described);
        complete(system, plan, engine, described)
    };
    described.map(|described| described.into_iter().map(complete).collect())
}

/// The sockets on which the audited engine itself listens, and those of engines that listen in its network namespace: its
/// own containerd is where `exec-root` says.
fn engine_sockets(system: &System, plan: &Plan, engine: &EngineSide) -> Result<Vec<PathBuf>, Gap> {
    let hosts = engine.kernel.daemon.value().and_then(|daemon| daemon.hosts.value()).into_iter().flatten();
    let mut sockets: Vec<PathBuf> = hosts.filter_map(|host| host.strip_prefix("unix://")).map(PathBuf::from).collect();
    sockets.extend(engine.answers.engine.value().map(|engine| PathBuf::from(&engine.socket)));
    if plan.wants("containers.mounts")
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

/// Looks up a container's user in the accounts of its layers, if those are to be read. While it runs, the kernel tells.
fn resolve_user(plan: &Plan, store: &Store, described: &mut Described) {
    if let Observed::Known { value: inspect, .. } = &mut described.container.inspect
        && plan.deep()
        && plan.wants("containers.user_uid")
        && !inspect.running
    {
        store.resolve(&inspect.user, &mut inspect.user_uid, &described.directories);
    }
}

fn process_of(plan: &Plan, engine: &EngineSide, described: &Described) -> Observed<Process> {
    match (described.pid, &engine.process.pid) {
        _ if wanted(plan).is_none() => Observed::not_collected(),
        (None, _) => match &described.container.inspect {
            Observed::Known { value, .. } if value.running => {
                Observed::unknown(GapKind::Malformed, "the engine tells no process id of a container that runs")
            }
            Observed::Known { .. } => Observed::unknown(GapKind::Missing, "the container is not running"),
            Observed::Unknown { gap, .. } => gap.clone().into(),
        },
        (Some(_), Err(gap)) => gap.clone().into(),
        (Some(pid), Ok(_)) => engine.kernel.processes.get(&pid).cloned().unwrap_or_else(Observed::not_collected),
    }
}
