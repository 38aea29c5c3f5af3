//! One pass over the files of a layer.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::facts::{FoundFile, Gap, GapKind};
use crate::probe::System;

/// The most entries of a layer; a hostile one could have any number.
const MAX_ENTRIES: usize = 20_000_000;
/// The bits by which a program runs as its owner or its group.
const SET_ID: u32 = 0o6000;

/// A set-id file of a layer.
#[derive(Debug)]
pub(super) struct SetId {
    /// Its path from the layer's root.
    pub(super) path: PathBuf,
    uid: u32,
    gid: u32,
    mode: u32,
}

impl SetId {
    pub(super) fn fact(&self) -> FoundFile {
        FoundFile { path: self.path.to_string_lossy().into_owned(), uid: self.uid, gid: self.gid, mode: self.mode }
    }
}

/// The set-id files of a layer; links are not followed.
pub(super) fn set_id_files(layer: &System) -> Result<Vec<SetId>, Gap> {
    let gap = |path: &Path, error: &std::io::Error| Gap::io(layer.real(path).display(), error);
    let root = PathBuf::from("/");
    let device = fs::symlink_metadata(layer.real(&root)).map_err(|error| gap(&root, &error))?.dev();
    let (mut pending, mut found, mut count) = (vec![root], Vec::new(), 0_usize);
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(layer.real(&directory)).map_err(|error| gap(&directory, &error))? {
            let entry = entry.map_err(|error| gap(&directory, &error))?;
            let path = directory.join(entry.file_name());
            let metadata = entry.metadata().map_err(|error| gap(&path, &error))?;
            count += 1;
            if count > MAX_ENTRIES || metadata.dev() != device {
                let detail = format!("{}: too many files, or another filesystem", layer.real(&path).display());
                return Err(Gap::new(GapKind::Unsupported, detail));
            }
            if metadata.is_dir() {
                pending.push(path);
            } else if metadata.is_file() && metadata.mode() & SET_ID != 0 {
                found.push(SetId { path, uid: metadata.uid(), gid: metadata.gid(), mode: metadata.mode() & 0o7777 });
            }
        }
    }
    Ok(found)
}
