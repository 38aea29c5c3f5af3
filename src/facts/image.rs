//! One image of the engine's store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An image as the engine lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Content identifier, `sha256:…`.
    #[schemars(extend("x-source" = "GET /images/json Id"))]
    pub id: String,
    /// The first tag, else the identifier.
    #[schemars(extend("x-source" = "GET /images/json RepoTags"))]
    pub name: String,
    /// Every `repository:tag` that points to it.
    #[schemars(extend("x-source" = "GET /images/json RepoTags"))]
    pub tags: Vec<String>,
    /// Every `repository@digest` it was pulled or pushed as.
    #[schemars(extend("x-source" = "GET /images/json RepoDigests"))]
    pub digests: Vec<String>,
    /// When it was built, in seconds since 1970.
    #[schemars(extend("x-source" = "GET /images/json Created"))]
    pub created: i64,
    /// Size in bytes.
    #[schemars(extend("x-source" = "GET /images/json Size"))]
    pub size_bytes: i64,
}
