//! The uid of the user that an image or a container names.

use crate::facts::{Gap, GapKind, Observed};

/// The uid that a configured user has as far as the name alone tells; a group after a colon does not matter.
pub(crate) fn uid(user: &str) -> Observed<i64> {
    let name = user.split(':').next().unwrap_or_default();
    match name {
        "" | "root" => Observed::known(0),
        name => match name.parse::<i64>() {
            Ok(uid) if u32::try_from(uid).is_ok() => Observed::known(uid),
            Ok(_) => Observed::unknown(GapKind::Malformed, format!("the user `{name}` is no uid")),
            Err(_) => unresolved(name).into(),
        },
    }
}

fn unresolved(name: &str) -> Gap {
    let detail =
        format!("not collected: which uid `{name}` has stands in the image's layers, which are read only with --deep");
    Gap::new(GapKind::NotCollected, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_names_have_to_be_looked_up() {
        for user in ["", "root", "0", "00", "+0", "-0", "0:0", "root:x", ":1000", "000:5"] {
            assert_eq!(uid(user).value(), Some(&0), "{user}");
        }
        assert_eq!(uid("1000").value(), Some(&1000));
        assert_eq!(uid("1000:0").value(), Some(&1000));
        for user in ["app", "toor:x", "-1", "4294967296", "99999999999999999999", "0x0", " 0", "\u{1b}[2J"] {
            assert_eq!(uid(user).value(), None, "{user}");
        }
    }
}
