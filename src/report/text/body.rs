//! One benchmark: what fails, section by section, and what could not be judged, waits for a person or does not apply by its reason.

use std::collections::BTreeSet;
use std::io::{self, Write};

use comfy_table::Cell;

use super::finding::{Block, titled};
use super::{Style, bare_table, trimmed, verdict_cell};
use crate::report::escape::{escape, shown};
use crate::report::{BenchmarkResult, ControlResult, Index};
use crate::verdict::Verdict;

/// How many reasons of one control are told; the JSON has all.
const REASONS: usize = 3;

/// Writes what is to be said of a benchmark.
pub(super) fn write(
    benchmark: &BenchmarkResult,
    index: &Index<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let profile = benchmark.profile.as_ref().map_or_else(String::new, |profile| format!(", {}", escape(profile)));
    let levels = if benchmark.level == 1 { "level 1" } else { "levels 1 and 2" };
    writeln!(out, "\n{}{profile}, {levels}", escape(&benchmark.title))?;
    for (section, controls) in benchmark.by_section() {
        let mut table = bare_table(style);
        for control in told(&controls, style) {
            let block = Block { title: &control.title, verdict: control.verdict, findings: &index.of(control) };
            let text = match &control.reason {
                Some(reason) => format!("{}: {}", shown(&control.title), shown(reason)),
                None => block.text(),
            };
            table.add_row([verdict_cell(control.verdict), Cell::new(escape(&control.number)), Cell::new(text)]);
        }
        let passed: Vec<&str> = of(&controls, Verdict::Pass).map(|control| control.number.as_str()).collect();
        if style.verbose && !passed.is_empty() {
            let numbers = Cell::new(escape(&passed.join(", ")));
            table.add_row([verdict_cell(Verdict::Pass), Cell::new(passed.len()), numbers]);
        }
        if !table.is_empty() {
            writeln!(out, "\n{}  {}\n{}", escape(&section.number), escape(&section.title), trimmed(&table))?;
        }
    }
    if style.verbose { Ok(()) } else { rest(benchmark, index, style, out) }
}

fn of<'c, 'r>(controls: &'c [&'r ControlResult], verdict: Verdict) -> impl Iterator<Item = &'c &'r ControlResult> {
    controls.iter().filter(move |control| control.verdict == verdict)
}

/// The controls that are told one by one, the worst first.
fn told<'c, 'r>(controls: &'c [&'r ControlResult], style: Style) -> impl Iterator<Item = &'c &'r ControlResult> {
    let more = [Verdict::Unknown, Verdict::Manual, Verdict::NotApplicable].into_iter().filter(move |_| style.verbose);
    [Verdict::Fail].into_iter().chain(more).flat_map(|verdict| of(controls, verdict))
}

/// What neither passed nor failed: a line for each reason.
fn rest(benchmark: &BenchmarkResult, index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut table = bare_table(style);
    let of = |verdict| benchmark.controls.iter().filter(move |control| control.verdict == verdict);
    for (reason, controls) in by_reason(of(Verdict::Unknown), index) {
        let titles = controls.iter().map(|control| format!("· {}", title(control, index)));
        let text = [reason].into_iter().chain(titles).collect::<Vec<_>>().join("\n");
        table.add_row([verdict_cell(Verdict::Unknown), Cell::new(controls.len()), Cell::new(text)]);
    }
    let manual: Vec<String> = of(Verdict::Manual).map(|control| title(control, index)).collect();
    if !manual.is_empty() {
        let text = Cell::new(manual.join("\n"));
        table.add_row([verdict_cell(Verdict::Manual), Cell::new(manual.len()), text]);
    }
    for (reason, controls) in by_reason(of(Verdict::NotApplicable), index) {
        let numbers: Vec<String> = controls.iter().map(|control| escape(&control.number)).collect();
        let text = Cell::new(format!("{reason}: {}", numbers.join(", ")));
        table.add_row([verdict_cell(Verdict::NotApplicable), Cell::new(controls.len()), text]);
    }
    if table.is_empty() { Ok(()) } else { writeln!(out, "\n{}", trimmed(&table)) }
}

fn title(control: &ControlResult, index: &Index<'_>) -> String {
    format!("{}  {}", escape(&control.number), titled(&control.title, control.verdict, &index.of(control)))
}

/// Controls of one verdict by why they came to it, in the order of the first of each.
fn by_reason<'r>(
    controls: impl Iterator<Item = &'r ControlResult>,
    index: &Index<'_>,
) -> Vec<(String, Vec<&'r ControlResult>)> {
    let mut groups: Vec<(String, Vec<&ControlResult>)> = Vec::new();
    for control in controls {
        let findings = index.of(control);
        let worst = findings.iter().filter(|finding| finding.verdict == control.verdict);
        let reasons: BTreeSet<&str> =
            worst.filter_map(|one| one.reason.as_deref()).chain(control.reason.as_deref()).collect();
        let mut said = reasons.iter().take(REASONS).map(|reason| shown(reason)).collect::<Vec<_>>().join("; ");
        if let Some(more) = reasons.len().checked_sub(REASONS).filter(|more| *more > 0) {
            said += &format!("; and {more} more");
        }
        match groups.iter_mut().find(|(reason, _)| *reason == said) {
            Some((_, controls)) => controls.push(control),
            None => groups.push((said, vec![control])),
        }
    }
    groups
}

/// Findings of checks that no selected control names.
pub(super) fn outside(index: &Index<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
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
