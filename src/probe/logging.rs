//! Which program keeps the machine's messages.

use super::{System, View, services};
use crate::facts::{Gap, Logging, LoggingSystem, Observed};

/// Services that take messages over from journald, or send them on.
const SERVICES: [&str; 3] = ["rsyslog", "syslog-ng", "systemd-journal-upload"];
/// The service that everything is told to first.
const JOURNALD: &str = "systemd-journald";

/// The logging system in use: of the services that are enabled or run.
pub fn observe(system: &System, view: &View) -> Observed<Logging> {
    look(system, view).into()
}

fn look(system: &System, view: &View) -> Result<Logging, Gap> {
    let mut used = services::in_use(system, view, &SERVICES)?;
    let logging = match used.as_slice() {
        [] => LoggingSystem::Journald,
        [one] if one == "rsyslog" => LoggingSystem::Rsyslog,
        [one] if one == "syslog-ng" => LoggingSystem::SyslogNg,
        [_] => LoggingSystem::Journald,
        _ => LoggingSystem::Several,
    };
    // journald's unit is static: it runs unless it is masked.
    let masked = services::masked(system, view, JOURNALD)?;
    let logging = if masked && used.is_empty() { LoggingSystem::None } else { logging };
    if !masked {
        used.push(JOURNALD.to_owned());
    }
    used.sort();
    Ok(Logging { system: logging, services: used })
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn see(tree: &Tree) -> LoggingSystem {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        observe(&system, &view).value().unwrap().system
    }

    #[test]
    fn what_is_enabled_is_in_use() {
        let tree = Tree::new();
        tree.file("usr/lib/systemd/system/systemd-journald.service", "[Service]\n");
        assert_eq!(see(&tree), LoggingSystem::Journald);
        tree.enable("systemd-journal-upload");
        assert_eq!(see(&tree), LoggingSystem::Journald);
        tree.enable("rsyslog");
        assert_eq!(see(&tree), LoggingSystem::Several);
        tree.link("etc/systemd/system/systemd-journal-upload.service", "/dev/null");
        assert_eq!(see(&tree), LoggingSystem::Rsyslog);
        tree.link("etc/systemd/system/rsyslog.service", "/dev/null");
        tree.enable("syslog-ng");
        assert_eq!(see(&tree), LoggingSystem::SyslogNg);
        tree.link("etc/systemd/system/syslog-ng.service", "/dev/null");
        assert_eq!(see(&tree), LoggingSystem::Journald);
        tree.link("etc/systemd/system/systemd-journald.service", "/dev/null");
        assert_eq!(see(&tree), LoggingSystem::None);
    }

    #[test]
    fn what_runs_without_being_enabled_is_in_use() {
        let tree = Tree::new();
        tree.file("usr/lib/systemd/system/rsyslog.service", "[Service]\n").file("run/systemd/system/x", "");
        tree.file("run/systemd/units/x", "");
        assert_eq!(see(&tree), LoggingSystem::Journald);
        tree.link("run/systemd/units/invocation:rsyslog.service", "0123");
        assert_eq!(see(&tree), LoggingSystem::Rsyslog);
    }
}
