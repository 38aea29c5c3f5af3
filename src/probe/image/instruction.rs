//! One step of an image's history: which instruction of a Dockerfile it was.
//!
//! The two builders write it differently: the classic one as the command that it would have run, with `#(nop)` in it where none
//! was, and BuildKit as the instruction itself.

use std::sync::LazyLock;

use regex::Regex;

/// An instruction, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Instruction<'t> {
    /// Nothing is told: an import, or a step whose maker left no word.
    Untold,
    /// ADD, with everything after the word.
    Add(&'t str),
    /// COPY, with everything after the word.
    Copy(&'t str),
    /// A command, with the arguments of the build that were set for it.
    Run {
        /// The arguments, by name.
        arguments: Vec<(&'t str, &'t str)>,
        /// The text that a shell ran, or words that were run without one.
        command: &'t str,
    },
    /// Any other instruction, with everything after the word.
    Setting {
        /// Its word, such as `ENV`.
        word: &'t str,
        /// Everything after it.
        rest: &'t str,
    },
}

/// The words of instructions that run nothing and copy nothing.
const SETTINGS: [&str; 14] = [
    "ARG",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
];

impl<'t> Instruction<'t> {
    /// Reads a step's `CreatedBy`.
    pub(super) fn read(created_by: &'t str) -> Self {
        let text = created_by.trim();
        let text = text.strip_suffix("# buildkit").map_or(text, str::trim_end);
        if text.is_empty() {
            return Self::Untold;
        }
        match without_operation(text) {
            Some(text) => Self::worded(text).unwrap_or(Self::Setting { word: "", rest: text }),
            None => Self::worded(text).unwrap_or_else(|| Self::run(text)),
        }
    }

    /// An instruction that begins with its word.
    fn worded(text: &'t str) -> Option<Self> {
        let (word, rest) = text.split_once([' ', '\t', '\n']).unwrap_or((text, ""));
        let rest = rest.trim_start();
        match word {
            "ADD" => Some(Self::Add(rest)),
            "COPY" => Some(Self::Copy(rest)),
            "RUN" => Some(Self::run(rest)),
            "WORKDIR" => Some(Self::Setting { word, rest }),
            word if SETTINGS.contains(&word) => Some(Self::Setting { word, rest }),
            _ => None,
        }
    }

    fn run(text: &'t str) -> Self {
        let (count, rest) = match text.strip_prefix('|').and_then(|rest| rest.split_once(' ')) {
            Some((count, rest)) => (count.parse().unwrap_or(0_usize), rest),
            None => (0, text),
        };
        if let Some((before, command)) = shell(rest).filter(|(before, _)| before.is_empty() || count > 0) {
            return Self::Run { arguments: pairs(before), command };
        }
        // Without a shell nothing tells where the last argument ends; what is none belongs to the command.
        let words = rest.split_inclusive(' ').take(count).take_while(|word| name_and_value(word).is_some());
        let (before, command) = rest.split_at_checked(words.map(str::len).sum()).unwrap_or(("", rest));
        Self::Run { arguments: pairs(before), command }
    }
}

/// What follows the mark of the classic builder for a step that ran no command. The mark counts only where the command would
/// begin: anywhere else it is a comment of a command that did run.
fn without_operation(text: &str) -> Option<&str> {
    static MARK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)^\S+(?: \S+)*? (?:-c|/c|-command) (#\(nop\))?").ok());
    let captures = MARK.as_ref()?.captures(text)?;
    text.get(captures.get(1)?.end()..).map(str::trim_start)
}

/// What stands before the first shell in a text, and what that shell was told to run.
fn shell(text: &str) -> Option<(&str, &str)> {
    static SHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^| )(?:/\S*/)?(?:busybox )?(?:sh|ash|bash|dash|ksh|zsh)(?: -\S+| pipefail)*? -[a-z]*c ").ok()
    });
    let found = SHELL.as_ref()?.find(text)?;
    let before = text.get(..found.start())?;
    // A shell further on is a program among others.
    let arguments = before.is_empty() || before.split(' ').next().is_some_and(|word| name_and_value(word).is_some());
    arguments.then(|| Some((before, text.get(found.end()..)?)))?
}

/// `NAME=value` pairs; a word that is none belongs to the value before it.
pub(super) fn pairs(text: &str) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut at = 0;
    let mut start = None;
    for word in text.split_inclusive([' ', '\n', '\t']) {
        if name_and_value(word).is_some() {
            pairs.extend(start.and_then(|start| name_and_value(text.get(start..at)?.trim())));
            start = Some(at);
        }
        at += word.len();
    }
    pairs.extend(start.and_then(|start| name_and_value(text.get(start..)?.trim())));
    pairs
}

/// Splits `NAME=value`.
pub(super) fn name_and_value(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (first && name.chars().all(plain)).then_some((name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<'t>(arguments: &[(&'t str, &'t str)], command: &'t str) -> Instruction<'t> {
        Instruction::Run { arguments: arguments.to_vec(), command }
    }

    #[test]
    fn both_builders_are_read() {
        use Instruction::{Add, Copy, Setting, Untold};
        for (text, wanted) in [
            ("", Untold),
            ("  ", Untold),
            ("/bin/sh -c #(nop) ADD file:3c2e in / ", Add("file:3c2e in /")),
            ("ADD rootfs.tar.xz / # buildkit", Add("rootfs.tar.xz /")),
            ("ADD --chown=1:1 https://a.example/x /x # buildkit", Add("--chown=1:1 https://a.example/x /x")),
            ("/bin/sh -c #(nop) COPY file:3c2e in /hello ", Copy("file:3c2e in /hello")),
            ("COPY hello /hello # buildkit", Copy("hello /hello")),
            (
                "/bin/sh -c #(nop)  ENV A=b README_ADDITIONAL=x",
                Setting { word: "ENV", rest: "A=b README_ADDITIONAL=x" },
            ),
            ("/bin/bash -o pipefail -c #(nop)  USER app", Setting { word: "USER", rest: "app" }),
            ("cmd /S /C #(nop) USER app", Setting { word: "USER", rest: "app" }),
            ("powershell -Command #(nop) USER app", Setting { word: "USER", rest: "app" }),
            ("/bin/sh -c #(nop) NEWWORD x", Setting { word: "", rest: "NEWWORD x" }),
            ("USER app", Setting { word: "USER", rest: "app" }),
            ("WORKDIR /srv", Setting { word: "WORKDIR", rest: "/srv" }),
            ("/bin/sh -c apt-get update", run(&[], "apt-get update")),
            ("RUN /bin/sh -c apt-get update # buildkit", run(&[], "apt-get update")),
            ("RUN apt-get update # buildkit", run(&[], "apt-get update")),
            ("apt-get update", run(&[], "apt-get update")),
            ("sh -ec apt-get update", run(&[], "apt-get update")),
            (
                "RUN |1 VERSION=1.2 /bin/sh -e -c echo x;     echo y # buildkit",
                run(&[("VERSION", "1.2")], "echo x;     echo y"),
            ),
            ("|2 A=b c D= /bin/bash -o pipefail -c make", run(&[("A", "b c"), ("D", "")], "make")),
            ("|1 VERSION=1.2 /bin/echo apt-get update", run(&[("VERSION", "1.2")], "/bin/echo apt-get update")),
            // The mark within a command is a comment.
            ("/bin/sh -c apt-get update #(nop) USER x", run(&[], "apt-get update #(nop) USER x")),
            ("/bin/sh -c apt-get update -c #(nop) USER x", run(&[], "apt-get update -c #(nop) USER x")),
            ("#(nop) USER x", run(&[], "#(nop) USER x")),
            ("|9 x y", run(&[], "x y")),
            ("|1 A=b c", run(&[("A", "b")], "c")),
            ("|0 A=b /bin/sh -c x", run(&[], "A=b /bin/sh -c x")),
            ("|99999999999999999999 x", run(&[], "x")),
            ("ADDITIONAL=x", run(&[], "ADDITIONAL=x")),
            ("wrap sh -c x", run(&[], "wrap sh -c x")),
        ] {
            assert_eq!(Instruction::read(text), wanted, "{text}");
        }
    }

    #[test]
    fn pairs_are_told_apart() {
        assert_eq!(pairs("A=b  c=d e f=\ng"), [("A", "b"), ("c", "d e"), ("f", "g")]);
        assert_eq!(pairs("no pair at=last"), [("at", "last")]);
        assert_eq!(pairs("=x 1=y"), []);
        assert_eq!(pairs(""), []);
    }
}
