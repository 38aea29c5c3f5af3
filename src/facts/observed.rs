//! A value that was seen, or the reason why it was not.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One observation. A probe never fails: it observes, or says why it could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Observed<T> {
    /// The value was seen.
    Known {
        /// What was seen.
        value: T,
        /// Where, when that differs from the field's documented source: a file, a flag, an API field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// The value could not be seen.
    Unknown {
        /// Why not.
        gap: Gap,
        /// Where it was looked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
}

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The kind of obstacle.
    pub kind: GapKind,
    /// The obstacle in words, with the path or call that met it.
    pub detail: String,
}

/// The kinds of obstacle between a probe and a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// The kernel or the engine refused the access.
    Denied,
    /// There is nothing at the place where the value would be.
    Missing,
    /// What was there could not be understood.
    Malformed,
    /// This engine, kernel or view of the machine does not offer the value.
    Unsupported,
    /// No answer within the time limit.
    TimedOut,
    /// The subject ended while it was looked at.
    Gone,
    /// Nobody asked for the value when these facts were collected.
    NotCollected,
    /// Only a machine that runs has the value, and files were looked at that lie still.
    Offline,
}

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self::not_collected()
    }
}

impl<T> Observed<T> {
    /// A value from the documented source of its field.
    pub const fn known(value: T) -> Self {
        Self::Known { value, source: None }
    }

    /// A value from a source that has to be named.
    pub fn from_source(value: T, source: impl Into<String>) -> Self {
        Self::Known { value, source: Some(source.into()) }
    }

    /// A value that could not be seen.
    pub fn unknown(kind: GapKind, detail: impl Into<String>) -> Self {
        Self::Unknown { gap: Gap { kind, detail: detail.into() }, source: None }
    }

    /// A value that nobody asked for.
    pub fn not_collected() -> Self {
        Gap::not_collected().into()
    }

    /// The value, if it was seen.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The value, or the gap in its place.
    pub fn as_known(&self) -> Result<&T, Gap> {
        match self {
            Self::Known { value, .. } => Ok(value),
            Self::Unknown { gap, .. } => Err(gap.clone()),
        }
    }

    /// The gap, if the value was not seen.
    pub const fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Known { .. } => None,
            Self::Unknown { gap, .. } => Some(gap),
        }
    }

    /// The same observation of something derived from the value.
    pub fn map<U>(self, derive: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known { value, source } => Observed::Known { value: derive(value), source },
            Self::Unknown { gap, source } => Observed::Unknown { gap, source },
        }
    }

    /// The same observation with another source.
    pub fn seen_in(self, source: impl Into<String>) -> Self {
        match self {
            Self::Known { value, .. } => Self::from_source(value, source),
            Self::Unknown { gap, .. } => Self::Unknown { gap, source: Some(source.into()) },
        }
    }

    /// The same observation of something derived from the value, where deriving may meet a gap of its own.
    pub fn and_then<U>(self, derive: impl FnOnce(T) -> Observed<U>) -> Observed<U> {
        match self {
            Self::Known { value, .. } => derive(value),
            Self::Unknown { gap, source } => Observed::Unknown { gap, source },
        }
    }
}

impl<T> From<Gap> for Observed<T> {
    fn from(gap: Gap) -> Self {
        Self::Unknown { gap, source: None }
    }
}

impl<T> From<Result<T, Gap>> for Observed<T> {
    fn from(result: Result<T, Gap>) -> Self {
        match result {
            Ok(value) => Self::known(value),
            Err(gap) => gap.into(),
        }
    }
}

impl Gap {
    /// A gap of a kind, in words.
    pub fn new(kind: GapKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The gap of what nobody asked for.
    pub fn not_collected() -> Self {
        Self::new(GapKind::NotCollected, "not collected: no selected check reads it")
    }

    /// The gap of what lies in the layers of images when nobody asked to read them.
    pub fn not_deep() -> Self {
        Self::new(GapKind::NotCollected, "not collected: the layers of images are read only with --deep")
    }

    /// The gap of what only a running machine has, where files below a directory were looked at in its place.
    pub fn offline(root: &Path, what: impl fmt::Display) -> Self {
        let root = root.display();
        Self::new(GapKind::Offline, format!("nothing runs under {root}, and only a running machine has {what}"))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            GapKind::Denied => "denied",
            GapKind::Missing => "missing",
            GapKind::Malformed => "malformed",
            GapKind::Unsupported => "unsupported",
            GapKind::TimedOut => "timed out",
            GapKind::Gone => "gone",
            GapKind::NotCollected | GapKind::Offline => return f.write_str(&self.detail),
        };
        write!(f, "{kind}: {}", self.detail)
    }
}

impl<T: JsonSchema> JsonSchema for Observed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Observed_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let gap = generator.subschema_for::<Gap>();
        json_schema!({
            "x-observed": true,
            "oneOf": [
                {
                    "type": "object", "additionalProperties": false, "required": ["value"],
                    "properties": { "value": value, "source": { "type": "string" } },
                },
                {
                    "type": "object", "additionalProperties": false, "required": ["gap"],
                    "properties": { "gap": gap, "source": { "type": "string" } },
                },
            ],
        })
    }
}
