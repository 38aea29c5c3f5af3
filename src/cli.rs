//! The command line. Man page and completions are made from it.

mod output;

pub use self::output::{Color, Format, Output, OutputArgs};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::verdict::Severity;

/// Hardening benchmark auditor for Linux hosts, container engines and running containers.
///
/// Plimsoll reads the machine and the container engine, compares what it finds with a benchmark, and tells what passes, what
/// fails and what to do about it. It only ever reads: it runs no program and changes nothing.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 120, after_help = EXIT_STATUS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_STATUS: &str = "\
Exit status of `audit`:
  0  nothing failed
  1  a failure at or above --fail-on
  2  the audit could not run: wrong arguments, a faulty check, no engine where one is needed
  3  nothing failed, but something could not be judged";

/// What plimsoll can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge this machine and its containers
    Audit(AuditArgs),
    /// Look at this machine and its containers, and keep what was seen in a file
    Collect(CollectArgs),
    /// List the checks, or explain one
    #[command(subcommand)]
    Checks(ChecksVerb),
    /// Prove checks by their examples: a directory's, or the built-in ones
    Lint(LintArgs),
    /// Print every file and API call that an audit would read
    Plan(SelectArgs),
    /// Take on a failure: add a waiver to the site's
    Waive(WaiveArgs),
    /// Render a report again that was written as JSON
    Report(ReportArgs),
    /// Print the JSON schema of a format
    Schema(SchemaArgs),
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// What to judge.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]
    #[arg(long, value_name = "PATH")]
    pub engine_socket: Option<PathBuf>,
    /// The site's policy: what it allows, its thresholds, what its people vouch for [default: /etc/plimsoll/policy.toml]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Failures that somebody has taken on [default: /etc/plimsoll/waivers.toml]
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Least severity of a failure that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub fail_on: Severity,
    /// How to write the report, and where.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `collect`.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// What to look at: what every check reads, unless something is selected.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]
    #[arg(long, value_name = "PATH")]
    pub engine_socket: Option<PathBuf>,
    /// File for the facts, packed if its name ends in .zst or .gz; - for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A report that `--format json` wrote; `-` is standard input
    pub file: PathBuf,
    /// How to write the report, and where.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What to judge: everything, unless something is selected.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectArgs {
    /// Benchmark to judge by; can be given several times [default: the newest for the engine that is there]
    #[arg(long, value_name = "ID")]
    pub benchmark: Vec<String>,
    /// Highest level of controls to include
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub level: Option<u8>,
    /// Kind of system to judge by, where a benchmark tells several apart [default: its first]
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Only these checks
    #[arg(long, value_name = "ID")]
    pub check: Vec<String>,
    /// Not these checks
    #[arg(long, value_name = "ID")]
    pub skip: Vec<String>,
    /// Only controls of this section, or this control
    #[arg(long, value_name = "NUMBER")]
    pub section: Vec<String>,
    /// Only containers whose name matches this glob
    #[arg(long, value_name = "GLOB")]
    pub container: Option<String>,
    /// Directory with checks of your own, which add to the built-in ones or override them by id
    #[arg(long, value_name = "DIR", long_help = CHECKS_HELP)]
    pub checks: Vec<PathBuf>,
}

const CHECKS_HELP: &str = "\
Directory with checks of your own, which add to the built-in ones or override them by id. /etc/plimsoll/checks.d is read when \
it is there. TOML files below a directory `benchmarks` are benchmarks, all others are checks";

/// Verbs of `checks`.
#[derive(Debug, Subcommand)]
pub enum ChecksVerb {
    /// List every check with its severity and its numbers
    List(CheckLibraryArgs),
    /// List the functions that expressions may use
    Functions,
    /// Explain one check: what it looks at, why, and what to do
    Show {
        /// The check's id
        id: String,
        /// Where to find checks besides the built-in ones.
        #[command(flatten)]
        library: CheckLibraryArgs,
    },
}

/// Where to find checks besides the built-in ones.
#[derive(Debug, Args)]
pub struct CheckLibraryArgs {
    /// Directory with checks of your own
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Directory with checks
    pub directory: Option<PathBuf>,
}

/// Arguments of `waive`.
#[derive(Debug, Args)]
pub struct WaiveArgs {
    /// The check's id, or the control's number, such as 5.5 or cis-docker-1.8.0:5.5
    pub what: String,
    /// Why the failure is borne
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who bears it
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// The last day on which it counts, such as 2027-05-31
    #[arg(long, value_name = "DAY")]
    pub expires: String,
    /// Only containers whose name matches this glob
    #[arg(long, value_name = "GLOB")]
    pub container: Option<String>,
    /// Only images whose name matches this glob
    #[arg(long, value_name = "GLOB")]
    pub image: Option<String>,
    /// Only if all files that failed match this glob
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,
    /// Only if everything that was asked for by name, such as a kernel setting, matches this glob
    #[arg(long, value_name = "GLOB")]
    pub key: Option<String>,
    /// Only hosts whose name matches this glob
    #[arg(long, value_name = "GLOB")]
    pub host: Option<String>,
    /// The file to add it to
    #[arg(long, value_name = "FILE", default_value = crate::waiver::SITE_WAIVERS)]
    pub waivers: PathBuf,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which format
    pub of: SchemaOf,
}

/// The formats with a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemaOf {
    /// What was collected
    Facts,
    /// What `audit --format json` prints
    Report,
    /// A check's file
    Check,
    /// A benchmark's file
    Benchmark,
    /// A site's policy
    Policy,
    /// A site's waivers
    Waivers,
}
