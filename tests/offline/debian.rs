//! A Debian 12 as it comes, and hardened: what `tests/lab/bookworm` builds, where the machine itself is one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pack::run;
use crate::report::{Report, text};

/// The directory of both, if this machine can build them.
fn built() -> Option<PathBuf> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap();
    if !["ID=debian", "VERSION_ID=\"12\""].iter().all(|line| release.lines().any(|found| found == *line)) {
        return None;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = manifest.join("target/bookworm");
    let status = Command::new(manifest.join("tests/lab/bookworm")).arg(&folder).status().unwrap();
    assert!(status.success(), "tests/lab/bookworm, with debootstrap, from the package of that name");
    Some(folder)
}

fn audit(root: &Path) -> Report {
    Report::of(&run(&["audit", "--format", "json", "--root", root.to_str().unwrap()]))
}

fn with(report: &Report, verdict: &str) -> BTreeSet<String> {
    let findings = report.list("/findings").iter().filter(|finding| text(finding, "verdict") == verdict);
    findings.map(|finding| text(finding, "check")).collect()
}

/// What hardening turns from a failure into a pass.
const MENDED: &[&str] = &[
    "accounts-lock-after-failures",
    "audit-logs-kept",
    "audit-stops-when-disk-fails",
    "core-dumps-limited",
    "cron-d-private",
    "cron-daily-private",
    "cron-hourly-private",
    "cron-monthly-private",
    "cron-weekly-private",
    "crontab-private",
    "crontab-users-named",
    "default-umask-strict",
    "failed-logins-counted",
    "ftp-absent",
    "idle-shells-end",
    "inetutils-telnet-absent",
    "issue-net-reveals-nothing",
    "issue-reveals-nothing",
    "journal-limits-set",
    "locked-accounts-stay-locked",
    "log-files-closed",
    "motd-reveals-nothing",
    "new-accounts-lock-when-unused",
    "new-passwords-differ",
    "new-passwords-end-within-a-year",
    "new-passwords-kept-for-a-day",
    "old-passwords-remembered",
    "one-firewall",
    "password-history-binds-root",
    "password-history-checked",
    "password-history-sees-password",
    "password-quality-binds-root",
    "passwords-long",
    "passwords-without-repeats",
    "passwords-without-sequences",
    "root-locks-as-well",
    "ssh-configuration-private",
    "ssh-few-tries-per-connection",
    "ssh-forwarding-disabled",
    "ssh-idle-sessions-dropped",
    "ssh-limits-who-may-log-in",
    "ssh-login-grace-short",
    "ssh-macs-strong",
    "ssh-root-login-refused",
    "ssh-shows-banner",
    "ssh-unauthenticated-connections-limited",
    "su-limited",
    "sudo-keeps-log",
    "tmp-mounted-at-boot",
    "tnftp-absent",
    "unix-refuses-empty-passwords",
];

/// What it settles as far as files can: a running machine has the last word.
const SETTLED: &[&str] = &[
    "account-changes-audited",
    "address-space-randomised",
    "apparmor-changes-audited",
    "audit-rules-locked",
    "bogus-icmp-errors-ignored",
    "broadcast-pings-ignored",
    "chacl-use-audited",
    "chcon-use-audited",
    "clock-changes-audited",
    "denied-access-audited",
    "file-removals-audited",
    "foreign-identity-audited",
    "gateway-redirects-refused-all",
    "gateway-redirects-refused-default",
    "impossible-senders-logged-all",
    "impossible-senders-logged-default",
    "ipv4-not-forwarded",
    "kernel-module-changes-audited",
    "login-records-audited",
    "mounts-audited",
    "network-identity-audited",
    "permission-changes-audited",
    "ptrace-limited",
    "redirects-not-sent-all",
    "redirects-not-sent-default",
    "redirects-refused-all",
    "redirects-refused-default",
    "reverse-path-strict-all",
    "reverse-path-strict-default",
    "sessions-audited",
    "setfacl-use-audited",
    "setuid-core-dumps-off",
    "source-routes-refused-all",
    "source-routes-refused-default",
    "sudoers-changes-audited",
    "syn-cookies-on",
    "usermod-use-audited",
];

/// What fails on both.
const LEFT: &[&str] = &[
    "aide-ready",
    "aide-scheduled",
    "apparmor-installed",
    "apparmor-utils-installed",
    "audit-plugins-installed",
    "audit-warns-of-low-space",
    "set-id-programs-audited",
    "sudo-log-changes-audited",
];

/// What is good as it comes, and stays so.
const GOOD: &[&str] = &[
    "accounts-without-shell-locked",
    "audit-config-group-root",
    "audit-config-mode-0640",
    "audit-config-owned-by-root",
    "audit-log-directory-mode-0750",
    "audit-log-size-set",
    "audit-tools-group-root",
    "audit-tools-mode-0755",
    "audit-tools-owned-by-root",
    "automounter-unused",
    "bluetooth-unused",
    "dhcp-server-unused",
    "dhcpv6-server-unused",
    "dns-server-unused",
    "dnsmasq-unused",
    "dot-files-private",
    "ftp-server-unused",
    "gdm-absent",
    "gids-unique",
    "group-backup-mode-0644",
    "group-file-mode-0644",
    "group-names-unique",
    "gshadow-backup-mode-0640",
    "gshadow-file-mode-0640",
    "homes-private",
    "imap-server-unused",
    "issue-net-owned-by-root",
    "issue-owned-by-root",
    "kea-dhcp4-unused",
    "kea-dhcp6-unused",
    "ldap-server-unused",
    "ldap-tools-absent",
    "log-files-owned",
    "mdns-responder-unused",
    "new-password-ends-announced",
    "new-passwords-hashed-strongly",
    "nfs-server-unused",
    "nis-client-absent",
    "nis-server-unused",
    "no-empty-passwords",
    "no-trust-files-in-homes",
    "nologin-not-offered-as-shell",
    "nothing-orphaned",
    "nothing-world-writable",
    "old-passwords-backup-mode-0600",
    "old-passwords-mode-0600",
    "one-logging-system",
    "only-group-root-has-gid-zero",
    "only-root-has-primary-group-zero",
    "only-root-has-uid-zero",
    "package-sources-verified",
    "pam-modules-current",
    "pam-runtime-current",
    "passwd-backup-mode-0644",
    "passwd-file-mode-0644",
    "password-changes-in-the-past",
    "password-ends-announced",
    "password-quality-checked",
    "password-quality-enforced",
    "password-quality-installed",
    "passwords-end-within-a-year",
    "passwords-in-shadow",
    "passwords-kept-for-a-day",
    "passwords-not-in-dictionary",
    "pop3-server-unused",
    "primary-groups-exist",
    "print-server-unused",
    "root-needs-a-password",
    "root-path-safe",
    "root-umask-strict",
    "rpc-port-mapper-unused",
    "rsh-client-absent",
    "samba-server-unused",
    "shadow-backup-mode-0640",
    "shadow-file-mode-0640",
    "shadow-group-empty",
    "shells-file-mode-0644",
    "snmp-daemon-unused",
    "ssh-ciphers-strong",
    "ssh-empty-passwords-refused",
    "ssh-few-sessions-per-connection",
    "ssh-gssapi-disabled",
    "ssh-host-based-login-disabled",
    "ssh-host-keys-private",
    "ssh-host-public-keys-unchangeable",
    "ssh-key-exchange-strong",
    "ssh-logs-logins",
    "ssh-rhosts-ignored",
    "ssh-user-environment-ignored",
    "ssh-uses-pam",
    "sudo-always-asks",
    "sudo-asks-who-it-is",
    "sudo-installed",
    "sudo-ticket-short",
    "sudo-uses-pty",
    "super-server-unused",
    "system-accounts-refuse-logins",
    "talk-client-absent",
    "telnet-absent",
    "tftp-server-unused",
    "uids-unique",
    "unix-accounts-wired",
    "unix-hashes-strongly",
    "unix-keeps-no-history",
    "unix-sets-checked-password",
    "unused-accounts-lock",
    "user-names-unique",
    "web-proxy-unused",
    "web-server-apache-unused",
    "web-server-nginx-unused",
    "x-server-absent",
];

#[test]
fn debian_as_it_comes_and_hardened() {
    let Some(folder) = built() else { return };
    let (stock, hardened) = (audit(&folder.join("stock")), audit(&folder.join("hardened")));
    assert_eq!(stock.0.pointer("/host/name").unwrap(), "bookworm-stock");
    assert_eq!(hardened.0.pointer("/host/name").unwrap(), "bookworm-hardened");
    for (checks, before, after) in
        [(MENDED, "fail", "pass"), (SETTLED, "fail", "not-applicable"), (LEFT, "fail", "fail"), (GOOD, "pass", "pass")]
    {
        stock.is(before, checks);
        hardened.is(after, checks);
    }
    hardened.is_still(SETTLED);
    let told: BTreeSet<String> = [MENDED, SETTLED, LEFT].concat().iter().map(|check| (*check).to_owned()).collect();
    // Nothing fails that is not told here, as it comes or hardened.
    assert_eq!(
        with(&stock, "fail").difference(&told).collect::<Vec<_>>(),
        ["package-sources-reviewed", "rsyslog-files-rotated", "rsyslog-sends-off-host"]
    );
    assert_eq!(
        with(&hardened, "fail").difference(&told).collect::<Vec<_>>(),
        ["journal-upload-authenticated", "journal-upload-installed", "journal-upload-running"]
    );
    // A system without a boot loader, and without lists of packages.
    for report in [&stock, &hardened] {
        let unknown: Vec<String> = with(report, "unknown").into_iter().collect();
        assert_eq!(
            unknown,
            ["apparmor-on-boot-command-line", "audit-on-from-boot", "audit-queue-long-at-boot", "updates-installed"]
        );
    }
}
