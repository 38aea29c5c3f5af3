//! The isolation ladder of the page: its rungs as steps, and who stands on each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::page::{anchor, anchor_of_check};
use crate::ladder::{Blocked, Row, Rung};
use crate::report::{Index, Report};
use crate::verdict::Verdict;

/// How many containers of a rung are shown before the rest is folded.
const CONTAINERS: usize = 12;
/// How many of what holds a container, and of what could not be seen, is told; the JSON has all.
const HOLDS: usize = 12;

/// A rung.
#[derive(Debug, Serialize)]
pub(super) struct Step<'r> {
    id: &'static str,
    name: &'static str,
    meaning: &'static str,
    containers: Vec<Standing<'r>>,
    more: Vec<Standing<'r>>,
}

/// A container on its rung.
#[derive(Debug, Serialize)]
struct Standing<'r> {
    name: String,
    id: &'r str,
    running: bool,
    certain: bool,
    /// What is told of each: a name, the value, and whether it is as it should not be.
    facts: Vec<(&'static str, String, bool)>,
    beyond: &'r [String],
    holds: Vec<Hold<'r>>,
    next: Vec<Hold<'r>>,
    unseen: &'r [String],
    fails: Vec<Link<'r>>,
}

/// What holds it, by what would take it away.
#[derive(Debug, Serialize)]
struct Hold<'r> {
    rung: &'static str,
    seen: Vec<&'r str>,
    more: usize,
    lift: &'r str,
}

/// A failure of it.
#[derive(Clone, Debug, Serialize)]
struct Link<'r> {
    anchor: String,
    number: &'r str,
    title: &'r str,
}

/// Every rung, the worst first; nothing when there is no container.
pub(super) fn rungs<'r>(report: &'r Report, index: &Index<'r>) -> Vec<Step<'r>> {
    let rows = report.containers.as_deref().unwrap_or_default();
    if rows.is_empty() {
        return Vec::new();
    }
    let links = links(report, index);
    let mut failed: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
        if let Some(id) = &finding.subject.id {
            failed.entry((&finding.subject.kind, id)).or_default().insert(&finding.check);
        }
    }
    let step = |rung: Rung| {
        let on = rows.iter().filter(|row| row.rung == rung);
        let containers = on.map(|row| {
            let kind = if row.runtime == "engine" { "container" } else { "sandbox" };
            let checks = failed.get(&(kind, &row.id)).into_iter().flatten();
            // In the order of the page; a control that several checks decide once.
            let fails: BTreeMap<usize, &Link<'r>> =
                checks.filter_map(|check| links.get(check)).flatten().map(|(place, link)| (*place, link)).collect();
            standing(row, fails.into_values().cloned().collect())
        });
        let mut containers: Vec<Standing<'r>> = containers.collect();
        let more = containers.split_off(containers.len().min(CONTAINERS));
        Step { id: rung.id(), name: rung.as_str(), meaning: meaning(rung), containers, more }
    };
    Rung::ALL.into_iter().map(step).collect()
}

/// The controls on the page by the checks that decide them, each with its place on the page.
fn links<'r>(report: &'r Report, index: &Index<'r>) -> BTreeMap<&'r str, Vec<(usize, Link<'r>)>> {
    let mut links: BTreeMap<&str, Vec<(usize, Link<'r>)>> = BTreeMap::new();
    let numbered = report.benchmarks.iter().enumerate().flat_map(|(at, benchmark)| {
        benchmark.controls.iter().map(move |control| {
            let link = Link { anchor: anchor(at, &control.number), number: &control.number, title: &control.title };
            (control.checks.iter().map(String::as_str).collect(), link)
        })
    });
    let outside = index.outside().map(|(check, _)| {
        let title = index.check(check).map_or(check, |check| &check.title);
        (vec![check], Link { anchor: anchor_of_check(check), number: "", title })
    });
    for (place, (checks, link)) in numbered.chain(outside).enumerate() {
        checks.into_iter().for_each(|check: &str| links.entry(check).or_default().push((place, link.clone())));
    }
    links
}

fn standing<'r>(row: &'r Row, fails: Vec<Link<'r>>) -> Standing<'r> {
    let (here, above): (Vec<&Blocked>, Vec<&Blocked>) = row.blockers.iter().partition(|one| one.rung == row.rung);
    let shares = row.shares();
    let root = row.uids.contains(&0) || (row.uids.is_empty() && matches!(row.user.as_deref(), Some("" | "0" | "root")));
    let facts = vec![
        ("capabilities", row.capabilities(), !row.beyond.is_empty()),
        ("shares", if shares.is_empty() { "nothing".to_owned() } else { shares.clone() }, !shares.is_empty()),
        ("seccomp", row.filtered(), row.seccomp.as_deref().is_some_and(|seccomp| seccomp != "filter")),
        ("LSM", row.labelled(), row.lsm.as_deref().is_some_and(|label| label.starts_with("unconfined"))),
        ("user", row.users(), root),
    ];
    Standing {
        name: row.called(),
        id: &row.id,
        running: row.running,
        certain: row.certain,
        facts,
        beyond: &row.beyond,
        holds: holds(&here),
        next: holds(&above),
        unseen: row.unseen.get(..HOLDS).unwrap_or(&row.unseen),
        fails,
    }
}

/// All that would be taken away by the same, together.
fn holds<'r>(blocked: &[&'r Blocked]) -> Vec<Hold<'r>> {
    let alike = blocked.chunk_by(|a, b| (a.rung, &a.lift) == (b.rung, &b.lift));
    let hold = |alike: &[&'r Blocked]| {
        let first = alike.first()?;
        let seen: Vec<&str> = alike.iter().take(HOLDS).map(|one| one.seen.as_str()).collect();
        Some(Hold { rung: first.rung.as_str(), more: alike.len() - seen.len(), seen, lift: &first.lift })
    };
    alike.filter_map(hold).collect()
}

/// What a rung means to whoever reads of it for the first time.
const fn meaning(rung: Rung) -> &'static str {
    match rung {
        Rung::Privileged => "Every privilege: root in it is root on the host.",
        Rung::Takeover => "A capability, a socket or a directory that takes the host over.",
        Rung::HostNamespaces => "It shares namespaces of the host.",
        Rung::DefaultRoot => "Root, with at least the capabilities that engines give by default.",
        Rung::ReducedRoot => "Root, with some of the default capabilities.",
        Rung::Dropped => "Root with hardly a capability, or a user who could regain some.",
        Rung::NonRoot => "A user without capabilities, for good.",
        Rung::UserNamespace => "The same in a user namespace of its own.",
    }
}
