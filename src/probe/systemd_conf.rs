//! Configuration of systemd's own programs, such as journald.conf: a main file and drop-ins (`man systemd.syntax`).

use std::path::{Path, PathBuf};

use super::conf_files::{self, is_conf};
use super::{System, none_if_missing};
use crate::facts::{Gap, GapKind, Observed};

/// Where they lie, the directory that counts first.
const FOLDERS: [&str; 4] = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
    /// File and line.
    pub(super) place: String,
}

/// The assignments of all files that count, in the order in which they are read.
#[derive(Debug)]
pub(super) struct Settings(Vec<Setting>);

impl Settings {
    /// Reads `NAME.conf`, of which the first that is there counts, and then its drop-ins in `NAME.conf.d`.
    pub(super) fn read(system: &System, name: &str) -> Result<Self, Gap> {
        let mut found = Vec::new();
        for folder in FOLDERS.iter().filter(|folder| !system.fills_later(folder)) {
            let path = Path::new(folder).join(format!("{name}.conf"));
            if let Some(text) = none_if_missing(read(system, &path))? {
                found.extend(parse(&text, &path));
                break;
            }
        }
        let drop_ins: Vec<PathBuf> =
            FOLDERS.iter().map(|folder| Path::new(folder).join(format!("{name}.conf.d"))).collect();
        for path in conf_files::in_order(system, &drop_ins, is_conf)? {
            found.extend(parse(&read(system, &path)?, &path));
        }
        Ok(Self(found))
    }

    /// The assignments to a key, in order.
    pub(super) fn of(&self, section: &str, key: &str) -> impl DoubleEndedIterator<Item = &Setting> {
        self.0.iter().filter(move |setting| setting.section == section && setting.key == key)
    }

    /// The last value that a program can make something of; an empty one gives the default back, others are passed over as the
    /// program does with a warning.
    pub(super) fn last<T>(
        &self,
        (section, key): (&str, &str),
        understand: impl Fn(&str) -> Option<T>,
        default: impl FnOnce() -> Observed<T>,
    ) -> Observed<T> {
        for setting in self.of(section, key).rev() {
            if setting.value.is_empty() {
                break;
            }
            if let Some(value) = understand(&setting.value) {
                return Observed::from_source(value, setting.place.clone());
            }
        }
        default()
    }

    /// The last value of a text.
    pub(super) fn text(&self, place: (&str, &str), default: &str) -> Observed<String> {
        self.last(place, |value| Some(value.to_owned()), || Observed::from_source(default.to_owned(), "the default"))
    }
}

/// A setting in a section of a program's configuration, such as `Storage` of `[Coredump]` in `coredump.conf`; empty where it is
/// not set, or set to nothing, which means the program's own default.
pub(super) fn value(system: &System, file: &str, section: &str, setting: &str) -> Observed<String> {
    let read = Settings::read(system, file.strip_suffix(".conf").unwrap_or(file));
    let last = read.map(|settings| settings.of(section, setting).next_back().cloned());
    match last {
        Ok(Some(setting)) => Observed::from_source(setting.value, setting.place),
        Ok(None) => Observed::known(String::new()),
        Err(gap) => gap.into(),
    }
}

/// A file's text. `/dev/null` in the place of a main file is an empty one.
fn read(system: &System, path: &Path) -> Result<String, Gap> {
    match system.resolve(path) {
        Ok(target) if target == Path::new("/dev/null") => Ok(String::new()),
        Ok(_) => system.read_lossy(path),
        Err(gap) => Err(gap),
    }
}

/// The assignments of one file. Lines that are none are passed over, as systemd does with a warning.
pub(super) fn parse(text: &str, path: &Path) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut section = String::new();
    // A line that goes on, and where it began.
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        // A comment does not end a line that goes on.
        if line.starts_with(['#', ';']) || line.is_empty() && begun.is_none() {
            continue;
        }
        let (start, whole) = match begun.take() {
            Some((start, before)) => (start, format!("{before} {line}")),
            None => (number + 1, line.to_owned()),
        };
        if let Some(before) = whole.strip_suffix('\\') {
            begun = Some((start, before.to_owned()));
            continue;
        }
        take(&whole, start, path, &mut section, &mut found);
    }
    if let Some((start, whole)) = begun {
        take(&whole, start, path, &mut section, &mut found);
    }
    found
}

fn take(line: &str, number: usize, path: &Path, section: &mut String, found: &mut Vec<Setting>) {
    if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        name.clone_into(section);
    } else if let Some((key, value)) = line.split_once('=') {
        found.push(Setting {
            section: section.clone(),
            key: key.trim().to_owned(),
            value: value.trim().to_owned(),
            place: format!("{}:{number}", path.display()),
        });
    }
}

/// True or false as systemd writes it.
pub(super) fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// A default that depends on how the program was built.
pub(super) fn build_default<T>(detail: &str) -> Observed<T> {
    Observed::unknown(GapKind::Unsupported, detail)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    fn settings(tree: &Tree) -> Settings {
        Settings::read(&tree.system(), "x").unwrap()
    }

    fn told(observed: Observed<String>) -> (String, String) {
        match observed {
            Observed::Known { value, source } => (value, source.unwrap()),
            Observed::Unknown { gap, .. } => panic!("{gap}"),
        }
    }

    #[test]
    fn drop_ins_come_after_the_first_main_file_and_mask_each_other_by_name() {
        let tree = Tree::new();
        let ask = |tree: &Tree| told(settings(tree).text(("S", "K"), "none"));
        assert_eq!(ask(&tree), ("none".to_owned(), "the default".to_owned()));
        tree.file("usr/lib/systemd/x.conf", "[S]\nK=vendor\n");
        assert_eq!(ask(&tree), ("vendor".to_owned(), "/usr/lib/systemd/x.conf:2".to_owned()));
        tree.file("etc/systemd/x.conf", "# no\n[S]\n  K =  main \n[T]\nK=other\n");
        assert_eq!(ask(&tree), ("main".to_owned(), "/etc/systemd/x.conf:3".to_owned()));
        tree.file("usr/lib/systemd/x.conf.d/50-a.conf", "[S]\nK=vendor\n")
            .file("run/systemd/x.conf.d/10-b.conf", "[S]\nK=run");
        assert_eq!(ask(&tree), ("vendor".to_owned(), "/usr/lib/systemd/x.conf.d/50-a.conf:2".to_owned()));
        tree.link("etc/systemd/x.conf.d/50-a.conf", "/dev/null");
        assert_eq!(ask(&tree), ("run".to_owned(), "/run/systemd/x.conf.d/10-b.conf:2".to_owned()));
        tree.file("etc/systemd/x.conf.d/10-c.conf", "[S]\nK=\n");
        assert_eq!(ask(&tree).0, "none");
        tree.file("etc/systemd/x.conf.d/10-c.txt", "[S]\nK=no\n")
            .file("etc/systemd/x.conf.d/.10-d.conf", "[S]\nK=no\n");
        assert_eq!(ask(&tree).0, "none");
    }

    #[test]
    fn a_key_belongs_to_its_section_and_a_line_may_go_on() {
        let tree = Tree::new();
        tree.file(
            "etc/systemd/x.conf",
            "K=early\n[s]\nK=case\n[S]\nK=one \\\n# between\n;also\n  two\\\n\nk=small\nno assignment\nL=x=y\n",
        );
        assert_eq!(told(settings(&tree).text(("S", "K"), "")).0, "one  two");
        assert_eq!(told(settings(&tree).text(("S", "L"), "")), ("x=y".to_owned(), "/etc/systemd/x.conf:12".to_owned()));
        tree.file("etc/systemd/x.conf", "\u{feff}[S]\nK=open\\");
        assert_eq!(told(settings(&tree).text(("S", "K"), "")).0, "open");
    }

    #[test]
    fn what_a_program_cannot_read_is_passed_over() {
        let tree = Tree::new();
        let ask = |tree: &Tree| settings(tree).last(("S", "B"), boolean, || Observed::known(true));
        tree.file("etc/systemd/x.conf", "[S]\nB=Off\nB=perhaps\n");
        assert_eq!(ask(&tree).value(), Some(&false));
        tree.file("etc/systemd/x.conf", b"[S]\nB=\xff\n").file("etc/systemd/x.conf.d/a.conf/inner", "");
        assert_eq!(ask(&tree).value(), Some(&true));
        tree.link("etc/systemd/x.conf.d/b.conf", "b.conf");
        assert!(Settings::read(&tree.system(), "x").is_err());
    }

    #[test]
    fn null_for_a_main_file_is_an_empty_one() {
        let tree = Tree::new();
        tree.file("dev/null", "").link("etc/systemd/x.conf", "/dev/null").file("usr/lib/systemd/x.conf", "[S]\nK=v\n");
        assert_eq!(told(settings(&tree).text(("S", "K"), "none")).0, "none");
    }

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
