//! The facts of the machine itself: whatever no engine tells.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::facts::{Facts, File, Host, Observed};
use crate::plan::Plan;
use crate::probe::{
    System, View, accounts, aide, apparmor, apt, audit, banners, content_trust, crashes, dconf, environment, file,
    firewall, fstab, grub, host, journald, listeners, log_files, logging, logrotate, mail, modules, mounts, network,
    packages, pam, rsyslog, sshd, sudo, sysctl, time_sync, units,
};

/// How the files of the engine are watched.
pub(super) const WATCH: &str = "daemon.files.watch";

/// Facts of the machine alone, and what its audit records, if a check asks for any of it.
#[expect(clippy::too_many_lines, reason = "a line for each fact")]
pub(super) fn collect(system: &System, view: &View, plan: &Plan, now: Timestamp) -> (Facts, Option<audit::Records>) {
    let audit = audit_records(system, view, plan);
    let (ssh, sshd_option) = sshd::observe(system, view, plan);
    let (sudo, sudo_default) = sudo::observe(system, view, plan);
    let (pam, pam_option) = pam::observe(system, view, plan);
    let rotation = if plan.wants("logrotate") { "logrotate" } else { "rsyslog" };
    let rsyslog = wanted_fact(plan, rotation, || rsyslog::observe(system, view));
    let listening = LazyCell::new(|| listeners::observe(system, view));
    let facts = Facts {
        host: Host {
            content_trust: wanted_fact(plan, "host.content_trust", || content_trust::observe(system)),
            ..host::observe(system, plan.wants("host.container_engines"))
        },
        mounts: wanted_fact(plan, "mounts", || mounts::observe(system)),
        mount: mounts::at(system, plan.keys("mount")),
        fstab: wanted_fact(plan, "fstab", || fstab::observe(system, view)),
        filesystem_modules: wanted_fact(plan, "filesystem_modules", || {
            modules::filesystems(system, view, &mounts::observe(system))
        }),
        apt: wanted_fact(plan, "apt", || apt::observe(system, view)),
        grub: wanted_fact(plan, "grub", || grub::observe(system, view)),
        apparmor: wanted_fact(plan, "apparmor", || Observed::known(apparmor::observe(system, view))),
        banner: banners::observe(system, view, plan.keys("banner")),
        crashes: wanted_fact(plan, "crashes", || crashes::observe(system, view, plan)),
        ipv6: wanted_fact(plan, "ipv6", || network::ipv6(system, view)),
        wireless: wanted_fact(plan, "wireless", || network::wireless(system, view)),
        listeners: wanted_fact(plan, "listeners", || listening.clone()),
        mail: wanted_fact(plan, "mail", || mail::observe(system, view)),
        audit: audit.as_ref().map_or_else(Observed::not_collected, |audit| {
            wanted_fact(plan, "audit", || Observed::known(audit.facts()))
        }),
        audit_rule: match &audit {
            Some(audit) => plan.keys("audit_rule").map(|rule| (rule.clone(), audit.coverage(rule))).collect(),
            None => BTreeMap::new(),
        },
        sysctl: plan.keys("sysctl").map(|name| (name.clone(), sysctl::observe(system, view, name))).collect(),
        accounts: accounts::observe(system, view, plan, accounts::day(now.as_second())),
        sysctl_at_boot: sysctl::at_boot(system, view, plan.keys("sysctl_at_boot")),
        packages: packages::observe(system, view, plan.keys("packages")),
        unit: units::observe(system, view, plan.keys("unit")),
        module: modules::observe(system, view, plan.keys("module")),
        ssh,
        sshd_option,
        sudo,
        sudo_default,
        pam,
        pam_option,
        environment: environment::observe(system, view, plan),
        file: files(system, view, plan),
        logging: wanted_fact(plan, "logging", || logging::observe(system, view)),
        journald: wanted_fact(plan, "journald", || journald::observe(system, view)),
        journal_upload: wanted_fact(plan, "journal_upload", || journald::upload(system, view)),
        logrotate: wanted_fact(plan, "logrotate", || logrotate::observe(system, view, &rsyslog)),
        rsyslog,
        log_files: wanted_fact(plan, "log_files", || log_files::observe(system, view)),
        time_sync: time_sync::observe(system, view, plan),
        firewall: firewall::observe(system, view, plan, || listening.clone()),
        aide: aide::observe(system, view, plan),
        dconf: dconf::observe(system, view, plan.keys("dconf")),
        xdmcp: wanted_fact(plan, "xdmcp", || dconf::xdmcp(system, view)),
        ..Facts::default()
    };
    (facts, audit)
}

/// The files that checks ask for.
fn files(system: &System, view: &View, plan: &Plan) -> BTreeMap<String, Observed<Option<File>>> {
    let look = |path: &String| view.files().map_or_else(Into::into, |()| file::observe(system, path));
    plan.keys("file").map(|path| (path.clone(), look(path))).collect()
}

/// A fact, if a check reads it or a part of it.
pub(super) fn wanted_fact<T>(plan: &Plan, name: &str, observe: impl FnOnce() -> Observed<T>) -> Observed<T> {
    if plan.wants(name) { observe() } else { Observed::not_collected() }
}

/// What the machine's audit records, if a check asks for any of it.
fn audit_records(system: &System, view: &View, plan: &Plan) -> Option<audit::Records> {
    let asked = plan.wants("audit") || plan.wants(WATCH) || plan.keys("audit_rule").next().is_some();
    asked.then(|| audit::Records::observe(system, view))
}
