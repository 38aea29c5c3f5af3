//! The files and directories that dockerd lives from, as it sees them itself.

mod containerd;
mod sockets;

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::flags::Flags;
use super::options::Options;
use super::process::Dockerd;
use super::settings;
use crate::facts::{DaemonFile, Engine, FileAccess, Gap, GapKind, Observed, Role, TlsFile};
use crate::probe::file::access;
use crate::probe::{System, none_if_missing, units};

/// Endings of the names of certificates and keys below `certs.d`; `hosts.toml` lies there too and is none.
const CERTIFICATES: &[&str] = &["crt", "cert", "key", "pem"];
/// Where programs are looked for, as systemd tells its services (`DEFAULT_PATH`): dockerd's environment is not read.
const PATH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// What is known of a dockerd already.
pub(super) struct Known<'k> {
    pub(super) dockerd: &'k Dockerd<'k>,
    pub(super) engine: &'k Engine,
    pub(super) flags: &'k Flags,
    pub(super) options: &'k Options,
    pub(super) hosts: &'k Observed<Vec<String>>,
    pub(super) tls: &'k Observed<Vec<TlsFile>>,
}

/// Every file that is there, and those of which it cannot be told, sorted by role and path.
pub(super) fn observe(known: &Known<'_>) -> Observed<Vec<DaemonFile>> {
    // Whoever may not enter dockerd's file tree would be told the same of every single file.
    if let Err(gap) = known.dockerd.root.identity("/") {
        return gap.into();
    }
    let owner = known.dockerd.root_uid();
    let mut files = Files { root: &known.dockerd.root, owner, found: Vec::new() };
    files.units(known);
    files.configuration(known);
    files.tls(known.tls);
    sockets::add(known, &mut files);
    files.add(Role::DefaultFile, Path::new("/etc/default/docker"));
    files.add(Role::SysconfigFile, Path::new("/etc/sysconfig/docker"));
    files.add(Role::DataRoot, &data_root(known.engine));
    files.add_at(Role::DaemonProgram, program(known.dockerd.system, known.dockerd.pid));
    containerd::add(known, &mut files);
    files.runtime(&known.engine.default_runtime);
    let mut found = files.found;
    found.sort_by(|a, b| (a.role, &a.path).cmp(&(b.role, &b.path)));
    found.dedup_by(|a, b| a.role == b.role && a.path == b.path);
    Observed::known(found)
}

/// The files found so far.
struct Files<'f> {
    root: &'f System,
    /// The uid that may write besides root.
    owner: Result<i64, Gap>,
    found: Vec<DaemonFile>,
}

impl Files<'_> {
    /// Adds what a path leads to, if it leads anywhere.
    fn add(&mut self, role: Role, path: &Path) {
        self.add_if(role, path, |_| true);
    }

    /// Adds what a path leads to, if that is of the right kind.
    fn add_if(&mut self, role: Role, path: &Path, wanted: impl Fn(&Metadata) -> bool) {
        match access::observe(self.root, path, &self.owner) {
            Ok((access, metadata)) if wanted(&metadata) => self.push(role, path, Observed::known(access)),
            Ok(_) => {}
            Err(gap) if gap.kind == GapKind::Missing => {}
            Err(gap) => self.push(role, path, gap.into()),
        }
    }

    /// Adds what a path leads to, or why the path cannot be told.
    fn add_at(&mut self, role: Role, path: Result<PathBuf, Gap>) {
        match path {
            Ok(path) => self.add(role, &path),
            Err(gap) => self.lost(role, &gap),
        }
    }

    /// Adds an entry for what cannot be told.
    fn lost(&mut self, role: Role, gap: &Gap) {
        self.found.push(DaemonFile { role, path: String::new(), file: gap.clone().into(), watch: gap.clone().into() });
    }

    fn push(&mut self, role: Role, path: &Path, file: Observed<FileAccess>) {
        let path = path.display().to_string();
        self.found.push(DaemonFile { role, path, file, watch: Observed::not_collected() });
    }

    fn units(&mut self, known: &Known<'_>) {
        let folders = unit_folders(known);
        let names = [
            (Role::ServiceUnit, "docker.service"),
            (Role::ServiceUnit, "snap.docker.dockerd.service"),
            (Role::SocketUnit, "docker.socket"),
        ];
        for (role, name) in names {
            match folders.as_ref().map_err(Clone::clone).and_then(|folders| units::files(self.root, folders, name)) {
                Ok(paths) => paths.iter().for_each(|path| self.add(role, path)),
                Err(gap) => self.lost(role, &gap),
            }
        }
    }

    fn configuration(&mut self, known: &Known<'_>) {
        let folder = settings::folder(known.dockerd, known.engine.rootless);
        self.add_at(Role::ConfigDirectory, folder.clone());
        match settings::location(known.dockerd, known.flags, known.engine.rootless) {
            Ok(Some(path)) => self.add(Role::ConfigFile, &path),
            Ok(None) => {}
            Err(gap) => self.lost(Role::ConfigFile, &gap),
        }
        match folder.and_then(|folder| certificates(self.root, &folder.join("certs.d"))) {
            Ok(paths) => paths.iter().for_each(|path| self.add_if(Role::RegistryCertificate, path, Metadata::is_file)),
            Err(gap) => self.lost(Role::RegistryCertificate, &gap),
        }
    }

    fn tls(&mut self, files: &Observed<Vec<TlsFile>>) {
        for (role, option) in [(Role::TlsCa, "tlscacert"), (Role::TlsCertificate, "tlscert"), (Role::TlsKey, "tlskey")]
        {
            match files.as_known() {
                Ok(files) => {
                    let named = files.iter().filter(|file| file.option == option && !file.path.is_empty());
                    named.for_each(|file| self.add(role, Path::new(&file.path)));
                }
                Err(gap) => self.lost(role, &gap),
            }
        }
    }

    fn runtime(&mut self, program: &str) {
        if program.starts_with('/') {
            return self.add(Role::Runtime, Path::new(program));
        }
        let missing = |what: String| Gap::new(GapKind::Unsupported, what);
        if program.is_empty() {
            return self.lost(Role::Runtime, &missing("the engine does not tell its default runtime's program".into()));
        }
        let found = PATH.iter().map(|folder| Path::new(folder).join(program)).find(|path| exists(self.root, path));
        let nowhere =
            || missing(format!("{program:?}, the default runtime's program, is in none of {}", PATH.join(", ")));
        self.add_at(Role::Runtime, found.ok_or_else(nowhere));
    }
}

/// Directories of the units of the systemd that starts dockerd.
fn unit_folders(known: &Known<'_>) -> Result<Vec<PathBuf>, Gap> {
    if !known.engine.rootless {
        return Ok(units::system_folders());
    }
    let runtime = PathBuf::from(format!("/run/user/{}", known.dockerd.uid()?));
    Ok(units::user_folders(&known.dockerd.home()?, &runtime))
}

/// Whether a path leads anywhere, as far as can be told.
fn exists(root: &System, path: &Path) -> bool {
    !matches!(root.resolve(path), Err(gap) if gap.kind == GapKind::Missing)
}

/// Certificates and keys in the directories of `certs.d`, one for each registry.
fn certificates(root: &System, folder: &Path) -> Result<Vec<PathBuf>, Gap> {
    let mut found = Vec::new();
    for registry in none_if_missing(root.entries(folder))?.unwrap_or_default() {
        let registry = folder.join(registry);
        let names = none_if_missing(root.entries(&registry))?.unwrap_or_default();
        let is_certificate = |path: &PathBuf| {
            path.extension().is_some_and(|ending| CERTIFICATES.iter().any(|known| ending.eq_ignore_ascii_case(known)))
        };
        found.extend(names.into_iter().map(|name| registry.join(name)).filter(is_certificate));
    }
    Ok(found)
}

/// The directory of images and containers. With remapped users the engine names a part of it: `/var/lib/docker/100000.100000`.
fn data_root(engine: &Engine) -> PathBuf {
    let path = PathBuf::from(&engine.data_root);
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let ids = |name: &str| name.split_once('.').is_some_and(|(uid, gid)| number(uid) && number(gid));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match path.parent() {
        Some(parent) if engine.userns_remap && ids(&name) => parent.to_owned(),
        _ => path,
    }
}

/// The file of a process's program. One that was replaced by a newer release lies at the same path.
fn program(system: &System, pid: u32) -> Result<PathBuf, Gap> {
    let path = system.link(format!("/proc/{pid}/exe"))?;
    Ok(match path.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
        Some(path) => PathBuf::from(path),
        None => path,
    })
}
