//! `--engine none`: the same verdicts from the kernel and from Docker's state on disk.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use crate::deeds::{BENCHMARK, Beyond, enter};
use crate::lab::{Audit, Lab};

fn unasked(program: &[&str], args: &[&str]) -> Audit {
    let (first, rest) = program.split_first().unwrap();
    let mut run = Command::new(first);
    run.args(rest).args(["audit", "--format", "json", "--engine", "none"]).args(args);
    Audit::read(&run.output().unwrap())
}

/// Names that no other test's engine has: all engines of the machine are seen.
fn names() -> [String; 6] {
    ["plain", "open", "entered", "moved", "volume", "stopped"].map(|name| format!("none-{name}-{}", std::process::id()))
}

#[test]
fn what_is_on_disk_is_what_the_engine_says() {
    let lab = Lab::start(&[]);
    let names = names();
    let [plain, open, entered, moved, volume, stopped] = names.each_ref().map(String::as_str);
    lab.run(plain, &["--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=64m"]);
    lab.run(open, &["--network=host", "--security-opt=seccomp=unconfined", "--security-opt=systempaths=unconfined"]);
    lab.run(
        entered,
        &[
            "--network=none",
            "-v=/etc/cron.d:/h",
            "-v={dir}/docker.sock:/s:ro".replace("{dir}", &lab.dir().display().to_string()).as_str(),
        ],
    );
    lab.run(moved, &["--network=none"]);
    lab.docker(&["volume", "create", "--opt=type=none", "--opt=o=bind", "--opt=device=/etc/cron.d", "cron"]);
    lab.run(volume, &["--network=none", "-v=cron:/c", "-v=plain:/p", "--tmpfs=/t"]);
    lab.create(stopped, &["--privileged"]);
    let _visitor = enter(&lab, entered, &["-m", "-p"], false);
    let _beyond = Beyond::with(lab.container_pid(moved));
    let wide = [
        "--check=container-no-sensitive-host-mounts",
        "--check=container-no-engine-socket",
        "--check=container-root-read-only",
    ];
    let asked = [lab.audit(BENCHMARK), lab.audit(&wide)];
    let plimsoll = [env!("CARGO_BIN_EXE_plimsoll")];
    let unasked = [unasked(&plimsoll, &[]), unasked(&plimsoll, &wide)];
    let (mut same, mut unknown) = (0, Vec::new());
    for (asked, unasked) in asked.iter().zip(&unasked) {
        for finding in asked.findings().iter().filter(|finding| finding["subject"]["kind"] == "container") {
            let (check, name) = (finding["check"].as_str().unwrap(), finding["subject"]["name"].as_str().unwrap());
            match unasked.verdict(check, name) {
                verdict if finding["verdict"] == verdict => same += 1,
                "unknown" => unknown.push(check.to_owned()),
                other => panic!("{check} of {name}: {other}, {}", finding["verdict"]),
            }
        }
    }
    unknown.sort();
    unknown.dedup();
    // What only an engine knows; of the one that was moved it is not certain that it ever had a control group.
    assert_eq!(
        unknown,
        [
            "container-no-new-privileges",
            "container-no-new-privileges-on-every-process",
            "container-no-privileged-exec",
            "container-processes-limited",
            "container-seccomp-enforced",
            "container-user-namespace-as-configured",
        ]
    );
    assert!(same > 100, "{same}");
    // They are containers, and no sandboxes.
    let sandboxes = unasked[0].findings().iter().filter(|finding| finding["subject"]["kind"] == "sandbox");
    let sandboxes: Vec<&Value> =
        sandboxes.filter(|finding| names.iter().any(|name| finding["subject"]["name"] == **name)).collect();
    assert_eq!(sandboxes, Vec::<&Value>::new());
}

/// Nobody, with two capabilities and without the engine's socket.
#[test]
fn two_capabilities_are_enough() {
    let lab = Lab::start(&[]);
    let name = format!("none-nobody-{}", std::process::id());
    lab.run(&name, &["--network=none"]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("plimsoll");
    std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &program).unwrap();
    let program = program.to_str().unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let with = ["--inh-caps=-all,+dac_read_search,+sys_ptrace", "--ambient-caps=-all,+dac_read_search,+sys_ptrace"];
    let audit = unasked(&[&nobody[..], &with, &[program]].concat(), &["--benchmark=plimsoll-isolation", "--section=1"]);
    for check in [
        "processes-within-capabilities",
        "no-foreign-process",
        "mounts-as-declared",
        "limits-as-declared",
        "processes-limited",
    ] {
        assert_eq!(audit.verdict(&format!("container-{check}"), &name), "pass", "{check}");
    }
    // Without them everything is unknown, which is no success.
    let blind = unasked(&[&nobody[..], &["--inh-caps=-all", program]].concat(), &["--benchmark=plimsoll-isolation"]);
    assert_eq!(blind.code(), 3);
    assert!(blind.findings().iter().all(|finding| finding["verdict"] == "unknown"));
    let listed = Command::new("setpriv")
        .args(&nobody[1..])
        .args(["--inh-caps=-all", program, "containers", "--engine=none"])
        .output();
    let listed = listed.unwrap();
    assert_eq!(listed.status.code(), Some(3), "{}", String::from_utf8_lossy(&listed.stdout));
    assert!(String::from_utf8_lossy(&listed.stdout).contains("could not be listed: denied"));
    // Nobody can say that there is none of this name.
    let named = Command::new("setpriv")
        .args(&nobody[1..])
        .args(["--inh-caps=-all", program, "containers", "--engine=none", &name])
        .output();
    let named = named.unwrap();
    assert_eq!(named.status.code(), Some(3), "{}", String::from_utf8_lossy(&named.stderr));
    assert!(String::from_utf8_lossy(&named.stdout).contains("could not be listed: denied"));
}

#[test]
fn a_socket_and_none_exclude_each_other() {
    let run = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(args).output().unwrap();
    let output = run(&["audit", "--engine", "none", "--engine-socket", "/run/docker.sock"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["audit", "--engine", "none", "--benchmark", "cis-docker-1.8.0", "--section", "2"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}
