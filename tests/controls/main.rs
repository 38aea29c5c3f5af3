//! Every check of sections 2 and 5 of the CIS Docker Benchmark on real engines: what passes, what fails, and that one change
//! of an engine or a container changes the verdicts that it should and no other.
//!
//! Both engines of the lab (20.10, and 26.1 by `PLIMSOLL_LAB_ENGINE`) have to give these verdicts; a test that needs one of
//! them asks `Lab::version`.
//!
//! Not to be had on the lab's machine, and left to the checks' own examples:
//!
//! | control | what is missing |
//! |---|---|
//! | 2.6, 2.7 fail; 2.12 pass and fail | the storage drivers aufs and devicemapper |
//! | 5.2 pass and fail | AppArmor in the kernel |
//! | 5.3 pass and fail | SELinux switched on |
//! | 5.22 fail on a daemon without seccomp | a kernel without seccomp |
//! | `run --privileged` and `exec --privileged` on 20.10 | the capability SYS_RESOURCE |

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "the helpers of a test are a test"
)]

mod access;
mod api;
mod daemon;
mod exec;
mod files;
mod judge;
#[path = "../lab/mod.rs"]
mod lab;
mod limits;
mod names;
mod namespaces;
mod seccomp;
mod versions;
mod whole;
