//! Collected facts as JSON: what expressions read, and what a file holds, so that one machine is looked at and another judges.

mod conform;

use std::io;
use std::mem;
use std::path::Path;

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::facts::{FORMAT, Facts, Observed};
use crate::ladder::{self, Row};
use crate::packed;
use crate::parallel;

/// Facts that were collected, here and now or elsewhere before.
#[derive(Clone, Debug)]
pub struct Collected {
    json: Value,
    ladder: Option<Vec<Row>>,
}

impl Collected {
    /// The facts of a collection, which are the same afterwards.
    pub fn new(facts: &mut Facts) -> serde_json::Result<Self> {
        let ladder = ladder::asked_for(&facts.containers, &facts.sandboxes);
        // Where there are many of them, containers are most of it.
        let containers = mem::take(&mut facts.containers);
        let (list, rest) = (listed(&containers), serde_json::to_value(&*facts));
        facts.containers = containers;
        let mut json = rest?;
        if let Some(facts) = json.as_object_mut() {
            facts.insert("containers".to_owned(), list?);
        }
        Ok(Self { json, ladder })
    }

    /// Reads facts from a file, packed or not; what does not have the shape of facts is told with its place.
    pub fn read(path: &Path) -> Result<Self, String> {
        let cannot = |why: &dyn std::fmt::Display| format!("cannot read facts from {}: {why}", path.display());
        let bytes = packed::read(path).map_err(|error| cannot(&error))?;
        let json: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let torn = if error.is_eof() { "; the file ends too early, collect again" } else { "" };
            cannot(&format_args!("{error}{torn}"))
        })?;
        match json.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => {
                let what = format!(
                    "they have format {format}, and this plimsoll reads format {FORMAT}; use the one that wrote them or newer"
                );
                return Err(cannot(&what));
            }
            None => return Err(cannot(&"they have no `format`: `plimsoll collect` writes facts")),
        }
        conform::facts(&json).map_err(|why| cannot(&why))?;
        // What another version has said in other words is as if nobody had asked for it.
        let ladder = ladder::asked_for(&part(&json, "containers"), &part(&json, "sandboxes"));
        Ok(Self { json, ladder })
    }

    /// The facts as a file holds them, packed as the ending of its name says: `.zst`, `.gz`, or not at all.
    pub fn pack(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec(&self.json)?;
        json.push(b'\n');
        packed::pack(json, path)
    }

    /// The facts as expressions read them.
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// Where every container and sandbox stands on the isolation ladder, the worst first; none when nobody asked for what tells it.
    pub fn ladder(&self) -> Option<&[Row]> {
        self.ladder.as_deref()
    }

    /// When the collection began, RFC 3339 in UTC.
    pub fn collected_at(&self) -> &str {
        self.text("/collected_at").unwrap_or_default()
    }

    /// The day of the collection. One that cannot be told is after the end of every word that somebody gave.
    pub fn day(&self) -> Date {
        self.collected_at().get(..10).and_then(|day| day.parse().ok()).unwrap_or(Date::MAX)
    }

    /// A text at a place of the facts.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer).and_then(Value::as_str)
    }

    /// What happened during the collection that a reader should know.
    pub(crate) fn notices(&self) -> impl Iterator<Item = String> {
        let notices = self.json.get("notices").and_then(Value::as_array).into_iter().flatten();
        notices.filter_map(Value::as_str).map(str::to_owned)
    }
}

/// A list that was observed, its elements taken by all cores.
fn listed<T: Serialize + Sync>(list: &Observed<Vec<T>>) -> serde_json::Result<Value> {
    let Observed::Known { value, source } = list else { return serde_json::to_value(list) };
    let elements =
        parallel::map(value, |element| serde_json::to_value(element)).into_iter().collect::<Result<_, _>>()?;
    serde_json::to_value(Observed::Known { value: Value::Array(elements), source: source.clone() })
}

fn part<T: DeserializeOwned>(json: &Value, name: &str) -> Observed<T> {
    json.get(name).and_then(|part| Observed::deserialize(part).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
