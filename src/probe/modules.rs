//! Kernel modules: which installed kernels have them, which are loaded, and what keeps them from being loaded.

mod modprobe;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::modprobe::{Modprobe, is_idle, normal};
use super::{System, View, command_line};
use crate::facts::{FilesystemModule, Gap, GapKind, HostMount, Module, Observed};

/// Where installed kernels have their modules.
const MODULES: &str = "/lib/modules";

/// Where the running kernel shows that it has what a module brings, and the word for it there: for a kernel that comes without a
/// list of what is compiled into it.
const REGISTERED: &[(&str, &str, &str)] = &[
    ("cramfs", "/proc/filesystems", "cramfs"),
    ("freevxfs", "/proc/filesystems", "vxfs"),
    ("hfs", "/proc/filesystems", "hfs"),
    ("hfsplus", "/proc/filesystems", "hfsplus"),
    ("jffs2", "/proc/filesystems", "jffs2"),
    ("overlay", "/proc/filesystems", "overlay"),
    ("squashfs", "/proc/filesystems", "squashfs"),
    ("udf", "/proc/filesystems", "udf"),
    ("dccp", "/proc/net/protocols", "DCCP"),
    ("rds", "/proc/net/protocols", "RDS"),
    ("sctp", "/proc/net/protocols", "SCTP"),
    ("tipc", "/proc/net/protocols", "TIPC"),
    // It has parameters, so that the kernel shows it whether it is compiled in or loaded.
    ("usb_storage", SHOWN, "usb_storage"),
];

/// Modules that the kernel shows, and no longer only those that are loaded.
const SHOWN: &str = "/sys/module";

/// The most bytes of a kernel's list of aliases.
const MAX_ALIASES: u64 = 32 << 20;

/// The modules of these names.
pub fn observe<'n>(system: &System, view: &View, names: impl Iterator<Item = &'n String>) -> BTreeMap<String, Module> {
    let mut names = names.peekable();
    if names.peek().is_none() {
        return BTreeMap::new();
    }
    let look = view.files().map(|()| Look::new(system));
    names.map(|name| (name.clone(), look.as_ref().map_or_else(unseen, |look| look.module(name)))).collect()
}

/// Drivers of filesystems among the modules of the installed kernels, by what the kernel asks for when one is to be mounted.
pub fn filesystems(system: &System, view: &View, mounts: &Observed<Vec<HostMount>>) -> Observed<Vec<FilesystemModule>> {
    view.files().and_then(|()| filesystem_modules(system, mounts.as_known()?)).into()
}

fn filesystem_modules(system: &System, mounts: &[HostMount]) -> Result<Vec<FilesystemModule>, Gap> {
    let look = Look::new(system);
    let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for release in look.shipped.as_ref().map_err(Clone::clone)?.keys() {
        let aliases = system.read_large(Path::new(MODULES).join(release).join("modules.alias"), MAX_ALIASES)?;
        for line in aliases.lines().filter_map(|line| line.strip_prefix("alias fs-")) {
            if let Some((kind, module)) = line.split_once(' ') {
                types.entry(normal(module)).or_default().insert(kind.to_owned());
            }
        }
    }
    let mounted: BTreeSet<&str> = mounts.iter().filter_map(|mount| mount.filesystem.split('.').next()).collect();
    let loaded = look.loaded.as_ref().map_err(Clone::clone)?;
    let module = |(name, types): (String, BTreeSet<String>)| {
        let Module { refused, blacklisted, .. } = look.module(&name);
        Ok(FilesystemModule {
            loaded: loaded.contains(&name),
            mounted: types.iter().any(|kind| mounted.contains(kind.as_str())),
            denied: *refused.as_known()? || *blacklisted.as_known()?,
            name,
        })
    };
    types.into_iter().map(module).collect()
}

fn unseen(gap: &Gap) -> Module {
    Module {
        shipped_by: gap.clone().into(),
        built_in: gap.clone().into(),
        loaded: gap.clone().into(),
        install: gap.clone().into(),
        refused: gap.clone().into(),
        blacklisted: gap.clone().into(),
    }
}

/// What is the same for all modules.
struct Look<'s> {
    system: &'s System,
    /// Loadable modules of each installed kernel.
    shipped: Result<BTreeMap<String, BTreeSet<String>>, Gap>,
    /// What is compiled into the running kernel, or into those that could, and where that is said.
    built_in: Result<BTreeMap<String, BTreeSet<String>>, Gap>,
    loaded: Result<BTreeSet<String>, Gap>,
    modprobe: Modprobe,
    command_line: Result<Vec<String>, Gap>,
}

impl<'s> Look<'s> {
    fn new(system: &'s System) -> Self {
        let shipped = shipped(system);
        Self {
            system,
            built_in: built_in(system, &shipped),
            shipped,
            loaded: loaded(system),
            modprobe: Modprobe::read(system),
            command_line: command_line::words(system),
        }
    }

    fn module(&self, name: &str) -> Module {
        let name = &normal(name);
        let releases = |shipped: &BTreeMap<String, BTreeSet<String>>| {
            shipped.iter().filter(|(_, modules)| modules.contains(name)).map(|(release, _)| release.clone()).collect()
        };
        let install = self.modprobe.install(name);
        let shipped_by: Observed<Vec<String>> = self.shipped.as_ref().map(releases).map_err(Clone::clone).into();
        let loaded = match &self.loaded {
            Ok(loaded) => Observed::known(loaded.contains(name)),
            // What there is not cannot be loaded, whichever kernel runs.
            Err(gap) if gap.kind == GapKind::Offline && shipped_by.value().is_some_and(Vec::is_empty) => {
                Observed::known(false)
            }
            Err(gap) => gap.clone().into(),
        };
        Module {
            shipped_by,
            built_in: self.compiled_in(name),
            loaded,
            refused: self.refused(name, &install),
            install,
            blacklisted: self.blacklisted(name),
        }
    }

    fn compiled_in(&self, name: &str) -> Observed<bool> {
        let gap = match &self.built_in {
            Ok(lists) => {
                let has = lists.iter().find(|(_, modules)| modules.contains(name)).map(|(place, _)| place.clone());
                let places = || lists.keys().cloned().collect::<Vec<_>>().join(", ");
                return Observed::from_source(has.is_some(), has.unwrap_or_else(places));
            }
            Err(gap) => gap,
        };
        let loaded = self.loaded.as_ref().is_ok_and(|loaded| loaded.contains(name));
        let Some((_, place, word)) =
            REGISTERED.iter().find(|(module, ..)| *module == name).filter(|_| !loaded && !self.system.is_offline())
        else {
            return gap.clone().into();
        };
        let has = if *place == SHOWN {
            self.system.list(SHOWN).map(|names| names.iter().any(|name| name == word))
        } else {
            let text = self.system.read_lossy(place);
            text.map(|text| text.lines().any(|line| line.split_whitespace().any(|found| found == *word)))
        };
        has.map_or_else(Into::into, |has| Observed::from_source(has, *place))
    }

    fn refused(&self, name: &str, install: &Observed<String>) -> Observed<bool> {
        if self.kernel_refuses(name) == Ok(true) {
            return Observed::from_source(true, command_line::PATH);
        }
        match install {
            Observed::Unknown { gap, .. } => gap.clone().into(),
            Observed::Known { value, source } => match is_idle(self.system, value) {
                Ok(value) => Observed::Known { value, source: source.clone() },
                Err(gap) => gap.into(),
            },
        }
    }

    fn blacklisted(&self, name: &str) -> Observed<bool> {
        let configured = self.modprobe.blacklisted(name);
        if configured.value() == Some(&true) {
            return configured;
        }
        let told = self.command_line.as_ref().map_err(Clone::clone).and_then(|words| {
            // modprobe takes the names as they stand there, so that one with a hyphen is none.
            let listed = |list: &str| list.split(',').any(|listed| listed == name);
            let modprobe = words.iter().filter_map(|word| word.strip_prefix("modprobe.blacklist=")).any(listed);
            Ok(modprobe || self.kernel_refuses(name)?)
        });
        match told {
            Ok(true) => Observed::from_source(true, command_line::PATH),
            Ok(false) => configured,
            Err(gap) => gap.into(),
        }
    }

    /// Whether the kernel itself was told not to load a module.
    fn kernel_refuses(&self, name: &str) -> Result<bool, Gap> {
        let words = self.command_line.as_ref().map_err(Clone::clone)?;
        let list = command_line::value(words, "module_blacklist").unwrap_or_default();
        Ok(list.split(',').any(|listed| listed == name))
    }
}

/// Loadable modules of the installed kernels, by release.
fn shipped(system: &System) -> Result<BTreeMap<String, BTreeSet<String>>, Gap> {
    let releases = match system.list(MODULES) {
        Ok(releases) => releases,
        // Modules that are loaded came from somewhere, such as the store of a distribution that has no such directory.
        Err(gap) if gap.kind == GapKind::Missing && loaded(system)?.is_empty() => return Ok(BTreeMap::new()),
        Err(gap) => return Err(gap),
    };
    let mut found = BTreeMap::new();
    for release in releases {
        let folder = Path::new(MODULES).join(&release);
        match system.read_lossy(folder.join("modules.dep")) {
            Ok(text) => {
                let files = text.lines().filter_map(|line| line.split(':').next());
                found.insert(release, files.filter_map(name_of).collect());
            }
            // What a removed kernel leaves behind, or no kernel at all.
            Err(gap) if gap.kind == GapKind::Missing && system.entries(folder.join("kernel")).is_err() => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found)
}

/// What is compiled into the running kernel; where none runs, into each one that is installed.
fn built_in(
    system: &System,
    shipped: &Result<BTreeMap<String, BTreeSet<String>>, Gap>,
) -> Result<BTreeMap<String, BTreeSet<String>>, Gap> {
    let running = || {
        system.running("a kernel, where none is installed")?;
        system.read("/proc/sys/kernel/osrelease").map(|release| vec![release.trim().to_owned()])
    };
    let releases = match shipped {
        Ok(shipped) if system.is_offline() && !shipped.is_empty() => shipped.keys().cloned().collect(),
        _ => running()?,
    };
    let list = |release: &String| {
        let place = format!("{MODULES}/{release}/modules.builtin");
        let text = system.read_lossy(&place)?;
        Ok((place, text.lines().filter_map(name_of).collect()))
    };
    releases.iter().map(list).collect()
}

/// The name of a module by its file: `kernel/fs/cramfs/cramfs.ko.xz`.
fn name_of(file: &str) -> Option<String> {
    let name = file.rsplit('/').next()?;
    let (name, ending) = name.split_once(".ko")?;
    (ending.is_empty() || ending.starts_with('.')).then(|| normal(name))
}

fn loaded(system: &System) -> Result<BTreeSet<String>, Gap> {
    match system.read_lossy("/proc/modules") {
        Ok(text) => Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()),
        // A kernel that cannot load any has no such file.
        Err(gap) if gap.kind == GapKind::Missing && system.read("/proc/filesystems").is_ok() => Ok(BTreeSet::new()),
        Err(gap) => Err(gap),
    }
}

#[cfg(test)]
mod tests;
