//! Which logs logrotate rotates (`man logrotate`).

use std::path::Path;

use super::{System, View, glob, none_if_missing};
use crate::facts::{Gap, GapKind, Logrotate, Observed, RotatedLog, Rsyslog};

/// Where it begins.
const CONFIG: &str = "/etc/logrotate.conf";
/// How deep files may include each other.
const MAX_DEPTH: usize = 8;
/// How many files are read.
const MAX_FILES: usize = 1000;
/// Files in an included directory that are passed over, by the ends of their names.
const TABOO: &[&str] = &[
    ",v",
    ".cfsaved",
    ".disabled",
    ".dpkg-bak",
    ".dpkg-del",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-tmp",
    ".rhn-cfg-tmp-",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".swp",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    "~",
];
/// Directives whose text goes on to `endscript`.
const SCRIPTS: &[&str] = &["firstaction", "lastaction", "postrotate", "preremove", "prerotate"];

/// The logs that logrotate rotates, and those of rsyslog's that it does not.
pub fn observe(system: &System, view: &View, rsyslog: &Observed<Rsyslog>) -> Observed<Logrotate> {
    let mut reader = Reader { system, logs: Vec::new(), left: MAX_FILES };
    let read = view.files().and_then(|()| reader.file(Path::new(CONFIG), 0));
    read.map(|()| {
        let rotated = |path: &str| reader.logs.iter().any(|log| glob::matches(&log.pattern, path, true));
        let unrotated = rsyslog.as_known().map(|rsyslog| {
            let mut paths: Vec<String> = rsyslog.files.iter().map(|file| file.path.clone()).collect();
            paths.sort();
            paths.dedup();
            paths.retain(|path| !rotated(path));
            paths
        });
        Logrotate { unrotated: unrotated.into(), logs: reader.logs.clone() }
    })
    .into()
}

struct Reader<'s> {
    system: &'s System,
    logs: Vec<RotatedLog>,
    left: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), Gap> {
        let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
        self.left = self.left.checked_sub(1).ok_or_else(|| malformed("too many files"))?;
        let text = self.system.read_lossy(path)?;
        // Paths before a brace, each with its line.
        let mut paths: Vec<(String, usize)> = Vec::new();
        let (mut inside, mut script) = (false, false);
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let first = line.split_whitespace().next().unwrap_or_default();
            match () {
                () if line.is_empty() || line.starts_with('#') => {}
                () if script => script = first != "endscript",
                () if SCRIPTS.contains(&first) => script = true,
                () if inside => inside = first != "}",
                () if first == "include" => {
                    let what = line.strip_prefix("include").unwrap_or_default().trim();
                    self.include(Path::new(what), path, depth)?;
                }
                () if line.starts_with(['/', '"', '\'', '{']) => {
                    let (words, opened) = words(line).ok_or_else(|| malformed("a path in quotes is not closed"))?;
                    paths.extend(words.into_iter().map(|word| (word, number + 1)));
                    if opened {
                        let place = |line: usize| format!("{}:{line}", path.display());
                        let logs = paths.drain(..).map(|(pattern, line)| RotatedLog { pattern, place: place(line) });
                        self.logs.extend(logs);
                        inside = !line.ends_with('}');
                    }
                }
                // A directive for all logs.
                () => {}
            }
        }
        if inside || script || !paths.is_empty() { Err(malformed("ends in the middle of a section")) } else { Ok(()) }
    }

    /// Reads a file, or every file of a directory.
    fn include(&mut self, what: &Path, from: &Path, depth: usize) -> Result<(), Gap> {
        if depth >= MAX_DEPTH {
            return Err(Gap::new(GapKind::Malformed, format!("{}: included too deep", from.display())));
        }
        let Ok(names) = self.system.list(what) else {
            return none_if_missing(self.file(what, depth + 1)).map(|_| ());
        };
        let taboo = |name: &str| name.starts_with('.') || TABOO.iter().any(|end| name.ends_with(end));
        names.iter().filter(|name| !taboo(name)).try_for_each(|name| self.file(&what.join(name), depth + 1))
    }
}

/// The paths of a line, and whether a section begins after them.
fn words(line: &str) -> Option<(Vec<String>, bool)> {
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '{' {
            return Some((found, true));
        }
        let (word, after) = match first {
            '"' | '\'' => rest.get(1..)?.split_once(first)?,
            _ => rest.split_at(rest.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(rest.len())),
        };
        found.push(word.to_owned());
        rest = after.trim_start();
    }
    Some((found, false))
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;
    use crate::facts::RsyslogFile;

    fn ask(tree: &Tree, written: &[&str]) -> Observed<Logrotate> {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        let file = |path: &&str| RsyslogFile {
            path: (*path).to_owned(),
            filter: String::new(),
            create_mode: 0,
            place: String::new(),
        };
        let files = written.iter().map(file).collect();
        let rsyslog = Rsyslog { files, forwards: Vec::new(), network_inputs: Vec::new(), unlogged: Vec::new() };
        observe(&system, &view, &Observed::known(rsyslog))
    }

    #[test]
    fn sections_and_included_directories_are_read() {
        let tree = Tree::new();
        tree.file("etc/logrotate.conf", "weekly\nrotate 4\n#dateext\ninclude /etc/logrotate.d\n/var/log/one { daily }\n")
            .file("etc/logrotate.d/rsyslog", "/var/log/syslog\n\"/var/log/a b.log\" /var/log/mail.log\n{\n\trotate 4\n\tpostrotate\n\t\techo }\n/var/log/not {\n\tendscript\n}\n")
            .file("etc/logrotate.d/web", "/var/log/web/*.log{\n}\n")
            .file("etc/logrotate.d/web.dpkg-old", "/var/log/old {\n}\n");
        let seen = ask(
            &tree,
            &["/var/log/syslog", "/var/log/web/a.log", "/var/log/kern.log", "/var/log/web/b/c.log", "/var/log/a b.log"],
        );
        let seen = seen.value().unwrap();
        let patterns: Vec<&str> = seen.logs.iter().map(|log| log.pattern.as_str()).collect();
        assert_eq!(
            patterns,
            ["/var/log/syslog", "/var/log/a b.log", "/var/log/mail.log", "/var/log/web/*.log", "/var/log/one"]
        );
        assert_eq!(seen.logs[2].place, "/etc/logrotate.d/rsyslog:2");
        assert_eq!(seen.unrotated.value().unwrap(), &["/var/log/kern.log", "/var/log/web/b/c.log"]);
    }

    #[test]
    fn torn_files_are_gaps() {
        let tree = Tree::new();
        assert_eq!(ask(&tree, &[]).gap().unwrap().kind, GapKind::Missing);
        for text in ["/a {\n", "/a\n", "\"/a {\n}\n", "/a {\npostrotate\n}\n", "include /etc/logrotate.conf\n"] {
            tree.file("etc/logrotate.conf", text);
            assert_eq!(ask(&tree, &[]).gap().unwrap().kind, GapKind::Malformed, "{text}");
        }
        tree.file("etc/logrotate.conf", "include /nowhere\n");
        assert!(ask(&tree, &["/x"]).value().unwrap().logs.is_empty());
    }
}
