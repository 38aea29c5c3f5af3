//! Plimsoll audits how a Linux host, its container engine and its running containers are hardened.

pub mod benchmark;
pub mod check;
pub mod diagnostic;
pub mod document;
pub mod evaluate;
pub mod facts;
pub mod library;
pub mod plan;
pub mod probe;
pub mod report;
pub mod selection;
pub mod types;
pub mod verdict;
