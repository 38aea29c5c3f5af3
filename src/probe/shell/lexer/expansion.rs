//! What a shell works out within a word, and where it ends.

use super::{Lexer, Part, Word, flush};

impl<'t> Lexer<'t> {
    /// What begins with `$` or a backquote.
    pub(super) fn expansion(&mut self, word: &mut Word, text: &mut String, quoted: bool) -> Result<(), String> {
        if self.take("`") {
            let inner = self.up_to('`')?.to_owned();
            flush(word, text);
            word.parts.push(Part::Other(format!("`{inner}`")));
            return Ok(());
        }
        self.bump();
        match self.peek() {
            Some('\'') if !quoted => {
                self.bump();
                word.quoted = true;
                let inner = self.up_to_unescaped('\'')?.to_owned();
                flush(word, text);
                // Escapes of the C language are not worked out.
                word.parts.push(if inner.contains('\\') { Part::Other(inner) } else { Part::Text(inner) });
                Ok(())
            }
            Some('"') if !quoted => Ok(()),
            Some('(') => {
                self.bump();
                flush(word, text);
                let inner = self.skipped(')')?;
                word.parts.push(Part::Other(format!("$({inner})")));
                Ok(())
            }
            Some('{') => {
                self.bump();
                flush(word, text);
                let inner = self.skipped('}')?;
                let plain = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                word.parts.push(if plain { Part::Variable(inner) } else { Part::Other(format!("${{{inner}}}")) });
                Ok(())
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                flush(word, text);
                let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
                let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
                self.rest = rest;
                word.parts.push(Part::Variable(name.to_owned()));
                Ok(())
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.bump();
                flush(word, text);
                word.parts.push(Part::Other(format!("${c}")));
                Ok(())
            }
            _ => {
                text.push('$');
                Ok(())
            }
        }
    }

    pub(super) fn other(&mut self, word: &mut Word, text: &mut String, end: char) -> Result<(), String> {
        flush(word, text);
        let inner = self.skipped(end)?;
        word.parts.push(Part::Other(format!("({inner}{end}")));
        Ok(())
    }

    /// The text up to a character, which is taken as well.
    pub(super) fn up_to(&mut self, end: char) -> Result<&'t str, String> {
        let at = self.rest.find(end).ok_or("a quote is not closed")?;
        self.cut(at)
    }

    /// The same, where a backslash takes its meaning from what follows it.
    fn up_to_unescaped(&mut self, end: char) -> Result<&'t str, String> {
        let mut escaped = false;
        let at = self.rest.char_indices().find_map(|(at, c)| {
            let found = c == end && !escaped;
            escaped = c == '\\' && !escaped;
            found.then_some(at)
        });
        self.cut(at.ok_or("a quote is not closed")?)
    }

    fn cut(&mut self, at: usize) -> Result<&'t str, String> {
        let (inner, rest) = self.rest.split_at_checked(at).ok_or("a quote is not closed")?;
        self.rest = rest;
        self.line += inner.matches('\n').count();
        self.bump();
        Ok(inner)
    }

    /// The text up to the bracket that closes one which was taken, and which is taken as well.
    fn skipped(&mut self, end: char) -> Result<String, String> {
        let start = self.rest;
        self.skip_until(end)?;
        let length = start.len() - self.rest.len() - end.len_utf8();
        Ok(start.get(..length).unwrap_or_default().to_owned())
    }

    /// Goes on behind the bracket that closes one which was taken; quotes and brackets within count.
    pub(super) fn skip_until(&mut self, end: char) -> Result<(), String> {
        let mut open = vec![end];
        let mut before = ' ';
        while let Some(wanted) = open.last().copied() {
            let c = self.bump().ok_or_else(|| format!("{end} is missing"))?;
            match c {
                '\\' if wanted != '\'' => {
                    self.bump();
                }
                c if c == wanted => drop(open.pop()),
                _ if wanted == '\'' => {}
                '"' => open.push('"'),
                '`' => open.push('`'),
                '\'' if wanted != '"' => open.push('\''),
                '(' if wanted != '"' => open.push(')'),
                '$' if self.take("(") => open.push(')'),
                '$' if self.take("{") => open.push('}'),
                '#' if wanted == ')' && before.is_whitespace() => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                _ => {}
            }
            before = c;
        }
        Ok(())
    }
}
