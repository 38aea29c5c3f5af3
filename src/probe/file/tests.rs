use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::super::tree::Tree;
use super::*;

fn known(tree: &Tree, path: &str) -> Option<File> {
    let observed = observe(&tree.system(), path);
    observed.value().unwrap_or_else(|| panic!("{:?}", observed.gap())).clone()
}

#[test]
fn kinds_and_modes() {
    let tree = Tree::new();
    tree.file("etc/plain", "");
    let system = tree.system();
    fs::set_permissions(system.real("/etc/plain"), fs::Permissions::from_mode(0o4751)).unwrap();
    let _listener = UnixListener::bind(system.real("/etc/socket")).unwrap();
    let plain = known(&tree, "/etc/plain").unwrap();
    assert_eq!((plain.kind, plain.mode, plain.symlink), (FileKind::Regular, 0o4751, false));
    assert_eq!(plain.uid, rustix::process::geteuid().as_raw());
    assert_eq!(plain.extended_acl, Observed::known(false));
    assert_eq!(known(&tree, "/etc").unwrap().kind, FileKind::Directory);
    assert_eq!(known(&tree, "/etc/socket").unwrap().kind, FileKind::Socket);
    assert_eq!(known(&tree, "/").unwrap().kind, FileKind::Directory);
}

#[test]
fn links_end_inside_the_root() {
    let tree = Tree::new();
    tree.file("etc/shadow", "x").link("run/link", "/etc/shadow").link("way", "etc").link("dangling", "/nowhere");
    let file = known(&tree, "/run/link").unwrap();
    assert_eq!((file.path.as_str(), file.symlink), ("/etc/shadow", true));
    let file = known(&tree, "/way/shadow").unwrap();
    assert_eq!((file.path.as_str(), file.symlink), ("/etc/shadow", false));
    assert_eq!(known(&tree, "/../../etc/shadow").unwrap().path, "/etc/shadow");
    assert_eq!(known(&tree, "/dangling"), None);
    assert_eq!(known(&tree, "/etc/none"), None);
    assert_eq!(known(&tree, "/etc/shadow/below"), None);
    tree.link("loop", "loop");
    assert_eq!(observe(&tree.system(), "/loop").gap().unwrap().kind, GapKind::Malformed);
}

#[test]
fn a_device_is_something_else() {
    let file = observe(&System::live(), "/dev/null");
    let file = file.value().unwrap().as_ref().unwrap();
    assert_eq!((file.kind, file.mode), (FileKind::Other, 0o666));
}

#[test]
#[allow(clippy::disallowed_types)]
fn a_real_access_list_is_seen() {
    let tree = Tree::new();
    tree.file("etc/shadow", "x");
    let real = tree.system().real("/etc/shadow");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let set = std::process::Command::new("setfacl").args(["-m", "u:12345:r"]).arg(&real).status();
    if set.is_ok_and(|status| status.success()) {
        let file = known(&tree, "/etc/shadow").unwrap();
        assert_eq!((file.mode, file.extended_acl), (0o640, Observed::known(true)));
    }
}
