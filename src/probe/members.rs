//! Which processes are inside which containers.

use std::collections::BTreeMap;

use super::census::{Census, ISOLATING, Seen};
use super::cgroup::Group;
use super::namespace::Kind;
use super::process::Reference;
use crate::facts::{Gap, GapKind, Member, Observed};

/// A container to look for.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// Its id.
    pub(super) id: String,
    /// Its control group.
    pub(super) group: Group,
    /// Its first process.
    pub(super) first: u32,
}

impl Home {
    /// A container whose control group has its id.
    pub(super) fn named(id: &str, first: u32) -> Self {
        Self { id: id.to_owned(), group: Group::Named(id.to_owned()), first }
    }
}

/// The members of each container, in the containers' order.
///
/// What is in the control group of one container is that one's alone. Everyone else belongs to whom they share a PID, mount,
/// network or IPC namespace with, namespaces of the machine and of the engine aside; and who is in a PID namespace of its own
/// belongs where its parent does.
pub(super) fn of(census: &Result<Census, Gap>, reference: &Reference, homes: &[Home]) -> Vec<Observed<Vec<Member>>> {
    let seen = census.as_ref().map_err(Gap::clone).and_then(|census| census.complete().map(|()| census));
    let census = match seen {
        Ok(census) => census,
        Err(gap) => return homes.iter().map(|_| gap.clone().into()).collect(),
    };
    let mut map = Map { census, homes, by_name: BTreeMap::new(), by_namespace: BTreeMap::new() };
    for (index, home) in homes.iter().enumerate() {
        map.note(index, home, reference);
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); homes.len()];
    for (pid, seen) in census.iter().filter(|(_, seen)| seen.detail.is_some()) {
        for index in map.homes_of(pid, seen) {
            members.get_mut(index).into_iter().for_each(|list| list.push(pid));
        }
    }
    let described = homes.iter().zip(members).map(|(home, pids)| match census.get(home.first) {
        Some(first) if pids.contains(&home.first) => {
            let inside = Inside { map: &map, reference, home, first };
            Observed::known(pids.into_iter().filter_map(|pid| inside.member(pid)).collect())
        }
        _ => Observed::unknown(GapKind::Gone, format!("/proc/{}: its first process has ended", home.first)),
    });
    described.collect()
}

struct Map<'m> {
    census: &'m Census,
    homes: &'m [Home],
    /// Those whose control groups have their names.
    by_name: BTreeMap<&'m str, usize>,
    by_namespace: BTreeMap<(Kind, u64), Vec<usize>>,
}

impl<'m> Map<'m> {
    /// Notes the control group and the namespaces that are a container's own.
    fn note(&mut self, index: usize, home: &'m Home, reference: &Reference) {
        if let Group::Named(id) = &home.group {
            self.by_name.insert(id, index);
        }
        let Some(first) = self.census.get(home.first) else { return };
        for kind in ISOLATING {
            let Some(inode) = first.namespaces.get(&kind) else { continue };
            let namespace = reference.namespaces().compare(kind, *inode);
            if [&namespace.initial, &namespace.engine].iter().all(|is| is.value() != Some(&true)) {
                self.by_namespace.entry((kind, *inode)).or_default().push(index);
            }
        }
    }

    fn homes_of(&self, pid: u32, seen: &Seen) -> Vec<usize> {
        let mut by_group: Vec<usize> =
            seen.place.named.iter().filter_map(|named| self.by_name.get(named.id.as_str())).copied().collect();
        // A first process is its container's also when it was moved away.
        let others = self.homes.iter().enumerate().filter(|(_, home)| {
            home.first == pid || matches!(home.group, Group::At(_)) && seen.place.is_in(&home.group)
        });
        by_group.extend(others.map(|(index, _)| index));
        by_group.sort_unstable();
        by_group.dedup();
        if !by_group.is_empty() || !seen.place.named.is_empty() {
            return by_group;
        }
        let mut found = self.by_namespaces(seen);
        // Who has made namespaces for another may be in some of them.
        found.retain(|index| self.homes.get(*index).is_none_or(|home| !self.has_made(pid, home)));
        if found.is_empty() && seen.detail.as_ref().is_some_and(|detail| detail.depth > 1) {
            let ancestors = self.census.ancestry(pid).skip(1);
            found = ancestors
                .map(|(_, above)| self.by_namespaces(above))
                .find(|homes| !homes.is_empty())
                .unwrap_or_default();
        }
        found
    }

    /// Whether a process is the parent of a container's first one.
    fn has_made(&self, pid: u32, home: &Home) -> bool {
        let first = self.census.get(home.first).and_then(|seen| seen.detail.as_ref());
        first.is_some_and(|first| first.parent == pid)
    }

    fn by_namespaces(&self, seen: &Seen) -> Vec<usize> {
        let shared = |kind: &Kind| self.by_namespace.get(&(*kind, *seen.namespaces.get(kind)?));
        let mut found: Vec<usize> = ISOLATING.iter().filter_map(shared).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// One container, as its members are described by it.
struct Inside<'i> {
    map: &'i Map<'i>,
    reference: &'i Reference,
    home: &'i Home,
    first: &'i Seen,
}

impl Inside<'_> {
    fn member(&self, pid: u32) -> Option<Member> {
        let seen = self.map.census.get(pid)?;
        let detail = seen.detail.as_ref()?;
        Some(Member {
            pid,
            name: detail.name.clone(),
            executable: detail.executable.clone(),
            root: detail.root.clone(),
            first: pid == self.home.first,
            control_group: Observed::known(seen.place.path.clone()),
            limited: seen.place.is_limited_by(&self.home.group).into(),
            foreign: self.foreign(pid, seen),
            apart: self.apart(seen).into(),
            on_host: self.on_host(seen).into(),
            visits: self.visits(seen),
            process: detail.process.clone(),
        })
    }

    fn foreign(&self, pid: u32, seen: &Seen) -> Observed<bool> {
        let inside = |pid: u32, seen: &Seen| pid == self.home.first || seen.place.is_in(&self.home.group);
        if inside(pid, seen) || self.map.census.ancestry(pid).any(|(pid, seen)| inside(pid, seen)) {
            return Observed::known(false);
        }
        if self.first.place.is_in(&self.home.group) {
            return Observed::known(true);
        }
        let detail = format!("no control group names the container: its first process is in {}", self.first.place.path);
        Observed::unknown(GapKind::Missing, detail)
    }

    fn apart(&self, seen: &Seen) -> Result<Vec<String>, Gap> {
        seen.closed.clone().or(self.first.closed.clone()).map_or(Ok(()), Err)?;
        let mut apart = Vec::new();
        for (kind, inode) in &self.first.namespaces {
            match seen.namespaces.get(kind) {
                Some(other) if other == inode => {}
                Some(_) => apart.push(kind.name().to_owned()),
                None => return Err(Gap::new(GapKind::Missing, format!("its {kind} namespace is not told"))),
            }
        }
        Ok(apart)
    }

    fn visits(&self, seen: &Seen) -> Vec<String> {
        let own = self.map.by_namespaces(self.first);
        let elsewhere = self.map.by_namespaces(seen).into_iter().filter(|index| !own.contains(index));
        elsewhere.filter_map(|index| self.map.homes.get(index)).map(|home| home.id.clone()).collect()
    }

    fn on_host(&self, seen: &Seen) -> Result<Vec<String>, Gap> {
        seen.closed.clone().map_or(Ok(()), Err)?;
        let mut shared = Vec::new();
        for (kind, inode) in &seen.namespaces {
            if *self.reference.namespaces().is_initial(*kind, *inode).as_known()? {
                shared.push(kind.name().to_owned());
            }
        }
        Ok(shared)
    }
}

#[cfg(test)]
mod tests;
