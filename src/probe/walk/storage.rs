//! Where container engines keep images and containers: files of other systems, with owners of other systems.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use crate::facts::HostMount;
use crate::probe::System;
use crate::probe::accounts::database;

/// Where engines keep them unless told otherwise.
const DEFAULT: &[&str] = &[
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/snap/docker/common/var-lib-docker",
];
/// Where engines without root keep them, in their user's home.
const HOMES: &[&str] = &[".local/share/containers", ".local/share/docker"];
/// Directories in a storage's own in which engines put the layers of containers.
const LAYERS: &[&str] = &["overlay2", "io.containerd.snapshotter.v1.overlayfs", "rootfs"];
/// Directories of a system that no engine may claim for itself.
const SYSTEM: &[&str] =
    &["bin", "boot", "dev", "etc", "home", "lib", "lib64", "opt", "root", "run", "sbin", "srv", "tmp", "usr", "var"];

/// The directories that are there and hold the storage of engines.
pub(super) fn directories(system: &System, mounts: &[HostMount], data_root: Option<&str>) -> BTreeSet<String> {
    let mut claimed: BTreeSet<String> = DEFAULT.iter().map(|path| (*path).to_owned()).collect();
    claimed.extend(data_root.map(str::to_owned));
    claimed.extend(configured(system));
    claimed.extend(homes(system));
    claimed.extend(mounts.iter().filter_map(mounted));
    claimed
        .iter()
        .filter(|path| plausible(path))
        .filter_map(|path| system.resolve(path).ok()?.to_str().map(str::to_owned))
        .filter(|path| plausible(path))
        .collect()
}

/// Whether a directory can be an engine's own.
fn plausible(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    if parts.next() != Some(Component::RootDir) || Path::new(path).components().any(|c| c == Component::ParentDir) {
        return false;
    }
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(first)), None) => !SYSTEM.iter().any(|name| first == *name),
        (Some(_), Some(_)) => true,
        _ => false,
    }
}

/// What the configuration files of engines say.
fn configured(system: &System) -> Vec<String> {
    let text = |path: &str| system.read(path).ok();
    let docker = text("/etc/docker/daemon.json").and_then(|text| {
        let settings: serde_json::Value = serde_json::from_str(&text).ok()?;
        settings.get("data-root").or_else(|| settings.get("graph"))?.as_str().map(str::to_owned)
    });
    let toml = |path: &str, section: Option<&str>, key: &str| {
        let settings: toml::Table = text(path)?.parse().ok()?;
        let table = match section {
            Some(section) => settings.get(section)?.as_table()?,
            None => &settings,
        };
        table.get(key)?.as_str().map(str::to_owned)
    };
    let containerd = toml("/etc/containerd/config.toml", None, "root");
    let podman = toml("/etc/containers/storage.conf", Some("storage"), "graphroot");
    [docker, containerd, podman].into_iter().flatten().collect()
}

fn homes(system: &System) -> Vec<String> {
    let accounts = database::passwd(system).unwrap_or_default();
    let homes: BTreeSet<&str> = accounts.iter().map(|user| user.home.as_str()).filter(|home| home.len() > 1).collect();
    homes.into_iter().flat_map(|home| HOMES.iter().map(move |below| format!("{home}/{below}"))).collect()
}

/// The storage in which a running container's files lie.
fn mounted(mount: &HostMount) -> Option<String> {
    if mount.filesystem != "overlay" {
        return None;
    }
    let upper = mount.options.iter().find_map(|option| option.strip_prefix("upperdir="))?;
    let layers = Path::new(upper).ancestors().find(|path| LAYERS.iter().any(|name| path.ends_with(name)))?;
    layers.parent()?.to_str().map(str::to_owned)
}
