//! The program as an Ansible module: under the name `plimsoll_audit` it takes a file of parameters and answers with one JSON object.
//!
//! Ansible believes what the object says and hardly looks at the exit status: whatever happens, there is one, and only one.

mod answer;
mod parameters;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::path::Path;
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

use self::answer::{Answer, Audited};
use self::parameters::Parameters;
use super::Failure;
use super::judge::look;
use super::output::Destination;
use crate::cli::{Format, Output};
use crate::document;
use crate::probe::Tally;
use crate::record;

/// The module's name.
const NAME: &str = "plimsoll_audit";
/// What Ansible puts before it where the module has to run.
const COPIED: &str = "AnsiballZ_";
/// The largest file of parameters, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Whether these arguments, the program's name first, come from Ansible.
pub fn is_meant(arguments: &[OsString]) -> bool {
    let name = arguments.first().and_then(|program| Path::new(program).file_name()?.to_str());
    name.is_some_and(|name| name.strip_prefix(COPIED).unwrap_or(name) == NAME)
}

/// Audits as the file of parameters says, and answers.
pub fn run(arguments: &[OsString]) -> ExitCode {
    panic::set_hook(Box::new(died));
    let answer = answer(arguments).unwrap_or_else(|failure| Answer::failure(&failure));
    say(&answer);
    if answer.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn answer(arguments: &[OsString]) -> Result<Answer, Failure> {
    let [_, file] = arguments else {
        return Err(format!("{NAME} is a module of Ansible's, which calls it with one file of parameters").into());
    };
    let cannot = |why: String| format!("cannot read the parameters: {why}");
    let text = document::text(Path::new(file), MAX_BYTES).map_err(cannot)?;
    let parameters = Parameters::read(&text)?;
    let baseline = parameters.baseline.as_deref().map(record::read).transpose()?;
    // To look is all that check mode allows.
    let path = parameters.report_path.as_ref().filter(|_| !parameters.check_mode);
    let outputs: Vec<Output> =
        path.map(|path| Output { format: Format::Json, path: path.clone() }).into_iter().collect();
    let destinations = Destination::open_all(&outputs)?;
    let report = look(&parameters.judge, &Tally::default())?;
    let saved = Destination::save_all(destinations, &report, false);
    let audited = Audited { parameters: &parameters, report: &report, baseline: baseline.as_ref() };
    Ok(audited.answer(path, saved.err().unwrap_or_default()))
}

/// Writes the answer, unless there was one.
fn say(answer: &Answer) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::SeqCst) {
        let mut stdout = io::stdout().lock();
        // Nothing is left to do if the answer cannot be written.
        let _ = writeln!(stdout, "{}", answer.json()).and_then(|()| stdout.flush());
    }
}

#[expect(clippy::exit, reason = "the answer is given, and what another thread has to add would spoil it")]
fn died(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let why = panic.payload_as_str().unwrap_or("nobody knows why");
    say(&Answer::failure(&format!("the audit died{place}, which is a bug of plimsoll's: {why}").into()));
    process::exit(1);
}

#[cfg(test)]
mod tests;
