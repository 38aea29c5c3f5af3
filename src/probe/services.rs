//! Which of several services is in use, where one is to be chosen.

use super::{System, View, units};
use crate::facts::{Gap, GapKind};

/// Of these services, named without `.service`, those that are enabled or run.
///
/// Where systemd does not run, or nothing at all, none of them does.
pub(super) fn in_use(system: &System, view: &View, names: &[&str]) -> Result<Vec<String>, Gap> {
    let units: Vec<String> = names.iter().map(|name| format!("{name}.service")).collect();
    let seen = units::observe(system, view, units.iter());
    let mut found = Vec::new();
    for (name, unit) in names.iter().zip(&units) {
        let Some(unit) = seen.get(unit) else { continue };
        let in_use = match (unit.enabled.as_known()?, unit.active.as_known()) {
            (true, _) | (_, Ok(true)) => true,
            (false, Ok(false)) => false,
            (false, Err(gap)) if matches!(gap.kind, GapKind::Unsupported | GapKind::Offline) => false,
            (false, Err(gap)) => return Err(gap),
        };
        if in_use {
            found.push((*name).to_owned());
        }
    }
    Ok(found)
}

/// Whether a service, named without `.service`, cannot be started.
pub(super) fn masked(system: &System, view: &View, name: &str) -> Result<bool, Gap> {
    let unit = format!("{name}.service");
    let seen = units::observe(system, view, [&unit].into_iter()).remove(&unit);
    seen.map_or(Ok(false), |unit| unit.masked.as_known().copied())
}
