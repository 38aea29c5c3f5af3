use serde_json::{Value, json};

use super::*;
use crate::probe::seccomp::RISKY;

/// A container's options, of which some are these.
fn options(some: &Value) -> HostConfig {
    let mut all = json!({
        "Privileged": false, "NetworkMode": "", "PidMode": "", "IpcMode": "", "UTSMode": "", "UsernsMode": "",
        "PublishAllPorts": false, "ReadonlyRootfs": false, "Memory": 0, "CpuShares": 0, "NanoCpus": 0, "CpuQuota": 0,
        "CpuPeriod": 0, "CpusetCpus": "", "CgroupParent": "", "LogConfig": { "Type": "json-file" }, "RestartPolicy": { "Name": "", "MaximumRetryCount": 0 },
    });
    for (name, value) in some.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn given(some: Value) -> Vec<String> {
    capabilities(&options(&some))
}

#[test]
fn capabilities_add_up_as_in_the_engine() {
    let default = given(json!({}));
    assert_eq!(default.len(), 14);
    assert_eq!(given(json!({ "Privileged": true, "CapDrop": ["ALL"] })).len(), 41);
    assert_eq!(given(json!({ "CapDrop": ["ALL"] })), Vec::<String>::new());
    assert_eq!(
        given(json!({ "CapDrop": ["all"], "CapAdd": ["cap_kill", "NET_BIND_SERVICE"] })),
        ["KILL", "NET_BIND_SERVICE"]
    );
    assert_eq!(given(json!({ "CapAdd": ["ALL"] })).len(), 41);
    let all_but = given(json!({ "CapAdd": ["ALL"], "CapDrop": ["CAP_SYS_ADMIN"] }));
    assert!(all_but.len() == 40 && !all_but.contains(&"SYS_ADMIN".to_owned()));
    assert_eq!(given(json!({ "CapDrop": ["NET_RAW", "MKNOD"] })).len(), 12);
    assert!(given(json!({ "CapAdd": ["SYS_ADMIN"] })).contains(&"SYS_ADMIN".to_owned()));
    // Asked for and refused at the same time: the engine adds it.
    assert_eq!(given(json!({ "CapAdd": ["KILL"], "CapDrop": ["KILL"] })).len(), 14);
}

#[test]
fn the_last_option_stands() {
    let gain = |list: Value| privilege_gain(&options(&json!({ "SecurityOpt": list })));
    assert_eq!(gain(Value::Null), PrivilegeGain::DaemonDefault);
    assert_eq!(gain(json!(["no-new-privileges"])), PrivilegeGain::Forbidden);
    assert_eq!(gain(json!(["no-new-privileges:true", "no-new-privileges=false"])), PrivilegeGain::Allowed);
    assert_eq!(gain(json!(["no-new-privileges=maybe"])), PrivilegeGain::Allowed);
    assert_eq!(gain(json!(["no-new-privilegesX"])), PrivilegeGain::DaemonDefault);
}

#[test]
fn profiles_are_read_as_the_engine_reads_them() {
    let of = |option: &str| seccomp(&options(&json!({ "SecurityOpt": [option] })));
    assert_eq!(of("seccomp=unconfined").profile, SeccompProfile::Unconfined);
    assert_eq!(of("seccomp:builtin").profile, SeccompProfile::Builtin);
    assert_eq!(of("apparmor=x").profile, SeccompProfile::DaemonDefault);
    for unreadable in ["seccomp={", "seccomp=[]", "seccomp=/path.json", "seccomp={\"syscalls\":[]}"] {
        assert_eq!(of(unreadable).profile, SeccompProfile::Unreadable, "{unreadable}");
    }
    let rules = |default: &str, rules: Value| {
        of(&format!("seccomp={}", json!({ "defaultAction": default, "syscalls": rules }))).risky_syscalls
    };
    let none = Vec::<String>::new();
    assert_eq!(rules("SCMP_ACT_ERRNO", json!([])), none);
    assert_eq!(rules("SCMP_ACT_ALLOW", json!([])).len(), RISKY.len());
    let allow = |extra: Value| {
        let mut rule = json!({ "names": ["mount", "read"], "action": "SCMP_ACT_ALLOW" });
        extra.as_object().unwrap().iter().for_each(|(name, value)| rule[name] = value.clone());
        rules("SCMP_ACT_ERRNO", json!([rule]))
    };
    assert_eq!(allow(json!({})), ["mount"]);
    assert_eq!(allow(json!({ "args": null, "includes": {} })), ["mount"]);
    assert_eq!(allow(json!({ "includes": { "caps": ["CAP_SYS_ADMIN"] } })), none);
    assert_eq!(allow(json!({ "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] })), none);
    assert_eq!(rules("SCMP_ACT_LOG", json!([{ "name": "bpf", "action": "SCMP_ACT_ERRNO" }])).len(), RISKY.len() - 1);
}
