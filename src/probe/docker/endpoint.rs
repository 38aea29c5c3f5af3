//! Which socket to ask: the way the docker command finds it, for the engines of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What decides where the engine is, in the order in which it decides.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Whether no engine is to be asked.
    pub unasked: bool,
    /// The socket that was named on the command line.
    pub socket: Option<PathBuf>,
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// `DOCKER_CONFIG`, else `.docker` in the home directory.
    pub config: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
}

/// Where the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// At this socket.
    Socket(PathBuf),
    /// Wherever it is, it is not to be asked.
    Unasked,
    /// Nowhere: none of these places has a socket.
    Nowhere(Vec<PathBuf>),
}

impl Endpoint {
    /// Finds the socket; an address that is no socket of this machine is an error that says so.
    pub fn locate(&self) -> Result<Located, String> {
        if self.unasked {
            return Ok(Located::Unasked);
        }
        if let Some(socket) = &self.socket {
            return exists(socket)
                .then(|| Located::Socket(socket.clone()))
                .ok_or_else(|| format!("--engine-socket {}: there is no such socket", socket.display()));
        }
        if let Some(host) = self.host.as_deref().filter(|host| !host.is_empty()) {
            return socket_of(host, "DOCKER_HOST").map(Located::Socket);
        }
        if let Some(context) = self.context()? {
            return self.context_host(&context);
        }
        let places = self.default_places();
        let found = places.iter().find(|place| exists(place)).cloned();
        Ok(found.map_or(Located::Nowhere(places), Located::Socket))
    }

    fn default_places(&self) -> Vec<PathBuf> {
        let mut places = vec![PathBuf::from("/run/docker.sock"), PathBuf::from("/var/run/docker.sock")];
        let uid = rustix::process::getuid().as_raw();
        let runtime = self.runtime_dir.clone().unwrap_or_else(|| PathBuf::from(format!("/run/user/{uid}")));
        places.push(runtime.join("docker.sock"));
        places
    }

    /// The context in use, unless it is the default one.
    fn context(&self) -> Result<Option<String>, String> {
        let named = self.context.clone().filter(|name| !name.is_empty());
        let name = match (named, &self.config) {
            (Some(name), _) => Some(name),
            (None, Some(config)) => read_json::<Config>(&config.join("config.json"))?.and_then(|c| c.current_context),
            (None, None) => None,
        };
        Ok(name.filter(|name| !name.is_empty() && name != "default"))
    }

    fn context_host(&self, name: &str) -> Result<Located, String> {
        let unknown = || format!("the docker context `{name}` does not exist");
        let directory = self.config.as_ref().ok_or_else(unknown)?.join("contexts/meta");
        // The directory's names are hashes of the contexts' names; looking into each is simpler than hashing.
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(unknown()),
            Err(error) => return Err(format!("{}: {error}", directory.display())),
        };
        let mut torn = None;
        for entry in entries.flatten() {
            let meta = match read_json::<Meta>(&entry.path().join("meta.json")) {
                Ok(Some(meta)) if meta.name == name => meta,
                Ok(_) => continue,
                // Another context's torn file says nothing about this one, unless this one is not found.
                Err(error) => {
                    torn = Some(error);
                    continue;
                }
            };
            let host = meta.endpoints.docker.map(|endpoint| endpoint.host).unwrap_or_default();
            return socket_of(&host, &format!("docker context `{name}`")).map(Located::Socket);
        }
        Err(torn.unwrap_or_else(unknown))
    }
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEndpoint {
    host: String,
}

#[expect(clippy::disallowed_methods, reason = "the client's own settings say where the engine is; they are no fact")]
fn read_json<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<Option<T>, String> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The path of a `unix://` address.
fn socket_of(address: &str, from: &str) -> Result<PathBuf, String> {
    match address.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => Ok(PathBuf::from(path)),
        _ => Err(format!(
            "{from} is `{address}`: an audit looks at the engine of this machine and asks it over its Unix socket; \
             run plimsoll there, or name the socket with --engine-socket"
        )),
    }
}

/// Whether something is there; a socket that may not be looked at counts, and is told as denied when it is asked.
fn exists(path: &Path) -> bool {
    !matches!(fs::metadata(path), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearer_to_the_person_decides() {
        let all = Endpoint {
            unasked: true,
            socket: Some("/dev/null".into()),
            host: Some("unix:///from-host".to_owned()),
            context: Some("from-context".to_owned()),
            config: Some("/nowhere".into()),
            runtime_dir: Some("/nowhere".into()),
        };
        assert_eq!(all.locate(), Ok(Located::Unasked));
        let all = Endpoint { unasked: false, ..all };
        assert_eq!(all.locate(), Ok(Located::Socket("/dev/null".into())));
        let host = Endpoint { socket: None, ..all };
        assert_eq!(host.locate(), Ok(Located::Socket("/from-host".into())));
        let context = Endpoint { host: Some(String::new()), ..host };
        assert_eq!(context.locate(), Err("the docker context `from-context` does not exist".to_owned()));
        let usual = Endpoint { context: Some("default".to_owned()), ..context };
        assert!(usual.locate().is_ok());
        let gone = Endpoint { socket: Some("/nowhere/at/all".into()), ..usual };
        assert!(gone.locate().is_err_and(|why| why.contains("no such socket")));
    }
}
