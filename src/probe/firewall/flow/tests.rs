use super::super::rules::{TCP, Test};
use super::super::save;
use super::*;

fn table(rules: &str) -> Vec<Table> {
    vec![save::filter(&format!("*filter\n{rules}COMMIT\n"), Family::V4).unwrap().unwrap()]
}

const DROP: &str = ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";
const OPEN: &str = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";

fn input(change: impl FnOnce(Packet) -> Packet, rules: &str) -> Fate {
    fate(&table(rules), &change(Packet::new(Family::V4, Hook::Input)))
}

fn spoofed(rules: &str) -> Fate {
    input(|packet| Packet { from_itself: true, protocol: Some(TCP), ..packet }, rules)
}

#[test]
fn the_first_rule_that_matches_all_decides() {
    let own = |packet: Packet| Packet { loopback: true, from_itself: true, ..packet };
    assert_eq!(input(own, &format!("{DROP}-A INPUT -i lo -j ACCEPT\n")), Fate::Accepted);
    assert_eq!(input(own, &format!("{DROP}-A INPUT ! -i lo -j ACCEPT\n")), Fate::Dropped);
    assert_eq!(
        input(own, &format!("{OPEN}-A INPUT -s 127.0.0.0/8 -j DROP\n-A INPUT -i lo -j ACCEPT\n")),
        Fate::Dropped
    );
    assert_eq!(input(own, DROP), Fate::Dropped);
    assert_eq!(fate(&[], &Packet::new(Family::V4, Hook::Input)), Fate::Accepted);
}

#[test]
fn spoofed_packets_have_to_be_dropped_before_anything_lets_them_in() {
    let lo = "-A INPUT -i lo -j ACCEPT\n";
    assert_eq!(spoofed(&format!("{OPEN}{lo}-A INPUT -s 127.0.0.0/8 -j DROP\n")), Fate::Dropped);
    assert_eq!(
        spoofed(&format!(
            "{OPEN}-A INPUT ! -i lo -s 127.0.0.0/255.0.0.0 -j REJECT --reject-with icmp-port-unreachable\n"
        )),
        Fate::Dropped
    );
    assert_eq!(spoofed(&format!("{OPEN}{lo}")), Fate::Accepted);
    // A policy drops what nothing lets in, and a port that is open to all lets this in too.
    assert_eq!(spoofed(&format!("{DROP}{lo}")), Fate::Dropped);
    let ssh = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n";
    assert_eq!(spoofed(&format!("{DROP}{lo}{ssh}-A INPUT -s 127.0.0.0/8 -j DROP\n")), Fate::Mixed);
    assert_eq!(spoofed(&format!("{DROP}{lo}-A INPUT -s 127.0.0.0/8 -j DROP\n{ssh}")), Fate::Dropped);
    // A part of the network is not all of it, and a larger one is.
    assert_eq!(spoofed(&format!("{OPEN}-A INPUT -s 127.0.0.1/32 -j DROP\n")), Fate::Mixed);
    assert_eq!(spoofed(&format!("{OPEN}-A INPUT -s 0.0.0.0/0 -j DROP\n")), Fate::Dropped);
    assert_eq!(spoofed(&format!("{OPEN}-A INPUT -s 10.0.0.0/8 -j DROP\n")), Fate::Accepted);
    // Connections that were made are not spoofed, and other protocols are others.
    assert_eq!(
        spoofed(&format!("{DROP}-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n")),
        Fate::Dropped
    );
    assert_eq!(
        spoofed(&format!("{DROP}-A INPUT -p udp -j ACCEPT\n-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\n")),
        Fate::Dropped
    );
}

#[test]
fn what_is_not_understood_leaves_it_open() {
    assert_eq!(spoofed(&format!("{OPEN}-A INPUT -m recent --name x --rcheck -j DROP\n")), Fate::Opaque);
    assert_eq!(spoofed(&format!("{DROP}-A INPUT -m set --match-set good src -j ACCEPT\n")), Fate::Opaque);
    assert_eq!(spoofed(&format!("{DROP}-A INPUT -m set --match-set bad src -j DROP\n")), Fate::Dropped);
    assert_eq!(spoofed(&format!("{DROP}-A INPUT -j NFQUEUE --queue-num 0\n")), Fate::Opaque);
    assert_eq!(
        spoofed(&format!("{DROP}-A INPUT -m recent --name x -j LOG --log-prefix \"a -j ACCEPT\"\n")),
        Fate::Dropped
    );
    // A rate lets some through for certain.
    assert_eq!(spoofed(&format!("{DROP}-A INPUT -m limit --limit 3/min -j ACCEPT\n")), Fate::Mixed);
}

#[test]
fn chains_are_followed_and_left() {
    let chains = ":a - [0:0]\n:b - [0:0]\n";
    assert_eq!(
        spoofed(&format!("{OPEN}{chains}-A INPUT -j a\n-A a -p udp -j RETURN\n-A a -j b\n-A b -j DROP\n")),
        Fate::Dropped
    );
    assert_eq!(
        spoofed(&format!("{DROP}{chains}-A INPUT -j a\n-A INPUT -j ACCEPT\n-A a -j RETURN\n-A a -j DROP\n")),
        Fate::Accepted
    );
    assert_eq!(
        spoofed(&format!("{DROP}{chains}-A INPUT -g a\n-A INPUT -j ACCEPT\n-A a -p udp -j ACCEPT\n")),
        Fate::Dropped
    );
    assert_eq!(spoofed(&format!("{DROP}{chains}-A INPUT -j a\n-A a -j a\n")), Fate::Opaque);
    let many: String = (0..40).map(|n| format!("-A c{n} -j c{}\n-A c{n} -j c{}\n", n + 1, n + 1)).collect();
    assert_eq!(spoofed(&format!("{DROP}-A INPUT -j c0\n{many}")), Fate::Opaque);
}

#[test]
fn several_tables_all_have_to_let_packets_through() {
    let two = [table(OPEN), table(DROP)].concat();
    assert_eq!(fate(&two, &Packet::new(Family::V4, Hook::Input)), Fate::Dropped);
    assert_eq!(fate(&two, &Packet::new(Family::V6, Hook::Input)), Fate::Accepted);
    assert_eq!(default_fate(&two, Family::V4, Hook::Input), Fate::Dropped);
    assert_eq!(default_fate(&two, Family::V4, Hook::Output), Fate::Accepted);
}

#[test]
fn a_last_rule_for_everything_is_a_default() {
    let default = |rules: &str| default_fate(&table(rules), Family::V4, Hook::Input);
    assert_eq!(default(DROP), Fate::Dropped);
    assert_eq!(default(&format!("{DROP}-A INPUT -j ACCEPT\n")), Fate::Accepted);
    assert_eq!(default(&format!("{OPEN}-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT\n")), Fate::Dropped);
    assert_eq!(default(&format!("{OPEN}:a - [0:0]\n-A INPUT -j a\n-A a -j DROP\n")), Fate::Dropped);
    assert_eq!(default(&format!("{OPEN}:a - [0:0]\n-A INPUT -j a\n-A a -s 1.2.3.4 -j DROP\n")), Fate::Accepted);
}

#[test]
fn ports_are_named_by_rules_that_decide() {
    let named = |rules: &str| {
        let packet = Packet { protocol: Some(TCP), port: Some(22), ..Packet::new(Family::V4, Hook::Input) };
        mentions_port(&table(rules), &packet)
    };
    assert_eq!(named(&format!("{DROP}-A INPUT -p tcp --dport 22 -j ACCEPT\n")), Some(true));
    assert_eq!(named(&format!("{DROP}-A INPUT -p tcp -m multiport --dports 80,20:30 -j DROP\n")), Some(true));
    assert_eq!(
        named(&format!("{DROP}:a - [0:0]\n-A INPUT -j a\n-A a -s 10.0.0.0/8 -p tcp --dport 22: -j ACCEPT\n")),
        Some(true)
    );
    for rules in [
        "-A INPUT -p udp --dport 22 -j ACCEPT\n",
        "-A INPUT -p tcp --dport 23 -j ACCEPT\n",
        "-A INPUT -p tcp --dport 22 -j LOG\n",
        "-A INPUT -p tcp --sport 22 -j ACCEPT\n",
        "-A INPUT -i lo -p tcp --dport 22 -j ACCEPT\n",
        "-A INPUT -p tcp ! --dport 80 -j ACCEPT\n",
        "-A OUTPUT -p tcp --dport 22 -j ACCEPT\n",
        "-A INPUT -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\n",
    ] {
        assert_eq!(named(&format!("{DROP}{rules}")), Some(false), "{rules}");
    }
    assert_eq!(named(&format!("{DROP}-A INPUT -m set --match-set open dst -j ACCEPT\n")), None);
}

#[test]
fn saved_files_are_read_as_they_are_written() {
    let text = "# Generated\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -x y z\nCOMMIT\n*filter\n:INPUT DROP [1:2]\n[5:6] -A INPUT -m comment --comment \"a \\\" b\" -i eth+ -j ACCEPT\nCOMMIT\n";
    let table = save::filter(text, Family::V4).unwrap().unwrap();
    assert_eq!(table.chains["INPUT"].rules[0].tests, [Test::is(What::In("eth*".to_owned()))]);
    assert_eq!(save::filter("", Family::V4), Ok(None));
    for (text, line) in [
        ("*filter\nx\n", 2),
        ("*filter\n:INPUT\n", 2),
        ("*filter\n-A\n", 2),
        ("*filter\n-A INPUT -i\n", 2),
        ("*filter\n-A INPUT -m comment --comment \"x\n", 2),
    ] {
        assert_eq!(save::filter(text, Family::V4), Err(line), "{text}");
    }
}
