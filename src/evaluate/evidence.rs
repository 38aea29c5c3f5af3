//! The facts that a judgement rests on, for people and for the record.

use serde_json::{Map, Value, json};

use crate::check::Judgement;
use crate::check::expr::{Bindings, deciding};
use crate::check::node::Node;
use crate::check::reads::{Elements, Read};
use crate::report::Evidence;
use crate::types::Type;
use crate::verdict::Verdict;

/// Every fact that the deciding condition may read: with its value, or, when the verdict is open, with why it was not seen.
pub(super) fn of(judgement: &Judgement<'_>, bindings: &Bindings<'_>) -> Vec<Evidence> {
    let open = judgement.verdict == Verdict::Unknown;
    judgement.reads.iter().filter_map(|read| one(read, bindings, open)).collect()
}

fn one(read: &Read, bindings: &Bindings<'_>, open: bool) -> Option<Evidence> {
    let fact = read.path.to_string();
    match bindings.at(&read.path) {
        Ok(node) => {
            let value = match &read.elements {
                Some(elements) => chosen(node, elements, bindings),
                None => plain(node.ty, node.value),
            };
            Some(Evidence { fact, value, source: node.source.map(str::to_owned), reason: None })
        }
        // A condition may well be decided without one of its facts; a container that is stopped has no process.
        Err(reason) => open.then_some(Evidence { fact, value: Value::Null, source: None, reason: Some(reason) }),
    }
}

/// Of a list's elements, those that decide, and of those the fields that were asked for.
fn chosen(list: Node<'_>, elements: &Elements, bindings: &Bindings<'_>) -> Value {
    let all: Vec<Node<'_>> = list.elements().filter_map(Result::ok).collect();
    let cut = |node: Node<'_>| {
        if elements.fields.contains("") || elements.fields.is_empty() {
            return plain(node.ty, node.value);
        }
        let fields = elements.fields.iter().map(|name| {
            let field = name.split('.').try_fold(node, |node, part| node.field(part));
            (name.clone(), field.map_or_else(|reason| json!({ "unknown": reason }), |node| plain(node.ty, node.value)))
        });
        Value::Object(fields.collect())
    };
    deciding(&all, elements, bindings).into_iter().map(cut).collect()
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
