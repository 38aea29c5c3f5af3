//! The words of a shell's command line, as far as they stand in it: nothing is expanded and nothing is run.

/// How deep commands within commands are followed.
const MAX_DEPTH: usize = 8;

/// A program with its words, and what stands within it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Words with their quotes removed; variables stay as they are written. Assignments before the program are among them.
    pub(super) words: Vec<String>,
    /// The text of documents that are written right here (`<<EOF`).
    pub(super) documents: Vec<String>,
    /// Whether its output goes to the next command.
    pub(super) piped: bool,
    /// The program that gets its output as a word, or as a file; empty when none does.
    pub(super) within: String,
}

/// Programs that run a text as a command line.
const SHELLS: [&str; 9] = ["sh", "ash", "bash", "dash", "ksh", "zsh", "su", "runuser", "eval"];
/// Words before a program that are none themselves.
const BEFORE: [&str; 12] = ["!", "{", "(", "if", "then", "else", "elif", "do", "while", "until", "time", "coproc"];

impl Command {
    /// The program and its words: assignments, reserved words and programs that only start another are left out.
    pub(super) fn program(&self) -> (&str, &[String]) {
        let mut words = self.words.as_slice();
        while let [first, rest @ ..] = words {
            if !(assigns(first) || BEFORE.contains(&first.as_str())) {
                return (base_name(first), rest);
            }
            words = rest;
        }
        ("", &[])
    }

    /// The assignments before the program, and those of `export` and its like.
    pub(super) fn assignments(&self) -> impl Iterator<Item = (&str, &str)> {
        let (program, arguments) = self.program();
        let exported = if matches!(program, "export" | "env" | "declare" | "local" | "readonly" | "typeset") {
            arguments
        } else {
            &[]
        };
        let before = self.words.iter().take_while(|word| assigns(word) || BEFORE.contains(&word.as_str()));
        before.chain(exported).filter(|word| assigns(word)).filter_map(|word| word.split_once('='))
    }
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn assigns(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Every command of a text, those of substitutions and of shells that it starts included.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    read(text, 0, "", &mut commands);
    commands
}

/// Whether a program runs one of its words as a command line.
pub(super) fn is_line(program: &str, word: &str) -> bool {
    SHELLS.contains(&program) && word.contains([' ', '\n'])
}

fn read(text: &str, depth: usize, within: &str, commands: &mut Vec<Command>) {
    let mut lexer = Lexer::new(text);
    lexer.run();
    for (mut command, inner) in lexer.done {
        within.clone_into(&mut command.within);
        let (program, arguments) = command.program();
        if depth < MAX_DEPTH {
            inner.iter().for_each(|text| read(text, depth + 1, program, commands));
            let lines = arguments.iter().filter(|word| is_line(program, word));
            lines.for_each(|text| read(text, depth + 1, "", commands));
        }
        commands.push(command);
    }
}

/// Cuts a text into commands. What a torn text leaves open ends with it.
struct Lexer<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    done: Vec<(Command, Vec<String>)>,
    command: Command,
    /// The texts of substitutions in the command.
    inner: Vec<String>,
    word: String,
    /// Whether a word has begun; it can be empty.
    open: bool,
    /// Ends of documents that begin after this line.
    ends: Vec<String>,
    /// Whether the next word is the end of a document.
    awaits_end: bool,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text.chars().peekable(),
            done: Vec::new(),
            command: Command::default(),
            inner: Vec::new(),
            word: String::new(),
            open: false,
            ends: Vec::new(),
            awaits_end: false,
        }
    }

    fn run(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escaped(),
                '\'' => self.quoted(),
                '"' => self.double_quoted(),
                '`' => self.backticks(),
                '$' => self.dollar(),
                '#' if !self.open => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    self.end_command(false);
                    self.documents();
                }
                c if c.is_whitespace() => self.end_word(),
                ';' | '(' | ')' => self.end_command(false),
                '&' => {
                    // `&>` sends output somewhere, `>&1` too.
                    let redirects = self.word.ends_with('>') || self.rest.peek() == Some(&'>');
                    if redirects { self.add('&') } else { self.end_command(false) }
                }
                '|' => {
                    let or = self.rest.next_if_eq(&'|').is_some();
                    self.rest.next_if_eq(&'&');
                    self.end_command(!or);
                }
                '<' => self.input(),
                c => self.add(c),
            }
        }
        self.end_command(false);
    }

    fn add(&mut self, c: char) {
        self.word.push(c);
        self.open = true;
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.open) {
            let word = std::mem::take(&mut self.word);
            if std::mem::take(&mut self.awaits_end) {
                self.ends.push(word);
            } else {
                self.command.words.push(word);
            }
        }
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        let inner = std::mem::take(&mut self.inner);
        if !command.words.is_empty() || !inner.is_empty() {
            self.done.push((Command { piped, ..command }, inner));
        }
    }

    fn escaped(&mut self) {
        match self.rest.next() {
            // A line that goes on.
            Some('\n') | None => {}
            Some(c) => self.add(c),
        }
    }

    fn quoted(&mut self) {
        self.open = true;
        while let Some(c) = self.rest.next().filter(|c| *c != '\'') {
            self.word.push(c);
        }
    }

    fn double_quoted(&mut self) {
        self.open = true;
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return,
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.word.push(c),
                    Some(c) => self.word.extend(['\\', c]),
                },
                '`' => self.backticks(),
                '$' => self.dollar(),
                c => self.word.push(c),
            }
        }
    }

    fn backticks(&mut self) {
        self.open = true;
        let mut inner = String::new();
        while let Some(c) = self.rest.next().filter(|c| *c != '`') {
            match (c, self.rest.peek()) {
                ('\\', Some('`' | '\\' | '$')) => inner.extend(self.rest.next()),
                _ => inner.push(c),
            }
        }
        self.word.push_str("$(…)");
        self.inner.push(inner);
    }

    fn dollar(&mut self) {
        self.add('$');
        match self.rest.peek() {
            Some('(') => {
                self.rest.next();
                self.word.push_str("(…)");
                let inner = self.balanced();
                self.inner.push(inner);
            }
            Some('{') => {
                for c in self.rest.by_ref() {
                    self.word.push(c);
                    if c == '}' {
                        return;
                    }
                }
            }
            Some('\'') => {
                self.word.pop();
                self.rest.next();
                self.quoted();
            }
            _ => {}
        }
    }

    /// The text up to the parenthesis that closes the one before it.
    fn balanced(&mut self) -> String {
        let (mut text, mut open, mut quote) = (String::new(), 1_usize, None);
        while let Some(c) = self.rest.next() {
            match (quote, c) {
                (_, '\\') if quote != Some('\'') => {
                    text.push(c);
                    text.extend(self.rest.next());
                    continue;
                }
                (Some(mark), c) if mark == c => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => open += 1,
                (None, ')') => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
            text.push(c);
        }
        text
    }

    /// After a `<`: a document, a string, a process or a file.
    fn input(&mut self) {
        let number = self.word.chars().all(|c| c.is_ascii_digit());
        if self.open && number {
            self.word.clear();
            self.open = false;
        }
        self.end_word();
        if self.rest.next_if_eq(&'(').is_some() {
            let inner = self.balanced();
            self.word.push_str("<(…)");
            self.open = true;
            self.inner.push(inner);
        } else if self.rest.next_if_eq(&'<').is_some() && self.rest.next_if_eq(&'<').is_none() {
            self.rest.next_if_eq(&'-');
            self.awaits_end = true;
        }
    }

    /// The documents that begin here belong to the command before.
    fn documents(&mut self) {
        for end in std::mem::take(&mut self.ends) {
            let mut document = String::new();
            loop {
                let mut line = String::new();
                while let Some(c) = self.rest.next_if(|c| *c != '\n') {
                    line.push(c);
                }
                let last = self.rest.next().is_none();
                if line.trim() == end {
                    break;
                }
                document.push_str(&line);
                document.push('\n');
                if last {
                    break;
                }
            }
            if let Some((command, _)) = self.done.last_mut() {
                command.documents.push(document);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        commands(text).into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn a_command_line_is_cut_into_words() {
        for (text, wanted) in [
            ("a b  c", &[&["a", "b", "c"][..]][..]),
            ("a && b || c; d & e | f", &[&["a"], &["b"], &["c"], &["d"], &["e"], &["f"]]),
            ("a 'b c' \"d 'e\" f\\ g h''", &[&["a", "b c", "d 'e", "f g", "h"]]),
            ("a \"\" '' # b\nc#d", &[&["a", "", ""], &["c#d"]]),
            ("a \\\n b 2>&1 >x &>y", &[&["a", "b", "2>&1", ">x", "&>y"]]),
            (
                "a $(b $(c) ')') `d \\`e\\`` x",
                &[&["c"], &["b", "$(…)", ")"], &["e"], &["d", "$(…)"], &["a", "$(…)", "$(…)", "x"]],
            ),
            ("a \"$(b c)\" ${d:-e f}", &[&["b", "c"], &["a", "$(…)", "${d:-e f}"]]),
            ("(a; b) && { c; }", &[&["a"], &["b"], &["{", "c"], &["}"]]),
            ("sh -c 'a b && c d'", &[&["a", "b"], &["c", "d"], &["sh", "-c", "a b && c d"]]),
            ("bash <(a b) <<<x", &[&["a", "b"], &["bash", "<(…)", "x"]]),
            ("a <b 0<c", &[&["a", "b", "c"]]),
            ("a $'b c'", &[&["a", "b c"]]),
            ("a '", &[&["a", ""]]),
            ("a $(b", &[&["b"], &["a", "$(…)"]]),
            ("", &[]),
        ] {
            assert_eq!(words(text), wanted, "{text}");
        }
    }

    #[test]
    fn documents_belong_to_their_command() {
        let read = commands("cat >x <<'EOF' && b\nc d\ne\nEOF\nf <<-X | g\n\th\n\tX\ni <<Y\nopen");
        let seen: Vec<(&str, Vec<&str>)> =
            read.iter().map(|c| (c.words[0].as_str(), c.documents.iter().map(String::as_str).collect())).collect();
        let wanted =
            [("cat", vec![]), ("b", vec!["c d\ne\n"]), ("f", vec![]), ("g", vec!["\th\n"]), ("i", vec!["open\n"])];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn a_program_is_found_behind_what_stands_before_it() {
        let programs = |text: &str| {
            let read = commands(text);
            read.iter().map(|command| command.program().0.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(programs("A=b C= /usr/bin/apt-get update"), ["apt-get"]);
        assert_eq!(programs("if ! a; then b; else A=1 c; fi"), ["a", "b", "c", "fi"]);
        assert_eq!(programs("A=b"), [""]);
        let read = commands("A=1 export B=2 C; D=3");
        let pairs: Vec<(&str, &str)> = read.iter().flat_map(Command::assignments).collect();
        assert_eq!(pairs, [("A", "1"), ("B", "2"), ("D", "3")]);
    }

    #[test]
    fn a_torn_or_hostile_text_ends() {
        for text in ["$(".repeat(10_000), "`".repeat(10_001), "<(".repeat(10_000), "'\"".repeat(5000), "<<".repeat(999)]
        {
            commands(&text);
        }
        let nested = (0..50).fold("apt-get update".to_owned(), |text, _| format!("sh -c '{text}'"));
        commands(&nested);
    }
}
