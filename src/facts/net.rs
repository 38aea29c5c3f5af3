//! How the machine itself can be reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Observed;

/// A network interface that works by radio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WirelessInterface {
    /// Its name, such as `wlan0`.
    pub name: String,
    /// The module that drives it; empty when that is compiled in or cannot be told.
    pub driver: String,
}

/// A socket in the machine's own network namespace that waits for others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// What it speaks.
    pub protocol: Transport,
    /// The address it is bound to; `0.0.0.0` and `::` are every one.
    pub address: String,
    /// The port.
    pub port: i64,
    /// Whether only the machine itself can reach it.
    pub loopback: bool,
    /// Names of the programs that hold it; `docker-proxy` passes a container's port on.
    #[schemars(extend("x-source" = "/proc/{pid}/fd, /proc/{pid}/comm"))]
    pub programs: Observed<Vec<String>>,
    /// The id of the container whose process holds it; empty for a process of the machine.
    #[schemars(extend("x-source" = "/proc/{pid}/fd, /proc/{pid}/cgroup"))]
    pub container: Observed<String>,
    /// The unit of the service manager that the process which holds it belongs to, such as `ssh.service`; empty for none.
    #[schemars(extend("x-source" = "/proc/{pid}/fd, /proc/{pid}/cgroup"))]
    pub unit: Observed<String>,
}

/// The protocols of sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// To which addresses mail servers are told to listen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Postfix's `inet_interfaces` as it is written, `all` when it is not; empty without Postfix's configuration.
    #[schemars(extend("x-source" = "/etc/postfix/main.cf"))]
    pub postfix_interfaces: Observed<String>,
    /// Exim's `dc_local_interfaces` as Debian's configuration has it, `all` when it is empty; empty without that configuration.
    #[schemars(extend("x-source" = "/etc/exim4/update-exim4.conf.conf"))]
    pub exim_interfaces: Observed<String>,
}
