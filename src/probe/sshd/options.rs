//! The options of sshd that facts are about: how they are written, what they are by default, and which value a connection gets.

use std::collections::BTreeSet;

use super::config::{Config, Criterion, Setting, refused};
use crate::facts::{Gap, GapKind, Observed, SshdValue};
use crate::probe::glob;

/// How an option is written.
#[derive(Clone, Copy)]
enum Kind {
    /// One of these words, in any case; the second of a pair is what `sshd -T` prints.
    Words(&'static [(&'static str, &'static str)]),
    /// A whole number.
    Number,
    /// A time.
    Seconds,
    /// One word.
    Text,
    /// `MaxStartups`.
    Startups,
    /// Algorithms.
    Algorithms,
    /// Names, from every line.
    Names,
}

/// An option.
struct Opt {
    name: &'static str,
    kind: Kind,
    /// Whether it may stand in a `Match`.
    matched: bool,
    default: &'static str,
}

const FLAG: Kind = Kind::Words(&[("yes", "yes"), ("no", "no")]);
const ROOT: Kind = Kind::Words(&[
    ("yes", "yes"),
    ("no", "no"),
    ("without-password", "without-password"),
    ("prohibit-password", "without-password"),
    ("forced-commands-only", "forced-commands-only"),
]);
const RHOSTS: Kind = Kind::Words(&[("yes", "yes"), ("no", "no"), ("shosts-only", "shosts-only")]);
const LEVELS: Kind = Kind::Words(&[
    ("quiet", "QUIET"),
    ("fatal", "FATAL"),
    ("error", "ERROR"),
    ("info", "INFO"),
    ("verbose", "VERBOSE"),
    ("debug", "DEBUG"),
    ("debug1", "DEBUG"),
    ("debug2", "DEBUG2"),
    ("debug3", "DEBUG3"),
]);

const fn option(name: &'static str, kind: Kind, matched: bool, default: &'static str) -> Opt {
    Opt { name, kind, matched, default }
}

/// The options, with the defaults of OpenSSH 8.0 to 10; those of algorithms depend on the version.
const OPTIONS: &[Opt] = &[
    option("allowgroups", Kind::Names, true, ""),
    option("allowusers", Kind::Names, true, ""),
    option("banner", Kind::Text, true, "none"),
    option("ciphers", Kind::Algorithms, false, ""),
    option("clientalivecountmax", Kind::Number, true, "3"),
    option("clientaliveinterval", Kind::Seconds, true, "0"),
    option("denygroups", Kind::Names, true, ""),
    option("denyusers", Kind::Names, true, ""),
    option("disableforwarding", FLAG, true, "no"),
    option("gssapiauthentication", FLAG, true, "no"),
    option("hostbasedauthentication", FLAG, true, "no"),
    option("hostkey", Kind::Names, false, ""),
    option("ignorerhosts", RHOSTS, true, "yes"),
    option("kexalgorithms", Kind::Algorithms, false, ""),
    option("logingracetime", Kind::Seconds, false, "120"),
    option("loglevel", LEVELS, true, "INFO"),
    option("macs", Kind::Algorithms, false, ""),
    option("maxauthtries", Kind::Number, true, "6"),
    option("maxsessions", Kind::Number, true, "10"),
    option("maxstartups", Kind::Startups, false, "10:30:100"),
    option("permitemptypasswords", FLAG, true, "no"),
    option("permitrootlogin", ROOT, true, "without-password"),
    option("permituserenvironment", Kind::Text, false, "no"),
    option("usepam", FLAG, false, "no"),
];

/// The first and last major version that the defaults were compared with.
const KNOWN: (u32, u32) = (8, 10);

/// Algorithms by default, of OpenSSH 9.0 to 9.6. A maintenance release of Debian's adds a second name of the first exchange.
const ALGORITHMS: &[(&str, &[&str])] = &[
    (
        "ciphers",
        &[
            "chacha20-poly1305@openssh.com",
            "aes128-ctr",
            "aes192-ctr",
            "aes256-ctr",
            "aes128-gcm@openssh.com",
            "aes256-gcm@openssh.com",
        ],
    ),
    (
        "kexalgorithms",
        &[
            "sntrup761x25519-sha512@openssh.com",
            "curve25519-sha256",
            "curve25519-sha256@libssh.org",
            "ecdh-sha2-nistp256",
            "ecdh-sha2-nistp384",
            "ecdh-sha2-nistp521",
            "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group16-sha512",
            "diffie-hellman-group18-sha512",
            "diffie-hellman-group14-sha256",
        ],
    ),
    (
        "macs",
        &[
            "umac-64-etm@openssh.com",
            "umac-128-etm@openssh.com",
            "hmac-sha2-256-etm@openssh.com",
            "hmac-sha2-512-etm@openssh.com",
            "hmac-sha1-etm@openssh.com",
            "umac-64@openssh.com",
            "umac-128@openssh.com",
            "hmac-sha2-256",
            "hmac-sha2-512",
            "hmac-sha1",
        ],
    ),
];
/// The first and last version with those algorithms.
const ALGORITHMS_OF: ((u32, u32), (u32, u32)) = ((9, 0), (9, 6));

/// A version, `9.2` being the pair of both numbers, or why it is not known.
pub(super) type Version = Result<(u32, u32), Gap>;

/// The values of an option that connections get, given by its name in lower case.
pub(super) fn values(config: &Config, version: &Version, name: &str) -> Observed<Vec<SshdValue>> {
    look(config, version, name).into()
}

fn look(config: &Config, version: &Version, name: &str) -> Result<Vec<SshdValue>, Gap> {
    let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
        let detail = format!("{name}: not an option of sshd that is known here");
        return Err(Gap::new(GapKind::Unsupported, detail));
    };
    // What sshd would not start with says nothing about any option.
    if let Some(fault) = &config.fault {
        return Err(fault.clone());
    }
    for setting in &config.settings {
        check(setting)?;
    }
    let own: Vec<&Setting> = config.settings.iter().filter(|setting| setting.keyword == name).collect();
    let (plain, matched): (Vec<&Setting>, Vec<&Setting>) = own.into_iter().partition(|own| own.criteria.is_empty());
    let mut values = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut everybody = false;
    // Of the Match blocks that a connection meets, the first that sets the option decides.
    for setting in matched.iter().filter(|setting| name != "permitrootlogin" || may_be_root(&setting.criteria)) {
        let criteria = criteria(setting);
        if everybody || !seen.insert(criteria.clone()) {
            continue;
        }
        everybody = setting.criteria.iter().all(|(name, _)| name == "all");
        let same = |other: &&&Setting| other.criteria == setting.criteria;
        let together: Vec<&Setting> = matched.iter().filter(same).copied().collect();
        values.push(value(option, &together, version)?);
    }
    if !everybody {
        values.insert(0, value(option, &plain, version)?);
    }
    Ok(values)
}

/// The criteria of a `Match` as people write them.
fn criteria(setting: &Setting) -> String {
    let words = setting.criteria.iter().map(|(name, list)| format!("{name} {list}").trim_end().to_owned());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a login as root can meet criteria: those about its name say so.
fn may_be_root(criteria: &[Criterion]) -> bool {
    criteria.iter().filter(|(name, _)| name == "user").all(|(_, list)| {
        let fits = |pattern: &str| glob::matches(pattern, "root", false);
        let denied = list.split(',').filter_map(|pattern| pattern.strip_prefix('!')).any(fits);
        !denied && list.split(',').any(fits)
    })
}

/// Errs where sshd would not start with a setting.
fn check(setting: &Setting) -> Result<(), Gap> {
    let Some(option) = OPTIONS.iter().find(|option| option.name == setting.keyword) else { return Ok(()) };
    if !option.matched && !setting.criteria.is_empty() {
        return Err(refused(&setting.place, &format!("{} cannot stand in a Match", option.name)));
    }
    let names = matches!(option.kind, Kind::Names) && option.name != "hostkey";
    match setting.arguments.as_slice() {
        [argument] => normal(option, argument).map(|_| ()).map_err(|what| refused(&setting.place, &what)),
        _ if names => Ok(()),
        _ => Err(refused(&setting.place, &format!("{} takes one argument", option.name))),
    }
}

/// The value that settings of one and the same `Match`, or of none, come to.
fn value(option: &Opt, settings: &[&Setting], version: &Version) -> Result<SshdValue, Gap> {
    let Some(first) = settings.first() else { return default(option, version) };
    let written = first.arguments.first().map_or("", String::as_str);
    let (value, items) = match option.kind {
        Kind::Names => (String::new(), settings.iter().flat_map(|setting| setting.arguments.clone()).collect()),
        Kind::Algorithms => {
            let items = algorithms(written, || of_version(option, version))?;
            (items.join(","), items)
        }
        _ => (normal(option, written).map_err(|what| refused(&first.place, &what))?, Vec::new()),
    };
    Ok(SshdValue { value, items, criteria: criteria(first), place: first.place.clone() })
}

fn default(option: &Opt, version: &Version) -> Result<SshdValue, Gap> {
    let of = match version {
        Ok((major, minor)) => format!(" of OpenSSH {major}.{minor}"),
        Err(_) => String::new(),
    };
    let items = match option.kind {
        Kind::Algorithms => of_version(option, version)?,
        _ => Vec::new(),
    };
    // Nothing by default is nothing in every version.
    if !option.default.is_empty() {
        let (major, minor) = version.as_ref().map_err(Clone::clone)?;
        if !(KNOWN.0..=KNOWN.1).contains(major) {
            return Err(unknown(option, *major, *minor));
        }
    }
    let value = if items.is_empty() { option.default.to_owned() } else { items.join(",") };
    Ok(SshdValue { value, items, criteria: String::new(), place: format!("default{of}") })
}

fn of_version(option: &Opt, version: &Version) -> Result<Vec<String>, Gap> {
    let version = version.as_ref().map_err(Clone::clone)?;
    let known = ALGORITHMS.iter().find(|(name, _)| *name == option.name);
    match known.filter(|_| (ALGORITHMS_OF.0..=ALGORITHMS_OF.1).contains(version)) {
        Some((_, list)) => Ok(list.iter().map(|name| (*name).to_owned()).collect()),
        None => Err(unknown(option, version.0, version.1)),
    }
}

fn unknown(option: &Opt, major: u32, minor: u32) -> Gap {
    Gap::new(
        GapKind::Unsupported,
        format!("what {} is by default in OpenSSH {major}.{minor} is not known", option.name),
    )
}

/// A list of algorithms with what its first character does to the default.
fn algorithms(written: &str, default: impl Fn() -> Result<Vec<String>, Gap>) -> Result<Vec<String>, Gap> {
    let names = |list: &str| list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let first = written.chars().next().unwrap_or_default();
    let rest = names(written.get(1..).unwrap_or_default());
    let all = match first {
        '+' => [default()?, rest].concat(),
        '^' => [rest, default()?].concat(),
        '-' => {
            let removed = |name: &String| rest.iter().any(|pattern| glob::matches(pattern, name, false));
            let left: Vec<String> = default()?.into_iter().filter(|name| !removed(name)).collect();
            // With nothing left sshd falls back.
            if left.is_empty() { default()? } else { left }
        }
        _ => names(written),
    };
    let mut seen = BTreeSet::new();
    Ok(all.into_iter().filter(|name| seen.insert(name.clone())).collect())
}

/// A value as `sshd -T` prints it.
fn normal(option: &Opt, written: &str) -> Result<String, String> {
    let wrong = || format!("`{written}` is no value of {}", option.name);
    match option.kind {
        Kind::Words(words) => {
            let word = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(written));
            word.map(|(_, printed)| (*printed).to_owned()).ok_or_else(wrong)
        }
        Kind::Number => written.parse::<u32>().map(|number| number.to_string()).map_err(|_| wrong()),
        Kind::Seconds => seconds(written).map(|seconds| seconds.to_string()).ok_or_else(wrong),
        Kind::Startups => startups(written).ok_or_else(wrong),
        Kind::Text if matches!(option.name, "permituserenvironment") => {
            let word = written.to_ascii_lowercase();
            Ok(if matches!(word.as_str(), "yes" | "no") { word } else { written.to_owned() })
        }
        Kind::Text if written.eq_ignore_ascii_case("none") => Ok("none".to_owned()),
        Kind::Text | Kind::Algorithms | Kind::Names => Ok(written.to_owned()),
    }
}

/// A time such as `90`, `1m30s` or `2h`, in seconds.
fn seconds(written: &str) -> Option<u64> {
    let (mut total, mut number) = (0_u64, String::new());
    for c in written.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    let rest = if number.is_empty() { 0 } else { number.parse().ok()? };
    total.checked_add(rest).filter(|_| !written.is_empty())
}

/// `start:rate:full`, or one number for a limit at which all are refused.
fn startups(written: &str) -> Option<String> {
    let numbers = written.split(':').map(|number| number.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    match numbers.as_slice() {
        [limit] => Some(format!("{limit}:30:{limit}")),
        [start, rate, full] if start <= full && (1..=100).contains(rate) => Some(format!("{start}:{rate}:{full}")),
        _ => None,
    }
}
