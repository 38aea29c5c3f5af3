//! A check: an expression that must hold, the words for people, the remedy, and its own proof.

pub(crate) mod example;
pub(crate) mod expr;
mod file;
mod functions;
pub(crate) mod node;
pub(crate) mod reads;
mod scope;
mod template;
mod view;
mod walk;

pub use file::CheckFile;
pub(crate) use file::load;
pub use functions::{FUNCTIONS, Function, Kind};
pub use scope::Each;

use std::collections::{BTreeMap, BTreeSet};

use crate::verdict::{Severity, Verdict};
use expr::{Bindings, Expression};
use node::Unseen;
use reads::{Path, Read};
use template::Template;

/// A check that was loaded without a fault.
#[derive(Clone, Debug)]
pub struct Check {
    /// Stable name of the good state; the name of the file or of its variant.
    pub id: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// What it is asked of.
    pub each: Each,
    /// Why it matters.
    pub rationale: String,
    /// Where other catalogues speak of the same, as `framework:id`.
    pub references: Vec<String>,
    /// The file it came from.
    pub origin: String,
    /// What sets it apart from the other variants of its file.
    parameters: BTreeMap<String, String>,
    title: Template,
    remediation: Template,
    when: Option<Condition>,
    manual: Option<Condition>,
    conflict: Option<Conflict>,
    /// Nothing when only a person can tell.
    pass: Option<Condition>,
}

/// An expression with its text, and the words that go with it.
#[derive(Clone, Debug)]
struct Condition {
    expression: Expression,
    text: String,
    words: Template,
}

/// When the remedy would break something that the machine is for, and what to do then.
#[derive(Clone, Debug)]
struct Conflict {
    condition: Condition,
    remediation: Template,
}

/// What a check came to on one subject.
#[derive(Clone, Debug)]
pub(crate) struct Judgement<'c> {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why, unless it is a pass or a failure.
    pub(crate) reason: Option<String>,
    /// The facts that were looked at.
    pub(crate) reads: &'c [Read],
}

impl Check {
    /// The good state in a sentence, facts as placeholders.
    pub fn title(&self) -> &str {
        &self.title.text
    }

    /// What to do about a failure, facts as placeholders.
    pub fn remediation(&self) -> &str {
        &self.remediation.text
    }

    /// The condition that must hold, as written; nothing when only a person can tell.
    pub fn pass(&self) -> Option<&str> {
        self.pass.as_ref().map(|pass| pass.text.as_str())
    }

    /// The condition under which the check applies, as written, and why it else does not.
    pub fn when(&self) -> Option<(&str, &str)> {
        self.when.as_ref().map(|when| (when.text.as_str(), when.words.text.as_str()))
    }

    /// The condition under which the remedy would break something, as written, what it would break, and what to do then.
    pub fn conflict(&self) -> Option<(&str, &str, &str)> {
        let conflict = self.conflict.as_ref()?;
        let condition = &conflict.condition;
        Some((condition.text.as_str(), condition.words.text.as_str(), conflict.remediation.text.as_str()))
    }

    /// The condition under which a person has to judge, as written, and why.
    pub fn manual(&self) -> Option<(&str, &str)> {
        self.manual.as_ref().map(|manual| (manual.text.as_str(), manual.words.text.as_str()))
    }

    /// The facts that its words name.
    pub(crate) fn worded(&self) -> impl Iterator<Item = &Path> {
        let conflict = self.conflict.as_ref();
        let conditions = [self.when.as_ref(), self.manual.as_ref(), conflict.map(|conflict| &conflict.condition)];
        let words = conditions.into_iter().flatten().map(|condition| &condition.words);
        let remedies = conflict.map(|conflict| &conflict.remediation).into_iter().chain([&self.remediation]);
        words.chain(remedies).chain([&self.title]).flat_map(Template::paths)
    }

    /// Every fact that its conditions may read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &Read> {
        let conflict = self.conflict.as_ref().map(|conflict| &conflict.condition);
        let conditions = [self.when.as_ref(), self.manual.as_ref(), self.pass.as_ref(), conflict];
        conditions.into_iter().flatten().flat_map(|condition| condition.expression.reads())
    }

    /// The facts that its conditions may read, by name; of a list that is gone through, what is read of each element.
    pub fn looks_at(&self) -> BTreeSet<String> {
        let names = |read: &Read| {
            let elements = read.elements.iter().flat_map(|elements| &elements.fields);
            let parts = elements.filter(|field| !field.is_empty());
            let below: Vec<String> = parts.map(|field| format!("{}.{field}", read.path)).collect();
            if below.is_empty() { vec![read.path.to_string()] } else { below }
        };
        self.reads().flat_map(names).collect()
    }

    /// The title with the subject's facts in it.
    pub(crate) fn title_for(&self, bindings: &Bindings<'_>) -> String {
        self.title.render(bindings)
    }

    /// The remedy of a failure with the subject's facts in it; and what the usual one would break, where it would.
    pub(crate) fn remedy(&self, bindings: &Bindings<'_>) -> (String, Option<String>) {
        match &self.conflict {
            // Better a remedy too careful than one that cuts the machine off from its work.
            Some(conflict) if conflict.condition.expression.evaluate(bindings) != Ok(false) => {
                (conflict.remediation.render(bindings), Some(conflict.condition.words.render(bindings)))
            }
            _ => (self.remediation.render(bindings), None),
        }
    }

    /// Judges one subject.
    pub(crate) fn judge(&self, bindings: &Bindings<'_>) -> Judgement<'_> {
        if let Some(when) = &self.when {
            match when.expression.evaluate(bindings) {
                Ok(true) => {}
                Ok(false) => return when.came_to(Verdict::NotApplicable, Some(when.words.render(bindings))),
                Err(reason) => return when.open(reason),
            }
        }
        if let Some(manual) = &self.manual {
            match manual.expression.evaluate(bindings) {
                Ok(false) => {}
                Ok(true) => return manual.came_to(Verdict::Manual, Some(manual.words.render(bindings))),
                Err(reason) => return manual.open(reason),
            }
        }
        let Some(pass) = &self.pass else {
            return Judgement { verdict: Verdict::Manual, reason: None, reads: &[] };
        };
        match pass.expression.evaluate(bindings) {
            Ok(true) => pass.came_to(Verdict::Pass, None),
            Ok(false) => pass.came_to(Verdict::Fail, None),
            Err(reason) => pass.open(reason),
        }
    }
}

impl Condition {
    fn came_to(&self, verdict: Verdict, reason: Option<String>) -> Judgement<'_> {
        Judgement { verdict, reason, reads: self.expression.reads() }
    }

    /// Left open by a fact that was not seen.
    fn open(&self, reason: Unseen) -> Judgement<'_> {
        self.came_to(reason.verdict(), Some(reason.words))
    }
}
