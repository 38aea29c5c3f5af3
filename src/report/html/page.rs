//! What the page says, as plain data for its templates.

use std::cmp::Reverse;

use serde::Serialize;
use serde_json::Value;

use super::ladder::{self, Step};
use crate::report::index::alike;
use crate::report::remedy::remedies;
use crate::report::value::token;
use crate::report::worst::{Worst, who, worst};
use crate::report::{BenchmarkResult, ControlResult, Evidence, Finding, Index, Report, Score, Waived};
use crate::verdict::{Severity, Verdict};

/// How many of the worst failures are put first.
const FIRST: usize = 5;
/// How many subjects are shown before the rest is folded.
const SUBJECTS: usize = 24;
/// How many elements of one list are shown; the JSON has all.
const ELEMENTS: usize = 24;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page<'r> {
    host: &'r str,
    collected_at: String,
    about: Vec<(&'static str, String)>,
    notices: &'r [String],
    benchmarks: Vec<Benchmark<'r>>,
    outside: Vec<Control<'r>>,
    first: Vec<First<'r>>,
    rungs: Vec<Step<'r>>,
    /// Verdicts with how many controls came to them, worst first.
    verdicts: Vec<(&'static str, usize)>,
    version: &'r str,
}

/// A failure to look at first.
#[derive(Debug, Serialize)]
struct First<'r> {
    anchor: String,
    number: &'r str,
    title: &'r str,
    severity: &'static str,
    who: String,
}

#[derive(Debug, Serialize)]
struct Benchmark<'r> {
    title: &'r str,
    scope: String,
    score: &'r Score,
    /// `good`, `fair`, `poor` or `none`.
    grade: &'static str,
    levels: Vec<(u8, Option<f64>)>,
    sections: Vec<Section<'r>>,
}

#[derive(Debug, Serialize)]
struct Section<'r> {
    anchor: String,
    number: &'r str,
    title: &'r str,
    score: &'r Score,
    parts: Vec<Part>,
    controls: Vec<Control<'r>>,
}

/// A piece of a section's bar, in percent of its length.
#[derive(Debug, Serialize)]
struct Part {
    verdict: &'static str,
    count: u32,
    from: f64,
    length: f64,
}

#[derive(Debug, Serialize)]
struct Control<'r> {
    anchor: String,
    number: &'r str,
    title: &'r str,
    level: Option<u8>,
    verdict: &'static str,
    severity: Option<&'static str>,
    waived: bool,
    reason: Option<&'r str>,
    who: String,
    checks: Vec<Check<'r>>,
}

#[derive(Debug, Serialize)]
struct Check<'r> {
    id: &'r str,
    title: &'r str,
    rationale: &'r str,
    references: &'r [String],
    findings: Vec<Group<'r>>,
}

/// Findings of which the same is to be said.
#[derive(Debug, Serialize)]
struct Group<'r> {
    verdict: &'static str,
    kind: &'r str,
    subjects: Vec<&'r str>,
    more: Vec<&'r str>,
    reason: Option<&'r str>,
    basis: &'r [String],
    evidence: Vec<Fact<'r>>,
    remedies: Vec<String>,
    waiver: Option<&'r Waived>,
}

#[derive(Debug, Serialize)]
struct Fact<'r> {
    name: &'r str,
    values: Vec<String>,
    source: Option<&'r str>,
    seen: bool,
}

impl<'r> Page<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let index = Index::new(report);
        let unseen = || "unknown".to_owned();
        let engine = report.engine.as_ref();
        let benchmarks: Vec<Benchmark<'r>> =
            report.benchmarks.iter().enumerate().map(|(place, one)| benchmark(place, one, &index)).collect();
        let outside: Vec<Control<'r>> =
            index.outside().map(|(check, findings)| unnumbered(check, findings, &index)).collect();
        let all = || benchmarks.iter().flat_map(|b| &b.sections).flat_map(|s| &s.controls).chain(&outside);
        let count = |verdict: &str| all().filter(|control| control.verdict == verdict).count();
        Self {
            host: report.host.name.as_deref().unwrap_or("an unnamed host"),
            collected_at: report.collected_at.replace('T', " ").replace('Z', " UTC"),
            about: vec![
                ("System", report.host.os.clone().unwrap_or_else(unseen)),
                ("Kernel", report.host.kernel.clone().unwrap_or_else(unseen)),
                ("Engine", engine.map_or("none that answered".to_owned(), |e| format!("{} {}", e.name, e.version))),
            ],
            notices: &report.notices,
            first: worst(report, &index, FIRST).into_iter().map(first).collect(),
            rungs: ladder::rungs(report, &index),
            verdicts: Verdict::ALL.iter().rev().map(|verdict| (verdict.as_str(), count(verdict.as_str()))).collect(),
            version: &report.tool.version,
            benchmarks,
            outside,
        }
    }
}

fn first(worst: Worst<'_>) -> First<'_> {
    First {
        anchor: worst.benchmark.map_or_else(|| anchor_of_check(worst.number), |place| anchor(place, worst.number)),
        // A check that has no number has its title alone.
        number: worst.benchmark.map_or("", |_| worst.number),
        title: worst.title,
        severity: worst.severity.as_str(),
        who: worst.who,
    }
}

/// The anchor of a control of the benchmark at this place.
pub(super) fn anchor(benchmark: usize, number: &str) -> String {
    format!("b{benchmark}-{}", token(number))
}

/// The anchor of a check that no selected control names.
pub(super) fn anchor_of_check(check: &str) -> String {
    format!("check-{}", token(check))
}

fn benchmark<'r>(place: usize, benchmark: &'r BenchmarkResult, index: &Index<'r>) -> Benchmark<'r> {
    let anchor = |number: &str| anchor(place, number);
    let levels = if benchmark.level == 1 { "level 1" } else { "levels 1 and 2" };
    let profile = benchmark.profile.as_ref().map_or_else(String::new, |profile| format!("{profile}, "));
    let section = |(section, controls): (&'r crate::report::SectionResult, Vec<&'r ControlResult>)| Section {
        anchor: format!("section-{}", anchor(&section.number)),
        number: &section.number,
        title: &section.title,
        score: &section.score,
        parts: parts(&section.score),
        controls: controls.into_iter().map(|one| control(anchor(&one.number), one, index)).collect(),
    };
    Benchmark {
        title: &benchmark.title,
        scope: format!("{profile}{levels}"),
        score: &benchmark.score,
        grade: grade(benchmark.score.percent),
        levels: benchmark.levels.iter().map(|level| (level.level, level.score.percent)).collect(),
        sections: benchmark.by_section().into_iter().map(section).collect(),
    }
}

fn grade(percent: Option<f64>) -> &'static str {
    match percent {
        None => "none",
        Some(percent) if percent < 50.0 => "poor",
        Some(percent) if percent < 80.0 => "fair",
        Some(_) => "good",
    }
}

fn parts(score: &Score) -> Vec<Part> {
    let counts = [
        (Verdict::Pass, score.passed),
        (Verdict::Fail, score.failed),
        (Verdict::Unknown, score.unknown),
        (Verdict::Manual, score.manual),
        (Verdict::NotApplicable, score.not_applicable),
    ];
    let all: f64 = counts.iter().map(|(_, count)| f64::from(*count)).sum();
    let mut from = 0.0;
    let part = |(verdict, count): (Verdict, u32)| {
        let length = 100.0 * f64::from(count) / all;
        let part = Part { verdict: verdict.as_str(), count, from, length };
        from += length;
        part
    };
    counts.into_iter().filter(|(_, count)| *count > 0).map(part).collect()
}

fn control<'r>(anchor: String, control: &'r ControlResult, index: &Index<'r>) -> Control<'r> {
    let findings = index.of(control);
    Control {
        anchor,
        number: &control.number,
        title: &control.title,
        level: Some(control.level),
        reason: control.reason.as_deref(),
        ..judged(control.verdict, &findings, index)
    }
}

/// A check that no selected control names.
fn unnumbered<'r>(check: &'r str, findings: &[&'r Finding], index: &Index<'r>) -> Control<'r> {
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::NotApplicable);
    let title = index.check(check).map_or(check, |check| check.title.as_str());
    Control { anchor: anchor_of_check(check), title, ..judged(worst, findings, index) }
}

/// What the findings come to.
fn judged<'r>(verdict: Verdict, findings: &[&'r Finding], index: &Index<'r>) -> Control<'r> {
    let worst: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.verdict == verdict).collect();
    let matters = matches!(verdict, Verdict::Fail | Verdict::Unknown);
    let mut checks: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    checks.dedup();
    let check = |id: &'r str| {
        let of: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.check == id).collect();
        let mut groups = alike(&of);
        groups.sort_by_key(|group| Reverse(group.first().map(|finding| finding.verdict)));
        let summary = index.check(id);
        Check {
            id,
            title: summary.map_or("", |check| &check.title),
            rationale: summary.map_or("", |check| &check.rationale),
            references: summary.map_or(&[], |check| &check.references),
            findings: groups.iter().filter_map(|group| self::group(group)).collect(),
        }
    };
    Control {
        anchor: String::new(),
        number: "",
        title: "",
        level: None,
        verdict: verdict.as_str(),
        severity: worst.iter().map(|finding| finding.severity).max().filter(|_| matters).map(Severity::as_str),
        waived: !worst.is_empty() && worst.iter().all(|finding| finding.waived().is_some()),
        reason: None,
        who: who(&worst, findings),
        checks: checks.into_iter().map(check).collect(),
    }
}

fn group<'r>(group: &[&'r Finding]) -> Option<Group<'r>> {
    let finding = group.first()?;
    let mut subjects: Vec<&str> = group.iter().map(|finding| finding.subject.name.as_str()).collect();
    let more = subjects.split_off(subjects.len().min(SUBJECTS));
    Some(Group {
        verdict: finding.verdict.as_str(),
        kind: &finding.subject.kind,
        subjects: if finding.subject.id.is_some() { subjects } else { Vec::new() },
        more,
        reason: finding.reason.as_deref(),
        basis: &finding.basis,
        evidence: finding.evidence.iter().map(fact).collect(),
        remedies: remedies(group),
        waiver: finding.waived(),
    })
}

fn fact(evidence: &Evidence) -> Fact<'_> {
    let mut values: Vec<String> = match &evidence.value {
        Value::Array(elements) if evidence.reason.is_none() && !elements.is_empty() => {
            elements.iter().map(crate::report::evidence::words).collect()
        }
        _ => vec![evidence.words()],
    };
    if values.len() > ELEMENTS {
        let more = values.split_off(ELEMENTS).len();
        values.push(format!("and {more} more"));
    }
    Fact { name: &evidence.fact, values, source: evidence.source.as_deref(), seen: evidence.reason.is_none() }
}
