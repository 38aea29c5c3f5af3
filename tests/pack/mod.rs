//! Directories of checks, written for one test each, and the program run over them.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of this")]

use std::process::Command;
use std::time::{Duration, Instant};

/// Selects what an engine alone tells: section 1 is of the host, which is there without one.
pub const OF_THE_ENGINE: [&str; 6] = ["--benchmark", "cis-docker-1.8.0", "--section", "2", "--section", "5"];

use tempfile::TempDir;

/// A check without fault.
pub const CHECK: &str = "\
title = 'Containers are not privileged'
severity = 'high'
each = 'container'
pass = \"!container.privileged\"
rationale = 'Since.'
remediation = 'Do not.'
references = ['attack:T1611']
[[example]]
verdict = 'pass'
container = { privileged = false }
[[example]]
verdict = 'fail'
container = { privileged = true }
";

/// The same check with another expression.
pub fn check(expression: &str) -> String {
    let quoted = format!("\"\"\"{}\"\"\"", expression.replace('\\', "\\\\").replace('"', "\\\""));
    CHECK.replace("\"!container.privileged\"", &quoted)
}

/// A benchmark of these controls: number, level, check.
pub fn benchmark(controls: &[(&str, i32, &str)]) -> String {
    let mut text = "title = 'Ours'\nsource = 'us'\n[[section]]\nnumber = '1'\ntitle = 'One'\n".to_owned();
    for (number, level, check) in controls {
        text += &format!("[[control]]\nnumber = '{number}'\ntitle = 'x'\nlevel = {level}\nprofile = 'p'\n");
        text += &format!("assessment = 'automated'\nchecks = ['{check}']\n");
    }
    text
}

/// A directory of files.
pub struct Pack {
    pub dir: TempDir,
}

/// What one run of the program came to.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub seconds: f64,
}

impl Pack {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { dir }
    }

    /// `plimsoll lint` in the directory, so that no path of this machine is in what it says.
    pub fn lint(&self) -> Run {
        finish(plimsoll().args(["lint", "."]).current_dir(self.dir.path()))
    }

    /// The same as a user who owns nothing.
    pub fn lint_as_nobody(&self) -> Run {
        finish(nobody(&["lint", "."]).current_dir(self.dir.path()))
    }
}

/// The program, with nothing of the caller's environment.
pub fn plimsoll() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "LLVM_PROFILE_FILE"));
    command
}

/// The program, run by a user who owns nothing; a copy, since the build may lie where that user cannot go.
pub fn nobody(args: &[&str]) -> Command {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::OnceLock;
    static COPY: OnceLock<TempDir> = OnceLock::new();
    let copy = COPY.get_or_init(|| {
        let dir = TempDir::new().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), dir.path().join("plimsoll")).unwrap();
        dir
    });
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"]);
    command.arg(copy.path().join("plimsoll")).args(args).env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin");
    command
}

/// Runs a command to its end; a minute is too long for anything.
pub fn finish(command: &mut Command) -> Run {
    let start = Instant::now();
    let output = command.output().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!(start.elapsed() < Duration::from_secs(60), "{command:?} took {seconds} s");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    let code = output.status.code().unwrap_or_else(|| panic!("{command:?}: {}\n{stderr}", output.status));
    assert!(code != 101 && !stderr.contains("panicked"), "{command:?}: {stderr}");
    Run { code, stdout, stderr, seconds }
}

pub fn run(args: &[&str]) -> Run {
    finish(plimsoll().args(args))
}

impl Pack {
    /// What a run took more than one that reads no pack, in seconds. The least of three: a busy machine is no fault of the pack.
    pub fn cost(&self) -> f64 {
        let cost = || self.lint().seconds - run(&["lint"]).seconds;
        (0..3).map(|_| cost()).fold(f64::INFINITY, f64::min)
    }
}

/// Fails for a text that drives a terminal.
pub fn harmless(text: &str) {
    let hostile = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(text.chars().find(hostile), None, "{text:?}");
}

/// Expressions that mean harm, with what is said to them.
pub fn hostile() -> Vec<(&'static str, String, &'static str)> {
    let nested = |open: &str, inner: &str, close: &str, n: usize| open.repeat(n) + inner + &close.repeat(n);
    let sum = |n: usize| format!("{}1 > 0", "1+".repeat(n - 1));
    let five = nested("containers.exists(c, ", "true", ")", 5);
    let double = "containers.map(a, a) + containers.map(b, b)".to_owned();
    let pattern = |regex: &str| format!("container.name.matches(\"{regex}\")");
    vec![
        ("a sum of 2,000", sum(2000), "longer than 1024 bytes"),
        ("a sum of 300", sum(300), "nested deeper than 64"),
        ("five comprehensions", five, "comprehensions inside each other"),
        ("doubling", format!("({double} + {double}).size() > 0"), "expected int, found list"),
        ("doubling text", "(container.name + container.name).size() > 0".to_owned(), "expected int, found string"),
        ("doubling by map", "containers.map(a, containers.map(b, containers)).size() > 0".to_owned(), "example"),
        ("a megabyte", format!("container.name == \"{}\"", "a".repeat(1_000_000)), "larger than 262144 bytes"),
        ("100,000 parentheses", nested("(", "true", ")", 100_000), "longer than 1024 bytes"),
        ("500 parentheses", nested("(", "true", ")", 500), "more than 64 brackets"),
        ("64 lists", nested("[", "1", "]", 64), "a list is of text or numbers"),
        ("64 maps", nested("{1: ", "1", "}", 64), "maps and messages"),
        ("60 calls", nested("int(", "1", ")", 60), "expected string, found int"),
        ("64 open brackets", "{".repeat(64), "not an expression"),
        ("250 conditions", "a?".repeat(250), "not an expression"),
        ("200 choices", "a?a:".repeat(200) + "a", "not an expression"),
        ("1,000 negations", "!".repeat(1000), "not an expression"),
        ("500 fields", format!("container{}", ".a".repeat(500)), "nested deeper than 64"),
        ("a large pattern", pattern("(a{1000}){1000}"), "exceeds size limit"),
        ("fifteen large patterns", vec![pattern("(.{90}){9}"); 15].join("||"), "exceeds size limit"),
        ("a number too large", "container.memory_bytes > 99999999999999999999".to_owned(), "not an expression"),
        ("half a character", "container.name == \"\\ud800\"".to_owned(), "not an expression"),
    ]
}
