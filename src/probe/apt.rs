//! What apt trusts (`man sources.list`), and when it was last run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{System, View};
use crate::facts::{Apt, AptRepository, Gap, GapKind, Observed};

const LIST: &str = "/etc/apt/sources.list";
const LISTS: &str = "/etc/apt/sources.list.d";
/// Options that leave a signature out of account.
const LENIENT: [&str; 3] = ["trusted", "allow-insecure", "allow-weak"];
/// Seconds of a day.
const DAY: u64 = 86_400;

/// Repositories, keys and ages.
pub fn observe(system: &System, view: &View) -> Observed<Apt> {
    if let Err(gap) = view.files() {
        return gap.into();
    }
    let stamps = ["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists/partial"];
    Observed::known(Apt {
        repositories: repositories(system).into(),
        common_keys: common_keys(system).into(),
        lists_age_days: newest(system, &stamps).into(),
        upgrade_age_days: or_none(newest(system, &["/var/lib/apt/periodic/upgrade-stamp"])).into(),
    })
}

fn or_none<T>(result: Result<T, Gap>) -> Result<Option<T>, Gap> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(gap) if gap.kind == GapKind::Missing => Ok(None),
        Err(gap) => Err(gap),
    }
}

/// Days since the newest of some files was written.
fn newest(system: &System, paths: &[&str]) -> Result<i64, Gap> {
    let mut newest: Option<SystemTime> = None;
    let mut missing = None;
    for path in paths {
        let time = system.resolve(path).and_then(|target| {
            let metadata = fs::symlink_metadata(system.real(target));
            metadata.and_then(|metadata| metadata.modified()).map_err(|error| Gap::io(path, &error))
        });
        match time {
            Ok(time) => newest = newest.max(Some(time)),
            Err(gap) if gap.kind == GapKind::Missing => missing = Some(gap),
            Err(gap) => return Err(gap),
        }
    }
    match (newest, missing) {
        (Some(time), _) => {
            let age = SystemTime::now().duration_since(time).map_or(0, |age| age.as_secs() / DAY);
            Ok(i64::try_from(age).unwrap_or(i64::MAX))
        }
        (None, Some(gap)) => Err(gap),
        (None, None) => Err(Gap::new(GapKind::Missing, "no stamp")),
    }
}

/// Files in a directory whose names end in one of some ways.
fn files(system: &System, folder: &str, endings: &[&str]) -> Result<Vec<PathBuf>, Gap> {
    let names = or_none(system.list(folder))?.unwrap_or_default();
    let ends = |name: &String| endings.iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.');
    Ok(names.into_iter().filter(ends).map(|name| Path::new(folder).join(name)).collect())
}

fn common_keys(system: &System) -> Result<Vec<String>, Gap> {
    let single = PathBuf::from("/etc/apt/trusted.gpg");
    let mut found = files(system, "/etc/apt/trusted.gpg.d", &[".gpg", ".asc"])?;
    if or_none(system.resolve(&single))?.is_some() {
        found.push(single);
    }
    Ok(found.into_iter().map(|path| path.display().to_string()).collect())
}

fn repositories(system: &System) -> Result<Vec<AptRepository>, Gap> {
    let mut found = Vec::new();
    let mut lists = files(system, LISTS, &[".list"])?;
    lists.push(PathBuf::from(LIST));
    for path in lists {
        let text = or_none(system.read_lossy(&path))?.unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            found.extend(one_line(line, &format!("{}:{}", path.display(), number + 1)));
        }
    }
    for path in files(system, LISTS, &[".sources"])? {
        let text = or_none(system.read_lossy(&path))?.unwrap_or_default();
        found.extend(stanzas(&text, &path).iter().flat_map(Stanza::repositories));
    }
    found.sort_by(|a, b| (&a.place, &a.uri, &a.suite).cmp(&(&b.place, &b.uri, &b.suite)));
    Ok(found)
}

/// `deb [signed-by=… trusted=yes] uri suite components`.
fn one_line(line: &str, place: &str) -> Option<AptRepository> {
    let rest = line.trim().strip_prefix("deb").map(|rest| rest.strip_prefix("-src").unwrap_or(rest))?;
    let rest = rest.starts_with([' ', '\t']).then(|| rest.trim_start())?;
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    let options = || options.split_whitespace().filter_map(|option| option.split_once('='));
    let signed_by = options().find(|(name, _)| name.eq_ignore_ascii_case("signed-by")).map(|(_, value)| value);
    let lenient = options().any(|(name, value)| is_lenient(name, value));
    Some(AptRepository {
        uri: without_user(uri),
        suite: suite.to_owned(),
        place: place.to_owned(),
        signed_by: signed_by.unwrap_or_default().to_owned(),
        verified: !lenient,
    })
}

fn is_lenient(name: &str, value: &str) -> bool {
    LENIENT.iter().any(|lenient| name.eq_ignore_ascii_case(lenient)) && is_true(value)
}

/// The words that apt takes for yes.
fn is_true(value: &str) -> bool {
    ["yes", "true", "with", "on", "enable", "1"].iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// A location without the name and password that may be in it.
fn without_user(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}

/// The fields of a paragraph by name in lower case.
struct Stanza {
    place: String,
    fields: Vec<(String, String)>,
}

impl Stanza {
    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    fn repositories(&self) -> Vec<AptRepository> {
        let enabled = self.field("enabled");
        if !enabled.is_empty() && !is_true(enabled) {
            return Vec::new();
        }
        let lenient = self.fields.iter().any(|(name, value)| is_lenient(name, value));
        let key = self.field("signed-by");
        let signed_by = if key.contains("BEGIN PGP") { "a key in the file itself" } else { key.trim() };
        let suites = || self.field("suites").split_whitespace();
        let repository = |uri: &str, suite: &str| AptRepository {
            uri: without_user(uri),
            suite: suite.to_owned(),
            place: self.place.clone(),
            signed_by: signed_by.to_owned(),
            verified: !lenient,
        };
        let uris = self.field("uris").split_whitespace();
        uris.flat_map(|uri| suites().map(move |suite| (uri, suite)))
            .map(|(uri, suite)| repository(uri, suite))
            .collect()
    }
}

/// Paragraphs of fields, of which a line that begins with white space continues the one before.
fn stanzas(text: &str, path: &Path) -> Vec<Stanza> {
    let mut found: Vec<Stanza> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if !open {
            found.push(Stanza { place: format!("{}:{}", path.display(), number + 1), fields: Vec::new() });
            open = true;
        }
        let Some(stanza) = found.last_mut() else { continue };
        match (line.split_once(':'), stanza.fields.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => value.extend(["\n", line.trim()]),
            (Some((name, value)), _) => stanza.fields.push((name.trim().to_lowercase(), value.trim().to_owned())),
            (None, _) => {}
        }
    }
    found
}

#[cfg(test)]
#[path = "apt_tests.rs"]
mod tests;
