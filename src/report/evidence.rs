//! Findings in words.

use serde_json::Value;

use super::{Evidence, Finding, Subject, Waived};
use crate::verdict::Verdict;

impl Evidence {
    /// What was seen, or why it was not; as long as it is.
    pub(crate) fn words(&self) -> String {
        match &self.reason {
            Some(reason) => format!("not seen: {reason}"),
            None => named(&self.fact, &self.value),
        }
    }
}

impl Finding {
    /// Why the verdict is what it is: the reason, the facts that were looked at, or for what a person has to judge or weigh both;
    /// and what it rests on besides.
    pub(crate) fn because(&self) -> String {
        let facts = || {
            let facts = self.evidence.iter().map(|evidence| format!("{} = {}", evidence.fact, evidence.words()));
            facts.collect::<Vec<_>>().join("; ")
        };
        let why = match &self.reason {
            Some(reason) if self.shows_facts() => format!("{reason}: {}", facts()),
            Some(reason) => reason.clone(),
            None => facts(),
        };
        if self.basis.is_empty() { why } else { format!("{why} (rests on {})", self.basis.join("; ")) }
    }

    /// The same after whoever bears the failure.
    pub(crate) fn explained(&self) -> String {
        match self.waived() {
            Some(waiver) => format!("{}: {}", waiver.words(), self.because()),
            None => self.because(),
        }
    }

    /// Whether facts are to be shown though there is a reason: whoever has to judge needs to see what, and so does who has to weigh
    /// a failure against what its remedy would break.
    pub(crate) fn shows_facts(&self) -> bool {
        self.reason.is_none() || matches!(self.verdict, Verdict::Manual | Verdict::Fail)
    }

    /// Who bears its failure, if it failed and somebody does.
    pub(crate) fn waived(&self) -> Option<&Waived> {
        self.waiver.as_ref().filter(|_| self.verdict == Verdict::Fail)
    }
}

impl Subject {
    /// Its kind and its name; of what there is only one of, the kind alone.
    pub(crate) fn words(&self) -> String {
        match self.id {
            Some(_) => format!("{} {}", self.kind, self.name),
            None => self.kind.clone(),
        }
    }
}

impl Waived {
    /// All of it in a sentence.
    pub(crate) fn words(&self) -> String {
        format!("waived until {} by {}: {}", self.expires, self.owner, self.reason)
    }
}

/// A value by its name: permissions are told in octal.
fn named(name: &str, json: &Value) -> String {
    let permissions = name.rsplit('.').next().is_some_and(|last| matches!(last, "mode" | "leaves"));
    match json.as_u64().filter(|_| permissions) {
        Some(mode) => format!("{mode:04o}"),
        None => words(json),
    }
}

pub(super) fn words(json: &Value) -> String {
    match json {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", named(name, field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
