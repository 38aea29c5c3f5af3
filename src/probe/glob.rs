//! Shell patterns, as fnmatch(3) and glob(3) read them.

use globset::GlobBuilder;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_slashes_in_paths_only() {
        assert!(matches("net/ipv4/conf/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(!matches("net/*/rp_filter", "net/ipv4/conf/all/rp_filter", true));
        assert!(matches("cram*", "cramfs", false) && matches("a/*", "a/b/c", false) && matches("a[lx]l", "all", true));
        assert!(!matches("{a,b}", "a", false) && matches("{a}?", "{a}b", false) && !matches("[", "[", false));
    }
}
