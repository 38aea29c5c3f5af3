//! What modprobe is told in modprobe.d (`man modprobe.d`).

use std::path::Path;

use super::super::{System, conf_files, glob};
use crate::facts::{Gap, GapKind, Observed};

/// The directories, the one that counts first. Some releases read the last by the one name and some by the other; where `/lib`
/// is `/usr/lib`, they are the same.
const FOLDERS: [&str; 5] =
    ["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

/// Programs that do nothing, by the names under which they are run.
const IDLE: [&str; 2] = ["true", "false"];
/// Files that such a program may be: itself, or one that holds many programs.
const BINARIES: [&str; 7] = ["true", "false", "gnutrue", "gnufalse", "busybox", "toybox", "coreutils"];

/// The lines that matter here, in the order in which modprobe reads them; a file that cannot be read stands as its gap.
pub(super) struct Modprobe {
    lines: Vec<Result<Line, Gap>>,
}

struct Line {
    kind: Kind,
    /// A module's name, or for `install` a pattern of names.
    name: String,
    place: String,
}

enum Kind {
    Install(String),
    Blacklist,
}

impl Modprobe {
    pub(super) fn read(system: &System) -> Self {
        let wanted = |name: &str| conf_files::is_conf(name) || name.ends_with(".alias") && !name.starts_with('.');
        let lines = match conf_files::in_order(system, &FOLDERS, wanted) {
            Err(gap) => vec![Err(gap)],
            Ok(files) => files.iter().flat_map(|path| lines(system, path)).collect(),
        };
        Self { lines }
    }

    /// The command that is run instead of loading a module: the first counts.
    pub(super) fn install(&self, module: &str) -> Observed<String> {
        for line in &self.lines {
            match line {
                Ok(Line { kind: Kind::Install(command), name, place }) if glob::matches(name, module, false) => {
                    return Observed::from_source(command.clone(), place.clone());
                }
                Ok(_) => {}
                Err(gap) => return gap.clone().into(),
            }
        }
        Observed::known(String::new())
    }

    pub(super) fn blacklisted(&self, module: &str) -> Observed<bool> {
        let named = |line: &&Line| matches!(line.kind, Kind::Blacklist) && line.name == module;
        if let Some(line) = self.lines.iter().filter_map(|line| line.as_ref().ok()).find(named) {
            return Observed::from_source(true, line.place.clone());
        }
        match self.lines.iter().find_map(|line| line.as_ref().err()) {
            Some(gap) => gap.clone().into(),
            None => Observed::known(false),
        }
    }
}

fn lines(system: &System, path: &Path) -> Vec<Result<Line, Gap>> {
    let text = match system.read_lossy(path) {
        Ok(text) => text,
        Err(gap) if gap.kind == GapKind::Missing => return Vec::new(),
        Err(gap) => return vec![Err(gap)],
    };
    let mut found = Vec::new();
    let mut rows = text.split('\n').enumerate();
    while let Some((number, row)) = rows.next() {
        let mut whole = row.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, next)) = rows.next() else { break };
            whole.push_str(next);
        }
        found.extend(line(&whole, format!("{}:{}", path.display(), number + 1)).map(Ok));
    }
    found
}

/// One line, continued lines joined; nothing for what does not matter here.
fn line(text: &str, place: String) -> Option<Line> {
    let blank = [' ', '\t'];
    if text.starts_with('#') {
        return None;
    }
    let (word, rest) = text.trim_start_matches(blank).split_once(blank)?;
    let rest = rest.trim_start_matches(blank);
    let (name, command) = rest.split_once(blank).unwrap_or((rest, ""));
    let name = normal(name);
    match word {
        "blacklist" if !name.is_empty() => Some(Line { kind: Kind::Blacklist, name, place }),
        "install" if !command.is_empty() => Some(Line { kind: Kind::Install(command.trim().to_owned()), name, place }),
        _ => None,
    }
}

/// A module's name as the kernel has it.
pub(super) fn normal(name: &str) -> String {
    name.replace('-', "_")
}

/// Whether a command of the shell comes to nothing: one program that does nothing, with nothing else in the line.
pub(super) fn is_idle(system: &System, command: &str) -> Result<bool, Gap> {
    let command = match command.split_once(" #") {
        Some((before, _)) => before,
        None => command,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | ' ' | '\t');
    let Some(program) = command.split_whitespace().next().filter(|_| command.chars().all(plain)) else {
        return Ok(false);
    };
    if !program.contains('/') {
        // The shell has both built in.
        return Ok(IDLE.contains(&program));
    }
    if !program.starts_with('/') || !Path::new(program).file_name().is_some_and(|name| IDLE.iter().any(|i| name == *i))
    {
        return Ok(false);
    }
    match system.resolve(program) {
        Ok(target) => Ok(target.file_name().is_some_and(|name| BINARIES.iter().any(|known| name == *known))),
        Err(gap) if gap.kind == GapKind::Missing => Ok(false),
        Err(gap) => Err(gap),
    }
}
