//! The report as one page for a browser: no server, no network, nothing beside it.
//!
//! Every text goes through the template engine's escaping. Style and script are the program's own and known to the page's
//! security policy by their hashes, so that no name on the machine can become either.

mod ladder;
mod page;

use std::io::{self, Write};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Output, State, Value, context, escape_formatter};
use sha2::{Digest, Sha256};

use self::page::Page;
use super::Report;
use super::escape::shown;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
const TEMPLATES: [(&str, &str); 4] = [
    ("page.html", include_str!("html/page.html")),
    ("overview.html", include_str!("html/overview.html")),
    ("ladder.html", include_str!("html/ladder.html")),
    ("control.html", include_str!("html/control.html")),
];

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let context = context! {
        policy,
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        page => Serde(Page::of(report)),
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(spelt);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(io::Error::other)?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).map_err(io::Error::other)?;
    }
    let page = environment.get_template("page.html").map_err(io::Error::other)?;
    page.render_captured_to(context, out).map_err(io::Error::other)?;
    Ok(())
}

/// Writes a value of a template escaped, with what would turn the direction of the text or not show spelt out.
fn spelt(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str().filter(|_| value.kind() == ValueKind::String && !value.is_safe()) {
        Some(text) => escape_formatter(out, state, &Value::from(shown(text))),
        None => escape_formatter(out, state, value),
    }
}
