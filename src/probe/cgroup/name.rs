//! What the path of a control group says of who made it: container runtimes put the container's id or name into it.

use crate::facts::Runtime;

/// A container or sandbox that a control group's path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::probe) struct Named {
    /// What made the group, as far as its form tells.
    pub(in crate::probe) runtime: Runtime,
    /// The sandbox's id or name.
    pub(in crate::probe) id: String,
    /// The path of the group that has the name; processes may be in groups below it.
    pub(in crate::probe) group: String,
}

/// Prefixes of groups that hold one container each, those of systemd scopes and of plain groups alike.
const PREFIXES: [(&str, Runtime); 5] = [
    ("docker-", Runtime::Docker),
    ("cri-containerd-", Runtime::Containerd),
    ("crio-", Runtime::Crio),
    ("libpod-", Runtime::Podman),
    ("nerdctl-", Runtime::Containerd),
];

/// The outermost sandbox that a path names: what a container runs in containers of its own is within it.
pub(in crate::probe) fn named(path: &str) -> Option<Named> {
    let mut above = "";
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        if let Some((runtime, id)) = part_name(path.get(..end - part.len()).unwrap_or_default(), above, part) {
            return Some(Named { runtime, id, group: path.get(..end).unwrap_or(path).to_owned() });
        }
        end += 1;
        above = part;
    }
    None
}

/// What one part of a path names, given the part and the whole above it.
fn part_name(before: &str, above: &str, part: &str) -> Option<(Runtime, String)> {
    let bare = part.strip_suffix(".scope").unwrap_or(part);
    if is_id(bare) {
        let runtime = match above {
            "docker" => Runtime::Docker,
            _ if before.contains("/kubepods") => Runtime::Kubernetes,
            _ => Runtime::Oci,
        };
        return Some((runtime, bare.to_owned()));
    }
    for (prefix, runtime) in PREFIXES {
        if let Some(id) = bare.strip_prefix(prefix).filter(|id| is_id(id)) {
            return Some((runtime, id.to_owned()));
        }
    }
    if let Some(name) = part.strip_prefix("lxc.payload.").or_else(|| (above == "lxc.payload").then_some(part)) {
        return plain(name).map(|name| (Runtime::Lxc, name));
    }
    if let Some(name) = part.strip_prefix("systemd-nspawn@").and_then(|rest| rest.strip_suffix(".service")) {
        return plain(name).map(|name| (Runtime::Nspawn, name));
    }
    let machine = part.strip_prefix("machine-").and_then(|rest| rest.strip_suffix(".scope"));
    // libvirt registers its machines as well, and those have kernels of their own.
    let machine = machine.and_then(plain).filter(|name| !name.starts_with("qemu-"));
    machine.map(|name| (Runtime::Nspawn, name))
}

/// Whether a part is an id as container engines make them: 64 hexadecimal digits.
pub(in crate::probe) fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A name without systemd's escapes; nothing for an empty one.
fn plain(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'\\', [b'x', high, low, tail @ ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| (h << 4 | l, tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((first, after));
        bytes.push(byte);
        rest = tail;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned()).filter(|name| !name.is_empty())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0523acc70b4d6c18755a28551c373ac0f44be2b48c9c0090f1e38b176b1abb28";

    fn found(path: &str) -> Option<(Runtime, String, String)> {
        named(&path.replace("ID", ID))
            .map(|found| (found.runtime, found.id.replace(ID, "ID"), found.group.replace(ID, "ID")))
    }

    #[test]
    fn runtimes_are_told_by_their_groups() {
        for (path, runtime, id, group) in [
            ("/docker/ID", Runtime::Docker, "ID", "/docker/ID"),
            ("/system.slice/docker-ID.scope", Runtime::Docker, "ID", "/system.slice/docker-ID.scope"),
            ("/system.slice/docker-ID.scope/init/x", Runtime::Docker, "ID", "/system.slice/docker-ID.scope"),
            ("/docker/ID/docker/ID", Runtime::Docker, "ID", "/docker/ID"),
            ("/mine/ID", Runtime::Oci, "ID", "/mine/ID"),
            ("/machine.slice/libpod-ID.scope/container", Runtime::Podman, "ID", "/machine.slice/libpod-ID.scope"),
            ("/libpod_parent/libpod-ID", Runtime::Podman, "ID", "/libpod_parent/libpod-ID"),
            ("/kubepods/besteffort/pod1-2/ID", Runtime::Kubernetes, "ID", "/kubepods/besteffort/pod1-2/ID"),
            (
                "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
                Runtime::Containerd,
                "ID",
                "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
            ),
            ("/a/crio-ID.scope", Runtime::Crio, "ID", "/a/crio-ID.scope"),
            ("/lxc.payload.web-1/init.scope", Runtime::Lxc, "web-1", "/lxc.payload.web-1"),
            ("/lxc.payload/web", Runtime::Lxc, "web", "/lxc.payload/web"),
            (
                "/machine.slice/systemd-nspawn@deb.service/payload",
                Runtime::Nspawn,
                "deb",
                "/machine.slice/systemd-nspawn@deb.service",
            ),
            ("/machine.slice/machine-a\\x2db.scope", Runtime::Nspawn, "a-b", "/machine.slice/machine-a\\x2db.scope"),
        ] {
            let wanted = (runtime, id.to_owned(), group.to_owned());
            assert_eq!(found(path), Some(wanted), "{path}");
        }
    }

    #[test]
    fn what_is_no_container_has_no_name() {
        for path in [
            "/",
            "",
            "/system.slice/ssh.service",
            "/system.slice/docker.service",
            "/machine.slice/libpod-conmon-ID.scope",
            "/crio-conmon-ID.scope",
            "/lxc.monitor.web",
            "/lxc.payload.",
            "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
            "/user.slice/user-1000.slice/session-3.scope",
            "/docker/0523acc7",
            "/docker/ID.slice",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
        assert_eq!(found("/lxc.payload.\\xzz\\x2").map(|found| found.1), Some("\\xzz\\x2".to_owned()));
    }
}
