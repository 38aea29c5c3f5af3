//! What the probes of sshd and sudo say, compared with what the programs themselves say of the same files.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test are a test")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use plimsoll::facts::SshdValue;
use plimsoll::library::Library;
use plimsoll::plan::Plan;
use plimsoll::probe::process::Reference;
use plimsoll::probe::{System, View, accounts, sshd, sudo};
use serde_json::Value;
use tempfile::TempDir;

/// A tree with files that programs are shown in the place of the machine's own.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { root: TempDir::new().unwrap() };
        machine.file("usr/sbin/sshd", "").file("usr/bin/sudo", "");
        let version = Command::new("dpkg-query").args(["-Wf", "${Version}", "openssh-server"]).output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        assert!(!version.is_empty(), "openssh-server, from the package of that name");
        let status = format!("Package: openssh-server\nStatus: install ok installed\nVersion: {version}\n\n");
        machine.file("var/lib/dpkg/status", status);
        machine
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Runs a command that sees a directory of the tree in the place of the machine's.
    fn run(&self, folder: &str, command: &str) -> Output {
        let own = self.root.path().join(folder);
        let script = format!("mount --bind {} /{folder} && {command}", own.display());
        Command::new("unshare").args(["-m", "sh", "-c", &script]).output().unwrap()
    }
}

fn view(system: &System) -> View {
    View::observe(system, &Reference::observe(system, None))
}

fn plan() -> Plan {
    let library = Library::builtin().unwrap_or_else(|_| panic!("checks do not load"));
    Plan::of(library.checks(), false)
}

fn ours(machine: &Machine) -> BTreeMap<String, Result<Vec<SshdValue>, String>> {
    let system = System::at(machine.root.path());
    // The tree has no processes, so that the view is that of this machine.
    let (_, options) = sshd::observe(&system, &view(&System::live()), &plan());
    options.into_iter().map(|(name, value)| (name, value.as_known().cloned().map_err(|gap| gap.detail))).collect()
}

/// What `sshd -T` prints, by option; of several lines all.
fn theirs(machine: &Machine, connection: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    fs::create_dir_all("/run/sshd").unwrap();
    let flags = if connection.is_empty() { String::new() } else { format!("-C {connection}") };
    let output = machine.run("etc/ssh", &format!("/usr/sbin/sshd -T {flags}"));
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut printed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        printed.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(printed)
}

/// A value of ours as `sshd -T` prints it.
fn printed(value: &SshdValue) -> Vec<String> {
    if value.value.is_empty() { value.items.clone() } else { vec![value.value.clone()] }
}

/// A maintenance release of Debian's has a second name for the first key exchange; it is as strong.
fn comparable(values: &[String]) -> Vec<String> {
    values.iter().map(|value| value.replace("sntrup761x25519-sha512,", "")).collect()
}

/// A connection, as `sshd -T -C` takes it, with the criteria that it meets.
const CONNECTIONS: [(&str, &[&str]); 3] = [
    ("user=bob,host=h.example,addr=192.0.2.1", &["user bob"]),
    ("user=root,host=h.example,addr=10.1.2.3", &["address 10.0.0.0/8"]),
    ("user=eve,host=h.example,addr=10.1.2.3", &["address 10.0.0.0/8 user eve", "address 10.0.0.0/8"]),
];

const CONFIGURATIONS: [(&str, &str, &str); 6] = [
    ("", "", ""),
    (
        "Include sshd_config.d/*.conf\nPermitRootLogin yes\nCiphers ^aes256-ctr\nMaxStartups 5\nAllowUsers ann \"b c\"\nAllowUsers dan\n",
        "PermitRootLogin no\nMACs -umac*\nLoginGraceTime=1m30\nBanner \"/etc/is sue\"\n",
        "PermitRootLogin without-password\nLogLevel verbose\nClientAliveInterval 1h\n",
    ),
    (
        "usepam YES\nInclude /etc/ssh/sshd_config.d/1*.conf /etc/ssh/none.conf\nKexAlgorithms +diffie-hellman-group14-sha1\nMaxSessions 3 # three\n\
         Match User bob\nMaxSessions 4\nPermitEmptyPasswords yes\nMatch Address 10.0.0.0/8\nInclude sshd_config.d/2*.conf\n\
         PermitRootLogin yes\nIgnoreRhosts shosts-only\n",
        "DenyGroups a b\nPermitUserEnvironment LANG,LC_*\n",
        "MaxAuthTries 2\nMatch User eve\nMaxAuthTries 9\nAllowGroups x\n",
    ),
    ("PermitRootLogin no\nInclude sshd_config.d/10-a.conf\nLogLevel QUIET\n", "Match all\nLogLevel DEBUG\n", ""),
    ("Ciphers aes128-ctr,aes128-ctr,aes256-cbc\nMACs -*\nBanner none\nHostbasedAuthentication yes\n", "", ""),
    (
        "DisableForwarding yes\nGSSAPIAuthentication yes\nClientAliveCountMax 0\nPermitRootLogin forced-commands-only\n",
        "",
        "",
    ),
];

fn configured(main: &str, first: &str, second: &str) -> Machine {
    let machine = Machine::new();
    let keys = "HostKey /etc/ssh/key\n";
    // What stands after a Match is part of it.
    machine.file("etc/ssh/sshd_config", format!("{keys}{main}"));
    machine.file("etc/ssh/sshd_config.d/10-a.conf", first).file("etc/ssh/sshd_config.d/20-b.conf", second);
    let key = machine.root.path().join("etc/ssh/key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    machine
}

#[test]
fn options_are_those_that_sshd_prints() {
    for (main, first, second) in CONFIGURATIONS {
        let machine = configured(main, first, second);
        let ours = ours(&machine);
        assert!(ours.len() > 20, "{:?}", ours.keys());
        for (connection, criteria) in std::iter::once(("", &[] as &[&str])).chain(CONNECTIONS) {
            let theirs = theirs(&machine, connection).unwrap();
            for (name, values) in &ours {
                let values = values.as_ref().unwrap_or_else(|gap| panic!("{main}: {name}: {gap}"));
                // The first Match that the connection meets, else what is for everybody.
                let met = |value: &&SshdValue| {
                    !connection.is_empty() && (value.criteria == "all" || criteria.contains(&value.criteria.as_str()))
                };
                let plain = |value: &&SshdValue| value.criteria.is_empty();
                let Some(value) = values.iter().find(met).or_else(|| values.iter().find(plain)) else { continue };
                let expected = theirs.get(name).cloned().unwrap_or_default();
                assert_eq!(
                    comparable(&printed(value)),
                    comparable(&expected),
                    "{name} for {connection:?} of\n{main}\n{first}\n{second}"
                );
            }
        }
    }
}

#[test]
fn what_sshd_refuses_is_refused() {
    for wrong in [
        "LogLevel loud\n",
        "LoginGraceTime 5x\n",
        "UsePAM\n",
        "MaxStartups 10:30\n",
        "LoginGraceTime 60 5\n",
        "Match User bob\nUsePAM yes\n",
        "Banner \"/etc/issue\n",
        "PermitRootLogin maybe\n",
        "MaxAuthTries -1\n",
        "Include sshd_config\n",
    ] {
        let machine = configured(wrong, "", "");
        assert!(theirs(&machine, "").is_err(), "{wrong}");
        let gap = ours(&machine)["permitrootlogin"].clone().unwrap_err();
        assert!(gap.contains("sshd refuses its configuration"), "{wrong}: {gap}");
    }
    assert!(Path::new("/usr/sbin/sshd").exists());
}

/// sudoers with an include; no rule of theirs takes back what an earlier one says.
const SUDOERS: [(&str, &str); 3] = [
    (
        "Defaults env_reset, use_pty\nDefaults logfile=\"/var/log/sudo log\" # c \\\nDefaults:ann,bob !authenticate\n\
         User_Alias ADMINS = ann, \\\n  bob : OTHERS = %web,!eve\nroot ALL=(ALL:ALL) ALL\n@includedir sudoers.d\n",
        "Defaults !use_pty, timestamp_timeout = 0.5\n%sudo ALL=(ALL) NOPASSWD: /bin/a x\\, y, /bin/b, PASSWD: /bin/c : web = /bin/d\n",
    ),
    (
        "Defaults !!use_pty\nDefaults!/bin/x !use_pty\n#1000,%#5 ALL, !db = NOPASSWD: NOEXEC: ALL, !SHELLS\n#includedir sudoers.d\n",
        "Cmnd_Alias SHELLS = /bin/sh, /bin/bash\nann ALL=(\"x y\":z) NOPASSWD: sudoedit /etc/a\\:b, ^/bin/cat (a|b), x:y$\n",
    ),
    (
        "Defaults timestamp_timeout=-1\nann ALL=TIMEOUT=10 NOPASSWD: /a\nann ALL=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /bin/a\n",
        "Defaults x11\n",
    ),
];

/// The last value of a setting for everybody and the number of commands without a password, as cvtsudoers reads them.
fn converted(machine: &Machine) -> (BTreeMap<String, Value>, usize) {
    let output =
        Command::new("cvtsudoers").args(["-f", "json"]).arg(machine.root.path().join("etc/sudoers")).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut settings = BTreeMap::new();
    for line in list(&json["Defaults"]).iter().filter(|line| line.get("Binding").is_none()) {
        for option in list(&line["Options"]) {
            settings.extend(option.as_object().unwrap().clone());
        }
    }
    let specs = list(&json["User_Specs"]).into_iter().flat_map(|spec| list(&spec["Cmnd_Specs"]));
    let open = specs.filter(|spec| list(&spec["Options"]).iter().any(|option| option["authenticate"] == false));
    (settings, open.map(|spec| list(&spec["Commands"]).len()).sum())
}

#[test]
fn sudoers_are_read_as_sudo_reads_them() {
    for (main, included) in SUDOERS {
        let machine = Machine::new();
        machine
            .file("etc/sudoers", main)
            .file("etc/sudoers.d/10-a", included)
            .file("etc/sudoers.d/20.conf", "Defaults use_pty\n");
        let system = System::at(machine.root.path());
        let (facts, settings) = sudo::observe(&system, &view(&System::live()), &plan());
        let rules = facts.value().unwrap().rules.as_known().unwrap_or_else(|gap| panic!("{main}: {gap}")).clone();
        let (theirs, open) = converted(&machine);
        assert_eq!(rules.iter().filter(|rule| rule.nopasswd).count(), open, "{rules:?}");
        for (name, values) in settings {
            let Ok(values) = values.as_known() else { continue };
            let ours = values.iter().find(|value| value.scope.is_empty()).unwrap();
            let told = match theirs.get(&name) {
                Some(Value::String(minutes)) if name == "timestamp_timeout" => {
                    (minutes.parse::<f64>().unwrap() * 60.0).to_string()
                }
                Some(Value::Number(minutes)) if name == "timestamp_timeout" => {
                    (minutes.as_f64().unwrap() * 60.0).to_string()
                }
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => {
                    assert!(ours.place.starts_with("default"), "{name}: {ours:?}");
                    continue;
                }
            };
            assert_eq!(ours.value, told, "{name} of\n{main}");
        }
    }
}

#[test]
fn accounts_are_those_that_getent_prints() {
    let getent = |database: &str| {
        let output = Command::new("getent").args(["-s", "files", database]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let system = System::live();
    let found = accounts::observe(&system, &view(&system), &plan(), 0);
    let users: Vec<String> =
        found.users.value().unwrap().iter().map(|user| format!("{}:{}:{}", user.name, user.uid, user.gid)).collect();
    let fields = |line: &String, wanted: [usize; 3]| {
        let fields: Vec<&str> = line.split(':').collect();
        wanted.map(|at| fields[at]).join(":")
    };
    assert_eq!(users, getent("passwd").iter().map(|line| fields(line, [0, 2, 3])).collect::<Vec<_>>());
    let groups = found.groups.value().unwrap().iter();
    let groups: Vec<String> =
        groups.map(|group| format!("{}:{}:{}", group.name, group.gid, group.members.join(","))).collect();
    assert_eq!(groups, getent("group").iter().map(|line| fields(line, [0, 2, 3])).collect::<Vec<_>>());
    assert!(users.len() > 10 && groups.len() > 10);
}
