//! The verbs of the command line: from arguments to what is printed and the exit status.

mod audit;
mod checks;
mod containers;
mod progress;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};

use crate::cli::{Cli, LintArgs, SchemaOf, SelectArgs, Verb};
use crate::diagnostic::Diagnostics;
use crate::library::{Library, SITE_CHECKS};
use crate::plan::Plan;
use crate::selection::{Request, Selection};

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
    let result = match &cli.verb {
        Verb::Audit(args) => audit::run(args),
        Verb::Containers(args) => containers::run(args),
        Verb::Checks(verb) => checks::run(verb),
        Verb::Lint(args) => lint(args),
        Verb::Plan(args) => plan(args),
        Verb::Schema(args) => schema(args.of),
    };
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

/// What the person asked for; without a benchmark named, the newest whose id begins like the usual one's.
fn request(args: &SelectArgs, library: &Library, usual: Option<&str>) -> Request {
    let mut benchmarks = args.benchmark.clone();
    if let (true, Some(usual)) = (benchmarks.is_empty(), usual) {
        // Ids end in versions whose parts are single digits or sort alike.
        let newest = library.benchmarks().map(|benchmark| &benchmark.id).filter(|id| id.starts_with(usual)).max();
        benchmarks.extend(newest.cloned());
    }
    Request {
        benchmarks,
        level: args.level,
        profile: args.profile.clone(),
        checks: args.check.clone(),
        skip: args.skip.clone(),
        sections: args.section.clone(),
        container: args.container.clone(),
    }
}

fn lint(args: &LintArgs) -> Result<u8, Failure> {
    let library = Library::with_site(args.directory.as_slice())?;
    let site = args.directory.is_some();
    let examples = library.prove(site)?;
    let checks = if site { library.site_checks().count() } else { library.checks().count() };
    writeln!(io::stdout(), "{checks} checks hold, by {examples} examples")?;
    Ok(0)
}

fn plan(args: &SelectArgs) -> Result<u8, Failure> {
    let library = library(&args.checks)?;
    let selection = Selection::new(&library, &request(args, &library, Some("cis-docker-")))?;
    let plan = Plan::of(selection.checks.values().copied());
    let mut stdout = io::stdout().lock();
    for place in crate::probe::places(&plan) {
        writeln!(stdout, "{place}")?;
    }
    Ok(0)
}

fn schema(of: SchemaOf) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Facts => schemars::schema_for!(crate::facts::Facts),
        SchemaOf::Report => schemars::schema_for!(crate::report::Report),
        SchemaOf::Containers => schemars::schema_for!(crate::ladder::Ladder),
        SchemaOf::Check => schemars::schema_for!(crate::check::CheckFile),
        SchemaOf::Benchmark => schemars::schema_for!(crate::benchmark::BenchmarkFile),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "{text}")?;
    Ok(0)
}
