//! The default seccomp profile of the engine.

use super::freshness::Moment;
use super::process::Dockerd;
use super::settings;
use crate::facts::{Gap, GapKind, Observed};
use crate::probe::seccomp::Profile;

/// What the default profile lets pass, by the profile's name as the engine tells it: what it does with a system call that it does
/// not list, and the risky ones that it allows.
///
/// dockerd reads a profile of one's own once, when it starts.
pub(super) fn default_profile(
    dockerd: &Dockerd<'_>,
    profile: &str,
    started: Result<&Moment, &Gap>,
) -> (Observed<String>, Observed<Vec<String>>) {
    let plain = |action: &str, source: &str| {
        (Observed::from_source(action.to_owned(), source), Observed::from_source(Vec::new(), source))
    };
    match profile {
        "builtin" | "default" => plain("SCMP_ACT_ERRNO", "the engine's built-in profile"),
        "unconfined" => plain("SCMP_ACT_ALLOW", "no profile: the engine's is unconfined"),
        "" => plain("SCMP_ACT_ALLOW", "no profile: the engine offers no seccomp"),
        path => match read(dockerd, path, started) {
            Ok(Profile { default_action, risky_syscalls }) => (
                Observed::from_source(default_action, format!("{path} defaultAction")),
                Observed::from_source(risky_syscalls, format!("{path} syscalls")),
            ),
            Err(gap) => (gap.clone().into(), gap.into()),
        },
    }
}

fn read(dockerd: &Dockerd<'_>, path: &str, started: Result<&Moment, &Gap>) -> Result<Profile, Gap> {
    let path = dockerd.absolute(path)?;
    let text = settings::read(dockerd, &path, started)?;
    Profile::parse(&text).map_err(|error| Gap::new(GapKind::Malformed, format!("{}: {error}", path.display())))
}
