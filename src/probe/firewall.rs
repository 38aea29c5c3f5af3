//! The machine's own packet filter: who looks after it, what it is told, and what is loaded.

mod config;
mod expression;
mod filtering;
mod flow;
mod netlink;
mod nft;
mod rules;
mod save;
mod xt;

use super::namespace::Kind;
use super::systemd_conf::boolean;
use super::{System, View, none_if_missing, services, shell_variables};
use crate::facts::{FilterTable, Firewall, Frontend, Gap, GapKind, Listener, Observed};
use crate::plan::Plan;
use nft::Loaded;
use rules::{Action, Family, Table};

/// The services of the programs that load rules at boot, and the programs' names.
const SERVICES: [(&str, &str); 3] =
    [("nftables", "nftables"), ("netfilter-persistent", "iptables"), ("firewalld", "firewalld")];
/// The names of iptables' tables.
const IPTABLES: [&str; 5] = ["filter", "mangle", "nat", "raw", "security"];
/// What the chains of container engines begin with.
const ENGINES: [&str; 3] = ["DOCKER", "CNI-", "NETAVARK"];
/// Where the kernel names the tables of the old iptables.
const LEGACY: [(&str, &str); 2] = [("ip", "/proc/net/ip_tables_names"), ("ip6", "/proc/net/ip6_tables_names")];

/// What the plan wants of it; `listening` are the sockets that wait for others.
pub fn observe(
    system: &System,
    view: &View,
    plan: &Plan,
    listening: impl FnOnce() -> Observed<Vec<Listener>>,
) -> Firewall {
    let wants = |fields: &[&str]| fields.iter().any(|field| plan.wants(&format!("firewall.{field}")));
    let frontends = look(wants(&["frontend", "frontends"]), || frontends(system, view));
    let own = |wanted: bool| if wanted { view.files() } else { Err(Gap::not_collected()) };
    let policy = |field: &str, name: &str| match own(wants(&[field])) {
        Ok(()) => shell_variables::value(system, "/etc/default/ufw", name),
        Err(gap) => gap.into(),
    };
    let of_kernel = wants(&["tables", "chains", "ufw_loaded", "loaded"]);
    let running = || system.running("a packet filter that is loaded").and_then(|()| view.clear(Kind::Net));
    let loaded = look(of_kernel, || running().and_then(|()| nft::loaded(system)));
    let legacy = look(wants(&["legacy_tables", "loaded"]), || running().and_then(|()| legacy_tables(system)));
    let ports = look(wants(&["loaded.unnamed_ports", "saved.unnamed_ports"]), || listening().as_known().cloned());
    let saved = look(wants(&["saved"]), || view.files().and_then(|()| filtering::saved(system, &ports)));
    let of = |seen: fn(&[Loaded]) -> bool| loaded.as_deref().map(seen).map_err(Clone::clone).into();
    Firewall {
        frontend: frontends.as_deref().map(frontend).map_err(Clone::clone).into(),
        frontends: frontends.into(),
        ufw_enabled: own(wants(&["ufw_enabled"])).map_or_else(Into::into, |()| ufw_enabled(system)),
        ufw_incoming: policy("ufw_incoming", "DEFAULT_INPUT_POLICY"),
        ufw_outgoing: policy("ufw_outgoing", "DEFAULT_OUTPUT_POLICY"),
        ufw_routed: policy("ufw_routed", "DEFAULT_FORWARD_POLICY"),
        ufw_loaded: of(ufw_loaded),
        tables: loaded.as_deref().map(|all| all.iter().map(table).collect()).map_err(Clone::clone).into(),
        chains: match &loaded {
            Ok(all) => Observed::known(all.iter().flat_map(|one| one.bases.clone()).collect()),
            Err(gap) => gap.clone().into(),
        },
        nftables_conf: look(wants(&["nftables_conf"]), || view.files().and_then(|()| config::bases(system))).into(),
        loaded: loaded
            .and_then(|all| Ok(filtering::loaded(all, legacy.as_ref().map_err(Clone::clone)?, &ports)))
            .into(),
        legacy_tables: legacy.into(),
        saved: saved.into(),
    }
}

fn look<T>(wanted: bool, observe: impl FnOnce() -> Result<T, Gap>) -> Result<T, Gap> {
    if wanted { observe() } else { Err(Gap::not_collected()) }
}

/// The programs that are enabled. ufw has a service that does nothing while its own switch is off.
fn frontends(system: &System, view: &View) -> Result<Vec<String>, Gap> {
    view.files()?;
    let mut found = Vec::new();
    let names: Vec<&str> = SERVICES.iter().map(|(service, _)| *service).chain(["ufw"]).collect();
    let enabled = services::in_use(system, view, &names)?;
    if enabled.iter().any(|one| one == "ufw") && *ufw_enabled(system).as_known()? {
        found.push("ufw".to_owned());
    }
    found.extend(
        SERVICES
            .iter()
            .filter(|(service, _)| enabled.iter().any(|one| one == service))
            .map(|(_, name)| (*name).to_owned()),
    );
    Ok(found)
}

fn frontend(names: &[String]) -> Frontend {
    match names {
        [] => Frontend::None,
        [one] if one == "ufw" => Frontend::Ufw,
        [one] if one == "nftables" => Frontend::Nftables,
        [one] if one == "iptables" => Frontend::Iptables,
        [_] => Frontend::Firewalld,
        _ => Frontend::Several,
    }
}

/// ufw's own switch; off where it is not set, or not there.
fn ufw_enabled(system: &System) -> Observed<bool> {
    shell_variables::value(system, "/etc/ufw/ufw.conf", "ENABLED").map(|value| boolean(&value) == Some(true))
}

fn ufw_loaded(all: &[Loaded]) -> bool {
    let enters = |family: Family, chain: &str| {
        let mut tables = all.iter().filter(|one| one.table.families.contains(&family)).map(|one| &one.table);
        let jumps = |table: &Table| {
            let bases = table.chains.values().filter(|chain| chain.base.is_some());
            let mut rules = bases.flat_map(|chain| &chain.rules);
            table.chains.contains_key(chain) && rules.any(|rule| rule.action == Action::Jump(chain.to_owned()))
        };
        tables.any(jumps)
    };
    enters(Family::V4, "ufw-before-input") && enters(Family::V6, "ufw6-before-input")
}

fn table(loaded: &Loaded) -> FilterTable {
    let chains = &loaded.table.chains;
    let upper = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase());
    let bases: Vec<&str> = loaded.bases.iter().map(|base| base.name.as_str()).collect();
    FilterTable {
        family: loaded.family.clone(),
        name: loaded.name.clone(),
        rules: i64::try_from(chains.values().map(|chain| chain.rules.len()).sum::<usize>()).unwrap_or(i64::MAX),
        iptables: matches!(loaded.family.as_str(), "ip" | "ip6")
            && IPTABLES.contains(&loaded.name.as_str())
            && !bases.is_empty()
            && bases.iter().all(|name| upper(name)),
        engine: chains.keys().any(|name| ENGINES.iter().any(|start| name.starts_with(start))),
    }
}

/// The tables of the old iptables, as family and name.
fn legacy_tables(system: &System) -> Result<Vec<String>, Gap> {
    let mut found = Vec::new();
    for (family, path) in LEGACY {
        let names = none_if_missing(system.read_lossy(path))?.unwrap_or_default();
        found.extend(names.lines().map(|name| format!("{family} {name}")));
    }
    found.sort();
    Ok(found)
}

/// The gap that tables of the old iptables are.
fn hidden(family: &str) -> Gap {
    let detail = format!("{family}: the old iptables has rules loaded, which the kernel does not show");
    Gap::new(GapKind::Unsupported, detail)
}

#[cfg(test)]
mod tests;
