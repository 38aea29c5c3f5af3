use serde_json::json;

use super::*;
use crate::library::Library;

fn load(text: &str) -> Result<Loaded, String> {
    let library = Library::builtin().unwrap();
    let source = Arc::new(Source::written("policy.toml", text.to_owned()));
    let mut faults = Diagnostics::default();
    let loaded = Loaded::load(&source, library.checks(), &mut faults);
    loaded.ok_or_else(|| faults.render(false))
}

fn setting(policy: &Loaded, name: &str) -> (Value, String) {
    let setting = policy.settings().get(name).unwrap();
    (setting["value"].clone(), setting["source"].as_str().unwrap().to_owned())
}

#[test]
fn what_is_not_said_is_as_by_default() {
    for policy in [Loaded::none(), load("").unwrap()] {
        assert_eq!(setting(&policy, "trusted_users"), (Value::Null, DEFAULT.to_owned()));
        assert_eq!(setting(&policy, "pids_max"), (json!(4096), DEFAULT.to_owned()));
        let allowed = policy.allowed(&json!({ "name": "web" }));
        assert_eq!(allowed["ports"], json!({ "value": null, "source": DEFAULT }));
        assert!(!allowed["capabilities"]["value"].as_array().unwrap().contains(&json!("NET_RAW")));
        assert_eq!(policy.notices(Date::MAX), Vec::<String>::new());
    }
}

#[test]
fn each_setting_has_its_reason() {
    let policy =
        load("trusted_users = { value = ['al'], reason = 'on call' }\n[pids_max]\nvalue = 9\nreason = 'r'").unwrap();
    assert_eq!(setting(&policy, "trusted_users"), (json!(["al"]), "policy.toml trusted_users: on call".to_owned()));
    assert_eq!(setting(&policy, "pids_max"), (json!(9), "policy.toml pids_max: r".to_owned()));
}

#[test]
fn a_container_has_to_match_every_selector() {
    let policy = load(
        "[[allow]]\ncontainer = 'web-*'\nimage = 'lan/*:1'\nreason = 'a'\ncapabilities = ['cap_net_raw']\nports = ['80/tcp']\n\
         [[allow]]\nlabel = 'tier=edge'\nreason = 'b'\nmounts = ['/srv']\n\
         [[allow]]\nlabel = 'fuse'\nproject = 'files'\nreason = 'c'\ndevices = ['/dev/fuse:*:rw']\nports = ['443/tcp']",
    )
    .unwrap();
    let container = |name: &str, image: &str, labels: Value| json!({ "name": name, "inspect": { "value": { "image": image, "labels": labels } } });
    let allowed = |container: &Value, part: &str| policy.allowed(container)[part]["value"].clone();
    let web = container("web-1", "lan/app:1", json!({}));
    assert_eq!(allowed(&web, "ports"), json!(["80/tcp"]));
    assert!(allowed(&web, "capabilities").as_array().unwrap().contains(&json!("NET_RAW")));
    assert_eq!(policy.allowed(&web)["ports"]["source"], "policy.toml allow: a");
    assert_eq!(policy.allowed(&web)["mounts"]["source"], DEFAULT);
    let both =
        container("web-1", "lan/app:1", json!({ "tier": "edge", "fuse": "", "com.docker.compose.project": "files" }));
    assert_eq!(allowed(&both, "ports"), json!(["80/tcp", "443/tcp"]));
    assert_eq!(policy.allowed(&both)["ports"]["source"], "policy.toml allow: a; c");
    assert_eq!(allowed(&both, "mounts"), json!(["/srv"]));
    for other in [
        container("web", "lan/app:1", json!({})),
        container("web-1", "lan/app:2", json!({ "tier": "core" })),
        container("db", "x", json!({ "fuse": "", "com.docker.compose.project": "other" })),
        json!({ "name": "web-1", "inspect": { "gap": {} } }),
    ] {
        assert_eq!(policy.allowed(&other)["ports"]["value"], Value::Null, "{other}");
        assert_eq!(policy.allowed(&other)["mounts"]["value"], json!([]), "{other}");
    }
}

const ATTESTED: &str = "[[attestation]]\ncheck = 'container-only-needed-ports'\nsubject = 'web*'\nby = 'Jo'\n\
    on = '2026-01-31'\nuntil = '2026-12-31'\nevidence = 'ticket 7'\n";

#[test]
fn a_word_holds_until_the_end_of_its_last_day() {
    let policy = load(ATTESTED).unwrap();
    let by = |check: &str, subject: &str, day: &str| policy.attested(check, subject, day.parse().unwrap()).is_some();
    let check = "container-only-needed-ports";
    assert!(by(check, "web", "2026-12-31") && by(check, "web2", "2026-01-01"));
    assert!(
        !by(check, "web", "2027-01-01") && !by(check, "db", "2026-06-01") && !by("swarm-mode-off", "web", "2026-06-01")
    );
    assert_eq!(policy.notices("2026-12-31".parse().unwrap()), Vec::<String>::new());
    let notices = policy.notices("2027-01-01".parse().unwrap());
    assert!(notices[0].contains("by Jo ended on 2026-12-31"), "{notices:?}");
}

#[test]
fn every_fault_is_drawn_in_one_run() {
    let text =
        "pids_max = 5\ntrusted_user = { value = [], reason = '' }\n[image_max_age_days]\nvalue = 'x'\nreason = 'r'\n";
    let faults = load(text).unwrap_err();
    for words in ["`pids_max`: expected", "did you mean `trusted_users`?", "`image_max_age_days.value`: expected int"] {
        assert!(faults.contains(words), "{words}: {faults}");
    }
    let text = ATTESTED.replace("needed", "neded").replace("2026-01-31", "yesterday").replace("web*", "[")
        + &ATTESTED.replace("2026-12-31", "2025-12-31")
        + "[[allow]]\nreason = ''\ncapabilities = ['NET_ROW']\n[[allow]]\ncontainer = '{'\nreason = 'r'\n";
    let faults = load(&text).unwrap_err();
    for words in [
        "did you mean `container-only-needed-ports`?",
        "`yesterday` is no day",
        "unclosed character class",
        "it ends before it begins",
        "selects no container",
        "the reason is empty",
        "did you mean `NET_RAW`?",
        "unclosed alternate group",
    ] {
        assert!(faults.contains(words), "{words}: {faults}");
    }
}
