//! The command line that the running kernel was started with.

use super::System;
use crate::facts::Gap;

/// Where the kernel shows it.
pub(super) const PATH: &str = "/proc/cmdline";

/// Its words as the kernel splits them: at white space outside of double quotes, up to `--`, after which init's begin.
///
/// None on files on which no machine runs: what modules and services are told is in their own files, and what the boot loader's
/// say is a fact of its own.
pub(super) fn words(system: &System) -> Result<Vec<String>, Gap> {
    if system.is_offline() {
        return Ok(Vec::new());
    }
    let text = system.read_lossy(PATH)?;
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for c in text.chars().chain([' ']) {
        match c {
            '"' => quoted = !quoted,
            c if c.is_ascii_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    let own = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.truncate(own);
    Ok(words)
}

/// The value of a parameter, which is the last that is given; nothing when it is not there.
pub(super) fn value<'w>(words: &'w [String], name: &str) -> Option<&'w str> {
    words.iter().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn words_end_where_inits_begin() {
        let tree = Tree::new();
        tree.file("proc/cmdline", "ro  a=1 \"b=x y\" c=\"p q\" a=2 -- d=1\n");
        let words = words(&tree.system()).unwrap();
        assert_eq!(words, ["ro", "a=1", "b=x y", "c=p q", "a=2"]);
        assert_eq!((value(&words, "a"), value(&words, "ro"), value(&words, "d")), (Some("2"), None, None));
    }
}
