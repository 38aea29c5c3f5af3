//! Rows in words, for every format that people read; names in them are as they were found, and whoever shows them escapes them.

use super::Row;
use crate::probe::capability::DEFAULT;

impl Row {
    /// Its name, and what keeps it when that is not the engine.
    pub(crate) fn called(&self) -> String {
        match self.runtime.as_str() {
            "engine" => self.name.clone(),
            runtime => format!("{} ({runtime})", self.name),
        }
    }

    /// Its rung; with a question mark when it may be a worse one.
    pub(crate) fn stands(&self) -> String {
        let stopped = if self.running { "" } else { " (stopped)" };
        format!("{}{}{stopped}", self.rung.as_str(), if self.certain { "" } else { "?" })
    }

    /// `default`, or what is beyond and below it.
    pub(crate) fn capabilities(&self) -> String {
        let some = |sign: char, names: &[String], all: &str| match names {
            [] => None,
            [_, _, _, _, ..] => Some(format!("{sign}{} {all}", names.len())),
            few => Some(few.iter().map(|name| format!("{sign}{name}")).collect::<Vec<_>>().join(" ")),
        };
        if self.running && self.uids.is_empty() {
            return self.unknown();
        }
        if self.below.len() == DEFAULT.len() && self.beyond.is_empty() {
            return "none".to_owned();
        }
        let parts: Vec<String> =
            [some('+', &self.beyond, "more"), some('-', &self.below, "of default")].into_iter().flatten().collect();
        if parts.is_empty() { "default".to_owned() } else { parts.join(" ") }
    }

    /// The namespaces that it shares, but for those that every container shares by default.
    pub(crate) fn shares(&self) -> String {
        let kinds = self.shared.iter().map(String::as_str).filter(|kind| !matches!(*kind, "cgroup" | "user"));
        kinds.collect::<Vec<_>>().join(" ")
    }

    /// Whether its processes have a filter for system calls.
    pub(crate) fn filtered(&self) -> String {
        self.seccomp.clone().unwrap_or_else(|| self.unknown())
    }

    /// The label of the security module.
    pub(crate) fn labelled(&self) -> String {
        self.lsm.clone().unwrap_or_else(|| "–".to_owned())
    }

    /// Who its processes are, and what it was told where that is somebody else.
    pub(crate) fn users(&self) -> String {
        let uids = self.uids.iter().take(3).map(i64::to_string).collect::<Vec<_>>().join(" ");
        let more = if self.uids.len() > 3 { " …" } else { "" };
        let told = self.user.as_deref().map(|user| if user.is_empty() { "root" } else { user });
        match (uids.as_str(), told) {
            ("", told) => told.unwrap_or("?").to_owned(),
            // A session by docker exec is who the container was told to be.
            (uids, Some("root" | "0")) if !self.uids.contains(&0) && self.uids.iter().all(|uid| *uid < 65536) => {
                format!("{uids}{more} (told root)")
            }
            (uids, _) => format!("{uids}{more}"),
        }
    }

    /// The limits in force.
    pub(crate) fn limits(&self) -> String {
        let memory = self.memory_max_bytes.map(|bytes| format!("{} MiB", bytes >> 20));
        let pids = self.pids_max.map(|pids| format!("{pids} pids"));
        let limits: Vec<String> = [memory, pids].into_iter().flatten().collect();
        if limits.is_empty() { "none".to_owned() } else { limits.join(" ") }
    }

    /// Yes or no, as far as it was seen.
    pub(crate) fn whether(&self, is: Option<bool>) -> String {
        is.map_or_else(|| self.unknown(), |is| if is { "yes" } else { "no" }.to_owned())
    }

    fn unknown(&self) -> String {
        if self.running { "?" } else { "–" }.to_owned()
    }
}
