//! Packages by dpkg's records (`man dpkg-query`, `deb-control`).

use std::collections::{BTreeMap, BTreeSet};

use super::{System, View};
use crate::facts::{Gap, GapKind, Observed, Package};

/// What dpkg knows.
const STATUS: &str = "/var/lib/dpkg/status";
/// What it knows better and has not yet put there: one small file for each step.
const UPDATES: &str = "/var/lib/dpkg/updates";
/// The most bytes of records: desktops have 10 MB of them.
const MAX_BYTES: u64 = 64 << 20;

/// The packages of these names.
pub fn observe<'n>(
    system: &System,
    view: &View,
    names: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Observed<Package>> {
    let names: BTreeSet<&String> = names.collect();
    if names.is_empty() {
        return BTreeMap::new();
    }
    match view.files().and_then(|()| records(system, &names)) {
        Ok(found) => {
            let package = |name: &String| found.get(name).cloned().unwrap_or_default();
            names.into_iter().map(|name| (name.clone(), Observed::known(package(name)))).collect()
        }
        Err(gap) => names.into_iter().map(|name| (name.clone(), gap.clone().into())).collect(),
    }
}

/// The first three numbers of the version that the package's makers gave it, for the first of some packages that is there.
pub(super) fn upstream(system: &System, view: &View, names: &[&str]) -> Result<(u32, u32, u32), Gap> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut found = observe(system, view, names.iter());
    for name in &names {
        let package = found.remove(name).unwrap_or_else(Observed::not_collected);
        let version = &package.as_known()?.version;
        let version = version.split_once(':').map_or(version.as_str(), |(_, rest)| rest);
        let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        if let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) {
            return Ok((major, minor, numbers.next().and_then(Result::ok).unwrap_or(0)));
        }
    }
    let detail = format!("the version is not known: there is no package {}", names.join(" or "));
    Err(Gap::new(GapKind::Unsupported, detail))
}

/// The architecture that packages are for, unless they say another: dpkg's own.
pub(super) fn architecture(system: &System) -> Result<String, Gap> {
    let dpkg = "dpkg".to_owned();
    let found = by_architecture(system, &[&dpkg].into())?;
    let architecture =
        found.into_iter().find(|(_, package)| package.present).map(|((_, architecture), _)| architecture);
    architecture.ok_or_else(|| Gap::new(GapKind::Missing, format!("{STATUS}: dpkg itself is not there")))
}

fn records(system: &System, names: &BTreeSet<&String>) -> Result<BTreeMap<String, Package>, Gap> {
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for ((name, _), package) in by_architecture(system, names)? {
        let whole = packages.entry(name).or_default();
        whole.installed |= package.installed;
        whole.present |= package.present;
        if whole.version.is_empty() {
            whole.version = package.version;
        }
    }
    Ok(packages)
}

/// By name and architecture, as a later record takes the place of an earlier one.
fn by_architecture(system: &System, names: &BTreeSet<&String>) -> Result<BTreeMap<(String, String), Package>, Gap> {
    let mut found: BTreeMap<(String, String), Package> = BTreeMap::new();
    add(&system.read_large(STATUS, MAX_BYTES)?, STATUS, names, &mut found)?;
    let updates = match system.list(UPDATES) {
        Ok(updates) => updates,
        Err(gap) if gap.kind == GapKind::Missing => Vec::new(),
        Err(gap) => return Err(gap),
    };
    for update in updates.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        let path = format!("{UPDATES}/{update}");
        match system.read_large(&path, MAX_BYTES) {
            Ok(text) => add(&text, &path, names, &mut found)?,
            // dpkg has put it where it belongs meanwhile.
            Err(gap) if gap.kind == GapKind::Missing => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found)
}

/// Adds the records of a file that are asked for.
fn add(
    text: &str,
    path: &str,
    names: &BTreeSet<&String>,
    found: &mut BTreeMap<(String, String), Package>,
) -> Result<(), Gap> {
    let malformed = |what: &str| Gap::new(GapKind::Malformed, format!("{path}: {what}"));
    let mut records = 0;
    for record in text.split("\n\n").filter(|record| !record.trim().is_empty()) {
        let field = |name: &str| {
            let value = |line: &'_ str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned());
            record.lines().find_map(value)
        };
        let name = field("Package").ok_or_else(|| malformed("a record without a package"))?;
        records += 1;
        if !names.contains(&name) {
            continue;
        }
        let status = field("Status").ok_or_else(|| malformed(&format!("{name} has no status")))?;
        let state = status.split_whitespace().nth(2).ok_or_else(|| malformed(&format!("{name}: {status:?}")))?;
        let installed = matches!(state, "installed" | "triggers-pending" | "triggers-awaited");
        let present = installed || matches!(state, "half-installed" | "unpacked" | "half-configured");
        if !present && !matches!(state, "not-installed" | "config-files") {
            return Err(malformed(&format!("{name}: there is no state {state:?}")));
        }
        let version = field("Version").filter(|_| present).unwrap_or_default();
        let architecture = field("Architecture").unwrap_or_default();
        found.insert((name, architecture), Package { installed, present, version });
    }
    if records == 0 && path == STATUS { Err(malformed("no records")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn ask(tree: &Tree, name: &str) -> Observed<Package> {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        let name = name.to_owned();
        observe(&system, &view, [&name].into_iter()).remove(&name).unwrap()
    }

    fn record(name: &str, state: &str) -> String {
        format!(
            "Package: {name}\nStatus: install ok {state}\nArchitecture: amd64\nDescription: x\n Status: a b c\nVersion: 1-2\n\n"
        )
    }

    fn told(tree: &Tree, name: &str) -> (bool, bool, String) {
        let package = ask(tree, name).value().unwrap().clone();
        (package.present, package.installed, package.version)
    }

    #[test]
    fn states_say_what_is_there() {
        let tree = Tree::new();
        for (state, present, installed) in [
            ("installed", true, true),
            ("triggers-awaited", true, true),
            ("half-configured", true, false),
            ("unpacked", true, false),
            ("half-installed", true, false),
            ("config-files", false, false),
            ("not-installed", false, false),
        ] {
            tree.file("var/lib/dpkg/status", record("cups-common", "installed") + &record("cups", state));
            let version = if present { "1-2" } else { "" };
            assert_eq!(told(&tree, "cups"), (present, installed, version.to_owned()), "{state}");
        }
        assert_eq!(told(&tree, "cup"), (false, false, String::new()));
    }

    #[test]
    fn any_architecture_will_do_and_the_newest_record_counts() {
        let tree = Tree::new();
        let other = record("cups", "config-files").replace("amd64", "i386");
        tree.file("var/lib/dpkg/status", record("cups", "installed") + &other);
        assert_eq!(told(&tree, "cups"), (true, true, "1-2".to_owned()));
        tree.file("var/lib/dpkg/updates/0001", record("cups", "not-installed"));
        tree.file("var/lib/dpkg/updates/tmp.i", record("cups", "installed"));
        assert_eq!(told(&tree, "cups"), (false, false, String::new()));
    }

    #[test]
    fn other_records_are_gaps() {
        let tree = Tree::new();
        assert_eq!(ask(&tree, "cups").gap().unwrap().kind, GapKind::Missing);
        for text in [
            "",
            "\n\n",
            "x\n",
            "Package: cups\n",
            "Package: cups\nStatus: install ok\n",
            "Package: cups\nStatus: a b c\n",
        ] {
            tree.file("var/lib/dpkg/status", text);
            assert_eq!(ask(&tree, "cups").gap().unwrap().kind, GapKind::Malformed, "{text:?}");
        }
        tree.file(
            "var/lib/dpkg/status",
            [b"Package: \xff\n\n".as_slice(), record("cups", "installed").as_bytes()].concat(),
        );
        assert!(told(&tree, "cups").0);
    }

    #[test]
    fn this_machine_has_dpkg() {
        let system = System::live();
        let view = View::observe(&system, &Reference::observe(&system, None));
        let name = "dpkg".to_owned();
        let found = observe(&system, &view, [&name].into_iter());
        assert!(found["dpkg"].value().unwrap().installed);
    }
}
