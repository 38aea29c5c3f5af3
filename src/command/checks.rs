//! `plimsoll checks`: the catalogue.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use comfy_table::{ContentArrangement, Table, presets};

use super::output::width;
use super::{Failure, library};
use crate::check::{Check, FUNCTIONS};
use crate::cli::ChecksVerb;
use crate::diagnostic::did_you_mean;
use crate::library::Library;
use crate::report::escape;
use crate::types::Type;

pub(super) fn run(verb: &ChecksVerb) -> Result<u8, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match verb {
        ChecksVerb::List(args) => list(&library(&args.checks)?, &mut out)?,
        ChecksVerb::Functions => functions(&mut out)?,
        ChecksVerb::Show { id, library: args } => {
            let library = library(&args.checks)?;
            for (index, check) in called(id, &library)?.into_iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                show(check, &library, &mut out)?;
            }
        }
    }
    out.flush()?;
    Ok(0)
}

/// The check of an id, or those that decide the controls of a number, which is what a report tells.
fn called<'l>(id: &str, library: &'l Library) -> Result<Vec<&'l Check>, String> {
    let of_number = || {
        let controls = library.benchmarks().flat_map(|benchmark| &benchmark.file.control);
        let ids = controls.filter(|control| control.number.get_ref() == id).flat_map(|control| &control.checks);
        let ids: BTreeSet<&str> = ids.map(|id| id.get_ref().as_str()).collect();
        ids.into_iter().filter_map(|id| library.check(id)).collect::<Vec<_>>()
    };
    let found = library.check(id).map_or_else(of_number, |check| vec![check]);
    if found.is_empty() {
        let known = library.checks().map(|check| check.id.as_str());
        let help = did_you_mean(id, known).unwrap_or_else(|| "`plimsoll checks list` lists them".to_owned());
        return Err(format!("there is no check `{id}`: {help}"));
    }
    Ok(found)
}

fn list(library: &Library, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for check in library.checks() {
        table.add_row([&check.id, check.severity.as_str(), check.each.as_str(), &escape(check.title())]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

fn functions(out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for function in FUNCTIONS {
        table.add_row([function.form().as_str(), function.returns.as_str(), function.doc]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

fn show(check: &Check, library: &Library, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n{}\n", check.id, escape(check.title()))?;
    writeln!(out, "severity    {}", check.severity)?;
    let of = if check.each.list().is_some() { "every" } else { "the" };
    writeln!(out, "asked of    {of} {}", check.each.as_str())?;
    for (benchmark, control) in library.numbers(&check.id) {
        let (number, levels) = (control.number.get_ref(), control.level_words());
        writeln!(out, "number      {} {number} (level {levels})", benchmark.id)?;
    }
    writeln!(out, "references  {}", prose(&check.references.join(", "), 12))?;
    writeln!(out, "file        {}\n", escape(&check.origin))?;
    if let Some((condition, otherwise)) = check.when() {
        writeln!(out, "applies if  {}\n    else    {}", lines(condition), prose(otherwise, 12))?;
    }
    if let Some((condition, why)) = check.manual() {
        writeln!(out, "a person judges if  {}\n    since   {}", lines(condition), prose(why, 12))?;
    }
    let pass = check.pass().unwrap_or("a person finds it so");
    writeln!(out, "passes if   {}\n\nlooks at", lines(pass))?;
    for fact in check.looks_at() {
        writeln!(out, "  {fact}\n      {}", prose(&meaning(check, &fact), 6))?;
    }
    if let Some((condition, why, instead)) = check.conflict() {
        writeln!(out, "\nif {}\n  {}\n  remedy then: {}", lines(condition), prose(why, 2), prose(instead, 2))?;
    }
    writeln!(out, "\nwhy\n  {}\n\nremedy\n  {}", prose(&check.rationale, 2), prose(check.remediation(), 2))
}

/// An expression of several lines; its words may be another's, and must not drive the reader's terminal.
fn lines(text: &str) -> String {
    text.trim().lines().map(escape).collect::<Vec<_>>().join("\n            ")
}

/// Sentences, in lines that fit between an indent and the terminal's edge.
fn prose(text: &str, indent: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width().saturating_sub(u16::try_from(indent).unwrap_or(0)));
    table.add_row([text.trim().lines().map(escape).collect::<Vec<_>>().join("\n")]);
    for column in table.column_iter_mut() {
        column.set_padding((0, 0));
    }
    table.trim_fmt().replace('\n', &format!("\n{}", " ".repeat(indent)))
}

/// What a fact that a check reads means, and where it comes from.
fn meaning(check: &Check, name: &str) -> String {
    let path = name.split('[').next().unwrap_or(name);
    let mut steps = path.split('.');
    let root = steps.next().unwrap_or_default();
    let mut ty = check.each.roots().get(root);
    let mut found = Type::facts().fields.get(root);
    for step in steps {
        let inner = ty.and_then(|ty| ty.fields().or_else(|| ty.element().and_then(Type::fields)));
        found = inner.and_then(|inner| inner.fields.get(step));
        ty = found.map(|field| &field.ty);
    }
    match found {
        Some(field) => {
            let deep = field.deep.as_ref().map(|deep| format!("with --deep {deep}"));
            let sources: Vec<String> = field.source.iter().cloned().chain(deep).collect();
            if sources.is_empty() { field.doc.clone() } else { format!("{} [{}]", field.doc, sources.join(", ")) }
        }
        None => String::new(),
    }
}
