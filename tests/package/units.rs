//! systemd's units: sound, and within their walls.

use std::process::Command;

use crate::{file, said};

/// The most that systemd may call the service exposed, of 10; it was 2.3 with systemd 252.
const EXPOSURE: f64 = 3.0;

#[test]
fn the_units_are_sound() {
    let root = tempfile::TempDir::new().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    let bin = root.path().join("usr/bin");
    std::fs::create_dir_all(&units).unwrap();
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), bin.join("plimsoll")).unwrap();
    // What the units of every system order themselves by.
    let usual =
        ["sysinit.target", "basic.target", "shutdown.target", "timers.target", "time-set.target", "time-sync.target"];
    let of_system = ["system.slice", "-.slice"];
    for name in usual.iter().chain(&of_system) {
        let _ = std::fs::copy(format!("/usr/lib/systemd/system/{name}"), units.join(name));
    }
    for name in ["plimsoll.service", "plimsoll.timer"] {
        std::fs::copy(file("contrib/systemd").join(name), units.join(name)).unwrap();
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no", "--recursive-errors=no", "--root"]).arg(root.path()).arg(units.join(name));
        assert_eq!(said(&mut verify), "", "{name}");
    }
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true"]).arg(units.join("plimsoll.service"));
    let table = said(security.env("LC_ALL", "C.UTF-8"));
    let exposure = table.lines().find_map(|line| line.split_once("Overall exposure level for plimsoll.service: "));
    let level = exposure.and_then(|(_, level)| level.split(' ').next()?.parse::<f64>().ok());
    assert!(level.is_some_and(|level| level <= EXPOSURE), "{table}");
}
