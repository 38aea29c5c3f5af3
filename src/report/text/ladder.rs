//! The isolation ladder for people: one line a container, or everything about one.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, LineStyle, Table, TableStyle, Width};

use super::escape::{escape, shown};
use super::{Style, bare_table, prepare, trimmed};
use crate::ladder::{Blocked, Ladder, Row, Rung};

/// How many things that hold a container are told; the JSON has all.
const BLOCKERS: usize = 12;

/// How many containers are named for each rung.
const NAMES: usize = 4;

const HEADER: [&str; 10] =
    ["container", "rung", "capabilities", "shared", "seccomp", "lsm", "nnp", "user", "ro", "limits"];

/// Writes one line for each container, the worst first.
pub fn write(ladder: &Ladder, style: Style, out: &mut dyn Write) -> io::Result<()> {
    ladder.notices.iter().try_for_each(|notice| writeln!(out, "note     {}", shown(notice)))?;
    if ladder.containers.is_empty() {
        let none = "there is no container";
        return if ladder.complete { writeln!(out, "{none}") } else { writeln!(out, "{none} that could be seen") };
    }
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    prepare(&mut table, style);
    table.set_header(HEADER);
    for row in &ladder.containers {
        table.add_row(line(row));
    }
    keep_words_whole(&mut table, style.width);
    writeln!(out, "{}", trimmed(&table))?;
    let unseen = ladder.containers.iter().filter(|row| !row.certain).count();
    if unseen > 0 {
        writeln!(out, "? at best: not all could be seen; plimsoll containers NAME tells what")?;
    }
    Ok(())
}

/// Gives each column the room of its longest word, and the rungs that of their names, with less between columns where that is narrow;
/// where there is not room enough even so, the longest words are broken.
fn keep_words_whole(table: &mut Table, width: u16) {
    let words =
        |cell: &Cell, between: &str| cell.content().split(between).map(|word| word.chars().count()).max().unwrap_or(0);
    let mut longest = HEADER.map(str::len);
    for row in table.row_iter() {
        for ((longest, cell), title) in longest.iter_mut().zip(row.cell_iter()).zip(HEADER) {
            *longest = words(cell, if title == "rung" { " (" } else { " " }).max(*longest);
        }
    }
    let fits = |most: usize, gap: usize| {
        let room = longest.iter().map(|longest| longest.min(&most) + gap).sum::<usize>();
        room + gap <= usize::from(width)
    };
    let gap = if fits(usize::from(width), 2) { 2 } else { 1 };
    let most = (1..=usize::from(width)).rev().find(|most| fits(*most, gap)).unwrap_or(1);
    for (column, longest) in table.column_iter_mut().zip(longest) {
        // One blank of the gap is the line between columns.
        let padding = u16::from(gap > 1);
        column.set_padding((0, padding));
        let least = u16::try_from(longest.min(most)).unwrap_or(width) + padding;
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
}

fn line(row: &Row) -> Vec<Cell> {
    let texts = [
        row.capabilities(),
        row.shares(),
        row.filtered(),
        row.labelled(),
        row.whether(row.no_new_privileges),
        row.users(),
        row.whether(row.read_only),
        row.limits(),
    ];
    let mut cells = vec![Cell::new(shown(&row.called())), Cell::new(row.stands()).fg(colour(row.rung, row.certain))];
    cells.extend(texts.map(|text| Cell::new(shown(&text))));
    cells
}

/// Red for what leads to the host, green for what was given no more than it needs.
const fn colour(rung: Rung, certain: bool) -> Color {
    match rung {
        _ if !certain => Color::Yellow,
        Rung::Privileged | Rung::Takeover | Rung::HostNamespaces => Color::Red,
        Rung::DefaultRoot | Rung::ReducedRoot => Color::Yellow,
        Rung::Dropped | Rung::NonRoot | Rung::UserNamespace => Color::Green,
    }
}

/// Writes how many stand on each rung, and the names of the first few.
pub(super) fn brief(rows: &[Row], style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nContainers by how far they are from the host")?;
    let mut table = bare_table(style);
    for rung in Rung::ALL {
        let on: Vec<&Row> = rows.iter().filter(|row| row.rung == rung).collect();
        if on.is_empty() {
            continue;
        }
        let name = |row: &&Row| format!("{}{}", shown(&row.name), if row.certain { "" } else { "?" });
        let mut names = on.iter().map(name).take(NAMES).collect::<Vec<_>>().join(", ");
        if let Some(more) = on.len().checked_sub(NAMES).filter(|more| *more > 0) {
            names += &format!(" and {more} more");
        }
        let certain = on.iter().all(|row| row.certain);
        let rung = Cell::new(rung.as_str()).fg(colour(rung, certain));
        table.add_row([rung, Cell::new(on.len()).set_alignment(CellAlignment::Right), Cell::new(names)]);
    }
    writeln!(out, "{}", trimmed(&table))?;
    if rows.iter().any(|row| !row.certain) {
        writeln!(out, "? at best: not all could be seen")?;
    }
    writeln!(out, "`plimsoll containers [NAME]` tells what holds each where it stands")
}

/// Writes everything about one container: what holds it where it stands, and what would lift it.
pub fn explain(row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let certain = if row.certain { "" } else { ", at best: not all could be seen" };
    writeln!(out, "{}  {}{certain}\n", shown(&row.name), row.rung.as_str())?;
    let all = |names: &[String]| if names.is_empty() { "none".to_owned() } else { shown(&names.join(", ")) };
    let told = row.user.as_deref().map_or_else(String::new, |user| {
        format!(" (told to be {})", if user.is_empty() { "root".to_owned() } else { shown(user) })
    });
    let uids = row.uids.iter().map(i64::to_string).collect::<Vec<_>>();
    for (what, value) in [
        ("id", shown(&row.id)),
        ("kept by", escape(&row.runtime)),
        ("runs", row.whether(Some(row.running))),
        ("beyond the default", all(&row.beyond)),
        ("below the default", all(&row.below)),
        ("shared namespaces", all(&row.shared)),
        ("seccomp", shown(&row.filtered())),
        ("security module", row.lsm.as_deref().map_or_else(|| "none that labels".to_owned(), shown)),
        ("no new privileges", row.whether(row.no_new_privileges)),
        ("uids on the host", all(&uids) + &told),
        ("root read-only", row.whether(row.read_only)),
        ("limits", row.limits()),
    ] {
        writeln!(out, "{what:<20}{value}")?;
    }
    let (held, above): (Vec<&Blocked>, Vec<&Blocked>) =
        row.blockers.iter().partition(|blocked| blocked.rung == row.rung);
    holds("what holds it there", &held, false, out)?;
    holds("what would hold it next", &above, true, out)?;
    if !row.unseen.is_empty() {
        writeln!(out, "\nwhat could not be seen")?;
        row.unseen.iter().take(BLOCKERS).try_for_each(|unseen| writeln!(out, "· {}", shown(unseen)))?;
        more(row.unseen.len(), out)?;
    }
    Ok(())
}

/// What holds a container, all of it that would be taken away by the same with that.
fn holds(title: &str, blocked: &[&Blocked], with_rung: bool, out: &mut dyn Write) -> io::Result<()> {
    if blocked.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for alike in blocked.chunk_by(|a, b| (a.rung, &a.lift) == (b.rung, &b.lift)) {
        for one in alike.iter().take(BLOCKERS) {
            let rung = if with_rung { format!("{}: ", one.rung.as_str()) } else { String::new() };
            writeln!(out, "· {rung}{}", shown(&one.seen))?;
        }
        more(alike.len(), out)?;
        alike.first().map_or(Ok(()), |one| writeln!(out, "  → {}", one.lift))?;
    }
    Ok(())
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    if count > BLOCKERS { writeln!(out, "· and {} more", count - BLOCKERS) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, rung: &str, user: &str) -> Row {
        serde_json::from_value(serde_json::json!({
            "name": name, "id": "x", "runtime": "docker", "running": true, "rung": rung, "certain": true,
            "beyond": ["SYS_PTRACE"], "below": [], "shared": ["net", "pid"], "seccomp": "disabled", "lsm": null,
            "no_new_privileges": false, "uids": [0], "user": user, "read_only": true, "memory_max_bytes": 67_108_864,
            "pids_max": 50, "blockers": [], "unseen": [],
        }))
        .unwrap()
    }

    #[test]
    fn words_stay_whole_on_a_narrow_terminal() {
        let containers = vec![row("web-1", "host-namespaces", ""), row(&"long".repeat(20), "privileged", "")];
        let ladder = Ladder { format: 1, collected_at: String::new(), notices: Vec::new(), complete: true, containers };
        for width in [80, 100, 120] {
            let mut out = Vec::new();
            write(&ladder, Style { width, colour: false, verbose: false }, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            for word in
                HEADER.iter().chain(&["web-1", "(docker)", "namespaces", "privileged", "+SYS_PTRACE", "disabled"])
            {
                assert!(words.contains(word), "{width}: {word}\n{text}");
            }
        }
    }
}
