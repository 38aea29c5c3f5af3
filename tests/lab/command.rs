//! Programs with an environment of the lab's and nothing of the caller's.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The directories that a lab's programs come from: the engine under test, then Debian's.
pub fn lab_path() -> String {
    let system = "/usr/sbin:/usr/bin:/sbin:/bin";
    match std::env::var("PLIMSOLL_LAB_ENGINE") {
        Ok(engine) if !engine.is_empty() => format!("{engine}:{system}"),
        _ => system.to_owned(),
    }
}

/// A program that sees no setting of the caller's, and the lab's directory as home.
pub fn new(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", lab_path()).env("HOME", home).stdin(Stdio::null());
    command
}

/// Runs the program on this input; returns its trimmed standard output, or its standard error if it failed.
pub fn text(command: &mut Command, input: &[u8]) -> Result<String, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot start: {error}"))?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, error.trim()));
    }
    written.map_err(|error| format!("cannot give it its input: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
