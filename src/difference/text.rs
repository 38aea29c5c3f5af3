//! The differences for people: what got worse first.

use std::io::{self, Write};

use super::{Change, Difference};
use crate::report::Subject;
use crate::report::escape;

/// How many changes of one kind are listed; the JSON has all.
const LISTED: usize = 40;

/// Writes the differences, a line each.
pub fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "from {} to {}", escape(&difference.before), escape(&difference.after))?;
    for score in &difference.scores {
        let percent = |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.1} %"));
        let (before, after) = (percent(score.before), percent(score.after));
        let moved = if before == after { after } else { format!("{before} → {after}") };
        writeln!(out, "{}  {moved}", escape(&score.benchmark))?;
    }
    if difference.is_empty() {
        return writeln!(out, "nothing has changed");
    }
    for (title, changes) in [
        ("Newly failing", &difference.newly_failing),
        ("Can no longer be judged", &difference.newly_unknown),
        ("No longer failing", &difference.no_longer_failing),
        ("Failing for other reasons", &difference.changed),
    ] {
        list(title, changes, out)?;
    }
    subjects("New", &difference.added, out)?;
    subjects("Gone", &difference.removed, out)
}

fn list(title: &str, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}: {}", changes.len())?;
    for change in changes.iter().take(LISTED) {
        let about = match change.subject.kind.as_str() {
            "host" | "engine" => String::new(),
            kind => format!("  {kind} {}", escape(&change.subject.name)),
        };
        let waived = if change.waived { "  [waived]" } else { "" };
        writeln!(out, "  {:<8}  {}{about}{waived}", change.severity, escape(&change.check))?;
        writeln!(out, "            {}", escape(&change.title))?;
    }
    match changes.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

fn subjects(title: &str, subjects: &[Subject], out: &mut dyn Write) -> io::Result<()> {
    if subjects.is_empty() {
        return Ok(());
    }
    let named = subjects.iter().take(LISTED).map(|subject| format!("{} {}", subject.kind, escape(&subject.name)));
    let more = if subjects.len() > LISTED { format!(" and {} more", subjects.len() - LISTED) } else { String::new() };
    writeln!(out, "\n{title}: {}{more}", named.collect::<Vec<_>>().join(", "))
}
