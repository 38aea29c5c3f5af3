//! How a report is written, and where.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// How to write a report, and where.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Write the report to a file too; can be given several times
    #[arg(short, long, value_name = "FORMAT=PATH", long_help = OUTPUT_HELP)]
    pub output: Vec<Output>,
    /// Tell every control in the text: what passes, what waits for a person and with which facts, what does not apply
    #[arg(short, long)]
    pub verbose: bool,
    /// When to colour the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

const OUTPUT_HELP: &str = "\
Write the report to a file too, as -o html=report.html; can be given several times, and all are of the same audit. A file is \
there whole or not at all: it is written beside its place and then renamed. Its mode is 0640, and 0644 for prometheus, whose \
collector is another user and which names no container. A symbolic link in its place is refused";

/// A file to write a report to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How.
    pub format: Format,
    /// Where.
    pub path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || {
            let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            names.map(|name| name.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        let (format, path) = text.split_once('=').unwrap_or((text, ""));
        let format = Format::from_str(format, false)
            .map_err(|_| format!("`{format}` is not a format; write FORMAT=PATH, and the formats are {}", known()))?;
        match path {
            "" => Err("no file is named; write FORMAT=PATH".to_owned()),
            "-" => Err("for standard output there is --format".to_owned()),
            path => Ok(Self { format, path: path.into() }),
        }
    }
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; `plimsoll schema report` describes it, and `plimsoll report` reads it again
    Json,
    /// A page of its own for browsers, which needs no server and no network
    Html,
    /// For the summaries of CI servers and for mail
    Markdown,
    /// For spreadsheets
    Csv,
    /// JUnit XML, for CI servers
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// OSCAL 1.1 assessment results
    Oscal,
    /// XCCDF 1.2 benchmark with its result, for OpenSCAP
    Xccdf,
    /// OCSF 1.5 compliance findings, one a line, for a SIEM
    Ocsf,
    /// Metrics for the textfile collector of Prometheus's node exporter
    Prometheus,
    /// JSON as docker-bench-security has it
    DockerBench,
    /// JSON as kube-bench has it
    KubeBench,
}

/// How what is no report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plain {
    /// For people
    Text,
    /// For programs
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
