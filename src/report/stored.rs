//! A report that was written as JSON, read again.

use jiff::Timestamp;
use serde::Deserialize;

use super::escape::shown;
use super::{FORMAT, Report};
use crate::benchmark::is_within;

/// Reads a report that `--format json` wrote; the error tells why it is none.
pub fn read(json: &str) -> Result<Report, String> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let not_json = |error: serde_json::Error| shown(&error.to_string());
    let head: Head = serde_json::from_str(json).map_err(not_json)?;
    match head.format {
        FORMAT => {}
        0 => return Err("there is no format 0".to_owned()),
        newer => return Err(format!("its format is {newer}, and this plimsoll reads {FORMAT}: a newer one is needed")),
    }
    let mut report: Report = serde_json::from_str(json).map_err(not_json)?;
    let time: Option<Timestamp> = report.collected_at.parse().ok().filter(|time| *time >= Timestamp::UNIX_EPOCH);
    let time = time.ok_or_else(|| shown(&format!("its collected_at is no time: {}", report.collected_at)))?;
    report.collected_at = time.to_string();
    for benchmark in &report.benchmarks {
        for control in &benchmark.controls {
            if !benchmark.sections.iter().any(|section| is_within(&control.number, &section.number)) {
                return Err(shown(&format!("its control {} is in none of its sections", control.number)));
            }
        }
    }
    Ok(report)
}
