//! The report as JSON: the format itself.

use std::io::{self, Write};

use super::Report;

/// Writes the report on one line.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut json = serde_json::to_vec(report)?;
    json.push(b'\n');
    out.write_all(&json)
}
