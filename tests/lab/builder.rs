//! How a lab's dockerd is to be started.

use std::fs::{self, DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::{Lab, command, poll, read_log, tail};

type Action = Box<dyn FnOnce(&Path) + Send>;

/// A dockerd that has not started yet. In flags, file texts and environment, `{dir}` is the lab's directory.
#[derive(Default)]
pub struct Builder {
    flags: Vec<String>,
    daemon_json: Option<String>,
    etc: Vec<(String, String)>,
    env: Vec<(String, String)>,
    dockerd: Option<PathBuf>,
    prepare: Vec<Action>,
    socket_activated: bool,
    bridge: bool,
    rootless: bool,
}

impl Builder {
    /// Gives dockerd these flags; a flag of the lab's own that one of them repeats is left out.
    pub fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// The text of the configuration file, `{}` otherwise; a flag of the lab's own that it sets too is left out.
    /// If it sets hosts, they must include `unix://{dir}/docker.sock`.
    pub fn daemon_json(mut self, text: &str) -> Self {
        self.daemon_json = Some(text.to_owned());
        self
    }

    /// Puts a file into the engine's /etc, such as `docker/plugins/name.spec` or `subuid`.
    pub fn etc(mut self, path: &str, text: &str) -> Self {
        self.etc.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Has the user `dockremap`, with ids for `--userns-remap=dockremap`.
    pub fn remap_user(self) -> Self {
        let of_machine = |path: &str| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (passwd, group) = (of_machine("/etc/passwd"), of_machine("/etc/group"));
        let ids = "dockremap:165536:65536\n";
        self.etc("subuid", ids)
            .etc("subgid", ids)
            .etc("passwd", &(passwd + "dockremap:x:990:990::/:/bin/false\n"))
            .etc("group", &(group + "dockremap:x:990:\n"))
    }

    /// Sets a variable of dockerd's environment, which has PATH and HOME otherwise.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Starts this program as dockerd.
    pub fn dockerd(mut self, program: impl Into<PathBuf>) -> Self {
        self.dockerd = Some(program.into());
        self
    }

    /// Leaves dockerd its default bridge and iptables, which both are off otherwise to save time.
    pub fn bridge(mut self) -> Self {
        self.bridge = true;
        self
    }

    /// Has another process make the listening socket and pass it on, as systemd does for docker.socket.
    pub fn socket_activated(mut self) -> Self {
        self.socket_activated = true;
        self
    }

    /// Runs dockerd as user 2000 in a user namespace, with user 200000 and up for what it starts; not with a bridge.
    pub fn rootless(mut self) -> Self {
        self.rootless = true;
        self
    }

    /// Does something with the lab's directory before dockerd starts, such as making certificates.
    pub fn prepare(mut self, action: impl FnOnce(&Path) + Send + 'static) -> Self {
        self.prepare.push(Box::new(action));
        self
    }

    /// Starts dockerd, waits until its API answers, and imports the image lab:1.
    pub fn start(mut self) -> Lab {
        let dir = fresh_dir();
        self.write_files(&dir);
        for action in std::mem::take(&mut self.prepare) {
            action(&dir);
        }
        let mut guard = spawn_guard(&dir, &self.command(&dir));
        let life = guard.stdin.take();
        let mut lab = Lab { socket: dir.join("docker.sock"), dir, pid: 0, guard, life };
        let ready = poll(Duration::from_secs(30), || ended(&lab.dir) || ping(&lab.socket));
        let pid = fs::read_to_string(lab.dir.join("pid")).unwrap_or_default();
        lab.pid = pid.trim().parse().unwrap_or(0);
        assert!(ready && lab.pid != 0, "dockerd did not start:\n{}", tail(&read_log(&lab.dir)));
        lab.import("lab:1", &[]);
        lab
    }

    fn write_files(&self, dir: &Path) {
        for sub in ["etc/docker", "etc.work", "run"] {
            make_dir(&dir.join(sub));
        }
        for (path, text) in &self.etc {
            let path = dir.join("etc").join(path);
            path.parent().into_iter().for_each(make_dir);
            write(&path, &expand(text, dir));
        }
        let json = self.daemon_json.as_deref().unwrap_or("{}");
        write(&dir.join("daemon.json"), &expand(json, dir));
    }

    /// The command that becomes dockerd in the lab's namespaces.
    fn command(&self, dir: &Path) -> Vec<String> {
        let mut words = Vec::new();
        if self.rootless {
            words.extend(["sh", "-c", ROOTLESS, "rootless", "{dir}"].map(|word| expand(word, dir)));
        }
        if self.socket_activated {
            let socket = format!("{}/docker.sock", dir.display());
            words
                .extend(["systemd-socket-activate", "-l", &socket, "sh", "-c", LISTENER, "listener"].map(String::from));
        }
        if !self.env.is_empty() {
            words.push("env".to_owned());
            words.extend(self.env.iter().map(|(key, value)| format!("{key}={}", expand(value, dir))));
        }
        let program = self.dockerd.as_deref().unwrap_or(Path::new("dockerd"));
        words.push(expand(&program.display().to_string(), dir));
        words.extend(self.own_flags().iter().map(|flag| expand(flag, dir)));
        words.extend(self.flags.iter().map(|flag| expand(flag, dir)));
        words
    }

    /// The lab's flags without those that the test gives as a flag or in the file: dockerd refuses repetition.
    fn own_flags(&self) -> Vec<String> {
        let file = self.daemon_json.as_deref().unwrap_or_default();
        let file: Value = serde_json::from_str(file).unwrap_or_default();
        let given = |name: &str| {
            let flag = format!("--{name}");
            self.flags.iter().any(|one| one.split('=').next() == Some(&flag))
        };
        let mut flags = vec!["--config-file={dir}/daemon.json", "--exec-root={dir}/exec", "--pidfile={dir}/pid"];
        if !given("data-root") && file.get("data-root").is_none() {
            flags.push("--data-root={dir}/data");
        }
        if file.get("hosts").is_none() {
            flags.push(if self.socket_activated { "--host=fd://" } else { "--host=unix://{dir}/docker.sock" });
        }
        if self.rootless {
            flags.extend(["--rootless", "--group=0"]);
        }
        if !self.bridge {
            for (name, flag) in [("bridge", "--bridge=none"), ("iptables", "--iptables=false")] {
                if !given(name) && file.get(name).is_none() {
                    flags.push(flag);
                }
            }
        }
        flags.into_iter().map(String::from).collect()
    }
}

const GUARD: &str = include_str!("guard.sh");
const INSIDE: &str = include_str!("inside.sh");
const ROOTLESS: &str = include_str!("rootless.sh");
const LISTENER: &str = include_str!("listener.sh");

/// The text with the lab's directory filled in.
pub fn expand(text: &str, dir: &Path) -> String {
    text.replace("{dir}", &dir.display().to_string())
}

/// Writes a file or panics.
pub fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

/// Makes a directory and what leads to it, or panics.
pub fn make_dir(path: &Path) {
    fs::create_dir_all(path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
}

/// A new directory that no other lab has, with a path short enough for a Unix socket and open to remapped users.
fn fresh_dir() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = PathBuf::from(format!("/tmp/plab-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o755).create(&dir) {
            Ok(()) => return dir,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => panic!("cannot make {}: {error}", dir.display()),
        }
    }
}

/// Starts guard.sh in a process group of its own, so that an interrupted test run does not take it along.
fn spawn_guard(dir: &Path, engine: &[String]) -> Child {
    let log = || File::options().create(true).append(true).open(dir.join("dockerd.log"));
    let (out, err) = log().and_then(|out| Ok((out, log()?))).unwrap_or_else(|error| panic!("no log: {error}"));
    let mut guard = command::new("sh", dir);
    guard.args(["-c", GUARD, "guard"]).arg(dir).arg(INSIDE).args(engine);
    guard.stdin(Stdio::piped()).stdout(out).stderr(err).process_group(0);
    guard.spawn().unwrap_or_else(|error| panic!("cannot start the lab's guard: {error}"))
}

/// Whether the process that was started as the engine has ended; the guard leaves it as a zombie until the lab ends.
fn ended(dir: &Path) -> bool {
    let engine = fs::read_to_string(dir.join("engine")).unwrap_or_default();
    let stat = fs::read_to_string(format!("/proc/{}/stat", engine.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|fields| fields.starts_with('Z'))
}

/// Whether the engine answers on its socket, be it with a refusal by a plugin.
fn ping(socket: &Path) -> bool {
    let ask = || {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: lab\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1."))
}
