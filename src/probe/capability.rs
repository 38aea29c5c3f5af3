//! The kernel's capabilities by name.

/// Every capability without `CAP_`, at the index that is its bit (include/uapi/linux/capability.h).
pub const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The capabilities that Docker gives a container that asks for nothing.
pub const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// The names of a set, in the kernel's order; a bit that has no name yet is `CAP_` and its number.
pub fn names(set: u64) -> Vec<String> {
    (0..u64::BITS as usize)
        .filter(|bit| set & (1 << bit) != 0)
        .map(|bit| NAMES.get(bit).map_or_else(|| format!("CAP_{bit}"), |name| (*name).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_have_the_kernels_names() {
        assert_eq!(names(0), Vec::<String>::new());
        assert_eq!(names(1 | 1 << 21 | 1 << 40), ["CHOWN", "SYS_ADMIN", "CHECKPOINT_RESTORE"]);
        assert_eq!(names(0xa804_25fb).len(), 14);
        assert_eq!(names(1 << 19 | 1 << 10 | 1 << 13), ["NET_BIND_SERVICE", "NET_RAW", "SYS_PTRACE"]);
    }

    #[test]
    fn a_newer_kernels_bit_is_not_dropped() {
        assert_eq!(names(1 << 41 | 1 << 63), ["CAP_41", "CAP_63"]);
        assert_eq!(names(u64::MAX).len(), 64);
    }
}
