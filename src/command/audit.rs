//! `plimsoll audit`: plan, collect, evaluate, write.

use std::io::{self, Write};
use std::path::Path;

use super::judge::{Judge, look, status, status_since};
use super::output::{Destination, print};
use super::progress::Progress;
use super::{COULD_NOT_RUN, Failure, explain, leave};
use crate::cli::{AuditArgs, Format};
use crate::collected::Collected;
use crate::difference::{Difference, text};
use crate::record;
use crate::report::Report;

pub(super) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    let baseline = args.baseline.as_deref().map(record::read).transpose()?;
    if args.facts.len() > 1 {
        return many(args, baseline.as_ref());
    }
    let destinations = Destination::open_all(&args.output.output)?;
    let report = match args.facts.first() {
        Some(path) => Judge::new(&args.judge)?.of(&Collected::read(path)?)?,
        None => {
            let progress = Progress::start();
            look(&args.judge, progress.tally())?
        }
    };
    let saved = Destination::save_all(destinations, &report, args.output.verbose);
    let told = tell(args, &report, baseline.as_ref());
    leave(report);
    saved?;
    told
}

/// Prints the report, and what has changed since the baseline; returns the exit status.
fn tell(args: &AuditArgs, report: &Report, baseline: Option<&Report>) -> Result<u8, Failure> {
    let difference = baseline.map(|baseline| Difference::between(baseline, report));
    let written = print(report, &args.output).and_then(|()| match &difference {
        Some(difference) if args.output.format == Format::Text => {
            let mut stdout = io::stdout().lock();
            writeln!(stdout)?;
            text::write(difference, &mut stdout)
        }
        Some(difference) => text::write(difference, &mut io::stderr().lock()),
        None => Ok(()),
    });
    let status = match &difference {
        Some(difference) => status_since(difference, args.judge.fail_on),
        None => status(report, args.judge.fail_on),
    };
    match written {
        // A reader that has seen enough does not change what was found.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(status),
    }
}

/// A report for each file of facts. One that cannot be judged does not keep the others from it.
fn many(args: &AuditArgs, baseline: Option<&Report>) -> Result<u8, Failure> {
    if !args.output.output.is_empty() {
        return Err("-o writes one report, and there are several files of facts".to_owned().into());
    }
    if !matches!(args.output.format, Format::Text | Format::Json) {
        return Err("several files of facts can be printed as text or json alone".to_owned().into());
    }
    let judge = Judge::new(&args.judge)?;
    let one = |path: &Path| tell(args, &judge.of(&Collected::read(path)?)?, baseline);
    let mut statuses = Vec::new();
    for path in &args.facts {
        if !statuses.is_empty() && args.output.format == Format::Text {
            writeln!(io::stdout(), "\n")?;
        }
        statuses.push(one(path).or_else(|failure| explain(&failure).map(|()| COULD_NOT_RUN))?);
    }
    let worst = [COULD_NOT_RUN, 1, 3].into_iter().find(|bad| statuses.contains(bad));
    Ok(worst.unwrap_or_default())
}
