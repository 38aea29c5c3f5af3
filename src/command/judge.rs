//! What every verb that judges has in common: checks, policy and waivers, and the report that they and some facts come to.

use std::env;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags};
use rustix::io::Errno;

use super::usual::{self, Machine};
use super::{Failure, both, leave, library};
use crate::benchmark::Needs;
use crate::cli::{EngineArgs, EngineChoice, JudgeArgs};
use crate::collected::Collected;
use crate::difference::Difference;
use crate::evaluate::evaluate;
use crate::facts::{Gap, GapKind, OperatingSystem};
use crate::library::Library;
use crate::plan::Plan;
use crate::policy::Loaded as Policy;
use crate::probe::docker::{Endpoint, Located};
use crate::probe::{Beginning, Source, System, Tally, collect, host};
use crate::report::{Finding, Report};
use crate::selection::Selection;
use crate::verdict::{Severity, Verdict};
use crate::waiver::Waivers;

/// What is judged by.
pub(super) struct Judge<'a> {
    args: &'a JudgeArgs,
    library: Library,
    policy: Policy,
    waivers: Waivers,
}

impl<'a> Judge<'a> {
    pub(super) fn new(args: &'a JudgeArgs) -> Result<Self, Failure> {
        let library = library(&args.select.checks)?;
        let policy = Policy::read(args.policy.as_deref(), library.checks());
        let (policy, waivers) = both(policy, Waivers::read(args.waivers.as_deref(), &library))?;
        Ok(Self { args, library, policy, waivers })
    }

    /// Judges facts, whosever they are.
    pub(super) fn of(&self, facts: &Collected) -> Result<Report, Failure> {
        let os = os(facts);
        let machine = Machine {
            runs: facts.text("/sandboxes/gap/kind") != Some("offline"),
            engine: facts.text("/engine/value/kind").is_some(),
            os: os.as_ref(),
        };
        let request = usual::request(&self.args.select, &self.library, &machine);
        Ok(self.report(&Selection::new(&self.library, &request)?, facts, os.as_ref()))
    }

    /// Looks at a machine and judges it; `nowhere` are the places that have no engine's socket.
    fn from(
        self,
        machine: &Machine<'_>,
        source: Source,
        nowhere: Option<&str>,
        tally: &Tally,
    ) -> Result<Report, Failure> {
        let request = usual::request(&self.args.select, &self.library, machine);
        let selection = Selection::new(&self.library, &request)?;
        if let Some(places) = nowhere {
            without_engine(&selection, places)?;
        }
        let plan = Plan::of(selection.checks.values().copied(), self.args.select.deep);
        let mut seen = collect(&plan, source, tally);
        let facts = Collected::new(&mut seen).map_err(|error| error.to_string())?;
        let mut report = self.report(&selection, &facts, machine.os);
        if let Some(places) = nowhere {
            report.notices.push(format!("there is no container engine: {places} do not exist"));
        }
        drop(selection);
        leave((seen, facts, self));
        Ok(report)
    }

    fn report(&self, selection: &Selection<'_>, facts: &Collected, os: Option<&OperatingSystem>) -> Report {
        let mut report = evaluate(selection, facts, &self.policy);
        self.waivers.apply(&mut report, facts.day());
        report.notices.extend(usual::notices(selection.benchmarks.iter().map(|selected| selected.benchmark), os));
        report
    }
}

/// Looks at what is to be looked at and judges it; the tally tells how far that has come.
pub(super) fn look(args: &JudgeArgs, tally: &Tally) -> Result<Report, Failure> {
    match offline(args.root.root.as_deref())? {
        Some(files) => {
            let judge = Judge::new(args)?;
            let os = host::os(&files);
            let machine = Machine { runs: false, engine: false, os: os.value() };
            judge.from(&machine, Source::Files(files), None, tally)
        }
        None => here(args, tally),
    }
}

/// The files of a machine that does not run, if they are to be looked at.
pub(super) fn offline(root: Option<&Path>) -> Result<Option<System>, Failure> {
    let open = |root: &Path| System::offline(root).map_err(|gap| Failure::from(format!("--root {}", gap.detail)));
    root.map(open).transpose()
}

/// Looks at this machine and judges it.
fn here(args: &JudgeArgs, tally: &Tally) -> Result<Report, Failure> {
    let located = endpoint(&args.engine).locate()?;
    // The engine takes its time to say who it is; the checks are read meanwhile.
    let source = source(&located);
    let judge = Judge::new(args)?;
    let os = host::os(&System::live());
    let machine = Machine { runs: true, engine: matches!(located, Located::Socket(_)), os: os.value() };
    let nowhere = if let Located::Nowhere(places) = &located { Some(list(places)) } else { None };
    judge.from(&machine, source, nowhere.as_deref(), tally)
}

fn os(facts: &Collected) -> Option<OperatingSystem> {
    let text = |name: &str| facts.text(&format!("/host/os/value/{name}")).map(str::to_owned);
    Some(OperatingSystem { id: text("id")?, version: text("version")?, name: text("name")? })
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// A benchmark that was asked for by name and needs an engine cannot do without.
fn without_engine(selection: &Selection<'_>, places: &str) -> Result<(), Failure> {
    let needy = selection.benchmarks.iter().find(|selected| selected.benchmark.file.needs == Some(Needs::Docker));
    match needy {
        Some(selected) => Err(Failure::Messages(vec![format!(
            "{} needs a container engine, and there is none: {} do not exist; start it, or name its socket with \
             --engine-socket",
            selected.benchmark.id, places
        )])),
        None => Ok(()),
    }
}

/// Begins to talk with the engine, if there is one and it may be asked.
pub(super) fn source(located: &Located) -> Source {
    match located {
        // Who may not ask may still be able to see.
        Located::Socket(socket) => match denied(socket) {
            Some(gap) => Source::Kernel(gap),
            None => Source::Engine(Beginning::at(socket)),
        },
        Located::Unasked => Source::Kernel(Gap::new(GapKind::NotCollected, "no engine was asked (--engine none)")),
        // What an engine has left behind, and what others run.
        Located::Nowhere(_) => Source::Kernel(Gap::new(GapKind::Missing, "there is no container engine")),
    }
}

/// That a socket is closed to whoever audits.
fn denied(socket: &Path) -> Option<Gap> {
    let access = rustix::fs::accessat(rustix::fs::CWD, socket, Access::WRITE_OK, AtFlags::EACCESS);
    let why = || format!("{}: the socket is not open to this user (permission denied)", socket.display());
    (access == Err(Errno::ACCESS)).then(|| Gap::new(GapKind::Denied, why()))
}

/// Where the engine may be, given the socket that was named.
pub(super) fn endpoint(args: &EngineArgs) -> Endpoint {
    let config = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    Endpoint {
        unasked: args.engine == EngineChoice::None,
        socket: args.engine_socket.clone(),
        host: env::var("DOCKER_HOST").ok(),
        context: env::var("DOCKER_CONTEXT").ok(),
        config: config.or_else(|| env::home_dir().map(|home| home.join(".docker"))),
        runtime_dir: env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    }
}

/// The exit status that a report means.
pub(super) fn status(report: &Report, fail_on: Severity) -> u8 {
    let unknown = report.findings.iter().any(|finding| finding.verdict == Verdict::Unknown);
    match failing(report, fail_on).next().is_some() {
        true => 1,
        // An audit that judged nothing has found nothing right either.
        false if unknown || report.findings.is_empty() => 3,
        false => 0,
    }
}

/// The failures at or above a severity that nobody bears.
pub(super) fn failing(report: &Report, fail_on: Severity) -> impl Iterator<Item = &Finding> {
    let failed = |finding: &&Finding| finding.verdict == Verdict::Fail && finding.waiver.is_none();
    report.findings.iter().filter(failed).filter(move |finding| finding.severity >= fail_on)
}

/// The exit status that the differences from an earlier report mean: of what got worse alone.
pub(super) fn status_since(difference: &Difference, fail_on: Severity) -> u8 {
    match difference.newly_failing.iter().any(|change| change.severity >= fail_on && !change.waived) {
        true => 1,
        false if !difference.newly_unknown.is_empty() => 3,
        false => 0,
    }
}
