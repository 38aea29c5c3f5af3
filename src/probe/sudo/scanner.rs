//! The words of sudoers.

/// What is left of a line.
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

/// Characters that end a word.
const ENDS: &[char] = &[',', '=', ':', '(', ')', '!', ' ', '\t', '"'];

impl<'t> Scanner<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    /// Takes a text, if the rest begins with it.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a character that stands right here, without a blank before it.
    pub(super) fn take_here(&mut self, wanted: char) -> bool {
        self.rest.strip_prefix(wanted).map(|rest| self.rest = rest).is_some()
    }

    /// A word, or a text in quotes; a backslash takes the special meaning from what follows it.
    pub(super) fn word(&mut self) -> Option<String> {
        self.skip_blanks();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let end = end_of(quoted, &['"'])?;
            self.rest = quoted.get(end + 1..)?;
            return Some(unescaped(quoted.get(..end)?));
        }
        let end = end_of(self.rest, ENDS).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(unescaped(word)).filter(|word| !word.is_empty())
    }

    /// The value of a setting: a text in quotes, or everything up to a comma or a blank.
    pub(super) fn value(&mut self) -> Option<String> {
        self.skip_blanks();
        if self.rest.starts_with('"') {
            return self.word().or_else(|| Some(String::new()));
        }
        let end = end_of(self.rest, &[',', ' ', '\t']).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(unescaped(value))
    }

    /// A command with its arguments, as written, up to a comma or a colon; in a regular expression those mean nothing.
    pub(super) fn command(&mut self) -> Option<String> {
        self.skip_blanks();
        let end = match self.rest.strip_prefix('^') {
            Some(_) => {
                let ends = |at: usize| {
                    self.rest.get(at + 1..).is_some_and(|after| after.is_empty() || after.starts_with([',', ':', ' ']))
                };
                let (at, _) = self.rest.match_indices('$').find(|(at, _)| ends(*at))?;
                let arguments = self.rest.get(at + 1..)?;
                at + 1 + end_of(arguments, &[',', ':']).unwrap_or(arguments.len())
            }
            None => end_of(self.rest, &[',', ':']).unwrap_or(self.rest.len()),
        };
        let (command, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(command.trim_end().to_owned()).filter(|command| !command.is_empty())
    }

    /// Members of a list, each with the `!` before it, joined by commas.
    pub(super) fn list(&mut self) -> Option<Vec<String>> {
        let mut members = Vec::new();
        loop {
            let mut member = String::new();
            while self.take("!") {
                member.push('!');
            }
            member.push_str(&self.word()?);
            members.push(member);
            if !self.take(",") {
                return Some(members);
            }
        }
    }

    /// The name of a setting.
    pub(super) fn setting_name(&mut self) -> Option<String> {
        self.skip_blanks();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(name.to_owned()).filter(|name| !name.is_empty())
    }

    /// The path of an include: in quotes, or a word up to a blank.
    pub(super) fn include_path(mut self) -> String {
        self.skip_blanks();
        if self.rest.starts_with('"') {
            return self.word().unwrap_or_default();
        }
        let end = end_of(self.rest, &[' ', '\t']).unwrap_or(self.rest.len());
        unescaped(self.rest.get(..end).unwrap_or_default())
    }

    /// Whether a word goes on right here.
    pub(super) fn continues_word(&self) -> bool {
        self.rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '=' | ','))
    }

    /// The same place, to look further without having gone there.
    pub(super) const fn ahead(&self) -> Self {
        Self { rest: self.rest }
    }
}

/// Where the first of these characters stands that no backslash comes before.
fn end_of(text: &str, ends: &[char]) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let found = !escaped && ends.contains(&c);
        escaped = c == '\\' && !escaped;
        found.then_some(at)
    })
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}
