//! The files and directories that audit lives from.

use std::path::{Path, PathBuf};

use crate::facts::{AuditFile, AuditRole, Gap, GapKind, Observed};
use crate::probe::System;
use crate::probe::file::access;

/// Programs that read, change or load audit's records and rules.
const TOOLS: [&str; 6] =
    ["/sbin/auditctl", "/sbin/auditd", "/sbin/augenrules", "/sbin/aureport", "/sbin/ausearch", "/sbin/autrace"];
/// How deep directories are followed.
const MAX_DEPTH: usize = 8;

/// Every file that is there, sorted by role and path.
pub(super) fn observe(system: &System, log: Result<&str, Gap>) -> Observed<Vec<AuditFile>> {
    let mut found = Vec::new();
    match log.map(|log| Path::new(log).parent().unwrap_or(Path::new("/"))) {
        Ok(folder) => {
            add(system, AuditRole::LogDirectory, folder, &mut found);
            add_below(system, AuditRole::Log, folder, &|_| true, &mut found);
        }
        Err(gap) => {
            [AuditRole::LogDirectory, AuditRole::Log]
                .iter()
                .for_each(|role| found.push(lost(*role, String::new(), &gap)));
        }
    }
    let is_config = |path: &Path| path.extension().is_some_and(|ending| ending == "conf" || ending == "rules");
    add_below(system, AuditRole::Config, Path::new("/etc/audit"), &is_config, &mut found);
    TOOLS.iter().for_each(|tool| add(system, AuditRole::Tool, Path::new(tool), &mut found));
    found.sort_by(|a, b| (a.role, &a.path).cmp(&(b.role, &b.path)));
    Observed::known(found)
}

fn lost(role: AuditRole, path: String, gap: &Gap) -> AuditFile {
    AuditFile { role, path, file: gap.clone().into() }
}

/// Adds what a path leads to, if it leads anywhere.
fn add(system: &System, role: AuditRole, path: &Path, found: &mut Vec<AuditFile>) {
    let shown = path.display().to_string();
    match access::observe(system, path, &Ok(0)) {
        Ok((access, _)) => found.push(AuditFile { role, path: shown, file: Observed::known(access) }),
        Err(gap) if gap.kind == GapKind::Missing => {}
        Err(gap) => found.push(lost(role, shown, &gap)),
    }
}

/// Adds the regular files below a directory that are wanted; symbolic links are not followed.
fn add_below(
    system: &System,
    role: AuditRole,
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<AuditFile>,
) {
    let mut folders: Vec<(PathBuf, usize)> = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let names = match system.entries(&folder) {
            Ok(names) => names,
            Err(gap) if gap.kind == GapKind::Missing => continue,
            Err(gap) => {
                found.push(lost(role, folder.display().to_string(), &gap));
                continue;
            }
        };
        for path in names.into_iter().map(|name| folder.join(name)) {
            let kind = system.resolve(&folder).map(|real| system.real(real.join(path.file_name().unwrap_or_default())));
            match kind.map(|real| real.symlink_metadata()) {
                Ok(Ok(metadata)) if metadata.is_dir() && depth < MAX_DEPTH => folders.push((path, depth + 1)),
                Ok(Ok(metadata)) if metadata.is_file() && wanted(&path) => add(system, role, &path, found),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::probe::tree::Tree;

    #[test]
    fn logs_configuration_and_tools_are_found() {
        let tree = Tree::new();
        tree.file("var/log/audit/audit.log", "")
            .file("var/log/audit/audit.log.1", "")
            .link("var/log/audit/link", "/etc/passwd")
            .file("etc/audit/auditd.conf", "")
            .file("etc/audit/rules.d/a.rules", "")
            .file("etc/audit/rules.d/README", "")
            .file("sbin/auditctl", "");
        let real = tree.system().real("/var/log/audit/audit.log.1");
        std::fs::set_permissions(real, std::fs::Permissions::from_mode(0o604)).unwrap();
        let found = observe(&tree.system(), Ok("/var/log/audit/audit.log"));
        let found = found.value().unwrap();
        let shown: Vec<(AuditRole, &str)> = found.iter().map(|file| (file.role, file.path.as_str())).collect();
        let expect = [
            (AuditRole::LogDirectory, "/var/log/audit"),
            (AuditRole::Log, "/var/log/audit/audit.log"),
            (AuditRole::Log, "/var/log/audit/audit.log.1"),
            (AuditRole::Config, "/etc/audit/auditd.conf"),
            (AuditRole::Config, "/etc/audit/rules.d/a.rules"),
            (AuditRole::Tool, "/sbin/auditctl"),
        ];
        assert_eq!(shown, expect);
        assert_eq!(found[2].file.value().unwrap().mode, 0o604);
    }

    #[test]
    fn logs_whose_place_is_not_known_are_not_left_out() {
        let gap = Gap::new(GapKind::Malformed, "x");
        let found = observe(&Tree::new().system(), Err(gap));
        let roles: Vec<_> = found.value().unwrap().iter().map(|file| (file.role, file.file.gap().is_some())).collect();
        assert_eq!(roles, [(AuditRole::LogDirectory, true), (AuditRole::Log, true)]);
    }
}
