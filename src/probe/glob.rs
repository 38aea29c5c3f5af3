//! Shell patterns, as fnmatch(3) and glob(3) read them.

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

/// The files that a path names whose last part may be a pattern, in the order of their names; hidden ones only where they are
/// asked for.
pub(super) fn files(system: &System, pattern: &Path) -> Result<Vec<PathBuf>, Gap> {
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name().map(|name| name.to_string_lossy())) else {
        return Ok(Vec::new());
    };
    if is_pattern(&folder.to_string_lossy()) {
        let what = format!("{}: a pattern of directories is not followed", pattern.display());
        return Err(Gap::new(GapKind::Unsupported, what));
    }
    let names = none_if_missing(system.list(folder))?.unwrap_or_default();
    let fits = |found: &&String| (!found.starts_with('.') || name.starts_with('.')) && matches(&name, found, true);
    Ok(names.iter().filter(fits).map(|name| folder.join(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn files_are_found_by_the_last_part_of_a_path() {
        let tree = Tree::new();
        tree.file("etc/x.d/b.conf", "").file("etc/x.d/a.conf", "").file("etc/x.d/.c.conf", "").file("etc/x.d/d", "");
        let found = |pattern: &str| files(&tree.system(), Path::new(pattern)).map(|found| found.len());
        for (pattern, count) in
            [("/etc/x.d/*.conf", 2), ("/etc/x.d/d", 1), ("/etc/x.d/.*", 1), ("/none/*", 0), ("/", 0)]
        {
            assert_eq!(found(pattern).unwrap(), count, "{pattern}");
        }
        assert_eq!(found("/etc/*/a.conf").unwrap_err().kind, GapKind::Unsupported);
    }

    #[test]
    fn stars_stop_at_slashes_in_paths_only() {
        assert!(matches("net/ipv4/conf/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(!matches("net/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(matches("cram*", "cramfs", false) && matches("a/*", "a/b/c", false) && matches("a[lx]l", "all", true));
        assert!(!matches("{a,b}", "a", false) && matches("{a}?", "{a}b", false) && !matches("[", "[", false));
    }
}
