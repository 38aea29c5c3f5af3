//! 2.8: the API on TCP.

use crate::judge::{PLAIN, engine, engines, engines_at_once, file, flags};
use crate::lab::{Lab, tls};

const TLS: &str =
    r#""tlscacert": "{dir}/tls/ca.pem", "tlscert": "{dir}/tls/server-cert.pem", "tlskey": "{dir}/tls/server-key.pem""#;

/// dockerd waits for up to 15 s before it does this to its user.
#[test]
fn without_tls() {
    engines_at_once(
        &PLAIN,
        vec![
            flags(&["-H", "tcp://0.0.0.0:2375"], "2.8 fail"),
            flags(&["-Htcp://127.0.0.1:4243"], "2.8 fail"),
            flags(&["--host=tcp://[::1]:2375"], "2.8 fail"),
            flags(&["--host", "127.0.0.1:2375"], "2.8 fail"),
            file(r#"{"hosts": ["unix://{dir}/docker.sock", "tcp://0.0.0.0:2375"]}"#, "2.8 fail"),
            file(
                "{\n  \"hosts\": [\n    \"unix://{dir}/docker.sock\",\n    \"tcp://127.0.0.1:2375\"\n  ]\n}\n",
                "2.8 fail",
            ),
            file(r#"{"hosts": ["unix://{dir}/docker.sock"]}"#, ""),
            flags(&["--metrics-addr=127.0.0.1:9323", "--experimental"], "2.19 fail"),
        ],
    );
}

#[test]
fn with_tls() {
    let with = || Lab::builder().prepare(tls::certificates);
    let hosts = r#"{"hosts": ["unix://{dir}/docker.sock", "tcp://127.0.0.1:2376"]"#;
    let text = |more: &str| format!("{hosts}, {more}, {TLS}}}");
    let tls = [tls::VERIFYING[0], "--tls", tls::VERIFYING[2], tls::VERIFYING[3], tls::VERIFYING[4]];
    let no_authority = [tls::VERIFYING[0], "--tls", tls::VERIFYING[3], tls::VERIFYING[4]];
    engines(
        &PLAIN,
        vec![
            engine("tlsverify", with().flags(tls::VERIFYING), "2.8 pass"),
            engine("tlsverify in the file", with().daemon_json(&text(r#""tlsverify": true"#)), "2.8 pass"),
            engine("tls alone", with().flags(&tls), "2.8 pass"),
            engine(
                "authority elsewhere",
                with().env("DOCKER_CERT_PATH", "{dir}/tls").flags(&no_authority),
                "2.8 unknown",
            ),
            engine("not verified", with().flags(&[&tls[..], &["--tlsverify=false"]].concat()), "2.8 fail"),
        ],
    );
}

/// Who says what the verdicts above say: a client without a certificate, at the engines themselves.
#[test]
fn who_gets_in() {
    let tls = [tls::VERIFYING[0], "--tls", tls::VERIFYING[2], tls::VERIFYING[3], tls::VERIFYING[4]];
    for (flags, gets_in) in [(&tls[..], false), (&[&tls[..], &["--tlsverify=false"]].concat(), true)] {
        let lab = Lab::builder().prepare(tls::certificates).flags(flags).start();
        let authority = format!("{}/tls/ca.pem", lab.dir().display());
        let client = ["docker", "-H", "tcp://127.0.0.1:2376", "--tls", "--tlscacert", &authority, "images", "-q"];
        let refused = lab.inside(&client).err();
        assert_eq!(refused.is_none(), gets_in, "{flags:?}: {refused:?}");
        assert!(refused.is_none_or(|error| error.contains("certificate")));
    }
}

/// dockerd keeps what it read, but the next start needs the files.
#[test]
fn without_its_certificate() {
    let lab = Lab::builder().prepare(tls::certificates).flags(tls::VERIFYING).start();
    std::fs::remove_file(lab.dir().join("tls/ca.pem")).unwrap();
    assert_eq!(lab.audit(crate::judge::BENCHMARK).control("2.8"), "fail");
}

/// A socket that somebody passes on: the engine is found behind it, and it is no TCP.
#[test]
fn socket_activation() {
    let passed = Lab::builder().socket_activated();
    let both = Lab::builder().socket_activated().flags(&["-H", "tcp://127.0.0.1:2375", "--tls=false"]);
    engines(&PLAIN, vec![engine("fd://", passed, ""), engine("fd:// and tcp://", both, "2.8 fail")]);
}
