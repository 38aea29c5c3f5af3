//! From the engine's description of its swarm to facts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use x509_cert::Certificate;

use super::wire;
use crate::facts::{Gap, GapKind, Observed, Service, Swarm};
use crate::probe::image::secrets_of_service;

/// A day in nanoseconds, in which the engine counts.
const DAY: i64 = 86_400_000_000_000;
/// A day in seconds.
const DAY_SECONDS: u64 = 86_400;
/// The largest collection of root certificates that is read, in bytes.
const MAX_PEM: usize = 64 << 10;

/// The facts of a swarm at a moment.
pub(super) fn swarm(info: &wire::Swarm, now: SystemTime) -> Observed<Swarm> {
    if info.local_node_state != "active" {
        let detail = format!("swarm mode is {}", info.local_node_state);
        return Observed::unknown(GapKind::Unsupported, detail);
    }
    let manager = info.control_available;
    let worker = || Gap::new(GapKind::Unsupported, "only a manager knows its swarm, and this node is a worker");
    let missing = || Gap::new(GapKind::Malformed, "GET /info: a manager tells nothing of its swarm");
    let cluster = match (&info.cluster, manager) {
        (_, false) => Err(worker()),
        (None, true) => Err(missing()),
        (Some(cluster), true) => Ok(cluster),
    };
    let count = |number: Option<i64>| if manager { number.ok_or_else(missing).into() } else { worker().into() };
    Observed::known(Swarm {
        manager,
        managers: count(info.managers),
        nodes: count(info.nodes),
        auto_lock: cluster.clone().map(|cluster| cluster.spec.encryption_config.auto_lock_managers).into(),
        certificate_days: cluster.clone().map(|cluster| days(cluster.spec.ca_config.node_cert_expiry)).into(),
        root_age_days: cluster.clone().and_then(|cluster| root_age(&cluster.tls_info.trust_root, now)).into(),
        root_rotating: cluster.map(|cluster| cluster.root_rotation_in_progress).into(),
    })
}

const fn days(nanoseconds: i64) -> i64 {
    nanoseconds / DAY + (nanoseconds % DAY > 0) as i64
}

/// The age of the oldest of the certificates in days.
fn root_age(pem: &str, now: SystemTime) -> Result<i64, Gap> {
    let malformed =
        |what: &str| Gap::new(GapKind::Malformed, format!("GET /info Swarm.Cluster.TLSInfo.TrustRoot: {what}"));
    if pem.len() > MAX_PEM {
        return Err(malformed("far too large"));
    }
    let chain = Certificate::load_pem_chain(pem.as_bytes()).map_err(|error| malformed(&error.to_string()))?;
    let since = |certificate: &Certificate| certificate.tbs_certificate().validity().not_before.to_unix_duration();
    let oldest: Option<Duration> = chain.iter().map(since).min();
    let oldest = oldest.ok_or_else(|| malformed("no certificate"))?;
    let age = now.duration_since(UNIX_EPOCH + oldest).map_err(|_| malformed("not valid yet"))?;
    Ok(i64::try_from(age.as_secs() / DAY_SECONDS).unwrap_or(i64::MAX))
}

/// A service's facts.
pub(super) fn service(wire: wire::Service) -> Service {
    let task = wire.spec.task_template;
    let restart = task.restart_policy.unwrap_or_default();
    let spec = task.container_spec.unwrap_or_default();
    let variables = spec.env.iter().flatten().map(String::as_str);
    let labels = spec.labels.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    let command = spec.command.iter().chain(&spec.args).flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let exposed = secrets_of_service(variables, labels, &command);
    Service {
        id: wire.id,
        name: wire.spec.name,
        // The engine's own default.
        restart_condition: restart
            .condition
            .filter(|condition| !condition.is_empty())
            .unwrap_or_else(|| "any".to_owned()),
        restart_attempts: restart.max_attempts.unwrap_or(0),
        secrets: spec.secrets.into_iter().flatten().map(|secret| secret.secret_name).collect(),
        exposed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBajCCARCgAwIBAgIUFyiTQJDZ6KErgxMD/KChZm43dWgwCgYIKoZIzj0EAwIw\n\
        EzERMA8GA1UEAxMIc3dhcm0tY2EwHhcNMjYxMTI0MjExMTAwWhcNNDYxMTE5MjEx\n\
        MTAwWjATMREwDwYDVQQDEwhzd2FybS1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n\
        A0IABETaOvKLUMVOxaubhqnHTpEwH/JSZPMCrKCIdZwr3a6jc8nhm3piu2cxbuPQ\n\
        R9SAWM7WB1liInYQZ/CMIKzlprujQjBAMA4GA1UdDwEB/wQEAwIBBjAPBgNVHRMB\n\
        Af8EBTADAQH/MB0GA1UdDgQWBBTG6XRh0EENGvZl0OpTRa4PiTSlbTAKBggqhkjO\n\
        PQQDAgNIADBFAiEA7+IrzIMgDZlSC9niOYjCtl28+8gCbfMzulFL5RxWnyECICu7\n\
        qKDVcqG9XPE6RR/V+44E0i/3RYLR1I25cng+taVo\n-----END CERTIFICATE-----\n";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_age_of_a_root_is_that_of_the_oldest() {
        // 2026-11-24T21:11:00Z.
        let made = 1_795_554_660;
        assert_eq!(root_age(ROOT, at(made)), Ok(0));
        assert_eq!(root_age(ROOT, at(made + 86_399)), Ok(0));
        assert_eq!(root_age(&format!("{ROOT}{ROOT}"), at(made + 400 * 86_400)), Ok(400));
        for odd in
            ["", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", &ROOT[..200], &ROOT.repeat(200)]
        {
            assert_eq!(root_age(odd, at(made)).unwrap_err().kind, GapKind::Malformed, "{odd:?}");
        }
        assert_eq!(root_age(ROOT, at(made - 1)).unwrap_err().kind, GapKind::Malformed);
    }

    #[test]
    fn part_of_a_day_counts_as_one() {
        assert_eq!((days(90 * DAY), days(90 * DAY + 1), days(0), days(3_600_000_000_000)), (90, 91, 0, 1));
    }
}
