//! Sockets of the machine that wait for others, and who holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::daemon::{processes, sockets};
use super::namespace::{self, Kind};
use super::socket_table::{table, waiting};
use super::{System, View};
use crate::facts::{Gap, GapKind, Listener, Observed, Transport};

/// The kernel's tables; those of IPv6 may be missing.
const TABLES: [(&str, Transport); 4] =
    [("tcp", Transport::Tcp), ("tcp6", Transport::Tcp), ("udp", Transport::Udp), ("udp6", Transport::Udp)];
/// How many hexadecimal digits a container's id has.
const ID_LENGTH: usize = 64;

/// The sockets in the machine's own network namespace, sorted by protocol, port and address.
pub fn observe(system: &System, view: &View) -> Observed<Vec<Listener>> {
    system.running("listening sockets").and_then(|()| view.clear(Kind::Net)).and_then(|()| look(system)).into()
}

fn look(system: &System) -> Result<Vec<Listener>, Gap> {
    let holders = namespace::sees_the_machine(system).and_then(|()| holders(system));
    let mut found = Vec::new();
    for (name, protocol) in TABLES {
        let path = PathBuf::from(format!("/proc/self/net/{name}"));
        let rows = match table(system, &path) {
            Err(gap) if name.ends_with('6') && gap.kind == GapKind::Missing => continue,
            rows => rows?,
        };
        for line in rows {
            let line = line?;
            let malformed = || Gap::new(GapKind::Malformed, format!("{}: {line:?}", path.display()));
            let Some(socket) = waiting(&line).ok_or_else(malformed)? else { continue };
            let ip = socket.address.ip().to_canonical();
            let (programs, container, unit) = match holders.as_ref().map(|holders| holders.of(socket.inode)) {
                Ok(Ok(holder)) => (
                    Observed::known(holder.programs.iter().cloned().collect()),
                    Observed::known(holder.container.clone()),
                    Observed::known(holder.unit.clone()),
                ),
                Ok(Err(gap)) | Err(gap) => (gap.clone().into(), gap.clone().into(), gap.clone().into()),
            };
            let (port, loopback) = (i64::from(socket.address.port()), ip.is_loopback());
            found.push(Listener { protocol, address: ip.to_string(), port, loopback, programs, container, unit });
        }
    }
    found.sort_by(|a, b| (a.protocol as u8, a.port, &a.address).cmp(&(b.protocol as u8, b.port, &b.address)));
    found.dedup();
    Ok(found)
}

/// The processes that hold sockets.
struct Holders {
    by_inode: BTreeMap<u64, Holder>,
    /// Why some process's descriptors were not seen.
    gap: Option<Gap>,
}

#[derive(Default)]
struct Holder {
    programs: BTreeSet<String>,
    container: String,
    unit: String,
}

impl Holders {
    /// Who holds a socket; nobody for one of the kernel's own, such as that of an NFS server.
    fn of(&self, inode: u64) -> Result<&Holder, &Gap> {
        const NOBODY: &Holder = &Holder { programs: BTreeSet::new(), container: String::new(), unit: String::new() };
        match (self.by_inode.get(&inode), &self.gap) {
            (Some(holder), _) => Ok(holder),
            (None, Some(gap)) => Err(gap),
            (None, None) => Ok(NOBODY),
        }
    }
}

fn holders(system: &System) -> Result<Holders, Gap> {
    let mut found = Holders { by_inode: BTreeMap::new(), gap: None };
    for pid in processes(system)? {
        let inodes = match sockets(system, pid).and_then(|held| held.collect::<Result<Vec<_>, _>>()) {
            Ok(inodes) if inodes.is_empty() => continue,
            Ok(inodes) => inodes,
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => continue,
            Err(gap) => {
                found.gap.get_or_insert(gap);
                continue;
            }
        };
        let name = system.read_lossy(format!("/proc/{pid}/comm")).map(|name| name.trim_end().to_owned());
        let groups = system.read_lossy(format!("/proc/{pid}/cgroup"));
        let (name, groups) = match (name, groups) {
            (Ok(name), Ok(groups)) => (name, groups),
            (Err(gap), _) | (_, Err(gap)) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => continue,
            (Err(gap), _) | (_, Err(gap)) => return Err(gap),
        };
        for (_, inode) in inodes {
            let holder = found.by_inode.entry(inode).or_default();
            holder.programs.insert(name.clone());
            if holder.container.is_empty() {
                holder.container = container(&groups);
            }
            if holder.unit.is_empty() {
                holder.unit = unit(&groups);
            }
        }
    }
    Ok(found)
}

/// The id of the container that a process's control groups are named after; empty when there is none.
fn container(groups: &str) -> String {
    let id = |part: &str| {
        let hexadecimal = |text: &&str| text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        part.split(['-', '.', ':']).find(hexadecimal).map(str::to_owned)
    };
    groups.lines().flat_map(|line| line.split('/')).find_map(id).unwrap_or_default()
}

/// The innermost service or scope that a process's control groups are named after; empty when there is none.
fn unit(groups: &str) -> String {
    let is_unit = |part: &&str| part.ends_with(".service") || part.ends_with(".scope");
    groups.lines().find_map(|line| line.rsplit('/').find(is_unit)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn look(tree: &Tree) -> Observed<Vec<Listener>> {
        let system = tree.system();
        observe(&system, &View::observe(&system, &Reference::observe(&system, None)))
    }

    fn told(tree: &Tree) -> Vec<String> {
        let word = |listener: &Listener| {
            let programs = listener.programs.value().map_or_else(|| "?".to_owned(), |programs| programs.join("+"));
            let container = listener.container.value().map_or("?", String::as_str);
            let unit = listener.unit.value().map_or("?", |unit| unit.split('-').next().unwrap_or_default());
            let Listener { protocol, address, port, loopback, .. } = listener;
            format!(
                "{protocol:?} {address} {port} {loopback} {programs} {} {unit}",
                container.get(..2).unwrap_or(container)
            )
        };
        look(tree).value().unwrap().iter().map(word).collect()
    }

    fn row(local: &str, state: &str, inode: u32) -> String {
        format!(
            "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0\n"
        )
    }

    fn machine() -> Tree {
        let tree = Tree::new();
        let tcp = row("0100007F:0019", "0A", 11) + &row("00000000:1F90", "0A", 12) + &row("0100007F:0400", "01", 13);
        tree.file("proc/50/net/tcp", format!("head\n{tcp}"));
        let six = row("00000000000000000000000001000000:0050", "0A", 14)
            + &row("0000000000000000FFFF00000100007F:0051", "0A", 15);
        tree.file("proc/50/net/tcp6", format!("head\n{six}"));
        tree.file("proc/50/net/udp", format!("head\n{}", row("00000000:0044", "07", 16)));
        for pid in [1, 2, 50] {
            tree.link(&format!("proc/{pid}/fd/0"), "/dev/null");
        }
        tree
    }

    #[test]
    fn sockets_have_addresses_and_holders() {
        let tree = machine();
        tree.process(60, &[]).link("proc/60/fd/3", "socket:[12]").link("proc/60/fd/4", "socket:[16]");
        tree.file("proc/60/comm", "web\n")
            .file("proc/60/cgroup", format!("0::/system.slice/docker-{}.scope\n", "ab".repeat(32)));
        tree.process(61, &[]).link("proc/61/fd/9", "socket:[12]").file("proc/61/comm", "other\n");
        assert_eq!(
            told(&tree),
            [
                "Tcp 127.0.0.1 25 true   ",
                "Tcp ::1 80 true   ",
                "Tcp 127.0.0.1 81 true   ",
                "Tcp 0.0.0.0 8080 false other+web ab docker",
                "Udp 0.0.0.0 68 false web ab docker",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_a_gap() {
        let tree = machine();
        tree.remove("proc/50/net/tcp6").file("proc/50/net/udp", "head\ntorn\n");
        assert_eq!(look(&tree).gap().unwrap().kind, GapKind::Malformed);
        tree.remove("proc/50/net/udp");
        assert_eq!(look(&tree).gap().unwrap().kind, GapKind::Missing);
        let tree = machine();
        tree.file("proc/60/fd", "no directory");
        assert_eq!(told(&tree).first().unwrap(), "Tcp 127.0.0.1 25 true   ");
        // Whoever cannot see all descriptors does not know who holds a socket that nobody seen holds.
        tree.file("proc/50/fd/1", "no link");
        assert_eq!(told(&tree).first().unwrap(), "Tcp 127.0.0.1 25 true ? ? ?");
        tree.namespace(50, "net", 4_026_532_500);
        assert_eq!(look(&tree).gap().unwrap().kind, GapKind::Unsupported);
    }

    #[test]
    fn this_test_is_seen() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = i64::from(socket.local_addr().unwrap().port());
        let system = System::live();
        let found = observe(&system, &View::observe(&system, &Reference::observe(&system, None)));
        let own = found.value().unwrap().iter().find(|listener| listener.port == port && listener.loopback).unwrap();
        assert_eq!(own.programs.value().unwrap().len(), 1, "{own:?}");
    }
}
