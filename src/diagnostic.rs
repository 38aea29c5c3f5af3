//! Faults in the files that people write, drawn under their line.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text file with its name, as diagnostics draw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path or built-in name.
    pub name: String,
    /// The whole text.
    pub text: Cow<'static, str>,
    /// Whether the program's own tests have proven it: then it is read, and no longer held against what it should be.
    pub proven: bool,
}

impl Source {
    /// A text that somebody wrote.
    pub fn written(name: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), text: text.into(), proven: false }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file at fault, if one could be read.
    pub source: Option<Arc<Source>>,
    /// Bytes of the source that are at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be told.
    pub help: Option<String>,
}

/// Every fault of one run, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Notes a fault at a place of a file.
    pub fn at(&mut self, source: &Arc<Source>, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let source = Some(Arc::clone(source));
        self.0.push(Diagnostic { source, span, message: message.into(), help });
    }

    /// Notes a fault that has no place in a file.
    pub fn general(&mut self, message: impl Into<String>, help: Option<String>) {
        self.0.push(Diagnostic { source: None, span: 0..0, message: message.into(), help });
    }

    /// Adds the faults of another run.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many faults there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The faults.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// All faults drawn, with or without colours.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let drawn: Vec<String> = self.0.iter().map(|fault| renderer.render(&[fault.group()])).collect();
        drawn.join("\n\n")
    }
}

impl Diagnostic {
    fn group(&self) -> Group<'_> {
        let title = Level::ERROR.primary_title(&self.message);
        let group = match &self.source {
            Some(source) => {
                // Half a character cannot be drawn.
                let end = source.text.ceil_char_boundary(self.span.end);
                let span = source.text.floor_char_boundary(self.span.start.min(end))..end;
                title.element(
                    Snippet::source(source.text.as_ref())
                        .path(source.name.as_str())
                        .annotation(AnnotationKind::Primary.span(span)),
                )
            }
            None => Group::with_title(title),
        };
        match &self.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// "did you mean …", when one of the known names is close to the one that was written.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// Number of letters to insert, remove, replace or swap with their neighbour to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    strsim::damerau_levenshtein(&from.to_lowercase(), &to.to_lowercase())
}
