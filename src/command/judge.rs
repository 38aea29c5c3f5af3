//! What every verb that judges has in common: checks, policy and waivers, and the report that they and some facts come to.

use std::env;
use std::path::PathBuf;

use super::progress::Progress;
use super::{Failure, library, usual};
use crate::benchmark::Needs;
use crate::cli::{EngineArgs, EngineChoice, JudgeArgs};
use crate::collected::Collected;
use crate::difference::Difference;
use crate::evaluate::evaluate;
use crate::facts::OperatingSystem;
use crate::library::Library;
use crate::plan::Plan;
use crate::policy::Loaded as Policy;
use crate::probe::docker::{Endpoint, Located};
use crate::probe::{Beginning, Source, collect, host};
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
        let policy = Policy::read(args.policy.as_deref(), library.checks())?;
        let waivers = Waivers::read(args.waivers.as_deref(), &library)?;
        Ok(Self { args, library, policy, waivers })
    }

    /// Judges facts, whosever they are.
    pub(super) fn of(&self, facts: &Collected) -> Result<Report, Failure> {
        let engine = facts.text("/engine/value/kind").is_some();
        let os = os(facts);
        let request = usual::request(&self.args.select, &self.library, engine, os.as_ref());
        Ok(self.report(&Selection::new(&self.library, &request)?, facts, os.as_ref()))
    }

    fn report(&self, selection: &Selection<'_>, facts: &Collected, os: Option<&OperatingSystem>) -> Report {
        let mut report = evaluate(selection, facts, &self.policy);
        self.waivers.apply(&mut report, facts.day());
        report.notices.extend(usual::notices(selection.benchmarks.iter().map(|selected| selected.benchmark), os));
        report
    }
}

/// Looks at this machine and judges it.
pub(super) fn here(args: &JudgeArgs) -> Result<Report, Failure> {
    let located = endpoint(&args.engine).locate()?;
    // The engine takes its time to say who it is; the checks are read meanwhile.
    let (source, engine) = (source(&located), matches!(located, Located::Socket(_)));
    let judge = Judge::new(args)?;
    let os = host::os();
    let request = usual::request(&args.select, &judge.library, engine, os.value());
    let selection = Selection::new(&judge.library, &request)?;
    if let Located::Nowhere(places) = &located {
        without_engine(&selection, places)?;
    }
    let seen = {
        let progress = Progress::start();
        collect(&Plan::of(selection.checks.values().copied(), args.select.deep), source, progress.tally())
    };
    let facts = Collected::new(&seen).map_err(|error| error.to_string())?;
    let mut report = judge.report(&selection, &facts, os.value());
    if let Located::Nowhere(places) = &located {
        report.notices.push(format!("there is no container engine: {} do not exist", list(places)));
    }
    // The process ends soon, and the kernel takes its memory back in less time than it takes to free every string.
    drop(selection);
    std::mem::forget((seen, facts, judge));
    Ok(report)
}

fn os(facts: &Collected) -> Option<OperatingSystem> {
    let text = |name: &str| facts.text(&format!("/host/os/value/{name}")).map(str::to_owned);
    Some(OperatingSystem { id: text("id")?, version: text("version")?, name: text("name")? })
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// A benchmark that was asked for by name and needs an engine cannot do without.
fn without_engine(selection: &Selection<'_>, places: &[PathBuf]) -> Result<(), Failure> {
    let needy = selection.benchmarks.iter().find(|selected| selected.benchmark.file.needs == Some(Needs::Docker));
    match needy {
        Some(selected) => Err(Failure::Messages(vec![format!(
            "{} needs a container engine, and there is none: {} do not exist; start it, or name its socket with \
             --engine-socket",
            selected.benchmark.id,
            list(places)
        )])),
        None => Ok(()),
    }
}

/// Begins to talk with the engine, if there is one and it may be asked.
pub(super) fn source(located: &Located) -> Source {
    match located {
        Located::Socket(socket) => Source::Engine(Beginning::at(socket)),
        Located::Unasked => Source::Kernel,
        Located::Nowhere(_) => Source::Nowhere,
    }
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
    let failed =
        |finding: &Finding| finding.verdict == Verdict::Fail && finding.severity >= fail_on && finding.waiver.is_none();
    let unknown = report.findings.iter().any(|finding| finding.verdict == Verdict::Unknown);
    match report.findings.iter().any(failed) {
        true => 1,
        // An audit that judged nothing has found nothing right either.
        false if unknown || report.findings.is_empty() => 3,
        false => 0,
    }
}

/// The exit status that the differences from an earlier report mean: of what got worse alone.
pub(super) fn status_since(difference: &Difference, fail_on: Severity) -> u8 {
    match difference.newly_failing.iter().any(|change| change.severity >= fail_on && !change.waived) {
        true => 1,
        false if !difference.newly_unknown.is_empty() => 3,
        false => 0,
    }
}
