//! What is mounted at boot (`man fstab`).

use super::{System, View, mountinfo};
use crate::facts::{FstabEntry, GapKind, Observed};

/// The filesystems in `/etc/fstab`; none where there is no such file.
pub fn observe(system: &System, view: &View) -> Observed<Vec<FstabEntry>> {
    match view.files().and_then(|()| system.read_lossy("/etc/fstab")) {
        Ok(text) => Observed::known(text.lines().filter_map(entry).collect()),
        Err(gap) if gap.kind == GapKind::Missing => Observed::known(Vec::new()),
        Err(gap) => gap.into(),
    }
}

fn entry(line: &str) -> Option<FstabEntry> {
    let line = line.trim_start();
    let mut fields = line.split_whitespace().filter(|_| !line.starts_with('#')).map(mountinfo::decode);
    let (source, mount_point, filesystem) = (fields.next()?, fields.next()?, fields.next()?);
    let mount_point = match mount_point.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    };
    let options = fields.next().unwrap_or_else(|| "defaults".to_owned());
    Some(FstabEntry { source, mount_point, filesystem, options: options.split(',').map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn lines_are_filesystems() {
        let tree = Tree::new();
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        assert_eq!(observe(&system, &view).value().unwrap(), &[]);
        tree.file(
            "etc/fstab",
            "# x\n #y z t\n/dev/a / ext4\ntmpfs\t/tmp/ tmpfs  noexec,nodev 0 0\nx y\n/b /a\\040b ext4 ro # c\n",
        );
        let found = observe(&system, &view);
        let told: Vec<String> = found
            .value()
            .unwrap()
            .iter()
            .map(|e| format!("{} {} {} {}", e.source, e.mount_point, e.filesystem, e.options.join("+")))
            .collect();
        assert_eq!(told, ["/dev/a / ext4 defaults", "tmpfs /tmp tmpfs noexec+nodev", "/b /a b ext4 ro"]);
    }
}
