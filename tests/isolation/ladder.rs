//! `plimsoll containers` on one container for each rung.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::lab::Lab;

/// Each rung's container, the worst first. Where the daemon gives a user namespace, all but the last opt out.
const RUNGS: &[(&str, &str, &[&str])] = &[
    ("cap", "takeover", &["--userns=host", "--cap-add=SYS_ADMIN"]),
    ("sock", "takeover", &["--userns=host", "-v={dir}/docker.sock:/s:ro", "--cap-drop=ALL"]),
    ("namespaces", "host-namespaces", &["--userns=host", "--pid=host", "--cap-drop=ALL"]),
    ("default", "default-root", &["--userns=host"]),
    ("reduced", "reduced-root", &["--userns=host", "--cap-drop=NET_RAW"]),
    ("dropped", "dropped", &["--userns=host", "--cap-drop=ALL", "--cap-add=SETUID"]),
    ("regains", "dropped", &["--userns=host", "--user=1000"]),
    ("user", "non-root", &["--userns=host", "--user=1000", "--security-opt=no-new-privileges"]),
    ("remapped-root", "dropped", &[]),
    ("remapped", "user-namespace", &["--user=1000", "--cap-drop=ALL"]),
];

fn list(lab: &Lab, args: &[&str]) -> (i32, String) {
    let output = lab.plimsoll(&[&["containers"], args].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn one_on_each_rung() {
    let lab = Lab::builder().remap_user().flags(&["--userns-remap=dockremap"]).start();
    lab.create("privileged", &["--userns=host", "--privileged"]);
    for (name, _, options) in RUNGS {
        let options: Vec<String> =
            options.iter().map(|o| o.replace("{dir}", &lab.dir().display().to_string())).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        lab.run(name, &[&["--network=none"], &options[..]].concat());
    }
    if lab.version() >= 26 {
        lab.docker(&["start", "privileged"]);
    }
    let (code, json) = list(&lab, &["--format", "json"]);
    let all: Value = serde_json::from_str(&json).unwrap();
    let rows: Vec<&Value> =
        all["containers"].as_array().unwrap().iter().filter(|row| row["runtime"] == "engine").collect();
    let mut wanted: Vec<(&str, &str)> = RUNGS.iter().map(|(name, rung, _)| (*name, *rung)).collect();
    wanted.push(("privileged", "privileged"));
    for (name, rung) in &wanted {
        let row = rows.iter().find(|row| row["name"] == *name).unwrap();
        assert_eq!((row["rung"].as_str(), row["certain"].as_bool()), (Some(*rung), Some(true)), "{row:#}");
    }
    let rank = [
        "privileged",
        "takeover",
        "host-namespaces",
        "default-root",
        "reduced-root",
        "dropped",
        "non-root",
        "user-namespace",
    ];
    let ranks: Vec<usize> = rows.iter().map(|row| rank.iter().position(|rung| row["rung"] == *rung).unwrap()).collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
    // Other tests' sandboxes come and go meanwhile.
    let certain = |row: &Value| row["certain"] == true;
    assert_eq!(
        code == 0,
        all["complete"] == true && all["containers"].as_array().unwrap().iter().all(certain),
        "{all:#}"
    );
    assert_eq!(rows.iter().find(|row| row["name"] == "reduced").unwrap()["below"], serde_json::json!(["NET_RAW"]));
    explained(&lab);
    reported(&lab, &wanted);
}

/// The rungs of the lab's containers in a report, if it has any.
fn rungs(report: &str) -> Option<BTreeMap<String, String>> {
    let report: Value = serde_json::from_str(report).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = report["containers"].as_array()?.iter().filter(|row| row["runtime"] == "engine");
    Some(rows.map(|row| (text(row, "name"), text(row, "rung"))).collect())
}

/// An audit reports the same ladder, now and from facts later, as soon as its checks read what tells it.
fn reported(lab: &Lab, wanted: &[(&str, &str)]) {
    let wanted: BTreeMap<String, String> =
        wanted.iter().map(|(name, rung)| ((*name).to_owned(), (*rung).to_owned())).collect();
    let audit = |args: &[&str]| {
        let output = lab.plimsoll(&[&["audit", "--format", "json"], args].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let isolation = ["--benchmark", "plimsoll-isolation"];
    assert_eq!(rungs(&audit(&isolation)), Some(wanted.clone()));
    let one = rungs(&audit(&["--benchmark", "plimsoll-isolation", "--container", "ca*"])).unwrap();
    assert_eq!(one, BTreeMap::from([("cap".to_owned(), "takeover".to_owned())]));
    assert_eq!(rungs(&audit(&["--check", "container-not-privileged"])), None);
    let file = lab.dir().join("facts.json.zst").display().to_string();
    lab.plimsoll(&["collect", "-o", &file]);
    let judge = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        let output = command.args(["audit", "--facts", &file, "--format", "json"]).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(rungs(&judge(&isolation)), Some(wanted));
}

fn explained(lab: &Lab) {
    let (_, text) = list(lab, &["cap"]);
    for words in ["host takeover", "(process ", "has SYS_ADMIN", "--cap-drop ALL", "what would hold it next"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (_, text) = list(lab, &[]);
    // Long names of other tests' containers may break what stands beside them.
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.windows(2).any(|two| two[0].contains("sock") && two.concat().contains("takeover")), "{text}");
    let output = lab.plimsoll(&["containers", "capp"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `cap`?"));
    // A name that would drive the terminal, and one that looks like a line of /proc.
    let script = "n=$(printf '/tmp/\\033[2J\\n) R 1 (') && cp /bin/busybox \"$n\" && exec -a sleep \"$n\" 100000";
    lab.docker(&["exec", "-d", "default", "sh", "-c", script]);
    crate::deeds::wait_for("the odd name", || list(lab, &["default"]).1.contains(r"\u{1b}[2J\n) R 1 ("));
    let (code, text) = list(lab, &["default"]);
    assert!(code == 0 && !text.contains('\u{1b}') && text.contains("default root"), "{text}");
}

/// What is stopped stands by all that it will be given when it is started.
#[test]
fn stopped() {
    let lab = Lab::start(&[]);
    let stopped: [(&str, &str, &[&str]); 9] = [
        ("plain", "default-root", &[]),
        ("zero", "default-root", &["--user=00:1000"]),
        ("dropped", "dropped", &["--cap-drop=ALL"]),
        ("paths", "takeover", &["--cap-drop=ALL", "--security-opt=systempaths=unconfined"]),
        ("etc", "takeover", &["--cap-drop=ALL", "-v=/etc:/h"]),
        ("etc-ro", "dropped", &["--cap-drop=ALL", "-v=/etc:/h:ro"]),
        ("etc-ro-admin", "takeover", &["--cap-drop=ALL", "--cap-add=SYS_ADMIN", "-v=/etc:/h:ro"]),
        ("ptrace", "takeover", &["--cap-drop=ALL", "--cap-add=SYS_PTRACE", "--pid=host"]),
        ("pid", "host-namespaces", &["--cap-drop=ALL", "--pid=host"]),
    ];
    for (name, _, options) in stopped {
        lab.create(name, &[&["--network=none"], options].concat());
    }
    // Which uid a name has is in the image's files.
    lab.create("toor", &["--network=none", "--user=toor"]);
    let all: Value = serde_json::from_str(&list(&lab, &["--format", "json"]).1).unwrap();
    for (name, rung, _) in stopped {
        // Other tests' engines have containers of the same names.
        let is_it = |row: &&Value| row["name"] == name && row["runtime"] == "engine";
        let row = all["containers"].as_array().unwrap().iter().find(is_it).unwrap();
        assert_eq!((row["rung"].as_str(), row["certain"].as_bool()), (Some(rung), Some(true)), "{row:#}");
    }
    let toor = all["containers"].as_array().unwrap().iter().find(|row| row["name"] == "toor").unwrap();
    assert_eq!(toor["certain"], false, "{toor:#}");
}

#[test]
fn the_json_is_as_its_schema_says() {
    let lab = Lab::start(&[]);
    lab.run("web", &["--network=none"]);
    let schema = lab.plimsoll(&["schema", "containers"]);
    // `schema` takes no socket.
    assert_eq!(schema.status.code(), Some(2));
    let schema =
        std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(["schema", "containers"]).output().unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema.stdout).unwrap()).unwrap();
    let json: Value = serde_json::from_str(&list(&lab, &["--format", "json"]).1).unwrap();
    let faults: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
}
