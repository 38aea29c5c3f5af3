//! Looking at the machine. One module is one source of facts; a probe observes, or says why it could not.

pub mod daemon;
mod system;

pub use system::System;
