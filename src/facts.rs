//! What was seen on one machine: plain data, no judgement.
//!
//! The doc comment of every field is its manual: meaning, unit and, after `Source:` in the schema (`x-source`), where it is
//! read. Rules, the type walk, the plan and the documentation are all read off the schema of [`Facts`], so that there is no
//! second list of names.

mod accounts;
mod aide;
mod apparmor;
mod apt;
mod audit;
mod banner;
mod boot;
mod container;
mod crash;
mod daemon;
mod daemon_file;
mod desktop;
mod engine;
mod environment;
mod file;
mod firewall;
mod host;
mod image;
mod isolation;
mod local_files;
mod logging;
mod module;
mod net;
mod network;
mod observed;
mod package;
mod pam;
mod process;
mod sandbox;
mod sshd;
mod sudo;
mod swarm;
mod time_sync;
mod unit;

pub use accounts::{Accounts, DotFile, Group, Home, NewAccount, Password, PasswordState, ShellKind, User};
pub use aide::{Aide, WatchedFile};
pub use apparmor::{AppArmor, AppArmorProfile};
pub use apt::{Apt, AptRepository};
pub use audit::{Audit, AuditCoverage, AuditDaemon, AuditFile, AuditMode, AuditRole, AuditRule, AuditedPath};
pub use banner::Banner;
pub use boot::{FstabEntry, Grub, GrubKernel};
pub use container::{Container, Exec, Inspect, Mount, PrivilegeGain, Program, PublishedPort, Seccomp, SeccompProfile};
pub use crash::Crashes;
pub use daemon::{Daemon, StorageDirectory, TlsFile, Ulimit};
pub use daemon_file::{DaemonFile, FileAccess, Role, Watch};
pub use desktop::DesktopSetting;
pub use engine::{Component, Engine, EngineKind};
pub use environment::{Environment, IdleTimeout, PathEntry, Umask};
pub use file::{File, FileKind};
pub use firewall::{BaseChain, Fate, FilterTable, Filtering, Firewall, Frontend, OpenPort};
pub use host::{Host, HostMount, OperatingSystem};
pub use image::{Image, ImageInspect, Secret, Step, StepKind};
pub use isolation::{Confinement, KernelMount, Member, Runtime};
pub use local_files::{FoundFile, LeftOut, LocalFiles, SetIdFile, WalkedFilesystem};
pub use logging::{
    JournalUpload, Journald, LogFile, LogKind, Logging, LoggingSystem, Logrotate, RotatedLog, Rsyslog, RsyslogFile,
    RsyslogForward, RsyslogInput,
};
pub use module::{FilesystemModule, Module};
pub use net::{Listener, Mail, Transport, WirelessInterface};
pub use network::Network;
pub use observed::{Gap, GapKind, Observed};
pub use package::Package;
pub use pam::{Lockout, Pam, PamModule, PamValue, SuLimit};
pub use process::{Cgroup, IdRange, Namespace, Namespaces, Process, SeccompMode};
pub use sandbox::{Sandbox, Spec};
pub use sshd::{Ssh, SshBanner, SshFile, SshRole, SshdValue};
pub use sudo::{Sudo, SudoRule, SudoValue};
pub use swarm::{Service, Swarm, SwarmAddresses};
pub use time_sync::{TimeDaemon, TimeSource, TimeSync};
pub use unit::Unit;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the facts format that this build writes.
pub const FORMAT: u32 = 1;

/// Everything that one collection saw. A fact that no selected check reads is not collected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Version of this format; 1 in this build.
    pub format: u32,
    /// When the collection began, RFC 3339 in UTC.
    pub collected_at: String,
    /// What happened during the collection that a reader should know, in words.
    pub notices: Vec<String>,
    /// The machine itself.
    pub host: Host,
    /// The container engine behind the audited socket, as it describes itself.
    pub engine: Observed<Engine>,
    /// The engine's daemon: its process and its effective configuration.
    pub daemon: Observed<Daemon>,
    /// Every container that the engine knows, running or not.
    pub containers: Observed<Vec<Container>>,
    /// Every container and sandbox that the kernel shows and the engine does not list.
    pub sandboxes: Observed<Vec<Sandbox>>,
    /// Every image that the engine stores.
    pub images: Observed<Vec<Image>>,
    /// Every network of the engine.
    pub networks: Observed<Vec<Network>>,
    /// The swarm that the engine is a node of.
    pub swarm: Observed<Swarm>,
    /// Every service of the swarm, where the engine is a manager.
    pub services: Observed<Vec<Service>>,
    /// What is mounted where, as the init process sees it.
    #[schemars(extend("x-source" = "/proc/1/mountinfo"))]
    pub mounts: Observed<Vec<HostMount>>,
    /// What is mounted at a path itself, by path, for the paths that checks ask for; null where nothing is.
    #[schemars(extend("x-source" = "/proc/1/mountinfo", "x-keyed" = true))]
    pub mount: BTreeMap<String, Observed<Option<HostMount>>>,
    /// What is mounted at boot.
    #[schemars(extend("x-source" = "/etc/fstab"))]
    pub fstab: Observed<Vec<FstabEntry>>,
    /// Drivers of filesystems that an installed kernel has as modules to load.
    #[schemars(extend("x-source" = "/lib/modules, /proc/modules, /proc/1/mountinfo, /proc/cmdline, /etc/modprobe.d, \
        /run/modprobe.d, /usr/local/lib/modprobe.d, /usr/lib/modprobe.d, /lib/modprobe.d"))]
    pub filesystem_modules: Observed<Vec<FilesystemModule>>,
    /// What apt trusts, and when it was last run.
    pub apt: Observed<Apt>,
    /// What GRUB was told.
    #[schemars(extend("x-source" = "/boot/grub/grub.cfg"))]
    pub grub: Observed<Grub>,
    /// What AppArmor does.
    pub apparmor: Observed<AppArmor>,
    /// What people see when they log in, by the path of the text, for the paths that checks ask for.
    #[schemars(extend("x-source" = "{key}, /etc/os-release, /usr/lib/os-release", "x-keyed" = true))]
    pub banner: BTreeMap<String, Observed<Banner>>,
    /// What becomes of programs that crash.
    pub crashes: Observed<Crashes>,
    /// Whether the kernel speaks IPv6: it has it, was not told to go without, and has it on for some interface.
    #[schemars(extend("x-source" = "/proc/cmdline, /proc/sys/net/ipv6/conf"))]
    pub ipv6: Observed<bool>,
    /// Network interfaces that work by radio.
    #[schemars(extend("x-source" = "/sys/class/net"))]
    pub wireless: Observed<Vec<WirelessInterface>>,
    /// Sockets in the machine's own network namespace that wait for others.
    #[schemars(extend("x-source" = "/proc/self/net/tcp, /proc/self/net/tcp6, /proc/self/net/udp, /proc/self/net/udp6, \
        /proc/{pid}/fd, /proc/{pid}/comm, /proc/{pid}/cgroup"))]
    pub listeners: Observed<Vec<Listener>>,
    /// To which addresses mail servers are told to listen.
    pub mail: Observed<Mail>,
    /// The kernel's audit and its daemon.
    pub audit: Observed<Audit>,
    /// Whether what some rules would record is recorded, by the rules in auditctl's own words, joined by `; `, for those that
    /// checks ask for; `UID_MIN` in them stands for the first uid of people.
    #[schemars(extend("x-source" = "netlink AUDIT_LIST_RULES, /etc/audit/rules.d, /etc/audit/audit.rules, /etc/login.defs, /etc/passwd, /etc/group, /{watched-file}", "x-keyed" = true))]
    pub audit_rule: BTreeMap<String, AuditCoverage>,
    /// Kernel settings at run time by dotted name, for the names that checks ask for.
    #[schemars(extend("x-source" = "/proc/sys/{key}", "x-keyed" = true))]
    pub sysctl: BTreeMap<String, Observed<String>>,
    /// Accounts and groups.
    pub accounts: Accounts,
    /// The SSH server.
    pub ssh: Observed<Ssh>,
    /// The values of options of sshd by name in lower case, for the names that checks ask for: the one that everybody gets, and
    /// those of `Match` blocks that some connection gets instead.
    #[schemars(extend("x-source" = "/usr/sbin/sshd, /etc/ssh, /etc/default/ssh, /etc/sysconfig, /etc/conf.d/sshd, /var/lib/dpkg/status, \
        /var/lib/dpkg/updates, \
        /{sshd-config}", "x-keyed" = true))]
    pub sshd_option: BTreeMap<String, Observed<Vec<SshdValue>>>,
    /// Values that kernel settings get at boot, by dotted name, for the names that checks ask for: by systemd-sysctl from the
    /// files of sysctl.d, and by ufw where it is enabled. Empty where nothing sets one, so that the kernel's own value stands.
    #[schemars(extend("x-source" = "/etc/sysctl.d, /run/sysctl.d, /usr/local/lib/sysctl.d, /usr/lib/sysctl.d, /lib/sysctl.d, \
        /etc/sysctl.conf, /etc/ufw, /etc/default/ufw, /usr/sbin/ufw, /etc/systemd, /run/systemd, /usr/local/lib/systemd/system, \
        /usr/lib/systemd/system, /lib/systemd/system, /etc/init.d", "x-keyed" = true))]
    pub sysctl_at_boot: BTreeMap<String, Observed<String>>,
    /// Packages by name, for the names that checks ask for.
    #[schemars(extend("x-source" = "/var/lib/dpkg/status, /var/lib/dpkg/updates", "x-keyed" = true))]
    pub packages: BTreeMap<String, Observed<Package>>,
    /// systemd's units by name, such as `cups.service`, for the names that checks ask for.
    #[schemars(extend("x-source" = "/etc/systemd, /run/systemd, /usr/local/lib/systemd/system, /usr/lib/systemd/system, \
        /lib/systemd/system, /etc/init.d, /etc/rc2.d, /etc/rc3.d, /etc/rc4.d, /etc/rc5.d, /etc/rcS.d, /sys/fs/cgroup",
        "x-keyed" = true))]
    pub unit: BTreeMap<String, Unit>,
    /// Kernel modules by name, for the names that checks ask for.
    #[schemars(extend("x-source" = "/lib/modules, /proc/modules, /proc/sys/kernel/osrelease, /proc/filesystems, \
        /proc/net/protocols, /sys/module, /proc/cmdline, /etc/modprobe.d, /run/modprobe.d, /usr/local/lib/modprobe.d, \
        /usr/lib/modprobe.d, /lib/modprobe.d, /bin, /usr/bin", "x-keyed" = true))]
    pub module: BTreeMap<String, Module>,
    /// sudo.
    pub sudo: Observed<Sudo>,
    /// The values of settings of sudo (`Defaults`) by name, for the names that checks ask for: the one that counts for everybody,
    /// and those of narrower scope that count for somebody instead.
    #[schemars(extend("x-source" = "/usr/bin/sudo, /etc/sudoers, /etc/sudoers.d, /var/lib/dpkg/status, /var/lib/dpkg/updates, \
        /{sudoers}, /proc/sys/kernel/hostname", "x-keyed" = true))]
    pub sudo_default: BTreeMap<String, Observed<Vec<SudoValue>>>,
    /// What people find when they log in.
    pub environment: Observed<Environment>,
    /// PAM.
    pub pam: Observed<Pam>,
    /// The values of options of PAM's modules, written `pam_pwquality.minlen`, for the names that checks ask for: one for each line
    /// of the shared stacks that runs the module; none where no line does.
    #[schemars(extend("x-source" = "/etc/pam.d, /usr/lib/pam.d, /{pam-include}, /lib, /usr/lib, /etc/security, /{pam-conf}, \
        /etc/login.defs, /var/lib/dpkg/status, /var/lib/dpkg/updates", "x-keyed" = true))]
    pub pam_option: BTreeMap<String, Observed<Vec<PamValue>>>,
    /// Files by absolute path, for the paths that checks ask for; null where there is none. Symbolic links are followed.
    #[schemars(extend("x-source" = "{key}", "x-keyed" = true))]
    pub file: BTreeMap<String, Observed<Option<File>>>,
    /// What lies on the machine's local filesystems, the storage of containers left out.
    #[schemars(extend("x-source" = "/"))]
    pub local_files: Observed<LocalFiles>,
    /// Which program keeps the machine's messages.
    #[schemars(extend("x-source" = "/etc/systemd, /run/systemd, /usr/local/lib/systemd/system, /usr/lib/systemd/system, \
        /lib/systemd/system, /etc/init.d, /sys/fs/cgroup"))]
    pub logging: Observed<Logging>,
    /// What journald does.
    #[schemars(extend("x-source" = "/etc/systemd/journald.conf, /etc/systemd/journald.conf.d, /run/systemd, /usr/local/lib/systemd, \
        /usr/lib/systemd, /proc/cmdline, /var/lib/dpkg/status, /var/lib/dpkg/updates"))]
    pub journald: Observed<Journald>,
    /// Where the journal is sent.
    #[schemars(extend("x-source" = "/etc/systemd/journal-upload.conf, /etc/systemd/journal-upload.conf.d, /run/systemd, \
        /usr/local/lib/systemd, /usr/lib/systemd, {file}"))]
    pub journal_upload: Observed<JournalUpload>,
    /// What rsyslog does.
    #[schemars(extend("x-source" = "/etc/rsyslog.conf, /etc/rsyslog.d"))]
    pub rsyslog: Observed<Rsyslog>,
    /// What logrotate rotates.
    #[schemars(extend("x-source" = "/etc/logrotate.conf, /etc/logrotate.d"))]
    pub logrotate: Observed<Logrotate>,
    /// The files below `/var/log`, and those of the journal below `/run/log`.
    #[schemars(extend("x-source" = "/var/log, /run/log/journal, /etc/passwd, /etc/group"))]
    pub log_files: Observed<Vec<LogFile>>,
    /// Who sets the machine's clock.
    pub time_sync: TimeSync,
    /// The machine's own packet filter.
    pub firewall: Firewall,
    /// AIDE, which tells when files change.
    pub aide: Aide,
    /// Settings of desktops that the administrator makes, by profile and path such as
    /// `user:/org/gnome/desktop/session/idle-delay`, for the names that checks ask for.
    #[schemars(extend("x-source" = "/etc/dconf, /usr/local/share/dconf/profile, /usr/share/dconf/profile, /usr/share/gdm/dconf",
        "x-keyed" = true))]
    pub dconf: BTreeMap<String, Observed<DesktopSetting>>,
    /// Whether GDM offers sessions to other machines over XDMCP.
    #[schemars(extend("x-source" = "/etc/gdm3/daemon.conf, /etc/gdm3/custom.conf, /etc/gdm/custom.conf"))]
    pub xdmcp: Observed<bool>,
}
