//! What comes around the switch: paths are warmed up before it, and the new version is watched after it.

use std::time::Duration;

use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, World};

use crate::harness::{Run, Scene};

const NEXT: u64 = 5001;
const DEV: &str = "5001-3000.2.codesphere.test";
const METRICS: &str = "metrics.example.com";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";

fn watching() -> Scene {
    Scene::zero_downtime()
        .with("watch", "2m")
        .with("health-body", "{sha}")
        .world(|world| world.foreign_hosts.push(METRICS.to_owned()))
}

fn bad(path: &str, after: u32, times: u32) -> impl FnOnce(&mut World) {
    let fault = Fault::on("GET", path, FaultKind::status(503));
    move |world| world.visit_faults.push(fault.after(after).times(times))
}

fn visits(scene: &Scene, host: &str, path: &str) -> usize {
    let visits = scene.sim.visits();
    visits
        .iter()
        .filter(|(its, at, _)| its == host && at == path)
        .count()
}

/// The run switched back, and the new workspace stays for inspection.
fn is_switched_back(scene: &Scene, run: &Run, reason: &str) {
    assert_eq!(run.ending(), ("reverted", reason), "{}", run.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn the_new_version_is_watched_once_it_has_all_traffic() {
    let scene = watching()
        .with("watch-url", "https://metrics.example.com/verdict")
        .with("previous", "delete")
        .with("drain", "0s");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(run.took >= Duration::from_mins(2), "{:?}", run.took);
    assert_eq!(visits(&scene, METRICS, "/verdict"), 25);
    assert!(visits(&scene, DEV, "/") >= 28 && visits(&scene, DOMAIN, "/") >= 28);
    run.tells(&[
        "Watch the new version for 2 min",
        "Read the domain back: success",
        "::group::Watch the new version",
        "watching the new version since 30 s of 2 min",
        "the new version was watched for 2 min (100 requests, 0 failed)",
    ]);
    assert!(run.summary.contains("| **Watch** |"), "{}", run.summary);
}

#[test]
fn three_bad_answers_in_a_row_of_the_same_kind_switch_back() {
    let verdict = || watching().with("watch-url", "https://metrics.example.com/verdict");
    let scene = verdict().world(bad("metrics.example.com/verdict", 4, 3));
    let run = scene.run();
    is_switched_back(&scene, &run, "unhealthy");
    assert!(
        run.error().contains("`watch-url` did not answer 2xx"),
        "{}",
        run.error()
    );
    assert_eq!(
        run.writes.iter().filter(|write| *write == SWITCH).count(),
        2
    );
    let scene = watching().world(bad(&format!("{DOMAIN}/"), 10, 3));
    is_switched_back(&scene, &scene.run(), "switch-failed");
    let scene = watching().world(bad(&format!("{DEV}/"), 10, 3));
    is_switched_back(&scene, &scene.run(), "unhealthy");
    // Two of one kind and two of another are no three.
    let scene = verdict()
        .world(bad("metrics.example.com/verdict", 4, 2))
        .world(bad(&format!("{DEV}/"), 10, 2));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(run.summary.contains("4 failed"), "{}", run.summary);
}

#[test]
fn a_route_that_pointed_at_nothing_before_is_watched_as_well() {
    let scene = watching().connected(DOMAIN, "/", &[]);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(visits(&scene, DOMAIN, "/") >= 28, "{}", run.log);
}

#[test]
fn a_run_stage_that_ends_meanwhile_switches_back() {
    let scene = watching()
        .with("health-check", "false")
        .world(|world| crate::harness::new_commit(world).ci.run.fails_after = Some(60.0));
    let run = scene.run();
    is_switched_back(&scene, &run, "stage-failed");
    assert!(
        run.error().contains("run of workspace 5001 was not up"),
        "{}",
        run.error()
    );
}

#[test]
fn a_redirect_is_no_verdict_and_the_key_is_not_shown() {
    let scene = watching().with("watch-url", "https://metrics.example.com/verdict");
    let moved = FaultKind::Status {
        status: 302,
        headers: vec![(
            "location".to_owned(),
            "https://elsewhere.example/".to_owned(),
        )],
        body: String::new(),
    };
    let scene = scene.world(|world| {
        let fault = Fault::on("GET", "metrics.example.com/verdict", moved);
        world.visit_faults.push(fault.always());
    });
    let run = scene.run();
    is_switched_back(&scene, &run, "unhealthy");
    assert!(run.error().contains("answered 302"), "{}", run.error());
    assert_eq!(visits(&scene, "elsewhere.example", "/"), 0);
}

#[test]
fn cancelled_while_it_is_watched_the_run_switches_back() {
    let scene = watching();
    let cancel = scene.cancel.clone();
    let scene = scene.world(|world| {
        let cancelling = FaultKind::run_after(move |_| cancel.cancel());
        let fault = Fault::on("GET", "shop.example.com/", cancelling);
        world.visit_faults.push(fault.after(8));
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_canary_is_watched_by_the_same_watcher_before() {
    let scene = watching().with("canary", "1m");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run.tells(&[
        "old and new served together for 1 min",
        "was watched for 2 min",
    ]);
}

#[test]
fn paths_are_warmed_up_before_the_switch_and_their_answers_are_not_judged() {
    let scene = Scene::zero_downtime()
        .with("warm-up", "/\n\n/products?page=1\n/broken\n")
        .world(bad(&format!("{DEV}/broken"), 0, u32::MAX));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run.tells(&[
        "Warm up: ask its development domain for 3 paths",
        "Check the workspace: success",
        "::group::Warm up",
        "/broken: 503 in 0 s, 503 in 0 s, 503 in 0 s",
        "::group::Switch the domain",
    ]);
    assert_eq!(visits(&scene, DEV, "/broken"), 3);
    assert!(
        run.summary.contains("3 paths, each asked 3 times"),
        "{}",
        run.summary
    );
}

#[test]
fn what_is_none_of_these_is_told_before_anything_is_asked() {
    for (input, value, told) in [
        ("watch", "10%", "watch"),
        (
            "watch-url",
            "http://metrics.example.com",
            "https://metrics.example.com/verdict",
        ),
        (
            "watch-url",
            "https://",
            "https://metrics.example.com/verdict",
        ),
        (
            "watch-url",
            "https://me:secret@metrics.example.com",
            "without a password",
        ),
        ("watch-url", "https://metrics.example.com", "needs `watch`"),
        ("warm-up", "products", "/health?full=1"),
        ("warm-up", &"/\n".repeat(51), "at most 50 paths"),
    ] {
        let scene = Scene::zero_downtime().with(input, value);
        let run = scene.run();
        assert_eq!(
            run.ending(),
            ("failed", "invalid-input"),
            "{value}: {}",
            run.log
        );
        assert!(
            run.error().contains(told) && scene.sim.calls().is_empty(),
            "{}",
            run.error()
        );
    }
}
