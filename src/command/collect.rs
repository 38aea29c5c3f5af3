//! `plimsoll collect`: look now, judge later or elsewhere.

use std::io::{self, Write};
use std::path::Path;

use super::judge::{endpoint, offline, source};
use super::progress::Progress;
use super::usual::{self, Machine};
use super::{Failure, leave, library};
use crate::cli::CollectArgs;
use crate::collected::Collected;
use crate::output::replace;
use crate::plan::Plan;
use crate::probe::Source;
use crate::selection::Selection;

/// Facts tell who runs what, and where it is weak.
const MODE: u32 = 0o600;

pub(super) fn run(args: &CollectArgs) -> Result<u8, Failure> {
    // The engine takes its time to say who it is; the checks are read meanwhile.
    let source = match offline(args.root.root.as_deref())? {
        Some(files) => Source::Files(files),
        None => source(&endpoint(&args.engine).locate()?),
    };
    let library = library(&args.select.checks)?;
    let plan = if args.select.benchmark.is_empty() && args.select.check.is_empty() {
        // Whoever judges may have another benchmark in mind.
        Plan::of(library.checks(), args.select.deep)
    } else {
        let request = usual::request(&args.select, &library, &Machine::default());
        Plan::of(Selection::new(&library, &request)?.checks.values().copied(), args.select.deep)
    };
    let mut seen = {
        let progress = Progress::start();
        crate::probe::collect(&plan, source, progress.tally())
    };
    let facts = Collected::new(&mut seen).map_err(|error| error.to_string())?;
    let packed = facts.pack(&args.output).map_err(|error| error.to_string())?;
    if args.output == Path::new("-") {
        io::stdout().lock().write_all(&packed)?;
    } else {
        let cannot = |why| format!("cannot write {}: {why}", args.output.display());
        replace(&args.output, MODE, &packed).map_err(cannot)?;
    }
    leave((seen, facts));
    Ok(0)
}
