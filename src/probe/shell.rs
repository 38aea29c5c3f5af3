//! The commands of a shell script, as far as they can be told without running it.

mod lexer;

use lexer::{Lexer, Token};

/// Whether a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    /// It is not.
    No,
    /// It depends.
    Maybe,
    /// It is.
    Yes,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it stands.
    Text(String),
    /// `$NAME` or `${NAME}`.
    Variable(String),
    /// Anything else that the shell would work out, as written.
    Other(String),
}

/// A word of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    /// Whether any of it is quoted: such a word is never a keyword.
    pub(super) quoted: bool,
}

/// One simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    pub(super) line: usize,
    /// Whether it is run when root logs in.
    pub(super) for_root: Truth,
    /// Whether it is run when somebody else does.
    pub(super) for_others: Truth,
    /// Whether it stands in a function, where it is run only when that is called.
    pub(super) in_function: bool,
}

impl Word {
    /// The text of a word that the shell takes as it stands.
    pub(super) fn literal(&self) -> Option<String> {
        let mut whole = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Variable(_) | Part::Other(_) => return None,
            }
        }
        Some(whole)
    }

    fn is(&self, keyword: &str) -> bool {
        !self.quoted && matches!(self.parts.as_slice(), [Part::Text(text)] if text == keyword)
    }

    /// A name and what is assigned to it, and whether that is added to what is there.
    pub(super) fn assignment(&self) -> Option<(&str, bool, Self)> {
        let (Part::Text(first), rest) = self.parts.split_first()? else { return None };
        let (name, value) = first.split_once('=')?;
        let (name, added) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(letter) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let first = Some(value).filter(|value| !value.is_empty()).map(|value| Part::Text(value.to_owned()));
        Some((
            name,
            added,
            Self { parts: first.into_iter().chain(rest.iter().cloned()).collect(), quoted: self.quoted },
        ))
    }
}

/// What a command stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    /// The condition of an `if`, or what follows it.
    If,
    Loop,
    /// A `case`, before a pattern or in what follows one.
    Case,
    Braces,
    /// What a subshell changes is gone with it.
    Subshell,
    Function,
}

struct Frame {
    inside: Inside,
    for_root: Truth,
    for_others: Truth,
}

/// The commands of a script, or what of it cannot be told.
pub(super) fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut reader = Reader { lexer: Lexer::new(text), frames: Vec::new(), found: Vec::new(), condition: Vec::new() };
    reader.all()?;
    Ok(reader.found)
}

/// How deep a script may nest.
const MAX_DEPTH: usize = 200;

struct Reader<'t> {
    lexer: Lexer<'t>,
    frames: Vec<Frame>,
    found: Vec<Command>,
    /// The commands of the condition that is read at the time.
    condition: Vec<Command>,
}

impl Reader<'_> {
    fn all(&mut self) -> Result<(), String> {
        let mut words: Vec<Word> = Vec::new();
        let mut line = 1;
        // Whether the command comes after `&&` or `||`.
        let mut chained = false;
        loop {
            let token = self.lexer.next()?;
            match token {
                Token::Word(word) => {
                    if words.is_empty() {
                        line = self.lexer.line();
                        if self.keyword(&word, &mut chained)? {
                            continue;
                        }
                    }
                    words.push(word);
                    if words.len() == 1 && self.lexer.begins_function() {
                        words.clear();
                        self.push(Inside::Function, Truth::Yes, Truth::Yes)?;
                    }
                }
                Token::Open => self.push(Inside::Subshell, Truth::Yes, Truth::Yes)?,
                Token::End | Token::Separator | Token::And | Token::Pipe | Token::Close | Token::Background => {
                    let detached = matches!(token, Token::Pipe | Token::Background);
                    self.command(&mut words, line, chained || detached)?;
                    chained = token == Token::And;
                    match token {
                        Token::Close => self.close()?,
                        Token::End => break,
                        _ => {}
                    }
                }
                Token::CaseEnd => {
                    self.command(&mut words, line, chained)?;
                    chained = false;
                    if self.top() == Some(Inside::Case) {
                        self.lexer.skip_pattern()?;
                    }
                }
            }
        }
        let open = self.frames.iter().any(|frame| frame.inside != Inside::Function);
        if open { Err("something is not closed".to_owned()) } else { Ok(()) }
    }

    fn top(&self) -> Option<Inside> {
        self.frames.last().map(|frame| frame.inside)
    }

    fn push(&mut self, inside: Inside, for_root: Truth, for_others: Truth) -> Result<(), String> {
        if self.frames.len() >= MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        self.frames.push(Frame { inside, for_root, for_others });
        Ok(())
    }

    fn pop(&mut self, inside: Inside) -> Result<(), String> {
        match self.frames.pop() {
            Some(frame) if frame.inside == inside => {
                // The body of a function ends it.
                if self.top() == Some(Inside::Function) {
                    self.frames.pop();
                }
                Ok(())
            }
            _ => Err("something is closed that was not opened".to_owned()),
        }
    }

    /// A parenthesis that closes a subshell.
    fn close(&mut self) -> Result<(), String> {
        self.pop(Inside::Subshell)
    }

    /// Takes a keyword; false for a word that is none.
    fn keyword(&mut self, word: &Word, chained: &mut bool) -> Result<bool, String> {
        let Some(text) = word.literal().filter(|text| word.is(text)) else { return Ok(false) };
        match text.as_str() {
            "if" => {
                self.condition.clear();
                self.push(Inside::If, Truth::Yes, Truth::Yes)?;
            }
            "elif" | "else" | "then" => self.branch(&text)?,
            "fi" => self.pop(Inside::If)?,
            "while" | "until" => self.push(Inside::Loop, Truth::Maybe, Truth::Maybe)?,
            "for" | "select" => {
                let line = self.lexer.line();
                let mut words = self.lexer.words_of_loop()?;
                words.insert(0, word.clone());
                self.command(&mut words, line, *chained)?;
                self.push(Inside::Loop, Truth::Maybe, Truth::Maybe)?;
            }
            "do" => {}
            "done" => self.pop(Inside::Loop)?,
            "case" => {
                self.push(Inside::Case, Truth::Maybe, Truth::Maybe)?;
                self.lexer.skip_case_head()?;
                self.lexer.skip_pattern()?;
            }
            "esac" => self.pop(Inside::Case)?,
            "{" => self.push(Inside::Braces, Truth::Yes, Truth::Yes)?,
            "}" => self.pop(Inside::Braces)?,
            "function" => {
                self.lexer.next()?;
                let _ = self.lexer.begins_function();
                self.push(Inside::Function, Truth::Yes, Truth::Yes)?;
            }
            "!" | "time" => {}
            "[[" => self.lexer.skip_double_brackets()?,
            _ => return Ok(false),
        }
        *chained = false;
        Ok(true)
    }

    /// A branch of an `if`: what is run in it, when root logs in and when somebody else does.
    fn branch(&mut self, keyword: &str) -> Result<(), String> {
        let about = about_root(&self.condition);
        let frame = self.frames.last_mut().filter(|frame| frame.inside == Inside::If);
        let frame = frame.ok_or_else(|| format!("{keyword} without if"))?;
        let negated = |truth: Truth| match truth {
            Truth::No => Truth::Yes,
            Truth::Maybe => Truth::Maybe,
            Truth::Yes => Truth::No,
        };
        (frame.for_root, frame.for_others) = match (keyword, frame.for_root, frame.for_others) {
            ("then", Truth::Yes, Truth::Yes) => about,
            ("else", root, others) => (negated(root), negated(others)),
            // Behind `elif` it depends in any case.
            _ => (Truth::Maybe, Truth::Maybe),
        };
        if keyword != "then" {
            self.condition.clear();
        }
        Ok(())
    }

    /// Notes a command that has ended.
    fn command(&mut self, words: &mut Vec<Word>, line: usize, depends: bool) -> Result<(), String> {
        let words = std::mem::take(words);
        if words.is_empty() {
            return Ok(());
        }
        let depends = if depends { Truth::Maybe } else { Truth::Yes };
        let least = |of: fn(&Frame) -> Truth| self.frames.iter().map(of).min().unwrap_or(Truth::Yes).min(depends);
        let subshell = self.frames.iter().any(|frame| frame.inside == Inside::Subshell);
        let command = Command {
            words,
            line,
            for_root: if subshell { Truth::No } else { least(|frame| frame.for_root) },
            for_others: if subshell { Truth::No } else { least(|frame| frame.for_others) },
            in_function: self.frames.iter().any(|frame| frame.inside == Inside::Function),
        };
        self.condition.push(command.clone());
        self.found.push(command);
        // The body of a function may be no more than a command.
        if self.top() == Some(Inside::Function) {
            self.frames.pop();
        }
        Ok(())
    }
}

/// What a condition says when root logs in, and when somebody else does; only a test of the own uid is told.
fn about_root(condition: &[Command]) -> (Truth, Truth) {
    let [Command { words, .. }] = condition else { return (Truth::Maybe, Truth::Maybe) };
    let text: Vec<String> = words.iter().map(written).collect();
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    let (left, sign, right) = match text.as_slice() {
        ["[", left, sign, right, "]"] | ["test", left, sign, right] => (*left, *sign, *right),
        _ => return (Truth::Maybe, Truth::Maybe),
    };
    let uid = ["$(id -u)", "`id -u`", "$EUID", "$UID", "$(/usr/bin/id -u)"].contains(&left) && right == "0";
    let name = ["$USER", "$LOGNAME", "$(id -un)", "$(whoami)"].contains(&left) && right == "root";
    match sign {
        "-eq" | "=" | "==" if uid || name => (Truth::Yes, Truth::No),
        "-ne" | "!=" if uid || name => (Truth::No, Truth::Yes),
        "-gt" if uid => (Truth::No, Truth::Yes),
        _ => (Truth::Maybe, Truth::Maybe),
    }
}

/// A word as written, without its quotes.
fn written(word: &Word) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) | Part::Other(text) => text.clone(),
        Part::Variable(name) => format!("${name}"),
    };
    word.parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests;
