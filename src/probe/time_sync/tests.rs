use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;
use crate::facts::{GapKind, Observed};

fn see(tree: &Tree) -> TimeSync {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view, &Plan::reading(&["time_sync"]))
}

fn told(sources: &Observed<Vec<TimeSource>>) -> Vec<String> {
    let word = |source: &TimeSource| format!("{} {} {}", source.kind, source.name, source.place);
    sources.value().unwrap().iter().map(word).collect()
}

#[test]
fn the_daemon_in_use_is_the_one_that_is_enabled() {
    let tree = Tree::new();
    assert_eq!(see(&tree).daemon.value(), Some(&TimeDaemon::None));
    tree.enable("systemd-timesyncd");
    assert_eq!(see(&tree).daemon.value(), Some(&TimeDaemon::SystemdTimesyncd));
    tree.enable("chrony");
    assert_eq!(see(&tree).daemon.value(), Some(&TimeDaemon::Several));
    assert_eq!(see(&tree).services.value().unwrap(), &["systemd-timesyncd", "chrony"]);
    tree.link("etc/systemd/system/systemd-timesyncd.service", "/dev/null");
    assert_eq!(see(&tree).daemon.value(), Some(&TimeDaemon::Chrony));
    tree.link("etc/systemd/system/chrony.service", "/dev/null");
    tree.enable("ntpsec");
    assert_eq!(see(&tree).daemon.value(), Some(&TimeDaemon::Other));
}

#[test]
fn nothing_is_looked_at_that_nobody_reads() {
    let tree = Tree::new();
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let seen = observe(&system, &view, &Plan::reading(&["time_sync.daemon"]));
    assert!(seen.daemon.value().is_some());
    assert_eq!(seen.chrony_sources.gap().unwrap().kind, GapKind::NotCollected);
}

#[test]
fn servers_of_timesyncd_add_up_until_an_empty_assignment() {
    let tree = Tree::new();
    assert!(told(&see(&tree).timesyncd_servers).is_empty());
    tree.file("etc/systemd/timesyncd.conf", "[Time]\nNTP=a b\n#FallbackNTP=x\n")
        .file("usr/lib/systemd/timesyncd.conf.d/10.conf", "[Time]\nNTP=b c\nFallbackNTP=f\n");
    let seen = see(&tree);
    assert_eq!(
        told(&seen.timesyncd_servers),
        [
            "server a /etc/systemd/timesyncd.conf:2",
            "server b /etc/systemd/timesyncd.conf:2",
            "server c /usr/lib/systemd/timesyncd.conf.d/10.conf:2",
        ]
    );
    assert_eq!(told(&seen.timesyncd_fallback), ["server f /usr/lib/systemd/timesyncd.conf.d/10.conf:3"]);
    tree.file("etc/systemd/timesyncd.conf.d/20.conf", "[Time]\nNTP=\nNTP=d\n");
    assert_eq!(told(&see(&tree).timesyncd_servers), ["server d /etc/systemd/timesyncd.conf.d/20.conf:3"]);
}

#[test]
fn chrony_reads_its_directories_and_includes() {
    let tree = Tree::new();
    assert_eq!(see(&tree).chrony_sources.gap().unwrap().kind, GapKind::Missing);
    tree.file(
        "etc/chrony/chrony.conf",
        "# x\n! pool no\nconfdir /etc/chrony/conf.d /usr/share/chrony\nPool 2.debian.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\n\
         sourcedir /etc/chrony/sources.d\ninclude /etc/chrony/more*.conf\nmakestep 1 3\n",
    )
    .file("etc/chrony/conf.d/20-b.conf", "server b\nuser other\n")
    .file("usr/share/chrony/20-b.conf", "server masked\n")
    .file("usr/share/chrony/10-a.conf", "peer a\n")
    .file("etc/chrony/conf.d/README", "server readme\n")
    .file("etc/chrony/sources.d/own.sources", "server s iburst\nuser root\ninclude /etc/passwd\n")
    .file("etc/chrony/more1.conf", "server m\n");
    assert_eq!(
        told(&see(&tree).chrony_sources),
        [
            "peer a /usr/share/chrony/10-a.conf:1",
            "server b /etc/chrony/conf.d/20-b.conf:1",
            "pool 2.debian.pool.ntp.org /etc/chrony/chrony.conf:4",
            "server s /etc/chrony/sources.d/own.sources:1",
            "server m /etc/chrony/more1.conf:1",
        ]
    );
    assert_eq!(user(&tree), "other /etc/chrony/conf.d/20-b.conf:2");
}

fn user(tree: &Tree) -> String {
    match see(tree).chrony_user {
        Observed::Known { value, source } => format!("{value} {}", source.unwrap()),
        Observed::Unknown { gap, .. } => gap.to_string(),
    }
}

#[test]
fn chronyds_arguments_outrank_its_files() {
    let tree = Tree::new();
    tree.file("etc/default/chrony", "DAEMON_OPTS=\"-F 1 -u root -f/etc/own.conf\"\n");
    tree.file("etc/own.conf", "server own\nuser _chrony\n");
    assert_eq!(user(&tree), "root /etc/default/chrony");
    assert_eq!(told(&see(&tree).chrony_sources), ["server own /etc/own.conf:1"]);
    tree.file("etc/own.conf", "include /etc/own.conf\n");
    assert_eq!(see(&tree).chrony_sources.gap().unwrap().kind, GapKind::Malformed);
    tree.file("etc/default/chrony", "DAEMON_OPTS=\"$(x)\"\n");
    assert_eq!(see(&tree).chrony_sources.gap().unwrap().kind, GapKind::Unsupported);
    tree.file("etc/default/chrony", "DAEMON_OPTS=\"-F 1\"\n").file("etc/chrony/chrony.conf", "server x\n");
    assert_eq!(user(&tree), "_chrony the default of Debian's build");
}

#[test]
fn accounts_of_the_machines_own_chronyd_are_told() {
    let tree = Tree::new();
    tree.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n_chrony:x:105:113::/:/usr/sbin/nologin\n");
    assert_eq!(see(&tree).chrony_runs_as.value().unwrap(), &[""; 0]);
    for (pid, uid) in [(60, 105), (61, 105), (62, 4711), (63, 0)] {
        tree.process(pid, &[]).file(&format!("proc/{pid}/comm"), "chronyd\n");
        tree.status(pid, &[("Uid", Some(&format!("{uid}\t{uid}\t{uid}\t{uid}")))]);
    }
    tree.status(63, &[("NSpid", Some("63\t1"))]);
    assert_eq!(see(&tree).chrony_runs_as.value().unwrap(), &["4711", "_chrony"]);
    tree.file("proc/62/status", "torn");
    assert!(see(&tree).chrony_runs_as.gap().is_some());
    tree.remove("proc/62").remove("proc/1");
    assert_eq!(see(&tree).chrony_runs_as.gap().unwrap().kind, GapKind::Denied);
}
