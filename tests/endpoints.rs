//! Where the engine is looked for, and sockets behind which there is none.

#![allow(clippy::disallowed_types, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod liar;
mod pack;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use liar::Liar;
use pack::{OF_THE_ENGINE, Run, finish, harmless, nobody, plimsoll};
use tempfile::TempDir;

/// `plimsoll audit --format json` with this environment and these arguments.
fn audit(environment: &[(&str, &str)], args: &[&str]) -> Run {
    finish(
        plimsoll().args(["audit", "--format", "json"]).args(OF_THE_ENGINE).args(args).envs(environment.iter().copied()),
    )
}

fn without_evidence(run: &Run) {
    assert_eq!(run.code, 3, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(finding["verdict"], "unknown", "{finding}");
    }
}

fn refused(run: &Run, words: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    harmless(&run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
}

fn uri(path: &Path) -> String {
    format!("unix://{}", path.display())
}

#[test]
fn sockets_that_are_none() {
    let dir = TempDir::new().unwrap();
    let dead = dir.path().join("dead.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let file = dir.path().join("file.sock");
    fs::write(&file, "").unwrap();
    for place in [&dead, &file, &dir.path().to_owned(), &"/dev/null".into()] {
        let run = audit(&[], &["--engine-socket", place.to_str().unwrap()]);
        without_evidence(&run);
        let run = audit(&[("DOCKER_HOST", &uri(place))], &[]);
        without_evidence(&run);
    }
    let run = audit(&[], &["--engine-socket", "/nowhere/docker.sock"]);
    refused(&run, &["--engine-socket /nowhere/docker.sock: there is no such socket"]);
}

#[test]
fn a_socket_that_may_not_be_used() {
    let liar = Liar::with_web();
    let dir = liar.socket().parent().unwrap();
    let socket = liar.socket().to_str().unwrap();
    for (folder, file) in [(0o755, 0o600), (0o700, 0o600)] {
        fs::set_permissions(dir, Permissions::from_mode(folder)).unwrap();
        fs::set_permissions(socket, Permissions::from_mode(file)).unwrap();
        let run = finish(&mut nobody(
            &[&["audit", "--format", "json", "--engine-socket", socket], &OF_THE_ENGINE[..]].concat(),
        ));
        without_evidence(&run);
        assert!(run.stdout.contains("denied: "), "{}", run.stdout);
    }
    // A user who may ask the engine but may not look at the machine judges what the engine tells.
    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(socket, Permissions::from_mode(0o666)).unwrap();
    let run = finish(&mut nobody(&[
        "audit",
        "--benchmark",
        "cis-docker-1.8.0",
        "--format",
        "json",
        "--engine-socket",
        socket,
    ]));
    assert!(run.stdout.contains("\"pass\"") && run.stdout.contains("lacks CAP_"), "{}", run.stderr);
}

/// Runs in a mount namespace of its own whose /run is empty.
#[test]
fn no_engine_at_all() {
    let bare = |args: &[&str]| {
        let mut command = std::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", "mount -t tmpfs none /run && exec \"$@\"", "sh"]);
        finish(command.arg(env!("CARGO_BIN_EXE_plimsoll")).args(args).env_clear().env("PATH", "/usr/bin:/bin"))
    };
    let run = bare(&["audit"]);
    assert!([1, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("levels 1 and 2") && !run.stdout.contains("CIS Docker"), "{}", run.stdout);
    assert!(run.stdout.contains("there is no container engine: /run/docker.sock"), "{}", run.stdout);
    let run = bare(&["audit", "--benchmark", "cis-docker-1.8.0"]);
    refused(&run, &["cis-docker-1.8.0 needs a container engine, and there is none: /run/docker.sock"]);
    let run = bare(&["audit", "--check", "live-restore-enabled"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("there is no container engine"), "{}", run.stdout);
}

#[test]
fn the_address_of_another_machine() {
    for address in
        ["tcp://10.0.0.1:2375", "ssh://host", "http://x", "unix://relative.sock", "npipe:////./pipe/x", "\u{7}"]
    {
        let run = audit(&[("DOCKER_HOST", address)], &[]);
        refused(&run, &["DOCKER_HOST is `", "run plimsoll there, or name the socket with --engine-socket"]);
    }
}

#[test]
fn the_environment_leads_to_the_engine() {
    let liar = Liar::with_web();
    let here = uri(liar.socket());
    let config = TempDir::new().unwrap();
    let home = config.path().to_str().unwrap();
    let meta = |folder: &str, text: &str| {
        let folder = config.path().join("contexts/meta").join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("meta.json"), text).unwrap();
    };
    let context = |name: &str, host: &str| {
        serde_json::json!({ "Name": name, "Metadata": {}, "Endpoints": { "docker": { "Host": host } } }).to_string()
    };
    meta("aaaa", &context("here", &here));
    meta("bbbb", &context("there", "tcp://10.0.0.1:2376"));
    let settings = |text: &str| fs::write(config.path().join("config.json"), text).unwrap();
    let found = |environment: &[(&str, &str)]| {
        let run = audit(&[environment, &[("DOCKER_CONFIG", home)]].concat(), &[]);
        assert!(
            run.stdout.contains(liar.socket().to_str().unwrap()) && run.stdout.contains("\"pass\""),
            "{}",
            run.stderr
        );
    };
    let with = |environment: &[(&str, &str)]| audit(&[environment, &[("DOCKER_CONFIG", home)]].concat(), &[]);
    found(&[("DOCKER_HOST", &here)]);
    found(&[("DOCKER_HOST", &here), ("DOCKER_CONTEXT", "there")]);
    found(&[("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "here")]);
    refused(&with(&[("DOCKER_CONTEXT", "there")]), &["docker context `there` is `tcp://10.0.0.1:2376`"]);
    refused(&with(&[("DOCKER_CONTEXT", "nowhere")]), &["the docker context `nowhere` does not exist"]);
    settings("{ \"currentContext\": \"here\", \"auths\": {} }");
    found(&[]);
    refused(&with(&[("DOCKER_CONTEXT", "there")]), &["docker context `there`"]);
    settings("{ \"currentContext\": \"gone\" }");
    refused(&with(&[]), &["the docker context `gone` does not exist"]);
    for text in ["", "{", "[]", "{ \"currentContext\": 1 }"] {
        settings(text);
        refused(&with(&[]), &["config.json: "]);
    }
    settings("{ \"currentContext\": \"here\" }");
    meta("aaaa", "{ \"Name\": \"here\" }");
    refused(&with(&[]), &["meta.json: "]);
    assert_eq!(with(&[("DOCKER_HOST", &here)]).code, 1);
}
