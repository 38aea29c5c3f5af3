//! Base chains that nftables' configuration files declare (`man nft`); the rules in them are not read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::facts::{BaseChain, Gap, GapKind};
use crate::probe::{System, glob};

/// What nftables.service loads.
const CONFIG: &str = "/etc/nftables.conf";
/// Where files that are included by a plain name lie.
const FOLDER: &str = "/etc/nftables";
/// How deep files may include each other, and how many are read.
const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 500;

/// The base chains of `/etc/nftables.conf` and what it includes.
pub(super) fn bases(system: &System) -> Result<Vec<BaseChain>, Gap> {
    let mut reader = Reader { system, found: BTreeMap::new(), left: MAX_FILES };
    reader.file(Path::new(CONFIG), 0)?;
    Ok(reader.found.into_values().collect())
}

struct Reader<'s> {
    system: &'s System,
    /// By family, table and name: a chain may be declared in one place and get its hook in another.
    found: BTreeMap<(String, String, String), BaseChain>,
    left: usize,
}

/// Which block a token stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Table(String, String),
    Chain(String, String, String),
    Other,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), Gap> {
        let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
        if depth > MAX_DEPTH {
            return Err(malformed("included too deep"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| malformed("too many files"))?;
        let mut blocks: Vec<Block> = Vec::new();
        let mut statement: Vec<String> = Vec::new();
        for token in
            tokens(&self.system.read_lossy(path)?).ok_or_else(|| malformed("a text in quotes is not closed"))?
        {
            match token.as_str() {
                "{" => {
                    let block = self.opened(blocks.last(), &statement);
                    blocks.push(block);
                    statement.clear();
                }
                "}" | "\n" | ";" => {
                    self.statement(blocks.last(), &statement, depth)?;
                    statement.clear();
                    if token == "}" && blocks.pop().is_none() {
                        return Err(malformed("a brace too many"));
                    }
                }
                _ => statement.push(token),
            }
        }
        self.statement(blocks.last(), &statement, depth)?;
        if blocks.is_empty() { Ok(()) } else { Err(malformed("a brace is not closed")) }
    }

    /// The block that begins after these words.
    fn opened(&mut self, within: Option<&Block>, words: &[String]) -> Block {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let words = words.strip_prefix(&["add"]).unwrap_or(&words);
        match (within, words) {
            (None, ["table", name]) => Block::Table("ip".to_owned(), (*name).to_owned()),
            (None, ["table", family, name]) => Block::Table((*family).to_owned(), (*name).to_owned()),
            (None, ["chain", family, table, name]) => {
                Block::Chain((*family).to_owned(), (*table).to_owned(), (*name).to_owned())
            }
            (None, ["chain", table, name]) => Block::Chain("ip".to_owned(), (*table).to_owned(), (*name).to_owned()),
            (Some(Block::Table(family, table)), ["chain", name]) => {
                Block::Chain(family.clone(), table.clone(), (*name).to_owned())
            }
            _ => Block::Other,
        }
    }

    fn statement(&mut self, within: Option<&Block>, words: &[String], depth: usize) -> Result<(), Gap> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (within, words.as_slice()) {
            (_, ["include", pattern]) => self.include(pattern, depth),
            (None, ["flush", "ruleset", ..]) => {
                self.found.clear();
                Ok(())
            }
            (Some(Block::Chain(family, table, name)), ["type", kind, "hook", hook, ..]) => {
                let key = (family.clone(), table.clone(), name.clone());
                let chain = self.found.entry(key).or_insert_with(|| BaseChain {
                    family: family.clone(),
                    table: table.clone(),
                    name: name.clone(),
                    kind: String::new(),
                    hook: String::new(),
                    policy: "accept".to_owned(),
                });
                (*kind).clone_into(&mut chain.kind);
                (*hook).clone_into(&mut chain.hook);
                Ok(())
            }
            (Some(Block::Chain(family, table, name)), ["policy", policy]) => {
                if let Some(chain) = self.found.get_mut(&(family.clone(), table.clone(), name.clone())) {
                    (*policy).clone_into(&mut chain.policy);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn include(&mut self, pattern: &str, depth: usize) -> Result<(), Gap> {
        let whole = if pattern.starts_with('/') { PathBuf::from(pattern) } else { Path::new(FOLDER).join(pattern) };
        let whole = whole.to_string_lossy();
        if !glob::is_pattern(&whole) {
            return self.file(Path::new(whole.as_ref()), depth + 1);
        }
        glob::expand(self.system, &whole)?.iter().try_for_each(|file| self.file(file, depth + 1))
    }
}

/// Words, braces, semicolons and ends of lines; comments are left out. Nothing when a text in quotes is not closed.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut rest = text.chars();
    let end = |word: &mut String, found: &mut Vec<String>| {
        if !word.is_empty() {
            found.push(std::mem::take(word));
        }
    };
    while let Some(c) = rest.next() {
        match c {
            '#' => {
                end(&mut word, &mut found);
                rest.by_ref().find(|c| *c == '\n');
                found.push("\n".to_owned());
            }
            '"' => {
                let mut closed = false;
                for c in rest.by_ref() {
                    closed = c == '"';
                    if closed {
                        break;
                    }
                    word.push(c);
                }
                if !closed {
                    return None;
                }
                end(&mut word, &mut found);
            }
            '\\' if rest.as_str().starts_with('\n') => {
                rest.next();
                end(&mut word, &mut found);
            }
            '{' | '}' | ';' | '\n' => {
                end(&mut word, &mut found);
                found.push(c.to_string());
            }
            c if c.is_whitespace() => end(&mut word, &mut found),
            c => word.push(c),
        }
    }
    end(&mut word, &mut found);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::super::tree::Tree;
    use super::*;

    fn told(tree: &Tree) -> Vec<String> {
        let word = |chain: BaseChain| {
            let BaseChain { family, table, name, kind, hook, policy } = chain;
            format!("{family} {table} {name} {kind} {hook} {policy}")
        };
        bases(&tree.system()).unwrap().into_iter().map(word).collect()
    }

    #[test]
    fn base_chains_are_found_however_they_are_written() {
        let tree = Tree::new();
        tree.file(
            "etc/nftables.conf",
            "#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n\tset s { type ipv4_addr; elements = { 1.2.3.4, 5.6.7.8 } }\n\
             \tchain input { # x }\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport { 22, 80 } accept\n\t}\n\
             \tchain helper {\n\t\tlog prefix \"policy drop; {\" drop\n\t}\n\
             \tchain forward { type filter hook forward priority filter; }\n}\ntable nat {\n chain post { type nat hook postrouting priority 100\n policy accept }\n}\n\
             add chain ip6 six out { type filter hook output priority 0; policy drop; }\ninclude \"/etc/nftables.d/*.nft\"\ninclude \"own.nft\"\n",
        )
        .file("etc/nftables.d/a.nft", "table inet more {\n chain input {\n type filter hook input priority 5 ; policy accept ;\n }\n}\n")
        .file("etc/nftables.d/b.txt", "table inet no { chain c { type filter hook input priority 0; } }\n")
        .file("etc/nftables/own.nft", "table inet filter { chain input { policy accept; } }\n");
        assert_eq!(
            told(&tree),
            [
                "inet filter forward filter forward accept",
                "inet filter input filter input accept",
                "inet more input filter input accept",
                "ip nat post nat postrouting accept",
                "ip6 six out filter output drop",
            ]
        );
        tree.file("etc/nftables/own.nft", "flush ruleset\n");
        assert!(told(&tree).is_empty());
    }

    #[test]
    fn torn_files_are_gaps() {
        let tree = Tree::new();
        assert_eq!(bases(&tree.system()).unwrap_err().kind, GapKind::Missing);
        for text in ["table inet x {", "}", "include \"/etc/nftables.conf\"", "log prefix \"x"] {
            tree.file("etc/nftables.conf", text);
            assert_eq!(bases(&tree.system()).unwrap_err().kind, GapKind::Malformed, "{text}");
        }
    }
}
