//! What lies in the layers of images, read only under `--deep`.

mod accounts;
mod packages;
mod scan;

use std::collections::BTreeMap;
use std::path::Path;

use super::overlay::{Marks, Overlay};
use super::process::Status;
use super::{System, Tally};
use crate::facts::{Engine, FoundFile, Gap, GapKind, Image, Observed};
use crate::parallel;
use crate::plan::Plan;

/// The directories of a filesystem's layers as the engine names them, the highest first.
pub(super) type Directories = Result<Vec<String>, Gap>;

/// The bit of `CAP_SYS_ADMIN`.
const SYS_ADMIN: u64 = 1 << 21;

/// The way to the layers of an engine.
#[derive(Debug)]
pub(super) struct Store {
    /// The engine's file tree.
    tree: Result<System, Gap>,
    /// The engine's own directory, below which all layers are.
    root: Result<String, Gap>,
    /// Where it stands which directories hide those below them, if the kernel shows that to the auditor.
    marks: Result<Marks, Gap>,
}

impl Store {
    /// The layers of an engine with this file tree.
    pub(super) fn new(system: &System, tree: Result<System, Gap>, engine: Result<&Engine, Gap>) -> Self {
        let root = engine.as_ref().map(|engine| engine.data_root.clone()).map_err(Gap::clone);
        let rootless = engine.is_ok_and(|engine| engine.rootless);
        let marks = if rootless { Ok(Marks::User) } else { trusted(system) };
        Self { tree, root, marks }
    }

    /// Corrects the uid of a user by the accounts in a filesystem; what the name alone tells stays where those cannot be read.
    pub(super) fn resolve(&self, user: &str, uid: &mut Observed<i64>, directories: &Directories) {
        settle(uid, self.overlay(directories).and_then(|overlay| accounts::uid(&overlay, user)));
    }

    fn overlay(&self, directories: &Directories) -> Result<Overlay, Gap> {
        let directories = directories.as_deref().map_err(Gap::clone)?;
        // A single layer hides nothing.
        let marks = if directories.len() > 1 { self.marks.clone()? } else { Marks::Trusted };
        let layers = directories.iter().map(|directory| self.layer(directory)).collect::<Result<_, _>>()?;
        Ok(Overlay::new(layers, marks))
    }

    /// A layer; the engine's word does not lead to anywhere else.
    fn layer(&self, directory: &str) -> Result<System, Gap> {
        let (tree, root) = (self.tree.as_ref().map_err(Gap::clone)?, self.root.as_ref().map_err(Gap::clone)?);
        let resolved = tree.resolve(directory)?;
        if root.len() < 2 || !resolved.starts_with(tree.resolve(root)?) {
            return Err(Gap::new(GapKind::Malformed, format!("{directory}: a layer that is not below {root}")));
        }
        Ok(System::at(tree.real(resolved)))
    }
}

/// The marks that an engine with root makes; errs when the auditor does not see them.
fn trusted(system: &System) -> Result<Marks, Gap> {
    let status = Status::read(system, "self")?;
    let denied = || Gap::new(GapKind::Denied, "only CAP_SYS_ADMIN sees which directories of a layer hide lower ones");
    if status.effective & SYS_ADMIN == 0 { Err(denied()) } else { Ok(Marks::Trusted) }
}

/// Completes images by what lies in their layers, as far as the plan wants it; `directories` are theirs by identifier.
pub(super) fn complete(
    store: &Store,
    plan: &Plan,
    images: &mut [Image],
    directories: &BTreeMap<String, Directories>,
    tally: &Tally,
) {
    let wants = |field: &str| plan.wants(&format!("images.{field}"));
    let scanned = if wants("set_id_files") { scan_all(store, directories, tally) } else { BTreeMap::new() };
    for image in images {
        let of = directories.get(&image.id).cloned().unwrap_or_else(|| Err(Gap::not_collected()));
        let overlay = store.overlay(&of);
        let seen = || overlay.as_ref().map_err(Gap::clone);
        if wants("set_id_files") {
            image.set_id_files = seen().and_then(|overlay| set_id_files(overlay, &of, &scanned)).into();
        }
        if wants("packages") {
            image.packages = seen().and_then(packages::installed).into();
        }
        if wants("package_managers") {
            image.package_managers = seen().and_then(packages::managers).into();
        }
        if let Observed::Known { value, .. } = &mut image.inspect
            && wants("user_uid")
        {
            let found = seen().and_then(|overlay| accounts::uid(overlay, &value.user));
            settle(&mut value.user_uid, found);
        }
    }
}

fn settle(uid: &mut Observed<i64>, found: Result<i64, Gap>) {
    if found.is_ok() || uid.value().is_none() {
        *uid = found.into();
    }
}

type Scanned = BTreeMap<String, Result<Vec<scan::SetId>, Gap>>;

/// The set-id files of every layer; one that several images share is read once.
fn scan_all(store: &Store, directories: &BTreeMap<String, Directories>, tally: &Tally) -> Scanned {
    let mut all: Vec<&String> = directories.values().flatten().flatten().collect();
    all.sort();
    all.dedup();
    tally.expect(all.len());
    let scan = |directory: &&String| {
        let found = store.layer(directory).and_then(|layer| scan::set_id_files(&layer));
        tally.done();
        found
    };
    let found = parallel::map(&all, scan);
    all.into_iter().cloned().zip(found).collect()
}

/// The set-id files that are left when all layers lie over each other.
fn set_id_files(overlay: &Overlay, directories: &Directories, scanned: &Scanned) -> Result<Vec<FoundFile>, Gap> {
    let directories = directories.as_deref().map_err(Gap::clone)?;
    let mut files = Vec::new();
    for (layer, directory) in directories.iter().enumerate() {
        let Some(found) = scanned.get(directory) else { continue };
        for file in found.as_ref().map_err(Gap::clone)? {
            if overlay.shows(layer, Path::new(&file.path))? {
                files.push(file.fact());
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
mod tests;
