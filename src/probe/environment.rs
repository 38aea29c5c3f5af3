//! What the files say that shells read at a login.

mod path;
mod script;

use std::path::Path;

use script::{Script, common};

use super::shell::Truth;
use super::{System, View, accounts::LoginDefs, none_if_missing, pam};
use crate::facts::{Environment, Gap, GapKind, IdleTimeout, Observed, Umask};
use crate::plan::Plan;

/// What the plan wants of it.
pub fn observe(system: &System, view: &View, plan: &Plan) -> Observed<Environment> {
    if !plan.wants("environment") {
        return Observed::not_collected();
    }
    let files = view.files();
    let wants = |part: &str| match plan.wants(&format!("environment.{part}")) {
        true => files.clone(),
        false => Err(Gap::not_collected()),
    };
    Observed::known(Environment {
        root_path: wants("root_path").and_then(|()| path::of_root(system)).into(),
        root_umasks: wants("root_umasks").and_then(|()| root_umasks(system)).into(),
        umasks: wants("umasks").and_then(|()| umasks(system)).into(),
        timeouts: wants("timeouts").and_then(|()| timeouts(system)).into(),
    })
}

/// The masks of root's own files, whichever of them its shell reads.
fn root_umasks(system: &System) -> Result<Vec<Umask>, Gap> {
    let (home, _) = script::root(system)?;
    let mut found = Vec::new();
    for name in [".bash_profile", ".bash_login", ".profile", ".bashrc"] {
        if let Some(script) = Script::read(system, &Path::new(&home).join(name))? {
            found.extend(script.umasks(|command| command.for_root));
        }
    }
    Ok(found)
}

/// The masks of everybody.
fn umasks(system: &System) -> Result<Vec<Umask>, Gap> {
    let mut found: Vec<Umask> =
        common(system)?.iter().flat_map(|script| script.umasks(|command| command.for_others)).collect();
    found.extend(by_pam(system)?);
    Ok(found)
}

/// The masks that `pam_umask` sets in the shared stacks of sessions: its argument's, else that of `/etc/login.defs`, else that of
/// `/etc/default/login`.
fn by_pam(system: &System) -> Result<Vec<Umask>, Gap> {
    let mut found: Vec<Umask> = Vec::new();
    for (place, arguments) in pam::umasks(system)? {
        let told = arguments.iter().rev().find_map(|argument| argument.strip_prefix("umask="));
        let (mask, place) = match told {
            Some(mask) => (mask.to_owned(), place),
            None => match in_files(system)? {
                Some(set) => set,
                None => continue,
            },
        };
        let one = Umask { leaves: script::leaves(&mask).into(), certain: true, place };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    Ok(found)
}

/// The mask that `pam_umask` finds when it is not told, with its place.
fn in_files(system: &System) -> Result<Option<(String, String)>, Gap> {
    const LOGIN: &str = "/etc/default/login";
    let defs = LoginDefs::read(system);
    if let Some((place, mask)) = defs.all("UMASK")?.into_iter().next() {
        return Ok(Some((mask.to_owned(), place)));
    }
    let text = none_if_missing(system.read_lossy(LOGIN))?.unwrap_or_default();
    let line = |(index, line): (usize, &str)| {
        let mask = line.trim().strip_prefix("UMASK")?.trim_start_matches([' ', '\t', '=']);
        Some((mask.to_owned(), format!("{LOGIN}:{}", index + 1)))
    };
    Ok(text.lines().enumerate().find_map(line))
}

/// The times of `TMOUT` in the shells' common files.
fn timeouts(system: &System) -> Result<Vec<IdleTimeout>, Gap> {
    let mut files = Vec::new();
    for script in common(system)? {
        let found = timeouts_in(&script);
        if !found.is_empty() {
            files.push(found);
        }
    }
    let sole = files.len() == 1;
    Ok(files.into_iter().flatten().map(|timeout| IdleTimeout { sole, ..timeout }).collect())
}

fn timeouts_in(script: &Script) -> Vec<IdleTimeout> {
    let mut found: Vec<IdleTimeout> = Vec::new();
    for command in script.commands.iter().filter(|command| !command.in_function && command.for_others > Truth::No) {
        let change = script::change(command, "TMOUT");
        let certain = command.for_others == Truth::Yes && command.for_root == Truth::Yes;
        let seconds = match &change.value {
            Some(word) => Some(word.literal().map_or_else(
                || Err(Gap::new(GapKind::Unsupported, format!("{}: TMOUT is worked out", script.place(command)))),
                |text| Ok(text.trim().parse().unwrap_or(0)),
            )),
            None if change.unset => Some(Ok(0)),
            None => None,
        };
        if let Some(seconds) = seconds {
            found.push(IdleTimeout {
                seconds: seconds.into(),
                readonly: change.readonly,
                exported: change.exported,
                sole: true,
                certain,
                place: script.place(command),
            });
        } else if change.readonly || change.exported {
            // It is said of what was set before, wherever in the file that was.
            for timeout in &mut found {
                timeout.readonly |= change.readonly;
                timeout.exported |= change.exported;
                timeout.certain &= certain;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
