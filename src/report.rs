//! The judgement of one audit, as it is exported: types of its own, so that a refactor cannot change the format.

mod basis;
pub mod csv;
pub mod docker_bench;
mod escape;
mod evidence;
pub mod html;
mod index;
pub mod json;
pub mod junit;
pub mod kube_bench;
pub mod markdown;
pub mod ocsf;
pub mod oscal;
pub mod prometheus;
mod remedy;
pub mod sarif;
mod stored;
pub mod text;
mod value;
mod worst;
pub mod xccdf;
mod xml;

pub(crate) use self::escape::{escape, shown};
pub(crate) use self::index::Index;
pub use self::stored::read;

use std::io;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ladder::Row;
use crate::verdict::{Severity, Verdict};

/// The version of the report's format.
pub const FORMAT: u32 = 1;

/// Everything one audit came to. The same facts give the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of this format; keys may be added, and these keep their meaning.
    pub format: u32,
    /// What wrote it.
    pub tool: Tool,
    /// When the collection of the facts began, RFC 3339 in UTC.
    pub collected_at: String,
    /// The machine.
    pub host: HostSummary,
    /// The engine; null when there was none to ask, or none that answered.
    pub engine: Option<EngineSummary>,
    /// What happened during the audit that a reader should know.
    pub notices: Vec<String>,
    /// Each benchmark with its score and its controls.
    pub benchmarks: Vec<BenchmarkResult>,
    /// The checks that ran, by id.
    pub checks: Vec<CheckSummary>,
    /// One finding per check and subject, by check, then subject.
    pub findings: Vec<Finding>,
    /// Where every container and sandbox stands on the isolation ladder, as `plimsoll containers` tells it: the worst first, those
    /// of which something is not known before all others. Null when the selected checks do not read what tells it.
    pub containers: Option<Vec<Row>>,
}

/// The program that wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The machine in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostSummary {
    /// Host name; null when it could not be seen.
    pub name: Option<String>,
    /// Name of the distribution.
    pub os: Option<String>,
    /// Release of the kernel.
    pub kernel: Option<String>,
}

/// The engine in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineSummary {
    /// `docker`, `podman` or `other`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Newest version of the API that it offers.
    pub api: String,
    /// The socket that was asked.
    pub socket: String,
}

/// How many controls came to what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// 100 × passed / (passed + failed), rounded to a tenth; null when neither passed nor failed.
    pub percent: Option<f64>,
    /// Controls that passed.
    pub passed: u32,
    /// Controls that failed.
    pub failed: u32,
    /// Controls that could not be seen well enough.
    pub unknown: u32,
    /// Controls that do not apply.
    pub not_applicable: u32,
    /// Controls that wait for a person.
    pub manual: u32,
    /// 100 × (passed + failed) / (passed + failed + unknown), rounded to a tenth: of the controls that facts decide, how many
    /// were decided; null when there is none.
    pub coverage_percent: Option<f64>,
}

/// A benchmark's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchmarkResult {
    /// The benchmark's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The profile it was judged by; null when it has none to choose.
    pub profile: Option<String>,
    /// The highest level that was included.
    pub level: u8,
    /// The score of all selected controls.
    pub score: Score,
    /// The score of each level by itself.
    pub levels: Vec<LevelResult>,
    /// The score of each section.
    pub sections: Vec<SectionResult>,
    /// The selected controls, in the document's order.
    pub controls: Vec<ControlResult>,
}

/// The result of the controls of one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelResult {
    /// The level.
    pub level: u8,
    /// Its score.
    pub score: Score,
}

/// The result of one section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionResult {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its score.
    pub score: Score,
}

/// The result of one control: the worst of its findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlResult {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its level.
    pub level: u8,
    /// `automated` or `manual`, as the document has it.
    pub assessment: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it does not apply, when no subject was there to judge.
    pub reason: Option<String>,
    /// The checks that decide it.
    pub checks: Vec<String>,
}

/// What is to be said of a check, whatever it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckSummary {
    /// Its id.
    pub id: String,
    /// The good state in a sentence, facts as placeholders.
    pub title: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// Why it matters.
    pub rationale: String,
    /// What to do about a failure, facts as placeholders.
    pub remediation: String,
    /// Where other catalogues speak of the same, as `framework:id`.
    pub references: Vec<String>,
}

/// What a check came to on one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's id.
    pub check: String,
    /// The good state, in a sentence.
    pub title: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// Hash of the check, the kind and the name of the subject: the same when a container was recreated.
    pub fingerprint: String,
    /// What was judged.
    pub subject: Subject,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for unknown, manual and not-applicable; for a failure, what its usual remedy would break. Else null.
    pub reason: Option<String>,
    /// What the verdict rests on besides facts: settings of the site's policy, or somebody's word.
    pub basis: Vec<String>,
    /// The facts that were looked at.
    pub evidence: Vec<Evidence>,
    /// What to do, for a failure; else null.
    pub remediation: Option<String>,
    /// Who bears the failure and until when; null when nobody does.
    pub waiver: Option<Waived>,
}

/// That somebody bears a failure. It stays one, and no longer fails the run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    pub expires: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// `host`, `engine`, `container`, `sandbox`, `image` or `network`.
    pub kind: String,
    /// Its name, which stays when it is recreated.
    pub name: String,
    /// Its identifier, which does not; null when it has none.
    pub id: Option<String>,
}

/// One fact that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The fact's name.
    pub fact: String,
    /// Its value; of a list that was gone through, the elements that decided. Null when it was not seen.
    pub value: Value,
    /// Where it was read.
    pub source: Option<String>,
    /// Why it was not seen; null when it was.
    pub reason: Option<String>,
}

impl Report {
    /// When the collection of the facts began.
    pub(crate) fn time(&self) -> io::Result<Timestamp> {
        self.collected_at.parse().map_err(io::Error::other)
    }
}

impl Score {
    /// The score of some controls' verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut score = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Pass => score.passed += 1,
                Verdict::Fail => score.failed += 1,
                Verdict::Unknown => score.unknown += 1,
                Verdict::NotApplicable => score.not_applicable += 1,
                Verdict::Manual => score.manual += 1,
            }
        }
        let judged = score.passed + score.failed;
        score.percent = percent(score.passed, judged);
        score.coverage_percent = percent(judged, judged + score.unknown);
        score
    }
}

fn percent(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| (f64::from(part) * 1000.0 / f64::from(whole)).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_of_what_was_judged() {
        let many = |verdict, count| std::iter::repeat_n(verdict, count);
        let verdicts = many(Verdict::Pass, 24).chain(many(Verdict::Fail, 15)).chain(many(Verdict::Unknown, 2));
        let score = Score::of(verdicts.chain(many(Verdict::NotApplicable, 9)).chain(many(Verdict::Manual, 7)));
        assert_eq!((score.percent, score.coverage_percent), (Some(61.5), Some(95.1)));
        assert_eq!((score.passed, score.failed, score.unknown, score.not_applicable, score.manual), (24, 15, 2, 9, 7));
        let dark = Score::of([Verdict::Unknown, Verdict::Manual]);
        assert_eq!((dark.percent, dark.coverage_percent), (None, Some(0.0)));
        assert_eq!(Score::of([Verdict::Manual, Verdict::NotApplicable]).coverage_percent, None);
    }
}
