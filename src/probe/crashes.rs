//! What becomes of programs that crash: limits on core dumps, systemd-coredump, apport.

use std::path::PathBuf;

use super::{System, View, conf_files, shell_variables, systemd_conf};
use crate::facts::{Crashes, Gap, GapKind, Observed};
use crate::plan::Plan;

/// What is configured.
pub fn observe(system: &System, view: &View, plan: &Plan) -> Observed<Crashes> {
    if let Err(gap) = view.files() {
        return gap.into();
    }
    let limits = limits(system);
    let setting = |name: &str| systemd_conf::value(system, "coredump.conf", "Coredump", name);
    Observed::known(Crashes {
        core_limit: match &limits {
            Ok(limits) => for_everybody(limits),
            Err(gap) => gap.clone().into(),
        },
        core_exceptions: limits.map(|limits| exceptions(&limits)).into(),
        coredump_storage: setting("Storage"),
        coredump_size: setting("ProcessSizeMax"),
        // apport's own test is for this value alone.
        apport_allowed: match plan.wants("crashes.apport_allowed") {
            true => shell_variables::value(system, "/etc/default/apport", "enabled").map(|value| value != "0"),
            false => Observed::not_collected(),
        },
    })
}

/// A hard limit on core dumps.
struct Limit {
    domain: String,
    value: String,
    place: String,
}

/// The limits in the order in which pam_limits reads them (`man limits.conf`).
fn limits(system: &System) -> Result<Vec<Limit>, Gap> {
    let mut files = vec![PathBuf::from("/etc/security/limits.conf")];
    files.extend(conf_files::in_order(system, &["/etc/security/limits.d"], conf_files::is_conf)?);
    let mut found = Vec::new();
    for path in files {
        let text = match system.read_lossy(&path) {
            Ok(text) => text,
            Err(gap) if gap.kind == GapKind::Missing => continue,
            Err(gap) => return Err(gap),
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let place = format!("{}:{}", path.display(), number + 1);
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                [domain, kind, item, value, ..]
                    if matches!(kind.to_lowercase().as_str(), "hard" | "-") && item.eq_ignore_ascii_case("core") =>
                {
                    found.push(Limit { domain: (*domain).to_owned(), value: (*value).to_lowercase(), place });
                }
                // Whoever this names has no limits.
                [domain, "-"] => {
                    found.push(Limit { domain: (*domain).to_owned(), value: "unlimited".to_owned(), place })
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

fn for_everybody(limits: &[Limit]) -> Observed<String> {
    match limits.iter().rev().find(|limit| limit.domain == "*") {
        Some(limit) => Observed::from_source(limit.value.clone(), limit.place.clone()),
        None => Observed::known(String::new()),
    }
}

/// A limit for one outranks that for everybody, wherever it stands.
fn exceptions(limits: &[Limit]) -> Vec<String> {
    let others = limits.iter().enumerate().filter(|(_, limit)| limit.domain != "*");
    // Of one name the last counts.
    let last = others.filter(|(at, limit)| !limits.iter().skip(at + 1).any(|later| later.domain == limit.domain));
    let allows = last.filter(|(_, limit)| limit.value != "0");
    allows.map(|(_, limit)| format!("{} {} ({})", limit.domain, limit.value, limit.place)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn look(tree: &Tree) -> Crashes {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        observe(&system, &view, &Plan::reading(&["crashes"])).value().unwrap().clone()
    }

    fn told(value: &Observed<String>) -> String {
        match value {
            Observed::Known { value, source } => format!("{value} {}", source.as_deref().unwrap_or_default()),
            Observed::Unknown { gap, .. } => gap.to_string(),
        }
    }

    #[test]
    fn the_last_limit_counts_and_others_have_their_own() {
        let tree = Tree::new();
        assert_eq!(told(&look(&tree).core_limit), " ");
        tree.file(
            "etc/security/limits.conf",
            "# * hard core 0\n* soft core 0\n*\tHARD core 0 # x\nroot hard core 0\n@dev - core unlimited\n",
        );
        let found = look(&tree);
        assert_eq!(told(&found.core_limit), "0 /etc/security/limits.conf:3");
        assert_eq!(found.core_exceptions.value().unwrap(), &["@dev unlimited (/etc/security/limits.conf:5)"]);
        tree.file("etc/security/limits.d/10.conf", "@dev hard core 0\n* - core 1000\nalice -\nbob hard nofile 5\n");
        tree.file("etc/security/limits.d/20.txt", "* hard core 0\n");
        let found = look(&tree);
        assert_eq!(told(&found.core_limit), "1000 /etc/security/limits.d/10.conf:2");
        assert_eq!(found.core_exceptions.value().unwrap(), &["alice unlimited (/etc/security/limits.d/10.conf:3)"]);
        tree.file("etc/security/limits.d/30.conf", vec![b'#'; 5 << 20]);
        let found = look(&tree);
        assert!(found.core_limit.gap().is_some() && found.core_exceptions.gap().is_some());
    }

    #[test]
    fn collectors_are_told_in_their_files() {
        let tree = Tree::new();
        let found = look(&tree);
        assert_eq!((told(&found.coredump_storage).trim(), found.apport_allowed.value()), ("", Some(&true)));
        tree.file("etc/default/apport", "# x\nenabled=0\n");
        tree.file("etc/systemd/coredump.conf", "[Coredump]\nStorage=none\nProcessSizeMax=0\n");
        let found = look(&tree);
        assert_eq!(found.apport_allowed.value(), Some(&false));
        assert!(told(&found.coredump_storage).starts_with("none ") && told(&found.coredump_size).starts_with("0 "));
    }
}
