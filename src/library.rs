//! Every check and benchmark: those compiled into the program, and a site's own on top.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use include_dir::{Dir, File, include_dir};

use crate::benchmark::{self, Benchmark, Control, Head};
use crate::check::{self, Check, Each, example};
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
    /// The file of each check.
    checks: BTreeMap<String, Arc<Origin<Vec<Check>>>>,
    benchmarks: BTreeMap<String, Arc<Origin<Option<Benchmark>>>>,
    /// Files whose checks have faults: a benchmark that names them does nothing wrong.
    faulty: BTreeSet<String>,
}

/// A file of checks, or of a benchmark.
#[derive(Debug)]
struct Origin<T> {
    source: Arc<Source>,
    site: bool,
    /// The program's own are read when something of them is asked for: few audits need all.
    content: OnceLock<T>,
}

impl<T> Origin<T> {
    const fn own(source: Arc<Source>) -> Self {
        Self { source, site: false, content: OnceLock::new() }
    }

    fn site(source: Arc<Source>, content: T) -> Self {
        Self { source, site: true, content: content.into() }
    }
}

impl Origin<Vec<Check>> {
    fn checks(&self) -> &[Check] {
        // What is read this late is proven by the tests.
        self.content.get_or_init(|| load(&self.source, self.site, &mut Diagnostics::default()))
    }

    fn check(&self, id: &str) -> Option<&Check> {
        self.checks().iter().find(|check| check.id == id)
    }
}

impl Origin<Option<Benchmark>> {
    fn benchmark(&self) -> Option<&Benchmark> {
        let read = || benchmark::load(&proven(&self.source), &stem(&self.source), &mut Diagnostics::default());
        self.content.get_or_init(read).as_ref()
    }

    /// What has to be known before it is chosen.
    fn head(&self) -> Head {
        match self.content.get() {
            Some(Some(benchmark)) => Head::from(&benchmark.file),
            _ => Head::of(&self.source.text),
        }
    }
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
        // The types of facts take as long as all else, and the first check waits for them.
        thread::spawn(|| Each::default().roots());
        library.add_own();
        for directory in directories {
            let layer = site_files(directory, &mut BTreeSet::new(), &mut faults);
            library.add_layer(layer, &mut faults);
        }
        let site = library.benchmarks.values().filter(|origin| origin.site);
        library.link(site.filter_map(|origin| origin.benchmark()), &mut faults);
        if faults.is_empty() { Ok(library) } else { Err(faults) }
    }

    /// Every check, by id.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        let all = iter::once_with(|| self.read(self.checks.keys().map(String::as_str)));
        all.flat_map(|()| self.checks.iter().filter_map(|(id, origin)| origin.check(id)))
    }

    /// The checks that a site has added or overridden.
    pub fn site_checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|(_, origin)| origin.site).filter_map(|(id, origin)| origin.check(id))
    }

    /// A check by its id.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.get(id)?.check(id)
    }

    /// Reads the files of checks that will be asked for, on all cores.
    pub(crate) fn read<'i>(&self, ids: impl Iterator<Item = &'i str>) {
        let origins = ids.filter_map(|id| self.checks.get(id)).map(|origin| (origin.source.name.as_str(), origin));
        let origins: BTreeMap<&str, &Arc<Origin<Vec<Check>>>> = origins.collect();
        let origins: Vec<_> = origins.into_values().collect();
        parallel::map(&origins, |origin| origin.checks().len());
    }

    /// Every benchmark, by id.
    pub fn benchmarks(&self) -> impl Iterator<Item = &Benchmark> {
        self.benchmarks.values().filter_map(|origin| origin.benchmark())
    }

    /// The ids of all benchmarks.
    pub fn benchmark_ids(&self) -> impl Iterator<Item = &str> {
        self.benchmarks.keys().map(String::as_str)
    }

    /// A benchmark by its id.
    pub fn benchmark(&self, id: &str) -> Option<&Benchmark> {
        self.benchmarks.get(id)?.benchmark()
    }

    /// The id of the newest benchmark of which this holds: ids end in versions whose parts are single digits or sort alike.
    pub fn newest(&self, wanted: impl Fn(&Head) -> bool) -> Option<&str> {
        self.benchmarks.iter().rev().find(|(_, origin)| wanted(&origin.head())).map(|(id, _)| id.as_str())
    }

    /// The controls of every benchmark that name a check.
    pub fn numbers(&self, check: &str) -> impl Iterator<Item = (&Benchmark, &Control)> {
        let controls = self.benchmarks().flat_map(|of| of.file.control.iter().map(move |control| (of, control)));
        controls.filter(move |(_, control)| control.checks.iter().any(|id| id.get_ref() == check))
    }

    /// Runs the examples of every check, or only of a site's; returns how many there are.
    pub fn prove(&self, site_only: bool) -> Result<usize, Diagnostics> {
        let (mut faults, mut examples) = (Diagnostics::default(), 0);
        for origin in self.benchmarks.values().filter(|origin| !origin.site && !site_only) {
            // It was believed when it was read.
            let whole = benchmark::load(&origin.source, &stem(&origin.source), &mut faults);
            self.link(whole.iter(), &mut faults);
        }
        for (id, origin) in self.checks.iter().filter(|(_, origin)| origin.site || !site_only) {
            if !origin.site {
                // Its faults and examples were left out when it was read.
                let whole = check::load(&origin.source, &stem(&origin.source), &mut faults);
                if !whole.iter().any(|check| check.id == *id) {
                    faults.at(&origin.source, 0..0, format!("there is no check `{id}` in it"), None);
                }
            }
            if let Some(check) = origin.check(id) {
                examples += example::prove(check, &origin.source, &mut faults);
            }
        }
        if faults.is_empty() { Ok(examples) } else { Err(faults) }
    }

    /// Adds what is compiled into the program: the ids of its benchmarks and checks.
    fn add_own(&mut self) {
        let benchmarks = embedded(&BENCHMARKS).into_iter().map(|source| (stem(&source), Arc::new(Origin::own(source))));
        self.benchmarks.extend(benchmarks);
        for source in embedded(&CHECKS) {
            let ids = ids(&source);
            let origin = Arc::new(Origin::own(source));
            self.checks.extend(ids.into_iter().map(|id| (id, Arc::clone(&origin))));
        }
    }

    fn add_layer(&mut self, files: Vec<(Kind, Arc<Source>)>, faults: &mut Diagnostics) {
        let mut layer: BTreeMap<String, Arc<Origin<Vec<Check>>>> = BTreeMap::new();
        let loaded = parallel::map(&files, |(kind, source)| {
            let mut faults = Diagnostics::default();
            let (mut checks, mut benchmark) = (Vec::new(), None);
            match kind {
                Kind::Check => checks = load(source, true, &mut faults),
                Kind::Benchmark => benchmark = benchmark::load(source, &stem(source), &mut faults),
            }
            (checks, benchmark, faults)
        });
        for ((kind, source), (loaded, benchmark, found)) in files.into_iter().zip(loaded) {
            if kind == Kind::Check && !found.is_empty() {
                self.faulty.insert(stem(&source));
            }
            faults.extend(found);
            if let Some(benchmark) = benchmark {
                let origin = Origin::site(Arc::clone(&source), Some(benchmark));
                self.benchmarks.insert(stem(&source), Arc::new(origin));
            }
            let ids: Vec<String> = loaded.iter().map(|check| check.id.clone()).collect();
            let origin = Arc::new(Origin::site(Arc::clone(&source), loaded));
            for id in ids {
                if let Some(first) = layer.insert(id.clone(), Arc::clone(&origin)) {
                    let message = format!("a check `{id}` is in {} already", first.source.name);
                    faults.at(&source, 0..0, message, None);
                }
            }
        }
        self.checks.append(&mut layer);
    }

    /// Every check that a benchmark names must be there.
    fn link<'b>(&self, benchmarks: impl Iterator<Item = &'b Benchmark>, faults: &mut Diagnostics) {
        let named = benchmarks.flat_map(|benchmark| {
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

/// Loads the checks of a file. The program's own are proven by its tests, so that they are believed; a site's
/// faulty example is found before anything is judged by its check.
fn load(source: &Arc<Source>, site: bool, faults: &mut Diagnostics) -> Vec<Check> {
    if !site {
        return check::load(&proven(source), &stem(source), faults);
    }
    let checks = check::load(source, &stem(source), faults);
    for check in &checks {
        example::load(check, source, faults);
    }
    checks
}

/// One of the program's own files, as far as it is still to be read.
fn proven(source: &Source) -> Arc<Source> {
    let text = match source.text {
        Cow::Borrowed(text) => Cow::Borrowed(example::without(text)),
        Cow::Owned(ref text) => Cow::Owned(example::without(text).to_owned()),
    };
    Arc::new(Source { name: source.name.clone(), text, proven: true })
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

/// The files that are compiled into the program.
fn embedded(dir: &'static Dir<'static>) -> Vec<Arc<Source>> {
    let source =
        |file: &'static File<'static>| Some(Arc::new(Source::written(file.path().to_str()?, file.contents_utf8()?)));
    let mut files: Vec<_> = dir.files().filter_map(source).collect();
    files.extend(dir.dirs().flat_map(embedded));
    files
}

/// The ids of the checks of one of the program's own files, which have each key of a variant on a line.
fn ids(source: &Source) -> Vec<String> {
    let variants = example::without(&source.text).split("\n[[variant]]\n").skip(1);
    let id = |line: &str| {
        let (_, value) = line.split_once('=').filter(|(key, _)| key.trim_end() == "id")?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let ids: Vec<String> = variants.filter_map(|variant| variant.lines().find_map(id)).collect();
    if ids.is_empty() { vec![stem(source)] } else { ids }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heads_of_benchmarks_are_told_before_they_are_read() {
        let library = Library::builtin().unwrap();
        let heads: Vec<Head> = library.benchmarks.values().map(|origin| origin.head()).collect();
        let read: Vec<Head> = library.benchmarks().map(|benchmark| Head::from(&benchmark.file)).collect();
        assert_eq!(heads, read);
        assert!(read.iter().any(|head| head.fits.is_some()) && read.iter().any(|head| head.needs.is_some()));
    }

    #[test]
    fn the_ids_of_checks_are_told_before_they_are_read() {
        let library = Library::builtin().unwrap();
        for source in embedded(&CHECKS) {
            let mut faults = Diagnostics::default();
            let read: Vec<String> = load(&source, false, &mut faults).into_iter().map(|check| check.id).collect();
            assert!(faults.is_empty() && read == ids(&source), "{}", source.name);
            assert!(read.iter().all(|id| library.check(id).is_some()), "{}", source.name);
        }
        assert!(library.checks().count() > 400);
    }
}
