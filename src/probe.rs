//! Looking at the machine. One module is one source of facts; a probe observes, or says why it could not.

pub mod apparmor;
pub mod apt;
pub mod audit;
pub mod banners;
pub mod capability;
mod cgroup;
mod collect;
mod command_line;
mod conf_files;
pub mod crashes;
pub mod daemon;
pub mod docker;
pub mod file;
pub mod fstab;
mod glob;
mod go;
pub mod grub;
pub mod host;
pub mod listeners;
pub mod mail;
pub mod modules;
mod mountinfo;
pub mod mounts;
pub mod namespace;
pub mod network;
pub mod packages;
mod places;
pub mod process;
pub mod programs;
mod seccomp;
mod shell_variables;
mod socket_table;
pub mod sysctl;
mod system;
mod systemd_conf;
#[cfg(test)]
mod tree;
pub mod units;
pub mod view;

pub use collect::{Beginning, collect};
pub use places::places;
pub use system::System;
pub use view::View;
