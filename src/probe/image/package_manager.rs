//! What a command line asks of package managers: indexes refreshed without an installation, and software taken unverified.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::probe::shell_line::{self, Command};

/// A package manager's words.
struct Manager {
    programs: &'static [&'static str],
    /// Subcommands that only refresh the index of packages.
    refresh: &'static [&'static str],
    /// Subcommands that install or upgrade packages.
    install: &'static [&'static str],
    /// Options by which it takes packages whose origin is not verified.
    unverified: &'static [&'static str],
}

const MANAGERS: &[Manager] = &[
    Manager {
        programs: &["apt", "apt-get", "aptitude", "apt-fast"],
        refresh: &["update"],
        install: &[
            "build-dep",
            "dist-upgrade",
            "dselect-upgrade",
            "full-upgrade",
            "install",
            "reinstall",
            "safe-upgrade",
            "satisfy",
            "source",
            "upgrade",
        ],
        unverified: &[
            "--allow-unauthenticated",
            "--allow-insecure-repositories",
            "--allow-weak-repositories",
            "--force-yes",
            "--allow-untrusted",
        ],
    },
    Manager {
        programs: &["apk"],
        refresh: &["update"],
        install: &["add", "fix", "upgrade"],
        unverified: &["--allow-untrusted", "--no-check-certificate"],
    },
    Manager {
        programs: &["dnf", "dnf5", "microdnf", "tdnf", "yum"],
        refresh: &["check-update", "check-upgrade", "makecache"],
        install: &[
            "builddep",
            "distro-sync",
            "group",
            "groupinstall",
            "install",
            "localinstall",
            "reinstall",
            "swap",
            "update",
            "upgrade",
        ],
        unverified: &["--nogpgcheck", "--no-gpg-check", "--no-gpg-checks", "--no-gpgcheck", "--no-gpgchecks"],
    },
    Manager {
        programs: &["zypper"],
        refresh: &["ref", "refresh"],
        install: &["dist-upgrade", "dup", "in", "inr", "install", "patch", "si", "up", "update"],
        unverified: &["--no-gpg-check", "--no-gpg-checks", "--allow-unsigned-rpm"],
    },
    Manager {
        programs: &["opkg"],
        refresh: &["update"],
        install: &["install", "upgrade"],
        unverified: &["--force-signature", "--no-check-certificate"],
    },
    Manager { programs: &["rpm"], refresh: &[], install: &[], unverified: &["--nosignature", "--nodigest", "--nogpg"] },
    Manager {
        programs: &["pip", "pip3", "pipx", "uv"],
        refresh: &[],
        install: &["install"],
        unverified: &["--trusted-host", "--allow-insecure-host"],
    },
];

/// Programs whose words are a text and not a command.
const TALKERS: [&str; 12] =
    ["alias", "cat", "command", "echo", "grep", "hash", "printf", "rm", "sed", "test", "type", "which"];

/// What a package manager is told in a command.
struct Call<'c> {
    manager: &'static Manager,
    program: &'c str,
    arguments: &'c [String],
}

impl<'c> Call<'c> {
    /// The package manager of a command, also one that another program starts.
    fn of(command: &'c Command) -> Option<Self> {
        let (program, arguments) = command.program();
        if let Some(manager) = manager(program) {
            return Some(Self { manager, program, arguments });
        }
        // What stands between the two may be anything: sudo, env, xargs, nice, retry.
        let talks = TALKERS.contains(&program) || matches!(program, "[" | "[[" | "");
        let at = arguments.iter().position(|word| manager(shell_line::base_name(word)).is_some()).filter(|_| !talks)?;
        let program = shell_line::base_name(arguments.get(at)?);
        Some(Self { manager: manager(program)?, program, arguments: arguments.get(at + 1..)? })
    }

    fn word(&self, known: &[&'static str]) -> Option<&'c str> {
        self.arguments.iter().map(String::as_str).find(|word| known.contains(word))
    }

    /// Every word is looked at: an option that takes a value cannot be told from one that takes none.
    fn refreshes(&self) -> Option<&'c str> {
        if self.installs() { None } else { self.word(self.manager.refresh) }
    }

    fn installs(&self) -> bool {
        self.word(self.manager.install).is_some()
    }
}

fn manager(program: &str) -> Option<&'static Manager> {
    // pip3.11 is pip.
    let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is = |name: &&str| *name == program || (plain == "pip" && *name == "pip");
    MANAGERS.iter().find(|manager| manager.programs.iter().any(is))
}

/// Commands of a step that refresh the index of packages, if the step installs or upgrades none.
pub(super) fn lone_updates(commands: &[Command]) -> Vec<String> {
    let calls: Vec<Call<'_>> = commands.iter().filter_map(Call::of).collect();
    let pacman: Vec<(bool, bool)> = commands.iter().filter_map(pacman).collect();
    if calls.iter().any(Call::installs) || pacman.iter().any(|(_, installs)| *installs) {
        return Vec::new();
    }
    let found = calls.iter().filter_map(|call| Some(format!("{} {}", call.program, call.refreshes()?)));
    let pacman = pacman.iter().filter(|(refreshes, _)| *refreshes).map(|_| "pacman -Sy".to_owned());
    unique(found.chain(pacman))
}

/// Whether pacman, which has letters for words, refreshes and whether it installs.
fn pacman(command: &Command) -> Option<(bool, bool)> {
    let (program, arguments) = command.program();
    let at = arguments.iter().position(|word| shell_line::base_name(word) == "pacman");
    let arguments = if program == "pacman" { arguments } else { arguments.get(at? + 1..)? };
    let has = |letter: char, long: &str| {
        arguments
            .iter()
            .any(|word| word == long || word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    if TALKERS.contains(&program) || !has('S', "--sync") {
        return has('U', "--upgrade").then_some((false, true));
    }
    let targets = arguments.iter().any(|word| !word.starts_with('-'));
    Some((has('y', "--refresh"), targets || has('u', "--sysupgrade")))
}

/// Ways by which a step takes software whose origin is not verified.
pub(super) fn unverified(commands: &[Command]) -> Vec<String> {
    let options = commands.iter().filter_map(Call::of).flat_map(|call| {
        let written = |word: &String| {
            let bare = word.split('=').next().unwrap_or(word);
            call.manager.unverified.contains(&bare).then(|| format!("{} {bare}", call.program))
        };
        call.arguments.iter().filter_map(written).collect::<Vec<_>>()
    });
    let assigned = commands.iter().flat_map(Command::assignments).filter_map(|(name, value)| setting(name, value));
    let texts = commands.iter().flat_map(|command| command.words.iter().chain(&command.documents));
    let settings = texts.flat_map(|text| written(text));
    let npm = commands.iter().filter(|command| npm_unverified(command)).map(|_| "npm strict-ssl false".to_owned());
    unique(options.chain(assigned).chain(settings).chain(npm).chain(downloads(commands)))
}

/// What a variable of the environment or of the build switches off.
pub(super) fn setting(name: &str, value: &str) -> Option<String> {
    let (off, on) = (matches!(value, "0" | "false" | "no"), !matches!(value, "" | "0" | "false" | "no"));
    let said = match name.to_ascii_uppercase().as_str() {
        "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" | "NPM_CONFIG_STRICT_SSL" | "YARN_STRICT_SSL" => off,
        "GIT_SSL_NO_VERIFY" | "PIP_TRUSTED_HOST" => on,
        _ => false,
    };
    said.then(|| format!("{name}={}", if off { value } else { "…" }))
}

/// Settings of package managers, as they are written into their files or given on a command line.
const WRITTEN: [(&str, &str); 9] = [
    (r"(?i)(?:^|\n)\s*deb(?:-src)?\s+\[[^\]]*\btrusted=yes\b[^\]]*\]", "apt sources trusted=yes"),
    (r"(?im)^\s*trusted:\s*yes\s*$", "apt sources Trusted: yes"),
    (r#"(?i)(?:\b|-o)APT::Get::AllowUnauthenticated(?:=|\s+)"?(?:1|true|yes)\b"#, "APT::Get::AllowUnauthenticated"),
    (
        r#"(?i)(?:\b|-o)Acquire::Allow(?:Insecure|Weak|DowngradeToInsecure)Repositories(?:=|\s+)"?(?:1|true|yes)\b"#,
        "Acquire::AllowInsecureRepositories",
    ),
    (
        r#"(?i)(?:\b|-o)Acquire::https?::(?:\S+::)?Verify-(?:Peer|Host)(?:=|\s+)"?(?:0|false|no)\b"#,
        "Acquire::https::Verify-Peer",
    ),
    (r"(?im)(?:^|[\s.=,])(?:repo_|local_?pkg_)?gpgcheck\s*=\s*(?:0|false|no)\b", "gpgcheck=0"),
    (r"(?im)(?:^|[\s.=,])sslverify\s*=\s*(?:0|false|no)\b", "sslverify=0"),
    (r"(?im)^\s*trusted-host\s*=\s*\S", "pip trusted-host"),
    (r"(?im)^\s*strict-ssl\s*=\s*false\b", "npm strict-ssl false"),
];

fn written(text: &str) -> Vec<String> {
    static FORMS: LazyLock<Option<RegexSet>> =
        LazyLock::new(|| RegexSet::new(WRITTEN.iter().map(|(form, _)| form)).ok());
    // `echo -e` and printf write `\n` for a new line.
    let text = text.replace("\\n", "\n");
    let found = FORMS.iter().flat_map(|forms| forms.matches(&text));
    found.filter_map(|index| WRITTEN.get(index)).map(|(_, said)| (*said).to_owned()).collect()
}

/// npm and its kin, told to take any certificate.
fn npm_unverified(command: &Command) -> bool {
    let (program, arguments) = command.program();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let set = words.windows(2).any(|pair| matches!(pair, ["strict-ssl" | "--strict-ssl" | "--no-strict-ssl", "false"]));
    matches!(program, "npm" | "yarn" | "pnpm" | "npx")
        && (set
            || words.iter().any(|word| matches!(*word, "strict-ssl=false" | "--strict-ssl=false" | "--no-strict-ssl")))
}

/// Programs that run what they get as a word or a file.
const RUNNERS: [&str; 9] = [".", "ash", "bash", "dash", "eval", "python", "python3", "sh", "source"];

/// Downloads over connections that nobody vouches for, straight into another program.
fn downloads(commands: &[Command]) -> Vec<String> {
    static CURL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^-[a-zA-Z#]*k").ok());
    let open = |command: &Command| {
        let (program, arguments) = command.program();
        let has = |option: &str| arguments.iter().any(|word| word == option);
        match program {
            "curl" if has("--insecure") => Some("curl --insecure"),
            "curl" => {
                let short = CURL.as_ref().is_some_and(|k| arguments.iter().any(|word| k.is_match(word)));
                short.then_some("curl -k")
            }
            "wget" if has("--no-check-certificate") => Some("wget --no-check-certificate"),
            _ => None,
        }
    };
    let straight = |command: &&Command| command.piped || RUNNERS.contains(&command.within.as_str());
    commands.iter().filter(straight).filter_map(open).map(|said| format!("{said} into another program")).collect()
}

fn unique(found: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    found.for_each(|one| {
        if !all.contains(&one) {
            all.push(one);
        }
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::shell_line::commands;

    #[test]
    fn an_update_alone_is_told_from_one_with_an_installation() {
        for (text, wanted) in [
            ("apt-get update", &["apt-get update"][..]),
            ("apt-get -qq -o Dpkg::Use-Pty=0 update", &["apt-get update"]),
            ("DEBIAN_FRONTEND=noninteractive /usr/bin/apt update && rm -rf /x", &["apt update"]),
            ("sudo -E apt-get update; apk update", &["apt-get update", "apk update"]),
            ("sh -c 'apt-get update'", &["apt-get update"]),
            ("set -eux; if true; then apt-get update; fi", &["apt-get update"]),
            ("x=$(apt-get update)", &["apt-get update"]),
            ("yum makecache", &["yum makecache"]),
            ("zypper --non-interactive ref", &["zypper ref"]),
            ("pacman -Sy", &["pacman -Sy"]),
            ("pacman -Syy --noconfirm", &["pacman -Sy"]),
            ("apt-get update && apt-get install -y curl", &[]),
            ("apt-get update && xargs apt-get install -y < list", &[]),
            ("apt-get update\napt-get -y dist-upgrade", &[]),
            ("apk add --update curl", &[]),
            ("apk update && apk upgrade", &[]),
            ("yum -y update", &[]),
            ("dnf check-update; dnf -y install x", &[]),
            ("pacman -Syu --noconfirm", &[]),
            ("pacman -Sy --noconfirm curl", &[]),
            ("update-ca-certificates", &[]),
            ("npm update", &[]),
            ("git submodule update", &[]),
            ("echo apt-get update", &[]),
            ("echo 'apt-get update' >> /etc/motd # apt-get update", &[]),
            ("rm -rf /var/lib/apt/lists/* /usr/bin/apt update", &[]),
            ("command -v apt-get update", &[]),
            ("apt-cache search update", &[]),
            ("", &[]),
        ] {
            assert_eq!(lone_updates(&commands(text)), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_verified_is_told() {
        for (text, wanted) in [
            ("apt-get install -y --allow-unauthenticated x", &["apt-get --allow-unauthenticated"][..]),
            ("apt-get -y --force-yes install x", &["apt-get --force-yes"]),
            ("apt-get -o APT::Get::AllowUnauthenticated=true install x", &["APT::Get::AllowUnauthenticated"]),
            ("apt-get -oAcquire::AllowInsecureRepositories=true update", &["Acquire::AllowInsecureRepositories"]),
            ("apt-get -o Acquire::https::Verify-Peer=false update", &["Acquire::https::Verify-Peer"]),
            (
                "echo 'APT::Get::AllowUnauthenticated \"true\";' > /etc/apt/apt.conf.d/99",
                &["APT::Get::AllowUnauthenticated"],
            ),
            ("apk add --allow-untrusted x.apk", &["apk --allow-untrusted"]),
            ("sudo yum install -y --nogpgcheck x", &["yum --nogpgcheck"]),
            ("dnf --setopt=*.gpgcheck=0 install x", &["gpgcheck=0"]),
            ("zypper --no-gpg-checks in x", &["zypper --no-gpg-checks"]),
            ("rpm -i --nosignature x.rpm", &["rpm --nosignature"]),
            (
                "echo \"deb [arch=amd64 trusted=yes] http://a.example ./\" > /etc/apt/sources.list.d/a.list",
                &["apt sources trusted=yes"],
            ),
            ("printf 'x\\ndeb [trusted=yes] http://a.example ./' > x", &["apt sources trusted=yes"]),
            ("cat > a.sources <<EOF\nTypes: deb\nTrusted: yes\nEOF", &["apt sources Trusted: yes"]),
            ("printf '[a]\\ngpgcheck=0\\n' > /etc/yum.repos.d/a.repo", &["gpgcheck=0"]),
            ("pip3.11 install --trusted-host a.example x", &["pip3.11 --trusted-host"]),
            ("python -m pip install --trusted-host=a.example x", &["pip --trusted-host"]),
            ("npm config set strict-ssl false", &["npm strict-ssl false"]),
            ("npm --strict-ssl=false ci", &["npm strict-ssl false"]),
            ("echo strict-ssl=false >> .npmrc", &["npm strict-ssl false"]),
            ("NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci", &["NODE_TLS_REJECT_UNAUTHORIZED=0"]),
            ("export GIT_SSL_NO_VERIFY=true && git clone x", &["GIT_SSL_NO_VERIFY=…"]),
            ("curl -fsSLk https://a.example/x | sh", &["curl -k into another program"]),
            ("curl --insecure https://a.example/x | tar xz", &["curl --insecure into another program"]),
            ("bash <(curl -k https://a.example)", &["curl -k into another program"]),
            ("sh -c \"$(curl -k https://a.example)\"", &["curl -k into another program"]),
            (
                "wget -qO- --no-check-certificate https://a.example/x | bash -s",
                &["wget --no-check-certificate into another program"],
            ),
            ("curl -k -o x https://a.example && sha256sum -c x.sha256", &[]),
            ("curl -fsSL https://a.example/key | gpg --dearmor", &[]),
            ("curl --data k=v https://a.example | sh", &[]),
            ("apt-get update && apt-get install -y curl", &[]),
            ("echo 'never use --allow-unauthenticated or --nogpgcheck'", &[]),
            ("echo gpgcheck=1 > x; sed -i s/gpgcheck=1/gpgcheck=2/ y", &[]),
            ("pip config unset trusted-host", &[]),
            ("echo 'deb [signed-by=/k.gpg] https://a.example x main'", &[]),
            ("apt-get install --yes trusted=yes-tools", &[]),
            ("npm config set strict-ssl true", &[]),
        ] {
            assert_eq!(unverified(&commands(text)), wanted, "{text}");
        }
        assert_eq!(setting("PIP_TRUSTED_HOST", "a.example").unwrap(), "PIP_TRUSTED_HOST=…");
        assert_eq!(setting("npm_config_strict_ssl", "false").unwrap(), "npm_config_strict_ssl=false");
        assert_eq!(setting("NODE_TLS_REJECT_UNAUTHORIZED", "1"), None);
        assert_eq!(setting("PATH", "0"), None);
    }
}
