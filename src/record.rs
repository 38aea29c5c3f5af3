//! The record of a host's audits: a dated report of each, and a line of their history.

pub mod chart;

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::difference::Difference;
use crate::output::replace;
use crate::packed;
use crate::report::{self, Report, Score, escape};
use crate::verdict::Verdict;

/// Where a host keeps its record.
pub const STATE: &str = "/var/lib/plimsoll";
/// The version of a line's format.
pub const FORMAT: u32 = 1;
/// Reports tell who runs what, and where it is weak.
const MODE: u32 = 0o640;
const DIRECTORY_MODE: u32 = 0o750;

/// The record below a directory.
#[derive(Clone, Debug)]
pub struct Record {
    directory: PathBuf,
}

/// One audit in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Version of this format; keys may be added, and these keep their meaning.
    pub format: u32,
    /// When the collection of the facts began, RFC 3339 in UTC.
    pub collected_at: String,
    /// Name of the host; null when it could not be seen.
    pub host: Option<String>,
    /// Version of the program.
    pub version: String,
    /// Each benchmark's score.
    pub scores: Vec<BenchmarkScore>,
    /// Failures that nobody bears.
    pub failing: usize,
    /// Failures that somebody bears.
    pub waived: usize,
    /// What could not be judged.
    pub unknown: usize,
    /// Failures that were none in the audit before; null for a first audit.
    pub newly_failing: Option<usize>,
    /// Failures of the audit before that are none any more; null for a first audit.
    pub no_longer_failing: Option<usize>,
    /// The exit status.
    pub status: u8,
    /// The file of the report, below the record's directory.
    pub report: String,
}

/// A benchmark's score in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchmarkScore {
    /// The benchmark's id.
    pub benchmark: String,
    /// Its score.
    pub score: Score,
}

impl Record {
    /// The record below a directory, to be read.
    pub fn open(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// The record below a directory, which is made if it is not there.
    pub fn at(directory: &Path) -> Result<Self, String> {
        let reports = directory.join("reports");
        let made = DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(&reports);
        made.map_err(|error| format!("cannot make {}: {error}", reports.display()))?;
        Ok(Self::open(directory))
    }

    /// The last report, if there is one; a torn one is an error, since nobody could tell what has changed.
    pub fn last(&self) -> Result<Option<Report>, String> {
        let Some(name) = self.reports()?.pop() else { return Ok(None) };
        let path = self.directory.join("reports").join(name);
        read(&path).map(Some)
    }

    /// Keeps a report; returns its file, below the directory.
    pub fn keep(&self, report: &Report) -> Result<String, String> {
        let time: String = report.collected_at.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let name = format!("reports/{time}.json.zst");
        let path = self.directory.join(&name);
        let cannot = |why: &dyn fmt::Display| format!("cannot write {}: {why}", path.display());
        let json = serde_json::to_vec(report).map_err(|error| cannot(&error))?;
        let packed = packed::pack(json, &path).map_err(|error| cannot(&error))?;
        replace(&path, MODE, &packed).map_err(|why| cannot(&why))?;
        Ok(name)
    }

    /// Adds a line to the history.
    pub fn note(&self, line: &Line) -> Result<(), String> {
        let path = self.history_file();
        let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
        let mut text = serde_json::to_vec(line).map_err(|error| cannot(error.into()))?;
        text.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).mode(MODE).open(&path).map_err(cannot)?;
        file.write_all(&text).map_err(cannot)
    }

    /// The lines of the history, and how many could not be read.
    pub fn history(&self) -> Result<(Vec<Line>, usize), String> {
        let path = self.history_file();
        let bytes = match packed::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let (read, torn): (Vec<_>, Vec<_>) = lines.map(serde_json::from_slice::<Line>).partition(Result::is_ok);
        Ok((read.into_iter().flatten().collect(), torn.len()))
    }

    /// Removes reports that are older than so many days, but keeps the newest ones; returns how many went.
    pub fn prune(&self, days: u32, least: usize, now: Timestamp) -> Result<usize, String> {
        let mut names = self.reports()?;
        names.truncate(names.len().saturating_sub(least));
        let mut gone = 0;
        for name in names {
            let age = time(&name).map(|time| now.as_second() - time.as_second());
            if age.is_some_and(|age| age > i64::from(days) * 86_400) {
                let path = self.directory.join("reports").join(&name);
                fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn history_file(&self) -> PathBuf {
        self.directory.join("history.ndjson")
    }

    /// Names of the reports, oldest first; what has no time in its name is not ours.
    fn reports(&self) -> Result<Vec<String>, String> {
        let path = self.directory.join("reports");
        let cannot = |error: io::Error| format!("cannot read {}: {error}", path.display());
        let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(cannot)?;
        let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| time(name).is_some()).collect();
        names.sort();
        Ok(names)
    }
}

/// Reads a report, packed or not; `-` is standard input.
pub fn read(path: &Path) -> Result<Report, String> {
    let cannot = |why: &dyn fmt::Display| format!("cannot read the report {}: {why}", path.display());
    let bytes = if path == Path::new("-") { packed::read_from(io::stdin().lock()) } else { packed::read(path) };
    let bytes = bytes.map_err(|error| cannot(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot(&"it is not UTF-8"))?;
    report::read(&text).map_err(|why| cannot(&why))
}

/// The time in a report's name, as in `2026-11-24T010203Z.json.zst`.
fn time(name: &str) -> Option<Timestamp> {
    let stem = name.strip_suffix(".json.zst")?;
    let (day, clock) = stem.split_once('T')?;
    let clock = clock.strip_suffix('Z').filter(|clock| clock.len() == 6 && clock.is_ascii())?;
    let part = |from: usize| clock.get(from..from + 2);
    format!("{day}T{}:{}:{}Z", part(0)?, part(2)?, part(4)?).parse().ok()
}

impl Line {
    /// The line of a report that was kept in a file, and of what it has changed.
    pub fn of(report: &Report, change: Option<&Difference>, status: u8, file: String) -> Self {
        let fails = |waived: bool| {
            let of = |finding: &&crate::report::Finding| {
                finding.verdict == Verdict::Fail && finding.waiver.is_some() == waived
            };
            report.findings.iter().filter(of).count()
        };
        Self {
            format: FORMAT,
            collected_at: report.collected_at.clone(),
            host: report.host.name.clone(),
            version: report.tool.version.clone(),
            scores: report
                .benchmarks
                .iter()
                .map(|of| BenchmarkScore { benchmark: of.id.clone(), score: of.score.clone() })
                .collect(),
            failing: fails(false),
            waived: fails(true),
            unknown: report.findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).count(),
            newly_failing: change.map(|change| change.newly_failing.len()),
            no_longer_failing: change.map(|change| change.no_longer_failing.len()),
            status,
            report: file,
        }
    }
}

/// What a first audit came to.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recorded {}:", self.collected_at)?;
        for BenchmarkScore { benchmark, score } in &self.scores {
            let percent = score.percent.map_or_else(|| "no score".to_owned(), |percent| format!("{percent:.1} %"));
            write!(f, " {} {percent},", escape(benchmark))?;
        }
        write!(f, " {} failing, {} waived, {} unknown", self.failing, self.waived, self.unknown)
    }
}

#[cfg(test)]
mod tests;
