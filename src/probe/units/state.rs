//! What starts a unit, and whether it runs.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::super::conf_files::{self, Entry, entry};
use super::super::{System, View};
use super::{files, kind, system_folders};
use crate::facts::{Gap, GapKind, Observed, Unit};

/// Endings of directories whose links start units with the one that the directory is named after.
const PULLING: [&str; 3] = [".wants", ".requires", ".upholds"];
/// Kinds of unit that start another, with the setting that names it; without one it has the same name.
const TRIGGERS: [(&str, &str); 3] = [("socket", "Service"), ("path", "Unit"), ("timer", "Unit")];
/// Run levels in which a script is started.
const LEVELS: [&str; 5] = ["/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d", "/etc/rcS.d"];
/// Hierarchies of control groups, of version 2, mixed, and of version 1.
const GROUPS: [&str; 3] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
/// How deep slices are looked into.
const DEPTH: usize = 5;

/// The units of these names.
pub fn observe<'n>(system: &System, view: &View, names: impl Iterator<Item = &'n String>) -> BTreeMap<String, Unit> {
    let mut names = names.peekable();
    if names.peek().is_none() {
        return BTreeMap::new();
    }
    let look = view.files().and_then(|()| Look::new(system));
    names.map(|name| (name.clone(), look.as_ref().map_or_else(unseen, |look| look.unit(name)))).collect()
}

/// Whether a unit is enabled, for other probes.
pub(in crate::probe) fn enabled(system: &System, name: &str) -> Observed<bool> {
    Look::new(system).map_or_else(Into::into, |look| look.enabled(name))
}

fn unseen(gap: &Gap) -> Unit {
    Unit {
        file: gap.clone().into(),
        masked: gap.clone().into(),
        enabled: gap.clone().into(),
        triggered_by: gap.clone().into(),
        active: gap.clone().into(),
    }
}

/// What is the same for all units.
struct Look<'s> {
    system: &'s System,
    folders: Vec<PathBuf>,
    /// Links that start units, by the names of these.
    pulled: BTreeMap<String, PathBuf>,
    /// Other names of units: the link, and what it leads to.
    aliases: Vec<(PathBuf, String)>,
    /// Those among the pulled units that start others. Every service asks for them.
    triggers: OnceCell<Result<Vec<Trigger>, Gap>>,
}

/// A unit that starts another.
struct Trigger {
    name: String,
    /// The unit it names, if it names one.
    starts: Option<String>,
}

/// The file that a unit's name leads to first.
enum Fragment {
    None,
    Masked(PathBuf),
    File(PathBuf),
}

impl<'s> Look<'s> {
    fn new(system: &'s System) -> Result<Self, Gap> {
        let folders: Vec<PathBuf> = system_folders().into_iter().filter(|folder| !system.fills_later(folder)).collect();
        let mut directories: BTreeSet<OsString> = BTreeSet::new();
        let mut aliases = Vec::new();
        let mut seen: Vec<PathBuf> = Vec::new();
        for folder in &folders {
            let real = match system.resolve(folder) {
                Ok(real) => real,
                Err(gap) if gap.kind == GapKind::Missing => continue,
                Err(gap) => return Err(gap),
            };
            // `/lib` may be `/usr/lib`.
            if seen.contains(&real) {
                continue;
            }
            for name in system.entries(folder)? {
                let text = name.to_string_lossy();
                if PULLING.iter().any(|ending| text.ends_with(ending)) {
                    directories.insert(name);
                } else if let Ok(target) = system.link(real.join(&name))
                    && let Some(target) = target.file_name().filter(|target| *target != name.as_os_str())
                {
                    aliases.push((folder.join(&name), target.to_string_lossy().into_owned()));
                }
            }
            seen.push(real);
        }
        let mut pulled = BTreeMap::new();
        for directory in directories {
            let ways: Vec<PathBuf> = folders.iter().map(|folder| folder.join(&directory)).collect();
            for link in conf_files::in_order(system, &ways, |_| true)? {
                let name = link.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                pulled.entry(name).or_insert(link);
            }
        }
        Ok(Self { system, folders, pulled, aliases, triggers: OnceCell::new() })
    }

    fn unit(&self, name: &str) -> Unit {
        let (file, masked) = match self.fragment(name) {
            Ok(Fragment::None) => (Observed::known(String::new()), Observed::known(false)),
            Ok(Fragment::Masked(path)) => {
                (Observed::known(String::new()), Observed::from_source(true, path.display().to_string()))
            }
            Ok(Fragment::File(path)) => (Observed::known(path.display().to_string()), Observed::known(false)),
            Err(gap) => (gap.clone().into(), gap.into()),
        };
        let none = file.value().is_some_and(String::is_empty) && masked.value() == Some(&false);
        let active = match active(self.system, name) {
            // What there is not cannot run, whoever starts services here.
            Observed::Unknown { .. } if none => Observed::known(false),
            active => active,
        };
        Unit { file, masked, enabled: self.enabled(name), triggered_by: self.triggered_by(name).into(), active }
    }

    fn fragment(&self, name: &str) -> Result<Fragment, Gap> {
        let template = name.split_once('@').map(|(stem, _)| format!("{stem}@.{}", kind(name)));
        for name in [name].into_iter().chain(template.as_deref()) {
            for folder in &self.folders {
                let path = folder.join(name);
                match entry(self.system, &path)? {
                    Entry::Nothing => {}
                    Entry::Mask => return Ok(Fragment::Masked(path)),
                    // An empty file masks too.
                    Entry::File(_) if self.system.read_lossy(&path)?.is_empty() => return Ok(Fragment::Masked(path)),
                    Entry::File(_) => return Ok(Fragment::File(path)),
                }
            }
        }
        Ok(self.script(name)?.map_or(Fragment::None, Fragment::File))
    }

    /// The script of a service that has no unit, as systemd-sysv-generator makes one of it at boot.
    fn script(&self, name: &str) -> Result<Option<PathBuf>, Gap> {
        let Some(stem) = name.strip_suffix(".service") else { return Ok(None) };
        let path = Path::new("/etc/init.d").join(stem);
        Ok(matches!(entry(self.system, &path)?, Entry::File(_)).then_some(path))
    }

    fn enabled(&self, name: &str) -> Observed<bool> {
        match self.started_by(name) {
            Ok(Some(link)) => Observed::from_source(true, link.display().to_string()),
            Ok(None) => Observed::known(false),
            Err(gap) => gap.into(),
        }
    }

    /// The link that has a unit started, if it can be started at all.
    fn started_by(&self, name: &str) -> Result<Option<PathBuf>, Gap> {
        let Fragment::File(file) = self.fragment(name)? else { return Ok(None) };
        let aliases = || self.aliases.iter().filter(|(_, target)| target == name).map(|(link, _)| link);
        let names = aliases().filter_map(|link| link.file_name()).map(OsStr::to_string_lossy).chain([name.into()]);
        if let Some(link) = names.filter_map(|name| self.pulled.get(name.as_ref())).next() {
            return Ok(Some(link.clone()));
        }
        if let Some(link) = aliases().find(|link| link.starts_with("/etc") || link.starts_with("/run")) {
            return Ok(Some(link.clone()));
        }
        if file.starts_with("/etc/init.d") || file.starts_with("/run/systemd/generator.late") {
            return self.run_level(name);
        }
        Ok(None)
    }

    /// The link that starts a service's script.
    fn run_level(&self, name: &str) -> Result<Option<PathBuf>, Gap> {
        let stem = name.strip_suffix(".service").unwrap_or(name);
        let starts = |link: &String| {
            let order = link.strip_prefix('S').and_then(|rest| rest.strip_suffix(stem));
            order.is_some_and(|order| order.len() == 2 && order.bytes().all(|digit| digit.is_ascii_digit()))
        };
        for level in LEVELS {
            match self.system.list(level) {
                Ok(links) => {
                    if let Some(link) = links.iter().find(|link| starts(link)) {
                        return Ok(Some(Path::new(level).join(link)));
                    }
                }
                Err(gap) if gap.kind == GapKind::Missing => {}
                Err(gap) => return Err(gap),
            }
        }
        Ok(None)
    }

    fn triggered_by(&self, name: &str) -> Result<Vec<String>, Gap> {
        if !matches!(self.fragment(name)?, Fragment::File(_)) {
            return Ok(Vec::new());
        }
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let others = self.triggers.get_or_init(|| self.triggers()).as_ref().map_err(Gap::clone)?;
        let of_it = others.iter().filter(|other| other.starts.as_deref() == Some(name));
        let mut found: Vec<String> = of_it.map(|other| other.name.clone()).collect();
        for (ending, setting) in TRIGGERS {
            let same = format!("{stem}.{ending}");
            // One of the same name may be started by other links than those that pull.
            if let Some(named) = self.trigger(&same, setting)?
                && named.is_none_or(|named| named == name)
                && !found.contains(&same)
            {
                found.push(same);
            }
        }
        found.sort();
        Ok(found)
    }

    /// The pulled units that start others.
    fn triggers(&self) -> Result<Vec<Trigger>, Gap> {
        let mut found = Vec::new();
        for other in self.pulled.keys() {
            if let Some((_, setting)) = TRIGGERS.iter().find(|(ending, _)| kind(other) == *ending)
                && let Some(starts) = self.trigger(other, setting)?
            {
                found.push(Trigger { name: other.clone(), starts });
            }
        }
        Ok(found)
    }

    /// Whether a unit that starts others is started itself; then, the unit it names, if it names one.
    fn trigger(&self, unit: &str, setting: &str) -> Result<Option<Option<String>>, Gap> {
        if self.started_by(unit)?.is_none() { Ok(None) } else { self.setting(unit, setting).map(Some) }
    }

    /// The value of a setting that a unit has once: the last assignment in its file and its drop-ins counts.
    fn setting(&self, unit: &str, setting: &str) -> Result<Option<String>, Gap> {
        let mut value = None;
        for path in files(self.system, &self.folders, unit)? {
            let text = self.system.read_lossy(&path)?;
            let assigned = text.lines().filter_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == setting).then(|| value.trim().to_owned())
            });
            value = assigned.fold(value, |_, assigned| Some(assigned));
        }
        Ok(value.filter(|value| !value.is_empty()))
    }
}

/// Whether a unit runs. systemd keeps a link for each service that it has started and that has not ended.
fn active(system: &System, name: &str) -> Observed<bool> {
    let gap = |detail: String| Observed::unknown(GapKind::Unsupported, detail);
    if let Err(gap) = system.running(format_args!("a {name} that is active or not")) {
        return gap.into();
    }
    match system.entries("/run/systemd/system") {
        Ok(_) => {}
        Err(error) if error.kind == GapKind::Missing => {
            return gap(format!("systemd does not run here, so that it cannot be told whether {name} is active"));
        }
        Err(error) => return error.into(),
    }
    let link = format!("/run/systemd/units/invocation:{name}");
    if system.link(&link).is_ok() {
        return Observed::from_source(true, link);
    }
    if let Some(group) = group(system, name) {
        return Observed::from_source(true, group);
    }
    match system.entries("/run/systemd/units") {
        Ok(_) if matches!(kind(name), "service" | "mount" | "swap" | "scope") => Observed::known(false),
        Ok(_) => gap(format!("{name}: only systemd itself knows whether a unit of this kind is active")),
        Err(gap) => gap.into(),
    }
}

/// A unit's control group with a process in it.
fn group(system: &System, name: &str) -> Option<String> {
    GROUPS.iter().find_map(|top| {
        let slices = [format!("{top}/system.slice"), format!("{top}/user.slice")];
        slices.into_iter().find_map(|slice| below(system, Path::new(&slice), name, DEPTH))
    })
}

fn below(system: &System, folder: &Path, name: &str, depth: usize) -> Option<String> {
    let own = folder.join(name);
    if system.read_lossy(own.join("cgroup.procs")).is_ok_and(|processes| !processes.trim().is_empty()) {
        return Some(own.display().to_string());
    }
    let slices = system.list(folder).ok()?.into_iter().filter(|name| name.ends_with(".slice"));
    if depth == 0 {
        None
    } else {
        slices.into_iter().find_map(|slice| below(system, &folder.join(slice), name, depth - 1))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
