//! The kernel's tables of sockets in `/proc/<pid>/net`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::System;
use crate::facts::Gap;

/// The state of a TCP socket that listens.
const LISTEN: &str = "0A";
/// The state of a UDP socket that is not connected to anybody.
const UNCONNECTED: &str = "07";

/// A socket of TCP or UDP that waits for others.
pub(super) struct Waiting {
    /// The address and port that it is bound to.
    pub(super) address: SocketAddr,
    /// The inode by which processes' descriptors name it.
    pub(super) inode: u64,
}

/// The lines of a table of the kernel after its heading, however long the table is; names in it need not be UTF-8.
pub(super) fn table(system: &System, path: &Path) -> Result<impl Iterator<Item = Result<String, Gap>> + use<>, Gap> {
    let gap = {
        let path = path.to_owned();
        move |error: std::io::Error| Gap::io(path.display(), &error)
    };
    let file = File::open(system.real(path)).map_err(&gap)?;
    let lines = BufReader::new(file).split(b'\n').skip(1);
    Ok(lines.map(move |line| line.map(|line| String::from_utf8_lossy(&line).into_owned()).map_err(&gap)))
}

/// A line of `/proc/net/tcp` or `udp`: a socket that waits, or another one, or nothing that can be read.
pub(super) fn waiting(line: &str) -> Option<Option<Waiting>> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    if !matches!(fields.nth(1)?, LISTEN | UNCONNECTED) {
        return Some(None);
    }
    let inode = fields.nth(5)?.parse().ok()?;
    Some(Some(Waiting { address: address(local)?, inode }))
}

/// `0100007F:094B`: the address as 32-bit words in the machine's byte order, the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    let mut left = address;
    while !left.is_empty() {
        let (word, rest) = left.split_at_checked(8)?;
        bytes.extend(u32::from_str_radix(word, 16).ok()?.to_ne_bytes());
        left = rest;
    }
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
