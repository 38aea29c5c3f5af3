//! Settings of dconf that the machine's administrator makes (`man 7 dconf`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{System, View, none_if_missing};
use crate::facts::{DesktopSetting, Gap, GapKind, Observed};

/// Where profiles lie, the first that counts.
const PROFILES: [&str; 3] = ["/etc/dconf/profile", "/usr/local/share/dconf/profile", "/usr/share/dconf/profile"];
/// Debian compiles the login screen's database at each start of GDM from these files.
const GREETER: (&str, &str) = ("greeter-dconf-defaults", "/usr/share/gdm/dconf");

/// The settings of these names, each a profile and a path: `user:/org/gnome/desktop/session/idle-delay`.
pub fn observe<'n>(
    system: &System,
    view: &View,
    names: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Observed<DesktopSetting>> {
    let mut profiles: BTreeMap<&str, Result<Vec<Database>, Gap>> = BTreeMap::new();
    let mut one = |name: &'n String| -> Result<DesktopSetting, Gap> {
        let (profile, path) = name
            .split_once(':')
            .ok_or_else(|| Gap::new(GapKind::Malformed, format!("{name}: no profile and path of dconf")))?;
        let read = || view.files().and_then(|()| databases(system, profile));
        profiles.entry(profile).or_insert_with(read).as_deref().map(|all| setting(all, path)).map_err(Clone::clone)
    };
    names.map(|name| (name.clone(), one(name).into())).collect()
}

/// One database: its values with their places, and what is locked in it.
#[derive(Debug, Default)]
struct Database {
    values: BTreeMap<String, (String, String)>,
    locks: Vec<String>,
}

/// A lock in a database keeps all that come before it from setting a value.
fn setting(databases: &[Database], path: &str) -> DesktopSetting {
    let lock = databases.iter().rposition(|database| database.locks.iter().any(|lock| lock == path));
    let from = databases.get(lock.unwrap_or_default()..).unwrap_or_default();
    match from.iter().find_map(|database| database.values.get(path)) {
        Some((value, place)) => {
            DesktopSetting { set: true, value: value.clone(), locked: lock.is_some(), place: place.clone() }
        }
        None => DesktopSetting { locked: lock.is_some(), ..DesktopSetting::default() },
    }
}

/// The databases of a profile that no user writes to, in its order; none where there is no such profile.
fn databases(system: &System, profile: &str) -> Result<Vec<Database>, Gap> {
    let mut text = None;
    for folder in PROFILES {
        text = none_if_missing(system.read_lossy(Path::new(folder).join(profile)))?;
        if text.is_some() {
            break;
        }
    }
    let mut found = Vec::new();
    for line in text.unwrap_or_default().lines() {
        match line.split('#').next().unwrap_or_default().trim().split_once(':') {
            Some(("system-db", name)) => {
                let compiled = Path::new("/etc/dconf/db").join(name);
                found.extend(system_database(system, &compiled)?);
            }
            Some(("file-db", path)) if Path::new(path).file_name().is_some_and(|name| name == GREETER.0) => {
                found.push(keyfiles(system, Path::new(GREETER.1))?);
            }
            Some(("file-db", path)) => {
                let what = format!("{path}: a database without the files that it was made of");
                return Err(Gap::new(GapKind::Unsupported, what));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A database that `dconf update` compiles from the files in the directory beside it; nothing before it was compiled.
fn system_database(system: &System, compiled: &Path) -> Result<Option<Database>, Gap> {
    let mut folder = compiled.as_os_str().to_owned();
    folder.push(".d");
    let folder = PathBuf::from(folder);
    if none_if_missing(system.resolve(compiled))?.is_none() {
        return Ok(None);
    }
    let made = modified(system, compiled)?;
    let names = none_if_missing(system.list(&folder))?.unwrap_or_default();
    let locks = folder.join("locks");
    let locked = none_if_missing(system.list(&locks))?.unwrap_or_default();
    let files = names.iter().map(|name| folder.join(name)).chain(locked.iter().map(|name| locks.join(name)));
    for file in files {
        if none_if_missing(system.resolve(&file))?.is_some() && modified(system, &file)? > made {
            let what = format!("{} was changed after dconf update, and is not in force", file.display());
            return Err(Gap::new(GapKind::Unsupported, what));
        }
    }
    keyfiles(system, &folder).map(Some)
}

/// When the content of a file was changed last.
fn modified(system: &System, path: &Path) -> Result<(i64, i64), Gap> {
    let metadata =
        fs::symlink_metadata(system.real(system.resolve(path)?)).map_err(|error| Gap::io(path.display(), &error))?;
    Ok((metadata.mtime(), metadata.mtime_nsec()))
}

/// The files of a directory, of which the last by name that sets a value counts, and the locks in it.
fn keyfiles(system: &System, folder: &Path) -> Result<Database, Gap> {
    let mut found = Database::default();
    for name in none_if_missing(system.list(folder))?.unwrap_or_default() {
        let path = folder.join(&name);
        if name == "locks" || name.starts_with('.') || system.list(&path).is_ok() {
            continue;
        }
        let mut group = String::new();
        for (number, line) in system.read_lossy(&path)?.lines().enumerate() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.trim_matches('/').clone_into(&mut group);
            } else if let (Some((key, value)), false) = (line.split_once('='), line.starts_with('#')) {
                let place = format!("{}:{}", path.display(), number + 1);
                found.values.insert(format!("/{group}/{}", key.trim()), (plain(value.trim()), place));
            }
        }
    }
    let locks = folder.join("locks");
    for name in none_if_missing(system.list(&locks))?.unwrap_or_default() {
        let text = system.read_lossy(locks.join(name))?;
        found.locks.extend(text.lines().map(str::trim).filter(|line| line.starts_with('/')).map(str::to_owned));
    }
    Ok(found)
}

/// A value without its type and quotes.
fn plain(text: &str) -> String {
    let text = match text.split_once(' ') {
        Some((kind, rest)) if kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) => {
            rest.trim()
        }
        _ => text,
    };
    let quoted = ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    match quoted {
        Some(inner) => inner.replace("\\'", "'").replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}

/// Files of GDM's own configuration.
const GDM: [&str; 3] = ["/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/etc/gdm/custom.conf"];

/// Whether GDM offers sessions to other machines over XDMCP (`Enable` of `[xdmcp]`).
pub fn xdmcp(system: &System, view: &View) -> Observed<bool> {
    view.files().and_then(|()| asked_for(system)).map_or_else(Into::into, |place| match place {
        Some(place) => Observed::from_source(true, place),
        None => Observed::known(false),
    })
}

fn asked_for(system: &System) -> Result<Option<String>, Gap> {
    for path in GDM {
        let mut inside = false;
        let mut found = None;
        for (number, line) in none_if_missing(system.read_lossy(path))?.unwrap_or_default().lines().enumerate() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                inside = name == "xdmcp";
            } else if let (true, Some(("Enable", value))) =
                (inside, line.split_once('=').map(|(key, v)| (key.trim(), v.trim())))
            {
                // GLib takes the last, and knows these two words for it.
                found = ["true", "1"].contains(&value).then(|| format!("{path}:{}", number + 1));
            }
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn view(tree: &Tree) -> (System, View) {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        (system, view)
    }

    fn ask(tree: &Tree, name: &str) -> Result<DesktopSetting, Gap> {
        let (system, view) = view(tree);
        let name = name.to_owned();
        observe(&system, &view, [&name].into_iter()).remove(&name).unwrap().as_known().cloned()
    }

    fn told(tree: &Tree, name: &str) -> String {
        match ask(tree, name) {
            Ok(DesktopSetting { set, value, locked, place }) => format!("{set} {value} {locked} {place}"),
            Err(gap) => gap.to_string(),
        }
    }

    #[test]
    fn the_first_database_counts_unless_a_later_one_locks() {
        let tree = Tree::new();
        assert_eq!(told(&tree, "user:/org/x/k"), "false  false ");
        tree.file("etc/dconf/profile/user", "# x\nuser-db:user\nsystem-db:site\nsystem-db:low # y\n")
            .file("etc/dconf/db/site.d/00", "[org/x]\nk='site'\nb=true\n#n=1\n")
            .file("etc/dconf/db/site.d/10", "[org/x]\nk=\"it\\\"s\"\n")
            .file("etc/dconf/db/low.d/00", "[org/x]\nk='low'\nn=uint32 900\nb=false\n")
            .file("etc/dconf/db/low.d/locks/00", "# x\n/org/x/k\n/org/x/none\n");
        // Nothing is in force before it was compiled.
        assert_eq!(told(&tree, "user:/org/x/k"), "false  false ");
        tree.file("etc/dconf/db/site", "GVariant").file("etc/dconf/db/low", "GVariant");
        assert_eq!(told(&tree, "user:/org/x/k"), "true low true /etc/dconf/db/low.d/00:2");
        assert_eq!(told(&tree, "user:/org/x/b"), "true true false /etc/dconf/db/site.d/00:3");
        assert_eq!(told(&tree, "user:/org/x/n"), "true 900 false /etc/dconf/db/low.d/00:3");
        assert_eq!(told(&tree, "user:/org/x/none"), "false  true ");
        tree.remove("etc/dconf/db/low.d/locks/00").file("etc/dconf/db/low", "GVariant");
        assert_eq!(told(&tree, "user:/org/x/k"), "true it\"s false /etc/dconf/db/site.d/10:2");
        assert_eq!(ask(&tree, "user").unwrap_err().kind, GapKind::Malformed);
    }

    #[test]
    fn what_was_not_compiled_is_not_known() {
        let tree = Tree::new();
        tree.file("etc/dconf/profile/user", "system-db:site\n").file("etc/dconf/db/site", "GVariant");
        std::thread::sleep(std::time::Duration::from_millis(20));
        tree.file("etc/dconf/db/site.d/00", "[org/x]\nk=1\n");
        assert!(told(&tree, "user:/org/x/k").contains("was changed after dconf update"));
        tree.file("etc/dconf/profile/user", "file-db:/opt/own\n");
        assert_eq!(ask(&tree, "user:/org/x/k").unwrap_err().kind, GapKind::Unsupported);
    }

    #[test]
    fn the_login_screen_has_files_of_its_own() {
        let tree = Tree::new();
        tree.file("usr/share/dconf/profile/gdm", "user-db:user\nfile-db:/var/lib/gdm3/greeter-dconf-defaults\n")
            .file("usr/share/gdm/dconf/00-upstream", "[org/gnome/login-screen]\ndisable-user-list=false\n")
            .file("etc/gdm3/greeter.dconf-defaults", "[org/gnome/login-screen]\ndisable-user-list=true\n")
            .link("usr/share/gdm/dconf/90-debian", "/etc/gdm3/greeter.dconf-defaults");
        assert_eq!(
            told(&tree, "gdm:/org/gnome/login-screen/disable-user-list"),
            "true true false /usr/share/gdm/dconf/90-debian:2"
        );
    }

    #[test]
    fn xdmcp_is_on_where_a_file_says_so() {
        let tree = Tree::new();
        let ask = |tree: &Tree| {
            let (system, view) = view(tree);
            xdmcp(&system, &view)
        };
        assert_eq!(ask(&tree).value(), Some(&false));
        tree.file("etc/gdm3/daemon.conf", "[daemon]\nEnable=true\n[xdmcp]\n#Enable=true\nEnable = false\n");
        assert_eq!(ask(&tree).value(), Some(&false));
        tree.file("etc/gdm3/custom.conf", "[xdmcp]\nEnable = true\n");
        assert!(
            matches!(ask(&tree), Observed::Known { value: true, source: Some(place) } if place == "/etc/gdm3/custom.conf:2")
        );
    }
}
