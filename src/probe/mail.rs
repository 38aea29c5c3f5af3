//! To which addresses mail servers are told to listen.

use super::{System, View, shell_variables};
use crate::facts::{Gap, GapKind, Mail, Observed};

const POSTFIX: &str = "/etc/postfix/main.cf";
const EXIM: &str = "/etc/exim4/update-exim4.conf.conf";

/// What is configured.
pub fn observe(system: &System, view: &View) -> Observed<Mail> {
    match view.files() {
        Ok(()) => Observed::known(Mail { postfix_interfaces: postfix(system), exim_interfaces: exim(system) }),
        Err(gap) => gap.into(),
    }
}

/// Postfix's parameters (`man 5 postconf`): the last assignment counts, and a line that begins with white space continues the one
/// before.
fn postfix(system: &System) -> Observed<String> {
    let text = match system.read_lossy(POSTFIX) {
        Ok(text) => text,
        Err(gap) if gap.kind == GapKind::Missing => return Observed::known(String::new()),
        Err(gap) => return gap.into(),
    };
    let mut assignments: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match assignments.last_mut() {
            _ if line.trim_start().starts_with('#') => {}
            Some((_, value)) if line.starts_with([' ', '\t']) => value.extend([" ", line.trim()]),
            _ => assignments.push((number + 1, line.trim().to_owned())),
        }
    }
    let set = assignments.iter().rev().find_map(|(number, line)| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "inet_interfaces").then(|| (number, value.trim()))
    });
    match set {
        Some((number, value)) if value.contains('$') => {
            Gap::new(GapKind::Unsupported, format!("{POSTFIX}:{number}: {value} names another parameter")).into()
        }
        Some((number, value)) => Observed::from_source(value.to_owned(), format!("{POSTFIX}:{number}")),
        None => Observed::known("all".to_owned()),
    }
}

fn exim(system: &System) -> Observed<String> {
    match system.resolve(EXIM) {
        Ok(_) => shell_variables::value(system, EXIM, "dc_local_interfaces")
            .map(|value| if value.trim().is_empty() { "all".to_owned() } else { value }),
        Err(gap) if gap.kind == GapKind::Missing => Observed::known(String::new()),
        Err(gap) => gap.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn look(tree: &Tree) -> Mail {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        observe(&system, &view).value().unwrap().clone()
    }

    #[test]
    fn defaults_are_every_address() {
        let tree = Tree::new();
        let found = look(&tree);
        assert_eq!(
            (found.postfix_interfaces.value().unwrap().as_str(), found.exim_interfaces.value().unwrap().as_str()),
            ("", "")
        );
        tree.file("etc/postfix/main.cf", "myhostname = x\n")
            .file("etc/exim4/update-exim4.conf.conf", "dc_local_interfaces=''\n");
        let found = look(&tree);
        assert_eq!(
            (found.postfix_interfaces.value().unwrap().as_str(), found.exim_interfaces.value().unwrap().as_str()),
            ("all", "all")
        );
    }

    #[test]
    fn the_last_assignment_counts_with_its_continuation() {
        let tree = Tree::new();
        tree.file(
            "etc/postfix/main.cf",
            " lost\ninet_interfaces = all\ninet_interfaces=127.0.0.1,\n# c\n\n   [::1]\n#inet_interfaces = all\n",
        );
        tree.file("etc/exim4/update-exim4.conf.conf", "dc_local_interfaces='127.0.0.1 ; ::1'\n");
        let found = look(&tree);
        assert_eq!(found.postfix_interfaces.value().unwrap(), "127.0.0.1, [::1]");
        assert_eq!(found.exim_interfaces.value().unwrap(), "127.0.0.1 ; ::1");
        tree.file("etc/postfix/main.cf", "inet_interfaces = $myhostname\n");
        assert_eq!(look(&tree).postfix_interfaces.gap().unwrap().kind, GapKind::Unsupported);
    }
}
