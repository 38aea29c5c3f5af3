//! Images of engines that lie: what was not seen is unknown, and nothing that an image says of itself does harm.

use serde_json::{Value, json};

use crate::Audit;
use crate::liar::{self, Answer, Liar};
use crate::pack::{finish, plimsoll};

const OF_IMAGES: [&str; 4] = [
    "image-health-check-defined",
    "image-copies-not-adds",
    "image-packages-verified",
    "image-updates-with-installation",
];

impl Audit {
    fn images(&self, name: &str) -> String {
        OF_IMAGES.map(|check| self.verdict(check, name).to_owned()).join(" ")
    }
}

type ImageChange = fn(&mut Value, &mut Value);

#[test]
fn images_that_are_described_badly() {
    let mut liar = Liar::with_web();
    liar.store("app", |_, _| {});
    let broken: [(&str, ImageChange); 8] = [
        ("list", |inspect, _| *inspect = json!([])),
        ("other", |inspect, _| inspect["Id"] = liar::image_id("app").into()),
        ("no-config", |inspect, _| drop(inspect.as_object_mut().unwrap().remove("Config"))),
        ("null-config", |inspect, _| inspect["Config"] = Value::Null),
        ("user", |inspect, _| inspect["Config"]["User"] = json!(0)),
        ("env", |inspect, _| inspect["Config"]["Env"] = "A=b".into()),
        ("test", |inspect, _| inspect["Config"]["Healthcheck"] = json!({ "Test": "CMD true" })),
        ("no-root", |inspect, _| drop(inspect.as_object_mut().unwrap().remove("RootFS"))),
    ];
    for (name, change) in broken {
        liar.store(name, change);
    }
    let histories: [(&str, Value); 6] = [
        ("h-null", Value::Null),
        ("h-text", "x".into()),
        ("h-words", json!(["x"])),
        ("h-no-command", json!([{ "Id": "x", "Created": 1 }])),
        ("h-number", json!([{ "Id": "x", "Created": 1, "CreatedBy": 5 }])),
        ("h-time", json!([{ "Id": "x", "Created": "yesterday", "CreatedBy": "" }])),
    ];
    for (name, history) in &histories {
        liar.store(name, |_, of| *of = history.clone());
    }
    let torn = Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n[{\"Id\": \"a".to_vec());
    liar.store("torn", |_, _| {});
    liar.answer(&format!("/images/{}/history", liar::image_id("torn")), torn);
    let audit = Audit::of(&liar);
    assert_eq!(audit.images("app:1"), "pass pass pass pass");
    for (name, _) in broken {
        assert_eq!(audit.verdict("image-user-not-root", &format!("{name}:1")), "unknown", "{name}");
    }
    for name in histories.iter().map(|(name, _)| *name).chain(["torn"]) {
        assert_eq!(audit.images(&format!("{name}:1")), "not-applicable unknown unknown unknown", "{name}");
    }
    audit.judges_web();
}

#[test]
fn histories_that_mean_harm() {
    let mut liar = Liar::with_web();
    let long = "x; ".repeat(100_000);
    let words = ["\u{1b}[2J", "\u{202e}", "$(".repeat(5000).as_str(), "|99999 ", "'", "<<X", "{image.id}", &long]
        .map(str::to_owned);
    liar.store("words", |_, history| {
        *history = words.iter().map(|word| liar::step(&format!("RUN /bin/sh -c {word}"))).collect();
    });
    liar.store("long", |_, history| {
        let steps = (0..10_000).map(|number| liar::step(&format!("RUN /bin/sh -c echo {number} && apt-get update")));
        *history = steps.chain([liar::step("COPY a /b")]).collect();
    });
    liar.store("none", |_, history| *history = json!([]));
    liar.store("\u{1b}[2J", |inspect, _| inspect["Config"]["User"] = "\u{1b}[2J".into());
    let audit = Audit::of(&liar);
    assert_eq!(audit.images("words:1"), "not-applicable not-applicable pass pass");
    assert_eq!(audit.images("long:1"), "not-applicable pass pass fail");
    assert_eq!(audit.images("none:1"), "not-applicable not-applicable not-applicable not-applicable");
    assert_eq!(audit.verdict("image-user-not-root", "\u{1b}[2J:1"), "unknown");
    assert_eq!(audit.verdict("image-tells-no-secret", "long:1"), "pass");
    assert!(audit.run.seconds < 20.0, "{}", audit.run.seconds);
}

/// Layers are where the engine says, below its own directory, or nowhere.
#[test]
fn layers_that_lead_elsewhere() {
    let mut liar = Liar::with_web();
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::create_dir_all(dir.path().join("overlay2/x/diff")).unwrap();
    let root = dir.path().to_str().unwrap();
    let mut info = liar::info();
    info["DockerRootDir"] = root.into();
    liar.says("/info", &info);
    let own = format!("{root}/overlay2/x/diff");
    let drivers = [
        ("etc", json!({ "Name": "overlay2", "Data": { "UpperDir": "/etc" } })),
        ("below", json!({ "Name": "overlay2", "Data": { "UpperDir": own, "LowerDir": "/usr" } })),
        ("climbs", json!({ "Name": "overlay2", "Data": { "UpperDir": format!("{own}/../../../../../etc") } })),
        ("gone", json!({ "Name": "overlay2", "Data": { "UpperDir": format!("{root}/none") } })),
        ("other", json!({ "Name": "btrfs", "Data": null })),
        ("none", Value::Null),
        ("number", json!({ "Name": "overlay2", "Data": { "UpperDir": 5 } })),
    ];
    for (name, driver) in &drivers {
        liar.store(name, |inspect, _| inspect["GraphDriver"] = driver.clone());
        liar.contain(&format!("of-{name}"), |_| {});
        liar.uses(name);
    }
    let run = finish(plimsoll().args(["audit", "--deep", "--format", "json", "--engine-socket"]).arg(liar.socket()));
    let audit = Audit { report: serde_json::from_str(&run.stdout).unwrap(), run };
    for (name, _) in &drivers {
        let about = |finding: &&Value| {
            finding["check"] == "image-without-set-id-files" && finding["subject"]["name"] == format!("{name}:1")
        };
        let finding = audit.findings().iter().find(about).unwrap();
        assert_eq!(finding["verdict"], "unknown", "{finding}");
    }
}

/// Where an image came from is known only where the engine keeps that apart from what it is called.
#[test]
fn images_that_have_a_repository_anyway() {
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "registries = { value = ['lan.example/*'], reason = 'x' }").unwrap();
    let verdict = |liar: &Liar| {
        let arguments = ["audit", "--section", "4.2", "--format", "json", "--policy"];
        let run = finish(plimsoll().args(arguments).arg(policy.path()).arg("--engine-socket").arg(liar.socket()));
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        report["findings"][0]["verdict"].as_str().unwrap().to_owned()
    };
    let (id, manifest) = (liar::image_id("app"), format!("sha256:{}", "5".repeat(64)));
    let mut liar = Liar::with_web();
    liar.store("app", |_, _| {});
    let listed = |digest: &str| {
        let created = jiff::Timestamp::now().as_second();
        json!([{ "Id": id, "RepoTags": ["lan.example/app:1"], "RepoDigests": [format!("lan.example/app@{digest}")], "Created": created, "Size": 1 }])
    };
    liar.says("/images/json", &listed(&manifest));
    assert_eq!(verdict(&liar), "pass");
    // containerd's image store: the identifier is the manifest's digest.
    liar.says("/images/json", &listed(&id));
    assert_eq!(verdict(&liar), "unknown");
    liar.says("/images/json", &listed(&manifest));
    liar.says(
        "/version",
        &json!({ "Version": "4.3.1", "ApiVersion": "1.41", "Components": [{ "Name": "Podman Engine" }] }),
    );
    assert_eq!(verdict(&liar), "unknown");
}

#[test]
fn an_image_that_goes_away() {
    let mut liar = Liar::with_web();
    liar.list_image(&liar::image_id("gone"), json!(["gone:1"]));
    let audit = Audit::of(&liar);
    assert!(audit.findings().iter().all(|finding| finding["subject"]["name"] != "gone:1"));
    let notices = audit.report["notices"].to_string();
    assert!(notices.contains("image 676f6e65") && notices.contains("was removed while the audit ran"), "{notices}");
}
