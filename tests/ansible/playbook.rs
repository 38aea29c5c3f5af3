//! Plays on this machine, or on one of its own, run by the Ansible that `setup` has set up.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The Ansible that a site has today.
pub const NEWEST: &str = "newest";
/// The oldest on which the collection has to work.
pub const OLDEST: &str = "oldest";

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// Where the collection is, put together as people do it; one place for all runs, since it is large.
static COLLECTIONS: LazyLock<PathBuf> = LazyLock::new(|| {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ansible");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    // What is compared byte for byte and copied by every task should be small.
    let program = place.join("plimsoll");
    done(Command::new("strip").arg("-o").arg(&program).arg(env!("CARGO_BIN_EXE_plimsoll")));
    done(Command::new(Path::new(PACKAGE).join("contrib/ansible/build")).arg(&program).arg(&place));
    place
});

/// The collection's directory.
pub fn collection() -> PathBuf {
    COLLECTIONS.join("ansible_collections/plimsoll/plimsoll")
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    /// All that was printed.
    pub said: String,
}

impl Run {
    /// How many of the one host's tasks came to each state.
    pub fn recap(&self) -> BTreeMap<String, u32> {
        let line = self.said.lines().find(|line| line.starts_with("localhost ") && line.contains("failed="));
        let states = line.unwrap_or_else(|| panic!("no recap: {}", self.said)).split_whitespace();
        states
            .filter_map(|state| state.split_once('='))
            .map(|(state, n)| (state.to_owned(), n.parse().unwrap()))
            .collect()
    }

    pub fn passed(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.said);
        self
    }

    pub fn failed(self) -> Self {
        assert_eq!(self.code, 2, "{}", self.said);
        self
    }
}

fn finish(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let said = text(output.stdout) + &text(output.stderr);
    Run { code: output.status.code().unwrap_or(-1), said }
}

/// Runs what has to work.
pub fn done(command: &mut Command) -> String {
    finish(command).passed().said
}

/// A place for plays and for what they leave.
pub struct Site {
    pub folder: TempDir,
}

impl Site {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of an Ansible, by its age.
    pub fn tool(&self, age: &str, name: &str) -> Command {
        let programs = Path::new(PACKAGE).join("target/ansible").join(age).join("bin");
        assert!(programs.join(name).exists(), "tests/ansible/setup sets up {name}");
        let mut command = Command::new("env");
        command.arg("--ignore-environment").arg(format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display()));
        command.args([
            "LC_ALL=C.UTF-8",
            "ANSIBLE_NOCOLOR=1",
            "ANSIBLE_LOCALHOST_WARNING=0",
            "ANSIBLE_PYTHON_INTERPRETER=auto_silent",
        ]);
        for (name, place) in [
            ("HOME", self.folder.path()),
            ("ANSIBLE_REMOTE_TEMP", &self.path("remote")),
            (if age == OLDEST { "ANSIBLE_COLLECTIONS_PATHS" } else { "ANSIBLE_COLLECTIONS_PATH" }, &COLLECTIONS),
        ] {
            command.arg(format!("{name}={}", place.display()));
        }
        command.arg(name).current_dir(self.folder.path());
        command
    }

    /// The command that runs a play of these keys on this machine.
    fn playbook(&self, age: &str, play: &Value, more: &[&str]) -> Command {
        let mut whole = json!({ "hosts": "localhost", "connection": "local", "gather_facts": false });
        whole.as_object_mut().unwrap().extend(play.as_object().unwrap().clone());
        // JSON is YAML.
        fs::write(self.path("play.yml"), json!([whole]).to_string()).unwrap();
        let mut command = self.tool(age, "ansible-playbook");
        command.args(["--inventory", "localhost,"]).arg(self.path("play.yml")).args(more);
        command
    }

    pub fn play(&self, age: &str, play: &Value, more: &[&str]) -> Run {
        finish(&mut self.playbook(age, play, more))
    }

    /// Runs the module; returns what it answered, whether it failed or not, and what an operator saw.
    pub fn audit(&self, parameters: &Value, more: &[&str]) -> (Value, String) {
        let result = self.path("result.json");
        let keep = json!({ "content": "{{ audit | to_json }}", "dest": result });
        let tasks = json!([
            { "plimsoll.plimsoll.plimsoll_audit": parameters, "register": "audit", "ignore_errors": true },
            { "ansible.builtin.copy": keep, "check_mode": false, "diff": false },
        ]);
        let run = self.play(NEWEST, &json!({ "tasks": tasks }), more).passed();
        (serde_json::from_str(&fs::read_to_string(result).unwrap()).unwrap(), run.said)
    }
}

/// A machine of its own, with systemd, that is gone without a trace when this is dropped.
pub struct Machine {
    guard: Child,
    input: Option<ChildStdin>,
    init: String,
}

impl Machine {
    /// Boots it; the site's folder and these are seen there too.
    pub fn boot(site: &Site, binds: &[PathBuf]) -> Self {
        let place = tempfile::Builder::new().prefix("plimsoll-machine-").tempdir().unwrap();
        let script = Path::new(PACKAGE).join("tests/ansible/machine.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(place.keep()).args([site.folder.path(), Path::new(PACKAGE)]).args(binds);
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut init = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut init).unwrap();
        let machine = Self { input: guard.stdin.take(), guard, init: init.trim().to_owned() };
        assert!(!machine.init.is_empty(), "no machine came up");
        machine
    }

    fn inside(&self, command: &Command) -> Run {
        let mut whole = Command::new("nsenter");
        whole.arg(format!("--target={}", self.init)).args(["--mount", "--uts", "--ipc", "--pid", "--root"]);
        if let Some(directory) = command.get_current_dir() {
            whole.arg(format!("--wdns={}", directory.display()));
        }
        finish(whole.arg("--").arg(command.get_program()).args(command.get_args()))
    }

    pub fn play(&self, site: &Site, age: &str, play: &Value, more: &[&str]) -> Run {
        self.inside(&site.playbook(age, play, more))
    }

    /// Runs a line of shell there.
    pub fn sh(&self, line: &str) -> Run {
        self.inside(Command::new("sh").args(["-c", line]))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.guard.wait();
    }
}
