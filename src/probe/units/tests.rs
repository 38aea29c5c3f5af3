use super::super::super::process::Reference;
use super::super::super::tree::Tree;
use super::*;

fn look(tree: &Tree, name: &str) -> Unit {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let name = name.to_owned();
    observe(&system, &view, [&name].into_iter()).remove(&name).unwrap()
}

fn source(observed: &Observed<bool>) -> &str {
    match observed {
        Observed::Known { value: true, source } => source.as_deref().unwrap_or_default(),
        Observed::Known { .. } => "",
        Observed::Unknown { gap, .. } => panic!("{gap}"),
    }
}

/// A machine with cups.service, which a socket and a path start too, in a merged /usr.
fn machine() -> Tree {
    let tree = Tree::new();
    for unit in ["cups.service", "cups.socket", "cups.path", "multi-user.target"] {
        tree.file(&format!("usr/lib/systemd/system/{unit}"), "[Unit]\n");
    }
    tree.link("lib", "usr/lib");
    tree
}

#[test]
fn links_start_units() {
    let tree = machine();
    let unit = look(&tree, "cups.service");
    assert_eq!(unit.file.value().unwrap(), "/usr/lib/systemd/system/cups.service");
    assert_eq!((source(&unit.enabled), unit.triggered_by.value().unwrap().len()), ("", 0));
    tree.link("etc/systemd/system/sockets.target.wants/cups.socket", "/lib/systemd/system/cups.socket");
    let unit = look(&tree, "cups.service");
    assert_eq!((source(&unit.enabled), unit.triggered_by.value().unwrap()), ("", &vec!["cups.socket".to_owned()]));
    for way in ["etc/systemd/system/x.target.requires", "usr/lib/systemd/system/multi-user.target.wants"] {
        let link = format!("{way}/cups.service");
        tree.link(&link, "/usr/lib/systemd/system/cups.service");
        assert_eq!(source(&look(&tree, "cups.service").enabled), format!("/{link}"));
        tree.remove(&link);
    }
    // One that leads nowhere starts nothing, and so does one that is masked by its name.
    tree.link("etc/systemd/system/multi-user.target.wants/cups.service", "/usr/lib/systemd/system/gone.service");
    assert_eq!(source(&look(&tree, "cups.service").enabled), "");
    tree.link("usr/lib/systemd/system/multi-user.target.wants/cups.service", "../cups.service");
    tree.link("etc/systemd/system/multi-user.target.wants/cups.service", "/dev/null");
    assert_eq!(source(&look(&tree, "cups.service").enabled), "");
}

#[test]
fn an_alias_is_another_name() {
    let tree = machine();
    tree.link("usr/lib/systemd/system/printer.service", "cups.service");
    assert_eq!(source(&look(&tree, "cups.service").enabled), "");
    tree.link("etc/systemd/system/x.target.wants/printer.service", "/usr/lib/systemd/system/cups.service");
    assert!(source(&look(&tree, "cups.service").enabled).ends_with("/printer.service"));
    tree.remove("etc/systemd/system/x.target.wants")
        .link("etc/systemd/system/p.service", "/lib/systemd/system/cups.service");
    assert_eq!(source(&look(&tree, "cups.service").enabled), "/etc/systemd/system/p.service");
}

#[test]
fn what_is_masked_or_missing_is_started_by_nothing() {
    let tree = machine();
    tree.link("etc/systemd/system/multi-user.target.wants/cups.service", "/usr/lib/systemd/system/cups.service");
    tree.link("etc/systemd/system/sockets.target.wants/cups.socket", "/usr/lib/systemd/system/cups.socket");
    for mask in ["etc/systemd/system/cups.service", "run/systemd/system/cups.service"] {
        tree.link(mask, "/dev/null");
        let unit = look(&tree, "cups.service");
        assert_eq!((source(&unit.masked), source(&unit.enabled)), (format!("/{mask}").as_str(), ""));
        assert_eq!((unit.file.value().unwrap().as_str(), unit.triggered_by.value().unwrap().len()), ("", 0));
        tree.remove(mask);
    }
    tree.file("etc/systemd/system/cups.service", "");
    assert_eq!(source(&look(&tree, "cups.service").masked), "/etc/systemd/system/cups.service");
    tree.file("etc/systemd/system/cups.service", "[Service]\n");
    assert_eq!(look(&tree, "cups.service").file.value().unwrap(), "/etc/systemd/system/cups.service");
    let unit = look(&tree, "other.service");
    assert_eq!((unit.file.value().unwrap().as_str(), unit.enabled.value()), ("", Some(&false)));
}

#[test]
fn a_socket_may_start_a_service_of_another_name() {
    let tree = machine();
    tree.file("usr/lib/systemd/system/print.socket", "[Socket]\nService=cups.service\nService = other.service\n");
    tree.link("etc/systemd/system/sockets.target.wants/print.socket", "/usr/lib/systemd/system/print.socket");
    assert_eq!(look(&tree, "cups.service").triggered_by.value().unwrap().len(), 0);
    tree.file("etc/systemd/system/print.socket.d/x.conf", "[Socket]\nService=cups.service\n");
    assert_eq!(look(&tree, "cups.service").triggered_by.value().unwrap(), &["print.socket"]);
    // And one of the same name another service.
    tree.file("usr/lib/systemd/system/cups.path", "[Path]\nUnit=x.service\n");
    tree.link("etc/systemd/system/paths.target.wants/cups.path", "/usr/lib/systemd/system/cups.path");
    assert_eq!(look(&tree, "cups.service").triggered_by.value().unwrap(), &["print.socket"]);
}

#[test]
fn a_script_is_a_service() {
    let tree = machine();
    tree.file("etc/init.d/isc-dhcp-server", "#!/bin/sh\n");
    let unit = look(&tree, "isc-dhcp-server.service");
    assert_eq!((unit.file.value().unwrap().as_str(), source(&unit.enabled)), ("/etc/init.d/isc-dhcp-server", ""));
    tree.link("etc/rc2.d/K01isc-dhcp-server", "../init.d/isc-dhcp-server").link("etc/rc2.d/S01my-isc-dhcp-server", "x");
    assert_eq!(source(&look(&tree, "isc-dhcp-server.service").enabled), "");
    tree.link("etc/rc3.d/S04isc-dhcp-server", "../init.d/isc-dhcp-server");
    assert_eq!(source(&look(&tree, "isc-dhcp-server.service").enabled), "/etc/rc3.d/S04isc-dhcp-server");
    // A unit takes its place.
    tree.file("etc/init.d/cups", "").link("etc/rc2.d/S01cups", "../init.d/cups");
    assert_eq!(source(&look(&tree, "cups.service").enabled), "");
}

#[test]
fn systemd_shows_what_it_runs() {
    let tree = machine();
    assert_eq!(look(&tree, "cups.service").active.gap().unwrap().kind, GapKind::Unsupported);
    assert_eq!(look(&tree, "other.service").active.value(), Some(&false));
    tree.file("run/systemd/system/.x", "").file("run/systemd/units/.x", "");
    assert_eq!(look(&tree, "cups.service").active.value(), Some(&false));
    assert_eq!(look(&tree, "cups.socket").active.gap().unwrap().kind, GapKind::Unsupported);
    tree.link("run/systemd/units/invocation:cups.service", "0123456789abcdef");
    assert_eq!(source(&look(&tree, "cups.service").active), "/run/systemd/units/invocation:cups.service");
    tree.remove("run/systemd/units/invocation:cups.service");
    tree.file("sys/fs/cgroup/system.slice/cups.service/cgroup.procs", "");
    assert_eq!(look(&tree, "cups.service").active.value(), Some(&false));
    tree.file("sys/fs/cgroup/systemd/system.slice/system-x.slice/cups.service/cgroup.procs", "7\n");
    assert!(source(&look(&tree, "cups.service").active).ends_with("/system-x.slice/cups.service"));
}

#[test]
fn hostile_trees_are_gaps() {
    let tree = machine();
    tree.link("etc/systemd/system/cups.service", "cups.service");
    let unit = look(&tree, "cups.service");
    assert!([unit.masked.gap(), unit.enabled.gap(), unit.triggered_by.gap()].iter().all(Option::is_some));
    assert_eq!(look(&tree, "other.service").enabled.value(), Some(&false));
    tree.link("etc/systemd/system/x.wants", "x.wants");
    assert!(look(&tree, "other.service").enabled.gap().is_some());
}

#[test]
fn this_machine_has_units() {
    let system = System::live();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let name = "systemd-journald.service".to_owned();
    let unit = observe(&system, &view, [&name].into_iter()).remove(&name).unwrap();
    assert!(unit.file.value().unwrap().ends_with("/systemd-journald.service"), "{unit:?}");
    assert_eq!(unit.enabled.value(), Some(&true), "{unit:?}");
}
