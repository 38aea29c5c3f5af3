//! Secrets in what an image tells of itself: its variables, its labels and its history. Only where one is and what it is goes
//! on from here; the secret itself does not.

mod token;
mod value;

use std::collections::BTreeSet;

use super::history::files;
use super::instruction::{self, Instruction};
use crate::facts::Secret;
use crate::probe::shell_line::{self, Command};

/// Secrets in variables (`NAME=value`), labels and the steps of a history, the first one first.
pub(crate) fn secrets<'t>(
    variables: impl IntoIterator<Item = &'t str>,
    labels: impl IntoIterator<Item = (&'t str, &'t str)>,
    history: impl IntoIterator<Item = &'t str>,
) -> Vec<Secret> {
    let mut search = Search::of(variables, labels);
    for (index, text) in history.into_iter().enumerate() {
        search.step(&format!("step {}", index + 1), text);
    }
    search.found
}

/// Secrets in what a service gives its tasks: variables, labels, and the words of its command.
pub(crate) fn secrets_of_service<'t>(
    variables: impl IntoIterator<Item = &'t str>,
    labels: impl IntoIterator<Item = (&'t str, &'t str)>,
    command: &str,
) -> Vec<Secret> {
    let mut search = Search::of(variables, labels);
    search.tokens("command", command);
    search.line("command", command);
    search.found
}

/// A search on its way; what was found once is not told again.
#[derive(Default)]
struct Search {
    found: Vec<Secret>,
    seen: BTreeSet<String>,
}

impl Search {
    fn of<'t>(
        variables: impl IntoIterator<Item = &'t str>,
        labels: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let mut search = Self::default();
        for variable in variables {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            search.pair(&format!("variable {name}"), name, value);
        }
        for (name, value) in labels {
            search.pair(&format!("label {name}"), name, value);
        }
        search
    }

    fn add(&mut self, place: &str, kind: &str, secret: &str, public: usize) {
        if self.seen.insert(secret.to_owned()) {
            let shown: String = secret.chars().take(public).collect();
            let masked = format!("{shown}… ({} characters)", secret.chars().count());
            self.found.push(Secret { place: place.to_owned(), kind: kind.to_owned(), masked });
        }
    }

    /// Secrets of known shapes; whether there was one.
    fn tokens(&mut self, place: &str, text: &str) -> bool {
        let found = token::find(text);
        found.iter().for_each(|one| self.add(place, one.kind, one.secret, one.public));
        !found.is_empty()
    }

    /// A value with the name that it is given to.
    fn pair(&mut self, place: &str, name: &str, value: &str) {
        if self.tokens(place, value) {
            return;
        }
        if let Some((ask, last)) = value::asks(name)
            && value::is_secret(ask, last, value)
        {
            let kind = match ask {
                value::Ask::Password => "password",
                value::Ask::Token => "value of a name that asks for a secret",
            };
            self.add(place, kind, value, 0);
        } else if value.contains('=') {
            self.line(place, value);
        }
    }

    fn step(&mut self, place: &str, text: &str) {
        self.tokens(place, text);
        match Instruction::read(text) {
            Instruction::Untold => {}
            Instruction::Add(rest) | Instruction::Copy(rest) => self.copied(place, rest),
            Instruction::Run { arguments, command } => {
                for (name, value) in arguments {
                    self.pair(&format!("{place}, argument {name}"), name, value);
                }
                self.line(place, command);
            }
            Instruction::Setting { word: word @ ("ARG" | "ENV" | "LABEL"), rest } => {
                for (name, value) in instruction::pairs(rest) {
                    self.pair(&format!("{place}, {word} {name}"), name, value);
                }
            }
            Instruction::Setting { rest, .. } => self.line(place, rest.trim_matches(['[', ']', '&', '{', '}'])),
        }
    }

    /// Files that are known to hold nothing but secrets.
    fn copied(&mut self, place: &str, rest: &str) {
        for path in files(rest) {
            let name = shell_line::base_name(path);
            let known = ["id_dsa", "id_ecdsa", "id_ed25519", "id_rsa", ".netrc", ".pgpass", ".git-credentials"];
            if known.contains(&name) || path.ends_with(".aws/credentials") || path.ends_with(".docker/config.json") {
                self.add(place, &format!("file {name}"), name, usize::MAX);
            }
        }
    }

    /// A command line.
    fn line(&mut self, place: &str, text: &str) {
        let commands = shell_line::commands(text);
        for (index, command) in commands.iter().enumerate() {
            self.words(place, command);
            let next = commands.get(index + 1).filter(|_| command.piped).map(|next| next.program().0);
            if next == Some("chpasswd") || command.program().0 == "chpasswd" {
                self.accounts(place, command);
            }
        }
    }

    fn words(&mut self, place: &str, command: &Command) {
        let (program, arguments) = command.program();
        // Anything else with an equals sign in it is a comparison or a text.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
        let own = command.words.iter().filter(|word| !shell_line::is_line(program, word));
        for (name, value) in own.filter_map(|word| word.split_once('=')) {
            if name.chars().all(plain) {
                self.asked(place, name, value);
            }
        }
        for (option, value) in arguments.iter().zip(arguments.iter().skip(1)) {
            match (program, option.as_str()) {
                ("curl" | "wget" | "http", "-u" | "--user") => {
                    self.asked(place, "password", value.split_once(':').map_or("", |(_, password)| password));
                }
                ("sshpass" | "docker", "-p") => self.asked(place, "password", value),
                (_, option) if option.starts_with("--") && !option.contains('=') && !value.starts_with('-') => {
                    self.asked(place, option, value);
                }
                _ => {}
            }
        }
    }

    /// A value that a command gives to a name. What else is in it was looked at with the whole step.
    fn asked(&mut self, place: &str, name: &str, value: &str) {
        if let Some((ask, last)) = value::asks(name)
            && value::is_secret(ask, last, value)
        {
            self.add(place, "value of a name that asks for a secret", value, 0);
        }
    }

    /// Lines of `account:password`.
    fn accounts(&mut self, place: &str, command: &Command) {
        let texts = command.words.iter().chain(&command.documents);
        for line in texts.flat_map(|text| text.split(['\n', '\\'])) {
            if let Some((_, password)) =
                line.trim().split_once(':').filter(|(account, _)| !account.contains(['$', '/']))
            {
                self.asked(place, "password", password);
            }
        }
    }
}

#[cfg(test)]
mod tests;
