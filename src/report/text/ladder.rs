//! The isolation ladder for people: one line a container, or everything about one.

use std::io::{self, Write};

use comfy_table::{Cell, Color, LineStyle, Table, TableStyle};

use super::escape::{escape, shown};
use super::{Style, prepare, trimmed};
use crate::ladder::{Blocked, Ladder, Row, Rung};

/// How many things that hold a container are told; the JSON has all.
const BLOCKERS: usize = 12;

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
    let name = match row.runtime.as_str() {
        "engine" => shown(&row.name),
        runtime => format!("{} ({})", shown(&row.name), escape(runtime)),
    };
    let texts = [
        capabilities(row),
        row.shared
            .iter()
            .filter(|kind| !matches!(kind.as_str(), "cgroup" | "user"))
            .map(|kind| escape(kind))
            .collect::<Vec<_>>()
            .join(" "),
        row.seccomp.as_deref().map_or_else(|| unknown(row), escape),
        row.lsm.as_deref().map_or_else(|| "–".to_owned(), shown),
        row.no_new_privileges.map_or_else(|| unknown(row), yes),
        user(row),
        row.read_only.map_or_else(|| unknown(row), yes),
        limits(row),
    ];
    let mut cells = vec![Cell::new(name), rung(row)];
    cells.extend(texts.map(Cell::new));
    cells
}

fn rung(row: &Row) -> Cell {
    let colour = match row.rung {
        _ if !row.certain => Color::Yellow,
        Rung::Privileged | Rung::Takeover | Rung::HostNamespaces => Color::Red,
        Rung::DefaultRoot | Rung::ReducedRoot => Color::Yellow,
        Rung::Dropped | Rung::NonRoot | Rung::UserNamespace => Color::Green,
    };
    let stopped = if row.running { "" } else { " (stopped)" };
    Cell::new(format!("{}{}{stopped}", row.rung.as_str(), if row.certain { "" } else { "?" })).fg(colour)
}

/// `default`, or what is beyond and below it.
fn capabilities(row: &Row) -> String {
    let some = |sign: char, names: &[String], all: &str| match names {
        [] => None,
        [_, _, _, _, ..] => Some(format!("{sign}{} {all}", names.len())),
        few => Some(few.iter().map(|name| format!("{sign}{}", escape(name))).collect::<Vec<_>>().join(" ")),
    };
    if row.running && row.uids.is_empty() {
        return unknown(row);
    }
    if row.below.len() == crate::probe::capability::DEFAULT.len() && row.beyond.is_empty() {
        return "none".to_owned();
    }
    let parts: Vec<String> =
        [some('+', &row.beyond, "more"), some('-', &row.below, "of default")].into_iter().flatten().collect();
    if parts.is_empty() { "default".to_owned() } else { parts.join(" ") }
}

/// Who its processes are, and what it was told where that is somebody else.
fn user(row: &Row) -> String {
    let uids = row.uids.iter().take(3).map(i64::to_string).collect::<Vec<_>>().join(" ");
    let more = if row.uids.len() > 3 { " …" } else { "" };
    let told = row.user.as_deref().map(|user| if user.is_empty() { "root" } else { user });
    match (uids.as_str(), told) {
        ("", told) => told.map_or_else(|| "?".to_owned(), shown),
        // A session by docker exec is who the container was told to be.
        (uids, Some("root" | "0")) if !row.uids.contains(&0) && row.uids.iter().all(|uid| *uid < 65536) => {
            format!("{uids}{more} (told root)")
        }
        (uids, _) => format!("{uids}{more}"),
    }
}

fn limits(row: &Row) -> String {
    let memory = row.memory_max_bytes.map(|bytes| format!("{} MiB", bytes >> 20));
    let pids = row.pids_max.map(|pids| format!("{pids} pids"));
    let limits: Vec<String> = [memory, pids].into_iter().flatten().collect();
    if limits.is_empty() { "none".to_owned() } else { limits.join(" ") }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn unknown(row: &Row) -> String {
    if row.running { "?" } else { "–" }.to_owned()
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
        ("runs", yes(row.running)),
        ("beyond the default", all(&row.beyond)),
        ("below the default", all(&row.below)),
        ("shared namespaces", all(&row.shared)),
        ("seccomp", row.seccomp.as_deref().map_or_else(|| unknown(row), escape)),
        ("security module", row.lsm.as_deref().map_or_else(|| "none that labels".to_owned(), shown)),
        ("no new privileges", row.no_new_privileges.map_or_else(|| unknown(row), yes)),
        ("uids on the host", all(&uids) + &told),
        ("root read-only", row.read_only.map_or_else(|| unknown(row), yes)),
        ("limits", limits(row)),
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
