//! plimsoll-facts(7): every fact that expressions can read.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll::check::Each;
use plimsoll::facts::Facts;
use plimsoll::types::{Field, Struct, Type};
use roff::{Inline, bold};
use serde_json::Value;

use crate::page::{Page, named};

/// Words of an enumeration and what they mean.
type Words = BTreeMap<Vec<String>, Vec<(Inline, String)>>;

/// The page.
pub fn page() -> Vec<u8> {
    let mut page = Page::new("plimsoll-facts", "7", "what plimsoll looks at, and what its checks can ask");
    page.section("Description");
    page.paragraph(
        "A fact is something that was seen on a machine: what the kernel says, what files say, what the engine answers. Facts judge \
         nothing; checks do, by expressions over these names. Below each stands its type, what it means, its unit, and where it is \
         read, `{id}`, `{pid}` and `{key}` standing for what is asked after.",
    );
    page.paragraph(
        "Any fact can be unknown: it could not be seen, and the report says why. A fact that may be null is one that was seen not \
         to be there. Nothing is collected that no selected check reads; `plimsoll plan` lists every file and API call of an audit, \
         `plimsoll collect` writes what was seen as JSON, and `plimsoll schema facts` describes that file.",
    );
    let words = words();
    page.section("Facts");
    let facts = Type::facts();
    let roots = facts.fields.iter().filter(|(name, _)| Each::Host.roots().contains_key(*name));
    roots.for_each(|(name, field)| entry(&mut page, name, field, &words));
    page.section("Structures");
    let mut structures = BTreeMap::new();
    facts.fields.values().for_each(|field| gather(&field.ty, &mut structures));
    for (name, structure) in &structures {
        page.part(name);
        page.paragraph(&structure.doc);
        structure.fields.iter().for_each(|(name, field)| entry(&mut page, name, field, &words));
    }
    page.see_also(&[("plimsoll", 1), ("plimsoll-plan", 1), ("plimsoll-collect", 1), ("plimsoll-checks", 7)]);
    page.render()
}

fn entry(page: &mut Page, name: &str, field: &Field, words: &Words) {
    let by = if field.keyed { ", by the keys that checks name" } else { "" };
    page.entry(named(name, &format!("{}{by}", field.ty)), &field.doc);
    if let Some(meanings) = enumeration(&field.ty).and_then(|of| words.get(of)) {
        let width = meanings.iter().map(|(word, _)| length(word) + 2).max().unwrap_or_default();
        page.list(width, meanings);
    }
    if let Some(source) = &field.source {
        page.more(&format!("From {source}"));
    }
}

fn length(word: &Inline) -> usize {
    match word {
        Inline::Bold(text) => text.len(),
        _ => 0,
    }
}

/// The words that values of a type are made of.
fn enumeration(ty: &Type) -> Option<&[String]> {
    match ty {
        Type::Enum(words) => Some(words),
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) | Type::Observed(inner) => enumeration(inner),
        _ => None,
    }
}

/// The structures that a type is made of, by name.
fn gather(ty: &Type, found: &mut BTreeMap<String, Arc<Struct>>) {
    match ty {
        Type::Struct(fields) if !found.contains_key(&fields.name) => {
            found.insert(fields.name.clone(), Arc::clone(fields));
            fields.fields.values().for_each(|field| gather(&field.ty, found));
        }
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) | Type::Observed(inner) => gather(inner, found),
        _ => {}
    }
}

/// What the words of enumerations mean, where that is written down.
fn words() -> Words {
    let schema = schemars::schema_for!(Facts).to_value();
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    let choices = definitions.filter_map(|(_, definition)| definition["oneOf"].as_array());
    let text = |choice: &Value, key: &str| choice[key].as_str().map(str::to_owned);
    choices
        .filter_map(|choices| {
            let words = choices.iter().map(|choice| text(choice, "const")).collect::<Option<Vec<_>>>()?;
            let meanings = choices.iter().map(|choice| text(choice, "description")).collect::<Option<Vec<_>>>()?;
            let meanings = words.iter().map(bold).zip(meanings).collect();
            Some((words, meanings))
        })
        .collect()
}
