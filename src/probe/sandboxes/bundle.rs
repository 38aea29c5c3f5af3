//! The OCI bundle of a container: what its runtime was told.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::facts::{Gap, GapKind, Seccomp, SeccompProfile, Spec};
use crate::probe::System;
use crate::probe::confinement::{Declared, Source};
use crate::probe::seccomp::Profile;

/// What a bundle says.
pub(super) struct Bundle {
    pub(super) spec: Spec,
    /// What the container was told to mount.
    pub(super) mounts: Declared,
    /// The container's name, where an engine notes one.
    pub(super) name: Option<String>,
}

/// Annotations in which engines note a container's name.
const NAMES: [&str; 4] =
    ["io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name", "io.podman.annotations.name"];

/// `config.json` of the OCI runtime specification, as far as it is used. The environment of the process is left unread.
#[derive(Deserialize)]
struct Config {
    process: Process,
    root: Root,
    #[serde(default)]
    mounts: Vec<Mount>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    linux: Linux,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    user: User,
    #[serde(default)]
    capabilities: Capabilities,
    #[serde(default)]
    no_new_privileges: bool,
}

#[derive(Deserialize)]
struct User {
    uid: i64,
}

#[derive(Default, Deserialize)]
struct Capabilities {
    #[serde(default)]
    bounding: Vec<String>,
}

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    readonly: bool,
}

#[derive(Deserialize)]
struct Mount {
    destination: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    options: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Linux {
    #[serde(default)]
    resources: Resources,
    #[serde(default)]
    seccomp: Option<Value>,
    #[serde(default)]
    devices: Vec<Device>,
}

#[derive(Deserialize)]
struct Device {
    path: String,
}

#[derive(Default, Deserialize)]
struct Resources {
    #[serde(default)]
    memory: Limit,
    #[serde(default)]
    pids: Limit,
}

#[derive(Default, Deserialize)]
struct Limit {
    limit: Option<i64>,
}

impl Bundle {
    /// Reads a bundle's `config.json`; the sources of its mounts are paths of `tree`.
    pub(super) fn read(system: &System, tree: &System, path: &str) -> Result<Self, Gap> {
        let text = system.read(path)?;
        let config: Config =
            serde_json::from_str(&text).map_err(|error| Gap::new(GapKind::Malformed, format!("{path}: {error}")))?;
        Ok(Self::of(config, tree))
    }

    fn of(config: Config, tree: &System) -> Self {
        let given = config.process.capabilities.bounding;
        let capabilities = given.iter().map(|name| name.strip_prefix("CAP_").unwrap_or(name).to_owned()).collect();
        let limit = |limit: &Limit| limit.limit.filter(|limit| *limit > 0).unwrap_or(0);
        let spec = Spec {
            uid: config.process.user.uid,
            capabilities,
            no_new_privileges: config.process.no_new_privileges,
            seccomp: seccomp(config.linux.seccomp),
            read_only_root: config.root.readonly,
            memory_bytes: limit(&config.linux.resources.memory),
            pids_limit: limit(&config.linux.resources.pids),
        };
        let mut mounts = Declared::default();
        mounts.devices.extend(config.linux.devices.into_iter().map(|device| device.path));
        for mount in config.mounts {
            let binds = mount.options.iter().any(|option| matches!(option.as_str(), "bind" | "rbind"));
            if binds || mount.r#type == "bind" {
                mounts.mounts.push((mount.destination, source(mount.source, tree)));
            } else if mount.r#type == "tmpfs" {
                mounts.tmpfs.insert(mount.destination);
            }
        }
        let name = NAMES.iter().find_map(|name| config.annotations.get(*name)).cloned();
        Self { spec, mounts, name }
    }
}

/// Where a source leads. What is not there any more, or is told from the bundle on, cannot be compared with what is mounted.
fn source(path: String, tree: &System) -> Source {
    match tree.resolve(&path) {
        Ok(real) if path.starts_with('/') => {
            let real = real.to_string_lossy().into_owned();
            Source { by_link: real != path, path: real }
        }
        _ => Source { path, by_link: true },
    }
}

/// The profile that the runtime makes its filter of; it has the form of Docker's.
fn seccomp(profile: Option<Value>) -> Seccomp {
    let plain = |profile| Seccomp { profile, default_action: String::new(), risky_syscalls: Vec::new() };
    match profile {
        None => plain(SeccompProfile::Unconfined),
        Some(profile) => match Profile::of(profile) {
            Ok(Profile { default_action, risky_syscalls }) => {
                Seccomp { profile: SeccompProfile::Custom, default_action, risky_syscalls }
            }
            Err(_) => plain(SeccompProfile::Unreadable),
        },
    }
}
