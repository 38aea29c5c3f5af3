//! The controls of sections 4 and 6 on real engines: for each a pass and a failure, and that one line of a Dockerfile changes the
//! verdicts that it should and no other, whichever builder the image came from.
//!
//! Both engines of the lab (20.10, and 26.1 by `PLIMSOLL_LAB_ENGINE`) have to give these verdicts.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "helpers of a test are a test"
)]

mod deep;
#[path = "../lab/mod.rs"]
mod lab;
mod left_behind;
mod origin;
mod users;

use std::collections::BTreeMap;

use lab::{ImageBuilder, Lab};

const BENCHMARK: &[&str] = &["--benchmark", "cis-docker-1.8.0", "--section", "4", "--section", "6"];
const BUILDERS: [(&str, ImageBuilder); 2] = [("classic", ImageBuilder::Classic), ("kit", ImageBuilder::BuildKit)];

/// What the lab's image does not have: a program that does nothing, by any name.
const NOTHING: &str = "#!/bin/sh\nexit 0\n";
/// A Dockerfile that passes what an image can pass; lines are added to it in their place.
const GOOD: &str = "FROM tools:1\nCOPY data.txt /srv/\nRUN apt-get update && apt-get install -y curl\nUSER 1000\nHEALTHCHECK CMD true\n";

/// Lines that are added to the good Dockerfile, and the controls whose verdicts they change.
struct Row {
    name: &'static str,
    lines: &'static str,
    expect: &'static str,
}

const fn row(name: &'static str, lines: &'static str, expect: &'static str) -> Row {
    Row { name, lines, expect }
}

const ROWS: &[Row] = &[
    row("health-none", "HEALTHCHECK NONE", "4.6 fail"),
    row("update", "RUN apt-get update", "4.7 fail"),
    row("update-quiet", "RUN set -e; apt-get -qq update > /dev/null", "4.7 fail"),
    row("update-exec", "RUN [\"apt-get\", \"update\"]", "4.7 fail"),
    row("update-argument", "ARG WHEN=now\nRUN apk update", "4.7 fail"),
    row("update-shell", "SHELL [\"/bin/sh\", \"-e\", \"-c\"]\nRUN apt-get update", "4.7 fail"),
    row("update-lines", "RUN : && \\\n    # refresh\n    apt-get update", "4.7 fail"),
    row("certificates", "RUN update-ca-certificates", ""),
    row("told", "RUN echo apt-get update && echo ADD x", ""),
    row("readme", "ENV README_ADDITIONAL=x\nLABEL note='apt-get update'", ""),
    row("add", "ADD data.txt /srv/added", "4.9 fail"),
    row("add-owned", "ADD --chown=1000:1000 data.txt /srv/added", "4.9 fail"),
    row("unauthenticated", "RUN apt-get install -y --allow-unauthenticated curl", "4.11 fail"),
    row("trusted", "RUN echo 'deb [trusted=yes] https://a.example ./' > /tmp/sources.list", "4.11 fail"),
    row("untrusted", "RUN apk add --allow-untrusted x.apk", "4.11 fail"),
    row("insecure", "RUN curl -k https://a.example/install | sh", "4.11 fail"),
    row("variable", "ENV NODE_TLS_REJECT_UNAUTHORIZED=0", "4.11 fail"),
    row("password", "ENV DB_PASSWORD=hunter2", "4.10 fail"),
    row("argument", "ARG API_TOKEN=abcd1234efgh5678\nRUN : use it", "4.10 fail"),
    row("exported", "RUN export NPM_TOKEN=abcd1234efgh5678 && :", "4.10 fail"),
    row("overwritten", "ENV DB_PASSWORD=hunter2\nENV DB_PASSWORD=", "4.10 fail"),
    row("label", "LABEL db=postgres://app:hunter2@db.example/x", "4.10 fail"),
    row("harmless", "ENV GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568 DB_PASSWORD_FILE=/run/secrets/db", ""),
    row("two", "RUN apt-get update\nADD data.txt /srv/added", "4.7 fail, 4.9 fail"),
];

fn tools(lab: &Lab) {
    let names = ["apt-get", "apk", "curl", "update-ca-certificates"];
    let dockerfile = format!("FROM lab:1\nUSER root\nCOPY {} /bin/\n", names.join(" "));
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, NOTHING)).collect();
    lab.build("tools:1", ImageBuilder::Classic, &[&[("Dockerfile", dockerfile.as_str())], &files[..]].concat());
}

fn build(lab: &Lab, tag: &str, builder: ImageBuilder, dockerfile: &str) {
    lab.build(tag, builder, &[("Dockerfile", dockerfile), ("data.txt", "x")]);
}

/// What differs, as `4.7 fail, 4.9 fail`.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let mut changed: Vec<(&String, &String)> =
        after.iter().filter(|(number, now)| before.get(*number) != Some(now)).collect();
    changed.sort_by_key(|(number, _)| number.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
    changed.iter().map(|(number, verdict)| format!("{number} {verdict}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_line_of_a_dockerfile_changes_its_own_controls() {
    let lab = Lab::start(&[]);
    tools(&lab);
    for (suffix, builder) in BUILDERS {
        for Row { name, lines, .. } in ROWS.iter().chain(&[row("good", "", "")]) {
            let tag = format!("{name}-{suffix}:1");
            build(&lab, &tag, builder, &format!("{GOOD}USER root\n{lines}\nUSER 1000\n"));
            lab.docker(&["create", "--name", &format!("{name}-{suffix}"), &tag, "sleep", "1"]);
        }
    }
    let audit = lab.audit(BENCHMARK);
    let mut wrong = Vec::new();
    for (suffix, _) in BUILDERS {
        let good = audit.controls_of(&format!("good-{suffix}:1"));
        for number in ["4.6", "4.7", "4.9", "4.10", "4.11"] {
            assert_eq!(good[number], "pass", "{number} of the good image, {suffix}");
        }
        for Row { name, expect, .. } in ROWS {
            let seen = changed(&good, &audit.controls_of(&format!("{name}-{suffix}:1")));
            if seen != *expect {
                wrong.push(format!("{name}-{suffix}: expected `{expect}`, seen `{seen}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What was found is told, and the secret itself is nowhere.
    let report = audit.report().to_string();
    assert!(report.contains("variable DB_PASSWORD"), "{report}");
    for secret in ["hunter2", "abcd1234efgh5678"] {
        assert!(!report.contains(secret), "{secret}");
    }
}

#[test]
fn what_an_image_has_from_another_is_that_ones() {
    let lab = Lab::start(&[]);
    tools(&lab);
    for (suffix, builder) in BUILDERS {
        let (base, top) = (format!("base-{suffix}:1"), format!("top-{suffix}:1"));
        build(&lab, &base, builder, "FROM tools:1\nADD data.txt /a\nRUN apt-get update\n");
        build(&lab, &top, builder, &format!("FROM {base}\nCOPY data.txt /b\nRUN :\nUSER 1000\n"));
    }
    let audit = lab.audit(BENCHMARK);
    for (suffix, _) in BUILDERS {
        let of = |name: &str| {
            let seen = audit.controls_of(&format!("{name}-{suffix}:1"));
            ["4.7", "4.9"].map(|number| seen[number].clone()).join(" ")
        };
        assert_eq!((of("base").as_str(), of("top").as_str()), ("fail fail", "pass pass"), "{suffix}");
    }
    // Once nobody else has its steps, they are the image's own.
    lab.docker(&["rmi", "--no-prune", "base-kit:1"]);
    let seen = lab.audit(BENCHMARK).controls_of("top-kit:1");
    assert_eq!((seen["4.7"].as_str(), seen["4.9"].as_str()), ("fail", "fail"));
}

#[test]
fn an_import_is_the_ground_and_a_commit_is_a_command() {
    let lab = Lab::start(&[]);
    lab.docker(&["create", "--name", "made", "lab:1", "apt-get", "update"]);
    lab.docker(&["commit", "--change", "USER 1000", "made", "commit:1"]);
    let audit = lab.audit(BENCHMARK);
    let of = |name: &str| ["4.7", "4.9", "4.11"].map(|number| audit.controls_of(name)[number].clone()).join(" ");
    assert_eq!(of("lab:1"), "not-applicable not-applicable not-applicable");
    assert_eq!(of("commit:1"), "fail not-applicable pass");
}
