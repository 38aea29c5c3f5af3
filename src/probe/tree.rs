//! A machine laid out in a temporary directory, for tests.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::System;

/// The inodes of the initial namespaces of a kernel before 6.18.
const INITIAL: [(&str, u64); 7] = [
    ("cgroup", 4_026_531_835),
    ("ipc", 4_026_531_839),
    ("mnt", 4_026_531_841),
    ("net", 4_026_531_992),
    ("pid", 4_026_531_836),
    ("user", 4_026_531_837),
    ("uts", 4_026_531_838),
];

/// A tree of files that is removed in the end.
pub(super) struct Tree {
    directory: tempfile::TempDir,
}

impl Tree {
    /// An auditor, process 50, on a machine of which it sees everything.
    pub(super) fn new() -> Self {
        let tree = Self { directory: tempfile::tempdir().unwrap() };
        for pid in [1, 2, 50] {
            tree.process(pid, &INITIAL);
        }
        tree.link("proc/self", "50").file("proc/1/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
        tree
    }

    pub(super) fn system(&self) -> System {
        System::at(self.directory.path())
    }

    pub(super) fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.make_way(path);
        fs::write(path, content).unwrap();
        self
    }

    pub(super) fn link(&self, path: &str, target: impl AsRef<Path>) -> &Self {
        let path = self.make_way(path);
        let _ = fs::remove_file(&path);
        symlink(target, path).unwrap();
        self
    }

    pub(super) fn remove(&self, path: &str) -> &Self {
        let path = self.directory.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        self
    }

    /// One namespace of a process.
    pub(super) fn namespace(&self, pid: u32, kind: &str, inode: u64) -> &Self {
        self.link(&format!("proc/{pid}/ns/{kind}"), format!("{kind}:[{inode}]"))
    }

    /// An ordinary process with these namespaces besides the initial ones.
    pub(super) fn process(&self, pid: u32, namespaces: &[(&str, u64)]) -> &Self {
        for (kind, inode) in INITIAL.iter().chain(namespaces) {
            self.namespace(pid, kind, *inode);
        }
        self.file(&format!("proc/{pid}/status"), status(pid))
            .file(&format!("proc/{pid}/uid_map"), "         0          0 4294967295\n")
            .file(&format!("proc/{pid}/gid_map"), "         0          0 4294967295\n")
            .file(&format!("proc/{pid}/cgroup"), "0::/\n")
            .file(&format!("proc/{pid}/mountinfo"), "22 1 254:0 / / rw - ext4 /dev/vda rw\n")
            .file(&format!("proc/{pid}/comm"), "cat\n")
            .link(&format!("proc/{pid}/exe"), "/usr/bin/cat")
    }

    /// Changes lines of a process's status: a line's name and its value, or nothing to leave the line out.
    pub(super) fn status(&self, pid: u32, changes: &[(&str, Option<&str>)]) -> &Self {
        let path = format!("proc/{pid}/status");
        let text = self.system().read(format!("/{path}")).unwrap();
        let changed = text.lines().filter_map(|line| {
            let name = line.split(':').next().unwrap();
            match changes.iter().find(|(changed, _)| *changed == name) {
                Some((_, value)) => value.map(|value| format!("{name}:\t{value}\n")),
                None => Some(format!("{line}\n")),
            }
        });
        self.file(&path, changed.collect::<String>())
    }

    /// A service that is started at boot, named without `.service`.
    pub(super) fn enable(&self, service: &str) -> &Self {
        let file = format!("usr/lib/systemd/system/{service}.service");
        let link = format!("etc/systemd/system/multi-user.target.wants/{service}.service");
        self.file(&file, "[Service]\n").link(&link, format!("/{file}"))
    }

    fn make_way(&self, path: &str) -> std::path::PathBuf {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

/// The status of a process as Linux 6.18 writes it, the lines left out that nobody reads.
pub(super) fn status(pid: u32) -> String {
    format!(
        "Name:\tcat\nUmask:\t0022\nState:\tR (running)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t1\nTracerPid:\t0\n\
         Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t256\nGroups:\t \nNStgid:\t{pid}\nNSpid:\t{pid}\nNSpgid:\t{pid}\n\
         NSsid:\t{pid}\nKthread:\t0\nVmPeak:\t    3060 kB\nThreads:\t1\nSigQ:\t0/96365\nSigPnd:\t0000000000000000\n\
         ShdPnd:\t0000000000000000\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n\
         CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n\
         CapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\nCpus_allowed:\t3\n"
    )
}
