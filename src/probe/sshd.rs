//! OpenSSH's server: the options that it would start with, and the files that it lives from.

mod config;
mod files;
mod line;
mod options;

use std::collections::BTreeMap;

use config::Config;
use options::Version;

use super::{System, View, packages};
use crate::facts::{Gap, GapKind, Observed, Ssh, SshBanner, SshdValue};
use crate::plan::Plan;

/// What the plan wants of the server, and the options that it names.
pub fn observe(
    system: &System,
    view: &View,
    plan: &Plan,
) -> (Observed<Ssh>, BTreeMap<String, Observed<Vec<SshdValue>>>) {
    let names: Vec<&String> = plan.keys("sshd_option").collect();
    if !plan.wants("ssh") && names.is_empty() {
        return (Observed::not_collected(), BTreeMap::new());
    }
    let installed = view.files().map_or_else(Observed::from, |()| files::installed(system));
    let server = match installed.as_known() {
        Ok(true) => Ok(Server::read(system, view)),
        Ok(false) => Err(Gap::new(GapKind::Missing, "sshd is not installed")),
        Err(gap) => Err(gap),
    };
    let value = |name: &String| match &server {
        Ok(server) => {
            options::values(&server.config, &server.version, &name.to_lowercase()).seen_in("/etc/ssh/sshd_config")
        }
        Err(gap) => gap.clone().into(),
    };
    let of_server = |part: &str| match &server {
        _ if !plan.wants(&format!("ssh.{part}")) => Err(Gap::not_collected()),
        Ok(server) => Ok(server),
        Err(gap) => Err(gap.clone()),
    };
    let ssh = Ssh {
        installed,
        files: of_server("files").map(|server| files::all(system, &server.config, &server.host_keys())).into(),
        banners: of_server("banners").and_then(|server| server.banners(system, view)).into(),
    };
    (Observed::known(ssh), names.iter().map(|name| ((*name).clone(), value(name))).collect())
}

/// An installed server.
struct Server {
    config: Config,
    version: Version,
}

impl Server {
    fn read(system: &System, view: &View) -> Self {
        Self { config: Config::read(system), version: version(system, view) }
    }

    /// The keys that the configuration names.
    fn host_keys(&self) -> Vec<String> {
        let named = self.config.settings.iter().filter(|setting| setting.keyword == "hostkey");
        named.flat_map(|setting| setting.arguments.clone()).filter(|path| path.starts_with('/')).collect()
    }

    fn banners(&self, system: &System, view: &View) -> Result<Vec<SshBanner>, Gap> {
        let values = options::values(&self.config, &self.version, "banner");
        Ok(files::shown(system, view, values.as_known()?))
    }
}

/// The upstream version in that of Debian's package, `1:9.2p1-2+deb12u3` being 9.2.
fn version(system: &System, view: &View) -> Version {
    packages::upstream(system, view, &["openssh-server"]).map(|(major, minor, _)| (major, minor))
}

#[cfg(test)]
mod tests;
