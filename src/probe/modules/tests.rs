use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

fn look(tree: &Tree, name: &str) -> Module {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let name = name.to_owned();
    observe(&system, &view, [&name].into_iter()).remove(&name).unwrap()
}

/// A machine with one kernel that has cramfs to load and ext4 compiled in.
fn machine() -> Tree {
    let tree = Tree::new();
    tree.file("proc/sys/kernel/osrelease", "6.1.0-1\n").file("proc/cmdline", "ro quiet\n");
    tree.file("proc/modules", "usb_storage 81920 0 - Live 0x0000000000000000\n").file("proc/filesystems", "\text4\n");
    tree.file(
        "usr/lib/modules/6.1.0-1/modules.dep",
        "kernel/fs/cramfs/cramfs.ko: kernel/drivers/mtd/mtd.ko\nkernel/drivers/usb/storage/usb-storage.ko.xz:\n",
    );
    tree.file("usr/lib/modules/6.1.0-1/modules.builtin", "kernel/fs/ext4/ext4.ko\n").link("lib", "usr/lib");
    tree.file("usr/bin/false", "").link("bin", "usr/bin");
    tree
}

fn source<T>(observed: &Observed<T>) -> &str {
    match observed {
        Observed::Known { source, .. } | Observed::Unknown { source, .. } => source.as_deref().unwrap_or_default(),
    }
}

#[test]
fn kernels_tell_what_they_have() {
    let tree = machine();
    let module = look(&tree, "cramfs");
    assert_eq!(module.shipped_by.value().unwrap(), &["6.1.0-1"]);
    assert_eq!((module.built_in.value(), module.loaded.value()), (Some(&false), Some(&false)));
    assert_eq!((module.refused.value(), module.blacklisted.value()), (Some(&false), Some(&false)));
    assert_eq!(look(&tree, "ext4").built_in.value(), Some(&true));
    for name in ["usb-storage", "usb_storage"] {
        let module = look(&tree, name);
        assert_eq!((module.loaded.value(), module.shipped_by.value().unwrap().len()), (Some(&true), 1));
    }
    // Headers and leftovers are no kernel; a kernel without an index is one of which nothing is known.
    tree.file("usr/lib/modules/6.1.0-2/build", "");
    assert_eq!(look(&tree, "hfs").shipped_by.value().unwrap(), &[""; 0]);
    tree.file("usr/lib/modules/6.1.0-3/kernel/fs/hfs.ko", "");
    assert_eq!(look(&tree, "hfs").shipped_by.gap().unwrap().kind, GapKind::Missing);
}

#[test]
fn the_first_install_that_matches_counts() {
    let tree = machine();
    tree.file(
        "etc/modprobe.d/b.conf",
        "# x\n\n  install cramfs /bin/false # no\ninstall usb-storage \\\n /bin/false\n",
    );
    let module = look(&tree, "cramfs");
    assert_eq!((module.refused.value(), source(&module.refused)), (Some(&true), "/etc/modprobe.d/b.conf:3"));
    assert_eq!(look(&tree, "usb_storage").refused.value(), Some(&true));
    tree.file("usr/local/lib/modprobe.d/a.conf", "install cram* /sbin/modprobe --ignore-install cramfs\n");
    let module = look(&tree, "cramfs");
    assert_eq!((module.refused.value(), source(&module.install)), (Some(&false), "/usr/local/lib/modprobe.d/a.conf:1"));
    // A file of the same name in a directory that comes first masks it.
    tree.file("run/modprobe.d/a.conf", "");
    assert_eq!(look(&tree, "cramfs").refused.value(), Some(&true));
    tree.link("etc/modprobe.d/b.conf", "/dev/null");
    assert_eq!(look(&tree, "cramfs").install.value().unwrap(), "");
}

#[test]
fn only_a_program_that_does_nothing_refuses() {
    let tree = machine();
    tree.file("usr/bin/bash", "").link("usr/local/bin/false", "/bin/bash").link("usr/bin/true", "busybox");
    tree.file("usr/bin/busybox", "");
    for (command, idle) in [
        ("/bin/false", true),
        ("/usr/bin/true", true),
        ("true", true),
        ("/bin/false --verbose", true),
        ("/bin/false #because", true),
        ("/sbin/false", false),
        ("/usr/local/bin/false", false),
        ("./false", false),
        ("/bin/true; /sbin/insmod x", false),
        ("/bin/false || modprobe -i cramfs", false),
        ("/bin/true\u{a0}x", false),
        ("`x`", false),
        ("falsehood", false),
    ] {
        assert_eq!(is_idle(&tree.system(), command).unwrap(), idle, "{command}");
    }
}

#[test]
fn blacklists_are_read_as_modprobe_and_the_kernel_read_them() {
    let tree = machine();
    tree.file("etc/modprobe.d/a.conf", "blacklist usb-storage\nblacklistcramfs\n#blacklist hfs\nblacklist\tudf # x\n");
    tree.file("etc/modprobe.d/ignored", "blacklist hfs\n");
    for (name, listed) in [("usb_storage", true), ("cramfs", false), ("hfs", false), ("udf", true)] {
        assert_eq!(look(&tree, name).blacklisted.value(), Some(&listed), "{name}");
    }
    tree.file("proc/cmdline", "modprobe.blacklist=hfs,a-b module_blacklist=sctp module_blacklist=dccp,rds\n");
    for (name, listed, refused) in
        [("hfs", true, false), ("a_b", false, false), ("dccp", true, true), ("rds", true, true), ("sctp", false, false)]
    {
        let module = look(&tree, name);
        assert_eq!((module.blacklisted.value(), module.refused.value()), (Some(&listed), Some(&refused)), "{name}");
    }
    tree.remove("proc/cmdline");
    assert!(look(&tree, "hfs").blacklisted.gap().is_some());
    assert_eq!(look(&tree, "udf").blacklisted.value(), Some(&true));
}

#[test]
fn a_kernel_without_a_list_shows_what_it_has() {
    let tree = machine();
    tree.remove("usr/lib/modules").file("proc/modules", "hfs 1 0 - Live 0x0\n");
    // They come from elsewhere.
    assert_eq!(look(&tree, "cramfs").shipped_by.gap().unwrap().kind, GapKind::Missing);
    tree.remove("proc/modules").file("proc/filesystems", "nodev\toverlay\n\tvxfs\n");
    tree.file("proc/net/protocols", "protocol  size sockets\nUDP 1 2\nSCTP 3 4\n");
    for (name, has) in [("overlay", true), ("freevxfs", true), ("cramfs", false), ("sctp", true), ("rds", false)] {
        let module = look(&tree, name);
        assert_eq!((module.built_in.value(), module.shipped_by.value().unwrap().len()), (Some(&has), 0), "{name}");
        assert_eq!(module.loaded.value(), Some(&false));
    }
    assert_eq!(look(&tree, "usb_storage").built_in.gap().unwrap().kind, GapKind::Missing);
    tree.file("sys/module/kernel/parameters/x", "");
    assert_eq!(look(&tree, "usb_storage").built_in.value(), Some(&false));
    assert_eq!(look(&tree, "other").built_in.gap().unwrap().kind, GapKind::Missing);
    tree.remove("proc/filesystems");
    assert!(look(&tree, "cramfs").loaded.gap().is_some());
}

#[test]
fn what_cannot_be_read_is_unknown_from_there_on() {
    let tree = machine();
    tree.file("etc/modprobe.d/a.conf", "install cramfs /bin/false\nblacklist cramfs\n");
    tree.file("etc/modprobe.d/b.conf", vec![b'#'; 5 << 20]);
    let module = look(&tree, "cramfs");
    assert_eq!((module.refused.value(), module.blacklisted.value()), (Some(&true), Some(&true)));
    let module = look(&tree, "hfs");
    assert!(module.refused.gap().is_some() && module.blacklisted.gap().is_some());
    tree.link("etc/modprobe.d/b.conf", "b.conf");
    assert_eq!(look(&tree, "cramfs").refused.gap().unwrap().kind, GapKind::Malformed);
    // Names need not be UTF-8, and a line may end anywhere.
    tree.remove("etc/modprobe.d/b.conf").file("etc/modprobe.d/b.conf", b"install \xff /bin/false\nblacklist hfs\\");
    assert_eq!(look(&tree, "hfs").blacklisted.value(), Some(&true));
}

#[test]
fn another_root_directory_is_not_the_machines() {
    let tree = machine();
    tree.namespace(50, "mnt", 4_026_532_300);
    assert!(look(&tree, "cramfs").shipped_by.value().is_some());
    tree.file("proc/1/root/etc/os-release", "");
    assert_eq!(look(&tree, "cramfs").shipped_by.gap().unwrap().kind, GapKind::Unsupported);
    // Whoever does not see the init process cannot compare.
    let tree = machine();
    tree.namespace(50, "pid", 4_026_532_301);
    assert_eq!(look(&tree, "cramfs").shipped_by.gap().unwrap().kind, GapKind::Unsupported);
}

#[test]
fn filesystems_are_those_that_the_kernel_would_load() {
    let tree = machine();
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let mounts = Observed::known(vec![HostMount {
        mount_point: "/".to_owned(),
        root: "/".to_owned(),
        device: "1:1".to_owned(),
        filesystem: "fuse.ssh".to_owned(),
        source: "x".to_owned(),
        options: Vec::new(),
    }]);
    let told = || {
        let found = filesystems(&system, &view, &mounts);
        let word = |m: &FilesystemModule| format!("{} {} {} {}", m.name, m.loaded, m.mounted, m.denied);
        found.as_known().map(|found| found.iter().map(word).collect::<Vec<_>>())
    };
    assert_eq!(told().unwrap_err().kind, GapKind::Missing);
    tree.file("proc/modules", "hfs 1 0 - Live 0x0\n").file("etc/modprobe.d/x.conf", "blacklist cramfs\n");
    tree.file(
        "usr/lib/modules/6.1.0-1/modules.alias",
        "# x\nalias fs-cramfs cramfs\nalias fs-hfs hfs\nalias fs-fuse fuse\nalias fs-fuseblk fuse\nalias pci:v0000 fsx\n",
    );
    assert_eq!(told().unwrap(), ["cramfs false false true", "fuse false true false", "hfs true false false"]);
}
