//! Rules of a packet filter, wherever they were read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// TCP's number.
pub(super) const TCP: u8 = 6;
/// UDP's number.
pub(super) const UDP: u8 = 17;

/// The two families of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    V4,
    V6,
}

/// Where in the kernel a packet passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hook {
    Input,
    Forward,
    Output,
}

/// What a rule asks of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) what: What,
    /// Whether the packet must not be so.
    pub(super) negated: bool,
}

/// The things that a rule can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The interface that it came in by; a `*` at the end stands for anything.
    In(String),
    /// The interface that it leaves by.
    Out(String),
    /// Its family.
    Family(Family),
    /// Its protocol above IP, one of these.
    Protocol(Vec<u8>),
    /// Its source: an address and how many of its bits count.
    Source(IpAddr, u8),
    /// Its port of destination, within one of these ranges.
    Port(Vec<(u16, u16)>),
    /// The state of its connection, one of these bits.
    State(u32),
    /// Something that packets of every class may or may not have, such as a flag of TCP or a rate.
    Open,
    /// Something that ordinary packets do not have: a piece of a packet, or a routing header.
    Odd,
    /// Something that no class tells, such as a mark, and that is not a port.
    Unseen,
    /// Something that is not understood.
    Opaque,
}

/// States of connections as bits.
pub(super) mod state {
    pub(in crate::probe::firewall) const INVALID: u32 = 1;
    pub(in crate::probe::firewall) const ESTABLISHED: u32 = 2;
    pub(in crate::probe::firewall) const RELATED: u32 = 4;
    pub(in crate::probe::firewall) const NEW: u32 = 8;
    pub(in crate::probe::firewall) const UNTRACKED: u32 = 64;
}

/// What a rule does with packets that it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    /// Drop or reject.
    Drop,
    Jump(String),
    Goto(String),
    Return,
    /// Nothing that ends a packet's way: it is counted, logged or marked.
    Pass,
    /// What it does is not understood, or is up to a program.
    Opaque,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) tests: Vec<Test>,
    pub(super) action: Action,
}

/// A chain that packets enter at a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) hook: Hook,
    pub(super) priority: i32,
    /// Whether packets that reach its end are dropped.
    pub(super) drops: bool,
}

/// One chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) base: Option<Base>,
    pub(super) rules: Vec<Rule>,
}

/// The chains of a table by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The families whose packets come by.
    pub(super) families: BTreeSet<Family>,
    pub(super) chains: BTreeMap<String, Chain>,
}

impl Test {
    pub(super) const fn is(what: What) -> Self {
        Self { what, negated: false }
    }
}
