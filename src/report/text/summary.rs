//! What is left on the screen at the end: what to fix first, where the containers stand, the scores.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, Color, LineStyle, Table, TableStyle};

use super::{Style, bare_table, ladder, prepare, trimmed};
use crate::report::escape::{escape, shown};
use crate::report::worst::worst;
use crate::report::{BenchmarkResult, Index, Report, Score};
use crate::verdict::{Severity, Verdict};

/// How many of the worst failures are put first.
const FIRST: usize = 6;

/// Columns in which titles stand beside numbers on one line.
const WIDE: u16 = 100;

/// Writes the summary.
pub(super) fn write(report: &Report, index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    first(report, index, style, out)?;
    let rows = report.containers.as_deref().unwrap_or_default();
    if !rows.is_empty() {
        ladder::brief(rows, style, out)?;
    }
    if report.benchmarks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", scores(&report.benchmarks, style))?;
    writeln!(out, "score = pass / (pass + fail); coverage = (pass + fail) / (pass + fail + unknown)")?;
    let is_told = |score: &Score| score.manual + score.not_applicable > 0;
    if !style.verbose && report.benchmarks.iter().any(|benchmark| is_told(&benchmark.score)) {
        writeln!(out, "--verbose tells every control, with what a person has to look at")?;
    }
    Ok(())
}

fn first(report: &Report, index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let worst = worst(report, index, FIRST);
    // What can be seen at a glance needs no order.
    if report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() < 2 {
        return Ok(());
    }
    let mut table = bare_table(style);
    for one in &worst {
        let colour = match one.severity {
            Severity::Critical | Severity::High => Color::Red,
            Severity::Medium => Color::Yellow,
            Severity::Low => Color::DarkGrey,
        };
        let mut row = vec![
            Cell::new(one.severity).fg(colour),
            Cell::new(escape(one.number)),
            Cell::new(shown(one.title)),
            Cell::new(shown(&one.who)),
        ];
        let benchmark = one.benchmark.and_then(|place| report.benchmarks.get(place));
        row.extend(benchmark.filter(|_| style.width >= WIDE).map(|benchmark| Cell::new(escape(&benchmark.id))));
        table.add_row(row);
    }
    if table.is_empty() { Ok(()) } else { writeln!(out, "\nFix first\n{}", trimmed(&table)) }
}

fn scores(benchmarks: &[BenchmarkResult], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    prepare(&mut table, style);
    table.set_header(["", "pass", "fail", "unknown", "manual", "n/a", "score", "coverage"]);
    for benchmark in benchmarks {
        for section in benchmark.sections.iter().filter(|_| style.verbose) {
            let title = format!("{}  {}", section.number, section.title);
            table.add_row(row(&title, &section.score, false));
        }
        for level in benchmark.levels.iter().filter(|_| style.verbose && benchmark.levels.len() > 1) {
            table.add_row(row(&format!("Level {}", level.level), &level.score, false));
        }
        let name = if style.width >= WIDE { &benchmark.title } else { &benchmark.id };
        table.add_row(row(name, &benchmark.score, style.verbose));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
        column.set_padding((1, 0));
    }
    trimmed(&table)
}

fn row(title: &str, score: &Score, total: bool) -> Vec<Cell> {
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1} %"));
    let texts = [
        escape(title),
        score.passed.to_string(),
        score.failed.to_string(),
        score.unknown.to_string(),
        score.manual.to_string(),
        score.not_applicable.to_string(),
        percent(score.percent),
        percent(score.coverage_percent),
    ];
    let bold = |cell: Cell| if total { cell.add_attribute(Attribute::Bold) } else { cell };
    texts.into_iter().map(|text| bold(Cell::new(text))).collect()
}
