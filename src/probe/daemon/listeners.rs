//! On which TCP addresses dockerd's API listens.
//!
//! dockerd holds other listening sockets than its API's: the ports of containers it publishes without docker-proxy, swarm's
//! manager (2377, mutual TLS of its own) and gossip (7946), metrics, and in containers' network namespaces the name server.
//! An address is the API's if dockerd was told to listen on its port, or if whoever started dockerd holds the same socket,
//! as systemd does with a socket that it passes on.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::options::Options;
use super::owner::holds;
use super::process::{Dockerd, stat};
use crate::facts::{Engine, Gap, GapKind, Observed};
use crate::probe::socket_table::{Waiting, table, waiting};

/// Ports that swarm mode takes unless told otherwise; the second one cannot be changed.
const SWARM: &[u16] = &[2377, 7946];

/// The port of a `tcp://` without one.
const DEFAULT_PORT: u16 = 2375;

/// The addresses of the API.
pub(super) fn tcp(
    dockerd: &Dockerd<'_>,
    engine: &Engine,
    options: &Options,
    hosts: &Observed<Vec<String>>,
) -> Observed<Vec<String>> {
    match addresses(dockerd, engine, options, hosts) {
        Ok(addresses) => Observed::known(addresses.into_iter().collect()),
        Err(gap) => gap.into(),
    }
}

fn addresses(
    dockerd: &Dockerd<'_>,
    engine: &Engine,
    options: &Options,
    hosts: &Observed<Vec<String>>,
) -> Result<BTreeSet<String>, Gap> {
    let told = hosts.value().map(|hosts| Told::new(hosts));
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for listener in listening(dockerd)? {
        let port = listener.address.port();
        let address = listener.address.to_string();
        seen.insert(port);
        let told = match &told {
            Some(told) if told.ports.contains(&port) => {
                found.insert(address);
                continue;
            }
            Some(told) => told,
            None if other(engine, options, port) => continue,
            None => return Err(unexplained(hosts, &address)),
        };
        if told.passed && passed_on(dockerd, listener.inode).or_else(|gap| unseen(engine, options, port, gap))? {
            found.insert(address);
        } else if told.any_port && !other(engine, options, port) {
            return Err(Gap::new(
                GapKind::Unsupported,
                format!("dockerd was told to listen on a port of the kernel's choice, which may be that of {address}"),
            ));
        }
    }
    match told.and_then(|told| told.ports.difference(&seen).next().copied()) {
        Some(port) => Err(Gap::new(
            GapKind::Unsupported,
            format!("dockerd was told to listen on TCP port {port}, and its network namespace shows no such socket"),
        )),
        None => Ok(found),
    }
}

/// What the addresses that dockerd was told say of TCP.
struct Told {
    /// Ports of `tcp://`.
    ports: BTreeSet<u16>,
    /// Whether a port is left to the kernel, or not a number.
    any_port: bool,
    /// Whether sockets are passed on to dockerd.
    passed: bool,
}

impl Told {
    fn new(hosts: &[String]) -> Self {
        let mut told = Self { ports: BTreeSet::new(), any_port: false, passed: false };
        for host in hosts {
            told.passed |= host.starts_with("fd://");
            let Some(address) = host.strip_prefix("tcp://") else { continue };
            let address = address.split('/').next().unwrap_or_default();
            let port = match address.rsplit_once(':') {
                Some((_, port)) if !port.is_empty() && !port.ends_with(']') => port.parse().ok(),
                _ => Some(DEFAULT_PORT),
            };
            match port {
                Some(port) if port != 0 => {
                    told.ports.insert(port);
                }
                _ => told.any_port = true,
            }
        }
        told
    }
}

/// Whether a port is known to serve something else than the API.
fn other(engine: &Engine, options: &Options, port: u16) -> bool {
    let metrics = options.text("metrics-addr", "").value().and_then(|a| a.rsplit_once(':')?.1.parse().ok());
    (engine.swarm != "inactive" && SWARM.contains(&port)) || metrics == Some(port)
}

fn unexplained(hosts: &Observed<Vec<String>>, address: &str) -> Gap {
    let why = hosts.gap().cloned().unwrap_or_else(|| Gap::new(GapKind::Unsupported, "its addresses are unknown"));
    Gap::new(why.kind, format!("dockerd listens on {address}, which may be its API: {}", why.detail))
}

fn unseen(engine: &Engine, options: &Options, port: u16, gap: Gap) -> Result<bool, Gap> {
    if other(engine, options, port) { Ok(false) } else { Err(gap) }
}

/// Whether dockerd's parent holds a socket too. Only systemd is known to keep what it passes on, so that only there a socket
/// that the parent does not hold was not passed on.
pub(super) fn passed_on(dockerd: &Dockerd<'_>, inode: u64) -> Result<bool, Gap> {
    let parent = stat(dockerd.system, dockerd.pid)?.parent;
    let gap = |what: &str| Gap::new(GapKind::Unsupported, format!("which sockets were passed on to dockerd: {what}"));
    if parent == 0 {
        return Err(gap("its parent is in another PID namespace"));
    }
    let held = holds(dockerd.system, parent, &[inode])?;
    if held || stat(dockerd.system, parent)?.name == "systemd" {
        return Ok(held);
    }
    Err(gap("its parent is not systemd"))
}

/// dockerd's listening TCP sockets in its own network namespace.
///
/// The kernel walks its whole table of connections for `/proc/net/tcp` (4 ms each for IPv4 and IPv6), so that it is asked only if
/// a descriptor is a TCP socket at all, which the kernel tells for a few microseconds.
fn listening(dockerd: &Dockerd<'_>) -> Result<Vec<Waiting>, Gap> {
    let held = dockerd.sockets()?.iter().filter(|(fd, _)| may_be_tcp(dockerd, fd));
    let held: Vec<u64> = held.map(|(_, inode)| *inode).collect();
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (name, optional) in [("net/tcp", false), ("net/tcp6", true)] {
        let path = dockerd.proc(name);
        let rows = match table(dockerd.system, &path) {
            // A kernel without IPv6.
            Err(gap) if optional && gap.kind == GapKind::Missing => continue,
            rows => rows?,
        };
        for line in rows {
            let line = line?;
            let malformed = || Gap::new(GapKind::Malformed, format!("{}: {line:?}", path.display()));
            match waiting(&line).ok_or_else(malformed)? {
                Some(listener) if held.contains(&listener.inode) => found.push(listener),
                Some(_) => {}
                // Listeners come first, and a busy machine has very many other rows.
                None => break,
            }
        }
    }
    Ok(found)
}

/// Whether a socket is one of TCP, or the kernel does not tell.
fn may_be_tcp(dockerd: &Dockerd<'_>, fd: &str) -> bool {
    let path = dockerd.proc("fd").join(fd);
    let mut name = [0_u8; 64];
    match rustix::fs::getxattr(dockerd.system.real(&path), "system.sockprotoname", &mut name[..]) {
        // TCP, TCPv6, MPTCP, MPTCPv6, SMC…; Unix and netlink sockets are known for something else.
        Ok(length) => {
            let name = name.get(..length).unwrap_or_default();
            !(name.starts_with(b"UNIX") || name.starts_with(b"NETLINK") || name.starts_with(b"UDP"))
        }
        // A connection that was closed since, such as the auditor's own.
        Err(Errno::NOENT) => dockerd.system.link(path).is_ok(),
        Err(_) => true,
    }
}
