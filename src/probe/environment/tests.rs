use super::*;
use crate::facts::PathEntry;
use crate::probe::tree::Tree;

/// As Debian 12 has it.
const PROFILE: &str = r#"if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/sbin:/sbin"
else
  PATH="/usr/local/bin:/usr/games"
fi
export PATH

if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  fi
fi

if [ -d /etc/profile.d ]; then
  for i in /etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
  unset i
fi
"#;

fn laid_out() -> Tree {
    let tree = Tree::new();
    tree.file("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n").file("etc/profile", PROFILE);
    for folder in ["usr/local/sbin", "usr/sbin", "root"] {
        tree.file(&format!("{folder}/x"), "");
    }
    tree.file("usr/sbin/useradd", "");
    tree.link("sbin", "usr/sbin");
    tree
}

/// Entries with whether they are certain and where they are written.
fn path(tree: &Tree) -> Result<Vec<String>, String> {
    let found = path::of_root(&tree.system()).map_err(|gap| gap.detail)?;
    let one = |entry: &PathEntry| {
        let certain = if entry.certain { "" } else { "?" };
        format!("{}{certain} {}", entry.path, entry.place)
    };
    Ok(found.iter().map(one).collect())
}

fn timeouts_of(file: &str, text: &str) -> Vec<IdleTimeout> {
    let tree = laid_out();
    tree.file(file, text);
    timeouts(&tree.system()).unwrap()
}

fn masks(found: &[Umask]) -> Vec<String> {
    let one = |umask: &Umask| {
        let leaves = umask.leaves.value().map_or_else(|| "unknown".to_owned(), |leaves| format!("{leaves:o}"));
        format!("{leaves}{} {}", if umask.certain { "" } else { "?" }, umask.place)
    };
    found.iter().map(one).collect()
}

#[test]
fn roots_path_is_what_its_files_make_of_it() {
    let tree = laid_out();
    let base = ["/usr/local/sbin /etc/profile:2", "/usr/sbin /etc/profile:2", "/sbin /etc/profile:2"];
    assert_eq!(path(&tree).unwrap(), base);
    let found = path::of_root(&tree.system()).unwrap();
    assert!(found.iter().all(|entry| entry.directory.value().unwrap().is_some()));
    assert_eq!(found[2].directory.value().unwrap().as_ref().unwrap().path, "/usr/sbin");
    // What logs somebody in has set it before, and the profile anew.
    tree.file("etc/environment", "PATH=\"/usr/games:/snap/bin\"\n").file("etc/login.defs", "ENV_SUPATH PATH=/a:\n");
    assert_eq!(path(&tree).unwrap(), base);
    tree.file("etc/profile.d/10-go.sh", "go=/opt/go\nexport PATH=\"$PATH:${go}/bin:$HOME/bin\"\n");
    tree.file("etc/profile.d/20.sh", "if [ -d /snap ]; then PATH=$PATH:/snap/bin; fi\n")
        .file("etc/profile.d/no", "PATH=/no\n");
    tree.file("root/.profile", "PATH=/no\n").file("root/.bash_profile", ". ~/.bashrc\nPATH=~/own:$PATH\n");
    tree.file(
        "root/.bashrc",
        "[ -z \"$PS1\" ] && return\nexport GO=/opt/go2\nPATH+=:.\nif x; then Y=/y; PATH=$PATH:$Y; fi\n",
    );
    assert_eq!(
        path(&tree).unwrap(),
        [
            "/root/own /root/.bash_profile:2",
            "/usr/local/sbin /etc/profile:2",
            "/usr/sbin /etc/profile:2",
            "/sbin /etc/profile:2",
            "/opt/go/bin /etc/profile.d/10-go.sh:2",
            "/root/bin /etc/profile.d/10-go.sh:2",
            "/snap/bin? /etc/profile.d/20.sh:1",
            ". /root/.bashrc:3",
            "/y? /root/.bashrc:4",
        ]
    );
}

#[test]
fn an_empty_directory_in_the_path_is_the_one_that_one_is_in() {
    let tree = laid_out();
    let after = |text: &str| {
        tree.file("root/.profile", text);
        path::of_root(&tree.system()).unwrap().into_iter().map(|entry| entry.path).collect::<Vec<_>>()
    };
    assert_eq!(after("PATH=/a::/b\n"), ["/a", "", "/b"]);
    assert_eq!(after("PATH=/a:\n"), ["/a", ""]);
    assert_eq!(after("PATH=:$PATH\n"), ["", "/usr/local/sbin", "/usr/sbin", "/sbin"]);
    assert_eq!(after("PATH=/x$PATH\n"), ["/x/usr/local/sbin", "/usr/sbin", "/sbin"]);
    assert_eq!(after("PATH=/a command\nPATH=/b; export PATH\n"), ["/b"]);
    assert_eq!(after("unset PATH\nPATH=$PATH:/b\n"), ["", "/b"]);
    assert_eq!(after("declare -x PATH=/c\nreturn\nPATH=/d\n"), ["/c"]);
    assert_eq!(after("(PATH=/c)\nf() { local PATH=/d; }\n"), ["/usr/local/sbin", "/usr/sbin", "/sbin"]);
}

#[test]
fn a_path_that_is_worked_out_is_open() {
    let tree = laid_out();
    for text in [
        "PATH=$(cat /x)\n",
        "PATH=$UNKNOWN:/a\n",
        "x && Y=/y\nPATH=$Y\n",
        "if a; then PATH=`b`; fi\n",
        "f() { PATH=/a; }\n",
        "PATH=\"${PATH:+$PATH:}/a\"\n",
    ] {
        tree.file("root/.profile", text);
        assert!(path(&tree).unwrap_err().contains(": PATH is"), "{text}");
    }
    tree.file("root/.profile", "if a\n");
    assert!(path(&tree).unwrap_err().starts_with("/root/.profile: not understood"));
    tree.file("root/.profile", ". /root/.profile\n");
    assert!(path(&tree).unwrap_err().contains("too deeply"));
    tree.file("root/.profile", "").file("etc/passwd", "root:x:0:0::/root:/usr/bin/zsh\n");
    assert!(path(&tree).unwrap_err().contains("root's shell /usr/bin/zsh"));
    tree.file("etc/passwd", "a:x:0:0::/root:/bin/sh\n");
    assert!(path(&tree).unwrap_err().contains("no home directory"));
}

#[test]
fn a_timeout_is_told_with_what_becomes_of_it() {
    let one = |text: &str| {
        let found = timeouts_of("etc/profile.d/50-tmout.sh", text);
        assert_eq!(found.len(), 1, "{text}");
        let first = &found[0];
        assert!(first.sole && first.place.starts_with("/etc/profile.d/50-tmout.sh:"));
        (first.seconds.value().copied(), first.readonly, first.exported, first.certain)
    };
    let good = (Some(900), true, true, true);
    for text in [
        "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n",
        "typeset -xr TMOUT=900\n",
        "declare -r -x TMOUT='900'\n",
        "readonly TMOUT=900 ; export TMOUT\n",
        "export TMOUT=900\nreadonly TMOUT\n",
    ] {
        assert_eq!(one(text), good, "{text}");
    }
    assert_eq!(one("TMOUT=900\n"), (Some(900), false, false, true));
    assert_eq!(one("readonly TMOUT=0\n"), (Some(0), true, false, true));
    assert_eq!(one("TMOUT=never\n"), (Some(0), false, false, true));
    assert_eq!(one("TMOUT=$X\n").0, None);
    assert_eq!(one("if a; then typeset -xr TMOUT=900; fi\n"), (Some(900), true, true, false));
    assert_eq!(one("TMOUT=900; [ x ] && readonly TMOUT; export TMOUT\n"), (Some(900), true, true, false));
    assert_eq!(timeouts_of("etc/profile.d/a.sh", "# TMOUT=900\necho TMOUT=900\nf() { TMOUT=900; }\n(TMOUT=1)\n"), []);
    assert_eq!(timeouts_of("etc/profile.d/a.txt", "TMOUT=900\n"), []);
    assert_eq!(timeouts_of("etc/bash.bashrc", "TMOUT=900\nunset TMOUT\n").len(), 2);
}

#[test]
fn two_files_that_set_it_are_told() {
    let tree = laid_out();
    tree.file("etc/profile.d/a.sh", "TMOUT=900\n").file("etc/bash.bashrc", "TMOUT=600\n");
    assert!(timeouts(&tree.system()).unwrap().iter().all(|timeout| !timeout.sole));
    // What no file reads says nothing.
    tree.file("etc/profile", "PATH=/bin\n");
    let found = timeouts(&tree.system()).unwrap();
    assert_eq!((found.len(), found[0].place.as_str(), found[0].sole), (1, "/etc/bash.bashrc:1", true));
    tree.file("etc/bash.bashrc", "case x in\n");
    assert!(timeouts(&tree.system()).unwrap_err().detail.starts_with("/etc/bash.bashrc: not understood"));
}

#[test]
fn masks_are_permissions_that_are_left() {
    for (mask, left) in [
        ("027", 0o750),
        ("0077", 0o700),
        ("22", 0o755),
        ("u=rwx,g=rx,o=", 0o750),
        ("g=,o=,u=rw", 0o600),
        ("=rx", 0o555),
    ] {
        assert_eq!(script::leaves(mask).unwrap(), left, "{mask}");
    }
    for mask in ["028", "g-w", "o=", "u=rwx,g=q,o=", "", "77777", "-S"] {
        assert!(script::leaves(mask).is_err(), "{mask}");
    }
}

#[test]
fn masks_come_from_shells_and_from_pam() {
    let tree = laid_out();
    let all = || masks(&umasks(&tree.system()).unwrap());
    tree.file("etc/pam.d/common-session", "session required pam_unix.so\n");
    tree.file("etc/pam.d/common-session-noninteractive", "session required pam_unix.so\n");
    tree.file("usr/lib/x86_64-linux-gnu/security/pam_umask.so", "")
        .file("usr/lib/x86_64-linux-gnu/security/pam_unix.so", "");
    tree.link("lib", "usr/lib").file("etc/login.defs", "UMASK 022\n");
    // Nobody asks login.defs.
    assert_eq!(all(), [] as [String; 0]);
    tree.file(
        "etc/profile.d/umask.sh",
        "umask 027\nif [ $(id -u) -eq 0 ]; then umask 077; else umask 022; fi\nx && umask g=rx,o=,u=rwx\numask -S\n",
    );
    assert_eq!(
        all(),
        ["750 /etc/profile.d/umask.sh:1", "755 /etc/profile.d/umask.sh:2", "750? /etc/profile.d/umask.sh:3"]
    );
    tree.file("etc/pam.d/common-session", "session optional pam_umask.so\n");
    assert_eq!(all()[3], "755 /etc/login.defs:1");
    tree.file("etc/pam.d/common-session", "session optional pam_umask.so umask=0027\n");
    assert_eq!(all()[3], "750 /etc/pam.d/common-session:1");
    tree.file("etc/pam.d/common-session", "session optional pam_umask.so\n").remove("etc/login.defs");
    tree.file("etc/default/login", "# UMASK=1\nUMASK=077\n");
    assert_eq!(all()[3], "700 /etc/default/login:2");
    tree.file("root/.bashrc", "umask 077\n").file("root/.profile", "umask $X\n");
    assert_eq!(masks(&root_umasks(&tree.system()).unwrap()), ["unknown /root/.profile:1", "700 /root/.bashrc:1"]);
}
