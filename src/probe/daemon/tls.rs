//! dockerd's TLS set-up.

use super::major;
use super::options::{DEFAULT, Options, Setting};
use super::process::Dockerd;
use super::settings;
use crate::facts::{Gap, GapKind, Observed, TlsFile};

/// The options that name files, each with the name that the file has in `~/.docker`.
const FILES: &[(&str, &str)] = &[("tlscacert", "ca.pem"), ("tlscert", "cert.pem"), ("tlskey", "key.pem")];

/// Whether clients must show a certificate: as asked, else wherever there is TLS at all.
///
/// `DOCKER_TLS_VERIFY` in dockerd's environment decides nothing here: since 20.10 only what is set turns TLS on.
pub(super) fn verify(options: &Options, version: &str) -> Observed<bool> {
    match options.switch("tlsverify") {
        Observed::Known { value: Some(verify), source } => Observed::Known { value: verify, source },
        Observed::Unknown { gap, source } => Observed::Unknown { gap, source },
        Observed::Known { value: None, .. } => match options.switch("tls") {
            Observed::Known { value: Some(_), .. } if major(version).is_none_or(|major| major < 20) => {
                Observed::unknown(
                    GapKind::Unsupported,
                    format!("whether tls alone asks for clients' certificates is not known of engine {version:?}"),
                )
            }
            tls => tls.map(|tls| tls.unwrap_or(false)),
        },
    }
}

/// The files of the set-up; none when TLS is off.
///
/// The defaults in `~/.docker` belong to the flags: with TLS turned on by the configuration file alone there are none, and a
/// flag that names a file counts only beside one that turns TLS on.
pub(super) fn files(dockerd: &Dockerd<'_>, options: &Options) -> Observed<Vec<TlsFile>> {
    let (tls, verify) = match (options.switch("tls"), options.switch("tlsverify")) {
        (Observed::Known { value: tls, .. }, Observed::Known { value: verify, .. }) => (tls, verify),
        (Observed::Unknown { gap, .. }, _) | (_, Observed::Unknown { gap, .. }) => return gap.into(),
    };
    if tls != Some(true) && verify.is_none() {
        return Observed::from_source(Vec::new(), if tls.is_some() { "TLS is off" } else { DEFAULT });
    }
    let by_flag = matches!(options.setting("tlsverify", "tlsverify"), Setting::Flag(_))
        || (matches!(options.setting("tls", "tls"), Setting::Flag(_)) && tls == Some(true));
    FILES
        .iter()
        .map(|(option, default)| match options.setting(option, option) {
            Setting::Flag([.., path]) if by_flag && !path.is_empty() => file(dockerd, option, path),
            Setting::File(value) => match value.as_str() {
                Some("") => unset(dockerd, option, default, by_flag),
                Some(path) => file(dockerd, option, path),
                None => Err(Gap::new(GapKind::Malformed, format!("{option} is not a path"))),
            },
            Setting::Flag(_) | Setting::Default => unset(dockerd, option, default, by_flag),
            Setting::Unknown(gap) => Err(gap),
        })
        .collect::<Result<Vec<_>, _>>()
        .into()
}

fn file(dockerd: &Dockerd<'_>, option: &str, path: &str) -> Result<TlsFile, Gap> {
    let path = dockerd.absolute(path)?;
    let present = match settings::metadata(dockerd, &path) {
        Ok(metadata) => metadata.is_file(),
        Err(gap) if gap.kind == GapKind::Missing => false,
        Err(gap) => return Err(gap),
    };
    Ok(TlsFile { option: option.to_owned(), path: path.display().to_string(), present })
}

/// The file of an option that nobody set: none, or dockerd's own choice.
fn unset(dockerd: &Dockerd<'_>, option: &str, default: &str, by_flag: bool) -> Result<TlsFile, Gap> {
    if !by_flag {
        return Ok(TlsFile { option: option.to_owned(), path: String::new(), present: false });
    }
    let path = dockerd.home()?.join(".docker").join(default);
    let found = file(dockerd, option, &path.to_string_lossy())?;
    // dockerd does not start without its file, so that it has one: elsewhere, or no longer.
    found.present.then_some(found).ok_or_else(|| {
        Gap::new(
            GapKind::Unsupported,
            format!(
                "{}: not there, and dockerd's environment, which is not read, may name another directory",
                path.display()
            ),
        )
    })
}
