//! The grammar of rsyslog.conf: directives, objects, and filters with the actions that they lead to.

use std::collections::BTreeMap;
use std::path::Path;

use super::text::characters;
use crate::facts::{Gap, GapKind};

/// What decides whether an action is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Nothing: it is taken always.
    Always,
    /// A selector such as `auth,authpriv.*`.
    Selector(String),
    /// A property or a script.
    Script,
}

/// One thing that the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// `$Name argument`; the name in lower case.
    Directive { name: String, argument: String },
    /// `kind(name="value" …)`, names in lower case.
    Object { kind: String, parameters: BTreeMap<String, String>, filter: Filter },
    /// An action in the old style, such as `-/var/log/syslog` or `@@host`.
    Legacy { action: String, filter: Filter },
    /// `stop`, or `~` in the old style.
    Discard(Filter),
}

/// Words that begin an object.
const OBJECTS: &[&str] = &[
    "action",
    "constant",
    "dyn_stats",
    "global",
    "include",
    "input",
    "lookup_table",
    "main_queue",
    "module",
    "parser",
    "percentile_stats",
    "property",
    "ratelimit",
    "ruleset",
    "template",
    "timezone",
];
/// How deep blocks may nest.
const MAX_DEPTH: usize = 64;

/// The statements of a file, each with its line.
pub(super) fn statements(text: &str, path: &Path) -> Result<Vec<(Statement, usize)>, Gap> {
    let mut parser = Parser { characters: characters(text), at: 0, found: Vec::new(), last: Filter::Always };
    match parser.block(&Filter::Always, 0) {
        Ok(()) => Ok(parser.found),
        Err(what) => Err(Gap::new(GapKind::Malformed, format!("{}:{}: {what}", path.display(), parser.line()))),
    }
}

struct Parser {
    characters: Vec<(char, usize)>,
    at: usize,
    found: Vec<(Statement, usize)>,
    /// The filter of the last action, which `&` refers to.
    last: Filter,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).map(|(c, _)| *c)
    }

    fn line(&self) -> usize {
        self.characters.get(self.at).or_else(|| self.characters.last()).map_or(1, |(_, line)| *line)
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn while_(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            text.push(c);
            self.at += 1;
        }
        text
    }

    fn rest_of_line(&mut self) -> String {
        self.while_(|c| c != '\n').trim().to_owned()
    }

    fn skip_blanks(&mut self) {
        self.while_(|c| c == ' ' || c == '\t');
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            self.while_(char::is_whitespace);
            match (self.peek(), self.peek_at(1)) {
                (Some('#'), _) => drop(self.rest_of_line()),
                (Some('/'), Some('*')) => {
                    self.at += 2;
                    while self.peek().is_some() && (self.peek(), self.peek_at(1)) != (Some('*'), Some('/')) {
                        self.at += 1;
                    }
                    self.at += 2;
                }
                _ => return,
            }
        }
    }

    /// Statements up to the end of a block or of the file.
    fn block(&mut self, filter: &Filter, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("blocks nest too deep".to_owned());
        }
        loop {
            self.skip();
            match self.peek() {
                None if depth == 0 => return Ok(()),
                None => return Err("a block is not closed".to_owned()),
                Some('}') if depth > 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.statement(filter, depth)?,
            }
        }
    }

    fn statement(&mut self, filter: &Filter, depth: usize) -> Result<(), String> {
        let line = self.line();
        match self.peek() {
            Some('$') => {
                self.at += 1;
                let name = self.while_(|c| !c.is_whitespace()).to_ascii_lowercase();
                let argument = self.rest_of_line();
                self.found.push((Statement::Directive { name, argument }, line));
                Ok(())
            }
            Some('{') => {
                self.at += 1;
                self.block(filter, depth + 1)
            }
            Some('&') => {
                self.at += 1;
                let last = self.last.clone();
                self.action(last, depth)
            }
            Some(':') => {
                self.property()?;
                self.action(Filter::Script, depth)
            }
            // Filters by program or host of the very old style, which rsyslog refuses since version 7.
            Some('!' | '+' | '-') => {
                self.rest_of_line();
                Ok(())
            }
            Some(c) if c.is_ascii_alphanumeric() || c == '*' || c == '_' => self.worded(filter, depth),
            Some(c) => Err(format!("{c:?} begins no statement")),
            None => Ok(()),
        }
    }

    /// A statement that begins with a word: a script's, an object, or a selector.
    fn worded(&mut self, filter: &Filter, depth: usize) -> Result<(), String> {
        let start = self.at;
        let word = self.while_(|c| c.is_ascii_alphanumeric() || c == '_').to_ascii_lowercase();
        let after = self.at;
        self.skip_blanks();
        match (word.as_str(), self.peek()) {
            (kind, Some('(')) if OBJECTS.contains(&kind) => return self.object(kind, filter, depth),
            ("stop", _) => self.found.push((Statement::Discard(filter.clone()), self.line())),
            ("continue" | "else" | "then" | "do", _) => {}
            ("if", _) => {
                self.expression("then")?;
                return self.action(Filter::Script, depth);
            }
            ("foreach", Some('(')) => {
                self.expression("do")?;
                return self.action(Filter::Script, depth);
            }
            ("set" | "unset" | "reset", _) => self.until_semicolon()?,
            ("call" | "call_indirect", _) => drop(self.while_(|c| c != '\n' && c != '}' && c != ';')),
            ("reload_lookup_table", Some('(')) => drop(self.parameters()?),
            _ => {
                self.at = start;
                let selector = self.while_(|c| !c.is_whitespace());
                // In a block its other conditions must hold too.
                let filter = if *filter == Filter::Always { Filter::Selector(selector) } else { Filter::Script };
                return self.action(filter, depth);
            }
        }
        self.at = self.at.max(after);
        Ok(())
    }

    fn object(&mut self, kind: &str, filter: &Filter, depth: usize) -> Result<(), String> {
        let line = self.line();
        let parameters = self.parameters()?;
        let statement = Statement::Object { kind: kind.to_owned(), parameters, filter: filter.clone() };
        self.found.push((statement, line));
        // Templates and rule sets may have a body; what is in a rule set happens to some messages only.
        let before = self.at;
        self.skip();
        match (kind, self.peek()) {
            ("template", Some('{')) => self.braces(),
            ("ruleset", Some('{')) => {
                self.at += 1;
                self.block(&Filter::Script, depth + 1)
            }
            _ => {
                self.at = before;
                Ok(())
            }
        }
    }

    /// What is done with the messages that a filter lets through.
    fn action(&mut self, filter: Filter, depth: usize) -> Result<(), String> {
        self.last = filter.clone();
        self.skip_blanks();
        if self.peek() == Some('\n') || self.peek() == Some('\r') {
            self.skip();
        }
        let line = self.line();
        match self.peek() {
            None => Err("a filter without an action".to_owned()),
            Some('{') => {
                self.at += 1;
                self.block(&filter, depth + 1)
            }
            Some('#' | '$') => Err("a filter without an action".to_owned()),
            Some('~') => {
                self.rest_of_line();
                self.found.push((Statement::Discard(filter), line));
                Ok(())
            }
            Some(c) if c.is_ascii_alphabetic() && self.is_script() => self.worded(&filter, depth),
            Some(_) => {
                let action = self.rest_of_line();
                self.found.push((Statement::Legacy { action, filter }, line));
                Ok(())
            }
        }
    }

    /// Whether what stands here is a statement, and not the name of a user to write to.
    fn is_script(&self) -> bool {
        let rest = self.characters.iter().skip(self.at).map(|(c, _)| *c);
        let word: String = rest.clone().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let after = rest.skip(word.len()).find(|c| *c != ' ' && *c != '\t');
        match word.to_ascii_lowercase().as_str() {
            "stop" | "continue" => matches!(after, None | Some('\n' | '\r' | '}' | '#')),
            "if" | "set" | "unset" | "reset" | "call" | "call_indirect" => true,
            word => {
                after == Some('(') && (OBJECTS.contains(&word) || matches!(word, "foreach" | "reload_lookup_table"))
            }
        }
    }

    /// `:property, operation, "value"`.
    fn property(&mut self) -> Result<(), String> {
        self.at += 1;
        let mut commas = 0;
        while let Some(c) = self.next() {
            match c {
                ',' => commas += 1,
                '"' if commas > 0 => return self.string('"').map(drop),
                '\n' => return Err("a property filter is not complete".to_owned()),
                _ => {}
            }
        }
        Err("a property filter is not complete".to_owned())
    }

    /// Skips an expression and the word that ends it.
    fn expression(&mut self, end: &str) -> Result<(), String> {
        loop {
            self.skip();
            match self.peek() {
                None => return Err(format!("no `{end}`")),
                Some(quote @ ('"' | '\'' | '`')) => {
                    self.at += 1;
                    self.string(quote)?;
                }
                Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '$') => {
                    let word = self.while_(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '!' | '.' | '-'));
                    if word.eq_ignore_ascii_case(end) {
                        return Ok(());
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn until_semicolon(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            match c {
                ';' => return Ok(()),
                '"' | '\'' | '`' => drop(self.string(c)?),
                _ => {}
            }
        }
        Err("no `;`".to_owned())
    }

    /// Skips a body in braces.
    fn braces(&mut self) -> Result<(), String> {
        let mut depth = 0_usize;
        while let Some(c) = self.next() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => return Ok(()),
                '}' => depth -= 1,
                '"' | '\'' => drop(self.string(c)?),
                '#' => drop(self.rest_of_line()),
                _ => {}
            }
        }
        Err("a block is not closed".to_owned())
    }

    /// `(name="value" …)`.
    fn parameters(&mut self) -> Result<BTreeMap<String, String>, String> {
        let mut found = BTreeMap::new();
        self.at += 1;
        loop {
            self.skip();
            if self.peek() == Some(')') {
                self.at += 1;
                return Ok(found);
            }
            let name = self.while_(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')).to_ascii_lowercase();
            self.skip();
            if name.is_empty() || self.next() != Some('=') {
                return Err("parameters are name=\"value\"".to_owned());
            }
            self.skip();
            let value = match self.next() {
                Some(quote @ ('"' | '\'' | '`')) => self.string(quote)?,
                Some('[') => self.list()?,
                _ => return Err(format!("{name} has no value in quotes")),
            };
            found.insert(name, value);
        }
    }

    /// A list in brackets, its first quote or bracket read already; the elements joined by commas.
    fn list(&mut self) -> Result<String, String> {
        let mut elements = Vec::new();
        loop {
            self.skip();
            match self.next() {
                Some(']') => return Ok(elements.join(",")),
                Some(',') => {}
                Some(quote @ ('"' | '\'')) => elements.push(self.string(quote)?),
                _ => return Err("a list is not closed".to_owned()),
            }
        }
    }

    /// The rest of a text in quotes; a backslash takes the next character as it is.
    fn string(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => text.extend(self.next()),
                c if c == quote => return Ok(text),
                c => text.push(c),
            }
        }
        Err("a text in quotes is not closed".to_owned())
    }
}
