use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::check::Each;

fn compile(text: &str) -> Result<Expression, Vec<String>> {
    let compiled = Expression::compile(text, Each::Container.roots(), &BTreeMap::new(), false);
    compiled.map_err(|faults| faults.into_iter().map(|fault| fault.message).collect())
}

fn sound(text: &str) {
    if let Err(faults) = compile(text) {
        panic!("{text}: {faults:?}");
    }
}

fn faulty(text: &str, words: &str) {
    let faults = compile(text).expect_err(text);
    assert!(faults.iter().any(|fault| fault.contains(words)), "{text}: {faults:?}");
}

/// Evaluates over one container and some images; what is not given was not collected.
fn evaluate(text: &str) -> Option<bool> {
    let gap = json!({ "gap": { "kind": "denied", "detail": "closed" } });
    let container = json!({
        "id": "1", "name": "web",
        "inspect": { "value": { "privileged": false, "capabilities": ["CHOWN", "KILL"], "image": "web:1", "user": "",
            "memory_bytes": 420, "networks": gap, "network_mode": gap, "ports": [],
            "mounts": { "value": [
                { "kind": "bind", "destination": "/a", "host_path": { "value": "/etc" }, "writable": true },
                { "kind": "bind", "destination": "/b", "host_path": gap, "writable": false },
            ] } } },
        "process": gap,
    });
    let images = json!({ "gap": { "kind": "timed-out", "detail": "late" } });
    let file = json!({ "/there": { "value": { "uid": 0, "mode": 0o640 } }, "/not": { "value": null } });
    let roots = Each::Container.roots();
    let of = |name: &str| match name {
        "container" => Some(&container),
        "images" => Some(&images),
        "file" => Some(&file),
        _ => None,
    };
    let node = |value: Option<&'static Value>, ty| match value {
        Some(value) => Node::open(ty, value, None),
        None => Err("not collected".to_owned().into()),
    };
    let leak = |value: &Value| -> &'static Value { Box::leak(Box::new(value.clone())) };
    let bindings = Bindings::new(roots.iter().map(|(name, ty)| (name.as_str(), node(of(name).map(leak), ty))));
    compile(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).evaluate(&bindings).ok()
}

#[test]
fn null_is_guarded() {
    sound(r#"file["/a"] == null || file["/a"].uid == 0"#);
    sound(r#"file["/a"] != null && file["/a"].uid == 0"#);
    sound(r#"null != file["/a"] && file["/a"].uid == 0"#);
    sound(r#"!(file["/a"] == null) && file["/a"].uid == 0"#);
    sound(r#"file["/a"] == null ? true : file["/a"].uid == 0"#);
    sound(r#"!(file["/a"] == null || file["/b"] == null) && file["/b"].uid == file["/a"].uid"#);
    sound("container.process.cgroup.pids_max != null && container.process.cgroup.pids_max > 0");
    let may_be_null = "may be null";
    faulty(r#"file["/a"].uid == 0"#, may_be_null);
    faulty(r#"file["/a"] == null && file["/a"].uid == 0"#, may_be_null);
    faulty(r#"file["/a"] != null || file["/a"].uid == 0"#, may_be_null);
    faulty(r#"file["/a"] != null && file["/b"].uid == 0"#, may_be_null);
    faulty(r#"file["/a"].uid == 0 && file["/a"] != null"#, may_be_null);
    faulty(r#"(file["/a"] != null || true) && file["/a"].uid == 0"#, may_be_null);
    faulty(r#"(file["/a"] != null && true) || file["/a"].uid == 0"#, may_be_null);
    faulty("container.process.cgroup.pids_max > 0", "int or null");
    faulty("container.process.cgroup.pids_max == 5", "cannot compare");
    faulty("container.name == null", "cannot compare");
}

#[test]
fn words_and_comprehensions_are_typed() {
    sound(r#"container.no_new_privileges == "forbidden" || container.no_new_privileges in ["allowed"]"#);
    faulty(r#"container.no_new_privileges == "yes""#, "it is never `yes`");
    faulty(r#""yes" != container.seccomp.profile"#, "it is never `yes`");
    sound("container.mounts.exists(m, m.writable) && containers.all(c, c.mounts.all(m, !m.writable))");
    sound("container.mounts.filter(m, m.writable).map(m, m.destination).size() == 0");
    sound("container.mounts.map(m, m.destination).subset([])");
    faulty("container.mounts.exists(m, m.destination)", "expected bool");
    faulty("container.mounts.exists(m, m.colour)", "no field `colour`");
    faulty("container.mounts.exists_one(m, m.writable)", "not used here");
    faulty("container.mounts.map(m, m.writable, m.kind).size() == 0", "not used here");
    faulty("container.memory_bytes.exists(m, true)", "no elements");
    faulty("container.mounts.map(m, m).exists(m, m.colour)", "no field");
    faulty("container.mounts", "expected bool");
    faulty("1.5 > 1.0 && b'x' == b'x' && 1u == 1u", "only text, whole numbers");
    faulty("{'a': 1}.a == 1", "maps and messages");
}

#[test]
fn what_was_not_seen_decides_nothing() {
    let unseen = r#"container.network_mode == "host""#;
    for (text, wanted) in [
        (format!("{unseen} || true"), Some(true)),
        (format!("true || {unseen}"), Some(true)),
        (format!("{unseen} || false"), None),
        (format!("{unseen} && false"), Some(false)),
        (format!("false && {unseen}"), Some(false)),
        (format!("{unseen} && true"), None),
        (format!("!({unseen})"), None),
        (format!("{unseen} ? true : true"), None),
        (format!("{unseen} == {unseen}").replace("== container", "|| container"), None),
    ] {
        assert_eq!(evaluate(&text), wanted, "{text}");
    }
    let quantified = |list: &str, how: &str, what: &str| evaluate(&format!("container.{list}.{how}(e, {what})"));
    assert_eq!(quantified("mounts", "exists", r#"e.host_path == "/etc""#), Some(true));
    assert_eq!(quantified("mounts", "exists", r#"e.host_path == "/x""#), None);
    assert_eq!(quantified("mounts", "all", r#"e.host_path == "/x""#), Some(false));
    assert_eq!(quantified("mounts", "all", r#"e.host_path == "/etc""#), None);
    assert_eq!(quantified("mounts", "all", r#"!e.writable || e.host_path == "/etc""#), Some(true));
    for text in [
        "container.networks.exists(n, true)",
        "container.networks.all(n, false)",
        "container.networks.size() == 0",
        "container.networks.filter(n, true).size() == 0",
        "container.networks.subset([])",
        "'x' in container.networks",
        "!('x' in container.networks)",
        "images.all(i, false)",
        "images.exists(i, true)",
        "images.size() == 0",
        "networks.all(n, n.ipv6)",
        "container.process.uid == 0",
        "engine.rootless",
        "container.user == 'x' || container.cpu_set == ''",
        "sysctl['kernel.x'] == '1'",
        "int(container.name) == 1",
        "container.name.atLeast('1')",
    ] {
        assert_eq!(evaluate(text), None, "{text}");
    }
    assert_eq!(evaluate("file['/not'] == null"), Some(true));
    assert_eq!(evaluate("file['/there'] == null"), Some(false));
    assert_eq!(evaluate("file['/else'] == null"), None);
}

#[test]
fn functions_speak_the_language_of_the_field() {
    for (text, wanted) in [
        ("'/etc'.covers('/etc/passwd')", true),
        ("'/etc/'.covers('/etc')", true),
        ("'/'.covers('/etc')", true),
        ("'/'.covers('')", true),
        ("''.covers('/etc')", false),
        ("'etc'.covers('/etc')", false),
        ("'/etc'.covers('/etcetera')", false),
        ("'/etc//x'.covers('/etc/x/y')", true),
        ("'/etc/x'.covers('/etc')", false),
        ("(416).within('0640')", true),
        ("(420).within('0640')", false),
        ("(0).within('0')", true),
        ("'26.1.5'.atLeast('26.1')", true),
        ("'20.10.24+dfsg1'.atLeast('20.10.24')", true),
        ("'20.10.24+dfsg1'.atLeast('20.10.25')", false),
        ("'26.1.5-1~deb12'.atLeast('26.1.5')", true),
        ("'27'.atLeast('26.9.9')", true),
        ("'9.1'.atLeast('10')", false),
        ("container.capabilities.subset(['CHOWN', 'KILL', 'X'])", true),
        ("container.capabilities.subset(['CHOWN'])", false),
        ("container.capabilities.subset([])", false),
        ("container.ports.map(p, p.host_ip).subset([])", true),
        ("container.name.matches('^w.b$') && container.name.startsWith('w') && container.name.endsWith('b')", true),
        ("int('42') == 42", true),
    ] {
        assert_eq!(evaluate(text), Some(wanted), "{text}");
    }
    for text in ["'v26'.atLeast('1')", "''.atLeast('1')", "'99999999999999999999'.atLeast('1')", "int('x') == 1"] {
        assert_eq!(evaluate(text), None, "{text}");
    }
}

/// A climb out of a directory leads where the path does not say.
#[test]
fn a_path_that_climbs_covers_by_its_end() {
    assert_eq!(evaluate("'/etc'.covers('/etc/../home')"), Some(false));
    assert_eq!(evaluate("'/home'.covers('/etc/../home')"), Some(true));
}

/// On the stack of a main thread, without optimisation.
#[test]
fn the_deepest_tree_that_is_allowed_is_evaluated() {
    let deepest = || evaluate(&format!("{}1 > 0", "1+".repeat(60)));
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(deepest).unwrap();
    assert_eq!(thread.join().unwrap(), Some(true));
    faulty(&format!("{}1 > 0", "1+".repeat(70)), "nested deeper");
    faulty(&format!("{}true{}", "(".repeat(65), ")".repeat(65)), "brackets");
}

/// The tree with the numbers of its nodes left out: the two parsers count differently.
fn unnumbered(expr: &IdedExpr) -> String {
    regex::Regex::new(r"\bid: \d+").unwrap().replace_all(&format!("{expr:?}"), "").into_owned()
}

/// What the quick parser makes of an expression is what CEL's own makes of it: of every condition of ours, and of what is odd.
#[test]
fn both_parsers_agree() {
    let library = crate::library::Library::builtin().unwrap();
    let mut texts: Vec<String> = library
        .checks()
        .flat_map(|check| {
            let more = [check.when(), check.manual()].into_iter().flatten().map(|(condition, _)| condition);
            more.chain(check.pass()).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    assert!(texts.len() > 100, "{}", texts.len());
    let odd = [
        "a || b && c || !d && !!e",
        "a ? b : c ? d : e",
        "-1 - -2 == -(3)",
        "a - b - c * d * e + f",
        "a.b[\"c\"].d.e(f, g)",
        "a.exists(x, x.all(y, y in x) || x.f.filter(z, z > 1).size() > 0)",
        "x in [\"a\", 'b', r\"\\d\", \"\"\"c\"\"\", \"\\n\\x41\\u00e9\"]",
        "a // comment\n && b",
        "a == b == c",
        "a < b == c >= d",
        "\t\r\n a\n",
        "0x1F + 010",
        "1.5 < 2u",
        "b'x' == a",
        "{'a': 1}.a",
        "T{a: 1}",
        "a.?b",
        ".a",
        "a.`b-c`",
        "has(a.b)",
        "a.map(x, y, z)",
        "as",
        "a.in",
        "a..b",
        "a b",
        "(a",
        "a ? b",
        "\"a",
        "'é' == a",
        "",
        "9223372036854775807 == -9223372036854775808",
        "9223372036854775808",
        "a.exists(1, true)",
        "a.exists(x)",
    ];
    texts.extend(odd.iter().map(|text| (*text).to_owned()));
    let env = functions::environment().unwrap();
    for text in &texts {
        let quick = PrattParser::new().parse(text).ok().map(|expr| unnumbered(&expr));
        let slow = env.compile(text).ok().map(|program| unnumbered(program.expression()));
        assert_eq!(quick, slow, "{text}");
    }
}
