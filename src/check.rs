//! A check: an expression that must hold, the words for people, the remedy, and its own proof.

pub(crate) mod example;
pub(crate) mod expr;
mod file;
pub(crate) mod functions;
pub(crate) mod node;
pub(crate) mod reads;
mod scope;
mod template;
mod view;
mod walk;

pub use file::CheckFile;
pub(crate) use file::load;
pub use scope::Each;

use std::collections::BTreeMap;

use crate::verdict::{Severity, Verdict};
use expr::{Bindings, Expression};
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
    pass: Condition,
}

/// An expression with its text, and the words that go with it.
#[derive(Clone, Debug)]
struct Condition {
    expression: Expression,
    text: String,
    words: Template,
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

    /// The condition that must hold, as written.
    pub fn pass(&self) -> &str {
        &self.pass.text
    }

    /// The condition under which the check applies, as written, and why it else does not.
    pub fn when(&self) -> Option<(&str, &str)> {
        self.when.as_ref().map(|when| (when.text.as_str(), when.words.text.as_str()))
    }

    /// The condition under which a person has to judge, as written, and why.
    pub fn manual(&self) -> Option<(&str, &str)> {
        self.manual.as_ref().map(|manual| (manual.text.as_str(), manual.words.text.as_str()))
    }

    /// The facts that its words name.
    pub(crate) fn worded(&self) -> impl Iterator<Item = &Path> {
        let words = [self.when.as_ref(), self.manual.as_ref()].into_iter().flatten().map(|condition| &condition.words);
        words.chain([&self.title, &self.remediation]).flat_map(Template::paths)
    }

    /// Every fact that its conditions may read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &Read> {
        let conditions = [self.when.as_ref(), self.manual.as_ref(), Some(&self.pass)];
        conditions.into_iter().flatten().flat_map(|condition| condition.expression.reads())
    }

    /// The title with the subject's facts in it.
    pub(crate) fn title_for(&self, bindings: &Bindings<'_>) -> String {
        self.title.render(bindings)
    }

    /// The remedy with the subject's facts in it.
    pub(crate) fn remediation_for(&self, bindings: &Bindings<'_>) -> String {
        self.remediation.render(bindings)
    }

    /// Whether a person has to judge whatever the facts are: the condition for that holds without any.
    pub(crate) fn is_for_people(&self) -> bool {
        let nothing = Bindings::new([]);
        self.manual.as_ref().is_some_and(|manual| manual.expression.evaluate(&nothing) == Ok(true))
    }

    /// Judges one subject.
    pub(crate) fn judge(&self, bindings: &Bindings<'_>) -> Judgement<'_> {
        if let Some(when) = &self.when {
            match when.expression.evaluate(bindings) {
                Ok(true) => {}
                Ok(false) => return when.came_to(Verdict::NotApplicable, Some(when.words.render(bindings))),
                Err(reason) => return when.came_to(Verdict::Unknown, Some(reason)),
            }
        }
        if let Some(manual) = &self.manual {
            match manual.expression.evaluate(bindings) {
                Ok(false) => {}
                Ok(true) => return manual.came_to(Verdict::Manual, Some(manual.words.render(bindings))),
                Err(reason) => return manual.came_to(Verdict::Unknown, Some(reason)),
            }
        }
        match self.pass.expression.evaluate(bindings) {
            Ok(true) => self.pass.came_to(Verdict::Pass, None),
            Ok(false) => self.pass.came_to(Verdict::Fail, None),
            Err(reason) => self.pass.came_to(Verdict::Unknown, Some(reason)),
        }
    }
}

impl Condition {
    fn came_to(&self, verdict: Verdict, reason: Option<String>) -> Judgement<'_> {
        Judgement { verdict, reason, reads: self.expression.reads() }
    }
}
