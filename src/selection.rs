//! Which checks an audit runs, under which controls, and on which containers.

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobMatcher};

use crate::benchmark::{Benchmark, Control, is_within};
use crate::check::Check;
use crate::diagnostic::did_you_mean;
use crate::library::Library;

/// What the person asked for; nothing asked is everything.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Benchmarks by id.
    pub benchmarks: Vec<String>,
    /// The highest level to include.
    pub level: Option<u8>,
    /// The profile to judge by, where a benchmark has several.
    pub profile: Option<String>,
    /// Only these checks.
    pub checks: Vec<String>,
    /// Not these checks.
    pub skip: Vec<String>,
    /// Only controls in these sections.
    pub sections: Vec<String>,
    /// Only containers whose names match.
    pub container: Option<String>,
}

/// The checks that were selected, and the controls they decide.
#[derive(Clone, Debug)]
pub struct Selection<'l> {
    /// The benchmarks with the controls that are left of them.
    pub benchmarks: Vec<SelectedBenchmark<'l>>,
    /// Every selected check, those that no benchmark names included.
    pub checks: BTreeMap<&'l str, &'l Check>,
    /// Highest level included.
    pub level: u8,
    container: Option<GlobMatcher>,
}

/// A benchmark with the controls that were selected.
#[derive(Clone, Debug)]
pub struct SelectedBenchmark<'l> {
    /// The benchmark.
    pub benchmark: &'l Benchmark,
    /// The profile it is judged by, if it has any.
    pub profile: Option<&'l str>,
    /// Its selected controls.
    pub controls: Vec<SelectedControl<'l>>,
}

/// A control that was selected.
#[derive(Clone, Debug)]
pub struct SelectedControl<'l> {
    /// The control.
    pub control: &'l Control,
    /// Its level in the profile.
    pub level: u8,
    /// Its selected checks.
    pub checks: Vec<&'l Check>,
}

impl<'l> Selection<'l> {
    /// Selects from a library; every wrong name is told at once.
    pub fn new(library: &'l Library, request: &Request) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let known: Vec<&str> = library.benchmark_ids().collect();
        let benchmarks: Vec<&Benchmark> = request
            .benchmarks
            .iter()
            .filter_map(|id| {
                library.benchmark(id).or_else(|| {
                    let help = did_you_mean(id, known.iter().copied());
                    let help = help.unwrap_or_else(|| format!("there are: {}", known.join(", ")));
                    wrong.push(format!("there is no benchmark `{id}`: {help}"));
                    None
                })
            })
            .collect();
        let ids = || library.checks().map(|check| check.id.as_str());
        for id in request.checks.iter().chain(&request.skip).filter(|id| library.check(id).is_none()) {
            let help = did_you_mean(id, ids()).unwrap_or_else(|| "`plimsoll checks list` lists them".to_owned());
            wrong.push(format!("there is no check `{id}`: {help}"));
        }
        for section in &request.sections {
            let numbers = |b: &&Benchmark| b.file.control.iter().any(|c| is_within(c.number.get_ref(), section));
            if !benchmarks.iter().any(numbers) {
                wrong.push(format!("none of the selected benchmarks has a section or control {section}"));
            }
        }
        if let Some(profile) = &request.profile {
            let profiles: BTreeSet<&str> =
                benchmarks.iter().flat_map(|benchmark| &benchmark.file.profiles).map(String::as_str).collect();
            if !profiles.contains(profile.as_str()) {
                let known = profiles.into_iter().collect::<Vec<_>>().join(", ");
                wrong.push(format!("none of the selected benchmarks has a profile `{profile}`; there are: {known}"));
            }
        }
        let container = request.container.as_deref().map(Glob::new).transpose();
        let container = container.map_err(|error| wrong.push(error.to_string())).ok().flatten();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self::select(library, request, &benchmarks, container.map(|glob| glob.compile_matcher())))
    }

    fn select(
        library: &'l Library,
        request: &Request,
        benchmarks: &[&'l Benchmark],
        container: Option<GlobMatcher>,
    ) -> Self {
        let level = request.level.unwrap_or(2);
        let wanted = |id: &str| {
            (request.checks.is_empty() || request.checks.iter().any(|check| check == id))
                && !request.skip.iter().any(|skip| skip == id)
        };
        let in_sections = |number: &str| {
            request.sections.is_empty() || request.sections.iter().any(|section| is_within(number, section))
        };
        let named = |benchmark: &&'l Benchmark| benchmark.file.control.iter().flat_map(|control| &control.checks);
        library.read(benchmarks.iter().flat_map(named).map(|id| id.get_ref().as_str()).filter(|id| wanted(id)));
        let mut checks = BTreeMap::new();
        let mut selected = Vec::new();
        for benchmark in benchmarks.iter().copied() {
            let asked =
                request.profile.as_deref().and_then(|asked| benchmark.file.profiles.iter().find(|p| *p == asked));
            let profile = asked.or(benchmark.file.profiles.first()).map(String::as_str);
            let mut controls = Vec::new();
            for control in &benchmark.file.control {
                let of_level = control.level_in(profile).filter(|of| *of <= level);
                let Some(level) = of_level.filter(|_| in_sections(control.number.get_ref())) else { continue };
                let ids = control.checks.iter().map(|check| check.get_ref().as_str());
                let of: Vec<&Check> = ids.filter(|id| wanted(id)).filter_map(|id| library.check(id)).collect();
                checks.extend(of.iter().map(|check| (check.id.as_str(), *check)));
                if !of.is_empty() {
                    controls.push(SelectedControl { control, level, checks: of });
                }
            }
            selected.push(SelectedBenchmark { benchmark, profile, controls });
        }
        // A site's own checks need no number to run, and a check that was asked for by name runs whatever was selected.
        let own = library.site_checks().filter(|check| {
            request.sections.is_empty() && wanted(&check.id) && library.numbers(&check.id).next().is_none()
        });
        let named = request.checks.iter().filter(|id| wanted(id)).filter_map(|id| library.check(id));
        checks.extend(own.chain(named).map(|check| (check.id.as_str(), check)));
        Self { benchmarks: selected, checks, level, container }
    }

    /// Whether a container of this name is to be judged.
    pub fn includes_container(&self, name: &str) -> bool {
        self.container.as_ref().is_none_or(|glob| glob.is_match(name))
    }

    /// The pattern that containers' names have to match, as it was given.
    pub fn container_pattern(&self) -> Option<&str> {
        self.container.as_ref().map(|matcher| matcher.glob().glob())
    }
}
