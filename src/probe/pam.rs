//! PAM: the stacks of `/etc/pam.d`, run over what modules may return, and the options that modules run with.

mod claims;
mod control;
mod dispatch;
mod options;
mod settings;
mod stack;

use std::collections::BTreeMap;

use stack::{Kind, Line, Reader, Runs};

use super::{System, View, accounts};
use crate::facts::{Gap, GapKind, Observed, Pam, PamModule, PamValue, SuLimit};
use crate::plan::Plan;

/// The stacks that Debian's services share.
const SHARED: [(&str, Kind); 5] = [
    ("common-account", Kind::Account),
    ("common-auth", Kind::Auth),
    ("common-password", Kind::Password),
    ("common-session", Kind::Session),
    ("common-session-noninteractive", Kind::Session),
];

/// What the plan wants of PAM, and the options of modules that it names.
pub fn observe(
    system: &System,
    view: &View,
    plan: &Plan,
) -> (Observed<Pam>, BTreeMap<String, Observed<Vec<PamValue>>>) {
    let names: Vec<&String> = plan.keys("pam_option").collect();
    if !plan.wants("pam") && names.is_empty() {
        return (Observed::not_collected(), BTreeMap::new());
    }
    let files = view.files();
    let mut shared = Shared::new(system);
    let wants = |part: &str| match plan.wants(&format!("pam.{part}")) {
        true => files.clone(),
        false => Err(Gap::not_collected()),
    };
    let pam = Pam {
        modules: wants("modules").and_then(|()| shared.modules()).into(),
        lockout: wants("lockout").and_then(|()| shared.lockout()).into(),
        quality_checked: wants("quality_checked").and_then(|()| shared.comes_first("pam_pwquality")).into(),
        history_checked: wants("history_checked").and_then(|()| shared.comes_first("pam_pwhistory")).into(),
        su: wants("su").and_then(|()| su(system, &mut shared.reader)).into(),
    };
    let mut value = |name: &String| files.clone().and_then(|()| options::values(system, view, &mut shared, name));
    let values =
        names.into_iter().map(|name| (name.clone(), Observed::from(value(name)).seen_in("/etc/pam.d"))).collect();
    (Observed::known(pam), values)
}

/// The lines of the shared stacks of sessions that run `pam_umask`, each with its place and its arguments.
pub(super) fn umasks(system: &System) -> Result<Vec<(String, Vec<String>)>, Gap> {
    let stacks = [("common-session", Kind::Session), ("common-session-noninteractive", Kind::Session)];
    let lines = Shared::new(system).reached(&stacks, "pam_umask")?;
    Ok(lines.into_iter().map(|line| (line.place, line.arguments)).collect())
}

/// The shared stacks, each read once.
struct Shared<'s> {
    reader: Reader<'s>,
    read: BTreeMap<&'static str, Result<Vec<Line>, Gap>>,
}

impl<'s> Shared<'s> {
    fn new(system: &'s System) -> Self {
        Self { reader: Reader::new(system), read: BTreeMap::new() }
    }

    fn stack(&mut self, name: &str) -> Result<Vec<Line>, Gap> {
        let Some((name, kind)) = SHARED.iter().find(|(known, _)| *known == name) else {
            return Err(Gap::new(GapKind::Unsupported, format!("{name} is no stack that is shared")));
        };
        let reader = &mut self.reader;
        self.read.entry(name).or_insert_with(|| reader.stack(name, *kind)).clone()
    }

    /// The lines of stacks that run a module, whatever way leads there.
    fn reached(&mut self, stacks: &[(&str, Kind)], module: &str) -> Result<Vec<Line>, Gap> {
        let mut found = Vec::new();
        for (name, _) in stacks {
            let lines = self.stack(name)?;
            let reached = claims::reached(&lines)?;
            found.extend(
                lines
                    .into_iter()
                    .zip(reached)
                    .filter(|(line, reached)| *reached && line.is(module))
                    .map(|(line, _)| line),
            );
        }
        Ok(found)
    }

    fn modules(&mut self) -> Result<Vec<PamModule>, Gap> {
        let mut found = Vec::new();
        for (name, _) in SHARED {
            let lines = self.stack(name)?;
            let reached = claims::reached(&lines)?;
            for (line, reached) in lines.into_iter().zip(reached) {
                if let Runs::Module(module) | Runs::Missing(module) = line.runs {
                    found.push(PamModule {
                        stack: name.to_owned(),
                        module,
                        arguments: line.arguments,
                        reached,
                        place: line.place,
                    });
                }
            }
        }
        Ok(found)
    }

    fn lockout(&mut self) -> Result<crate::facts::Lockout, Gap> {
        claims::lockout(&self.stack("common-auth")?, &self.stack("common-account")?)
    }

    fn comes_first(&mut self, module: &str) -> Result<bool, Gap> {
        claims::comes_first(&self.stack("common-password")?, module)
    }
}

/// Whom su lets in; a login shell has a service of its own where its file is there.
fn su(system: &System, reader: &mut Reader<'_>) -> Result<Vec<SuLimit>, Gap> {
    let mut found = Vec::new();
    for service in ["su", "su-l"] {
        let lines = match reader.stack(service, Kind::Auth) {
            Err(gap) if gap.kind == GapKind::Missing && service == "su-l" => continue,
            lines => lines?,
        };
        let limit = claims::limiting_group(&lines)?;
        let (group, place) = match limit {
            Some((line, group)) => (wheel(system, group)?, line.place.clone()),
            None => (String::new(), format!("/etc/pam.d/{service}")),
        };
        let members = match group.as_str() {
            "" => Ok(None),
            group => accounts::members(system, group),
        };
        let others = |members: Vec<String>| members.into_iter().filter(|name| name != "root").collect();
        let members = members.map(|members| members.map(others)).into();
        found.push(SuLimit { service: service.to_owned(), group, members, place });
    }
    Ok(found)
}

/// The group that `pam_wheel` asks for: without a group `wheel`, the one with gid 0 stands for it.
fn wheel(system: &System, group: String) -> Result<String, Gap> {
    if group != "wheel" || accounts::members(system, "wheel")?.is_some() {
        return Ok(group);
    }
    accounts::group_name(system, 0)
}

#[cfg(test)]
mod tests;
