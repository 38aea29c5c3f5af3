//! The role on a machine of its own, with systemd: what it leaves there, and that a second run changes nothing.

use std::fs;

use serde_json::{Value, json};

use crate::liar::Liar;
use crate::playbook::{Machine, NEWEST, OLDEST, Run, Site, collection, done};
use crate::{FAILING, bad};

/// A play of the role, on an engine, with these variables too.
fn play(liar: &Liar, more: &Value) -> Value {
    let mut vars = json!({
        "plimsoll_benchmarks": ["cis-docker-1.8.0"], "plimsoll_sections": ["5.5"], "plimsoll_engine_socket": liar.socket(),
        "plimsoll_policy": {
            "pids_max": { "value": 8192, "reason": "the \"build\" farm\nforks é 👍 a lot" },
            "allow": [{ "container": "shop-*", "capabilities": ["NET_RAW"], "reason": "pings, OPS-12" }],
        },
        "plimsoll_waivers": [
            { "check": "container-not-privileged", "container": "backup", "owner": "Jo", "expires": "9999-12-31", "reason": "OPS-9" },
        ],
    });
    vars.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "roles": [{ "role": "plimsoll.plimsoll.plimsoll", "vars": vars }] })
}

fn changed(run: &Run) -> u32 {
    run.recap()["changed"]
}

#[test]
fn the_role_leaves_a_machine_that_audits_itself() {
    let (site, good) = (Site::new(), Liar::with_web());
    let bind = |liar: &Liar| liar.socket().parent().unwrap().to_owned();
    let bad = bad();
    let machine = Machine::boot(&site, &[bind(&good), bind(&bad)]);
    let run = |age, play: &Value, more: &[&str]| machine.play(&site, age, play, more);
    let role = play(&good, &json!({}));

    let checked = run(NEWEST, &role, &["--check", "--diff"]).passed();
    assert!(changed(&checked) > 0 && checked.said.contains("+pids_max = { reason = "), "{}", checked.said);
    assert_eq!(
        machine.sh("ls /usr/bin/plimsoll /etc/plimsoll /etc/systemd/system/plimsoll.timer; id plimsoll").code,
        1
    );

    let first = run(NEWEST, &role, &[]).passed();
    assert!(changed(&first) >= 6, "{}", first.said);
    for (age, more) in [(NEWEST, &[][..]), (NEWEST, &["--check"]), (OLDEST, &[])] {
        let again = run(age, &role, more).passed();
        assert_eq!(changed(&again), 0, "{}", again.said);
    }
    let policy = machine.sh("cat /etc/plimsoll/policy.toml").said;
    assert_eq!(
        policy,
        "# Ansible managed\npids_max = { reason = \"the \\\"build\\\" farm\\nforks é 👍 a lot\", value = 8192 }\n\n\
         [[allow]]\ncapabilities = [\"NET_RAW\"]\ncontainer = \"shop-*\"\nreason = \"pings, OPS-12\"\n"
    );
    machine.sh("plimsoll lint --policy /etc/plimsoll/policy.toml --waivers /etc/plimsoll/waivers.toml").passed();

    // The timer is on, and what it starts runs, walled in.
    machine.sh("systemctl is-enabled plimsoll.timer && systemctl is-active plimsoll.timer").passed();
    machine.sh("systemctl start plimsoll.service").passed();
    let history = machine.sh("stat -c %U /var/lib/plimsoll/history.ndjson && plimsoll history --format json").passed();
    assert!(history.said.starts_with("plimsoll\n{\"format\":1"), "{}", history.said);

    let failed = run(NEWEST, &play(&bad, &json!({})), &[]).failed();
    assert!(failed.said.contains(FAILING), "{}", failed.said);
    let ungated = run(NEWEST, &play(&bad, &json!({ "plimsoll_gate": false })), &["--tags", "plimsoll_audit"]).passed();
    assert!(ungated.said.contains(FAILING) && ungated.recap()["ok"] < 4, "{}", ungated.said);

    // What got worse is shown, though the play ends with it.
    let report = json!({ "plimsoll_report_path": "/var/tmp/report.json" });
    run(NEWEST, &play(&good, &report), &["--tags", "plimsoll_audit"]).passed();
    let since = play(&bad, &json!({ "plimsoll_baseline": "/var/tmp/report.json" }));
    let worse = run(NEWEST, &since, &["--tags", "plimsoll_audit", "--diff"]).failed();
    let line = "\"critical fail    container-not-privileged  container agent\"";
    assert!(worse.said.contains("1 newly failing") && worse.said.contains(line), "{}", worse.said);

    // What has a fault is told in the program's words, and does not get into place.
    for (name, value, words) in [
        ("plimsoll_policy", json!({ "pids_maximum": { "value": 1, "reason": "r" } }), "did you mean `pids_max`?"),
        (
            "plimsoll_waivers",
            json!([{ "check": "no-such-check", "owner": "Jo", "expires": "9999-12-31", "reason": "r" }]),
            "there is no check `no-such-check`",
        ),
    ] {
        let faulty = run(NEWEST, &play(&good, &json!({ name: value })), &[]).failed();
        assert!(faulty.said.contains(words), "{}", faulty.said);
        assert_eq!(machine.sh("cat /etc/plimsoll/policy.toml").said, policy);
    }
    let wrong = run(NEWEST, &play(&good, &json!({ "plimsoll_scheduler": "sometimes" })), &[]).failed();
    assert!(wrong.said.contains("must be one of"), "{}", wrong.said);
}

#[test]
fn the_role_knows_cron_and_packages() {
    let (site, good) = (Site::new(), Liar::with_web());
    let machine = Machine::boot(&site, &[good.socket().parent().unwrap().to_owned()]);
    let twice = |play: &Value| {
        assert!(changed(&machine.play(&site, NEWEST, play, &[]).passed()) > 0);
        assert_eq!(changed(&machine.play(&site, NEWEST, play, &[]).passed()), 0);
    };
    let cron = play(&good, &json!({ "plimsoll_scheduler": "cron" }));
    machine.play(&site, NEWEST, &cron, &["--check"]).passed();
    twice(&cron);
    // Where systemd runs the line leaves it alone; without that guard it is an audit.
    let line = machine.sh("tail -n 1 /etc/cron.d/plimsoll").said;
    let (when, command) = line.trim_end().split_once(" root ").unwrap();
    assert!(when.ends_with(" 3 * * *") && when.split(' ').next().unwrap().parse::<u8>().unwrap() < 60, "{line}");
    let audit = command.strip_prefix("[ -d /run/systemd/system ] || ").unwrap();
    assert_eq!(machine.sh(command).said, "");
    let recorded = machine.sh(audit);
    assert!([0, 1, 3].contains(&recorded.code) && recorded.said.starts_with("recorded "), "{}", recorded.said);

    // A package brings program, user and units.
    let tree = site.path("tree");
    for directory in ["DEBIAN", "usr/bin", "usr/lib/systemd/system"] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    let control = "Package: plimsoll\nVersion: 0.1.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.net>\nDescription: audits\n";
    fs::write(tree.join("DEBIAN/control"), control).unwrap();
    fs::copy(collection().join("plugins/modules/plimsoll_audit"), tree.join("usr/bin/plimsoll")).unwrap();
    for unit in ["plimsoll.service", "plimsoll.timer"] {
        fs::copy(collection().join("roles/plimsoll/files").join(unit), tree.join("usr/lib/systemd/system").join(unit))
            .unwrap();
    }
    let package = site.path("plimsoll.deb");
    done(
        std::process::Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Znone", "--build"])
            .arg(&tree)
            .arg(&package),
    );
    let packaged = play(&good, &json!({ "plimsoll_deb": package }));
    machine.play(&site, NEWEST, &packaged, &["--check"]).passed();
    twice(&packaged);
    machine.sh("dpkg --status plimsoll && systemctl is-enabled plimsoll.timer && test ! -e /etc/systemd/system/plimsoll.timer").passed();
}
