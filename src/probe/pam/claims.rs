//! What can be said of a stack whatever way through it is taken.

use super::dispatch::{Way, ways};
use super::stack::{Line, Runs};
use crate::facts::{Gap, Lockout};

const UNIX: &str = "pam_unix";
const FAILLOCK: &str = "pam_faillock";

/// What a module may return when nothing is known of it but its name.
fn any(line: &Line) -> Vec<String> {
    let one = |value: &str| vec![value.to_owned()];
    match &line.runs {
        Runs::Module(name) if name == "pam_permit" => one("success"),
        Runs::Module(name) if name == "pam_deny" => one("auth_err"),
        _ => line.control.kinds(),
    }
}

/// Which lines any way through a stack runs.
pub(super) fn reached(lines: &[Line]) -> Result<Vec<bool>, Gap> {
    let mut reached = vec![false; lines.len()];
    ways(lines, any, |way| {
        for line in &way.ran {
            if let Some(reached) = reached.get_mut(*line) {
                *reached = true;
            }
        }
    })?;
    Ok(reached)
}

/// Whether no way through a stack runs `pam_unix` before a module was run; false where none runs `pam_unix` at all.
pub(super) fn comes_first(lines: &[Line], module: &str) -> Result<bool, Gap> {
    let (mut always, mut once) = (true, false);
    ways(lines, any, |way| {
        let first = |name: &str| way.ran.iter().position(|at| lines.get(*at).is_some_and(|line| line.is(name)));
        if let Some(unix) = first(UNIX) {
            once = true;
            always &= first(module).is_some_and(|module| module < unix);
        }
    })?;
    Ok(always && once)
}

/// What `pam_faillock` does in a stack of authentication and one of accounts.
pub(super) fn lockout(auth: &[Line], account: &[Line]) -> Result<Lockout, Gap> {
    Ok(Lockout { refuses: refuses(auth)?, counts: counts(auth)?, resets: resets(auth, account)? })
}

/// Whether a line runs `pam_faillock` in this part; without a part it is the first.
fn part(line: &Line, part: &str) -> bool {
    let parts = ["preauth", "authfail", "authsucc"];
    let said = line.arguments.iter().rev().find(|argument| parts.contains(&argument.as_str()));
    line.is(FAILLOCK) && said.map_or("preauth", String::as_str) == part
}

/// The lines that ran and fit, by their place in the order.
fn ran<'w>(way: &'w Way, lines: &'w [Line], fits: impl Fn(&Line) -> bool + 'w) -> impl Iterator<Item = usize> + 'w {
    way.ran.iter().enumerate().filter(move |(_, at)| lines.get(**at).is_some_and(&fits)).map(|(order, _)| order)
}

fn refuses(auth: &[Line]) -> Result<bool, Gap> {
    let one = |value: &str| vec![value.to_owned()];
    let (mut holds, mut once) = (true, false);
    for locked in ["auth_err", "success"] {
        let returns = |line: &Line| match line {
            line if part(line, "preauth") => one(locked),
            line if line.is(UNIX) => one("success"),
            line => any(line),
        };
        ways(auth, returns, |way| {
            let Some(unix) = ran(way, auth, |line| line.is(UNIX)).next() else { return };
            let asked = ran(way, auth, |line| part(line, "preauth")).next().is_some_and(|asked| asked < unix);
            once |= locked == "success" && way.success;
            holds &= asked && !(locked == "auth_err" && way.success);
        })?;
    }
    Ok(holds && once)
}

fn counts(auth: &[Line]) -> Result<bool, Gap> {
    let one = |value: &str| vec![value.to_owned()];
    let returns = |line: &Line| match line {
        line if part(line, "preauth") => one("success"),
        line if part(line, "authfail") => one("ignore"),
        line if line.is(UNIX) => one("auth_err"),
        line => any(line),
    };
    let (mut holds, mut once) = (true, false);
    ways(auth, returns, |way| {
        let Some(unix) = ran(way, auth, |line| line.is(UNIX)).last() else { return };
        if !way.success {
            once = true;
            holds &= ran(way, auth, |line| part(line, "authfail")).any(|counted| counted > unix);
        }
    })?;
    Ok(holds && once)
}

/// Whether `pam_faillock` runs when everything succeeds: among accounts, or as `authsucc`.
fn resets(auth: &[Line], account: &[Line]) -> Result<bool, Gap> {
    let good = |line: &Line| vec![if line.is("pam_deny") { "auth_err" } else { "success" }.to_owned()];
    let mut resets = false;
    ways(account, good, |way| resets |= way.success && ran(way, account, |line| line.is(FAILLOCK)).next().is_some())?;
    ways(auth, good, |way| resets |= way.success && ran(way, auth, |line| part(line, "authsucc")).next().is_some())?;
    Ok(resets)
}

/// The line and the group of `pam_wheel` without whose members nobody but root gets through a stack of authentication.
pub(super) fn limiting_group(auth: &[Line]) -> Result<Option<(&Line, String)>, Gap> {
    for line in auth.iter().filter(|line| line.is("pam_wheel")) {
        let has = |wanted: &str| line.arguments.iter().any(|argument| argument == wanted);
        if !has("use_uid") || ["deny", "trust", "root_only"].into_iter().any(has) {
            continue;
        }
        let returns = |other: &Line| match other {
            other if std::ptr::eq(other, line) => vec!["perm_denied".to_owned()],
            other if other.is("pam_rootok") => vec!["auth_err".to_owned()],
            other => any(other),
        };
        let mut limits = true;
        ways(auth, returns, |way| limits &= !way.success)?;
        if limits {
            let group = line.arguments.iter().rev().find_map(|argument| argument.strip_prefix("group="));
            // Without one it is wheel, or else the group with gid 0.
            return Ok(Some((line, group.unwrap_or("wheel").to_owned())));
        }
    }
    Ok(None)
}
