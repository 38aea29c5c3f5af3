//! The lines of `/proc/<pid>/mountinfo`, which procfs splits and leaves escaped.

use std::collections::BTreeSet;

use procfs::process::MountInfo;

use crate::facts::{Gap, GapKind};

/// The mount id of a line, as text.
pub(super) fn id(line: &str) -> Option<&str> {
    line.split(' ').next().filter(|id| !id.is_empty())
}

/// The mount point of a line, still escaped.
pub(super) fn point(line: &str) -> Option<&str> {
    line.split(' ').nth(4)
}

/// One line, its strings still escaped.
pub(super) fn parse(line: &str) -> Result<MountInfo, Gap> {
    MountInfo::from_line(line)
        .map_err(|error| Gap::new(GapKind::Malformed, format!("mountinfo: {error} in {}", line.escape_debug())))
}

/// The fields of a line that tell where a mount is and what it shows; its strings decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its id.
    pub(super) id: u32,
    /// The id of the mount that it is on.
    pub(super) parent: u32,
    /// Device number as `major:minor`.
    pub(super) device: String,
    /// Which part of its filesystem is mounted.
    pub(super) root: String,
    /// Where.
    pub(super) point: String,
    /// Filesystem type.
    pub(super) filesystem: String,
    /// Whether it can be written, by its own options and those of its filesystem.
    pub(super) writable: bool,
    /// Its peer group, if what is mounted below it reaches others.
    pub(super) shared: bool,
}

/// Every line of a file that begins with this one; overlay filesystems have options of kilobytes, so that they are not taken apart.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Gap> {
    let malformed = |line: &str| Gap::new(GapKind::Malformed, format!("mountinfo: {}", line.escape_debug()));
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(malformed("ends in the middle of a line"));
    }
    text.lines().map(|text| line(text).ok_or_else(|| malformed(text))).collect()
}

fn line(text: &str) -> Option<Line> {
    let (mount, filesystem) = text.split_once(" - ")?;
    let mut fields = mount.split(' ');
    let (id, parent) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let (device, root, point) = (fields.next()?.to_owned(), decode(fields.next()?), decode(fields.next()?));
    let options = fields.next()?;
    let shared = fields.any(|field| field.starts_with("shared:"));
    let mut filesystem = filesystem.splitn(3, ' ');
    let (kind, _source, of_filesystem) = (filesystem.next()?, filesystem.next()?, filesystem.next()?);
    let read_only = |options: &str| options.split(',').any(|option| option == "ro");
    let writable = !read_only(options) && !read_only(of_filesystem);
    Some(Line { id, parent, device, root, point, filesystem: decode(kind), writable, shared })
}

/// The text of an escaped field: the kernel writes white space, backslashes and some more as three octal digits.
pub(super) fn decode(field: &str) -> String {
    if !field.contains('\\') {
        return field.to_owned();
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = match (first, after.split_first_chunk::<3>()) {
            (b'\\', Some((digits, tail))) => octal(digits).map(|byte| (byte, tail)),
            _ => None,
        };
        let (byte, tail) = octal.unwrap_or((first, after));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn octal(digits: &[u8; 3]) -> Option<u8> {
    digits.iter().all(|d| (b'0'..=b'7').contains(d)).then_some(())?;
    let value = digits.iter().fold(0_u32, |value, d| value * 8 + u32::from(d - b'0'));
    u8::try_from(value).ok()
}

/// Whether a mount refuses writes, by itself or by its filesystem.
pub(super) fn read_only(mount: &MountInfo) -> bool {
    mount.mount_options.contains_key("ro") || mount.super_options.contains_key("ro")
}

/// The options of a mount and its filesystem in the order of their names; `rw` only where both allow writes.
pub(super) fn options(mount: &MountInfo) -> Vec<String> {
    let set: BTreeSet<String> = mount
        .mount_options
        .iter()
        .chain(&mount.super_options)
        .map(|(name, value)| match value {
            Some(value) => format!("{}={}", decode(name), decode(value)),
            None => decode(name),
        })
        .collect();
    let writable = !read_only(mount);
    set.into_iter().filter(|option| writable || option != "rw").collect()
}

/// The mount that the root directory of the file's owner is.
///
/// A mount put on top of `/` is also listed at `/`, though a path starts below it until somebody enters it anew; so the
/// root is the one whose parent is not itself listed at `/`.
pub(super) fn root(text: &str) -> Result<MountInfo, Gap> {
    let mut roots = text.lines().filter(|line| point(line) == Some("/")).map(parse).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<i32> = roots.iter().map(|mount| mount.mnt_id).collect();
    roots.retain(|mount| mount.pid == mount.mnt_id || !ids.contains(&mount.pid));
    match (roots.pop(), roots.len()) {
        (Some(root), 0) => Ok(root),
        (None, _) => Err(Gap::new(GapKind::Missing, "mountinfo: the root directory is not a mount point")),
        (Some(_), _) => Err(Gap::new(GapKind::Malformed, "mountinfo: more than one root")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOWER: &str = "95 94 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n";
    const UPPER: &str = "115 95 0:43 / / ro,relatime - tmpfs t ro\n";

    #[test]
    fn octal_escapes_are_decoded_once() {
        assert_eq!(decode(r"/a\040b\011c\012d\134040"), "/a b\tc\nd\\040");
        assert_eq!(decode(r"/a\04"), r"/a\04");
        assert_eq!(decode(r"/a\"), r"/a\");
        assert_eq!(decode(r"\777\08x"), r"\777\08x");
        assert_eq!(decode("/\\303\\274"), "/ü");
        assert_eq!(decode("/\\377"), "/\u{fffd}");
    }

    #[test]
    fn the_root_is_below_what_was_mounted_over_it() {
        assert!(!read_only(&root(&format!("{LOWER}{UPPER}")).unwrap()));
        assert!(!read_only(&root(&format!("{UPPER}{LOWER}")).unwrap()));
        assert!(read_only(&root(UPPER).unwrap()));
    }

    #[test]
    fn a_root_that_cannot_be_told_is_a_gap() {
        assert_eq!(root("").unwrap_err().kind, GapKind::Missing);
        assert_eq!(root("96 94 0:1 / /mnt rw - tmpfs t rw\n").unwrap_err().kind, GapKind::Missing);
        assert_eq!(root("95 94 0:1 / /").unwrap_err().kind, GapKind::Malformed);
        assert_eq!(root(&format!("{LOWER}97 93 0:1 / / ro - tmpfs t ro\n")).unwrap_err().kind, GapKind::Malformed);
        assert_eq!(root("95 99999999999 0:1 / / rw - tmpfs t rw\n").unwrap_err().kind, GapKind::Malformed);
    }

    #[test]
    fn a_filesystem_that_is_read_only_outranks_its_mount() {
        let mount = parse("95 94 0:1 / / rw,nosuid - ext4 /dev/vda ro,data=ordered").unwrap();
        assert_eq!(options(&mount), ["data=ordered", "nosuid", "ro"]);
        let mount = parse(r"95 94 0:1 / / rw - overlay none rw,lowerdir=/a\054ro:/b").unwrap();
        assert!(!read_only(&mount));
        assert_eq!(options(&mount), ["lowerdir=/a,ro:/b", "rw"]);
    }
}
