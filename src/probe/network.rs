//! Whether IPv6 is live, and which interfaces work by radio.

use super::namespace::Kind;
use super::{System, View, command_line};
use crate::facts::{Gap, GapKind, Observed, WirelessInterface};

/// Settings that switch IPv6 off on every interface, those to come included.
const OFF: [&str; 2] = ["/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/net/ipv6/conf/default/disable_ipv6"];

/// Whether the kernel speaks IPv6 in the machine's network namespace.
pub fn ipv6(system: &System, view: &View) -> Observed<bool> {
    let told = |value: bool, source: &str| Observed::from_source(value, source);
    if let Err(gap) = system.running("a kernel that speaks IPv6 or not").and_then(|()| view.clear(Kind::Net)) {
        return gap.into();
    }
    match command_line::words(system) {
        Ok(words) if command_line::value(&words, "ipv6.disable") == Some("1") => {
            return told(false, command_line::PATH);
        }
        Ok(_) => {}
        Err(gap) => return gap.into(),
    }
    let mut all_off = true;
    for path in OFF {
        match system.read(path) {
            Ok(text) => all_off &= text.trim() == "1",
            // A kernel without IPv6 has no such setting; without /proc there would be no command line either.
            Err(gap) if gap.kind == GapKind::Missing => return told(false, path),
            Err(gap) => return gap.into(),
        }
    }
    told(!all_off, &OFF.join(", "))
}

/// The interfaces that work by radio.
pub fn wireless(system: &System, view: &View) -> Observed<Vec<WirelessInterface>> {
    system.running("network interfaces").and_then(|()| view.clear(Kind::Net)).and_then(|()| interfaces(system)).into()
}

fn interfaces(system: &System) -> Result<Vec<WirelessInterface>, Gap> {
    let mut found = Vec::new();
    for name in system.list("/sys/class/net")? {
        let folder = format!("/sys/class/net/{name}");
        let mut radio = false;
        for mark in ["wireless", "phy80211"] {
            match system.resolve(format!("{folder}/{mark}")) {
                Ok(_) => radio = true,
                Err(gap) if gap.kind == GapKind::Missing => {}
                Err(gap) => return Err(gap),
            }
        }
        if radio {
            let module = system.link(format!("{folder}/device/driver/module")).ok();
            let driver =
                module.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
            found.push(WirelessInterface { name, driver: driver.unwrap_or_default() });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::process::Reference;
    use super::super::tree::Tree;
    use super::*;

    fn ask<T>(tree: &Tree, probe: fn(&System, &View) -> Observed<T>) -> Observed<T> {
        let system = tree.system();
        probe(&system, &View::observe(&system, &Reference::observe(&system, None)))
    }

    #[test]
    fn ipv6_is_off_by_boot_by_kernel_or_by_both_settings() {
        let tree = Tree::new();
        assert!(ask(&tree, ipv6).gap().is_some());
        tree.file("proc/cmdline", "ro\n");
        assert_eq!(ask(&tree, ipv6).value(), Some(&false));
        let conf = "proc/sys/net/ipv6/conf";
        tree.file(&format!("{conf}/all/disable_ipv6"), "1\n").file(&format!("{conf}/default/disable_ipv6"), "0\n");
        assert_eq!(ask(&tree, ipv6).value(), Some(&true));
        tree.file(&format!("{conf}/default/disable_ipv6"), "1\n");
        assert_eq!(ask(&tree, ipv6).value(), Some(&false));
        tree.file(&format!("{conf}/all/disable_ipv6"), "0\n").file("proc/cmdline", "ipv6.disable=1\n");
        assert_eq!(ask(&tree, ipv6).value(), Some(&false));
        tree.namespace(50, "net", 4_026_532_500);
        assert_eq!(ask(&tree, ipv6).gap().unwrap().kind, GapKind::Unsupported);
    }

    #[test]
    fn radio_is_told_by_its_marks() {
        let tree = Tree::new();
        assert_eq!(ask(&tree, wireless).gap().unwrap().kind, GapKind::Missing);
        tree.file("sys/class/net/eth0/mtu", "1500\n").file("sys/class/net/wlan0/wireless/x", "");
        tree.file("sys/class/net/wlan1/phy80211/x", "")
            .link("sys/class/net/wlan1/device/driver/module", "../../iwlwifi");
        let found = ask(&tree, wireless);
        let told: Vec<String> = found.value().unwrap().iter().map(|w| format!("{} {}", w.name, w.driver)).collect();
        assert_eq!(told, ["wlan0 ", "wlan1 iwlwifi"]);
    }
}
