//! The settings of auditd.

use crate::facts::{AuditDaemon, Gap, GapKind};
use crate::probe::System;

const PATH: &str = "/etc/audit/auditd.conf";
/// Where the log is unless the settings say otherwise.
pub(super) const LOG: &str = "/var/log/audit/audit.log";

/// Reads the daemon's settings; nothing when there is no configuration.
pub(super) fn read(system: &System) -> Result<Option<AuditDaemon>, Gap> {
    match system.read_lossy(PATH) {
        Ok(text) => parse(&text).map(Some).map_err(|why| Gap::new(GapKind::Malformed, format!("{PATH}:{why}"))),
        Err(gap) if gap.kind == GapKind::Missing => Ok(None),
        Err(gap) => Err(gap),
    }
}

/// The daemon's defaults.
fn defaults() -> AuditDaemon {
    AuditDaemon {
        log_file: LOG.to_owned(),
        log_group: "root".to_owned(),
        max_log_file: 0,
        max_log_file_action: "ignore".to_owned(),
        space_left_action: "ignore".to_owned(),
        admin_space_left_action: "ignore".to_owned(),
        disk_full_action: "ignore".to_owned(),
        disk_error_action: "syslog".to_owned(),
        action_mail_acct: "root".to_owned(),
    }
}

/// The daemon wants `name = value` in words of their own and does not start otherwise; a later line wins.
fn parse(text: &str) -> Result<AuditDaemon, String> {
    let mut found = defaults();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let Some(name) = words.next().filter(|name| !name.starts_with('#')) else { continue };
        let (Some("="), Some(value)) = (words.next(), words.next()) else {
            return Err(format!("{}: not `name = value`", index + 1));
        };
        let word = value.to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "log_file" => found.log_file = value.to_owned(),
            "log_group" => found.log_group = value.to_owned(),
            "action_mail_acct" => found.action_mail_acct = value.to_owned(),
            "max_log_file" => match value.parse() {
                Ok(size @ 0..) => found.max_log_file = size,
                _ => return Err(format!("{}: max_log_file takes a number", index + 1)),
            },
            "max_log_file_action" => found.max_log_file_action = word,
            "space_left_action" => found.space_left_action = word,
            "admin_space_left_action" => found.admin_space_left_action = word,
            "disk_full_action" => found.disk_full_action = word,
            "disk_error_action" => found.disk_error_action = word,
            _ => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_the_daemon_reads_them() {
        let text = "#\n# x\n\nlog_file = /srv/log/a.log\nLog_Group = adm\nmax_log_file = 8\nmax_log_file = 16\n\
                    max_log_file_action = KEEP_LOGS\nspace_left_action = exec /usr/local/bin/warn\nname_format = NONE\n##name = x\n";
        let daemon = parse(text).unwrap();
        assert_eq!((daemon.log_file.as_str(), daemon.log_group.as_str()), ("/srv/log/a.log", "adm"));
        assert_eq!((daemon.max_log_file, daemon.max_log_file_action.as_str()), (16, "keep_logs"));
        assert_eq!((daemon.space_left_action.as_str(), daemon.disk_error_action.as_str()), ("exec", "syslog"));
    }

    #[test]
    fn what_the_daemon_does_not_start_with_is_an_error() {
        for text in ["max_log_file=8\n", "max_log_file\n", "max_log_file =\n", "max_log_file = many\n", "a b c\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("a = b\nmax_log_file = -1"), Err("2: max_log_file takes a number".to_owned()));
    }
}
