//! Plimsoll audits how a Linux host, its container engine and its running containers are hardened.
//!
//! ```text
//!  machine ──probe::collect(Plan)──▶ Facts ──┐
//!  checks/*.toml ─────────load──▶ Library    ├─evaluate──▶ Report ──write──▶ text | json | html | …
//!  benchmarks/*.toml ─────────────┘          │
//!  policy.toml ───────────load──▶ Policy ────┘
//!         Library + what was asked ──▶ Selection ──▶ Plan
//! ```
//!
//! Each arrow is a function, each box is plain data. [`facts`] say what was seen and never judge; a [`check`] is an expression
//! over facts with its words and its proof; a [`benchmark`] gives checks their numbers; [`evaluate`] is pure.

pub mod benchmark;
pub mod check;
pub mod cli;
pub mod collected;
pub mod command;
pub mod diagnostic;
pub mod difference;
pub mod document;
pub mod evaluate;
pub mod facts;
pub mod ladder;
pub mod library;
pub mod output;
pub mod packed;
mod parallel;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod record;
mod releases;
pub mod report;
pub mod selection;
pub mod types;
pub mod verdict;
pub mod waiver;
