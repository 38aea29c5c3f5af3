//! Where names come from besides the machine's own files.

use super::{System, none_if_missing};
use crate::facts::{Gap, GapKind};

/// Services that read the machine's own files, or that only know what the machine made itself.
const LOCAL: &[&str] = &["files", "compat", "systemd"];
/// Where systemd's records of accounts and groups lie; the C library asks for them through `systemd`.
const RECORDS: &[&str] = &["/etc/userdb", "/run/userdb", "/run/host/userdb", "/usr/lib/userdb"];

/// The services that a database of `/etc/nsswitch.conf` is asked from, in order; none without such a line.
pub(super) fn services(system: &System, database: &str) -> Result<Vec<String>, Gap> {
    let switch = none_if_missing(system.read_lossy("/etc/nsswitch.conf"))?.unwrap_or_default();
    let entry = |line: &str| {
        let (name, services) = line.split('#').next()?.split_once(':')?;
        (name.trim() == database).then(|| services.to_owned())
    };
    // The C library takes the last line of a database.
    let services = switch.lines().filter_map(entry).next_back().unwrap_or_default();
    let mut actions = 0_u32;
    let mut found = Vec::new();
    for word in services.replace('[', " [ ").replace(']', " ] ").split_whitespace() {
        match word {
            "[" => actions += 1,
            "]" => actions = actions.saturating_sub(1),
            word if actions == 0 => found.push(word.to_owned()),
            _ => {}
        }
    }
    Ok(found)
}

/// The first service of a database that may know names which the machine's own files do not have.
pub(super) fn elsewhere(system: &System, database: &str) -> Result<Option<String>, Gap> {
    Ok(services(system, database)?.into_iter().find(|service| !LOCAL.contains(&service.as_str())))
}

/// Errs where accounts (`passwd`) or groups (`group`) may come from elsewhere than the database's file.
pub(super) fn all_local(system: &System, database: &str) -> Result<(), Gap> {
    let gap = |from: &str| {
        Gap::new(GapKind::Unsupported, format!("some may come from {from} ({database} in /etc/nsswitch.conf)"))
    };
    if let Some(service) = elsewhere(system, database)? {
        return Err(gap(&service));
    }
    let services = services(system, database)?;
    let uses = |name: &str| services.iter().any(|service| service == name);
    if uses("compat") {
        let text = none_if_missing(system.read_lossy(format!("/etc/{database}")))?.unwrap_or_default();
        if text.lines().any(|line| line.starts_with(['+', '-'])) {
            return Err(gap("NIS"));
        }
    }
    if uses("systemd") {
        let ending = if database == "passwd" { ".user" } else { ".group" };
        for folder in RECORDS.iter().filter(|folder| !system.fills_later(folder)) {
            let names = none_if_missing(system.list(folder))?.unwrap_or_default();
            if names.iter().any(|name| name.ends_with(ending)) {
                return Err(gap(folder));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tree::Tree;

    #[test]
    fn only_files_of_the_machine_are_local() {
        let tree = Tree::new();
        let local = || all_local(&tree.system(), "passwd").map_err(|gap| gap.detail);
        assert_eq!(local(), Ok(()));
        for switch in ["passwd: files systemd\ngroup: files sss\n", "passwd:files\n", "#passwd: ldap\nshadow: ldap\n"] {
            tree.file("etc/nsswitch.conf", switch);
            assert_eq!(local(), Ok(()), "{switch}");
        }
        for (switch, from) in [
            ("passwd: files sss\n", "sss"),
            ("passwd:\tfiles[NOTFOUND=return]ldap # people\n", "ldap"),
            ("passwd: files\npasswd: winbind files\n", "winbind"),
            (" passwd : db files\n", "db"),
        ] {
            tree.file("etc/nsswitch.conf", switch);
            assert_eq!(local(), Err(format!("some may come from {from} (passwd in /etc/nsswitch.conf)")), "{switch}");
        }
        tree.file("etc/nsswitch.conf", "passwd: [ SUCCESS=merge other ] files\n");
        assert_eq!(local(), Ok(()));
        tree.file("etc/nsswitch.conf", [b'p', 0xff, b'\n']);
        assert_eq!(local(), Ok(()));
    }

    #[test]
    fn network_entries_and_systemd_records_count_where_they_are_asked() {
        let tree = Tree::new();
        let local = || all_local(&tree.system(), "passwd").is_ok();
        tree.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n+::::::\n").file("etc/nsswitch.conf", "passwd: files\n");
        assert!(local());
        tree.file("etc/nsswitch.conf", "passwd: compat\n");
        assert!(!local());
        tree.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        assert!(local());
        tree.file("etc/userdb/eve.user", "{}");
        assert!(local());
        tree.file("etc/nsswitch.conf", "passwd: files systemd\n");
        assert!(!local());
        tree.remove("etc/userdb").file("etc/userdb/eve.group", "{}");
        assert!(local() && all_local(&tree.system(), "group").is_ok());
        tree.file("etc/nsswitch.conf", "group: files systemd\n");
        assert!(all_local(&tree.system(), "group").is_err());
    }
}
