//! Scores over time, drawn in a terminal.

use std::io::{self, Write};

use super::Line;
use crate::report::escape;

/// Rows of the drawing.
const ROWS: usize = 8;
/// Eighths of a row, from nothing to all of it.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// How many of the last audits are listed under it.
const LISTED: usize = 10;
/// Columns beside the drawing for its scale.
const SCALE: usize = 7;

/// Draws the scores of each benchmark, and lists the last audits.
pub fn write(history: &[Line], width: u16, out: &mut dyn Write) -> io::Result<()> {
    let mut benchmarks: Vec<&str> = Vec::new();
    for score in history.iter().rev().flat_map(|line| &line.scores) {
        if !benchmarks.contains(&score.benchmark.as_str()) {
            benchmarks.push(&score.benchmark);
        }
    }
    for benchmark in benchmarks {
        draw(benchmark, history, usize::from(width).saturating_sub(SCALE).max(10), out)?;
    }
    writeln!(
        out,
        "{:<20}  {:>7}  {:>7}  {:>7}  {:>5}  {:>5}",
        "collected", "failing", "waived", "unknown", "new", "gone"
    )?;
    for line in history.iter().skip(history.len().saturating_sub(LISTED)) {
        let count = |count: Option<usize>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        writeln!(
            out,
            "{:<20}  {:>7}  {:>7}  {:>7}  {:>5}  {:>5}",
            escape(&line.collected_at),
            line.failing,
            line.waived,
            line.unknown,
            count(line.newly_failing),
            count(line.no_longer_failing)
        )?;
    }
    Ok(())
}

fn draw(benchmark: &str, history: &[Line], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let of =
        |line: &Line| line.scores.iter().find(|score| score.benchmark == benchmark).map(|score| score.score.percent);
    let runs: Vec<(&Line, Option<f64>)> = history.iter().filter_map(|line| Some((line, of(line)?))).collect();
    let columns = columns(&runs.iter().map(|(_, percent)| *percent).collect::<Vec<_>>(), width);
    let latest = runs.iter().rev().find_map(|(_, percent)| *percent);
    let latest = latest.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} %"));
    writeln!(out, "{}  {latest}", escape(benchmark))?;
    for row in (0..ROWS).rev() {
        let scale = match row {
            7 => "100 % ",
            3 => " 50 % ",
            0 => "  0 % ",
            _ => "      ",
        };
        let line: String = columns.iter().map(|percent| block(*percent, row)).collect();
        writeln!(out, "{scale}│{}", line.trim_end())?;
    }
    let day = |line: &Line| escape(line.collected_at.get(..10).unwrap_or_default());
    if let (Some((first, _)), Some((last, _))) = (runs.first(), runs.last()) {
        let (first, last) = (day(first), day(last));
        let gap = columns.len().saturating_sub(first.len() + last.len()).max(1);
        writeln!(out, "      └{}{}{last}\n", first, " ".repeat(gap))?;
    }
    Ok(())
}

/// As many columns as fit; where there are more audits, each column is the worst of its own.
fn columns(percents: &[Option<f64>], width: usize) -> Vec<Option<f64>> {
    let each = percents.len().div_ceil(width).max(1);
    let worst = |some: &[Option<f64>]| some.iter().flatten().copied().min_by(f64::total_cmp);
    percents.chunks(each).map(worst).collect()
}

/// The part of a column that lies in a row.
fn block(percent: Option<f64>, row: usize) -> char {
    let Some(percent) = percent else { return ' ' };
    // A score of nothing is still one.
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * 64.0).round().max(1.0);
    let filled = (0..=64_u8).rev().find(|count| f64::from(*count) <= eighths).map_or(0, usize::from);
    BLOCKS.get(filled.saturating_sub(row * 8).min(8)).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_fills_its_rows() {
        let column = |percent| (0..ROWS).map(|row| block(percent, row)).collect::<String>();
        assert_eq!(column(Some(100.0)), "████████");
        assert_eq!(column(Some(50.0)), "████    ");
        assert_eq!(column(Some(0.0)), "▁       ");
        assert_eq!(column(Some(53.2)), "████▂   ");
        assert_eq!(column(None), "        ");
    }

    #[test]
    fn many_audits_share_columns_and_the_worst_is_shown() {
        let some = |percents: &[f64]| percents.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(columns(&some(&[9.0, 3.0, 5.0, 7.0, 8.0]), 3), some(&[3.0, 5.0, 8.0]));
        assert_eq!(columns(&some(&[9.0, 3.0]), 80), some(&[9.0, 3.0]));
        assert_eq!(columns(&[None, Some(1.0), None, None], 2), [Some(1.0), None]);
    }
}
