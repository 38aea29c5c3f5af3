//! `plimsoll audit`: plan, collect, evaluate, write.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use super::output::{Destination, print};
use super::progress::Progress;
use super::{Failure, library, request};
use crate::benchmark::Needs;
use crate::cli::AuditArgs;
use crate::collected::Collected;
use crate::evaluate::evaluate;
use crate::plan::Plan;
use crate::policy::Loaded as Policy;
use crate::probe::Beginning;
use crate::probe::docker::{Endpoint, Located};
use crate::report::Report;
use crate::selection::Selection;
use crate::verdict::{Severity, Verdict};
use crate::waiver::Waivers;

pub(super) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    let destinations = Destination::open_all(&args.output.output)?;
    let located = endpoint(args.engine_socket.as_deref()).locate()?;
    // The engine takes its time to say who it is; the checks are read meanwhile.
    let beginning = match &located {
        Located::Socket(socket) => Some(Beginning::at(socket)),
        Located::Nowhere(_) => None,
    };
    let library = library(&args.select.checks)?;
    let policy = Policy::read(args.policy.as_deref(), library.checks())?;
    let waivers = Waivers::read(args.waivers.as_deref(), &library)?;
    let request = request(&args.select, &library, beginning.is_some());
    if let (Located::Nowhere(places), true, true) =
        (&located, request.benchmarks.is_empty(), !request.sections.is_empty())
    {
        return Err(format!("no benchmark to take a section of: {} {NO_ENGINE}", list(places)).into());
    }
    let selection = Selection::new(&library, &request)?;
    if let Located::Nowhere(places) = &located {
        without_engine(&selection, places)?;
    }
    let plan = Plan::of(selection.checks.values().copied());
    let facts = {
        let _progress = Progress::start("looking at the machine");
        crate::probe::collect(&plan, beginning)
    };
    let facts = Collected::new(&facts).map_err(|error| error.to_string())?;
    let mut report = evaluate(&selection, &facts, &policy);
    waivers.apply(&mut report, facts.day());
    if let Located::Nowhere(places) = &located {
        report.notices.push(format!("{} {NO_ENGINE}", list(places)));
    }
    let saved = Destination::save_all(destinations, &report);
    let written = print(&report, &args.output);
    let status = status(&report, args.fail_on);
    // The process ends here, and the kernel takes its memory back in less time than it takes to free every string.
    std::mem::forget((facts, report));
    saved?;
    match written {
        // A reader that has seen enough does not change what was found.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(status),
    }
}

const NO_ENGINE: &str = "do not exist, so that there is no container engine, and no benchmark applies";

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

/// Where the engine may be, given the socket that was named.
pub(super) fn endpoint(socket: Option<&Path>) -> Endpoint {
    let config = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    Endpoint {
        socket: socket.map(Path::to_owned),
        host: env::var("DOCKER_HOST").ok(),
        context: env::var("DOCKER_CONTEXT").ok(),
        config: config.or_else(|| env::home_dir().map(|home| home.join(".docker"))),
        runtime_dir: env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    }
}

/// The exit status that a report means.
fn status(report: &Report, fail_on: Severity) -> u8 {
    let failed = |finding: &crate::report::Finding| {
        finding.verdict == Verdict::Fail && finding.severity >= fail_on && finding.waiver.is_none()
    };
    let unknown = report.findings.iter().any(|finding| finding.verdict == Verdict::Unknown);
    match report.findings.iter().any(failed) {
        true => 1,
        // An audit that judged nothing has found nothing right either.
        false if unknown || report.findings.is_empty() => 3,
        false => 0,
    }
}
