//! Sockets: whose they are, and which of them are the API's.

use super::*;

const HEAD: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n";

fn unix(inode: u64, path: &str) -> String {
    format!("0000000000000000: 00000002 00000000 00010000 0001 01 {inode:5} {path}\n")
}

fn tcp(rows: &[(&str, &str, u64)]) -> String {
    let mut text = String::from(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
    );
    for (local, state, inode) in rows {
        text +=
            &format!("   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  0  0 {inode} 1\n");
    }
    text
}

fn address(ip: [u8; 4], port: u16) -> String {
    format!("{:08X}:{port:04X}", u32::from_ne_bytes(ip))
}

/// systemd (1) listens and has passed the socket on.
fn activated() -> Lab {
    let lab = Lab::new(&["-H", "fd://"]);
    lab.process(1, "systemd", 0, 0);
    lab.write("/run/docker.sock", "");
    symlink("run", lab.path("/var")).unwrap_or_default();
    lab.write("/proc/1/net/unix", HEAD.to_owned() + &unix(55, "/run/docker.sock"));
    lab.socket(1, 40, 55);
    lab
}

fn behind(lab: &Lab, peer: u32) -> Result<u32, Gap> {
    owner::behind(&lab.system(), Path::new("/run/docker.sock"), peer)
}

#[test]
fn the_engine_that_listens_is_the_owner() {
    let lab = activated();
    lab.write(&format!("/proc/{PID}/net/unix"), HEAD);
    assert_eq!(behind(&lab, PID), Ok(PID));
}

#[test]
fn with_socket_activation_the_holder_is_the_owner() {
    let lab = activated();
    lab.process(600, "dockerd", 1, 0);
    lab.socket(600, 3, 99);
    assert_eq!(
        behind(&lab, 1).unwrap_err().kind,
        GapKind::Unsupported,
        "a dockerd that holds another socket is not it"
    );
    lab.socket(PID, 5, 55);
    assert_eq!(behind(&lab, 1), Ok(PID));
    // Two engines with the same socket: neither is certain.
    lab.socket(600, 4, 55);
    assert_eq!(behind(&lab, 1).unwrap_err().kind, GapKind::Unsupported);
}

#[test]
fn a_path_of_the_same_name_elsewhere_does_not_mislead() {
    let lab = activated();
    lab.process(600, "dockerd", 1, 0);
    lab.socket(600, 3, 66);
    lab.socket(PID, 5, 55);
    // 66 is bound to the same path in another file tree; 77 is forged by a line break in an abstract name of odd bytes.
    let mut table = (HEAD.to_owned() + &unix(66, "/run/docker.sock") + &unix(55, "/run/docker.sock")).into_bytes();
    table.extend(b"0000000000000000: 00000002 00000000 00010000 0001 01 12 @\xff\n");
    table.extend(unix(77, "/run/docker.sock").into_bytes());
    lab.write("/proc/1/net/unix", &table);
    assert_eq!(behind(&lab, 1), Ok(PID));
    // When the listening process has let go of its socket, nothing tells the three apart.
    fs::remove_file(lab.path("/proc/1/fd/40")).unwrap();
    assert_eq!(behind(&lab, 1).unwrap_err().kind, GapKind::Unsupported);
}

#[test]
fn a_proxy_before_the_engine_is_told() {
    let lab = activated();
    let gap = behind(&lab, 1).unwrap_err();
    assert!(gap.detail.contains("systemd (1)"), "{gap}");
    lab.write("/proc/1/net/unix", HEAD);
    assert_eq!(behind(&lab, 1).unwrap_err().kind, GapKind::Missing);
}

#[test]
fn a_real_listener_is_asked_for_its_process() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s");
    assert_eq!(owner(&System::live(), &path).unwrap_err().kind, GapKind::Missing);
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    // This test listens, and it is no engine.
    let gap = owner(&System::live(), &path).unwrap_err();
    assert!(matches!(gap.kind, GapKind::Unsupported | GapKind::Denied), "{gap}");
    drop(listener);
    assert_eq!(owner(&System::live(), &path).unwrap_err().kind, GapKind::Missing);
}

#[test]
fn only_the_apis_listeners_are_listed() {
    let lab = Lab::new(&["-H", "tcp://0.0.0.0:2375", "-H", "tcp://[::]:2376", "-H", "unix:///x"]);
    lab.socket(PID, 3, 11);
    lab.socket(PID, 4, 12);
    lab.socket(PID, 5, 13);
    let rows = [
        (address([0, 0, 0, 0], 2375), "0A", 11),
        (address([0, 0, 0, 0], 80), "0A", 12),
        (address([127, 0, 0, 1], 2376), "0A", 99),
        (address([127, 0, 0, 1], 2375), "01", 12),
    ];
    let rows: Vec<(&str, &str, u64)> = rows.iter().map(|(a, s, i)| (a.as_str(), *s, *i)).collect();
    lab.write(&format!("/proc/{PID}/net/tcp"), tcp(&rows));
    assert_eq!(kind(&lab.see().tcp_listeners), Some(GapKind::Unsupported), "2376 was asked for and is nowhere");
    lab.write(&format!("/proc/{PID}/net/tcp6"), tcp(&[(&format!("{}:0948", "0".repeat(32)), "0A", 13)]));
    assert_eq!(lab.see().tcp_listeners.value().unwrap(), &["0.0.0.0:2375", "[::]:2376"]);
    lab.write(&format!("/proc/{PID}/net/tcp6"), "head\nnonsense\n");
    assert_eq!(kind(&lab.see().tcp_listeners), Some(GapKind::Malformed));
}

#[test]
fn a_listener_passed_on_by_systemd_is_the_apis() {
    let lab = activated();
    lab.socket(PID, 3, 11);
    lab.socket(PID, 4, 12);
    lab.socket(1, 41, 11);
    let (api, published) = (address([127, 0, 0, 1], 4000), address([0, 0, 0, 0], 80));
    lab.write(&format!("/proc/{PID}/net/tcp"), tcp(&[(&api, "0A", 11), (&published, "0A", 12)]));
    assert_eq!(lab.see().tcp_listeners.value().unwrap(), &["127.0.0.1:4000"]);
    // Another program may have let go of what it passed on.
    lab.write("/proc/1/stat", lab.system().read("/proc/1/stat").unwrap().replace("systemd", "tini"));
    assert_eq!(kind(&lab.see().tcp_listeners), Some(GapKind::Unsupported));
    fs::remove_dir_all(lab.path("/proc/1/fd")).unwrap();
    assert_eq!(kind(&lab.see().tcp_listeners), Some(GapKind::Missing));
}

#[test]
fn with_unknown_addresses_a_listener_is_unknown_but_swarms() {
    let lab = Lab::new(&[]);
    lab.inside(FILE, "{");
    assert_eq!(lab.see().tcp_listeners.value().unwrap().len(), 0, "no TCP socket, no listener");
    lab.socket(PID, 3, 11);
    lab.write(&format!("/proc/{PID}/net/tcp"), tcp(&[(&address([0, 0, 0, 0], 2377), "0A", 11)]));
    assert_eq!(kind(&lab.see().tcp_listeners), Some(GapKind::Malformed));
    let mut swarm = engine("26.1.5", "builtin");
    swarm.swarm = "active".into();
    assert_eq!(lab.see_as(&swarm).tcp_listeners.value().unwrap().len(), 0);
}

#[test]
fn docker_proxies_are_its_own_children() {
    let lab = Lab::new(&[]);
    lab.process(7, "docker-proxy", PID, 0);
    lab.process(8, "docker-proxy", 1, 0);
    lab.process(9, "rootlesskit-doc", PID, 0);
    lab.process(10, "x) S 4242 (docker-proxy", 1, 0);
    assert_eq!(lab.see().userland_proxies.value(), Some(&2));
}
