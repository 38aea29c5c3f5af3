use super::super::super::process::Reference;
use super::super::super::tree::Tree;
use super::*;

fn ask(tree: &Tree, name: &str) -> Observed<String> {
    ask_of(tree.file("usr/lib/systemd/systemd-sysctl", ""), name)
}

fn ask_of(tree: &Tree, name: &str) -> Observed<String> {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let name = name.to_owned();
    at_boot(&system, &view, [&name].into_iter()).remove(&name).unwrap()
}

/// The value and where it comes from.
fn told(tree: &Tree, name: &str) -> String {
    match ask(tree, name) {
        Observed::Known { value, source: Some(place) } if place.starts_with("/etc/sysctl.d, ") => value,
        Observed::Known { value, source: Some(place) } => format!("{value} {place}"),
        Observed::Known { value, source: None } => value,
        Observed::Unknown { gap, .. } => panic!("{gap}"),
    }
}

/// OpenRC and others read other files in another order.
#[test]
fn where_systemd_is_not_there_nothing_is_known() {
    let tree = Tree::new();
    tree.file("etc/sysctl.d/10-a.conf", "kernel.randomize_va_space = 2\n");
    assert_eq!(ask_of(&tree, "kernel.randomize_va_space").gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(told(&tree, "kernel.randomize_va_space"), "2 /etc/sysctl.d/10-a.conf:1");
}

/// Each of these was seen with systemd-sysctl 252.
#[test]
fn the_last_line_that_names_a_setting_counts() {
    let tree = Tree::new();
    let first = "net.ipv4.conf.all.rp_filter = 1\n\
        net/ipv4/conf/all/log_martians = 1\n\
        /net/ipv4/conf/all/secure_redirects = 1\n\
        net.ipv4.conf.all.send_redirects=1 # comment\n\
        ; semi\n\
        \x20-net.ipv4.conf.default.rp_filter = 2\n\
        net..ipv4.conf.all.bootp_relay = 1\n\
        net.ipv4.conf.all.arp_filter\n\
        net.ipv4.conf.default.shared_media =\n";
    tree.file("etc/sysctl.d/10-a.conf", first);
    tree.file("etc/sysctl.d/20-b.conf", "net.ipv4.conf.all.rp_filter = 0\n-net.ipv4.conf.all.log_martians\n");
    let all = |name: &str| told(&tree, &format!("net.ipv4.conf.all.{name}"));
    assert_eq!(all("rp_filter"), "0 /etc/sysctl.d/20-b.conf:1");
    assert_eq!(all("log_martians"), " /etc/sysctl.d/20-b.conf:2");
    assert_eq!(all("secure_redirects"), "1 /etc/sysctl.d/10-a.conf:3");
    assert_eq!(all("send_redirects"), "1 /etc/sysctl.d/10-a.conf:4");
    assert_eq!(told(&tree, "net.ipv4.conf.default.rp_filter"), "2 /etc/sysctl.d/10-a.conf:6");
    assert_eq!(all("bootp_relay"), "1 /etc/sysctl.d/10-a.conf:7");
    assert_eq!(all("arp_filter"), "");
    assert_eq!(told(&tree, "net.ipv4.conf.default.shared_media"), " /etc/sysctl.d/10-a.conf:9");
}

/// And each of these.
#[test]
fn patterns_give_way_to_names() {
    let tree = Tree::new();
    let first = "net.ipv4.conf.*.accept_redirects = 1\n\
        -net.ipv4.conf.all.accept_source_route\n\
        net.ipv4.conf.*.accept_source_route = 1\n\
        net.ipv4.conf.all.shared_media = 1\n";
    let second = "net.ipv4.conf.all.accept_redirects = 0\n\
        net.ipv4.conf.all.shared_*=0\n\
        net.ipv4.conf.a?l.arp_announce = 1\n\
        net.ipv4.conf.a[l]l.arp_ignore = 1\n\
        net.ipv4.conf.*.accept_redirects = 7\n";
    tree.file("etc/sysctl.d/10-a.conf", first).file("etc/sysctl.d/20-b.conf", second);
    for (name, expected) in [
        ("all.accept_redirects", "0 /etc/sysctl.d/20-b.conf:1"),
        ("default.accept_redirects", "7 /etc/sysctl.d/20-b.conf:5"),
        ("all.accept_source_route", " /etc/sysctl.d/10-a.conf:2"),
        ("default.accept_source_route", "1 /etc/sysctl.d/10-a.conf:3"),
        ("all.shared_media", "1 /etc/sysctl.d/10-a.conf:4"),
        ("all.arp_announce", "1 /etc/sysctl.d/20-b.conf:3"),
        ("all.arp_ignore", "1 /etc/sysctl.d/20-b.conf:4"),
        ("default.arp_ignore", ""),
    ] {
        assert_eq!(told(&tree, &format!("net.ipv4.conf.{name}")), expected, "{name}");
    }
}

#[test]
fn a_file_masks_those_of_its_name() {
    let tree = Tree::new();
    tree.file("usr/lib/sysctl.d/50-a.conf", "kernel.x = 1\n").file("run/sysctl.d/50-a.conf", "kernel.y = 2\n");
    assert_eq!(told(&tree, "kernel.x"), "");
    assert_eq!(told(&tree, "kernel.y"), "2 /run/sysctl.d/50-a.conf:1");
    tree.link("etc/sysctl.d/50-a.conf", "/dev/null");
    assert_eq!(told(&tree, "kernel.y"), "");
    tree.file("etc/sysctl.conf", "kernel.z = 3\n");
    assert_eq!(told(&tree, "kernel.z"), "");
    tree.link("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
    assert_eq!(told(&tree, "kernel.z"), "3 /etc/sysctl.d/99-sysctl.conf:1");
}

#[test]
fn ufw_comes_last_where_it_is_enabled() {
    let tree = Tree::new();
    tree.file("etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n");
    tree.file("usr/sbin/ufw", "").file("etc/ufw/ufw.conf", "ENABLED=no\n");
    tree.file("etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n");
    tree.file("etc/ufw/sysctl.conf", "net/ipv4/ip_forward=1\nnet/ipv4/ip_forward=2\n#net/ipv4/ip_forward=3\n");
    assert_eq!(told(&tree, "net.ipv4.ip_forward"), "0 /etc/sysctl.d/a.conf:1");
    tree.file("etc/ufw/ufw.conf", "ENABLED=yes\n");
    assert_eq!(told(&tree, "net.ipv4.ip_forward"), "0 /etc/sysctl.d/a.conf:1");
    tree.file("usr/lib/systemd/system/ufw.service", "[Service]\n");
    tree.link("etc/systemd/system/multi-user.target.wants/ufw.service", "/usr/lib/systemd/system/ufw.service");
    assert_eq!(told(&tree, "net.ipv4.ip_forward"), "2 /etc/ufw/sysctl.conf:2");
    tree.file("etc/default/ufw", "IPT_SYSCTL=$HOME/x\n");
    assert_eq!(ask(&tree, "net.ipv4.ip_forward").gap().unwrap().kind, GapKind::Unsupported);
    tree.remove("usr/sbin/ufw");
    assert_eq!(told(&tree, "net.ipv4.ip_forward"), "0 /etc/sysctl.d/a.conf:1");
}

#[test]
fn what_cannot_be_read_hides_what_comes_before_it() {
    let tree = Tree::new();
    tree.file("etc/sysctl.d/10-a.conf", "kernel.x = 1\n").file("etc/sysctl.d/20-b.conf", vec![b'#'; 5 << 20]);
    assert_eq!(ask(&tree, "kernel.x").gap().unwrap().kind, GapKind::Malformed);
    assert_eq!(ask(&tree, "kernel.y").gap().unwrap().kind, GapKind::Malformed);
    tree.file("etc/sysctl.d/30-c.conf", b"\xff=1\nkernel.x = 2\n=\n-\n==\nkernel.*");
    assert_eq!(told(&tree, "kernel.x"), "2 /etc/sysctl.d/30-c.conf:2");
    assert_eq!(ask(&tree, "kernel..x").gap().unwrap().kind, GapKind::Malformed);
}
