//! Certificates for an engine that listens on TCP.

use std::path::Path;

use super::{builder, command};

/// The flags of a dockerd that listens on 127.0.0.1:2376 of its own network namespace with these certificates.
/// A client can only reach it through `Lab::inside`.
pub const VERIFYING: &[&str] = &[
    "--host=tcp://127.0.0.1:2376",
    "--tlsverify",
    "--tlscacert={dir}/tls/ca.pem",
    "--tlscert={dir}/tls/server-cert.pem",
    "--tlskey={dir}/tls/server-key.pem",
];

/// Makes tls/ in the lab's directory with ca.pem and ca-key.pem, server-cert.pem and server-key.pem for 127.0.0.1,
/// and cert.pem and key.pem for a client, as `Builder::prepare` can use it. The keys are readable by root alone.
pub fn certificates(lab: &Path) {
    let dir = lab.join("tls");
    builder::make_dir(&dir);
    let openssl = |args: &[&str]| {
        let mut openssl = command::new("openssl", lab);
        openssl.current_dir(&dir).args(args);
        command::text(&mut openssl, &[]).unwrap_or_else(|error| panic!("openssl {}: {error}", args.join(" ")));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let authority = ["-x509", "-days", "2", "-subj", "/CN=lab CA", "-keyout", "ca-key.pem", "-out", "ca.pem"];
    openssl(&[&["req"], &key[..], &authority].concat());
    let signed = |name: &str, subject: &str, usage: &str, file: &str, key_file: &str| {
        let extensions = format!("extendedKeyUsage={usage}\nsubjectAltName=IP:127.0.0.1\n");
        builder::write(&dir.join(name), &extensions);
        let request = ["-subj", subject, "-keyout", key_file, "-out", "request.pem"];
        openssl(&[&["req"], &key[..], &request].concat());
        let issuer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2"];
        openssl(&[&["x509", "-req", "-in", "request.pem", "-extfile", name, "-out", file], &issuer[..]].concat());
    };
    signed("server.cnf", "/CN=engine", "serverAuth", "server-cert.pem", "server-key.pem");
    signed("client.cnf", "/CN=client", "clientAuth", "cert.pem", "key.pem");
}
