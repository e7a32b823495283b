use std::sync::{Arc, Mutex};
use std::time::Duration;

use codesphere_simulator::{Call, DOCS, DOMAIN, Fault, FaultKind, LIVE, Open};

use crate::harness::{LOST, Run, Scene, connect};

const NEXT: u64 = 5001;
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";
const STOP: &str = "POST /workspaces/4001/pipeline/run/stop";
/// A request that takes long, in seconds.
const SLOW: f64 = 5.0;

/// A second release of a later run: what serves before it is this repository's own.
fn second() -> Scene {
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    scene
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .with("previous", "delete")
}

/// Visitors who open a slow request every second and keep a web socket open, which they open again when it is cut.
fn with_visitors(scene: Scene) -> Scene {
    let (sim, last) = (Arc::downgrade(&scene.sim), Mutex::new(Duration::ZERO));
    scene.on_tick(move |now| {
        let Some(sim) = sim.upgrade() else { return };
        let mut last = last.lock().unwrap();
        if now.saturating_sub(*last) < Duration::from_secs(1) {
            return;
        }
        *last = now;
        assert!(sim.open(DOMAIN, "/report", SLOW), "no answer after {now:?}");
        let socket = |open: &Open| open.until.is_infinite() && open.cut.is_none();
        if !sim.with(|world| world.open.iter().any(socket)) {
            assert!(sim.open(DOMAIN, "/events", f64::INFINITY));
        }
    })
}

/// When the last write of this kind came.
fn time_of(scene: &Scene, method: &str, end: &str) -> f64 {
    let calls = scene.sim.calls();
    let of_kind = |call: &&Call| call.method == method && call.path.ends_with(end);
    calls.iter().rfind(of_kind).unwrap().at.as_secs_f64()
}

/// Does something so many seconds after the switch.
fn after_the_switch(scene: Scene, seconds: f64, act: impl Fn() + Send + Sync + 'static) -> Scene {
    let switched = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&switched);
    let note = FaultKind::run_after(move |world| *noted.lock().unwrap() = Some(world.now));
    scene
        .fault(Fault::on("PUT", "/domains/**", note))
        .on_tick(move |now| {
            let due = switched.lock().unwrap().map(|at| at + seconds);
            if due.is_some_and(|due| now.as_secs_f64() >= due) {
                act();
            }
        })
}

fn cancelled_in_the_drain(scene: Scene) -> Scene {
    let cancel = scene.cancel.clone();
    after_the_switch(scene, 20.0, move || cancel.cancel())
}

#[test]
fn slow_requests_and_web_sockets_end_by_themselves_before_what_served_is_deleted() {
    for (drain, seconds) in [("30s", 30.0), ("2m", 120.0)] {
        let scene = with_visitors(second().with("drain", drain));
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT + 1]);
        let deleted = time_of(&scene, "DELETE", "/5001");
        let verified = time_of(&scene, "PUT", "/workspace-connections");
        assert!(deleted >= verified + seconds, "{verified} {deleted}");
        let opened = scene.sim.with(|world| world.open.clone());
        let cut: Vec<&Open> = opened.iter().filter(|open| open.cut.is_some()).collect();
        assert_eq!(
            cut.len(),
            1,
            "nothing but the web socket to the old version: {cut:#?}"
        );
        assert!(cut[0].until.is_infinite() && cut[0].workspace == NEXT);
        assert!(cut[0].cut >= Some(verified + seconds), "{cut:?} {verified}");
        let slow = |id| move |open: &&Open| open.workspace == id && open.until.is_finite();
        assert!(opened.iter().filter(slow(NEXT)).count() > 20);
        assert!(opened.iter().filter(slow(NEXT + 1)).count() > 20);
        run.tells(&[
            "Read the domain back: success",
            "::group::Drain",
            "waiting before what served before is touched",
            "Drain: success after",
            "deleted workspace 5001",
        ]);
    }
}

#[test]
fn without_a_drain_they_are_cut_as_soon_as_the_new_version_is_proven() {
    let scene = with_visitors(second().with("drain", "0"));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(!run.log.contains("Drain"), "{}", run.log);
    let slow = |open: &Open| open.until.is_finite() && open.cut.is_some();
    assert!(scene.sim.with(|world| world.open.iter().any(slow)));
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT + 1]);
}

#[test]
fn a_stop_waits_as_well_and_a_promotion_drains_in_the_same_way() {
    let scene = Scene::promote()
        .with("previous", "stop")
        .with("health-body", "{sha}");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let (stopped, switched) = (
        time_of(&scene, "POST", "/run/stop"),
        time_of(&scene, "PUT", "/workspace-connections"),
    );
    assert!(stopped >= switched + 30.0, "{switched} {stopped}");
    assert!(
        run.log.contains("30 s (`drain`) for what it still serves"),
        "{}",
        run.log
    );
}

#[test]
fn where_nothing_proves_the_new_version_traffic_follows_first_and_then_it_drains() {
    let scene = Scene::zero_downtime()
        .with("previous", "stop")
        .with("switch-timeout", "40s")
        .with("drain", "20s");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let (stopped, switched) = (
        time_of(&scene, "POST", "/run/stop"),
        time_of(&scene, "PUT", "/workspace-connections"),
    );
    assert!(stopped >= switched + 60.0, "{switched} {stopped}");
    assert!(
        run.log.contains("40 s (`switch-timeout`), as nothing proves that visitors reach the new version, and 20 s (`drain`)"),
        "{}",
        run.log
    );
}

#[test]
fn what_is_kept_needs_no_drain() {
    let scene = Scene::zero_downtime().with("drain", "1h");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(run.took < Duration::from_mins(5), "{:?}", run.took);
    assert!(!run.log.contains("Drain"), "{}", run.log);
}

#[test]
fn what_has_come_to_point_at_it_while_it_drained_keeps_it() {
    let scene = second();
    let sim = Arc::downgrade(&scene.sim);
    let scene = scene.on_tick(move |_| {
        let Some(sim) = sim.upgrade() else { return };
        sim.with(|world| {
            if world.domains[DOMAIN].workspaces["/"] == [NEXT + 1] {
                connect(world, "old.example.com", "/", &[NEXT]);
            }
        });
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT, NEXT + 1]);
    assert!(
        run.annotations("notice")[0].contains("old.example.com still points at it"),
        "{}",
        run.log
    );
}

/// A run that was cancelled during the drain: the release stands, and nothing is stopped or deleted, then or later.
fn stands(scene: &Scene, run: &Run, left: &str) {
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert!(run.is_finished());
    let warnings = run.annotations("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for told in [
        "The release stands: https://shop.example.com serves the new version. The run was cancelled while what served before was draining (`drain`).",
        left,
    ] {
        assert!(warnings[0].contains(told), "{told}: {}", warnings[0]);
    }
    let (workspaces, writes) = (scene.workspaces(), scene.sim.writes().len());
    let post = scene.post(run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.sim.writes().len(), writes);
    assert_eq!(scene.workspaces(), workspaces);
}

#[test]
fn a_cancellation_during_the_drain_leaves_the_release_and_what_served_before() {
    let mut scene = cancelled_in_the_drain(second().with("keep-releases", "1"));
    let run = scene.run();
    scene.uncancel();
    assert_eq!(run.writes.last().unwrap(), SWITCH);
    stands(
        &scene,
        &run,
        "Not done (`previous: delete`): deleting workspace 5001. Delete it in Codesphere once nobody needs it, or leave that to the flow `cleanup`. Not done (`keep-releases`): deleting earlier releases. The next release does it.",
    );
    assert_eq!(scene.pointed("/"), [NEXT + 1]);
    assert!(
        run.summary
            .contains("Because of a cancellation, workspace 5001 was kept"),
        "{}",
        run.summary
    );

    let stopping = Scene::zero_downtime().with("previous", "stop");
    let mut scene = cancelled_in_the_drain(stopping);
    let run = scene.run();
    scene.uncancel();
    assert!(!run.writes.iter().any(|write| write == STOP));
    stands(
        &scene,
        &run,
        "Not done (`previous: stop`): stopping the run stage of workspace 4001.",
    );
}

#[test]
fn a_machine_that_is_lost_during_the_drain_leaves_the_release_and_what_served_before() {
    let scene = second();
    let clock = Arc::downgrade(&scene.clock);
    let scene = after_the_switch(scene, 20.0, move || {
        if let Some(clock) = clock.upgrade() {
            clock.die();
        }
    });
    let run = scene.run();
    assert_eq!(run.exit, LOST);
    assert!(run.is_finished(), "{:?}", run.state);
    scene.clock.revive();
    let post = scene.on_tick(|_| {}).post(&run);
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
}

#[test]
fn a_release_that_leaves_no_room_for_what_served_before_lets_it_drain_first() {
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene
        .world(|world| {
            world.workspaces.get_mut(&NEXT).unwrap().created_at -= 7200.0;
        })
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .with("keep-releases", "0")
        .fault(Fault::on(
            "GET",
            "/workspaces/5002/env-vars",
            // What is live has lost its memory: no rollback would take what served before.
            FaultKind::run(|world| {
                let env = &mut world.workspaces.get_mut(&(NEXT + 1)).unwrap().env;
                env.remove("CODESPHERE_RELEASE_PREVIOUS");
            }),
        ));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT + 1], "{}", run.log);
    let (deleted, switched) = (
        time_of(&scene, "DELETE", "/5001"),
        time_of(&scene, "PUT", "/workspace-connections"),
    );
    assert!(deleted >= switched + 30.0, "{switched} {deleted}");
}

#[test]
fn a_drain_that_is_none_is_told_before_anything_is_asked() {
    for wrong in ["-1s", "30", "soon", "1s1s"] {
        let scene = Scene::zero_downtime().with("drain", wrong);
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
        let told = format!("`drain` is \"{wrong}\". Good: a duration such as 45s, 5m or 1h30m");
        assert!(run.error().contains(&told), "{}", run.error());
        assert!(scene.sim.calls().is_empty());
    }
}

#[test]
fn the_plan_tells_of_the_drain() {
    let dry = |scene: Scene| scene.with("dry-run", "true").run();
    dry(Scene::zero_downtime().with("previous", "stop")).tells(&[
        "Let workspace 4001 drain for 30 s, then: Stop the run stage of workspace 4001, unless some path still points at it.",
    ]);
    let run = dry(Scene::zero_downtime()
        .with("previous", "stop")
        .with("drain", "0s"));
    assert!(!run.log.contains("drain"), "{}", run.log);
}
