//! systemd's journal: what journald does, and where the journal is sent.

use std::path::Path;

use super::systemd_conf::{Settings, boolean, build_default};
use super::{System, View, command_line, packages};
use crate::facts::{Gap, GapKind, JournalUpload, Journald, Observed};

/// The values of `Storage`.
const STORAGE: [&str; 4] = ["volatile", "persistent", "auto", "none"];
/// The parameter of the kernel's command line that outranks every file.
const FORWARD: &str = "systemd.journald.forward_to_syslog";
/// The last version of systemd that Debian made to forward messages to syslog without being told to.
const LAST_FORWARDING: u32 = 252;

/// What journald does. Source: `journald.conf` with its drop-ins, and the kernel's command line.
pub fn observe(system: &System, view: &View) -> Observed<Journald> {
    view.files().and_then(|()| Settings::read(system, "journald")).map(|settings| look(system, view, &settings)).into()
}

fn look(system: &System, view: &View, settings: &Settings) -> Journald {
    let text = |key: &str| settings.text(("Journal", key), "");
    let storage = |value: &str| STORAGE.contains(&value).then(|| value.to_owned());
    Journald {
        storage: settings.last(("Journal", "Storage"), storage, || from_default("auto".to_owned())),
        // A size is the least that is compressed.
        compress: settings.last(
            ("Journal", "Compress"),
            |value| boolean(value).or_else(|| size(value)),
            || from_default(true),
        ),
        forward_to_syslog: forward_to_syslog(system, view, settings),
        system_max_use: text("SystemMaxUse"),
        system_keep_free: text("SystemKeepFree"),
        runtime_max_use: text("RuntimeMaxUse"),
        runtime_keep_free: text("RuntimeKeepFree"),
        max_file_sec: text("MaxFileSec"),
    }
}

fn from_default<T>(value: T) -> Observed<T> {
    Observed::from_source(value, "the default")
}

/// Whether a text is a number of bytes, as in `512` or `4K`; then compression is on.
fn size(value: &str) -> Option<bool> {
    let digits = value.trim_end_matches(['K', 'M', 'G', 'T', 'P', 'E', 'B', 'i']);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')).then_some(true)
}

fn forward_to_syslog(system: &System, view: &View, settings: &Settings) -> Observed<bool> {
    let words = match command_line::words(system) {
        Ok(words) => words,
        // A tree of files without a kernel.
        Err(gap) if gap.kind == GapKind::Missing => Vec::new(),
        Err(gap) => return gap.into(),
    };
    let told = words.iter().rev().find_map(|word| match word.split_once('=') {
        Some((FORWARD, value)) => boolean(value),
        None if word == FORWARD => Some(true),
        _ => None,
    });
    if let Some(told) = told {
        return Observed::from_source(told, command_line::PATH);
    }
    settings.last(("Journal", "ForwardToSyslog"), boolean, || forwards_by_default(system, view))
}

/// The default that journald was built with: Debian's forwarded up to version 252, and tells its own by a drop-in since.
fn forwards_by_default(system: &System, view: &View) -> Observed<bool> {
    let name = "systemd".to_owned();
    let package = packages::observe(system, view, [&name].into_iter()).remove(&name);
    let version = match package.as_ref().map(Observed::as_known) {
        Some(Ok(package)) => package.version.split(['.', '-', '~', '+']).next().and_then(|number| number.parse().ok()),
        Some(Err(gap)) => return gap.into(),
        None => None,
    };
    let version: Option<u32> = version;
    match version {
        Some(version) => Observed::from_source(version <= LAST_FORWARDING, format!("the default of systemd {version}")),
        None => build_default("ForwardToSyslog is not set, and its default cannot be told without systemd's version"),
    }
}

/// Where the journal is sent. Source: `journal-upload.conf` with its drop-ins.
pub fn upload(system: &System, view: &View) -> Observed<JournalUpload> {
    view.files().and_then(|()| Settings::read(system, "journal-upload")).map(|settings| sent(system, &settings)).into()
}

fn sent(system: &System, settings: &Settings) -> JournalUpload {
    let text = |key: &str, default: &str| settings.text(("Upload", key), default);
    let key_file = text("ServerKeyFile", "/etc/ssl/private/journal-upload.pem");
    let certificate_file = text("ServerCertificateFile", "/etc/ssl/certs/journal-upload.pem");
    let trusted_file = text("TrustedCertificateFile", "/etc/ssl/ca/trusted.pem");
    let files = [&key_file, &certificate_file, &trusted_file];
    let named = files.into_iter().filter_map(Observed::value).filter(|path| path.starts_with('/'));
    let missing: Result<Vec<String>, Gap> = named
        .filter_map(|path| missing(system, path).map(|missing| missing.then(|| path.clone())).transpose())
        .collect();
    JournalUpload { url: text("URL", ""), missing_files: missing.into(), key_file, certificate_file, trusted_file }
}

fn missing(system: &System, path: &str) -> Result<bool, Gap> {
    match system.resolve(Path::new(path)) {
        Ok(_) => Ok(false),
        Err(gap) if gap.kind == GapKind::Missing => Ok(true),
        Err(gap) => Err(gap),
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn see(tree: &Tree) -> Journald {
        let system = tree.system();
        let view = View::observe(&system, &Reference::observe(&system, None));
        observe(&system, &view).value().unwrap().clone()
    }

    fn forward(tree: &Tree) -> Option<(bool, String)> {
        match see(tree).forward_to_syslog {
            Observed::Known { value, source } => Some((value, source.unwrap())),
            Observed::Unknown { .. } => None,
        }
    }

    fn systemd(tree: &Tree, version: &str) {
        let record =
            format!("Package: systemd\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n");
        tree.file("var/lib/dpkg/status", record);
    }

    #[test]
    fn defaults_are_those_of_the_build() {
        let tree = Tree::new();
        let seen = see(&tree);
        assert_eq!((seen.storage.value().unwrap().as_str(), seen.compress.value()), ("auto", Some(&true)));
        assert_eq!(seen.system_max_use.value().unwrap(), "");
        assert_eq!(forward(&tree), None);
        systemd(&tree, "252.39-1~deb12u1");
        assert_eq!(forward(&tree), Some((true, "the default of systemd 252".to_owned())));
        systemd(&tree, "255.4-1ubuntu8");
        assert_eq!(forward(&tree), Some((false, "the default of systemd 255".to_owned())));
        // Newer ones of Debian and Ubuntu tell it by a drop-in.
        tree.file("usr/lib/systemd/journald.conf.d/syslog.conf", "# why\n\n[Journal]\nForwardToSyslog=yes\n");
        assert_eq!(forward(&tree), Some((true, "/usr/lib/systemd/journald.conf.d/syslog.conf:4".to_owned())));
        tree.file("etc/systemd/journald.conf.d/syslog.conf", "[Journal]\n");
        assert_eq!(forward(&tree), Some((false, "the default of systemd 255".to_owned())));
    }

    #[test]
    fn the_kernels_command_line_outranks_files() {
        let tree = Tree::new();
        tree.file("etc/systemd/journald.conf", "[Journal]\nForwardToSyslog=no\n");
        assert!(!forward(&tree).unwrap().0);
        for (line, expected) in [
            ("systemd.journald.forward_to_syslog", true),
            ("systemd.journald.forward_to_syslog=1 x", true),
            ("systemd.journald.forward_to_syslog=1 systemd.journald.forward_to_syslog=no", false),
            ("systemd.journald.forward_to_syslog=perhaps", false),
        ] {
            tree.file("proc/cmdline", line);
            assert_eq!(forward(&tree).unwrap().0, expected, "{line}");
        }
    }

    #[test]
    fn values_that_journald_does_not_know_are_passed_over() {
        let tree = Tree::new();
        tree.file("etc/systemd/journald.conf", "[Journal]\nStorage=persistent\nCompress=no\n").file(
            "etc/systemd/journald.conf.d/a.conf",
            "[Journal]\nStorage=Volatile\nCompress=1.5K\nMaxFileSec=1week\n",
        );
        let seen = see(&tree);
        assert_eq!((seen.storage.value().unwrap().as_str(), seen.compress.value()), ("persistent", Some(&true)));
        assert_eq!(seen.max_file_sec.value().unwrap(), "1week");
        tree.file("etc/systemd/journald.conf.d/b.conf", "[Journal]\nCompress=maybe\nStorage=\n");
        let seen = see(&tree);
        assert_eq!((seen.storage.value().unwrap().as_str(), seen.compress.value()), ("auto", Some(&true)));
    }

    #[test]
    fn files_of_the_upload_are_looked_for() {
        let tree = Tree::new();
        let see = |tree: &Tree| {
            let system = tree.system();
            let view = View::observe(&system, &Reference::observe(&system, None));
            upload(&system, &view).value().unwrap().clone()
        };
        assert_eq!(see(&tree).missing_files.value().unwrap().len(), 3);
        tree.file(
            "etc/systemd/journal-upload.conf",
            "[Upload]\nURL=logs.example:443\nServerKeyFile=/k\nTrustedCertificateFile=all\n",
        )
        .file("etc/ssl/certs/journal-upload.pem", "");
        let seen = see(&tree);
        assert_eq!(seen.url.value().unwrap(), "logs.example:443");
        assert_eq!(seen.missing_files.value().unwrap(), &["/k"]);
        assert_eq!(seen.trusted_file.value().unwrap(), "all");
    }
}
