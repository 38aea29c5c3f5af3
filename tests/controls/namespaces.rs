//! What containers share with the host, and the ports that lead into them: 5.8, 5.9, 5.10, 5.14, 5.16, 5.17, 5.21, 5.30, 5.31.

use crate::judge::{BENCHMARK, Container, containers, create, run, verdicts};
use crate::lab::Lab;

const SHARED: &[Container] = &[
    run("host-net", &["--network=host"], "5.8 manual, 5.9 manual, 5.10 fail, 5.14 manual"),
    run("joins-host-net", &["--network=container:host-net"], "5.8 manual, 5.9 manual, 5.10 fail, 5.14 manual"),
    create("host-net-created", &["--network=host"], "5.8 manual, 5.9 manual, 5.10 fail, 5.14 manual"),
    run("host-pid", &["--pid=host"], "5.16 fail"),
    run("joins-host-pid", &["--pid=container:host-pid"], "5.16 fail"),
    run("joins-twice", &["--pid=container:joins-host-pid"], "5.16 fail"),
    run("own-pid", &[], ""),
    run("joins-own-pid", &["--pid=container:own-pid"], ""),
    create("host-pid-created", &["--pid=host"], "5.16 fail"),
    run("host-ipc", &["--ipc=host"], "5.17 fail"),
    run("joins-host-ipc", &["--ipc=container:host-ipc"], "5.17 fail"),
    run("shareable", &["--ipc=shareable"], ""),
    run("private", &["--ipc=private"], ""),
    run("no-ipc", &["--ipc=none"], ""),
    create("host-ipc-created", &["--ipc=host"], "5.17 fail"),
    run("host-uts", &["--uts=host"], "5.21 fail"),
    create("host-uts-created", &["--uts=host"], "5.21 fail"),
    run("host-users", &["--userns=host"], "5.31 fail"),
    create("host-users-created", &["--userns=host"], "5.31 fail"),
];

const NETWORKS: &[Container] = &[
    run("default-bridge", &["!--network"], "5.30 fail"),
    run("bridge", &["--network=bridge"], "5.30 fail"),
    run("joins-bridge", &["--network=container:bridge"], "5.30 fail"),
    create("bridge-created", &["!--network"], "5.30 fail"),
    run("own", &["--network=lan"], ""),
    create("own-created", &["--network=lan"], ""),
];

const PORTS: &[Container] = &[
    run("loopback", &["--network=lan", "--publish=127.0.0.1:8080:80"], "5.9 manual"),
    run("everywhere", &["--network=lan", "--publish=8081:80"], "5.9 manual, 5.14 fail"),
    run("low", &["--network=lan", "--publish=80:80"], "5.8 fail, 5.9 manual, 5.14 fail"),
    run("low-on-loopback", &["--network=lan", "--publish=127.0.0.1:1023:80"], "5.8 fail, 5.9 manual"),
    run("lowest-allowed", &["--network=lan", "--publish=127.0.0.1:1024:80"], "5.9 manual"),
    run("udp", &["--network=lan", "--publish=127.0.0.1:53:53/udp"], "5.8 fail, 5.9 manual"),
    run("six", &["--network=lan", "--publish=[::]:8082:80"], "5.9 manual, 5.14 fail"),
    run("six-loopback", &["--network=lan", "--publish=[::1]:8083:80"], "5.9 manual"),
    run("six-low", &["--network=lan", "--publish=[::1]:443:80"], "5.8 fail, 5.9 manual"),
    run("any-port", &["--network=lan", "--publish=127.0.0.1::80"], "5.9 manual"),
    run("exposed", &["--network=lan", "--expose=80"], ""),
    run("all", &["--network=lan", "--expose=80", "--publish-all"], "5.9 fail, 5.14 fail"),
    create("all-created", &["--network=lan", "--expose=80", "--publish-all"], "5.9 fail, 5.14 fail"),
    create("low-created", &["--network=lan", "--publish=80:80"], "5.8 fail, 5.9 manual, 5.14 fail"),
    create("range-created", &["--network=lan", "--publish=127.0.0.1:1020-1030:80"], "5.8 fail, 5.9 manual"),
];

#[test]
fn alone() {
    let lab = Lab::builder().bridge().start();
    lab.docker(&["network", "create", "lan"]);
    containers(&lab, &[SHARED, NETWORKS, PORTS]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(audit.control("2.17"), "fail");
}

/// `docker network connect` says more than the mode that a container was made with.
#[test]
fn attached_afterwards() {
    let lab = Lab::builder().bridge().start();
    lab.docker(&["network", "create", "lan"]);
    lab.run("joined", &["--network=lan"]);
    lab.run("left", &[]);
    lab.docker(&["network", "connect", "bridge", "joined"]);
    lab.docker(&["network", "connect", "lan", "left"]);
    lab.docker(&["network", "disconnect", "bridge", "left"]);
    let seen = verdicts(&lab.audit(BENCHMARK), "container-off-default-bridge", &["joined", "left"]);
    assert_eq!(seen, "joined fail, left pass");
}

/// With a user namespace for everyone, opting out is what counts, for those who join as well.
#[test]
fn remapped() {
    let lab = Lab::builder().remap_user().flags(&["--userns-remap=dockremap"]).start();
    lab.run("own", &[]);
    lab.run("host", &["--userns=host"]);
    lab.create("host-created", &["--userns=host"]);
    lab.run("host-privileges", &["--userns=host", "--pid=host"]);
    let audit = lab.audit(BENCHMARK);
    assert_eq!(crate::judge::changed(&crate::judge::PLAIN, &engine_part(&audit.controls())), "2.10 pass");
    let names = ["own", "host", "host-created", "host-privileges"];
    let seen = verdicts(&audit, "container-own-user-namespace", &names);
    assert_eq!(seen, "own pass, host fail, host-created fail, host-privileges fail");
    let seen = verdicts(&audit, "container-own-pid-namespace", &names);
    assert_eq!(seen, "own pass, host pass, host-created pass, host-privileges fail");
}

/// The verdicts on the daemon alone.
fn engine_part(all: &crate::judge::Verdicts) -> crate::judge::Verdicts {
    all.iter().filter(|(number, _)| number.starts_with("2.")).map(|(a, b)| (a.clone(), b.clone())).collect()
}
