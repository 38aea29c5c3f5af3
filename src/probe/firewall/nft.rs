//! The ruleset that is loaded in the kernel's nf_tables.

use std::collections::BTreeMap;

use super::expression::{self, Sets};
use super::netlink::{self, List, attribute, attributes, number, text};
use super::rules::{Base, Chain, Family, Hook, Table};
use crate::facts::{BaseChain, Gap, GapKind};
use crate::probe::{System, command_line};

/// Families of tables by the kernel's numbers.
const FAMILIES: [(u8, &str); 6] = [(1, "inet"), (2, "ip"), (3, "arp"), (5, "netdev"), (7, "bridge"), (10, "ip6")];

/// A table that is loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// `inet`, `ip`, `ip6`, `arp`, `bridge` or `netdev`.
    pub(super) family: String,
    pub(super) name: String,
    /// Its chains, of which those for packets of IP have hooks.
    pub(super) table: Table,
    /// Its chains that packets enter at a hook, of any type.
    pub(super) bases: Vec<BaseChain>,
}

/// The tables that are loaded, none where the kernel has no nf_tables.
///
/// Asking a kernel whose nf_tables is a module that is not loaded would load it.
pub(super) fn loaded(system: &System) -> Result<Vec<Loaded>, Gap> {
    if !present(system)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for item in netlink::list(List::Tables, 0, &[])? {
        let Some(name) = text(&item.attributes, 1) else { continue };
        let family = FAMILIES.iter().find(|(number, _)| *number == item.family).map_or("other", |(_, name)| name);
        let (mut table, mut bases) = (Table::default(), Vec::new());
        let nul = |name: &str| [name.as_bytes(), &[0]].concat();
        let of_table = nul(&name);
        for chain in netlink::list(List::Chains, item.family, &[(1, &of_table)])? {
            if text(&chain.attributes, 1).as_deref() == Some(&name) {
                add_chain(family, &name, &chain.attributes, &mut table, &mut bases);
            }
        }
        table.families = match family {
            "ip" => [Family::V4].into(),
            "ip6" => [Family::V6].into(),
            "inet" => [Family::V4, Family::V6].into(),
            _ => [].into(),
        };
        if !table.families.is_empty() {
            let sets = sets(item.family, &name)?;
            let only = table.families.first().copied().filter(|_| table.families.len() == 1);
            for rule in netlink::list(List::Rules, item.family, &[(1, &of_table)])? {
                let (Some(of), Some(chain)) = (text(&rule.attributes, 1), text(&rule.attributes, 2)) else { continue };
                if of == name
                    && let Some(chain) = table.chains.get_mut(&chain)
                {
                    chain.rules.extend(expression::rules(&rule.attributes, only, &sets));
                }
            }
        }
        found.push(Loaded { family: family.to_owned(), name, table, bases });
    }
    Ok(found)
}

/// Whether the kernel has nf_tables already, so that asking it changes nothing.
fn present(system: &System) -> Result<bool, Gap> {
    let there = |path: &str| match system.resolve(path) {
        Ok(_) => Ok(true),
        Err(gap) if gap.kind == GapKind::Missing => Ok(false),
        Err(gap) => Err(gap),
    };
    if !there(command_line::PATH)? {
        return Err(Gap::new(GapKind::Unsupported, "there is no running kernel to ask for its packet filter"));
    }
    if there("/sys/module/nf_tables")? || !there("/proc/modules")? {
        return Ok(true);
    }
    let release = system.read_lossy("/proc/sys/kernel/osrelease")?;
    let built_in = format!("/lib/modules/{}/modules.builtin", release.trim());
    match system.read_lossy(&built_in) {
        Ok(list) => Ok(list.lines().any(|line| line.ends_with("/nf_tables.ko"))),
        // Nothing to load either.
        Err(gap) if gap.kind == GapKind::Missing => Ok(true),
        Err(gap) => Err(gap),
    }
}

fn add_chain(family: &str, table: &str, bytes: &[u8], chains: &mut Table, bases: &mut Vec<BaseChain>) {
    let Some(name) = text(bytes, 3) else { return };
    let mut chain = Chain::default();
    if let Some(hook) = attribute(bytes, 4) {
        let number_of = number(hook, 1).unwrap_or(u32::MAX);
        let priority = number(hook, 2).map_or(0, u32::cast_signed);
        let drops = number(bytes, 5) == Some(0);
        let kind = text(bytes, 7).unwrap_or_default();
        let at = match (family, number_of) {
            ("ip" | "ip6" | "inet", 1) => Some(Hook::Input),
            ("ip" | "ip6" | "inet", 2) => Some(Hook::Forward),
            ("ip" | "ip6" | "inet", 3) => Some(Hook::Output),
            _ => None,
        };
        // Chains of the other types change packets and let them pass.
        chain.base = at.filter(|_| kind == "filter").map(|hook| Base { hook, priority, drops });
        let hook = match (at, number_of) {
            (Some(Hook::Input), _) => "input",
            (Some(Hook::Forward), _) => "forward",
            (Some(Hook::Output), _) => "output",
            (None, 0) => "prerouting",
            (None, 4) => "postrouting",
            (None, _) => "other",
        };
        bases.push(BaseChain {
            family: family.to_owned(),
            table: table.to_owned(),
            name: name.clone(),
            kind,
            hook: hook.to_owned(),
            policy: if drops { "drop" } else { "accept" }.to_owned(),
        });
    }
    chains.chains.insert(name, chain);
}

/// The elements of the sets of a table, by the sets' names; of those whose keys are one simple thing.
fn sets(family: u8, table: &str) -> Result<Sets, Gap> {
    let of_table = [table.as_bytes(), &[0]].concat();
    let mut found = BTreeMap::new();
    for set in netlink::list(List::Sets, family, &[(1, &of_table)])? {
        let (Some(of), Some(name)) = (text(&set.attributes, 1), text(&set.attributes, 2)) else { continue };
        if of != table {
            continue;
        }
        let flags = number(&set.attributes, 3).unwrap_or_default();
        let of_set = [name.as_bytes(), &[0]].concat();
        let mut elements = Vec::new();
        for answer in netlink::list(List::Elements, family, &[(1, &of_table), (2, &of_set)])? {
            let list = attribute(&answer.attributes, 3).unwrap_or_default();
            elements.extend(attributes(list).into_iter().map(|(_, element)| expression::element(element)));
        }
        found.insert(
            name,
            expression::Set { intervals: flags & INTERVALS != 0, dynamic: flags & CHANGING != 0, elements },
        );
    }
    Ok(found)
}

/// A set's elements are the bounds of intervals.
const INTERVALS: u32 = 0x4;
/// Rules put elements into a set, they go by themselves, or each is several things at once.
const CHANGING: u32 = 0x10 | 0x20 | 0x80;
