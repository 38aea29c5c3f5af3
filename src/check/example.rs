//! The proof of a check: facts that must pass, and facts that must not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::expr::Bindings;
use super::node::Node;
use super::template::fill_parameters;
use super::{Check, Each};
use crate::diagnostic::{Diagnostics, Source, did_you_mean};
use crate::document;
use crate::policy::Loaded as Policy;
use crate::verdict::Verdict;

/// Some facts and the verdict that they must lead to.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    verdict: Verdict,
    /// Whether the usual remedy would break something.
    conflict: Option<bool>,
    /// The facts by root, as a collection would have written them.
    facts: Value,
    span: Range<usize>,
}

/// Where the examples of a file begin; what a check says of itself stands before them.
pub(crate) fn without(text: &str) -> &str {
    text.split_once("\n[[example]]").map_or(text, |(before, _)| before)
}

/// Reads the examples of a check from its file; a proof needs one that passes and one that fails, or one that is for a person
/// where every case is; and a failure with each remedy where there are two.
pub(crate) fn load(check: &Check, source: &Arc<Source>, faults: &mut Diagnostics) -> Vec<Example> {
    let Some(table) = document::parse(source, faults) else { return Vec::new() };
    let list = table.get_ref().get("example").and_then(|value| value.get_ref().as_array());
    let list = list.into_iter().flatten();
    let examples: Vec<Example> =
        list.filter_map(|value| one(value, source, check.each, &check.parameters, faults)).collect();
    let needed: &[Verdict] = if check.pass().is_some() { &[Verdict::Pass, Verdict::Fail] } else { &[Verdict::Manual] };
    for needed in needed.iter().copied() {
        if !examples.iter().any(|example| example.verdict == needed) {
            let place = table.get_ref().get("pass").map_or(0..0, Spanned::span);
            faults.at(source, place, format!("`{}` has no example that comes to {needed}", check.id), None);
        }
    }
    for needed in [true, false].into_iter().filter(|_| check.conflict().is_some()) {
        if !examples.iter().any(|example| (example.verdict, example.conflict) == (Verdict::Fail, Some(needed))) {
            let place = table.get_ref().get("conflict").map_or(0..0, Spanned::span);
            faults.at(source, place, format!("`{}` has no failing example with `conflict = {needed}`", check.id), None);
        }
    }
    examples
}

fn one(
    example: &Spanned<DeValue>,
    source: &Arc<Source>,
    each: Each,
    parameters: &BTreeMap<String, String>,
    faults: &mut Diagnostics,
) -> Option<Example> {
    let table = example.get_ref().as_table()?;
    let mut facts = Map::new();
    for (root, value) in table.iter().filter(|(key, _)| !["verdict", "conflict"].contains(&key.get_ref().as_ref())) {
        let name = root.get_ref().as_ref();
        let Some(ty) = each.roots().get(name) else {
            let help = did_you_mean(name, each.roots().keys().map(String::as_str));
            faults.at(source, root.span(), format!("there are no facts `{name}`"), help);
            continue;
        };
        let before = faults.len();
        document::conform_partly(value, ty, name, source, faults);
        if faults.len() == before {
            let mut json = document::facts_json(value.get_ref(), ty);
            fill(&mut json, parameters);
            facts.insert(name.to_owned(), json);
        }
    }
    say(&mut facts, each);
    let verdict = table.get("verdict").and_then(|value| value.get_ref().as_str());
    let verdict = Verdict::ALL.into_iter().find(|known| Some(known.as_str()) == verdict)?;
    let conflict = table.get("conflict").and_then(|value| value.get_ref().as_bool());
    Some(Example { verdict, conflict, facts: Value::Object(facts), span: example.span() })
}

/// What an example does not say of the policy is as it is without one.
fn say(facts: &mut Map<String, Value>, each: Each) {
    let without = Policy::none();
    for (name, _) in each.said() {
        let usual = if name == "policy" { Cow::Borrowed(without.settings()) } else { without.allowed(&Value::Null) };
        let said = facts.entry(name).or_insert_with(|| Value::Object(Map::new()));
        for (key, value) in usual.as_object().into_iter().flatten() {
            if let Some(said) = said.as_object_mut() {
                said.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
}

fn fill(json: &mut Value, parameters: &BTreeMap<String, String>) {
    match json {
        Value::String(text) => *text = fill_parameters(text, parameters),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, parameters)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| fill(field, parameters));
            // What is collected by name may be named by a parameter.
            *fields =
                mem::take(fields).into_iter().map(|(key, value)| (fill_parameters(&key, parameters), value)).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Judges the examples of a check; one that comes to another verdict than it says is a fault. Returns how many there are.
pub(crate) fn prove(check: &Check, source: &Arc<Source>, faults: &mut Diagnostics) -> usize {
    let examples = load(check, source, faults);
    for example in &examples {
        let bindings = example.bindings(check.each);
        let judgement = check.judge(&bindings);
        if judgement.verdict != example.verdict {
            let (id, found) = (&check.id, judgement.verdict);
            let message = format!("this example of `{id}` comes to {found}, not to {}", example.verdict);
            faults.at(source, example.span.clone(), message, judgement.reason);
        }
        let (_, conflict) = check.remedy(&bindings);
        if example.conflict.is_some_and(|told| told != conflict.is_some()) {
            let message = format!("the remedy of `{}` is another in this example", check.id);
            faults.at(source, example.span.clone(), message, conflict);
        }
    }
    examples.len()
}

impl Example {
    fn bindings(&self, each: Each) -> Bindings<'_> {
        Bindings::new(each.roots().iter().map(|(name, ty)| {
            let node = match self.facts.get(name) {
                Some(value) => Node::open(ty, value, Some("the example")),
                None => Err(format!("`{name}` is not in the example").into()),
            };
            (name.as_str(), node)
        }))
    }
}
