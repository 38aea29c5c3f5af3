//! Real engines for the integration tests: each [`Lab`] is a dockerd with a data root, configuration, /etc, /run,
//! mount namespace and network namespace of its own, so that labs disturb neither each other nor the machine.
//!
//! Needs root and Debian's docker.io, busybox-static, util-linux and, where used, auditd, iptables, systemd and openssl.
//! `PLIMSOLL_LAB_ENGINE` names a directory whose dockerd, containerd, docker-proxy and docker are taken instead of
//! Debian's; `tests/lab/fetch-engine` makes one.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "each test binary uses a part of this, and it has to start programs"
)]

mod audit;
pub mod auditing;
pub mod authz;
mod builder;
mod command;
mod image;
pub mod registry;
mod seen;
pub mod tls;

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Output};
use std::thread;
use std::time::{Duration, Instant};

pub use audit::Audit;
pub use builder::Builder;
pub use command::lab_path;

/// A running dockerd; dropping it removes the dockerd, its containers and its files.
pub struct Lab {
    dir: PathBuf,
    socket: PathBuf,
    pid: u32,
    guard: Child,
    /// Held open for as long as the lab shall live: guard.sh cleans up when it closes.
    life: Option<ChildStdin>,
}

/// The builders of images that an engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageBuilder {
    /// The one that makes a container for each step.
    Classic,
    /// BuildKit.
    BuildKit,
}

impl Lab {
    /// A dockerd with these flags besides the lab's own.
    pub fn start(flags: &[&str]) -> Self {
        Self::builder().flags(flags).start()
    }

    /// A dockerd to be described further.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The Unix socket that the engine's API answers on.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The lab's directory: docker.sock, daemon.json, dockerd.log, data (the data root), and etc and run, which are
    /// over the machine's /etc and in place of its /run in the lab's mount namespace.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The major number of the engine's version, such as 20 or 26.
    pub fn version(&self) -> u32 {
        let version = self.docker(&["version", "--format", "{{.Server.Version}}"]);
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        major.unwrap_or_else(|| panic!("not a version: {version}"))
    }

    /// The process id of dockerd itself.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What dockerd and containerd have logged so far.
    pub fn log(&self) -> String {
        read_log(&self.dir)
    }

    /// Runs the docker client; returns its trimmed standard output, or its standard error if it failed.
    pub fn try_docker(&self, args: &[&str]) -> Result<String, String> {
        self.docker_with(args, &[])
    }

    /// Runs the docker client; returns its trimmed standard output.
    pub fn docker(&self, args: &[&str]) -> String {
        self.try_docker(args).unwrap_or_else(|error| panic!("docker {}: {error}", args.join(" ")))
    }

    /// Starts a container of lab:1 that sleeps. NAME has at least two characters.
    pub fn run(&self, name: &str, options: &[&str]) {
        self.docker(&[&["run", "-d", "--name", name], options, SLEEP].concat());
    }

    /// Creates a container of lab:1 without starting it.
    pub fn create(&self, name: &str, options: &[&str]) {
        self.docker(&[&["create", "--name", name], options, SLEEP].concat());
    }

    /// Imports the lab's root filesystem under another tag, with changes such as `USER app`.
    pub fn import(&self, tag: &str, changes: &[&str]) {
        let mut args = vec!["import"];
        for change in changes {
            args.extend(["--change", change]);
        }
        args.extend(["-", tag]);
        self.docker_with(&args, image::archive()).unwrap_or_else(|error| panic!("docker import {tag}: {error}"));
    }

    /// Builds an image from text files, the Dockerfile among them, by a builder of the engine. Programs are run without a
    /// network.
    pub fn build(&self, tag: &str, builder: ImageBuilder, files: &[(&str, &str)]) {
        // Only Debian's client speaks with BuildKit without a plugin.
        let (program, kit) = match builder {
            ImageBuilder::Classic => ("docker", "0"),
            ImageBuilder::BuildKit => ("/usr/bin/docker", "1"),
        };
        let mut docker = command::new(program, &self.dir);
        docker.env("DOCKER_BUILDKIT", kit).arg("-H").arg(format!("unix://{}", self.socket().display()));
        docker.args(["build", "--quiet", "--network", "none", "--tag", tag, "-"]);
        let built = command::text(&mut docker, &image::context(files));
        built.unwrap_or_else(|error| panic!("docker build {tag} ({builder:?}): {error}"));
    }

    /// The process id, on the machine, of a container's first process.
    pub fn container_pid(&self, name: &str) -> u32 {
        let pid = self.docker(&["inspect", "--format", "{{.State.Pid}}", name]);
        pid.parse().unwrap_or_else(|error| panic!("pid {pid:?} of {name}: {error}"))
    }

    /// Runs a program in the engine's mount and network namespaces; returns its trimmed standard output, or its
    /// standard error if it failed.
    pub fn inside(&self, program: &[&str]) -> Result<String, String> {
        let pid = self.pid.to_string();
        let mut run = command::new("nsenter", &self.dir);
        run.args(["--target", &pid, "--mount", "--net", "--"]).args(program);
        command::text(&mut run, &[])
    }

    /// Runs plimsoll against this engine.
    pub fn plimsoll(&self, args: &[&str]) -> Output {
        let mut run = command::new(env!("CARGO_BIN_EXE_plimsoll"), &self.dir);
        if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
            run.env("LLVM_PROFILE_FILE", profile);
        }
        run.args(args).arg("--engine-socket").arg(self.socket());
        run.output().unwrap_or_else(|error| panic!("plimsoll: {error}"))
    }

    /// Runs `plimsoll audit` against this engine as root without a capability, such as `audit_control`.
    pub fn audit_without(&self, capability: &str, args: &[&str]) -> Audit {
        let mut run = command::new("setpriv", &self.dir);
        run.arg(format!("--bounding-set=-{capability}")).arg(format!("--inh-caps=-{capability}"));
        run.arg(env!("CARGO_BIN_EXE_plimsoll")).args(arguments(args));
        run.arg("--engine-socket").arg(self.socket());
        Audit::of_lab(&run.output().unwrap_or_else(|error| panic!("setpriv: {error}")))
    }

    /// Runs `plimsoll audit` against this engine by the newest benchmark of Docker, and reads its report.
    pub fn audit(&self, args: &[&str]) -> Audit {
        Audit::of_lab(&self.plimsoll(&arguments(args)))
    }

    /// Runs `plimsoll audit` in the engine's mount and network namespaces, whose files it sees as the machine's.
    pub fn audit_inside(&self, args: &[&str]) -> Audit {
        let pid = self.pid.to_string();
        let mut run = command::new("nsenter", &self.dir);
        run.args(["--target", &pid, "--mount", "--net", "--", env!("CARGO_BIN_EXE_plimsoll")]).args(arguments(args));
        run.arg("--engine-socket").arg(self.socket());
        Audit::of_lab(&run.output().unwrap_or_else(|error| panic!("nsenter: {error}")))
    }

    /// Sends dockerd a signal, such as `USR1`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid.to_string();
        let mut kill = command::new("kill", &self.dir);
        kill.args(["-s", name, &pid]);
        command::text(&mut kill, &[]).unwrap_or_else(|error| panic!("kill -s {name} {pid}: {error}"));
    }

    /// Replaces daemon.json, with `{dir}` for the lab's directory; [`Lab::hup`] makes the engine read it.
    pub fn write_daemon_json(&self, text: &str) {
        builder::write(&self.dir.join("daemon.json"), &builder::expand(text, &self.dir));
    }

    /// Makes dockerd reload daemon.json and waits until it has.
    pub fn hup(&self) {
        let reloads = || self.log().matches("Reloaded configuration").count();
        let before = reloads();
        self.signal("HUP");
        let done = poll(Duration::from_secs(10), || reloads() > before);
        assert!(done, "dockerd did not reload its configuration:\n{}", tail(&self.log()));
    }

    fn docker_with(&self, args: &[&str], input: &[u8]) -> Result<String, String> {
        let mut docker = command::new("docker", &self.dir);
        docker.arg("-H").arg(format!("unix://{}", self.socket().display())).args(args);
        command::text(&mut docker, input)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if thread::panicking() && self.pid != 0 {
            eprintln!("dockerd's log ends:\n{}", tail(&self.log()));
        }
        drop(self.life.take());
        if let Err(error) = self.guard.wait() {
            eprintln!("the lab in {} was not cleaned up: {error}", self.dir.display());
        }
    }
}

const SLEEP: &[&str] = &["lab:1", "sleep", "100000"];

/// Whether the condition became true in time.
pub fn poll(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn read_log(dir: &Path) -> String {
    let bytes = std::fs::read(dir.join("dockerd.log")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.contains("loading plugin")).collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// The arguments of an audit of the engine; the machine that the tests run on is not looked at.
fn arguments<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let usual: &[&str] = if args.contains(&"--benchmark") { &[] } else { &["--benchmark", "cis-docker-1.8.0"] };
    [&["audit", "--format", "json"], usual, args].concat()
}
