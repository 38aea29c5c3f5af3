//! Words for people with facts in them: `{container.name}`.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::expr::{Bindings, ExpressionFault};
use super::reads::{Path, Step};
use crate::diagnostic::did_you_mean;
use crate::types::Type;

/// A text of which some parts are facts.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// The text as it was written, parameters filled in.
    pub(crate) text: String,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Fact(Path),
}

/// The next name in braces, with its place: words joined by dots. Any other brace is a brace.
fn placeholder(text: &str, from: usize) -> Option<(Range<usize>, &str)> {
    let mut at = from;
    loop {
        let open = at + text.get(at..)?.find('{')?;
        let inner = text.get(open + 1..)?;
        let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.'))?;
        let name = inner.get(..end)?;
        let is_word = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
        if inner.get(end..)?.starts_with('}') && name.split('.').all(is_word) {
            return Some((open..open + name.len() + 2, name));
        }
        at = open + 1;
    }
}

/// Fills `{param.name}` in; other placeholders stay.
pub(crate) fn fill_parameters(text: &str, parameters: &BTreeMap<String, String>) -> String {
    parameters.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{param.{name}}}"), value))
}

impl Template {
    pub(crate) fn compile(
        written: &str,
        roots: &BTreeMap<String, Type>,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<ExpressionFault>> {
        let (mut parts, mut faults, mut end) = (Vec::new(), Vec::new(), 0);
        while let Some((span, name)) = placeholder(written, end) {
            parts.push(Part::Text(written.get(end..span.start).unwrap_or_default().to_owned()));
            end = span.end;
            match resolve(name, roots, parameters, span) {
                Ok(part) => parts.push(part),
                Err(fault) => faults.push(fault),
            }
        }
        parts.push(Part::Text(written.get(end..).unwrap_or_default().to_owned()));
        let text = fill_parameters(written, parameters);
        if faults.is_empty() { Ok(Self { parts, text }) } else { Err(faults) }
    }

    /// The facts in it.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match part {
            Part::Fact(path) => Some(path),
            Part::Text(_) => None,
        })
    }

    /// The text with the facts in it.
    pub(crate) fn render(&self, bindings: &Bindings<'_>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Fact(path) => match bindings.at(path).map(|node| node.value) {
                Ok(Value::String(text)) => text.clone(),
                Ok(other) => other.to_string(),
                Err(_) => format!("{{{path}}}"),
            },
        };
        self.parts.iter().map(part).collect()
    }
}

fn resolve(
    name: &str,
    roots: &BTreeMap<String, Type>,
    parameters: &BTreeMap<String, String>,
    span: Range<usize>,
) -> Result<Part, ExpressionFault> {
    let fault = |message: String, help: Option<String>| ExpressionFault { span: span.clone(), message, help };
    let mut steps = name.split('.');
    let root = steps.next().unwrap_or_default();
    if root == "param" {
        let name = steps.next().unwrap_or_default();
        let known = || did_you_mean(name, parameters.keys().map(String::as_str));
        return match parameters.get(name) {
            Some(value) => Ok(Part::Text(value.clone())),
            None => Err(fault(format!("there is no parameter `{name}`"), known())),
        };
    }
    let unknown = |step: &str, known: Vec<&str>| fault(format!("there is no fact `{step}`"), did_you_mean(step, known));
    let mut ty = roots.get(root).ok_or_else(|| unknown(root, roots.keys().map(String::as_str).collect()))?;
    let mut path = vec![Step::Field(root.to_owned())];
    for step in steps {
        let fields = ty.fields().ok_or_else(|| fault(format!("`{ty}` has no `{step}`"), None))?;
        let field = fields.fields.get(step);
        ty = &field.ok_or_else(|| unknown(step, fields.fields.keys().map(String::as_str).collect()))?.ty;
        path.push(Step::Field(step.to_owned()));
    }
    match ty.seen() {
        Type::Bool | Type::Int | Type::String | Type::Enum(_) => Ok(Part::Fact(Path(path))),
        other => Err(fault(format!("`{name}` is {other}; only a single value can stand in a text"), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Each;
    use crate::check::node::Node;

    fn compile(text: &str) -> Result<Template, Vec<ExpressionFault>> {
        let parameters = BTreeMap::from([("path".to_owned(), "/{container.id}".to_owned())]);
        Template::compile(text, Each::Container.roots(), &parameters)
    }

    #[test]
    fn facts_and_parameters_stand_in_words() {
        let container =
            serde_json::json!({ "name": "{container.id}", "id": "1", "inspect": { "value": { "memory_bytes": 5 } } });
        let roots = Each::Container.roots();
        let node = Node::open(roots.get("container").unwrap(), &container, None);
        let bindings = Bindings::new([("container", node)]);
        let say = |text: &str| compile(text).unwrap().render(&bindings);
        assert_eq!(say("a {container.name} of {container.memory_bytes}"), "a {container.id} of 5");
        assert_eq!(say("{param.path}"), "/{container.id}");
        assert_eq!(say("{} {A} { container.id } {container.}"), "{} {A} { container.id } {container.}");
        assert_eq!(say("{container.user}"), "{container.user}");
        assert_eq!(compile("{container.id}{container.nam}{param.x}{container.mounts}").unwrap_err().len(), 3);
    }
}
