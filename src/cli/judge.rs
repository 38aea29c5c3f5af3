//! What an audit is of, and by what it judges.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::verdict::Severity;

/// What to judge, and by what.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// What to judge.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Which engine to ask.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Which files to judge in place of this machine.
    #[command(flatten)]
    pub root: RootArgs,
    /// The site's policy: what it allows, its thresholds, what its people vouch for [default: /etc/plimsoll/policy.toml]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Failures that somebody has taken on [default: /etc/plimsoll/waivers.toml]
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Least severity of a failure that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub fail_on: Severity,
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

/// Which files to look at in place of this machine.
#[derive(Clone, Debug, Args)]
pub struct RootArgs {
    /// Look at the files of a machine that does not run: an unpacked image or a mounted disk
    #[arg(long, value_name = "DIR", conflicts_with_all = ["engine_socket", "engine"], long_help = ROOT_HELP)]
    pub root: Option<PathBuf>,
}

const ROOT_HELP: &str = "\
Look at the files of a machine that does not run: an unpacked image or a mounted disk, whose root directory this is. Nothing of the \
machine that plimsoll runs on is looked at, and symbolic links are followed inside of DIR. What only a running machine has, such as \
processes, mounts and what the kernel says, is not applicable unless files alone decide. Checks, policy and waivers are those of \
this machine";

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
    /// Read the layers of images too: their packages, set-id files and accounts
    #[arg(long, long_help = DEEP_HELP)]
    pub deep: bool,
    /// Directory with checks of your own, which add to the built-in ones or override them by id
    #[arg(long, value_name = "DIR", long_help = CHECKS_HELP)]
    pub checks: Vec<PathBuf>,
}

const DEEP_HELP: &str = "\
Read the layers of images too: their packages, set-id files and accounts. It takes a second or more for each 100,000 files on a \
slow disk, and without it what rests on them is unknown";

const CHECKS_HELP: &str = "\
Directory with checks of your own, which add to the built-in ones or override them by id. /etc/plimsoll/checks.d is read when \
it is there. TOML files below a directory `benchmarks` are benchmarks, all others are checks";
