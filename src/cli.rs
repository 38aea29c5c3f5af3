//! The command line. Man page and completions are made from it.

mod judge;
mod output;

pub use self::judge::{EngineArgs, EngineChoice, JudgeArgs, RootArgs, SelectArgs};
pub use self::output::{Color, Format, Output, OutputArgs, Plain};

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
    /// Directory to take for the root of all files, as in a container that has the machine's below it
    #[arg(long, value_name = "DIR", long_help = CHROOT_HELP)]
    pub chroot: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const CHROOT_HELP: &str = "\
Directory to take for the root of all files, read and written, as in a container that has the machine's below it; needs \
CAP_SYS_CHROOT. The site's checks, policy and waivers are the machine's then too";

const EXIT_STATUS: &str = "\
Exit status of `audit` and `record`:
  0  nothing failed
  1  a failure at or above --fail-on that nobody bears
  2  the audit could not run: wrong arguments, a faulty check, no engine where one is needed
  3  nothing failed, but something could not be judged
With --baseline, and of `diff`, 1 and 3 are of what got worse alone.

Exit status of `containers`:
  0  everything could be seen
  2  it could not run
  3  something could not be seen";

/// What plimsoll can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge this machine and its containers
    Audit(AuditArgs),
    /// Look at this machine and its containers, and keep what was seen in a file
    Collect(CollectArgs),
    /// List containers by how far they are from the host, or explain one
    Containers(ContainersArgs),
    /// List the checks, or explain one
    #[command(subcommand)]
    Checks(ChecksVerb),
    /// Prove checks by their examples: a directory's, or the built-in ones; or a policy and waivers
    Lint(LintArgs),
    /// Print every file and API call that an audit would read
    Plan(PlanArgs),
    /// Take on a failure: add a waiver to the site's
    Waive(WaiveArgs),
    /// Render a report again that was written as JSON
    Report(ReportArgs),
    /// Compare two reports
    Diff(DiffArgs),
    /// Judge this machine for the record: keep the report, and say only what has changed
    Record(RecordArgs),
    /// Draw the scores of the record over time
    History(HistoryArgs),
    /// Print the JSON schema of a format
    Schema(SchemaArgs),
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// What to judge, and by what.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Judge facts that `collect` wrote, here or elsewhere, in place of this machine; can be given several times
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["engine_socket", "root"], long_help = FACTS_HELP)]
    pub facts: Vec<PathBuf>,
    /// An earlier report: only what got worse since then makes the exit status 1 or 3
    #[arg(long, value_name = "FILE", long_help = BASELINE_HELP)]
    pub baseline: Option<PathBuf>,
    /// How to write the report, and where.
    #[command(flatten)]
    pub output: OutputArgs,
}

const FACTS_HELP: &str = "\
Judge facts that `collect` wrote, here or elsewhere, in place of this machine; can be given several times. Each file gives a report, \
as JSON one a line, and the exit status is of the worst. What was not collected is unknown";

const BASELINE_HELP: &str = "\
An earlier report, as JSON, packed or not: only failures that were none then make the exit status 1, and only what could be judged \
then makes it 3. What has changed is told after the report, on standard error unless that is text";

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// What to judge, and by what.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Where to keep the record.
    #[command(flatten)]
    pub state: StateArgs,
    /// Days after which a dated report is removed
    #[arg(long, value_name = "DAYS", default_value_t = 400)]
    pub keep_days: u32,
    /// How many reports to keep, however old they are
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub keep_least: usize,
    /// Write the report to another file too, as -o prometheus=/var/lib/prometheus/node-exporter/plimsoll.prom
    #[arg(short, long, value_name = "FORMAT=PATH")]
    pub output: Vec<Output>,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Where the record is.
    #[command(flatten)]
    pub state: StateArgs,
    /// How to print it; as JSON, a line for each audit
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Plain,
}

/// Where a record is kept.
#[derive(Debug, Args)]
pub struct StateArgs {
    /// Directory of the record
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY", default_value = crate::record::STATE)]
    pub state: PathBuf,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier report, as JSON, packed or not
    pub old: PathBuf,
    /// The later report
    pub new: PathBuf,
    /// How to print the differences; `plimsoll schema diff` describes the JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Plain,
    /// Least severity of a new failure that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub fail_on: Severity,
}

/// Arguments of `collect`.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// What to look at: what every check reads, unless something is selected.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Which engine to ask.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Which files to look at in place of this machine.
    #[command(flatten)]
    pub root: RootArgs,
    /// File for the facts, packed if its name ends in .zst or .gz; - for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What an audit would judge.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Plan for the files of a machine that does not run, whose root directory this is
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// Arguments of `containers`.
#[derive(Debug, Args)]
pub struct ContainersArgs {
    /// Only this container, in full: its name, or the beginning of its id
    pub name: Option<String>,
    /// Which engine to ask.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// How to print the list; `plimsoll schema containers` describes the JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Plain,
    /// When to colour the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
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

/// Verbs of `checks`.
#[derive(Debug, Subcommand)]
pub enum ChecksVerb {
    /// List every check with its severity and its numbers
    List(CheckLibraryArgs),
    /// List the functions that expressions may use
    Functions,
    /// Explain one check: what it looks at, why, and what to do
    Show {
        /// The check's id, or the number of a control that it decides, such as 5.4
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
    /// A site's policy: whether an audit could judge by it
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A site's waivers: whether an audit could go by them
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
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
    /// What `containers --format json` prints
    Containers,
    /// A check's file
    Check,
    /// A benchmark's file
    Benchmark,
    /// A site's policy
    Policy,
    /// A site's waivers
    Waivers,
    /// What `diff --format json` prints
    Diff,
    /// A line that `record` writes and `history --format json` prints
    History,
}
