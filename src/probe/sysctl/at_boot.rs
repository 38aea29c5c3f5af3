//! What systemd-sysctl sets at boot (`man sysctl.d`), and ufw after it.
//!
//! `/etc/sysctl.conf` counts only through a link in a sysctl.d, as Debian and Ubuntu have it in `99-sysctl.conf`.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::{System, View, conf_files, glob, none_if_missing, shell_variables, units};
use crate::facts::{Gap, GapKind, Observed};

/// The directories, the one that counts first.
const FOLDERS: [&str; 5] =
    ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

/// The program that reads them, where it may lie.
const PROGRAMS: [&str; 2] = ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

/// The settings of these names.
pub fn at_boot<'n>(
    system: &System,
    view: &View,
    names: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Observed<String>> {
    let mut names = names.peekable();
    if names.peek().is_none() {
        return BTreeMap::new();
    }
    let settings = view.files().and_then(|()| by_systemd(system)).map(|()| Settings::read(system));
    let value = |name: &str| match (&settings, super::path(name)) {
        (Ok(settings), Ok(key)) => settings.value(&key),
        (Err(gap), _) => gap.clone().into(),
        (_, Err(gap)) => gap.into(),
    };
    names.map(|name| (name.clone(), value(name))).collect()
}

/// Errs where another program than systemd's may set them, which goes by other files.
fn by_systemd(system: &System) -> Result<(), Gap> {
    match PROGRAMS.iter().find_map(|program| none_if_missing(system.identity(program)).transpose()) {
        Some(found) => found.map(drop),
        None => Err(Gap::new(GapKind::Unsupported, "systemd-sysctl, which is known here, is not installed")),
    }
}

/// The lines of all files, in order; a file that cannot be read stands as its gap.
struct Settings {
    systemd: Vec<Result<Line, Gap>>,
    ufw: Vec<Result<Line, Gap>>,
}

#[derive(Clone)]
struct Line {
    /// A path below `/proc/sys`, or a pattern of such.
    key: String,
    /// What is written there; nothing where patterns shall leave it alone.
    value: Option<String>,
    place: String,
}

impl Settings {
    fn read(system: &System) -> Self {
        let systemd = match conf_files::in_order(system, &FOLDERS, conf_files::is_conf) {
            Ok(files) => files.iter().flat_map(|path| lines(system, path)).collect(),
            Err(gap) => vec![Err(gap)],
        };
        Self { systemd, ufw: ufw(system) }
    }

    /// The value that a setting ends with.
    fn value(&self, key: &str) -> Observed<String> {
        let last = self.ufw.iter().rev().find(|line| line.as_ref().map_or(true, |line| line.sets(key)));
        match last {
            Some(Ok(line)) => line.observed(),
            Some(Err(gap)) => gap.clone().into(),
            None => self.by_systemd(key),
        }
    }

    /// A line that names the setting outranks every pattern, and the last such line the others.
    fn by_systemd(&self, key: &str) -> Observed<String> {
        let decides = |line: &&Result<Line, Gap>| line.as_ref().map_or(true, |line| line.key == key);
        match self.systemd.iter().rev().find(decides) {
            Some(Ok(line)) => line.observed(),
            Some(Err(gap)) => gap.clone().into(),
            None => self.by_pattern(key).map_or_else(unset, Line::observed),
        }
    }

    /// The last pattern that matches, where one that is given again with another value moves to the end.
    fn by_pattern(&self, key: &str) -> Option<&Line> {
        let mut patterns: Vec<&Line> = Vec::new();
        for line in self.systemd.iter().flatten().filter(|line| glob::is_pattern(&line.key)) {
            match patterns.iter().position(|known| known.key == line.key) {
                Some(at) if patterns.get(at).is_some_and(|known| known.value == line.value) => continue,
                Some(at) => drop(patterns.remove(at)),
                None => {}
            }
            patterns.push(line);
        }
        patterns.into_iter().rev().find(|line| line.sets(key))
    }
}

impl Line {
    fn sets(&self, key: &str) -> bool {
        self.value.is_some() && glob::matches(&self.key, key, true)
    }

    fn observed(&self) -> Observed<String> {
        Observed::from_source(self.value.clone().unwrap_or_default(), self.place.clone())
    }
}

/// A setting that no file names.
fn unset() -> Observed<String> {
    Observed::from_source(String::new(), FOLDERS.join(", "))
}

fn lines(system: &System, path: &Path) -> Vec<Result<Line, Gap>> {
    let text = match system.read_lossy(path) {
        Ok(text) => text,
        Err(gap) if gap.kind == GapKind::Missing => return Vec::new(),
        Err(gap) => return vec![Err(gap)],
    };
    let place = |number: usize| format!("{}:{}", path.display(), number + 1);
    text.lines().enumerate().filter_map(|(number, text)| line(text, place(number)).map(Ok)).collect()
}

fn line(text: &str, place: String) -> Option<Line> {
    let text = text.trim();
    if text.is_empty() || text.starts_with(['#', ';']) {
        return None;
    }
    match text.split_once('=') {
        Some((key, value)) => {
            let key = key.trim();
            let key = normal(key.strip_prefix('-').unwrap_or(key));
            Some(Line { key, value: Some(as_read(value.trim())), place })
        }
        None => Some(Line { key: normal(text.strip_prefix('-')?), value: None, place }),
    }
}

/// A key as a path: what comes first decides which of dot and slash separates.
fn normal(key: &str) -> String {
    let swapped = match key.trim().find(['.', '/']).and_then(|at| key.trim().get(at..)) {
        Some(rest) if rest.starts_with('.') => key
            .chars()
            .map(|c| {
                if c == '.' {
                    '/'
                } else if c == '/' {
                    '.'
                } else {
                    c
                }
            })
            .collect(),
        _ => key.to_owned(),
    };
    swapped.split('/').map(str::trim).filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// A value as the kernel takes it: after a number it reads no further than the numbers go.
fn as_read(value: &str) -> String {
    let number = |word: &&str| word.parse::<i64>().is_ok();
    let numbers: Vec<&str> = value.split_whitespace().take_while(number).collect();
    if numbers.is_empty() || numbers.len() == value.split_whitespace().count() {
        return value.to_owned();
    }
    numbers.join(" ")
}

/// The lines of ufw's own file, which it applies whenever it starts.
fn ufw(system: &System) -> Vec<Result<Line, Gap>> {
    if matches!(system.resolve("/usr/sbin/ufw"), Err(gap) if gap.kind == GapKind::Missing) {
        return Vec::new();
    }
    let file = match shell_variables::value(system, "/etc/ufw/ufw.conf", "ENABLED") {
        Observed::Known { value, .. } if matches!(value.as_str(), "yes" | "YES") => {
            shell_variables::value(system, "/etc/default/ufw", "IPT_SYSCTL")
        }
        Observed::Known { .. } => return Vec::new(),
        unknown => unknown,
    };
    match units::enabled(system, "ufw.service") {
        Observed::Known { value: true, .. } => {}
        Observed::Known { .. } => return Vec::new(),
        Observed::Unknown { gap, .. } => return vec![Err(gap)],
    }
    match file {
        Observed::Known { value, .. } if value.is_empty() => Vec::new(),
        Observed::Known { value, .. } => lines(system, Path::new(&value)),
        Observed::Unknown { gap, .. } => vec![Err(gap)],
    }
}

#[cfg(test)]
#[path = "at_boot_tests.rs"]
mod tests;
