//! Plimsoll as it is installed and scheduled: the Debian package, systemd's units, the line for cron, the container image.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "the helpers of a test are a test"
)]

mod container;
mod debian;
mod findings;
#[path = "../lab/mod.rs"]
mod lab;
mod units;
mod unprivileged;

use std::path::PathBuf;
use std::process::{Command, Output};

/// A file of this package's repository.
fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of this package's repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a program says on both of its outputs; it must succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let all = both(&output);
    assert!(output.status.success(), "{command:?}: {}: {all}", output.status);
    all
}

fn both(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
