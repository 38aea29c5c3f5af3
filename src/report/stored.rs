//! A report that was written as JSON, read again.

use jiff::Timestamp;
use serde::Deserialize;

use super::escape::shown;
use super::{FORMAT, Index, Report};
use crate::benchmark::is_within;
use crate::verdict::Verdict;

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
    agrees(&report).map_err(|why| shown(&why))?;
    Ok(report)
}

/// Whether every control is somewhere, and came to what its findings came to: else one format would say what another does not.
fn agrees(report: &Report) -> Result<(), String> {
    let index = Index::new(report);
    for benchmark in &report.benchmarks {
        for control in &benchmark.controls {
            let number = &control.number;
            if !benchmark.sections.iter().any(|section| is_within(number, &section.number)) {
                return Err(format!("its control {number} is in none of its sections"));
            }
            let worst = index.of(control).iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::NotApplicable);
            if control.verdict != worst {
                return Err(format!("its control {number} is {}, and its findings are {worst}", control.verdict));
            }
        }
    }
    Ok(())
}
