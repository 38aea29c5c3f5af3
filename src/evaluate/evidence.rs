//! The facts that a judgement rests on, for people and for the record.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::check::Judgement;
use crate::check::expr::{Bindings, deciding};
use crate::check::node::{Node, Unseen};
use crate::check::reads::{Elements, Path, Read, Step};
use crate::plan::with_key;
use crate::report::Evidence;
use crate::types::Type;
use crate::verdict::Verdict;

/// What one element among several is told by, whatever was asked of it: its name, its path, and where it is written or mounted.
const TELLING: &[&str] = &["name", "path", "place", "destination", "pid"];

/// Every fact that the deciding condition may read: with its value, or, when the verdict is open, with why it was not seen.
pub(super) fn of(judgement: &Judgement<'_>, bindings: &Bindings<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for one in judgement.reads.iter().filter_map(|read| one(read, bindings, judgement.verdict)) {
        if !evidence.contains(&one) {
            evidence.push(one);
        }
    }
    // Where its parts tell of a thing, the whole says nothing more.
    let facts: Vec<String> = evidence.iter().map(|one| one.fact.clone()).collect();
    evidence.retain(|one| !one.value.is_object() || !facts.iter().any(|part| is_part(part, &one.fact)));
    if evidence.is_empty() {
        // What failed for want of an element has no element to show.
        let empty = judgement
            .reads
            .iter()
            .filter_map(|read| one(&Read { elements: None, ..read.clone() }, bindings, judgement.verdict));
        evidence.extend(empty.filter(|one| one.value == Value::Array(Vec::new())));
    }
    evidence
}

fn one(read: &Read, bindings: &Bindings<'_>, verdict: Verdict) -> Option<Evidence> {
    let fact = read.path.to_string();
    match bindings.at(&read.path) {
        Ok(node) => {
            let value = match &read.elements {
                Some(elements) => chosen(node, elements, bindings, verdict)?,
                None => plain(node.ty, node.value),
            };
            Some(Evidence { fact, value, source: node.source.map(|source| place(source, &read.path)), reason: None })
        }
        // A condition may well be decided without one of its facts; a container that is stopped has no process.
        Err(reason) if verdict == Verdict::Unknown => {
            Some(Evidence { fact, value: Value::Null, source: None, reason: Some(reason.words) })
        }
        Err(_) => None,
    }
}

/// Whether a dotted name lies below another.
fn is_part(name: &str, whole: &str) -> bool {
    name.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
}

/// A documented source with the key in it that was asked for.
fn place(source: &str, path: &Path) -> String {
    if !source.contains('{') {
        return source.to_owned();
    }
    let key = path.0.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key) } else { None });
    left_open(&key.map_or_else(|| source.to_owned(), |key| with_key(source, key)))
}

/// A source in which `…` stands for each name in braces.
fn left_open(source: &str) -> String {
    let mut parts = source.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |open, part| match part.split_once('}') {
        Some((_, rest)) => open + "…" + rest,
        None => open + "{" + part,
    })
}

/// Of a list's elements, those that decide, and of those the fields that were asked for.
fn chosen(list: Node<'_>, elements: &Elements, bindings: &Bindings<'_>, verdict: Verdict) -> Option<Value> {
    let all: Vec<Node<'_>> = list.elements().filter_map(Result::ok).collect();
    // Who has to judge sees all of what there is to judge.
    let whole = elements.fields.contains("") || elements.fields.is_empty() || verdict == Verdict::Manual;
    let asked = list.ty.element().filter(|_| !whole).map(|element| Asked::of(element.seen(), elements));
    let cut = |node: Node<'_>| asked.as_ref().map_or_else(|| plain(node.ty, node.value), |asked| asked.cut(node));
    // What passes has no element that should not be there.
    let none = verdict == Verdict::Pass && !elements.wanted;
    let deciding = if none { Vec::new() } else { deciding(&all, elements, bindings) };
    match (deciding.is_empty(), verdict, elements.wanted) {
        (false, ..) => Some(deciding.into_iter().map(cut).collect()),
        // No element that should not be there: this list did not fail.
        (true, Verdict::Fail, false) => None,
        (true, ..) => Some(all.into_iter().map(cut).collect()),
    }
}

/// The fields of a list's elements that were asked for, and those that tell one element from another.
struct Asked<'a> {
    names: Vec<Name<'a>>,
}

/// The name of a field, dotted where it lies deeper.
struct Name<'a> {
    text: &'a str,
    /// Whether parts of it were asked for as well.
    parted: bool,
    /// Those that it is a part of, by their places among the names.
    wholes: Vec<usize>,
}

impl<'a> Asked<'a> {
    fn of(element: &'a Type, elements: &'a Elements) -> Self {
        let named = element.fields().into_iter().flat_map(|of| of.fields.keys().map(String::as_str));
        let telling = named.filter(|name| TELLING.contains(name));
        let texts: BTreeSet<&str> = elements.fields.iter().map(String::as_str).chain(telling).collect();
        let name = |text: &&'a str| Name {
            text,
            parted: texts.iter().any(|part| is_part(part, text)),
            wholes: texts.iter().enumerate().filter(|(_, whole)| is_part(text, whole)).map(|(at, _)| at).collect(),
        };
        Self { names: texts.iter().map(name).collect() }
    }

    fn cut(&self, element: Node<'_>) -> Value {
        let at = |name: &Name<'_>| name.text.split('.').try_fold(element, |node, part| node.field(part));
        let found: Vec<_> = self.names.iter().map(at).collect();
        let there = |at: usize| matches!(found.get(at), Some(Ok(node)) if !node.value.is_null());
        // Of a part that is there its own parts tell, and of one that is not, that it is not.
        let told = self.names.iter().enumerate().filter(|(at, name)| match there(*at) {
            true => !name.parted,
            false => name.wholes.iter().all(|whole| there(*whole)),
        });
        let value = |found: &Result<Node<'_>, Unseen>| match found {
            Ok(node) => plain(node.ty, node.value),
            Err(reason) => json!({ "unknown": reason.words }),
        };
        let field = |(at, name): (usize, &Name<'_>)| Some((name.text.to_owned(), value(found.get(at)?)));
        Value::Object(told.filter_map(field).collect())
    }
}

/// A fact without the wrappers of what was observed.
fn plain(ty: &Type, value: &Value) -> Value {
    match Node::open(ty, value, None) {
        Err(reason) => json!({ "unknown": reason.words }),
        Ok(Node { ty: Type::Optional(inner), value, .. }) if !value.is_null() => plain(inner, value),
        Ok(node) => match node.value {
            Value::Array(_) => {
                let element = node.ty.element().unwrap_or(&Type::Any);
                node.value.as_array().into_iter().flatten().map(|value| plain(element, value)).collect()
            }
            Value::Object(fields) => {
                let part = |name: &str| match node.ty {
                    Type::Struct(of) => of.fields.get(name).map_or(&Type::Any, |field| &field.ty),
                    Type::Map(of) => of.as_ref(),
                    _ => &Type::Any,
                };
                let plain_fields: Map<String, Value> =
                    fields.iter().map(|(name, value)| (name.clone(), plain(part(name), value))).collect();
                Value::Object(plain_fields)
            }
            other => other.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_the_key_that_was_asked_for() {
        let path = |key: &str| Path(vec![Step::Field("sysctl".to_owned()), Step::Key(key.to_owned())]);
        assert_eq!(place("/proc/sys/{key}", &path("kernel.dmesg_restrict")), "/proc/sys/kernel/dmesg_restrict");
        assert_eq!(place("/proc/{pid}/net, {key}", &path("x")), "/proc/…/net, x");
        assert_eq!(place("{key} and {key}", &Path(vec![Step::Field("units".to_owned())])), "… and …");
    }
}
