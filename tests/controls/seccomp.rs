//! Seccomp profiles of the daemon (2.18) and of containers (5.22).

use std::path::Path;

use crate::judge::{BENCHMARK, Container, PLAIN, containers, create, engine, engines, flags, run, verdicts};
use crate::lab::{Builder, Lab};

/// What busybox and the runtime's start of it need.
const NEEDED: &str = "access arch_prctl bind brk capget capset chdir clock_gettime clock_nanosleep clone close close_range \
    connect dup dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat faccessat2 \
    fchdir fchown fcntl fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getgroups getpgrp getpid getppid getrandom \
    getrlimit gettid getuid ioctl kill lseek lstat madvise mmap mprotect munmap nanosleep newfstatat open openat openat2 pipe \
    pipe2 poll ppoll prctl pread64 prlimit64 read readlink readlinkat recvfrom rseq rt_sigaction rt_sigprocmask rt_sigreturn \
    sched_getaffinity sched_yield sendto set_robust_list set_tid_address setgid setgroups setpgid setresgid setresuid setsid \
    setuid sigaltstack socket stat statfs statx tgkill time tkill umask uname wait4 write writev";

/// Profiles by the name that their file has in the lab's directory.
fn profiles(dir: &Path) {
    let allow = |more: &str, condition: &str| {
        let names: Vec<&str> = NEEDED.split_whitespace().collect();
        let more = format!(r#"{{"names": ["{more}"], "action": "SCMP_ACT_ALLOW"{condition}}}"#);
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                {{"names": {names:?}, "action": "SCMP_ACT_ALLOW"}}, {more}]}}"#
        )
    };
    for (name, text) in [
        ("allow", r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#.to_owned()),
        ("log", r#"{"defaultAction": "SCMP_ACT_LOG"}"#.to_owned()),
        (
            "deny-some",
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}"#
                .to_owned(),
        ),
        ("errno", allow("getpriority", "")),
        ("mounts", allow("mount", "")),
        ("mounts-with-capability", allow("mount", r#", "includes": {"caps": ["CAP_SYS_ADMIN"]}"#)),
    ] {
        std::fs::write(dir.join(format!("{name}.json")), text).unwrap();
    }
}

const CONTAINERS: &[Container] = &[
    run("unconfined", &["--security-opt=seccomp=unconfined"], "5.22 fail"),
    run("unconfined-colon", &["--security-opt=seccomp:unconfined"], "5.22 fail"),
    create("unconfined-created", &["--security-opt=seccomp=unconfined"], "5.22 fail"),
    run("allow", &["--security-opt=seccomp={dir}/allow.json"], "5.22 fail"),
    run("log", &["--security-opt=seccomp={dir}/log.json"], "5.22 fail"),
    run("deny-some", &["--security-opt=seccomp={dir}/deny-some.json"], "5.22 fail"),
    create("allow-created", &["--security-opt=seccomp={dir}/allow.json"], "5.22 fail"),
    run("errno", &["--security-opt=seccomp={dir}/errno.json"], ""),
    create("errno-created", &["--security-opt=seccomp={dir}/errno.json"], ""),
    run("mounts", &["--security-opt=seccomp={dir}/mounts.json"], "5.22 fail"),
    run("mounts-with-capability", &["--security-opt=seccomp={dir}/mounts-with-capability.json"], ""),
];

#[test]
fn of_containers() {
    let lab = Lab::builder().prepare(profiles).start();
    containers(&lab, &[CONTAINERS]);
    if lab.version() >= 26 {
        const BUILTIN: &[Container] = &[run("builtin", &["--security-opt=seccomp=builtin"], "")];
        let lab = Lab::start(&[]);
        containers(&lab, &[BUILTIN]);
    }
}

/// An engine with one of the profiles.
fn with(profile: &str) -> Builder {
    let flag = format!("--seccomp-profile={{dir}}/{profile}.json");
    Lab::builder().prepare(profiles).flags(&[&flag])
}

#[test]
fn of_the_daemon() {
    let file = r#"{"seccomp-profile": "{dir}/allow.json"}"#;
    let mut rows = vec![
        engine("allow", with("allow"), "2.18 fail"),
        engine("log", with("log"), "2.18 fail"),
        engine("deny-some", with("deny-some"), "2.18 fail"),
        engine("errno", with("errno"), ""),
        engine("mounts", with("mounts"), "2.18 fail"),
        engine("by file", Lab::builder().prepare(profiles).daemon_json(file), "2.18 fail"),
    ];
    if Lab::start(&[]).version() >= 26 {
        rows.push(flags(&["--seccomp-profile=unconfined"], "2.18 fail"));
        rows.push(flags(&["--seccomp-profile=builtin"], ""));
    }
    engines(&PLAIN, rows);
}

/// What the daemon's profile lets pass, a container without one of its own may do.
#[test]
fn inherited() {
    for (profile, expect) in
        [("allow", "web fail, idle fail"), ("errno", "web pass, idle pass"), ("mounts", "web fail, idle fail")]
    {
        let lab = with(profile).start();
        lab.run("web", &[]);
        lab.create("idle", &[]);
        assert_eq!(
            verdicts(&lab.audit(BENCHMARK), "container-seccomp-enforced", &["web", "idle"]),
            expect,
            "{profile}"
        );
    }
}

/// dockerd reads its profile at its start.
#[test]
fn changed_after_start() {
    let lab = with("allow").start();
    std::fs::copy(lab.dir().join("errno.json"), lab.dir().join("allow.json")).unwrap();
    assert_eq!(lab.audit(BENCHMARK).control("2.18"), "unknown");
}
