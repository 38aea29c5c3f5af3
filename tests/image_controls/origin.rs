//! Where images come from, how old they are and who vouches for them.

use serde_json::json;

use crate::BENCHMARK;
use crate::lab::registry::{NAME, Registry};
use crate::lab::{Audit, Lab};

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
    assert_eq!(lab.audit_inside(&["--section", "4"]).control("4.5"), "pass");
}
