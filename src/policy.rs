//! A site's policy: what it allows, its thresholds, and what its people vouch for.
//!
//! A policy is no fact of a machine. Checks read it as `policy.…` and, for a container, as `allowed.…`; every verdict that rests on
//! it says so with the reason that stands in the policy.

mod allow;
mod attestation;

pub use allow::{AllowRule, Allowed};
pub use attestation::Attestation;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Check;
use crate::diagnostic::{Diagnostics, Source};
use crate::document;
use crate::facts::Observed;
use crate::types::Type;

/// Where a site keeps its policy.
pub const SITE_POLICY: &str = "/etc/plimsoll/policy.toml";
/// The source of a setting that no policy has.
pub(crate) const DEFAULT: &str = "plimsoll's default";

/// The settings that checks read as `policy.…`; each is known, by the site's word or by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Accounts that may use the engine's API, by name; null when nobody has said.
    pub trusted_users: Observed<Option<Vec<String>>>,
    /// Repositories from which images may come, as globs of full names such as `docker.io/library/*`; null when nobody has said.
    pub registries: Observed<Option<Vec<String>>>,
    /// Images that others may be built on, as globs of full names such as `docker.io/library/debian:12*`, or as digests; null when
    /// nobody has said.
    pub base_images: Observed<Option<Vec<String>>>,
    /// Digests (`sha256:…`) of images whose signatures were verified; null when nobody has said.
    pub verified_digests: Observed<Option<Vec<String>>>,
    /// Digests or identifiers (`sha256:…`) of images that a scanner has passed; null when nobody has said.
    pub scanned_digests: Observed<Option<Vec<String>>>,
    /// Whether images that are named by digest take the place of Docker Content Trust.
    pub digests_replace_content_trust: Observed<bool>,
    /// Packages that no image may have, by name.
    pub unwanted_packages: Observed<Vec<String>>,
    /// Set-id files that images may have, as globs of paths.
    pub set_id_files: Observed<Vec<String>>,
    /// The age in days from which an image counts as old.
    pub image_max_age_days: Observed<i64>,
    /// How many images that no container uses may be kept.
    pub unused_images_max: Observed<i64>,
    /// How many forgotten containers may be kept.
    pub stopped_containers_max: Observed<i64>,
    /// The days after which a container that does not run counts as forgotten.
    pub stopped_container_max_days: Observed<i64>,
    /// The largest limit on a container's number of processes.
    pub pids_max: Observed<i64>,
    /// Whether swarm mode is meant to be on.
    pub swarm_expected: Observed<bool>,
    /// How many managers a swarm is meant to have; null when nobody has said.
    pub swarm_managers: Observed<Option<i64>>,
    /// The longest validity of a swarm node's certificate, in days.
    pub swarm_certificate_max_days: Observed<i64>,
    /// The greatest age of a swarm's root certificate, in days; null when nobody has said.
    pub swarm_root_max_age_days: Observed<Option<i64>>,
    /// The age in days from which the table of maintained releases counts as stale.
    pub release_table_max_age_days: Observed<i64>,
}

/// A value with the reason for it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Why it is this.
    pub reason: String,
}

/// A policy as written in TOML; every part may be left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = with_defaults)]
pub struct PolicyFile {
    /// Accounts that may use the engine's API, by name.
    pub trusted_users: Option<Setting<Vec<String>>>,
    /// Repositories from which images may come, as globs of full names such as `docker.io/library/*`.
    pub registries: Option<Setting<Vec<String>>>,
    /// Images that others may be built on, as globs of full names such as `docker.io/library/debian:12*`, or as digests.
    pub base_images: Option<Setting<Vec<String>>>,
    /// Digests (`sha256:…`) of images whose signatures were verified.
    pub verified_digests: Option<Setting<Vec<String>>>,
    /// Digests or identifiers (`sha256:…`) of images that a scanner has passed.
    pub scanned_digests: Option<Setting<Vec<String>>>,
    /// Whether images that are named by digest take the place of Docker Content Trust; they do not by default.
    pub digests_replace_content_trust: Option<Setting<bool>>,
    /// Packages that no image may have, by name.
    pub unwanted_packages: Option<Setting<Vec<String>>>,
    /// Set-id files that images may have, as globs of paths.
    pub set_id_files: Option<Setting<Vec<String>>>,
    /// The age in days from which an image counts as old.
    pub image_max_age_days: Option<Setting<i64>>,
    /// How many images that no container uses may be kept.
    pub unused_images_max: Option<Setting<i64>>,
    /// How many forgotten containers may be kept.
    pub stopped_containers_max: Option<Setting<i64>>,
    /// The days after which a container that does not run counts as forgotten.
    pub stopped_container_max_days: Option<Setting<i64>>,
    /// The largest limit on a container's number of processes.
    pub pids_max: Option<Setting<i64>>,
    /// Whether swarm mode is meant to be on.
    pub swarm_expected: Option<Setting<bool>>,
    /// How many managers a swarm is meant to have.
    pub swarm_managers: Option<Setting<i64>>,
    /// The longest validity of a swarm node's certificate, in days.
    pub swarm_certificate_max_days: Option<Setting<i64>>,
    /// The greatest age of a swarm's root certificate, in days.
    pub swarm_root_max_age_days: Option<Setting<i64>>,
    /// The age in days from which the table of maintained releases counts as stale.
    pub release_table_max_age_days: Option<Setting<i64>>,
    /// What some containers may have or do.
    #[serde(default)]
    pub allow: Vec<AllowRule>,
    /// What people vouch for.
    #[serde(default)]
    pub attestation: Vec<Attestation>,
}

/// A policy that was loaded without a fault.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings as JSON, as expressions read them.
    settings: Value,
    rules: allow::Rules,
    attestations: Vec<Attestation>,
    release_table_max_age_days: i64,
    /// The policy's file; empty without one.
    origin: String,
}

/// Packages that give whoever gets into a container tools he would else have to bring along.
const UNWANTED: [&str; 16] = [
    "build-essential",
    "cron",
    "ftp",
    "gcc",
    "g++",
    "make",
    "netcat-openbsd",
    "netcat-traditional",
    "nmap",
    "openssh-client",
    "openssh-server",
    "rsync",
    "strace",
    "sudo",
    "tcpdump",
    "telnet",
];

impl Loaded {
    /// The policy of a site that has none.
    pub fn none() -> Self {
        Self::of(PolicyFile::default(), "")
    }

    /// Reads a policy; the site's own when none is named, if it is there. `checks` are those that attestations may name.
    pub fn read<'c>(named: Option<&Path>, checks: impl Iterator<Item = &'c Check>) -> Result<Self, Diagnostics> {
        let path = match named {
            Some(path) => path,
            None if Path::new(SITE_POLICY).exists() => Path::new(SITE_POLICY),
            None => return Ok(Self::none()),
        };
        let mut faults = Diagnostics::default();
        match document::read(path) {
            Ok(source) => {
                let loaded = Self::load(&source, checks, &mut faults);
                loaded.filter(|_| faults.is_empty()).ok_or(faults)
            }
            Err(message) => {
                faults.general(message, None);
                Err(faults)
            }
        }
    }

    fn load<'c>(
        source: &Arc<Source>,
        checks: impl Iterator<Item = &'c Check>,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<PolicyFile>);
        let file = document::load::<PolicyFile>(source, &TYPE, faults)?;
        allow::validate(&file.allow, source, faults);
        attestation::validate(&file.attestation, checks, source, faults);
        faults.is_empty().then(|| Self::of(file, &source.name))
    }

    fn of(file: PolicyFile, origin: &str) -> Self {
        let said = Said { origin };
        let release_table_max_age_days = said.or("release_table_max_age_days", file.release_table_max_age_days, 180);
        let settings = Policy {
            trusted_users: said.optional("trusted_users", file.trusted_users),
            registries: said.optional("registries", file.registries),
            base_images: said.optional("base_images", file.base_images),
            verified_digests: said.optional("verified_digests", file.verified_digests),
            scanned_digests: said.optional("scanned_digests", file.scanned_digests),
            digests_replace_content_trust: said.or(
                "digests_replace_content_trust",
                file.digests_replace_content_trust,
                false,
            ),
            unwanted_packages: said.or(
                "unwanted_packages",
                file.unwanted_packages,
                UNWANTED.map(str::to_owned).to_vec(),
            ),
            set_id_files: said.or("set_id_files", file.set_id_files, Vec::new()),
            image_max_age_days: said.or("image_max_age_days", file.image_max_age_days, 90),
            unused_images_max: said.or("unused_images_max", file.unused_images_max, 10),
            stopped_containers_max: said.or("stopped_containers_max", file.stopped_containers_max, 10),
            stopped_container_max_days: said.or("stopped_container_max_days", file.stopped_container_max_days, 7),
            pids_max: said.or("pids_max", file.pids_max, 4096),
            swarm_expected: said.or("swarm_expected", file.swarm_expected, false),
            swarm_managers: said.optional("swarm_managers", file.swarm_managers),
            swarm_certificate_max_days: said.or("swarm_certificate_max_days", file.swarm_certificate_max_days, 90),
            swarm_root_max_age_days: said.optional("swarm_root_max_age_days", file.swarm_root_max_age_days),
            release_table_max_age_days: release_table_max_age_days.clone(),
        };
        Self {
            // Strings, numbers and lists of them are always JSON.
            settings: serde_json::to_value(settings).unwrap_or_default(),
            rules: allow::Rules::new(file.allow, origin),
            attestations: file.attestation,
            release_table_max_age_days: release_table_max_age_days.value().copied().unwrap_or_default(),
            origin: origin.to_owned(),
        }
    }

    /// The settings as expressions read them.
    pub(crate) const fn settings(&self) -> &Value {
        &self.settings
    }

    /// The age in days from which the table of maintained releases counts as stale.
    pub(crate) const fn release_table_max_age_days(&self) -> i64 {
        self.release_table_max_age_days
    }

    /// What a container of these facts may have, as expressions read it.
    pub(crate) fn allowed(&self, container: &Value) -> std::borrow::Cow<'_, Value> {
        self.rules.allowed(container)
    }

    /// The attestation that holds on a day for a check on a subject of this name.
    pub(crate) fn attested(&self, check: &str, subject: &str, day: Date) -> Option<&Attestation> {
        self.attestations.iter().find(|attestation| attestation.covers(check, subject) && !attestation.expired(day))
    }

    /// What a reader should know of the policy on a day: attestations that hold no longer.
    pub(crate) fn notices(&self, day: Date) -> Vec<String> {
        let expired = self.attestations.iter().filter(|attestation| attestation.expired(day));
        expired.map(|attestation| format!("{}: {}", self.origin, attestation.expiry())).collect()
    }
}

/// Settings on their way from a policy's file to expressions.
struct Said<'s> {
    origin: &'s str,
}

impl Said<'_> {
    fn source(&self, name: &str, reason: &str) -> String {
        format!("{} {name}: {reason}", self.origin)
    }

    fn or<T>(&self, name: &str, setting: Option<Setting<T>>, default: T) -> Observed<T> {
        match setting {
            Some(Setting { value, reason }) => Observed::from_source(value, self.source(name, &reason)),
            None => Observed::from_source(default, DEFAULT),
        }
    }

    fn optional<T>(&self, name: &str, setting: Option<Setting<T>>) -> Observed<Option<T>> {
        let setting = setting.map(|Setting { value, reason }| Setting { value: Some(value), reason });
        self.or(name, setting, None)
    }
}

/// Tells in the schema what each setting is that a site does not have.
fn with_defaults(schema: &mut Schema) {
    let none = Loaded::none();
    let settings = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    for (name, setting) in settings {
        let default = none.settings.get(name).and_then(|setting| setting.get("value"));
        if let (Some(setting), Some(default)) = (setting.as_object_mut(), default.filter(|value| !value.is_null())) {
            setting.insert("x-default".to_owned(), default.clone());
        }
    }
}

/// The type of `policy.…` in expressions.
pub(crate) fn settings_type() -> &'static Type {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<Policy>);
    &TYPE
}

/// The type of `allowed.…` in expressions.
pub(crate) fn allowed_type() -> &'static Type {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<Allowed>);
    &TYPE
}

#[cfg(test)]
mod tests;
