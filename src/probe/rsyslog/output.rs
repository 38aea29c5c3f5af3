//! What rsyslog's actions do with messages.

use std::collections::BTreeMap;

use super::parse::{Filter, Statement};
use super::selector::{FACILITIES, selected};
use super::{filter_text, network_input};
use crate::facts::{Rsyslog, RsyslogFile, RsyslogForward, RsyslogInput};

/// The mode of new files unless told otherwise.
const MODE: u32 = 0o644;
/// Bits that new files of a service do not get unless told otherwise.
const UMASK: u32 = 0o022;
/// Warnings and everything worse, one bit for each priority.
const GRAVE: u8 = 0b1_1111;

/// What the configuration has said so far.
pub(super) struct Reader {
    /// `$FileCreateMode` for the actions of the old style that follow.
    legacy_mode: u32,
    /// What `module(load="builtin:omfile")` says for actions of the new style.
    module_mode: u32,
    /// Bits that new files do not get.
    umask: u32,
    files: Vec<RsyslogFile>,
    forwards: Vec<RsyslogForward>,
    inputs: Vec<RsyslogInput>,
    /// The priorities of each facility that are kept.
    kept: [u8; 24],
}

impl Default for Reader {
    fn default() -> Self {
        let (files, forwards, inputs) = <_>::default();
        Self { legacy_mode: MODE, module_mode: MODE, umask: UMASK, files, forwards, inputs, kept: [0; 24] }
    }
}

impl Reader {
    pub(super) fn take(&mut self, statement: Statement, place: String) {
        self.inputs.extend(network_input(&statement, &place));
        match statement {
            Statement::Directive { name, argument } => self.directive(&name, &argument),
            Statement::Object { kind, parameters, filter } => self.object(&kind, &parameters, &filter, place),
            Statement::Legacy { action, filter } => self.legacy(&action, &filter, place),
            Statement::Discard(_) => {}
        }
    }

    /// All that it does, given that the mask may be set after the actions.
    pub(super) fn finish(self) -> Rsyslog {
        let unlogged = FACILITIES.iter().zip(self.kept).filter(|(_, kept)| kept & GRAVE != GRAVE);
        let unlogged = unlogged.map(|(name, _)| (*name).to_owned()).collect();
        let masked = |file: RsyslogFile| RsyslogFile { create_mode: file.create_mode & !self.umask, ..file };
        let files = self.files.into_iter().map(masked).collect();
        Rsyslog { files, forwards: self.forwards, network_inputs: self.inputs, unlogged }
    }

    fn directive(&mut self, name: &str, argument: &str) {
        match (name, octal(argument)) {
            ("filecreatemode", Some(mode)) => self.legacy_mode = mode,
            ("umask", Some(umask)) => self.umask = umask,
            ("resetconfigvariables", _) => self.legacy_mode = MODE,
            _ => {}
        }
    }

    fn object(&mut self, kind: &str, parameters: &BTreeMap<String, String>, filter: &Filter, place: String) {
        let text = |name: &str| parameters.get(name).map(String::as_str);
        let mode = |name: &str| text(name).and_then(octal);
        match (kind, text("type").or_else(|| text("load")).map(str::to_ascii_lowercase).as_deref()) {
            ("global", _) => self.umask = mode("umask").unwrap_or(self.umask),
            ("module", Some("builtin:omfile")) => {
                self.module_mode = mode("filecreatemode").unwrap_or(self.module_mode);
            }
            ("action", Some("omfile" | "builtin:omfile")) => {
                let dynamic = text("dynafile").map(|template| format!("<{template}>"));
                let path = dynamic.or_else(|| text("file").map(str::to_owned)).unwrap_or_default();
                let mode = mode("filecreatemode").unwrap_or(self.module_mode);
                self.file(path, mode, filter, place);
            }
            ("action", Some(forward @ ("omfwd" | "builtin:omfwd" | "omrelp"))) => {
                let protocol = match (forward, text("protocol").map(str::to_ascii_lowercase).as_deref()) {
                    ("omrelp", _) => "relp",
                    (_, Some("tcp")) => "tcp",
                    _ => "udp",
                };
                let target = text("target").unwrap_or_default().to_owned();
                self.forward(target, protocol, filter, place);
            }
            _ => {}
        }
    }

    /// An action of the old style: the first character says what it is.
    fn legacy(&mut self, action: &str, filter: &Filter, place: String) {
        let plain = |text: &str| text.split([';', ' ', '\t']).next().unwrap_or_default().to_owned();
        let unsynced = action.strip_prefix('-').unwrap_or(action);
        if unsynced.starts_with('/') {
            self.file(plain(unsynced), self.legacy_mode, filter, place);
        } else if let Some(template) = unsynced.strip_prefix('?') {
            self.file(format!("<{}>", plain(template)), self.legacy_mode, filter, place);
        } else if let Some(target) = action.strip_prefix("@@") {
            self.forward(host(&plain(target)), "tcp", filter, place);
        } else if let Some(target) = action.strip_prefix('@') {
            self.forward(host(&plain(target)), "udp", filter, place);
        } else if let Some(target) = action.strip_prefix(":omrelp:") {
            self.forward(host(&plain(target)), "relp", filter, place);
        }
    }

    fn file(&mut self, path: String, create_mode: u32, filter: &Filter, place: String) {
        if path.starts_with("/dev/") {
            return;
        }
        self.keep(filter);
        self.files.push(RsyslogFile { path, filter: filter_text(filter), create_mode, place });
    }

    fn forward(&mut self, target: String, protocol: &str, filter: &Filter, place: String) {
        if target.is_empty() {
            return;
        }
        self.keep(filter);
        self.forwards.push(RsyslogForward {
            target,
            protocol: protocol.to_owned(),
            filter: filter_text(filter),
            place,
        });
    }

    fn keep(&mut self, filter: &Filter) {
        let kept = match filter {
            Filter::Always => Some([0xff; 24]),
            Filter::Selector(selector) => selected(selector),
            Filter::Script => None,
        };
        if let Some(kept) = kept {
            self.kept.iter_mut().zip(kept).for_each(|(own, more)| *own |= more);
        }
    }
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim(), 8).ok().filter(|mode| *mode <= 0o7777)
}

/// The name of a target in the old style, `(o,9)[name]:port` at most.
fn host(target: &str) -> String {
    let target = match target.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map_or(rest, |(_, target)| target),
        None => target,
    };
    match target.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name.to_owned(),
        None => target.split(':').next().unwrap_or_default().to_owned(),
    }
}
