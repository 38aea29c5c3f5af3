//! Rules as iptables-save writes them.

use std::net::IpAddr;

use super::rules::{Action, Base, Chain, Family, Hook, Rule, TCP, Table, Test, UDP, What, state};

/// Matches of which packets of every class may be one or not.
const OPEN: &[&str] = &[
    "addrtype",
    "connlimit",
    "dscp",
    "ecn",
    "hashlimit",
    "icmp",
    "icmp6",
    "ipv6-icmp",
    "length",
    "limit",
    "pkttype",
    "statistic",
    "tcpmss",
    "tos",
    "ttl",
];
/// Options that take two values.
const TWO: &[&str] = &["--match-set", "--tcp-flags"];

/// The filter table of a file; nothing when it has none. Errs with a line that cannot be read.
pub(super) fn filter(text: &str, family: Family) -> Result<Option<Table>, usize> {
    let mut table: Option<Table> = None;
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('*') {
            inside = name == "filter";
            if inside {
                table.get_or_insert_with(|| Table { families: [family].into(), ..Table::default() });
            }
        }
        let Some(table) = table.as_mut().filter(|_| inside) else { continue };
        let done = match line.chars().next() {
            Some(':') => declare(line, table),
            Some('-' | '[') => add(line, table),
            Some('*' | '#') | None => Some(()),
            _ if line == "COMMIT" => {
                inside = false;
                Some(())
            }
            _ => None,
        };
        done.ok_or(number + 1)?;
    }
    Ok(table)
}

/// `:INPUT DROP [0:0]`.
fn declare(line: &str, table: &mut Table) -> Option<()> {
    let mut words = line.strip_prefix(':')?.split_whitespace();
    let (name, policy) = (words.next()?, words.next()?);
    let hook = match name {
        "INPUT" => Some(Hook::Input),
        "FORWARD" => Some(Hook::Forward),
        "OUTPUT" => Some(Hook::Output),
        _ => None,
    };
    let base = hook.map(|hook| Base { hook, priority: 0, drops: policy == "DROP" });
    table.chains.insert(name.to_owned(), Chain { base, rules: Vec::new() });
    Some(())
}

/// `-A INPUT -i lo -j ACCEPT`, perhaps with counters before it.
fn add(line: &str, table: &mut Table) -> Option<()> {
    let line = match line.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.1.trim_start(),
        None => line,
    };
    let words = words(line)?;
    match words.split_first_chunk::<2>() {
        Some(([command, chain], rest)) if command == "-A" => {
            let rule = rule(rest)?;
            table.chains.entry(chain.clone()).or_default().rules.push(rule);
            Some(())
        }
        _ => None,
    }
}

/// The words of a line; double quotes hold white space together.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut found, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            '\\' if quoted => word.extend(characters.next()),
            c if c.is_whitespace() && !quoted => {
                if begun {
                    found.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        found.push(word);
    }
    (!quoted).then_some(found)
}

fn rule(words: &[String]) -> Option<Rule> {
    let (mut tests, mut action) = (Vec::new(), Action::Pass);
    let mut negated = false;
    let mut rest = words.iter().map(String::as_str).peekable();
    while let Some(option) = rest.next() {
        if option == "!" {
            negated = true;
            continue;
        }
        if !option.starts_with('-') {
            return None;
        }
        let Some(value) = rest.next_if(|next| *next != "!" && !is_option(next)) else {
            // An option without a value says something about a match that was taken as a whole, or asks for a flag.
            match option {
                "--syn" => tests.push(Test::is(What::Open)),
                "-f" | "--fragment" => tests.push(Test { what: What::Odd, negated }),
                option if VALUED.contains(&option) => return None,
                _ => {}
            }
            negated = false;
            continue;
        };
        if TWO.contains(&option) {
            rest.next()?;
        }
        match option {
            "-j" | "--jump" => action = target(value),
            "-g" | "--goto" => action = Action::Goto(value.to_owned()),
            "-m" | "--match" => {
                if ["frag", "rt"].contains(&value) {
                    tests.push(Test::is(What::Odd));
                } else if OPEN.contains(&value) {
                    tests.push(Test::is(What::Open));
                } else if !KNOWN.contains(&value) {
                    tests.push(Test::is(What::Opaque));
                }
            }
            option => {
                if let Some(what) = asked(option, value) {
                    tests.push(Test { what, negated });
                }
            }
        }
        negated = false;
    }
    Some(Rule { tests, action })
}

/// Whether a word begins with a hyphen as options do; a negative number does too.
fn is_option(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_alphabetic()))
}

/// Options that mean nothing without a value.
const VALUED: &[&str] =
    &["-d", "-g", "-i", "-j", "-m", "-o", "-p", "-s", "--comment", "--ctstate", "--dport", "--dports", "--sport"];
/// Matches whose options are understood one by one, or mean nothing.
const KNOWN: &[&str] = &["comment", "conntrack", "multiport", "state", "tcp", "udp"];

/// What an option asks for; nothing for one of a match or a target that was taken as a whole.
fn asked(option: &str, value: &str) -> Option<What> {
    Some(match option {
        "-i" | "--in-interface" => What::In(interface(value)),
        "-o" | "--out-interface" => What::Out(interface(value)),
        "-p" | "--protocol" => match value {
            "all" | "0" => return None,
            "tcp" => What::Protocol(vec![TCP]),
            "udp" => What::Protocol(vec![UDP]),
            "icmp" => What::Protocol(vec![1]),
            "icmpv6" | "ipv6-icmp" => What::Protocol(vec![58]),
            value => value.parse().map_or(What::Opaque, |number| What::Protocol(vec![number])),
        },
        "-s" | "--source" => source(value),
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            ports(value).map_or(What::Opaque, What::Port)
        }
        "--ctstate" | "--state" => states(value).map_or(What::Opaque, What::State),
        "-d" | "--destination" | "--sport" | "--sports" | "--tcp-flags" | "--tcp-option" => What::Open,
        "--ports" | "--ctstatus" | "--ctproto" | "--ctdir" | "--ctexpire" | "--ctorigsrc" | "--ctorigdst"
        | "--ctreplsrc" | "--ctrepldst" => What::Opaque,
        _ => return None,
    })
}

/// iptables ends a beginning of names with a plus.
fn interface(value: &str) -> String {
    value.strip_suffix('+').map_or_else(|| value.to_owned(), |start| format!("{start}*"))
}

fn source(value: &str) -> What {
    let (address, mask) = value.split_once('/').map_or((value, None), |(address, mask)| (address, Some(mask)));
    let Ok(address) = address.parse::<IpAddr>() else { return What::Opaque };
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let bits = match mask {
        None => Some(whole),
        Some(mask) => {
            mask.parse::<u8>().ok().filter(|bits| *bits <= whole).or_else(|| match mask.parse::<std::net::Ipv4Addr>() {
                Ok(mask) if u32::from(mask).leading_ones() == u32::from(mask).count_ones() => {
                    u8::try_from(u32::from(mask).leading_ones()).ok()
                }
                _ => None,
            })
        }
    };
    bits.map_or(What::Opaque, |bits| What::Source(address, bits))
}

fn ports(value: &str) -> Option<Vec<(u16, u16)>> {
    let range = |part: &str| match part.split_once(':') {
        Some((from, to)) => {
            let bound = |text: &str, open: u16| if text.is_empty() { Some(open) } else { text.parse().ok() };
            Some((bound(from, 0)?, bound(to, u16::MAX)?))
        }
        None => part.parse().ok().map(|port| (port, port)),
    };
    value.split(',').map(range).collect()
}

fn states(value: &str) -> Option<u32> {
    value
        .split(',')
        .map(|name| match name {
            "INVALID" => Some(state::INVALID),
            "ESTABLISHED" => Some(state::ESTABLISHED),
            "RELATED" => Some(state::RELATED),
            "NEW" => Some(state::NEW),
            "UNTRACKED" => Some(state::UNTRACKED),
            _ => None,
        })
        .try_fold(0, |all, one| Some(all | one?))
}

fn target(name: &str) -> Action {
    match name {
        "ACCEPT" => Action::Accept,
        "DROP" | "REJECT" => Action::Drop,
        "RETURN" => Action::Return,
        "QUEUE" | "NFQUEUE" => Action::Opaque,
        "AUDIT" | "CONNMARK" | "CT" | "DSCP" | "LOG" | "MARK" | "NFLOG" | "NOTRACK" | "SET" | "TCPMSS" | "TOS"
        | "TRACE" => Action::Pass,
        name => Action::Jump(name.to_owned()),
    }
}
