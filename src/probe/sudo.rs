//! sudo: `/etc/sudoers` with all that it includes.

mod scanner;
mod sudoers;

use std::collections::BTreeMap;

use sudoers::{Rule, Setting, Sudoers};

use super::{System, View, file, nss, packages};
use crate::facts::{Gap, GapKind, Observed, Sudo, SudoRule, SudoValue};
use crate::plan::Plan;

/// Debian's packages of sudo.
const PACKAGES: &[&str] = &["sudo", "sudo-ldap"];
/// The version since which programs get a terminal of their own by default.
const PTY_SINCE: (u32, u32, u32) = (1, 9, 14);

/// How a setting is written.
#[derive(Clone, Copy)]
enum Kind {
    Switch,
    Text,
    /// Minutes, with a fraction.
    Minutes,
}

/// The settings that facts are about, with what they are by default; `use_pty` depends on the version.
const SETTINGS: &[(&str, Kind, &str)] = &[
    ("authenticate", Kind::Switch, "true"),
    ("exempt_group", Kind::Text, ""),
    ("logfile", Kind::Text, ""),
    ("timestamp_timeout", Kind::Minutes, "900"),
    ("use_pty", Kind::Switch, ""),
];

/// What the plan wants of sudo, and the settings that it names.
pub fn observe(
    system: &System,
    view: &View,
    plan: &Plan,
) -> (Observed<Sudo>, BTreeMap<String, Observed<Vec<SudoValue>>>) {
    let names: Vec<&String> = plan.keys("sudo_default").collect();
    if !plan.wants("sudo") && names.is_empty() {
        return (Observed::not_collected(), BTreeMap::new());
    }
    let installed = match view.files() {
        Ok(()) => file::observe(system, "/usr/bin/sudo").map(|file| file.is_some()),
        Err(gap) => gap.into(),
    };
    let sudoers = match installed.as_known() {
        _ if !plan.wants("sudo.rules") && names.is_empty() => Err(Gap::not_collected()),
        Ok(true) => Sudoers::read(system),
        Ok(false) => Err(Gap::new(GapKind::Missing, "sudo is not installed")),
        Err(gap) => Err(gap),
    };
    let value =
        |name: &str| sudoers.as_ref().map_err(Clone::clone).and_then(|sudoers| values(system, view, sudoers, name));
    let sudo = Sudo {
        rules: Observed::from(sudoers.as_ref().map(|sudoers| rules(&sudoers.rules)).map_err(Clone::clone))
            .seen_in("/etc/sudoers"),
        is_local: match installed.as_known() {
            Ok(_) => is_local(system).map(|()| true).into(),
            Err(gap) => gap.into(),
        },
        installed,
    };
    let values =
        names.iter().map(|name| ((*name).clone(), Observed::from(value(name)).seen_in("/etc/sudoers"))).collect();
    (Observed::known(sudo), values)
}

fn is_local(system: &System) -> Result<(), Gap> {
    match nss::elsewhere(system, "sudoers")? {
        Some(service) => {
            let detail = format!("some rules may come from {service} (sudoers in /etc/nsswitch.conf)");
            Err(Gap::new(GapKind::Unsupported, detail))
        }
        None => Ok(()),
    }
}

fn rules(rules: &[Rule]) -> Vec<SudoRule> {
    let rule = |(at, rule): (usize, &Rule)| {
        let later = rules.get(at + 1..).unwrap_or_default();
        SudoRule {
            users: rule.users.clone(),
            command: rule.command.clone(),
            nopasswd: rule.nopasswd && !later.iter().any(|later| covers(later, rule)),
            place: rule.place.clone(),
        }
    };
    rules.iter().enumerate().map(rule).collect()
}

/// Whether a later rule is about everything that a rule is about, so that sudo, which takes the last, never takes that one.
fn covers(later: &Rule, rule: &Rule) -> bool {
    let all = |wide: &[String], narrow: &[String]| {
        let negated = |list: &[String]| list.iter().any(|member| member.starts_with('!'));
        !negated(wide)
            && (wide.iter().any(|member| member == "ALL")
                || !negated(narrow) && narrow.iter().all(|member| wide.contains(member)))
    };
    !later.conditional
        && all(&later.users, &rule.users)
        && all(&later.hosts, &rule.hosts)
        && all(&later.runas, &rule.runas)
        && all(&later.groups, &rule.groups)
        && (later.command == "ALL" || later.command == rule.command && !rule.command.starts_with('!'))
}

/// The values of a setting that count: the last for everybody, and the last of each narrower scope, which goes before it.
fn values(system: &System, view: &View, sudoers: &Sudoers, name: &str) -> Result<Vec<SudoValue>, Gap> {
    let Some((_, kind, default)) = SETTINGS.iter().find(|(known, ..)| *known == name) else {
        return Err(Gap::new(GapKind::Unsupported, format!("{name}: not a setting of sudo that is known here")));
    };
    let mut found: BTreeMap<&str, SudoValue> = BTreeMap::new();
    for setting in sudoers.settings.iter().filter(|setting| setting.name == name) {
        let value =
            SudoValue { value: value(*kind, setting)?, scope: setting.scope.clone(), place: setting.place.clone() };
        found.insert(&setting.scope, value);
    }
    if !found.contains_key("") {
        let (value, place) = match name {
            "use_pty" => {
                let version = packages::upstream(system, view, PACKAGES)?;
                let (major, minor, patch) = version;
                ((version >= PTY_SINCE).to_string(), format!("default of sudo {major}.{minor}.{patch}"))
            }
            _ => ((*default).to_owned(), "default".to_owned()),
        };
        found.insert("", SudoValue { value, scope: String::new(), place });
    }
    Ok(found.into_values().collect())
}

fn value(kind: Kind, setting: &Setting) -> Result<String, Gap> {
    let wrong = || Gap::new(GapKind::Malformed, format!("{}: {} is not understood", setting.place, setting.name));
    match (kind, &setting.value, setting.negated) {
        (Kind::Switch, None, negated) => Ok((!negated).to_string()),
        (Kind::Text, None, true) => Ok(String::new()),
        (Kind::Text, Some(text), false) => Ok(text.clone()),
        (Kind::Minutes, None, true) => Ok("0".to_owned()),
        (Kind::Minutes, Some(text), false) => seconds(text).map(|seconds| seconds.to_string()).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// Minutes with a fraction, in seconds; what is left of a second counts as one.
fn seconds(minutes: &str) -> Option<i64> {
    let (negative, digits) = minutes.strip_prefix('-').map_or((false, minutes), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || whole.len() > 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds = whole * 60 + (thousandths * 60 + 999) / 1000;
    Some(if negative { -seconds } else { seconds })
}

#[cfg(test)]
mod tests;
