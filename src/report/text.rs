//! The report for people: what fails and what to do, then a summary that fits a screen.

mod body;
mod finding;
pub mod ladder;
mod summary;

use std::io::{self, Write};

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

use super::basis::{HEADING, reasons};
use super::escape::shown;
use super::{Index, Report, escape};
use crate::verdict::Verdict;

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether colours may be used.
    pub colour: bool,
    /// Whether what passes, waits for a person or does not apply is told control by control too.
    pub verbose: bool,
}

/// Writes the report.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    head(report, out)?;
    let index = Index::new(report);
    report.benchmarks.iter().try_for_each(|benchmark| body::write(benchmark, &index, style, out))?;
    body::outside(&index, style, out)?;
    let reasons = reasons(&report.findings);
    if !reasons.is_empty() {
        writeln!(out, "\n{HEADING}")?;
    }
    for (reason, checks) in reasons {
        writeln!(out, "  {}: {}", shown(reason), shown(&checks))?;
    }
    summary::write(report, &index, style, out)
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
