//! Who a name is, by the accounts in a filesystem.

use crate::facts::{Gap, GapKind};
use crate::probe::overlay::Overlay;

const ACCOUNTS: &str = "/etc/passwd";

/// The uid of a configured user, as the runtime finds it: the first account of that name or of that number; else a number is
/// itself. Nobody is root.
pub(super) fn uid(overlay: &Overlay, user: &str) -> Result<i64, Gap> {
    let name = user.split(':').next().unwrap_or_default();
    let number = if name.is_empty() { Some(0) } else { name.parse::<i64>().ok() };
    let text = overlay.read(ACCOUNTS)?.unwrap_or_default();
    let account = |line: &str| {
        let mut fields = line.trim().split(':');
        let (own, uid) = (fields.next()?, fields.nth(1)?.parse::<u32>().ok().map(i64::from)?);
        (own == name || Some(uid) == number).then_some(uid)
    };
    let found = text.lines().find_map(account).or(number.filter(|number| u32::try_from(*number).is_ok()));
    found.ok_or_else(|| Gap::new(GapKind::Missing, format!("{ACCOUNTS}: the image has no account `{name}`")))
}
