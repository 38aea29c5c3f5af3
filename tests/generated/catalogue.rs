//! plimsoll-checks(7): how a check is written, and every one there is.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll::check::{Check, CheckFile, Each, FUNCTIONS};
use plimsoll::library::Library;
use plimsoll::types::{Struct, Type};
use roff::{Inline, bold, roman};

use crate::page::{Page, named};

/// A site's check, proved by a test.
const EXAMPLE: &str = include_str!("../../contrib/examples/checks.d/container-has-owner.toml");

/// The page.
pub fn page(library: &Library) -> Vec<u8> {
    let mut page = Page::new("plimsoll-checks", "7", "what plimsoll checks, and how a check is written");
    page.section("Description");
    page.paragraph(
        "A check asks one thing of the machine, of the engine, or of every container, image or network. It is a file: an expression \
         over facts that must hold, the words for people, and examples that prove it. It names the good state and knows no \
         benchmark; benchmarks give checks their numbers.",
    );
    page.paragraph(
        "The verdict is `pass` where the facts prove that the condition holds and `fail` where they prove that it does not. It is \
         `unknown` where a fact that would decide could not be seen, `not-applicable` where the check does not apply, and `manual` \
         where a person has to judge.",
    );
    page.paragraph("`plimsoll checks show ID` explains one check, with the source of every fact that it looks at.");
    writing(&mut page);
    expressions(&mut page);
    checks(&mut page, library);
    page.see_also(&[("plimsoll", 1), ("plimsoll-lint", 1), ("plimsoll-facts", 7), ("plimsoll-policy", 5)]);
    page.render()
}

fn writing(page: &mut Page) {
    page.section("Writing a check");
    page.paragraph(
        "Files in `/etc/plimsoll/checks.d`, and in directories given with `--checks`, add to the built-in checks or override them by \
         id. The id is the name of the file without `.toml`: lower-case words joined by hyphens. Files below a directory \
         `benchmarks` are benchmarks; `plimsoll schema benchmark` describes them. A misspelt name, a wrong type or a faulty \
         example is told with its line, and nothing is judged until it is mended. `plimsoll lint DIR` proves what it finds.",
    );
    page.example(EXAMPLE);
    let Type::Struct(file) = Type::of::<CheckFile>() else { panic!("a check's file has keys") };
    page.part("Keys of a check");
    keys(page, &file);
    for (name, field) in &file.fields {
        let inner = field.ty.fields().or_else(|| match &field.ty {
            Type::Optional(inner) => inner.fields(),
            other => other.element().and_then(Type::fields),
        });
        if let Some(inner) = inner {
            page.part(&format!("Keys of {name}"));
            keys(page, inner);
            if inner.rest.is_some() {
                let other = if name == "example" { "Facts by root." } else { "Parameters, by names of your choice." };
                page.entry([bold("…")], other);
            }
        }
    }
    page.paragraph(
        "In words, `{container.name}` and its like stand for facts. In an example a nullable fact is null when it is given as `{}`, \
         a fact that is left out is unknown, and a setting of the policy that is left out is as by default.",
    );
}

/// The keys of a table, those that must be there first.
fn keys(page: &mut Page, table: &Struct) {
    let (required, optional): (Vec<_>, Vec<_>) =
        table.fields.iter().partition(|(name, _)| table.required.contains(*name));
    for (name, field) in required.iter().chain(&optional) {
        let ty = match &field.ty {
            Type::Struct(_) => "table".to_owned(),
            Type::Optional(inner) if inner.fields().is_some() => "table".to_owned(),
            Type::Optional(inner) => inner.to_string(),
            ty if ty.element().is_some_and(|element| element.fields().is_some()) => "tables".to_owned(),
            ty => ty.to_string(),
        };
        let must = if table.required.contains(*name) { ", required" } else { "" };
        page.entry(named(name, &format!("{ty}{must}")), &field.doc);
    }
}

fn expressions(page: &mut Page) {
    page.section("Expressions");
    page.paragraph(
        "Conditions are in CEL, the Common Expression Language: `||`, `&&`, `!`, `? :`, the comparisons, `in`, `size`, the \
         arithmetic of whole numbers, and the macros `exists`, `all`, `filter` and `map` over a list or the keys of a map. They \
         cannot call out, loop without bound or change anything, and their length and depth are bounded.",
    );
    page.paragraph(
        "An expression that reads an unknown fact is unknown, unless the rest decides: `unknown || true` is true. A fact that may be \
         null is compared with `null` first, joined by `&&`. Entries of a map are read by a key that is written out, as in \
         `sysctl[\"kernel.dmesg_restrict\"]`, so that an audit knows beforehand what to look at. Lists and maps are not compared \
         with `==`; `size`, `in` and `subset` take its place.",
    );
    page.part("Functions");
    for function in FUNCTIONS {
        page.entry(named(&function.form(), function.returns.as_str()), function.doc);
    }
    page.part("Roots");
    page.paragraph("What an expression may name depends on what the check is asked of:");
    page.entry([bold("param")], "The parameters of the `[[variant]]`, as `param.NAME`; all of them are text.");
    let (facts, allowed) = (Type::facts(), Each::Container.said());
    for each in Each::ALL.into_iter().filter(|each| each.list().is_some()) {
        let subject = each.roots().get(each.as_str()).and_then(Type::fields);
        let (name, structure) = (each.as_str(), subject.map_or("", |subject| &subject.name));
        page.entry([bold(name)], &format!("With `each = \"{name}\"`: the {name} that is judged. plimsoll-facts(7) has its facts, under {structure}."));
    }
    page.entry(
        [bold("policy")],
        "The site's settings, as in plimsoll-policy(5); one without a default is null when nobody has said.",
    );
    for (name, ty) in allowed.filter(|(name, _)| *name == "allowed") {
        page.entry([bold(name)], "With `each = \"container\"`: what the policy lets this container have.");
        let fields = ty.fields().expect("allowed has fields");
        let items: Vec<_> = fields.fields.iter().map(|(name, field)| (bold(name), field.doc.clone())).collect();
        page.list(14, &items);
    }
    let hidden = |name: &&String| !Each::Host.roots().contains_key(*name);
    let names: Vec<String> = facts.fields.keys().filter(|name| !hidden(name)).map(|name| format!("`{name}`")).collect();
    page.entry(
        [bold("facts of the machine")],
        &format!("Always: {}; plimsoll-facts(7) tells of each.", names.join(", ")),
    );
}

fn checks(page: &mut Page, library: &Library) {
    page.section("Checks");
    page.paragraph(
        "In braces stand facts of what was judged. The numbers are those of the benchmarks that plimsoll knows.",
    );
    let mut areas: BTreeMap<String, Vec<&Check>> = BTreeMap::new();
    for check in library.checks() {
        let area = Path::new(&check.origin).parent().map(|area| area.display().to_string());
        areas.entry(area.unwrap_or_default()).or_default().push(check);
    }
    for (area, checks) in areas {
        page.part(&area);
        checks.iter().for_each(|check| one(page, check, library));
    }
}

fn one(page: &mut Page, check: &Check, library: &Library) {
    let of = if check.each.list().is_some() { "every" } else { "the" };
    let about = format!("  {}, of {of} {}", check.severity, check.each.as_str());
    page.entry(vec![bold(check.id.clone()), roman(about)], check.title());
    let mut lines: Vec<(Inline, String)> = Vec::new();
    let mut line = |name: &str, text: String| lines.push((roman(name), text));
    if let Some((condition, otherwise)) = check.when() {
        line("applies if", format!("`{condition}`; else: {otherwise}"));
    }
    match (check.manual(), check.pass()) {
        (Some((_, why)), None) => line("a person", why.to_owned()),
        (Some((condition, why)), Some(_)) => line("a person", format!("if `{condition}`: {why}")),
        (None, _) => {}
    }
    if let Some(pass) = check.pass() {
        line("passes if", format!("`{pass}`"));
    }
    let facts: Vec<String> = check.looks_at().into_iter().collect();
    if !facts.is_empty() {
        line("looks at", facts.join(", "));
    }
    line("why", check.rationale.clone());
    line("remedy", check.remediation().to_owned());
    if let Some((condition, why, instead)) = check.conflict() {
        line("but", format!("if `{condition}`: {why} {instead}"));
    }
    let numbers: Vec<String> = library
        .numbers(&check.id)
        .map(|(of, control)| format!("{} {} (level {})", of.id, control.number.get_ref(), control.level_words()))
        .collect();
    if !numbers.is_empty() {
        line("numbers", numbers.join(", "));
    }
    if !check.references.is_empty() {
        line("see", check.references.join(", "));
    }
    page.list(12, &lines);
}
