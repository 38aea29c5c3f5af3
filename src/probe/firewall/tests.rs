#![allow(clippy::disallowed_types, reason = "a test loads the rules that it looks at")]

use std::process::Command;

use super::super::listeners;
use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;
use crate::facts::{Fate, Filtering};

fn see(tree: &Tree, fields: &[&str]) -> Firewall {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view, &Plan::reading(fields), || listeners::observe(&system, &view))
}

#[test]
fn the_frontend_in_use_is_the_one_that_is_enabled() {
    let tree = Tree::new();
    let ask = |tree: &Tree| *see(tree, &["firewall.frontend"]).frontend.value().unwrap();
    assert_eq!(ask(&tree), Frontend::None);
    // ufw's service is enabled wherever ufw is installed.
    tree.enable("ufw");
    assert_eq!(ask(&tree), Frontend::None);
    tree.file("etc/ufw/ufw.conf", "# ENABLED=yes\nENABLED=yes\nLOGLEVEL=low\n");
    assert_eq!(ask(&tree), Frontend::Ufw);
    tree.enable("nftables");
    assert_eq!(ask(&tree), Frontend::Several);
    tree.file("etc/ufw/ufw.conf", "ENABLED=no\n");
    assert_eq!(ask(&tree), Frontend::Nftables);
    tree.link("etc/systemd/system/nftables.service", "/dev/null");
    tree.enable("netfilter-persistent");
    assert_eq!(ask(&tree), Frontend::Iptables);
    tree.link("etc/systemd/system/netfilter-persistent.service", "/dev/null");
    tree.enable("firewalld");
    assert_eq!(ask(&tree), Frontend::Firewalld);
    assert_eq!(see(&tree, &["firewall.frontend"]).chains.gap().unwrap().kind, GapKind::NotCollected);
}

#[test]
fn policies_of_ufw_and_saved_rules_are_read() {
    let tree = Tree::new();
    tree.file("etc/default/ufw", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY='REJECT'\n")
        .file("etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A OUTPUT -o lo -j ACCEPT\n-A INPUT -s 127.0.0.0/8 -j DROP\n-A INPUT -m state --state ESTABLISHED -j ACCEPT\n-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\nCOMMIT\n");
    let seen = see(&tree, &["firewall"]);
    assert_eq!(seen.ufw_incoming.value().unwrap(), "DROP");
    assert_eq!(
        (seen.ufw_outgoing.value().unwrap().as_str(), seen.ufw_routed.value().unwrap().as_str()),
        ("ACCEPT", "REJECT")
    );
    let saved = seen.saved.value().unwrap();
    let (ip, ip6) = (&saved[0], &saved[1]);
    assert_eq!(
        told(ip),
        "ip dropped dropped dropped loopback accepted spoofed dropped replies accepted outgoing accepted"
    );
    assert_eq!(
        told(ip6),
        "ip6 accepted accepted accepted loopback accepted spoofed accepted replies accepted outgoing accepted"
    );
    tree.file("etc/iptables/rules.v6", "*filter\ntorn\n");
    assert_eq!(see(&tree, &["firewall"]).saved.gap().unwrap().kind, GapKind::Malformed);
    // A tree of files has no kernel to ask.
    assert_eq!(seen.chains.gap().unwrap().kind, GapKind::Unsupported);
}

fn told(one: &Filtering) -> String {
    let word = |fate: &Observed<Fate>| match fate.value() {
        Some(fate) => format!("{fate:?}").to_lowercase(),
        None => "unknown".to_owned(),
    };
    let defaults = [&one.default_input, &one.default_forward, &one.default_output].map(word).join(" ");
    let (loopback, spoofed) = (word(&one.loopback), word(&one.spoofed_loopback));
    let (replies, outgoing) = (word(&one.replies), word(&one.outgoing));
    format!("{} {defaults} loopback {loopback} spoofed {spoofed} replies {replies} outgoing {outgoing}", one.family)
}

#[test]
fn tables_of_the_old_iptables_hide_what_becomes_of_packets() {
    let tree = Tree::new();
    tree.file("proc/net/ip_tables_names", "filter\nnat\n").file("proc/net/ip6_tables_names", "");
    assert_eq!(legacy_tables(&tree.system()).unwrap(), ["ip filter", "ip nat"]);
    let both = filtering::loaded(Vec::new(), &["ip filter".to_owned()], &Ok(Vec::new()));
    assert_eq!(
        told(&both[0]),
        "ip unknown unknown unknown loopback unknown spoofed unknown replies unknown outgoing unknown"
    );
    assert!(told(&both[1]).starts_with("ip6 accepted accepted"));
}

/// Loads rules in a network namespace of its own and tells what the probe sees there. Without the program, without root or
/// without nf_tables there is nothing to load, and nothing is tested.
fn loaded(program: &str, script: &str) -> Option<String> {
    let run = |arguments: &[&str]| Command::new("unshare").args(arguments).output();
    let usable = run(&["-n", "sh", "-c", &format!("command -v {program} && nft list ruleset")]);
    if !usable.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let own = std::env::current_exe().unwrap();
    let script = format!("set -e\n{script}\nexec {} --exact {INNER} --ignored --nocapture", own.display());
    let output = run(&["-n", "sh", "-c", &script]).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

const INNER: &str = "probe::firewall::tests::tells_what_is_loaded";

#[test]
#[ignore = "the others start it in a network namespace of its own"]
#[allow(clippy::print_stdout, reason = "it tells what it saw")]
fn tells_what_is_loaded() {
    let all = nft::loaded(&System::live()).unwrap();
    for one in &all {
        let FilterTable { family, name, rules, iptables, engine } = table(one);
        println!("table {family} {name} rules {rules} iptables {iptables} engine {engine}");
        for base in &one.bases {
            println!("chain {} {} {} {} {} {}", base.family, base.table, base.name, base.kind, base.hook, base.policy);
        }
    }
    println!("ufw {}", ufw_loaded(&all));
    let listener = |port: i64, address: &str| crate::facts::Listener {
        protocol: crate::facts::Transport::Tcp,
        address: address.to_owned(),
        port,
        loopback: false,
        programs: Observed::known(vec![format!("p{port}")]),
        container: Observed::known(String::new()),
        unit: Observed::known(String::new()),
    };
    let ports = Ok(vec![listener(22, "::"), listener(80, "0.0.0.0"), listener(8443, "0.0.0.0")]);
    for one in filtering::loaded(all, &[], &ports) {
        let ports = one.unnamed_ports.value().map(|ports| ports.iter().map(|port| port.port).collect::<Vec<_>>());
        println!("{} ports {ports:?}", told(&one));
    }
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "no {line:?} in\n{text}");
    }
}

#[test]
fn a_ruleset_of_nftables_is_understood() {
    let rules = "nft -f - <<'X'
table inet filter {
    set blocked { type ipv4_addr; }
    chain input {
        type filter hook input priority 0; policy drop;
        iif lo accept
        iifname != \"lo\" ip saddr 127.0.0.0/8 counter drop
        ip6 saddr ::1 counter drop
        ct state established,related accept
        ct state vmap { invalid : drop, untracked : accept }
        ip saddr @blocked drop
        tcp dport { 22, 8000-8999 } ct state new accept
        udp dport 53 limit rate 5/second accept
    }
    chain forward { type filter hook forward priority 0; policy drop; }
    chain output {
        type filter hook output priority 0; policy drop;
        oifname \"lo\" accept
        ct state new,established accept
    }
}
table ip nat { chain post { type nat hook postrouting priority 100; }; }
X";
    let Some(text) = loaded("nft", rules) else { return };
    has(
        &text,
        &[
            "table inet filter rules 11 iptables false engine false",
            "chain inet filter forward filter forward drop",
            "chain ip nat post nat postrouting accept",
            "ufw false",
            "ip dropped dropped dropped loopback accepted spoofed dropped replies accepted outgoing accepted ports Some([80])",
            "ip6 dropped dropped dropped loopback accepted spoofed dropped replies accepted outgoing accepted ports Some([])",
        ],
    );
}

#[test]
fn the_order_of_loaded_rules_counts() {
    let rules = "nft -f - <<'X'
table inet filter {
    chain input {
        type filter hook input priority 0; policy accept;
        tcp dport 80 accept
        iif lo accept
        ip saddr 127.0.0.0/8 drop
        meta nfproto ipv6 ip6 saddr ::1 drop
        meta mark 7 accept
    }
}
X";
    let Some(text) = loaded("nft", rules) else { return };
    has(
        &text,
        &[
            "ip accepted accepted accepted loopback accepted spoofed mixed replies accepted outgoing accepted ports Some([22, 8443])",
            "ip6 accepted accepted accepted loopback accepted spoofed mixed replies accepted outgoing accepted ports Some([22])",
        ],
    );
}

#[test]
fn rules_of_iptables_over_nf_tables_are_understood() {
    let rules = "
for t in iptables-nft ip6tables-nft; do
    $t -P INPUT DROP; $t -P FORWARD DROP
    $t -A INPUT -i lo -j ACCEPT
    $t -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    $t -A INPUT -p tcp -m tcp --dport 22 -m comment --comment 'a, b' -j ACCEPT
    $t -A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT
    $t -A INPUT -m limit --limit 3/min -j LOG --log-prefix 'no '
done
iptables-nft -N DOCKER-USER
iptables-nft -I INPUT 2 -s 127.0.0.0/8 -j DROP
ip6tables-nft -A INPUT -s ::1 -j DROP";
    let Some(text) = loaded("iptables-nft", rules) else {
        return;
    };
    has(
        &text,
        &[
            "table ip filter rules 6 iptables true engine true",
            "chain ip filter INPUT filter input drop",
            "chain ip6 filter FORWARD filter forward drop",
            "ip dropped dropped accepted loopback accepted spoofed dropped replies accepted outgoing accepted ports Some([8443])",
            // Port 22 is open to anybody before the rule that would drop.
            "ip6 dropped dropped accepted loopback accepted spoofed mixed replies accepted outgoing accepted ports Some([])",
        ],
    );
}

#[test]
fn an_empty_kernel_filters_nothing() {
    let Some(text) = loaded("nft", "true") else { return };
    has(
        &text,
        &[
            "ip accepted accepted accepted loopback accepted spoofed accepted replies accepted outgoing accepted ports Some([22, 80, 8443])",
        ],
    );
    assert!(!text.contains("table "));
}
