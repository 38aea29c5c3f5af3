//! Controls of logins, sudo, PAM, accounts and cron, judged on this machine with other files over its own.

#![allow(clippy::indexing_slicing, reason = "a test")]
#![allow(clippy::panic, reason = "helpers of a test are a test")]

mod overlay;

use overlay::{Machine, expect};

const BENCHMARK: &str = "cis-debian-12";

const SSHD: &str = "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nPermitRootLogin yes\n";
const SSHD_DROP_IN: &str = "PermitRootLogin no\nDisableForwarding yes\nClientAliveInterval 15\nLoginGraceTime 1m\nMaxAuthTries 4\n\
    MaxStartups 10:30:60\nAllowGroups staff\nBanner /etc/issue.net\nMACs -umac-*\nLogLevel VERBOSE\n";
const SUDOERS: &str = "Defaults env_reset, use_pty\nDefaults logfile=\"/var/log/sudo.log\"\nroot ALL=(ALL:ALL) ALL\n\
    %sudo ALL=(ALL:ALL) NOPASSWD: ALL\n@includedir sudoers.d\n";
const AUTH: &str = "auth requisite pam_faillock.so preauth\nauth [success=2 default=ignore] pam_unix.so try_first_pass\n\
    auth [default=die] pam_faillock.so authfail\nauth requisite pam_deny.so\nauth required pam_permit.so\n";
const ACCOUNT: &str = "account required pam_faillock.so\n\
    account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n\
    account required pam_permit.so\n";
const PASSWORD: &str = "password requisite pam_pwquality.so retry=3\n\
    password requisite pam_pwhistory.so remember=24 enforce_for_root use_authtok\n\
    password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\npassword requisite pam_deny.so\n\
    password required pam_permit.so\n";
const SESSION: &str = "session required pam_permit.so\nsession required pam_unix.so\nsession optional pam_umask.so\n";
const QUALITY: &str = "minlen = 14\ndifok = 2\nmaxrepeat = 3\nmaxsequence = 3\nminclass = 4\nenforce_for_root\n";
const PROFILE: &str = "if [ \"$(id -u)\" -eq 0 ]; then\n  PATH=/usr/sbin:/usr/bin\nelse\n  PATH=.\nfi\nexport PATH\n\
    for i in /etc/profile.d/*.sh; do . $i; done\n";
const PASSWD: &str = "root:x:0:0:root:/usr/lib/home:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n";
const SHADOW: &str = "root:$y$j9T$a$b:20000:1:365:7:45::\ndaemon:*:20000:0:99999:7:::\n";
const GROUP: &str = "root:x:0:\ndaemon:x:1:\nshadow:x:42:\ncrontab:x:105:\nsugroup:x:999:\n";

/// Everything as it should be, some of it only in drop-ins and later lines.
fn hardened() -> Machine {
    let machine = Machine::new();
    machine.file("usr/sbin/sshd", "").file("usr/sbin/cron", "").file("usr/sbin/atd", "");
    machine.file("etc/ssh/sshd_config", SSHD).mode("etc/ssh/sshd_config", 0o600).mode("etc/ssh", 0o755);
    machine.file("etc/ssh/sshd_config.d/50-cis.conf", SSHD_DROP_IN).mode("etc/ssh/sshd_config.d/50-cis.conf", 0o600);
    machine.file("etc/default/ssh", "").file("etc/issue.net", "Authorized users only.\n");
    machine.file("etc/sudoers", SUDOERS).file("etc/sudoers.d/10-asks", "%sudo ALL=(ALL:ALL) ALL\n");
    machine.file("etc/pam.d/common-auth", AUTH).file("etc/pam.d/common-account", ACCOUNT);
    machine.file("etc/pam.d/common-password", PASSWORD).file("etc/pam.d/common-session", SESSION);
    machine.file("etc/pam.d/common-session-noninteractive", SESSION);
    let su = "auth sufficient pam_rootok.so\nauth required pam_wheel.so use_uid group=sugroup\n@include common-auth\n";
    machine.file("etc/pam.d/su", su).file("etc/pam.d/su-l", "auth include su\n");
    for module in ["deny", "faillock", "permit", "pwhistory", "pwquality", "rootok", "umask", "unix", "wheel"] {
        machine.file(&format!("usr/lib/security/pam_{module}.so"), "");
    }
    machine.file("etc/security/faillock.conf", "deny = 5\nunlock_time = 900\neven_deny_root\nroot_unlock_time = 60\n");
    machine.file("etc/security/pwquality.conf", "").file("etc/security/pwquality.conf.d/50-cis.conf", QUALITY);
    machine.file("etc/profile", PROFILE).file("etc/profile.d/50-tmout.sh", "typeset -xr TMOUT=900\n");
    machine.file("etc/profile.d/60-umask.sh", "umask 027\n").file("etc/bash.bashrc", "");
    machine.file("usr/lib/home/.bashrc", "umask 077\n").mode("usr/lib/home", 0o700);
    machine.file("etc/passwd", PASSWD).file("etc/shadow", SHADOW).file("etc/group", GROUP).file("etc/gshadow", "");
    machine.file("etc/shells", "/bin/sh\n/bin/bash\n").file("etc/nsswitch.conf", "passwd: files\ngroup: files\n");
    machine.file(
        "etc/login.defs",
        "PASS_MAX_DAYS 365\nPASS_MIN_DAYS 1\nPASS_WARN_AGE 7\nUMASK 027\nENCRYPT_METHOD YESCRYPT\n",
    );
    machine.file("etc/default/useradd", "INACTIVE=45\n").file("etc/crontab", "").mode("etc/crontab", 0o600);
    for folder in ["hourly", "daily", "weekly", "monthly", "d"] {
        machine.file(&format!("etc/cron.{folder}/.placeholder"), "").mode(&format!("etc/cron.{folder}"), 0o700);
    }
    machine.file("etc/cron.allow", "").mode("etc/cron.allow", 0o640);
    machine.file("etc/at.allow", "").mode("etc/at.allow", 0o640);
    machine.file("etc/cron.deny", "").mode("etc/cron.deny", 0o600).file("etc/at.deny", "").mode("etc/at.deny", 0o600);
    machine
}

/// The checks of these sections, but for those about packages and about what runs.
const CHECKS: &[&str] = &[
    "accounts-lock-after-failures",
    "accounts-without-shell-locked",
    "at-users-named",
    "cron-d-private",
    "cron-daily-private",
    "cron-hourly-private",
    "cron-monthly-private",
    "cron-weekly-private",
    "crontab-private",
    "crontab-users-named",
    "default-umask-strict",
    "dot-files-private",
    "failed-logins-counted",
    "gids-unique",
    "group-names-unique",
    "homes-private",
    "idle-shells-end",
    "locked-accounts-stay-locked",
    "new-accounts-lock-when-unused",
    "new-password-ends-announced",
    "new-passwords-differ",
    "new-passwords-end-within-a-year",
    "new-passwords-hashed-strongly",
    "new-passwords-kept-for-a-day",
    "no-empty-passwords",
    "no-trust-files-in-homes",
    "nologin-not-offered-as-shell",
    "old-passwords-remembered",
    "only-group-root-has-gid-zero",
    "only-root-has-primary-group-zero",
    "only-root-has-uid-zero",
    "password-changes-in-the-past",
    "password-ends-announced",
    "password-history-binds-root",
    "password-history-checked",
    "password-history-sees-password",
    "password-quality-binds-root",
    "password-quality-checked",
    "password-quality-enforced",
    "passwords-end-within-a-year",
    "passwords-in-shadow",
    "passwords-kept-for-a-day",
    "passwords-long",
    "passwords-mixed",
    "passwords-not-in-dictionary",
    "passwords-without-repeats",
    "passwords-without-sequences",
    "primary-groups-exist",
    "root-locks-as-well",
    "root-needs-a-password",
    "root-path-safe",
    "root-umask-strict",
    "shadow-group-empty",
    "ssh-ciphers-strong",
    "ssh-configuration-private",
    "ssh-empty-passwords-refused",
    "ssh-few-sessions-per-connection",
    "ssh-few-tries-per-connection",
    "ssh-forwarding-disabled",
    "ssh-gssapi-disabled",
    "ssh-host-based-login-disabled",
    "ssh-host-keys-private",
    "ssh-host-public-keys-unchangeable",
    "ssh-idle-sessions-dropped",
    "ssh-key-exchange-strong",
    "ssh-limits-who-may-log-in",
    "ssh-login-grace-short",
    "ssh-logs-logins",
    "ssh-macs-strong",
    "ssh-rhosts-ignored",
    "ssh-root-login-refused",
    "ssh-shows-banner",
    "ssh-unauthenticated-connections-limited",
    "ssh-user-environment-ignored",
    "ssh-uses-pam",
    "su-limited",
    "sudo-always-asks",
    "sudo-asks-who-it-is",
    "sudo-keeps-log",
    "sudo-ticket-short",
    "sudo-uses-pty",
    "system-accounts-refuse-logins",
    "uids-unique",
    "unix-accounts-wired",
    "unix-hashes-strongly",
    "unix-keeps-no-history",
    "unix-refuses-empty-passwords",
    "unix-sets-checked-password",
    "unused-accounts-lock",
    "user-names-unique",
];

#[test]
fn what_is_as_it_should_be_passes_wherever_it_is_written() {
    for benchmark in [BENCHMARK, "cis-ubuntu-24.04"] {
        expect(&hardened().audit(benchmark), "pass", CHECKS);
    }
}

/// One file that undoes what others say, the checks that fail for it, and the place that the evidence names.
const UNDONE: &[(&str, &str, &[&str], &str)] = &[
    (
        "etc/ssh/sshd_config.d/60.conf",
        "Match Address 10.0.0.0/8\nPermitRootLogin yes\nAllowGroups *\n",
        &["ssh-root-login-refused", "ssh-limits-who-may-log-in"],
        "/etc/ssh/sshd_config.d/60.conf:",
    ),
    (
        "etc/ssh/sshd_config.d/10.conf",
        "Ciphers +aes128-cbc\nKexAlgorithms ^diffie-hellman-group14-sha1\nLoginGraceTime 0\nUsePAM no\n",
        &["ssh-ciphers-strong", "ssh-key-exchange-strong", "ssh-login-grace-short", "ssh-uses-pam"],
        "/etc/ssh/sshd_config.d/10.conf:",
    ),
    ("etc/default/ssh", "SSHD_OPTS='-o MaxSessions=99'\n", &["ssh-few-sessions-per-connection"], "/etc/default/ssh:1"),
    (
        "etc/sudoers.d/zz",
        "Defaults !use_pty, !logfile, timestamp_timeout=-1\nDefaults:ann !authenticate\nann ALL=NOPASSWD: /bin/ls\n",
        &["sudo-uses-pty", "sudo-keeps-log", "sudo-ticket-short", "sudo-asks-who-it-is", "sudo-always-asks"],
        "/etc/sudoers.d/zz:",
    ),
    (
        "etc/security/pwquality.conf",
        "minlen = 13\ndictcheck = 0\nenforcing = 0\n",
        &["passwords-long", "passwords-not-in-dictionary", "password-quality-enforced"],
        "/etc/security/pwquality.conf:",
    ),
    (
        "etc/pam.d/common-password",
        "password requisite pam_pwquality.so minlen=8 maxrepeat=9\npassword required pam_unix.so md5 remember=5 nullok\n",
        &[
            "passwords-long",
            "passwords-without-repeats",
            "unix-hashes-strongly",
            "unix-refuses-empty-passwords",
            "unix-keeps-no-history",
        ],
        "/etc/pam.d/common-password:",
    ),
    (
        "etc/security/faillock.conf",
        "deny = 6\nunlock_time = 60\nroot_unlock_time = 60\n",
        &["accounts-lock-after-failures", "locked-accounts-stay-locked"],
        "/etc/security/faillock.conf:",
    ),
    (
        "etc/pam.d/su",
        "auth required pam_wheel.so use_uid group=sugroup deny\n@include common-auth\n",
        &["su-limited"],
        "/etc/pam.d/su",
    ),
    (
        "etc/passwd",
        "root:x:0:0::/usr/lib/home:/bin/bash\ntoor::+0:0::/usr/lib/home:/bin/bash\ndaemon:x:0:7::/:/bin/sh\n",
        &[
            "only-root-has-uid-zero",
            "only-root-has-primary-group-zero",
            "passwords-in-shadow",
            "no-empty-passwords",
            "uids-unique",
            "primary-groups-exist",
            "system-accounts-refuse-logins",
        ],
        "/etc/passwd:",
    ),
    (
        "etc/group",
        "root:x:0:\nroot:x:0:\nshadow:x:42:ann\nsugroup:x:5:bob\ndaemon:x:1:\ncrontab:x:105:\n",
        &["shadow-group-empty", "gids-unique", "group-names-unique"],
        "/etc/group:",
    ),
    (
        "etc/profile.d/70.sh",
        "TMOUT=0\numask 022\nPATH=$PATH:.\n",
        &["idle-shells-end", "default-umask-strict", "root-path-safe"],
        "/etc/profile.d/70.sh:",
    ),
    (
        "usr/lib/home/.bash_profile",
        "umask 022\nPATH=/nonexistent:$PATH\n",
        &["root-umask-strict", "root-path-safe"],
        "/usr/lib/home/.bash_profile:",
    ),
    ("usr/lib/home/.rhosts", "+ +\n", &["no-trust-files-in-homes"], "/usr/lib/home/.rhosts"),
    (
        "etc/login.defs",
        "PASS_MAX_DAYS 9999\nUMASK 022\nENCRYPT_METHOD MD5\n",
        &["new-passwords-end-within-a-year", "new-passwords-hashed-strongly"],
        "/etc/login.defs:",
    ),
];

#[test]
fn what_another_file_undoes_fails_and_that_file_is_named() {
    for (path, text, checks, place) in UNDONE {
        let machine = hardened();
        machine.file(path, text);
        let findings = machine.audit(BENCHMARK);
        expect(&findings, "fail", checks);
        for check in *checks {
            let finding = findings.get(*check).unwrap_or_else(|| panic!("{check}"));
            assert!(finding["evidence"].to_string().contains(place), "{check}: {finding:#}");
        }
    }
}

#[test]
fn what_programs_do_not_read_changes_nothing() {
    let machine = hardened();
    machine.file("etc/sudoers.d/90.conf", "Defaults !use_pty\nann ALL=NOPASSWD: ALL\n");
    machine.file("etc/ssh/sshd_config.d/90.conf.bak", "PermitEmptyPasswords yes\n");
    machine.file("etc/ssh/sshd_config.d/90.conf", "PermitRootLogin yes\nMatch User ann\nPermitRootLogin yes\n");
    machine.mode("etc/ssh/sshd_config.d/90.conf", 0o600);
    machine.file("etc/security/pwquality.conf.d/90.conf.old", "minlen = 1\n");
    machine.file("etc/profile.d/90.csh", "umask 022\nTMOUT=0\n").file("usr/lib/home/.profile", "f() { umask 022; }\n");
    expect(&machine.audit(BENCHMARK), "pass", CHECKS);
}

#[test]
fn a_lockout_that_some_way_leads_past_is_none() {
    let machine = hardened();
    machine.file("etc/pam.d/common-auth", &format!("auth [success=1 default=ignore] pam_permit.so\n{AUTH}"));
    expect(&machine.audit(BENCHMARK), "fail", &["failed-logins-counted"]);
    let machine = hardened();
    machine.file("etc/security/faillock.conf", "deny = 5\nunlock_time = 900\nroot_unlock_time = 60\n");
    expect(&machine.audit(BENCHMARK), "fail", &["root-locks-as-well"]);
}

#[test]
fn what_may_come_from_a_directory_or_cannot_be_read_is_open() {
    let machine = hardened();
    machine.file("etc/nsswitch.conf", "passwd: files sss\ngroup: files sss\nsudoers: files sss\n");
    let open =
        ["only-root-has-uid-zero", "only-group-root-has-gid-zero", "shadow-group-empty", "su-limited", "sudo-uses-pty"];
    expect(&machine.audit(BENCHMARK), "unknown", &open);
    let machine = hardened();
    machine.file("etc/ssh/sshd_config.d/10.conf", "LogLevel loud\n").file("etc/sudoers.d/10", "Defaults\n");
    machine.file("etc/profile.d/10.sh", "if [\n").file("etc/security/pwquality.conf", "minlen = many\n");
    let open = ["ssh-root-login-refused", "sudo-uses-pty", "idle-shells-end", "root-path-safe", "passwords-long"];
    expect(&machine.audit(BENCHMARK), "unknown", &open);
}

#[test]
fn without_the_programs_nothing_applies() {
    let machine = hardened();
    let gone = ["usr/sbin/sshd", "usr/sbin/cron", "usr/sbin/atd"];
    gone.iter().for_each(|path| machine.whiteout(path));
    let none = ["ssh-root-login-refused", "ssh-host-keys-private", "ssh-shows-banner", "at-users-named"];
    expect(&machine.audit(BENCHMARK), "not-applicable", &none);
}
