//! Every check and benchmark: those compiled into the program, and a site's own on top.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::benchmark::{self, Benchmark, Control};
use crate::check::{self, Check, example};
use crate::diagnostic::{Diagnostics, Source, did_you_mean};
use crate::document;
use crate::parallel;

/// Where a site keeps checks of its own.
pub const SITE_CHECKS: &str = "/etc/plimsoll/checks.d";

static CHECKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/checks");
static BENCHMARKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/benchmarks");

/// Checks and benchmarks by id.
#[derive(Clone, Debug, Default)]
pub struct Library {
    checks: BTreeMap<String, Entry>,
    benchmarks: BTreeMap<String, Benchmark>,
    /// Files whose checks have faults: a benchmark that names them does nothing wrong.
    faulty: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    check: Check,
    source: Arc<Source>,
    site: bool,
}

impl Library {
    /// The checks and benchmarks of the program itself.
    pub fn builtin() -> Result<Self, Diagnostics> {
        Self::with_site(&[])
    }

    /// The program's own and those of directories, later ones overriding earlier ones by id. In a directory, TOML files below a
    /// directory `benchmarks` are benchmarks, and all others are checks.
    pub fn with_site(directories: &[PathBuf]) -> Result<Self, Diagnostics> {
        let (mut library, mut faults) = (Self::default(), Diagnostics::default());
        let embedded = |dir: &'static Dir<'_>, kind| {
            let files = embedded_files(dir).into_iter();
            files.map(move |(name, text)| (kind, Arc::new(Source { name: name.to_owned(), text: text.to_owned() })))
        };
        let layer = embedded(&CHECKS, Kind::Check).chain(embedded(&BENCHMARKS, Kind::Benchmark)).collect();
        library.add_layer(layer, false, &mut faults);
        for directory in directories {
            let layer = site_files(directory, &mut BTreeSet::new(), &mut faults);
            library.add_layer(layer, true, &mut faults);
        }
        library.link(&mut faults);
        if faults.is_empty() { Ok(library) } else { Err(faults) }
    }

    /// Every check, by id.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().map(|entry| &entry.check)
    }

    /// The checks that a site has added or overridden.
    pub fn site_checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().filter(|entry| entry.site).map(|entry| &entry.check)
    }

    /// A check by its id.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.get(id).map(|entry| &entry.check)
    }

    /// Every benchmark, by id.
    pub fn benchmarks(&self) -> impl Iterator<Item = &Benchmark> {
        self.benchmarks.values()
    }

    /// A benchmark by its id.
    pub fn benchmark(&self, id: &str) -> Option<&Benchmark> {
        self.benchmarks.get(id)
    }

    /// The controls of every benchmark that name a check.
    pub fn numbers(&self, check: &str) -> impl Iterator<Item = (&Benchmark, &Control)> {
        let controls = self.benchmarks().flat_map(|of| of.file.control.iter().map(move |control| (of, control)));
        controls.filter(move |(_, control)| control.checks.iter().any(|id| id.get_ref() == check))
    }

    /// Runs the examples of every check, or only of a site's; returns how many there are.
    pub fn prove(&self, site_only: bool) -> Result<usize, Diagnostics> {
        let (mut faults, mut examples) = (Diagnostics::default(), 0);
        for entry in self.checks.values().filter(|entry| entry.site || !site_only) {
            if !entry.site {
                // Its examples were left out when it was loaded.
                check::load(&entry.source, &entry.check.id, &mut faults);
            }
            examples += example::prove(&entry.check, &entry.source, &mut faults);
        }
        if faults.is_empty() { Ok(examples) } else { Err(faults) }
    }

    fn add_layer(&mut self, files: Vec<(Kind, Arc<Source>)>, site: bool, faults: &mut Diagnostics) {
        let mut layer: BTreeMap<String, Entry> = BTreeMap::new();
        let loaded = parallel::map(&files, |(kind, source)| {
            let mut faults = Diagnostics::default();
            let (mut checks, mut benchmark) = (Vec::new(), None);
            match kind {
                Kind::Check => checks = load(source, site, &mut faults),
                Kind::Benchmark => benchmark = benchmark::load(source, &stem(source), &mut faults),
            }
            (checks, benchmark, faults)
        });
        for ((kind, source), (loaded, benchmark, found)) in files.into_iter().zip(loaded) {
            if kind == Kind::Check && !found.is_empty() {
                self.faulty.insert(stem(&source));
            }
            faults.extend(found);
            self.benchmarks.extend(benchmark.map(|benchmark| (benchmark.id.clone(), benchmark)));
            for check in loaded {
                let entry = Entry { check, source: Arc::clone(&source), site };
                let id = entry.check.id.clone();
                if let Some(first) = layer.insert(id.clone(), entry) {
                    let message = format!("a check `{id}` is in {} already", first.source.name);
                    faults.at(&source, 0..0, message, None);
                }
            }
        }
        self.checks.append(&mut layer);
    }

    /// Every check that a benchmark names must be there.
    fn link(&self, faults: &mut Diagnostics) {
        let named = self.benchmarks.values().flat_map(|benchmark| {
            benchmark.file.control.iter().flat_map(|control| &control.checks).map(move |check| (benchmark, check))
        });
        for (benchmark, check) in named {
            let id = check.get_ref();
            if !self.checks.contains_key(id) && !self.faulty.contains(id) {
                let help = did_you_mean(id, self.checks.keys().map(String::as_str));
                faults.at(&benchmark.source, check.span(), format!("there is no check `{id}`"), help);
            }
        }
    }
}

/// Loads the checks of a file. The program's own are proven by its tests, so that their examples are not read again; a site's
/// faulty example is found before anything is judged by its check.
fn load(source: &Arc<Source>, site: bool, faults: &mut Diagnostics) -> Vec<Check> {
    if !site {
        let text = example::without(&source.text).to_owned();
        return check::load(&Arc::new(Source { name: source.name.clone(), text }), &stem(source), faults);
    }
    let checks = check::load(source, &stem(source), faults);
    for check in &checks {
        example::load(check, source, faults);
    }
    checks
}

/// The name of a file without its ending.
fn stem(source: &Source) -> String {
    Path::new(&source.name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Check,
    Benchmark,
}

fn embedded_files(dir: &'static Dir<'_>) -> Vec<(&'static str, &'static str)> {
    let mut files: Vec<_> = dir.files().filter_map(|f| Some((f.path().to_str()?, f.contents_utf8()?))).collect();
    files.extend(dir.dirs().flat_map(embedded_files));
    files
}

/// The files below a directory; `seen` are the directories that were read, since links can lead round and round.
fn site_files(directory: &Path, seen: &mut BTreeSet<PathBuf>, faults: &mut Diagnostics) -> Vec<(Kind, Arc<Source>)> {
    let entries = directory
        .canonicalize()
        .and_then(|real| Ok((real, std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?)));
    let mut entries = match entries {
        Ok((real, entries)) if seen.insert(real.clone()) => entries,
        Ok(_) => {
            faults.general(format!("{} leads to a directory that was read already", directory.display()), None);
            return Vec::new();
        }
        Err(error) => {
            faults.general(format!("cannot read {}: {error}", directory.display()), None);
            return Vec::new();
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut files = Vec::new();
    // What is hidden is no check: editors and Kubernetes keep copies there.
    let shown = |entry: &&std::fs::DirEntry| !entry.file_name().as_encoded_bytes().starts_with(b".");
    for path in entries.iter().filter(shown).map(std::fs::DirEntry::path) {
        if path.is_dir() {
            files.extend(site_files(&path, seen, faults));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let below = path.parent().and_then(Path::file_name).is_some_and(|name| name == "benchmarks");
            match document::read(&path) {
                Ok(source) => files.push((if below { Kind::Benchmark } else { Kind::Check }, source)),
                Err(message) => faults.general(message, None),
            }
        }
    }
    files
}
