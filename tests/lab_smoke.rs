//! Tests of the lab harness itself, on real engines.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "it reads what the labs leave on the machine, and starts itself"
)]

mod lab;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use lab::{Lab, authz, tls};

#[test]
fn starts_plain() {
    let lab = Lab::start(&["--userland-proxy=false"]);
    lab.run("web", &["--read-only"]);
    lab.create("idle", &["--privileged"]);
    assert_eq!(lab.docker(&["ps", "--all", "--format", "{{.Names}}"]), "idle\nweb");
    assert_eq!(fs::read_to_string(format!("/proc/{}/comm", lab.pid())).unwrap(), "dockerd\n");
    assert_eq!(fs::read_to_string(format!("/proc/{}/comm", lab.container_pid("web"))).unwrap(), "sleep\n");
    let error = lab.try_docker(&["run", "none:1"]).unwrap_err();
    assert!(error.contains("none:1"), "{error}");
}

#[test]
fn runs_plimsoll() {
    let lab = Lab::start(&[]);
    lab.create("idle", &["--privileged"]);
    let audit = lab.audit(&["--benchmark", "cis-docker-1.8.0"]).only_compared();
    assert_eq!((audit.code(), audit.stderr()), (1, ""));
    assert_eq!(audit.control("2.19"), "pass");
    assert_eq!(audit.control("5.5"), "fail");
    assert_eq!(audit.verdict("container-not-privileged", "idle"), "fail");
    assert_eq!(audit.finding("experimental-disabled", "engine")["subject"]["name"], "docker");
    assert!(audit.report()["benchmarks"][0]["controls"].as_array().unwrap().len() > 75);
    assert_eq!(audit.controls_of("idle")["5.5"], "fail");
    assert_eq!(audit.report()["engine"]["socket"].as_str(), lab.socket().to_str());
    let version = audit.report()["engine"]["version"].as_str().unwrap();
    assert!(version.starts_with(&format!("{}.", lab.version())), "{version}");
}

#[test]
fn publishes_a_port_on_its_own_bridge() {
    let before = fs::read_to_string("/proc/net/dev").unwrap();
    let lab = Lab::builder().bridge().start();
    let serve = "echo hello >/tmp/index.html; httpd -f -p 80 -h /tmp";
    lab.docker(&["run", "-d", "--name", "web", "-p", "8080:80", "lab:1", "sh", "-c", serve]);
    let fetched = lab.inside(&["sh", "-c", "sleep 0.2; busybox wget -qO- http://127.0.0.1:8080/"]);
    assert_eq!(fetched.as_deref(), Ok("hello"));
    let rules = lab.inside(&["iptables", "-t", "nat", "-S", "DOCKER"]).unwrap();
    assert!(rules.contains("--dport 8080"), "{rules}");
    let interfaces = |text: &str| text.lines().skip(2).map(|line| line.split(':').next().map(String::from)).collect();
    let (before, after): (Vec<_>, Vec<_>) =
        (interfaces(&before), interfaces(&fs::read_to_string("/proc/net/dev").unwrap()));
    assert_eq!(before, after);
}

#[test]
fn takes_its_socket_from_another_process() {
    let lab = Lab::builder().socket_activated().env("LAB", "{dir}").start();
    lab.run("web", &[]);
    let environment = fs::read_to_string(format!("/proc/{}/environ", lab.pid())).unwrap();
    assert!(environment.contains(&format!("LAB={}\0", lab.dir().display())), "{environment:?}");
    let stat = fs::read_to_string(format!("/proc/{}/stat", lab.pid())).unwrap();
    let parent = stat.split(' ').nth(3).unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{parent}/comm")).unwrap(), "sh\n");
}

#[test]
fn remaps_users() {
    let lab = Lab::builder().remap_user().flags(&["--userns-remap=dockremap"]).start();
    lab.run("web", &[]);
    let status = fs::read_to_string(format!("/proc/{}/status", lab.container_pid("web"))).unwrap();
    assert!(status.contains("Uid:\t165536"), "{status}");
}

#[test]
fn runs_rootless() {
    let lab = Lab::builder().rootless().start();
    lab.run("web", &[]);
    lab.run("app", &["--user", "app", "--network", "host"]);
    assert!(lab.docker(&["info", "--format", "{{.SecurityOptions}}"]).contains("name=rootless"));
    let user = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap().split_whitespace().next().map(String::from)
    };
    let users = [lab.pid(), lab.container_pid("web"), lab.container_pid("app")].map(user);
    assert_eq!(users.map(Option::unwrap), ["2000", "2000", "200999"]);
}

#[test]
fn reads_and_reloads_daemon_json() {
    let text = r#"{"live-restore": true, "bridge": "none", "data-root": "{dir}/other", "hosts": ["unix://{dir}/docker.sock"]}"#;
    let lab = Lab::builder().daemon_json(text).start();
    let info = |field: &str| lab.docker(&["info", "--format", field]);
    assert_eq!(info("{{.DockerRootDir}}"), format!("{}/other", lab.dir().display()));
    assert_eq!(info("{{.LiveRestoreEnabled}}"), "true");
    lab.write_daemon_json(&text.replace("true", "false"));
    lab.hup();
    assert_eq!(info("{{.LiveRestoreEnabled}}"), "false");
}

#[test]
#[should_panic(expected = "unknown flag: --no-such-flag")]
fn says_why_it_does_not_start() {
    Lab::start(&["--no-such-flag"]);
}

#[test]
fn asks_an_authorization_plugin() {
    let (send, receive) = std::sync::mpsc::channel();
    let lab = Lab::builder()
        .etc("docker/plugins/allow.spec", "unix://{dir}/allow.sock")
        .prepare(move |dir| send.send(authz::allow_all(&dir.join("allow.sock"))).unwrap())
        .flags(&["--authorization-plugin=allow"])
        .start();
    let judged = receive.recv().unwrap();
    let before = judged.load(Ordering::Relaxed);
    lab.docker(&["ps"]);
    assert!(judged.load(Ordering::Relaxed) > before);
    assert_eq!(lab.docker(&["info", "--format", "{{.Plugins.Authorization}}"]), "[allow]");
}

#[test]
fn verifies_its_clients() {
    let lab = Lab::builder().prepare(tls::certificates).flags(tls::VERIFYING).start();
    let dir = lab.dir().join("tls");
    let file = |name: &str| dir.join(name).display().to_string();
    let (ca, cert, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"));
    let host = ["docker", "-H", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert", &ca];
    let with = lab.inside(&[&host[..], &["--tlscert", &cert, "--tlskey", &key, "images", "-q"]].concat());
    assert!(with.is_ok_and(|images| !images.is_empty()));
    let without = lab.inside(&[&host[..], &["images", "-q"]].concat());
    assert!(without.is_err());
}

#[test]
fn joins_a_swarm_of_its_own() {
    let lab = Lab::start(&[]);
    lab.docker(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    assert_eq!(lab.docker(&["info", "--format", "{{.Swarm.LocalNodeState}}"]), "active");
}

#[test]
fn lives_beside_another() {
    let labs = [Lab::builder().bridge().start(), Lab::builder().bridge().start()];
    for lab in &labs {
        lab.run("web", &["-p", "8080:80"]);
    }
    assert_ne!(labs[0].docker(&["info", "--format", "{{.ID}}"]), labs[1].docker(&["info", "--format", "{{.ID}}"]));
}

#[test]
fn leaves_nothing_behind() {
    let lab = Lab::builder().bridge().start();
    lab.run("web", &["-p", "80:80", "--memory", "64m"]);
    lab.run("other", &["--pid", "host", "--network", "host", "--restart", "always"]);
    lab.docker(&["exec", "-d", "web", "sleep", "9999"]);
    let (dir, id) = (lab.dir().to_owned(), lab.docker(&["inspect", "--format", "{{.Id}}", "web"]));
    assert!(!traces(&dir, &id).is_empty());
    drop(lab);
    assert_eq!(traces(&dir, &id), Vec::<String>::new());
}

#[test]
fn leaves_nothing_behind_an_engine_that_was_killed() {
    for lab in [Lab::start(&[]), Lab::builder().rootless().start()] {
        lab.run("web", &["--restart", "always"]);
        let (dir, id) = (lab.dir().to_owned(), lab.docker(&["inspect", "--format", "{{.Id}}", "web"]));
        let container = PathBuf::from(format!("/proc/{}/exe", lab.container_pid("web")));
        lab.signal("KILL");
        drop(lab);
        assert_eq!(traces(&dir, &id), Vec::<String>::new());
        assert!(!container.exists());
    }
}

/// The test process is killed: nothing of it runs any more, and the lab goes all the same.
#[test]
fn leaves_nothing_behind_a_test_that_was_killed() {
    let told = std::env::temp_dir().join(format!("plimsoll-lab-{}", std::process::id()));
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "lives_until_killed"]).env(TELL, &told).stdout(Stdio::null());
    let mut test = test.spawn().unwrap();
    wait("the other test has a container", || fs::read_to_string(&told).is_ok_and(|text| text.contains('\n')));
    let text = fs::read_to_string(&told).unwrap();
    let (dir, id) = text.trim().split_once(' ').unwrap();
    let left = || traces(Path::new(dir), id);
    let before = left();
    test.kill().unwrap();
    test.wait().unwrap();
    fs::remove_file(&told).unwrap();
    assert!(!before.is_empty());
    wait("the lab is gone", || left().is_empty());
}

#[test]
#[ignore = "never ends; another test starts and kills it"]
fn lives_until_killed() {
    let Some(tell) = std::env::var_os(TELL) else { return };
    let lab = Lab::builder().bridge().start();
    lab.run("web", &["-p", "80:80"]);
    let id = lab.docker(&["inspect", "--format", "{{.Id}}", "web"]);
    fs::write(tell, format!("{} {id}\n", lab.dir().display())).unwrap();
    loop {
        thread::park();
    }
}

/// Names the variable with the file that says which lab is to be left behind.
const TELL: &str = "LAB_SMOKE_TELL";

fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// What there is of a lab and of a container: the directory, mounts, processes, and control groups.
fn traces(dir: &Path, id: &str) -> Vec<String> {
    let mut traces = Vec::new();
    if dir.exists() {
        traces.push(dir.display().to_string());
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let within = format!("{}/", dir.display());
    traces.extend(mounts.lines().filter(|line| line.contains(&within)).map(String::from));
    for process in list(Path::new("/proc")) {
        let read = |file: &str| fs::read(process.join(file)).unwrap_or_default();
        let [arguments, group] = ["cmdline", "cgroup"].map(|file| String::from_utf8_lossy(&read(file)).into_owned());
        if arguments.contains(&within) || group.contains(id) {
            traces.push(format!("{}: {arguments}", process.display()));
        }
    }
    for controller in list(Path::new("/sys/fs/cgroup")) {
        let group = controller.join("docker").join(id);
        traces.extend(group.exists().then(|| group.display().to_string()));
    }
    traces
}

fn list(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).collect()
}
