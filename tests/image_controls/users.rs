//! Who containers and images run as.

use crate::BENCHMARK;
use crate::lab::{Audit, Lab};

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
