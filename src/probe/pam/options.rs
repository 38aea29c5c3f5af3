//! The options that modules run with: what their line says, over what their configuration says, over what they do by default.

use super::Shared;
use super::settings::{self, Setting};
use super::stack::{Kind, Line};
use crate::facts::{Gap, GapKind, PamValue};
use crate::probe::accounts::LoginDefs;
use crate::probe::{System, View, packages};

/// How an option is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// There or not.
    Switch,
    /// A whole number, which pwquality takes strictly.
    Strict,
    /// A number as sscanf(3) reads it, of 16 bits.
    Short,
    /// A number as sscanf(3) reads it, of 32 bits.
    Long,
    /// A time in seconds that is at most a week; `never` is 0.
    Time,
}

/// An option of a module.
struct Opt {
    name: &'static str,
    form: Form,
    default: &'static str,
}

const fn option(name: &'static str, form: Form, default: &'static str) -> Opt {
    Opt { name, form, default }
}

/// The longest time that faillock takes.
const WEEK: u32 = 604_800;
/// The fewest characters that pwquality lets itself be told.
const LEAST_LENGTH: i64 = 6;
/// The version of PAM since which `pam_pwhistory` has a configuration of its own.
const PWHISTORY_SINCE: (u32, u32, u32) = (1, 5, 3);

const FAILLOCK: &[Opt] = &[
    option("deny", Form::Short, "3"),
    option("even_deny_root", Form::Switch, "false"),
    option("root_unlock_time", Form::Time, ""),
    option("unlock_time", Form::Time, "600"),
];
const PWQUALITY: &[Opt] = &[
    option("dcredit", Form::Strict, "0"),
    option("dictcheck", Form::Strict, "1"),
    option("difok", Form::Strict, "1"),
    option("enforce_for_root", Form::Switch, "false"),
    option("enforcing", Form::Strict, "1"),
    option("lcredit", Form::Strict, "0"),
    option("maxrepeat", Form::Strict, "0"),
    option("maxsequence", Form::Strict, "0"),
    option("minclass", Form::Strict, "0"),
    option("minlen", Form::Strict, "8"),
    option("ocredit", Form::Strict, "0"),
    option("ucredit", Form::Strict, "0"),
];
const PWHISTORY: &[Opt] = &[
    option("enforce_for_root", Form::Switch, "false"),
    option("remember", Form::Long, "10"),
    option("use_authtok", Form::Switch, "false"),
];
/// The hashes that `pam_unix` knows, as it looks for them at the beginning of an argument.
const HASHES: &[&str] = &["md5", "bigcrypt", "sha256", "sha512", "blowfish", "gost_yescrypt", "yescrypt"];

/// The values of an option, written `module.option`, that the lines of the shared stacks run its module with.
pub(super) fn values(system: &System, view: &View, shared: &mut Shared<'_>, name: &str) -> Result<Vec<PamValue>, Gap> {
    let unknown = || Gap::new(GapKind::Unsupported, format!("{name}: not an option of a module that is known here"));
    let (module, option) = name.split_once('.').ok_or_else(unknown)?;
    let find = |options: &'static [Opt]| options.iter().find(|known| known.name == option).ok_or_else(unknown);
    match module {
        "pam_faillock" => {
            let option = find(FAILLOCK)?;
            let lines = shared.reached(&[("common-auth", Kind::Auth)], module)?;
            lines.iter().map(|line| faillock(system, line, option)).collect()
        }
        "pam_pwquality" => {
            let option = find(PWQUALITY)?;
            let lines = shared.reached(&[("common-password", Kind::Password)], module)?;
            lines.iter().map(|line| pwquality(system, line, option)).collect()
        }
        "pam_pwhistory" => {
            let option = find(PWHISTORY)?;
            let lines = shared.reached(&[("common-password", Kind::Password)], module)?;
            lines.iter().map(|line| pwhistory(system, view, line, option)).collect()
        }
        "pam_unix" => {
            let password = ("common-password", Kind::Password);
            let places: &[(&str, Kind)] = match option {
                "nullok" => &[("common-auth", Kind::Auth), password],
                "algorithm" | "remember" | "use_authtok" => &[password],
                _ => return Err(unknown()),
            };
            shared.reached(places, module)?.iter().map(|line| unix(system, line, option)).collect()
        }
        _ => Err(unknown()),
    }
}

/// A value from an argument of the line itself.
fn argument(line: &Line, value: impl Into<String>) -> PamValue {
    PamValue { value: value.into(), line: line.place.clone(), place: line.place.clone() }
}

fn written(line: &Line, value: impl Into<String>, place: impl Into<String>) -> PamValue {
    PamValue { value: value.into(), line: line.place.clone(), place: place.into() }
}

/// The arguments as settings, each with the line's own place.
fn arguments(line: &Line) -> impl Iterator<Item = Setting> {
    line.arguments.iter().map(|argument| {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        Setting { name: name.to_owned(), value: value.to_owned(), place: line.place.clone() }
    })
}

/// Where a line has its configuration, if not in the usual place.
fn conf<'l>(line: &'l Line, usual: &'l str) -> (&'l str, bool) {
    let told = line.arguments.iter().rev().find_map(|argument| argument.strip_prefix("conf="));
    told.map_or((usual, false), |told| (told, true))
}

fn faillock(system: &System, line: &Line, option: &Opt) -> Result<PamValue, Gap> {
    let (file, needed) = conf(line, "/etc/security/faillock.conf");
    let mut found = None;
    for setting in settings::read(system, file, needed)?.into_iter().chain(arguments(line)) {
        if setting.name == option.name
            && let Some(value) = lenient(option.form, &setting.value)
        {
            found = Some(written(line, value, setting.place));
        }
    }
    match (found, option.name) {
        (Some(found), _) => Ok(found),
        // Root is locked for as long as others unless it is said.
        (None, "root_unlock_time") => {
            faillock(system, line, FAILLOCK.iter().find(|other| other.name == "unlock_time").unwrap_or(option))
        }
        (None, _) => Ok(written(line, option.default, "default of pam_faillock")),
    }
}

fn pwquality(system: &System, line: &Line, option: &Opt) -> Result<PamValue, Gap> {
    const CONF: &str = "/etc/security/pwquality.conf";
    let mut all = Vec::new();
    for file in settings::drop_ins(system, "/etc/security/pwquality.conf.d")? {
        all.extend(settings::read(system, &file, true)?);
    }
    all.extend(settings::read(system, CONF, false)?);
    let mut found = written(line, option.default, "default of pam_pwquality");
    for setting in all.into_iter().filter(|setting| setting.name == option.name) {
        let value = strict(option, &setting.value).ok_or_else(|| {
            let what = format!("{}: `{}` is no value of {}", setting.place, setting.value, option.name);
            Gap::new(GapKind::Malformed, format!("{what}, so that pam_pwquality does not run"))
        })?;
        found = written(line, value, setting.place);
    }
    // An argument that it cannot read it leaves out.
    for setting in arguments(line).filter(|setting| setting.name == option.name) {
        if let Some(value) = strict(option, &setting.value) {
            found = argument(line, value);
        }
    }
    Ok(found)
}

fn pwhistory(system: &System, view: &View, line: &Line, option: &Opt) -> Result<PamValue, Gap> {
    let mut found = written(line, option.default, "default of pam_pwhistory");
    if option.name != "use_authtok" && packages::upstream(system, view, &["libpam-modules"])? >= PWHISTORY_SINCE {
        let (file, needed) = conf(line, "/etc/security/pwhistory.conf");
        // Of several lines the first counts, whatever case it is written in.
        let first = settings::read(system, file, needed)?
            .into_iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(option.name));
        if let Some(setting) = first
            && let Some(value) = lenient(option.form, &setting.value)
        {
            found = written(line, value, setting.place);
        }
    }
    for setting in arguments(line).filter(|setting| setting.name == option.name) {
        if let Some(value) = lenient(option.form, &setting.value) {
            found = argument(line, value);
        }
    }
    Ok(found)
}

fn unix(system: &System, line: &Line, option: &str) -> Result<PamValue, Gap> {
    // The module looks only at how an argument begins.
    let begins = |prefix: &str| line.arguments.iter().rev().find(|argument| argument.starts_with(prefix));
    match option {
        "algorithm" => {
            let hash = |text: &String| HASHES.iter().find(|hash| text.starts_with(**hash));
            if let Some(hash) = line.arguments.iter().rev().find_map(hash) {
                return Ok(argument(line, *hash));
            }
            let defs = LoginDefs::read(system);
            let first = defs.all("ENCRYPT_METHOD")?.into_iter().next();
            let Some((place, value)) = first else { return Ok(written(line, "des", "default of pam_unix")) };
            let lower = value.to_ascii_lowercase();
            Ok(written(line, hash(&lower).copied().unwrap_or("des"), place))
        }
        "remember" => match begins("remember=").and_then(|argument| argument.split_once('=')) {
            Some((_, number)) => Ok(argument(line, number)),
            None => Ok(written(line, "0", "default of pam_unix")),
        },
        switch => match begins(switch) {
            Some(_) => Ok(argument(line, "true")),
            None => Ok(written(line, "false", "default of pam_unix")),
        },
    }
}

/// A value as a module reads it that leaves out what it cannot read.
fn lenient(form: Form, written: &str) -> Option<String> {
    match form {
        Form::Switch => Some("true".to_owned()),
        Form::Strict => None,
        Form::Short => scanned(written).map(|number| (number & 0xffff).to_string()),
        Form::Long => scanned(written).map(|number| (number & 0xffff_ffff).to_string()),
        Form::Time if written == "never" => Some("0".to_owned()),
        Form::Time => {
            let number = scanned(written)? & 0xffff_ffff;
            (number <= u64::from(WEEK)).then(|| number.to_string())
        }
    }
}

/// A number as sscanf(3) reads one without sign: what follows the digits is left out, and less than nothing is very much.
fn scanned(written: &str) -> Option<u64> {
    let text = written.trim_start();
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = text.split(|c: char| !c.is_ascii_digit()).next().filter(|digits| !digits.is_empty())?;
    let number: u64 = digits.parse().unwrap_or(u64::MAX);
    Some(if negative { number.wrapping_neg() } else { number })
}

/// A value as pwquality reads it.
fn strict(option: &Opt, written: &str) -> Option<String> {
    if option.form == Form::Switch {
        return Some("true".to_owned());
    }
    let number = i64::from(written.strip_prefix('+').unwrap_or(written).parse::<i32>().ok()?);
    let number = if option.name == "minlen" { number.max(LEAST_LENGTH) } else { number };
    Some(number.to_string())
}
