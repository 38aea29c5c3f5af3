//! One collection: everything that a plan wants, and nothing else.

mod containers;
mod disk;
mod engine;
mod inside;
mod kernel;
mod machine;

use std::path::Path;
use std::thread::{self, JoinHandle};

use jiff::Timestamp;

use self::engine::{EngineProcess, EngineSide};
use super::docker::Session;
use super::{System, Tally, View, layers, walk};
use crate::facts::{FORMAT, Facts, Gap, Observed};
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

/// Where containers are known from.
pub enum Source {
    /// An engine that is asked.
    Engine(Beginning),
    /// What the kernel shows, and the state that engines keep on disk, for this reason.
    Kernel(Gap),
    /// Nowhere: these are the files of a machine that does not run.
    Files(System),
}

/// Looks at the files of a machine that does not run.
fn offline(plan: &Plan, system: &System) -> Facts {
    let now = Timestamp::now();
    let view = View::offline(system);
    let (machine, _) = machine::collect(system, &view, plan, now);
    let root = system.root();
    Facts {
        format: FORMAT,
        collected_at: stamp(now),
        notices: vec![format!(
            "an audit of the files under {} alone: nothing runs there, and what only a running machine has is not \
             applicable",
            root.display()
        )],
        local_files: machine::wanted_fact(plan, "local_files", || walk::observe(system, &view, None)),
        containers: Gap::offline(root, "containers").into(),
        sandboxes: Gap::offline(root, "containers and sandboxes").into(),
        engine: Gap::offline(root, "a container engine").into(),
        daemon: Gap::offline(root, "the daemon of a container engine").into(),
        images: Gap::offline(root, "an engine that tells of its images").into(),
        networks: Gap::offline(root, "an engine that tells of its networks").into(),
        swarm: Gap::offline(root, "an engine in a swarm").into(),
        services: Gap::offline(root, "the services of a swarm").into(),
        ..machine
    }
}

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Looks at the machine, and at its engine if there is one; the tally tells how far the reading of layers has come.
pub fn collect(plan: &Plan, source: Source, tally: &Tally) -> Facts {
    let system = System::live();
    let now = Timestamp::now();
    let (process, session) = match source {
        Source::Engine(Beginning { session, process }) => {
            let lost = |_| EngineProcess::none(&system, engine::lost("the probe of the engine's process"));
            (process.join().unwrap_or_else(lost), Ok(session))
        }
        Source::Kernel(gap) => (EngineProcess::none(&system, gap.clone()), Err(gap)),
        Source::Files(files) => return offline(plan, &files),
    };
    let by_disk = session.is_err();
    let view = View::observe(&system, &process.reference);
    // The machine is looked at while the engine answers.
    let (mut engine, machine) = thread::scope(|scope| {
        let machine = scope.spawn(|| machine::collect(&system, &view, plan, now));
        (EngineSide::collect(&system, plan, process, session, by_disk), machine.join())
    });
    let (machine, audit) = machine.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let store = engine.store(&system);
    let containers = match by_disk {
        true => disk::containers(&system, plan, &mut engine),
        false => containers::observe(&system, plan, &mut engine, &store),
    };
    let sandboxes = inside::sandboxes(&system, plan, &engine, &containers);
    if let Observed::Known { value: images, .. } = &mut engine.answers.images
        && plan.deep()
    {
        layers::complete(&store, plan, images, &engine.answers.directories, tally);
    }
    if let Some(audit) = &audit {
        engine.watch(audit, plan);
    }
    let mut notices = view.notices();
    notices.append(&mut engine.answers.notices);
    // What containers are stored in is left out of the walk.
    let data_root = engine.answers.engine.value().map(|engine| engine.data_root.clone());
    Facts {
        format: FORMAT,
        collected_at: stamp(now),
        notices,
        local_files: machine::wanted_fact(plan, "local_files", || walk::observe(&system, &view, data_root.as_deref())),
        containers,
        sandboxes,
        engine: engine.answers.engine,
        daemon: engine.kernel.daemon,
        images: engine.answers.images,
        networks: engine.answers.networks,
        swarm: engine.answers.swarm,
        services: engine.answers.services,
        ..machine
    }
}
