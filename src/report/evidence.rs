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
        match (self.basis.join("; "), why) {
            (basis, why) if basis.is_empty() => why,
            (basis, why) if why.is_empty() => format!("rests on {basis}"),
            (basis, why) => format!("{why} (rests on {basis})"),
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_verdict_rests_on_is_told_with_it() {
        let finding = |change: Value| {
            let mut finding = json!({
                "check": "c", "title": "", "severity": "low", "fingerprint": "", "verdict": "fail", "reason": null, "basis": [],
                "subject": { "kind": "sandbox", "name": "box", "id": "1" }, "remediation": null, "waiver": null,
                "evidence": [{ "fact": "file.mode", "value": 420, "source": null, "reason": null }],
            });
            for (key, value) in change.as_object().unwrap() {
                finding[key] = value.clone();
            }
            serde_json::from_value::<Finding>(finding).unwrap()
        };
        assert_eq!(finding(json!({})).subject.words(), "sandbox box");
        assert_eq!(finding(json!({})).because(), "file.mode = 0644");
        let waiver = json!({ "reason": "odd", "owner": "Max", "expires": "2027-01-01" });
        let weighed = finding(json!({ "reason": "It breaks x", "basis": ["policy", "Jo"], "waiver": waiver }));
        assert_eq!(weighed.because(), "It breaks x: file.mode = 0644 (rests on policy; Jo)");
        assert_eq!(weighed.explained(), format!("waived until 2027-01-01 by Max: odd: {}", weighed.because()));
        // What is unknown is so by its reason alone, and what somebody vouches for may have no facts.
        let unknown = finding(json!({ "verdict": "unknown", "reason": "denied", "waiver": waiver }));
        assert_eq!((unknown.because(), unknown.explained()), ("denied".to_owned(), "denied".to_owned()));
        let attested = finding(json!({ "verdict": "pass", "evidence": [], "basis": ["Jo"] }));
        assert_eq!(attested.because(), "rests on Jo");
    }
}
