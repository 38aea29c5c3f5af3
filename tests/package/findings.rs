//! What auditors of different standing find on one machine.

use std::collections::BTreeMap;

use crate::lab::Audit;

/// Verdicts by check and subject.
pub type Findings = BTreeMap<(String, String), String>;

/// Leaves out what the walk of all files tells, since the tests beside these make and remove files.
pub const NO_WALK: [&str; 8] = [
    "--skip",
    "nothing-orphaned",
    "--skip",
    "nothing-world-writable",
    "--skip",
    "set-id-programs-known",
    "--skip",
    "set-id-programs-audited",
];

/// The findings of an audit, but for those about subjects of these names.
pub fn findings(audit: &Audit, without: &[&str]) -> Findings {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings =
        audit.findings().iter().filter(|finding| !without.iter().any(|name| finding["subject"]["name"] == **name));
    let key = |finding: &serde_json::Value| {
        let subject = &finding["subject"];
        // There is but one host, whatever it is called.
        let name = if subject["kind"] == "host" { String::new() } else { text(&subject["name"]) };
        (text(&finding["check"]), format!("{} {name}", text(&subject["kind"])))
    };
    findings.map(|finding| (key(finding), text(&finding["verdict"]))).collect()
}

/// How many findings are unknown that another auditor could judge; all others must be the same.
pub fn blinded(some: &Findings, all: &Findings) -> usize {
    let mut unknown = 0;
    for (key, verdict) in some {
        match (verdict.as_str(), all.get(key)) {
            (verdict, Some(other)) if verdict == other => {}
            ("unknown", _) => unknown += 1,
            (verdict, other) => panic!("{key:?} is {verdict} to one and {other:?} to the other"),
        }
    }
    unknown
}
