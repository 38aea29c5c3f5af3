//! Which installed package a file belongs to, by dpkg's own lists.

use std::collections::BTreeMap;
use std::path::Path;

use crate::facts::Gap;
use crate::probe::{System, none_if_missing};

/// Where dpkg lists the files of each package.
const INFO: &str = "/var/lib/dpkg/info";
/// Where dpkg notes which files of packages were moved aside.
const DIVERSIONS: &str = "/var/lib/dpkg/diversions";
/// Directories that a merged system keeps below `/usr`, while a package may name them without.
const MERGED: &[&str] = &["bin", "lib", "lib32", "lib64", "libx32", "sbin"];

/// The packages of these files; a file of no package is not in the answer.
pub(super) fn of<'p>(system: &System, paths: impl Iterator<Item = &'p str>) -> Result<BTreeMap<String, String>, Gap> {
    let mut wanted: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    paths.for_each(|path| wanted.entry(merged(path)).or_default().push(path));
    let moved = diversions(system)?;
    let mut owners = BTreeMap::new();
    for name in system.list(INFO)? {
        let path = Path::new(INFO).join(&name);
        let Some(package) = name.strip_suffix(".list") else { continue };
        for line in system.read_lossy(&path)?.lines() {
            let listed = merged(line);
            let file = match moved.get(&listed) {
                Some((to, by)) if *by != package.split(':').next().unwrap_or(package) => to,
                _ => &listed,
            };
            let files = wanted.get(file.as_str()).into_iter().flatten();
            owners.extend(files.map(|file| ((*file).to_owned(), package.to_owned())));
        }
    }
    Ok(owners)
}

/// A path as it is on a system where `/bin` and its like are links into `/usr`; on others too, so that both sides compare.
fn merged(path: &str) -> String {
    let first = path.strip_prefix('/').and_then(|rest| rest.split('/').next());
    match first {
        Some(first) if MERGED.contains(&first) => format!("/usr{path}"),
        _ => path.to_owned(),
    }
}

/// Where files of packages were moved to, and by which package, whose own file stays: three lines each.
fn diversions(system: &System) -> Result<BTreeMap<String, (String, String)>, Gap> {
    let text = none_if_missing(system.read_lossy(DIVERSIONS))?.unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let entries = lines.chunks(3).filter_map(|entry| match entry {
        [from, to, by] => Some((merged(from), (merged(to), (*by).to_owned()))),
        _ => None,
    });
    Ok(entries.collect())
}
