//! One file's metadata.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::io::Errno;

use super::System;
use crate::facts::{File, FileKind, Gap, GapKind, Observed};

/// Room for the access list of almost every file, in bytes.
const SMALL: usize = 1 << 10;
/// The largest value of an extended attribute, in bytes.
const LARGE: usize = 1 << 16;

/// What a path leads to, symbolic links followed inside the system's root; nothing when it leads nowhere.
pub fn observe(system: &System, path: impl AsRef<Path>) -> Observed<Option<File>> {
    match look(system, path.as_ref()) {
        Ok(file) => Observed::known(Some(file)),
        Err(gap) if gap.kind == GapKind::Missing => Observed::known(None),
        Err(gap) => gap.into(),
    }
}

fn look(system: &System, path: &Path) -> Result<File, Gap> {
    let target = system.resolve(path)?;
    let metadata = metadata(system, &target)?;
    let kind = match metadata.file_type() {
        kind if kind.is_file() => FileKind::Regular,
        kind if kind.is_dir() => FileKind::Directory,
        kind if kind.is_socket() => FileKind::Socket,
        kind if kind.is_symlink() => {
            return Err(Gap::new(GapKind::Unsupported, format!("{}: changed while it was looked at", path.display())));
        }
        _ => FileKind::Other,
    };
    Ok(File {
        path: target.display().to_string(),
        symlink: is_symlink(system, path)?,
        kind,
        uid: metadata.uid(),
        gid: metadata.gid(),
        mode: metadata.mode() & 0o7777,
        extended_acl: granted(system, &target, &metadata).map(|more| more != 0).into(),
    })
}

/// Metadata of a path in which no symbolic link is left.
fn metadata(system: &System, target: &Path) -> Result<fs::Metadata, Gap> {
    fs::symlink_metadata(system.real(target)).map_err(|error| Gap::io(target.display(), &error))
}

/// Whether the last part of a path is itself a symbolic link.
fn is_symlink(system: &System, path: &Path) -> Result<bool, Gap> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let entry = system.real(system.resolve(parent)?.join(name));
    fs::symlink_metadata(entry).map(|metadata| metadata.is_symlink()).map_err(|error| Gap::io(path.display(), &error))
}

/// The permissions that an access list grants to somebody beyond what the mode shows, as bits of `rwx`.
fn granted(system: &System, target: &Path, metadata: &fs::Metadata) -> Result<u32, Gap> {
    match access_list(system, target)? {
        Some(list) => acl::grants(&list, metadata.uid(), metadata.gid(), metadata.mode())
            .map_err(|detail| malformed(target, detail)),
        None => Ok(0),
    }
}

fn malformed(target: &Path, detail: &str) -> Gap {
    Gap::new(GapKind::Malformed, format!("{}: access list: {detail}", target.display()))
}

/// The POSIX access list of a path in which no symbolic link is left, if it has one.
fn access_list(system: &System, target: &Path) -> Result<Option<Vec<u8>>, Gap> {
    let real = system.real(target);
    let gap = |errno: Errno| Gap::io(format_args!("{}: access list", target.display()), &errno.into());
    match attribute(&real, "system.posix_acl_access") {
        Ok(list) => Ok(Some(list)),
        Err(Errno::NODATA) => Ok(None),
        Err(Errno::OPNOTSUPP) => match attribute(&real, "system.nfs4_acl") {
            Err(Errno::OPNOTSUPP | Errno::NODATA) => Ok(None),
            Err(errno) => Err(gap(errno)),
            Ok(_) => Err(Gap::new(GapKind::Unsupported, format!("{}: has an NFSv4 access list", target.display()))),
        },
        Err(errno) => Err(gap(errno)),
    }
}

fn attribute(real: &Path, name: &str) -> Result<Vec<u8>, Errno> {
    let read = |size: usize| {
        let mut value = vec![0; size];
        let length = rustix::fs::lgetxattr(real, name, &mut value)?;
        value.truncate(length);
        Ok(value)
    };
    match read(SMALL) {
        Err(Errno::RANGE) => read(LARGE),
        other => other,
    }
}

pub(super) mod access;
mod acl;
#[cfg(test)]
mod tests;
