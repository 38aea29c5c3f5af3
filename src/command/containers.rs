//! `plimsoll containers`: the isolation ladder.

use std::io::{self, BufWriter, Write};

use super::Failure;
use super::judge::{endpoint, source};
use super::output::style;
use super::progress::Progress;
use crate::cli::{ContainersArgs, Plain};
use crate::ladder::{Ladder, READS, Row, ladder};
use crate::plan::Plan;
use crate::report::text::ladder as text;

pub(super) fn run(args: &ContainersArgs) -> Result<u8, Failure> {
    let source = source(&endpoint(&args.engine).locate()?);
    let facts = {
        let progress = Progress::start();
        crate::probe::collect(&Plan::reading(&READS), source, progress.tally())
    };
    let mut ladder = ladder(&facts);
    if let Some(name) = &args.name {
        ladder.containers = chosen(&ladder, name)?;
    }
    let written = write(&ladder, args);
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(status(&ladder)),
    }
}

/// The containers of a name, or of an identifier that begins like this; none when not all could be seen, and it may be among those.
fn chosen(ladder: &Ladder, name: &str) -> Result<Vec<Row>, Failure> {
    let rows = &ladder.containers;
    let of = |is: &dyn Fn(&&Row) -> bool| rows.iter().filter(is).cloned().collect::<Vec<_>>();
    let by_name = of(&|row| row.name == name);
    let by_id = || of(&|row| !name.is_empty() && row.id.starts_with(name));
    let found = if by_name.is_empty() { by_id() } else { by_name };
    if found.is_empty() && ladder.complete {
        let known = rows.iter().map(|row| row.name.as_str());
        let help = crate::diagnostic::did_you_mean(name, known);
        let help = help.unwrap_or_else(|| "`plimsoll containers` lists them".to_owned());
        return Err(format!("there is no container `{name}`: {help}").into());
    }
    Ok(found)
}

fn write(ladder: &Ladder, args: &ContainersArgs) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match (args.format, &args.name) {
        (Plain::Json, _) => {
            serde_json::to_writer_pretty(&mut out, ladder)?;
            writeln!(out)?;
        }
        (Plain::Text, Some(_)) if !ladder.containers.is_empty() => {
            for (index, row) in ladder.containers.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                text::explain(row, &mut out)?;
            }
        }
        (Plain::Text, _) => text::write(ladder, style(args.color), &mut out)?,
    }
    out.flush()
}

/// 3 when something could not be seen.
fn status(ladder: &Ladder) -> u8 {
    if ladder.complete && ladder.containers.iter().all(|row| row.certain) { 0 } else { 3 }
}
