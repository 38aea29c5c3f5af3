//! Who may use the API's sockets, and on what images lie.

use std::os::unix::fs::{PermissionsExt, chown};

use super::*;

const ACCOUNTS: &str = "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nann:x:1001:1001::/:/bin/sh\n\
                        bob:x:1002:998::/:/bin/sh\nalice:x:1003:1003::/:/bin/sh\nown:x:100000:998::/:/bin/sh\n";
const GROUPS: &str =
    "root:x:0:\nops:x:1500:alice\ndocker:x:998:ann,alice,root,toor\ndocker-old:x:998:eve\nother:x:7:mallory\n";

/// A dockerd whose socket has an owner, a group and a mode.
fn lab(uid: u32, gid: u32, mode: u32) -> Lab {
    let lab = Lab::new(&[]);
    let row = "0000000000000000: 00000002 00000000 00010000 0001 01     7 /var/run/docker.sock\n";
    lab.write(
        &format!("/proc/{PID}/net/unix"),
        format!("Num       RefCount Protocol Flags    Type St Inode Path\n{row}"),
    );
    lab.socket(PID, 3, 7);
    lab.inside("/var/run/docker.sock", "");
    lab.inside("/etc/passwd", ACCOUNTS);
    lab.inside("/etc/group", GROUPS);
    lab.owned(uid, gid, mode);
    lab
}

impl Lab {
    fn owned(&self, uid: u32, gid: u32, mode: u32) {
        let socket = self.path(&format!("/proc/{PID}/root/var/run/docker.sock"));
        chown(&socket, Some(uid), Some(gid)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn accounts(&self) -> Vec<String> {
        let accounts = self.see().api_accounts;
        accounts.value().unwrap_or_else(|| panic!("{:?}", accounts.gap())).clone()
    }
}

#[test]
fn members_of_the_sockets_group_are_all_of_them() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let lab = lab(0, 998, 0o660);
    // Two groups of one number, a primary group, and nobody who is root anyway.
    assert_eq!(lab.accounts(), ["alice", "ann", "bob", "eve"]);
    lab.owned(0, 998, 0o600);
    assert_eq!(lab.accounts(), [""; 0]);
    lab.owned(0, 0, 0o660);
    assert_eq!(lab.accounts(), [""; 0]);
    lab.owned(1001, 0, 0o660);
    assert_eq!(lab.accounts(), ["ann"]);
    lab.owned(4711, 1500, 0o660);
    assert_eq!(lab.accounts(), ["alice", "uid 4711"]);
    // Root of a rootless engine, which uid_map says.
    lab.owned(100_000, 0, 0o660);
    assert_eq!(lab.accounts(), [""; 0]);
}

#[test]
#[allow(clippy::disallowed_types)]
fn an_access_list_names_others() {
    let lab = lab(0, 0, 0o660);
    let socket = lab.path(&format!("/proc/{PID}/root/var/run/docker.sock"));
    let set = |entry: &str| std::process::Command::new("setfacl").args(["-m", entry]).arg(&socket).status();
    if !set("u:1001:rw,g:1500:rw,u:1002:r").is_ok_and(|status| status.success()) {
        return;
    }
    assert_eq!(lab.accounts(), ["alice", "ann"]);
    assert!(set("m::r").unwrap().success());
    assert_eq!(lab.accounts(), [""; 0]);
}

#[test]
fn members_from_elsewhere_are_unknown() {
    let lab = lab(0, 998, 0o660);
    lab.inside("/etc/nsswitch.conf", "passwd: files systemd\ngroup : files [SUCCESS=merge] systemd # sss\n");
    assert_eq!(lab.accounts().len(), 4);
    lab.inside("/etc/nsswitch.conf", "passwd: files\ngroup: files sss\n");
    assert_eq!(kind(&lab.see().api_accounts), Some(GapKind::Unsupported));
    lab.inside("/etc/nsswitch.conf", "passwd: files ldap\ngroup: files\n");
    assert_eq!(kind(&lab.see().api_accounts), Some(GapKind::Unsupported));
}

#[test]
fn images_lie_in_the_engines_directory_or_in_containerds() {
    let lab = lab(0, 0, 0o660);
    lab.write(
        &format!("/proc/{PID}/mountinfo"),
        "22 1 254:0 / / rw - ext4 /dev/vda rw\n23 22 254:16 / /srv/docker rw - ext4 /dev/vdb rw\n",
    );
    lab.inside("/srv/docker/100000.100000/x", "");
    lab.inside("/var/lib/containerd/x", "");
    let link = lab.path(&format!("/proc/{PID}/root/var/lib/docker"));
    symlink("/srv/docker", link).unwrap();
    let mut engine = engine("26.1.5", "builtin");
    let seen = |engine: &Engine| {
        let storage = lab.see_as(engine).storage;
        let storage = storage.value().unwrap_or_else(|| panic!("{:?}", storage.gap())).clone();
        storage.into_iter().map(|one| (one.path, one.mount_point, one.own_filesystem)).collect::<Vec<_>>()
    };
    let docker = || ("/srv/docker".to_owned(), "/srv/docker".to_owned(), true);
    assert_eq!(seen(&engine), [docker()]);
    (engine.userns_remap, engine.data_root) = (true, "/var/lib/docker/100000.100000".to_owned());
    assert_eq!(seen(&engine), [docker()]);
    engine.containerd_image_store = true;
    assert_eq!(seen(&engine), [docker(), ("/var/lib/containerd".to_owned(), "/".to_owned(), false)]);
    lab.inside("/etc/containerd/config.toml", "root = '/srv/docker/containerd'\n");
    lab.inside("/srv/docker/containerd/x", "");
    assert_eq!(seen(&engine), [docker()]);
    lab.inside("/etc/containerd/config.toml", "root = [\n");
    assert_eq!(kind(&lab.see_as(&engine).storage), Some(GapKind::Malformed));
}
