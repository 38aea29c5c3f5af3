//! Holds JSON that came from elsewhere against the shape of facts.

use serde_json::Value;

use crate::types::{Struct, Type};

/// Every fact that is there has its type. One that is not there was not collected, and one that this build does not know is a
/// newer one's.
pub(super) fn facts(json: &Value) -> Result<(), String> {
    if json.get("collected_at").and_then(Value::as_str).is_none() {
        return Err("`collected_at` is no text".to_owned());
    }
    fields(json, Type::facts(), "")
}

fn fields(json: &Value, of: &Struct, at: &str) -> Result<(), String> {
    if !json.is_object() {
        return Err(wrong(json, at, &of.name));
    }
    for (name, field) in &of.fields {
        let holder = match &field.via {
            Some(via) => match json.get(via) {
                None => continue,
                Some(section) => observed(section, &join(at, via))?,
            },
            None => Some(json),
        };
        if let Some(value) = holder.and_then(|holder| holder.get(name)) {
            conform(value, &field.ty, &join(at, name))?;
        }
    }
    Ok(())
}

fn conform(json: &Value, ty: &Type, at: &str) -> Result<(), String> {
    match (ty, json) {
        (Type::Observed(inner), json) => observed(json, at)?.map_or(Ok(()), |value| conform(value, inner, at)),
        (Type::Optional(_), Value::Null) => Ok(()),
        (Type::Optional(inner), json) => conform(json, inner, at),
        (Type::Struct(of), json) => fields(json, of, at),
        (Type::List(of), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, item)| conform(item, of, &format!("{at}[{index}]")))
        }
        (Type::Map(of), Value::Object(entries)) => {
            entries.iter().try_for_each(|(key, value)| conform(value, of, &format!("{at}[{key:?}]")))
        }
        (Type::Enum(words), Value::String(word)) if !words.contains(word) => {
            Err(format!("`{at}` is never {word:?}, but one of {}", words.join(", ")))
        }
        (Type::Any, _)
        | (Type::Bool, Value::Bool(_))
        | (Type::String | Type::Enum(_), Value::String(_))
        | (Type::Null, Value::Null) => Ok(()),
        (Type::Int, Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(()),
        (ty, json) => Err(wrong(json, at, &ty.to_string())),
    }
}

/// The value of what was observed; nothing when it was not seen.
fn observed<'j>(json: &'j Value, at: &str) -> Result<Option<&'j Value>, String> {
    if let Some(value) = json.get("value") {
        return Ok(Some(value));
    }
    let gap = |part: &str| json.pointer(part).is_some_and(Value::is_string);
    if gap("/gap/kind") && gap("/gap/detail") {
        return Ok(None);
    }
    Err(format!("`{at}` holds neither a value nor the reason why there is none"))
}

fn wrong(json: &Value, at: &str, wanted: &str) -> String {
    let found = match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let at = if at.is_empty() { "they" } else { at };
    format!("`{at}`: expected {wanted}, found {found}")
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
