//! Tables of changes and of the controls whose verdicts they change.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};
use std::thread;

use crate::lab::{Audit, Builder, Lab};

/// The benchmark that the tables are numbered by.
pub const BENCHMARK: &[&str] = &["--benchmark", "cis-docker-1.8.0", "--section", "2", "--section", "5"];

/// The verdicts of every control on an engine of the lab that nothing was changed of.
pub static PLAIN: LazyLock<Verdicts> = LazyLock::new(|| Lab::start(&[]).audit(BENCHMARK).controls());
/// The same with a default bridge and a packet filter.
pub static BRIDGED: LazyLock<Verdicts> = LazyLock::new(|| Lab::builder().bridge().start().audit(BENCHMARK).controls());

/// Verdicts by the numbers of controls.
pub type Verdicts = BTreeMap<String, String>;

/// What differs, as `5.4 fail, 5.22 unknown`, in the order of the numbers.
pub fn changed(before: &Verdicts, after: &Verdicts) -> String {
    let mut changed: Vec<(&String, &String)> =
        after.iter().filter(|(key, now)| before.get(*key) != Some(now)).collect();
    let order = |number: &str| number.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    changed.sort_by_key(|(number, _)| order(number));
    changed.iter().map(|(number, verdict)| format!("{number} {verdict}")).collect::<Vec<_>>().join(", ")
}

/// A change of an engine.
pub struct Engine {
    what: String,
    builder: Builder,
    expect: &'static str,
}

/// An engine with flags.
pub fn flags(flags: &[&str], expect: &'static str) -> Engine {
    engine(&flags.join(" "), Lab::builder().flags(flags), expect)
}

/// An engine with a configuration file.
pub fn file(text: &str, expect: &'static str) -> Engine {
    engine(text, Lab::builder().daemon_json(text), expect)
}

/// An engine that is changed in some other way.
pub fn engine(what: &str, builder: Builder, expect: &'static str) -> Engine {
    Engine { what: what.to_owned(), builder, expect }
}

/// Starts each engine and judges it: exactly the expected controls have another verdict than on the plain engine.
pub fn engines(plain: &Verdicts, rows: Vec<Engine>) {
    let mut wrong = Vec::new();
    for row in rows {
        row.judge(plain, &mut wrong);
    }
    none(&wrong);
}

/// The same with all engines at once, for those that wait before they start.
pub fn engines_at_once(plain: &Verdicts, rows: Vec<Engine>) {
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for row in rows {
            let wrong = &wrong;
            scope.spawn(move || {
                let mut here = Vec::new();
                row.judge(plain, &mut here);
                wrong.lock().unwrap().extend(here);
            });
        }
    });
    none(&wrong.into_inner().unwrap());
}

impl Engine {
    fn judge(self, plain: &Verdicts, wrong: &mut Vec<String>) {
        let seen = changed(plain, &self.builder.start().audit(BENCHMARK).controls());
        note(wrong, &self.what, self.expect, &seen);
    }
}

/// Adds a line if what was seen is not what was expected.
pub fn note(wrong: &mut Vec<String>, what: &str, expect: &str, seen: &str) {
    if expect != seen {
        wrong.push(format!("{what}\n    expected: {expect}\n    seen:     {seen}"));
    }
}

/// Panics with every line.
pub fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A container that passes every control it can.
const HARDENED: &[&str] = &[
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--network=none",
    "--read-only=true",
    "--memory=64m",
    "--cpu-shares=512",
    "--pids-limit=50",
    "--user=app",
    "--health-cmd=true",
    "--health-interval=1h",
];
/// Options that a container can have several of.
const LISTS: &[&str] = &["--cap-add", "--cap-drop", "--security-opt"];

/// A change of the hardened container.
pub struct Container {
    name: &'static str,
    start: bool,
    change: &'static [&'static str],
    expect: &'static str,
}

/// A container that runs. Options replace those of the hardened one, `!--option` takes one away, `image=` names the image;
/// `{dir}` is the lab's directory.
pub const fn run(name: &'static str, change: &'static [&'static str], expect: &'static str) -> Container {
    Container { name, start: true, change, expect }
}

/// A container that was never started.
pub const fn create(name: &'static str, change: &'static [&'static str], expect: &'static str) -> Container {
    Container { name, start: false, change, expect }
}

/// Makes the containers and judges them: exactly the expected controls have another verdict than on a hardened one that is
/// in the same state.
pub fn containers(lab: &Lab, tables: &[&[Container]]) {
    let rows = || tables.iter().copied().flatten();
    let plain = [create("plain-created", &[], ""), run("plain-running", &[], "")];
    for row in plain.iter().chain(rows()) {
        make(lab, row);
    }
    let audit = lab.audit(BENCHMARK);
    let [created, running] = ["plain-created", "plain-running"].map(|name| audit.controls_of(name));
    assert_hardened(&created, &["2.14", "5.2", "5.3", "5.7", "5.23", "5.24", "5.27"]);
    assert_hardened(&running, &["2.14", "5.2", "5.3"]);
    let mut wrong = Vec::new();
    for row in rows() {
        let mut now = audit.controls_of(row.name);
        if row.expect.contains("5.16 fail") && row.start {
            // What runs among the host's processes is the host's matter.
            now.insert("5.7".to_owned(), running["5.7"].clone());
        }
        assert_eq!(now.len(), running.len(), "{} is not judged by every control", row.name);
        let seen = changed(if row.start { &running } else { &created }, &now);
        note(&mut wrong, &format!("{} {}", row.name, row.change.join(" ")), row.expect, &seen);
    }
    none(&wrong);
}

fn make(lab: &Lab, row: &Container) {
    let image = row.change.iter().find_map(|entry| entry.strip_prefix("image=")).unwrap_or("lab:1");
    let verb: &[&str] = if row.start { &["run", "-d"] } else { &["create"] };
    let options = options(lab, row.change);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    lab.docker(&[verb, &["--name", row.name], &options, &[image, "sleep", "100000"]].concat());
}

/// The options of the hardened container with a change.
pub fn options(lab: &Lab, change: &[&str]) -> Vec<String> {
    let key = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let replaced = |option: &&&str| {
        let same = |entry: &&str| key(entry) == key(option) && !LISTS.contains(&key(option).as_str());
        change.iter().any(|entry| entry.strip_prefix('!').is_some_and(|gone| option.starts_with(gone)) || same(entry))
    };
    let kept = HARDENED.iter().filter(|option| !replaced(option));
    let added = change.iter().filter(|entry| !entry.starts_with('!') && !entry.starts_with("image="));
    kept.chain(added).map(|option| option.replace("{dir}", &lab.dir().display().to_string())).collect()
}

fn assert_hardened(verdicts: &Verdicts, not_applicable: &[&str]) {
    for (number, verdict) in verdicts {
        let expect = if not_applicable.contains(&number.as_str()) { "not-applicable" } else { "pass" };
        assert_eq!(verdict, expect, "{number} of the hardened container");
    }
    assert_eq!(verdicts.len(), 32, "{verdicts:?}");
}

/// The verdict of one check on each of some containers, as `web pass, app fail`.
pub fn verdicts(audit: &Audit, check: &str, names: &[&str]) -> String {
    names.iter().map(|name| format!("{name} {}", audit.verdict(check, name))).collect::<Vec<_>>().join(", ")
}
