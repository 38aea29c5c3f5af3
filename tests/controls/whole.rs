//! One thing is changed, and of the whole benchmark, sections that have nothing to do with it included, its control alone changes.

use crate::judge::{Verdicts, changed, none, note, options};
use crate::lab::Lab;

const WHOLE: &[&str] = &["--benchmark", "cis-docker-1.8.0", "--level", "2"];

/// Changes of an engine without containers.
const ENGINES: &[(&[&str], &str)] = &[
    (&["--log-level=debug"], "2.3 fail"),
    (&["--insecure-registry=registry.lan:5000"], "2.5 fail"),
    (&["--default-ulimit=nofile=1024:4096", "--default-ulimit=nproc=256"], "2.9 pass"),
    (&["--cgroup-parent=/elsewhere"], "2.11 fail"),
    (&["--log-driver=syslog", "--log-opt=syslog-address=udp://192.0.2.1:514"], "2.14 pass"),
    (&["--no-new-privileges"], "2.15 pass"),
    (&["--live-restore"], "2.16 pass"),
    (&["--userland-proxy=false"], "2.17 pass"),
    (&["--experimental"], "2.19 fail"),
];

/// Changes of the one container that runs. The user of a container is the matter of 4.1, and the ports of one in the host's
/// network are not told.
const CONTAINERS: &[(&[&str], &str)] = &[
    (&["--user=0"], "4.1 fail"),
    (&["--cap-add=SYS_ADMIN"], "5.4 fail"),
    (&["--volume=/etc:/h:ro"], "5.6 fail"),
    (&["--network=host"], "5.8 manual, 5.9 manual, 5.10 fail, 5.14 manual"),
    (&["!--memory"], "5.11 fail"),
    (&["!--cpu-shares"], "5.12 fail"),
    (&["!--read-only"], "5.13 fail"),
    (&["--restart=always"], "5.15 fail"),
    (&["--ipc=host"], "5.17 fail"),
    (&["--device=/dev/kmsg"], "5.18 fail"),
    (&["--uts=host"], "5.21 fail"),
    (&["--security-opt=seccomp=unconfined"], "5.22 fail"),
    (&["--cgroup-parent=/elsewhere"], "5.25 fail"),
    (&["!--security-opt"], "5.26 fail"),
    (&["!--health"], "5.27 fail"),
    (&["!--pids-limit"], "5.29 fail"),
    (&["--userns=host"], "5.31 fail"),
    (&["--volume={dir}/docker.sock:/d.sock"], "5.32 fail"),
];

fn whole(lab: &Lab) -> Verdicts {
    let verdicts = lab.audit(WHOLE).only_compared().controls();
    assert_eq!(verdicts.len(), 118);
    verdicts
}

#[test]
fn an_engine() {
    let plain = whole(&Lab::start(&[]));
    let mut wrong = Vec::new();
    for (flags, expect) in ENGINES {
        note(&mut wrong, &flags.join(" "), expect, &changed(&plain, &whole(&Lab::start(flags))));
    }
    none(&wrong);
}

#[test]
fn a_container() {
    let lab = Lab::start(&[]);
    let judge = |change: &[&str]| {
        let options = options(&lab, change);
        lab.run("web", &options.iter().map(String::as_str).collect::<Vec<_>>());
        let verdicts = whole(&lab);
        lab.docker(&["rm", "--force", "web"]);
        verdicts
    };
    let plain = judge(&[]);
    let mut wrong = Vec::new();
    for (change, expect) in CONTAINERS {
        note(&mut wrong, &change.join(" "), expect, &changed(&plain, &judge(change)));
    }
    none(&wrong);
}

/// Sockets and swarms are of two sections each.
#[test]
fn what_lies_around_an_engine() {
    let lab = Lab::start(&[]);
    let plain = whole(&lab);
    lab.inside(&["chmod", "0666", lab.socket().to_str().unwrap()]).unwrap();
    assert_eq!(changed(&plain, &whole(&lab)), "1.1.2 fail, 3.16 fail");
    lab.inside(&["chmod", "0660", lab.socket().to_str().unwrap()]).unwrap();
    assert_eq!(changed(&plain, &whole(&lab)), "");
    lab.create("left", &["--user=1000"]);
    lab.docker(&["rm", "left"]);
    assert_eq!(changed(&plain, &whole(&lab)), "");
}
