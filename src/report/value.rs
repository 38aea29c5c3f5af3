//! JSON in shapes that others defined.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What stands in a URI as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes a document with a newline at its end.
pub(super) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

/// An object with a list in it whose elements are made as they are written, so that they are never all in memory. When there are
/// none, the object is written as it is.
pub(super) struct WithList<F> {
    /// All else that is in the object.
    pub(super) object: Value,
    /// The key of the list.
    pub(super) key: &'static str,
    /// Makes the elements.
    pub(super) elements: F,
}

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for WithList<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let empty = (self.elements)().next().is_none();
        for (key, value) in self.object.as_object().into_iter().flatten().filter(|(key, _)| empty || *key != self.key) {
            map.serialize_entry(key, value)?;
        }
        if !empty {
            map.serialize_entry(self.key, &List(&self.elements))?;
        }
        map.end()
    }
}

struct List<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for List<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Puts a value into an object, where the format knows no null.
pub(super) fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    let value = value.into();
    let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if let (Some(object), false) = (object.as_object_mut(), empty) {
        object.insert(key.to_owned(), value);
    }
}

/// A name as part of a URI.
pub(super) fn uri_part(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// A name as XML's identifiers can have it after a letter; different names stay different.
pub(super) fn token(name: &str) -> String {
    let spelt = |c: char| match c {
        '-' | '.' => c.to_string(),
        c if c.is_ascii_alphanumeric() => c.to_string(),
        c => format!("_{:x}_", u32::from(c)),
    };
    if name.is_empty() { "_".to_owned() } else { name.chars().map(spelt).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_tokens_and_parts_of_uris() {
        assert_eq!(token("cis-docker-1.8.0"), "cis-docker-1.8.0");
        assert_eq!(
            (token("My Bench"), token("My_20_Bench")),
            ("My_20_Bench".to_owned(), "My_5f_20_5f_Bench".to_owned())
        );
        assert_eq!(uri_part("a/b ?#é"), "a%2Fb%20%3F%23%C3%A9");
    }
}
