//! The controls of section 7, and what a swarm changes in others, on real engines: each seen to pass and to fail.

#![allow(clippy::panic, reason = "helpers of a test are a test")]

mod lab;

use lab::{Audit, Lab};

/// A manager alone, with what its swarm is begun with.
fn manager(init: &[&str]) -> Lab {
    let lab = Lab::start(&[]);
    lab.docker(&[&["swarm", "init", "--advertise-addr", "127.0.0.1"], init].concat());
    lab
}

fn audit(lab: &Lab, policy: &str) -> Audit {
    let file = lab.dir().join("policy.toml");
    std::fs::write(&file, policy).unwrap_or_else(|error| panic!("{error}"));
    lab.audit(&["--section", "5", "--section", "7", "--policy", &file.display().to_string()])
}

/// The verdicts of section 7, as `7.1 pass, 7.2 fail …`.
fn section(audit: &Audit) -> String {
    let of_section = audit.controls().into_iter().filter(|(number, _)| number.starts_with("7."));
    of_section.map(|(number, verdict)| format!("{number} {verdict}")).collect::<Vec<_>>().join(", ")
}

/// Makes the network of published ports anew, encrypted.
fn encrypt_ingress(lab: &Lab) {
    // The client asks back.
    let remove = format!("echo y | docker -H unix://{} network rm ingress", lab.socket().display());
    lab.inside(&["sh", "-c", &remove]).unwrap_or_else(|error| panic!("{remove}: {error}"));
    let create = ["network", "create", "--driver", "overlay", "--opt", "encrypted", "--ingress", "entry"];
    let names = || lab.docker(&["network", "ls", "--format", "{{.Name}}"]);
    // The swarm takes its time for both.
    let in_time = |done: &dyn Fn() -> bool| lab::poll(std::time::Duration::from_secs(20), done);
    assert!(in_time(&|| lab.try_docker(&create).is_ok()), "no new ingress");
    assert!(in_time(&|| !names().lines().any(|name| name == "ingress")), "{}", names());
}

#[test]
fn outside_of_a_swarm_nothing_applies() {
    let lab = Lab::start(&[]);
    let audit = audit(&lab, "");
    let numbers = ["7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9"];
    assert_eq!(section(&audit), numbers.map(|number| format!("{number} not-applicable")).join(", "));
    assert_eq!(audit.control("5.1"), "pass");
}

#[test]
fn a_manager_is_judged_by_its_swarm() {
    let careless = manager(&["--listen-addr", "0.0.0.0:2377", "--cert-expiry", "2184h"]);
    careless.docker(&["network", "create", "--driver", "overlay", "plain"]);
    let audit_careless = audit(&careless, "swarm_managers = { value = 3, reason = 'a cluster' }");
    assert_eq!(
        section(&audit_careless),
        "7.1 fail, 7.2 fail, 7.3 fail, 7.4 not-applicable, 7.5 fail, 7.6 not-applicable, 7.7 fail, 7.8 manual, 7.9 fail"
    );
    assert_eq!(audit_careless.control("5.1"), "fail");

    let careful = manager(&[
        "--listen-addr",
        "127.0.0.1:2377",
        "--data-path-addr",
        "127.0.0.2",
        "--autolock",
        "--cert-expiry",
        "2160h",
    ]);
    careful.docker(&["network", "create", "--driver", "overlay", "--opt", "encrypted", "safe"]);
    encrypt_ingress(&careful);
    let policy = "swarm_root_max_age_days = { value = 30, reason = 'r' }\nswarm_expected = { value = true, reason = 'r' }\n\
        [[attestation]]\ncheck = 'swarm-unlock-key-rotated'\nby = 'Jo'\non = '2020-01-01'\nuntil = '9999-01-01'\nevidence = 'x'";
    let audit_careful = audit(&careful, policy);
    assert_eq!(
        section(&audit_careful),
        "7.1 pass, 7.2 pass, 7.3 pass, 7.4 not-applicable, 7.5 pass, 7.6 pass, 7.7 pass, 7.8 pass, 7.9 pass"
    );
    assert_eq!(audit_careful.control("5.1"), "not-applicable");
    assert_eq!(audit(&careful, "").control("7.6"), "manual");
    assert_eq!(audit(&careful, "swarm_root_max_age_days = { value = -1, reason = 'r' }").control("7.8"), "fail");
    // The engine does not read the value.
    careful.docker(&["network", "create", "--driver", "overlay", "--opt", "encrypted=false", "told-not-to"]);
    let told = audit(&careful, policy);
    assert_eq!(told.verdict("overlay-network-encrypted", "told-not-to"), "pass");
    assert_eq!(audit_careless.verdict("overlay-network-encrypted", "ingress"), "fail");
}

#[test]
fn a_services_task_is_judged_by_its_service() {
    let lab = manager(&["--listen-addr", "127.0.0.1:2377"]);
    let service = |name: &str, restart: &[&str]| {
        let begin = ["service", "create", "--detach", "--name", name, "--network", "host", "--no-resolve-image"];
        lab.docker(&[&begin, restart, &["lab:1", "sleep", "100000"]].concat());
    };
    service("ever", &[]);
    service("never", &["--restart-condition", "none"]);
    service("five", &["--restart-condition", "on-failure", "--restart-max-attempts", "5"]);
    service("six", &["--restart-condition", "on-failure", "--restart-max-attempts", "6"]);
    let running = || lab.docker(&["ps", "--format", "{{.Names}}"]);
    assert!(lab::poll(std::time::Duration::from_secs(20), || running().lines().count() == 4), "{}", running());
    let audit = audit(&lab, "");
    for (service, wanted) in [("ever", "fail"), ("never", "pass"), ("five", "pass"), ("six", "fail")] {
        let name = running().lines().find(|name| name.starts_with(service)).map(str::to_owned);
        let name = name.unwrap_or_else(|| panic!("{service}"));
        assert_eq!(audit.verdict("container-restarts-bounded", &name), wanted, "{service}");
    }
}

#[test]
fn services_take_their_secrets_from_the_swarm() {
    let lab = manager(&["--listen-addr", "127.0.0.1:2377"]);
    let service = |name: &str, given: &[&str], command: &[&str]| {
        let begin = ["service", "create", "--detach", "--name", name, "--network", "host", "--no-resolve-image"];
        lab.docker(&[&begin, given, &["lab:1"], command].concat());
    };
    let file = lab.dir().join("secret");
    std::fs::write(&file, "Tr0ub4dor-3").unwrap_or_else(|error| panic!("{error}"));
    lab.docker(&["secret", "create", "db", &file.display().to_string()]);
    service("careful", &["--secret", "db", "--env", "DB_PASSWORD_FILE=/run/secrets/db"], &["sleep", "1"]);
    assert_eq!(audit(&lab, "").control("7.4"), "pass");
    for (name, given, command) in [
        ("variable", &["--env", "DB_PASSWORD=Tr0ub4dor-3"][..], &["sleep", "1"][..]),
        ("word", &[], &["sh", "-c", "run --password=Tr0ub4dor-3"]),
    ] {
        service(name, given, command);
        let found = audit(&lab, "");
        assert_eq!(found.control("7.4"), "fail", "{name}");
        let finding = found.finding("swarm-services-use-secrets", "engine").to_string();
        assert!(!finding.contains("Tr0ub4dor"), "{finding}");
        lab.docker(&["service", "rm", name]);
        assert_eq!(audit(&lab, "").control("7.4"), "pass");
    }
}

/// What a worker is told of its swarm is little: that it is in one, its own sockets, and its tasks.
#[test]
fn a_worker_tells_what_it_can() {
    let (manager, worker) = (Lab::start(&[]), Lab::start(&[]));
    let pids = [&manager, &worker].map(|lab| lab.pid().to_string());
    let [one, other] = pids.each_ref().map(String::as_str);
    let wire = ["ip", "link", "add", "wire", "netns", one, "type", "veth", "peer", "name", "wire", "netns", other];
    manager.inside(&wire).unwrap_or_else(|error| panic!("{error}"));
    for (lab, address) in [(&manager, "10.9.0.1/24"), (&worker, "10.9.0.2/24")] {
        for command in [&["ip", "address", "add", address, "dev", "wire"][..], &["ip", "link", "set", "wire", "up"]] {
            lab.inside(command).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    manager.docker(&["swarm", "init", "--advertise-addr", "10.9.0.1", "--listen-addr", "10.9.0.1:2377"]);
    let token = manager.docker(&["swarm", "join-token", "--quiet", "worker"]);
    worker.docker(&["swarm", "join", "--token", &token, "--listen-addr", "10.9.0.2:2377", "10.9.0.1:2377"]);
    manager.docker(&[
        "service",
        "create",
        "--detach",
        "--mode",
        "global",
        "--network",
        "host",
        "lab:1",
        "sleep",
        "100000",
    ]);
    let tasks = || worker.docker(&["ps", "--format", "{{.Names}}"]);
    assert!(lab::poll(std::time::Duration::from_secs(20), || tasks().lines().count() == 1), "{}", tasks());
    let audit = audit(&worker, "");
    assert_eq!(audit.control("5.1"), "fail");
    assert_eq!(
        section(&audit),
        "7.1 not-applicable, 7.2 pass, 7.3 not-applicable, 7.4 not-applicable, 7.5 not-applicable, 7.6 not-applicable, \
         7.7 not-applicable, 7.8 not-applicable, 7.9 fail"
    );
    let reasons = audit.findings().iter().filter_map(|finding| finding["reason"].as_str());
    assert_eq!(reasons.filter(|reason| reason.starts_with("This engine is no manager of a swarm")).count(), 6);
    // Only a manager knows what the service asks for.
    assert_eq!(audit.verdict("container-restarts-bounded", &tasks()), "unknown");
}
