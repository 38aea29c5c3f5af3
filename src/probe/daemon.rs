//! dockerd: which process it is, and the configuration it runs with.
//!
//! Everything is read from `/proc` and, through `/proc/<pid>/root`, from the files as dockerd itself sees them. Its environment
//! is never read: it may hold secrets, and what it decides (`HOME`, `XDG_CONFIG_HOME`) is answered by `/etc/passwd` or not at all.

mod files;
mod flags;
mod freshness;
mod groups;
mod listeners;
mod options;
mod owner;
mod process;
mod registries;
mod seccomp;
mod settings;
mod tls;

pub use owner::{engine_sockets, owner};
pub(super) use process::{processes, sockets};

use semver::Version;

use crate::facts::{Daemon, Engine, EngineKind, Gap, GapKind, Observed};
use crate::probe::System;
use options::Options;
use process::Dockerd;

/// What is asked of the daemon probe: these facts cost milliseconds, so that they are collected only when a check reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether a check reads [`Daemon::tcp_listeners`].
    pub tcp_listeners: bool,
    /// Whether a check reads [`Daemon::userland_proxies`].
    pub userland_proxies: bool,
    /// Whether a check reads [`Daemon::files`].
    pub files: bool,
}

/// The facts of the dockerd with a process id, which is the engine's own as [`owner`] found it.
pub fn observe(system: &System, pid: u32, engine: &Engine, wanted: &Wanted) -> Observed<Daemon> {
    match engine.kind {
        EngineKind::Docker => {}
        EngineKind::Podman => {
            return Observed::unknown(GapKind::Unsupported, "podman is not configured by dockerd's options");
        }
        EngineKind::Other => {
            return Observed::unknown(GapKind::Unsupported, "this engine is not configured by dockerd's options");
        }
    }
    configured(system, pid, engine, wanted).into()
}

fn configured(system: &System, pid: u32, engine: &Engine, wanted: &Wanted) -> Result<Daemon, Gap> {
    let dockerd = Dockerd::new(system, pid);
    let flags = flags::parse(&dockerd.arguments()?)?;
    let started = freshness::started(&dockerd, &flags);
    let file = settings::load(&dockerd, &flags, engine.rootless, started.as_ref());
    let options = Options::new(flags.clone(), file);
    let hosts = options.hosts(engine);
    let tcp_listeners = if wanted.tcp_listeners {
        listeners::tcp(&dockerd, engine, &options, &hosts)
    } else {
        Observed::not_collected()
    };
    let userland_proxies =
        if wanted.userland_proxies { dockerd.userland_proxies(&options) } else { Observed::not_collected() };
    let (seccomp_default_action, seccomp_risky_syscalls) =
        seccomp::default_profile(&dockerd, &engine.seccomp_profile, started.as_ref());
    let tls_files = tls::files(&dockerd, &options);
    let files = if wanted.files {
        let (flags, options, hosts, tls) = (&flags, &options, &hosts, &tls_files);
        files::observe(&files::Known { dockerd: &dockerd, engine, flags, options, hosts, tls })
    } else {
        Observed::not_collected()
    };
    Ok(Daemon {
        pid,
        root_uid: dockerd.root_uid().into(),
        root_gid: dockerd.root_gid().into(),
        socket_gids: groups::of_sockets(&dockerd, engine, &options),
        tcp_listeners,
        userland_proxies,
        hosts,
        log_level: options.log_level(),
        iptables: options.boolean("iptables", true),
        ip6tables: ip6tables(&options, &engine.version),
        firewall_backend: options.text("firewall-backend", ""),
        tlsverify: tls::verify(&options, &engine.version),
        tls_files,
        default_ulimits: options.ulimits(),
        cgroup_parent: options.text("cgroup-parent", ""),
        storage_opts: options.list("storage-opt", "storage-opts"),
        log_opts: options.log_opts(),
        no_new_privileges: options.boolean("no-new-privileges", false),
        userland_proxy: options.boolean("userland-proxy", true),
        seccomp_default_action,
        seccomp_risky_syscalls,
        files,
        unverified_registries: registries::unverified(&dockerd, engine.rootless),
    })
}

/// Engine 27 made packet filter rules for IPv6 the default.
fn ip6tables(options: &Options, version: &str) -> Observed<bool> {
    if options.is_default("ip6tables") {
        return match major(version) {
            Some(major) => Observed::from_source(major >= 27, options::DEFAULT),
            None => Observed::unknown(
                GapKind::Unsupported,
                format!("the default of ip6tables depends on the engine's version, and {version:?} is none"),
            ),
        };
    }
    options.boolean("ip6tables", false)
}

/// The major number of an engine's version; distributions write `20.10.24+dfsg1`, Docker `v28.0.0-rc.1`.
fn major(version: &str) -> Option<u64> {
    let version = version.trim_start_matches('v');
    match Version::parse(version) {
        Ok(version) => Some(version.major),
        // Releases before Engine 23 have months with a leading zero (`19.03.8`), which semver refuses.
        Err(_) => version.split('.').next()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
