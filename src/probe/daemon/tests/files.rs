//! The files that dockerd lives from: which ones they are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::facts::{DaemonFile, Role};

const HEAD: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n";

fn row(inode: u64, path: &str) -> String {
    format!("0000000000000000: 00000002 00000000 00010000 0001 01 {inode:5} {path}\n")
}

/// A dockerd that holds one listening socket, and no containerd.
fn lab(arguments: &[&str]) -> Lab {
    let lab = Lab::new(arguments);
    lab.write(&format!("/proc/{PID}/net/unix"), format!("{HEAD}{}", row(7, "/var/run/docker.sock")));
    lab.socket(PID, 3, 7);
    lab.inside("/var/run/docker.sock", "");
    lab
}

impl Lab {
    fn inside_link(&self, path: &str, target: &str) {
        let path = self.path(&format!("/proc/{PID}/root{path}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn files(&self) -> Vec<DaemonFile> {
        self.files_of(&engine("26.1.5", "builtin"))
    }

    fn files_of(&self, engine: &Engine) -> Vec<DaemonFile> {
        self.see_as(engine).files.value().unwrap().clone()
    }

    fn paths(&self, role: Role) -> Vec<String> {
        self.files().into_iter().filter(|file| file.role == role).map(|file| file.path).collect()
    }
}

fn gap(files: &[DaemonFile], role: Role) -> GapKind {
    let found: Vec<_> = files.iter().filter(|file| file.role == role).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].file.gap().unwrap().kind
}

#[test]
fn a_unit_is_the_first_of_its_name_with_its_drop_ins() {
    let lab = lab(&[]);
    for path in [
        "/usr/lib/systemd/system/docker.service",
        "/etc/systemd/system/docker.service",
        "/usr/lib/systemd/system/docker.service.d/10-a.conf",
        "/etc/systemd/system/docker.service.d/10-a.conf",
        "/run/systemd/system/docker.service.d/20-b.conf",
        "/etc/systemd/system/docker.service.d/note.txt",
        "/usr/lib/systemd/system/service.d/30-c.conf",
        "/usr/lib/systemd/system/service.d/20-b.conf",
        "/etc/systemd/system/docker-.service.d/40-d.conf",
        "/etc/systemd/system/socket.d/50-e.conf",
    ] {
        lab.inside(path, "");
    }
    assert_eq!(
        lab.paths(Role::ServiceUnit),
        [
            "/etc/systemd/system/docker.service",
            "/etc/systemd/system/docker.service.d/10-a.conf",
            "/run/systemd/system/docker.service.d/20-b.conf",
            "/usr/lib/systemd/system/service.d/30-c.conf",
        ]
    );
    // Drop-ins make no unit.
    assert_eq!(lab.paths(Role::SocketUnit), Vec::<String>::new());
}

#[test]
fn a_mask_is_no_unit_and_hides_drop_ins_of_its_name() {
    let lab = lab(&[]);
    lab.inside("/dev/null", "");
    lab.inside_link("/etc/systemd/system/docker.service", "/dev/null");
    lab.inside("/usr/lib/systemd/system/docker.service", "");
    lab.inside_link("/etc/systemd/system/docker.service.d/a.conf", "/dev/null");
    lab.inside("/usr/lib/systemd/system/docker.service.d/a.conf", "");
    lab.inside_link("/etc/systemd/system/docker.socket", "/dev/null");
    assert_eq!(lab.paths(Role::ServiceUnit), ["/usr/lib/systemd/system/docker.service"]);
    assert_eq!(lab.paths(Role::SocketUnit), Vec::<String>::new());
}

#[test]
fn a_unit_under_another_name_has_the_drop_ins_of_both() {
    let lab = lab(&[]);
    lab.inside("/usr/lib/systemd/system/docker-ce.service", "");
    lab.inside_link("/etc/systemd/system/docker.service", "/usr/lib/systemd/system/docker-ce.service");
    lab.inside("/etc/systemd/system/docker-ce.service.d/a.conf", "");
    lab.inside("/etc/systemd/system/docker-.service.d/b.conf", "");
    assert_eq!(lab.paths(Role::ServiceUnit).len(), 3);
    let files = lab.files();
    let unit = files.iter().find(|file| file.path == "/etc/systemd/system/docker.service").unwrap();
    assert_eq!(unit.file.value().unwrap().path, "/usr/lib/systemd/system/docker-ce.service");
}

#[test]
fn the_configuration_is_the_one_that_dockerd_was_told() {
    let lab = lab(&["--config-file=/srv/docker.json"]);
    lab.inside("/srv/docker.json", "{}");
    lab.inside(FILE, "{}");
    assert_eq!(lab.paths(Role::ConfigFile), ["/srv/docker.json"]);
    assert_eq!(lab.paths(Role::ConfigDirectory), ["/etc/docker"]);
    let lab = super::files::lab(&["--config-file="]);
    lab.inside(FILE, "{}");
    assert_eq!(lab.paths(Role::ConfigFile), Vec::<String>::new());
}

#[test]
fn certificates_of_registries_are_told_from_what_else_lies_there() {
    let lab = lab(&[]);
    for name in ["ca.crt", "client.cert", "client.key", "hosts.toml", "README"] {
        lab.inside(&format!("/etc/docker/certs.d/registry.lan:5000/{name}"), "");
    }
    lab.inside("/srv/other.pem", "");
    lab.inside_link("/etc/docker/certs.d/other.lan/ca.crt", "/srv/other.pem");
    lab.inside_link("/etc/docker/certs.d/other.lan/gone.crt", "/srv/none");
    lab.inside("/etc/docker/certs.d/loose.crt", "");
    lab.inside("/etc/docker/certs.d/other.lan/folder.crt/x", "");
    let name = OsStr::from_bytes(b"bad\xff\n.crt");
    fs::write(lab.path(&format!("/proc/{PID}/root/etc/docker/certs.d/other.lan")).join(name), "").unwrap();
    let certificates = lab.paths(Role::RegistryCertificate);
    assert_eq!(
        certificates,
        [
            "/etc/docker/certs.d/other.lan/bad\u{fffd}\n.crt",
            "/etc/docker/certs.d/other.lan/ca.crt",
            "/etc/docker/certs.d/registry.lan:5000/ca.crt",
            "/etc/docker/certs.d/registry.lan:5000/client.cert",
            "/etc/docker/certs.d/registry.lan:5000/client.key",
        ]
    );
}

#[test]
fn tls_files_are_those_of_the_options() {
    let lab = lab(&["--tlsverify", "--tlscacert=/srv/ca.pem", "--tlscert=/srv/c.pem", "--tlskey=/srv/k.pem"]);
    for name in ["ca", "c", "k"] {
        lab.inside(&format!("/srv/{name}.pem"), "");
    }
    assert_eq!(lab.paths(Role::TlsCa), ["/srv/ca.pem"]);
    assert_eq!(lab.paths(Role::TlsCertificate), ["/srv/c.pem"]);
    assert_eq!(lab.paths(Role::TlsKey), ["/srv/k.pem"]);
    assert_eq!(super::files::lab(&[]).paths(Role::TlsKey), Vec::<String>::new());
    // Which ones they are cannot be told: everything else still can.
    let files = super::files::lab(&["--tlsverify=maybe"]).files();
    assert_eq!(gap(&files, Role::TlsKey), GapKind::Malformed);
    assert!(files.iter().any(|file| file.role == Role::ConfigDirectory && file.file.value().is_some()));
}

#[test]
fn sockets_of_the_api_are_told_from_dockerds_others() {
    let lab = lab(&["-H", "unix:///var/run/docker.sock", "-H", "unix:///srv/second.sock"]);
    let rows = [
        row(7, "/var/run/docker.sock"),
        row(8, "/run/docker/libnetwork/1.sock"),
        row(9, "/run/nri.sock"),
        row(10, "/srv/second.sock"),
        row(11, "/run/other.sock"),
    ];
    lab.write(&format!("/proc/{PID}/net/unix"), HEAD.to_owned() + &rows.concat());
    for (fd, inode) in [(4, 8), (5, 9), (6, 10)] {
        lab.socket(PID, fd, inode);
    }
    for path in ["/run/docker/libnetwork/1.sock", "/run/nri.sock", "/srv/second.sock", "/run/other.sock"] {
        lab.inside(path, "");
    }
    assert_eq!(lab.paths(Role::ApiSocket), ["/srv/second.sock", "/var/run/docker.sock"]);
}

#[test]
fn a_socket_that_was_passed_on_is_the_apis_and_a_forged_line_is_not() {
    let lab = lab(&["-H", "fd://"]);
    lab.inside("/tmp/evil", "");
    lab.process(1, "systemd", 0, 0);
    assert_eq!(lab.paths(Role::ApiSocket), Vec::<String>::new());
    lab.socket(1, 3, 7);
    assert_eq!(lab.paths(Role::ApiSocket), ["/var/run/docker.sock"]);
    lab.inside("/run/docker/api.sock", "");
    lab.write(&format!("/proc/{PID}/net/unix"), format!("{HEAD}{}", row(7, "/run/docker/api.sock")));
    assert_eq!(lab.paths(Role::ApiSocket), ["/run/docker/api.sock"]);
    let forged = format!("{HEAD}{}{}", row(7, "/var/run/docker.sock"), row(7, "/tmp/evil"));
    lab.write(&format!("/proc/{PID}/net/unix"), forged);
    assert!(lab.files().iter().filter(|f| f.role == Role::ApiSocket).all(|f| f.file.value().is_none()));
    // The audited socket is beyond doubt.
    lab.inside("/run/docker.sock", "");
    fs::create_dir_all(lab.path("/run")).unwrap();
    fs::hard_link(lab.path(&format!("/proc/{PID}/root/var/run/docker.sock")), lab.path("/run/docker.sock")).unwrap();
    assert_eq!(lab.paths(Role::ApiSocket), ["/var/run/docker.sock"]);
}

#[test]
fn a_socket_may_be_the_apis_when_dockerds_addresses_are_unknown() {
    let lab = Lab::starting(-10, &[]);
    lab.inside(FILE, "{}");
    lab.write(&format!("/proc/{PID}/net/unix"), format!("{HEAD}{}", row(7, "/srv/api.sock")));
    lab.socket(PID, 3, 7);
    lab.inside("/srv/api.sock", "");
    assert_eq!(gap(&lab.files(), Role::ApiSocket), GapKind::Unsupported);
    fs::remove_file(lab.path(&format!("/proc/{PID}/net/unix"))).unwrap();
    assert_eq!(gap(&lab.files(), Role::ApiSocket), GapKind::Missing);
}

#[test]
fn containerd_is_the_one_behind_dockerds_socket() {
    let lab = lab(&["--containerd=/srv/c.sock"]);
    for (pid, name, path) in [(60, "containerd", "/srv/other.sock"), (61, "containerd", "/srv/c.sock")] {
        lab.process(pid, name, 1, 0);
        lab.write(&format!("/proc/{pid}/net/unix"), format!("{HEAD}{}", row(u64::from(pid), path)));
        lab.socket(pid, 3, u64::from(pid));
        lab.inside(path, "");
        symlink(format!("../{PID}/root"), lab.path(&format!("/proc/{pid}/root"))).unwrap();
    }
    // One in a container, which binds to the same path.
    lab.process(59, "containerd", 1, 0);
    lab.write("/proc/59/net/unix", format!("{HEAD}{}", row(59, "/srv/c.sock")));
    lab.socket(59, 3, 59);
    lab.write("/proc/59/root/srv/c.sock", "");
    lab.write("/proc/59/cmdline", "containerd\0--state\0/evil\0");
    lab.write("/proc/60/cmdline", "containerd\0");
    lab.write("/proc/61/cmdline", "containerd\0--config\0/srv/c.toml\0");
    lab.inside("/srv/c.toml", "state = \"/srv/state\"\n");
    fs::remove_file(lab.path("/proc/61/exe")).unwrap();
    symlink("/opt/bin/containerd (deleted)", lab.path("/proc/61/exe")).unwrap();
    for path in ["/opt/bin/containerd", "/opt/bin/containerd-shim-runc-v2", "/usr/bin/containerd-shim", "/srv/state/x"]
    {
        lab.inside(path, "");
    }
    assert_eq!(lab.paths(Role::ContainerdSocket), ["/srv/c.sock"]);
    assert_eq!(lab.paths(Role::ContainerdConfig), ["/srv/c.toml"]);
    assert_eq!(lab.paths(Role::ContainerdState), ["/srv/state"]);
    assert_eq!(lab.paths(Role::ContainerdProgram), ["/opt/bin/containerd"]);
    assert_eq!(lab.paths(Role::ShimV2), ["/opt/bin/containerd-shim-runc-v2"]);
    assert_eq!(lab.paths(Role::Shim), Vec::<String>::new());
    lab.inside("/srv/c.toml", "state = [");
    assert_eq!(gap(&lab.files(), Role::ContainerdState), GapKind::Malformed);
}

#[test]
fn dockerds_own_containerd_goes_before_the_machines() {
    let lab = lab(&["--exec-root=/srv/exec"]);
    lab.inside("/run/containerd/containerd.sock", "");
    lab.inside("/srv/exec/containerd/containerd.sock", "");
    assert_eq!(lab.paths(Role::ContainerdSocket), ["/run/containerd/containerd.sock"]);
    lab.inside("/srv/exec/containerd/containerd.pid", "60");
    lab.process(60, "vim", PID, 0);
    assert_eq!(lab.paths(Role::ContainerdSocket), ["/run/containerd/containerd.sock"]);
    lab.process_again(60, "containerd");
    lab.write("/proc/60/net/unix", HEAD);
    assert_eq!(lab.paths(Role::ContainerdSocket), ["/srv/exec/containerd/containerd.sock"]);
}

impl Lab {
    fn process_again(&self, pid: u32, name: &str) {
        fs::remove_dir_all(self.path(&format!("/proc/{pid}"))).unwrap();
        self.process(pid, name, PID, 0);
    }
}

#[test]
fn programs_and_the_data_root() {
    let lab = lab(&[]);
    for path in ["/usr/bin/dockerd", "/usr/sbin/runc", "/usr/bin/runc", "/opt/kata", "/var/lib/docker/1.2/x"] {
        lab.inside(path, "");
    }
    let mut engine = engine("26.1.5", "builtin");
    let path = |engine: &Engine, role| {
        let files = lab.files_of(engine);
        files.into_iter().find(|file| file.role == role).map(|file| file.path).unwrap()
    };
    assert_eq!(path(&engine, Role::DaemonProgram), "/usr/bin/dockerd");
    assert_eq!(gap(&lab.files_of(&engine), Role::Runtime), GapKind::Unsupported);
    for (told, found) in [("runc", "/usr/sbin/runc"), ("/opt/kata", "/opt/kata")] {
        engine.default_runtime = told.to_owned();
        assert_eq!(path(&engine, Role::Runtime), found);
    }
    engine.default_runtime = "crun".to_owned();
    assert_eq!(gap(&lab.files_of(&engine), Role::Runtime), GapKind::Unsupported);
    engine.data_root = "/var/lib/docker/1.2".to_owned();
    assert_eq!(path(&engine, Role::DataRoot), "/var/lib/docker/1.2");
    engine.userns_remap = true;
    assert_eq!(path(&engine, Role::DataRoot), "/var/lib/docker");
}

#[test]
fn a_rootless_engine_has_its_users_files() {
    let lab = Lab::new(&[]);
    lab.write(&format!("/proc/{PID}/status"), "Name:\tdockerd\nUid:\t1000\t1000\t1000\t1000\n");
    lab.inside("/etc/passwd", "dock:x:1000:1000::/home/dock:/bin/sh\n");
    lab.inside("/home/dock/.config/docker/daemon.json", "{}");
    lab.inside("/home/dock/.config/systemd/user/docker.service", "");
    lab.inside("/etc/systemd/system/docker.service", "");
    let mut engine = engine("26.1.5", "builtin");
    engine.rootless = true;
    let seen = lab.see_as(&engine);
    let paths: Vec<&str> = seen.files.value().unwrap().iter().map(|file| file.path.as_str()).collect();
    assert!(paths.contains(&"/home/dock/.config/docker"));
    assert!(paths.contains(&"/home/dock/.config/docker/daemon.json"));
    assert!(paths.contains(&"/home/dock/.config/systemd/user/docker.service"));
    assert!(!paths.contains(&"/etc/systemd/system/docker.service"));
    assert_eq!(seen.socket_gids.value().unwrap(), &Vec::<i64>::new());
}

#[test]
fn files_are_sorted_and_an_unreadable_tree_is_one_gap() {
    let lab = lab(&[]);
    let files = lab.files();
    assert!(files.is_sorted_by_key(|file| (file.role, file.path.clone())));
    fs::remove_dir_all(lab.path(&format!("/proc/{PID}/root"))).unwrap();
    assert_eq!(kind(&lab.see().files), Some(GapKind::Missing));
}

#[test]
fn modes_come_with_their_files() {
    let lab = lab(&[]);
    lab.inside("/etc/default/docker", "");
    let path = lab.path(&format!("/proc/{PID}/root/etc/default/docker"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o622)).unwrap();
    let files = lab.files();
    let file = files.iter().find(|file| file.role == Role::DefaultFile).unwrap();
    assert_eq!(file.file.value().unwrap().mode, 0o622);
}

#[test]
fn groups_of_sockets() {
    let gids = |arguments: &[&str], groups: &str, switch: &str| {
        let lab = Lab::new(arguments);
        lab.inside("/etc/group", groups);
        lab.inside("/etc/nsswitch.conf", switch);
        lab.see().socket_gids
    };
    let groups = "root:x:0:\nxdocker:x:1:\ndocker:x:998:a,b\nops:x:1500:\n";
    assert_eq!(gids(&[], groups, "").value().unwrap(), &[998]);
    assert_eq!(gids(&["-G", "ops"], groups, "").value().unwrap(), &[998, 1500]);
    assert_eq!(gids(&["-G", "77"], groups, "").value().unwrap(), &[77, 998]);
    assert_eq!(gids(&["-G", "docker"], "root:x:0:\n", "group: files systemd").value().unwrap(), &Vec::<i64>::new());
    assert_eq!(kind(&gids(&[], "root:x:0:\n", "group: files [NOTFOUND=return] sss # x")), Some(GapKind::Unsupported));
    assert_eq!(gids(&[], groups, "group: files sss").value().unwrap(), &[998]);
}
