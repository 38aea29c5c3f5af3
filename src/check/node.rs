//! One fact within collected facts: its JSON, its type, and where it was read.

use serde::Deserialize;
use serde_json::Value;

use crate::facts::{Gap, GapKind};
use crate::types::{Struct, Type};
use crate::verdict::Verdict;

/// A fact with its type. What was observed is opened, so that a node is always a value that was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'f> {
    /// Its type, never [`Type::Observed`].
    pub(crate) ty: &'f Type,
    /// Its JSON.
    pub(crate) value: &'f Value,
    /// Where it was read, if that is known.
    pub(crate) source: Option<&'f str>,
}

/// Why a fact could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// The reason in words.
    pub(crate) words: String,
    /// Whether only a running machine has it, and none was looked at.
    pub(crate) offline: bool,
}

impl Unseen {
    /// What a judgement comes to that rests on it: what only a running machine has does not apply to files that lie still.
    pub(crate) const fn verdict(&self) -> Verdict {
        if self.offline { Verdict::NotApplicable } else { Verdict::Unknown }
    }
}

impl From<String> for Unseen {
    fn from(words: String) -> Self {
        Self { words, offline: false }
    }
}

impl<'f> Node<'f> {
    /// Opens a value of a type: what was observed as unknown is the reason why.
    pub(crate) fn open(ty: &'f Type, value: &'f Value, source: Option<&'f str>) -> Result<Self, Unseen> {
        let Type::Observed(inner) = ty else { return Ok(Self { ty, value, source }) };
        let source = value.get("source").and_then(Value::as_str).or(source);
        if let Some(seen) = value.get("value") {
            return Self::open(inner, seen, source);
        }
        Err(reason(value))
    }

    /// A field of a structure, looked up where it really lies.
    pub(crate) fn field(&self, name: &str) -> Result<Self, Unseen> {
        let absent = || Unseen::from(format!("`{name}` was not collected"));
        let fields: &'f Struct = match self.ty {
            Type::Struct(fields) => fields,
            Type::Optional(inner) => inner.fields().map(AsRef::as_ref).ok_or_else(absent)?,
            _ => return Err(absent()),
        };
        let field = fields.fields.get(name).ok_or_else(absent)?;
        let mut holder = self.value;
        if let Some(via) = &field.via {
            let section = holder.get(via).ok_or_else(absent)?;
            holder = section.get("value").ok_or_else(|| reason(section))?;
        }
        let value = holder.get(name).ok_or_else(absent)?;
        Self::open(&field.ty, value, field.place.as_deref().or(self.source))
    }

    /// An entry of a map.
    pub(crate) fn entry(&self, key: &str) -> Result<Self, Unseen> {
        match self.ty {
            Type::Map(of) => {
                let value = self.value.get(key).ok_or_else(|| format!("`{key}` was not collected"))?;
                Self::open(of, value, self.source)
            }
            _ => self.field(key),
        }
    }

    /// The elements of a list.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Result<Self, Unseen>> + use<'f> {
        let element = self.ty.element().unwrap_or(&Type::Any);
        let source = self.source;
        self.value.as_array().into_iter().flatten().map(move |value| Self::open(element, value, source))
    }
}

/// The reason that an unknown observation gives.
fn reason(observation: &Value) -> Unseen {
    match observation.get("gap").map(Gap::deserialize) {
        Some(Ok(gap)) => Unseen { words: gap.to_string(), offline: gap.kind == GapKind::Offline },
        _ => "these facts hold neither a value nor a reason for it".to_owned().into(),
    }
}
