//! One image of the engine's store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FoundFile, Observed};

/// Where the layers of images lie, in the file tree of dockerd; they are read only under `--deep`.
pub(super) const LAYERS: &str = "/proc/{engine}/root/{data-root}";

/// An image as the engine lists and describes it.
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
    /// The digests of these, `sha256:…`: what a signature is about.
    #[schemars(extend("x-source" = "GET /images/json RepoDigests"))]
    pub manifest_digests: Vec<String>,
    /// The repositories it was pulled from or pushed to, with the registry's name, such as `docker.io/library/debian`; unknown for
    /// an image store that gives a repository to every image.
    #[schemars(extend("x-source" = "GET /images/json RepoDigests"))]
    pub repositories: Observed<Vec<String>>,
    /// Its full names in these repositories, by tag, by digest and by the digest alone.
    #[schemars(extend("x-source" = "GET /images/json RepoDigests, GET /images/json RepoTags"))]
    pub references: Observed<Vec<String>>,
    /// What it was built on: the references of images of the store whose layers are its lowest, and what its labels name.
    #[schemars(extend("x-source" = "GET /images/{id}/json RootFS.Layers, GET /images/{id}/json Config.Labels"))]
    pub bases: Observed<Vec<String>>,
    /// When it was built, in seconds since 1970.
    #[schemars(extend("x-source" = "GET /images/json Created"))]
    pub created: i64,
    /// Days since it was built, at the time of the collection; unknown for a reproducible build, whose date is made up.
    #[schemars(extend("x-source" = "GET /images/json Created"))]
    pub age_days: Observed<i64>,
    /// Size in bytes.
    #[schemars(extend("x-source" = "GET /images/json Size"))]
    pub size_bytes: i64,
    /// Whether a container uses it, running or not.
    #[schemars(extend("x-source" = "GET /containers/json ImageID"))]
    pub in_use: Observed<bool>,
    /// What it was built to be; its fields are the image's own fields in expressions.
    #[schemars(extend("x-flatten" = true))]
    pub inspect: Observed<ImageInspect>,
    /// The steps by which it was built, the first one first.
    #[schemars(extend("x-source" = "GET /images/{id}/history, GET /images/{id}/json RootFS.Layers"))]
    pub history: Observed<Vec<Step>>,
    /// Secrets in its variables, its labels and the steps of its history. Files are not searched.
    #[schemars(extend(
        "x-source" = "GET /images/{id}/json Config.Env, GET /images/{id}/json Config.Labels, GET /images/{id}/history"
    ))]
    pub secrets: Observed<Vec<Secret>>,
    /// Files by which a program runs as its owner or its group; those that a higher layer removes or replaces are left out.
    #[schemars(extend("x-deep" = LAYERS))]
    pub set_id_files: Observed<Vec<FoundFile>>,
    /// Names of the packages that its databases say are installed; null when it has no such database.
    #[schemars(extend("x-deep" = LAYERS))]
    pub packages: Observed<Option<Vec<String>>>,
    /// Programs that install packages of the system, such as `/usr/bin/apt-get`.
    #[schemars(extend("x-deep" = LAYERS))]
    pub package_managers: Observed<Vec<String>>,
}

/// What an image was built to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageInspect {
    /// The user that its containers run as unless told otherwise; empty for root.
    #[schemars(extend("x-source" = "GET /images/{id}/json Config.User"))]
    pub user: String,
    /// The uid of that user: 0 for nobody and for `root`, a number as it stands; a name is known by the accounts in its layers.
    #[schemars(extend("x-source" = "GET /images/{id}/json Config.User", "x-deep" = LAYERS))]
    pub user_uid: Observed<i64>,
    /// Whether a health check is defined; `NONE` is not one.
    #[schemars(extend("x-source" = "GET /images/{id}/json Config.Healthcheck.Test"))]
    pub healthcheck: bool,
    /// Names of the variables that it sets; their values are not kept.
    #[schemars(extend("x-source" = "GET /images/{id}/json Config.Env"))]
    pub env: Vec<String>,
    /// Names of its labels; their values are not kept.
    #[schemars(extend("x-source" = "GET /images/{id}/json Config.Labels"))]
    pub labels: Vec<String>,
    /// Digests of the contents of its layers, the lowest first.
    #[schemars(extend("x-source" = "GET /images/{id}/json RootFS.Layers"))]
    pub layers: Vec<String>,
    /// Operating system that it is for, such as `linux`; empty when it does not say.
    #[schemars(extend("x-source" = "GET /images/{id}/json Os"))]
    pub os: String,
}

/// A step by which an image was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its number, the first one is 1; `docker history` lists the last one first.
    pub number: i64,
    /// What it did.
    pub kind: StepKind,
    /// Whether it is a step of another image of the store on which this one was built.
    pub inherited: bool,
    /// Commands that refresh the index of packages where the step installs none, such as `apt-get update`.
    pub lone_updates: Vec<String>,
    /// Ways by which it takes software whose origin is not verified, such as `apt-get --allow-unauthenticated`.
    pub unverified: Vec<String>,
}

/// What a step of an image's build did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Laid down the root filesystem on which all else was built: the first step, an import or an ADD to `/`.
    Root,
    /// ADD from the build's own files.
    Add,
    /// ADD from an address.
    AddRemote,
    /// COPY.
    Copy,
    /// Ran a command: RUN, or a container that was committed.
    Run,
    /// Changed no file: ENV, USER, CMD and their like.
    Setting,
    /// Made a layer and does not tell how.
    Untold,
}

/// A secret that an image gives to everyone who has the image. The secret itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Where it is, such as `variable DB_PASSWORD`, `label x` or `step 3, argument TOKEN`.
    pub place: String,
    /// What it is, such as `GitHub token` or `password`.
    pub kind: String,
    /// What may be shown of it: the beginning that all of its kind share, and its length.
    pub masked: String,
}
