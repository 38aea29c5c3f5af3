//! What lies in the layers of images: read under `--deep`, as the kernel would show it.

use crate::lab::{Audit, Lab};
use crate::{BENCHMARK, BUILDERS, build, tools};

/// Lines of a Dockerfile, and the set-id files and packages that are left in the end.
const DEEP: &[(&str, &str, &str)] = &[
    ("plain", "", "pass manual"),
    ("set-uid", "RUN chmod u+s /bin/curl", "fail manual"),
    ("set-gid", "RUN chmod g+s /bin/curl", "fail manual"),
    ("taken-off", "RUN chmod u+s /bin/curl\nRUN chmod u-s /bin/curl", "pass manual"),
    ("removed", "RUN chmod u+s /bin/curl\nRUN rm /bin/curl", "pass manual"),
    (
        "back",
        "RUN chmod u+s /bin/curl\nRUN rm /bin/curl\nRUN cp /bin/apk /bin/curl && chmod u+s /bin/curl",
        "fail manual",
    ),
    ("dir-removed", "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt", "pass manual"),
    (
        "dir-anew",
        "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt && mkdir /opt && : > /opt/x",
        "pass manual",
    ),
    ("dir-kept", "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN : > /opt/x", "fail manual"),
    (
        "dir-linked",
        "RUN mkdir /opt && cp /bin/curl /opt && chmod u+s /opt/curl\nRUN rm -r /opt && ln -s /srv /opt",
        "pass manual",
    ),
    ("allowed", "RUN cp /bin/curl /bin/allowed && chmod u+s /bin/allowed", "pass manual"),
    ("packages", "RUN mkdir -p /var/lib/dpkg && echo 'Package: x' > /var/lib/dpkg/status", "pass pass"),
    ("unwanted", "RUN mkdir -p /lib/apk/db && echo 'P:sudo' > /lib/apk/db/installed", "pass fail"),
    (
        "no-longer",
        "RUN mkdir -p /lib/apk/db && echo 'P:sudo' > /lib/apk/db/installed\nRUN echo 'P:x' > /lib/apk/db/installed",
        "pass pass",
    ),
    ("rpm", "RUN mkdir -p /var/lib/rpm && : > /var/lib/rpm/rpmdb.sqlite", "pass unknown"),
];

#[test]
fn what_lies_in_layers_is_read_under_deep_only() {
    let lab = Lab::start(&[]);
    tools(&lab);
    for (suffix, builder) in BUILDERS {
        for (name, lines, _) in DEEP {
            let tag = format!("{name}-{suffix}:1");
            build(&lab, &tag, builder, &format!("FROM tools:1\nUSER root\n{lines}\nCOPY data.txt /srv/\nUSER 1000\n"));
            lab.create(&format!("{name}-{suffix}"), &[]);
            lab.docker(&["create", "--name", &format!("of-{name}-{suffix}"), &tag, "sleep", "1"]);
        }
    }
    let policy = lab.dir().join("policy.toml");
    std::fs::write(&policy, "set_id_files = { value = ['/bin/allowed'], reason = 'x' }").unwrap();
    let policy = policy.display().to_string();
    let judge = |more: &[&str]| lab.audit(&[BENCHMARK, &["--policy", &policy], more].concat());
    let of = |audit: &Audit, name: &str| {
        let seen = audit.controls_of(name);
        format!("{} {}", seen["4.8"], seen["4.3"])
    };
    let shallow = judge(&[]);
    let deep = judge(&["--deep"]);
    let mut wrong = Vec::new();
    for (suffix, _) in BUILDERS {
        for (name, _, expect) in DEEP {
            let tag = format!("{name}-{suffix}:1");
            assert_eq!(of(&shallow, &tag), "unknown unknown", "{tag}");
            let seen = of(&deep, &tag);
            if seen != *expect {
                wrong.push(format!("{tag}: expected `{expect}`, seen `{seen}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let reason = &shallow.finding("image-without-set-id-files", "plain-kit:1")["reason"];
    assert_eq!(reason, "not collected: the layers of images are read only with --deep");
    let managers = lab.audit(&["--check", "image-without-package-manager", "--deep"]);
    assert_eq!(managers.verdict("image-without-package-manager", "plain-kit:1"), "fail");
    assert_eq!(managers.verdict("image-without-package-manager", "lab:1"), "fail");
}
