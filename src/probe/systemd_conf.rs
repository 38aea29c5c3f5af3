//! Settings of systemd's own programs: a main file and drop-ins, of which the last word counts (`man systemd-system.conf`).

use std::path::PathBuf;

use super::{System, conf_files};
use crate::facts::{Gap, GapKind, Observed};

/// Directories of drop-ins, the one that counts first.
const FOLDERS: [&str; 4] = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

/// A setting in a section of a program's configuration, such as `Storage` of `[Coredump]` in `coredump.conf`; empty where it is
/// not set, or set to nothing, which means the program's own default.
pub(super) fn value(system: &System, file: &str, section: &str, setting: &str) -> Observed<String> {
    match look(system, file, section, setting) {
        Ok(Some((value, place))) => Observed::from_source(value, place),
        Ok(None) => Observed::known(String::new()),
        Err(gap) => gap.into(),
    }
}

fn look(system: &System, file: &str, section: &str, setting: &str) -> Result<Option<(String, String)>, Gap> {
    let drop_ins: Vec<PathBuf> = FOLDERS.iter().map(|folder| PathBuf::from(format!("{folder}/{file}.d"))).collect();
    let mut files = vec![PathBuf::from(format!("/etc/systemd/{file}"))];
    files.extend(conf_files::in_order(system, &drop_ins, conf_files::is_conf)?);
    let mut found = None;
    for path in files {
        let text = match system.read_lossy(&path) {
            Ok(text) => text,
            Err(gap) if gap.kind == GapKind::Missing => continue,
            Err(gap) => return Err(gap),
        };
        let mut inside = false;
        for (number, line) in text.lines().map(str::trim).enumerate() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                inside = name == section;
            } else if inside
                && !line.starts_with(['#', ';'])
                && let Some((key, value)) = line.split_once('=')
                && key.trim() == setting
            {
                found = Some((value.trim().to_owned(), format!("{}:{}", path.display(), number + 1)));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn the_last_word_in_the_section_counts() {
        let tree = Tree::new();
        let ask = || match value(&tree.system(), "coredump.conf", "Coredump", "Storage") {
            Observed::Known { value, source } => format!("{value} {}", source.unwrap_or_default()),
            Observed::Unknown { gap, .. } => gap.to_string(),
        };
        assert_eq!(ask(), " ");
        tree.file(
            "etc/systemd/coredump.conf",
            "Storage=a\n[Other]\nStorage=b\n[Coredump]\n#Storage=c\n Storage = none\n",
        );
        assert_eq!(ask(), "none /etc/systemd/coredump.conf:6");
        tree.file("usr/lib/systemd/coredump.conf.d/50.conf", "[Coredump]\nStorage=external\nStorageX=1\n");
        assert_eq!(ask(), "external /usr/lib/systemd/coredump.conf.d/50.conf:2");
        tree.file("etc/systemd/coredump.conf.d/50.conf", "[Coredump]\n");
        assert_eq!(ask(), "none /etc/systemd/coredump.conf:6");
        tree.file("run/systemd/coredump.conf.d/60.conf", "[Coredump]\nStorage=\n");
        assert_eq!(ask(), " /run/systemd/coredump.conf.d/60.conf:2");
        tree.link("etc/systemd/coredump.conf.d/60.conf", "60.conf");
        assert!(ask().starts_with("malformed"), "{}", ask());
    }
}
