//! The report as Markdown, for the summaries of CI servers and for mail.

use std::io::{self, Write};

use super::basis::{HEADING, reasons};
use super::escape::shown;
use super::index::alike;
use super::remedy::remedies;
use super::{BenchmarkResult, ControlResult, Finding, Index, Report, Score};
use crate::ladder::Row;
use crate::verdict::Verdict;

/// How many subjects of one finding are listed; the JSON has all.
const SUBJECTS: usize = 10;
/// How many different findings of one control are listed; the JSON has all.
const GROUPS: usize = 10;

/// How many containers are listed; the JSON has all.
const CONTAINERS: usize = 50;

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    head(report, out)?;
    containers(report.containers.as_deref().unwrap_or_default(), out)?;
    for benchmark in &report.benchmarks {
        writeln!(out, "\n## {}", text(&benchmark.title))?;
        scores(benchmark, out)?;
        for verdict in [Verdict::Fail, Verdict::Unknown, Verdict::Manual] {
            let mut controls: Vec<_> = of_verdict(benchmark, verdict).map(|c| (c, worst(c, &index))).collect();
            controls
                .sort_by_key(|(_, findings)| std::cmp::Reverse(findings.iter().map(|finding| finding.severity).max()));
            if !controls.is_empty() {
                writeln!(out, "\n### {} ({})", heading(verdict), controls.len())?;
            }
            for (control, findings) in controls {
                let title = format!("{} {}", code(&control.number), text(&control.title));
                block(&title, &findings, out)?;
            }
        }
        rest(benchmark, &index, out)?;
    }
    outside(&index, out)?;
    let reasons = reasons(&report.findings);
    if !reasons.is_empty() {
        writeln!(out, "\n## {HEADING}\n")?;
    }
    reasons.iter().try_for_each(|(reason, checks)| writeln!(out, "- {}: {}", text(reason), text(checks)))
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let unseen = "unknown".to_owned();
    let host = &report.host;
    writeln!(out, "# Hardening report of {}\n", code(host.name.as_ref().unwrap_or(&unseen)))?;
    let engine = report.engine.as_ref().map(|engine| format!("{} {}", engine.name, engine.version));
    writeln!(out, "| | |\n|---|---|")?;
    for (name, value) in [
        ("Collected", &report.collected_at),
        ("System", host.os.as_ref().unwrap_or(&unseen)),
        ("Kernel", host.kernel.as_ref().unwrap_or(&unseen)),
        ("Engine", &engine.unwrap_or_else(|| "none that answered".to_owned())),
        ("Tool", &format!("{} {}", report.tool.name, report.tool.version)),
    ] {
        writeln!(out, "| {name} | {} |", text(value))?;
    }
    if !report.notices.is_empty() {
        writeln!(out)?;
    }
    report.notices.iter().try_for_each(|notice| writeln!(out, "- Note: {}", text(notice)))
}

fn scores(benchmark: &BenchmarkResult, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n| | Pass | Fail | Unknown | Manual | N/A | Score | Coverage |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1} %"));
    let mut row = |title: &str, score: &Score| {
        let Score { passed, failed, unknown, manual, not_applicable, .. } = score;
        let percents = format!("{} | {}", percent(score.percent), percent(score.coverage_percent));
        writeln!(out, "| {title} | {passed} | {failed} | {unknown} | {manual} | {not_applicable} | {percents} |")
    };
    for section in &benchmark.sections {
        row(&text(&format!("{} {}", section.number, section.title)), &section.score)?;
    }
    row("**All**", &benchmark.score)
}

const fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "Fails",
        Verdict::Unknown => "Could not be judged",
        Verdict::Manual => "For a person to judge",
        Verdict::Pass => "Passes",
        Verdict::NotApplicable => "Does not apply",
    }
}

fn of_verdict(benchmark: &BenchmarkResult, verdict: Verdict) -> impl Iterator<Item = &ControlResult> {
    benchmark.controls.iter().filter(move |control| control.verdict == verdict)
}

/// The findings that make the control's verdict.
fn worst<'r>(control: &ControlResult, index: &Index<'r>) -> Vec<&'r Finding> {
    index.of(control).into_iter().filter(|finding| finding.verdict == control.verdict).collect()
}

/// What is said of one control or check.
fn block(title: &str, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let severity = findings.iter().map(|finding| finding.severity).max();
    let severity = severity.map_or_else(String::new, |severity| format!(" – **{severity}**"));
    writeln!(out, "\n#### {title}{severity}\n")?;
    let groups = alike(findings);
    for group in groups.iter().take(GROUPS) {
        let Some(finding) = group.first() else { continue };
        let waiver = finding.waived().map_or_else(String::new, |waiver| format!(" ({})", text(&waiver.words())));
        writeln!(out, "- {}: {}{waiver}", subjects(group), because(finding))?;
    }
    if let Some(more) = groups.len().checked_sub(GROUPS).filter(|more| *more > 0) {
        writeln!(out, "- and {more} more like these")?;
    }
    let mut remedies = remedies(findings).into_iter();
    if let Some(first) = remedies.next() {
        writeln!(out, "\n> **Remedy:** {}", text(&first))?;
    }
    remedies.try_for_each(|remedy| writeln!(out, ">\n> {}", text(&remedy)))
}

/// Who shares a finding.
fn subjects(group: &[&Finding]) -> String {
    let names: Vec<String> = group.iter().take(SUBJECTS).map(|finding| code(&finding.subject.words())).collect();
    match group.len().saturating_sub(SUBJECTS) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn because(finding: &Finding) -> String {
    let facts = finding.evidence.iter().map(|evidence| code(&format!("{} = {}", evidence.fact, evidence.words())));
    let facts = || facts.collect::<Vec<_>>().join(", ");
    let why = match &finding.reason {
        Some(reason) if finding.shows_facts() => format!("{} {}", text(reason), facts()),
        Some(reason) => text(reason),
        None => facts(),
    };
    if finding.basis.is_empty() { why } else { format!("{why} (rests on {})", text(&finding.basis.join("; "))) }
}

/// Where each container stands, those of the worst rung first.
fn containers(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Containers by how far they are from the host\n")?;
    writeln!(out, "| Container | Rung | Capabilities | Shared namespaces | Seccomp | LSM | User |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for row in rows.iter().take(CONTAINERS) {
        let cells = [row.stands(), row.capabilities(), row.shares(), row.filtered(), row.labelled(), row.users()];
        let cells = cells.map(|cell| text(&cell)).join(" | ");
        writeln!(out, "| {} | {cells} |", text(&row.called()))?;
    }
    if let Some(more) = rows.len().checked_sub(CONTAINERS).filter(|more| *more > 0) {
        writeln!(out, "\nand {more} more")?;
    }
    if rows.iter().any(|row| !row.certain) {
        writeln!(out, "\n? at best: not all could be seen.")?;
    }
    Ok(())
}

/// What passes and what does not apply, in a few lines.
fn rest(benchmark: &BenchmarkResult, index: &Index<'_>, out: &mut dyn Write) -> io::Result<()> {
    let passed: Vec<String> = of_verdict(benchmark, Verdict::Pass).map(|control| code(&control.number)).collect();
    if !passed.is_empty() {
        writeln!(out, "\n### {} ({})\n\n{}", heading(Verdict::Pass), passed.len(), passed.join(", "))?;
    }
    let mut first = true;
    for control in of_verdict(benchmark, Verdict::NotApplicable) {
        if std::mem::take(&mut first) {
            writeln!(out, "\n### {}\n", heading(Verdict::NotApplicable))?;
        }
        let reason = worst(control, index).iter().find_map(|finding| finding.reason.clone()).or(control.reason.clone());
        let (title, reason) = (text(&control.title), text(&reason.unwrap_or_default()));
        writeln!(out, "- {} {title}: {reason}", code(&control.number))?;
    }
    Ok(())
}

/// Checks that no selected control names, but for those that pass or do not apply.
fn outside(index: &Index<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut first = true;
    for (check, findings) in index.outside() {
        let verdict = findings.iter().map(|finding| finding.verdict).max();
        let worst: Vec<&Finding> =
            findings.iter().copied().filter(|finding| Some(finding.verdict) == verdict).collect();
        if std::mem::take(&mut first) {
            writeln!(out, "\n## Checks outside the selected benchmarks")?;
        }
        let verdict = verdict.map_or("", Verdict::as_str);
        block(&format!("{} – {verdict}", code(check)), &worst, out)?;
    }
    Ok(())
}

/// Text in which nothing is markup.
fn text(text: &str) -> String {
    let markup =
        |c: char| matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~' | '!');
    shown(text).chars().flat_map(|c| markup(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A name or a value as code. A fence longer than any in it keeps it in; a bar would end the cell of a table.
fn code(text: &str) -> String {
    let text = shown(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // Blanks at both ends are taken away again.
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}
