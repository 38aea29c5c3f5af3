//! The container image: with the privileges that its script names it judges the machine as root does, and without one of them
//! it knows less and says so.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::findings::{Findings, NO_WALK, blinded, findings};
use crate::lab::{Audit, Lab, lab_path};
use crate::{both, file, said, text};

/// The name of the auditor's own container.
const OWN: &str = "auditor";
/// What there is for the auditor's sake.
const OWNS: [&str; 2] = [OWN, "plimsoll:latest"];

/// What comes of leaving an option out.
#[derive(Clone, Copy)]
enum Without {
    /// At least so many findings are unknown, and all others as they were.
    Unknown(usize),
    /// It does not run, in these words.
    Refusal(&'static str),
}

/// Each privilege of the script. What it takes away is not here.
const WITHOUT: [(&str, Without); 7] = [
    ("--mount=", Without::Refusal("--chroot /host: No such file or directory")),
    ("--pid=", Without::Unknown(100)),
    ("--network=", Without::Unknown(5)),
    ("--userns=", Without::Refusal("when user namespaces are enabled")),
    ("--cap-add=DAC_READ_SEARCH", Without::Unknown(1)),
    ("--cap-add=SYS_PTRACE", Without::Unknown(20)),
    ("--cap-add=SYS_CHROOT", Without::Refusal("--chroot /host: Operation not permitted")),
];

/// The script's options of `docker run`.
fn options() -> Vec<String> {
    let script = text("contrib/container/run");
    let options = script.lines().filter_map(|line| line.strip_prefix("    --"));
    options.map(|option| format!("--{option}")).collect()
}

/// Builds the image by its recipe on a base with the C library of this machine.
fn build(lab: &Lab) {
    let context = lab.dir().join("image");
    fs::create_dir(&context).unwrap();
    fs::copy(file("contrib/container/Containerfile"), context.join("Dockerfile")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_plimsoll"), context.join("plimsoll")).unwrap();
    said(Command::new("strip").arg(context.join("plimsoll")));
    let libraries = said(Command::new("ldd").arg(env!("CARGO_BIN_EXE_plimsoll")));
    let libraries = libraries.split_whitespace().filter(|word| word.starts_with("/lib"));
    let base = lab.dir().join("base.tar");
    let mut tar = Command::new("tar");
    said(tar.args(["--create", "--dereference", "--absolute-names", "--file"]).arg(&base).args(libraries));
    lab.docker(&["import", path(&base), "base:1"]);
    lab.docker(&["build", "--quiet", "--build-arg", "BASE=base:1", "--tag", "plimsoll", path(&context)]);
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What the auditor finds that is started so.
fn audit(lab: &Lab, start: &[&str]) -> Result<Audit, String> {
    let [program, options @ ..] = start else { panic!("nothing to start") };
    let mut container = Command::new(program);
    container.env("PATH", lab_path()).env("DOCKER_HOST", format!("unix://{}", lab.socket().display()));
    container.env("NAME", OWN).args(options);
    container.args(["audit", "--format", "json"]).args(NO_WALK).arg("--engine-socket").arg(lab.socket());
    let output = container.output().unwrap();
    if output.stdout.is_empty() { Err(both(&output)) } else { Ok(Audit::read(&output)) }
}

/// An engine in the machine's own network that gives containers users of their own, as far from the machine as they get.
fn engine() -> Lab {
    let in_network = |dir: &Path| {
        let own = std::process::id();
        let script = format!("#!/bin/sh\nexec nsenter --net=/proc/{own}/ns/net dockerd \"$@\"\n");
        fs::write(dir.join("in-network"), script).unwrap();
        said(Command::new("chmod").arg("755").arg(dir.join("in-network")));
    };
    let ids = "dockremap:300000:65536\n".to_owned();
    let account = |file: &str, line: &str| fs::read_to_string(file).unwrap() + line;
    let remap = [
        ("subuid", ids.clone()),
        ("subgid", ids),
        ("passwd", account("/etc/passwd", "dockremap:x:990:990::/:/bin/false\n")),
        ("group", account("/etc/group", "dockremap:x:990:\n")),
    ];
    let lab = remap.iter().fold(Lab::builder(), |lab, (path, text)| lab.etc(path, text));
    lab.prepare(in_network).dockerd("{dir}/in-network").flags(&["--userns-remap=dockremap"]).start()
}

#[test]
fn a_container_judges_the_machine_as_root_does() {
    let lab = engine();
    build(&lab);
    lab.run("shop", &["--cap-add", "SYS_ADMIN", "--user", "app"]);
    // Only its owner may read it, and whoever may read all.
    lab.inside(&["sh", "-c", "cd /etc/sysctl.d; >own.conf; chown 7 own.conf; chmod 600 own.conf"]).unwrap();
    let mut root = Command::new("nsenter");
    root.args(["--target", &lab.pid().to_string(), "--mount", "--net", "--", env!("CARGO_BIN_EXE_plimsoll")]);
    root.args(["audit", "--format", "json"]).args(NO_WALK).arg("--engine-socket").arg(lab.socket());
    let root = Audit::read(&root.output().unwrap());
    let all: Findings = findings(&root, &OWNS);

    let full = audit(&lab, &[path(&file("contrib/container/run"))]).unwrap();
    assert_eq!(full.report()["host"], root.report()["host"]);
    let full = findings(&full, &OWNS);
    blinded(&full, &all);
    // The rules of the kernel's audit in force are for CAP_AUDIT_CONTROL, with which one could change them.
    let only = |(check, _): &(String, String)| check.ends_with("-audited") || check == "audit-rules-locked";
    let dark: Vec<_> = all.iter().filter(|(key, verdict)| full.get(key) != Some(verdict)).map(|(key, _)| key).collect();
    assert!(!dark.is_empty() && dark.iter().all(|key| only(key)), "{dark:?}");

    let options = options();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    for (dropped, without) in WITHOUT {
        let given =
            options.iter().position(|option| option.starts_with(dropped)).unwrap_or_else(|| panic!("{dropped}"));
        let run = ["docker", "run", "--rm", "--name", OWN];
        let start = [&run[..], &options[..given], &options[given + 1..], &["plimsoll"]].concat();
        match (audit(&lab, &start), without) {
            (Ok(audit), Without::Unknown(least)) => {
                let unknown = blinded(&findings(&audit, &OWNS), &full);
                assert!(unknown >= least, "{dropped}: {unknown}");
            }
            (Err(why), Without::Refusal(words)) => assert!(why.contains(words), "{dropped}: {why}"),
            (Ok(_), Without::Refusal(_)) => panic!("{dropped}: it ran"),
            (Err(why), Without::Unknown(_)) => panic!("{dropped}: {why}"),
        }
    }
}
