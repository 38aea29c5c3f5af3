//! Names on the audited machine are an attacker's to choose; none of them may drive what shows them, or make a file that nobody can parse.

/// The text with every control and direction-changing character spelt out, and those that XML does not allow.
pub(crate) fn escape(text: &str) -> String {
    text.chars().map(|c| if is_hostile(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// How many characters of one text are shown, far more than any name or reason has that is meant well; the JSON has all.
const SHOWN: usize = 600;

/// The text escaped, and cut where it would flood what shows it.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => escape(text.get(..end).unwrap_or_default()) + "…",
        None => escape(text),
    }
}

fn is_hostile(c: char) -> bool {
    let direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    let invisible = matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    c.is_control() || direction || invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_drives_the_terminal() {
        assert_eq!(escape("web é 日本 👍"), "web é 日本 👍");
        assert_eq!(escape("\u{1b}[2J\r\n\t\u{7f}\u{9b}1m"), r"\u{1b}[2J\u{d}\u{a}\u{9}\u{7f}\u{9b}1m");
        assert_eq!(escape("\u{202e}\u{2066}\u{200f}\u{feff}\u{ffff}"), r"\u{202e}\u{2066}\u{200f}\u{feff}\u{ffff}");
    }

    #[test]
    fn what_is_absurdly_long_is_cut() {
        assert_eq!(shown(&"é".repeat(SHOWN)).chars().count(), SHOWN);
        assert_eq!(shown(&"é".repeat(SHOWN + 1)).chars().count(), SHOWN + 1);
        assert!(shown(&"é".repeat(SHOWN + 1)).ends_with('…'));
    }
}
