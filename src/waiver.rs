//! Waivers: failures that somebody has taken on, until a day. They stay failures, and no longer fail the run.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use globset::Glob;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use crate::diagnostic::{Diagnostics, Source, did_you_mean};
use crate::document;
use crate::library::Library;
use crate::report::{Evidence, Finding, Report, Waived};
use crate::types::Type;
use crate::verdict::Verdict;

/// Where a site keeps its waivers.
pub const SITE_WAIVERS: &str = "/etc/plimsoll/waivers.toml";

/// A site's waivers as written in TOML.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverFile {
    /// The waivers.
    #[serde(default)]
    pub waiver: Vec<Waiver>,
}

/// A failure that somebody has taken on. Every scope that is given has to match.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The check's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub check: Option<Spanned<String>>,
    /// Or the control's number, of any benchmark, or of one as `cis-docker-1.8.0:5.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub control: Option<Spanned<String>>,
    /// Name of the container, as a glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub container: Option<Spanned<String>>,
    /// Name of the image, as a glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub image: Option<Spanned<String>>,
    /// Paths of the files that failed, as a glob: all of them have to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// What was asked for by name, such as a kernel setting, as a glob: all that the check looked at has to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub key: Option<Spanned<String>>,
    /// Name of the host, as a glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub host: Option<Spanned<String>>,
    /// Why the failure is borne.
    #[schemars(with = "String")]
    pub reason: Spanned<String>,
    /// Who bears it.
    #[schemars(with = "String")]
    pub owner: Spanned<String>,
    /// The last day on which it counts, as `2027-05-31`.
    #[schemars(with = "String")]
    pub expires: Spanned<String>,
}

/// Waivers that were loaded without a fault.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    waivers: Vec<Waiver>,
    origin: String,
}

impl Waivers {
    /// Reads waivers; the site's own when none are named, if they are there.
    pub fn read(named: Option<&Path>, library: &Library) -> Result<Self, Diagnostics> {
        let path = match named {
            Some(path) => path,
            None if Path::new(SITE_WAIVERS).exists() => Path::new(SITE_WAIVERS),
            None => return Ok(Self::default()),
        };
        let mut faults = Diagnostics::default();
        match document::read(path) {
            Ok(source) => {
                let loaded = load(&source, library, &mut faults);
                loaded.filter(|_| faults.is_empty()).ok_or(faults)
            }
            Err(message) => {
                faults.general(message, None);
                Err(faults)
            }
        }
    }

    /// Marks the failures that are waived, and notes the waivers that have expired or waive nothing. `day` is that of the
    /// collection.
    pub fn apply(&self, report: &mut Report, day: Date) {
        for waiver in &self.waivers {
            if waiver.expired(day) {
                report.notices.push(format!("{}: {} expired and counts no more", self.origin, waiver.name()));
                continue;
            }
            let host = report.host.name.clone().unwrap_or_default();
            let checks = waiver.checks(report);
            if !waiver.host.as_ref().is_none_or(|glob| matches(glob, &host)) || !ran(report, &checks) {
                continue;
            }
            let mut used = false;
            for finding in report.findings.iter_mut().filter(|finding| finding.verdict == Verdict::Fail) {
                if checks.contains(&finding.check) && waiver.covers(finding) {
                    finding.waiver = Some(waiver.waived());
                    used = true;
                }
            }
            if !used {
                report.notices.push(format!("{}: {} waives nothing", self.origin, waiver.name()));
            }
        }
    }
}

/// Holds the text of a file against what waivers have to be.
pub fn load(source: &Arc<Source>, library: &Library, faults: &mut Diagnostics) -> Option<Waivers> {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<WaiverFile>);
    let file = document::load::<WaiverFile>(source, &TYPE, faults)?;
    for waiver in &file.waiver {
        waiver.validate(library, source, faults);
    }
    Some(Waivers { waivers: file.waiver, origin: source.name.clone() })
}

impl Waiver {
    fn validate(&self, library: &Library, source: &Arc<Source>, faults: &mut Diagnostics) {
        match (&self.check, &self.control) {
            (Some(check), None) if library.check(check.get_ref()).is_none() => {
                let help = did_you_mean(check.get_ref(), library.checks().map(|check| check.id.as_str()));
                faults.at(source, check.span(), format!("there is no check `{}`", check.get_ref()), help);
            }
            (None, Some(control)) if !known(control.get_ref(), library) => {
                let what = format!("no benchmark has a control `{}`", control.get_ref());
                faults.at(source, control.span(), what, None);
            }
            (Some(_), None) | (None, Some(_)) => {}
            (Some(_), Some(_)) | (None, None) => {
                faults.at(source, self.reason.span(), "a waiver names either a check or a control", None);
            }
        }
        for glob in self.scopes().into_iter().flatten() {
            if let Err(error) = Glob::new(glob.get_ref()) {
                faults.at(source, glob.span(), error.to_string(), None);
            }
        }
        for (name, text) in [("reason", &self.reason), ("owner", &self.owner)] {
            if text.get_ref().trim().is_empty() {
                faults.at(source, text.span(), format!("the {name} is empty"), None);
            }
        }
        if self.expires.get_ref().parse::<Date>().is_err() {
            let help = "a day is written as \"2026-11-24\"".to_owned();
            faults.at(source, self.expires.span(), format!("`{}` is no day", self.expires.get_ref()), Some(help));
        }
    }

    const fn scopes(&self) -> [Option<&Spanned<String>>; 5] {
        [self.container.as_ref(), self.image.as_ref(), self.path.as_ref(), self.key.as_ref(), self.host.as_ref()]
    }

    /// On its last day it still counts.
    fn expired(&self, day: Date) -> bool {
        self.expires.get_ref().parse::<Date>().is_ok_and(|last| last < day)
    }

    /// What it is about, in a few words.
    fn name(&self) -> String {
        let what = self.check.as_ref().or(self.control.as_ref()).map_or("", |what| what.get_ref());
        let until = self.expires.get_ref();
        format!("the waiver of {what} until {until} ({})", self.owner.get_ref())
    }

    fn waived(&self) -> Waived {
        Waived {
            reason: self.reason.get_ref().clone(),
            owner: self.owner.get_ref().clone(),
            expires: self.expires.get_ref().clone(),
        }
    }

    /// The checks that it is about: its own, or those of its control.
    fn checks(&self, report: &Report) -> Vec<String> {
        if let Some(check) = &self.check {
            return vec![check.get_ref().clone()];
        }
        let control = self.control.as_ref().map_or("", |control| control.get_ref());
        let (benchmark, number) = split(control);
        let benchmarks = report.benchmarks.iter().filter(|of| benchmark.is_none_or(|wanted| wanted == of.id));
        let controls = benchmarks.flat_map(|of| &of.controls).filter(|control| control.number == number);
        controls.flat_map(|control| control.checks.iter().cloned()).collect()
    }

    fn covers(&self, finding: &Finding) -> bool {
        let named = |glob: &Option<Spanned<String>>, kind: &str| {
            glob.as_ref().is_none_or(|glob| finding.subject.kind == kind && matches(glob, &finding.subject.name))
        };
        let all = |glob: &Option<Spanned<String>>, names: &dyn Fn(&Evidence) -> Vec<String>| {
            glob.as_ref().is_none_or(|glob| {
                let names: Vec<String> = finding.evidence.iter().flat_map(names).collect();
                !names.is_empty() && names.iter().all(|name| matches(glob, name))
            })
        };
        named(&self.container, "container")
            && named(&self.image, "image")
            && all(&self.path, &|evidence| paths(&evidence.value))
            && all(&self.key, &|evidence| keys(&evidence.fact))
    }
}

/// Whether one of some checks was among those that were judged.
fn ran(report: &Report, checks: &[String]) -> bool {
    let controls = report.benchmarks.iter().flat_map(|of| &of.controls).flat_map(|control| &control.checks);
    let judged = report.findings.iter().map(|finding| &finding.check);
    controls.chain(judged).any(|judged| checks.contains(judged))
}

fn matches(glob: &Spanned<String>, name: &str) -> bool {
    Glob::new(glob.get_ref()).is_ok_and(|glob| glob.compile_matcher().is_match(name))
}

/// The paths among the elements that a judgement rests on.
fn paths(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(paths).collect(),
        Value::Object(fields) => {
            let own = fields.get("path").and_then(Value::as_str).map(str::to_owned);
            own.map_or_else(|| fields.values().flat_map(paths).collect(), |own| vec![own])
        }
        _ => Vec::new(),
    }
}

/// The keys in a fact's name, such as `kernel.dmesg_restrict` in `sysctl["kernel.dmesg_restrict"]`.
fn keys(fact: &str) -> Vec<String> {
    let parts = fact.split("[\"").skip(1);
    parts.filter_map(|part| part.split_once("\"]").map(|(key, _)| key.to_owned())).collect()
}

/// The benchmark and the number of a control.
fn split(control: &str) -> (Option<&str>, &str) {
    control.split_once(':').map_or((None, control), |(benchmark, number)| (Some(benchmark), number))
}

fn known(control: &str, library: &Library) -> bool {
    let (benchmark, number) = split(control);
    let mut of = library.benchmarks().filter(|of| benchmark.is_none_or(|wanted| wanted == of.id));
    of.any(|of| of.file.control.iter().any(|control| control.number.get_ref() == number))
}

#[cfg(test)]
mod tests;
