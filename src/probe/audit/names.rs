//! Words that auditctl takes for numbers.

/// Errors of system calls that rules may name.
const ERRNOS: &[(&str, i32)] = &[
    ("EPERM", 1),
    ("ENOENT", 2),
    ("ESRCH", 3),
    ("EINTR", 4),
    ("EIO", 5),
    ("ENXIO", 6),
    ("E2BIG", 7),
    ("ENOEXEC", 8),
    ("EBADF", 9),
    ("ECHILD", 10),
    ("EAGAIN", 11),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("EFAULT", 14),
    ("EBUSY", 16),
    ("EEXIST", 17),
    ("EXDEV", 18),
    ("ENODEV", 19),
    ("ENOTDIR", 20),
    ("EISDIR", 21),
    ("EINVAL", 22),
    ("ENFILE", 23),
    ("EMFILE", 24),
    ("ENOTTY", 25),
    ("ETXTBSY", 26),
    ("EFBIG", 27),
    ("ENOSPC", 28),
    ("ESPIPE", 29),
    ("EROFS", 30),
    ("EMLINK", 31),
    ("EPIPE", 32),
    ("ENAMETOOLONG", 36),
    ("ENOSYS", 38),
    ("ENOTEMPTY", 39),
    ("ELOOP", 40),
    ("EOVERFLOW", 75),
    ("EOPNOTSUPP", 95),
    ("ECONNREFUSED", 111),
    ("EDQUOT", 122),
    ("EKEYEXPIRED", 127),
];

/// Types of records that rules may name (include/uapi/linux/audit.h, libaudit).
const RECORDS: &[(&str, u32)] = &[
    ("USER", 1005),
    ("LOGIN", 1006),
    ("USER_AUTH", 1100),
    ("USER_ACCT", 1101),
    ("USER_MGMT", 1102),
    ("CRED_ACQ", 1103),
    ("CRED_DISP", 1104),
    ("USER_START", 1105),
    ("USER_END", 1106),
    ("USER_AVC", 1107),
    ("USER_CHAUTHTOK", 1108),
    ("USER_ERR", 1109),
    ("CRED_REFR", 1110),
    ("USYS_CONFIG", 1111),
    ("USER_LOGIN", 1112),
    ("USER_LOGOUT", 1113),
    ("ADD_USER", 1114),
    ("DEL_USER", 1115),
    ("ADD_GROUP", 1116),
    ("DEL_GROUP", 1117),
    ("DAC_CHECK", 1118),
    ("CHGRP_ID", 1119),
    ("TEST", 1120),
    ("TRUSTED_APP", 1121),
    ("USER_SELINUX_ERR", 1122),
    ("USER_CMD", 1123),
    ("USER_TTY", 1124),
    ("CHUSER_ID", 1125),
    ("GRP_AUTH", 1126),
    ("SYSTEM_BOOT", 1127),
    ("SYSTEM_SHUTDOWN", 1128),
    ("SYSTEM_RUNLEVEL", 1129),
    ("SERVICE_START", 1130),
    ("SERVICE_STOP", 1131),
    ("GRP_MGMT", 1132),
    ("GRP_CHAUTHTOK", 1133),
    ("MAC_CHECK", 1134),
    ("ACCT_LOCK", 1135),
    ("ACCT_UNLOCK", 1136),
    ("DAEMON_START", 1200),
    ("DAEMON_END", 1201),
    ("DAEMON_ABORT", 1202),
    ("DAEMON_CONFIG", 1203),
    ("DAEMON_ROTATE", 1205),
    ("DAEMON_RESUME", 1206),
    ("SYSCALL", SYSCALL),
    ("PATH", PATH),
    ("IPC", 1303),
    ("SOCKETCALL", 1304),
    ("CONFIG_CHANGE", 1305),
    ("SOCKADDR", 1306),
    ("CWD", 1307),
    ("EXECVE", 1309),
    ("IPC_SET_PERM", 1311),
    ("MQ_OPEN", 1312),
    ("MQ_SENDRECV", 1313),
    ("MQ_NOTIFY", 1314),
    ("MQ_GETSETATTR", 1315),
    ("FD_PAIR", 1317),
    ("OBJ_PID", 1318),
    ("TTY", 1319),
    ("EOE", 1320),
    ("BPRM_FCAPS", 1321),
    ("CAPSET", 1322),
    ("MMAP", 1323),
    ("NETFILTER_PKT", 1324),
    ("NETFILTER_CFG", 1325),
    ("SECCOMP", 1326),
    ("PROCTITLE", 1327),
    ("FEATURE_CHANGE", 1328),
    ("REPLACE", 1329),
    ("KERN_MODULE", 1330),
    ("FANOTIFY", 1331),
    ("TIME_INJOFFSET", 1332),
    ("TIME_ADJNTPVAL", 1333),
    ("BPF", 1334),
    ("EVENT_LISTENER", 1335),
    ("URINGOP", 1336),
    ("OPENAT2", 1337),
    ("DM_CTRL", 1338),
    ("DM_EVENT", 1339),
    ("AVC", 1400),
    ("SELINUX_ERR", 1401),
    ("AVC_PATH", 1402),
    ("MAC_POLICY_LOAD", 1403),
    ("MAC_STATUS", 1404),
    ("MAC_CONFIG_CHANGE", 1405),
    ("MAC_UNLBL_ALLOW", 1406),
    ("ANOM_PROMISCUOUS", 1700),
    ("ANOM_ABEND", 1701),
    ("ANOM_LINK", 1702),
    ("ANOM_CREAT", 1703),
    ("INTEGRITY_DATA", 1800),
    ("INTEGRITY_METADATA", 1801),
    ("INTEGRITY_STATUS", 1802),
    ("INTEGRITY_HASH", 1803),
    ("INTEGRITY_PCR", 1804),
    ("INTEGRITY_RULE", 1805),
    ("KERNEL", 2000),
    ("CRYPTO_TEST_USER", 2400),
    ("CRYPTO_PARAM_CHANGE_USER", 2401),
    ("CRYPTO_LOGIN", 2402),
    ("CRYPTO_LOGOUT", 2403),
    ("CRYPTO_KEY_USER", 2404),
    ("CRYPTO_FAILURE_USER", 2405),
    ("CRYPTO_REPLAY_USER", 2406),
    ("CRYPTO_SESSION", 2407),
    ("CRYPTO_IKE_SA", 2408),
    ("CRYPTO_IPSEC_SA", 2409),
    ("VIRT_CONTROL", 2500),
    ("VIRT_RESOURCE", 2501),
    ("VIRT_MACHINE_ID", 2502),
];

/// The record of a system call, without which nothing tells what was done.
pub(super) const SYSCALL: u32 = 1300;
/// The record of a path, without which nothing tells to what it was done.
pub(super) const PATH: u32 = 1302;

/// Kinds of file by the bits of their mode.
const FILE_TYPES: &[(&str, u32)] = &[
    ("file", 0o100_000),
    ("dir", 0o040_000),
    ("socket", 0o140_000),
    ("link", 0o120_000),
    ("character", 0o020_000),
    ("block", 0o060_000),
    ("fifo", 0o010_000),
];

/// Filesystems by the number in their superblock; programs trace through both, and no file of a person's is on them.
pub(super) const TRACING: &[(&str, u32)] = &[("debugfs", 0x6462_6720), ("tracefs", 0x7472_6163)];

fn number_of(table: &[(&str, u32)], name: &str) -> Option<u32> {
    table.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

fn name_of(table: &[(&'static str, u32)], number: u32) -> Option<&'static str> {
    table.iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
}

/// The number of an error such as `EACCES`, negative with a minus before it.
pub(super) fn errno(name: &str) -> Option<i32> {
    let (sign, name) = name.strip_prefix('-').map_or((1, name), |rest| (-1, rest));
    ERRNOS.iter().find(|(known, _)| *known == name).map(|(_, number)| sign * number)
}

/// The name of an error, which results have below zero.
pub(super) fn errno_name(number: i32) -> Option<String> {
    let sign = if number < 0 { "-" } else { "" };
    ERRNOS
        .iter()
        .find(|(_, known)| known.unsigned_abs() == number.unsigned_abs())
        .map(|(name, _)| format!("{sign}{name}"))
}

/// The number of a type of record.
pub(super) fn record(name: &str) -> Option<u32> {
    number_of(RECORDS, name)
}

/// The name of a type of record.
pub(super) fn record_name(number: u32) -> Option<&'static str> {
    name_of(RECORDS, number)
}

/// The mode's bits of a kind of file.
pub(super) fn file_type(name: &str) -> Option<u32> {
    number_of(FILE_TYPES, name)
}

/// The kind of file of a mode's bits.
pub(super) fn file_type_name(number: u32) -> Option<&'static str> {
    name_of(FILE_TYPES, number)
}

/// The number of a filesystem.
pub(super) fn filesystem(name: &str) -> Option<u32> {
    number_of(TRACING, name)
}
