//! The machine's own packet filter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Observed, Transport};

/// Where units are.
const UNITS: &str = "/etc/systemd, /run/systemd, /usr/local/lib/systemd/system, /usr/lib/systemd/system, /lib/systemd/system, \
    /etc/init.d, /sys/fs/cgroup, /etc/ufw/ufw.conf";
/// What is asked of the kernel.
const LOADED: &str = "NETLINK_NETFILTER, /proc/net/ip_tables_names, /proc/net/ip6_tables_names";

/// Which program looks after the packet filter, what it is told, and what is loaded in the kernel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Firewall {
    /// The program in use, of those that are enabled: ufw by its own switch, nftables, iptables (by netfilter-persistent) and
    /// firewalld by their services.
    #[schemars(extend("x-source" = UNITS))]
    pub frontend: Observed<Frontend>,
    /// All of them that are enabled.
    #[schemars(extend("x-source" = UNITS))]
    pub frontends: Observed<Vec<String>>,
    /// ufw's own switch (`ENABLED`).
    #[schemars(extend("x-source" = "/etc/ufw/ufw.conf"))]
    pub ufw_enabled: Observed<bool>,
    /// What ufw does with incoming packets that no rule names (`DEFAULT_INPUT_POLICY`): `ACCEPT`, `DROP` or `REJECT`.
    #[schemars(extend("x-source" = "/etc/default/ufw"))]
    pub ufw_incoming: Observed<String>,
    /// The same of outgoing ones (`DEFAULT_OUTPUT_POLICY`).
    #[schemars(extend("x-source" = "/etc/default/ufw"))]
    pub ufw_outgoing: Observed<String>,
    /// The same of those that are passed on (`DEFAULT_FORWARD_POLICY`).
    #[schemars(extend("x-source" = "/etc/default/ufw"))]
    pub ufw_routed: Observed<String>,
    /// Whether ufw's chains are loaded and entered, for both families of addresses.
    #[schemars(extend("x-source" = "NETLINK_NETFILTER"))]
    pub ufw_loaded: Observed<bool>,
    /// The tables that are loaded in nf_tables.
    #[schemars(extend("x-source" = "NETLINK_NETFILTER"))]
    pub tables: Observed<Vec<FilterTable>>,
    /// The chains of nf_tables that packets enter.
    #[schemars(extend("x-source" = "NETLINK_NETFILTER"))]
    pub chains: Observed<Vec<BaseChain>>,
    /// The chains that packets will enter after the next boot, by nftables' configuration.
    #[schemars(extend("x-source" = "/etc/nftables.conf, /etc/nftables"))]
    pub nftables_conf: Observed<Vec<BaseChain>>,
    /// Tables of the old iptables that are in use, as `ip filter`; the kernel does not show what is in them.
    #[schemars(extend("x-source" = "/proc/net/ip_tables_names, /proc/net/ip6_tables_names"))]
    pub legacy_tables: Observed<Vec<String>>,
    /// What becomes of packets under the rules that are loaded, for `ip` and `ip6`.
    #[schemars(extend("x-source" = LOADED))]
    pub loaded: Observed<Vec<Filtering>>,
    /// What will become of them after the next boot under the rules that netfilter-persistent loads, for `ip` and `ip6`.
    #[schemars(extend("x-source" = "/etc/iptables/rules.v4, /etc/iptables/rules.v6"))]
    pub saved: Observed<Vec<Filtering>>,
}

/// The programs that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Frontend {
    /// ufw.
    Ufw,
    /// nftables' own service.
    Nftables,
    /// iptables, its rules loaded by netfilter-persistent.
    Iptables,
    /// firewalld.
    Firewalld,
    /// More than one.
    Several,
    /// None.
    None,
}

/// A table of nf_tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterTable {
    /// `inet`, `ip`, `ip6`, `arp`, `bridge` or `netdev`.
    pub family: String,
    /// Its name.
    pub name: String,
    /// Number of rules in it.
    pub rules: i64,
    /// Whether iptables made it, by its name and its chains' names.
    pub iptables: bool,
    /// Whether a container engine has chains of its own in it.
    pub engine: bool,
}

/// A chain that packets enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseChain {
    /// The family of its table.
    pub family: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Its type: `filter`, `nat` or `route`.
    pub kind: String,
    /// Where packets enter it: `input`, `forward`, `output`, `prerouting`, `postrouting` or `other`.
    pub hook: String,
    /// What becomes of packets that come to its end: `accept` or `drop`.
    pub policy: String,
}

/// What becomes of packets of one family of addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filtering {
    /// `ip` or `ip6`.
    pub family: String,
    /// Incoming packets that no rule with a condition matches.
    pub default_input: Observed<Fate>,
    /// Packets that are passed on and that no rule with a condition matches.
    pub default_forward: Observed<Fate>,
    /// Outgoing packets that no rule with a condition matches.
    pub default_output: Observed<Fate>,
    /// New connections of the machine with itself over its loopback interface, both ways.
    pub loopback: Observed<Fate>,
    /// New TCP connections that come in by another interface and claim to be from the loopback network, `127.0.0.0/8` or `::1`.
    pub spoofed_loopback: Observed<Fate>,
    /// Incoming packets of TCP and UDP that belong to a connection that was made.
    pub replies: Observed<Fate>,
    /// Outgoing packets of TCP and UDP, of new connections and of those that were made.
    pub outgoing: Observed<Fate>,
    /// Sockets of the machine's own processes that others can reach and whose port no rule names.
    pub unnamed_ports: Observed<Vec<OpenPort>>,
}

/// What becomes of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// All are let through.
    Accepted,
    /// All are dropped or rejected.
    Dropped,
    /// Some are, others not.
    Mixed,
}

/// A port on which a process of the machine waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPort {
    /// What it speaks.
    pub protocol: Transport,
    /// The port.
    pub port: i64,
    /// Names of the programs that hold it.
    pub programs: Vec<String>,
}
