//! What `/etc/motd` and its like say of the system.

use std::collections::BTreeMap;

use super::{System, View, shell_variables};
use crate::facts::{Banner, Gap, GapKind, Observed};

/// Escapes that login programs fill in with something about the system; they are told apart by the letter in either case.
const ESCAPES: [&str; 4] = ["\\m", "\\r", "\\s", "\\v"];
/// Where a distribution says its name; the first that is there counts.
const RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// The texts at these paths.
pub fn observe<'n>(
    system: &System,
    view: &View,
    paths: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Observed<Banner>> {
    let mut paths = paths.peekable();
    if paths.peek().is_none() {
        return BTreeMap::new();
    }
    let names = view.files().and_then(|()| names(system));
    let look = |path: &str| names.as_ref().map_err(Clone::clone).and_then(|names| banner(system, path, names));
    paths.map(|path| (path.clone(), look(path).into())).collect()
}

fn banner(system: &System, path: &str, names: &[String]) -> Result<Banner, Gap> {
    let text = match system.read_lossy(path) {
        Ok(text) => text,
        Err(gap) if gap.kind == GapKind::Missing => String::new(),
        Err(gap) => return Err(gap),
    };
    let lower = text.to_lowercase();
    let told = ESCAPES.iter().map(|escape| (*escape).to_owned()).chain(names.iter().cloned());
    let reveals = told.filter(|told| lower.contains(&told.to_lowercase())).collect();
    Ok(Banner { says_something: !text.trim().is_empty(), reveals })
}

/// The distribution's identifier and name.
fn names(system: &System) -> Result<Vec<String>, Gap> {
    let there = RELEASE.iter().find(|path| system.resolve(path).is_ok());
    let path = there.ok_or_else(|| Gap::new(GapKind::Missing, "/etc/os-release: there is none"))?;
    let mut names: Vec<String> = Vec::new();
    for variable in ["ID", "NAME"] {
        let name = shell_variables::value(system, path, variable).as_known()?.clone();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { Err(Gap::new(GapKind::Malformed, format!("{path}: neither ID nor NAME"))) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn ask(tree: &Tree) -> Observed<Banner> {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        let path = "/etc/issue".to_owned();
        observe(&system, &view, [&path].into_iter()).remove(&path).unwrap()
    }

    #[test]
    fn escapes_and_names_reveal() {
        let tree = Tree::new();
        assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Missing);
        tree.file("usr/lib/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\n");
        assert_eq!(ask(&tree).value().unwrap(), &Banner { says_something: false, reveals: Vec::new() });
        for (text, says, reveals) in [
            ("Debian GNU/Linux 12 \\n \\l\n", true, vec!["debian", "Debian GNU/Linux"]),
            ("\\S{PRETTY_NAME} \\R", true, vec!["\\r", "\\s"]),
            ("Authorised users only\n", true, vec![]),
            ("DEBIAN", true, vec!["debian"]),
            (" \n\n", false, vec![]),
        ] {
            tree.file("etc/issue", text);
            let banner = ask(&tree);
            let banner = banner.value().unwrap();
            assert_eq!((banner.says_something, banner.reveals.iter().map(String::as_str).collect()), (says, reveals));
        }
        tree.file("etc/issue", b"\xff\\m".as_slice());
        assert_eq!(ask(&tree).value().unwrap().reveals, ["\\m"]);
        tree.remove("etc/issue").link("etc/issue", "issue");
        assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Malformed);
    }
}
