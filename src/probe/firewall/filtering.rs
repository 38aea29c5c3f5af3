//! What becomes of packets that matter.

use super::flow::{Fate as Found, Packet, default_fate, fate, mentions_port};
use super::nft::Loaded;
use super::rules::{Family, Hook, TCP, Table, UDP, state};
use super::{hidden, save};
use crate::facts::{Fate, Filtering, Gap, GapKind, Listener, Observed, OpenPort, Transport};
use crate::probe::{System, none_if_missing};

/// The families with their names.
const FAMILIES: [(Family, &str); 2] = [(Family::V4, "ip"), (Family::V6, "ip6")];
/// Programs that pass the published ports of containers on.
const PROXIES: &[&str] = &["docker-proxy", "rootlessport", "rootlesskit", "pasta", "pasta.avx2", "slirp4netns"];

/// What becomes of packets under the rules that are loaded.
pub(super) fn loaded(all: Vec<Loaded>, legacy: &[String], ports: &Result<Vec<Listener>, Gap>) -> Vec<Filtering> {
    let tables: Vec<Table> = all.into_iter().map(|one| one.table).collect();
    let of = |(family, name)| {
        if legacy.iter().any(|table| *table == format!("{name} filter")) {
            return unknown(name, &hidden(name));
        }
        filtering(&tables, family, name, ports)
    };
    FAMILIES.map(of).into()
}

/// What becomes of packets under the rules that netfilter-persistent loads; without a file it loads none.
pub(super) fn saved(system: &System, ports: &Result<Vec<Listener>, Gap>) -> Result<Vec<Filtering>, Gap> {
    let of = |(family, name): (Family, &str)| {
        let path = if family == Family::V4 { "/etc/iptables/rules.v4" } else { "/etc/iptables/rules.v6" };
        let text = none_if_missing(system.read_lossy(path))?.unwrap_or_default();
        let table = save::filter(&text, family)
            .map_err(|line| Gap::new(GapKind::Malformed, format!("{path}:{line}: not as iptables-save writes")))?;
        let tables: Vec<Table> = table.into_iter().collect();
        Ok(filtering(&tables, family, name, ports))
    };
    FAMILIES.into_iter().map(of).collect()
}

fn unknown(family: &str, gap: &Gap) -> Filtering {
    Filtering {
        family: family.to_owned(),
        default_input: gap.clone().into(),
        default_forward: gap.clone().into(),
        default_output: gap.clone().into(),
        loopback: gap.clone().into(),
        spoofed_loopback: gap.clone().into(),
        replies: gap.clone().into(),
        outgoing: gap.clone().into(),
        unnamed_ports: gap.clone().into(),
    }
}

fn filtering(tables: &[Table], family: Family, name: &str, ports: &Result<Vec<Listener>, Gap>) -> Filtering {
    let default = |hook| told(default_fate(tables, family, hook));
    let input = Packet::new(family, Hook::Input);
    let output = Packet::new(family, Hook::Output);
    let established = |packet: Packet| Packet { state: state::ESTABLISHED, ..packet };
    let spoofed = Packet { from_itself: true, protocol: Some(TCP), ..input };
    let both = |packet: Packet| [TCP, UDP].map(|number| Packet { protocol: Some(number), ..packet });
    let replies = both(established(input));
    let outgoing = [both(output), both(established(output))].concat();
    let looped = |packet: Packet| both(Packet { loopback: true, from_itself: true, ..packet });
    let loopback = [looped(input), looped(output)].concat();
    Filtering {
        family: name.to_owned(),
        default_input: default(Hook::Input),
        default_forward: default(Hook::Forward),
        default_output: default(Hook::Output),
        loopback: all(tables, &loopback),
        spoofed_loopback: all(tables, &[spoofed]),
        replies: all(tables, &replies),
        outgoing: all(tables, &outgoing),
        unnamed_ports: ports.as_ref().map_err(Clone::clone).and_then(|ports| unnamed(tables, family, ports)).into(),
    }
}

/// What becomes of several classes of packets together.
fn all(tables: &[Table], packets: &[Packet]) -> Observed<Fate> {
    let mut whole: Option<Found> = None;
    for packet in packets {
        let found = fate(tables, packet);
        whole = Some(match (whole, found) {
            (None, found) => found,
            (Some(Found::Mixed), _) | (_, Found::Mixed) => Found::Mixed,
            (Some(Found::Opaque), _) | (_, Found::Opaque) => Found::Opaque,
            (Some(before), found) if before == found => found,
            _ => Found::Mixed,
        });
    }
    told(whole.unwrap_or(Found::Opaque))
}

fn told(fate: Found) -> Observed<Fate> {
    match fate {
        Found::Accepted => Observed::known(Fate::Accepted),
        Found::Dropped => Observed::known(Fate::Dropped),
        Found::Mixed => Observed::known(Fate::Mixed),
        Found::Opaque => Observed::unknown(GapKind::Unsupported, "a rule that is not understood decides"),
    }
}

/// The sockets of the machine's own processes whose port no rule names; containers' ports go another way.
fn unnamed(tables: &[Table], family: Family, listeners: &[Listener]) -> Result<Vec<OpenPort>, Gap> {
    let mut found: Vec<OpenPort> = Vec::new();
    for listener in listeners.iter().filter(|listener| !listener.loopback) {
        // A socket on every address of IPv6 takes IPv4 as well, unless told otherwise, which the kernel does not show.
        let v6 = listener.address.contains(':');
        let here = if family == Family::V6 { v6 } else { !v6 || listener.address == "::" };
        let (programs, container) = (listener.programs.as_known()?, listener.container.as_known()?);
        let published = !container.is_empty() || programs.iter().any(|name| PROXIES.contains(&name.as_str()));
        if !here || published {
            continue;
        }
        let number = if listener.protocol == Transport::Tcp { TCP } else { UDP };
        let port = u16::try_from(listener.port).unwrap_or_default();
        let packet = Packet { protocol: Some(number), port: Some(port), ..Packet::new(family, Hook::Input) };
        let open = OpenPort { protocol: listener.protocol, port: listener.port, programs: programs.clone() };
        match mentions_port(tables, &packet) {
            Some(true) => {}
            Some(false) if found.contains(&open) => {}
            Some(false) => found.push(open),
            None => {
                let detail = format!("whether a rule names port {port} is up to one that is not understood");
                return Err(Gap::new(GapKind::Unsupported, detail));
            }
        }
    }
    Ok(found)
}
