//! The report as JSON: the format itself.

use std::io::{self, Write};

use super::Report;

/// Writes the report, indented, with a newline at its end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
