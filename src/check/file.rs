//! A check as it stands in its file, and the way from there to a [`Check`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::expr::{Expression, ExpressionFault};
use super::template::{Template, fill_parameters};
use super::{Check, Condition, Conflict, Each};
use crate::diagnostic::{Diagnostics, Source};
use crate::document;
use crate::types::Type;
use crate::verdict::{Severity, Verdict};

/// One check, or several that differ only in parameters, as written in TOML.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckFile {
    /// The good state, in a sentence; `{container.name}` and its like stand for facts.
    #[schemars(with = "String")]
    pub title: Spanned<String>,
    /// How bad a failure is.
    pub severity: Severity,
    /// What it is asked of: one finding for each. The engine, once, by default.
    #[serde(default)]
    pub each: Each,
    /// When the check applies; always, by default.
    pub when: Option<When>,
    /// When a person has to judge; never, by default.
    pub manual: Option<Manual>,
    /// The CEL expression that must hold; left out when only a person can tell, by a `manual` without a condition.
    #[schemars(with = "Option<String>")]
    pub pass: Option<Spanned<String>>,
    /// Why it matters.
    pub rationale: String,
    /// What to do about a failure.
    #[schemars(with = "String")]
    pub remediation: Spanned<String>,
    /// When the remedy would break something that the machine is for, and what to do then; never, by default.
    pub conflict: Option<ConflictFile>,
    /// Where other catalogues speak of the same, as `framework:id`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub references: Vec<Spanned<String>>,
    /// Facts with the verdict that they must lead to; at least one pass and one fail.
    #[serde(default)]
    pub example: Vec<ExampleFile>,
    /// Checks that differ only in parameters.
    #[serde(default)]
    pub variant: Vec<Variant>,
}

/// When a check applies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The CEL expression under which it applies.
    #[schemars(with = "String")]
    pub r#if: Spanned<String>,
    /// Why it does not apply otherwise.
    #[schemars(with = "String")]
    pub r#else: Spanned<String>,
}

/// When a person has to judge.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manual {
    /// The CEL expression under which facts do not decide; left out when they never do.
    #[schemars(with = "Option<String>")]
    pub r#if: Option<Spanned<String>>,
    /// What the person has to find out.
    #[schemars(with = "String")]
    pub why: Spanned<String>,
}

/// When the remedy would break something that the machine is for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictFile {
    /// The CEL expression under which it would; where that is unknown, it may.
    #[schemars(with = "String")]
    pub r#if: Spanned<String>,
    /// What it would break.
    #[schemars(with = "String")]
    pub why: Spanned<String>,
    /// What to do instead.
    #[schemars(with = "String")]
    pub remediation: Spanned<String>,
}

/// Some facts, by root, and the verdict that they must lead to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExampleFile {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the usual remedy of a failure would break something then; not looked at when it is left out.
    pub conflict: Option<bool>,
    /// The facts; what is left out is unknown.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub facts: BTreeMap<String, toml::Value>,
}

/// One of several checks of a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// The check's id.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Where other catalogues speak of this one alone.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub references: Vec<Spanned<String>>,
    /// Its parameters, `param.name` in expressions and `{param.name}` in words.
    #[serde(flatten)]
    pub parameters: BTreeMap<String, String>,
}

/// The catalogues that references may name, with the form of their numbers.
const FRAMEWORKS: &[(&str, &str)] = &[
    ("attack", r"^T[0-9]{4}(\.[0-9]{3})?$"),
    ("nist-800-53", r"^[A-Z]{2}-[0-9]{1,2}(\([0-9]{1,2}\))?$"),
    ("nist-800-190", r"^[34]\.[0-9]\.[0-9]$"),
    ("pci-dss-4.0.1", r"^[0-9]{1,2}(\.[0-9]{1,2}){1,3}$"),
    ("stig", r"^V-[0-9]{6}$"),
];

/// Loads the checks of one file; `id` is the file's name without its ending.
pub(crate) fn load(source: &Arc<Source>, id: &str, faults: &mut Diagnostics) -> Vec<Check> {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<CheckFile>);
    let Some(file) = document::load::<CheckFile>(source, &TYPE, faults) else { return Vec::new() };
    if !source.proven {
        references(source, &file, faults);
    }
    if file.variant.is_empty() {
        let loader = Loader { source, file: &file, parameters: &BTreeMap::new(), references: &[], faults };
        return loader.check(id).into_iter().collect();
    }
    let mut seen = BTreeSet::new();
    let mut checks = Vec::new();
    for variant in &file.variant {
        if !seen.insert(variant.id.get_ref()) {
            faults.at(source, variant.id.span(), format!("`{}` is there twice", variant.id.get_ref()), None);
        }
        let before = faults.len();
        let loader =
            Loader { source, file: &file, parameters: &variant.parameters, references: &variant.references, faults };
        checks.extend(loader.check(variant.id.get_ref()));
        if faults.len() > before {
            // The other variants share the text that is at fault.
            break;
        }
    }
    checks
}

fn references(source: &Arc<Source>, file: &CheckFile, faults: &mut Diagnostics) {
    static FORMS: LazyLock<BTreeMap<&str, Regex>> =
        LazyLock::new(|| FRAMEWORKS.iter().filter_map(|(name, form)| Some((*name, Regex::new(form).ok()?))).collect());
    for reference in file.references.iter().chain(file.variant.iter().flat_map(|variant| &variant.references)) {
        let text = reference.get_ref();
        let known = text.split_once(':').and_then(|(framework, number)| Some(FORMS.get(framework)?.is_match(number)));
        if known != Some(true) {
            let names: Vec<&str> = FRAMEWORKS.iter().map(|(name, _)| *name).collect();
            let help = format!("a reference is framework:number, the framework one of {}", names.join(", "));
            faults.at(source, reference.span(), format!("`{text}` is not a reference"), Some(help));
        }
    }
}

/// One check on its way out of its file.
struct Loader<'l> {
    source: &'l Arc<Source>,
    file: &'l CheckFile,
    parameters: &'l BTreeMap<String, String>,
    /// What other catalogues say of this variant alone.
    references: &'l [Spanned<String>],
    faults: &'l mut Diagnostics,
}

impl Loader<'_> {
    fn check(mut self, id: &str) -> Option<Check> {
        let before = self.faults.len();
        if !is_slug(id) {
            let help = "an id is lower-case words joined by hyphens".to_owned();
            self.faults.at(self.source, 0..0, format!("`{id}` cannot be a check's id"), Some(help));
        }
        let file = self.file;
        let title = self.template(&file.title);
        let remediation = self.template(&file.remediation);
        let when = file.when.as_ref().map(|when| self.condition(&when.r#if, &when.r#else));
        let always = |why: &Spanned<String>| Spanned::new(why.span(), "true".to_owned());
        let manual = file.manual.as_ref().map(|manual| match &manual.r#if {
            Some(condition) => self.condition(condition, &manual.why),
            None => self.condition(&always(&manual.why), &manual.why),
        });
        let conflict = file.conflict.as_ref().map(|conflict| {
            let (condition, remediation) =
                (self.condition(&conflict.r#if, &conflict.why), self.template(&conflict.remediation));
            Some(Conflict { condition: condition?, remediation: remediation? })
        });
        let pass = file.pass.as_ref().map(|pass| {
            let (expression, text) = (self.expression(pass), pass.get_ref().trim().to_owned());
            Some(Condition { expression: expression?, text, words: title.clone()? })
        });
        let never = file.manual.as_ref().is_some_and(|manual| manual.r#if.is_none());
        if never == pass.is_some() {
            let help = "a check has `pass`, or a `manual` without `if` when only a person can tell".to_owned();
            let what = if never { "`pass` is never reached" } else { "`pass` is missing" };
            let place = file.pass.as_ref().map_or(0..0, Spanned::span);
            self.faults.at(self.source, place, what, Some(help));
        }
        if self.faults.len() > before {
            return None;
        }
        Some(Check {
            id: id.to_owned(),
            severity: file.severity,
            each: file.each,
            rationale: fill_parameters(&file.rationale, self.parameters),
            references: file
                .references
                .iter()
                .chain(self.references)
                .map(|reference| reference.get_ref().clone())
                .collect(),
            origin: self.source.name.clone(),
            parameters: self.parameters.clone(),
            pass: transpose(pass)?,
            title: title?,
            remediation: remediation?,
            when: transpose(when)?,
            manual: transpose(manual)?,
            conflict: transpose(conflict)?,
        })
    }

    fn condition(&mut self, written: &Spanned<String>, words: &Spanned<String>) -> Option<Condition> {
        let expression = self.expression(written);
        let words = self.template(words);
        Some(Condition { expression: expression?, text: written.get_ref().trim().to_owned(), words: words? })
    }

    fn expression(&mut self, written: &Spanned<String>) -> Option<Expression> {
        let proven = self.source.proven;
        let compiled = Expression::compile(written.get_ref(), self.file.each.roots(), self.parameters, proven);
        self.noted(written, compiled)
    }

    fn template(&mut self, written: &Spanned<String>) -> Option<Template> {
        let compiled = Template::compile(written.get_ref(), self.file.each.roots(), self.parameters);
        self.noted(written, compiled)
    }

    /// Moves faults from places in a text to places in its file.
    fn noted<T>(&mut self, written: &Spanned<String>, result: Result<T, Vec<ExpressionFault>>) -> Option<T> {
        let start = document::text_start(self.source, &written.span());
        let place = |span: Range<usize>| match start {
            Some(start) => start + span.start..start + span.end,
            None => written.span(),
        };
        result
            .map_err(|list| {
                for fault in list {
                    self.faults.at(self.source, place(fault.span), fault.message, fault.help);
                }
            })
            .ok()
    }
}

/// `None` for a part that was there and faulty.
fn transpose<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(None) => None,
        Some(loaded) => Some(loaded),
        None => Some(None),
    }
}

/// Whether an id is lower-case words joined by hyphens.
pub(crate) fn is_slug(id: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    id.split('-').all(word)
}
