//! The facts that a judgement rests on, for people and for the record.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::check::Judgement;
use crate::check::expr::{Bindings, deciding};
use crate::check::node::Node;
use crate::check::reads::{Elements, Path, Read, Step};
use crate::plan::with_key;
use crate::report::Evidence;
use crate::types::Type;
use crate::verdict::Verdict;

/// Every fact that the deciding condition may read: with its value, or, when the verdict is open, with why it was not seen.
pub(super) fn of(judgement: &Judgement<'_>, bindings: &Bindings<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for one in judgement.reads.iter().filter_map(|read| one(read, bindings, judgement.verdict)) {
        if !evidence.contains(&one) {
            evidence.push(one);
        }
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
            Some(Evidence { fact, value: Value::Null, source: None, reason: Some(reason) })
        }
        Err(_) => None,
    }
}

/// Fields that tell one file, mount or process from another.
const NAMING: [&str; 4] = ["path", "destination", "pid", "name"];

/// A documented source with the key in it that was asked for; the subject's own numbers change and are left open.
fn place(source: &str, path: &Path) -> String {
    if !source.contains('{') {
        return source.to_owned();
    }
    let source = match path.0.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key) } else { None }) {
        Some(key) => with_key(source, key),
        None => source.replace("{key}", "…"),
    };
    source.replace("{id}", "…").replace("{pid}", "…").replace("{engine}", "…")
}

/// Of a list's elements, those that decide, and of those the fields that were asked for.
fn chosen(list: Node<'_>, elements: &Elements, bindings: &Bindings<'_>, verdict: Verdict) -> Option<Value> {
    let all: Vec<Node<'_>> = list.elements().filter_map(Result::ok).collect();
    let cut = |node: Node<'_>| {
        if elements.fields.contains("") || elements.fields.is_empty() {
            return plain(node.ty, node.value);
        }
        // Whatever was asked, one among several is told by what names it.
        let known = |name: &&str| node.ty.fields().and_then(|of| of.fields.get_key_value(*name)).map(|(name, _)| name);
        let naming = NAMING.iter().filter_map(known);
        let asked: BTreeSet<&String> = elements.fields.iter().chain(naming).collect();
        let fields = asked.into_iter().map(|name| {
            let field = name.split('.').try_fold(node, |node, part| node.field(part));
            (name.clone(), field.map_or_else(|reason| json!({ "unknown": reason }), |node| plain(node.ty, node.value)))
        });
        Value::Object(fields.collect())
    };
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

/// A fact without the wrappers of what was observed.
fn plain(ty: &Type, value: &Value) -> Value {
    match Node::open(ty, value, None) {
        Err(reason) => json!({ "unknown": reason }),
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
