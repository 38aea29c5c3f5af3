//! One line of sshd_config.

/// A line's keyword, in lower case, and its arguments; nothing for one that says nothing.
pub(super) fn parse(line: &str) -> Result<Option<(String, Vec<String>)>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (keyword, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
        None => line.split_at(line.find([' ', '\t', '\r', '\x0c', '=', '"']).unwrap_or(line.len())),
    };
    let rest = rest.trim_start();
    // One equals sign may stand between a keyword and its arguments.
    let rest = rest.strip_prefix('=').map_or(rest, str::trim_start);
    let keyword = keyword.to_ascii_lowercase();
    let words = words(rest)?;
    if words.is_empty() { Err(format!("{keyword} has no argument")) } else { Ok(Some((keyword, words))) }
}

/// The words of a text: quotes of both kinds, a backslash before a quote, a space or itself, and a comment at the end.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.peek() {
        if matches!(first, ' ' | '\t') {
            chars.next();
            continue;
        }
        if *first == '#' {
            break;
        }
        let mut word = String::new();
        let mut quote: Option<char> = None;
        while let Some(c) = chars.peek().copied() {
            if quote.is_none() && matches!(c, ' ' | '\t') {
                break;
            }
            chars.next();
            match (c, quote) {
                ('\\', _) => match chars.peek().copied() {
                    Some(next @ ('\'' | '"' | '\\')) => {
                        chars.next();
                        word.push(next);
                    }
                    Some(' ') if quote.is_none() => {
                        chars.next();
                        word.push(' ');
                    }
                    _ => word.push('\\'),
                },
                (c, Some(open)) if c == open => quote = None,
                ('"' | '\'', None) => quote = Some(c),
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is not closed".to_owned());
        }
        words.push(word);
    }
    Ok(words)
}

/// The criteria of a `Match`, as pairs of a name in lower case and a list of patterns.
pub(super) fn criteria(words: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    // `Match User=a` says the same as `Match User a`.
    let mut words = words.iter().flat_map(|word| word.split('=')).filter(|word| !word.is_empty());
    while let Some(name) = words.next() {
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "all" | "invalid-user") {
            found.push((name, String::new()));
            continue;
        }
        let list = words.next().ok_or_else(|| format!("Match {name} has no argument"))?;
        found.push((name, list.to_owned()));
    }
    if found.is_empty() { Err("Match has no criteria".to_owned()) } else { Ok(found) }
}
