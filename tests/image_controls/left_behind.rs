//! Images and containers that nobody uses any more.

use crate::BENCHMARK;
use crate::lab::Lab;

#[test]
fn what_is_left_behind_is_counted() {
    let lab = Lab::start(&[]);
    let policy = lab.dir().join("policy.toml");
    let file = policy.display().to_string();
    let judge = |settings: &str| {
        std::fs::write(&policy, settings).unwrap();
        let seen = lab.audit(&[BENCHMARK, &["--policy", &file]].concat());
        format!("{} {}", seen.control("6.1"), seen.control("6.2"))
    };
    let none = "unused_images_max = { value = 0, reason = 'x' }\n";
    let one = "unused_images_max = { value = 1, reason = 'x' }\n";
    let strict = "stopped_containers_max = { value = 0, reason = 'x' }\nstopped_container_max_days = { value = -1, reason = 'x' }\n";
    assert_eq!(judge(""), "pass pass");
    assert_eq!(judge(none), "fail pass");
    assert_eq!(judge(one), "pass pass");
    lab.import("more:1", &[]);
    assert_eq!(judge(one), "fail pass");
    lab.docker(&["create", "--name", "job", "more:1", "sleep", "1"]);
    assert_eq!(judge(one), "pass pass");
    // A container that never ran is as old as it is; today's are not forgotten.
    assert_eq!(judge(strict), "pass fail");
    lab.docker(&["rm", "job"]);
    lab.run("web", &[]);
    assert_eq!(judge(strict), "pass pass");
    lab.docker(&["kill", "web"]);
    assert_eq!(judge(strict), "pass fail");
    assert_eq!(judge(&strict.replace("value = 0", "value = 1")), "pass pass");
    // An image without a name, unless a container uses it.
    lab.docker(&["rm", "web"]);
    lab.import("more:1", &["USER 1"]);
    assert_eq!(judge(""), "fail pass");
    let lost = lab.docker(&["images", "-q", "--filter", "dangling=true"]);
    lab.docker(&["create", "--name", "job", &lost, "sleep", "1"]);
    assert_eq!(judge(""), "pass pass");
    assert_eq!(judge("image_max_age_days = { value = -1, reason = 'x' }\n"), "fail pass");
}
