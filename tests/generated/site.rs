//! plimsoll-policy(5), plimsoll-waivers(5), and the files that a package puts into /etc/plimsoll.

use plimsoll::policy::PolicyFile;
use plimsoll::waiver::WaiverFile;
use roff::bold;
use schemars::JsonSchema;
use serde_json::Value;

use crate::page::{Page, named};

/// Files that a test loads.
const POLICY: &str = include_str!("../../contrib/examples/policy.toml");
const WAIVERS: &str = include_str!("../../contrib/examples/waivers.toml");

/// A key of a file, by its schema.
struct Key {
    name: String,
    ty: String,
    doc: String,
    default: Option<Value>,
    required: bool,
}

/// plimsoll-policy(5).
pub fn policy() -> Vec<u8> {
    let mut page =
        Page::new("plimsoll-policy", "5", "what a site allows, its thresholds, and what its people vouch for");
    page.section("Description");
    page.paragraph(
        "`/etc/plimsoll/policy.toml`, or the file given with `--policy`, says what facts cannot: what single containers may have, what \
         a site's thresholds are, and what people vouch for. It is TOML, and every part may be left out. A faulty policy is told \
         with its line and stops the audit before it looks at anything.",
    );
    page.paragraph(
        "Each entry has a reason. A verdict that rests on the policy says so in the report, with the reason or the person behind it.",
    );
    page.example(POLICY);
    page.section("Settings");
    page.paragraph("A setting is a table of `value` and `reason`. Where no default stands, nobody has said: checks that need it leave the judgement to a person or do not apply.");
    let (settings, tables): (Vec<Key>, Vec<Key>) =
        keys::<PolicyFile>("").into_iter().partition(|key| !["allow", "attestation"].contains(&key.name.as_str()));
    for key in &settings {
        page.entry(named(&key.name, &key.ty), &key.doc);
        if let Some(default) = &key.default {
            page.more(&format!("By default: {}.", words(default)));
        }
    }
    for (table, title, words) in [
        (
            "AllowRule",
            "Allowances",
            "Each `[[allow]]` says what the containers that it selects may have. A container has to match every selector that is given, and there has to be one; several allowances for one container add up.",
        ),
        (
            "Attestation",
            "Attestations",
            "Each `[[attestation]]` is a person's word that a check is met whose verdict would be `manual`. Until its last day the check passes, and the report tells by whose word; it never turns a failure into a pass, and one that has ended is told and counts no more.",
        ),
    ] {
        page.section(title);
        page.paragraph(words);
        table_keys(&mut page, &keys::<PolicyFile>(table));
    }
    assert_eq!(tables.len(), 2, "each table has a section");
    page.section("Files");
    page.entry(
        [bold("/etc/plimsoll/policy.toml")],
        "The site's policy. It is read when it is there and no other is named.",
    );
    page.see_also(&[("plimsoll", 1), ("plimsoll-audit", 1), ("plimsoll-waivers", 5), ("plimsoll-checks", 7)]);
    page.render()
}

/// plimsoll-waivers(5).
pub fn waivers() -> Vec<u8> {
    let mut page = Page::new("plimsoll-waivers", "5", "failures that somebody bears, until a day");
    page.section("Description");
    page.paragraph(
        "`/etc/plimsoll/waivers.toml`, or the file given with `--waivers`, lists failures that are known and borne. A waived failure \
         stays a failure in the report and in the score; it no longer fails the run. `plimsoll waive` adds one.",
    );
    page.paragraph(
        "A waiver that has expired counts no more, and one that waives nothing may go; the report tells of both. Only failures are \
         waived: what is unknown stays unknown.",
    );
    page.example(WAIVERS);
    page.section("Keys");
    page.paragraph(
        "Each `[[waiver]]` names a check or a control, why its failure is borne, by whom, and until when. It waives the failures that \
         match every scope that is given. What is called a glob may have `*`, `?`, `[a-z]` and `{a,b}`.",
    );
    table_keys(&mut page, &keys::<WaiverFile>("Waiver"));
    page.section("Files");
    page.entry(
        [bold("/etc/plimsoll/waivers.toml")],
        "The site's waivers. They are read when they are there and no others are named.",
    );
    page.see_also(&[("plimsoll", 1), ("plimsoll-waive", 1), ("plimsoll-policy", 5), ("plimsoll-checks", 7)]);
    page.render()
}

fn table_keys(page: &mut Page, keys: &[Key]) {
    for key in keys {
        let must = if key.required { ", required" } else { "" };
        page.entry(named(&key.name, &format!("{}{must}", key.ty)), &key.doc);
    }
}

/// A default in words.
fn words(default: &Value) -> String {
    match default {
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// The keys of a file, or of one of its tables by the name of its definition; those that must be there first.
fn keys<T: JsonSchema>(table: &str) -> Vec<Key> {
    let schema = schemars::schema_for!(T).to_value();
    let object = if table.is_empty() { &schema } else { &schema["$defs"][table] };
    let required: Vec<&str> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = object["properties"].as_object().expect("a table has keys");
    let mut keys: Vec<Key> = properties
        .iter()
        .map(|(name, property)| Key {
            name: name.clone(),
            ty: type_of(property, &schema),
            doc: property["description"].as_str().unwrap_or_default().to_owned(),
            default: property.get("x-default").cloned(),
            required: required.contains(&name.as_str()),
        })
        .collect();
    keys.sort_by_key(|key| !key.required);
    keys
}

/// The type that people write: of a setting, that of its value.
fn type_of(property: &Value, schema: &Value) -> String {
    let choices = property["anyOf"].as_array().into_iter().flatten();
    if let Some(setting) = choices.chain([property]).find_map(|choice| choice["$ref"].as_str()) {
        let definition = &schema["$defs"][setting.trim_start_matches("#/$defs/")];
        return type_of(&definition["properties"]["value"], schema);
    }
    let kinds = [&property["type"]].into_iter().chain(property["type"].as_array().into_iter().flatten());
    match kinds.filter_map(Value::as_str).find(|kind| *kind != "null") {
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => format!("list of {}", type_of(&property["items"], schema)),
        _ => "table".to_owned(),
    }
}

/// The policy that a package installs: every setting as a comment.
pub fn policy_file() -> Vec<u8> {
    let mut text = "\
# The policy of this site, see plimsoll-policy(5). Nothing here is in force: each setting stands as a comment, with its default.\n\
# To change one, remove the # before it, and give the value and the reason that shall stand in reports.\n"
        .to_owned();
    for key in keys::<PolicyFile>("").iter().filter(|key| !["allow", "attestation"].contains(&key.name.as_str())) {
        let value = key.default.as_ref().map(|value| toml::Value::try_from(value).expect("a default is TOML"));
        text += &format!("\n# {}\n", key.doc);
        match value {
            Some(value) => text += &format!("#{} = {{ value = {value}, reason = \"plimsoll's default\" }}\n", key.name),
            None => text += &format!("#{} = {{ value = …, reason = \"…\" }}\n", key.name),
        }
    }
    text += &tables(POLICY);
    text.into_bytes()
}

/// The waivers that a package installs: none, and how one looks.
pub fn waivers_file() -> Vec<u8> {
    let head =
        "# Failures that somebody bears, until a day, see plimsoll-waivers(5). `plimsoll waive` adds one here.\n";
    format!("{head}{}", tables(WAIVERS)).into_bytes()
}

/// The tables of an example, as comments.
fn tables(text: &str) -> String {
    let mut comments = String::new();
    for paragraph in text.trim_end().split("\n\n").filter(|paragraph| paragraph.contains("[[")) {
        comments.push('\n');
        for line in paragraph.lines() {
            comments += &if line.starts_with('#') { format!("{line}\n") } else { format!("#{line}\n") };
        }
    }
    comments
}
