//! The container engine: what it says of itself and of everything it runs.

mod client;
mod container;
mod describe;
pub(super) mod disk;
mod endpoint;
mod engine;
mod image;
mod images;
mod mount;
mod security;
mod swarm;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

pub(super) use describe::Described;
pub use endpoint::{Endpoint, Located};
pub(super) use mount::sockets;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use self::client::Client;
use crate::facts::{Engine, EngineKind, Gap, GapKind, Image, Network, Observed, Service, Swarm};
use crate::plan::Plan;
use crate::probe::layers::Directories;

/// How many inspections are under way at once; the engine is the bottleneck, and more only make it queue.
const CONCURRENCY: usize = 8;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// What the engine's API told.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) engine: Observed<Engine>,
    pub(super) images: Observed<Vec<Image>>,
    /// The directories of the images' layers, by identifier.
    pub(super) directories: BTreeMap<String, Directories>,
    pub(super) networks: Observed<Vec<Network>>,
    pub(super) swarm: Observed<Swarm>,
    pub(super) services: Observed<Vec<Service>>,
    containers: Observed<Vec<(Listed, Result<wire::Inspect, Gap>)>>,
    volumes: Result<wire::Volumes, Gap>,
    execs: BTreeMap<String, Observed<Vec<RunningExec>>>,
    /// What happened on the way.
    pub(super) notices: Vec<String>,
    /// Where the engine keeps its state, if it was read there.
    read_from: Option<String>,
}

/// A container of the list.
#[derive(Debug)]
struct Listed {
    id: String,
    name: String,
}

/// An exec session whose process lives.
#[derive(Clone, Debug)]
struct RunningExec {
    id: String,
    privileged: bool,
    user: String,
    pid: Option<u32>,
}

/// Something that the engine has told, by which the kernel can be asked.
pub(super) enum News {
    /// Who the engine is.
    Engine(Box<Result<Engine, Gap>>),
    /// A container that runs: its id, and its first process as the engine counts processes.
    Running(String, u32),
}

/// A conversation with an engine. It begins with what every audit asks, before it is known what else this one will.
pub struct Session {
    opened: Result<Opened, Gap>,
}

struct Opened {
    runtime: Runtime,
    client: Client,
    /// Who the engine is. It takes longer to say than which containers it has.
    engine: JoinHandle<Result<(Engine, wire::Swarm), Gap>>,
    list: Result<Vec<wire::ListedContainer>, Gap>,
}

impl Session {
    /// Asks the engine behind a socket who it is and which containers it has.
    pub fn open(socket: &Path) -> Self {
        Self { opened: Opened::new(socket) }
    }

    /// Asks for everything else that the plan wants, and tells what the kernel can be asked about as soon as it is known.
    pub(super) fn ask(self, plan: &Plan, news: Sender<News>) -> Answers {
        match self.opened {
            Ok(Opened { runtime, client, engine, list }) => runtime.block_on(async {
                let engine = async {
                    let ended = |_| Err(Gap::new(GapKind::Gone, "the engine's client ended before it was done"));
                    let (engine, swarm) = engine
                        .await
                        .unwrap_or_else(ended)
                        .map_or_else(|gap| (Err(gap.clone()), Err(gap)), |(engine, swarm)| (Ok(engine), Ok(swarm)));
                    tell(&news, News::Engine(Box::new(engine.clone())));
                    (engine, ask_swarm(&client, swarm.as_ref().map_err(Clone::clone), plan).await)
                };
                let ((engine, (swarm, services)), answers) =
                    futures_util::join!(engine, ask(&client, list, plan, &news));
                let mut answers = Answers { swarm, services, ..answers };
                if let Observed::Known { value: images, .. } = &mut answers.images
                    && !engine.as_ref().is_ok_and(|engine| engine.kind == EngineKind::Docker)
                {
                    images.iter_mut().for_each(image::without_origin);
                }
                answers.engine = engine.into();
                answers
            }),
            Err(gap) => {
                tell(&news, News::Engine(Box::new(Err(gap.clone()))));
                Answers::none(&gap)
            }
        }
    }
}

/// Nobody listens any more only when the kernel's side has died, which its end tells.
fn tell(news: &Sender<News>, what: News) {
    let _ = news.send(what);
}

impl Opened {
    fn new(socket: &Path) -> Result<Self, Gap> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Gap::io("the runtime of the engine's client", &error))?;
        let client = Client::connect(socket)?;
        let engine = runtime.spawn(identify(client.clone(), socket.to_owned()));
        let list = runtime.block_on(client.containers());
        Ok(Self { runtime, client, engine, list })
    }
}

async fn identify(client: Client, socket: PathBuf) -> Result<(Engine, wire::Swarm), Gap> {
    let (version, info) = futures_util::join!(client.version(), client.info());
    let info = info?;
    let swarm = info.swarm.clone();
    Ok((engine::engine(version?, info, &socket), swarm))
}

/// The swarm, and its services where they can be asked for.
async fn ask_swarm(
    client: &Client,
    info: Result<&wire::Swarm, Gap>,
    plan: &Plan,
) -> (Observed<Swarm>, Observed<Vec<Service>>) {
    let swarm = match info {
        Ok(info) => swarm::swarm(info, SystemTime::now()),
        Err(gap) => gap.into(),
    };
    let wants = plan.wants("services") || plan.wants("containers.restart_policy");
    let services = match &swarm {
        Observed::Known { value, .. } if value.manager => {
            let services = wanted(wants, client.services()).await;
            services.map(|services| services.into_iter().map(swarm::service).collect::<Vec<_>>())
        }
        Observed::Known { .. } => Err(Gap::new(GapKind::Unsupported, "only a manager of the swarm knows its services")),
        Observed::Unknown { gap, .. } => Err(gap.clone()),
    };
    (swarm, services.map(sorted_by(|service: &Service| service.name.clone())).into())
}

/// Asks for what the plan wants besides who the engine is.
async fn ask(
    client: &Client,
    list: Result<Vec<wire::ListedContainer>, Gap>,
    plan: &Plan,
    news: &Sender<News>,
) -> Answers {
    let mut notices = Vec::new();
    let used = images::used(&list);
    let inspected = async {
        match list {
            Ok(list) => Ok(inspect_all(client, list, plan, news, &mut notices).await),
            Err(gap) => Err(gap),
        }
    };
    let (containers, images, networks, volumes) = futures_util::join!(
        inspected,
        wanted(plan.wants("images") || plan.wants("containers.image_current"), images::ask(client, plan, used)),
        wanted(plan.wants("networks"), client.networks()),
        wanted(plan.wants("containers.mounts"), client.volumes()),
    );
    let execs = match &containers {
        Ok(containers) if plan.wants("containers.execs") => ask_execs(client, containers).await,
        _ => BTreeMap::new(),
    };
    let (images, directories) = match images {
        Ok(images::Images { images, directories, notices: said }) => {
            notices.extend(said);
            (Observed::known(images), directories)
        }
        Err(gap) => (gap.into(), BTreeMap::new()),
    };
    let networks = networks.map(|list| list.into_iter().map(engine::network).collect::<Vec<_>>());
    Answers {
        engine: Observed::not_collected(),
        swarm: Observed::not_collected(),
        services: Observed::not_collected(),
        images,
        directories,
        networks: networks.map(sorted_by(|network: &Network| network.name.clone())).into(),
        containers: containers.into(),
        volumes,
        execs,
        notices,
        read_from: None,
    }
}

fn sorted_by<T, K: Ord>(key: impl Fn(&T) -> K) -> impl FnOnce(Vec<T>) -> Vec<T> {
    move |mut list| {
        list.sort_by_key(|item| key(item));
        list
    }
}

/// A call that is made only when a check needs it.
async fn wanted<T>(wanted: bool, call: impl Future<Output = Result<T, Gap>>) -> Result<T, Gap> {
    if wanted { call.await } else { Err(Gap::not_collected()) }
}

async fn inspect_all(
    client: &Client,
    list: Vec<wire::ListedContainer>,
    plan: &Plan,
    news: &Sender<News>,
    notices: &mut Vec<String>,
) -> Vec<(Listed, Result<wire::Inspect, Gap>)> {
    let inspect = plan.inspects();
    let mut containers: Vec<_> = stream::iter(list)
        .map(|listed| async move {
            let names = listed.names.into_iter().flatten();
            let shortest = names.min_by_key(|name| name.matches('/').count());
            let name = shortest.map_or_else(|| listed.id.clone(), |name| name.trim_start_matches('/').to_owned());
            let answer = wanted(inspect, client.inspect(&listed.id)).await;
            if let Some(pid) = answer.as_ref().ok().and_then(first_process) {
                tell(news, News::Running(listed.id.clone(), pid));
            }
            (Listed { id: listed.id, name }, answer)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    containers.sort_by(|(a, _), (b, _)| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    containers.retain(|(listed, answer)| {
        let gone = matches!(answer, Err(gap) if gap.kind == GapKind::Gone);
        if gone {
            notices.push(format!("container {} ({}) was removed while the audit ran", listed.name, short(&listed.id)));
        }
        !gone
    });
    containers
}

/// The process id of a container's first process, if it runs.
fn first_process(wire: &wire::Inspect) -> Option<u32> {
    u32::try_from(wire.state.pid).ok().filter(|pid| wire.state.running && *pid > 0)
}

/// Whole days between two moments; a clock that was put back makes none negative.
fn days_since(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_second().saturating_sub(then.as_second()) / SECONDS_OF_A_DAY).max(0)
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

async fn ask_execs(
    client: &Client,
    containers: &[(Listed, Result<wire::Inspect, Gap>)],
) -> BTreeMap<String, Observed<Vec<RunningExec>>> {
    let described = containers.iter().filter_map(|(_, answer)| answer.as_ref().ok());
    let of_container = |wire: &wire::Inspect| {
        let (id, execs) = (wire.id.clone(), wire.exec_ids.clone().unwrap_or_default());
        async move {
            let answers = join_all(execs.iter().map(|exec| client.exec(exec))).await;
            let mut running = Vec::new();
            for answer in answers {
                match answer {
                    Ok(exec) if exec.running => running.push(running_exec(exec)),
                    Ok(_) => {}
                    Err(gap) if gap.kind == GapKind::Gone => {}
                    Err(gap) => return (id, gap.into()),
                }
            }
            running.sort_by(|a, b| a.id.cmp(&b.id));
            (id, Observed::known(running))
        }
    };
    stream::iter(described).map(of_container).buffer_unordered(CONCURRENCY).collect().await
}

fn running_exec(wire: wire::Exec) -> RunningExec {
    let pid = wire.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0);
    RunningExec { id: wire.id, privileged: wire.process_config.privileged, user: wire.process_config.user, pid }
}

impl Answers {
    /// The answers of an engine that cannot be asked.
    pub(super) fn none(gap: &Gap) -> Self {
        Self {
            engine: gap.clone().into(),
            images: gap.clone().into(),
            directories: BTreeMap::new(),
            networks: gap.clone().into(),
            swarm: gap.clone().into(),
            services: gap.clone().into(),
            containers: gap.clone().into(),
            volumes: Err(gap.clone()),
            execs: BTreeMap::new(),
            notices: Vec::new(),
            read_from: None,
        }
    }

    /// Where the engine keeps its state.
    pub(super) fn data_root(&self) -> Option<&str> {
        let told = self.engine.value().map(|engine| engine.data_root.as_str());
        told.or(self.read_from.as_deref())
    }

    /// The running containers: their ids and first processes.
    pub(super) fn running(&self) -> impl Iterator<Item = (&str, u32)> {
        let described = self.containers.value().into_iter().flatten();
        described.filter_map(|(listed, answer)| Some((listed.id.as_str(), first_process(answer.as_ref().ok()?)?)))
    }
}
