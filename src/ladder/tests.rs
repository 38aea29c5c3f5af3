use std::slice::from_ref;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::*;
use crate::facts::Container;

/// A hardened container that runs, as its facts are written.
fn container() -> Value {
    static PLAIN: LazyLock<Value> = LazyLock::new(|| {
        let known = |value: Value| json!({ "value": value });
        let namespace = || known(json!({ "inode": 1, "initial": known(json!(false)), "engine": known(json!(false)) }));
        let kinds = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
        let namespaces: serde_json::Map<String, Value> =
            kinds.map(|kind| (kind.to_owned(), namespace())).into_iter().collect();
        let process = json!({
            "pid": 700, "uid": 1000, "host_uid": 101_000, "effective": [], "permitted": [], "inheritable": [], "bounding": [],
            "ambient": [], "seccomp": "filter", "seccomp_filters": known(json!(1)), "no_new_privs": true,
            "uid_map": known(json!([{ "inside": 0, "outside": 100_000, "length": 65536 }])), "gid_map": known(json!([])),
            "lsm_label": known(json!("")), "namespaces": namespaces, "root_read_only": known(json!(true)),
            "cgroup": { "memory_max_bytes": known(json!(null)), "pids_max": known(json!(100)) },
        });
        let member = json!({
            "pid": 700, "name": "sleep", "executable": known(json!("/bin/sleep")), "root": known(json!("/")), "first": true,
            "control_group": known(json!("/docker/x")), "limited": known(json!(true)), "foreign": known(json!(false)),
            "apart": known(json!([])), "on_host": known(json!([])), "visits": [], "process": known(process.clone()),
        });
        let empty = || known(json!([]));
        let inspect = json!({
            "running": true, "stopped_days": known(json!(null)), "labels": {}, "user_uid": known(json!(1000)),
            "log_driver": "json-file", "image": "web:1", "image_tag": "1", "image_current": known(json!(true)), "user": "1000",
            "privileged": false, "capabilities": [], "no_new_privileges": "forbidden",
            "seccomp": { "profile": "daemon-default", "default_action": "", "risky_syscalls": [] }, "apparmor_profile": "",
            "selinux_label": "", "selinux_disabled": false, "masked_paths": empty(),
            "read_only_paths": known(json!(["/proc/sys", "/proc/sysrq-trigger"])),
            "network_mode": known(json!("none")), "pid_mode": known(json!("")), "ipc_mode": known(json!("private")),
            "uts_mode": "", "userns_mode": "", "networks": empty(), "ports": [], "publish_all_ports": false, "mounts": empty(),
            "read_only_root": true, "memory_bytes": 0, "cpu_shares": 0, "cpu_limit_nanos": 0, "cpu_set": "", "pids_limit": 100,
            "ulimits": [], "cgroup_parent": "", "devices": [], "restart_policy": known(json!("no")), "restart_retries": known(json!(0)),
            "healthcheck": false, "health": "",
        });
        json!({
            "id": "x", "name": "web", "inspect": known(inspect), "process": known(process), "programs": empty(), "execs": empty(),
            "processes": known(json!([member])),
            "kernel": {
                "mounts": empty(), "writable": empty(), "exposed": empty(), "memory_max_bytes": known(json!(null)),
                "pids_max": known(json!(100)),
            },
        })
    });
    PLAIN.clone()
}

/// The rung of the container with some facts changed, and whether it is certain.
fn stands(changes: &[(&str, Value)]) -> (Rung, bool) {
    let mut json = container();
    for (pointer, value) in changes {
        *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone();
    }
    let container: Container = serde_json::from_value(json).unwrap();
    let (inspect, process) = (Some(&container.inspect), &container.process);
    let standing = standing(Subject { inspect, process, processes: &container.processes, kernel: &container.kernel });
    (standing.rung, standing.is_certain())
}

const MEMBER: &str = "/processes/value/0";

fn of_member(field: &str, value: Value) -> (String, Value) {
    (format!("{MEMBER}/process/value/{field}"), value)
}

/// What a process of the host's user namespace has.
fn on_host(changes: &[(String, Value)]) -> (Rung, bool) {
    let host = (format!("{MEMBER}/on_host"), json!({ "value": ["user"] }));
    let map = (
        "/process/value/uid_map".to_owned(),
        json!({ "value": [{ "inside": 0, "outside": 0, "length": 4294967295_i64 }] }),
    );
    let usual = [host, map];
    let all: Vec<(&str, Value)> =
        usual.iter().chain(changes).map(|(pointer, value)| (pointer.as_str(), value.clone())).collect();
    stands(&all)
}

fn root(bounding: &[&str]) -> [(String, Value); 4] {
    [
        of_member("uid", json!(0)),
        of_member("host_uid", json!(0)),
        of_member("bounding", json!(bounding)),
        of_member("effective", json!(bounding)),
    ]
}

#[test]
fn each_rung() {
    use crate::probe::capability::DEFAULT;
    let certain = |rung| (rung, true);
    assert_eq!(stands(&[]), certain(Rung::UserNamespace));
    assert_eq!(on_host(&[]), certain(Rung::NonRoot));
    assert_eq!(on_host(&root(&[])), certain(Rung::Dropped));
    assert_eq!(on_host(&root(&["SETUID", "NET_BIND_SERVICE"])), certain(Rung::Dropped));
    assert_eq!(on_host(&root(&["SETUID", "NET_RAW"])), certain(Rung::ReducedRoot));
    assert_eq!(on_host(&root(&DEFAULT)), certain(Rung::DefaultRoot));
    let and = |name: &'static str| root(&[&DEFAULT[..], &[name]].concat());
    assert_eq!(on_host(&and("NET_ADMIN")), certain(Rung::DefaultRoot));
    // The filter follows the capabilities that the engine was told, and these were none.
    assert_eq!(on_host(&and("SYS_ADMIN")), certain(Rung::DefaultRoot));
    let told = ("/inspect/value/capabilities".to_owned(), json!(["SYS_ADMIN"]));
    assert_eq!(on_host(&[&and("SYS_ADMIN")[..], &[told]].concat()), certain(Rung::Takeover));
    let open = of_member("seccomp", json!("disabled"));
    assert_eq!(on_host(&[&and("SYS_MODULE")[..], &[open]].concat()), certain(Rung::Takeover));
    let custom = ("/inspect/value/seccomp/profile".to_owned(), json!("custom"));
    assert_eq!(on_host(&[&and("BPF")[..], &[custom]].concat()), certain(Rung::Takeover));
    assert_eq!(stands(&[("/inspect/value/privileged", json!(true))]), certain(Rung::ReducedRoot));
    let users = ("/process/value/namespaces/user/value/initial".to_owned(), json!({ "value": true }));
    let privileged = ("/inspect/value/privileged".to_owned(), json!(true));
    assert_eq!(on_host(&[users, privileged]), certain(Rung::Privileged));
}

#[test]
fn what_a_user_could_regain_counts() {
    let bounding = of_member("bounding", json!(["CHOWN"]));
    let gains = of_member("no_new_privs", json!(false));
    assert_eq!(on_host(from_ref(&bounding)).0, Rung::NonRoot);
    assert_eq!(on_host(from_ref(&gains)).0, Rung::NonRoot);
    assert_eq!(on_host(&[bounding, gains]).0, Rung::Dropped);
    assert_eq!(on_host(&[of_member("ambient", json!(["NET_BIND_SERVICE"]))]).0, Rung::Dropped);
    assert_eq!(on_host(&[of_member("effective", json!(["NET_RAW"]))]).0, Rung::ReducedRoot);
}

#[test]
fn a_user_namespace_lifts_what_is_within() {
    let within = [
        of_member("uid", json!(0)),
        of_member("effective", json!(["SYS_ADMIN"])),
        of_member("seccomp", json!("disabled")),
    ];
    let within: Vec<(&str, Value)> = within.iter().map(|(pointer, value)| (pointer.as_str(), value.clone())).collect();
    assert_eq!(stands(&within).0, Rung::Dropped);
    let host_root = of_member("host_uid", json!(0));
    assert_eq!(stands(&[(host_root.0.as_str(), host_root.1)]).0, Rung::DefaultRoot);
}

#[test]
fn mounts_and_namespaces() {
    let mount = |host_path: &str, writable: bool, sockets: Value| {
        json!({ "value": [{
            "destination": "/x", "root": "/", "device": "1:1", "filesystem": "ext4", "writable": writable, "shared": false,
            "host_path": { "value": host_path }, "kept": { "value": false }, "declared": { "value": true },
            "engine_sockets": { "value": sockets },
        }] })
    };
    let with = |mounts: Value| on_host(&[("/kernel/mounts".to_owned(), mounts)]).0;
    assert_eq!(with(mount("/run/docker.sock", false, json!(["/run/docker.sock"]))), Rung::Takeover);
    assert_eq!(with(mount("/etc/cron.d", true, json!([]))), Rung::Takeover);
    assert_eq!(with(mount("/", true, json!([]))), Rung::Takeover);
    assert_eq!(with(mount("/etc/cron.d", false, json!([]))), Rung::NonRoot);
    assert_eq!(with(mount("/srv/data", true, json!([]))), Rung::NonRoot);
    assert_eq!(with(mount("/etcetera", true, json!([]))), Rung::NonRoot);
    let mut kept = mount("/root/data/containers/x/hosts", true, json!([]));
    kept["value"][0]["kept"] = json!({ "value": true });
    assert_eq!(with(kept.clone()), Rung::NonRoot);
    kept["value"][0]["kept"] = json!({ "gap": { "kind": "denied", "detail": "closed" } });
    assert_eq!(on_host(&[("/kernel/mounts".to_owned(), kept)]), (Rung::NonRoot, false));
    // Nobody on the host.
    assert_eq!(stands(&[("/kernel/mounts", mount("/etc", true, json!(["/run/docker.sock"])))]).0, Rung::UserNamespace);
    for kind in ["pid", "net", "ipc", "uts"] {
        for whose in ["initial", "engine"] {
            let pointer = format!("/process/value/namespaces/{kind}/value/{whose}");
            assert_eq!(stands(&[(&pointer, json!({ "value": true }))]).0, Rung::HostNamespaces, "{pointer}");
        }
    }
    let pid = (format!("{MEMBER}/on_host"), json!({ "value": ["pid", "user"] }));
    assert_eq!(on_host(from_ref(&pid)).0, Rung::NonRoot);
    assert_eq!(on_host(&[pid, of_member("effective", json!(["SYS_PTRACE"]))]).0, Rung::Takeover);
    let writable = ("/kernel/writable".to_owned(), json!({ "value": ["/proc/sys"] }));
    assert_eq!(on_host(from_ref(&writable)).0, Rung::NonRoot);
    assert_eq!(on_host(&[writable.clone(), ("/process/value/uid".to_owned(), json!(0))]).0, Rung::Takeover);
    let first = |field: &str, value| (format!("/process/value/{field}"), value);
    let open = [
        writable,
        first("uid", json!(0)),
        first("seccomp", json!("disabled")),
        first("bounding", json!(["SYS_ADMIN"])),
    ];
    assert_eq!(on_host(&open).0, Rung::Privileged);
}

#[test]
fn what_is_not_seen_makes_uncertain() {
    let gap = json!({ "gap": { "kind": "denied", "detail": "closed" } });
    for pointer in
        ["/process", "/processes", "/kernel/mounts", "/processes/value/0/process", "/processes/value/0/on_host"]
    {
        assert_eq!(stands(&[(pointer, gap.clone())]), (Rung::UserNamespace, false), "{pointer}");
    }
    let pid = "/process/value/namespaces/pid/value/initial";
    assert_eq!(stands(&[(pid, gap.clone())]), (Rung::UserNamespace, false));
    // Nothing is worse than privileged.
    let users = ("/process/value/namespaces/user/value/initial", json!({ "value": true }));
    let all = [users, ("/inspect/value/privileged", json!(true)), ("/processes", gap.clone())];
    assert_eq!(stands(&all), (Rung::Privileged, true));
    assert!(!stands(&[("/inspect", gap), ("/processes", json!({ "gap": { "kind": "gone", "detail": "" } }))]).1);
}

#[test]
fn what_is_stopped_stands_by_what_it_was_told() {
    let stopped = |changes: &[(&str, Value)]| {
        let all = [&[("/inspect/value/running", json!(false))], changes].concat();
        stands(&all)
    };
    assert_eq!(stopped(&[]), (Rung::NonRoot, true));
    let gone = json!({ "gap": { "kind": "missing", "detail": "not running" } });
    assert_eq!(stopped(&[("/process", gone.clone()), ("/processes", gone)]), (Rung::NonRoot, true));
    let caps = |names: Value| ("/inspect/value/capabilities", names);
    assert_eq!(stopped(&[caps(json!(["SYS_ADMIN"]))]).0, Rung::Takeover);
    for user in ["", "0", "root", "0:0", "root:root"] {
        assert_eq!(
            stopped(&[caps(json!(["NET_RAW"])), ("/inspect/value/user", json!(user))]).0,
            Rung::ReducedRoot,
            "{user}"
        );
    }
    let uid = |uid: Value| ("/inspect/value/user_uid", uid);
    let named = [("/inspect/value/user", json!("toor")), caps(json!(["NET_RAW"]))];
    let with = |uid: (&'static str, Value)| stopped(&[&named[..], &[uid]].concat());
    assert_eq!(with(uid(json!({ "value": 0 }))), (Rung::ReducedRoot, true));
    assert_eq!(with(uid(json!({ "gap": { "kind": "not-collected", "detail": "" } }))), (Rung::NonRoot, false));
    let allowed = ("/inspect/value/no_new_privileges", json!("daemon-default"));
    assert_eq!(stopped(&[caps(json!(["CHOWN"])), allowed]).0, Rung::Dropped);
    assert_eq!(stopped(&[("/inspect/value/network_mode", json!({ "value": "host" }))]).0, Rung::HostNamespaces);
    assert_eq!(stopped(&[("/inspect/value/privileged", json!(true))]).0, Rung::Privileged);
    let unknown = ("/inspect/value/mounts", json!({ "gap": { "kind": "denied", "detail": "closed" } }));
    assert_eq!(stopped(&[unknown]), (Rung::NonRoot, false));
    let mounted = |host_path: &str, writable: bool| {
        let mount = json!({ "kind": "bind", "destination": "/h", "source": host_path,
            "host_path": { "value": host_path }, "alias": { "value": host_path },
            "writable": writable, "propagation": "rprivate", "engine_sockets": { "value": [] } });
        ("/inspect/value/mounts", json!({ "value": [mount] }))
    };
    assert_eq!(stopped(&[mounted("/etc", true)]).0, Rung::Takeover);
    assert_eq!(stopped(&[mounted("/etc", false)]).0, Rung::NonRoot);
    assert_eq!(stopped(&[mounted("/srv/data", true)]).0, Rung::NonRoot);
    let pid = ("/inspect/value/pid_mode", json!({ "value": "host" }));
    assert_eq!(stopped(&[pid.clone(), caps(json!(["SYS_PTRACE"]))]).0, Rung::Takeover);
    assert_eq!(stopped(&[pid]).0, Rung::HostNamespaces);
    let open = ("/inspect/value/read_only_paths", json!({ "value": [] }));
    assert_eq!(stopped(from_ref(&open)).0, Rung::NonRoot);
    assert_eq!(stopped(&[open, ("/inspect/value/user", json!("0"))]).0, Rung::Takeover);
}

#[test]
fn a_ladder_is_of_what_was_asked_for() {
    let collected = |change: &[(&str, Value)]| {
        let mut json = container();
        for (pointer, value) in change {
            *json.pointer_mut(pointer).unwrap() = value.clone();
        }
        Observed::known(vec![serde_json::from_value::<Container>(json).unwrap()])
    };
    let none = || Observed::known(Vec::new());
    assert_eq!(asked_for(&Observed::known(Vec::new()), &none()), Some(Vec::new()));
    let names = |rows: Option<Vec<Row>>| rows.map(|rows| rows.into_iter().map(|row| row.name).collect::<Vec<_>>());
    assert_eq!(names(asked_for(&collected(&[]), &none())), Some(vec!["web".to_owned()]));
    // Nobody asked for sandboxes, or for what is in containers.
    assert_eq!(asked_for(&collected(&[]), &Observed::not_collected()), None);
    let unasked = json!({ "gap": { "kind": "not-collected", "detail": "not collected" } });
    for pointer in ["/processes", "/kernel/mounts"] {
        assert_eq!(asked_for(&collected(&[(pointer, unasked.clone())]), &none()), None, "{pointer}");
    }
    // What was asked for and not seen is uncertain, and no less told.
    let denied = json!({ "gap": { "kind": "denied", "detail": "closed" } });
    let rows = asked_for(&collected(&[("/processes", denied)]), &none()).unwrap();
    assert!(!rows[0].certain && rows[0].unseen == ["processes: denied: closed"], "{rows:?}");
    let unlisted = Observed::unknown(crate::facts::GapKind::Denied, "closed");
    assert_eq!(asked_for(&unlisted, &none()), Some(Vec::new()));
}
