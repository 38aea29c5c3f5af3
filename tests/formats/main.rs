//! Every format of the report, read by programs and parsers that others wrote. `tests/formats/setup` sets those up.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test"
)]

mod files;
mod fixture;
#[path = "../liar/mod.rs"]
mod liar;
#[path = "../pack/mod.rs"]
mod pack;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use fixture::{names, spelt};
use pack::{finish, plimsoll};

const FORMATS: [&str; 13] = [
    "text",
    "json",
    "html",
    "markdown",
    "csv",
    "junit",
    "sarif",
    "oscal",
    "xccdf",
    "ocsf",
    "prometheus",
    "docker-bench",
    "kube-bench",
];

/// The name of a file of a format; some readers go by its ending.
fn file(format: &str) -> String {
    let ending = match format {
        "oscal" | "docker-bench" | "kube-bench" => "json",
        "junit" | "xccdf" => "xml",
        other => other,
    };
    format!("{format}.{ending}")
}

/// The fixture in every format, and the findings in it.
struct Rendered {
    folder: TempDir,
    findings: Vec<Value>,
    controls: Vec<Value>,
}

/// What a reader saw.
#[derive(Deserialize)]
struct Seen {
    counts: BTreeMap<String, usize>,
    texts: Vec<String>,
}

static RENDERED: LazyLock<Rendered> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let report = fixture::report();
    std::fs::write(folder.path().join("report"), report.to_string()).unwrap();
    let mut command = plimsoll();
    command.current_dir(folder.path()).args(["report", "report", "--color", "never"]);
    for format in FORMATS {
        command.args(["-o", &format!("{format}={}", file(format))]);
    }
    let run = finish(&mut command);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    pack::harmless(&run.stdout);
    std::fs::write(folder.path().join("schema"), finish(plimsoll().args(["schema", "report"])).stdout).unwrap();
    let benchmarks = report["benchmarks"].as_array().unwrap();
    let controls = benchmarks.iter().flat_map(|benchmark| benchmark["controls"].as_array().unwrap().clone());
    Rendered { folder, findings: report["findings"].as_array().unwrap().clone(), controls: controls.collect() }
});

impl Rendered {
    fn path(&self, format: &str) -> PathBuf {
        self.folder.path().join(file(format))
    }

    /// How many findings came to this, waived ones apart.
    fn count(&self, verdict: &str) -> usize {
        let waived = |finding: &Value| finding.get("waiver").is_some_and(|waiver| !waiver.is_null());
        let of = |finding: &&Value| match verdict {
            "waived" => waived(finding),
            verdict => finding["verdict"] == verdict && !waived(finding),
        };
        self.findings.iter().filter(of).count()
    }

    fn controls(&self, verdict: &str) -> usize {
        self.controls.iter().filter(|control| control["verdict"] == verdict).count()
    }
}

fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/formats");
    assert!(tools.join(".done").exists(), "run tests/formats/setup first");
    tools
}

/// Lets others read one format.
fn read(format: &str) -> Seen {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/read.py");
    let mut command = Command::new(tools().join("venv/bin/python"));
    command.arg(script).arg(format).arg(RENDERED.path(format));
    if format == "json" {
        command.arg(RENDERED.folder.path().join("schema"));
    }
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{format}: {}{}", run.stdout, run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The findings counted under a format's words for pass, fail, unknown, manual, not applicable and waived.
fn findings(words: [&'static str; 6]) -> Vec<(&'static str, usize)> {
    let verdicts = ["pass", "fail", "unknown", "manual", "not-applicable", "waived"];
    words.into_iter().zip(verdicts.map(|verdict| RENDERED.count(verdict))).collect()
}

impl Seen {
    fn counts(&self, wanted: &[(&str, usize)]) {
        let mut all: BTreeMap<&str, usize> = BTreeMap::new();
        for (word, count) in wanted {
            assert_ne!(*count, 0, "the fixture has no {word}");
            *all.entry(word).or_default() += count;
        }
        let seen = self.counts.iter().filter(|(_, count)| **count > 0).map(|(word, count)| (word.as_str(), *count));
        assert_eq!(seen.collect::<BTreeMap<_, _>>(), all);
    }

    /// Each name can be read somewhere, in the form that this format has for it.
    fn names(&self, form: impl Fn(&str) -> String) {
        for name in names() {
            let form = form(&name);
            assert!(self.texts.iter().any(|text| text.contains(&form)), "{name:?} as {form:?}");
        }
    }
}

const OURS: [&str; 6] = ["pass", "fail", "unknown", "manual", "not-applicable", "fail"];

#[test]
fn json_is_of_our_schema() {
    let seen = read("json");
    seen.counts(&findings(OURS));
    seen.names(str::to_owned);
}

#[test]
fn junit_is_of_the_schema_of_jenkins() {
    let seen = read("junit");
    let mut wanted = findings(["Passed", "Failure", "Error", "Skipped", "Skipped", "Skipped"]);
    // A control without findings is a test too.
    let found: BTreeSet<&str> = RENDERED.findings.iter().filter_map(|finding| finding["check"].as_str()).collect();
    let empty = |control: &&Value| {
        !control["checks"].as_array().unwrap().iter().any(|check| found.contains(check.as_str().unwrap()))
    };
    wanted.push(("Skipped", RENDERED.controls.iter().filter(empty).count()));
    seen.counts(&wanted);
    seen.names(spelt);
}

#[test]
fn sarif_is_valid_and_github_takes_it() {
    let seen = read("sarif");
    seen.counts(&findings(["pass", "fail", "open", "review", "notApplicable", "suppressed"]));
    seen.names(str::to_owned);
}

#[test]
fn trestle_takes_the_oscal() {
    let seen = read("oscal");
    let mut wanted = findings(OURS);
    wanted.push(("risks", RENDERED.count("waived")));
    wanted.push(("satisfied", RENDERED.controls("pass")));
    wanted.push(("not-satisfied", RENDERED.controls("fail") + 1));
    seen.counts(&wanted);
    seen.names(|name| spelt(name).trim().to_owned());
}

#[test]
fn oscap_takes_the_xccdf() {
    let seen = read("xccdf");
    seen.counts(&findings(["pass", "fail", "unknown", "notchecked", "notapplicable", "informational"]));
    seen.names(spelt);
}

#[test]
fn ocsf_is_of_its_schema() {
    let seen = read("ocsf");
    let mut wanted = findings(["Pass", "Fail", "Unknown", "Warning", "Not applicable", "Fail"]);
    wanted.push(("suppressed", RENDERED.count("waived")));
    seen.counts(&wanted);
    seen.names(str::to_owned);
}

#[test]
fn promtool_takes_the_metrics() {
    let seen = read("prometheus");
    seen.counts(&[findings(OURS), vec![("containers", names().len())]].concat());
    assert!(seen.texts.contains(&spelt("<b1>\"\\\n]]>")), "{:?}", seen.texts);
    // Containers come and go, and a series for each would stay.
    assert!(!seen.texts.iter().any(|text| text.contains("script")), "{:?}", seen.texts);
}

#[test]
fn csv_has_a_row_for_each_finding_and_no_formula() {
    let seen = read("csv");
    seen.counts(&findings(OURS));
    seen.names(spelt);
}

/// Names are cut where they would flood the page.
fn cut(name: &str) -> String {
    spelt(name).chars().take(600).collect()
}

#[test]
fn markdown_has_no_markup_of_others() {
    let seen = read("markdown");
    seen.counts(&[("h1", 1), ("h2", 5), ("h3", seen.counts["h3"]), ("h4", seen.counts["h4"])]);
    let shown = ["fail", "unknown", "manual"].map(|verdict| RENDERED.controls(verdict)).iter().sum::<usize>();
    assert_eq!(seen.counts["h4"], shown + 1);
    seen.names(|name| cut(name).trim().to_owned());
}

#[test]
fn the_html_is_data_and_one_script() {
    let seen = read("html");
    let controls = |verdict| (verdict, RENDERED.controls(verdict) + usize::from(verdict == "fail"));
    seen.counts(&["pass", "fail", "unknown", "manual", "not-applicable"].map(controls));
    seen.names(cut);
}

#[test]
fn the_page_works_in_chromium() {
    let pictures = tools().join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/page.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(RENDERED.path("html")).arg(&pictures);
    command.args(names().iter().map(|name| cut(name)));
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    println!("pictures of it: {}", pictures.display());
}

#[test]
fn the_shapes_of_other_auditors() {
    let others = |kept: &[&str]| kept.iter().map(|verdict| RENDERED.controls(verdict)).sum::<usize>();
    // The waived controls of the fixture have one finding each.
    let (waived, failed) = (RENDERED.count("waived"), RENDERED.controls("fail"));
    let docker = read("docker-bench");
    docker.counts(&[
        ("PASS", others(&["pass"])),
        ("WARN", failed - waived),
        ("NOTE", others(&["manual"])),
        ("INFO", others(&["unknown", "not-applicable"]) + waived),
    ]);
    let kube = read("kube-bench");
    kube.counts(&[
        ("PASS", others(&["pass"])),
        ("FAIL", failed - waived),
        ("WARN", others(&["unknown", "manual"])),
        ("INFO", others(&["not-applicable"]) + waived),
    ]);
    docker.names(str::to_owned);
    kube.names(str::to_owned);
}
