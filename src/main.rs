//! The plimsoll command: arguments, verb, exit status.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    plimsoll::command::run(&plimsoll::cli::Cli::parse())
}
