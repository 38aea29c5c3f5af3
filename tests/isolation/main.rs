//! Kernel truth on real processes: what was declared and what is, the ways to the host, and sandboxes that no engine told of.
//!
//! Each situation is made by hand beside a container in which nothing was done; both engines of the lab have to give these
//! verdicts.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "the helpers of a test are a test"
)]

mod cases;
mod deeds;
mod drift;
#[path = "../lab/mod.rs"]
mod lab;
mod ladder;
mod sandboxes;
mod unasked;
mod ways;
