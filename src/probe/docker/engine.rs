//! From the engine's description of itself and its networks to facts.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use super::wire;
use crate::facts::{Component, Engine, EngineKind, Network};
use crate::probe::go::boolean;

/// The engine's facts.
pub(super) fn engine(version: wire::Version, info: wire::Info, socket: &Path) -> Engine {
    let options = info.security_options.unwrap_or_default();
    let has = |name: &str| options.iter().any(|option| fields(option).get("name") == Some(&name));
    let profile = options.iter().map(|option| fields(option)).find(|fields| fields.get("name") == Some(&"seccomp"));
    let profile = profile.and_then(|fields| fields.get("profile").map(|profile| (*profile).to_owned()));
    Engine {
        kind: kind(version.components.as_deref().unwrap_or_default()),
        components: version.components.unwrap_or_default().into_iter().map(component).collect(),
        version: version.version,
        api_version: version.api_version,
        socket: socket.to_string_lossy().into_owned(),
        rootless: has("rootless"),
        apparmor: has("apparmor"),
        selinux: has("selinux"),
        userns_remap: has("userns"),
        seccomp_profile: profile.unwrap_or_default(),
        containerd_image_store: in_containerd(info.driver_status.unwrap_or_default()),
        storage_driver: info.driver,
        logging_driver: info.logging_driver,
        cgroup_driver: info.cgroup_driver,
        live_restore: info.live_restore_enabled,
        debug: info.debug,
        experimental: info.experimental_build,
        swarm: info.swarm.local_node_state,
        insecure_registries: insecure(info.registry_config),
        authorization_plugins: info.plugins.authorization.unwrap_or_default(),
        default_runtime: runtime(info.default_runtime, info.runtimes),
        data_root: info.docker_root_dir,
    }
}

/// The program of the default runtime; one that is named by its type and not by a path has none.
fn runtime(default: Option<String>, runtimes: Option<BTreeMap<String, wire::Runtime>>) -> String {
    default.and_then(|name| runtimes?.remove(&name)?.path).unwrap_or_default()
}

/// A security option is fields joined by commas: `name=seccomp,profile=builtin`.
fn fields(option: &str) -> BTreeMap<&str, &str> {
    option.split(',').filter_map(|field| field.split_once('=')).collect()
}

fn kind(components: &[wire::Component]) -> EngineKind {
    let has = |name: &str| components.iter().any(|component| component.name == name);
    if has("Podman Engine") {
        EngineKind::Podman
    } else if has("Engine") {
        EngineKind::Docker
    } else {
        EngineKind::Other
    }
}

/// Whether the engine's driver is one of containerd's snapshotters, which keep images in containerd's own directory.
fn in_containerd(status: Vec<Vec<String>>) -> bool {
    status.iter().any(|pair| matches!(pair.as_slice(), [name, kind] if name == "driver-type" && kind.starts_with("io.containerd.snapshotter")))
}

fn component(wire: wire::Component) -> Component {
    let commit = wire.details.and_then(|details| details.git_commit).unwrap_or_default();
    // containerd writes `v2.2.1`.
    let version = wire.version.trim_start_matches('v');
    Component { name: wire.name, version: version.to_owned(), upstream: is_release(version) && is_commit(&commit) }
}

/// Whether a version is three numbers, perhaps before a release candidate's mark.
fn is_release(version: &str) -> bool {
    let (numbers, mark) = version.split_once('-').unwrap_or((version, "rc"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3
        && numbers.split('.').all(number)
        && ["rc", "beta", "alpha"].iter().any(|known| mark.starts_with(known))
}

/// Whether it is a commit, as `3dfe4ad`, or after the release it makes, as `v1.2.8-0-geeb7e60`.
fn is_commit(text: &str) -> bool {
    let hash = text.rsplit_once("-g").filter(|(release, _)| release.ends_with("-0")).map_or(text, |(_, hash)| hash);
    hash.len() >= 7 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Networks and names whose registries need no verified TLS; that of loopback never leaves the machine.
fn insecure(config: wire::RegistryConfig) -> Vec<String> {
    let loopback = |cidr: &String| cidr.starts_with("127.") || cidr == "::1/128";
    let networks = config.insecure_registry_cidrs.into_iter().flatten().filter(|cidr| !loopback(cidr));
    let names = config.index_configs.into_iter().flatten().filter(|(_, index)| !index.secure).map(|(name, _)| name);
    networks.chain(names.filter(|name| !on_loopback(name))).collect()
}

/// Whether a registry's name is loopback's: the engine takes those for insecure anyway, named or not.
fn on_loopback(name: &str) -> bool {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    host == "localhost" || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback()) || matches!(host, "[::1]" | "::1")
}

/// A network's facts.
pub(super) fn network(wire: wire::Network) -> Network {
    let option = |name: &str| wire.options.as_ref().and_then(|options| options.get(name));
    let icc = option("com.docker.network.bridge.enable_icc");
    Network {
        // The engine asks only whether the option is there: `encrypted=false` encrypts too.
        encrypted: option("encrypted").is_some(),
        // The engine parses the option as a boolean and lets traffic pass unless it is one of Go's words for false.
        inter_container: icc.is_none_or(|value| boolean(value) != Some(false)),
        id: wire.id,
        name: wire.name,
        driver: wire.driver,
        ipv6: wire.enable_ipv6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_is_encrypted_by_the_option_whatever_it_says() {
        for (options, encrypted) in [
            (r#"{"encrypted":""}"#, true),
            (r#"{"encrypted":"true"}"#, true),
            (r#"{"encrypted":"false"}"#, true),
            (r#"{"com.docker.network.driver.overlay.vxlanid_list":"4097"}"#, false),
            ("null", false),
        ] {
            let text = format!(r#"{{"Id":"i","Name":"n","Driver":"overlay","EnableIPv6":false,"Options":{options}}}"#);
            assert_eq!(network(serde_json::from_str(&text).unwrap()).encrypted, encrypted, "{options}");
        }
    }

    #[test]
    fn builds_of_others_are_told_from_releases() {
        let upstream = |version: &str, commit: &str| is_release(version) && is_commit(commit);
        for (version, commit) in [
            ("29.3.1", "c2be9cc"),
            ("19.03.15", "99e3ed8"),
            ("2.2.1", "dea7da592f5d1d2b7755e3a161be07f43fad8f75"),
            ("1.2.8", "v1.2.8-0-geeb7e602"),
            ("28.0.0-rc.1", "c2be9cc"),
        ] {
            assert!(upstream(version, commit), "{version} {commit}");
        }
        for (version, commit) in [
            ("20.10.24+dfsg1", "5d6db84"),
            ("1.6.20~ds1", "1.6.20~ds1-1+deb12u1"),
            ("1.1.5+ds1", "1.1.5+ds1-1+deb12u1"),
            ("26.1.3", "26.1.3-0ubuntu1~24.04.1"),
            ("1.7.12", ""),
            ("1.1.12-0ubuntu3.1", ""),
            ("26.1.3-0ubuntu1", "c2be9cc"),
            ("20.10.9.el9", "c2be9cc"),
            ("1.2.8", "v1.2.8-3-geeb7e602"),
            ("N/A", "N/A"),
            ("", ""),
            ("29", "c2be9cc"),
        ] {
            assert!(!upstream(version, commit), "{version} {commit}");
        }
    }
}
