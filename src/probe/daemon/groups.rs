//! The groups that dockerd's sockets may belong to.

use std::collections::BTreeSet;

use super::options::Options;
use super::process::Dockerd;
use crate::facts::{Engine, Gap, GapKind, Observed};
use crate::probe::{none_if_missing, nss};

/// The group that dockerd gives its sockets unless told otherwise.
const DEFAULT: &str = "docker";

/// Numbers of the group `docker` and of the one that dockerd was told, those that exist.
pub(super) fn of_sockets(dockerd: &Dockerd<'_>, engine: &Engine, options: &Options) -> Observed<Vec<i64>> {
    if engine.rootless {
        return Observed::from_source(Vec::new(), "the engine is rootless");
    }
    options.text("group", DEFAULT).as_known().and_then(|told| look(dockerd, &[DEFAULT, told])).into()
}

fn look(dockerd: &Dockerd<'_>, names: &[&str]) -> Result<Vec<i64>, Gap> {
    let groups = none_if_missing(dockerd.root.read_lossy("/etc/group"))?.unwrap_or_default();
    let mut found = BTreeSet::new();
    for name in names {
        let listed = groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
        });
        match listed.or_else(|| name.parse().ok()) {
            Some(gid) => {
                found.insert(gid);
            }
            None => all_local(dockerd, name)?,
        }
    }
    Ok(found.into_iter().collect())
}

/// Errs when a group may come from elsewhere than `/etc/group`.
fn all_local(dockerd: &Dockerd<'_>, name: &str) -> Result<(), Gap> {
    match nss::elsewhere(&dockerd.root, "group")? {
        Some(service) => Err(Gap::new(
            GapKind::Unsupported,
            format!("group {name:?} is not in /etc/group, and may come from {service} in /etc/nsswitch.conf"),
        )),
        None => Ok(()),
    }
}
