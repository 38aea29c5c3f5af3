//! When dockerd started, and whether a file has changed since.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::time::{ClockId, clock_gettime};

use super::flags::Flags;
use super::process::{Dockerd, stat};
use super::settings;
use crate::facts::{Gap, GapKind};
use crate::probe::System;

const SECOND: i128 = 1_000_000_000;
/// How many symbolic links one path may follow, as in the kernel.
const MAX_LINKS: usize = 40;

/// A moment in nanoseconds since 1970, by the clock that stamps files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) i128);

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_nanosecond(self.0).and_then(|t| t.round(jiff::Unit::Millisecond)) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} ns after 1970", self.0),
        }
    }
}

/// The latest moment at which dockerd can have started.
///
/// The kernel counts the start in ticks of 10 ms since boot, so that this is up to a tick late; dockerd takes longer than that
/// to get to its configuration. What a script writes before it becomes dockerd by exec() counts as changed after the start, since
/// nothing tells the moment of an exec(). `btime` is no base for it: it has whole seconds and moves with the clock.
pub(super) fn started(dockerd: &Dockerd<'_>, flags: &Flags) -> Result<Moment, Gap> {
    let start = stat(dockerd.system, dockerd.pid)?.start;
    let now = |clock| {
        let time = clock_gettime(clock);
        i128::from(time.tv_sec) * SECOND + i128::from(time.tv_nsec)
    };
    let boot = now(ClockId::Realtime) - now(ClockId::Boottime);
    let ticks = i128::from(procfs::ticks_per_second().max(1));
    let counted = Moment(boot + (i128::from(start) + 1) * SECOND / ticks);
    // A clock that was set, or a machine that was suspended from outside, since dockerd started moves the counted moment past the
    // stamps of that time. The process id file has such a stamp, made within a second of the start.
    Ok(match pid_file(dockerd, flags) {
        Some(stamped) if counted.0 - stamped.0 > SECOND / 10 => Moment(stamped.0 - SECOND),
        _ => counted,
    })
}

/// When dockerd wrote its process id file.
fn pid_file(dockerd: &Dockerd<'_>, flags: &Flags) -> Option<Moment> {
    let path = dockerd.absolute(flags.last("pidfile").unwrap_or("/var/run/docker.pid")).ok()?;
    let text = settings::text(dockerd, &path).ok()?;
    (text.trim() == dockerd.pid.to_string()).then_some(())?;
    Some(modified(&settings::metadata(dockerd, &path).ok()?))
}

/// When what a path leads to, or a symbolic link on the way, last changed.
///
/// The change time cannot be set by a program and moves with a rename, unlike the modification time of an unpacked file.
pub(super) fn changed(root: &System, path: &Path) -> Result<Moment, Gap> {
    let gap = |error: std::io::Error| Gap::io(path.display(), &error);
    let mut latest = Moment(i128::MIN);
    let mut current = path.to_owned();
    for _ in 0..=MAX_LINKS {
        let mut next = None;
        for prefix in prefixes(&current) {
            let metadata = root.real(&prefix).symlink_metadata().map_err(gap)?;
            let is_last = prefix == current;
            if metadata.is_symlink() || is_last {
                latest = latest.max(stamp(metadata.ctime(), metadata.ctime_nsec()));
            }
            if metadata.is_symlink() {
                let rest = current.strip_prefix(&prefix).unwrap_or(Path::new(""));
                let folder = prefix.parent().unwrap_or(Path::new("/"));
                next = Some(normal(&folder.join(root.link(&prefix)?).join(rest)));
                break;
            }
        }
        match next {
            Some(path) => current = path,
            None => return Ok(latest),
        }
    }
    Err(Gap::new(GapKind::Malformed, format!("{}: too many symbolic links", path.display())))
}

/// The directory that would have to change for an absent path to appear or vanish, and when it last did.
pub(super) fn absent_since(root: &System, path: &Path) -> Result<(PathBuf, Moment), Gap> {
    for folder in path.ancestors().skip(1) {
        match root.resolve(folder) {
            Ok(target) => {
                let metadata = root.real(target).symlink_metadata();
                let metadata = metadata.map_err(|error| Gap::io(folder.display(), &error))?;
                return Ok((folder.to_owned(), modified(&metadata)));
            }
            Err(gap) if gap.kind == GapKind::Missing => {}
            Err(gap) => return Err(gap),
        }
    }
    Err(Gap::new(GapKind::Missing, format!("{}: no directory on the way", path.display())))
}

/// Whether the last change of `/etc/docker` was dockerd's own: it writes `key.json` there at its first start.
///
/// The name appears within seconds of the start and gives the directory and the file the same moment. What this cannot see is a
/// daemon.json that was taken away in those very seconds.
pub(super) fn by_dockerd(root: &System, folder: &Path, moment: Moment, start: Moment) -> bool {
    let key = changed(root, &folder.join("key.json"));
    key.is_ok_and(|key| (key.0 - moment.0).abs() <= SECOND / 20) && moment.0 - start.0 <= 10 * SECOND
}

fn modified(metadata: &Metadata) -> Moment {
    stamp(metadata.mtime(), metadata.mtime_nsec())
}

fn stamp(seconds: i64, nanoseconds: i64) -> Moment {
    Moment(i128::from(seconds) * SECOND + i128::from(nanoseconds))
}

/// `/a`, `/a/b`, `/a/b/c` of `/a/b/c`.
fn prefixes(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = path.ancestors().filter(|p| p.file_name().is_some()).map(Path::to_owned).collect();
    found.reverse();
    found
}

/// The path without `.` and `..`; what leads here has no symbolic link before its last one.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut done = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => {
                done.pop();
            }
            Component::Normal(name) => done.push(name),
            _ => {}
        }
    }
    done
}
