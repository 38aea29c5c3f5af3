//! Accounts and groups of the machine's own files.

pub(super) mod database;
mod defaults;
mod homes;
mod password;
mod shells;

pub(super) use defaults::LoginDefs;

use std::collections::{BTreeMap, BTreeSet};

use database::Passwd;

use super::{System, View, none_if_missing, nss};
use crate::facts::{Accounts, Gap, GapKind, Group, Observed, Password, ShellKind, User};
use crate::plan::Plan;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What the plan wants of the accounts, on a day given in days since 1970.
pub fn observe(system: &System, view: &View, plan: &Plan, today: i64) -> Accounts {
    let files = view.files();
    let wants = |field: &str| plan.wants(&format!("accounts.{field}"));
    let local =
        |field: &str, database: &str| seen(&files, wants(field), || nss::all_local(system, database).map(|()| true));
    let people = match wants("homes") || wants("dot_files") {
        true => files.clone().and_then(|()| people(system)),
        false => Err(Gap::not_collected()),
    };
    let of_people = || people.as_ref().map(|people| people.iter().collect::<Vec<_>>()).map_err(Clone::clone);
    let defs = match wants("first_uid") || wants("defaults") {
        true => files.clone().map_or_else(LoginDefs::unseen, |()| LoginDefs::read(system)),
        false => LoginDefs::unseen(Gap::not_collected()),
    };
    Accounts {
        users: seen(&files, wants("users"), || users(system, today)).seen_in("/etc/passwd, /etc/shadow"),
        users_are_local: local("users_are_local", "passwd"),
        groups: seen(&files, wants("groups"), || groups(system)).seen_in("/etc/group"),
        groups_are_local: local("groups_are_local", "group"),
        shells: seen(&files, wants("shells"), || shells::listed(system)),
        homes: seen(&files, wants("homes"), || Ok(homes::homes(system, &of_people()?))).seen_in("/etc/passwd"),
        dot_files: seen(&files, wants("dot_files"), || Ok(homes::dot_files(system, &of_people()?)))
            .seen_in("/etc/passwd"),
        first_uid: defs.number("UID_MIN", 1000),
        defaults: defaults::of_new_accounts(system, &defs),
    }
}

/// What is there to see, if it is wanted and the machine's files are seen at all.
fn seen<T>(files: &Result<(), Gap>, wanted: bool, look: impl FnOnce() -> Result<T, Gap>) -> Observed<T> {
    match wanted {
        true => files.clone().and_then(|()| look()).into(),
        false => Observed::not_collected(),
    }
}

/// Errs where a distribution ships a file of `/etc` below `/usr/etc`, as SUSE does, and its programs read that instead.
fn shipped_elsewhere(system: &System, path: &str) -> Result<(), Gap> {
    match none_if_missing(system.identity(format!("/usr{path}")))? {
        Some(_) => Err(Gap::new(GapKind::Unsupported, format!("/usr{path} counts in place of {path}"))),
        None => Ok(()),
    }
}

/// Days since 1970 at a second since then.
pub fn day(seconds: i64) -> i64 {
    seconds.div_euclid(DAY)
}

/// The accounts whose shell is listed as one.
fn people(system: &System) -> Result<Vec<Passwd>, Gap> {
    let mut kinds = shells::Kinds::read(system)?;
    let listed = |entry: &Passwd| kinds.of(shell(entry)) == Ok(ShellKind::Listed);
    Ok(database::passwd(system)?.into_iter().filter(listed).collect())
}

/// The program that a login of an account starts.
fn shell(entry: &Passwd) -> &str {
    if entry.shell.is_empty() { "/bin/sh" } else { &entry.shell }
}

fn users(system: &System, today: i64) -> Result<Vec<User>, Gap> {
    let shadow = database::shadow(system);
    let mut kinds = shells::Kinds::read(system)?;
    let entries = database::passwd(system)?;
    let (names, uids) =
        (count(entries.iter().map(|entry| entry.name.clone())), count(entries.iter().map(|entry| entry.uid)));
    let gids = database::group(system).map(|groups| groups.iter().map(|group| group.gid).collect::<BTreeSet<_>>());
    let user = |entry: Passwd| {
        let shadowed = entry.password == "x";
        User {
            place: format!("/etc/passwd:{}", entry.line),
            uid: entry.uid,
            gid: entry.gid,
            group_exists: gids.as_ref().map(|gids| gids.contains(&entry.gid)).map_err(Clone::clone).into(),
            same_name: names.get(&entry.name).copied().unwrap_or(1),
            same_uid: uids.get(&entry.uid).copied().unwrap_or(1),
            shell: shell(&entry).to_owned(),
            shell_kind: kinds.of(shell(&entry)).into(),
            shadowed,
            password: if shadowed {
                shadow.as_ref().map(|shadow| in_shadow(shadow, &entry.name, today)).map_err(Clone::clone).into()
            } else {
                Observed::from_source(password::unshadowed(&entry.password), "/etc/passwd")
            },
            name: entry.name,
        }
    };
    Ok(entries.into_iter().map(user).collect())
}

/// The accounts in a group, listed or by their primary group; nothing where there is no such group.
pub(super) fn members(system: &System, name: &str) -> Result<Option<Vec<String>>, Gap> {
    let mut found: Option<Vec<String>> = None;
    for group in database::group(system)?.into_iter().filter(|group| group.name == name) {
        let users = database::passwd(system)?.into_iter().filter(|user| user.gid == group.gid).map(|user| user.name);
        found.get_or_insert_default().extend(group.members.into_iter().chain(users));
    }
    Ok(found)
}

/// The name of a group; empty where none has the number.
pub(super) fn group_name(system: &System, gid: u32) -> Result<String, Gap> {
    let groups = none_if_missing(database::group(system))?.unwrap_or_default();
    Ok(groups.into_iter().find(|group| group.gid == gid).map(|group| group.name).unwrap_or_default())
}

/// How often each value is there.
fn count<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, i64> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

fn in_shadow(shadow: &BTreeMap<String, Vec<String>>, name: &str, today: i64) -> Password {
    match shadow.get(name) {
        Some(fields) => password::of(fields, today),
        None => password::unshadowed("x"),
    }
}

fn groups(system: &System) -> Result<Vec<Group>, Gap> {
    let admitted = database::gshadow(system);
    let users = database::passwd(system);
    let entries = database::group(system)?;
    let (names, gids) =
        (count(entries.iter().map(|entry| entry.name.clone())), count(entries.iter().map(|entry| entry.gid)));
    let group = |entry: database::GroupLine| {
        let primary = |users: &Vec<Passwd>| {
            users.iter().filter(|user| user.gid == entry.gid).map(|user| user.name.clone()).collect()
        };
        Group {
            primary_of: users.as_ref().map(primary).map_err(Clone::clone).into(),
            admitted: match &admitted {
                Ok(admitted) => Observed::known(admitted.get(&entry.name).cloned().unwrap_or_default()),
                Err(gap) => gap.clone().into(),
            },
            place: format!("/etc/group:{}", entry.line),
            same_name: names.get(&entry.name).copied().unwrap_or(1),
            same_gid: gids.get(&entry.gid).copied().unwrap_or(1),
            name: entry.name,
            gid: entry.gid,
            members: entry.members,
        }
    };
    Ok(entries.into_iter().map(group).collect())
}

#[cfg(test)]
mod tests;
