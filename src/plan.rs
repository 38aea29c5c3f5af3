//! What an audit will read: found by walking the expressions of the checks that were selected.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::check::reads::{Path, Step};
use crate::check::{Check, Each};
use crate::ladder::READS;
use crate::types::{Field, Type};

/// The facts to collect. Nothing is probed that no selected check reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    deep: bool,
    paths: BTreeSet<String>,
    keys: BTreeMap<String, BTreeSet<String>>,
    sources: BTreeSet<String>,
}

impl Plan {
    /// What these checks read; the layers of images only when it shall go deep.
    pub fn of<'c>(checks: impl IntoIterator<Item = &'c Check>, deep: bool) -> Self {
        let mut plan = Self { deep, ..Self::default() };
        for check in checks {
            for read in check.reads() {
                match &read.elements {
                    Some(elements) => elements.fields.iter().for_each(|field| plan.add(check.each, &read.path, field)),
                    None => plan.add(check.each, &read.path, ""),
                }
            }
            check.worded().for_each(|path| plan.add(check.each, path, ""));
            if let Some(list) = check.each.list() {
                plan.paths.insert(list.to_owned());
            }
        }
        // Where each container stands is told as soon as most of what that takes is read anyway.
        if plan.wants("containers.kernel") && plan.wants("containers.processes") {
            plan.read(&READS);
        }
        plan
    }

    /// A plan that reads these facts, as paths such as `containers.process.uid`.
    pub fn reading(paths: &[&str]) -> Self {
        let mut plan = Self::default();
        plan.read(paths);
        plan
    }

    fn read(&mut self, paths: &[&str]) {
        for path in paths {
            let names: Vec<String> = path.split('.').map(str::to_owned).collect();
            self.add_sources(&names);
            self.paths.insert((*path).to_owned());
        }
    }

    /// Whether a fact is wanted: it, a part of it, or something that it is a part of. `containers.process.uid` is a path.
    pub fn wants(&self, path: &str) -> bool {
        let parts = format!("{path}.");
        let below = self.paths.range::<str, _>((Bound::Included(parts.as_str()), Bound::Unbounded)).next();
        self.paths.contains(path) || below.is_some_and(|part| part.starts_with(&parts)) || self.whole(path)
    }

    /// Whether the layers of images may be read.
    pub const fn deep(&self) -> bool {
        self.deep
    }

    /// The keys that checks ask for in a map whose entries are collected on demand, such as `sysctl`.
    pub fn keys(&self, root: &str) -> impl Iterator<Item = &String> {
        self.keys.get(root).into_iter().flatten()
    }

    /// Whether containers have to be looked at one by one, and not only listed.
    pub fn inspects(&self) -> bool {
        let more = |path: &&String| path.starts_with("containers.") && path.as_str() != "containers.name";
        // What a container's first process is tells which sandboxes are containers that the engine lists.
        self.paths.iter().any(|path| more(&path)) || self.wants("sandboxes")
    }

    /// Whether something that holds this fact is read as a whole.
    fn whole(&self, path: &str) -> bool {
        let mut outer = path;
        while let Some((parent, _)) = outer.rsplit_once('.') {
            outer = parent;
            if !Each::lists().any(|list| list == outer) && self.paths.contains(outer) {
                return true;
            }
        }
        false
    }

    /// Every file and API call that the facts come from, `{…}` standing for what is only known when the audit runs.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str)
    }

    fn add(&mut self, each: Each, path: &Path, element_field: &str) {
        let subject = |name: &str| match each.list() {
            Some(list) if name == each.as_str() => list.to_owned(),
            _ => name.to_owned(),
        };
        let mut names: Vec<String> = Vec::new();
        for step in &path.0 {
            match (step, names.as_slice()) {
                (Step::Field(name), []) => names.push(subject(name)),
                (Step::Field(name), _) => names.push(name.clone()),
                (Step::Key(key), [root]) => {
                    self.add_key(root, key);
                    break;
                }
                (Step::Key(_), _) => break,
            }
        }
        names.extend(element_field.split('.').filter(|name| !name.is_empty()).map(str::to_owned));
        let path = names.join(".");
        if !self.paths.contains(&path) && self.add_sources(&names) {
            self.paths.insert(path);
        }
    }

    /// Notes an entry of a map whose entries are collected on demand.
    fn add_key(&mut self, root: &str, key: &str) {
        let Some(field) = Type::facts().fields.get(root).filter(|field| field.keyed) else { return };
        self.keys.entry(root.to_owned()).or_default().insert(key.to_owned());
        if let Some(source) = &field.source {
            self.note_source(&with_key(source, key));
        }
    }

    /// The documented sources of a fact: its own, or those of everything below it. False for a fact that is deeper than the
    /// plan goes.
    fn add_sources(&mut self, names: &[String]) -> bool {
        let mut fields = Type::facts();
        let mut found: Option<&Type> = None;
        for name in names {
            let Some(field) = fields.fields.get(name) else { return true };
            if field.keyed {
                return true;
            }
            if field.source.is_some() || field.deep.is_some() {
                return self.note_sources(field);
            }
            found = Some(&field.ty);
            match field.ty.fields().or_else(|| field.ty.element().and_then(Type::fields)) {
                Some(inner) => fields = inner,
                None => break,
            }
        }
        found.into_iter().for_each(|ty| self.below(ty));
        true
    }

    /// Notes the sources of one field; false when all of them are deeper than the plan goes.
    fn note_sources(&mut self, field: &Field) -> bool {
        let deep = field.deep.as_ref().filter(|_| self.deep);
        let sources: Vec<&String> = field.source.iter().chain(deep).collect();
        sources.iter().for_each(|source| self.note_source(source));
        !sources.is_empty()
    }

    fn below(&mut self, ty: &Type) {
        let fields = ty.fields().or_else(|| ty.element().and_then(Type::fields));
        for field in fields.into_iter().flat_map(|fields| fields.fields.values()) {
            if field.source.is_some() || field.deep.is_some() {
                self.note_sources(field);
            } else {
                self.below(&field.ty);
            }
        }
    }

    /// The places in a documented source: calls to the API or the kernel, and paths; the words after them name a field within.
    fn note_source(&mut self, source: &str) {
        let places = source.split(", ").filter_map(|part| {
            let mut words = part.split(' ');
            match words.next()? {
                call @ ("GET" | "netlink") => words.next().map(|what| format!("{call} {what}")),
                path if path.starts_with(['/', '{']) => Some(path.to_owned()),
                _ => None,
            }
        });
        self.sources.extend(places);
    }
}

/// A documented source with the key in it that is asked for.
pub(crate) fn with_key(source: &str, key: &str) -> String {
    let key = if source.starts_with("/proc/sys/") { key.replace('.', "/") } else { key.to_owned() };
    source.replace("{key}", &key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_wanted_with_its_parts_and_for_its_whole() {
        let some = Plan::reading(&["containers", "containers.process.uid", "daemon"]);
        for wanted in ["containers", "containers.process", "containers.process.uid", "daemon", "daemon.hosts"] {
            assert!(some.wants(wanted), "{wanted}");
        }
        for other in ["containers.execs", "containers.process.gid_map", "images", "containers.proc", "daemo"] {
            assert!(!some.wants(other), "{other}");
        }
        assert!(some.inspects() && !Plan::reading(&["containers", "containers.name"]).inspects());
        assert!(!Plan::reading(&[]).wants("containers"));
    }
}
