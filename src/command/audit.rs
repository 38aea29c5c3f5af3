//! `plimsoll audit`: plan, collect, evaluate, write.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use rustix::termios::tcgetwinsize;

use super::progress::Progress;
use super::{Failure, library, request};
use crate::benchmark::Needs;
use crate::cli::{AuditArgs, Color, EngineArgs, EngineChoice, Format};
use crate::evaluate::evaluate;
use crate::plan::Plan;
use crate::probe::docker::{Endpoint, Located};
use crate::probe::{Beginning, Source};
use crate::report::text::Style;
use crate::report::{Report, json, text};
use crate::selection::Selection;
use crate::verdict::{Severity, Verdict};

/// Columns of text that no terminal shows.
const PLAIN_WIDTH: u16 = 120;
/// Bytes of a report that are written at once.
const BUFFER: usize = 64 << 10;
/// The fewest columns in which a report can be read.
const LEAST_WIDTH: u16 = 60;

pub(super) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    let located = endpoint(&args.engine).locate()?;
    // The engine takes its time to say who it is; the checks are read meanwhile.
    let source = source(&located);
    let library = library(&args.select.checks)?;
    let request = request(&args.select, &library, usual_benchmark(&located));
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
        crate::probe::collect(&plan, source)
    };
    let mut report = evaluate(&selection, &facts).map_err(|error| error.to_string())?;
    if let Located::Nowhere(places) = &located {
        report.notices.push(format!("{} {NO_ENGINE}", list(places)));
    }
    let written = write(&report, args);
    let status = status(&report, args.fail_on);
    // The process ends here, and the kernel takes its memory back in less time than it takes to free every string.
    std::mem::forget((facts, report));
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

/// Which benchmark people mean who name none: the engine's newest, and our own where no engine is asked.
const fn usual_benchmark(located: &Located) -> Option<&'static str> {
    match located {
        Located::Socket(_) => Some("cis-docker-"),
        Located::Unasked => Some("plimsoll-isolation"),
        Located::Nowhere(_) => None,
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

fn write(report: &Report, args: &AuditArgs) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    match args.format {
        Format::Json => json::write(report, &mut out)?,
        Format::Text => text::write(report, style(args.color), &mut out)?,
    }
    out.flush()
}

pub(super) fn style(color: Color) -> Style {
    let stdout = io::stdout();
    // Through a pager the report still ends up on the terminal of the person.
    let size = tcgetwinsize(&stdout).or_else(|_| tcgetwinsize(io::stderr()));
    let size = size.ok().map(|size| size.ws_col).filter(|columns| *columns > 0);
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let colour = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => stdout.is_terminal() && !plain,
    };
    Style { width: size.unwrap_or(PLAIN_WIDTH).max(LEAST_WIDTH), colour }
}

/// The exit status that a report means.
fn status(report: &Report, fail_on: Severity) -> u8 {
    let failed = |finding: &crate::report::Finding| finding.verdict == Verdict::Fail && finding.severity >= fail_on;
    let unknown = report.findings.iter().any(|finding| finding.verdict == Verdict::Unknown);
    match report.findings.iter().any(failed) {
        true => 1,
        // An audit that judged nothing has found nothing right either.
        false if unknown || report.findings.is_empty() => 3,
        false => 0,
    }
}
