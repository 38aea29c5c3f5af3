//! What becomes of packets under the rules of a packet filter.
//!
//! A packet here is a class of packets: of some it is known where they come from, of others it is left open. A rule may match all
//! of a class, none, some, or, where it asks for something that is not understood, nobody knows which.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::rules::{Action, Base, Chain, Family, Hook, Rule, Table, Test, What, state};

/// How deep chains may jump into each other; the kernel allows sixteen.
const MAX_DEPTH: usize = 16;
/// How many rules one question may pass: chains may be jumped to again and again.
const MAX_STEPS: usize = 100_000;

/// A class of packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) family: Family,
    pub(super) hook: Hook,
    /// Whether it comes in or leaves by the loopback interface.
    pub(super) loopback: bool,
    /// Whether its source is the machine's own loopback network; another otherwise.
    pub(super) from_itself: bool,
    /// Its protocol, unless that is left open.
    pub(super) protocol: Option<u8>,
    /// Its port of destination, unless that is left open.
    pub(super) port: Option<u16>,
    /// The state of its connection as a bit.
    pub(super) state: u32,
}

/// Whether a rule matches a class of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    No,
    /// Nobody knows.
    Opaque,
    /// Some.
    Some,
    /// All.
    Yes,
}

/// Whether something becomes of a packet of a class, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Never,
    Perhaps,
    Sure,
}

/// What becomes of the packets of a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    accepted: Reach,
    dropped: Reach,
}

/// What becomes of a class of packets, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accepted,
    Dropped,
    /// Some are accepted, others not.
    Mixed,
    /// A rule that is not understood decides.
    Opaque,
}

impl Flow {
    const UNFILTERED: Self = Self { accepted: Reach::Sure, dropped: Reach::Never };

    const fn fate(self) -> Fate {
        match (self.accepted, self.dropped) {
            (Reach::Never, _) => Fate::Dropped,
            (_, Reach::Never) => Fate::Accepted,
            (Reach::Sure, Reach::Sure) => Fate::Mixed,
            _ => Fate::Opaque,
        }
    }
}

/// What becomes of a class of packets: it has to pass the chains of all tables at its hook.
pub(super) fn fate(tables: &[Table], packet: &Packet) -> Fate {
    let mut flow = Flow::UNFILTERED;
    let mut bases: Vec<(&Table, &Chain, &Base)> = bases(tables, packet).collect();
    bases.sort_by_key(|(_, _, base)| base.priority);
    for (table, chain, base) in bases {
        let mut walk = Walk { table, packet, accepted: Reach::Never, dropped: Reach::Never, steps: 0, ports: None };
        let end = walk.chain(chain, flow.accepted, 0);
        if base.drops {
            walk.dropped = walk.dropped.max(end);
        } else {
            walk.accepted = walk.accepted.max(end);
        }
        flow = Flow { accepted: walk.accepted, dropped: flow.dropped.max(walk.dropped) };
    }
    flow.fate()
}

/// What becomes of packets that no rule with a condition matches: the chains' policies, or a last rule that takes everything.
pub(super) fn default_fate(tables: &[Table], family: Family, hook: Hook) -> Fate {
    let state = state::NEW;
    let packet = Packet { family, hook, loopback: false, from_itself: false, protocol: None, port: None, state };
    let dropped = bases(tables, &packet).any(|(table, chain, base)| match last(table, chain, 0) {
        Some(dropped) => dropped,
        None => base.drops,
    });
    if dropped { Fate::Dropped } else { Fate::Accepted }
}

/// Whether the first rule without a condition drops what reaches it; `None` when everything comes to the chain's end.
fn last(table: &Table, chain: &Chain, depth: usize) -> Option<bool> {
    for rule in chain.rules.iter().filter(|rule| rule.tests.is_empty()) {
        match &rule.action {
            Action::Accept => return Some(false),
            Action::Drop => return Some(true),
            Action::Return => return None,
            Action::Jump(name) | Action::Goto(name) if depth < MAX_DEPTH => {
                let found = table.chains.get(name).and_then(|chain| last(table, chain, depth + 1));
                if found.is_some() || matches!(rule.action, Action::Goto(_)) {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether some rule that asks for the packet's port decides about it; nothing when a rule that is not understood may.
pub(super) fn mentions_port(tables: &[Table], packet: &Packet) -> Option<bool> {
    let mut found = PortRule::default();
    for (table, chain, _) in bases(tables, packet) {
        let mut walk =
            Walk { table, packet, accepted: Reach::Never, dropped: Reach::Never, steps: 0, ports: Some(found) };
        walk.chain(chain, Reach::Sure, 0);
        found = walk.ports.unwrap_or_default();
    }
    match found {
        PortRule { named: true, .. } => Some(true),
        PortRule { opaque: true, .. } => None,
        _ => Some(false),
    }
}

/// Rules that ask for a port.
#[derive(Clone, Copy, Debug, Default)]
struct PortRule {
    /// One names it.
    named: bool,
    /// One is not understood.
    opaque: bool,
}

fn bases<'t>(tables: &'t [Table], packet: &Packet) -> impl Iterator<Item = (&'t Table, &'t Chain, &'t Base)> {
    let (family, hook) = (packet.family, packet.hook);
    tables
        .iter()
        .filter(move |table| table.families.contains(&family))
        .flat_map(|table| table.chains.values().filter_map(move |chain| Some((table, chain, chain.base.as_ref()?))))
        .filter(move |(_, _, base)| base.hook == hook)
}

/// One way through the chains of a table.
struct Walk<'r> {
    table: &'r Table,
    packet: &'r Packet,
    accepted: Reach,
    dropped: Reach,
    steps: usize,
    ports: Option<PortRule>,
}

impl Walk<'_> {
    /// Passes a chain; returns how surely packets come to its end.
    fn chain(&mut self, chain: &Chain, reach: Reach, depth: usize) -> Reach {
        let mut reach = reach;
        let mut returned = Reach::Never;
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > MAX_STEPS || depth > MAX_DEPTH {
                // Nobody knows what else there is.
                self.accepted = self.accepted.max(Reach::Perhaps);
                self.dropped = self.dropped.max(Reach::Perhaps);
                return returned;
            }
            if reach == Reach::Never {
                break;
            }
            let truth = self.packet.truth(&rule.tests);
            let (matched, rest) = match truth {
                Truth::No => continue,
                Truth::Yes => (reach, Reach::Never),
                Truth::Some => (reach, reach),
                Truth::Opaque => (Reach::Perhaps, Reach::Perhaps),
            };
            self.note_port(rule, truth);
            match &rule.action {
                Action::Accept => self.accepted = self.accepted.max(matched),
                Action::Drop => self.dropped = self.dropped.max(matched),
                Action::Return => returned = returned.max(matched),
                Action::Pass => continue,
                Action::Opaque => {
                    self.accepted = self.accepted.max(Reach::Perhaps);
                    self.dropped = self.dropped.max(Reach::Perhaps);
                }
                Action::Jump(name) | Action::Goto(name) => {
                    let end = match self.table.chains.get(name) {
                        Some(target) => self.chain(target, matched, depth + 1),
                        None => matched,
                    };
                    if matches!(rule.action, Action::Goto(_)) {
                        returned = returned.max(end);
                    } else {
                        reach = rest.max(end);
                        continue;
                    }
                }
            }
            reach = rest;
        }
        reach.max(returned)
    }

    fn note_port(&mut self, rule: &Rule, truth: Truth) {
        let Some(ports) = &mut self.ports else { return };
        if matches!(rule.action, Action::Pass | Action::Return) {
            return;
        }
        let named = rule.tests.iter().any(|test| matches!(test.what, What::Port(_)) && !test.negated);
        ports.named |= named && truth != Truth::Opaque;
        ports.opaque |= truth == Truth::Opaque && rule.tests.iter().any(|test| test.what == What::Opaque);
    }
}

impl Packet {
    /// A class of packets about which nothing more is known than its way.
    pub(super) const fn new(family: Family, hook: Hook) -> Self {
        Self { family, hook, loopback: false, from_itself: false, protocol: None, port: None, state: state::NEW }
    }

    fn truth(&self, tests: &[Test]) -> Truth {
        let mut whole = Truth::Yes;
        for test in tests {
            let truth = match (self.asked(&test.what), test.negated) {
                (Truth::Yes, true) => Truth::No,
                (Truth::No, true) => Truth::Yes,
                (truth, _) => truth,
            };
            whole = match (whole, truth) {
                (Truth::No, _) | (_, Truth::No) => return Truth::No,
                (Truth::Opaque, _) | (_, Truth::Opaque) => Truth::Opaque,
                (Truth::Some, _) | (_, Truth::Some) => Truth::Some,
                (Truth::Yes, Truth::Yes) => Truth::Yes,
            };
        }
        whole
    }

    fn asked(&self, what: &What) -> Truth {
        match what {
            What::In(name) if self.hook != Hook::Output => self.interface(name),
            What::Out(name) if self.hook != Hook::Input => self.interface(name),
            What::In(_) | What::Out(_) => Truth::No,
            What::Family(family) => decided(*family == self.family),
            What::Protocol(numbers) => match self.protocol {
                Some(number) => decided(numbers.contains(&number)),
                None => Truth::Some,
            },
            What::Source(address, bits) => self.source(*address, *bits),
            What::Port(ranges) => match self.port {
                Some(port) => decided(ranges.iter().any(|(from, to)| (*from..=*to).contains(&port))),
                None => Truth::Some,
            },
            What::State(bits) => decided(bits & self.state != 0),
            What::Open => Truth::Some,
            What::Odd => Truth::No,
            What::Unseen | What::Opaque => Truth::Opaque,
        }
    }

    fn interface(&self, name: &str) -> Truth {
        let loopback = match name.strip_suffix('*') {
            Some(start) => "lo".starts_with(start),
            None => name == "lo",
        };
        match (self.loopback, loopback) {
            (true, _) => decided(loopback),
            (false, true) if name == "lo" => Truth::No,
            (false, _) if name == "*" => Truth::Yes,
            (false, _) => Truth::Some,
        }
    }

    /// Of the loopback network a larger one has all, and a smaller one some; of everything else most have some.
    fn source(&self, address: IpAddr, bits: u8) -> Truth {
        let (own, whole) = match (self.family, address) {
            _ if bits == 0 => return Truth::Yes,
            (Family::V4, IpAddr::V4(address)) => {
                (prefix(address, bits.min(8)) == prefix(Ipv4Addr::LOCALHOST, bits.min(8)), bits <= 8)
            }
            (Family::V6, IpAddr::V6(address)) => (prefix6(address, bits) == prefix6(Ipv6Addr::LOCALHOST, bits), true),
            _ => return Truth::No,
        };
        let inside = own && bits >= if self.family == Family::V4 { 8 } else { 128 };
        match (self.from_itself, own) {
            (true, true) => {
                if whole {
                    Truth::Yes
                } else {
                    Truth::Some
                }
            }
            (true, false) => Truth::No,
            (false, _) => {
                if inside {
                    Truth::No
                } else {
                    Truth::Some
                }
            }
        }
    }
}

fn prefix6(address: Ipv6Addr, bits: u8) -> Option<u128> {
    u128::from(address).checked_shr(128_u32.saturating_sub(u32::from(bits)))
}

fn prefix(address: Ipv4Addr, bits: u8) -> Option<u32> {
    u32::from(address).checked_shr(32_u32.saturating_sub(u32::from(bits)))
}

const fn decided(truth: bool) -> Truth {
    if truth { Truth::Yes } else { Truth::No }
}

#[cfg(test)]
mod tests;
