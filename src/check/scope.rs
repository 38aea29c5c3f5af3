//! What a check is asked of, and which facts its expressions may name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy;
use crate::releases;
use crate::types::Type;

/// What a check is asked of: one finding each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// The machine, once.
    Host,
    /// The engine, once.
    #[default]
    Engine,
    /// Every container.
    Container,
    /// Every container or sandbox that no engine told of.
    Sandbox,
    /// Every image.
    Image,
    /// Every network.
    Network,
}

impl Each {
    /// Everything that can be asked.
    pub const ALL: [Self; 6] = [Self::Host, Self::Engine, Self::Container, Self::Sandbox, Self::Image, Self::Network];

    /// The word for it in files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Engine => "engine",
            Self::Container => "container",
            Self::Sandbox => "sandbox",
            Self::Image => "image",
            Self::Network => "network",
        }
    }

    /// The facts that list the subjects, when there can be several.
    pub const fn list(self) -> Option<&'static str> {
        match self {
            Self::Host | Self::Engine => None,
            Self::Container => Some("containers"),
            Self::Sandbox => Some("sandboxes"),
            Self::Image => Some("images"),
            Self::Network => Some("networks"),
        }
    }

    /// The facts that list subjects.
    pub(crate) fn lists() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter_map(Self::list)
    }

    /// What a site says, and no machine.
    pub fn said(self) -> impl Iterator<Item = (&'static str, &'static Type)> {
        let allowed = (self == Self::Container).then(|| ("allowed", policy::allowed_type()));
        std::iter::once(("policy", policy::settings_type())).chain(allowed)
    }

    /// The roots that expressions may name, with their types.
    pub fn roots(self) -> &'static BTreeMap<String, Type> {
        static ROOTS: LazyLock<BTreeMap<Each, BTreeMap<String, Type>>> =
            LazyLock::new(|| Each::ALL.into_iter().map(|each| (each, roots(each))).collect());
        static NONE: BTreeMap<String, Type> = BTreeMap::new();
        ROOTS.get(&self).unwrap_or(&NONE)
    }
}

fn roots(each: Each) -> BTreeMap<String, Type> {
    let facts = Type::facts();
    // What describes the collection is not a fact about the machine.
    let about = |name: &str| ["format", "collected_at", "notices"].contains(&name);
    let mut roots: BTreeMap<String, Type> = facts
        .fields
        .iter()
        .filter(|(name, _)| !about(name))
        .map(|(name, field)| (name.clone(), field.ty.clone()))
        .collect();
    let subject = each.list().and_then(|list| facts.fields.get(list)).and_then(|field| field.ty.element());
    if let Some(subject) = subject {
        roots.insert(each.as_str().to_owned(), subject.clone());
    }
    roots.insert("releases".to_owned(), releases::table_type().clone());
    roots.extend(each.said().map(|(name, ty)| (name.to_owned(), ty.clone())));
    roots
}
