//! The words and operators of a shell script.

mod expansion;

use super::{Part, Word};

/// What comes next in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;` or the end of a line.
    Separator,
    /// `&&` or `||`.
    And,
    /// `|`.
    Pipe,
    /// `&`.
    Background,
    /// `;;` and its like.
    CaseEnd,
    Open,
    Close,
    /// The end of the script.
    End,
}

/// Reads a script from front to back.
pub(super) struct Lexer<'t> {
    rest: &'t str,
    line: usize,
    /// Ends of the here-documents that begin after this line, and whether tabs before them are taken off.
    documents: Vec<(String, bool)>,
}

const BLANKS: [char; 2] = [' ', '\t'];

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { rest: text, line: 1, documents: Vec::new() }
    }

    /// The line that is read at the time.
    pub(super) const fn line(&self) -> usize {
        self.line
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            text.chars().for_each(|_| {
                self.bump();
            });
        }
        found
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|c| BLANKS.contains(&c)) || self.rest.starts_with("\\\n") {
            if self.peek() == Some('\\') {
                self.bump();
            }
            self.bump();
        }
    }

    pub(super) fn next(&mut self) -> Result<Token, String> {
        loop {
            self.skip_blanks();
            let Some(c) = self.peek() else { return Ok(Token::End) };
            match c {
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = self.rest.get(end..).unwrap_or_default();
                }
                '\n' => {
                    self.bump();
                    self.skip_documents()?;
                    return Ok(Token::Separator);
                }
                ';' | '&' | '|' | '(' | ')' if !(c == '&' && self.rest.starts_with("&>")) => return self.operator(),
                '<' | '>' | '&' => self.redirection()?,
                c if c.is_ascii_digit() && self.is_descriptor() => {
                    while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                        self.bump();
                    }
                    self.redirection()?;
                }
                _ => return self.word().map(Token::Word),
            }
        }
    }

    fn operator(&mut self) -> Result<Token, String> {
        let known = [
            (";;&", Token::CaseEnd),
            (";;", Token::CaseEnd),
            (";&", Token::CaseEnd),
            ("&&", Token::And),
            ("||", Token::And),
            ("|&", Token::Pipe),
            (";", Token::Separator),
            ("&", Token::Background),
            ("|", Token::Pipe),
            (")", Token::Close),
        ];
        if self.take("((") {
            // An arithmetic command.
            self.skip_until(')')?;
            return if self.take(")") { Ok(Token::Separator) } else { Err("(( is not closed".to_owned()) };
        }
        if self.take("(") {
            return Ok(Token::Open);
        }
        let found = known.into_iter().find(|(text, _)| self.take(text));
        found.map(|(_, token)| token).ok_or_else(|| "not understood".to_owned())
    }

    /// Whether digits stand right before a redirection.
    fn is_descriptor(&self) -> bool {
        self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['<', '>'])
    }

    /// Leaves out a redirection with its target.
    fn redirection(&mut self) -> Result<(), String> {
        if self.take("<<<") {
            self.skip_blanks();
            return self.word().map(|_| ());
        }
        if self.take("<<") {
            let tabs = self.take("-");
            self.skip_blanks();
            let end = self.word()?;
            self.documents.push((super::written(&end), tabs));
            return Ok(());
        }
        // Commands whose output or input takes the place of a file.
        if self.take("<(") || self.take(">(") {
            return self.skip_until(')');
        }
        while self.peek().is_some_and(|c| matches!(c, '<' | '>' | '&' | '|')) {
            self.bump();
        }
        self.skip_blanks();
        match self.peek() {
            None | Some('\n' | ';' | '&' | '|' | ')') => Err("a redirection without a target".to_owned()),
            _ => self.word().map(|_| ()),
        }
    }

    /// Leaves out the here-documents that begin here.
    fn skip_documents(&mut self) -> Result<(), String> {
        for (end, tabs) in std::mem::take(&mut self.documents) {
            loop {
                if self.rest.is_empty() {
                    return Err("a here-document is not closed".to_owned());
                }
                let length = self.rest.find('\n').unwrap_or(self.rest.len());
                let (line, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
                self.rest = rest.strip_prefix('\n').unwrap_or(rest);
                self.line += 1;
                if (if tabs { line.trim_start_matches('\t') } else { line }) == end {
                    break;
                }
            }
        }
        Ok(())
    }

    /// A word, in which quotes, escapes and expansions are told apart.
    pub(super) fn word(&mut self) -> Result<Word, String> {
        let mut word = Word::default();
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | ')' | '<' | '>' => break,
                '(' => {
                    // An array, or a pattern such as @(a|b); anything else ends the word.
                    if !text.ends_with(['=', '?', '*', '+', '@', '!']) {
                        break;
                    }
                    self.bump();
                    self.other(&mut word, &mut text, ')')?;
                }
                '\'' => {
                    self.bump();
                    word.quoted = true;
                    text.push_str(self.up_to('\'')?);
                }
                '"' => {
                    self.bump();
                    word.quoted = true;
                    self.double_quoted(&mut word, &mut text)?;
                }
                '\\' => {
                    self.bump();
                    word.quoted = true;
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(escaped) => text.push(escaped),
                    }
                }
                '$' | '`' => self.expansion(&mut word, &mut text, false)?,
                c => {
                    self.bump();
                    text.push(c);
                }
            }
        }
        flush(&mut word, &mut text);
        Ok(word)
    }

    fn double_quoted(&mut self, word: &mut Word, text: &mut String) -> Result<(), String> {
        loop {
            match self.peek().ok_or("a quote is not closed")? {
                '"' => {
                    self.bump();
                    return Ok(());
                }
                '\\' => {
                    self.bump();
                    match self.bump().ok_or("a quote is not closed")? {
                        '\n' => {}
                        escaped @ ('$' | '`' | '"' | '\\') => text.push(escaped),
                        other => text.extend(['\\', other]),
                    }
                }
                '$' | '`' => self.expansion(word, text, true)?,
                c => {
                    self.bump();
                    text.push(c);
                }
            }
        }
    }

    /// Takes `()` behind the name of a function, if it stands here.
    pub(super) fn begins_function(&mut self) -> bool {
        let (rest, line) = (self.rest, self.line);
        self.skip_blanks();
        if self.take("(") {
            self.skip_blanks();
            if self.take(")") {
                return true;
            }
        }
        (self.rest, self.line) = (rest, line);
        false
    }

    /// The words of a `for` up to its `do`, or the line's end.
    pub(super) fn words_of_loop(&mut self) -> Result<Vec<Word>, String> {
        let mut words = Vec::new();
        loop {
            match self.next()? {
                Token::Word(word) => words.push(word),
                // for ((…)) is taken for an arithmetic command.
                Token::Separator | Token::End => return Ok(words),
                _ => return Err("for is not understood".to_owned()),
            }
        }
    }

    /// Leaves out what a `case` looks at, up to `in`.
    pub(super) fn skip_case_head(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                Token::Word(word) if word.is("in") => return Ok(()),
                Token::Word(_) | Token::Separator => {}
                _ => return Err("case is not understood".to_owned()),
            }
        }
    }

    /// Leaves out the pattern of a `case` with its parenthesis, unless its end is here.
    pub(super) fn skip_pattern(&mut self) -> Result<(), String> {
        loop {
            let (rest, line) = (self.rest, self.line);
            match self.next()? {
                Token::Word(word) if word.is("esac") => {
                    (self.rest, self.line) = (rest, line);
                    return Ok(());
                }
                Token::Close => return Ok(()),
                Token::Word(_) | Token::Separator | Token::Pipe | Token::Open => {}
                _ => return Err("a pattern of case is not understood".to_owned()),
            }
        }
    }

    /// Goes on behind `]]`; in between other characters are not what they are elsewhere.
    pub(super) fn skip_double_brackets(&mut self) -> Result<(), String> {
        let mut last = ' ';
        loop {
            if last.is_whitespace() && self.rest.starts_with("]]") {
                self.take("]]");
                return Ok(());
            }
            last = self.bump().ok_or("[[ is not closed")?;
            match last {
                '\\' => {
                    self.bump();
                }
                '"' => self.skip_until('"')?,
                '\'' => self.skip_until('\'')?,
                _ => {}
            }
        }
    }
}

fn flush(word: &mut Word, text: &mut String) {
    if !text.is_empty() {
        word.parts.push(Part::Text(std::mem::take(text)));
    }
}
