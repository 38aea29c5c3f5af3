//! `plimsoll diff`: what has changed from one report to another.

use std::io::{self, Write};

use super::Failure;
use super::judge::status_since;
use crate::cli::{DiffArgs, Plain};
use crate::difference::{Difference, text};
use crate::record;

pub(super) fn run(args: &DiffArgs) -> Result<u8, Failure> {
    let difference = Difference::between(&record::read(&args.old)?, &record::read(&args.new)?);
    let mut stdout = io::stdout().lock();
    match args.format {
        Plain::Text => text::write(&difference, &mut stdout)?,
        Plain::Json => {
            serde_json::to_writer(&mut stdout, &difference).map_err(io::Error::from)?;
            writeln!(stdout)?;
        }
    }
    Ok(status_since(&difference, args.fail_on))
}
