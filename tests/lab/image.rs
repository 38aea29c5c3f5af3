//! The root filesystem of the lab's image: a static busybox and a few accounts.

use std::process::Command;
use std::sync::OnceLock;

/// The tar archive, made once in a process.
pub fn archive() -> &'static [u8] {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(build)
}

const BUSYBOX: &str = "/bin/busybox";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh
toor:x:0:0:second root:/root:/bin/sh
app:x:1000:1000:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
";

const GROUP: &str = "root:x:0:
app:x:1000:
nogroup:x:65534:
";

fn build() -> Vec<u8> {
    let mut tar = Tar::default();
    for dir in ["bin/", "dev/", "etc/", "home/", "proc/", "root/", "run/", "sys/", "usr/", "var/"] {
        tar.add(dir, b'5', 0o755, "", b"");
    }
    tar.add("tmp/", b'5', 0o1777, "", b"");
    tar.add("etc/passwd", b'0', 0o644, "", PASSWD.as_bytes());
    tar.add("etc/group", b'0', 0o644, "", GROUP.as_bytes());
    let busybox = std::fs::read(BUSYBOX).unwrap_or_else(|error| panic!("{BUSYBOX} (busybox-static): {error}"));
    tar.add("bin/busybox", b'0', 0o755, "", &busybox);
    for applet in applets().lines().filter(|&applet| applet != "busybox") {
        tar.add(&format!("bin/{applet}"), b'2', 0o777, "busybox", b"");
    }
    tar.finish()
}

/// The context of a build: text files by path, those without an ending as programs.
pub fn context(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = Tar::default();
    for (path, text) in files {
        let mode = if path.contains('.') || *path == "Dockerfile" { 0o644 } else { 0o755 };
        tar.add(path, b'0', mode, "", text.as_bytes());
    }
    tar.finish()
}

fn applets() -> String {
    let output = Command::new(BUSYBOX).arg("--list").output();
    let output = output.unwrap_or_else(|error| panic!("{BUSYBOX}: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An archive in the ustar format whose files all belong to root.
#[derive(Default)]
struct Tar(Vec<u8>);

const BLOCK: usize = 512;

impl Tar {
    fn add(&mut self, path: &str, kind: u8, mode: u32, link: &str, content: &[u8]) {
        let mut header = [0; BLOCK];
        let mut put = |offset: usize, bytes: &[u8]| header[offset..offset + bytes.len()].copy_from_slice(bytes);
        put(0, path.as_bytes());
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000");
        put(116, b"0000000");
        put(124, format!("{:011o}", content.len()).as_bytes());
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind]);
        put(157, link.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0.extend(header);
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }
}
