//! The verbs of the command line: from arguments to what is printed and the exit status.

pub mod ansible;
mod audit;
mod checks;
mod collect;
mod compare;
mod containers;
mod judge;
mod keep;
mod output;
mod progress;
mod usual;
mod waive;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};

use crate::cli::{Cli, LintArgs, PlanArgs, ReportArgs, SchemaOf, Verb};
use crate::diagnostic::Diagnostics;
use crate::library::{Library, SITE_CHECKS};
use crate::plan::Plan;
use crate::policy::Loaded as Policy;
use crate::probe::{System, host};
use crate::record;
use crate::selection::Selection;
use crate::waiver::Waivers;

/// The exit status of what could not run.
const COULD_NOT_RUN: u8 = 2;

/// Why a verb could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Faults in files, drawn under their lines.
    Faults(Diagnostics),
    /// Anything else, a sentence each.
    Messages(Vec<String>),
    /// Nobody reads the output any more.
    Output(io::Error),
}

impl From<Diagnostics> for Failure {
    fn from(faults: Diagnostics) -> Self {
        Self::Faults(faults)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Messages(vec![message])
    }
}

impl From<Vec<String>> for Failure {
    fn from(messages: Vec<String>) -> Self {
        Self::Messages(messages)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Does what the command line says.
pub fn run(cli: &Cli) -> ExitCode {
    let result = cli.chroot.as_deref().map_or(Ok(()), enter).and_then(|()| verb(&cli.verb));
    match result {
        Ok(status) => ExitCode::from(status),
        // A reader that has seen enough is no failure of ours.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do if even the error cannot be written.
            let _ = explain(&failure);
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn verb(verb: &Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Audit(args) => audit::run(args),
        Verb::Collect(args) => collect::run(args),
        Verb::Containers(args) => containers::run(args),
        Verb::Checks(verb) => checks::run(verb),
        Verb::Lint(args) => lint(args),
        Verb::Plan(args) => plan(args),
        Verb::Waive(args) => waive::run(args),
        Verb::Report(args) => stored(args),
        Verb::Diff(args) => compare::run(args),
        Verb::Record(args) => keep::record(args),
        Verb::History(args) => keep::history(args),
        Verb::Schema(args) => schema(args.of),
    }
}

/// Makes a directory the root of all files.
fn enter(root: &Path) -> Result<(), Failure> {
    let entered = rustix::process::chroot(root).and_then(|()| rustix::process::chdir("/"));
    entered.map_err(|error| format!("--chroot {}: {}", root.display(), io::Error::from(error)).into())
}

/// Leaves something to the end of the process: the kernel takes memory back in less time than it takes to free every string.
fn leave<T>(what: T) {
    std::mem::forget(what);
}

fn explain(failure: &Failure) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    match failure {
        Failure::Faults(faults) => {
            let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
            writeln!(stderr, "{}", faults.render(colour))?;
            let count = faults.len();
            writeln!(stderr, "\nplimsoll: {count} {}", if count == 1 { "fault" } else { "faults" })
        }
        Failure::Messages(messages) => messages.iter().try_for_each(|message| writeln!(stderr, "plimsoll: {message}")),
        Failure::Output(error) => writeln!(stderr, "plimsoll: cannot write: {error}"),
    }
}

/// The program's checks with a site's: the directories given, after the usual one if it is there.
fn library(directories: &[PathBuf]) -> Result<Library, Diagnostics> {
    let usual = Path::new(SITE_CHECKS);
    let usual = usual.is_dir().then(|| usual.to_path_buf());
    Library::with_site(&usual.into_iter().chain(directories.iter().cloned()).collect::<Vec<_>>())
}

fn lint(args: &LintArgs) -> Result<u8, Failure> {
    let files: Vec<&PathBuf> = [&args.policy, &args.waivers].into_iter().flatten().collect();
    // What a site writes may name the checks of the site.
    let library = match files.as_slice() {
        [] => Library::with_site(args.directory.as_slice())?,
        _ => library(args.directory.as_slice())?,
    };
    let mut stdout = io::stdout().lock();
    let site = args.directory.is_some();
    if site || files.is_empty() {
        let examples = library.prove(site)?;
        let checks = if site { library.site_checks().count() } else { library.checks().count() };
        writeln!(stdout, "{checks} checks hold, by {examples} examples")?;
    }
    let policy = args.policy.as_deref().map(|path| Policy::read(Some(path), library.checks()));
    let waivers = args.waivers.as_deref().map(|path| Waivers::read(Some(path), &library));
    both(policy.transpose(), waivers.transpose())?;
    for file in files {
        writeln!(stdout, "{} holds", file.display())?;
    }
    Ok(0)
}

/// Both, or the faults of both.
fn both<A, B>(one: Result<A, Diagnostics>, other: Result<B, Diagnostics>) -> Result<(A, B), Diagnostics> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let mut faults = one.err().unwrap_or_default();
            faults.extend(other.err().unwrap_or_default());
            Err(faults)
        }
    }
}

fn plan(args: &PlanArgs) -> Result<u8, Failure> {
    let library = library(&args.select.checks)?;
    let offline = judge::offline(args.root.as_deref())?;
    let os = host::os(offline.as_ref().unwrap_or(&System::live()));
    let machine = usual::Machine { runs: offline.is_none(), engine: offline.is_none(), os: os.value() };
    let selection = Selection::new(&library, &usual::request(&args.select, &library, &machine))?;
    let plan = Plan::of(selection.checks.values().copied(), args.select.deep);
    let mut stdout = io::stdout().lock();
    for place in crate::probe::places(&plan) {
        match &offline {
            None => writeln!(stdout, "{place}")?,
            Some(system) if system.keeps(place) => writeln!(stdout, "{}", system.real(place).display())?,
            Some(_) => {}
        }
    }
    Ok(0)
}

/// Renders a stored report again.
fn stored(args: &ReportArgs) -> Result<u8, Failure> {
    let destinations = output::Destination::open_all(&args.output.output)?;
    let report = record::read(&args.file)?;
    let saved = output::Destination::save_all(destinations, &report, args.output.verbose);
    let printed = output::print(&report, &args.output);
    saved?;
    printed?;
    Ok(0)
}

fn schema(of: SchemaOf) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Facts => schemars::schema_for!(crate::facts::Facts),
        SchemaOf::Report => schemars::schema_for!(crate::report::Report),
        SchemaOf::Containers => schemars::schema_for!(crate::ladder::Ladder),
        SchemaOf::Check => schemars::schema_for!(crate::check::CheckFile),
        SchemaOf::Waivers => schemars::schema_for!(crate::waiver::WaiverFile),
        SchemaOf::Diff => schemars::schema_for!(crate::difference::Difference),
        SchemaOf::History => schemars::schema_for!(crate::record::Line),
        SchemaOf::Policy => schemars::schema_for!(crate::policy::PolicyFile),
        SchemaOf::Benchmark => schemars::schema_for!(crate::benchmark::BenchmarkFile),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "{text}")?;
    Ok(0)
}
