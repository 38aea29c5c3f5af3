//! The packages that a filesystem says it has, and the programs that manage them.

use std::collections::BTreeSet;

use crate::facts::{Gap, GapKind};
use crate::probe::overlay::{Found, Overlay};

/// Databases of paragraphs with a line `Package:`, as dpkg and opkg write them.
const PARAGRAPHS: [&str; 3] = ["/var/lib/dpkg/status", "/usr/lib/opkg/status", "/var/lib/opkg/status"];
/// The same with a file for each package: images without a package manager have it.
const PARAGRAPH_FILES: &str = "/var/lib/dpkg/status.d";
/// Databases of apk.
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
/// pacman's database: a directory `name-version-release` for each package.
const PACMAN: &str = "/var/lib/pacman/local";
/// Databases in formats that are not read.
const UNREAD: [&str; 9] = [
    "/var/lib/rpm/Packages",
    "/var/lib/rpm/Packages.db",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/Packages",
    "/usr/lib/sysimage/rpm/Packages.db",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/usr/share/rpm/rpmdb.sqlite",
    "/nix/var/nix/db/db.sqlite",
    "/var/db/pkg",
];

/// Where programs lie.
const PROGRAMS: [&str; 5] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
/// Programs that install packages of the system.
const MANAGERS: [&str; 13] =
    ["apk", "apt", "apt-get", "dnf", "dnf5", "dpkg", "microdnf", "opkg", "pacman", "rpm", "tdnf", "yum", "zypper"];

/// Names of the installed packages, sorted; nothing for a filesystem without a database of packages.
pub(super) fn installed(overlay: &Overlay) -> Result<Option<Vec<String>>, Gap> {
    for path in UNREAD {
        if overlay.find(path)?.is_some() {
            return Err(Gap::new(GapKind::Unsupported, format!("{path}: this database of packages is not read")));
        }
    }
    let (mut names, mut any) = (BTreeSet::new(), false);
    let mut add = |found: Option<Vec<String>>| {
        any |= found.is_some();
        names.extend(found.into_iter().flatten());
    };
    for path in PARAGRAPHS {
        add(overlay.read(path)?.map(|text| paragraphs(&text)));
    }
    for name in overlay.list(PARAGRAPH_FILES)?.into_iter().flatten().filter(|name| !name.ends_with(".md5sums")) {
        add(overlay.read(&format!("{PARAGRAPH_FILES}/{name}"))?.map(|text| paragraphs(&text)));
    }
    for path in APK {
        let name = |line: &str| line.strip_prefix("P:").map(str::to_owned);
        add(overlay.read(path)?.map(|text| text.lines().filter_map(name).collect()));
    }
    let name = |entry: &String| Some(entry.rsplitn(3, '-').nth(2)?.to_owned());
    add(overlay.list(PACMAN)?.map(|entries| entries.iter().filter_map(name).collect()));
    Ok(any.then(|| names.into_iter().collect()))
}

/// The installed packages among paragraphs; one without a state is installed.
fn paragraphs(text: &str) -> Vec<String> {
    let package = |paragraph: &str| {
        let field = |name: &str| {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned());
            paragraph.lines().find_map(value)
        };
        let state = field("Status").map(|status| status.split_ascii_whitespace().nth(2) == Some("installed"));
        field("Package").filter(|_| state.unwrap_or(true))
    };
    text.split("\n\n").filter_map(package).collect()
}

/// Paths of the programs that install packages of the system, each once.
pub(super) fn managers(overlay: &Overlay) -> Result<Vec<String>, Gap> {
    let mut paths = BTreeSet::new();
    for name in MANAGERS {
        for directory in PROGRAMS {
            if let Some(Found::File(path, _)) = overlay.find(&format!("{directory}/{name}"))? {
                paths.insert(path.to_string_lossy().into_owned());
            }
        }
    }
    Ok(paths.into_iter().collect())
}
