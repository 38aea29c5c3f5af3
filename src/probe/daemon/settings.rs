//! dockerd's configuration file: its keys, or why they do not tell what dockerd runs with.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::flags::Flags;
use super::freshness::{Moment, absent_since, by_dockerd, changed};
use super::process::Dockerd;
use crate::facts::{Gap, GapKind};

/// Largest configuration file that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// A configuration file as dockerd took it when it started.
pub(super) struct Settings {
    /// Its path, as a source is named.
    pub(super) path: String,
    /// Keys and values in the order of the file, none if there was no file; or what stands between the file and the facts.
    pub(super) entries: Result<Vec<(String, Value)>, Gap>,
}

/// The configuration file of a dockerd.
pub(super) fn load(dockerd: &Dockerd<'_>, flags: &Flags, rootless: bool, started: Result<&Moment, &Gap>) -> Settings {
    match location(dockerd, flags, rootless) {
        Ok(None) => Settings { path: "dockerd --config-file".to_owned(), entries: Ok(Vec::new()) },
        Ok(Some(path)) => {
            let entries = entries(dockerd, &path, flags.last("config-file").is_some(), started);
            Settings { path: path.display().to_string(), entries }
        }
        Err(gap) => Settings { path: "daemon.json".to_owned(), entries: Err(gap) },
    }
}

/// Where the configuration file of a dockerd lies; nowhere when an empty flag says so.
pub(super) fn location(dockerd: &Dockerd<'_>, flags: &Flags, rootless: bool) -> Result<Option<PathBuf>, Gap> {
    match flags.last("config-file") {
        Some("") => Ok(None),
        Some(path) => dockerd.absolute(path).map(Some),
        None => Ok(Some(folder(dockerd, rootless)?.join("daemon.json"))),
    }
}

/// The directory of dockerd's configuration.
pub(super) fn folder(dockerd: &Dockerd<'_>, rootless: bool) -> Result<PathBuf, Gap> {
    if rootless { Ok(dockerd.home()?.join(".config/docker")) } else { Ok(PathBuf::from("/etc/docker")) }
}

fn entries(
    dockerd: &Dockerd<'_>,
    path: &Path,
    chosen: bool,
    started: Result<&Moment, &Gap>,
) -> Result<Vec<(String, Value)>, Gap> {
    match read(dockerd, path, started) {
        Ok(text) => parse(path, &text),
        Err(gap) if gap.kind == GapKind::Missing && chosen => Err(Gap::new(
            GapKind::Missing,
            format!("{}: dockerd was started with this file, and it is gone", path.display()),
        )),
        Err(gap) if gap.kind == GapKind::Missing => absent(dockerd, path, *started.map_err(Clone::clone)?),
        Err(gap) => Err(gap),
    }
}

/// Nothing is set by a file that is not there, unless it was there when dockerd started.
///
/// The directory that would hold it tells: its time moves with every name that comes or goes. It is better unknown than a
/// default that is not in force, and /etc/docker changes rarely; what dockerd itself puts there is left out of account.
fn absent(dockerd: &Dockerd<'_>, path: &Path, start: Moment) -> Result<Vec<(String, Value)>, Gap> {
    let dangling = dockerd.root.real(path).symlink_metadata().is_ok();
    let (folder, moment) = absent_since(&dockerd.root, path)?;
    if dangling || (moment > start && !by_dockerd(&dockerd.root, &folder, moment, start)) {
        let what = if dangling {
            "it leads nowhere".to_owned()
        } else {
            format!("{} has changed at {moment}", folder.display())
        };
        return Err(Gap::new(
            GapKind::Unsupported,
            format!(
                "{} is not there, but may have been when dockerd started at {start}: {what}; restart dockerd and audit again",
                path.display()
            ),
        ));
    }
    Ok(Vec::new())
}

/// The text of a file that dockerd read when it started, if it is still the same.
pub(super) fn read(dockerd: &Dockerd<'_>, path: &Path, started: Result<&Moment, &Gap>) -> Result<String, Gap> {
    let text = text(dockerd, path)?;
    let start = started.map_err(Clone::clone)?;
    // Looked at after the reading, so that a change in between is not missed.
    let change = changed(&dockerd.root, path)?;
    if change > *start {
        return Err(Gap::new(
            GapKind::Unsupported,
            format!(
                "{} was changed at {change}, after dockerd started at {start}, so that it does not tell what dockerd runs with; \
                 restart dockerd and audit again",
                path.display()
            ),
        ));
    }
    Ok(text)
}

/// The text of a regular file. A user's own dockerd reads that user's files, so that anything may lie there: a pipe must not
/// hold the auditor up, and a name that turns into a symbolic link must not lead it elsewhere.
pub(super) fn text(dockerd: &Dockerd<'_>, path: &Path) -> Result<String, Gap> {
    let gap = |error: std::io::Error| Gap::io(path.display(), &error);
    let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
    let target = dockerd.root.real(dockerd.root.resolve(path)?);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(target, flags, Mode::empty()).map_err(|error| gap(error.into()))?);
    if !file.metadata().map_err(gap)?.is_file() {
        return Err(malformed("not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(gap)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(malformed("larger than 4 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))
}

/// What is at a path, every symbolic link followed inside dockerd's own file tree.
pub(super) fn metadata(dockerd: &Dockerd<'_>, path: &Path) -> Result<Metadata, Gap> {
    let target = dockerd.root.real(dockerd.root.resolve(path)?);
    target.symlink_metadata().map_err(|error| Gap::io(path.display(), &error))
}

/// The keys of the file's one JSON object. An empty file and `null` set nothing, and a byte order mark is skipped.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<(String, Value)>, Gap> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_str::<Option<Entries>>(text) {
        Ok(entries) => Ok(entries.map(|entries| entries.0).unwrap_or_default()),
        Err(error) => Err(Gap::new(GapKind::Malformed, format!("{}: {error}", path.display()))),
    }
}

/// An object with every key it was given, since a key that is given twice is not what it seems.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}
