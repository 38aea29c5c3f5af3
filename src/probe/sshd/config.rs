//! The lines of sshd's configuration in the order in which it reads them.

use std::path::{Path, PathBuf};

use super::line;
use crate::facts::{Gap, GapKind};
use crate::probe::{System, glob, none_if_missing};

/// Where relative paths begin.
const FOLDER: &str = "/etc/ssh";
/// How deep files may include each other.
const MAX_DEPTH: usize = 16;
/// The most lines, all files together.
const MAX_LINES: usize = 100_000;
/// The most files, each as often as it is read.
const MAX_FILES: usize = 1000;
/// The flags of sshd that take an argument.
const WITH_ARGUMENT: &str = "CEbcfghkopu";

/// The files from which services of Debian, Fedora, SUSE and Alpine pass flags on, and the variable that holds them.
const FLAGS: [(&str, &str); 4] = [
    ("/etc/default/ssh", "SSHD_OPTS"),
    ("/etc/sysconfig/sshd", "OPTIONS"),
    ("/etc/sysconfig/ssh", "SSHD_OPTS"),
    ("/etc/conf.d/sshd", "SSHD_OPTS"),
];

/// One criterion of a `Match` and the patterns it is for.
pub(super) type Criterion = (String, String);

/// One line that sets an option.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The option, in lower case.
    pub(super) keyword: String,
    pub(super) arguments: Vec<String>,
    /// What `Match` asks, all of it; nothing outside of one.
    pub(super) criteria: Vec<Criterion>,
    /// File and line.
    pub(super) place: String,
}

/// The whole of it.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// What sets an option, in order.
    pub(super) settings: Vec<Setting>,
    /// The files that were read, or would be.
    pub(super) files: Vec<PathBuf>,
    /// Why the settings are not those that sshd runs with: something could not be seen, or sshd would not start.
    pub(super) fault: Option<Gap>,
    lines: usize,
}

/// The flags that the service passes on, and where that is said.
fn given(system: &System) -> Result<Option<(String, String)>, Gap> {
    for (path, variable) in FLAGS {
        let text = none_if_missing(system.read_lossy(path))?.unwrap_or_default();
        let value = |line: &str| line.trim().strip_prefix(variable)?.strip_prefix('=').map(str::to_owned);
        if let Some((at, value)) = text.lines().enumerate().filter_map(|(at, line)| Some((at, value(line)?))).last() {
            return Ok(Some((format!("{path}:{}", at + 1), value.replace(['"', '\''], " "))));
        }
    }
    Ok(None)
}

impl Config {
    /// Reads what the service's flags and its configuration file say.
    pub(super) fn read(system: &System) -> Self {
        let mut config = Self::default();
        let file = config.flags(system).unwrap_or_else(|gap| {
            config.fault = Some(gap);
            Path::new(FOLDER).join("sshd_config")
        });
        config.file(system, &file, &[], 0, true);
        config
    }

    fn fault(&mut self, gap: Gap) {
        self.fault.get_or_insert(gap);
    }

    /// What the distribution's service passes on; the configuration file to read.
    fn flags(&mut self, system: &System) -> Result<PathBuf, Gap> {
        let mut file = Path::new(FOLDER).join("sshd_config");
        let Some((place, value)) = given(system)? else { return Ok(file) };
        let mut words = value.split_whitespace();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix('-') else { continue };
            let Some(at) = flag.find(|flag| WITH_ARGUMENT.contains(flag)) else {
                if flag.contains('q') {
                    self.line("LogLevel QUIET", &mut Vec::new(), &[], &place);
                }
                continue;
            };
            let (flag, attached) = flag.split_at(at).1.split_at(1);
            let argument = if attached.is_empty() { words.next().unwrap_or_default() } else { attached };
            let line = match flag {
                "f" => {
                    file = Path::new("/").join(argument);
                    continue;
                }
                "o" => argument.to_owned(),
                "g" => format!("LoginGraceTime {argument}"),
                "h" => format!("HostKey {argument}"),
                _ => continue,
            };
            self.line(&line, &mut Vec::new(), &[], &place);
        }
        Ok(file)
    }

    fn file(&mut self, system: &System, file: &Path, outer: &[Criterion], depth: usize, needed: bool) {
        if self.files.len() >= MAX_FILES {
            return self.fault(Gap::new(GapKind::Malformed, format!("{}: too many files", file.display())));
        }
        self.files.push(file.to_owned());
        match system.read_lossy(file) {
            Ok(text) => self.parse(system, file, &text, outer, depth),
            Err(gap) if gap.kind == GapKind::Missing && !needed => {}
            Err(gap) => self.fault(gap),
        }
    }

    fn parse(&mut self, system: &System, file: &Path, text: &str, outer: &[Criterion], depth: usize) {
        // A Match ends with its file, and holds only together with the one that includes it.
        let mut criteria = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let place = format!("{}:{}", file.display(), index + 1);
            self.lines += 1;
            if self.lines > MAX_LINES {
                return self.fault(Gap::new(GapKind::Malformed, format!("{place}: too many lines")));
            }
            for pattern in self.line(line, &mut criteria, outer, &place) {
                self.include(system, &pattern, &[outer, &criteria].concat(), depth, &place);
            }
        }
    }

    /// Takes one line; what it includes.
    fn line(&mut self, line: &str, criteria: &mut Vec<Criterion>, outer: &[Criterion], place: &str) -> Vec<String> {
        let taken = line::parse(line).and_then(|parsed| match parsed {
            None => Ok(Vec::new()),
            Some((keyword, arguments)) if keyword == "include" => Ok(arguments),
            Some((keyword, arguments)) if keyword == "match" => {
                *criteria = line::criteria(&arguments)?;
                Ok(Vec::new())
            }
            Some((keyword, arguments)) => {
                let criteria = [outer, criteria].concat();
                self.settings.push(Setting { keyword, arguments, criteria, place: place.to_owned() });
                Ok(Vec::new())
            }
        });
        taken.unwrap_or_else(|what| {
            self.fault(refused(place, &what));
            Vec::new()
        })
    }

    fn include(&mut self, system: &System, pattern: &str, criteria: &[Criterion], depth: usize, place: &str) {
        if depth >= MAX_DEPTH {
            return self.fault(refused(place, "files include each other too deeply"));
        }
        let absolute = if pattern.starts_with('/') { pattern.to_owned() } else { format!("{FOLDER}/{pattern}") };
        match glob::expand(system, &absolute) {
            Ok(files) => files.iter().for_each(|file| self.file(system, file, criteria, depth + 1, false)),
            Err(gap) => self.fault(gap),
        }
    }
}

/// The gap of a configuration with which sshd does not start.
pub(super) fn refused(place: &str, what: &str) -> Gap {
    Gap::new(GapKind::Malformed, format!("{place}: sshd refuses its configuration: {what}"))
}
