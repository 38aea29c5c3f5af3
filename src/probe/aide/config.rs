//! AIDE's configuration (`man aide.conf`).

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use regex::Regex;

use crate::facts::{Gap, GapKind};
use crate::probe::System;

/// Where it begins.
const CONFIG: &str = "/etc/aide/aide.conf";
/// How deep files may include each other, and how many are read.
const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 2000;
/// Groups that AIDE knows by itself.
const GROUPS: [(&str, &str); 6] = [
    ("R", "p+ftype+i+l+n+u+g+s+m+c+md5+X"),
    ("L", "p+ftype+i+l+n+u+g+X"),
    (">", "p+ftype+l+u+g+i+n+s+growing+X"),
    ("H", "md5+sha1+sha256+sha512+rmd160+tiger+crc32+haval+gost+whirlpool+stribog256+stribog512"),
    ("X", "acl+selinux+xattrs+e2fsattrs+caps"),
    ("E", ""),
];
/// What the name of a macro follows.
const MACRO: &str = "@@{";
/// Characters that mean something in a regular expression.
const SPECIAL: [char; 14] = ['\\', '[', ']', '(', ')', '{', '}', '*', '+', '?', '.', '^', '$', '|'];

/// What AIDE is told.
pub(super) struct Config {
    pub(super) database: String,
    groups: BTreeMap<String, String>,
    rules: Vec<Rule>,
    /// A program whose output AIDE reads as well; what it says is not known.
    program: Option<String>,
}

/// Which files are watched.
struct Rule {
    /// The regular expression that a path has to begin with.
    pattern: String,
    /// `!` for files that are left out, `=` for a file alone, or nothing.
    kind: Option<char>,
    attributes: String,
    place: String,
}

impl Rule {
    /// The directory that its plain beginning lies in.
    fn folder(&self) -> &str {
        let fixed = self.pattern.split(MACRO).next().unwrap_or_default();
        let plain = fixed.find(|c| SPECIAL.contains(&c)).unwrap_or(fixed.len());
        let before = fixed.get(..plain).unwrap_or_default();
        before.get(..before.rfind('/').unwrap_or_default()).unwrap_or_default()
    }

    /// Whether a macro in it has no value that is known.
    fn is_open(&self) -> bool {
        self.pattern.contains(MACRO)
    }

    /// Its regular expression, anything in the place of macros without a value.
    fn assumed(&self) -> String {
        let mut parts = self.pattern.split(MACRO);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |whole, part| whole + ".*" + part.split_once('}').map_or("", |(_, rest)| rest))
    }
}

impl Config {
    pub(super) fn read(system: &System) -> Result<Self, Gap> {
        let groups = GROUPS.map(|(name, members)| (name.to_owned(), members.to_owned())).into();
        let config = Self { database: String::new(), groups, rules: Vec::new(), program: None };
        let mut reader = Reader { system, config, macros: BTreeMap::new(), left: MAX_FILES };
        reader.file(Path::new(CONFIG), 0)?;
        Ok(reader.config)
    }

    /// The attributes that are compared of a regular file; none where no rule takes it.
    ///
    /// Of the rules that match, those whose plain beginning lies deepest are asked first, in their order in the files. What a
    /// program gives to AIDE, rules or the values of macros, is not known; only a rule that lies as deep as any can outranks it.
    pub(super) fn attributes(&self, path: &str) -> Result<Vec<String>, Gap> {
        let mut matching: Vec<(usize, &Rule)> = Vec::new();
        let mut open = self.program.as_ref().map(|program| format!("{program} is a program"));
        for rule in self.rules.iter().filter(|rule| path.starts_with(rule.folder())) {
            let regex = Regex::new(&format!("^(?:{})", rule.assumed())).map_err(|_| {
                Gap::new(GapKind::Unsupported, format!("{}: a regular expression that is not understood", rule.place))
            })?;
            let matches = match rule.kind {
                // What is in a directory that is left out is left out too.
                Some('!') => Path::new(path).ancestors().filter_map(Path::to_str).any(|path| regex.is_match(path)),
                Some(_) => alone(&regex, &rule.pattern, path),
                None => regex.is_match(path),
            };
            match rule.kind {
                _ if !matches => {}
                _ if rule.is_open() => open = open.or_else(|| Some(format!("{}: a macro without a value", rule.place))),
                Some('!') => return Ok(Vec::new()),
                _ => matching.push((rule.folder().len(), rule)),
            }
        }
        // The sort keeps the order of those that lie equally deep.
        matching.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
        let own_folder = path.rfind('/').unwrap_or_default();
        match (open, matching.first()) {
            (Some(open), found) if found.is_none_or(|(depth, _)| *depth < own_folder) => {
                Err(Gap::new(GapKind::Unsupported, format!("{open}, and what rules AIDE has by it is not known")))
            }
            (_, Some((_, rule))) => Ok(self.taken_apart(&rule.attributes)),
            (_, None) => Ok(Vec::new()),
        }
    }

    /// The attributes that an expression comes to.
    fn taken_apart(&self, expression: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        self.add(expression, &mut found, 0);
        found.into_iter().collect()
    }

    fn add(&self, expression: &str, found: &mut BTreeSet<String>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut rest = expression;
        let mut takes_away = false;
        while !rest.is_empty() {
            let end = rest.find(['+', '-']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let name = name.trim();
            let mut members = BTreeSet::new();
            match self.groups.get(name) {
                Some(group) => self.add(group, &mut members, depth + 1),
                None if name.is_empty() => {}
                None => drop(members.insert(name.to_owned())),
            }
            if takes_away {
                found.retain(|attribute| !members.contains(attribute));
            } else {
                found.extend(members);
            }
            takes_away = after.starts_with('-');
            rest = after.get(1..).unwrap_or_default();
        }
    }
}

/// Whether a rule for a file alone takes one: it matches all of the path, or, ending in a slash, the directory that it is in.
fn alone(regex: &Regex, pattern: &str, path: &str) -> bool {
    let rest = regex.find(path).and_then(|found| path.get(found.end()..));
    rest.is_some_and(|rest| rest.is_empty() || pattern.ends_with('/') && !rest.contains('/'))
}

struct Reader<'s> {
    system: &'s System,
    config: Config,
    macros: BTreeMap<String, String>,
    left: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), Gap> {
        let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
        if depth > MAX_DEPTH {
            return Err(malformed("included too deep"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| malformed("too many files"))?;
        // Whether the lines of each condition around this one count.
        let mut conditions: Vec<bool> = Vec::new();
        for (number, line) in self.system.read_lossy(path)?.lines().enumerate() {
            let line = self.filled(line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = format!("{}:{}", path.display(), number + 1);
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [word @ ("@@ifdef" | "@@ifndef"), name, ..] => {
                    conditions.push(self.macros.contains_key(*name) == (*word == "@@ifdef"));
                }
                ["@@if", "not", "defined", name, ..] => conditions.push(!self.macros.contains_key(*name)),
                ["@@if", "defined", name, ..] => conditions.push(self.macros.contains_key(*name)),
                ["@@if" | "@@ifhost" | "@@ifnhost", ..] => {
                    return Err(Gap::new(GapKind::Unsupported, format!("{place}: a condition that is not understood")));
                }
                ["@@else", ..] => {
                    let last = conditions.last_mut().ok_or_else(|| malformed("an else of nothing"))?;
                    *last = !*last;
                }
                ["@@endif", ..] => drop(conditions.pop().ok_or_else(|| malformed("an endif of nothing"))?),
                _ if conditions.contains(&false) => {}
                ["@@define", name, value @ ..] => drop(self.macros.insert((*name).to_owned(), value.join(" "))),
                ["@@undef", name, ..] => drop(self.macros.remove(*name)),
                ["@@include" | "@@x_include", what] => {
                    self.include(Path::new(what), line.starts_with("@@x_"), depth)?
                }
                ["@@include" | "@@x_include", folder, pattern, ..] => {
                    self.folder(Path::new(folder), pattern, line.starts_with("@@x_"), depth)?;
                }
                [word, ..] if word.starts_with("@@") => {}
                _ => self.line(&line, place),
            }
        }
        if conditions.is_empty() { Ok(()) } else { Err(malformed("a condition is not closed")) }
    }

    /// A line with the values of macros in it.
    fn filled(&self, line: &str) -> String {
        let mut text = line.to_owned();
        for (name, value) in &self.macros {
            text = text.replace(&format!("@@{{{name}}}"), value);
        }
        text
    }

    /// Reads a file, or notes that it is a program.
    fn include(&mut self, path: &Path, may_be_program: bool, depth: usize) -> Result<(), Gap> {
        let target = self.system.resolve(path)?;
        let metadata = std::fs::symlink_metadata(self.system.real(&target));
        let metadata = metadata.map_err(|error| Gap::io(path.display(), &error))?;
        if may_be_program && metadata.permissions().mode() & 0o111 != 0 {
            self.config.program.get_or_insert_with(|| path.display().to_string());
            return Ok(());
        }
        self.file(path, depth + 1)
    }

    fn folder(&mut self, folder: &Path, pattern: &str, may_be_program: bool, depth: usize) -> Result<(), Gap> {
        let wanted = Regex::new(pattern).map_err(|error| Gap::new(GapKind::Unsupported, error.to_string()))?;
        let names = self.system.list(folder)?;
        names
            .iter()
            .filter(|name| wanted.is_match(name))
            .try_for_each(|name| self.include(&folder.join(name), may_be_program, depth))
    }

    /// A rule, or an assignment.
    fn line(&mut self, line: &str, place: String) {
        let (kind, rest) = match line.chars().next() {
            Some(kind @ ('!' | '=')) => (Some(kind), line.get(1..).unwrap_or_default()),
            _ => (None, line),
        };
        if rest.starts_with('/') {
            let mut words = rest.split_whitespace();
            let pattern = words.next().unwrap_or_default().replace("%20", " ");
            let rest: Vec<&str> = words.collect();
            let (types, attributes) = match (kind, rest.as_slice()) {
                (Some('!'), [types, ..]) => (Some(*types), ""),
                (_, [types, attributes]) => (Some(*types), *attributes),
                (_, [attributes]) => (None, *attributes),
                _ => (None, ""),
            };
            // Restricted to kinds of file other than regular ones.
            if types.is_some_and(|types| !types.split(',').any(|one| one == "f" || one == "0")) {
                return;
            }
            self.config.rules.push(Rule { pattern, kind, attributes: attributes.to_owned(), place });
        } else if let Some((name, value)) = line.split_once('=') {
            let (name, value) = (name.trim(), value.trim());
            match name {
                "database" | "database_in" => value.clone_into(&mut self.config.database),
                _ => drop(self.config.groups.insert(name.to_owned(), value.to_owned())),
            }
        }
    }
}
