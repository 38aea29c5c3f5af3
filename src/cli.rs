//! The command line. Man page and completions are made from it.

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
  3  nothing failed, but something could not be judged

Exit status of `containers`:
  0  everything could be seen
  2  it could not run
  3  something could not be seen";

/// What plimsoll can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge this machine and its containers
    Audit(AuditArgs),
    /// List containers by how far they are from the host, or explain one
    Containers(ContainersArgs),
    /// List the checks, or explain one
    #[command(subcommand)]
    Checks(ChecksVerb),
    /// Prove checks by their examples: a directory's, or the built-in ones
    Lint(LintArgs),
    /// Print every file and API call that an audit would read
    Plan(SelectArgs),
    /// Print the JSON schema of a format
    Schema(SchemaArgs),
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// What to judge.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Which engine to ask.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Least severity of a failure that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub fail_on: Severity,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// When to colour the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
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
    pub format: Format,
    /// When to colour the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// Which engine to ask.
#[derive(Clone, Debug, Args)]
pub struct EngineArgs {
    /// Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]
    #[arg(long, value_name = "PATH")]
    pub engine_socket: Option<PathBuf>,
    /// Whether to ask an engine at all
    #[arg(long, value_name = "WHICH", default_value = "auto", conflicts_with = "engine_socket", long_help = ENGINE_HELP)]
    pub engine: EngineChoice,
}

const ENGINE_HELP: &str = "\
Whether to ask an engine at all. With `none`, containers are what the kernel shows and what Docker, containerd and podman keep on \
disk; CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE are enough for that, and what only an engine knows is unknown";

/// Whether an engine is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// The one that is found
    Auto,
    /// None
    None,
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
    /// Only containers and sandboxes whose name matches this glob
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
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; `plimsoll schema report` describes it
    Json,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
