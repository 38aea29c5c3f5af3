//! The groups that dockerd's sockets may belong to.

use std::collections::BTreeSet;

use super::options::Options;
use super::process::Dockerd;
use super::registries::none_if_missing;
use crate::facts::{Engine, Gap, GapKind, Observed};

/// The group that dockerd gives its sockets unless told otherwise.
const DEFAULT: &str = "docker";
/// Where groups come from that `/etc/group` has, or that no socket of dockerd's would belong to.
const LOCAL: &[&str] = &["files", "compat", "systemd"];

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
    match elsewhere(dockerd, "group")? {
        Some(service) => Err(Gap::new(
            GapKind::Unsupported,
            format!("group {name:?} is not in /etc/group, and may come from {service} in /etc/nsswitch.conf"),
        )),
        None => Ok(()),
    }
}

/// A service besides the machine's own files from which a database such as `group` comes.
pub(super) fn elsewhere(dockerd: &Dockerd<'_>, database: &str) -> Result<Option<String>, Gap> {
    let switch = none_if_missing(dockerd.root.read_lossy("/etc/nsswitch.conf"))?.unwrap_or_default();
    let services = switch
        .lines()
        .filter_map(|line| line.split('#').next()?.trim().strip_prefix(database)?.trim_start().strip_prefix(':'))
        .flat_map(str::split_whitespace);
    let other = services.into_iter().find(|service| !service.starts_with('[') && !LOCAL.contains(service));
    Ok(other.map(str::to_owned))
}
