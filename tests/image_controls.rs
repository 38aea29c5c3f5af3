//! The controls of sections 4 and 6 on real engines: for each a pass and a failure, and that one line of a Dockerfile changes the
//! verdicts that it should and no other, whichever builder the image came from.
//!
//! Both engines of the lab (20.10, and 26.1 by `PLIMSOLL_LAB_ENGINE`) have to give these verdicts.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of a test are a test")]

mod lab;

use std::collections::BTreeMap;

use lab::registry::{NAME, Registry};
use lab::{Audit, ImageBuilder, Lab};
use serde_json::json;

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

/// Lines of a Dockerfile, and the set-id files and packages that are left in the end.
const DEEP: &[(&str, &str, &str)] = &[
    ("plain", "", "pass manual"),
    ("set-uid", "RUN chmod u+s /bin/curl", "fail manual"),
    ("set-gid", "RUN chmod g+s /bin/curl", "fail manual"),
    ("taken-off", "RUN chmod u+s /bin/curl\nRUN chmod u-s /bin/curl", "pass manual"),
    ("removed", "RUN chmod u+s /bin/curl\nRUN rm /bin/curl", "pass manual"),
    (
        "back",
        "RUN chmod u+s /bin/curl\nRUN rm /bin/curl\nRUN cp /bin/apk /bin/curl && chmod u+s /bin/curl",
        "fail manual",
    ),
    ("dir-removed", "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt", "pass manual"),
    (
        "dir-anew",
        "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt && mkdir /opt && : > /opt/x",
        "pass manual",
    ),
    ("dir-kept", "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN : > /opt/x", "fail manual"),
    (
        "dir-linked",
        "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt && ln -s /srv /opt",
        "pass manual",
    ),
    ("allowed", "RUN cp /bin/curl /bin/allowed && chmod u+s /bin/allowed", "pass manual"),
    ("packages", "RUN mkdir -p /var/lib/dpkg && echo 'Package: x' > /var/lib/dpkg/status", "pass pass"),
    ("unwanted", "RUN mkdir -p /lib/apk/db && echo 'P:sudo' > /lib/apk/db/installed", "pass fail"),
    (
        "no-longer",
        "RUN mkdir -p /lib/apk/db && echo 'P:sudo' > /lib/apk/db/installed\nRUN echo 'P:x' > /lib/apk/db/installed",
        "pass pass",
    ),
    ("rpm", "RUN mkdir -p /var/lib/rpm && : > /var/lib/rpm/rpmdb.sqlite", "pass unknown"),
];

#[test]
fn what_lies_in_layers_is_read_under_deep_only() {
    let lab = Lab::start(&[]);
    tools(&lab);
    for (suffix, builder) in BUILDERS {
        for (name, lines, _) in DEEP {
            let tag = format!("{name}-{suffix}:1");
            build(&lab, &tag, builder, &format!("FROM tools:1\nUSER root\n{lines}\nCOPY data.txt /srv/\nUSER 1000\n"));
            lab.create(&format!("{name}-{suffix}"), &[]);
            lab.docker(&["create", "--name", &format!("of-{name}-{suffix}"), &tag, "sleep", "1"]);
        }
    }
    let policy = lab.dir().join("policy.toml");
    std::fs::write(&policy, "set_id_files = { value = ['/bin/allowed'], reason = 'x' }").unwrap();
    let policy = policy.display().to_string();
    let judge = |more: &[&str]| lab.audit(&[BENCHMARK, &["--policy", &policy], more].concat());
    let of = |audit: &Audit, name: &str| {
        let seen = audit.controls_of(name);
        format!("{} {}", seen["4.8"], seen["4.3"])
    };
    let shallow = judge(&[]);
    let deep = judge(&["--deep"]);
    let mut wrong = Vec::new();
    for (suffix, _) in BUILDERS {
        for (name, _, expect) in DEEP {
            let tag = format!("{name}-{suffix}:1");
            assert_eq!(of(&shallow, &tag), "unknown unknown", "{tag}");
            let seen = of(&deep, &tag);
            if seen != *expect {
                wrong.push(format!("{tag}: expected `{expect}`, seen `{seen}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let reason = &shallow.finding("image-without-set-id-files", "plain-kit:1")["reason"];
    assert_eq!(reason, "not collected: the layers of images are read only with --deep");
    let managers = lab.audit(&["--check", "image-without-package-manager", "--deep"]);
    assert_eq!(managers.verdict("image-without-package-manager", "plain-kit:1"), "fail");
    assert_eq!(managers.verdict("image-without-package-manager", "lab:1"), "fail");
}

#[test]
fn names_of_users_are_looked_up_under_deep() {
    let lab = Lab::start(&[]);
    for user in ["app", "toor", "1000", "stranger"] {
        lab.create(&format!("c-{user}"), &["--user", user]);
        lab.import(&format!("i-{user}:1"), &[&format!("USER {user}")]);
    }
    // The container's own file counts, and one that is mounted over it is not looked at.
    lab.docker(&[
        "run",
        "--name",
        "moved",
        "--user",
        "root",
        "lab:1",
        "sed",
        "-i",
        "s/^app:x:1000/app:x:0/",
        "/etc/passwd",
    ]);
    lab.docker(&["commit", "--change", "USER app", "moved", "moved:1"]);
    lab.docker(&["create", "--name", "of-moved", "moved:1", "sleep", "1"]);
    lab.create("covered", &["--user", "app", "-v", "/etc/passwd:/etc/passwd:ro"]);
    let audit = lab.audit(&[BENCHMARK, &["--deep"]].concat());
    let names = ["c-app", "c-toor", "c-1000", "c-stranger", "of-moved", "covered"];
    let wanted = "c-app pass, c-toor fail, c-1000 pass, c-stranger unknown, of-moved fail, covered unknown";
    assert_eq!(root(&audit, &names), wanted);
    let of = |name: &str| audit.verdict("image-user-not-root", &format!("i-{name}:1")).to_owned();
    assert_eq!(["app", "toor", "1000", "stranger"].map(of), ["pass", "fail", "pass", "unknown"]);
}

/// The verdicts of 4.1 on containers, as `a pass, b fail`.
fn root(audit: &Audit, names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("{name} {}", audit.verdict("container-not-root", name)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn who_a_container_runs_as() {
    let lab = Lab::start(&[]);
    let users = ["", "root", "0", "0:0", "00", "root:app", "toor", "1000", "1000:0", "app"];
    for user in users {
        let name = if user.is_empty() { "none".to_owned() } else { format!("u-{}", user.replace(':', "-")) };
        lab.run(&name, &["--user", user]);
        lab.create(&format!("{name}-created"), &["--user", user]);
    }
    // Root gives itself up, starts another, and is joined.
    let drop = "busybox su -s /bin/sh app -c 'exec sleep 100000'";
    lab.docker(&["run", "-d", "--name", "drops", "lab:1", "sh", "-c", &format!("exec {drop}")]);
    lab.docker(&["run", "-d", "--name", "keeps", "lab:1", "sh", "-c", &format!("{drop} & sleep 100000")]);
    lab.run("hosts", &["--user", "app", "--pid", "host"]);
    lab.run("hosts-root", &["--pid", "host"]);
    let audit = lab.audit(BENCHMARK);
    let names = ["none", "u-root", "u-0", "u-0-0", "u-00", "u-root-app", "u-toor", "u-1000", "u-1000-0", "u-app"];
    let wanted = "none fail, u-root fail, u-0 fail, u-0-0 fail, u-00 fail, u-root-app fail, u-toor fail, u-1000 pass, \
                  u-1000-0 pass, u-app pass";
    assert_eq!(root(&audit, &names), wanted);
    let created: Vec<String> = names.iter().map(|name| format!("{name}-created")).collect();
    let created: Vec<&str> = created.iter().map(String::as_str).collect();
    let wanted = "none-created fail, u-root-created fail, u-0-created fail, u-0-0-created fail, u-00-created fail, \
                  u-root-app-created fail, u-toor-created unknown, u-1000-created pass, u-1000-0-created pass, \
                  u-app-created unknown";
    assert_eq!(root(&audit, &created), wanted);
    let names = ["drops", "keeps", "hosts", "hosts-root"];
    assert_eq!(root(&audit, &names), "drops pass, keeps fail, hosts manual, hosts-root fail");
    assert_eq!(audit.control("4.1"), "fail");
}

#[test]
fn root_of_a_user_namespace_is_not_the_hosts() {
    let lab = Lab::builder()
        .etc("subuid", "nobody:100000:65536\n")
        .etc("subgid", "nobody:100000:65536\n")
        .flags(&["--userns-remap=nobody:nogroup"])
        .start();
    lab.run("mapped", &[]);
    lab.create("mapped-created", &[]);
    lab.run("hosts", &["--userns", "host"]);
    lab.create("hosts-created", &["--userns", "host"]);
    let audit = lab.audit(BENCHMARK);
    let names = ["mapped", "mapped-created", "hosts", "hosts-created"];
    assert_eq!(root(&audit, &names), "mapped pass, mapped-created pass, hosts fail, hosts-created fail");
}

#[test]
fn an_image_that_nobody_uses_is_asked_for_its_user() {
    let lab = Lab::start(&[]);
    for (tag, user) in
        [("numbered:1", "USER 1000"), ("named:1", "USER app"), ("zero:1", "USER 0:0"), ("used:1", "USER 0")]
    {
        lab.import(tag, &[user]);
    }
    lab.docker(&["create", "--name", "job", "used:1", "sleep", "1"]);
    let audit = lab.audit(BENCHMARK);
    let of = |name: &str| audit.verdict("image-user-not-root", name).to_owned();
    let seen = ["numbered:1", "named:1", "zero:1", "used:1", "lab:1"].map(of);
    assert_eq!(seen, ["pass", "unknown", "fail", "not-applicable", "fail"]);
}

#[test]
fn what_is_left_behind_is_counted() {
    let lab = Lab::start(&[]);
    let policy = lab.dir().join("policy.toml");
    let file = policy.display().to_string();
    let judge = |settings: &str| {
        std::fs::write(&policy, settings).unwrap();
        let seen = lab.audit(&[BENCHMARK, &["--policy", &file]].concat());
        format!("{} {}", seen.control("6.1"), seen.control("6.2"))
    };
    let none = "unused_images_max = { value = 0, reason = 'x' }\n";
    let one = "unused_images_max = { value = 1, reason = 'x' }\n";
    let strict = "stopped_containers_max = { value = 0, reason = 'x' }\nstopped_container_max_days = { value = -1, reason = 'x' }\n";
    assert_eq!(judge(""), "pass pass");
    assert_eq!(judge(none), "fail pass");
    assert_eq!(judge(one), "pass pass");
    lab.import("more:1", &[]);
    assert_eq!(judge(one), "fail pass");
    lab.docker(&["create", "--name", "job", "more:1", "sleep", "1"]);
    assert_eq!(judge(one), "pass pass");
    // A container that never ran is as old as it is; today's are not forgotten.
    assert_eq!(judge(strict), "pass fail");
    lab.docker(&["rm", "job"]);
    lab.run("web", &[]);
    assert_eq!(judge(strict), "pass pass");
    lab.docker(&["kill", "web"]);
    assert_eq!(judge(strict), "pass fail");
    assert_eq!(judge(&strict.replace("value = 0", "value = 1")), "pass pass");
    // An image without a name, unless a container uses it.
    lab.docker(&["rm", "web"]);
    lab.import("more:1", &["USER 1"]);
    assert_eq!(judge(""), "fail pass");
    let lost = lab.docker(&["images", "-q", "--filter", "dangling=true"]);
    lab.docker(&["create", "--name", "job", &lost, "sleep", "1"]);
    assert_eq!(judge(""), "pass pass");
    assert_eq!(judge("image_max_age_days = { value = -1, reason = 'x' }\n"), "fail pass");
}

/// A policy that the audits of a lab are judged by.
fn judged(lab: &Lab, settings: &str) -> Audit {
    let policy = lab.dir().join("policy.toml");
    std::fs::write(&policy, settings).unwrap();
    lab.audit(&[BENCHMARK, &["--policy", &policy.display().to_string()]].concat())
}

fn setting(name: &str, values: &[&str]) -> String {
    format!("{name} = {{ value = {values:?}, reason = 'x' }}\n")
}

#[test]
fn where_an_image_was_pulled_from_and_who_vouches_for_it() {
    let lab = Lab::start(&[]);
    let registry = Registry::start(&lab);
    registry.pull("os/debian", "12", &[], &json!({}));
    let web = registry.pull("shop/web", "1", &[("srv.txt", "x")], &json!({}));
    let said = json!({ "org.opencontainers.image.base.name": "lan.example/debian:12" });
    registry.pull("shop/labelled", "1", &[("srv.txt", "y")], &said);
    lab.import("built:1", &["USER 1000"]);
    let names = ["os/debian:12", "shop/web:1", "shop/labelled:1"].map(|name| format!("{NAME}/{name}"));
    let images: Vec<&str> = names.iter().map(String::as_str).chain(["built:1"]).collect();
    for image in &images {
        lab.docker(&["create", image, "sleep", "1"]);
    }
    let of = |settings: &str, number: &str| {
        let audit = judged(&lab, settings);
        images.iter().map(|image| audit.controls_of(image)[number].clone()).collect::<Vec<_>>().join(" ")
    };
    // Debian, web, labelled, built.
    assert_eq!(of("", "4.2"), "manual manual manual manual");
    let here = setting("registries", &["127.0.0.1:5000/*"]);
    assert_eq!(of(&here, "4.2"), "pass pass pass fail");
    assert_eq!(of(&setting("registries", &["127.0.0.1:5000/shop/*"]), "4.2"), "fail pass pass fail");
    assert_eq!(of(&setting("registries", &["docker.io/*"]), "4.2"), "fail fail fail fail");
    let bases = |globs: &[&str]| of(&(here.clone() + &setting("base_images", globs)), "4.2");
    assert_eq!(bases(&["127.0.0.1:5000/os/debian:12"]), "pass pass pass fail");
    assert_eq!(bases(&["lan.example/*"]), "manual fail pass fail");
    let seen = |list: &str, digests: &[&str]| of(&setting(list, digests), "4.12");
    assert_eq!(of("", "4.12"), "manual manual manual manual");
    assert_eq!(seen("verified_digests", &[&web]), "fail pass fail fail");
    let built = lab.docker(&["image", "inspect", "--format", "{{.Id}}", "built:1"]);
    assert_eq!(seen("verified_digests", &[&built]), "fail fail fail pass");
    assert_eq!(seen("verified_digests", &[]), "fail fail fail fail");
    let scanned = judged(&lab, &setting("scanned_digests", &[&web]));
    let verdicts: Vec<&str> = images.iter().map(|image| scanned.verdict("image-scanned", image)).collect();
    assert_eq!(verdicts, ["fail", "pass", "fail", "fail"]);
    assert_eq!(judged(&lab, "").verdict("image-scanned", &names[1]), "manual");
}

#[test]
fn old_images_and_those_that_were_replaced() {
    let lab = Lab::start(&[]);
    lab.import("web:1", &["USER 1000"]);
    lab.docker(&["run", "-d", "--name", "web", "web:1", "sleep", "100000"]);
    let of = |settings: &str| {
        let audit = judged(&lab, settings);
        let image = lab.docker(&["inspect", "--format", "{{.Image}}", "web"]);
        format!(
            "{} {}",
            audit.verdict("image-rebuilt-lately", &image),
            audit.verdict("container-image-not-superseded", "web")
        )
    };
    assert_eq!(of(""), "pass pass");
    assert_eq!(of("image_max_age_days = { value = -1, reason = 'x' }"), "fail pass");
    lab.import("web:1", &["USER 1001"]);
    assert_eq!(of(""), "pass fail");
    assert_eq!(judged(&lab, "").control("4.4"), "fail");
}

#[test]
fn content_trust_or_digests() {
    let lab = Lab::start(&[]);
    let registry = Registry::start(&lab);
    let digest = registry.pull("shop/web", "1", &[], &json!({}));
    let image = format!("{NAME}/shop/web@{digest}");
    lab.docker(&["create", "--name", "web", &image, "sleep", "1"]);
    let replaced = "digests_replace_content_trust = { value = true, reason = 'x' }";
    let verdict = |settings: &str| judged(&lab, settings).control("4.5").to_owned();
    assert_eq!(verdict(""), "fail");
    assert_eq!(verdict(replaced), "pass");
    let current = lab.audit(&["--check", "container-image-current"]);
    assert_eq!(current.verdict("container-image-current", "web"), "pass");
    lab.create("tagged", &[]);
    assert_eq!(verdict(replaced), "fail");
    // Plimsoll reads the files of the machine, and sees the lab's in the lab's own namespaces.
    lab.inside(&["sh", "-c", "echo DOCKER_CONTENT_TRUST=1 >> /etc/environment"]).unwrap();
    let socket = lab.socket().display().to_string();
    let arguments = ["audit", "--check", "content-trust-on", "--format", "json", "--engine-socket", &socket];
    let report = lab.inside(&[&[env!("CARGO_BIN_EXE_plimsoll")], &arguments[..]].concat()).unwrap();
    assert!(report.contains("\"verdict\": \"pass\""), "{report}");
}
