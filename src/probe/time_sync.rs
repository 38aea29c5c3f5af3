//! Where the machine's clock gets its time from.

mod chrony;

use super::systemd_conf::Settings;
use super::{System, View, services};
use crate::facts::{Gap, TimeDaemon, TimeSource, TimeSync};
use crate::plan::Plan;

/// The services that can set the clock.
const SERVICES: [&str; 5] = ["systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd"];

/// What the plan wants of it.
pub fn observe(system: &System, view: &View, plan: &Plan) -> TimeSync {
    let wants = |fields: &[&str]| fields.iter().any(|field| plan.wants(&format!("time_sync.{field}")));
    let services =
        look(wants(&["daemon", "services"]), || view.files().and_then(|()| services::in_use(system, view, &SERVICES)));
    let timesyncd = look(wants(&["timesyncd_servers", "timesyncd_fallback"]), || {
        view.files().and_then(|()| Settings::read(system, "timesyncd"))
    });
    let servers = |key: &str| timesyncd.as_ref().map(|settings| servers(settings, key)).map_err(Clone::clone).into();
    let chrony =
        look(wants(&["chrony_sources", "chrony_user"]), || view.files().and_then(|()| chrony::Config::read(system)));
    TimeSync {
        daemon: services.as_deref().map(daemon).map_err(Clone::clone).into(),
        services: services.into(),
        timesyncd_servers: servers("NTP"),
        timesyncd_fallback: servers("FallbackNTP"),
        chrony_sources: chrony.as_ref().map(|chrony| chrony.sources.clone()).map_err(Clone::clone).into(),
        chrony_user: chrony.map_or_else(Into::into, |chrony| chrony.user),
        chrony_runs_as: look(wants(&["chrony_runs_as"]), || chrony::runs_as(system)).into(),
    }
}

fn look<T>(wanted: bool, observe: impl FnOnce() -> Result<T, Gap>) -> Result<T, Gap> {
    if wanted { observe() } else { Err(Gap::not_collected()) }
}

fn daemon(services: &[String]) -> TimeDaemon {
    match services {
        [] => TimeDaemon::None,
        [one] if one == "systemd-timesyncd" => TimeDaemon::SystemdTimesyncd,
        [one] if one == "chrony" => TimeDaemon::Chrony,
        [_] => TimeDaemon::Other,
        _ => TimeDaemon::Several,
    }
}

/// The servers of systemd-timesyncd. Each assignment adds to those before it, and an empty one takes them back.
fn servers(settings: &Settings, key: &str) -> Vec<TimeSource> {
    let mut found: Vec<TimeSource> = Vec::new();
    for setting in settings.of("Time", key) {
        if setting.value.is_empty() {
            found.clear();
        }
        for name in setting.value.split_whitespace() {
            if !found.iter().any(|known| known.name == name) {
                found.push(TimeSource {
                    name: name.to_owned(),
                    kind: "server".to_owned(),
                    place: setting.place.clone(),
                });
            }
        }
    }
    found
}

/// A source that a file names.
fn source(kind: &str, name: &str, place: String) -> TimeSource {
    TimeSource { name: name.to_owned(), kind: kind.to_owned(), place }
}

#[cfg(test)]
mod tests;
