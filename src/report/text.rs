//! The report for people: what fails and what to do, then a summary that fits a screen.

mod basis;
mod finding;
pub mod ladder;

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle, presets};

use self::finding::Block;
use super::escape::shown;
use super::{BenchmarkResult, ControlResult, Index, Report, Score, escape};
use crate::verdict::Verdict;

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether colours may be used.
    pub colour: bool,
}

/// Writes the report.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    head(report, out)?;
    let index = Index::new(report);
    for benchmark in &report.benchmarks {
        let profile = benchmark.profile.as_ref().map_or_else(String::new, |profile| format!(", {}", escape(profile)));
        writeln!(out, "\n{}{profile}, {}", escape(&benchmark.title), levels(benchmark.level))?;
        for (section, controls) in benchmark.by_section() {
            writeln!(out, "\n{}  {}", escape(&section.number), escape(&section.title))?;
            write_section(&controls, &index, style, out)?;
        }
    }
    outside(&index, style, out)?;
    basis::write(&report.findings, out)?;
    if !report.benchmarks.is_empty() {
        writeln!(out, "\n{}", summary(&report.benchmarks, style))?;
        writeln!(out, "score = pass / (pass + fail); coverage = (pass + fail) / (pass + fail + unknown)")?;
    }
    Ok(())
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let unseen = || "unknown".to_owned();
    let host = &report.host;
    let engine = match &report.engine {
        Some(engine) => format!("{} {} (API {}, {})", engine.name, engine.version, engine.api, engine.socket),
        None => "none that answered".to_owned(),
    };
    let system = [&host.os, &host.kernel].map(|part| part.clone().unwrap_or_else(unseen)).join(", Linux ");
    writeln!(out, "plimsoll {}  {}", report.tool.version, escape(&report.collected_at))?;
    writeln!(out, "host     {}  ({})", escape(&host.name.clone().unwrap_or_else(unseen)), escape(&system))?;
    writeln!(out, "engine   {}", escape(&engine))?;
    report.notices.iter().try_for_each(|notice| writeln!(out, "note     {}", shown(notice)))
}

fn levels(level: u8) -> &'static str {
    if level == 1 { "level 1" } else { "levels 1 and 2" }
}

fn write_section(controls: &[&ControlResult], index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut table = bare_table(style);
    let of_verdict = |verdict| controls.iter().filter(move |control| control.verdict == verdict);
    for verdict in [Verdict::Fail, Verdict::Unknown, Verdict::Manual, Verdict::NotApplicable] {
        for control in of_verdict(verdict) {
            let block = Block { title: &control.title, verdict, findings: &index.of(control) };
            let text = match &control.reason {
                Some(reason) => format!("{}: {}", escape(&control.title), escape(reason)),
                None => block.text(),
            };
            table.add_row([verdict_cell(verdict), Cell::new(escape(&control.number)), Cell::new(text)]);
        }
    }
    let passed: Vec<&str> = of_verdict(Verdict::Pass).map(|control| control.number.as_str()).collect();
    if !passed.is_empty() {
        let count = Cell::new(passed.len());
        table.add_row([verdict_cell(Verdict::Pass), count, Cell::new(escape(&passed.join(", ")))]);
    }
    if table.is_empty() { Ok(()) } else { writeln!(out, "{}", trimmed(&table)) }
}

/// Findings of checks that no selected control names.
fn outside(index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut table = bare_table(style);
    for (check, findings) in index.outside() {
        let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::NotApplicable);
        let title = findings.first().map_or("", |finding| finding.title.as_str());
        let block = Block { title, verdict: worst, findings };
        table.add_row([verdict_cell(worst), Cell::new(escape(check)), Cell::new(block.text())]);
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nChecks outside the selected benchmarks\n{}", trimmed(&table))
}

fn summary(benchmarks: &[BenchmarkResult], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    prepare(&mut table, style);
    table.set_header(["", "pass", "fail", "unknown", "manual", "n/a", "score", "coverage"]);
    for benchmark in benchmarks {
        for section in &benchmark.sections {
            let title = format!("{}  {}", section.number, section.title);
            table.add_row(score_row(&title, &section.score, false));
        }
        for level in benchmark.levels.iter().filter(|_| benchmark.levels.len() > 1) {
            table.add_row(score_row(&format!("Level {}", level.level), &level.score, false));
        }
        table.add_row(score_row(&benchmark.title, &benchmark.score, true));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn score_row(title: &str, score: &Score, total: bool) -> Vec<Cell> {
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1} %"));
    let share = format!("{}/{}", score.passed, score.passed + score.failed);
    let texts = [
        escape(title),
        score.passed.to_string(),
        score.failed.to_string(),
        score.unknown.to_string(),
        score.manual.to_string(),
        score.not_applicable.to_string(),
        format!("{share}  {}", percent(score.percent)),
        percent(score.coverage_percent),
    ];
    let bold = |cell: Cell| if total { cell.add_attribute(Attribute::Bold) } else { cell };
    texts.into_iter().map(|text| bold(Cell::new(text))).collect()
}

fn verdict_cell(verdict: Verdict) -> Cell {
    let (word, colour) = match verdict {
        Verdict::Fail => ("FAIL", Color::Red),
        Verdict::Unknown => ("UNKNOWN", Color::Yellow),
        Verdict::Manual => ("MANUAL", Color::Cyan),
        Verdict::Pass => ("PASS", Color::Green),
        Verdict::NotApplicable => ("N/A", Color::DarkGrey),
    };
    // One width for all, so that the columns of separate tables stand under each other.
    Cell::new(format!("{word:<7}")).fg(colour)
}

fn bare_table(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    prepare(&mut table, style);
    table
}

fn prepare(table: &mut Table, style: Style) {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width);
    if style.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
}

/// A table without the blanks that fill its lines.
fn trimmed(table: &Table) -> String {
    table.trim_fmt()
}
