use serde_json::json;

use super::*;

fn read(text: &str) -> Result<Waivers, String> {
    let library = Library::builtin().unwrap();
    let source = Arc::new(Source::written("waivers.toml", text.to_owned()));
    let mut faults = Diagnostics::default();
    let loaded = load(&source, &library, &mut faults);
    loaded.filter(|_| faults.is_empty()).ok_or_else(|| faults.render(false))
}

/// A report of two containers that run privileged, of a kernel setting, and of two files.
fn report() -> Report {
    let finding = |check: &str, kind: &str, name: &str, evidence: Value| {
        json!({ "check": check, "title": "", "severity": "high", "fingerprint": "", "verdict": "fail", "reason": null,
            "subject": { "kind": kind, "name": name, "id": null }, "basis": [], "evidence": evidence, "remediation": null,
            "waiver": null })
    };
    let seen = |fact: &str, value: Value| json!([{ "fact": fact, "value": value, "source": null, "reason": null }]);
    let privileged =
        |name| finding("container-not-privileged", "container", name, seen("container.privileged", json!(true)));
    let files = json!([{ "path": "/srv/a" }, { "path": "/srv/b", "file": { "path": "/x" } }]);
    let control = |number: &str, check: &str| {
        json!({ "number": number, "title": "", "level": 1, "assessment": "manual", "verdict": "fail", "reason": null,
            "checks": [check] })
    };
    let benchmark = json!({ "id": "cis-docker-1.8.0", "title": "", "profile": null, "level": 2, "score": Score::of([]),
        "levels": [], "sections": [], "controls": [control("5.5", "container-not-privileged"), control("5.4", "container-capabilities-limited")] });
    serde_json::from_value(json!({
        "format": 1, "tool": { "name": "", "version": "" }, "collected_at": "2026-11-24T00:00:00Z",
        "host": { "name": "web-7", "os": null, "kernel": null }, "engine": null, "notices": [], "benchmarks": [benchmark],
        "checks": [], "findings": [privileged("agent"), privileged("shop"),
            finding("swarm-mode-off", "host", "x", seen("sysctl[\"kernel.x\"]", json!("0"))),
            finding("daemon-logs-at-info", "engine", "docker", seen("daemon.files", files))],
    }))
    .unwrap()
}

use crate::report::Score;

const REST: &str = "reason = 'r'\nowner = 'Jo'\nexpires = '2026-12-31'\n";

/// The subjects whose failures are waived, and the notices.
fn waived(scope: &str, day: &str) -> (Vec<String>, Vec<String>) {
    let mut report = report();
    read(&format!("[[waiver]]\n{scope}\n{REST}")).unwrap().apply(&mut report, day.parse().unwrap());
    let waived = report.findings.iter().filter(|finding| finding.waiver.is_some());
    (waived.map(|finding| finding.subject.name.clone()).collect(), report.notices)
}

#[test]
fn every_scope_has_to_match() {
    let of = |scope: &str| waived(scope, "2026-12-31").0;
    let privileged = "check = 'container-not-privileged'";
    assert_eq!(of(privileged), ["agent", "shop"]);
    assert_eq!(of(&format!("{privileged}\ncontainer = 'a*'")), ["agent"]);
    assert_eq!(of(&format!("{privileged}\ncontainer = 'a*'\nhost = 'web-*'")), ["agent"]);
    let nobody =
        ["container = 'b*'", "image = 'agent'", "container = 'a*'\nhost = 'db-*'", "path = '/srv/*'", "key = '*'"];
    for scope in nobody {
        assert_eq!(of(&format!("{privileged}\n{scope}")), Vec::<String>::new(), "{scope}");
    }
    assert_eq!(of("control = '5.5'"), ["agent", "shop"]);
    assert_eq!(of("control = 'cis-docker-1.8.0:5.5'\ncontainer = 'shop'"), ["shop"]);
    assert_eq!(of("control = 'cis-docker-1.6.0:5.5'"), Vec::<String>::new());
    assert_eq!(of("check = 'swarm-mode-off'\nkey = 'kernel.*'"), ["x"]);
    assert_eq!(of("check = 'swarm-mode-off'\nkey = 'net.*'"), Vec::<String>::new());
    assert_eq!(of("check = 'daemon-logs-at-info'\npath = '/srv/*'"), ["docker"]);
    // One of the files that failed is not meant.
    assert_eq!(of("check = 'daemon-logs-at-info'\npath = '/srv/a'"), Vec::<String>::new());
}

#[test]
fn what_has_expired_or_waives_nothing_is_said() {
    let of = |scope: &str, day: &str| waived(scope, day).1;
    assert_eq!(of("check = 'container-not-privileged'", "2026-12-31"), Vec::<String>::new());
    let expired = waived("check = 'container-not-privileged'", "2027-01-01");
    assert!(expired.0.is_empty() && expired.1[0].contains("until 2026-12-31 (Jo) expired"), "{expired:?}");
    let unused = of("check = 'container-not-privileged'\ncontainer = 'gone'", "2026-12-31");
    assert!(unused[0].ends_with("waives nothing"), "{unused:?}");
    // It passed for once.
    assert_eq!(of("control = '5.4'", "2026-12-31").len(), 1);
    // Other hosts' waivers, and checks that did not run.
    assert_eq!(of("check = 'container-not-privileged'\nhost = 'db'", "2026-12-31"), Vec::<String>::new());
    assert_eq!(of("check = 'live-restore-enabled'", "2026-12-31"), Vec::<String>::new());
}

#[test]
fn every_fault_is_drawn_in_one_run() {
    let text = "[[waiver]]\ncheck = 'container-not-privilegd'\nreason = ''\nowner = ' '\nexpires = 'soon'\n\
        [[waiver]]\ncontrol = '9.9'\ncontainer = '['\nreason = 'r'\nowner = 'o'\nexpires = '2026-01-01'\n\
        [[waiver]]\nreason = 'r'\nowner = 'o'\nexpires = '2026-01-01'\n";
    let faults = read(text).unwrap_err();
    for words in [
        "did you mean `container-not-privileged`?",
        "the reason is empty",
        "the owner is empty",
        "`soon` is no day",
        "no benchmark has a control `9.9`",
        "unclosed character class",
        "either a check or a control",
    ] {
        assert!(faults.contains(words), "{words}: {faults}");
    }
    assert!(read("[[waiver]]\ncheck = 'swarm-mode-off'\nreasn = 'x'").unwrap_err().contains("did you mean `reason`?"));
}
