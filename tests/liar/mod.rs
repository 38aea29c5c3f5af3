//! An engine that lies: a server on a Unix socket whose answer to each path can be anything.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of this")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What is said to a request.
#[derive(Clone)]
pub enum Answer {
    /// A whole answer with this status.
    Json(u16, String),
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing.
    Silence,
    /// The head of an answer and a part of its body.
    Half,
}

type Answers = Arc<Mutex<BTreeMap<String, Answer>>>;

/// The server; it ends with the process.
pub struct Liar {
    dir: TempDir,
    socket: PathBuf,
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
    containers: Vec<Value>,
    images: Vec<Value>,
}

impl Liar {
    /// An engine that tells the truth so far, and has no container.
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let socket = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let liar = Self {
            dir,
            socket,
            answers: Answers::default(),
            asked: <_>::default(),
            containers: <_>::default(),
            images: <_>::default(),
        };
        liar.says("/version", &version());
        liar.says("/info", &info());
        for (path, answer) in [
            ("/containers/json", json!([])),
            ("/images/json", json!([])),
            ("/networks", json!([])),
            ("/volumes", json!({ "Volumes": [], "Warnings": null })),
        ] {
            liar.says(path, &answer);
        }
        let (answers, asked) = (Arc::clone(&liar.answers), Arc::clone(&liar.asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                thread::spawn(move || serve(stream, &answers, &asked));
            }
        });
        liar
    }

    /// The same with a container `web` that is as it should be.
    pub fn with_web() -> Self {
        let mut liar = Self::new();
        liar.contain("web", |_| {});
        liar
    }

    /// Adds a container whose id is its name in hexadecimal; its description can be changed.
    pub fn contain(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let id = id(name);
        let mut inspect = inspect(&id, name);
        change(&mut inspect);
        self.list(&id, json!([format!("/{name}")]));
        self.says(&format!("/containers/{id}/json"), &inspect);
    }

    /// Adds a container to the list alone.
    pub fn list(&mut self, id: &str, names: Value) {
        self.containers.push(
            json!({ "Id": id, "Names": names, "Image": "app:1", "ImageID": image_id("app"), "State": "running" }),
        );
        self.says("/containers/json", &Value::from(self.containers.clone()));
    }

    /// Adds an image `name:1` whose id is its name in hexadecimal; its description and its history, last step first, can be
    /// changed.
    pub fn store(&mut self, name: &str, change: impl FnOnce(&mut Value, &mut Value)) {
        let id = image_id(name);
        let (mut inspect, mut history) = image(&id, name);
        change(&mut inspect, &mut history);
        self.list_image(&id, json!([format!("{name}:1")]));
        self.says(&format!("/images/{id}/json"), &inspect);
        self.says(&format!("/images/{id}/history"), &history);
    }

    /// Adds an image to the list alone.
    pub fn list_image(&mut self, id: &str, tags: Value) {
        let created = jiff::Timestamp::now().as_second();
        self.images.push(json!({ "Id": id, "RepoTags": tags, "RepoDigests": [], "Created": created, "Size": 1 }));
        self.says("/images/json", &Value::from(self.images.clone()));
    }

    /// Makes the container that was added last use this image.
    pub fn uses(&mut self, image: &str) {
        if let Some(last) = self.containers.last_mut() {
            last["ImageID"] = image_id(image).into();
        }
        self.says("/containers/json", &Value::from(self.containers.clone()));
    }

    /// Changes what is said to a path.
    pub fn changes(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let answer = self.answers.lock().unwrap().get(path).cloned();
        let Some(Answer::Json(_, body)) = answer else { panic!("nothing is said to {path}") };
        let mut body = serde_json::from_str(&body).unwrap();
        change(&mut body);
        self.says(path, &body);
    }

    pub fn says(&self, path: &str, answer: &Value) {
        self.answer(path, Answer::Json(200, answer.to_string()));
    }

    pub fn answer(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Answers every path like this.
    pub fn answer_all(&self, answer: &Answer) {
        self.answers.lock().unwrap().values_mut().for_each(|value| *value = answer.clone());
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// An identifier as the engine makes them.
pub fn id(name: &str) -> String {
    let hex: String = name.bytes().take(32).map(|byte| format!("{byte:02x}")).collect();
    format!("{hex:0<64}")
}

/// An image's identifier.
pub fn image_id(name: &str) -> String {
    format!("sha256:{}", id(name))
}

/// The description and the history of an image that is as it should be.
fn image(id: &str, name: &str) -> (Value, Value) {
    let inspect = json!({
        "Id": id, "RepoTags": [format!("{name}:1")], "RepoDigests": [], "Os": "linux", "Architecture": "amd64", "Size": 1,
        "Created": "2026-11-24T12:00:00Z", "RootFS": { "Type": "layers", "Layers": [format!("sha256:{}", "0".repeat(64))] },
        "Config": { "User": "1000", "Env": ["PATH=/bin"], "Labels": null, "Healthcheck": { "Test": ["CMD", "true"] } },
        "GraphDriver": { "Name": "overlay2", "Data": { "UpperDir": "/var/lib/docker/overlay2/x/diff" } },
    });
    (inspect, json!([step("RUN /bin/sh -c make # buildkit"), step("COPY a /a # buildkit"), step("")]))
}

/// A step of a history.
pub fn step(created_by: &str) -> Value {
    json!({ "Id": "<missing>", "Created": 1_700_000_000, "CreatedBy": created_by, "Tags": null, "Size": 0, "Comment": "" })
}

fn serve(stream: UnixStream, answers: &Answers, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut request = String::new();
        let mut line = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
            line.clear();
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        asked.lock().unwrap().push(target.to_owned());
        let path = target.split('?').next().unwrap_or_default();
        let answer = answers.lock().unwrap().get(path).cloned();
        let missing = || Answer::Json(404, json!({ "message": format!("nothing at {path}") }).to_string());
        let written = match answer.unwrap_or_else(missing) {
            Answer::Json(status, body) => {
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                writer.write_all((head + &body).as_bytes())
            }
            Answer::Bytes(bytes) => {
                let _ = writer.write_all(&bytes);
                return;
            }
            Answer::Silence => return thread::sleep(Duration::from_secs(120)),
            Answer::Half => {
                let _ = writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"Id\": ");
                return thread::sleep(Duration::from_secs(120));
            }
        };
        if written.is_err() {
            return;
        }
    }
}

fn version() -> Value {
    json!({ "Version": "26.1.5", "ApiVersion": "1.45", "Components": [{ "Name": "Engine", "Version": "26.1.5" }] })
}

/// What the engine says of itself.
pub fn info() -> Value {
    json!({
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"], "Driver": "overlay2",
        "LoggingDriver": "json-file", "CgroupDriver": "cgroupfs", "LiveRestoreEnabled": true, "Debug": false,
        "ExperimentalBuild": false, "DockerRootDir": "/var/lib/docker", "Swarm": { "LocalNodeState": "inactive" },
        "Plugins": { "Authorization": null },
        "RegistryConfig": { "InsecureRegistryCIDRs": ["127.0.0.0/8"], "IndexConfigs": {} },
    })
}

fn inspect(id: &str, name: &str) -> Value {
    json!({
        "Id": id, "Name": format!("/{name}"), "Image": format!("sha256:{id}"), "AppArmorProfile": "",
        "ProcessLabel": "", "ExecIDs": null, "Mounts": [],
        "State": { "Status": "running", "Running": true, "Pid": 4_000_000 },
        "Config": { "Image": "app:1", "User": "app", "Labels": {}, "Healthcheck": { "Test": ["CMD", "true"] } },
        "HostConfig": {
            "Privileged": false, "CapAdd": null, "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"],
            "NetworkMode": "lan", "PidMode": "", "IpcMode": "private", "UTSMode": "", "UsernsMode": "",
            "CgroupnsMode": "private", "PortBindings": {}, "PublishAllPorts": false, "ReadonlyRootfs": true,
            "Memory": 1_000_000, "CpuShares": 512, "NanoCpus": 0, "CpuQuota": 0, "CpuPeriod": 0, "CpusetCpus": "",
            "PidsLimit": 100, "Ulimits": null, "CgroupParent": "", "Devices": [], "DeviceRequests": null,
            "DeviceCgroupRules": null, "LogConfig": { "Type": "json-file", "Config": {} },
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 5 },
        },
        "NetworkSettings": { "Ports": {}, "Networks": { "lan": {} } },
    })
}

/// The description of a container that is as it should be.
pub fn web(id: &str) -> Value {
    inspect(id, "web")
}
