//! chrony's configuration (`man chrony.conf`), and the account that chronyd runs as.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source;
use crate::facts::{Gap, GapKind, Observed, TimeSource};
use crate::probe::accounts::database::{self, Passwd};
use crate::probe::process::Status;
use crate::probe::{System, glob, none_if_missing, shell_variables};

/// Where it begins, unless chronyd is told otherwise.
const CONFIG: &str = "/etc/chrony/chrony.conf";
/// Where Debian keeps chronyd's arguments.
const ARGUMENTS: &str = "/etc/default/chrony";
/// The account that Debian builds chronyd to become.
const USER: &str = "_chrony";
/// Directives that name a source.
const SOURCES: [&str; 3] = ["server", "pool", "peer"];
/// How deep files may include each other; chronyd itself allows ten.
const MAX_DEPTH: usize = 10;
/// How many files are read.
const MAX_FILES: usize = 500;

/// What chronyd is told.
pub(super) struct Config {
    pub(super) sources: Vec<TimeSource>,
    pub(super) user: Observed<String>,
}

impl Config {
    pub(super) fn read(system: &System) -> Result<Self, Gap> {
        let arguments = shell_variables::value(system, ARGUMENTS, "DAEMON_OPTS");
        let words: Vec<&str> = arguments.as_known()?.split_whitespace().collect();
        let mut reader = Reader { system, sources: Vec::new(), user: None, left: MAX_FILES };
        reader.file(Path::new(option(&words, "-f").unwrap_or(CONFIG)), false, 0)?;
        let user = match (option(&words, "-u"), reader.user) {
            (Some(user), _) => Observed::from_source(user.to_owned(), ARGUMENTS),
            (None, Some((user, place))) => Observed::from_source(user, place),
            (None, None) => Observed::from_source(USER.to_owned(), "the default of Debian's build"),
        };
        Ok(Self { sources: reader.sources, user })
    }
}

/// The value of an argument, apart from it or joined to it.
fn option<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    let at = words.iter().rposition(|word| word.starts_with(name))?;
    let joined = words.get(at)?.strip_prefix(name).filter(|rest| !rest.is_empty());
    joined.or_else(|| words.get(at + 1).copied())
}

struct Reader<'s> {
    system: &'s System,
    sources: Vec<TimeSource>,
    user: Option<(String, String)>,
    left: usize,
}

impl Reader<'_> {
    /// Reads a file; one of sources may name nothing else.
    fn file(&mut self, path: &Path, only_sources: bool, depth: usize) -> Result<(), Gap> {
        let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
        if depth > MAX_DEPTH {
            return Err(malformed("included too deep"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| malformed("too many files"))?;
        for (number, line) in self.system.read_lossy(path)?.lines().enumerate() {
            let mut words = line.split_whitespace();
            let Some(directive) = words.next().filter(|word| !word.starts_with(['!', ';', '#', '%'])) else { continue };
            let directive = directive.to_ascii_lowercase();
            let arguments: Vec<&str> = words.collect();
            let place = format!("{}:{}", path.display(), number + 1);
            match (directive.as_str(), arguments.as_slice()) {
                (kind, [name, ..]) if SOURCES.contains(&kind) => self.sources.push(source(kind, name, place)),
                _ if only_sources => {}
                ("user", [user, ..]) => self.user = Some(((*user).to_owned(), place)),
                ("include", [pattern, ..]) => {
                    let files = glob::expand(self.system, pattern)?;
                    files.iter().try_for_each(|file| self.file(file, false, depth + 1))?;
                }
                ("confdir", folders) => self.folders(folders, ".conf", depth)?,
                ("sourcedir", folders) => self.folders(folders, ".sources", depth)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the files of several directories in the order of their names; of one name the first directory's counts.
    fn folders(&mut self, folders: &[&str], ending: &str, depth: usize) -> Result<(), Gap> {
        let mut files: Vec<PathBuf> = Vec::new();
        for folder in folders {
            for file in self.listed(Path::new(folder), |name| name.ends_with(ending))? {
                if !files.iter().any(|known| known.file_name() == file.file_name()) {
                    files.push(file);
                }
            }
        }
        files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        files.iter().try_for_each(|file| self.file(file, ending == ".sources", depth + 1))
    }

    fn listed(&self, folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Gap> {
        let names = none_if_missing(self.system.list(folder))?.unwrap_or_default();
        Ok(names.iter().filter(|name| wanted(name)).map(|name| folder.join(name)).collect())
    }
}

/// The accounts of the chronyd processes in the auditor's own PID namespace.
pub(super) fn runs_as(system: &System) -> Result<Vec<String>, Gap> {
    let names = system.list("/proc")?;
    if !names.iter().any(|name| name == "1") {
        return Err(Gap::new(GapKind::Denied, "/proc does not list other users' processes (hidepid)"));
    }
    let accounts = database::passwd(system)?;
    let mut found = BTreeSet::new();
    for pid in names.iter().filter_map(|name| name.parse::<u32>().ok()) {
        let name = system.read_lossy(format!("/proc/{pid}/comm"));
        if !name.is_ok_and(|name| name.trim_end() == "chronyd") {
            continue;
        }
        let status = match Status::read(system, pid) {
            Ok(status) => status,
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => continue,
            Err(gap) => return Err(gap),
        };
        // A container's own is the container's matter.
        if status.ids.as_ref().is_none_or(|ids| ids.len() <= 1) {
            found.insert(account(&accounts, status.effective_uid));
        }
    }
    Ok(found.into_iter().collect())
}

fn account(accounts: &[Passwd], uid: u32) -> String {
    let known = accounts.iter().find(|account| account.uid == uid);
    known.map_or_else(|| uid.to_string(), |account| account.name.clone())
}
