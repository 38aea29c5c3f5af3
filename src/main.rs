//! The plimsoll command: arguments, verb, exit status.

use std::env;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use plimsoll::cli::Cli;
use plimsoll::command::{self, ansible};

/// An audit allocates in several threads at once, and glibc's allocator would ask the kernel for a little more each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().collect();
    if ansible::is_meant(&arguments) { ansible::run(&arguments) } else { command::run(&Cli::parse_from(arguments)) }
}
