//! The plimsoll command: arguments, verb, exit status.

use std::env;
use std::process::ExitCode;

use clap::Parser;
use plimsoll::cli::Cli;
use plimsoll::command::{self, ansible};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().collect();
    if ansible::is_meant(&arguments) { ansible::run(&arguments) } else { command::run(&Cli::parse_from(arguments)) }
}
