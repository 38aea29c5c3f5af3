use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

fn ask(tree: &Tree) -> Observed<Rsyslog> {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view)
}

fn see(text: &str) -> Rsyslog {
    let tree = Tree::new();
    tree.file("etc/rsyslog.conf", text);
    ask(&tree).value().unwrap().clone()
}

fn files(seen: &Rsyslog) -> Vec<(&str, &str, u32)> {
    seen.files.iter().map(|file| (file.path.as_str(), file.filter.as_str(), file.create_mode)).collect()
}

fn forwards(seen: &Rsyslog) -> Vec<(&str, &str)> {
    seen.forwards.iter().map(|forward| (forward.target.as_str(), forward.protocol.as_str())).collect()
}

fn inputs(seen: &Rsyslog) -> Vec<&str> {
    seen.network_inputs.iter().map(|input| input.module.as_str()).collect()
}

#[test]
fn debians_own_configuration_is_understood() {
    let tree = Tree::new();
    tree.file("etc/rsyslog.conf", DEBIAN)
        .file("etc/rsyslog.d/20-ufw.conf", UFW)
        .file("etc/rsyslog.d/.hidden.conf", "x(");
    let seen = ask(&tree).value().unwrap().clone();
    assert_eq!(
        files(&seen),
        [
            ("/var/log/ufw.log", "…", 0o640),
            ("/var/log/syslog", "*.*;auth,authpriv.none", 0o640),
            ("/var/log/auth.log", "auth,authpriv.*", 0o640),
        ]
    );
    assert_eq!(seen.files[0].place, "/etc/rsyslog.d/20-ufw.conf:3");
    assert_eq!(seen.files[1].place, "/etc/rsyslog.conf:14");
    assert!(seen.unlogged.is_empty() && seen.network_inputs.is_empty() && seen.forwards.is_empty());
}

const DEBIAN: &str = "\
# /etc/rsyslog.conf
module(load=\"imuxsock\") # provides support for local system logging
module(load=\"imklog\")
#module(load=\"imudp\")
#input(type=\"imudp\" port=\"514\")
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
$DirCreateMode 0755
$Umask 0022

$IncludeConfig /etc/rsyslog.d/*.conf
#
*.*;auth,authpriv.none\t\t-/var/log/syslog
auth,authpriv.*\t\t\t/var/log/auth.log
*.emerg\t\t\t\t:omusrmsg:*
";

const UFW: &str = "\
# Log kernel generated UFW log messages to file

:msg,contains,\"[UFW \" /var/log/ufw.log

# & stop
";

#[test]
fn the_mode_of_new_files_is_the_one_in_force_at_their_action() {
    let seen = see(
        "*.* /a\n$FileCreateMode 0600\n*.* -/b;fmt\n*.* ?dyn\n$filecreatemode 0660\n*.* /c\n$UMASK 0022\n*.* /dev/console\n",
    );
    assert_eq!(
        files(&seen),
        [("/a", "*.*", 0o644), ("/b", "*.*", 0o600), ("<dyn>", "*.*", 0o600), ("/c", "*.*", 0o640)]
    );
    let seen = see(
        "$FileCreateMode 0600\nmodule(load=\"builtin:omfile\" FileCreateMode=\"0660\")\naction(type=\"omfile\" file=\"/a\")\n\
         action(type=\"omfile\" dynaFile=\"d\" FileCreateMode='0640')\nglobal(umask=\"0007\")\naction(type=\"omfile\" \n file=\"/b\" # x\n fileCreateMode=\"0644\")",
    );
    assert_eq!(files(&seen), [("/a", "", 0o660), ("<d>", "", 0o640), ("/b", "", 0o640)]);
    assert_eq!(seen.files[2].place, "/etc/rsyslog.conf:6");
    let old = see("$FileCreateMode 0600\n$ResetConfigVariables\n*.* /a\n");
    assert_eq!(files(&old), [("/a", "*.*", 0o644)]);
}

#[test]
fn targets_are_found_in_both_styles_and_in_scripts() {
    let seen = see("*.* @one:514\nmail.* @@(z9)[2001:db8::1]:6514;fmt\n*.* :omrelp:three:20514\n& /var/log/also\n\
         if $msg contains 'then {' and ($syslogseverity <= 4) then {\n  action(type=\"omfwd\" target=\"four\" protocol=\"TCP\")\n\
         stop\n} else action(type=\"omrelp\" target=\"five\")\nlocal0.* action(type=\"omfwd\" Target=\"six\")\n*.* root,admin\n");
    assert_eq!(
        forwards(&seen),
        [("one", "udp"), ("2001:db8::1", "tcp"), ("three", "relp"), ("four", "tcp"), ("five", "relp"), ("six", "udp")]
    );
    assert_eq!(
        seen.forwards.iter().map(|f| f.filter.as_str()).collect::<Vec<_>>(),
        ["*.*", "mail.*", "*.*", "…", "", "local0.*"]
    );
    assert_eq!(files(&seen), [("/var/log/also", "*.*", 0o644)]);
}

#[test]
fn ways_in_from_the_network_are_found_in_both_styles() {
    let old = see(
        "$ModLoad imuxsock\n$ModLoad /usr/lib/rsyslog/imtcp.so\n$InputTCPServerRun 514\n$UDPServerRun 514\n$UDPServerAddress 0\n",
    );
    assert_eq!(inputs(&old), ["imtcp", "imtcp", "imudp"]);
    let new = see(
        "module(load=\"imudp\" TimeRequery=\"500\")\ninput(type=\"imudp\" port=[\"514\", \"515\"])\nmodule(load=\"imrelp\")\n",
    );
    assert_eq!(inputs(&new), ["imudp", "imudp", "imrelp"]);
    assert_eq!(new.network_inputs[1].place, "/etc/rsyslog.conf:2");
    assert!(inputs(&see("/* module(load=\"imtcp\")\ninput(type=\"imtcp\") */ module(load=\"imfile\")\n")).is_empty());
}

#[test]
fn facilities_that_go_nowhere_are_told() {
    let seen = see("kern.* /a\nmail.err /b\n*.*;kern,mail,auth.none ~\nif $x then auth.* /c\n");
    for (name, logged) in [("kern", true), ("mail", false), ("auth", false), ("cron", false)] {
        assert_eq!(!seen.unlogged.iter().any(|facility| facility == name), logged, "{name}");
    }
    assert_eq!(see("*.warning /a\n").unlogged, [""; 0]);
    assert_eq!(see("*.* \\\n  /a\n").unlogged, [""; 0]);
    assert_eq!(see("*.*;\\\n  mail.none /a\n").unlogged, ["mail"]);
    assert_eq!(see("").unlogged.len(), 24);
    assert_eq!(see("action(type=\"omfile\" file=\"/a\")").unlogged, [""; 0]);
}

#[test]
fn rule_sets_and_templates_have_bodies() {
    let seen = see("template(name=\"t\" type=\"list\") {\n constant(value=\"}\")\n property(name=\"msg\") }\n\
         template(name=\"u\" type=\"string\" string=\"%msg%\\\"\")\nruleset(name=\"r\" queue.type=\"direct\") {\n *.* /r\n call x\n set $!a = \"b;c\";\n}\n\
         foreach ($.i in $!l) do { action(type=\"omfile\" file=\"/f\") }\n*.* /a\n");
    assert_eq!(files(&seen), [("/r", "…", 0o644), ("/f", "…", 0o644), ("/a", "*.*", 0o644)]);
}

#[test]
fn includes_of_both_styles_are_read_in_their_places() {
    let tree = Tree::new();
    tree.file(
        "etc/rsyslog.conf",
        "include(file=\"/etc/rsyslog.d/*.conf\" mode=\"optional\")\n$IncludeConfig /etc/more/\n*.* /main\n",
    )
    .file("etc/rsyslog.d/20-b.conf", "*.* /b\n")
    .file("etc/rsyslog.d/10-a.conf", "$FileCreateMode 0600\n*.* /a\n")
    .file("etc/rsyslog.d/x.txt", "*.* /x\n")
    .file("etc/more/any", "*.* /any\n");
    let seen = ask(&tree).value().unwrap().clone();
    assert_eq!(
        files(&seen),
        [("/a", "*.*", 0o600), ("/b", "*.*", 0o600), ("/any", "*.*", 0o600), ("/main", "*.*", 0o600)]
    );
    tree.file("etc/rsyslog.d/20-b.conf", "$IncludeConfig /etc/rsyslog.d/*.conf\n");
    assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Malformed);
    tree.file("etc/rsyslog.d/20-b.conf", "$IncludeConfig /etc/*/any\n");
    assert_eq!(files(&ask(&tree).value().unwrap().clone()).len(), 4);
}

#[test]
fn torn_files_are_gaps() {
    let tree = Tree::new();
    assert_eq!(ask(&tree).gap().unwrap().kind, GapKind::Missing);
    for text in [
        "module(load=\"imtcp\"",
        "module(load=imtcp)",
        "module(load=\"imtcp",
        "*.*",
        "*.*\n",
        "if $x",
        "if $x then",
        "{",
        "ruleset(name=\"r\") {",
        "set $!x = 1",
        ":msg, contains \n*.* /a",
        "\u{1}",
        "\"x\"",
        "template(name=\"t\") { ",
        "input(type=[\"a\"",
        ")",
        "foreach ($.i in x)",
    ] {
        tree.file("etc/rsyslog.conf", text);
        let gap = ask(&tree).gap().cloned().unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(gap.kind, GapKind::Malformed, "{text:?}");
    }
    tree.file("etc/rsyslog.conf", "*.* {".repeat(100));
    assert!(ask(&tree).gap().unwrap().detail.contains("too deep"));
    tree.file("etc/rsyslog.conf", b"*.* /var/log/\xff\n");
    assert_eq!(ask(&tree).value().unwrap().files[0].path, "/var/log/\u{fffd}");
}
