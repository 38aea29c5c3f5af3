//! What only people know: somebody vouches for it, until a day.

use std::sync::Arc;

use globset::Glob;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::check::Check;
use crate::diagnostic::{Diagnostics, Source, did_you_mean};

/// A person's word that a check is met where facts leave it to a person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The check's id.
    #[schemars(with = "String")]
    pub check: Spanned<String>,
    /// Name of what it is about, as a glob; everything, by default.
    #[schemars(with = "Option<String>")]
    pub subject: Option<Spanned<String>>,
    /// Who vouches for it.
    pub by: String,
    /// The day on which it was found, as `2026-11-24`.
    #[schemars(with = "String")]
    pub on: Spanned<String>,
    /// The last day on which it holds, as `2027-05-31`.
    #[schemars(with = "String")]
    pub until: Spanned<String>,
    /// What it rests on: a ticket, a report, a meeting.
    pub evidence: String,
}

/// Each names a check and two days in order.
pub(super) fn validate<'c>(
    attestations: &[Attestation],
    checks: impl Iterator<Item = &'c Check>,
    source: &Arc<Source>,
    faults: &mut Diagnostics,
) {
    let known: Vec<&str> = checks.map(|check| check.id.as_str()).collect();
    for attestation in attestations {
        let id = attestation.check.get_ref();
        if !known.contains(&id.as_str()) {
            let help = did_you_mean(id, known.iter().copied());
            faults.at(source, attestation.check.span(), format!("there is no check `{id}`"), help);
        }
        if let Some(subject) = &attestation.subject
            && let Err(error) = Glob::new(subject.get_ref())
        {
            faults.at(source, subject.span(), error.to_string(), None);
        }
        let mut days = Vec::new();
        for written in [&attestation.on, &attestation.until] {
            match written.get_ref().parse::<Date>() {
                Ok(day) => days.push(day),
                Err(_) => {
                    let help = "a day is written as \"2026-11-24\"".to_owned();
                    faults.at(source, written.span(), format!("`{}` is no day", written.get_ref()), Some(help));
                }
            }
        }
        if let [on, until] = days.as_slice()
            && until < on
        {
            faults.at(source, attestation.until.span(), "it ends before it begins", None);
        }
    }
}

impl Attestation {
    /// Whether it is about a check on a subject of this name.
    pub(super) fn covers(&self, check: &str, subject: &str) -> bool {
        let of_subject = |glob: &Spanned<String>| {
            Glob::new(glob.get_ref()).is_ok_and(|glob| glob.compile_matcher().is_match(subject))
        };
        self.check.get_ref() == check && self.subject.as_ref().is_none_or(of_subject)
    }

    /// Whether it holds no longer; on its last day it does.
    pub(super) fn expired(&self, day: Date) -> bool {
        self.until.get_ref().parse::<Date>().is_ok_and(|until| until < day)
    }

    /// Whose word it is, in a sentence.
    pub(crate) fn basis(&self) -> String {
        let (on, until) = (self.on.get_ref(), self.until.get_ref());
        format!("attested by {} on {on}, until {until}: {}", self.by, self.evidence)
    }

    /// That it has expired, in a sentence.
    pub(super) fn expiry(&self) -> String {
        format!(
            "the attestation of {} by {} ended on {} and counts no more",
            self.check.get_ref(),
            self.by,
            self.until.get_ref()
        )
    }
}
