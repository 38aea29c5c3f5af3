//! Whether every login switches Docker Content Trust on: the variable `DOCKER_CONTENT_TRUST`, as logins come to it.

use super::{System, none_if_missing, shell_line};
use crate::facts::{Gap, GapKind, Observed};

const NAME: &str = "DOCKER_CONTENT_TRUST";
const ENVIRONMENT: &str = "/etc/environment";
const PAM_CONF: &str = "/etc/security/pam_env.conf";
const PROFILE: &str = "/etc/profile";
const PROFILES: &str = "/etc/profile.d";
const PAM_SERVICES: &str = "/etc/pam.d";

/// What the machine's files say: those of PAM, then those of login shells; the last one counts.
pub(super) fn observe(system: &System) -> Observed<bool> {
    match look(system) {
        Ok(Some((on, file))) => Observed::from_source(on, file),
        Ok(None) => Observed::known(false),
        Err(gap) => gap.into(),
    }
}

type Said = Option<(bool, String)>;

fn look(system: &System) -> Result<Said, Gap> {
    let mut said: Said = None;
    let mut hear = |file: &str, on: Option<bool>| {
        if let Some(on) = on {
            said = Some((on, file.to_owned()));
        }
    };
    if let Some(reads_environment) = pam(system)? {
        hear(PAM_CONF, text(system, PAM_CONF)?.and_then(|text| pam_conf(&text)));
        let text = text(system, ENVIRONMENT)?.filter(|_| reads_environment);
        hear(ENVIRONMENT, text.and_then(|text| environment(&text)));
    }
    let profiles = none_if_missing(system.list(PROFILES))?.unwrap_or_default();
    let scripts = profiles.iter().filter(|name| name.ends_with(".sh")).map(|name| format!("{PROFILES}/{name}"));
    for file in std::iter::once(PROFILE.to_owned()).chain(scripts) {
        if let Some(text) = text(system, &file)? {
            hear(&file, script(&file, &text)?);
        }
    }
    Ok(said)
}

fn text(system: &System, path: &str) -> Result<Option<String>, Gap> {
    none_if_missing(system.read_lossy(path))
}

/// Whether a service of PAM sets variables at all, and whether it reads `/etc/environment` for that.
fn pam(system: &System) -> Result<Option<bool>, Gap> {
    let mut found = None;
    for service in none_if_missing(system.list(PAM_SERVICES))?.unwrap_or_default() {
        let text = system.read_lossy(format!("{PAM_SERVICES}/{service}"))?;
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default()) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let session = words.first().is_some_and(|kind| kind.trim_start_matches('-') == "session");
            if session && words.iter().any(|word| shell_line::base_name(word) == "pam_env.so") {
                let reads = !words.iter().any(|word| *word == "readenv=0" || word.starts_with("envfile="));
                found = Some(found.unwrap_or(false) || reads);
            }
        }
    }
    Ok(found)
}

/// The variable in `/etc/environment`: `NAME=value` lines, an `export` before them allowed.
fn environment(text: &str) -> Option<bool> {
    let value = |line: &str| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).trim_start().split_once('=')?;
        (name.trim_end() == NAME).then(|| is_on(value.split('#').next().unwrap_or_default().trim()))
    };
    text.lines().rev().find_map(value)
}

/// The variable in PAM's own file: `NAME DEFAULT=value OVERRIDE=value`.
fn pam_conf(text: &str) -> Option<bool> {
    let value = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        if words.next()? != NAME {
            return None;
        }
        let values: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let of = |wanted: &str| values.iter().find(|(key, value)| *key == wanted && !value.is_empty());
        of("OVERRIDE").or_else(|| of("DEFAULT")).map(|(_, value)| is_on(value))
    };
    text.lines().rev().find_map(value)
}

/// The variable in a shell's file. Only a line that is always run and does nothing else is understood; any other that sets the
/// variable leaves it open.
fn script(file: &str, text: &str) -> Result<Option<bool>, Gap> {
    let (mut depth, mut value, mut exported) = (0_i32, None, false);
    for line in text.lines() {
        let commands = shell_line::commands(line);
        let sets = |command: &shell_line::Command| {
            let names = command.words.iter().map(|word| word.split('=').next().unwrap_or_default());
            names.into_iter().any(|name| name == NAME)
        };
        match commands.as_slice() {
            [command] if depth == 0 && sets(command) && !command.piped => {
                let assigned = command.assignments().filter(|(name, _)| *name == NAME).last();
                let program = command.program().0;
                match (program, assigned) {
                    ("" | "export", assigned) => {
                        value = assigned.map(|(_, value)| is_on(value)).or(value);
                        exported |= program == "export";
                    }
                    ("unset", _) => (value, exported) = (Some(false), true),
                    _ => return Err(open(file)),
                }
            }
            commands if commands.iter().any(sets) => return Err(open(file)),
            _ => {}
        }
        depth += commands.iter().flat_map(|command| &command.words).map(|word| opens(word)).sum::<i32>();
    }
    Ok(value.filter(|_| exported))
}

fn open(file: &str) -> Gap {
    Gap::new(GapKind::Unsupported, format!("{file}: sets {NAME} under a condition"))
}

/// How a word changes the number of conditions and loops around what follows.
fn opens(word: &str) -> i32 {
    match word {
        "if" | "for" | "while" | "until" | "case" | "select" | "{" => 1,
        "fi" | "done" | "esac" | "}" => -1,
        _ => 0,
    }
}

/// As docker reads it: what is set and does not say false is on.
fn is_on(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    !matches!(value, "" | "0" | "f" | "F" | "false" | "FALSE" | "False")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tree::Tree;

    const PAM: (&str, &str) = ("etc/pam.d/login", "auth required x.so\nsession       required   pam_env.so # set\n");

    fn seen(files: &[(&str, &str)]) -> Result<(bool, Option<String>), GapKind> {
        let tree = Tree::new();
        for (path, text) in files {
            tree.file(path, text);
        }
        match observe(&tree.system()) {
            Observed::Known { value, source } => Ok((value, source)),
            Observed::Unknown { gap, .. } => Err(gap.kind),
        }
    }

    fn on(files: &[(&str, &str)]) -> Result<bool, GapKind> {
        seen(files).map(|(on, _)| on)
    }

    #[test]
    fn files_of_pam_count_where_a_service_reads_them() {
        for (text, wanted) in [
            ("DOCKER_CONTENT_TRUST=1\n", true),
            ("export DOCKER_CONTENT_TRUST=\"true\" # x\n", true),
            ("DOCKER_CONTENT_TRUST=yes", true),
            ("DOCKER_CONTENT_TRUST=1\nDOCKER_CONTENT_TRUST=0\n", false),
            ("DOCKER_CONTENT_TRUST=\n", false),
            ("#DOCKER_CONTENT_TRUST=1\nDOCKER_CONTENT_TRUST_SERVER=x\nMY_DOCKER_CONTENT_TRUST=1\n", false),
        ] {
            assert_eq!(on(&[PAM, ("etc/environment", text)]), Ok(wanted), "{text}");
        }
        let set = ("etc/environment", "DOCKER_CONTENT_TRUST=1\n");
        for (service, wanted) in [
            ("session required pam_env.so readenv=1", true),
            ("session optional /lib/security/pam_env.so", true),
            ("-session optional pam_env.so", true),
            ("session required pam_env.so readenv=0", false),
            ("session required pam_env.so envfile=/etc/default/locale", false),
            ("session required pam_env.so envfile=/x\nsession required pam_env.so", true),
            ("#session required pam_env.so", false),
            ("auth required pam_env.so", false),
            ("", false),
        ] {
            assert_eq!(on(&[("etc/pam.d/sshd", service), set]), Ok(wanted), "{service}");
        }
        assert_eq!(on(&[set]), Ok(false));
        let conf = |line: &str| on(&[PAM, ("etc/security/pam_env.conf", line)]);
        assert_eq!(conf("DOCKER_CONTENT_TRUST DEFAULT=1\n"), Ok(true));
        assert_eq!(conf("DOCKER_CONTENT_TRUST DEFAULT=1 OVERRIDE=0\n"), Ok(false));
        assert_eq!(conf("# DOCKER_CONTENT_TRUST DEFAULT=1\n"), Ok(false));
        let told = seen(&[PAM, set]).unwrap();
        assert_eq!(told.1.as_deref(), Some("/etc/environment"));
    }

    #[test]
    fn files_of_shells_count_where_they_always_hold() {
        for (text, wanted) in [
            ("export DOCKER_CONTENT_TRUST=1\n", Ok(true)),
            ("DOCKER_CONTENT_TRUST='1'\nexport PATH DOCKER_CONTENT_TRUST\n", Ok(true)),
            ("if true; then\n  x=1\nfi\nexport DOCKER_CONTENT_TRUST=1\n", Ok(true)),
            ("DOCKER_CONTENT_TRUST=1\n", Ok(false)),
            ("export DOCKER_CONTENT_TRUST=1\nunset DOCKER_CONTENT_TRUST\n", Ok(false)),
            ("# export DOCKER_CONTENT_TRUST=1\necho 'DOCKER_CONTENT_TRUST is off'\n", Ok(false)),
            ("if true; then\n  export DOCKER_CONTENT_TRUST=1\nfi\n", Err(GapKind::Unsupported)),
            ("f() {\n  export DOCKER_CONTENT_TRUST=1\n}\n", Err(GapKind::Unsupported)),
            ("[ -n \"$X\" ] && export DOCKER_CONTENT_TRUST=1\n", Err(GapKind::Unsupported)),
            ("DOCKER_CONTENT_TRUST=1 docker pull x\n", Err(GapKind::Unsupported)),
        ] {
            assert_eq!(on(&[("etc/profile", text)]), wanted, "{text}");
            assert_eq!(on(&[("etc/profile.d/trust.sh", text)]), wanted, "{text}");
            assert_eq!(on(&[("etc/profile.d/trust.csh", text)]), Ok(false), "{text}");
        }
        let off = ("etc/profile.d/z.sh", "export DOCKER_CONTENT_TRUST=0");
        assert!(!seen(&[PAM, ("etc/environment", "DOCKER_CONTENT_TRUST=1"), off]).unwrap().0);
        assert_eq!(on(&[]), Ok(false));
        assert_eq!(on(&[("etc/profile/x", "")]), Err(GapKind::Malformed));
    }
}
