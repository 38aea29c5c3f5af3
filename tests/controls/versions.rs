//! The three versions of the benchmark: the same check has the same verdict, under whatever number.

use crate::lab::Lab;

const VERSIONS: [&str; 3] = ["cis-docker-1.6.0", "cis-docker-1.7.0", "cis-docker-1.8.0"];

#[test]
fn side_by_side() {
    let lab = Lab::start(&["--userland-proxy=false"]);
    lab.create("idle", &["--privileged"]);
    lab.run("web", &["--memory=64m", "--pids-limit=0"]);
    let audits = VERSIONS.map(|version| lab.audit(&["--benchmark", version, "--section", "2", "--section", "5"]));
    for audit in &audits[..2] {
        let mut compared = 0;
        for finding in audit.findings() {
            let subject = finding["subject"]["name"].as_str().unwrap();
            let check = finding["check"].as_str().unwrap();
            assert_eq!(finding["verdict"], audits[2].finding(check, subject)["verdict"], "{check} of {subject}");
            compared += 1;
        }
        assert_eq!(compared, 19 + 32 * 2, "19 checks of the engine, 32 of each container");
    }
    let [old, middle, new] = audits.map(|audit| audit.controls());
    assert_eq!(old, middle);
    assert_eq!(old.len() + 1, new.len());
    // 1.8 puts devicemapper in as 2.7 and moves the rest of the section by one.
    for (number, verdict) in &old {
        let moved = match number.split_once('.') {
            Some(("2", minor)) if minor.parse::<u32>().unwrap() >= 7 => {
                format!("2.{}", minor.parse::<u32>().unwrap() + 1)
            }
            _ => number.clone(),
        };
        assert_eq!(new[&moved], *verdict, "{number} is {moved}");
    }
}

#[test]
fn together() {
    let lab = Lab::start(&[]);
    lab.run("web", &[]);
    let all: Vec<&str> = VERSIONS.iter().flat_map(|version| ["--benchmark", version]).collect();
    let together = lab.audit(&all);
    let benchmarks = together.report()["benchmarks"].as_array().unwrap();
    assert_eq!(benchmarks.len(), 3);
    for (benchmark, version) in benchmarks.iter().zip(VERSIONS) {
        let alone = lab.audit(&["--benchmark", version]);
        assert_eq!(benchmark, &alone.report()["benchmarks"][0], "{version}");
    }
}
