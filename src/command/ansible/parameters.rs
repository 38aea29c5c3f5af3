//! The module's parameters, as Ansible writes them: read with the conversions that its own modules make.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::cli::{EngineArgs, EngineChoice, JudgeArgs, RootArgs, SelectArgs};
use crate::diagnostic::did_you_mean;
use crate::verdict::Severity;

/// How many findings are told unless something else is said; the report has all.
const MAX_FINDINGS: usize = 20;
/// What begins the names of what Ansible itself says to modules.
const INTERNAL: &str = "_ansible_";

/// What an audit is asked for by a task.
pub(super) struct Parameters {
    /// What to judge, and by what.
    pub(super) judge: JudgeArgs,
    /// An earlier report.
    pub(super) baseline: Option<PathBuf>,
    /// Where to leave the report.
    pub(super) report_path: Option<PathBuf>,
    /// Whether findings can fail the task at all.
    pub(super) gate: bool,
    /// Whether what could not be judged fails it too.
    pub(super) fail_on_unknown: bool,
    /// How many findings to tell.
    pub(super) max_findings: usize,
    /// Whether nothing may be written.
    pub(super) check_mode: bool,
    /// Whether differences are asked for.
    pub(super) diff: bool,
}

impl Parameters {
    /// Reads them; every fault is told at once.
    pub(super) fn read(json: &str) -> Result<Self, Vec<String>> {
        let values: Map<String, Value> = serde_json::from_str(json)
            .map_err(|error| vec![format!("the parameters are not Ansible's JSON: {error}")])?;
        let (internal, values): (Map<_, _>, Map<_, _>) =
            values.into_iter().partition(|(name, _)| name.starts_with(INTERNAL));
        let said = |name: &str| internal.get(name).and_then(Value::as_bool).unwrap_or(false);
        let mut given = Given { values, known: Vec::new(), faults: Vec::new() };
        let parameters = Self {
            judge: given.judge(),
            baseline: given.text("baseline").map(PathBuf::from),
            report_path: given.text("report_path").map(PathBuf::from),
            gate: given.truth("gate").unwrap_or(true),
            fail_on_unknown: given.truth("fail_on_unknown").unwrap_or(false),
            max_findings: given.number("max_findings").unwrap_or(MAX_FINDINGS),
            check_mode: said("_ansible_check_mode"),
            diff: said("_ansible_diff"),
        };
        given.end().map(|()| parameters)
    }
}

/// Parameters on their way from JSON; what was asked for is what there is.
struct Given {
    values: Map<String, Value>,
    known: Vec<&'static str>,
    faults: Vec<String>,
}

impl Given {
    fn judge(&mut self) -> JudgeArgs {
        JudgeArgs {
            select: SelectArgs {
                benchmark: self.texts("benchmarks"),
                level: self.one("level", "1 or 2", |value| {
                    let level = number(value).and_then(|level| u8::try_from(level).ok());
                    level.filter(|level| (1..=2).contains(level))
                }),
                profile: self.text("profile"),
                check: self.texts("checks"),
                skip: self.texts("skip"),
                section: self.texts("sections"),
                container: self.text("container"),
                deep: self.truth("deep").unwrap_or(false),
                checks: Vec::new(),
            },
            root: RootArgs { root: None },
            engine: EngineArgs {
                engine_socket: self.text("engine_socket").map(PathBuf::from),
                engine: self
                    .one("engine", "auto or none", |value| EngineChoice::from_str(value.as_str()?, false).ok())
                    .unwrap_or(EngineChoice::Auto),
            },
            policy: self.text("policy").map(PathBuf::from),
            waivers: self.text("waivers").map(PathBuf::from),
            fail_on: self
                .one("fail_on", "one of low, medium, high, critical", |value| {
                    Severity::from_str(value.as_str()?, false).ok()
                })
                .unwrap_or(Severity::Low),
        }
    }

    /// A value; null is none.
    fn value(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }

    fn one<T>(&mut self, name: &'static str, wanted: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let read = read(&value);
        if read.is_none() {
            self.faults.push(format!("`{name}` is {value}, and should be {wanted}"));
        }
        read
    }

    fn truth(&mut self, name: &'static str) -> Option<bool> {
        self.one(name, "true or false", truth)
    }

    fn number(&mut self, name: &'static str) -> Option<usize> {
        self.one(name, "a number", number)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        self.word(name, &value)
    }

    /// A list; of a text, what its commas separate.
    fn texts(&mut self, name: &'static str) -> Vec<String> {
        let items = match self.value(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(Value::String(text)) => text.split(',').map(|part| Value::from(part.trim())).collect(),
            Some(one) => vec![one],
        };
        items.iter().filter_map(|item| self.word(name, item)).collect()
    }

    fn word(&mut self, name: &str, value: &Value) -> Option<String> {
        let fault = match value {
            Value::String(text) if !text.is_empty() => return Some(text.clone()),
            Value::Number(number) if !number.is_f64() => return Some(number.to_string()),
            Value::String(_) => format!("`{name}` has an empty text"),
            // YAML's 5.10 is 5.1.
            Value::Number(number) => format!("`{name}` has the number {number}: a text, \"5.10\", keeps its last zero"),
            other => format!("`{name}` has {other}, and should have text"),
        };
        self.faults.push(fault);
        None
    }

    /// That nothing is wrong, and nothing left.
    fn end(mut self) -> Result<(), Vec<String>> {
        self.known.sort_unstable();
        for name in self.values.keys() {
            let help = did_you_mean(name, self.known.iter().copied());
            let help = help.unwrap_or_else(|| format!("there are: {}", self.known.join(", ")));
            self.faults.push(format!("there is no parameter `{name}`: {help}"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }
}

/// What Ansible's own modules take for a truth value.
fn truth(value: &Value) -> Option<bool> {
    let word = match value {
        Value::Bool(truth) => return Some(*truth),
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    match word.as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
        "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
        _ => None,
    }
}

/// A number, or a text that is one: what a template comes to is text in older Ansible.
fn number(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => usize::try_from(other.as_u64()?).ok(),
    }
}
