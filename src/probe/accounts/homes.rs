//! Home directories, and the files in them whose names begin with a dot.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::database::Passwd;
use crate::facts::{DotFile, FileAccess, FileKind, Gap, GapKind, Home, Observed};
use crate::probe::{System, file, none_if_missing};

/// The home directories of accounts.
pub(super) fn homes(system: &System, users: &[&Passwd]) -> Vec<Home> {
    let home = |user: &&Passwd| Home {
        user: user.name.clone(),
        uid: user.uid,
        path: user.home.clone(),
        directory: directory(system, user).into(),
        listed: names(system, user).map(|_| true).into(),
    };
    users.iter().map(home).collect()
}

fn directory(system: &System, user: &Passwd) -> Result<Option<FileAccess>, Gap> {
    if !user.home.starts_with('/') {
        return Ok(None);
    }
    let seen = none_if_missing(file::access::observe(system, Path::new(&user.home), &Ok(i64::from(user.uid))))?;
    Ok(seen.filter(|(_, metadata)| metadata.is_dir()).map(|(access, _)| access))
}

/// The files in the home directories of accounts whose names begin with a dot.
pub(super) fn dot_files(system: &System, users: &[&Passwd]) -> Vec<DotFile> {
    users.iter().flat_map(|user| in_home(system, user)).collect()
}

/// The names in an account's home directory; none where it has none.
fn names(system: &System, user: &Passwd) -> Result<Vec<OsString>, Gap> {
    if !user.home.starts_with('/') {
        return Ok(Vec::new());
    }
    Ok(none_if_missing(system.entries(&user.home))?.unwrap_or_default())
}

fn in_home(system: &System, user: &Passwd) -> Vec<DotFile> {
    let home = Path::new(&user.home);
    let entry = |name: String, path: &Path, symlink: bool, file: Observed<FileAccess>| DotFile {
        user: user.name.clone(),
        uid: user.uid,
        gid: user.gid,
        name,
        path: path.display().to_string(),
        symlink,
        file,
    };
    let dotted = names(system, user).unwrap_or_default().into_iter().filter(|name| name.as_bytes().starts_with(b"."));
    let one = |name: OsString| {
        let path = home.join(&name);
        let name = name.to_string_lossy().into_owned();
        match file::observe(system, &path) {
            Observed::Known { value: Some(file), .. } if file.kind == FileKind::Regular => {
                let access = file::access::observe(system, &path, &Ok(i64::from(user.uid)));
                Some(entry(name, &path, file.symlink, access.map(|(access, _)| access).into()))
            }
            Observed::Known { .. } => None,
            // A circle of links leads to no file.
            Observed::Unknown { gap, .. } if gap.kind == GapKind::Malformed => None,
            Observed::Unknown { gap, .. } => Some(entry(name, &path, false, gap.into())),
        }
    };
    dotted.filter_map(one).collect()
}
