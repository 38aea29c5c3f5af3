//! Accounts and groups of the machine's own files.

mod database;
mod defaults;
mod homes;
mod password;
mod shells;

pub(super) use defaults::LoginDefs;

use std::collections::{BTreeMap, BTreeSet};

use database::Passwd;

use super::{System, nss};
use crate::facts::{Accounts, Gap, Group, NewAccount, Observed, Password, ShellKind, User};
use crate::plan::Plan;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What the plan wants of the accounts, on a day given in days since 1970.
pub fn observe(system: &System, plan: &Plan, today: i64) -> Accounts {
    let wants = |field: &str| plan.wants(&format!("accounts.{field}"));
    let local = |field: &str, database: &str| match wants(field) {
        true => nss::all_local(system, database).map(|()| true).into(),
        false => Observed::not_collected(),
    };
    let people = match wants("homes") || wants("dot_files") {
        true => people(system),
        false => Err(Gap::not_collected()),
    };
    let login_defs = wants("first_uid") || wants("defaults");
    let defs = login_defs.then(|| LoginDefs::read(system));
    Accounts {
        users: if wants("users") { users(system, today).into() } else { Observed::not_collected() },
        users_are_local: local("users_are_local", "passwd"),
        groups: if wants("groups") { groups(system).into() } else { Observed::not_collected() },
        groups_are_local: local("groups_are_local", "group"),
        shells: if wants("shells") { shells::listed(system).into() } else { Observed::not_collected() },
        homes: if wants("homes") {
            of(&people, |users| homes::homes(system, users))
        } else {
            Observed::not_collected()
        },
        dot_files: match wants("dot_files") {
            true => of(&people, |users| homes::dot_files(system, users)),
            false => Observed::not_collected(),
        },
        first_uid: defs.as_ref().map_or_else(Observed::not_collected, |defs| defs.number("UID_MIN", 1000)),
        defaults: match &defs {
            Some(defs) => defaults::of_new_accounts(system, defs),
            None => NewAccount {
                max_days: Observed::not_collected(),
                min_days: Observed::not_collected(),
                warn_days: Observed::not_collected(),
                inactive_days: Observed::not_collected(),
                encrypt_method: Observed::not_collected(),
            },
        },
    }
}

/// Days since 1970 at a second since then.
pub fn day(seconds: i64) -> i64 {
    seconds.div_euclid(DAY)
}

/// What is found of people, where it is known who they are.
fn of<T>(people: &Result<Vec<Passwd>, Gap>, find: impl FnOnce(&[&Passwd]) -> Vec<T>) -> Observed<Vec<T>> {
    match people {
        Ok(people) => Observed::known(find(&people.iter().collect::<Vec<_>>())),
        Err(gap) => gap.clone().into(),
    }
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
