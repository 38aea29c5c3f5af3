//! Looking at the machine. One module is one source of facts; a probe observes, or says why it could not.

pub mod capability;
mod cgroup;
mod collect;
mod content_trust;
pub mod daemon;
pub mod docker;
pub mod file;
pub mod host;
mod image;
mod layers;
mod mountinfo;
pub mod mounts;
pub mod namespace;
mod overlay;
mod places;
pub mod process;
pub mod programs;
mod seccomp;
mod shell;
pub mod sysctl;
mod system;
mod tally;
#[cfg(test)]
mod tree;
pub mod view;

pub use collect::{Beginning, collect};
pub use places::places;
pub use system::System;
pub use tally::Tally;
pub use view::View;
