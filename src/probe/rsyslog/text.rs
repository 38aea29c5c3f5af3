//! The text of rsyslog.conf, its continued lines joined.

/// Every character with its line; a line that ends in a backslash goes on in the next, white space at its beginning left out.
pub(super) fn characters(text: &str) -> Vec<(char, usize)> {
    let mut found = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut line = 1;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if let (Some(after), '\\') = (rest.strip_prefix('\n'), c) {
            line += 1;
            rest = after.trim_start_matches([' ', '\t']);
            continue;
        }
        found.push((c, line));
        line += usize::from(c == '\n');
    }
    found
}
