//! A benchmark: the numbers of a published document over our checks.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::diagnostic::{Diagnostics, Source};
use crate::document;
use crate::types::Type;

/// A benchmark as written in TOML; its id is the name of its file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkFile {
    /// Name and version of the document.
    pub title: String,
    /// What has to be there for it to apply; nothing, by default.
    pub needs: Option<Needs>,
    /// The distribution whose machines it is for; any, by default.
    pub fits: Option<Release>,
    /// Whose the numbers are, and what is left out.
    pub source: String,
    /// Kinds of system whose levels differ, such as `server` and `workstation`, the usual one first; none by default.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Its sections, in order.
    pub section: Vec<Section>,
    /// Its controls, in order.
    pub control: Vec<Control>,
}

/// What a benchmark cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// A container engine with Docker's API.
    Docker,
}

/// A release of a distribution, as `/etc/os-release` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The distribution's `ID`, such as `debian`.
    pub id: String,
    /// Its `VERSION_ID`, such as `12`.
    pub version: String,
}

/// What has to be known of a benchmark before one is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// What has to be there for it to apply.
    pub needs: Option<Needs>,
    /// The distribution whose machines it is for.
    pub fits: Option<Release>,
}

impl Head {
    /// The head of one of the program's own files, which has its sections last.
    pub(crate) fn of(text: &str) -> Self {
        let head = text.split_once("\n[[section]]").map_or(text, |(head, _)| head);
        toml::from_str(head).unwrap_or_default()
    }
}

impl From<&BenchmarkFile> for Head {
    fn from(file: &BenchmarkFile) -> Self {
        Self { needs: file.needs, fits: file.fits.clone() }
    }
}

/// A section of a benchmark.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its number; controls whose numbers begin with it are in it.
    #[schemars(with = "String")]
    pub number: Spanned<String>,
    /// Its title in our words.
    pub title: String,
}

/// One recommendation of a benchmark.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its number in the document.
    #[schemars(with = "String")]
    pub number: Spanned<String>,
    /// Its title in our words.
    pub title: String,
    /// 1 for what any system should have, 2 for what costs function; where profiles differ, `levels` has it.
    pub level: Option<u8>,
    /// The level by profile, for the profiles that have this recommendation.
    #[serde(default)]
    pub levels: BTreeMap<String, u8>,
    /// The document's name for the systems it is meant for, where it is not a profile to choose.
    pub profile: Option<String>,
    /// How the document itself has it assessed; says nothing about how it is judged here.
    pub assessment: Assessment,
    /// The checks that decide it.
    #[schemars(with = "Vec<String>")]
    pub checks: Vec<Spanned<String>>,
}

/// How a document has a recommendation assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Assessment {
    /// By a program.
    Automated,
    /// By a person.
    Manual,
}

/// A benchmark that was loaded without a fault.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// The name of its file.
    pub id: String,
    /// What the file says.
    pub file: BenchmarkFile,
    /// The file.
    pub(crate) source: Arc<Source>,
}

/// Loads a benchmark; `id` is the file's name without its ending. With faults it comes back too, so that the checks it names can be
/// looked for in the same run.
pub(crate) fn load(source: &Arc<Source>, id: &str, faults: &mut Diagnostics) -> Option<Benchmark> {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<BenchmarkFile>);
    let file = document::load::<BenchmarkFile>(source, &TYPE, faults)?;
    let mut last: Option<Vec<u32>> = None;
    for control in &file.control {
        let (number, span) = (control.number.get_ref(), control.number.span());
        let Some(key) = number_key(number) else {
            faults.at(source, span, format!("`{number}` is not a control's number"), None);
            continue;
        };
        if last.as_ref().is_some_and(|last| *last >= key) {
            faults.at(source, span.clone(), format!("`{number}` stands out of order, or twice"), None);
        }
        last = Some(key);
        if !file.section.iter().any(|section| is_within(number, section.number.get_ref())) {
            faults.at(source, span.clone(), format!("`{number}` is in none of the sections"), None);
        }
        for level in control.level.iter().chain(control.levels.values()).filter(|level| !(1..=2).contains(*level)) {
            faults.at(source, span.clone(), format!("`{number}` has level {level}; there are 1 and 2"), None);
        }
        for profile in control.levels.keys().filter(|profile| !file.profiles.contains(profile)) {
            let help = format!("profiles has: {}", file.profiles.join(", "));
            faults.at(source, span.clone(), format!("`{number}` has a level for `{profile}`"), Some(help));
        }
        if control.level.is_none() == control.levels.is_empty() {
            faults.at(source, span.clone(), format!("`{number}` needs either a level or levels by profile"), None);
        }
        if control.checks.is_empty() {
            faults.at(source, span, format!("`{number}` has no check"), None);
        }
    }
    Some(Benchmark { id: id.to_owned(), file, source: Arc::clone(source) })
}

impl Control {
    /// Its level in a profile; `None` when the profile does not have it.
    pub fn level_in(&self, profile: Option<&str>) -> Option<u8> {
        self.level.or_else(|| self.levels.get(profile?).copied())
    }

    /// Its level, or its levels by profile, in words.
    pub fn level_words(&self) -> String {
        let by_profile = || self.levels.iter().map(|(profile, level)| format!("{level} {profile}")).collect::<Vec<_>>();
        self.level.map_or_else(|| by_profile().join(", "), |level| level.to_string())
    }
}

/// A control's number as one to sort by.
pub(crate) fn number_key(number: &str) -> Option<Vec<u32>> {
    number.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a number is a section's or lies in it.
pub(crate) fn is_within(number: &str, section: &str) -> bool {
    number.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Assessment {
    /// The word for it in files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }
}
