//! Whether a name asks for a secret, and whether a value is one.

use std::collections::BTreeMap;

/// What a name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Something that a person chose; any word may be one.
    Password,
    /// Something that a machine made.
    Token,
}

/// Words that ask for a password, as a part of a name or as its end.
const PASSWORDS: [&str; 4] = ["password", "passwd", "passphrase", "passwort"];
/// Words that ask for a token, as a part of a name or as its end.
const TOKENS: [&str; 8] =
    ["token", "secret", "apikey", "secretkey", "accesskey", "privatekey", "authkey", "credentials"];
/// Words before `key` that make a secret of it; a key may else be public, or one of a table.
const KEYS: [&str; 16] = [
    "access",
    "account",
    "api",
    "app",
    "application",
    "auth",
    "deploy",
    "encryption",
    "master",
    "private",
    "secret",
    "service",
    "session",
    "shared",
    "signing",
    "storage",
];
/// Last words of names that ask for something about a secret and not for it.
const ABOUT: [&str; 66] = [
    "age",
    "alg",
    "algo",
    "algorithm",
    "attempts",
    "audience",
    "cache",
    "checksum",
    "cmd",
    "command",
    "complexity",
    "count",
    "dir",
    "directory",
    "dummy",
    "enable",
    "enabled",
    "encoding",
    "endpoint",
    "env",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "files",
    "fingerprint",
    "folder",
    "format",
    "header",
    "host",
    "hostname",
    "id",
    "ids",
    "interval",
    "issuer",
    "len",
    "length",
    "lifetime",
    "limit",
    "location",
    "max",
    "min",
    "mode",
    "mount",
    "name",
    "names",
    "path",
    "paths",
    "policy",
    "port",
    "prefix",
    "prompt",
    "provider",
    "required",
    "rotation",
    "size",
    "stdin",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
];

/// What a name asks for, if it asks for a secret, and whether it does so with its last word.
pub(super) fn asks(name: &str) -> Option<(Ask, bool)> {
    let words = words(name);
    let last = words.last()?;
    if ABOUT.contains(&last.as_str()) {
        return None;
    }
    let ends = |word: &str, known: &[&str]| known.iter().any(|known| word.ends_with(known));
    let one = |word: &String| {
        let plural = word.strip_suffix('s').unwrap_or(word);
        match word.as_str() {
            _ if ends(word, &PASSWORDS) || ends(plural, &PASSWORDS) => Some(Ask::Password),
            _ if ends(word, &TOKENS) || ends(plural, &TOKENS) => Some(Ask::Token),
            _ => None,
        }
    };
    let last_but_one = words.len().checked_sub(2).and_then(|index| words.get(index)).map(String::as_str);
    let short = match (last_but_one, last.as_str()) {
        (Some(_), "pass" | "pwd") => Some(Ask::Password),
        (Some(before), "key" | "keys") if KEYS.contains(&before) => Some(Ask::Token),
        _ => None,
    };
    if let Some(ask) = one(last).or(short) {
        return Some((ask, true));
    }
    words.iter().find_map(one).map(|ask| (ask, false))
}

/// The words of a name in lower case: at each sign, and at each capital after a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && small {
            words.push(String::new());
        }
        small = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    let plain = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
    plain.filter(|word| !word.is_empty()).collect()
}

/// Values that say something and are no secret.
const SAYINGS: [&str; 26] = [
    "",
    "0",
    "1",
    "ask",
    "auto",
    "changeit",
    "default",
    "disabled",
    "empty",
    "enabled",
    "env",
    "false",
    "file",
    "nil",
    "no",
    "none",
    "null",
    "off",
    "on",
    "optional",
    "prompt",
    "random",
    "required",
    "true",
    "undefined",
    "yes",
];
/// Words that stand for a value to come.
const PLACEHOLDERS: [&str; 17] = [
    "dummy",
    "example",
    "fake",
    "fixme",
    "insert",
    "notasecret",
    "notused",
    "not-used",
    "not_used",
    "placeholder",
    "redacted",
    "replace",
    "sample",
    "todo",
    "unused",
    "your-",
    "your_",
];

/// Whether a value is the secret that its name asks for.
pub(super) fn is_secret(ask: Ask, last: bool, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    if stands_for_another(value) || is_place(value) {
        return false;
    }
    match ask {
        Ask::Password if last => true,
        Ask::Token if last => value.len() >= 8 && entropy(value) >= 2.5 && !is_phrase(value),
        Ask::Password | Ask::Token => {
            let mixed =
                value.contains(|c: char| c.is_ascii_digit()) && value.contains(|c: char| c.is_ascii_alphabetic());
            value.len() >= 16 && mixed && entropy(value) >= 3.5
        }
    }
}

/// Whether a value refers to another, or holds the place of one.
pub(super) fn stands_for_another(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let after_dollar = value
        .split('$')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '(' | '@' | '*')));
    let framed = [("<", ">"), ("[", "]"), ("__", "__"), ("%", "%"), ("@", "@")];
    let framed =
        framed.iter().any(|(open, close)| lower.len() > 2 && lower.starts_with(open) && lower.ends_with(close));
    SAYINGS.contains(&lower.as_str())
        || PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || after_dollar
        || framed
        || lower.contains("{{")
        || lower.chars().all(|c| matches!(c, '*' | 'x' | '.' | '-' | '…' | '#' | '?'))
}

/// Whether a value is a path, an address or a checksum.
fn is_place(value: &str) -> bool {
    // A key in base64 may begin with a slash.
    let key = value.len() == 40
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '+'))
        && value.contains(|c: char| c.is_ascii_digit())
        && entropy(value) > 4.2;
    let path = ["/", "./", "../", "~/", "file:"].iter().any(|start| value.starts_with(start)) && !key;
    path || value.contains("://") || value.starts_with("sha256:") || value.starts_with("sha512:")
}

/// Whether a value is a word or words that people say: an issuer, a backend, a mode.
fn is_phrase(value: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let words: Vec<&str> = value.split(['-', '_', '.', '/', ' ', ':']).collect();
    words.len() > 1 && words.iter().all(|one| word(one) && one.len() <= 14)
}

/// Bits that a character of the text carries on the average.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, u32> = BTreeMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / all).map(|part| -part * part.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ask_or_they_do_not() {
        use Ask::{Password, Token};
        for (name, wanted) in [
            ("PASSWORD", Some((Password, true))),
            ("DB_PASSWORD", Some((Password, true))),
            ("PGPASSWORD", Some((Password, true))),
            ("mysqlRootPassword", Some((Password, true))),
            ("DB_PASS", Some((Password, true))),
            ("APP_PWD", Some((Password, true))),
            ("PASSWORD1", Some((Password, true))),
            ("PASSWORD_DB", Some((Password, false))),
            ("GITHUB_TOKEN", Some((Token, true))),
            ("NPMTOKEN", Some((Token, true))),
            ("//r.example/:_authToken", Some((Token, true))),
            ("AWS_SECRET_ACCESS_KEY", Some((Token, true))),
            ("api-key", Some((Token, true))),
            ("APIKEY", Some((Token, true))),
            ("SECRET_KEY_BASE", Some((Token, false))),
            ("TOKEN_PROD", Some((Token, false))),
            ("AWS_ACCESS_KEY_ID", None),
            ("PASSWORD_FILE", None),
            ("TOKEN_URL", None),
            ("PWD", None),
            ("PASS", None),
            ("BYPASS", None),
            ("GPG_KEY", None),
            ("GPG_KEYS", None),
            ("PUBLIC_KEY", None),
            ("TOKENIZERS_PARALLELISM", None),
            ("PATH", None),
            ("README_ADDITIONAL", None),
            ("SECRETARY", None),
            ("COMPASS", None),
            ("password-stdin", None),
            ("", None),
            ("__", None),
        ] {
            assert_eq!(asks(name), wanted, "{name}");
        }
    }
}
