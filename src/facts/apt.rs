//! Where packages come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What apt trusts and when it was last run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apt {
    /// Every repository that is not switched off.
    #[schemars(extend("x-source" = "/etc/apt/sources.list, /etc/apt/sources.list.d"))]
    pub repositories: Observed<Vec<AptRepository>>,
    /// Files of keys that are trusted for every repository that names none of its own.
    #[schemars(extend("x-source" = "/etc/apt/trusted.gpg, /etc/apt/trusted.gpg.d"))]
    pub common_keys: Observed<Vec<String>>,
    /// Whole days since the lists of packages were last fetched.
    #[schemars(extend("x-source" = "/var/lib/apt/periodic/update-success-stamp, /var/lib/apt/lists/partial"))]
    pub lists_age_days: Observed<i64>,
    /// Whole days since apt's daily job last installed updates; null when it never did.
    #[schemars(extend("x-source" = "/var/lib/apt/periodic/upgrade-stamp"))]
    pub upgrade_age_days: Observed<Option<i64>>,
}

/// A repository of packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AptRepository {
    /// Where it lies, without the name and password that may be in it.
    pub uri: String,
    /// Its suite, such as `bookworm-security`.
    pub suite: String,
    /// The file and line that name it.
    pub place: String,
    /// The key that it has to be signed with; empty when any of the common ones will do.
    pub signed_by: String,
    /// Whether its signature is looked at: it is not where it is called trusted or may be insecure.
    pub verified: bool,
}
