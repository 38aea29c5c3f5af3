//! dockerd's command line, read as its flag parser (pflag) reads it.

use std::collections::BTreeMap;

use crate::facts::{Gap, GapKind};

/// Flags without a separate value, of Engine 20.10 to 29.
const SWITCHES: &[&str] = &[
    "allow-direct-routing",
    "cri-containerd",
    "debug",
    "experimental",
    "help",
    "icc",
    "init",
    "ip-forward",
    "ip-forward-no-drop",
    "ip-masq",
    "ip6tables",
    "iptables",
    "ipv6",
    "live-restore",
    "no-new-privileges",
    "raw-logs",
    "restart",
    "rootless",
    "selinux-enabled",
    "tls",
    "tlsverify",
    "userland-proxy",
    "validate",
    "version",
];

/// Flags that take a value, of Engine 20.10 to 29.
const VALUED: &[&str] = &[
    "add-runtime",
    "allow-nondistributable-artifacts",
    "api-cors-header",
    "authorization-plugin",
    "bip",
    "bip6",
    "bridge",
    "bridge-accept-fwmark",
    "cdi-spec-dir",
    "cgroup-parent",
    "cluster-advertise",
    "cluster-store",
    "cluster-store-opt",
    "config-file",
    "containerd",
    "containerd-namespace",
    "containerd-plugins-namespace",
    "cpu-rt-period",
    "cpu-rt-runtime",
    "data-root",
    "default-address-pool",
    "default-cgroupns-mode",
    "default-gateway",
    "default-gateway-v6",
    "default-ipc-mode",
    "default-network-opt",
    "default-runtime",
    "default-shm-size",
    "default-ulimit",
    "dns",
    "dns-opt",
    "dns-search",
    "exec-opt",
    "exec-root",
    "feature",
    "firewall-backend",
    "fixed-cidr",
    "fixed-cidr-v6",
    "graph",
    "group",
    "host",
    "host-gateway-ip",
    "http-proxy",
    "https-proxy",
    "init-path",
    "insecure-registry",
    "ip",
    "label",
    "log-driver",
    "log-format",
    "log-level",
    "log-opt",
    "max-concurrent-downloads",
    "max-concurrent-uploads",
    "max-download-attempts",
    "metrics-addr",
    "mtu",
    "network-control-plane-mtu",
    "network-diagnostic-port",
    "no-proxy",
    "node-generic-resource",
    "nri-opts",
    "oom-score-adjust",
    "pidfile",
    "registry-mirror",
    "seccomp-profile",
    "shutdown-timeout",
    "storage-driver",
    "storage-opt",
    "swarm-default-advertise-addr",
    "tlscacert",
    "tlscert",
    "tlskey",
    "userland-proxy-path",
    "userns-remap",
];

/// One-letter forms.
const LETTERS: &[(char, &str)] = &[
    ('D', "debug"),
    ('G', "group"),
    ('H', "host"),
    ('b', "bridge"),
    ('g', "graph"),
    ('h', "help"),
    ('l', "log-level"),
    ('p', "pidfile"),
    ('r', "restart"),
    ('s', "storage-driver"),
    ('v', "version"),
];

/// The flags a dockerd was started with: every value of each, in order; a switch alone has the value `true`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(BTreeMap<String, Vec<String>>);

impl Flags {
    /// Every value given for a flag; `None` when the flag was not given.
    pub(super) fn all(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The value that counts where only one can.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.entry(name.to_owned()).or_default().push(value.into());
    }
}

/// Whether a flag is a switch, by its long name.
pub(super) fn is_switch(name: &str) -> bool {
    SWITCHES.contains(&name)
}

/// The flags in dockerd's arguments, its own name left out.
///
/// The dockerd is running, so that it accepted them: what this reading cannot accept is something it does not know.
pub(super) fn parse(arguments: &[String]) -> Result<Flags, Gap> {
    let mut flags = Flags::default();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            break;
        }
        let Some(long) = argument.strip_prefix("--") else {
            let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                return Err(odd(argument));
            };
            short(letters, &mut rest, &mut flags)?;
            continue;
        };
        if let Some((name, value)) = long.split_once('=') {
            flags.add(name, value);
        } else if SWITCHES.contains(&long) {
            flags.add(long, "true");
        } else if VALUED.contains(&long) {
            flags.add(long, rest.next().ok_or_else(|| odd(argument))?);
        } else {
            // A flag of another release. dockerd takes no bare arguments, so that a bare one can only be this flag's value.
            flags.add(long, rest.next_if(|next| !next.starts_with('-')).unwrap_or("true"));
        }
    }
    if let Some(extra) = rest.next() {
        return Err(odd(extra));
    }
    Ok(flags)
}

/// A cluster of one-letter flags, the last of which may have a value: `-Dl warn`, `-Hunix:///x`, `-D=false`.
fn short<'a>(letters: &'a str, rest: &mut impl Iterator<Item = &'a str>, flags: &mut Flags) -> Result<(), Gap> {
    let mut left = letters;
    while let Some(letter) = left.chars().next() {
        let after = left.get(letter.len_utf8()..).unwrap_or_default();
        let name =
            LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name).ok_or_else(|| odd(letters))?;
        // pflag looks for the `=` only where at least one character follows it.
        if let Some(value) = after.strip_prefix('=').filter(|value| !value.is_empty()) {
            flags.add(name, value);
            return Ok(());
        }
        if SWITCHES.contains(&name) {
            flags.add(name, "true");
            left = after;
            continue;
        }
        let value = if after.is_empty() { rest.next().ok_or_else(|| odd(letters))? } else { after };
        flags.add(name, value);
        return Ok(());
    }
    Ok(())
}

/// Values stay out of the words: a proxy's password may be among them.
fn odd(argument: &str) -> Gap {
    let name = match argument.split('=').next() {
        Some(name) if name.starts_with("--") => format!("{:?}", name.chars().take(32).collect::<String>()),
        _ => "one that is no flag".to_owned(),
    };
    Gap::new(GapKind::Unsupported, format!("dockerd's command line has an argument this build does not know: {name}"))
}
