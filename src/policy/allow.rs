//! What some containers may have that others may not.

use std::borrow::Cow;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use super::DEFAULT;
use crate::diagnostic::{Diagnostics, Source, did_you_mean};
use crate::facts::Observed;
use crate::probe::capability;

/// What a container may have, read by checks as `allowed.…`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Capabilities by name without `CAP_`: the engine's default ones without NET_RAW, and what the policy adds.
    pub capabilities: Observed<Vec<String>>,
    /// Published ports, as `80/tcp` for a port of the container or `8080:80/tcp` with the host's; null when nobody has said.
    pub ports: Observed<Option<Vec<String>>>,
    /// The host's devices, as globs of `host path:container path:permissions` such as `/dev/fuse:*:rw`, or of paths that are
    /// mounted.
    pub devices: Observed<Vec<String>>,
    /// Directories and files of the host that may be mounted, with everything below them.
    pub mounts: Observed<Vec<String>>,
}

/// What the containers that a rule selects may have; a container has to match every selector that is given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowRule {
    /// Name of the container, as a glob.
    #[schemars(with = "Option<String>")]
    pub container: Option<Spanned<String>>,
    /// Image as it was asked for, as a glob.
    #[schemars(with = "Option<String>")]
    pub image: Option<Spanned<String>>,
    /// A label as `name`, or `name=value`.
    pub label: Option<String>,
    /// Compose project.
    pub project: Option<String>,
    /// Why they may.
    #[schemars(with = "String")]
    pub reason: Spanned<String>,
    /// Capabilities by name, with or without `CAP_`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub capabilities: Vec<Spanned<String>>,
    /// Published ports, as `80/tcp` for a port of the container or `8080:80/tcp` with the host's.
    pub ports: Option<Vec<String>>,
    /// The host's devices, as globs of `host path:container path:permissions` such as `/dev/fuse:*:rw`, or of paths that are
    /// mounted.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Directories and files of the host that may be mounted, with everything below them.
    #[serde(default)]
    pub mounts: Vec<String>,
}

/// The capabilities of a container for which nobody has said anything: Docker's default ones without NET_RAW.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Every rule has a selector and a reason, and names what there is.
pub(super) fn validate(rules: &[AllowRule], source: &Arc<Source>, faults: &mut Diagnostics) {
    for rule in rules {
        let place = rule.reason.span();
        if rule.container.is_none() && rule.image.is_none() && rule.label.is_none() && rule.project.is_none() {
            let help = "container = \"*\" selects all".to_owned();
            faults.at(source, place.clone(), "this rule selects no container", Some(help));
        }
        if rule.reason.get_ref().trim().is_empty() {
            faults.at(source, place, "the reason is empty", None);
        }
        for glob in rule.container.iter().chain(&rule.image) {
            if let Err(error) = Glob::new(glob.get_ref()) {
                faults.at(source, glob.span(), error.to_string(), None);
            }
        }
        for name in &rule.capabilities {
            let plain = plain(name.get_ref());
            if !capability::NAMES.contains(&plain.as_str()) {
                let help = did_you_mean(&plain, capability::NAMES);
                faults.at(source, name.span(), format!("there is no capability `{}`", name.get_ref()), help);
            }
        }
    }
}

fn plain(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix("CAP_").map(str::to_owned).unwrap_or(name)
}

/// Rules that are ready to select.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    origin: String,
    /// What a container may have that no rule selects.
    usual: Value,
}

#[derive(Clone, Debug)]
struct Rule {
    rule: AllowRule,
    name: Option<GlobMatcher>,
    image: Option<GlobMatcher>,
}

impl Rules {
    pub(super) fn new(rules: Vec<AllowRule>, origin: &str) -> Self {
        let glob = |text: &Option<Spanned<String>>| {
            text.as_ref().and_then(|text| Glob::new(text.get_ref()).ok()).map(|glob| glob.compile_matcher())
        };
        let rules = rules
            .into_iter()
            .map(|rule| Rule { name: glob(&rule.container), image: glob(&rule.image), rule })
            .collect::<Vec<_>>();
        let usual = json(&allowed(&[], origin));
        Self { rules, origin: origin.to_owned(), usual }
    }

    pub(super) fn allowed(&self, container: &Value) -> Cow<'_, Value> {
        let rules: Vec<&AllowRule> =
            self.rules.iter().filter(|rule| rule.selects(container)).map(|rule| &rule.rule).collect();
        if rules.is_empty() {
            return Cow::Borrowed(&self.usual);
        }
        Cow::Owned(json(&allowed(&rules, &self.origin)))
    }
}

/// Lists of strings are always JSON.
fn json(allowed: &Allowed) -> Value {
    serde_json::to_value(allowed).unwrap_or_default()
}

impl Rule {
    /// Whether a container, given by its facts, matches. What is not known of it matches nothing.
    fn selects(&self, container: &Value) -> bool {
        let text = |pointer: &str| container.pointer(pointer).and_then(Value::as_str);
        let label = |name: &str| {
            let labels = container.pointer("/inspect/value/labels").and_then(Value::as_object);
            labels.and_then(|labels| labels.get(name)).and_then(Value::as_str)
        };
        let glob = |glob: &Option<GlobMatcher>, pointer| {
            glob.as_ref().is_none_or(|glob| text(pointer).is_some_and(|text| glob.is_match(text)))
        };
        let labelled = |wanted: &String| match wanted.split_once('=') {
            Some((name, value)) => label(name) == Some(value),
            None => label(wanted).is_some(),
        };
        glob(&self.name, "/name")
            && glob(&self.image, "/inspect/value/image")
            && self.rule.label.as_ref().is_none_or(labelled)
            && self.rule.project.as_ref().is_none_or(|project| label(PROJECT) == Some(project))
    }
}

/// The label that compose gives to the containers of a project.
const PROJECT: &str = "com.docker.compose.project";

/// What the rules that select a container add up to.
fn allowed(rules: &[&AllowRule], origin: &str) -> Allowed {
    let source = |said: &dyn Fn(&AllowRule) -> bool| {
        let reasons: Vec<&str> =
            rules.iter().filter(|rule| said(rule)).map(|rule| rule.reason.get_ref().as_str()).collect();
        if reasons.is_empty() { DEFAULT.to_owned() } else { format!("{origin} allow: {}", reasons.join("; ")) }
    };
    let all = |part: &dyn Fn(&AllowRule) -> Vec<String>| rules.iter().flat_map(|rule| part(rule)).collect::<Vec<_>>();
    let added = all(&|rule| rule.capabilities.iter().map(|name| plain(name.get_ref())).collect());
    let capabilities = CAPABILITIES.iter().map(|name| (*name).to_owned()).chain(added).collect();
    let ports = rules.iter().any(|rule| rule.ports.is_some());
    Allowed {
        capabilities: Observed::from_source(capabilities, source(&|rule| !rule.capabilities.is_empty())),
        ports: Observed::from_source(
            ports.then(|| all(&|rule| rule.ports.clone().unwrap_or_default())),
            source(&|rule| rule.ports.is_some()),
        ),
        devices: Observed::from_source(all(&|rule| rule.devices.clone()), source(&|rule| !rule.devices.is_empty())),
        mounts: Observed::from_source(all(&|rule| rule.mounts.clone()), source(&|rule| !rule.mounts.is_empty())),
    }
}
