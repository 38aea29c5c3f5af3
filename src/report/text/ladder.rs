//! The isolation ladder for people: one line a container, or everything about one.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Color, LineStyle, Table, TableStyle};

use super::escape::{escape, shown};
use super::{Style, bare_table, prepare, trimmed};
use crate::ladder::{Blocked, Ladder, Row, Rung};

/// How many things that hold a container are told; the JSON has all.
const BLOCKERS: usize = 12;

/// How many containers are named for each rung.
const NAMES: usize = 4;

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
    table.set_header(["container", "rung", "capabilities", "shared", "seccomp", "lsm", "nnp", "user", "ro", "limits"]);
    for row in &ladder.containers {
        table.add_row(line(row));
    }
    writeln!(out, "{}", trimmed(&table))?;
    let unseen = ladder.containers.iter().filter(|row| !row.certain).count();
    if unseen > 0 {
        writeln!(out, "? at best: not all could be seen; plimsoll containers NAME tells what")?;
    }
    Ok(())
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
