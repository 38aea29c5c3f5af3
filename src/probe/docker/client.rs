//! The engine's API over its Unix socket: each call with its time limit, and each failure as a gap.
//!
//! bollard speaks the API; what comes back is decoded into our own [`super::wire`] types, so that a value it does not know costs
//! no more than it has to. Paths carry no version, and the engine answers with the newest it has.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use bollard::errors::Error;
use bollard::{BollardRequest, Docker};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use hyperlocal::UnixConnector;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::wire;
use crate::facts::{Gap, GapKind};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How long all calls together may take: an engine that hangs on each of a thousand containers must not hold the audit for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to an engine.
#[derive(Clone, Debug)]
pub(super) struct Client {
    docker: Docker,
    /// When the last call has to be answered.
    end: Instant,
}

impl Client {
    pub(super) fn connect(socket: &Path) -> Result<Self, Gap> {
        // bollard's own transport would connect anew for each call.
        let pool = HttpClient::builder(TokioExecutor::new()).build(UnixConnector);
        let socket = socket.to_owned();
        let transport = move |mut request: BollardRequest| {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            *request.uri_mut() = hyperlocal::Uri::new(&socket, path).into();
            let answer = pool.request(request);
            async move { answer.await.map_err(Error::from) }
        };
        let (address, version) = (Some("unix://engine"), bollard::API_DEFAULT_VERSION);
        let docker = Docker::connect_with_custom_transport(transport, address, LIMIT.as_secs(), version)
            .map_err(|error| gap("connect", &error))?;
        Ok(Self { docker, end: Instant::now() + PATIENCE })
    }

    pub(super) async fn version(&self) -> Result<wire::Version, Gap> {
        self.call("GET /version", self.docker.version()).await
    }

    pub(super) async fn info(&self) -> Result<wire::Info, Gap> {
        self.call("GET /info", self.docker.info()).await
    }

    pub(super) async fn containers(&self) -> Result<Vec<wire::ListedContainer>, Gap> {
        let options = bollard::query_parameters::ListContainersOptionsBuilder::default().all(true).build();
        self.call("GET /containers/json", self.docker.list_containers(Some(options))).await
    }

    pub(super) async fn inspect(&self, id: &str) -> Result<wire::Inspect, Gap> {
        let name = format!("GET /containers/{id}/json");
        plain(&name, id)?;
        let inspect: wire::Inspect = self.call(&name, self.docker.inspect_container(id, None)).await?;
        if inspect.id != id {
            return Err(Gap::new(GapKind::Malformed, format!("{name}: describes another container, `{}`", inspect.id)));
        }
        Ok(inspect)
    }

    pub(super) async fn exec(&self, id: &str) -> Result<wire::Exec, Gap> {
        let name = format!("GET /exec/{id}/json");
        plain(&name, id)?;
        self.call(&name, self.docker.inspect_exec(id)).await
    }

    pub(super) async fn images(&self) -> Result<Vec<wire::Image>, Gap> {
        let all = None::<bollard::query_parameters::ListImagesOptions>;
        self.call("GET /images/json", self.docker.list_images(all)).await
    }

    pub(super) async fn image(&self, id: &str) -> Result<wire::ImageInspect, Gap> {
        let name = format!("GET /images/{id}/json");
        plain(&name, digest(id))?;
        let inspect: wire::ImageInspect = self.call(&name, self.docker.inspect_image(id)).await?;
        if digest(&inspect.id) != digest(id) {
            return Err(Gap::new(GapKind::Malformed, format!("{name}: describes another image, `{}`", inspect.id)));
        }
        Ok(inspect)
    }

    /// The steps of an image's build, the last one first.
    pub(super) async fn history(&self, id: &str) -> Result<Vec<wire::ImageStep>, Gap> {
        let name = format!("GET /images/{id}/history");
        plain(&name, digest(id))?;
        self.call(&name, self.docker.image_history(id)).await
    }

    pub(super) async fn networks(&self) -> Result<Vec<wire::Network>, Gap> {
        self.call("GET /networks", self.docker.list_networks(None)).await
    }

    pub(super) async fn services(&self) -> Result<Vec<wire::Service>, Gap> {
        let all = None::<bollard::query_parameters::ListServicesOptions>;
        self.call("GET /services", self.docker.list_services(all)).await
    }

    pub(super) async fn volumes(&self) -> Result<wire::Volumes, Gap> {
        let all = None::<bollard::query_parameters::ListVolumesOptions>;
        self.call("GET /volumes", self.docker.list_volumes(all)).await
    }

    /// Makes a call and decodes its answer; what bollard cannot decode is tried again from the answer's own JSON.
    async fn call<T: Serialize, W: DeserializeOwned>(
        &self,
        name: &str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<W, Gap> {
        // bollard's own limit ends with the head of the answer; an engine can hang in its body.
        let answer = timeout(LIMIT.min(self.end.saturating_duration_since(Instant::now())), answer)
            .await
            .unwrap_or(Err(Error::RequestTimeoutError));
        let malformed = |error: serde_json::Error| Gap::new(GapKind::Malformed, format!("{name}: {error}"));
        match answer {
            // Text is a quicker way between the two than a tree of values.
            Ok(typed) => serde_json::to_vec(&typed).and_then(|json| serde_json::from_slice(&json)).map_err(malformed),
            Err(Error::JsonDataError { contents, .. }) => serde_json::from_str(&contents).map_err(malformed),
            Err(error) => Err(gap(name, &error)),
        }
    }
}

/// An image's identifier without the name of its algorithm, which podman leaves out here and there.
pub(super) fn digest(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// An identifier becomes a part of a path, and must not be able to lead to another.
fn plain(name: &str, id: &str) -> Result<(), Gap> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(Gap::new(GapKind::Malformed, format!("{name}: not asked, `{id}` is no identifier")));
    }
    Ok(())
}

fn gap(name: &str, error: &Error) -> Gap {
    let kind = match error {
        Error::RequestTimeoutError => {
            let limits = (LIMIT.as_secs(), PATIENCE.as_secs());
            let detail = format!("{name}: no answer within {} s, or {} s for all calls", limits.0, limits.1);
            return Gap::new(GapKind::TimedOut, detail);
        }
        Error::DockerResponseServerError { status_code: 404, .. } => GapKind::Gone,
        Error::DockerResponseServerError { status_code: 401 | 403, .. } => GapKind::Denied,
        Error::DockerResponseServerError { .. } => GapKind::Unsupported,
        Error::SocketNotFoundError(_) => GapKind::Missing,
        Error::JsonDataError { .. } | Error::JsonSerdeError { .. } | Error::StrParseError { .. } => GapKind::Malformed,
        other => match io_cause(other) {
            Some(io) => return Gap::io(name, io),
            None => GapKind::Malformed,
        },
    };
    Gap::new(kind, format!("{name}: {}", with_causes(error)))
}

/// The I/O error at the bottom of a chain of causes.
fn io_cause(error: &Error) -> Option<&std::io::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
