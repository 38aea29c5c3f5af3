//! What holds a container on a rung.

use std::collections::BTreeSet;

use super::{Blocker, Rung, Subject};
use crate::facts::{Gap, Inspect, Member, Observed, Process, SeccompMode, SeccompProfile};
use crate::probe::capability::DEFAULT;

/// Capabilities that take the host over by themselves.
pub(super) const TAKEOVER: [&str; 9] = [
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_RAWIO",
];
/// What a server needs that begins as root to open a port and to become somebody else.
const NEEDED: [&str; 5] = ["CHOWN", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];
/// Directories of the host whose writer owns it.
const SENSITIVE: [&str; 14] = [
    "/bin",
    "/boot",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/spool/cron",
];

/// Everything that was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) blockers: Vec<Blocker>,
    pub(super) unseen: Vec<String>,
}

impl Found {
    fn block(&mut self, rung: Rung, seen: String, lift: &'static str) {
        self.blockers.push(Blocker { rung, seen, lift });
    }

    /// The value, or a note that it was not seen.
    fn know<'o, T>(&mut self, what: &str, observed: &'o Observed<T>) -> Option<&'o T> {
        match observed.as_known() {
            Ok(value) => Some(value),
            Err(gap) => {
                self.miss(what, &gap);
                None
            }
        }
    }

    fn miss(&mut self, what: &str, gap: &Gap) {
        self.unseen.push(format!("{what}: {gap}"));
    }

    /// By what runs.
    pub(super) fn effective(&mut self, subject: Subject<'_>) {
        self.mounts(subject);
        self.namespaces(subject.process);
        let Some(members) = self.know("processes", subject.processes) else { return };
        let given = given(subject);
        for member in members {
            let Some(process) = self.know(&format!("process {}", member.pid), &member.process) else { continue };
            let Some(on_host) = self.know(&format!("namespaces of process {}", member.pid), &member.on_host) else {
                continue;
            };
            if on_host.iter().any(|kind| kind == "user") {
                self.block(Rung::NonRoot, "it is in the host's user namespace".to_owned(), USER_NAMESPACE);
                self.over_host(member, process, on_host, &given);
            } else {
                self.within_namespace(member, process);
            }
        }
    }

    /// A process whose capabilities are those of the host.
    fn over_host(&mut self, member: &Member, process: &Process, on_host: &[String], given: &Given<'_>) {
        let who = who(member);
        let takeover = process.effective.iter().filter(|name| TAKEOVER.contains(&name.as_str()));
        for name in takeover.filter(|name| process.seccomp != SeccompMode::Filter || given.passes(name)) {
            self.block(Rung::Takeover, format!("{who} has {name}"), DROP);
        }
        if on_host.iter().any(|kind| kind == "pid") && process.effective.iter().any(|name| name == "SYS_PTRACE") {
            self.block(Rung::Takeover, format!("{who} has SYS_PTRACE among the host's processes"), PTRACE);
        }
        if process.uid == 0 || process.host_uid == 0 {
            let within: BTreeSet<&str> = process.bounding.iter().map(String::as_str).collect();
            let (rung, with) = of_root(&within);
            self.block(rung, format!("{who} is root with {with}"), if rung == Rung::Dropped { USER } else { DROP });
            return;
        }
        let has: BTreeSet<&str> = [&process.effective, &process.permitted, &process.ambient]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !has.is_empty() {
            let needed = has.iter().all(|name| NEEDED.contains(name));
            let rung = if needed { Rung::Dropped } else { Rung::ReducedRoot };
            self.block(rung, format!("{who} is user {} with {}", process.uid, list(&has)), DROP);
        }
        if !process.no_new_privs && !process.bounding.is_empty() {
            let seen = format!("{who} is user {}, and set-id programs can give it capabilities", process.uid);
            self.block(Rung::Dropped, seen, NO_NEW_PRIVILEGES);
        }
    }

    /// A process whose capabilities hold within a user namespace alone.
    fn within_namespace(&mut self, member: &Member, process: &Process) {
        if process.uid == 0 || !process.effective.is_empty() {
            self.block(Rung::Dropped, format!("{} is root of its user namespace", who(member)), USER);
        }
        if process.host_uid == 0 {
            self.block(Rung::DefaultRoot, format!("{} is the host's root all the same", who(member)), USER_NAMESPACE);
        }
    }

    /// Every privilege, as it was told, or as it has come to.
    pub(super) fn privileged(&mut self, told: bool, subject: Subject<'_>) {
        if !told {
            return;
        }
        let rung = match subject.process.value().and_then(|process| process.namespaces.user.value()) {
            Some(user) if user.initial.value() == Some(&false) => Rung::ReducedRoot,
            _ => Rung::Privileged,
        };
        self.block(rung, "it was started with --privileged".to_owned(), PRIVILEGED);
    }

    fn mounts(&mut self, subject: Subject<'_>) {
        let Some(mounts) = self.know("mounts", &subject.kernel.mounts) else { return };
        // Who is nobody on the host writes to none of its files, and is refused by its engine's socket.
        let mapped = subject.process.value().and_then(|process| process.uid_map.value());
        if mapped.is_some_and(|ranges| ranges.iter().all(|range| range.outside != 0)) {
            return;
        }
        let admin =
            subject.process.value().is_some_and(|process| process.bounding.iter().any(|name| name == "SYS_ADMIN"));
        for mount in mounts {
            let Some(sockets) = self.know(&format!("sockets below {}", mount.destination), &mount.engine_sockets)
            else {
                continue;
            };
            for socket in sockets {
                self.block(Rung::Takeover, format!("{} leads to {socket}", mount.destination), SOCKET);
            }
            let Some(path) = self.know(&format!("where {} is", mount.destination), &mount.host_path) else { continue };
            let apart = mount.filesystem.starts_with("cgroup");
            let open = !apart && is_sensitive(&mount.destination, path) && (mount.writable || admin);
            // The engine's storage may be anywhere.
            if open && self.know(&format!("who keeps {}", mount.destination), &mount.kept) == Some(&false) {
                self.block(Rung::Takeover, format!("{} is the host's {path}, writable", mount.destination), DIRECTORY);
            }
        }
        if let Some(writable) = subject.kernel.writable.value()
            && let Some(first) = subject.process.value()
            && writable.iter().any(|path| path.ends_with("/sys"))
        {
            let is_root = first.uid == 0 || first.host_uid == 0;
            let unconfined = first.seccomp == SeccompMode::Disabled && admin && is_root;
            let (rung, lift) = if unconfined { (Rung::Privileged, PRIVILEGED) } else { (Rung::Takeover, PATHS) };
            if is_root {
                self.block(rung, format!("it can write to {}", writable.join(", ")), lift);
            }
        }
    }

    fn namespaces(&mut self, process: &Observed<Process>) {
        let Some(process) = self.know("first process", process) else { return };
        let kinds = &process.namespaces;
        for (kind, namespace) in [("pid", &kinds.pid), ("net", &kinds.net), ("ipc", &kinds.ipc), ("uts", &kinds.uts)] {
            let Some(namespace) = self.know(&format!("{kind} namespace"), namespace) else { continue };
            if namespace.initial.value() == Some(&true) {
                self.block(Rung::HostNamespaces, format!("it shares the host's {kind} namespace"), NAMESPACE);
            } else if namespace.engine.value() == Some(&true) {
                self.block(Rung::HostNamespaces, format!("it shares the engine's {kind} namespace"), NAMESPACE);
            } else {
                self.know(&format!("the host's {kind} namespace"), &namespace.initial);
            }
        }
    }

    /// By what it was told, since nothing runs.
    pub(super) fn declared(&mut self, told: &Inspect) {
        if told.privileged {
            self.block(Rung::Privileged, "it will be started with --privileged".to_owned(), PRIVILEGED);
        }
        for name in told.capabilities.iter().filter(|name| TAKEOVER.contains(&name.as_str())) {
            self.block(Rung::Takeover, format!("it will have {name}"), DROP);
        }
        self.told_mounts(told);
        let pid_mode = told.pid_mode.value().map(String::as_str);
        if pid_mode == Some("host") && told.capabilities.iter().any(|name| name == "SYS_PTRACE") {
            self.block(Rung::Takeover, "it will have SYS_PTRACE among the host's processes".to_owned(), PTRACE);
        }
        let uts = Observed::known(told.uts_mode.clone());
        let modes = [("net", &told.network_mode), ("pid", &told.pid_mode), ("ipc", &told.ipc_mode), ("uts", &uts)];
        for (kind, mode) in modes {
            if self.know(&format!("{kind} mode"), mode).is_some_and(|mode| mode == "host") {
                self.block(Rung::HostNamespaces, format!("it will share the host's {kind} namespace"), NAMESPACE);
            }
        }
        let user = told.user.split(':').next().unwrap_or_default();
        let within: BTreeSet<&str> = told.capabilities.iter().map(String::as_str).collect();
        // A name may be another of root's.
        let is_root = matches!(user, "" | "0" | "root") || self.know("its user", &told.user_uid) == Some(&0);
        if is_root {
            let kept = self.know("read-only paths", &told.read_only_paths);
            let open = |path: &&str| kept.is_some_and(|kept| !kept.iter().any(|one| one == path));
            let open: Vec<&str> = ["/proc/sys", "/proc/sysrq-trigger"].into_iter().filter(open).collect();
            if !open.is_empty() && !told.privileged {
                self.block(Rung::Takeover, format!("it will be able to write to {}", open.join(", ")), PATHS);
            }
            let (rung, with) = of_root(&within);
            self.block(
                rung,
                format!("it will run as root with {with}"),
                if rung == Rung::Dropped { USER } else { DROP },
            );
        } else if !within.is_empty() && told.no_new_privileges != crate::facts::PrivilegeGain::Forbidden {
            self.block(
                Rung::Dropped,
                "set-id programs will be able to give it capabilities".to_owned(),
                NO_NEW_PRIVILEGES,
            );
        }
        self.block(Rung::NonRoot, "whether it gets a user namespace is seen when it runs".to_owned(), USER_NAMESPACE);
    }

    /// What it was told to mount.
    fn told_mounts(&mut self, told: &Inspect) {
        let admin = told.capabilities.iter().any(|name| name == "SYS_ADMIN");
        for mount in self.know("mounts", &told.mounts).into_iter().flatten() {
            let at = &mount.destination;
            for socket in self.know(&format!("sockets below {at}"), &mount.engine_sockets).into_iter().flatten() {
                self.block(Rung::Takeover, format!("{at} will lead to {socket}"), SOCKET);
            }
            let names = [&mount.host_path, &mount.alias].map(|name| self.know(&format!("where {at} is"), name));
            let sensitive = names.into_iter().flatten().find(|path| is_sensitive(at, path));
            if let Some(path) = sensitive.filter(|_| mount.writable || admin) {
                self.block(Rung::Takeover, format!("{at} will be the host's {path}, writable"), DIRECTORY);
            }
        }
    }
}

/// The capabilities that a container's seccomp filter was made for.
struct Given<'g> {
    names: BTreeSet<&'g str>,
    /// Whether the filter is one that follows the capabilities; of others it is not known what they let pass.
    follows: bool,
}

impl Given<'_> {
    /// Whether the filter lets pass what a capability is for.
    fn passes(&self, name: &str) -> bool {
        !self.follows || self.names.contains(name)
    }
}

fn given(subject: Subject<'_>) -> Given<'_> {
    match subject.inspect.and_then(Observed::value) {
        Some(told) => Given {
            names: told.capabilities.iter().map(String::as_str).collect(),
            follows: matches!(told.seccomp.profile, SeccompProfile::Builtin | SeccompProfile::DaemonDefault),
        },
        None => {
            let bounding = subject.process.value().map(|process| process.bounding.iter().map(String::as_str).collect());
            Given { follows: bounding.is_some(), names: bounding.unwrap_or_default() }
        }
    }
}

/// The rung of root with these capabilities, and what they are.
fn of_root(within: &BTreeSet<&str>) -> (Rung, String) {
    if DEFAULT.iter().all(|name| within.contains(name)) {
        (Rung::DefaultRoot, "at least the default capabilities".to_owned())
    } else if within.iter().all(|name| NEEDED.contains(name)) {
        let what = if within.is_empty() { "no capability".to_owned() } else { list(within) };
        (Rung::Dropped, what)
    } else {
        (Rung::ReducedRoot, list(within))
    }
}

fn is_sensitive(destination: &str, path: &str) -> bool {
    let covers = |outer: &str, inner: &str| {
        outer == "/" || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let apart = destination == "/" || path.is_empty();
    !apart && !covers("/usr/share/zoneinfo", path) && SENSITIVE.iter().any(|of| covers(path, of) || covers(of, path))
}

fn who(member: &Member) -> String {
    format!("{} (process {})", member.name, member.pid)
}

fn list(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

const PRIVILEGED: &str = "start it without --privileged, with the single capability or device that it needs";
const DROP: &str = "start it with --cap-drop ALL and --cap-add for each capability that it proves to need";
const PTRACE: &str = "start it without --pid host, or without SYS_PTRACE";
const SOCKET: &str = "start it without the socket; a proxy can let through the calls that it needs";
const DIRECTORY: &str = "start it without that directory, or with it read-only and without SYS_ADMIN";
const PATHS: &str = "start it with the paths masked and read-only that its engine protects by default";
const NAMESPACE: &str = "start it with a namespace of its own";
const USER: &str = "run it as a user of its own (USER in the image, --user)";
const NO_NEW_PRIVILEGES: &str = "start it with --security-opt no-new-privileges, or with --cap-drop ALL";
const USER_NAMESPACE: &str = "give it a user namespace (userns-remap, rootless engine)";
