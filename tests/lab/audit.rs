//! The outcome of one `plimsoll audit --format json`.

use std::collections::BTreeMap;
use std::process::Output;

use serde_json::Value;

use super::seen;

/// A parsed report with the exit code and standard error that came with it.
#[derive(Debug)]
pub struct Audit {
    code: i32,
    stderr: String,
    report: Value,
    real: bool,
}

impl Audit {
    /// Reads what the program wrote; panics with all of it if that is no report.
    pub fn read(output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("no report: {error}; {}\n{stdout}\n{stderr}", output.status));
        let code = output.status.code().unwrap_or_else(|| panic!("plimsoll was killed: {}", output.status));
        Self { code, stderr, report, real: false }
    }

    /// The same of an engine that really runs: what tests ask for from here on was seen on one.
    pub fn of_lab(output: &Output) -> Self {
        Self { real: true, ..Self::read(output) }
    }

    /// The same for a test that compares verdicts with each other and does not say what they are: none of them counts as seen.
    pub fn only_compared(self) -> Self {
        Self { real: false, ..self }
    }

    /// The exit code.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// What was said on standard error.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// The whole report.
    pub fn report(&self) -> &Value {
        &self.report
    }

    /// The verdict of a control of the first benchmark.
    pub fn control(&self, number: &str) -> &str {
        let controls = list(&self.report["benchmarks"][0]["controls"]);
        let control = controls.iter().find(|control| control["number"] == number);
        let control = control.unwrap_or_else(|| {
            let numbers: Vec<&str> = controls.iter().map(|one| string(&one["number"])).collect();
            panic!("no control {number} among {}", numbers.join(" "))
        });
        self.note_control(control);
        string(&control["verdict"])
    }

    /// The verdict of every control of the first benchmark, by number.
    pub fn controls(&self) -> BTreeMap<String, String> {
        let controls = list(&self.report["benchmarks"][0]["controls"]).iter();
        let noted = controls.inspect(|control| self.note_control(control));
        noted.map(|one| (string(&one["number"]).to_owned(), string(&one["verdict"]).to_owned())).collect()
    }

    /// The verdicts on one subject, by its name, under the numbers that its checks have in the first benchmark.
    pub fn controls_of(&self, subject: &str) -> BTreeMap<String, String> {
        let mut verdicts = BTreeMap::new();
        for control in list(&self.report["benchmarks"][0]["controls"]) {
            let of_control = |finding: &&Value| list(&control["checks"]).contains(&finding["check"]);
            let findings = self.findings().iter().filter(of_control).filter(|one| one["subject"]["name"] == subject);
            for finding in findings {
                self.note(finding);
                verdicts.insert(string(&control["number"]).to_owned(), string(&finding["verdict"]).to_owned());
            }
        }
        verdicts
    }

    /// All findings.
    pub fn findings(&self) -> &[Value] {
        list(&self.report["findings"])
    }

    /// The one finding of a check about a subject, given by its name, its id, or its kind if that is unambiguous.
    pub fn finding(&self, check: &str, subject: &str) -> &Value {
        let all: Vec<&Value> = self.findings().iter().filter(|finding| finding["check"] == check).collect();
        for key in ["name", "id", "kind"] {
            let found: Vec<&&Value> = all.iter().filter(|finding| finding["subject"][key] == subject).collect();
            match found[..] {
                [] => {}
                [one] => return one,
                _ => panic!("{} findings of {check} about {key} {subject}", found.len()),
            }
        }
        let subjects: Vec<String> = all.iter().map(|finding| finding["subject"].to_string()).collect();
        panic!("no finding of {check} about {subject}; there are {}", subjects.join(", "))
    }

    /// The verdict of a check about a subject.
    pub fn verdict(&self, check: &str, subject: &str) -> &str {
        let finding = self.finding(check, subject);
        self.note(finding);
        string(&finding["verdict"])
    }

    /// A control's verdict was handed out: that of those findings which have the same.
    fn note_control(&self, control: &Value) {
        let decides = |finding: &&Value| list(&control["checks"]).contains(&finding["check"]);
        let findings = self.findings().iter().filter(decides);
        findings.filter(|finding| finding["verdict"] == control["verdict"]).for_each(|finding| self.note(finding));
    }

    fn note(&self, finding: &Value) {
        if self.real {
            seen::note(string(&finding["check"]), string(&finding["verdict"]));
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
