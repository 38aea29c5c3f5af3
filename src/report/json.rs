//! The report as JSON: the format itself.

use std::io::{self, Write};

use super::Report;

/// Writes the report, indented, with a newline at its end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    out.write_all(&json)
}
