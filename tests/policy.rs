//! A site's policy: which verdicts it changes, and that the report says so.

#![allow(clippy::disallowed_types, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod liar;
mod pack;

use serde_json::{Value, json};

use liar::Liar;
use pack::{Run, finish, plimsoll};

/// An engine with a container `web` that publishes a port.
fn engine() -> Liar {
    let mut liar = Liar::new();
    liar.contain("web", |inspect| {
        let bindings = json!({ "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] });
        inspect["HostConfig"]["PortBindings"] = bindings.clone();
        inspect["NetworkSettings"]["Ports"] = bindings;
    });
    liar
}

fn audit(policy: &str, format: &str) -> Run {
    let liar = engine();
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    let arguments =
        ["audit", "--check", "container-only-needed-ports", "--color", "never", "--format", format, "--policy"];
    finish(plimsoll().args(arguments).arg(&file).arg("--engine-socket").arg(liar.socket()))
}

/// Verdict and basis of the one finding.
fn judged(policy: &str) -> (String, Value) {
    let run = audit(policy, "json");
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let [finding] = report["findings"].as_array().unwrap().as_slice() else { panic!("{report}") };
    (finding["verdict"].as_str().unwrap().to_owned(), finding["basis"].clone())
}

#[test]
fn what_is_allowed_passes_and_says_why() {
    let (verdict, basis) = judged("");
    assert_eq!((verdict.as_str(), basis), ("manual", json!([])));
    let (verdict, basis) = judged("[[allow]]\ncontainer = 'w*'\nreason = 'the shop'\nports = ['8080:80/tcp']");
    assert_eq!(verdict, "pass");
    assert!(basis[0].as_str().unwrap().ends_with("policy.toml allow: the shop"), "{basis}");
    let (verdict, _) = judged("[[allow]]\ncontainer = 'w*'\nreason = 'the shop'\nports = ['443/tcp']");
    assert_eq!(verdict, "fail");
    let (verdict, basis) = judged("[[allow]]\ncontainer = 'db'\nreason = 'the shop'\nports = ['80/tcp']");
    assert_eq!((verdict.as_str(), basis), ("manual", json!([])));
}

fn attestation(until: &str) -> String {
    format!(
        "[[attestation]]\ncheck = 'container-only-needed-ports'\nby = 'Jo'\non = '2020-01-01'\nuntil = '{until}'\nevidence = 'OPS-7'"
    )
}

#[test]
fn somebodys_word_passes_until_it_ends() {
    let (verdict, basis) = judged(&attestation("9999-12-31"));
    assert_eq!((verdict.as_str(), basis), ("pass", json!(["attested by Jo on 2020-01-01, until 9999-12-31: OPS-7"])));
    let text = audit(&attestation("9999-12-31"), "text").stdout;
    assert!(text.contains("Verdicts that rest on a policy or somebody's word\n  attested by Jo"), "{text}");
    let (verdict, basis) = judged(&attestation("2020-02-01"));
    assert_eq!((verdict.as_str(), basis), ("manual", json!([])));
    let text = audit(&attestation("2020-02-01"), "text").stdout;
    assert!(text.contains("by Jo ended on 2020-02-01 and counts no more"), "{text}");
}

#[test]
fn a_policy_with_a_fault_stops_the_audit_before_it_looks() {
    let run = audit("trusted_user = 1\n[[allow]]\nports = 5\n", "text");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    for words in ["did you mean `trusted_users`?", "`allow.ports`: expected", "`allow.reason` is missing", "3 faults"] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    let run = finish(plimsoll().args(["audit", "--policy", "/nowhere/policy.toml"]));
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot read /nowhere/policy.toml"), "{}", run.stderr);
}

#[test]
fn a_site_s_files_are_proved_without_an_audit() {
    let site = pack::Pack::new(&[
        ("policy.toml", "pids_max = { value = 100, reason = 'r' }\n"),
        ("waivers.toml", "[[waiver]]\ncheck = 'ours'\nreason = 'r'\nowner = 'o'\nexpires = '2027-05-31'\n"),
        ("checks/ours.toml", pack::CHECK),
        ("wrong.toml", "pids_maximum = 1\n"),
    ]);
    let lint = |args: &[&str]| finish(plimsoll().arg("lint").args(args).current_dir(site.dir.path()));
    let policy = lint(&["--policy", "policy.toml"]);
    assert_eq!((policy.code, policy.stdout.as_str()), (0, "policy.toml holds\n"), "{}", policy.stderr);
    // What they name is there, or not.
    let both = lint(&["checks", "--policy", "policy.toml", "--waivers", "waivers.toml"]);
    let holds = "1 checks hold, by 2 examples\npolicy.toml holds\nwaivers.toml holds\n";
    assert_eq!((both.code, both.stdout.as_str()), (0, holds), "{}", both.stderr);
    let wrong = lint(&["--policy", "wrong.toml", "--waivers", "waivers.toml"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    for words in ["did you mean `pids_max`?", "there is no check `ours`", "2 faults"] {
        assert!(wrong.stderr.contains(words), "{words}: {}", wrong.stderr);
    }
    let missing = lint(&["--waivers", "no.toml"]);
    assert!(missing.code == 2 && missing.stderr.contains("cannot read no.toml"), "{}", missing.stderr);
    // An audit tells the faults of both in one run, too.
    let audit = finish(
        plimsoll().args(["audit", "--policy", "wrong.toml", "--waivers", "waivers.toml"]).current_dir(site.dir.path()),
    );
    assert!(audit.code == 2 && audit.stderr.contains("2 faults"), "{}", audit.stderr);
}

/// A remedy that would break what the machine is for gives way to another, also where it cannot be told whether it would.
#[test]
fn a_remedy_that_breaks_something_gives_way() {
    let conflict = "conflict.if = 'CONDITION'\nconflict.why = 'The shop needs it'\nconflict.remediation = 'Ask {container.name}'\n";
    for (condition, remedy, reason) in [
        ("container.name == \"web\"", "Ask web", json!("The shop needs it")),
        ("container.name == \"db\"", "Do not.", Value::Null),
        ("container.process.uid == 0", "Ask web", json!("The shop needs it")),
    ] {
        let check = pack::check("container.privileged")
            .replace("[[example]]\nverdict = 'pass'\ncontainer = { privileged = false }", "")
            + "[[example]]\nverdict = 'fail'\nconflict = true\ncontainer = { privileged = false }\n"
            + "[[example]]\nverdict = 'fail'\nconflict = false\ncontainer = { privileged = false }\n";
        let check = check.replace(
            "verdict = 'fail'\ncontainer = { privileged = true }",
            "verdict = 'pass'\ncontainer = { privileged = true }",
        );
        let check = check.replace("references", &(conflict.replace("CONDITION", condition) + "references"));
        let pack = pack::Pack::new(&[("ours.toml", &check)]);
        let liar = engine();
        let arguments = ["audit", "--check", "ours", "--format", "json", "--checks"];
        let run = finish(plimsoll().args(arguments).arg(pack.dir.path()).arg("--engine-socket").arg(liar.socket()));
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
        let finding = &report["findings"][0];
        assert_eq!((&finding["remediation"], &finding["reason"]), (&json!(remedy), &reason), "{condition}: {report}");
    }
}

/// What a package puts into /etc/plimsoll: comments, and behind them the defaults.
#[test]
fn the_packaged_files_change_no_verdict() {
    let (liar, dir) = (engine(), tempfile::TempDir::new().unwrap());
    let [facts, policy, waivers, defaults] =
        ["facts.json", "policy.toml", "waivers.toml", "defaults.toml"].map(|name| dir.path().join(name));
    let collected = finish(plimsoll().args(["collect", "-o"]).arg(&facts).arg("--engine-socket").arg(liar.socket()));
    assert_eq!((collected.code, collected.stderr.as_str()), (0, ""));
    let packaged = [include_str!("../contrib/etc/policy.toml"), include_str!("../contrib/etc/waivers.toml")];
    for (path, text) in [&policy, &waivers].into_iter().zip(packaged) {
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
        std::fs::write(path, text).unwrap();
    }
    let settings = packaged[0].lines().filter_map(|line| line.strip_prefix('#'));
    let settings: Vec<&str> = settings.filter(|line| line.ends_with("reason = \"plimsoll's default\" }")).collect();
    assert!(settings.len() > 7, "{settings:?}");
    std::fs::write(&defaults, settings.join("\n")).unwrap();
    let report = |arguments: &[&std::path::Path]| {
        let options = ["--policy", "--waivers"].into_iter().zip(arguments);
        let mut audit = plimsoll();
        audit.args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--facts"]).arg(&facts);
        for (option, file) in options {
            audit.arg(option).arg(file);
        }
        serde_json::from_str::<Value>(&finish(&mut audit).stdout).unwrap()
    };
    let without = report(&[]);
    assert_eq!(report(&[&policy, &waivers]), without);
    let verdicts = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| (finding["check"].clone(), finding["verdict"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&report(&[&defaults])), verdicts(&without));
}
