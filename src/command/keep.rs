//! `plimsoll record` and `plimsoll history`: audits over time.

use std::io::{self, Write};

use jiff::Timestamp;

use super::Failure;
use super::judge::{look, status};
use super::output::{Destination, width};
use super::progress::Progress;
use crate::cli::{HistoryArgs, Plain, RecordArgs};
use crate::difference::{Difference, text};
use crate::record::{Line, Record, chart};

/// Audits, keeps the report, and says only what has changed.
pub(super) fn record(args: &RecordArgs) -> Result<u8, Failure> {
    let destinations = Destination::open_all(&args.output)?;
    let record = Record::at(&args.state.state)?;
    let before = record.last();
    let report = {
        let progress = Progress::start();
        look(&args.judge, progress.tally())?
    };
    let status = status(&report, args.judge.fail_on);
    let mut stdout = io::stdout().lock();
    let difference = match &before {
        Ok(Some(before)) => Some(Difference::between(before, &report)),
        Ok(None) => None,
        // What was recorded cannot be had back; the record goes on.
        Err(why) => {
            writeln!(io::stderr(), "plimsoll: {why}; this report is compared with none")?;
            None
        }
    };
    let file = record.keep(&report)?;
    let line = Line::of(&report, difference.as_ref(), status, file);
    record.note(&line)?;
    Destination::save_all(destinations, &report, false)?;
    record.prune(args.keep_days, args.keep_least, Timestamp::now())?;
    match &difference {
        None => writeln!(stdout, "{line}")?,
        Some(difference) if !difference.is_empty() => text::write(difference, &mut stdout)?,
        Some(_) => {}
    }
    Ok(status)
}

/// Draws what was recorded.
pub(super) fn history(args: &HistoryArgs) -> Result<u8, Failure> {
    let (lines, torn) = Record::open(&args.state.state).history()?;
    if torn > 0 {
        writeln!(io::stderr(), "plimsoll: {torn} of the history's lines cannot be read and were left out")?;
    }
    if lines.is_empty() {
        let directory = args.state.state.display();
        return Err(format!("nothing is recorded in {directory}; `plimsoll record` records").into());
    }
    let mut stdout = io::stdout().lock();
    match args.format {
        Plain::Text => chart::write(&lines, width(), &mut stdout)?,
        Plain::Json => {
            for line in &lines {
                serde_json::to_writer(&mut stdout, line).map_err(io::Error::from)?;
                writeln!(stdout)?;
            }
        }
    }
    Ok(0)
}
