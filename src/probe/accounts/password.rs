//! The state of a password, and when it ends.

use crate::facts::{Password, PasswordState};

/// The prefixes of crypt(5)'s methods.
const METHODS: &[(&str, &str)] = &[
    ("$y$", "yescrypt"),
    ("$gy$", "gost-yescrypt"),
    ("$7$", "scrypt"),
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2x$", "bcrypt"),
    ("$2y$", "bcrypt"),
    ("$6$", "sha512"),
    ("$5$", "sha256"),
    ("$sha1", "sha1"),
    ("$md5", "sunmd5"),
    ("$1$", "md5"),
    ("$3$", "nt"),
    ("_", "bsdicrypt"),
];
/// The length of a hash without a prefix.
const DES: usize = 13;

/// The password of an account from the fields of `/etc/shadow` after its name, on a day since 1970.
pub(super) fn of(fields: &[String], today: i64) -> Password {
    let (state, algorithm) = state(fields.first().map_or("", String::as_str));
    let days = |index: usize| fields.get(index).and_then(|text| text.trim().parse().ok()).unwrap_or(-1);
    Password {
        state,
        algorithm: algorithm.to_owned(),
        changed_in_future: days(1) > today,
        min_days: days(2),
        max_days: days(3),
        warn_days: days(4),
        inactive_days: days(5),
    }
}

/// The password of an account that has no line in `/etc/shadow`.
pub(super) fn unshadowed(field: &str) -> Password {
    of(&[field.to_owned()], i64::MAX)
}

fn state(field: &str) -> (PasswordState, &'static str) {
    if field.is_empty() {
        return (PasswordState::Empty, "");
    }
    if field.starts_with(['!', '*']) {
        return (PasswordState::Locked, "");
    }
    let salt = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    match METHODS.iter().find(|(prefix, _)| field.starts_with(prefix)) {
        Some((_, name)) => (PasswordState::Hashed, name),
        // A method of another library's; whether it works cannot be told, and it may.
        None if field.starts_with('$') => (PasswordState::Hashed, "unknown"),
        None if field.len() >= DES && field.bytes().all(salt) => (PasswordState::Hashed, "des"),
        None => (PasswordState::Unusable, ""),
    }
}
