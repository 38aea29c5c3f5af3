//! The program as an Ansible module, and the role, by Ansible itself. `tests/ansible/setup` sets it up.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test"
)]

#[path = "../liar/mod.rs"]
mod liar;
#[path = "../pack/mod.rs"]
mod pack;
mod playbook;
mod role;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use liar::{Answer, Liar};
use pack::{harmless, plimsoll};
use playbook::{NEWEST, OLDEST, Site, collection, done};

/// An engine with one container that is as it should be, and one that is not.
fn bad() -> Liar {
    let mut liar = Liar::with_web();
    liar.contain("agent", |inspect| inspect["HostConfig"]["Privileged"] = true.into());
    liar
}

/// Parameters of an audit of one control on an engine, and others.
fn on(liar: &Liar, more: &Value) -> Value {
    let mut all = json!({ "benchmarks": ["cis-docker-1.8.0"], "sections": ["5.5"], "engine_socket": liar.socket() });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

const FAILING: &str =
    "1 failing at or above low: container-not-privileged (critical) on container agent; cis-docker-1.8.0 0.0 %";

#[test]
fn a_bad_host_fails_the_play_and_a_good_one_passes() {
    let site = Site::new();
    for age in [OLDEST, NEWEST] {
        let later = json!({ "that": "ansible_facts.plimsoll.score['cis-docker-1.8.0'].percent == 100.0" });
        let tasks = |liar: &Liar| json!({ "tasks": [{ "plimsoll.plimsoll.plimsoll_audit": on(liar, &json!({})) }, { "ansible.builtin.assert": later }] });
        // It needs no Python where it audits.
        let python = ["--extra-vars", "ansible_python_interpreter=/nowhere"];
        let good = site.play(age, &tasks(&Liar::with_web()), &python).passed();
        assert_eq!((good.recap()["ok"], good.recap()["changed"]), (2, 0), "{}", good.said);
        for mode in [&["--check"][..], &[]] {
            let bad = site.play(age, &tasks(&bad()), mode).failed();
            assert_eq!((bad.recap()["ok"], bad.recap()["failed"]), (0, 1), "{}", bad.said);
            assert!(bad.said.contains(FAILING), "{}", bad.said);
        }
    }
}

#[test]
fn an_answer_has_what_an_operator_needs() {
    let (site, liar) = (Site::new(), bad());
    let (answer, _) = site.audit(&on(&liar, &json!({})), &[]);
    assert_eq!((&answer["failed"], &answer["changed"], &answer["msg"]), (&json!(true), &json!(false), &json!(FAILING)));
    let score = json!({ "percent": 0.0, "coverage_percent": 100.0, "passed": 0, "failed": 1, "unknown": 0, "not_applicable": 0, "manual": 0 });
    let counts = json!({ "failing": 1, "waived": 0, "unknown": 0, "manual": 0, "passing": 1, "not_applicable": 0 });
    assert_eq!((&answer["score"]["cis-docker-1.8.0"], &answer["counts"]), (&score, &counts));
    let facts = &answer["ansible_facts"]["plimsoll"];
    assert_eq!((&facts["score"]["cis-docker-1.8.0"], &facts["counts"]), (&score, &counts));
    let [finding] = answer["findings"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    for (key, value) in [
        ("check", json!("container-not-privileged")),
        ("severity", json!("critical")),
        ("verdict", json!("fail")),
        ("subject", json!("container agent")),
        ("controls", json!(["cis-docker-1.8.0:5.5"])),
        ("waived", Value::Null),
    ] {
        assert_eq!(finding[key], value, "{finding}");
    }
    assert!(finding["reason"].as_str().unwrap().contains("container.privileged = true"), "{finding}");
    assert!(finding["remediation"].as_str().unwrap().contains("Recreate agent without"), "{finding}");
    // What is told is capped, and what was found is not.
    let (capped, _) = site.audit(&on(&liar, &json!({ "max_findings": 0 })), &[]);
    assert_eq!((&capped["truncated"], &capped["findings"], &capped["failed"]), (&json!(1), &json!([]), &json!(true)));
    // What does not fail the task is told all the same.
    for (parameters, said) in [
        (json!({ "gate": false }), true),
        (json!({ "fail_on": "critical", "skip": ["container-not-privileged"] }), false),
    ] {
        let (open, shown) = site.audit(&on(&liar, &parameters), &[]);
        assert_eq!((&open["failed"], shown.contains(FAILING)), (&json!(false), said), "{parameters}: {open}");
    }
}

#[test]
fn what_somebody_bears_or_nobody_could_see_does_not_fail() {
    let (site, liar) = (Site::new(), bad());
    let waiver =
        "[[waiver]]\ncheck = 'container-not-privileged'\nreason = 'OPS-9'\nowner = 'Jo'\nexpires = '9999-12-31'\n";
    fs::write(site.path("waivers.toml"), waiver).unwrap();
    let (waived, _) = site.audit(&on(&liar, &json!({ "waivers": site.path("waivers.toml") })), &[]);
    assert_eq!((&waived["failed"], &waived["counts"]["waived"]), (&json!(false), &json!(1)), "{waived}");
    assert_eq!(waived["findings"][0]["waived"], "waived until 9999-12-31 by Jo: OPS-9");
    let dark = Liar::with_web();
    dark.answer(&format!("/containers/{}/json", liar::id("web")), Answer::Json(500, "{}".to_owned()));
    for (fails, parameters) in [
        (false, json!({})),
        (true, json!({ "fail_on_unknown": true })),
        (false, json!({ "fail_on_unknown": true, "gate": false })),
    ] {
        let (unknown, _) = site.audit(&on(&dark, &parameters), &[]);
        assert_eq!((&unknown["failed"], &unknown["counts"]["unknown"]), (&json!(fails), &json!(1)), "{unknown}");
        let msg = unknown["msg"].as_str().unwrap();
        assert!(msg.starts_with("nothing failing at or above low; 1 unknown"), "{msg}");
    }
    let (nobody, _) = site.audit(&on(&liar, &json!({ "container": "nobody" })), &[]);
    assert!(nobody["msg"].as_str().unwrap().starts_with("nothing was judged"), "{nobody}");
}

#[test]
fn only_what_got_worse_fails_against_a_baseline() {
    let (site, liar) = (Site::new(), bad());
    let report = site.path("report.json");
    let leave = on(&liar, &json!({ "report_path": report, "gate": false }));
    let (checked, _) = site.audit(&leave, &["--check"]);
    assert_eq!((&checked["report"], report.exists()), (&Value::Null, false), "{checked}");
    let (left, _) = site.audit(&leave, &[]);
    assert_eq!((&left["report"], &left["changed"]), (&json!(report), &json!(false)));
    assert_eq!(report.metadata().unwrap().permissions().mode() & 0o7777, 0o640);
    let read = pack::finish(plimsoll().arg("report").arg(&report));
    assert!(read.code == 0 && read.stdout.contains("FAIL     5.5"), "{}", read.stderr);
    let against = on(&liar, &json!({ "baseline": report }));
    let (same, _) = site.audit(&against, &[]);
    assert_eq!(
        (&same["failed"], &same["newly_failing"], same.get("diff")),
        (&json!(false), &json!([]), None),
        "{same}"
    );
    liar.changes(&format!("/containers/{}/json", liar::id("web")), |inspect| {
        inspect["HostConfig"]["Privileged"] = true.into()
    });
    let (worse, _) = site.audit(&against, &["--diff"]);
    assert_eq!(
        (&worse["failed"], &worse["newly_failing"][0]["subject"]),
        (&json!(true), &json!("container web")),
        "{worse}"
    );
    assert!(worse["newly_failing"].as_array().unwrap().len() == 1 && worse["findings"].as_array().unwrap().len() == 2);
    assert!(
        worse["msg"].as_str().unwrap().starts_with("1 newly failing at or above low: container-not-privileged"),
        "{worse}"
    );
    // Ansible draws it for single tasks that did not fail.
    let mut ungated = against.clone();
    ungated["gate"] = false.into();
    let mut single = site.tool(NEWEST, "ansible");
    single.args(["--inventory", "localhost,", "--connection", "local", "--diff", "localhost"]);
    single.args(["--module-name", "plimsoll.plimsoll.plimsoll_audit", "--args", &ungated.to_string()]);
    let drawn = String::from_utf8(single.output().unwrap().stdout).unwrap();
    assert!(drawn.contains("\n+critical fail    container-not-privileged  container web\n"), "{drawn}");
    let (gone, _) = site.audit(&on(&liar, &json!({ "baseline": site.path("no.json") })), &[]);
    assert!(gone["failed"] == true && gone["msg"].as_str().unwrap().starts_with("cannot read the report"), "{gone}");
}

#[test]
fn what_is_wrong_is_told() {
    let (site, liar) = (Site::new(), bad());
    let (answer, shown) =
        site.audit(&json!({ "benchmark": [], "level": "three", "sections": [5.1], "gate": "maybe" }), &[]);
    assert_eq!((&answer["failed"], &answer["changed"]), (&json!(true), &json!(false)));
    for words in
        ["did you mean `benchmarks`?", "`level` is \"three\"", "`sections` has the number 5.1", "`gate` is \"maybe\""]
    {
        assert!(answer["msg"].as_str().unwrap().contains(words) && shown.contains(words), "{words}: {answer}");
    }
    let absent = json!({ "benchmarks": "cis-docker-1.8.0", "engine_socket": "/nowhere/docker.sock" });
    fs::write(site.path("policy.toml"), "trusted_user = 1\n").unwrap();
    fs::write(site.path("waivers.toml"), "[[waiver]]\ncheck = 'no'\n").unwrap();
    let files = json!({ "policy": site.path("policy.toml"), "waivers": site.path("waivers.toml") });
    for (parameters, words) in [
        (absent, vec!["there is no such socket"]),
        (on(&liar, &json!({ "sections": "99" })), vec!["has a section or control 99"]),
        (on(&liar, &json!({ "report_path": "/nowhere/report.json" })), vec!["cannot write /nowhere/report.json"]),
        (on(&liar, &json!({ "profile": "\u{1b}[2J" })), vec![r"no", r"\u{1b}[2J"]),
        (
            on(&liar, &files),
            vec!["policy.toml: ", "has no `trusted_user`", "waivers.toml: ", "`waiver.reason` is missing"],
        ),
    ] {
        let (answer, shown) = site.audit(&parameters, &[]);
        let msg = answer["msg"].as_str().unwrap();
        assert!(answer["failed"] == true && answer["changed"] == false, "{answer}");
        assert!(words.iter().all(|word| msg.contains(word)) && !msg.contains('\n'), "{words:?}: {msg}");
        harmless(&shown);
    }
    let (drawn, _) = site.audit(&on(&liar, &files), &[]);
    assert!(drawn["faults"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("^^^^")), "{drawn}");
}

/// Called by people, or with what is no file of Ansible's, it still answers with one object.
#[test]
fn whatever_it_is_called_with_it_answers() {
    let site = Site::new();
    let module = collection().join("plugins/modules/plimsoll_audit");
    fs::write(site.path("torn"), "{\"benchmarks\": \"\\udcff\"}").unwrap();
    fs::write(site.path("binary"), [0xff, 0xfe]).unwrap();
    for arguments in
        [&[][..], &["--help"], &["audit"], &["/nowhere"], &["/dev/zero"], &["torn"], &["binary"], &["torn", "torn"]]
    {
        let output =
            std::process::Command::new(&module).args(arguments).current_dir(site.folder.path()).output().unwrap();
        let answer: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        let told = (&answer["failed"], &answer["changed"], answer["msg"].is_string(), output.status.code());
        assert_eq!(told, (&json!(true), &json!(false), true, Some(1)), "{arguments:?}: {answer}");
    }
}

#[test]
fn hostile_names_reach_the_operator_harmless() {
    let site = Site::new();
    let mut liar = Liar::new();
    let names = [
        "<script>alert(1)</script>",
        "a\nlocalhost | SUCCESS",
        "\u{1b}[2J\u{9b}31m",
        "{{ 6 * 7 }}{% raw %}",
        "\u{202e}fdp",
        "]]>\"'`$(id)",
    ];
    for name in names {
        liar.contain(name, |inspect| inspect["HostConfig"]["Privileged"] = true.into());
    }
    let (answer, shown) = site.audit(&on(&liar, &json!({})), &["-v"]);
    harmless(&shown);
    assert!(!shown.contains("\nlocalhost | SUCCESS"), "{shown}");
    let told: BTreeSet<&str> =
        answer["findings"].as_array().unwrap().iter().map(|f| f["subject"].as_str().unwrap()).collect();
    let wanted = [
        "container <script>alert(1)</script>",
        r"container a\u{a}localhost | SUCCESS",
        r"container \u{1b}[2J\u{9b}31m",
        "container {{ 6 * 7 }}{% raw %}",
        r"container \u{202e}fdp",
        "container ]]>\"'`$(id)",
    ];
    assert_eq!(told, BTreeSet::from(wanted));
    // Bytes that are no text.
    let web = Liar::with_web();
    let body = b"{\"Id\": \"\xff\xfe\x1b[2J\"}";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    web.answer(&format!("/containers/{}/json", liar::id("web")), Answer::Bytes([head.as_bytes(), body].concat()));
    let (dark, shown) = site.audit(&on(&web, &json!({})), &["-v"]);
    harmless(&shown);
    assert_eq!((&dark["failed"], &dark["counts"]["unknown"]), (&json!(false), &json!(1)), "{dark}");
}

#[test]
fn the_documentation_is_of_this_module() {
    let site = Site::new();
    let name = "plimsoll.plimsoll.plimsoll_audit";
    let json = done(site.tool(NEWEST, "ansible-doc").args(["--json", name]));
    let document: Value = serde_json::from_str(&json).unwrap();
    let document = &document[name];
    let documented: Vec<&String> = document["doc"]["options"].as_object().unwrap().keys().collect();
    let (answer, _) = site.audit(&json!({ "zzz": 1 }), &[]);
    let known = answer["msg"].as_str().unwrap().split_once("there are: ").unwrap().1;
    assert_eq!(documented, known.split(", ").collect::<Vec<_>>());
    // All that is answered is documented, and all that is documented is answered.
    let (liar, report) = (bad(), site.path("report.json"));
    site.audit(&on(&Liar::with_web(), &json!({ "report_path": report })), &[]);
    let (answer, _) = site.audit(&on(&liar, &json!({ "baseline": report })), &["--diff"]);
    // Ansible's own, which every module has; and faults, of which there are none.
    let common = BTreeSet::from(["failed", "changed", "warnings", "exception", "faults"]);
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|key| !common.contains(key))
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(keys(&document["return"]), keys(&answer));
    assert_eq!(keys(&document["return"]["findings"]["contains"]), keys(&answer["findings"][0]));
    assert!(document["examples"].as_str().unwrap().contains(name), "{document}");
}

#[test]
fn the_collection_is_clean_and_whole() {
    let site = Site::new();
    let lint = done(site.tool(NEWEST, "ansible-lint").args(["--offline", "--nocolor"]).current_dir(collection()));
    assert!(lint.contains("Profile 'production' was required, and it passed"), "{lint}");
    done(
        site.tool(NEWEST, "ansible-galaxy")
            .args(["collection", "build", "--output-path"])
            .arg(site.folder.path())
            .current_dir(collection()),
    );
    let tarball = site.path(&format!("plimsoll-plimsoll-{}.tar.gz", env!("CARGO_PKG_VERSION")));
    let listed = done(std::process::Command::new("tar").args(["tzvf"]).arg(&tarball));
    for (mode, file) in [
        ("-rwxr-xr-x", "plugins/modules/plimsoll_audit"),
        ("-rw-r--r--", "roles/plimsoll/files/plimsoll.service"),
        ("-rw-r--r--", "CHANGELOG.md"),
    ] {
        assert!(
            listed.lines().any(|line| line.starts_with(mode) && line.ends_with(&format!(" {file}"))),
            "{file}: {listed}"
        );
    }
    // The lint can fail.
    fs::create_dir_all(site.path("roles/x/tasks")).unwrap();
    fs::write(site.path("roles/x/tasks/main.yml"), "- shell: id\n").unwrap();
    let bad = site
        .tool(NEWEST, "ansible-lint")
        .args(["--offline", "--nocolor", "--profile", "production", "roles/x"])
        .output()
        .unwrap();
    assert_eq!(bad.status.code(), Some(2), "{bad:?}");
}
