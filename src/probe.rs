//! Looking at the machine. One module is one source of facts; a probe observes, or says why it could not.

pub mod accounts;
pub mod capability;
mod cgroup;
mod collect;
mod command_line;
mod conf_files;
pub mod daemon;
pub mod docker;
pub mod file;
mod glob;
pub mod host;
pub mod journald;
pub mod log_files;
pub mod logging;
pub mod logrotate;
pub mod modules;
mod mountinfo;
pub mod mounts;
pub mod namespace;
mod nss;
pub mod packages;
mod places;
pub mod process;
pub mod programs;
pub mod rsyslog;
mod seccomp;
mod services;
mod shell_variables;
pub mod sysctl;
mod system;
mod systemd_conf;
#[cfg(test)]
mod tree;
pub mod units;
pub mod view;
pub mod walk;

pub use collect::{Beginning, collect};
pub use places::places;
pub use system::System;
use system::none_if_missing;
pub use view::View;
