//! Which process serves a Unix socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::process::{processes, sockets, stat};
use crate::facts::{Gap, GapKind};
use crate::probe::System;
use crate::probe::socket_table::table;

/// Programs that serve the engine's API, the likeliest first.
const ENGINES: &[&str] = &["dockerd", "podman", "docker"];
/// What their sockets are called.
const SOCKETS: &[&str] =
    &["containerd.sock", "cri-dockerd.sock", "crio.sock", "docker.raw.sock", "docker.sock", "podman.sock"];
/// How long a connection may take; the kernel answers for a listener at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// The flag of a listening socket in `/proc/net/unix`.
const LISTENS: u32 = 0x1_0000;

/// The process that owns a listening Unix socket, as the auditor's process id of the engine behind it.
///
/// The kernel names the process that called listen(). With socket activation that is systemd, which handed the socket over:
/// then it is the engine among the processes that hold the very same socket.
pub fn owner(system: &System, socket: &Path) -> Result<u32, Gap> {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => {
            Gap::new(GapKind::Missing, format!("{}: nobody listens", socket.display()))
        }
        _ => Gap::io(socket.display(), &error),
    };
    match peer(&system.real(socket)).map_err(refused)? {
        Some(pid) => behind(system, socket, pid),
        None => Err(Gap::new(
            GapKind::Unsupported,
            format!(
                "{}: its process has no id here, so that the auditor runs in another PID namespace than the engine",
                socket.display()
            ),
        )),
    }
}

/// Paths of the listening sockets in a process's network namespace that are called as those of engines are.
pub fn engine_sockets(system: &System, pid: u32) -> Result<Vec<PathBuf>, Gap> {
    let mut found = Vec::new();
    for line in table(system, Path::new(&format!("/proc/{pid}/net/unix")))? {
        let line = line?;
        let path = listener(&line).map(|(_, path)| Path::new(path));
        let called = |path: &&Path| path.file_name().is_some_and(|name| SOCKETS.iter().any(|socket| *socket == name));
        found.extend(path.filter(called).map(Path::to_owned));
    }
    Ok(found)
}

/// The process that called listen() on a socket; none when the auditor's PID namespace has no id for it.
///
/// tokio reads SO_PEERCRED, since rustix takes the process id for never zero, which it is in another PID namespace. It does so
/// on a thread of its own, so that this is a plain function wherever it is called.
fn peer(path: &Path) -> std::io::Result<Option<u32>> {
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let stream = tokio::time::timeout(PATIENCE, tokio::net::UnixStream::connect(path))
                .await
                .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
            let pid = stream.peer_cred()?.pid().unwrap_or_default();
            Ok(u32::try_from(pid).ok().filter(|pid| *pid != 0))
        })
    };
    std::thread::scope(|scope| {
        scope.spawn(ask).join().unwrap_or_else(|_| Err(std::io::Error::other("the reader ended")))
    })
}

/// The engine behind a socket on which a process called listen().
pub(super) fn behind(system: &System, socket: &Path, peer: u32) -> Result<u32, Gap> {
    let bound = listening(system, socket, peer)?;
    let name = program(system, peer);
    if name.as_deref().is_ok_and(is_engine) {
        // Its id may have passed to another process since, which would not hold the socket.
        let held = bound.is_empty() || holds(system, peer, &bound).unwrap_or(true);
        if held {
            return Ok(peer);
        }
    }
    let who = || format!("process {peer} ({}) listens", name.as_deref().unwrap_or("another program"));
    let gap = |kind, what: &str| Err(Gap::new(kind, format!("{}: {}, {what}", socket.display(), who())));
    match certain(system, peer, &bound).as_slice() {
        [inode] => holder(system, socket, *inode),
        [] => gap(GapKind::Missing, "and the kernel lists no such socket to find its engine by"),
        _ => gap(GapKind::Unsupported, "and the kernel lists several sockets of this name to find its engine by"),
    }
}

/// Of the sockets bound to a path, those that the listening process holds.
///
/// The path alone proves nothing: a process with a file tree of its own binds to the same path there, and a name with a line
/// break in it forges a line. If the listening process has let go of the socket or cannot be looked at, only one that is alone
/// with its path is certain.
fn certain(system: &System, peer: u32, bound: &[u64]) -> Vec<u64> {
    let held = sockets(system, peer).and_then(Iterator::collect::<Result<Vec<_>, _>>).unwrap_or_default();
    let held: Vec<u64> = bound.iter().copied().filter(|bound| held.iter().any(|(_, inode)| inode == bound)).collect();
    if held.is_empty() { bound.to_vec() } else { held }
}

/// The one engine among the processes that hold a socket.
fn holder(system: &System, socket: &Path, inode: u64) -> Result<u32, Gap> {
    let mut engines: Vec<(usize, u32)> = Vec::new();
    let mut others = Vec::new();
    let mut denied = None;
    for pid in processes(system)? {
        match holds(system, pid, &[inode]) {
            Ok(true) => match program(system, pid) {
                Ok(name) => match ENGINES.iter().position(|engine| *engine == name) {
                    Some(rank) => engines.push((rank, pid)),
                    None => others.push(format!("{name} ({pid})")),
                },
                Err(gap) => denied = Some(gap),
            },
            Ok(false) => {}
            Err(gap) if gap.kind == GapKind::Denied => denied = Some(gap),
            Err(_) => {}
        }
    }
    if engines.len() > 1 {
        // A child that the engine has forked is the engine until it becomes another program.
        let pids: Vec<u32> = engines.iter().map(|(_, pid)| *pid).collect();
        engines.retain(|(_, pid)| stat(system, *pid).is_ok_and(|stat| !pids.contains(&stat.parent)));
    }
    engines.sort_unstable();
    match (engines.as_slice(), denied) {
        ([(rank, pid), rest @ ..], _) if rest.iter().all(|(other, _)| other > rank) => Ok(*pid),
        ([_, ..], _) => {
            Err(Gap::new(GapKind::Unsupported, format!("{}: more than one engine holds this socket", socket.display())))
        }
        ([], Some(gap)) => Err(gap),
        ([], None) => Err(Gap::new(
            GapKind::Unsupported,
            format!("{}: no engine holds this socket, but {}", socket.display(), others.join(", ")),
        )),
    }
}

/// Inodes of the listening sockets bound to a path, as the network namespace of a process lists them.
fn listening(system: &System, socket: &Path, peer: u32) -> Result<Vec<u64>, Gap> {
    let rows = match table(system, Path::new(&format!("/proc/{peer}/net/unix"))) {
        // The process that listened has ended and left the socket to another one.
        Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {
            table(system, Path::new("/proc/self/net/unix"))?
        }
        rows => rows?,
    };
    let wanted = system.resolve(socket)?;
    let matches = |bound: &str| {
        let bound = Path::new(bound);
        bound == socket || is_at(system, bound, &wanted)
    };
    let mut inodes = Vec::new();
    for line in rows {
        inodes.extend(listener(&line?).filter(|(_, bound)| matches(bound)).map(|(inode, _)| inode));
    }
    Ok(inodes)
}

/// Whether a socket that was bound to one path lies at another, which has no symbolic link. The last part of a bound path is
/// never a link, and most other sockets are told apart by it.
fn is_at(system: &System, bound: &Path, wanted: &Path) -> bool {
    bound == wanted
        || bound.file_name() == wanted.file_name() && system.resolve(bound).is_ok_and(|bound| bound == wanted)
}

/// Inode and path of a listening socket in a line of `/proc/net/unix`.
pub(super) fn listener(line: &str) -> Option<(u64, &str)> {
    // Num RefCount Protocol Flags Type St Inode Path; the inode is padded, the path may hold spaces.
    let mut rest = line;
    let mut fields = [""; 7];
    for field in &mut fields {
        let (word, tail) = rest.trim_start().split_once(' ')?;
        (*field, rest) = (word, tail);
    }
    let [_, _, _, flags, _, _, inode] = fields;
    let flags = u32::from_str_radix(flags, 16).ok()?;
    (flags & LISTENS != 0 && rest.starts_with('/')).then_some(())?;
    Some((inode.parse().ok()?, rest))
}

/// Whether a process holds one of some sockets.
pub(super) fn holds(system: &System, pid: u32, inodes: &[u64]) -> Result<bool, Gap> {
    for socket in sockets(system, pid)? {
        if inodes.contains(&socket?.1) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_engine(name: &str) -> bool {
    ENGINES.contains(&name)
}

/// Base name of a process's program.
fn program(system: &System, pid: u32) -> Result<String, Gap> {
    match system.link(format!("/proc/{pid}/exe")) {
        Ok(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // The file was replaced by a newer release.
            Ok(name.strip_suffix(" (deleted)").map_or(name.clone(), str::to_owned))
        }
        // Without privilege only the name that the process gave itself can be read. It is believed of no process but one that the
        // kernel has named as the listener, or that was seen to hold the socket.
        Err(gap) if gap.kind == GapKind::Denied => {
            Ok(system.read_lossy(format!("/proc/{pid}/comm"))?.trim_end().to_owned())
        }
        Err(gap) => Err(gap),
    }
}
