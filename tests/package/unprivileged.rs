//! The timer's and cron's command, as the user and with the capabilities that they give it, on a real engine.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::findings::{NO_WALK, blinded, findings};
use crate::lab::{Audit, Lab, lab_path};
use crate::{both, text};

/// A user that no system has.
const USER: u32 = 64_321;

/// The words with which cron's line becomes the user.
fn setpriv() -> Vec<String> {
    let cron = text("contrib/cron/plimsoll");
    let line = cron.lines().rfind(|line| line.contains(" exec setpriv ")).unwrap();
    let (guard, command) = line.split_once(" || exec ").unwrap();
    assert!(guard.ends_with("root [ -d /run/systemd/system ]"), "{guard}");
    let words = command.strip_suffix(" plimsoll record").unwrap().split(' ');
    words.map(|word| if word == "plimsoll" { USER.to_string() } else { word.to_owned() }).collect()
}

/// What a setting of the unit says, in the order of the file.
fn unit(key: &str) -> Vec<String> {
    let unit = text("contrib/systemd/plimsoll.service");
    let values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.flat_map(|value| value.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn cron_gives_what_the_unit_gives() {
    assert_eq!(unit("ExecStart"), ["/usr/bin/plimsoll", "record"]);
    let ambient = unit("AmbientCapabilities");
    assert_eq!(ambient, unit("CapabilityBoundingSet"));
    let of_cron = setpriv();
    let plus: String = ambient.iter().map(|name| format!(",+{}", name[4..].to_lowercase())).collect();
    for set in ["bounding-set", "inh-caps", "ambient-caps"] {
        assert!(of_cron.contains(&format!("--{set}=-all{plus}")), "{set}: {of_cron:?}");
    }
    assert!(of_cron.contains(&"--no-new-privs".to_owned()) && unit("NoNewPrivileges") == ["yes"]);
}

/// A command in the lab, where the engine has its socket, its /etc and its network.
fn inside(lab: &Lab, before: &[String], arguments: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &lab.pid().to_string(), "--mount", "--net", "--"]).args(before);
    command.arg(env!("CARGO_BIN_EXE_plimsoll")).args(arguments);
    command.env_clear().env("PATH", lab_path()).env("DOCKER_HOST", format!("unix://{}", lab.socket().display()));
    command
}

fn record(lab: &Lab, state: &Path) -> (Option<i32>, String) {
    thread::sleep(Duration::from_millis(1_100));
    let output =
        inside(lab, &setpriv(), &[&["record"], &NO_WALK[..]].concat()).env("STATE_DIRECTORY", state).output().unwrap();
    (output.status.code(), both(&output))
}

#[test]
fn the_user_of_the_timer_judges_what_it_sees() {
    let lab = Lab::start(&[]);
    lab.run("timed-shop", &["--cap-add", "SYS_ADMIN"]);
    let write = |text: &str| lab.inside(&["sh", "-c", &format!("printf '%s' '{text}' >/etc/motd")]).unwrap();
    write("Authorised use only.");

    let state = lab.dir().join("state");
    fs::create_dir(&state).unwrap();
    chown(&state, Some(USER), Some(USER)).unwrap();
    let (code, first) = record(&lab, &state);
    assert!(code == Some(1) && first.starts_with("recorded ") && first.lines().count() == 1, "{code:?} {first}");
    let (code, same) = record(&lab, &state);
    assert!(code == Some(1) && same.is_empty(), "{code:?} {same}");
    write("Welcome to \\s \\r");
    let (code, second) = record(&lab, &state);
    assert!(code == Some(1) && second.contains("Newly failing: 1\n") && second.contains("motd"), "{code:?} {second}");

    let audit = |before: &[String]| {
        Audit::read(&inside(&lab, before, &[&["audit", "--format", "json"], &NO_WALK[..]].concat()).output().unwrap())
    };
    let (user, root) = (audit(&setpriv()), audit(&[]));
    let (mut seen, all) = (findings(&user, &[]), findings(&root, &[]));
    // Without an engine's word, the containers of every engine of the machine are there.
    seen.retain(|key, _| all.contains_key(key));
    let unknown = blinded(&seen, &all);
    assert!(seen.len() > unknown + 50, "{unknown} of {}", seen.len());
    // The engine's API is not for this user, but the kernel and the engine's files tell of the containers.
    let blind = user.finding("live-restore-enabled", "engine");
    assert_eq!(blind["verdict"], "unknown");
    assert!(blind["reason"].as_str().unwrap().contains("denied"), "{blind}");
    for audit in [&user, &root] {
        assert_eq!(audit.verdict("container-capabilities-limited", "timed-shop"), "fail");
    }
}
