use super::*;
use crate::probe::census::Parts;
use crate::probe::process::Reference;
use crate::probe::tree::Tree;

const ID: &str = "0523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";
const CONFIG: &str = r#"{
    "State": { "Running": true, "Pid": 700, "Health": null }, "ID": "ID", "Config": { "User": "app", "Image": "web:1", "Labels": {} },
    "Image": "sha256:00", "NetworkSettings": { "Networks": { "none": {} }, "Ports": {} }, "Name": "/web", "ProcessLabel": "",
    "MountPoints": {
        "/h": { "Source": "/srv", "Destination": "/h", "RW": false, "Name": "", "Driver": "", "Type": "bind", "Propagation": "rprivate" },
        "/v": { "Source": "", "Destination": "/v", "RW": true, "Name": "vol", "Driver": "local", "Type": "volume" }
    },
    "AppArmorProfile": ""
}"#;
const HOST_CONFIG: &str = r#"{
    "NetworkMode": "none", "PortBindings": {}, "RestartPolicy": { "Name": "no", "MaximumRetryCount": 0 }, "CapAdd": null,
    "CapDrop": ["ALL"], "IpcMode": "private", "PidMode": "", "Privileged": false, "PublishAllPorts": false, "ReadonlyRootfs": true,
    "SecurityOpt": ["no-new-privileges"], "UTSMode": "", "UsernsMode": "", "CpuShares": 0, "Memory": 1000, "NanoCpus": 0,
    "CgroupParent": "", "CpuPeriod": 0, "CpuQuota": 0, "CpusetCpus": "", "Devices": [], "DeviceCgroupRules": null,
    "DeviceRequests": null, "PidsLimit": null, "Ulimits": [], "LogConfig": { "Type": "json-file" },
    "MaskedPaths": ["/proc/kcore"], "ReadonlyPaths": ["/proc/sys"]
}"#;

fn tree(root: &str) -> Tree {
    let tree = Tree::new();
    let directory = format!("{root}/containers/{ID}");
    tree.file(&format!("{directory}/config.v2.json"), CONFIG.replace("\"ID\": \"ID\"", &format!("\"ID\": \"{ID}\"")));
    tree.file(&format!("{directory}/hostconfig.json"), HOST_CONFIG);
    tree.file(&format!("{root}/containers/not-an-id/config.v2.json"), "{}");
    tree.file(&format!("{root}/volumes/metadata.db"), "x").file(&format!("{root}/volumes/vol/_data/x"), "");
    let opts = r#"{ "MountType": "none", "MountOpts": "bind", "MountDevice": "/srv" }"#;
    tree.file(&format!("{root}/volumes/bound/opts.json"), opts);
    tree.process(700, &[("pid", 4_026_533_000), ("mnt", 4_026_533_001)]);
    tree.status(700, &[("NSpid", Some("700 1"))]).link("proc/700/root", "/");
    tree.file("proc/700/cgroup", format!("0::/docker/{ID}\n"));
    let mounts = format!(
        "72 48 0:39 / / rw - overlay o rw\n89 72 254:0 /{root}/containers/{ID}/hosts /etc/hosts rw - ext4 /dev/vda rw\n"
    );
    tree.file("proc/700/mountinfo", mounts);
    tree
}

fn census(tree: &Tree) -> Result<Census, Gap> {
    let system = tree.system();
    Census::take(&system, &Reference::observe(&system, None), Parts::LEAST)
}

fn told(tree: &Tree, root: &str) -> Answers {
    answers(&tree.system(), root, &census(tree), &Gap::not_collected())
}

fn only(answers: &Answers) -> &Result<wire::Inspect, Gap> {
    let [(_, answer)] = answers.containers.value().unwrap().as_slice() else { panic!("not one") };
    answer
}

#[test]
fn data_roots_are_told_by_what_runs() {
    for root in ["var/lib/docker", "srv/elsewhere"] {
        let tree = tree(root);
        assert_eq!(data_roots(&tree.system(), &census(&tree)), BTreeSet::from([format!("/{root}")]));
    }
    let tree = Tree::new();
    assert_eq!(data_roots(&tree.system(), &census(&tree)), BTreeSet::new());
    // A name alone is no root: the state of the container has to be there.
    tree.process(700, &[("mnt", 4_026_533_001)]).file("proc/700/cgroup", format!("0::/docker/{ID}\n"));
    tree.file("proc/700/mountinfo", format!("89 72 254:0 /x/containers/{ID}/hosts /etc/hosts rw - ext4 /dev/vda rw\n"));
    assert_eq!(data_roots(&tree.system(), &census(&tree)), BTreeSet::new());
}

#[test]
fn state_on_disk_is_an_answer() {
    let root = "/srv/d";
    let tree = tree("srv/d");
    let answers = told(&tree, root);
    assert_eq!(answers.running().collect::<Vec<_>>(), [(ID, 700)]);
    assert_eq!(answers.data_root(), Some(root));
    let wire = only(&answers).as_ref().unwrap();
    assert_eq!(
        (wire.config.user.as_str(), wire.host_config.memory, wire.host_config.readonly_rootfs),
        ("app", 1000, true)
    );
    let mounts: Vec<_> = wire.mounts.iter().map(|mount| (mount.source.as_str(), mount.rw)).collect();
    assert_eq!(mounts, [("/srv", false), ("/srv/d/volumes/vol/_data", true)]);
    let volumes = answers.volumes.as_ref().unwrap().volumes.as_ref().unwrap();
    let device =
        |name: &str| volumes.iter().find(|v| v.name == name).and_then(|v| v.options.as_ref()?.get("device").cloned());
    assert_eq!((device("bound"), device("vol")), (Some("/srv".to_owned()), None));
    let host = Table::of(&tree.system(), 1).unwrap();
    let mounts = Table::of(&tree.system(), 700).unwrap();
    assert_eq!(name(&tree.system(), &host, ID, &mounts), Some("web".to_owned()));
}

/// The state on disk outlives its machine's power, and process ids are given anew.
#[test]
fn the_kernel_says_what_runs() {
    let tree = tree("d");
    tree.file("proc/700/cgroup", "0::/beyond\n");
    assert_eq!(told(&tree, "/d").running().count(), 1);
    tree.file("proc/700/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
    let answers = told(&tree, "/d");
    assert!(answers.running().count() == 0 && !only(&answers).as_ref().unwrap().state.running);
    tree.remove("proc/700");
    assert!(!only(&told(&tree, "/d")).as_ref().unwrap().state.running);
    let blind = super::answers(&tree.system(), "/d", &Err(Gap::new(GapKind::Denied, "closed")), &Gap::not_collected());
    assert_eq!(only(&blind).as_ref().unwrap_err().kind, GapKind::Denied);
}

/// What it notes are then no ids of the machine's.
#[test]
fn an_engine_in_a_namespace_of_its_own() {
    let tree = tree("d");
    let place = |pid: u32, ids: &str, group: &str| {
        tree.process(pid, &[("pid", 4_026_533_000), ("mnt", 4_026_533_001)]);
        tree.status(pid, &[("NSpid", Some(ids))]).link(&format!("proc/{pid}/root"), "/");
        tree.file(&format!("proc/{pid}/cgroup"), format!("0::{group}\n"));
        tree.file(&format!("proc/{pid}/mountinfo"), "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
    };
    let group = format!("/docker/{ID}");
    place(700, "700", "/");
    place(805, "805 705 5", &group);
    place(806, "806 706 6 1", &group);
    place(804, "804 700 1", &group);
    assert_eq!(told(&tree, "/d").running().collect::<Vec<_>>(), [(ID, 804)]);
    // Without a PID namespace of its own nothing tells which is the first.
    tree.file(
        &format!("d/containers/{ID}/hostconfig.json"),
        HOST_CONFIG.replace("\"PidMode\": \"\"", "\"PidMode\": \"host\""),
    );
    let answers = told(&tree, "/d");
    let state = &only(&answers).as_ref().unwrap().state;
    assert_eq!((state.running, state.pid), (true, 0));
    // Nothing is left in its control group.
    [804, 805, 806].iter().for_each(|pid| place(*pid, "804 700 1", "/docker"));
    assert!(!only(&told(&tree, "/d")).as_ref().unwrap().state.running);
}

#[test]
fn torn_and_hostile_state() {
    let directory = format!("d/containers/{ID}");
    for (file, text) in [
        ("config.v2.json", ""),
        ("config.v2.json", "{"),
        ("config.v2.json", "[]"),
        ("config.v2.json", CONFIG),
        ("hostconfig.json", "{}"),
        ("hostconfig.json", "null"),
    ] {
        let tree = tree("d");
        tree.file(&format!("{directory}/{file}"), text);
        assert_eq!(only(&told(&tree, "/d")).as_ref().unwrap_err().kind, GapKind::Malformed, "{file} {text}");
    }
    let tree = tree("d");
    tree.remove(&format!("{directory}/config.v2.json"));
    assert_eq!(told(&tree, "/d").containers.value().unwrap().len(), 0);
    tree.file("d/volumes/vol/opts.json", "{");
    assert_eq!(told(&tree, "/d").volumes.as_ref().unwrap_err().kind, GapKind::Malformed);
    tree.remove("d/containers");
    assert_eq!(told(&tree, "/d").containers.gap().unwrap().kind, GapKind::Missing);
}
