//! The kernel's nf_tables over a netlink socket: requests to list, and the attributes of the answers.

use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use crate::facts::{Gap, GapKind};

/// How long an answer may take; the kernel answers at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// Room for one answer, in bytes; the kernel sends at most half of it at once.
const ROOM: usize = 64 << 10;
/// How many bytes of answers are taken to one request.
const MOST: usize = 64 << 20;
/// The part of netfilter that nf_tables is (include/uapi/linux/netfilter/nfnetlink.h).
const NFTABLES: u16 = 10;
/// A message's kind: an error, or the end of a list.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// A request for everything.
const REQUEST_DUMP: u16 = 0x1 | 0x300;
/// The list changed while it was told.
const INTERRUPTED: u16 = 0x10;
/// Bytes before the attributes of a message: its header, and nfnetlink's.
const HEADER: usize = 16;
const OWN_HEADER: usize = 4;

/// What can be listed.
#[derive(Clone, Copy, Debug)]
pub(super) enum List {
    Tables = 1,
    Chains = 4,
    Rules = 7,
    Sets = 10,
    Elements = 13,
}

/// One thing of a list: the family, and its attributes.
pub(super) struct Item {
    pub(super) family: u8,
    pub(super) attributes: Vec<u8>,
}

/// Asks the kernel for a list; a request may say of what by attributes.
pub(super) fn list(what: List, family: u8, attributes: &[(u16, &[u8])]) -> Result<Vec<Item>, Gap> {
    let gap = |errno: Errno| {
        let kind = match errno {
            Errno::PERM | Errno::ACCESS => GapKind::Denied,
            Errno::AGAIN => GapKind::TimedOut,
            _ => GapKind::Unsupported,
        };
        Gap::new(kind, format!("NETLINK_NETFILTER {what:?}: {}", std::io::Error::from(errno)))
    };
    // The list is asked for again when it changed meanwhile.
    for _ in 0..5 {
        match once(what, family, attributes) {
            Ok(Some(items)) => return Ok(items),
            Ok(None) => {}
            Err(errno) => return Err(gap(errno)),
        }
    }
    Err(Gap::new(GapKind::Unsupported, "NETLINK_NETFILTER: the rules change faster than they can be read"))
}

fn once(what: List, family: u8, attributes: &[(u16, &[u8])]) -> Result<Option<Vec<Item>>, Errno> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(NETFILTER))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    let request = request(what, family, attributes);
    sendto(&socket, &request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut items = Vec::new();
    let mut room = vec![0; ROOM];
    let mut taken = 0;
    loop {
        let (length, _) = recv(&socket, room.as_mut_slice(), RecvFlags::empty())?;
        taken += length;
        if length == 0 || taken > MOST {
            return Err(Errno::MSGSIZE);
        }
        let mut rest = room.get(..length).unwrap_or_default();
        while let Some((message, after)) = message(rest) {
            if message.flags & INTERRUPTED != 0 {
                return Ok(None);
            }
            match message.kind {
                DONE => return Ok(Some(items)),
                ERROR => {
                    let code = message.body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
                    return Err(Errno::from_raw_os_error(code.saturating_neg()));
                }
                _ => {
                    let Some((own, attributes)) = message.body.split_at_checked(OWN_HEADER) else { continue };
                    let family = own.first().copied().unwrap_or_default();
                    items.push(Item { family, attributes: attributes.to_vec() });
                }
            }
            rest = after;
        }
    }
}

fn request(what: List, family: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = vec![family, 0, 0, 0];
    for (kind, value) in attributes {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        body.extend(length.to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let kind = NFTABLES << 8 | what as u16;
    let mut message = Vec::with_capacity(HEADER + body.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(REQUEST_DUMP.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

struct Message<'a> {
    kind: u16,
    flags: u16,
    body: &'a [u8],
}

/// The first message of what was received, and the rest.
fn message(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let (header, _) = bytes.split_first_chunk::<HEADER>()?;
    let [a, b, c, d, k0, k1, f0, f1, ..] = *header;
    let length = usize::try_from(u32::from_ne_bytes([a, b, c, d])).ok()?;
    let body = bytes.get(HEADER..length)?;
    let rest = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((Message { kind: u16::from_ne_bytes([k0, k1]), flags: u16::from_ne_bytes([f0, f1]), body }, rest))
}

/// The attributes in a run of bytes, without the bits that say how they are meant.
pub(super) fn attributes(bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((&[l0, l1, k0, k1], _)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let Some(value) = rest.get(4..length) else { break };
        found.push((u16::from_ne_bytes([k0, k1]) & 0x3fff, value));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// The value of an attribute.
pub(super) fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).into_iter().find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// An attribute that is a number in the order of the network.
pub(super) fn number(bytes: &[u8], kind: u16) -> Option<u32> {
    attribute(bytes, kind)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// An attribute that is a text.
pub(super) fn text(bytes: &[u8], kind: u16) -> Option<String> {
    let value = attribute(bytes, kind)?;
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    Some(String::from_utf8_lossy(value.get(..end)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_end_where_they_are_torn() {
        let bytes = [&[6, 0, 1, 0, b'a', 0, 0, 0][..], &[8, 0, 2, 0x80, 0, 0, 1, 2], &[9, 0, 3, 0, 1]].concat();
        assert_eq!(attributes(&bytes), [(1, &[b'a', 0][..]), (2, &[0, 0, 1, 2])]);
        assert_eq!((text(&bytes, 1).as_deref(), number(&bytes, 2), number(&bytes, 1)), (Some("a"), Some(258), None));
        for bytes in [&[][..], &[0], &[0, 0, 0, 0], &[3, 0, 1, 0, 5], &[255, 255, 1, 0]] {
            assert!(attributes(bytes).is_empty(), "{bytes:?}");
            assert!(message(bytes).is_none());
        }
        assert!(message(&[0; 16]).is_none() && message(&[255; 16]).is_none());
    }
}
