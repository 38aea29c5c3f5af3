//! AIDE, which tells when files change.

mod config;
mod cron;

use std::path::Path;

use super::{System, View, none_if_missing};
use crate::facts::{Aide, Gap, GapKind, Observed, WatchedFile};
use crate::plan::Plan;
use config::Config;

/// The tools of the audit system.
const AUDIT_TOOLS: [&str; 6] =
    ["/sbin/auditctl", "/sbin/auditd", "/sbin/augenrules", "/sbin/aureport", "/sbin/ausearch", "/sbin/autrace"];

/// What the plan wants of it.
pub fn observe(system: &System, view: &View, plan: &Plan) -> Aide {
    let wants = |fields: &[&str]| fields.iter().any(|field| plan.wants(&format!("aide.{field}")));
    let look = |wanted: bool| if wanted { view.files() } else { Err(Gap::not_collected()) };
    let config = look(wants(&["database", "initialised", "audit_tools"])).and_then(|()| Config::read(system));
    let database = config.as_ref().map(|config| config.database.clone()).map_err(Clone::clone);
    Aide {
        initialised: database.clone().and_then(|database| initialised(system, &database)).into(),
        database: database.into(),
        cron: look(wants(&["cron"])).and_then(|()| cron::entries(system)).into(),
        audit_tools: config.and_then(|config| audit_tools(system, &config)).into(),
    }
}

/// Whether the database is there, given where it is said to be: a plain path, or one after `file:`.
fn initialised(system: &System, database: &str) -> Result<bool, Gap> {
    let path = database.strip_prefix("file:").unwrap_or(database);
    if !path.starts_with('/') {
        return Ok(false);
    }
    Ok(none_if_missing(system.resolve(path))?.is_some())
}

fn audit_tools(system: &System, config: &Config) -> Result<Vec<WatchedFile>, Gap> {
    let mut found = Vec::new();
    for tool in AUDIT_TOOLS {
        let Some(path) = none_if_missing(system.resolve(Path::new(tool)))? else { continue };
        let path = path.to_str().map(str::to_owned).ok_or_else(|| Gap::new(GapKind::Malformed, tool))?;
        let attributes: Observed<Vec<String>> = config.attributes(&path).into();
        found.push(WatchedFile { path, attributes });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
