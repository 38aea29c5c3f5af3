//! What AppArmor does, as the kernel shows it.

use std::collections::BTreeSet;

use regex::Regex;

use super::{System, View, namespace};
use crate::facts::{AppArmor, AppArmorProfile, Gap, GapKind, Observed};

const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
const FOLDER: &str = "/sys/kernel/security/apparmor";

/// Whether it is on, its profiles, and who escapes them.
pub fn observe(system: &System, view: &View) -> AppArmor {
    let enabled = enabled(system);
    let profiles = match &enabled {
        Ok(true) => profiles(system),
        Ok(false) => Ok(Vec::new()),
        Err(gap) => Err(gap.clone()),
    };
    let unconfined = match &profiles {
        Ok(profiles) if profiles.is_empty() => Ok(Vec::new()),
        Ok(profiles) => view.files().and_then(|()| unconfined(system, profiles)),
        Err(gap) => Err(gap.clone()),
    };
    AppArmor { enabled: enabled.into(), profiles: Observed::from(profiles), unconfined: unconfined.into() }
}

fn enabled(system: &System) -> Result<bool, Gap> {
    match system.read(ENABLED) {
        Ok(text) => Ok(text.trim() == "Y"),
        // A kernel without it; without /sys nothing would be known.
        Err(gap) if gap.kind == GapKind::Missing && system.entries("/sys/module").is_ok() => Ok(false),
        Err(gap) => Err(gap),
    }
}

/// Lines such as `/usr/bin/man//filter (enforce)`.
fn profiles(system: &System) -> Result<Vec<AppArmorProfile>, Gap> {
    let path = format!("{FOLDER}/profiles");
    let text = system.read_large(&path, 16 << 20)?;
    let profile = |line: &str| {
        let (name, mode) = line.strip_suffix(')')?.rsplit_once(" (")?;
        Some(AppArmorProfile { name: name.to_owned(), mode: mode.to_owned() })
    };
    let malformed = |line: &str| Gap::new(GapKind::Malformed, format!("{path}: {line:?}"));
    text.lines().map(|line| profile(line).ok_or_else(|| malformed(line))).collect()
}

/// Programs that run unconfined and that a profile is meant for.
fn unconfined(system: &System, profiles: &[AppArmorProfile]) -> Result<Vec<String>, Gap> {
    namespace::sees_the_machine(system)?;
    let attachments = attachments(system, profiles)?;
    let mut found = BTreeSet::new();
    for pid in system.list("/proc")?.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        let label = system
            .read_lossy(format!("/proc/{pid}/attr/apparmor/current"))
            .or_else(|_| system.read_lossy(format!("/proc/{pid}/attr/current")));
        match label {
            Ok(label) if label.trim_end_matches(['\n', '\0']) == "unconfined" => {}
            Ok(_) => continue,
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => continue,
            Err(gap) => return Err(gap),
        }
        match system.link(format!("/proc/{pid}/exe")) {
            Ok(program) => {
                let program = program.to_string_lossy();
                let program = program.strip_suffix(" (deleted)").unwrap_or(&program);
                if attachments.iter().any(|attachment| attachment.is_match(program)) {
                    found.insert(program.to_owned());
                }
            }
            // A thread of the kernel, or what has ended.
            Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => {}
            Err(gap) => return Err(gap),
        }
    }
    Ok(found.into_iter().collect())
}

/// AppArmor's patterns of paths as regular expressions: one star stops at a slash, two do not.
fn expression(pattern: &str) -> Result<Regex, Gap> {
    let mut text = String::from("^");
    let mut characters = pattern.chars().peekable();
    let mut braces = 0;
    while let Some(c) = characters.next() {
        match c {
            '*' if characters.next_if_eq(&'*').is_some() => text.push_str(".*"),
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '[' | ']' => text.push(c),
            '{' => {
                braces += 1;
                text.push_str("(?:");
            }
            '}' => {
                braces -= 1;
                text.push(')');
            }
            ',' if braces > 0 => text.push('|'),
            '\\' => text.extend(characters.next().map(|next| regex::escape(&next.to_string()))),
            c => text.push_str(&regex::escape(&c.to_string())),
        }
    }
    let gap = |error: regex::Error| Gap::new(GapKind::Malformed, format!("attachment {pattern:?}: {error}"));
    Regex::new(&(text + "$")).map_err(gap)
}

/// The programs that profiles are for, as the kernel lists them; an old kernel has only profiles that are named after theirs.
fn attachments(system: &System, profiles: &[AppArmorProfile]) -> Result<Vec<Regex>, Gap> {
    let folder = format!("{FOLDER}/policy/profiles");
    let patterns: Vec<String> = match system.list(&folder) {
        Ok(names) => {
            let attach = |name: &String| match system.read_lossy(format!("{folder}/{name}/attach")) {
                Ok(text) => Some(Ok(text.trim_end().to_owned())),
                Err(gap) if matches!(gap.kind, GapKind::Missing | GapKind::Gone) => None,
                Err(gap) => Some(Err(gap)),
            };
            names.iter().filter_map(attach).collect::<Result<_, _>>()?
        }
        Err(gap) if gap.kind == GapKind::Missing => profiles.iter().map(|profile| profile.name.clone()).collect(),
        Err(gap) => return Err(gap),
    };
    // A profile that stands for no program is entered by name; its attachment is shown as <unknown>.
    patterns.iter().filter(|pattern| pattern.starts_with(['/', '{'])).map(|pattern| expression(pattern)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn look(tree: &Tree) -> AppArmor {
        let system = tree.system();
        observe(&system, &View::observe(&system, &Reference::observe(&system, None)))
    }

    fn machine() -> Tree {
        let tree = Tree::new();
        tree.file("sys/module/apparmor/parameters/enabled", "Y\n");
        tree.file(
            "sys/kernel/security/apparmor/profiles",
            "/usr/bin/man (enforce)\n/usr/bin/man//filter (enforce)\na (b) c (complain)\nchrome (unconfined)\n",
        );
        for pid in [1, 2, 50] {
            tree.file(&format!("proc/{pid}/attr/current"), "unconfined\n");
        }
        tree
    }

    #[test]
    fn profiles_have_modes() {
        let tree = machine();
        let found = look(&tree);
        assert_eq!(found.enabled.value(), Some(&true));
        let told: Vec<String> = found
            .profiles
            .value()
            .unwrap()
            .iter()
            .map(|profile| format!("{}={}", profile.name, profile.mode))
            .collect();
        assert_eq!(
            told,
            ["/usr/bin/man=enforce", "/usr/bin/man//filter=enforce", "a (b) c=complain", "chrome=unconfined"]
        );
        assert_eq!(found.unconfined.value().unwrap(), &[""; 0]);
        tree.file("sys/kernel/security/apparmor/profiles", "torn (enf");
        assert_eq!(look(&tree).profiles.gap().unwrap().kind, GapKind::Malformed);
    }

    #[test]
    fn programs_that_escape_their_profile_are_found() {
        let tree = machine();
        tree.process(60, &[])
            .link("proc/60/exe", "/usr/bin/man (deleted)")
            .file("proc/60/attr/current", "unconfined\n");
        assert_eq!(look(&tree).unconfined.value().unwrap(), &["/usr/bin/man"]);
        tree.file("proc/60/attr/apparmor/current", "/usr/bin/man (enforce)\n");
        assert_eq!(look(&tree).unconfined.value().unwrap(), &[""; 0]);
        // The kernel's own list of what profiles are for.
        let policy = "sys/kernel/security/apparmor/policy/profiles";
        tree.file(&format!("{policy}/chrome.1/attach"), "/{,usr/}opt/*/x?/chrome\n");
        tree.file(&format!("{policy}/child.2/attach"), "<unknown>\n");
        tree.process(61, &[]).link("proc/61/exe", "/opt/google/chrome").file("proc/61/attr/current", "unconfined\n");
        tree.process(62, &[]).link("proc/62/exe", "/opt/x/xy/chrome").file("proc/62/attr/current", "unconfined\n");
        assert_eq!(look(&tree).unconfined.value().unwrap(), &["/opt/x/xy/chrome"]);
        tree.file(&format!("{policy}/bad.3/attach"), "/a[\n");
        assert_eq!(look(&tree).unconfined.gap().unwrap().kind, GapKind::Malformed);
    }

    #[test]
    fn a_kernel_without_it_has_no_profiles() {
        let tree = Tree::new();
        assert_eq!(look(&tree).profiles.gap().unwrap().kind, GapKind::Missing);
        tree.file("sys/module/kernel/x", "");
        let found = look(&tree);
        assert_eq!((found.enabled.value(), found.profiles.value().map(Vec::len)), (Some(&false), Some(0)));
        tree.file("sys/module/apparmor/parameters/enabled", "Y\n");
        assert_eq!(look(&tree).profiles.gap().unwrap().kind, GapKind::Missing);
    }
}
