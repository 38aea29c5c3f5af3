//! Which benchmarks people mean who name none: the engine's, and that of the distribution.

use crate::benchmark::{Benchmark, Needs, Release};
use crate::cli::SelectArgs;
use crate::facts::OperatingSystem;
use crate::library::Library;
use crate::selection::Request;

/// What holds on any Linux, for a distribution that has no benchmark of its own.
const ANYWHERE: &str = "plimsoll-linux";
/// What holds on any host of containers: how far they are apart from it, and what of it can be reached.
const ALWAYS: [&str; 2] = ["plimsoll-isolation", "plimsoll-host"];

/// What is known of a machine before it is looked at.
#[derive(Clone, Copy, Default)]
pub(super) struct Machine<'m> {
    /// Whether it runs, and is not only files.
    pub(super) runs: bool,
    /// Whether an engine is there that may be asked.
    pub(super) engine: bool,
    /// Its distribution.
    pub(super) os: Option<&'m OperatingSystem>,
}

/// What the person asked for; without a benchmark named, the newest ones that fit the machine.
pub(super) fn request(args: &SelectArgs, library: &Library, machine: &Machine<'_>) -> Request {
    let mut benchmarks = args.benchmark.clone();
    if benchmarks.is_empty() {
        let host = library.newest(|head| fits(head.fits.as_ref(), machine.os)).unwrap_or(ANYWHERE);
        let docker = library.newest(|head| machine.engine && head.needs == Some(Needs::Docker));
        benchmarks.extend([Some(host), docker].into_iter().flatten().map(str::to_owned));
        benchmarks.extend(ALWAYS.iter().filter(|_| machine.runs).map(|id| (*id).to_owned()));
    }
    Request {
        benchmarks,
        level: args.level,
        profile: args.profile.clone(),
        checks: args.check.clone(),
        skip: args.skip.clone(),
        sections: args.section.clone(),
        container: args.container.clone(),
    }
}

fn fits(release: Option<&Release>, os: Option<&OperatingSystem>) -> bool {
    release.zip(os).is_some_and(|(release, os)| release.id == os.id && release.version == os.version)
}

/// What a reader should know of how well the benchmarks fit the machine.
pub(super) fn notices<'b>(
    benchmarks: impl Iterator<Item = &'b Benchmark>,
    os: Option<&OperatingSystem>,
) -> Vec<String> {
    let name = os.map_or("a system that does not tell its name", |os| os.name.as_str());
    let notice = |benchmark: &Benchmark| match &benchmark.file.fits {
        Some(release) if !fits(Some(release), os) => {
            Some(format!("{} is for {} {}, and this is {name}", benchmark.id, release.id, release.version))
        }
        None if benchmark.id == ANYWHERE => {
            Some(format!("there is no benchmark for {name}: what was judged of it holds on any Linux"))
        }
        _ => None,
    };
    benchmarks.filter_map(notice).collect()
}
