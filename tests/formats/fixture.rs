//! A report with everything in it that a writer could stumble over: names that mean harm, in every place that takes a name, under
//! every verdict.

use serde_json::{Value, json};

use crate::liar::{self, Liar};
use crate::pack::{finish, plimsoll};

/// Names as an attacker would choose them.
pub fn names() -> Vec<String> {
    let names = [
        "<script>alert(1)</script>",
        "</script></style></title><img src=x onerror=alert(1)>",
        "]]>",
        "--><!-- ' \" \\ ` & &amp;",
        "a\nPASS 5.4\r\n# plimsoll_x 1",
        "\u{1b}[2J\u{1b}]0;x\u{7}\u{0}\u{9b}",
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd",
        "+1-1,\"x\";y\tz",
        "-1",
        " =1",
        "{{ 7 * 7 }}{% raw %}{#",
        "[x](javascript:alert) ![x](y) ``` `` |a| **b** <b1>",
        "\u{202e}drowssap\u{2066}\u{feff}",
        "invalid \u{fffd}\u{fffd} and none \u{fffe}\u{ffff}",
        "日本 é 👍",
        "",
        " ",
    ];
    names.iter().map(|name| (*name).to_owned()).chain(["x".repeat(65_536), "<".repeat(3_000)]).collect()
}

/// The name as what has no way to say some characters shows it.
pub fn spelt(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || "\u{2066}\u{feff}\u{fffe}\u{ffff}".contains(c)
    };
    name.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// An engine whose containers have these names; one of them cannot be looked at.
pub fn engine() -> Liar {
    let mut liar = Liar::with_web();
    for (index, name) in names().iter().enumerate() {
        let id = format!("{index:0>64}");
        let mut inspect = liar::web(&id);
        inspect["HostConfig"]["Privileged"] = (index % 2 == 0).into();
        inspect["Config"]["Image"] = name.as_str().into();
        inspect["HostConfig"]["SecurityOpt"] = json!([format!("seccomp={name}")]);
        liar.list(&id, json!([format!("/{name}")]));
        liar.says(&format!("/containers/{id}/json"), &inspect);
    }
    liar.list(&"d".repeat(64), json!(["/dark"]));
    liar
}

/// A finding whose every word is this one.
fn finding(index: usize, name: &str) -> Value {
    let verdict = ["pass", "fail", "unknown", "manual", "not-applicable", "fail"][index % 6];
    let check = format!("{name}{index}");
    let severity = ["low", "medium", "high", "critical"][index % 4];
    let reason = (!["pass", "fail"].contains(&verdict)).then_some(name);
    let mut finding = json!({
        "check": check, "title": name, "severity": severity, "fingerprint": format!("{index:032x}"),
        "subject": { "kind": if index % 4 == 3 { "sandbox" } else { "container" }, "name": name, "id": name },
        "verdict": verdict, "reason": reason, "basis": [name], "waiver": null,
        "evidence": [
            { "fact": name, "value": name, "source": name, "reason": null },
            { "fact": "list", "value": [name, { "a": name }], "source": format!("/etc/{name}"), "reason": null },
            { "fact": "unseen", "value": null, "source": null, "reason": name },
        ],
        "remediation": (verdict == "fail").then_some(name),
    });
    if index % 6 == 5 {
        finding["waiver"] = json!({ "reason": name, "owner": name, "expires": "2027-01-31" });
    }
    finding
}

/// A container of the ladder whose every word is this one.
fn standing(index: usize, name: &str) -> Value {
    let rungs = ["privileged", "takeover", "host-namespaces", "default-root", "reduced-root", "dropped", "non-root"];
    let rung = rungs[index % rungs.len()];
    let blocked = |rung: &str| json!({ "rung": rung, "seen": name, "lift": name });
    json!({
        "name": name, "id": name, "runtime": if index % 2 == 1 { "engine" } else { name }, "running": !index.is_multiple_of(5),
        "rung": rung, "certain": !index.is_multiple_of(3), "beyond": [name], "below": [name], "shared": [name, "pid"], "seccomp": name,
        "lsm": name, "no_new_privileges": null, "uids": [0, 1], "user": name, "read_only": null, "memory_max_bytes": null,
        "pids_max": null, "blockers": [blocked(rung), blocked("user-namespace")], "unseen": [name],
    })
}

/// The report on that engine, with a benchmark of our own behind it whose every word means harm.
pub fn report() -> Value {
    let liar = engine();
    let run = finish(
        plimsoll()
            .args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--engine-socket"])
            .arg(liar.socket()),
    );
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap();
    let (mut controls, mut checks, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for (index, name) in names().iter().enumerate() {
        let finding = finding(index, name);
        let (check, verdict) = (finding["check"].clone(), finding["verdict"].clone());
        let severity = finding["severity"].clone();
        findings.push(finding);
        checks.push(json!({
            "id": check, "title": name, "severity": severity, "rationale": name, "remediation": name,
            "references": [name, format!("a:{name}")],
        }));
        controls.push(json!({
            "number": format!("1.{name}"), "title": name, "level": 1, "assessment": "manual", "verdict": verdict,
            "reason": null, "checks": [check],
        }));
    }
    // One that no control names, one control that has nothing to judge.
    let mut outside = findings[1].clone();
    outside["check"] = "outside".into();
    findings.push(outside);
    controls.push(json!({
        "number": "1.99", "title": "Nothing", "level": 2, "assessment": "automated", "verdict": "not-applicable",
        "reason": "there is no image to judge", "checks": ["nothing"],
    }));
    let score = json!({
        "percent": 36.4, "passed": 4, "failed": 7, "unknown": 3, "manual": 3, "not_applicable": 4, "coverage_percent": 78.6,
    });
    let harm = "<b1>\"\\\n]]>";
    report["benchmarks"].as_array_mut().unwrap().push(json!({
        "id": harm, "title": harm, "profile": harm, "level": 2, "score": score, "levels": [],
        "sections": [{ "number": "1", "title": harm, "score": score }], "controls": controls,
    }));
    report["checks"].as_array_mut().unwrap().append(&mut checks);
    report["checks"].as_array_mut().unwrap().push(json!({
        "id": "outside", "title": "Outside", "severity": "low", "rationale": "", "remediation": "", "references": [],
    }));
    report["findings"].as_array_mut().unwrap().append(&mut findings);
    report["containers"] = names().iter().enumerate().map(|(index, name)| standing(index, name)).collect();
    report["notices"].as_array_mut().unwrap().extend(names().into_iter().map(Value::String));
    report["host"]["name"] = harm.into();
    report["host"]["os"] = harm.into();
    report["engine"]["version"] = harm.into();
    report
}
