//! The kernel's own word over netlink: its status and the rules in force.
//!
//! The crate netlink-packet-audit 0.7 takes the text of `exe` for a number and so reads every text after it wrongly; rustix
//! gives the socket, and the messages are short.

use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use super::field::{Field, Op, Value, What};
use super::rule::{Action, List, Rule, Syscalls};
use crate::facts::{Gap, GapKind};

/// Messages of the kernel's audit (include/uapi/linux/audit.h) and of netlink itself.
const GET: u16 = 1000;
const LIST_RULES: u16 = 1013;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// Length of a message's head.
const HEAD: usize = 16;
/// How long the kernel may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Room for a message: a rule has two texts of a path's length at most.
const ROOM: usize = 1 << 16;
/// How many rules are read; the kernel of a machine with more has no time for anything else.
const MAX_RULES: usize = 100_000;
/// How many fields a rule has room for.
const FIELDS: usize = 64;
/// How many words of 32 bits the system calls of a rule take; the last one is not for system calls.
const WORDS: usize = 64;

/// The kernel's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) enabled: u32,
    pub(super) failure: u32,
    pub(super) backlog_limit: u32,
    pub(super) lost: u32,
}

/// Asks for the status.
pub(super) fn status() -> Result<Status, Gap> {
    let mut found = None;
    ask(GET, |kind, body| {
        if kind == GET {
            found = Some(parse_status(body)?);
        }
        Ok(kind == GET)
    })?;
    found.ok_or_else(|| malformed("no status"))
}

/// Asks for every rule, list by list, each in its order.
pub(super) fn rules() -> Result<Vec<Rule>, Gap> {
    let mut rules = Vec::new();
    ask(LIST_RULES, |kind, body| {
        if kind == LIST_RULES {
            rules.push(parse_rule(body)?);
        }
        if rules.len() > MAX_RULES {
            return Err(malformed("more rules than can be"));
        }
        Ok(kind == DONE)
    })?;
    Ok(rules)
}

fn malformed(what: &str) -> Gap {
    Gap::new(GapKind::Malformed, format!("netlink audit: {what}"))
}

/// Sends a request and reads messages until the last one of its answer.
fn ask(request: u16, mut each: impl FnMut(u16, &[u8]) -> Result<bool, Gap>) -> Result<(), Gap> {
    let gap = |errno: rustix::io::Errno| refusal(errno.raw_os_error());
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::AUDIT))
            .map_err(gap)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).map_err(gap)?;
    let head =
        [&16_u32.to_ne_bytes()[..], &request.to_ne_bytes(), &REQUEST.to_ne_bytes(), &1_u32.to_ne_bytes(), &[0; 4]];
    rustix::net::send(&socket, &head.concat(), SendFlags::empty()).map_err(gap)?;
    let mut room = vec![0; ROOM];
    loop {
        let receive = || rustix::net::recv(&socket, &mut room[..], RecvFlags::TRUNC);
        let (read, whole) = rustix::io::retry_on_intr(receive).map_err(gap)?;
        if whole > ROOM {
            return Err(malformed("a message of more than 64 KiB"));
        }
        let mut rest = room.get(..read).unwrap_or_default();
        while let Some(Message { kind, body, after }) = message(rest)? {
            rest = after;
            if kind == ERROR {
                let errno = word(body, 0).map_or(0, u32::cast_signed);
                // Zero acknowledges.
                if errno != 0 {
                    return Err(refusal(-errno));
                }
            } else if each(kind, body)? {
                return Ok(());
            }
        }
    }
}

/// Why the kernel does not answer.
fn refusal(errno: i32) -> Gap {
    use rustix::io::Errno;
    let error = std::io::Error::from_raw_os_error(errno);
    let is = |other: Errno| errno == other.raw_os_error();
    let said = |kind, why: &str| Gap::new(kind, format!("netlink audit: {error}: {why}"));
    if is(Errno::CONNREFUSED) {
        return said(GapKind::Unsupported, "the auditor is in a user namespace that is not the machine's initial one");
    }
    if is(Errno::PERM) || is(Errno::ACCESS) {
        let why = "it needs CAP_AUDIT_CONTROL in the machine's initial user and PID namespaces";
        return said(GapKind::Denied, why);
    }
    if is(Errno::PROTONOSUPPORT) {
        return said(GapKind::Unsupported, "the kernel is built without audit");
    }
    Gap::io("netlink audit", &error)
}

/// A message, and the bytes after it.
#[derive(Debug, PartialEq, Eq)]
struct Message<'b> {
    kind: u16,
    body: &'b [u8],
    after: &'b [u8],
}

/// The first message of some bytes.
fn message(bytes: &[u8]) -> Result<Option<Message<'_>>, Gap> {
    if bytes.len() < HEAD {
        return Ok(None);
    }
    let length = word(bytes, 0).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let body = bytes.get(HEAD..length).ok_or_else(|| malformed("a message is cut off"))?;
    let kind = bytes.get(4..6).and_then(|kind| kind.first_chunk().copied()).map_or(0, u16::from_ne_bytes);
    let after = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Ok(Some(Message { kind, body, after }))
}

/// A word of a structure, by its index.
fn word(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index * 4..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

/// `struct audit_status`.
fn parse_status(body: &[u8]) -> Result<Status, Gap> {
    let at = |index| word(body, index).ok_or_else(|| malformed("the status is cut off"));
    Ok(Status { enabled: at(1)?, failure: at(2)?, backlog_limit: at(5)?, lost: at(6)? })
}

/// `struct audit_rule_data`.
fn parse_rule(body: &[u8]) -> Result<Rule, Gap> {
    let at = |index: usize| word(body, index).ok_or_else(|| malformed("a rule is cut off"));
    let list = List::numbered(at(0)?).ok_or_else(|| malformed("a rule of an unknown list"))?;
    let action = match at(1)? {
        0 => Action::Never,
        2 => Action::Always,
        _ => return Err(malformed("a rule with an unknown action")),
    };
    let count = usize::try_from(at(2)?).ok().filter(|count| *count <= FIELDS);
    let count = count.ok_or_else(|| malformed("a rule has more fields than there are"))?;
    let (fields, values, operators) = (3 + WORDS, 3 + WORDS + FIELDS, 3 + WORDS + 2 * FIELDS);
    let mut texts = body.get((3 + WORDS + 3 * FIELDS + 1) * 4..).ok_or_else(|| malformed("a rule is cut off"))?;
    let mut rule = Rule { list, action, syscalls: syscalls(&at)?, fields: Vec::new(), keys: Vec::new() };
    for index in 0..count {
        let (what, number) = (What(at(fields + index)?), at(values + index)?);
        let op = Op::of_bits(at(operators + index)?);
        // What is not known may have a text of its own, so that no text after it would be read rightly.
        let (Some(op), Some(_)) = (op, what.name()) else {
            return Err(Gap::new(GapKind::Unsupported, format!("netlink audit: a rule has the field {}", what.0)));
        };
        if !what.is_text() {
            rule.fields.push(Field::number(what, op, number));
            continue;
        }
        let length = usize::try_from(number).unwrap_or(usize::MAX);
        let (text, rest) = texts.split_at_checked(length).ok_or_else(|| malformed("a rule's text is cut off"))?;
        texts = rest;
        let text = String::from_utf8_lossy(text).into_owned();
        match what {
            What::KEY => rule.keys.extend(text.split('\u{1}').map(str::to_owned)),
            _ => rule.fields.push(Field { what, op, value: Value::Text(text) }),
        }
    }
    Ok(rule)
}

fn syscalls(at: &impl Fn(usize) -> Result<u32, Gap>) -> Result<Syscalls, Gap> {
    let words: Vec<u32> = (3..3 + WORDS).map(at).collect::<Result<_, _>>()?;
    if words.iter().take(WORDS - 1).all(|word| *word == u32::MAX) {
        return Ok(Syscalls::All);
    }
    let bits =
        |(index, word): (u32, u32)| (0..32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 32 + bit);
    Ok(Syscalls::These((0..).zip(words).flat_map(bits).collect()))
}

#[cfg(test)]
mod tests;
