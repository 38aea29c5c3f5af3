//! A report, and what it tells of checks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::pack::Run;

/// How the reason begins why something does not apply to files that lie still.
const STILL: &str = "nothing runs under ";

/// A report as JSON.
pub struct Report(pub Value);

impl Report {
    pub fn of(run: &Run) -> Self {
        Self(serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr)))
    }

    /// The verdict of a check that is asked once, and its reason.
    pub fn told(&self, check: &str) -> (String, String) {
        let findings = self.list("/findings").iter().filter(|finding| text(finding, "check") == check);
        let told: Vec<_> = findings.map(|finding| (text(finding, "verdict"), text(finding, "reason"))).collect();
        assert_eq!(told.len(), 1, "{check}");
        told.into_iter().next().unwrap()
    }

    pub fn verdict(&self, check: &str) -> String {
        self.told(check).0
    }

    #[track_caller]
    pub fn is(&self, verdict: &str, checks: &[&str]) {
        let told: BTreeMap<&str, _> = checks.iter().map(|check| (*check, self.told(check))).collect();
        assert!(told.values().all(|(found, _)| found == verdict), "not all {verdict}: {told:#?}");
    }

    /// Asserts that a check does not apply because nothing runs.
    #[track_caller]
    pub fn is_still(&self, checks: &[&str]) {
        self.is("not-applicable", checks);
        let reasons: Vec<String> = checks.iter().map(|check| self.told(check).1).collect();
        assert!(reasons.iter().all(|reason| reason.starts_with(STILL)), "{reasons:#?}");
    }

    pub fn list(&self, pointer: &str) -> &[Value] {
        self.0.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn findings(&self) -> BTreeSet<String> {
        self.list("/findings").iter().map(|finding| format!("{finding:#}")).collect()
    }

    pub fn benchmarks(&self) -> BTreeSet<String> {
        self.list("/benchmarks").iter().map(|benchmark| text(benchmark, "id")).collect()
    }
}

pub fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
