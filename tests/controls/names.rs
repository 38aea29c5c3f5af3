//! A name or a label hides nothing.

use crate::judge::{BENCHMARK, changed};
use crate::lab::Lab;

const NAMES: &[&str] =
    &["vanilla", "manila", "dockerd", "aa", "nil", "none", "null", "sshd", "docker.sock", "plimsoll", "0a", "a-_.b"];

/// Labels that others give a meaning.
const LABELS: &[&str] = &[
    "--label=plimsoll.ignore=true",
    "--label=docker_bench_security=ignore",
    "--label=org.label-schema.docker.cmd=none",
    "--label=io.kubernetes.pod.namespace=kube-system",
    "--label=com.docker.compose.project=web",
];

#[test]
fn names_and_labels() {
    let lab = Lab::start(&[]);
    for name in NAMES {
        lab.create(name, &["--privileged"]);
    }
    for (number, label) in LABELS.iter().enumerate() {
        lab.create(&format!("label-{number}"), &["--privileged", label]);
    }
    lab.create("task", &["--privileged", "--restart=always", "--label=com.docker.swarm.service.id=x"]);
    lab.create("a-to-b", &["--privileged"]);
    lab.docker(&["rename", "a-to-b", "renamed"]);
    let audit = lab.audit(BENCHMARK);
    let labelled: Vec<String> = (0..LABELS.len()).map(|number| format!("label-{number}")).collect();
    let labelled = labelled.iter().map(String::as_str);
    let first = audit.controls_of(NAMES[0]);
    for name in NAMES.iter().copied().chain(labelled).chain(["renamed"]) {
        let seen = audit.controls_of(name);
        for number in ["5.4", "5.5", "5.18", "5.22"] {
            assert_eq!(seen[number], "fail", "{number} of {name}");
        }
        assert_eq!(changed(&first, &seen), "", "{name}");
    }
    assert_eq!(changed(&first, &audit.controls_of("task")), "5.15 fail");
    assert_eq!(audit.code(), 1);
}
