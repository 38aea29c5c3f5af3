//! What new accounts get: `/etc/login.defs` and `/etc/default/useradd`.

use std::collections::BTreeMap;

use super::shipped_elsewhere;
use crate::facts::{Gap, GapKind, NewAccount, Observed};
use crate::probe::{System, none_if_missing};

const LOGIN_DEFS: &str = "/etc/login.defs";
const USERADD: &str = "/etc/default/useradd";
/// The program that goes by both.
const SHADOW: &str = "/usr/sbin/useradd";

/// The settings of `/etc/login.defs`, each with the number of its line.
pub(in crate::probe) struct LoginDefs(Result<BTreeMap<String, Vec<(usize, String)>>, Gap>);

impl LoginDefs {
    pub(in crate::probe) fn read(system: &System) -> Self {
        let text = none_if_missing(system.read_lossy(LOGIN_DEFS));
        Self(text.and_then(|text| text.map_or_else(|| without(system), Ok)).map(|text| parse(&text)))
    }

    /// Settings that could not be seen, or that nobody asked for.
    pub(in crate::probe) const fn unseen(gap: Gap) -> Self {
        Self(Err(gap))
    }

    /// Every value of a setting, with its place. Programs of shadow take the last, PAM the first.
    pub(in crate::probe) fn all(&self, name: &str) -> Result<Vec<(String, &str)>, Gap> {
        let settings = self.0.as_ref().map_err(Clone::clone)?;
        let values = settings.get(name).into_iter().flatten();
        Ok(values.map(|(line, value)| (format!("{LOGIN_DEFS}:{line}"), value.as_str())).collect())
    }

    fn text(&self, name: &str, default: &str) -> Observed<String> {
        match self.all(name) {
            Ok(values) => match values.last() {
                Some((place, value)) => Observed::from_source((*value).to_owned(), place.clone()),
                None => Observed::from_source(default.to_owned(), format!("{LOGIN_DEFS} has no {name}")),
            },
            Err(gap) => gap.into(),
        }
    }

    /// A number as shadow's programs read it; one that they cannot read counts as not being there.
    pub(super) fn number(&self, name: &str, default: i64) -> Observed<i64> {
        self.text(name, &default.to_string()).map(|text| integer(&text).unwrap_or(default))
    }
}

/// What an account gets when it is made.
pub(super) fn of_new_accounts(system: &System, defs: &LoginDefs) -> NewAccount {
    NewAccount {
        max_days: defs.number("PASS_MAX_DAYS", -1),
        min_days: defs.number("PASS_MIN_DAYS", -1),
        warn_days: defs.number("PASS_WARN_AGE", -1),
        inactive_days: match &defs.0 {
            Ok(_) => inactive(system),
            Err(gap) => gap.clone().into(),
        },
        encrypt_method: defs.text("ENCRYPT_METHOD", "DES"),
    }
}

/// `INACTIVE` as useradd reads it: at the very beginning of a line, and nothing after the number.
fn inactive(system: &System) -> Observed<i64> {
    match none_if_missing(system.read_lossy(USERADD)) {
        Ok(text) => {
            let text = text.unwrap_or_default();
            let lines = text.lines().enumerate();
            let found = lines.filter_map(|(at, line)| Some((at + 1, line.strip_prefix("INACTIVE=")?))).last();
            match found {
                Some((line, value)) => {
                    let days = integer(value).filter(|days| *days >= -1).unwrap_or(-1);
                    Observed::from_source(days, format!("{USERADD}:{line}"))
                }
                None => Observed::from_source(-1, format!("{USERADD} has no INACTIVE")),
            }
        }
        Err(gap) => gap.into(),
    }
}

/// The settings where the file is not there: shadow's defaults, where shadow is what makes accounts and reads no other file.
fn without(system: &System) -> Result<String, Gap> {
    shipped_elsewhere(system, LOGIN_DEFS)?;
    match none_if_missing(system.identity(SHADOW))? {
        Some(_) => Ok(String::new()),
        None => Err(Gap::new(GapKind::Missing, format!("neither {LOGIN_DEFS} nor {SHADOW} is there"))),
    }
}

fn parse(text: &str) -> BTreeMap<String, Vec<(usize, String)>> {
    let mut found: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some((name, value)) = line.split_once([' ', '\t']).filter(|_| !line.starts_with('#')) {
            let value = value.trim_start_matches([' ', '\t', '"']).split('"').next().unwrap_or_default();
            found.entry(name.to_owned()).or_default().push((index + 1, value.to_owned()));
        }
    }
    found
}

/// A number as strtol(3) reads it with base 0: octal after `0`, hexadecimal after `0x`.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let value = match (lower.strip_prefix("0x"), lower.strip_prefix('0')) {
        (Some(hex), _) => i64::from_str_radix(hex, 16),
        (None, Some(octal)) if !octal.is_empty() => i64::from_str_radix(octal, 8),
        _ => lower.parse(),
    };
    value.ok().filter(|_| !digits.starts_with(['+', '-'])).map(|value| sign * value)
}
