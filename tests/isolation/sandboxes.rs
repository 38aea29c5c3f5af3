//! Sandboxes that no engine has told of: containerd's, podman's, a sandbox; and what is none.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::deeds::{Visitor, enter_process, mount_of_machine, wait_for};
use crate::lab::{Audit, Lab};

fn audit() -> Audit {
    let mut run = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    Audit::read(&run.args(["audit", "--engine=none", "--section=3", "--format=json"]).output().unwrap())
}

/// The checks of a sandbox with this name that did not pass.
fn wrong(audit: &Audit, name: &str) -> String {
    let of: Vec<&Value> = audit.findings().iter().filter(|finding| finding["subject"]["name"] == name).collect();
    assert_eq!(of.len(), 11, "{name}");
    let bad = of.into_iter().filter(|finding| finding["verdict"] != "pass" && finding["verdict"] != "not-applicable");
    let word = |finding: &Value| {
        let check = finding["check"].as_str().unwrap().trim_start_matches("sandbox-").to_owned();
        if finding["verdict"] == "fail" { check } else { format!("{check}: {}", finding["reason"]) }
    };
    bad.map(word).collect::<Vec<_>>().join(", ")
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn start(program: &str, args: &[&str], log: &Path) -> Child {
    let (out, err) = (File::create(log).unwrap(), File::create(log.with_extension("err")).unwrap());
    Command::new(program).args(args).stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap()
}

/// A root filesystem of busybox.
fn root(directory: &Path) -> String {
    let root = directory.join("rootfs");
    for part in ["bin", "dev", "etc", "proc", "sys", "tmp"] {
        fs::create_dir_all(root.join(part)).unwrap();
    }
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    symlink("busybox", root.join("bin/sleep")).unwrap();
    root.to_str().unwrap().to_owned()
}

/// A containerd of our own; its containers end with it.
struct Containerd {
    directory: TempDir,
    daemon: Child,
    containers: Vec<String>,
}

impl Containerd {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let args = ["--root", &path("root"), "--state", &path("state"), "-a", &path("sock")];
        let daemon = start("containerd", &args, &directory.path().join("log"));
        let this = Self { directory, daemon, containers: Vec::new() };
        wait_for("containerd", || this.try_ctr(&["version"]).is_some());
        this
    }

    fn try_ctr(&self, args: &[&str]) -> Option<String> {
        let socket = self.directory.path().join("sock");
        let output = Command::new("ctr").arg("-a").arg(socket).args(args).stdin(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a container of this name; returns its first process.
    fn run(&mut self, name: &str, options: &[&str]) -> u32 {
        let root = root(&self.directory.path().join(name));
        self.containers.push(name.to_owned());
        let args = [&["run", "-d"], options, &["--rootfs", &root, name, "/bin/sleep", "100000"]].concat();
        self.try_ctr(&args).unwrap_or_else(|| panic!("ctr {args:?}"));
        let tasks = self.try_ctr(&["task", "ls"]).unwrap();
        let line = tasks.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        for name in &self.containers {
            self.try_ctr(&["task", "rm", "-f", name]);
            self.try_ctr(&["container", "rm", name]);
        }
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

#[test]
fn a_container_of_ctr() {
    let mut containerd = Containerd::start();
    let name = |name: &str| format!("ctr-{name}-{}", std::process::id());
    let (plain, privileged, entered) = (name("plain"), name("privileged"), name("entered"));
    containerd.run(&plain, &["--seccomp"]);
    containerd.run(
        &privileged,
        &["--net-host", "--mount=type=bind,src=/etc,dst=/e,options=rbind:ro", "--cap-add=CAP_SYS_ADMIN"],
    );
    let late = name("late");
    mount_of_machine(containerd.run(&late, &["--seccomp"]), "/etc/cron.d", "/tmp");
    let first = containerd.run(&entered, &["--seccomp"]);
    let visitor = enter_process(first, &["-m", "-p", "-n", "-i", "-u"], false);
    let seen = audit();
    assert_eq!(wrong(&seen, &plain), "limited, processes-not-root");
    assert_eq!(wrong(&seen, &late), "limited, mounts-as-declared, processes-not-root");
    assert_eq!(
        wrong(&seen, &privileged),
        "limited, no-host-takeover-capability, own-namespaces, processes-not-root, seccomp-filtered"
    );
    assert_eq!(
        wrong(&seen, &entered),
        "limited, no-foreign-process, no-host-takeover-capability, processes-as-declared, processes-not-root, seccomp-filtered"
    );
    drop(visitor);
    wait_for("the visitor's end", || wrong(&audit(), &entered) == "limited, processes-not-root");
}

#[test]
fn a_container_of_podman() {
    let directory = tempfile::tempdir().unwrap();
    let root = root(directory.path());
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let name = format!("podman-{}", std::process::id());
    run("tar", &["-C", &root, "-cf", &path("image.tar"), "."]);
    let (store, state) = (path("store"), path("state"));
    let podman = ["--root", &store, "--runroot", &state, "--runtime", "/usr/sbin/runc"];
    let podman = |args: &[&str]| run("podman", &[&podman[..], args].concat());
    podman(&["import", &path("image.tar"), "lab:1"]);
    let limits =
        ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--network=none", "--memory=64m", "--pids-limit=50"];
    podman(&[&["run", "-d", "--name", &name, "--user=1000"], &limits[..], &["lab:1", "/bin/sleep", "100000"]].concat());
    let seen = audit();
    let found = seen.finding("sandbox-kept-by-a-runtime", &name)["evidence"].to_string();
    podman(&["rm", "-f", "-t", "0", &name]);
    // Layers stay mounted in the machine's own namespace otherwise.
    let _ = Command::new("umount").arg(path("store/overlay")).output();
    assert!(found.contains("podman"), "{found}");
    assert_eq!(wrong(&seen, &name), "");
}

#[test]
fn a_sandbox_of_unshare() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let program = directory.path().join(format!("box-{}", std::process::id()));
    fs::copy("/bin/sleep", &program).unwrap();
    let name = program.file_name().unwrap().to_str().unwrap();
    let all = ["-m", "-p", "-n", "-i", "-u", "-f", "--kill-child", "--mount-proc"];
    let _sandbox = Visitor(start("unshare", &[&all[..], &[program.to_str().unwrap(), "100000"]].concat(), &log));
    wait_for("the sandbox", || audit().findings().iter().any(|finding| finding["subject"]["name"] == name));
    assert_eq!(
        wrong(&audit(), name),
        "kept-by-a-runtime, kernel-interfaces-protected, limited, no-host-takeover-capability, processes-not-root, seccomp-filtered"
    );
}

/// Of a user who is nobody on the host: root in it is not the host's.
#[test]
fn a_sandbox_of_an_ordinary_user() {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let program = directory.path().join(format!("user-{}", std::process::id()));
    fs::copy("/bin/sleep", &program).unwrap();
    let name = program.file_name().unwrap().to_str().unwrap();
    let user = ["--reuid=2000", "--regid=2000", "--clear-groups", "unshare", "-U", "-r", "-m", "-p", "-n", "-i", "-u"];
    let command = ["-f", "--kill-child", "--mount-proc", program.to_str().unwrap(), "100000"];
    let _sandbox = Visitor(start("setpriv", &[&user[..], &command].concat(), &directory.path().join("log")));
    wait_for("the sandbox", || audit().findings().iter().any(|finding| finding["subject"]["name"] == name));
    assert_eq!(wrong(&audit(), name), "kept-by-a-runtime, limited, seccomp-filtered");
}

/// Daemons with parts of their surroundings taken away, as systemd does it, and the shape of a browser's sandbox.
#[test]
fn what_is_confined_on_the_host_is_no_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let confined: [&[&str]; 10] = [
        &["-m"],
        &["-n"],
        &["-i"],
        &["-u"],
        &["-C"],
        &["-U"],
        &["-m", "-n", "-i", "-u"],
        &["-p", "-f", "--kill-child"],
        &["-U", "-r", "-p", "-n", "-f", "--kill-child"],
        &["-m", "-U", "-r"],
    ];
    let twice = confined.iter().chain(&confined).enumerate();
    let daemons: Vec<Visitor> = twice
        .map(|(number, options)| {
            let log = directory.path().join(number.to_string());
            Visitor(start("unshare", &[options, &["sleep", "100000"][..]].concat(), &log))
        })
        .collect();
    let ended = |child: &Child| {
        fs::read_to_string(format!("/proc/{}/stat", child.id())).is_ok_and(|stat| stat.contains(") Z "))
    };
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(daemons.iter().filter(|daemon| ended(&daemon.0)).count(), 0);
    let children = |pid: u32| fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut pids: Vec<String> = daemons.iter().map(|daemon| daemon.0.id().to_string()).collect();
    pids.extend(
        daemons.iter().flat_map(|d| children(d.0.id()).split_whitespace().map(str::to_owned).collect::<Vec<_>>()),
    );
    assert_eq!(pids.len(), 24);
    let audit = audit();
    let sandboxes = audit.findings().iter().filter(|finding| finding["subject"]["kind"] == "sandbox");
    let mistaken: Vec<&Value> =
        sandboxes.filter(|sandbox| pids.iter().any(|pid| sandbox["subject"]["id"] == **pid)).collect();
    assert_eq!(mistaken, Vec::<&Value>::new());
}

/// An engine that listens in a network namespace of its own: whoever has its socket is no further from it for that.
#[test]
fn a_container_of_another_engine() {
    let (asked, other) = (Lab::start(&[]), Lab::start(&[]));
    let [plain, socket] = ["plain", "socket"].map(|name| format!("other-{name}-{}", std::process::id()));
    other.run(&plain, &["--network=none"]);
    other.run(&socket, &["--network=none", "--cap-drop=ALL", &format!("-v={}:/s:ro", other.socket().display())]);
    let audit = asked.audit(&["--benchmark", "plimsoll-isolation", "--section", "3"]);
    let check = "sandbox-engine-sockets-out-of-reach";
    assert_eq!([&plain, &socket].map(|name| audit.verdict(check, name)), ["pass", "fail"]);
    let rows = asked.plimsoll(&["containers", "--format=json"]);
    let rows: Value = serde_json::from_slice(&rows.stdout).unwrap();
    let rung = |name: &str| {
        let row = rows["containers"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        (row["runtime"].as_str().unwrap(), row["rung"].as_str().unwrap())
    };
    assert_eq!([&plain, &socket].map(|name| rung(name)), [("docker", "default-root"), ("docker", "takeover")]);
}

/// A browser in its own sandbox: PID, user and network namespaces, and a root directory that is empty.
#[test]
fn a_browser_is_no_sandbox() {
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(home.path(), Some(65534), Some(65534)).unwrap();
    let path = home.path().to_str().unwrap();
    let (directory, home_is) = (format!("--user-data-dir={path}/profile"), format!("HOME={path}"));
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "env", &home_is, "chromium"];
    let options = ["--headless=new", "--disable-gpu", "--remote-debugging-port=0", &directory, "about:blank"];
    let log = tempfile::tempdir().unwrap();
    let browser = Visitor(start("setpriv", &[&nobody[..], &options].concat(), &log.path().join("log")));
    let own = fs::read_link("/proc/self/ns/pid").unwrap();
    let isolated = || {
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let of_browser = |path: &std::path::PathBuf| {
            fs::read_link(path.join("exe")).is_ok_and(|exe| exe.to_string_lossy().contains("chromium"))
        };
        let apart = |path: &std::path::PathBuf| fs::read_link(path.join("ns/pid")).is_ok_and(|pid| pid != own);
        let found = processes.filter(of_browser).filter(apart);
        found.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<String>>()
    };
    wait_for("the browser's sandboxes", || isolated().len() > 2);
    let (before, audit) = (isolated(), audit());
    let is_of_browser = |finding: &&Value| {
        let subject = &finding["subject"];
        subject["name"].as_str().unwrap().contains("chromium") || before.iter().any(|pid| subject["id"] == **pid)
    };
    assert_eq!(audit.findings().iter().filter(is_of_browser).collect::<Vec<_>>(), Vec::<&Value>::new());
    // What kept the namespaces goes with the browser.
    drop(browser);
    wait_for("the browser's end", || isolated().is_empty());
}
