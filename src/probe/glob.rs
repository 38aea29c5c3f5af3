//! Shell patterns, as fnmatch(3) and glob(3) read them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::{System, none_if_missing};
use crate::facts::{Gap, GapKind};

/// Whether a text holds anything that is not itself in a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether a pattern matches a whole text; with `path`, nothing but a slash matches a slash. A pattern that is none matches
/// nothing.
pub(super) fn matches(pattern: &str, text: &str, path: bool) -> bool {
    if !is_pattern(pattern) {
        return pattern == text;
    }
    // Braces mean nothing to fnmatch(3).
    let literal = pattern.replace('{', "[{]").replace('}', "[}]");
    let glob = GlobBuilder::new(&literal).literal_separator(path).backslash_escape(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

/// The most paths that one pattern is expanded to; a hostile one leads to no more.
const MAX_PATHS: usize = 4096;

/// The paths that an absolute pattern stands for, sorted; none is no error. A directory that cannot be listed is one, though
/// glob(3) passes over it: who reads the configuration for good can list it.
pub(super) fn expand(system: &System, pattern: &str) -> Result<Vec<PathBuf>, Gap> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for folder in &found {
            if !is_pattern(part) {
                next.push(folder.join(part));
                continue;
            }
            let there = none_if_missing(system.entries(folder))?.unwrap_or_default();
            next.extend(there.into_iter().filter(|name| names(part, name)).map(|name| folder.join(name)));
            if next.len() > MAX_PATHS {
                return Err(Gap::new(
                    GapKind::Unsupported,
                    format!("{pattern}: stands for more than {MAX_PATHS} paths"),
                ));
            }
        }
        found = next;
    }
    let mut there = Vec::new();
    for path in found {
        if exists(system, &path)? {
            there.push(path);
        }
    }
    Ok(there)
}

/// Whether something has this name, be it a symbolic link to nowhere.
fn exists(system: &System, path: &Path) -> Result<bool, Gap> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(true) };
    match none_if_missing(system.resolve(folder))? {
        Some(_) => Ok(std::fs::symlink_metadata(system.folder(folder)?.join(name)).is_ok()),
        None => Ok(false),
    }
}

/// Whether a part of a pattern stands for the name of a file; a leading dot has to be written.
fn names(pattern: &str, name: &OsStr) -> bool {
    let hidden = name.as_bytes().starts_with(b".") && !pattern.starts_with('.');
    !hidden && matches(pattern, &name.to_string_lossy(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tree::Tree;

    #[test]
    fn stars_stop_at_slashes_in_paths_only() {
        assert!(matches("net/ipv4/conf/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(!matches("net/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(matches("cram*", "cramfs", false) && matches("a/*", "a/b/c", false) && matches("a[lx]l", "all", true));
        assert!(!matches("{a,b}", "a", false) && matches("{a}?", "{a}b", false) && !matches("[", "[", false));
    }

    #[test]
    fn a_pattern_is_expanded_in_order_and_hidden_names_are_not() {
        let tree = Tree::new();
        tree.file("etc/x.d/20-b.conf", "").file("etc/x.d/10-a.conf", "").file("etc/x.d/.hidden.conf", "");
        tree.file("etc/x.d/readme", "").link("etc/x.d/30-gone.conf", "nowhere").file("etc/y.d/1.conf", "");
        let expanded = |pattern: &str| -> Vec<String> {
            let paths = expand(&tree.system(), pattern).unwrap();
            paths.into_iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(expanded("/etc/x.d/*.conf"), ["/etc/x.d/10-a.conf", "/etc/x.d/20-b.conf", "/etc/x.d/30-gone.conf"]);
        assert_eq!(expanded("/etc/?.d/1*"), ["/etc/x.d/10-a.conf", "/etc/y.d/1.conf"]);
        assert_eq!(expanded("/etc/x.d/.h*"), ["/etc/x.d/.hidden.conf"]);
        assert_eq!(expanded("/etc/x.d/readme"), ["/etc/x.d/readme"]);
        assert_eq!(expanded("/etc/none/*.conf"), [] as [String; 0]);
        assert_eq!(expanded("/etc/none"), [] as [String; 0]);
    }
}
