//! What containers may use, and how they live: 5.11, 5.12, 5.15, 5.19, 5.25, 5.27, 5.28, 5.29.

use crate::judge::{BENCHMARK, Container, containers, create, run, verdicts};
use crate::lab::Lab;

const RESOURCES: &[Container] = &[
    run("no-memory", &["!--memory"], "5.11 fail"),
    create("no-memory-created", &["!--memory"], "5.11 fail"),
    run("more-than-the-host", &["--memory=1000t"], "5.11 fail"),
    run("no-shares", &["!--cpu-shares"], "5.12 fail"),
    run("shares-of-everyone", &["--cpu-shares=1024"], "5.12 fail"),
    run("quota", &["!--cpu-shares", "--cpu-quota=50000"], ""),
    run("cpus", &["!--cpu-shares", "--cpus=0.5"], ""),
    run("cpuset", &["!--cpu-shares", "--cpuset-cpus=0"], ""),
    run("no-pids", &["!--pids-limit"], "5.29 fail"),
    run("pids-zero", &["--pids-limit=0"], "5.29 fail"),
    run("pids-minus", &["--pids-limit=-1"], "5.29 fail"),
    run("pids-most", &["--pids-limit=4096"], ""),
    run("pids-absurd", &["--pids-limit=4000000"], "5.29 fail"),
    create("pids-absurd-created", &["--pids-limit=4000000"], "5.29 fail"),
    create("pids-created", &["--pids-limit=100"], ""),
    run("ulimit", &["--ulimit=nofile=64:64"], "5.19 manual"),
    run("cgroup", &["--cgroup-parent=/elsewhere"], "5.25 fail"),
    create("cgroup-created", &["--cgroup-parent=/elsewhere"], "5.25 fail"),
];

const LIFE: &[Container] = &[
    run("restart-no", &["--restart=no"], ""),
    run("restart-always", &["--restart=always"], "5.15 fail"),
    run("restart-unless-stopped", &["--restart=unless-stopped"], "5.15 fail"),
    run("restart-on-failure", &["--restart=on-failure"], "5.15 fail"),
    run("restart-five", &["--restart=on-failure:5"], ""),
    run("restart-six", &["--restart=on-failure:6"], "5.15 fail"),
    run("restart-ten", &["--restart=on-failure:10"], "5.15 fail"),
    run("no-health", &["!--health"], "5.27 fail"),
    run("health-off", &["!--health", "--no-healthcheck"], "5.27 fail"),
    run("health-none", &["!--health", "image=health-none:1"], "5.27 fail"),
    run("health-of-image", &["!--health", "image=health:1"], ""),
];

const IMAGES: &[Container] = &[
    run("latest", &["image=lab:latest"], "5.28 fail"),
    run("untagged", &["image=lab"], "5.28 fail"),
    create("latest-created", &["image=lab"], "5.28 fail"),
    run("tagged", &["image=health:1", "!--health"], ""),
    run("library", &["image=docker.io/library/lab:1"], ""),
];

#[test]
fn alone() {
    let lab = Lab::start(&[]);
    lab.import("lab:latest", &["LABEL is=latest"]);
    lab.import("health:1", &["HEALTHCHECK --interval=1h CMD true"]);
    lab.import("health-none:1", &["HEALTHCHECK NONE"]);
    containers(&lab, &[RESOURCES, LIFE, IMAGES]);
}

/// What was decided after the container was made: limits, and what its image's name means.
#[test]
fn changed_afterwards() {
    let lab = Lab::start(&[]);
    for name in ["web:1", "api:1"] {
        lab.import(name, &["LABEL is=old"]);
    }
    let id = lab.docker(&["image", "inspect", "--format", "{{.Id}}", "web:1"]);
    let short = &id["sha256:".len()..][..12];
    for (name, image) in
        [("stale", "web:1"), ("gone", "api:1"), ("by-id", &id), ("by-short-id", short), ("fresh", "lab:1")]
    {
        lab.docker(&["run", "-d", "--name", name, image, "sleep", "100000"]);
    }
    let names = ["stale", "gone", "by-id", "by-short-id", "fresh"];
    let seen = |check| verdicts(&lab.audit(BENCHMARK), check, &names);
    assert_eq!(seen("container-image-current"), "stale pass, gone pass, by-id pass, by-short-id pass, fresh pass");
    lab.import("web:1", &["LABEL is=new"]);
    lab.docker(&["rmi", "--force", "api:1"]);
    assert_eq!(seen("container-image-current"), "stale fail, gone fail, by-id pass, by-short-id pass, fresh pass");
    assert_eq!(seen("container-memory-limited"), "stale fail, gone fail, by-id fail, by-short-id fail, fresh fail");
    lab.docker(&["update", "--memory", "64m", "--memory-swap", "64m", "--restart", "on-failure:3", "stale"]);
    let limited = "stale pass, gone fail, by-id fail, by-short-id fail, fresh fail";
    assert_eq!(seen("container-memory-limited"), limited);
}

#[test]
fn stopped() {
    let lab = Lab::start(&[]);
    lab.run("web", &["--memory=64m", "--pids-limit=50"]);
    lab.docker(&["kill", "web"]);
    let audit = lab.audit(BENCHMARK);
    for (check, verdict) in [
        ("container-health-checked", "not-applicable"),
        ("container-no-ssh-server", "not-applicable"),
        ("container-no-privileged-exec", "not-applicable"),
        ("container-no-root-exec", "not-applicable"),
        ("container-memory-limited", "pass"),
        ("container-pids-limited", "pass"),
        ("container-root-read-only", "fail"),
        ("container-capabilities-limited", "fail"),
    ] {
        assert_eq!(audit.verdict(check, "web"), verdict, "{check}");
    }
}

#[test]
fn below_the_defaults() {
    let lab = Lab::start(&["--default-ulimit=nofile=100:200", "--cgroup-parent=/lab"]);
    for (name, options) in [
        ("none", &[][..]),
        ("lower", &["--ulimit=nofile=50:100"]),
        ("equal", &["--ulimit=nofile=200:200"]),
        ("higher", &["--ulimit=nofile=50:400"]),
        ("other", &["--ulimit=core=0:0"]),
        ("both", &["--ulimit=core=0:0", "--ulimit=nofile=50:400"]),
    ] {
        lab.run(name, options);
    }
    lab.create("same-group", &["--cgroup-parent=/lab"]);
    lab.create("other-group", &["--cgroup-parent=/docker"]);
    let audit = lab.audit(BENCHMARK);
    let names = ["none", "lower", "equal", "higher", "other", "both"];
    let seen = verdicts(&audit, "container-ulimits-within-defaults", &names);
    assert_eq!(seen, "none pass, lower pass, equal pass, higher fail, other manual, both fail");
    let seen = verdicts(&audit, "container-cgroup-parent-default", &["none", "same-group", "other-group"]);
    assert_eq!(seen, "none pass, same-group pass, other-group fail");
}

/// A container that keeps its logs to itself while the daemon ships all others' (a part of 2.14).
#[test]
fn logs() {
    let lab = Lab::start(&["--log-driver=syslog", "--log-opt=syslog-address=udp://127.0.0.1:514"]);
    lab.run("follows", &[]);
    lab.run("another-server", &["--log-driver=gelf", "--log-opt=gelf-address=udp://127.0.0.1:12201"]);
    lab.run("keeps", &["--log-driver=json-file"]);
    lab.run("silent", &["--log-driver=none"]);
    lab.create("created", &["--log-driver=none"]);
    let seen = verdicts(
        &lab.audit(BENCHMARK),
        "container-logs-shipped",
        &["follows", "another-server", "keeps", "silent", "created"],
    );
    assert_eq!(seen, "follows pass, another-server pass, keeps fail, silent fail, created not-applicable");
}
