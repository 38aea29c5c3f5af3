use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::facts::{SshFile, SshRole};
use crate::probe::tree::Tree;

const STATUS: &str =
    "Package: openssh-server\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:9.2p1-2+deb12u3\n\n";

/// A machine with OpenSSH 9.2 and this configuration.
fn laid_out(config: &str) -> Tree {
    let tree = Tree::new();
    tree.file("usr/sbin/sshd", "").file("var/lib/dpkg/status", STATUS).file("etc/ssh/sshd_config", config);
    tree
}

fn view(system: &System) -> View {
    View::observe(system, &crate::probe::process::Reference::observe(system, None))
}

fn server(tree: &Tree) -> Server {
    let system = tree.system();
    Server::read(&system, &view(&system))
}

fn ask(tree: &Tree, option: &str) -> Observed<Vec<SshdValue>> {
    let server = server(tree);
    options::values(&server.config, &server.version, option)
}

/// Values with their criteria, or why there are none.
fn values(config: &str, option: &str) -> Result<Vec<(String, String)>, String> {
    let found = ask(&laid_out(config), option);
    let values = found.as_known().map_err(|gap| gap.detail)?;
    Ok(values.iter().map(|value| (value.value.clone(), value.criteria.clone())).collect())
}

/// The value that everybody gets, the only one there is.
fn value(config: &str, option: &str) -> Result<String, String> {
    let mut found = values(config, option)?;
    assert_eq!(found.len(), 1, "{found:?}");
    Ok(found.remove(0).0)
}

#[test]
fn a_line_is_read_as_sshd_reads_it() {
    for (line, seconds) in [
        ("LoginGraceTime 60", "60"),
        ("logingracetime=1m30", "90"),
        ("  LoginGraceTime\t=  1m30s # comment", "90"),
        ("LoginGraceTime \"60\"", "60"),
        ("\"LoginGraceTime\" 60", "60"),
        ("LoginGraceTime '2h'", "7200"),
        ("LoginGraceTime 0", "0"),
        ("# LoginGraceTime 60", "120"),
        ("LoginGraceTime 30\nLoginGraceTime 60\r", "30"),
    ] {
        assert_eq!(value(line, "logingracetime").as_deref(), Ok(seconds), "{line}");
    }
    assert_eq!(value("Banner /etc/issue\\ net", "banner").as_deref(), Ok("/etc/issue net"));
    assert_eq!(value("Banner NONE", "banner").as_deref(), Ok("none"));
    assert_eq!(value("PermitRootLogin Prohibit-Password", "permitrootlogin").as_deref(), Ok("without-password"));
    assert_eq!(value("LogLevel debug1", "loglevel").as_deref(), Ok("DEBUG"));
    assert_eq!(value("MaxStartups 10", "maxstartups").as_deref(), Ok("10:30:10"));
    assert_eq!(value("MaxAuthTries 010", "maxauthtries").as_deref(), Ok("10"));
    assert_eq!(value("PermitUserEnvironment LANG,LC_*", "permituserenvironment").as_deref(), Ok("LANG,LC_*"));
}

#[test]
fn with_what_sshd_refuses_nothing_is_known() {
    for (config, what) in [
        ("LogLevel loud", "`loud` is no value of loglevel"),
        ("UsePAM maybe", "`maybe` is no value of usepam"),
        ("LoginGraceTime 5x", "`5x` is no value of logingracetime"),
        ("LoginGraceTime 60 5", "logingracetime takes one argument"),
        ("UsePAM", "usepam has no argument"),
        ("Banner \"/etc/issue", "a quote is not closed"),
        ("MaxStartups 10:30", "`10:30` is no value of maxstartups"),
        ("MaxStartups 10:30:5", "`10:30:5` is no value of maxstartups"),
        ("Match User a\nUsePAM no", "usepam cannot stand in a Match"),
        ("Match\nUsePAM no", "match has no argument"),
        ("Match User", "Match user has no argument"),
        ("Include sshd_config", "files include each other too deeply"),
    ] {
        let detail = values(config, "permitrootlogin").unwrap_err();
        assert!(detail.ends_with(&format!("sshd refuses its configuration: {what}")), "{config}: {detail}");
        assert!(detail.starts_with("/etc/ssh/sshd_config:"), "{detail}");
    }
    assert!(values("", "nosuchoption").unwrap_err().contains("not an option"));
}

#[test]
fn includes_are_read_where_they_stand_and_in_order() {
    let tree = laid_out("Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nMaxSessions 3\n");
    tree.file("etc/ssh/sshd_config.d/20-b.conf", "PermitRootLogin yes\nLogLevel VERBOSE\n");
    tree.file("etc/ssh/sshd_config.d/10-a.conf", "\nPermitRootLogin no\nInclude extra/x.conf none*.conf\n");
    tree.file("etc/ssh/sshd_config.d/30.conf.bak", "LogLevel QUIET\n");
    tree.file("etc/ssh/extra/x.conf", "MaxSessions 2\n");
    let only = |option| ask(&tree, option).value().unwrap()[0].clone();
    assert_eq!(
        (only("permitrootlogin").value, only("permitrootlogin").place),
        ("no".into(), "/etc/ssh/sshd_config.d/10-a.conf:2".into())
    );
    assert_eq!(
        (only("loglevel").value, only("loglevel").place),
        ("VERBOSE".into(), "/etc/ssh/sshd_config.d/20-b.conf:2".into())
    );
    assert_eq!((only("maxsessions").value, only("maxsessions").place), ("2".into(), "/etc/ssh/extra/x.conf:1".into()));
    assert_eq!(only("usepam").place, "default of OpenSSH 9.2");
    let files: Vec<_> = server(&tree).config.files.iter().map(|file| file.display().to_string()).collect();
    assert_eq!(
        files,
        [
            "/etc/ssh/sshd_config",
            "/etc/ssh/sshd_config.d/10-a.conf",
            "/etc/ssh/extra/x.conf",
            "/etc/ssh/sshd_config.d/20-b.conf"
        ]
    );
}

#[test]
fn of_match_blocks_the_first_counts_for_those_it_is_about() {
    let pair = |value: &str, criteria: &str| (value.to_owned(), criteria.to_owned());
    let root = |config: &str| values(config, "permitrootlogin").unwrap();
    assert_eq!(
        root("PermitRootLogin no\nMatch Address 10.0.0.0/8\nPermitRootLogin yes\n"),
        [pair("no", ""), pair("yes", "address 10.0.0.0/8")]
    );
    // What is outside of a block is not about those it is about, even when it comes first.
    assert_eq!(
        root("Match Group=wheel\nPermitRootLogin yes\n"),
        [pair("without-password", ""), pair("yes", "group wheel")]
    );
    // Who is not root does not log in as root.
    assert_eq!(root("PermitRootLogin no\nMatch User alice,!root,*\nPermitRootLogin yes\n"), [pair("no", "")]);
    assert_eq!(
        root("PermitRootLogin no\nMatch User r*\nPermitRootLogin yes\n"),
        [pair("no", ""), pair("yes", "user r*")]
    );
    // The same criteria twice: the first block has set it.
    assert_eq!(
        root("Match User r*\nPermitRootLogin no\nMatch User r*\nPermitRootLogin yes\nMatch all\nPermitRootLogin no\n"),
        [pair("no", "user r*"), pair("no", "all")]
    );
    // After everybody comes nobody.
    assert_eq!(
        root("PermitRootLogin no\nMatch all\nPermitRootLogin yes\nMatch User r*\nPermitRootLogin no\n"),
        [pair("yes", "all")]
    );
    assert_eq!(
        values("Match User a\nX11Forwarding no\nMatch User b\nBanner /b\n", "banner").unwrap(),
        [pair("none", ""), pair("/b", "user b")]
    );
}

#[test]
fn a_match_and_an_include_hold_together_and_end_together() {
    let tree = laid_out("Match Address 10.0.0.0/8\nInclude in.conf\nMatch all\nInclude end.conf\nMaxSessions 5\n");
    tree.file("etc/ssh/in.conf", "MaxAuthTries 9\nMatch User bob\nMaxAuthTries 8\n");
    tree.file("etc/ssh/end.conf", "Match User eve\nMaxSessions 4\n");
    let told = |option| -> Vec<String> {
        let values = ask(&tree, option);
        values.value().unwrap().iter().map(|v| format!("{} [{}] {}", v.value, v.criteria, v.place)).collect()
    };
    assert_eq!(
        told("maxauthtries"),
        [
            "6 [] default of OpenSSH 9.2",
            "9 [address 10.0.0.0/8] /etc/ssh/in.conf:1",
            "8 [address 10.0.0.0/8 user bob] /etc/ssh/in.conf:3"
        ]
    );
    assert_eq!(told("maxsessions"), ["4 [all user eve] /etc/ssh/end.conf:2", "5 [all] /etc/ssh/sshd_config:5"]);
}

#[test]
fn lists_of_algorithms_are_worked_out() {
    let ciphers = |line: &str| ask(&laid_out(line), "ciphers").value().unwrap()[0].items.join(",");
    let default =
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
    assert_eq!(ciphers(""), default);
    assert_eq!(ciphers("Ciphers +aes256-cbc,aes128-ctr"), format!("{default},aes256-cbc"));
    assert_eq!(ciphers("Ciphers -aes*"), "chacha20-poly1305@openssh.com");
    assert_eq!(ciphers("Ciphers -*"), default);
    assert_eq!(
        ciphers("Ciphers ^aes256-ctr"),
        "aes256-ctr,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
    );
    assert_eq!(ciphers("Ciphers aes256-ctr,aes256-ctr,3des-cbc\nCiphers aes128-ctr"), "aes256-ctr,3des-cbc");
}

#[test]
fn what_depends_on_a_version_that_is_not_known_is_open() {
    let tree = laid_out("MACs +hmac-md5\nCiphers aes128-ctr\nMaxSessions 5\n");
    for (version, open, closed) in [
        ("1:9.9p1-1", vec!["macs", "kexalgorithms"], vec!["ciphers", "maxsessions", "usepam"]),
        ("1:7.4p1-1", vec!["macs", "usepam"], vec!["ciphers", "maxsessions", "allowusers"]),
        ("rolling", vec!["macs", "usepam"], vec!["ciphers", "maxsessions", "allowusers"]),
    ] {
        tree.file("var/lib/dpkg/status", STATUS.replace("1:9.2p1-2+deb12u3", version));
        open.iter().for_each(|option| assert!(ask(&tree, option).gap().is_some(), "{version} {option}"));
        closed.iter().for_each(|option| assert!(ask(&tree, option).value().is_some(), "{version} {option}"));
    }
    tree.file("var/lib/dpkg/status", STATUS.replace("openssh-server", "other"));
    assert!(ask(&tree, "usepam").gap().unwrap().detail.contains("no package openssh-server"));
}

#[test]
fn names_come_from_every_line() {
    let tree = laid_out("AllowUsers a \"b c\"\nAllowUsers d\nMatch Address 10.0.0.0/8\nAllowUsers *\n");
    let found = ask(&tree, "allowusers");
    let found = found.value().unwrap();
    assert_eq!((found[0].items.join("|"), found[1].items.join("|")), ("a|b c|d".to_owned(), "*".to_owned()));
    assert_eq!(ask(&tree, "denygroups").value().unwrap()[0].items, [] as [String; 0]);
}

#[test]
fn flags_of_the_service_come_before_its_file() {
    let tree = laid_out("LogLevel INFO\nLoginGraceTime 20\nMaxSessions 7\n");
    tree.file("etc/default/ssh", "# SSHD_OPTS=-q\nSSHD_OPTS=\"-4 -o MaxSessions=3 -g60 -Dq\"\n");
    let only = |option| ask(&tree, option).value().unwrap()[0].clone();
    assert_eq!((only("maxsessions").value, only("maxsessions").place), ("3".into(), "/etc/default/ssh:2".into()));
    assert_eq!((only("logingracetime").value, only("loglevel").value), ("60".into(), "QUIET".into()));
    // Other distributions have another file.
    tree.remove("etc/default/ssh").file("etc/sysconfig/sshd", "OPTIONS=-oMaxSessions=4\n");
    assert_eq!(only("maxsessions").place, "/etc/sysconfig/sshd:1");
    tree.file("etc/default/ssh", "SSHD_OPTS='-f /srv/sshd'\n").file("srv/sshd", "MaxSessions 9\n");
    assert_eq!(only("maxsessions").value, "9");
}

#[test]
fn what_cannot_be_read_leaves_options_open() {
    let tree = laid_out("PermitRootLogin no\nInclude sshd_config.d/*.conf\n");
    tree.link("etc/ssh/sshd_config.d/10.conf", "10.conf");
    assert!(ask(&tree, "permitrootlogin").gap().unwrap().detail.contains("too many symbolic links"));
    let system = tree.system();
    let found = files::all(&system, &server(&tree).config, &[]);
    let unseen: Vec<&SshFile> = found.iter().filter(|file| file.file.gap().is_some()).collect();
    assert!(!unseen.is_empty() && unseen.iter().all(|file| file.role == SshRole::Configuration));
    tree.remove("etc/ssh/sshd_config");
    assert_eq!(ask(&tree, "permitrootlogin").gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn a_circle_of_files_ends() {
    let tree = laid_out(&"Include sshd_config\n".repeat(1000));
    assert!(ask(&tree, "permitrootlogin").gap().is_some());
    assert!(server(&tree).config.files.len() <= 1000);
}

#[test]
fn files_are_told_by_what_they_are() {
    let tree = laid_out("HostKey /srv/key\n");
    tree.file("srv/key", "-----BEGIN OPENSSH PRIVATE KEY-----\n").file("srv/key.pub", "ssh-ed25519 AAAA\n");
    tree.file("etc/ssh/old_key", "-----BEGIN RSA PRIVATE KEY-----\nxx\n").file("etc/ssh/old.pub", "ssh-rsa AAAA\n");
    tree.file("etc/ssh/moduli", "# moduli\n")
        .file("etc/ssh/note.pub", "hello\n")
        .file("etc/group", "root:x:0:\nssh_keys:x:101:\n");
    std::fs::set_permissions(tree.system().real("/etc/ssh/old_key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let system = tree.system();
    let server = server(&tree);
    let found = files::all(&system, &server.config, &server.host_keys());
    let told: Vec<_> = found.iter().map(|file| (file.role, file.path.as_str())).collect();
    assert_eq!(
        told,
        [
            (SshRole::Configuration, "/etc/ssh/sshd_config"),
            (SshRole::PrivateKey, "/etc/ssh/old_key"),
            (SshRole::PrivateKey, "/srv/key"),
            (SshRole::PublicKey, "/etc/ssh/old.pub"),
            (SshRole::PublicKey, "/srv/key.pub"),
        ]
    );
    let old = &found[1];
    assert_eq!((old.file.value().unwrap().mode, old.group.value().is_some()), (0o640, true));
}

#[test]
fn a_banner_is_a_file_with_a_text_that_keeps_quiet() {
    let tree = laid_out("Banner /etc/issue.net\nMatch User a\nBanner none\nMatch User b\nBanner /gone\n");
    tree.file("etc/os-release", "NAME=\"Debian\"\nID=debian\n");
    let seen = |text: &str| {
        tree.file("etc/issue.net", text);
        let system = tree.system();
        let banners = server(&tree).banners(&system, &view(&system)).unwrap();
        let told = |banner: &SshBanner| {
            let text = banner.text.value().unwrap();
            (text.says_something, text.reveals.is_empty())
        };
        assert_eq!((banners.len(), banners[1].criteria.as_str(), told(&banners[1])), (2, "user b", (false, true)));
        told(&banners[0])
    };
    assert_eq!(seen("Authorized users only.\n"), (true, true));
    assert_eq!(seen("Debian GNU/Linux 12\n"), (true, false));
    assert_eq!(seen("\n"), (false, true));
}

#[test]
fn without_sshd_nothing_applies() {
    let tree = Tree::new();
    assert_eq!(files::installed(&tree.system()).value(), Some(&false));
    tree.link("usr/sbin/sshd", "sshd");
    assert!(files::installed(&tree.system()).gap().is_some());
}
