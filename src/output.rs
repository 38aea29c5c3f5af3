//! Files that are replaced whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file on its way to its place: still beside it, under a name of its own, and gone unless it is saved.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    file: NamedTempFile,
}

impl Replacement {
    /// Opens a file for a place, with a mode; what cannot be written there is told before there is anything to write.
    pub fn at(path: &Path, mode: u32) -> Result<Self, String> {
        match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => return Err("it is a symbolic link".to_owned()),
            Ok(there) if !there.is_file() => return Err("it is not a regular file".to_owned()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
            Ok(_) | Err(_) => {}
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".plimsoll-").suffix(".tmp").tempfile_in(directory);
        let file = file.map_err(|error| format!("no file can be made in {}: {}", directory.display(), error.kind()))?;
        // On the open file, since what it is made with goes through the umask. Until here it is its owner's alone.
        let mode = Permissions::from_mode(mode);
        file.as_file().set_permissions(mode).map_err(|error| format!("its mode cannot be set: {}", error.kind()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Its place.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is written into it.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Puts it into its place, once all of it is on the disk.
    pub fn save(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Replaces a file by these bytes.
pub fn replace(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), String> {
    let replacement = Replacement::at(path, mode)?;
    replacement.file().write_all(bytes).and_then(|()| replacement.save()).map_err(|error| error.to_string())
}
