//! What verdicts rest on besides facts: a policy's settings and people's word.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;

/// How many checks are named for one reason; the JSON has all.
const CHECKS: usize = 4;

/// What a group of verdicts that rest on more than facts is called.
pub(super) const HEADING: &str = "Verdicts that rest on a policy or somebody's word";

/// Each reason, with the checks whose verdicts rest on it.
pub(super) fn reasons(findings: &[Finding]) -> Vec<(&str, String)> {
    let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in findings {
        for reason in &finding.basis {
            reasons.entry(reason).or_default().insert(&finding.check);
        }
    }
    let named = |checks: BTreeSet<&str>| {
        let named: Vec<&str> = checks.iter().take(CHECKS).copied().collect();
        match checks.len().saturating_sub(CHECKS) {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    };
    reasons.into_iter().map(|(reason, checks)| (reason, named(checks))).collect()
}
