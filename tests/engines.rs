//! Engines that lie, hang, break off or are not there: what was not seen is unknown, and nothing passes without evidence.

#![allow(clippy::disallowed_types, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod engine_images;
mod liar;
mod pack;

use std::os::unix::net::UnixListener;

use serde_json::{Value, json};

use liar::{Answer, Liar, id};
use pack::{OF_THE_ENGINE, Run, finish, harmless, plimsoll};

/// A report, and the run that wrote it.
struct Audit {
    run: Run,
    report: Value,
}

impl Audit {
    fn of(liar: &Liar) -> Self {
        let socket = liar.socket().to_str().unwrap();
        let text = finish(plimsoll().args([
            "audit",
            "--benchmark",
            "cis-docker-1.8.0",
            "--color",
            "never",
            "--engine-socket",
            socket,
        ]));
        harmless(&text.stdout);
        harmless(&text.stderr);
        let audit = Self::json(liar);
        assert_eq!(text.code, audit.run.code, "{}", text.stderr);
        audit
    }

    /// Without a look at the text, which would take its time again.
    fn json(liar: &Liar) -> Self {
        let socket = liar.socket().to_str().unwrap();
        let run = finish(plimsoll().args([
            "audit",
            "--benchmark",
            "cis-docker-1.8.0",
            "--format",
            "json",
            "--engine-socket",
            socket,
        ]));
        assert_eq!(run.stderr, "");
        let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout));
        Self { run, report }
    }

    fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().unwrap()
    }

    /// The verdicts on the containers of a name.
    fn verdicts(&self, name: &str) -> Vec<&str> {
        let about = |finding: &&Value| finding["subject"]["kind"] == "container" && finding["subject"]["name"] == name;
        self.findings().iter().filter(about).map(|finding| finding["verdict"].as_str().unwrap()).collect()
    }

    fn verdict(&self, check: &str, name: &str) -> &str {
        let about = |finding: &&Value| finding["check"] == check && finding["subject"]["name"] == name;
        let found = self.findings().iter().find(about);
        found.unwrap_or_else(|| panic!("no {check} of {name}"))["verdict"].as_str().unwrap()
    }

    /// Nothing is known of this container: a check of it is unknown, unless the engine by itself tells that it does not apply.
    fn is_dark(&self, name: &str) {
        assert!(self.verdicts(name).len() > 20, "{name}");
        for finding in self.findings().iter().filter(|finding| finding["subject"]["name"] == name) {
            let evidence = finding["evidence"].as_array().unwrap();
            let fact = |fact: &Value| fact["fact"].as_str().unwrap().starts_with("engine.");
            let settled = finding["verdict"] == "not-applicable" && evidence.iter().all(fact);
            assert!(settled || finding["verdict"] == "unknown", "{finding}");
            assert!(!finding["reason"].as_str().unwrap().is_empty());
        }
    }

    /// The container `web` is judged by what the engine was told.
    fn judges_web(&self) {
        assert_eq!(self.verdict("container-not-privileged", "web"), "pass");
        assert_ne!(self.verdict("container-root-read-only", "web"), "fail");
        assert!(self.verdicts("web").contains(&"pass"));
    }

    fn passes_nothing(&self) {
        // What is asked of the host does not need the engine.
        let of_engine = |finding: &&Value| finding["subject"]["kind"] != "host";
        let of_engine: Vec<&Value> = self.findings().iter().filter(of_engine).collect();
        assert!(of_engine.len() > 20);
        let judged = of_engine.iter().find(|finding| finding["verdict"] == "pass" || finding["verdict"] == "fail");
        assert_eq!(judged, None);
        assert!(self.run.code == 3 || self.findings().iter().any(|finding| finding["verdict"] == "fail"));
    }
}

#[test]
fn an_honest_engine_is_judged() {
    let liar = Liar::with_web();
    let audit = Audit::of(&liar);
    audit.judges_web();
    assert_eq!(audit.report["engine"]["version"], "26.1.5");
    assert!(liar.asked().iter().all(|path| !path.starts_with("/v1")), "{:?}", liar.asked());
}

#[test]
fn answers_that_are_none() {
    let bytes = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    for answer in [
        bytes("\0\x01\x02garbage\r\n\r\n"),
        bytes(""),
        bytes("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n[{\"Id\": \"a"),
        bytes("HTTP/9.9 999 ???\r\n\r\n"),
        bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
        bytes("HTTP/1.1 301 Moved\r\nLocation: /info\r\nContent-Length: 0\r\n\r\n"),
        Answer::Json(200, "not JSON".to_owned()),
        Answer::Json(200, "[{\"Id\": \"a".to_owned()),
        Answer::Json(200, "null".to_owned()),
        Answer::Json(200, "[]".repeat(3)),
        Answer::Json(200, "[".repeat(100_000)),
        Answer::Json(200, "\u{1b}[2J".to_owned()),
        Answer::Json(204, String::new()),
        Answer::Json(500, json!({ "message": "\u{1b}[31mno\u{202e}" }).to_string()),
        Answer::Json(403, json!({ "message": "authorization denied" }).to_string()),
        Answer::Json(500, "<html>".to_owned()),
    ] {
        let liar = Liar::with_web();
        liar.answer_all(&answer);
        Audit::of(&liar).passes_nothing();
        // The same for one container among others.
        let mut liar = Liar::with_web();
        liar.contain("dark", |_| {});
        liar.answer(&format!("/containers/{}/json", id("dark")), answer);
        let audit = Audit::of(&liar);
        audit.is_dark("dark");
        audit.judges_web();
    }
}

/// Waits for the limit of ten seconds: before the head of an answer, in its body, and before the connection is taken.
#[test]
fn engines_that_never_answer() {
    std::thread::scope(|scope| {
        for answer in [Answer::Silence, Answer::Half] {
            let one = answer.clone();
            scope.spawn(move || {
                let mut liar = Liar::with_web();
                liar.contain("dark", |_| {});
                liar.answer(&format!("/containers/{}/json", id("dark")), one);
                let audit = Audit::json(&liar);
                audit.is_dark("dark");
                audit.judges_web();
                let about = |finding: &&Value| finding["check"] == "container-not-privileged";
                let reasons: Vec<&Value> = audit.findings().iter().filter(about).map(|f| &f["reason"]).collect();
                assert!(reasons[0].as_str().unwrap().starts_with("timed out: "), "{reasons:?}");
                assert!((9.0..20.0).contains(&audit.run.seconds), "{}", audit.run.seconds);
            });
            scope.spawn(move || {
                let liar = Liar::with_web();
                liar.answer_all(&answer);
                Audit::json(&liar).passes_nothing();
            });
        }
        scope.spawn(|| {
            let dir = tempfile::TempDir::new().unwrap();
            let socket = dir.path().join("docker.sock");
            let _listener = UnixListener::bind(&socket).unwrap();
            let run = finish(
                plimsoll().args(["audit", "--format", "json"]).args(OF_THE_ENGINE).arg("--engine-socket").arg(&socket),
            );
            assert_eq!(run.code, 3, "{}", run.stderr);
            assert!(run.stdout.contains("timed out: "), "{}", run.stdout);
        });
    });
}

#[test]
fn words_that_no_client_knows() {
    let mut liar = Liar::with_web();
    liar.contain("levitating", |inspect| inspect["State"]["Status"] = "levitating".into());
    liar.contain("groups", |inspect| inspect["HostConfig"]["CgroupnsMode"] = "x".into());
    liar.contain("restarts", |inspect| inspect["HostConfig"]["RestartPolicy"]["Name"] = "sometimes".into());
    liar.contain("isolated", |inspect| inspect["HostConfig"]["Isolation"] = "x".into());
    liar.contain("unhealthy", |inspect| inspect["State"]["Health"] = json!({ "Status": "dizzy" }));
    liar.contain("mounted", |inspect| {
        inspect["Mounts"] = json!([{ "Type": "x", "Destination": "/x", "RW": true, "Propagation": "x" }]);
    });
    let audit = Audit::of(&liar);
    for name in ["web", "levitating", "groups", "restarts", "isolated", "unhealthy", "mounted"] {
        assert_eq!(audit.verdict("container-not-privileged", name), "pass", "{name}");
    }
    assert_ne!(audit.verdict("container-restarts-bounded", "restarts"), "pass");
}

type Change = fn(&mut Value);

#[test]
fn descriptions_that_are_broken() {
    let mut liar = Liar::with_web();
    let broken: [(&str, Change); 12] = [
        ("text", |inspect| inspect["HostConfig"]["Memory"] = "1g".into()),
        ("huge", |inspect| inspect["HostConfig"]["Memory"] = json!(1e30)),
        ("null", |inspect| inspect["HostConfig"]["Privileged"] = Value::Null),
        ("no-host", |inspect| drop(inspect.as_object_mut().unwrap().remove("HostConfig"))),
        ("no-state", |inspect| drop(inspect.as_object_mut().unwrap().remove("State"))),
        ("no-mounts", |inspect| drop(inspect.as_object_mut().unwrap().remove("Mounts"))),
        ("null-mounts", |inspect| inspect["Mounts"] = Value::Null),
        ("no-privileged", |inspect| drop(inspect["HostConfig"].as_object_mut().unwrap().remove("Privileged"))),
        ("pid-too-large", |inspect| inspect["State"]["Pid"] = json!(u64::MAX)),
        ("list", |inspect| *inspect = json!([])),
        ("other", |inspect| inspect["Id"] = id("web").into()),
        ("scalars", |inspect| inspect["HostConfig"]["CapDrop"] = "ALL".into()),
    ];
    for (name, change) in broken {
        liar.contain(name, change);
    }
    let audit = Audit::of(&liar);
    for (name, _) in broken {
        audit.is_dark(name);
    }
    audit.judges_web();
}

/// The process id is the engine's word; one that cannot be, or is not there, leaves what the kernel says unknown.
#[test]
fn process_ids_that_cannot_be() {
    let mut liar = Liar::with_web();
    for pid in [i64::from(u32::MAX), i64::MAX, -1, 0] {
        liar.contain(&format!("pid{pid}"), |inspect| inspect["State"]["Pid"] = pid.into());
    }
    let audit = Audit::of(&liar);
    for name in ["pid4294967295", "pid9223372036854775807", "pid-1", "pid0"] {
        assert_eq!(audit.verdict("container-not-privileged", name), "pass", "{name}");
        assert_eq!(audit.verdict("container-no-new-privileges", name), "unknown", "{name}");
    }
}

#[test]
fn a_container_that_goes_away() {
    let mut liar = Liar::with_web();
    liar.list(&id("gone"), json!(["/gone\u{1b}[2J"]));
    let audit = Audit::of(&liar);
    assert_eq!(audit.verdicts("gone\u{1b}[2J"), Vec::<&str>::new());
    let notices = audit.report["notices"].to_string();
    assert!(notices.contains("was removed while the audit ran"), "{notices}");
    audit.judges_web();
}

#[test]
fn names_that_mean_harm() {
    let long = "x".repeat(65_536);
    let names = [
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "a\nPASS 5.4",
        "\u{202e}drowssap",
        "a\tb\r\u{0}",
        "{container.id}",
        &long,
        "<b>&\"'",
    ];
    let mut liar = Liar::with_web();
    for (index, name) in names.iter().enumerate() {
        let id = format!("{index:0>64}");
        let mut inspect = liar::web(&id);
        inspect["HostConfig"]["Privileged"] = true.into();
        inspect["Config"]["Image"] = (*name).into();
        inspect["HostConfig"]["SecurityOpt"] = json!([format!("seccomp={name}")]);
        liar.list(&id, json!([format!("/{name}")]));
        liar.says(&format!("/containers/{id}/json"), &inspect);
    }
    for (id, no_names) in [("e".repeat(64), json!([])), ("f".repeat(64), Value::Null)] {
        liar.list(&id, no_names);
        liar.says(&format!("/containers/{id}/json"), &liar::web(&id));
    }
    let audit = Audit::of(&liar);
    for name in names {
        assert_eq!(audit.verdict("container-not-privileged", name), "fail", "{name:?}");
    }
    assert_eq!(audit.verdict("container-not-privileged", &"e".repeat(64)), "pass");
    assert_eq!(audit.verdict("container-not-privileged", &"f".repeat(64)), "pass");
}

#[test]
fn identifiers_that_lead_elsewhere() {
    let mut liar = Liar::with_web();
    let ids = ["../../info", "?x", "a/../../info", "a#b", "", "%2e%2e/info", "\r\nX: y", "ä", "a/json?"];
    for (index, id) in ids.iter().enumerate() {
        liar.list(id, json!([format!("/evil{index}")]));
    }
    let audit = Audit::of(&liar);
    for index in 0..ids.len() {
        audit.is_dark(&format!("evil{index}"));
    }
    audit.judges_web();
    let images = ["../../info", "sha256:../../info", "sha256:", "sha256:a?b", ""];
    for image in images {
        liar.list_image(image, Value::Null);
    }
    let audit = Audit::of(&liar);
    for image in images {
        assert_eq!(audit.verdict("image-packages-verified", image), "unknown", "{image}");
    }
    let known = ["/version", "/info", "/containers/json", "/images/json", "/networks", "/volumes"];
    let web = format!("/containers/{}/json", id("web"));
    let odd: Vec<String> = liar.asked().into_iter().map(|asked| asked.split('?').next().unwrap().to_owned()).collect();
    let odd: Vec<&String> = odd.iter().filter(|path| !known.contains(&path.as_str()) && **path != web).collect();
    assert_eq!(odd, Vec::<&String>::new());
}

#[test]
fn an_engine_whose_version_is_none() {
    for version in ["", "yesterday", "v26.1", "99999999999999999999.1", "\u{1b}[2J"] {
        let liar = Liar::with_web();
        liar.says("/version", &json!({ "Version": version, "ApiVersion": version, "Components": null }));
        Audit::of(&liar).judges_web();
    }
    let liar = Liar::with_web();
    liar.says("/version", &json!({ "Version": 26 }));
    let audit = Audit::of(&liar);
    assert_eq!(audit.report["engine"], Value::Null);
    audit.judges_web();
}

#[test]
fn a_locked_or_garbled_swarm_tells_nothing() {
    let swarms = [
        json!({ "LocalNodeState": "locked" }),
        json!({ "LocalNodeState": "error", "ControlAvailable": false }),
        json!({ "LocalNodeState": "active", "ControlAvailable": true }),
        json!({ "LocalNodeState": "active", "ControlAvailable": true, "Managers": 1, "Nodes": 1, "Cluster": null }),
    ];
    for swarm in swarms {
        let liar = Liar::with_web();
        liar.changes("/info", |info| info["Swarm"] = swarm.clone());
        let audit = Audit::of(&liar);
        for check in ["swarm-auto-lock-on", "swarm-certificates-short-lived", "swarm-root-certificate-rotated"] {
            assert_eq!(audit.verdict(check, "docker"), "unknown", "{check} {swarm}");
        }
        assert_eq!(audit.verdict("swarm-mode-off", "docker"), "fail");
        audit.judges_web();
    }
}

#[test]
fn five_hundred_containers() {
    let mut liar = Liar::new();
    for index in 0..500 {
        liar.contain(&format!("c{index}"), |_| {});
    }
    let audit = Audit::of(&liar);
    assert_eq!(audit.verdict("container-not-privileged", "c499"), "pass");
    assert!(audit.run.seconds < 20.0, "{}", audit.run.seconds);
}
