//! What of the host's files containers see: 5.6, 5.13, 5.20, 5.32.

use crate::judge::{BENCHMARK, Container, containers, create, run, verdicts};
use crate::lab::Lab;

const DIRECTORIES: &[Container] = &[
    run("own-folder", &["--volume={dir}/plain:/srv"], ""),
    run("etc", &["--volume=/etc:/h:ro"], "5.6 fail"),
    run("etc-writable", &["--volume=/etc:/h"], "5.6 fail"),
    run("part-of-etc", &["--volume=/etc/docker:/h"], "5.6 fail"),
    run("part-of-etc-to-read", &["--volume=/etc/docker:/h:ro"], ""),
    run("localtime", &["--volume=/etc/localtime:/etc/localtime:ro"], ""),
    run("usr", &["--mount=type=bind,source=/usr,target=/h,readonly"], "5.6 fail"),
    run("proc", &["--volume=/proc:/h:ro"], "5.6 fail"),
    run("sys", &["--volume=/sys:/h:ro"], "5.6 fail"),
    run("link-to-etc", &["--volume={dir}/to-etc:/h:ro"], "5.6 fail"),
    run("etc-at-a-new-place", &["--volume={dir}/conf:/h:ro"], "5.6 fail"),
    create("etc-at-a-new-place-created", &["--volume={dir}/conf/docker:/h"], "5.6 fail"),
    run("devices-at-a-new-place", &["--volume={dir}/devices:/h:ro"], "5.6 fail, 5.18 fail"),
    run("data-root", &["--volume={dir}/data:/h:ro"], "5.6 fail"),
    run("root", &["--volume=/:/host:ro"], "5.6 fail, 5.18 fail, 5.32 fail"),
    create("root-created", &["--volume=/:/host:ro"], "5.6 fail, 5.18 fail, 5.32 fail"),
];

const VOLUMES: &[Container] = &[
    run("volume-at-etc", &["--volume=named:/etc"], ""),
    run("volume", &["--volume=named:/data"], ""),
    run("volume-of-a-folder", &["--volume=folder:/data"], ""),
    run("folder-of-a-volume", &["--volume={dir}/plain:/srv"], ""),
    run("volume-of-etc", &["--volume=etc:/data"], "5.6 fail"),
    run("volume-of-socket", &["--volume=sockets:/data"], "5.6 fail, 5.32 fail"),
    run("memory", &["--tmpfs=/tmp"], ""),
];

const SOCKETS: &[Container] = &[
    run("socket", &["--volume={dir}/docker.sock:/d.sock"], "5.32 fail"),
    run("socket-to-read", &["--volume={dir}/docker.sock:/d.sock:ro"], "5.32 fail"),
    run("socket-by-link", &["--volume={dir}/to-socket:/d.sock"], "5.32 fail"),
    run("socket-by-hard-link", &["--volume={dir}/plain/other-name:/d.sock"], "5.32 fail"),
    create("socket-created", &["--volume={dir}/docker.sock:/d.sock"], "5.32 fail"),
    create("socket-of-an-engine-that-is-off", &["--volume=/var/run/podman/podman.sock:/d.sock"], "5.32 fail"),
    run("above-socket", &["--volume={dir}:/h:ro"], "5.6 fail, 5.32 fail"),
    run("run", &["--volume=/run:/h"], "5.6 fail, 5.32 fail"),
    run("var-run", &["--volume=/var/run:/h"], "5.6 fail, 5.32 fail"),
    run("run-at-its-other-place", &["--volume={dir}/run:/h:ro"], "5.6 fail, 5.32 fail"),
    create("run-at-its-other-place-created", &["--volume={dir}/run:/h"], "5.6 fail, 5.32 fail"),
    run("containerd", &["--volume={dir}/exec/containerd:/h"], "5.32 fail"),
    run("notes", &["--volume={dir}/plain/docker.sock.md:/docker.sock.md"], ""),
    run("folder-called-so", &["--volume={dir}/plain/docker.sock:/docker.sock"], ""),
];

const REST: &[Container] = &[
    run("writable", &["!--read-only"], "5.13 fail"),
    run("said-writable", &["--read-only=false"], "5.13 fail"),
    create("writable-created", &["!--read-only"], "5.13 fail"),
    run("shared", &["--volume={dir}/shared:/s:shared"], "5.20 fail"),
    run("rshared", &["--mount=type=bind,source={dir}/shared,target=/s,bind-propagation=rshared"], "5.20 fail"),
    run("slave", &["--volume={dir}/shared:/s:rslave"], ""),
    run("private", &["--volume={dir}/shared:/s:private"], ""),
];

#[test]
fn mounts() {
    let lab = Lab::start(&["--host=unix:///run/docker.sock"]);
    let dir = lab.dir().display();
    let script = format!(
        "cd {dir} && mkdir -p plain/docker.sock shared && chmod a+rwx plain && touch plain/docker.sock.md
        ln -s /etc to-etc && ln -s docker.sock to-socket && ln docker.sock plain/other-name
        mount --bind shared shared && mount --make-shared shared
        mkdir conf devices && mount --bind /etc conf && mount --bind /dev devices"
    );
    lab.inside(&["sh", "-ec", &script]).unwrap();
    let bound = |name: &str, device: &str| {
        let device = format!("device={device}");
        lab.docker(&["volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", &device, name]);
    };
    bound("etc", "/etc");
    bound("folder", &lab.dir().join("plain").display().to_string());
    bound("sockets", &lab.dir().display().to_string());
    containers(&lab, &[DIRECTORIES, VOLUMES, SOCKETS, REST]);
}

/// A mount by somebody with rights on the host is in no description; the root filesystem's state is the kernel's to tell.
#[test]
fn remounted_writable() {
    let lab = Lab::start(&[]);
    lab.run("web", &["--read-only"]);
    lab.run("app", &["--read-only"]);
    let pid = lab.container_pid("app").to_string();
    // busybox asks /proc what is mounted, and there is the machine's /proc neither in the container nor a process of ours.
    let script = "exec busybox mount -o remount,rw,bind /";
    lab.inside(&["nsenter", "--target", &pid, "--mount", "--pid", "/bin/sh", "-c", script]).unwrap();
    let seen = verdicts(&lab.audit(BENCHMARK), "container-root-read-only", &["web", "app"]);
    assert_eq!(seen, "web pass, app fail");
}
