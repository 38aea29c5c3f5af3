//! dockerd's options, merged as dockerd merges them: a flag, or a key of the file, or the default.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flags::{Flags, is_switch};
use super::settings::Settings;
use crate::facts::{Engine, Gap, GapKind, Observed, Ulimit};
use crate::probe::go::boolean;

/// The source of a value that nobody set.
pub(super) const DEFAULT: &str = "dockerd's default";

/// Keys of the file whose objects are values; dockerd takes the keys of every other object for keys of the file.
const OBJECTS: &[&str] =
    &["builder", "cluster-store-opts", "default-network-opts", "default-ulimits", "features", "log-opts", "runtimes"];

/// The options of a dockerd.
pub(super) struct Options {
    flags: Flags,
    file: Settings,
}

/// Where an option was set.
pub(super) enum Setting<'a> {
    /// On the command line, with every value given.
    Flag(&'a [String]),
    /// In the file, with a value other than null.
    File(&'a Value),
    /// Nowhere.
    Default,
    /// It cannot be told.
    Unknown(Gap),
}

impl Options {
    pub(super) fn new(flags: Flags, file: Settings) -> Self {
        Self { flags, file }
    }

    /// Where an option was set that has this name as a flag and this one in the file.
    ///
    /// dockerd refuses to start with an option in both places, with a key it does not know (in the very same letters), and with
    /// a value of another type: such a file is not what dockerd read, whatever its time says.
    pub(super) fn setting(&self, flag: &str, key: &str) -> Setting<'_> {
        let given = self.flags.all(flag);
        let entries = match (&self.file.entries, given) {
            (_, Some(values)) if self.file.entries.is_err() => return Setting::Flag(values),
            (Err(gap), _) => return Setting::Unknown(gap.clone()),
            (Ok(entries), _) => entries,
        };
        let same = |name: &str| name.eq_ignore_ascii_case(key);
        let nested = |name: &str, value: &Value| {
            !OBJECTS.contains(&name)
                && value
                    .as_object()
                    .is_some_and(|inner| inner.keys().any(|name| same(name) || name == flag && is_switch(flag)))
        };
        let found: Vec<&(String, Value)> =
            entries.iter().filter(|(name, value)| same(name) || nested(name, value)).collect();
        match (found.as_slice(), given) {
            ([], Some(values)) => Setting::Flag(values),
            ([], None) => Setting::Default,
            ([(name, value)], None) if name == key => match value {
                Value::Null if key == "tls" || key == "tlsverify" => self.refused(key, "null"),
                Value::Null => Setting::Default,
                value => Setting::File(value),
            },
            ([(name, _)], None) if !same(name) => self.refused(key, &format!("inside {name:?}")),
            ([(name, _)], None) => self.refused(key, &format!("written as {name:?}")),
            (_, Some(_)) => self.refused(key, &format!("set by the flag --{flag} as well")),
            (_, None) => self.refused(key, "there more than once"),
        }
    }

    fn refused(&self, key: &str, what: &str) -> Setting<'_> {
        Setting::Unknown(self.malformed(key, what))
    }

    fn malformed(&self, key: &str, what: &str) -> Gap {
        Gap::new(GapKind::Malformed, format!("{}: {key} is {what}", self.file.path))
    }

    /// Whether an option is set nowhere.
    pub(super) fn is_default(&self, name: &str) -> bool {
        matches!(self.setting(name, name), Setting::Default)
    }

    fn by_flag<T>(&self, value: Option<T>, flag: &str) -> Observed<T> {
        match value {
            Some(value) => Observed::from_source(value, format!("dockerd --{flag}")),
            None => {
                Observed::unknown(GapKind::Malformed, format!("dockerd --{flag}: a value that dockerd does not take"))
            }
        }
    }

    fn by_file<T>(&self, value: Option<T>, key: &str) -> Observed<T> {
        match value {
            Some(value) => Observed::from_source(value, format!("{} {key}", self.file.path)),
            None => self.malformed(key, "of a type that dockerd does not take").into(),
        }
    }

    /// A switch, if it is set anywhere.
    pub(super) fn switch(&self, name: &str) -> Observed<Option<bool>> {
        match self.setting(name, name) {
            // Each value has to be one, the last one counts.
            Setting::Flag(values) => {
                let values: Option<Vec<bool>> = values.iter().map(|value| boolean(value)).collect();
                self.by_flag(values.and_then(|values| values.last().copied()).map(Some), name)
            }
            Setting::File(value) => self.by_file(value.as_bool().map(Some), name),
            Setting::Default => Observed::from_source(None, DEFAULT),
            Setting::Unknown(gap) => gap.into(),
        }
    }

    /// A switch with its default.
    pub(super) fn boolean(&self, name: &str, default: bool) -> Observed<bool> {
        self.switch(name).map(|value| value.unwrap_or(default))
    }

    /// A word with its default, which an empty one stands for.
    pub(super) fn text(&self, name: &str, default: &str) -> Observed<String> {
        let seen = match self.setting(name, name) {
            Setting::Flag(values) => self.by_flag(values.last().cloned(), name),
            Setting::File(value) => self.by_file(value.as_str().map(str::to_owned), name),
            Setting::Default => Observed::from_source(String::new(), DEFAULT),
            Setting::Unknown(gap) => gap.into(),
        };
        seen.map(|value| if value.is_empty() { default.to_owned() } else { value })
    }

    /// A list, which the command line gives one by one.
    pub(super) fn list(&self, flag: &str, key: &str) -> Observed<Vec<String>> {
        match self.setting(flag, key) {
            Setting::Flag(values) => self.by_flag(Some(values.to_vec()), flag),
            Setting::File(value) => self.by_file(strings(value), key),
            Setting::Default => Observed::from_source(Vec::new(), DEFAULT),
            Setting::Unknown(gap) => gap.into(),
        }
    }

    /// The addresses of the API, each with its scheme; the socket in use where nobody named any.
    pub(super) fn hosts(&self, engine: &Engine) -> Observed<Vec<String>> {
        self.list("host", "hosts").and_then(|hosts| {
            let default = match self.switch("tls") {
                Observed::Known { value: Some(true), .. } => "tcp://localhost:2376".to_owned(),
                Observed::Known { .. } if engine.rootless => format!("unix://{}", engine.socket),
                Observed::Known { .. } => "unix:///var/run/docker.sock".to_owned(),
                Observed::Unknown { gap, .. } if hosts.iter().all(|host| host.trim().is_empty()) => return gap.into(),
                Observed::Unknown { .. } => String::new(),
            };
            if hosts.is_empty() {
                return Observed::from_source(vec![default], DEFAULT);
            }
            let whole = |host: &String| match host.trim() {
                "" => default.clone(),
                host if host.contains("://") => host.to_owned(),
                host => format!("tcp://{host}"),
            };
            // The source is the list's own.
            self.list("host", "hosts").map(|hosts| hosts.iter().map(whole).collect())
        })
    }

    /// Verbosity of the log; dockerd takes it in any case.
    pub(super) fn log_level(&self) -> Observed<String> {
        self.text("log-level", "info").map(|level| level.to_lowercase())
    }

    /// Options of the default logging driver.
    pub(super) fn log_opts(&self) -> Observed<BTreeMap<String, String>> {
        match self.setting("log-opt", "log-opts") {
            Setting::Flag(values) => {
                let pairs = values.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
                self.by_flag(Some(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()), "log-opt")
            }
            Setting::File(value) => {
                let pairs = value.as_object().and_then(|object| {
                    object.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
                });
                self.by_file(pairs, "log-opts")
            }
            Setting::Default => Observed::from_source(BTreeMap::new(), DEFAULT),
            Setting::Unknown(gap) => gap.into(),
        }
    }

    /// Limits of containers, sorted by name.
    pub(super) fn ulimits(&self) -> Observed<Vec<Ulimit>> {
        match self.setting("default-ulimit", "default-ulimits") {
            Setting::Flag(values) => {
                let limits: Option<BTreeMap<String, Ulimit>> =
                    values.iter().map(|value| ulimit(value).map(|limit| (limit.name.clone(), limit))).collect();
                self.by_flag(limits.map(|limits| limits.into_values().collect()), "default-ulimit")
            }
            Setting::File(value) => {
                let limits =
                    value.as_object().and_then(|object| object.values().map(limit).collect::<Option<Vec<_>>>());
                let limits = limits.map(|mut limits| {
                    limits.sort_by(|a, b| a.name.cmp(&b.name));
                    limits
                });
                self.by_file(limits, "default-ulimits")
            }
            Setting::Default => Observed::from_source(Vec::new(), DEFAULT),
            Setting::Unknown(gap) => gap.into(),
        }
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// `nofile=1024:2048`; one number is both limits.
fn ulimit(text: &str) -> Option<Ulimit> {
    let (name, limits) = text.split_once('=')?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    Some(Ulimit { name: name.to_owned(), soft: soft.parse().ok()?, hard: hard.parse().ok()? })
}

/// A limit in the file. It bears its own name, and that name counts, not the key's; Go takes its keys in any case.
fn limit(value: &Value) -> Option<Ulimit> {
    let mut limit = Ulimit { name: String::new(), soft: 0, hard: 0 };
    for (key, value) in value.as_object()? {
        match key.to_lowercase().as_str() {
            "name" => limit.name = value.as_str()?.to_lowercase(),
            "soft" => limit.soft = value.as_i64()?,
            "hard" => limit.hard = value.as_i64()?,
            _ => {}
        }
    }
    // Without a name the engine asks for a limit called "RLIMIT_", and no container starts.
    (!limit.name.is_empty()).then_some(limit)
}
