//! A registry in a lab's network: images that an engine can pull there have digests and repositories.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Lab, image};

const PROGRAM: &str = include_str!("registry.sh");
/// The registry's name; engines speak with loopback addresses without TLS.
pub const NAME: &str = "127.0.0.1:5000";

/// The registry; it ends with the lab.
pub struct Registry<'l> {
    lab: &'l Lab,
    dir: PathBuf,
}

impl<'l> Registry<'l> {
    /// Starts a registry in the network of an engine.
    pub fn start(lab: &'l Lab) -> Self {
        let dir = lab.dir().join("registry");
        fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        let program = lab.dir().join("registry.sh");
        super::builder::write(&program, PROGRAM);
        // The guard knows what belongs to the lab by this path.
        let mark = lab.dir().join("exec/registry").display().to_string();
        let line = format!(
            "systemd-socket-activate -l {NAME} -a --inetd sh {} {mark} {} >/dev/null 2>&1 &",
            program.display(),
            dir.display()
        );
        lab.inside(&["sh", "-c", &line]).unwrap_or_else(|error| panic!("registry: {error}"));
        Self { lab, dir }
    }

    /// Puts an image there that has these files over the lab's root filesystem, and pulls it. Returns its digest.
    pub fn pull(&self, name: &str, tag: &str, files: &[(&str, &str)], labels: &Value) -> String {
        let over = image::context(files);
        let layers: Vec<&[u8]> =
            if files.is_empty() { vec![image::archive()] } else { vec![image::archive(), over.as_slice()] };
        let digests: Vec<String> = layers.iter().map(|layer| self.put(layer)).collect();
        let steps =
            layers.iter().map(|_| json!({ "created_by": "COPY x / # buildkit", "created": "2026-11-01T00:00:00Z" }));
        let config = json!({
            "architecture": "amd64", "os": "linux", "created": "2026-11-01T00:00:00Z", "history": steps.collect::<Vec<_>>(),
            "config": { "User": "1000", "Labels": labels }, "rootfs": { "type": "layers", "diff_ids": digests },
        });
        let config = config.to_string().into_bytes();
        let part = |kind: &str, bytes: &[u8], digest: &str| {
            json!({
                "mediaType": format!("application/vnd.docker.{kind}"), "size": bytes.len(), "digest": digest,
            })
        };
        let layers: Vec<Value> = layers
            .iter()
            .zip(&digests)
            .map(|(layer, digest)| part("image.rootfs.diff.tar.gzip", layer, digest))
            .collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": part("container.image.v1+json", &config, &self.put(&config)), "layers": layers,
        });
        let manifest = manifest.to_string().into_bytes();
        let digest = self.put(&manifest);
        self.write(tag, &manifest);
        self.lab.docker(&["pull", &format!("{NAME}/{name}:{tag}")]);
        digest
    }

    fn put(&self, bytes: &[u8]) -> String {
        let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{hex}");
        self.write(&digest, bytes);
        digest
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.dir.join(name);
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
