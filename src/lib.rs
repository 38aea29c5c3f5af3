//! Plimsoll audits how a Linux host, its container engine and its running containers are hardened.

pub mod facts;
pub mod probe;
