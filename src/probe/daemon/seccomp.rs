//! The default seccomp profile of the engine.

use std::path::Path;

use super::freshness::Moment;
use super::process::Dockerd;
use super::settings;
use crate::facts::{Gap, GapKind, Observed};

/// What the default profile does with a system call it does not list, by the profile's name as the engine tells it.
///
/// dockerd reads a profile of one's own once, when it starts.
pub(super) fn default_action(dockerd: &Dockerd<'_>, profile: &str, started: Result<&Moment, &Gap>) -> Observed<String> {
    match profile {
        "builtin" | "default" => Observed::from_source("SCMP_ACT_ERRNO".to_owned(), "the engine's built-in profile"),
        "unconfined" => Observed::from_source("SCMP_ACT_ALLOW".to_owned(), "no profile: the engine's is unconfined"),
        "" => Observed::from_source("SCMP_ACT_ALLOW".to_owned(), "no profile: the engine offers no seccomp"),
        path => match read(dockerd, path, started) {
            Ok(action) => Observed::from_source(action, format!("{path} defaultAction")),
            Err(gap) => gap.into(),
        },
    }
}

fn read(dockerd: &Dockerd<'_>, path: &str, started: Result<&Moment, &Gap>) -> Result<String, Gap> {
    let path = dockerd.absolute(path)?;
    let text = settings::read(dockerd, &path, started)?;
    action(&path, &text)
}

/// The profile's `defaultAction`; Go takes the key in any case, and the last one counts.
pub(super) fn action(path: &Path, text: &str) -> Result<String, Gap> {
    settings::parse(path, text)?
        .iter()
        .rfind(|(key, _)| key.eq_ignore_ascii_case("defaultAction"))
        .and_then(|(_, value)| value.as_str())
        .filter(|action| !action.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| Gap::new(GapKind::Malformed, format!("{}: no defaultAction", path.display())))
}
