//! `/etc/sudoers` and what it includes, as lines that were understood.

use std::path::{Path, PathBuf};

use super::scanner::Scanner;
use crate::facts::{FileKind, Gap, GapKind};
use crate::probe::{System, file, host, none_if_missing};

const SUDOERS: &str = "/etc/sudoers";
/// How deep files may include each other, as in sudo.
const MAX_DEPTH: usize = 128;
/// The most files, each as often as it is read.
const MAX_FILES: usize = 2000;
/// The words before definitions of aliases.
const ALIASES: &[&str] = &["User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias"];
/// What can stand before a command and a colon.
const TAGS: &[&str] = &[
    "NOPASSWD",
    "PASSWD",
    "NOEXEC",
    "EXEC",
    "SETENV",
    "NOSETENV",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "FOLLOW",
    "NOFOLLOW",
    "MAIL",
    "NOMAIL",
    "INTERCEPT",
    "NOINTERCEPT",
];
/// What can stand before a command and an equals sign.
const OPTIONS: &[&str] =
    &["ROLE", "TYPE", "PRIVS", "LIMITPRIVS", "TIMEOUT", "NOTBEFORE", "NOTAFTER", "CWD", "CHROOT", "APPARMOR_PROFILE"];
/// The digests that can stand before a command and a colon.
const DIGESTS: &[&str] = &["sha224", "sha256", "sha384", "sha512"];

/// A setting of one `Defaults` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    /// Whether an odd number of `!` is before it.
    pub(super) negated: bool,
    pub(super) value: Option<String>,
    /// Whom it is for; empty for everybody.
    pub(super) scope: String,
    pub(super) place: String,
}

/// A command that somebody may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) users: Vec<String>,
    pub(super) hosts: Vec<String>,
    pub(super) runas: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) command: String,
    pub(super) nopasswd: bool,
    /// Whether it holds only under an option such as `NOTAFTER`.
    pub(super) conditional: bool,
    pub(super) place: String,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Sudoers {
    pub(super) settings: Vec<Setting>,
    pub(super) rules: Vec<Rule>,
    files: usize,
}

impl Sudoers {
    pub(super) fn read(system: &System) -> Result<Self, Gap> {
        let mut sudoers = Self::default();
        let text = system.read_lossy(SUDOERS)?;
        sudoers.file(system, Path::new(SUDOERS), &text, 0)?;
        Ok(sudoers)
    }

    fn file(&mut self, system: &System, path: &Path, text: &str, depth: usize) -> Result<(), Gap> {
        self.files += 1;
        if depth > MAX_DEPTH || self.files > MAX_FILES {
            return Err(Gap::new(GapKind::Malformed, format!("{}: too many includes", path.display())));
        }
        for (number, line) in lines(text) {
            let place = format!("{}:{number}", path.display());
            match include(&line) {
                Some((folder, rest)) => self.include(system, path, folder, rest, depth)?,
                None => self.line(&line, &place).ok_or_else(|| {
                    Gap::new(
                        GapKind::Malformed,
                        format!("{place}: not understood, so that rules and settings are not known"),
                    )
                })?,
            }
        }
        Ok(())
    }

    fn include(&mut self, system: &System, from: &Path, folder: bool, written: &str, depth: usize) -> Result<(), Gap> {
        let mut target = Scanner::new(written).include_path();
        if target.contains("%h") {
            let name = host::name(system).as_known()?.clone();
            target = target.replace("%h", name.trim().split('.').next().unwrap_or_default());
        }
        let target = from.parent().unwrap_or(from).join(target);
        let files = if folder { in_folder(system, &target)? } else { vec![target] };
        for file in files {
            if let Some(text) = none_if_missing(system.read_lossy(&file))? {
                self.file(system, &file, &text, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Takes a line; nothing for one that is not understood.
    fn line(&mut self, line: &str, place: &str) -> Option<()> {
        let scanner = Scanner::new(line);
        let mut ahead = scanner.ahead();
        if ahead.take("Defaults") && !ahead.continues_word() {
            return self.defaults(ahead, place);
        }
        let first = scanner.ahead().word();
        if first.is_some_and(|first| ALIASES.contains(&first.as_str())) {
            return Some(());
        }
        self.rule(scanner, place)
    }

    fn defaults(&mut self, mut line: Scanner<'_>, place: &str) -> Option<()> {
        let kinds = [('@', "host"), (':', "user"), ('>', "runas"), ('!', "command")];
        let scope = match kinds.into_iter().find(|(sign, _)| line.take_here(*sign)) {
            Some((_, kind)) => format!("{kind} {}", line.list()?.join(",")),
            None => String::new(),
        };
        loop {
            let mut negated = false;
            while line.take("!") {
                negated = !negated;
            }
            let name = line.setting_name()?;
            let assigned = line.take("+=") || line.take("-=") || line.take("=");
            let value = if assigned { Some(line.value()?) } else { None };
            self.settings.push(Setting { name, negated, value, scope: scope.clone(), place: place.to_owned() });
            if line.is_empty() {
                return Some(());
            }
            if !line.take(",") {
                return None;
            }
        }
    }

    fn rule(&mut self, mut line: Scanner<'_>, place: &str) -> Option<()> {
        let users = line.list()?;
        loop {
            let hosts = line.list()?;
            if !line.take("=") {
                return None;
            }
            let mut rule = Rule {
                users: users.clone(),
                hosts,
                runas: vec!["root".to_owned()],
                groups: Vec::new(),
                command: String::new(),
                nopasswd: false,
                conditional: false,
                place: place.to_owned(),
            };
            loop {
                command(&mut line, &mut rule)?;
                self.rules.push(rule.clone());
                if !line.take(",") {
                    break;
                }
            }
            if line.is_empty() {
                return Some(());
            }
            if !line.take(":") {
                return None;
            }
        }
    }
}

/// Reads one command with what stands before it; what is not said again holds on from the command before.
fn command(line: &mut Scanner<'_>, rule: &mut Rule) -> Option<()> {
    if line.take("(") {
        rule.runas = if line.ahead().take(":") || line.ahead().take(")") { Vec::new() } else { line.list()? };
        rule.groups = if line.take(":") && !line.ahead().take(")") { line.list()? } else { Vec::new() };
        if !line.take(")") {
            return None;
        }
    }
    loop {
        let mut ahead = line.ahead();
        let Some(word) = ahead.word() else { break };
        if TAGS.contains(&word.as_str()) && ahead.take(":") {
            match word.as_str() {
                "NOPASSWD" => rule.nopasswd = true,
                "PASSWD" => rule.nopasswd = false,
                _ => {}
            }
        } else if OPTIONS.contains(&word.as_str()) && ahead.take("=") {
            ahead.value()?;
            rule.conditional = true;
        } else if DIGESTS.contains(&word.as_str()) && ahead.take(":") {
            ahead.value()?;
            // Several digests of one command are joined by commas.
            if ahead.take(",") && !ahead.ahead().word().is_some_and(|word| DIGESTS.contains(&word.as_str())) {
                return None;
            }
            rule.conditional = true;
        } else {
            break;
        }
        *line = ahead;
    }
    rule.command = line.command()?;
    Some(())
}

/// The files of a directory that sudo reads, in order: no name with a dot, and none that ends in a tilde.
fn in_folder(system: &System, folder: &Path) -> Result<Vec<PathBuf>, Gap> {
    let names = none_if_missing(system.list(folder))?.unwrap_or_default();
    let wanted = names.iter().filter(|name| !name.contains('.') && !name.ends_with('~')).map(|name| folder.join(name));
    let mut files = Vec::new();
    for path in wanted {
        if file::observe(system, &path).as_known()?.as_ref().is_some_and(|file| file.kind == FileKind::Regular) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Whether a line includes a directory rather than a file, and what.
fn include(line: &str) -> Option<(bool, &str)> {
    let directive = line.strip_prefix(['@', '#'])?;
    let (name, rest) = directive.split_once([' ', '\t'])?;
    match name {
        "includedir" => Some((true, rest.trim())),
        "include" => Some((false, rest.trim())),
        _ => None,
    }
}

/// Lines with the numbers they begin at: continued ones joined, comments taken away, empty ones left out.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut current, mut begun) = (String::new(), 1);
    let mut quoted = false;
    for (index, line) in text.lines().enumerate() {
        if current.is_empty() {
            begun = index + 1;
        }
        let (kept, whole) = uncommented(line, current.trim().is_empty(), &mut quoted);
        current.push_str(kept);
        // In a comment a backslash at the end is part of it.
        if let (true, Some(continued)) = (whole, current.trim_end().strip_suffix('\\')) {
            current = format!("{continued} ");
            continue;
        }
        quoted = false;
        let line = std::mem::take(&mut current);
        if !line.trim().is_empty() {
            found.push((begun, line.trim().to_owned()));
        }
    }
    if !current.trim().is_empty() {
        found.push((begun, current.trim().to_owned()));
    }
    found
}

/// A line up to its comment, and whether it has none. `#` before digits is a number, and before `include` no comment.
fn uncommented<'l>(line: &'l str, at_start: bool, quoted: &mut bool) -> (&'l str, bool) {
    if at_start && include(line.trim_start()).is_some() {
        return (line, true);
    }
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => *quoted = !*quoted,
            '#' if !*quoted && before != '\\' => {
                let after = line.get(at + 1..).unwrap_or_default();
                let digits = after.strip_prefix('-').unwrap_or(after).starts_with(|c: char| c.is_ascii_digit());
                if !(digits && matches!(before, ' ' | '\t' | ',' | '%' | '!' | '(' | ':' | '>')) {
                    return (line.get(..at).unwrap_or_default(), false);
                }
            }
            _ => {}
        }
        before = if c == '\\' && before == '\\' { ' ' } else { c };
    }
    (line, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_comments_taken_away() {
        let told = |text: &str| lines(text).into_iter().map(|(at, line)| format!("{at} {line}")).collect::<Vec<_>>();
        assert_eq!(told("a b # c\n# d \\\ne\n\n"), ["1 a b", "3 e"]);
        assert_eq!(told("a \\\n  b,\\  \nc\nd"), ["1 a    b, c", "4 d"]);
        assert_eq!(
            told("#1000 ALL=ALL\nx,#-1 ALL=(#0) /a#b\n%#5 A\n"),
            ["1 #1000 ALL=ALL", "2 x,#-1 ALL=(#0) /a", "3 %#5 A"]
        );
        assert_eq!(told("Defaults x=\"a # b\" # c\n/a \\# b\n"), ["1 Defaults x=\"a # b\"", "2 /a \\# b"]);
        assert_eq!(
            told("#include /a\n #includedir /b\n@include c # d\n#includes\n#include\n"),
            ["1 #include /a", "2 #includedir /b", "3 @include c # d"]
        );
        assert_eq!(told("a \\"), ["1 a"]);
    }
}
