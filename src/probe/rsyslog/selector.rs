//! Selectors of syslog, such as `*.*;auth,authpriv.none`.

/// The facilities by their numbers.
pub(super) const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
/// The priorities by their numbers, the worst first.
const PRIORITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// Every priority, one bit each.
const ALL: u8 = 0xff;

/// The priorities of each facility that a selector lets through, one bit each; nothing for what is no selector.
pub(super) fn selected(selector: &str) -> Option<[u8; 24]> {
    let mut found = [0; 24];
    for part in selector.split(';').filter(|part| !part.is_empty()) {
        let (facilities, priority) = part.split_once('.')?;
        for facility in facilities.split(',') {
            let numbers = if facility == "*" { 0..FACILITIES.len() } else { one(facility)? };
            for mask in found.get_mut(numbers)? {
                *mask = priorities(priority, *mask)?;
            }
        }
    }
    Some(found)
}

fn one(facility: &str) -> Option<std::ops::Range<usize>> {
    let name = match facility.to_ascii_lowercase().as_str() {
        "security" => "auth".to_owned(),
        name => name.to_owned(),
    };
    let number = FACILITIES.iter().position(|known| *known == name).or_else(|| name.parse().ok())?;
    Some(number..number + 1)
}

/// What becomes of a facility's priorities by one part of a selector.
fn priorities(text: &str, before: u8) -> Option<u8> {
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (exact, text) = text.strip_prefix('=').map_or((false, text), |rest| (true, rest));
    let mask = match text.to_ascii_lowercase().as_str() {
        "none" => return Some(if negated { ALL } else { 0 }),
        "*" => ALL,
        name => {
            let name = match name {
                "panic" => "emerg",
                "error" => "err",
                "warn" => "warning",
                name => name,
            };
            let number = PRIORITIES.iter().position(|known| *known == name).or_else(|| name.parse().ok())?;
            let bit = 1_u8.checked_shl(u32::try_from(number).ok()?)?;
            // A priority stands for all that are worse, too.
            if exact { bit } else { bit | (bit - 1) }
        }
    };
    Some(if negated { before & !mask } else { before | mask })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(selector: &str, facility: &str) -> u8 {
        selected(selector).unwrap()[FACILITIES.iter().position(|known| *known == facility).unwrap()]
    }

    #[test]
    fn parts_add_and_take_away() {
        assert_eq!(of("*.*", "local7"), ALL);
        let most = "*.*;auth,authpriv.none";
        assert_eq!((of(most, "auth"), of(most, "authpriv"), of(most, "cron")), (0, 0, ALL));
        assert_eq!((of("mail.err", "mail"), of("mail.err", "kern")), (0b1111, 0));
        assert_eq!(of("kern.=debug", "kern"), 0b1000_0000);
        assert_eq!(of("kern.*;kern.!err", "kern"), 0b1111_0000);
        assert_eq!(of("kern.*;kern.!=info", "kern"), 0b1011_1111);
        assert_eq!(of("4.warn", "auth"), 0b1_1111);
        assert_eq!(of("security.panic", "auth"), 1);
        for wrong in ["kern", "kernel.*", "kern.loud", "99.*", "kern.9"] {
            assert_eq!(selected(wrong), None, "{wrong}");
        }
    }
}
