use super::super::tree::Tree;
use super::*;
use crate::facts::{GapKind, Observed};
use crate::probe::cgroup::Group;

const PID: u32 = 700;
const STATE: &str = "/var/lib/docker/containers";
/// The machine's mounts, which are the engine's too.
const HOST: &str = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
    23 22 0:21 / /proc rw - proc proc rw\n\
    24 22 0:22 / /sys rw - sysfs sysfs rw\n\
    25 22 0:25 / /run rw shared:5 - tmpfs tmpfs rw\n\
    26 22 0:40 / /var/lib/docker/containers/c1/mounts/shm rw - tmpfs shm rw\n\
    27 22 254:1 / /srv\\040x rw - ext4 /dev/vdb rw\n\
    28 27 254:2 / /srv\\040x/disk rw - ext4 /dev/vdc rw\n";
/// What Docker mounts in every container.
const OWN: &str = "72 48 0:39 / / rw,relatime master:2 - overlay overlay rw,lowerdir=/a:/b,upperdir=/c\n\
    73 72 0:42 / /proc rw,nosuid - proc proc rw\n\
    74 72 0:43 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k\n\
    75 74 0:44 / /dev/pts rw - devpts devpts rw\n\
    76 72 0:45 / /sys ro,nosuid - sysfs sysfs ro\n\
    77 76 0:46 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
    78 77 0:29 /docker/x /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n\
    87 74 0:41 / /dev/mqueue rw - mqueue mqueue rw\n\
    88 74 0:47 / /dev/shm rw - tmpfs shm rw\n\
    89 72 254:0 /var/lib/docker/containers/c1/hosts /etc/hosts rw - ext4 /dev/vda rw\n\
    50 73 0:42 /sys /proc/sys ro - proc proc rw\n\
    51 73 0:42 /irq /proc/irq ro - proc proc rw\n\
    53 73 0:48 / /proc/acpi ro - tmpfs tmpfs ro\n\
    54 73 0:43 /null /proc/keys rw - tmpfs tmpfs rw\n\
    56 76 0:49 / /sys/firmware ro - tmpfs tmpfs ro\n";

fn tree(mounts: &str) -> Tree {
    let tree = Tree::new();
    tree.file("proc/1/mountinfo", HOST).file("proc/50/mountinfo", HOST).file("proc/700/mountinfo", mounts);
    for file in [
        "proc/sys/kernel/x",
        "proc/irq/1",
        "proc/acpi/x",
        "proc/keys",
        "proc/kcore",
        "sys/firmware/x",
        "run/docker.sock",
    ] {
        tree.file(file, "");
    }
    tree
}

fn around(tree: &Tree) -> Surroundings {
    let system = tree.system();
    let engine = Table::of(&system, 50).map(Arc::new);
    let socket = engine.as_ref().unwrap().place("/run/docker.sock").unwrap();
    let sockets = Ok(vec![("/run/docker.sock".to_owned(), socket)]);
    Surroundings {
        host: Table::of_machine(&system).map(Arc::new),
        engine,
        sockets,
        interfaces: Interfaces::observe(&system),
        state: vec![STATE.to_owned()],
        volumes: vec!["/var/lib/docker/volumes".to_owned()],
    }
}

fn look_at(mounts: &str, declared: &Declared) -> Confinement {
    let tree = tree(mounts);
    let system = tree.system();
    let reference = Reference::observe(&system, Some(50));
    look(&system, PID, &Group::Shared, &reference).describe(&around(&tree), &Ok(declared.clone()))
}

/// The last of the mounts, on top of a container's usual ones.
fn last(line: &str, declared: &Declared) -> KernelMount {
    let mounts = look_at(&format!("{OWN}{line}\n"), declared).mounts;
    mounts.value().unwrap().last().unwrap().clone()
}

fn bind(destination: &str, source: &str) -> Declared {
    let source = Source { path: source.to_owned(), by_link: false };
    Declared { mounts: vec![(destination.to_owned(), source)], ..Declared::default() }
}

#[test]
fn what_every_container_has_is_declared() {
    let seen = look_at(OWN, &Declared::default());
    for mount in seen.mounts.value().unwrap() {
        assert_eq!(mount.declared, Observed::known(true), "{}", mount.destination);
    }
    assert_eq!(seen.writable, Observed::known(Vec::new()));
    assert_eq!(seen.exposed, Observed::known(vec!["/proc/kcore".to_owned()]));
}

#[test]
fn a_mount_is_told_by_its_place_and_not_by_its_name() {
    let none = Declared::default();
    let late = last("90 72 0:25 /docker.sock /tmp/d.sock rw - tmpfs tmpfs rw", &none);
    assert_eq!((late.host_path.value().unwrap().as_str(), late.declared.value()), ("/run/docker.sock", Some(&false)));
    assert_eq!(late.engine_sockets, Observed::known(vec!["/run/docker.sock".to_owned()]));
    let above = last("90 72 0:25 / /hr ro - tmpfs tmpfs rw", &none);
    assert_eq!((above.engine_sockets.value().unwrap().len(), above.writable), (1, false));
    let asked = bind("/data", "/srv x/web");
    for (line, declared) in [
        ("90 72 254:1 /web /data rw - ext4 /dev/vdb rw", true),
        ("90 72 254:1 /web//deleted /data rw - ext4 /dev/vdb rw", true),
        ("90 72 254:1 /other /data rw - ext4 /dev/vdb rw", false),
        ("90 72 254:1 /web /elsewhere rw - ext4 /dev/vdb rw", true),
        ("90 72 254:1 / /elsewhere rw - ext4 /dev/vdb rw", false),
        ("90 72 254:0 /srv\\040x/web /data rw - ext4 /dev/vda rw", false),
        ("90 89 254:0 /etc/shadow /etc/hosts rw - ext4 /dev/vda rw", false),
        ("90 72 254:0 /var/lib/docker/containers/c2/hosts /etc/hosts rw - ext4 /dev/vda rw", true),
        ("90 72 254:0 /var/lib/docker/containers/c2/hosts /etc/passwd rw - ext4 /dev/vda rw", false),
        ("90 72 254:0 /var/lib/docker/containers/c1/mounts/secrets/x /etc/key ro - ext4 /dev/vda rw", true),
        ("90 72 254:0 /var/lib/docker/containers/c1/config.v2.json /etc/key ro - ext4 /dev/vda rw", false),
        ("90 72 0:40 / /dev/shm rw - tmpfs shm rw", true),
        ("90 72 0:25 / /dev/shm rw - tmpfs tmpfs rw", false),
        ("90 72 0:21 / /proc/host rw - proc proc rw", false),
        ("90 72 0:77 / /scratch rw - tmpfs tmpfs rw", false),
        ("90 72 0:39 /a /own rw - overlay overlay rw", true),
        ("90 72 254:0 / / rw - ext4 /dev/vda rw", false),
        ("90 72 254:0 /usr/libexec/docker/docker-init /sbin/docker-init ro - ext4 /dev/vda rw", true),
        ("90 72 254:0 /usr/bin/id /sbin/docker-init ro - ext4 /dev/vda rw", false),
        ("90 72 0:5 /null /dev/null rw - devtmpfs udev rw", true),
        ("90 72 0:5 /vda /dev/vda rw - devtmpfs udev rw", false),
    ] {
        assert_eq!(last(line, &asked).declared, Observed::known(declared), "{line}");
    }
}

/// Wherever the engine has its storage: below /root or /usr as well.
#[test]
fn what_an_engine_keeps_for_containers_is_no_directory_of_the_host() {
    let id = "0523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";
    for (root, point, kept) in [
        ("/root/data/containers/ID/hosts", "/etc/hosts", true),
        ("/root/data/containers/ID/hosts", "/etc/passwd", false),
        ("/root/data/containers/ID/config.v2.json", "/etc/hosts", false),
        ("/root/data/containers/x/hosts", "/etc/hosts", false),
        ("/root/data/overlay-containers/ID/userdata/.containerenv", "/run/.containerenv", true),
        ("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/ID/resolv.conf", "/etc/resolv.conf", true),
        ("/root/data/containers/ID/mounts/shm", "/dev/shm", true),
        ("/root/data/containers/ID/mounts/secrets/x", "/run/secrets/key", true),
        ("/root/data/containers/ID/mounts", "/data", false),
        ("/root/data/containers/ID", "/data", false),
        ("/root/data/containers/ID/userdata/shadow", "/etc/hosts", false),
        ("/etc/hosts", "/etc/hosts", false),
        ("/var/lib/docker/containers/c1/hosts", "/etc/hosts", true),
        ("/var/lib/docker/volumes/v/_data", "/data", true),
        ("/var/lib/docker/volumes/v/_data/part", "/data", true),
        ("/var/lib/docker/volumes/v", "/data", false),
        ("/var/lib/docker/volumes", "/data", false),
        ("/var/lib/docker", "/data", false),
        ("/root/volumes/v/_data", "/data", false),
    ] {
        let line = format!("90 72 254:0 {} {point} rw - ext4 /dev/vda rw", root.replace("ID", id));
        assert_eq!(last(&line, &Declared::default()).kept, Observed::known(kept), "{line}");
    }
}

/// A data root that is another directory, mounted there.
#[test]
fn storage_is_known_by_its_place() {
    let tree = tree(&format!(
        "{OWN}90 72 254:0 /root/big/volumes/v/_data /data rw - ext4 /dev/vda rw\n\
         91 72 254:0 /root/big/containers/c1/mounts/secrets/x /key ro - ext4 /dev/vda rw\n\
         92 72 254:0 /root/big /all rw - ext4 /dev/vda rw\n"
    ));
    let host = format!("{HOST}29 22 254:0 /root/big /var/lib/docker rw - ext4 /dev/vda rw\n");
    tree.file("proc/50/mountinfo", &host).file("proc/1/mountinfo", &host);
    let reference = Reference::observe(&tree.system(), Some(50));
    let seen = look(&tree.system(), PID, &Group::Shared, &reference);
    let seen = seen.describe(&around(&tree), &Ok(Declared::default()));
    let all = seen.mounts.value().unwrap();
    let kept = ["/data", "/key", "/all"].map(|at| all.iter().find(|m| m.destination == at).unwrap().kept.value());
    assert_eq!(kept, [Some(&true), Some(&true), Some(&false)]);
}

#[test]
fn what_is_mounted_below_a_declared_directory_came_along() {
    let asked = bind("/data", "/srv x");
    for (line, declared) in [
        ("90 72 254:2 / /data/disk rw - ext4 /dev/vdc rw", true),
        ("90 72 254:2 / /data/other rw - ext4 /dev/vdc rw", false),
        ("90 72 254:2 / /database rw - ext4 /dev/vdc rw", false),
    ] {
        assert_eq!(last(line, &asked).declared, Observed::known(declared), "{line}");
    }
    let (tmpfs, devices) = (["/scratch".to_owned()].into(), ["/dev/vda".to_owned()].into());
    let asked = Declared { tmpfs, devices, ..Declared::default() };
    for line in ["90 72 0:77 / /scratch rw - tmpfs tmpfs rw", "90 72 0:5 /vda /dev/vda rw - devtmpfs udev rw"] {
        assert_eq!(last(line, &asked).declared, Observed::known(true), "{line}");
    }
    assert_eq!(last("90 72 0:25 / /scratch rw - tmpfs tmpfs rw", &asked).declared, Observed::known(false));
    let linked = Source { path: "/srv x/a".to_owned(), by_link: true };
    let asked = Declared { mounts: vec![("/data".to_owned(), linked)], ..Declared::default() };
    assert_eq!(last("90 72 254:1 /b /data rw - ext4 /dev/vdb rw", &asked).declared, Observed::known(true));
}

#[test]
fn interfaces_of_the_kernel_wherever_they_are_mounted() {
    let none = Declared::default();
    let of = |line: &str| {
        let seen = look_at(&format!("{OWN}{line}\n"), &none);
        let of = |list: Observed<Vec<String>>| list.value().unwrap().join(" ");
        (of(seen.writable), of(seen.exposed))
    };
    assert_eq!(
        of("90 72 0:21 / /p rw - proc proc rw"),
        ("/p/irq /p/sys".into(), "/p/acpi /p/kcore /p/keys /proc/kcore".into())
    );
    assert_eq!(of("90 72 0:21 / /p ro - proc proc rw").0, "");
    assert_eq!(of("90 72 0:21 /sys/kernel /k rw - proc proc rw"), ("/k".into(), "/proc/kcore".into()));
    assert_eq!(of("90 72 0:22 / /s rw - sysfs sysfs rw"), ("/s".into(), "/proc/kcore /s/firmware".into()));
    assert_eq!(of("90 77 0:30 / /sys/fs/cgroup/x rw - cgroup2 cgroup2 rw").0, "/sys/fs/cgroup/x");
    // What is under another mount cannot be reached.
    assert_eq!(
        of("90 78 0:30 / /sys/fs/cgroup/cpu ro - tmpfs t rw\n91 90 0:30 / /sys/fs/cgroup/cpu ro - cgroup c rw").0,
        ""
    );
    assert_eq!(of("90 50 0:42 /sys /proc/sys rw - proc proc rw").0, "/proc/sys");
    // Without masks.
    let bare =
        "72 48 0:39 / / rw - overlay o rw\n73 72 0:42 / /proc rw - proc proc rw\n76 72 0:45 / /sys rw - sysfs s rw\n";
    let seen = look_at(bare, &none);
    assert_eq!(seen.writable.value().unwrap().join(" "), "/proc/irq /proc/sys /sys");
    assert_eq!(seen.exposed.value().unwrap().join(" "), "/proc/acpi /proc/kcore /proc/keys /sys/firmware");
}

#[test]
fn torn_and_hostile_mounts() {
    let none = Declared::default();
    for text in ["72 48 0:39 / / rw - overlay", "x y z\n", "72 48 0:39 / / rw overlay o rw\n"] {
        let seen = look_at(text, &none);
        assert_eq!(seen.mounts.gap().unwrap().kind, GapKind::Malformed, "{text}");
        assert_eq!(seen.writable.gap().unwrap().kind, GapKind::Malformed, "{text}");
    }
    assert_eq!(look_at("", &none).mounts.gap().unwrap().kind, GapKind::Gone);
    // A ring of mounts, and a name that looks like fields.
    let ring = "72 73 0:39 / / rw - overlay o rw\n73 72 0:42 / /proc rw - proc proc rw\n";
    assert!(look_at(ring, &none).mounts.value().is_some());
    let odd = last("90 72 254:0 /a\\040-\\040tmpfs /b\\012c rw - ext4 /dev/vda rw", &none);
    assert_eq!((odd.root.as_str(), odd.destination.as_str(), odd.filesystem.as_str()), ("/a - tmpfs", "/b\nc", "ext4"));
}

#[test]
fn what_cannot_be_compared_is_unknown() {
    let tree = tree(&format!("{OWN}90 72 254:1 /web /data rw - ext4 /dev/vdb rw\n"));
    let system = tree.system();
    let gap = || Gap::new(GapKind::Denied, "closed");
    let dark = |tree: &Tree| Surroundings {
        engine: Err(gap()),
        host: Err(gap()),
        sockets: Err(gap()),
        interfaces: Interfaces::observe(&tree.system()),
        state: Vec::new(),
        volumes: Vec::new(),
    };
    let reference = Reference::observe(&system, None);
    let seen = look(&system, PID, &Group::Shared, &reference).describe(&dark(&tree), &Ok(Declared::default()));
    let last = seen.mounts.value().unwrap().last().unwrap();
    for gap in [last.declared.gap(), last.host_path.gap(), last.kept.gap(), last.engine_sockets.gap()] {
        assert_eq!(gap.unwrap().kind, GapKind::Denied);
    }
    assert_eq!(seen.writable, Observed::known(Vec::new()));
    // A proc of which the auditor sees the processes alone.
    tree.remove("proc/sys");
    let seen = look(&system, PID, &Group::Shared, &reference).describe(&dark(&tree), &Ok(Declared::default()));
    assert!(seen.writable.gap().is_some() && seen.exposed.gap().is_some() && seen.mounts.value().is_some());
}
