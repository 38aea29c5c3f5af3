//! Registries that the image store trusts without a valid certificate.

use std::path::Path;

use toml::Table;

use super::process::Dockerd;
use super::settings;
use crate::facts::{Gap, GapKind, Observed};
use crate::probe::none_if_missing;

/// Names of the directories in `certs.d` whose `hosts.toml` skips the check of certificates, for itself or for a mirror.
///
/// The files are read anew for every pull, so that what they say now is what counts.
pub(super) fn unverified(dockerd: &Dockerd<'_>, rootless: bool) -> Observed<Vec<String>> {
    let folder = match settings::folder(dockerd, rootless) {
        Ok(folder) => folder.join("certs.d"),
        Err(gap) => return gap.into(),
    };
    match look(dockerd, &folder) {
        Ok(registries) => Observed::from_source(registries, folder.display().to_string()),
        Err(gap) => gap.into(),
    }
}

fn look(dockerd: &Dockerd<'_>, folder: &Path) -> Result<Vec<String>, Gap> {
    let mut found = Vec::new();
    for name in none_if_missing(dockerd.root.list(folder))?.unwrap_or_default() {
        let path = folder.join(&name).join("hosts.toml");
        if let Some(text) = none_if_missing(settings::text(dockerd, &path))?
            && skips(&path, &text)?
        {
            found.push(name);
        }
    }
    Ok(found)
}

/// Whether a `hosts.toml` skips the check, for its server or for one of its hosts.
pub(super) fn skips(path: &Path, text: &str) -> Result<bool, Gap> {
    let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{}: {what}", path.display()));
    let flag = |table: &Table| match table.get("skip_verify") {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| malformed("skip_verify is not a boolean")),
    };
    let whole: Table = text.parse().map_err(|error: toml::de::Error| malformed(error.message()))?;
    let mut skips = flag(&whole)?;
    if let Some(hosts) = whole.get("host") {
        for host in hosts.as_table().ok_or_else(|| malformed("host is not a table"))?.values() {
            skips |= flag(host.as_table().ok_or_else(|| malformed("a host is not a table"))?)?;
        }
    }
    Ok(skips)
}
