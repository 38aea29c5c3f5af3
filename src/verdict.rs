//! What a check can come to.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict of a check on one subject, or of a control on all of its subjects; better ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The check does not apply, and the reason is known.
    NotApplicable,
    /// Positive evidence that the condition holds.
    Pass,
    /// The facts are there, and a person has to judge them.
    Manual,
    /// What would decide could not be seen.
    Unknown,
    /// Positive evidence that the condition does not hold.
    Fail,
}

impl Verdict {
    /// Every verdict, better ones first.
    pub const ALL: [Self; 5] = [Self::NotApplicable, Self::Pass, Self::Manual, Self::Unknown, Self::Fail];

    /// The word for it in files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
            Self::Manual => "manual",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How bad a failure is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Hardening that limits damage after something else went wrong.
    Low,
    /// A weakness that needs another one to be used.
    Medium,
    /// A weakness that can be used by itself under common conditions.
    High,
    /// A way to the host, or no barrier at all.
    Critical,
}

impl Severity {
    /// The word for it in files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
