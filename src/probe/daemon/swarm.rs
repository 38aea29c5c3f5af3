//! Where dockerd listens in its swarm, and which addresses it was told to use.

use std::path::Path;

use serde::Deserialize;

use super::listeners;
use super::process::Dockerd;
use super::settings;
use crate::facts::{Engine, Gap, GapKind, Observed, SwarmAddresses};

/// The port on which nodes find each other; it cannot be changed.
const GOSSIP: u16 = 7946;

/// What dockerd keeps of its place in a swarm.
#[derive(Deserialize)]
struct State {
    #[serde(rename = "ListenAddr")]
    listen: String,
    #[serde(rename = "AdvertiseAddr")]
    advertise: String,
    #[serde(rename = "DataPathAddr", default)]
    data_path: String,
}

/// The addresses, and the listening sockets if they are wanted.
pub(super) fn observe(
    dockerd: &Dockerd<'_>,
    engine: &Engine,
    wanted: bool,
) -> (Observed<SwarmAddresses>, Observed<Vec<String>>) {
    if engine.swarm == "inactive" {
        let inactive = Gap::new(GapKind::Unsupported, "swarm mode is inactive");
        return (inactive.into(), Observed::from_source(Vec::new(), "swarm mode is inactive"));
    }
    let state = state(dockerd, engine);
    let sockets = match &state {
        _ if !wanted => Observed::not_collected(),
        Ok(state) => sockets(dockerd, state).into(),
        Err(gap) => gap.clone().into(),
    };
    (state.map(addresses).into(), sockets)
}

fn state(dockerd: &Dockerd<'_>, engine: &Engine) -> Result<State, Gap> {
    let path = Path::new(&engine.data_root).join("swarm/docker-state.json");
    let text = settings::text(dockerd, &path)?;
    serde_json::from_str(&text).map_err(|error| Gap::new(GapKind::Malformed, format!("{}: {error}", path.display())))
}

fn addresses(state: State) -> SwarmAddresses {
    let host = |address: &str| {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']').to_owned()
    };
    // The address of the data path has no port.
    SwarmAddresses { listen: host(&state.listen), advertise: host(&state.advertise), data_path: state.data_path }
}

fn sockets(dockerd: &Dockerd<'_>, state: &State) -> Result<Vec<String>, Gap> {
    let manager = state.listen.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let of_swarm = |port: u16| port == GOSSIP || Some(port) == manager;
    let mut found: Vec<String> = listeners::listening(dockerd)?
        .into_iter()
        .filter(|listener| of_swarm(listener.address.port()))
        .map(|listener| listener.address.to_string())
        .collect();
    found.sort();
    Ok(found)
}
