//! The ladder as it is exported: types of its own, so that a refactor cannot change the format.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rung, Subject, standing};
use crate::facts::{
    Confinement, Container, Facts, Gap, GapKind, Member, Namespace, Observed, Process, Sandbox, SeccompMode,
};
use crate::probe::capability::{DEFAULT, NAMES};

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// Every container and sandbox, the worst first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ladder {
    /// Version of this format; keys may be added, and these keep their meaning.
    pub format: u32,
    /// When the collection of the facts began, RFC 3339 in UTC.
    pub collected_at: String,
    /// What happened during the collection that a reader should know.
    pub notices: Vec<String>,
    /// Whether every container and sandbox could be listed.
    pub complete: bool,
    /// One for each container; those of which something is not known stand before all others.
    pub containers: Vec<Row>,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// What keeps it: `engine` for a container of the engine that was asked, else the runtime as it was found.
    pub runtime: String,
    /// Whether it runs; what is stopped is judged by what it was told.
    pub running: bool,
    /// Its rung; the best that is possible when something was not seen.
    pub rung: Rung,
    /// Whether nothing that was not seen could make it worse.
    pub certain: bool,
    /// Effective and regainable capabilities of any of its processes beyond the default set.
    pub beyond: Vec<String>,
    /// Capabilities of the default set that none of its processes has or can regain.
    pub below: Vec<String>,
    /// Kinds of namespace that it shares with the host, or with the engine.
    pub shared: Vec<String>,
    /// `filter` when every process has one, `partly`, `disabled`; null when it was not seen.
    pub seccomp: Option<String>,
    /// Label of the security module of its first process; null when there is none or it was not seen.
    pub lsm: Option<String>,
    /// Whether no process can gain privileges; null when it was not seen.
    pub no_new_privileges: Option<bool>,
    /// Uids of its processes as the host sees them.
    pub uids: Vec<i64>,
    /// The user that it was told to run as; null for a sandbox, empty for root.
    pub user: Option<String>,
    /// Whether its root filesystem is read-only; null when it was not seen.
    pub read_only: Option<bool>,
    /// Memory limit in force in bytes; null for none, or when it was not seen.
    pub memory_max_bytes: Option<i64>,
    /// Limit in force on the number of processes; null for none, or when it was not seen.
    pub pids_max: Option<i64>,
    /// What holds it on its rung and above, the worst first.
    pub blockers: Vec<Blocked>,
    /// What could not be seen.
    pub unseen: Vec<String>,
}

/// Something that holds a container on a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// The best rung that it allows.
    pub rung: Rung,
    /// What was seen.
    pub seen: String,
    /// What would take it away.
    pub lift: String,
}

/// The ladder of everything that was collected.
pub fn ladder(facts: &Facts) -> Ladder {
    let mut notices = facts.notices.clone();
    let unlisted = |what: &str, gap: Option<&Gap>| gap.map(|gap| format!("{what} could not be listed: {gap}"));
    let absent = facts.engine.gap().is_some_and(is_absent);
    notices.extend(unlisted("the engine's containers", facts.containers.gap().filter(|_| !absent)));
    notices.extend(unlisted("sandboxes that no engine told of", facts.sandboxes.gap()));
    let complete = (absent || facts.containers.value().is_some()) && facts.sandboxes.value().is_some();
    let containers = rows(&facts.containers, &facts.sandboxes);
    Ladder { format: FORMAT, collected_at: facts.collected_at.clone(), notices, complete, containers }
}

/// The rows of what was collected; none when nobody asked for what the ladder is made of.
pub fn asked_for(containers: &Observed<Vec<Container>>, sandboxes: &Observed<Vec<Sandbox>>) -> Option<Vec<Row>> {
    let is_unasked = |gap: Option<&Gap>| gap.is_some_and(|gap| gap.kind == GapKind::NotCollected);
    let unseen = |processes: &Observed<Vec<Member>>, kernel: &Confinement| {
        is_unasked(processes.gap()) || is_unasked(kernel.mounts.gap())
    };
    let of_containers = containers.value().map(|all| all.iter().map(|one| unseen(&one.processes, &one.kernel)));
    let of_sandboxes = sandboxes.value().map(|all| all.iter().map(|one| unseen(&one.processes, &one.kernel)));
    let all = |unasked: Vec<bool>| !unasked.is_empty() && unasked.iter().all(|unasked| *unasked);
    let unasked = is_unasked(sandboxes.gap())
        || of_containers.is_some_and(|of| all(of.collect()))
        || of_sandboxes.is_some_and(|of| all(of.collect()));
    (!unasked).then(|| rows(containers, sandboxes))
}

fn rows(containers: &Observed<Vec<Container>>, sandboxes: &Observed<Vec<Sandbox>>) -> Vec<Row> {
    let containers = containers.value().into_iter().flatten().map(Row::of_container);
    let sandboxes = sandboxes.value().into_iter().flatten().map(Row::of_sandbox);
    let mut rows: Vec<Row> = containers.chain(sandboxes).collect();
    rows.sort_by(|a, b| (a.certain, a.rung, &a.name, &a.id).cmp(&(b.certain, b.rung, &b.name, &b.id)));
    rows
}

/// Whether there is no engine, which then has no containers either.
fn is_absent(gap: &Gap) -> bool {
    gap.kind == GapKind::Missing
}

impl Row {
    fn of_container(container: &Container) -> Self {
        let told = container.inspect.value();
        let subject = Subject {
            inspect: Some(&container.inspect),
            process: &container.process,
            processes: &container.processes,
            kernel: &container.kernel,
        };
        let row = Self {
            name: container.name.clone(),
            id: container.id.clone(),
            running: told.is_none_or(|told| told.running),
            user: told.map(|told| told.user.clone()),
            ..Self::of(subject, "engine")
        };
        match told.filter(|told| !told.running) {
            None => row,
            Some(told) => {
                let has: BTreeSet<&str> = told.capabilities.iter().map(String::as_str).collect();
                let (beyond, below) = differences(&has);
                let (read_only, positive) =
                    (Some(told.read_only_root), |limit: i64| Some(limit).filter(|limit| *limit > 0));
                let (memory_max_bytes, pids_max) = (positive(told.memory_bytes), positive(told.pids_limit));
                Self { beyond, below, read_only, memory_max_bytes, pids_max, ..row }
            }
        }
    }

    fn of_sandbox(sandbox: &Sandbox) -> Self {
        let subject = Subject {
            inspect: None,
            process: &sandbox.process,
            processes: &sandbox.processes,
            kernel: &sandbox.kernel,
        };
        Self { name: sandbox.name.clone(), id: sandbox.id.clone(), ..Self::of(subject, sandbox.runtime.as_str()) }
    }

    fn of(subject: Subject<'_>, runtime: &str) -> Self {
        let standing = standing(subject);
        let first = subject.process.value();
        let members = subject.processes.value().map(Vec::as_slice);
        let processes: Option<Vec<&Process>> = members.map(|members| members.iter().filter_map(of_member).collect());
        let of_all = processes.clone().unwrap_or_default();
        let has: BTreeSet<&str> = of_all.iter().flat_map(|process| reach(process)).collect();
        let (beyond, below) = if processes.is_some() { differences(&has) } else { <_>::default() };
        let blockers = standing.blockers.iter();
        let blocked = |b: &super::Blocker| Blocked { rung: b.rung, seen: b.seen.clone(), lift: b.lift.to_owned() };
        Self {
            name: String::new(),
            id: String::new(),
            runtime: runtime.to_owned(),
            running: true,
            rung: standing.rung,
            certain: standing.is_certain(),
            beyond,
            below,
            shared: first.map(shared).unwrap_or_default(),
            seccomp: processes.as_deref().and_then(seccomp).map(str::to_owned),
            lsm: first.and_then(|first| first.lsm_label.value().cloned()).filter(|label| !label.is_empty()),
            no_new_privileges: processes.as_deref().and_then(|all| nonempty(all)?.iter().map(|p| p.no_new_privs).min()),
            uids: of_all.iter().map(|process| process.host_uid).collect::<BTreeSet<_>>().into_iter().collect(),
            user: None,
            read_only: first.and_then(|first| first.root_read_only.value().copied()),
            memory_max_bytes: first.and_then(|first| first.cgroup.memory_max_bytes.value().copied().flatten()),
            pids_max: first.and_then(|first| first.cgroup.pids_max.value().copied().flatten()),
            blockers: blockers.map(blocked).collect(),
            unseen: standing.unseen,
        }
    }
}

fn of_member(member: &Member) -> Option<&Process> {
    member.process.value()
}

/// The capabilities that a process has, or gets when it runs a program: all of its bounding set as root or where set-id programs
/// count.
fn reach(process: &Process) -> Vec<&str> {
    let regains = process.uid == 0 || !process.no_new_privs;
    let bounding = process.bounding.iter().filter(move |_| regains);
    [&process.effective, &process.permitted].into_iter().flatten().chain(bounding).map(String::as_str).collect()
}

/// What a set has beyond the default one, and what it lacks of it.
fn differences(has: &BTreeSet<&str>) -> (Vec<String>, Vec<String>) {
    let known = NAMES.iter().copied().filter(|name| has.contains(name) && !DEFAULT.contains(name));
    let newer = has.iter().copied().filter(|name| !NAMES.contains(name));
    let below = DEFAULT.iter().filter(|name| !has.contains(*name));
    (known.chain(newer).map(str::to_owned).collect(), below.map(|name| (*name).to_owned()).collect())
}

fn shared(process: &Process) -> Vec<String> {
    let all = &process.namespaces;
    let kinds: [(&str, &Observed<Namespace>); 7] = [
        ("cgroup", &all.cgroup),
        ("ipc", &all.ipc),
        ("mnt", &all.mnt),
        ("net", &all.net),
        ("pid", &all.pid),
        ("user", &all.user),
        ("uts", &all.uts),
    ];
    let is = |namespace: &&Observed<Namespace>| {
        namespace.value().is_some_and(|ns| [&ns.initial, &ns.engine].iter().any(|is| is.value() == Some(&true)))
    };
    kinds.iter().filter(|(_, namespace)| is(namespace)).map(|(kind, _)| (*kind).to_owned()).collect()
}

fn seccomp(processes: &[&Process]) -> Option<&'static str> {
    let filtered = nonempty(processes)?.iter().filter(|process| process.seccomp != SeccompMode::Disabled).count();
    Some(match filtered {
        0 => "disabled",
        some if some == processes.len() => "filter",
        _ => "partly",
    })
}

fn nonempty<'p>(processes: &'p [&'p Process]) -> Option<&'p [&'p Process]> {
    Some(processes).filter(|processes| !processes.is_empty())
}
