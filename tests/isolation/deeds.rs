//! What somebody with root on the host does to a running container behind the engine's back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{Audit, Lab};

/// The benchmark that all of this is about.
pub const BENCHMARK: &[&str] = &["--benchmark", "plimsoll-isolation"];

/// A process that ends with the test.
pub struct Visitor(pub Child);

impl Drop for Visitor {
    fn drop(&mut self) {
        let pid = self.0.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let _ = Command::new("kill").args(["-KILL", child]).status();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `sleep` in some of a container's namespaces (`-m`, `-p`, `-n`, `-i`, `-u` of nsenter); with `limited` in its control group
/// as well. Returns when it sleeps.
pub fn enter(lab: &Lab, name: &str, namespaces: &[&str], limited: bool) -> Visitor {
    enter_process(lab.container_pid(name), namespaces, limited)
}

/// The same by the container's first process.
pub fn enter_process(pid: u32, namespaces: &[&str], limited: bool) -> Visitor {
    let groups = if limited { groups(pid) } else { Vec::new() };
    let join: String = groups.iter().map(|group| format!("echo $$ >{}/cgroup.procs; ", group.display())).collect();
    let script = format!("set -e; {join} exec nsenter -t {pid} {} -- /bin/sleep 100123", namespaces.join(" "));
    let before = sleepers();
    let child = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    wait_for("nsenter's sleep", || sleepers() > before);
    Visitor(child)
}

fn sleepers() -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let line = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).unwrap_or_default();
    processes.map(line).filter(|line| line.ends_with(b"sleep\x00100123\x00") && !line.starts_with(b"nsenter")).count()
}

/// Waits until something is so.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..250 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("waited in vain for {what}");
}

/// Takes a tree where it is run, and mounts it in the mount namespace of a process.
const MOUNT: &str = r#"
    my ($source, $pid, $target) = @ARGV;
    my ($empty, $here) = ("", -100);
    my $tree = syscall(428, $here, $source, 1);
    die "open_tree: $!" if $tree < 0;
    open(my $namespace, "<", "/proc/$pid/ns/mnt") or die "ns: $!";
    syscall(308, fileno($namespace), 0x20000) == 0 or die "setns: $!";
    syscall(429, $tree, $empty, $here, $target, 4) == 0 or die "move_mount: $!";
"#;

/// Mounts a file or directory of the engine's tree into a running container, where `target` has to be there already.
pub fn mount_late(lab: &Lab, name: &str, source: &Path, target: &str) {
    let pid = lab.container_pid(name).to_string();
    let source = source.to_str().unwrap();
    lab.inside(&["perl", "-e", MOUNT, source, &pid, target]).unwrap_or_else(|error| panic!("{error}"));
}

/// The same with the machine's tree, by the first process of a container.
pub fn mount_of_machine(pid: u32, source: &str, target: &str) {
    let mounted = Command::new("perl").args(["-e", MOUNT, source, &pid.to_string(), target]).output().unwrap();
    assert!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr));
}

/// Where the control groups of a process are, one for each hierarchy that is mounted.
pub fn groups(pid: u32) -> Vec<PathBuf> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let directory = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap(), parts.next().unwrap());
        let base = match controllers {
            "" => ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
                .into_iter()
                .find(|base| Path::new(base).join("cgroup.controllers").exists())?,
            named => &format!("/sys/fs/cgroup/{}", named.trim_start_matches("name=")),
        };
        Some(PathBuf::from(format!("{base}{path}"))).filter(|path| path.exists())
    };
    text.lines().filter_map(directory).collect()
}

/// Writes the memory limit of a container straight into its control group.
pub fn limit_memory(lab: &Lab, name: &str, bytes: u64) {
    limit(lab, name, &["memory.max", "memory.limit_in_bytes"], &bytes.to_string());
}

/// Writes the limit on a container's processes straight into its control group; `max` for none.
pub fn limit_processes(lab: &Lab, name: &str, count: &str) {
    limit(lab, name, &["pids.max"], count);
}

fn limit(lab: &Lab, name: &str, files: &[&str], value: &str) {
    let groups = groups(lab.container_pid(name));
    let mut all = groups.iter().flat_map(|group| files.iter().map(|file| group.join(file)));
    let file = all.find(|file| file.exists()).unwrap();
    fs::write(&file, value).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// A control group outside of every container, in each hierarchy; it is removed in the end.
pub struct Beyond(Vec<PathBuf>);

impl Beyond {
    /// Moves a process there.
    pub fn with(pid: u32) -> Self {
        let name = format!("beyond-{}-{pid}", std::process::id());
        let mut made = Vec::new();
        for group in groups(pid) {
            let controller =
                ["pids", "memory", "cpu"].into_iter().find(|c| group.starts_with(format!("/sys/fs/cgroup/{c}")));
            let base = match controller {
                Some(controller) => format!("/sys/fs/cgroup/{controller}"),
                None if group.starts_with("/sys/fs/cgroup/unified") => continue,
                None if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() => "/sys/fs/cgroup".to_owned(),
                None => continue,
            };
            let beyond = Path::new(&base).join(&name);
            fs::create_dir(&beyond).unwrap();
            fs::write(beyond.join("cgroup.procs"), pid.to_string()).unwrap();
            made.push(beyond);
        }
        assert!(!made.is_empty());
        Self(made)
    }
}

impl Drop for Beyond {
    fn drop(&mut self) {
        for group in &self.0 {
            for pid in fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default().lines() {
                let _ = fs::write(group.parent().unwrap().join("cgroup.procs"), pid);
            }
            let _ = fs::remove_dir(group);
        }
    }
}

/// The checks that a container fails and another one beside it does not, their prefix left out; unknown ones have a question mark.
pub fn wrong_beside(audit: &Audit, name: &str, control: &str) -> String {
    let (here, there) = (wrong(audit, name), wrong(audit, control));
    here.into_iter().filter(|check| !there.contains(check)).collect::<Vec<_>>().join(", ")
}

/// The checks that a container fails, or that are unknown of it.
pub fn wrong(audit: &Audit, name: &str) -> Vec<String> {
    let is_it = |finding: &&Value| finding["subject"]["name"] == name && finding["subject"]["kind"] == "container";
    let of = audit.findings().iter().filter(is_it);
    let word = |finding: &Value| {
        let check = finding["check"].as_str().unwrap().trim_start_matches("container-").to_owned();
        match finding["verdict"].as_str().unwrap() {
            "fail" => Some(check),
            "unknown" => Some(check + "?"),
            _ => None,
        }
    };
    of.filter_map(word).collect()
}
