//! TOML that people write, held against the type it should have: every fault at once, each with its place.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostics, Source, did_you_mean};
use crate::types::{Field, Struct, Type};

/// The largest file that a person is believed to have written, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// Reads a file that a person wrote.
pub fn read(path: &Path) -> Result<Arc<Source>, String> {
    let text = text(path, MAX_BYTES).map_err(|why| format!("cannot read {}: {why}", path.display()))?;
    Ok(Arc::new(Source::written(path.display().to_string(), text)))
}

/// The text of a file of at most so many bytes, or why it cannot be read.
pub fn text(path: &Path, max: u64) -> Result<String, String> {
    // Opening a pipe would wait for somebody to write into it.
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    text_of(File::open(path).map_err(|error| error.to_string())?, max)
}

/// The text that a reader gives, of at most so many bytes, or why it gives none.
pub fn text_of(reader: impl Read, max: u64) -> Result<String, String> {
    let mut text = String::new();
    reader.take(max + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > max { Err(format!("it is larger than {max} bytes")) } else { Ok(text) }
}

/// Parses the text as TOML; every syntax error becomes a diagnostic.
pub fn parse<'s>(source: &'s Arc<Source>, faults: &mut Diagnostics) -> Option<Spanned<DeTable<'s>>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        faults.at(source, error.span().unwrap_or(0..0), format!("not TOML: {}", error.message()), None);
    }
    errors.is_empty().then_some(table)
}

/// Parses the text and holds it against the type of `T`; `None` when it cannot be one. Keys that `T` does not have are noted as
/// faults and left out, so that the faults of the rest come in the same run.
pub fn load<T: DeserializeOwned>(source: &Arc<Source>, ty: &LazyLock<Type>, faults: &mut Diagnostics) -> Option<T> {
    let mut table = parse(source, faults)?;
    if source.proven {
        return deserialize(table, source, faults);
    }
    let before = faults.len();
    let mut conformance = Conformance { source, faults, partial: false, unknown: BTreeSet::new() };
    conformance.table(table.get_ref(), 0..0, ty, "");
    let unknown = conformance.unknown;
    if faults.len() > before + unknown.len() {
        return None;
    }
    remove_keys(table.get_mut(), &unknown);
    deserialize(table, source, faults)
}

fn deserialize<T: DeserializeOwned>(
    table: Spanned<DeTable<'_>>,
    source: &Arc<Source>,
    faults: &mut Diagnostics,
) -> Option<T> {
    match T::deserialize(toml::Deserializer::from(table)) {
        Ok(value) => Some(value),
        Err(error) => {
            faults.at(source, error.span().unwrap_or(0..0), error.message(), None);
            None
        }
    }
}

/// Removes the keys that begin at these bytes, however deep they lie.
fn remove_keys(table: &mut DeTable, at: &BTreeSet<usize>) {
    let here = table.iter().map(|(key, _)| key).filter(|key| at.contains(&key.span().start));
    let here: Vec<String> = here.map(|key| key.get_ref().clone().into_owned()).collect();
    for key in here {
        table.remove(key.as_str());
    }
    table.iter_mut().for_each(|(_, value)| remove_below(value.get_mut(), at));
}

fn remove_below(value: &mut DeValue, at: &BTreeSet<usize>) {
    match value {
        DeValue::Table(table) => remove_keys(table, at),
        DeValue::Array(items) => items.iter_mut().for_each(|item| remove_below(item.get_mut(), at)),
        _ => {}
    }
}

/// Holds part of a document against a type of which any field may be left out.
pub fn conform_partly(value: &Spanned<DeValue>, ty: &Type, name: &str, source: &Arc<Source>, faults: &mut Diagnostics) {
    Conformance { source, faults, partial: true, unknown: BTreeSet::new() }.value(value, ty, name);
}

/// Where the text of a string value begins in its file, when every byte of it stands there as it is: no escapes.
pub fn text_start(source: &Source, span: &Range<usize>) -> Option<usize> {
    let written = source.text.get(span.clone())?;
    let delimiter = ["'''", "\"\"\"", "'", "\""].into_iter().find(|d| written.starts_with(d))?;
    if delimiter.starts_with('"') && written.contains('\\') {
        return None;
    }
    let inner = written.get(delimiter.len()..)?;
    let newline = match delimiter.len() {
        3 if inner.starts_with("\r\n") => 2,
        3 if inner.starts_with('\n') => 1,
        _ => 0,
    };
    Some(span.start + delimiter.len() + newline)
}

fn is_parameter(word: &str) -> bool {
    word.starts_with("{param.") && word.ends_with('}')
}

struct Conformance<'d> {
    source: &'d Arc<Source>,
    faults: &'d mut Diagnostics,
    /// Whether required fields may be missing.
    partial: bool,
    /// Where the keys begin that there should not be.
    unknown: BTreeSet<usize>,
}

impl Conformance<'_> {
    fn value(&mut self, value: &Spanned<DeValue>, ty: &Type, name: &str) {
        self.held(value.get_ref(), value.span(), ty, name);
    }

    fn held(&mut self, value: &DeValue, span: Range<usize>, ty: &Type, name: &str) {
        match (value, ty) {
            (_, Type::Any) | (DeValue::Boolean(_), Type::Bool) | (DeValue::String(_), Type::String) => {}
            (DeValue::Integer(number), Type::Int) => {
                if i64::from_str_radix(number.as_str(), number.radix()).is_err() {
                    self.fault(span, format!("`{name}`: {number} does not fit into 64 bits"), None);
                }
            }
            (inner, Type::Observed(ty)) => self.held(inner, span, ty, name),
            (DeValue::Table(table), Type::Optional(_)) if table.is_empty() => {}
            (inner, Type::Optional(ty)) => self.held(inner, span, ty, name),
            // An example's word may be a parameter; the condition that has the same one checks it.
            (DeValue::String(word), Type::Enum(_)) if self.partial && is_parameter(word) => {}
            (DeValue::String(word), Type::Enum(words)) => {
                if !words.iter().any(|known| known == word) {
                    let help = did_you_mean(word, words.iter().map(String::as_str));
                    let help = help.unwrap_or_else(|| format!("one of: {}", words.join(", ")));
                    self.fault(span, format!("`{name}`: there is no `{word}`"), Some(help));
                }
            }
            (DeValue::Array(items), Type::List(element)) => {
                items.iter().for_each(|item| self.value(item, element, name));
            }
            (DeValue::Table(table), Type::Struct(_) | Type::Map(_)) => self.table(table, span, ty, name),
            (other, ty) => {
                self.fault(span, format!("`{name}`: expected {ty}, found {}", other.type_str()), None);
            }
        }
    }

    fn table(&mut self, table: &DeTable, span: Range<usize>, ty: &Type, name: &str) {
        let path = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        let partial = self.partial;
        match ty {
            Type::Map(of) => table.iter().for_each(|(key, value)| self.value(value, of, &path(key.get_ref()))),
            Type::Struct(fields) => {
                for (key, value) in table {
                    match fields.fields.get(key.get_ref().as_ref()).map(|f| &f.ty).or(fields.rest.as_ref()) {
                        Some(ty) => self.value(value, ty, &path(key.get_ref())),
                        None => self.unknown_key(key.get_ref(), key.span(), fields),
                    }
                }
                for missing in fields.required.iter().filter(|key| !partial && !table.contains_key(key.as_str())) {
                    let doc = fields.fields.get(missing).map(|field| field.doc.clone());
                    self.fault(span.clone(), format!("`{}` is missing", path(missing)), doc);
                }
            }
            _ => {}
        }
    }

    fn unknown_key(&mut self, key: &str, span: Range<usize>, fields: &Struct) {
        let known = || fields.fields.keys().map(String::as_str);
        let help = did_you_mean(key, known())
            .unwrap_or_else(|| format!("{} has: {}", fields.name, known().collect::<Vec<_>>().join(", ")));
        self.unknown.insert(span.start);
        self.fault(span, format!("{} has no `{key}`", fields.name), Some(help));
    }

    fn fault(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.faults.at(self.source, span, message, help);
    }
}

/// The JSON of facts written as TOML: what a collection that saw just this would have written.
///
/// The value must conform to the type. Nullable facts are null when they are given as an empty table.
pub fn facts_json(value: &DeValue, ty: &Type) -> Value {
    match (value, ty) {
        (value, Type::Observed(inner)) => json!({ "value": facts_json(value, inner) }),
        (DeValue::Table(table), Type::Optional(_)) if table.is_empty() => Value::Null,
        (value, Type::Optional(inner)) => facts_json(value, inner),
        (DeValue::Boolean(value), _) => Value::from(*value),
        (DeValue::Integer(number), _) => Value::from(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        (DeValue::String(text), _) => Value::from(text.as_ref()),
        (DeValue::Array(items), ty) => {
            let element = ty.element().unwrap_or(&Type::Any);
            items.iter().map(|item| facts_json(item.get_ref(), element)).collect()
        }
        (DeValue::Table(table), ty) => table_json(table, ty),
        (DeValue::Float(_) | DeValue::Datetime(_), _) => Value::Null,
    }
}

fn table_json(table: &DeTable, ty: &Type) -> Value {
    let mut object = Map::new();
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        let (ty, via) = match ty {
            Type::Struct(fields) => match fields.fields.get(key) {
                Some(Field { ty, via, .. }) => (ty, via.as_deref()),
                None => continue,
            },
            Type::Map(of) => (of.as_ref(), None),
            _ => (&Type::Any, None),
        };
        let value = facts_json(value.get_ref(), ty);
        match via {
            Some(via) => {
                let outer = object.entry(via).or_insert_with(|| json!({ "value": {} }));
                if let Some(inner) = outer.get_mut("value").and_then(Value::as_object_mut) {
                    inner.insert(key.to_owned(), value);
                }
            }
            None => {
                object.insert(key.to_owned(), value);
            }
        }
    }
    Value::Object(object)
}
