//! POSIX access lists as the kernel stores them (include/uapi/linux/posix_acl_xattr.h).

const VERSION: u32 = 2;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;

struct Entry {
    tag: u16,
    permissions: u16,
    id: u32,
}

/// The permissions that a list grants to a user or a group it names beyond what the mode shows, as bits of `rwx`, given the
/// file's owner, group and mode.
///
/// The mode's group bits are the list's mask, and everybody has what others have. A named owner is never looked at, and a
/// named owning group gets no more than the mask.
pub(super) fn grants(list: &[u8], uid: u32, gid: u32, mode: u32) -> Result<u32, &'static str> {
    let entries = entries(list)?;
    let named = entries.iter().any(|entry| matches!(entry.tag, USER | GROUP));
    if !named {
        return Ok(0);
    }
    let mask = entries.iter().find(|entry| entry.tag == MASK).ok_or("named entries without a mask")?.permissions;
    let others = |entry: &&Entry| (entry.tag == USER && entry.id != uid) || (entry.tag == GROUP && entry.id != gid);
    let granted = |entry: &Entry| u32::from(entry.permissions & mask & 0o7) & !(mode & 0o7);
    Ok(entries.iter().filter(others).map(granted).fold(0, |all, one| all | one))
}

/// Whom a list lets write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Writers {
    pub(super) users: Vec<u32>,
    pub(super) groups: Vec<u32>,
    /// Whether the owning group is among them.
    pub(super) owning_group: bool,
}

/// Whom a list lets write besides the owner and everybody.
pub(super) fn writers(list: &[u8]) -> Result<Writers, &'static str> {
    let entries = entries(list)?;
    let mask = entries.iter().find(|entry| entry.tag == MASK).map_or(0o7, |entry| entry.permissions);
    let mut writers = Writers::default();
    for entry in entries.iter().filter(|entry| entry.permissions & mask & 0o2 != 0) {
        match entry.tag {
            USER => writers.users.push(entry.id),
            GROUP => writers.groups.push(entry.id),
            OWNING_GROUP => writers.owning_group = true,
            _ => {}
        }
    }
    Ok(writers)
}

fn entries(list: &[u8]) -> Result<Vec<Entry>, &'static str> {
    let (version, rest) = list.split_first_chunk().ok_or("shorter than its header")?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err("of a version that is not 2");
    }
    let (chunks, rest) = rest.as_chunks::<8>();
    if !rest.is_empty() {
        return Err("ends in the middle of an entry");
    }
    Ok(chunks
        .iter()
        .map(|[t0, t1, p0, p1, id @ ..]| Entry {
            tag: u16::from_le_bytes([*t0, *t1]),
            permissions: u16::from_le_bytes([*p0, *p1]),
            id: u32::from_le_bytes(*id),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNDEFINED: u32 = u32::MAX;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    fn with(entry: (u16, u16, u32), mask: u16) -> Vec<u8> {
        list(&[(1, 6, UNDEFINED), entry, (4, 4, UNDEFINED), (MASK, mask, UNDEFINED), (0x20, 0, UNDEFINED)])
    }

    #[test]
    fn a_named_user_gets_what_the_mask_leaves() {
        assert_eq!(grants(&with((USER, 4, 12345), 4), 0, 0, 0o640), Ok(4));
        assert_eq!(grants(&with((USER, 7, 12345), 0), 0, 0, 0o600), Ok(0));
        assert_eq!(grants(&with((GROUP, 2, 12345), 6), 0, 0, 0o660), Ok(2));
    }

    #[test]
    fn what_everybody_has_is_nothing_more() {
        assert_eq!(grants(&with((USER, 4, 12345), 4), 0, 0, 0o644), Ok(0));
        assert_eq!(grants(&with((USER, 6, 12345), 6), 0, 0, 0o664), Ok(2));
    }

    #[test]
    fn naming_the_owner_or_his_group_changes_nothing() {
        assert_eq!(grants(&with((USER, 7, 7), 7), 7, 0, 0o670), Ok(0));
        assert_eq!(grants(&with((GROUP, 7, 7), 7), 0, 7, 0o670), Ok(0));
        assert_eq!(grants(&with((GROUP, 7, 8), 7), 8, 7, 0o670), Ok(7));
    }

    #[test]
    fn a_minimal_list_is_the_mode() {
        let bytes = list(&[(1, 6, UNDEFINED), (4, 4, UNDEFINED), (0x20, 0, UNDEFINED)]);
        assert_eq!(grants(&bytes, 0, 0, 0o640), Ok(0));
    }

    #[test]
    fn writers_are_named() {
        let of = |entry, mask| writers(&with(entry, mask)).unwrap();
        let nobody = Writers::default();
        assert_eq!(of((USER, 6, 1000), 6), Writers { users: vec![1000], ..Writers::default() });
        assert_eq!(of((USER, 6, 1000), 4), nobody);
        assert_eq!(of((USER, 5, 1000), 7), nobody);
        assert_eq!(of((GROUP, 2, 100), 7), Writers { groups: vec![100], ..Writers::default() });
        let owning =
            list(&[(1, 6, UNDEFINED), (4, 6, UNDEFINED), (USER, 4, 7), (MASK, 6, UNDEFINED), (0x20, 0, UNDEFINED)]);
        assert_eq!(writers(&owning).unwrap(), Writers { owning_group: true, ..Writers::default() });
        assert!(writers(&[2, 0]).is_err());
    }

    #[test]
    fn what_cannot_be_decoded_is_an_error() {
        assert!(grants(&[], 0, 0, 0o600).is_err());
        assert!(grants(&[1, 0, 0, 0], 0, 0, 0o600).is_err());
        assert!(grants(&[2, 0, 0, 0, 1], 0, 0, 0o600).is_err());
        assert!(grants(&list(&[(USER, 7, 1)]), 0, 0, 0o600).is_err());
        let mut cut = with((USER, 4, 1), 4);
        cut.pop();
        assert!(grants(&cut, 0, 0, 0o640).is_err());
    }
}
