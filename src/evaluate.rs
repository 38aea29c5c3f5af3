//! From facts to a report. Pure: the same checks and facts give the same report.

mod evidence;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::check::expr::Bindings;
use crate::check::node::{Node, Unseen};
use crate::check::{Check, Each};
use crate::collected::Collected;
use crate::ladder::Row;
use crate::parallel;
use crate::policy::{self, Loaded as Policy};
use crate::releases;
use crate::report::{
    BenchmarkResult, CheckSummary, ControlResult, EngineSummary, Evidence, FORMAT, Finding, HostSummary, LevelResult,
    Report, Score, SectionResult, Subject, Tool,
};
use crate::selection::{SelectedBenchmark, SelectedControl, Selection};
use crate::types::Type;
use crate::verdict::Verdict;

/// Judges everything that was selected, by a site's policy.
pub fn evaluate(selection: &Selection<'_>, facts: &Collected, policy: &Policy) -> Report {
    let json = facts.json();
    let containers = json.pointer("/containers/value").and_then(Value::as_array).into_iter().flatten();
    let allowed: Vec<Cow<'_, Value>> = containers.map(|container| policy.allowed(container)).collect();
    let checks: Vec<&Check> = selection.checks.values().copied().collect();
    let day = facts.day();
    let releases = releases::on(day, policy.release_table_max_age_days());
    let said = Said { facts: json, policy, releases: &releases, allowed: &allowed, day };
    let subjects = Subjects::new(said, selection, &checks);
    let mut findings: Vec<Finding> =
        parallel::map(&checks, |check| subjects.judge(check)).into_iter().flatten().collect();
    findings.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    for finding in &findings {
        let verdict = worst.entry(&finding.check).or_insert(finding.verdict);
        *verdict = finding.verdict.max(*verdict);
    }
    let benchmarks = selection.benchmarks.iter().map(|benchmark| result(benchmark, selection, &worst)).collect();
    let included = |row: &&Row| selection.includes_container(&row.name);
    let text = |pointer: &str| facts.text(pointer).map(str::to_owned);
    let of_engine = |name: &str| text(&format!("/engine/value/{name}")).unwrap_or_default();
    Report {
        format: FORMAT,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        collected_at: facts.collected_at().to_owned(),
        host: HostSummary {
            name: text("/host/name/value"),
            os: text("/host/os/value/name"),
            kernel: text("/host/kernel/value"),
        },
        engine: text("/engine/value/kind").map(|name| EngineSummary {
            name,
            version: of_engine("version"),
            api: of_engine("api_version"),
            socket: of_engine("socket"),
        }),
        notices: facts.notices().chain(policy.notices(day)).chain(unmatched(selection, json)).collect(),
        benchmarks,
        checks: checks.iter().map(|check| summary(check)).collect(),
        findings,
        containers: facts.ladder().map(|rows| rows.iter().filter(included).cloned().collect()),
    }
}

/// That the pattern for containers' names matches none of those that were listed: one that is misspelt must not look like success.
fn unmatched(selection: &Selection<'_>, facts: &Value) -> Option<String> {
    let pattern = selection.container_pattern()?;
    let listed = ["containers", "sandboxes"].map(|list| facts.get(list)?.get("value")?.as_array());
    let mut names = listed.iter().flatten().copied().flatten().filter_map(|one| one.get("name")?.as_str());
    let seen = listed.iter().any(Option::is_some);
    (seen && !names.any(|name| selection.includes_container(name)))
        .then(|| format!("no container has a name that matches `{pattern}`"))
}

/// What checks are judged by: what was seen, and what a site has said.
#[derive(Clone, Copy)]
struct Said<'s> {
    facts: &'s Value,
    policy: &'s Policy,
    /// The table of maintained releases.
    releases: &'s Value,
    /// What each container may have, in the order of the containers.
    allowed: &'s [Cow<'s, Value>],
    /// The day of the collection.
    day: Date,
}

/// The subjects of checks, among collected facts.
struct Subjects<'s> {
    said: Said<'s>,
    selection: &'s Selection<'s>,
    cases: BTreeMap<Each, Result<Vec<Case<'s>>, Unseen>>,
}

/// A subject with the facts that may be read when it is judged.
struct Case<'s> {
    subject: Subject,
    bindings: Bindings<'s>,
}

impl<'s> Subjects<'s> {
    fn new(said: Said<'s>, selection: &'s Selection<'s>, checks: &[&Check]) -> Self {
        let mut subjects = Self { said, selection, cases: BTreeMap::new() };
        for check in checks {
            if !subjects.cases.contains_key(&check.each) {
                subjects.cases.insert(check.each, subjects.find(check.each));
            }
        }
        subjects
    }

    /// One finding for every subject of the check.
    fn judge(&self, check: &Check) -> Vec<Finding> {
        match self.cases.get(&check.each) {
            Some(Ok(cases)) => cases.iter().map(|case| self.finding(check, case)).collect(),
            Some(Err(reason)) => vec![self.unseen(check, reason.clone())],
            None => Vec::new(),
        }
    }

    /// The finding of a check whose subjects could not be listed.
    fn unseen(&self, check: &Check, reason: Unseen) -> Finding {
        let case = Case { subject: self.single(Each::Engine), bindings: self.bindings(check.each, None, None) };
        Finding {
            verdict: reason.verdict(),
            reason: Some(reason.words),
            evidence: Vec::new(),
            remediation: None,
            ..self.finding(check, &case)
        }
    }

    fn find(&self, each: Each) -> Result<Vec<Case<'s>>, Unseen> {
        let Some(list) = each.list() else {
            return Ok(vec![Case { subject: self.single(each), bindings: self.bindings(each, None, None) }]);
        };
        let nodes = self.root(list)?.elements().collect::<Result<Vec<_>, _>>()?;
        let text = |node: &Node<'_>, field: &str| {
            node.field(field).ok().and_then(|node| node.value.as_str().map(str::to_owned))
        };
        let case = |(index, node): (usize, Node<'s>)| {
            let name = text(&node, "name").unwrap_or_default();
            let subject = Subject { kind: each.as_str().to_owned(), name, id: text(&node, "id") };
            let allowed = if each == Each::Container { self.said.allowed.get(index) } else { None };
            Case { subject, bindings: self.bindings(each, Some(node), allowed.map(AsRef::as_ref)) }
        };
        let of_containers = matches!(each, Each::Container | Each::Sandbox);
        let included = |case: &Case<'_>| !of_containers || self.selection.includes_container(&case.subject.name);
        Ok(nodes.into_iter().enumerate().map(case).filter(included).collect())
    }

    /// The one subject of a check that is not asked of many.
    fn single(&self, each: Each) -> Subject {
        let name = match each {
            Each::Host => self.said.facts.pointer("/host/name/value"),
            _ => self.said.facts.pointer("/engine/value/kind"),
        };
        let name = name.and_then(Value::as_str).unwrap_or(each.as_str()).to_owned();
        Subject { kind: each.as_str().to_owned(), name, id: None }
    }

    fn root(&self, name: &str) -> Result<Node<'s>, Unseen> {
        let absent = || Unseen::from(format!("`{name}` was not collected"));
        let field = Type::facts().fields.get(name).ok_or_else(absent)?;
        let value = self.said.facts.get(name).ok_or_else(absent)?;
        Node::open(&field.ty, value, field.place.as_deref())
    }

    fn bindings(&self, each: Each, subject: Option<Node<'s>>, allowed: Option<&'s Value>) -> Bindings<'s> {
        let node = |name: &str, ty: &'static Type| match (name, subject, allowed) {
            (name, Some(node), _) if name == each.as_str() => Ok(node),
            ("policy", ..) => Node::open(ty, self.said.policy.settings(), None),
            ("releases", ..) => Node::open(ty, self.said.releases, None),
            ("allowed", _, Some(allowed)) => Node::open(ty, allowed, None),
            (name, ..) => self.root(name),
        };
        Bindings::new(each.roots().iter().map(|(name, ty)| (name.as_str(), node(name, ty))))
    }

    fn finding(&self, check: &Check, case: &Case<'_>) -> Finding {
        let judgement = check.judge(&case.bindings);
        let evidence = evidence::of(&judgement, &case.bindings);
        let remedy = (judgement.verdict == Verdict::Fail).then(|| check.remedy(&case.bindings));
        let (remediation, conflict) = remedy.map_or((None, None), |(remedy, conflict)| (Some(remedy), conflict));
        let mut finding = Finding {
            check: check.id.clone(),
            title: check.title_for(&case.bindings),
            severity: check.severity,
            fingerprint: fingerprint(&check.id, &case.subject),
            subject: case.subject.clone(),
            verdict: judgement.verdict,
            basis: basis(&evidence),
            evidence,
            reason: judgement.reason.or(conflict),
            remediation,
            waiver: None,
        };
        if finding.verdict == Verdict::Manual
            && let Some(attestation) = self.said.policy.attested(&check.id, &case.subject.name, self.said.day)
        {
            finding.verdict = Verdict::Pass;
            finding.reason = None;
            finding.basis.push(attestation.basis());
        }
        finding
    }
}

/// What a verdict rests on besides facts: the settings of a policy that were looked at, each with its reason.
fn basis(evidence: &[Evidence]) -> Vec<String> {
    let said = |one: &&Evidence| one.fact.starts_with("policy.") || one.fact.starts_with("allowed.");
    let sources = evidence.iter().filter(said).filter_map(|one| one.source.clone());
    sources.filter(|source| source != policy::DEFAULT).collect()
}

fn summary(check: &Check) -> CheckSummary {
    CheckSummary {
        id: check.id.clone(),
        title: check.title().to_owned(),
        severity: check.severity,
        rationale: check.rationale.clone(),
        remediation: check.remediation().to_owned(),
        references: check.references.clone(),
    }
}

/// The first half of SHA-256 over the check, the kind and the name; what there is only one of is not told apart by its name.
fn fingerprint(check: &str, subject: &Subject) -> String {
    let name = if subject.id.is_some() { subject.name.as_str() } else { "" };
    let digest = Sha256::digest(format!("{check}\0{}\0{name}", subject.kind));
    let half = digest.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    format!("{half:032x}")
}

/// The result of a benchmark, given the worst verdict of each check.
fn result(
    selected: &SelectedBenchmark<'_>,
    selection: &Selection<'_>,
    worst: &BTreeMap<&str, Verdict>,
) -> BenchmarkResult {
    let controls: Vec<ControlResult> = selected
        .controls
        .iter()
        .map(|SelectedControl { control, level, checks }| {
            let worst = checks.iter().filter_map(|check| worst.get(check.id.as_str())).max().copied();
            let nothing = || format!("there is no {} to judge", checks.first().map_or("subject", |c| c.each.as_str()));
            ControlResult {
                number: control.number.get_ref().clone(),
                title: control.title.clone(),
                level: *level,
                assessment: control.assessment.as_str().to_owned(),
                verdict: worst.unwrap_or(Verdict::NotApplicable),
                reason: worst.is_none().then(nothing),
                checks: checks.iter().map(|check| check.id.clone()).collect(),
            }
        })
        .collect();
    let score = |wanted: &dyn Fn(&ControlResult) -> bool| {
        Score::of(controls.iter().filter(|control| wanted(control)).map(|control| control.verdict))
    };
    let file = &selected.benchmark.file;
    let sections = file.section.iter().map(|section| {
        let number = section.number.get_ref().clone();
        let score = score(&|control| crate::benchmark::is_within(&control.number, &number));
        SectionResult { title: section.title.clone(), score, number }
    });
    BenchmarkResult {
        id: selected.benchmark.id.clone(),
        title: file.title.clone(),
        profile: selected.profile.map(str::to_owned),
        level: selection.level,
        score: score(&|_| true),
        levels: (1..=selection.level)
            .map(|level| LevelResult { level, score: score(&|control| control.level == level) })
            .collect(),
        sections: sections.filter(|section| section.score != Score::default()).collect(),
        controls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_outlives_its_container() {
        let subject = |kind: &str, name: &str, id: Option<&str>| Subject {
            kind: kind.to_owned(),
            name: name.to_owned(),
            id: id.map(str::to_owned),
        };
        let web = fingerprint("a-check", &subject("container", "web", Some("1")));
        assert_eq!(web, "f672b5f00ab64213de4c841c0c547bf5");
        assert_eq!(web, fingerprint("a-check", &subject("container", "web", Some("2"))));
        assert_ne!(web, fingerprint("a-check", &subject("container", "db", Some("1"))));
        assert_ne!(web, fingerprint("a-check", &subject("image", "web", Some("1"))));
        assert_ne!(web, fingerprint("b-check", &subject("container", "web", Some("1"))));
        let host = fingerprint("a-check", &subject("host", "one", None));
        assert_eq!(host, fingerprint("a-check", &subject("host", "other", None)));
    }
}
