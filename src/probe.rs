//! Looking at the machine. One module is one source of facts; a probe observes, or says why it could not.

pub mod capability;
mod census;
mod cgroup;
mod collect;
mod confinement;
pub mod daemon;
pub mod docker;
pub mod file;
pub mod host;
mod members;
mod mountinfo;
pub mod mounts;
pub mod namespace;
mod places;
pub mod process;
pub mod programs;
mod sandboxes;
mod seccomp;
pub mod sysctl;
mod system;
#[cfg(test)]
mod tree;
pub mod view;

pub use collect::{Beginning, Source, collect};
pub use places::places;
pub use system::System;
pub use view::View;
