//! What verdicts rest on besides facts: a policy's settings and people's word.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::report::Finding;
use crate::report::escape::shown;

/// How many checks are named for one reason; the JSON has all.
const CHECKS: usize = 4;

/// A line for each reason, with the checks whose verdicts rest on it.
pub(super) fn write(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in findings {
        for reason in &finding.basis {
            reasons.entry(reason).or_default().insert(&finding.check);
        }
    }
    if !reasons.is_empty() {
        writeln!(out, "\nVerdicts that rest on a policy or somebody's word")?;
    }
    for (reason, checks) in reasons {
        let named: Vec<&str> = checks.iter().take(CHECKS).copied().collect();
        let more = match checks.len().saturating_sub(CHECKS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(out, "  {}: {}{more}", shown(reason), shown(&named.join(", ")))?;
    }
    Ok(())
}
