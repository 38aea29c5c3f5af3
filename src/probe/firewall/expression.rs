//! The expressions that a rule of nf_tables is made of (include/uapi/linux/netfilter/nf_tables.h): each loads something into a
//! register, compares a register, or decides.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::netlink::{attribute, attributes, number, text};
use super::rules::{Action, Family, Rule, Test, What, state};
use super::xt;

/// The register that decides.
const VERDICT: u32 = 0;
/// The index of the loopback interface, on every machine.
const LOOPBACK: u32 = 1;

/// Sets of a table by name.
pub(super) type Sets = BTreeMap<String, Set>;

/// A set, or a map to verdicts.
#[derive(Debug)]
pub(super) struct Set {
    /// Whether the elements are the bounds of intervals.
    pub(super) intervals: bool,
    /// Whether rules may change it.
    pub(super) dynamic: bool,
    pub(super) elements: Vec<Element>,
}

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    key: Vec<u8>,
    /// Whether it is the first that an interval does not hold.
    end: bool,
    verdict: Option<Action>,
}

/// What a register holds.
#[derive(Clone, Debug)]
struct Held {
    what: Field,
    /// Which bits of it are kept; all by default.
    mask: Option<Vec<u8>>,
}

/// The parts of a packet that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    InIndex,
    OutIndex,
    InName,
    OutName,
    Family,
    Protocol,
    Source(Family),
    Port,
    State,
    /// Another part, of which packets of every class differ.
    Open,
    /// Another part, which no class tells: a mark, a user, a time.
    Unseen,
    /// What is not understood.
    Opaque,
}

/// One rule of the kernel's; a map to verdicts makes several of it.
///
/// `family` is that of all packets that come by, where there is only one.
pub(super) fn rules(bytes: &[u8], family: Option<Family>, sets: &Sets) -> Vec<Rule> {
    let mut reader = Reader { sets, registers: BTreeMap::new(), family, rule: Vec::new(), made: Vec::new() };
    for (_, expression) in attributes(attribute(bytes, 4).unwrap_or_default()) {
        let name = text(expression, 1).unwrap_or_default();
        reader.take(&name, attribute(expression, 2).unwrap_or_default());
    }
    reader.made
}

/// An element of a set as the kernel tells it.
pub(super) fn element(bytes: &[u8]) -> Element {
    let key = attribute(bytes, 1).and_then(|data| attribute(data, 1)).unwrap_or_default().to_vec();
    let end = number(bytes, 3).unwrap_or_default() & 1 != 0;
    let verdict = attribute(bytes, 2).and_then(|data| attribute(data, 2)).map(action);
    Element { key, end, verdict }
}

/// What a verdict does.
fn action(bytes: &[u8]) -> Action {
    let chain = || text(bytes, 2).unwrap_or_default();
    match number(bytes, 1).map(u32::cast_signed) {
        Some(0) => Action::Drop,
        Some(1) => Action::Accept,
        Some(-1) => Action::Pass,
        Some(-3) => Action::Jump(chain()),
        Some(-4) => Action::Goto(chain()),
        Some(-5) => Action::Return,
        _ => Action::Opaque,
    }
}

struct Reader<'s> {
    sets: &'s Sets,
    registers: BTreeMap<u32, Held>,
    /// The family that a test before has made sure of.
    family: Option<Family>,
    rule: Vec<Test>,
    made: Vec<Rule>,
}

impl Reader<'_> {
    fn take(&mut self, name: &str, data: &[u8]) {
        match name {
            "meta" | "ct" | "payload" => self.load(name, data),
            "bitwise" => self.mask(data),
            "cmp" => self.compare(data),
            "range" => self.range(data),
            "lookup" => self.look_up(data),
            "immediate" if number(data, 1) == Some(VERDICT) => {
                let verdict = attribute(data, 2).and_then(|data| attribute(data, 2));
                self.decide(verdict.map_or(Action::Opaque, action));
            }
            "immediate" => self.hold(number(data, 1), Field::Opaque),
            "reject" => self.decide(Action::Drop),
            "queue" | "synproxy" | "tproxy" => self.decide(Action::Opaque),
            "match" => {
                let (name, info) = (text(data, 1).unwrap_or_default(), attribute(data, 3).unwrap_or_default());
                self.rule.extend(xt::tests(&name, number(data, 2).unwrap_or_default(), info));
            }
            "target" => self.decide(xt::action(&text(data, 1).unwrap_or_default())),
            "limit" | "quota" | "last" => self.rule.push(Test::is(What::Open)),
            "counter" | "log" | "notrack" | "dup" | "objref" | "dynset" | "dup_ipv4" => {}
            // They load something into a register, or ask for something of their own.
            "fib" | "rt" | "hash" | "numgen" | "socket" | "exthdr" | "osf" | "tunnel" | "xfrm" | "byteorder" => {
                let open = matches!(name, "fib" | "exthdr");
                self.hold(number(data, 1), if open { Field::Open } else { Field::Opaque });
                if name == "byteorder" {
                    self.hold(number(data, 2), Field::Opaque);
                }
            }
            "connlimit" => self.rule.push(Test::is(What::Open)),
            _ => self.rule.push(Test::is(What::Opaque)),
        }
    }

    fn decide(&mut self, action: Action) {
        self.made.push(Rule { tests: self.rule.clone(), action });
    }

    fn hold(&mut self, register: Option<u32>, what: Field) {
        if let Some(register) = register {
            self.registers.insert(register, Held { what, mask: None });
        }
    }

    fn load(&mut self, name: &str, data: &[u8]) {
        let field = match (name, number(data, 2)) {
            ("meta", Some(4)) => Field::InIndex,
            ("meta", Some(5)) => Field::OutIndex,
            ("meta", Some(6)) => Field::InName,
            ("meta", Some(7)) => Field::OutName,
            ("meta", Some(15)) => Field::Family,
            ("meta", Some(16)) => Field::Protocol,
            // Length, priority and packet type.
            ("meta", Some(0 | 2 | 19)) => Field::Open,
            ("ct", Some(0)) => Field::State,
            ("meta" | "ct", _) => Field::Unseen,
            ("payload", Some(base)) => self.payload(base, number(data, 3), number(data, 4)),
            _ => Field::Opaque,
        };
        self.hold(number(data, 1), field);
    }

    /// A part of a header, by its place.
    fn payload(&self, base: u32, offset: Option<u32>, length: Option<u32>) -> Field {
        let (Some(offset), Some(length)) = (offset, length) else { return Field::Opaque };
        match (base, offset, length) {
            (1, 9, 1) if self.family != Some(Family::V6) => Field::Protocol,
            (1, 6, 1) if self.family == Some(Family::V6) => Field::Protocol,
            (1, 12, 1..=4) if self.family != Some(Family::V6) => Field::Source(Family::V4),
            (1, 8, 1..=16) if self.family != Some(Family::V4) => Field::Source(Family::V6),
            (2, 2, 2) => Field::Port,
            // Both ports at once, or a part of another field.
            (2, 0..=2, 3..) => Field::Opaque,
            _ => Field::Open,
        }
    }

    fn mask(&mut self, data: &[u8]) {
        let (Some(from), Some(to)) = (number(data, 1), number(data, 2)) else { return };
        let value = |kind: u16| attribute(data, kind).and_then(|data| attribute(data, 1)).map(<[u8]>::to_vec);
        let plain = value(5).is_none_or(|xor| xor.iter().all(|byte| *byte == 0)) && number(data, 6).unwrap_or(0) == 0;
        let held = match self.registers.get(&from) {
            Some(Held { what, mask: None }) if plain => Held { what: *what, mask: value(4) },
            _ => Held { what: Field::Opaque, mask: None },
        };
        self.registers.insert(to, held);
    }

    fn held(&self, register: Option<u32>) -> Held {
        register
            .and_then(|register| self.registers.get(&register))
            .cloned()
            .unwrap_or(Held { what: Field::Opaque, mask: None })
    }

    fn compare(&mut self, data: &[u8]) {
        let held = self.held(number(data, 1));
        let value = attribute(data, 3).and_then(|data| attribute(data, 1)).unwrap_or_default();
        let negated = match number(data, 2) {
            Some(0) => false,
            Some(1) => true,
            // Less and more are asked of ports and the like.
            _ => {
                let what = if matches!(held.what, Field::Open | Field::Port) { What::Open } else { What::Opaque };
                self.rule.push(Test::is(what));
                return;
            }
        };
        let what = asked(&held, value, negated);
        if let (What::Family(family), false) = (&what, negated) {
            self.family = Some(*family);
        }
        // A mask of states that is not zero is the state itself.
        let negated = negated && held.what != Field::State;
        self.rule.push(Test { what, negated });
    }

    fn range(&mut self, data: &[u8]) {
        let held = self.held(number(data, 1));
        let bound = |kind: u16| attribute(data, kind).and_then(|data| attribute(data, 1)).and_then(port);
        let what = match (held.what, bound(3), bound(4)) {
            (Field::Port, Some(from), Some(to)) => What::Port(vec![(from, to)]),
            (Field::Open, ..) => What::Open,
            _ => What::Opaque,
        };
        self.rule.push(Test { what, negated: number(data, 2) == Some(1) });
    }

    fn look_up(&mut self, data: &[u8]) {
        let held = self.held(number(data, 2));
        let negated = number(data, 5).unwrap_or_default() & 1 != 0;
        let set = text(data, 1).and_then(|name| self.sets.get(&name)).filter(|set| !set.dynamic);
        if number(data, 3) == Some(VERDICT) {
            self.map_to_verdicts(&held, set);
            return;
        }
        if number(data, 3).is_some() {
            self.hold(number(data, 3), Field::Opaque);
            return;
        }
        let what = match (held.what, set) {
            (Field::Port, Some(set)) => What::Port(set.ports()),
            (Field::Protocol, Some(set)) if !set.intervals => What::Protocol(set.first_bytes()),
            (Field::State, Some(set)) if !set.intervals => What::State(
                set.elements.iter().filter_map(|element| states(&element.key)).fold(0, |all, one| all | one),
            ),
            (Field::Open | Field::Source(_), _) => What::Open,
            _ => What::Opaque,
        };
        self.rule.push(Test { what, negated });
    }

    /// Each element of a map decides for itself.
    fn map_to_verdicts(&mut self, held: &Held, set: Option<&Set>) {
        let single = set.filter(|set| !set.intervals && held.mask.is_none());
        let Some(set) = single else {
            let what = if set.is_some() && held.what == Field::Port { What::Open } else { What::Opaque };
            self.rule.push(Test::is(what));
            self.decide(Action::Opaque);
            return;
        };
        for element in &set.elements {
            let what = asked(held, &element.key, false);
            let mut tests = self.rule.clone();
            tests.push(Test::is(what));
            self.made.push(Rule { tests, action: element.verdict.clone().unwrap_or(Action::Opaque) });
        }
    }
}

/// What it is to ask whether a field has a value.
fn asked(held: &Held, value: &[u8], negated: bool) -> What {
    let index = || value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
    match (held.what, &held.mask) {
        (Field::InIndex, None) => by_index(index(), What::In),
        (Field::OutIndex, None) => by_index(index(), What::Out),
        (Field::InName, None) => What::In(interface(value)),
        (Field::OutName, None) => What::Out(interface(value)),
        (Field::Family, None) => match value {
            [2] => What::Family(Family::V4),
            [10] => What::Family(Family::V6),
            _ => What::Opaque,
        },
        (Field::Protocol, None) => value.first().map_or(What::Opaque, |number| What::Protocol(vec![*number])),
        (Field::Port, None) => port(value).map_or(What::Opaque, |port| What::Port(vec![(port, port)])),
        (Field::Source(family), mask) => source(family, value, mask.as_deref()),
        // `ct state new` is the bits that are kept, not zero; or one state by itself.
        (Field::State, Some(mask)) if negated && value.iter().all(|byte| *byte == 0) => {
            states(mask).map_or(What::Opaque, What::State)
        }
        (Field::State, None) if !negated => states(value).map_or(What::Opaque, What::State),
        (Field::Open | Field::Port | Field::Protocol, _) => What::Open,
        (Field::Unseen, _) => What::Unseen,
        _ => What::Opaque,
    }
}

fn by_index(index: Option<u32>, what: fn(String) -> What) -> What {
    match index {
        Some(LOOPBACK) => what("lo".to_owned()),
        // Any other interface.
        Some(index) => what(format!("#{index}")),
        None => What::Opaque,
    }
}

/// An interface's name, padded with zeros when it is whole, and a beginning otherwise.
fn interface(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    let name = String::from_utf8_lossy(value.get(..end.unwrap_or(value.len())).unwrap_or_default()).into_owned();
    if end.is_some() { name } else { name + "*" }
}

fn port(value: &[u8]) -> Option<u16> {
    value.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn states(value: &[u8]) -> Option<u32> {
    let known = state::INVALID | state::ESTABLISHED | state::RELATED | state::NEW | state::UNTRACKED;
    let bits = value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))?;
    (bits & !known == 0).then_some(bits)
}

/// A source: fewer bytes than an address has are its network.
fn source(family: Family, value: &[u8], mask: Option<&[u8]>) -> What {
    let bits = match mask {
        None => Some(value.len().saturating_mul(8)),
        Some(mask) => ones(mask),
    };
    let Some(bits) = bits.and_then(|bits| u8::try_from(bits).ok()) else { return What::Open };
    let mut padded = [0; 16];
    padded.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
    let address = match (family, padded.first_chunk::<4>()) {
        (Family::V4, Some(bytes)) => IpAddr::V4(Ipv4Addr::from(*bytes)),
        _ => IpAddr::V6(Ipv6Addr::from(padded)),
    };
    What::Source(address, bits)
}

/// How many bits of a mask are set, if those are its first.
fn ones(mask: &[u8]) -> Option<usize> {
    let count: usize = mask.iter().map(|byte| byte.count_ones() as usize).sum();
    let leading: usize = mask.iter().take_while(|byte| **byte == 0xff).count();
    let partial = mask.get(leading).map_or(0, |byte| byte.leading_ones() as usize);
    (leading * 8 + partial == count).then_some(count)
}

impl Set {
    /// The ports that are in it.
    fn ports(&self) -> Vec<(u16, u16)> {
        let mut bounds: Vec<(u16, bool)> =
            self.elements.iter().filter_map(|element| Some((port(&element.key)?, element.end))).collect();
        if !self.intervals {
            return bounds.into_iter().map(|(port, _)| (port, port)).collect();
        }
        // One interval may end where the next begins.
        bounds.sort_unstable_by_key(|(port, end)| (*port, !end));
        let mut found = Vec::new();
        let mut begun = None;
        for (port, end) in bounds {
            match (end, begun) {
                (false, _) => begun = Some(port),
                (true, Some(from)) => {
                    found.push((from, port.saturating_sub(1)));
                    begun = None;
                }
                (true, None) => {}
            }
        }
        found.extend(begun.map(|from| (from, u16::MAX)));
        found
    }

    fn first_bytes(&self) -> Vec<u8> {
        self.elements.iter().filter_map(|element| element.key.first().copied()).collect()
    }
}
