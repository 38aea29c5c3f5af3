//! What an error of the system means for a fact.

use std::fmt;
use std::io;

use rustix::io::Errno;

use crate::facts::{Gap, GapKind};

impl Gap {
    /// The gap that an I/O error on a path is: a missing file is not a forbidden one.
    pub fn io(path: impl fmt::Display, error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound | Io::NotADirectory => GapKind::Missing,
            Io::PermissionDenied => GapKind::Denied,
            Io::InvalidData => GapKind::Malformed,
            Io::TimedOut | Io::WouldBlock => GapKind::TimedOut,
            _ if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => GapKind::Gone,
            _ => GapKind::Unsupported,
        };
        Self::new(kind, format!("{path}: {error}"))
    }
}
