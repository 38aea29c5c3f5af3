//! Entries of cron that have AIDE check.

use std::path::Path;

use crate::facts::Gap;
use crate::probe::{System, none_if_missing};

/// Directories of scripts that cron runs.
const SCRIPTS: [&str; 4] = ["/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly"];
/// Debian's own script, which does nothing where systemd runs.
const OWN: &str = "dailyaidecheck";

/// Files and lines.
pub(super) fn entries(system: &System) -> Result<Vec<String>, Gap> {
    let mut found = Vec::new();
    crontab(system, Path::new("/etc/crontab"), 6, &mut found)?;
    for name in none_if_missing(system.list("/etc/cron.d"))?.unwrap_or_default() {
        // cron passes over names with dots.
        if !name.contains('.') {
            crontab(system, &Path::new("/etc/cron.d").join(name), 6, &mut found)?;
        }
    }
    crontab(system, Path::new("/var/spool/cron/crontabs/root"), 5, &mut found)?;
    let systemd = has_systemd(system)?;
    for folder in SCRIPTS {
        for name in none_if_missing(system.list(folder))?.unwrap_or_default() {
            if name.contains('.') || name == OWN && systemd {
                continue;
            }
            let path = Path::new(folder).join(&name);
            let text = none_if_missing(system.read_lossy(&path))?.unwrap_or_default();
            let lines = text.lines().enumerate().filter(|(_, line)| checks(line));
            found.extend(lines.map(|(number, _)| format!("{}:{}", path.display(), number + 1)));
        }
    }
    Ok(found)
}

/// Whether systemd runs the machine, or will when it boots.
fn has_systemd(system: &System) -> Result<bool, Gap> {
    let there = if system.is_offline() { "/sbin/init" } else { "/run/systemd/system" };
    let found = none_if_missing(system.resolve(there))?;
    Ok(found.is_some_and(|path| !system.is_offline() || path.ends_with("systemd")))
}

/// The lines of a crontab in which so many words stand before the command.
fn crontab(system: &System, path: &Path, before: usize, found: &mut Vec<String>) -> Result<(), Gap> {
    let text = none_if_missing(system.read_lossy(path))?.unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        // `@daily` stands for five words.
        let skip = if line.starts_with('@') { before - 4 } else { before };
        let mut rest = line;
        for _ in 0..skip {
            rest = rest.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        }
        if !line.starts_with('#') && checks(rest) {
            found.push(format!("{}:{}", path.display(), number + 1));
        }
    }
    Ok(())
}

/// Whether a command has AIDE check: it is AIDE with the argument to do so, or Debian's script for it.
fn checks(command: &str) -> bool {
    if command.trim_start().starts_with('#') {
        return false;
    }
    command.split([';', '&', '|', '(', ')']).any(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let called =
            |name: &str| words.iter().position(|word| Path::new(word).file_name().is_some_and(|file| file == name));
        let after =
            |at: usize| words.get(at + 1..).unwrap_or_default().iter().any(|word| matches!(*word, "--check" | "-C"));
        called(OWN).is_some() || ["aide", "aide.wrapper"].into_iter().filter_map(called).any(after)
    })
}
