//! One network of the engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network as the engine lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Identifier.
    #[schemars(extend("x-source" = "GET /networks Id"))]
    pub id: String,
    /// Name; `bridge` is the default bridge.
    #[schemars(extend("x-source" = "GET /networks Name"))]
    pub name: String,
    /// Driver such as `bridge` or `overlay`.
    #[schemars(extend("x-source" = "GET /networks Driver"))]
    pub driver: String,
    /// Whether containers on this bridge may talk to each other.
    #[schemars(extend("x-source" = "GET /networks Options com.docker.network.bridge.enable_icc"))]
    pub inter_container: bool,
    /// Whether traffic between nodes is encrypted, for an overlay network; others have none of their own.
    #[schemars(extend("x-source" = "GET /networks Options encrypted"))]
    pub encrypted: bool,
    /// Whether it carries IPv6.
    #[schemars(extend("x-source" = "GET /networks EnableIPv6"))]
    pub ipv6: bool,
}
