//! The matches and targets of iptables that nf_tables runs as they are.

use super::rules::{Action, Test, What, state};

/// The bit of `match_flags` that asks for the state alone (include/uapi/linux/netfilter/xt_conntrack.h).
const ASKS_STATE: u16 = 1;
/// Where the flags, the inverted flags and the states lie in xt_conntrack_mtinfo2 and 3.
const FLAGS: usize = 146;

/// What a match asks for, given its own structure.
pub(super) fn tests(name: &str, revision: u32, info: &[u8]) -> Vec<Test> {
    match name {
        "comment" => Vec::new(),
        // Ports of source and destination as two ranges each, the bits that turn them round at the end.
        "tcp" => vec![ports(info, 4, 11)],
        "udp" => vec![ports(info, 4, 8)],
        "multiport" if revision == 1 => vec![multiport(info)],
        "conntrack" if revision >= 2 => vec![conntrack(info)],
        "addrtype" | "connlimit" | "dccp" | "dscp" | "ecn" | "hashlimit" | "icmp" | "icmp6" | "length" | "limit"
        | "pkttype" | "quota" | "statistic" | "tcpmss" | "tos" | "ttl" => vec![Test::is(What::Open)],
        "frag" | "rt" => vec![Test::is(What::Odd)],
        "connmark" | "cpu" | "devgroup" | "mac" | "mark" | "owner" | "policy" | "realm" | "time" => {
            vec![Test::is(What::Unseen)]
        }
        _ => vec![Test::is(What::Opaque)],
    }
}

fn half(info: &[u8], at: usize) -> Option<u16> {
    info.get(at..)?.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

/// The range of ports of destination, the second of two.
fn ports(info: &[u8], at: usize, inverted: usize) -> Test {
    let (Some(from), Some(to), Some(inverted)) = (half(info, at), half(info, at + 2), info.get(inverted)) else {
        return Test::is(What::Opaque);
    };
    if (from, to) == (0, u16::MAX) {
        return Test::is(What::Open);
    }
    Test { what: What::Port(vec![(from, to)]), negated: inverted & 2 != 0 }
}

/// What `--dports` and its like ask for (include/uapi/linux/netfilter/xt_multiport.h): a port that begins a range is marked.
fn multiport(info: &[u8]) -> Test {
    const MOST: usize = 15;
    let (Some(&[which, count]), Some(&inverted)) = (info.first_chunk::<2>(), info.get(2 + 3 * MOST)) else {
        return Test::is(What::Opaque);
    };
    let mut ranges = Vec::new();
    let mut begun = None;
    for at in 0..usize::from(count).min(MOST) {
        let (Some(port), Some(marked)) = (half(info, 2 + 2 * at), info.get(2 + 2 * MOST + at)) else {
            return Test::is(What::Opaque);
        };
        match begun.take() {
            Some(from) => ranges.push((from, port)),
            None if *marked != 0 => begun = Some(port),
            None => ranges.push((port, port)),
        }
    }
    match which {
        0 => Test::is(What::Open),
        1 => Test { what: What::Port(ranges), negated: inverted != 0 },
        _ => Test::is(What::Opaque),
    }
}

fn conntrack(info: &[u8]) -> Test {
    let (Some(flags), Some(inverted), Some(states)) = (half(info, FLAGS), half(info, FLAGS + 2), half(info, FLAGS + 4))
    else {
        return Test::is(What::Opaque);
    };
    let known = state::INVALID | state::ESTABLISHED | state::RELATED | state::NEW | state::UNTRACKED;
    let states = u32::from(states);
    if flags != ASKS_STATE || states & !known != 0 {
        return Test::is(What::Opaque);
    }
    Test { what: What::State(states), negated: inverted & ASKS_STATE != 0 }
}

/// What a target does.
pub(super) fn action(name: &str) -> Action {
    match name {
        "REJECT" | "DROP" => Action::Drop,
        "ACCEPT" => Action::Accept,
        "CLASSIFY" | "CONNMARK" | "CT" | "DSCP" | "LOG" | "MARK" | "NFLOG" | "NOTRACK" | "SET" | "TCPMSS" | "TEE"
        | "TOS" | "TRACE" => Action::Pass,
        _ => Action::Opaque,
    }
}
