use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use codesphere_simulator::{
    Call, Fault, FaultKind, LIVE, NEW, REPOSITORY, Script, Simulator, StageRun, World,
};

use crate::harness::{Run, Scene, new_commit};

fn prepare(world: &mut World, script: Script) {
    world
        .repositories
        .get_mut(REPOSITORY)
        .unwrap()
        .commit_mut(NEW)
        .unwrap()
        .ci
        .prepare = script;
}

/// How long the log says that a step took.
fn took(run: &Run, step: &str) -> f64 {
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    let steps = result["steps"].as_array().unwrap();
    steps.iter().find(|found| found["name"] == step).unwrap()["seconds"]
        .as_f64()
        .unwrap()
}

#[test]
fn a_stage_s_end_is_noticed_within_half_a_second_and_a_tenth_of_its_length() {
    let lengths =
        [1_u32, 4, 9, 17, 30, 61, 120, 250, 490, 900, 2000].map(|length| (length, "none"));
    // In this world log streams end before their steps do: they are no help, and must not be a hindrance.
    for (tenths, logs) in lengths.into_iter().chain([(260, "live")]) {
        let seconds = f64::from(tenths) / 10.0;
        let scene = Scene::simple()
            .with("logs", logs)
            .world(|world| prepare(world, Script::lasting(seconds, &[])));
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        let late = took(&run, "Prepare") - seconds;
        // The log rounds to tenths; an empty list of 0.3 s and stale results of 0.7 s may hide a very short stage.
        let bound = (0.5 + seconds / 10.0).min(5.0) + 0.1 + if seconds < 1.0 { 1.0 } else { 0.0 };
        assert!(
            (-0.1..=bound).contains(&late),
            "{seconds} s: noticed {late} s late"
        );
    }
}

#[test]
fn yesterday_s_result_is_not_today_s() {
    for state in ["success", "failure"] {
        let run = Scene::simple()
            .world(|world| {
                let workspace = world.workspaces.get_mut(&LIVE).unwrap();
                let mut old = workspace.head_commit().unwrap().clone();
                old.ci.prepare = if state == "failure" {
                    Script::failing(1.0, &[])
                } else {
                    Script::lasting(1.0, &[])
                };
                workspace.prepare = Some(StageRun::new(old, -100.0));
                world.quirks.stale_seconds = 6.0;
                prepare(world, Script::lasting(20.0, &[]));
            })
            .run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert!(took(&run, "Prepare") >= 20.0, "{}", run.log);
    }
}

#[test]
fn without_timestamps_the_change_of_state_tells() {
    let run = Scene::simple()
        .with("test", "yes")
        .world(|world| world.quirks.no_timestamps = true)
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(took(&run, "Prepare") >= 5.0, "{}", run.log);
}

#[test]
fn an_empty_list_is_never_success() {
    let run = Scene::simple()
        .world(|world| world.quirks.empty_seconds = 40.0)
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(took(&run, "Prepare") >= 40.0, "{}", run.log);
    run.tells(&[
        "prepare: no server listed yet",
        "still waiting for prepare after",
    ]);
}

#[test]
fn a_stage_without_steps_is_not_started() {
    let run = Scene::simple()
        .world(|world| prepare(world, Script::default()))
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["prepare has no steps: nothing to do"]);
    assert!(took(&run, "Prepare") < 0.1, "{}", run.log);
    let started = run.writes.iter().any(|write| write.contains("prepare"));
    assert!(!started, "{:?}", run.writes);
}

#[test]
fn a_stage_that_shows_no_steps_is_nothing_to_do_after_a_while() {
    let run = Scene::simple()
        .world(|world| {
            prepare(world, Script::default());
            new_commit(world).ci.text = Some("schemaVersion: later\n".to_owned());
        })
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["prepare has no steps: nothing to do"]);
    assert!(
        (30.0..36.0).contains(&took(&run, "Prepare")),
        "{}",
        took(&run, "Prepare")
    );
}

#[test]
fn a_state_that_nobody_knows_is_waited_out() {
    let run = Scene::simple()
        .world(|world| world.quirks.unknown_state = true)
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["queued"]);
}

#[test]
fn the_deadline_is_kept_with_a_last_look_and_the_last_state() {
    let run = Scene::simple()
        .with("stage-timeout", "10m")
        .world(|world| prepare(world, Script::lasting(1e6, &[])))
        .run();
    assert_eq!(run.ending(), ("reverted", "stage-timeout"));
    let error = run.error();
    assert!(error.contains("prepare was not over within 10 min (`stage-timeout`); the last state: prepare: codesphere-ide (replica 0) running, step 1 of 1"), "{error}");
    assert!(
        (600.0..600.2).contains(&took(&run, "Prepare")),
        "{}",
        took(&run, "Prepare")
    );
    // An end right at the deadline is still seen.
    let run = Scene::simple()
        .with("stage-timeout", "1m")
        .world(|world| prepare(world, Script::lasting(59.9, &[])))
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
}

#[test]
fn long_waits_give_a_sign_of_life_every_half_minute() {
    let run = Scene::simple()
        .world(|world| prepare(world, Script::lasting(200.0, &[])))
        .run();
    let signs = run
        .log
        .lines()
        .filter(|line| line.starts_with("still waiting for prepare after"))
        .count();
    assert!((5..=7).contains(&signs), "{}", run.log);
    run.tells(&["of at most 30 min: prepare: codesphere-ide (replica 0) running, step 1 of 1"]);
}

#[test]
fn run_counts_as_up_on_the_second_look_and_a_process_that_dies_at_once_does_not() {
    let run = Scene::simple().run();
    run.tells(&["run: running, looking once more", "Run: success"]);
    let run = Scene::simple()
        .world(|world| {
            world
                .repositories
                .get_mut(REPOSITORY)
                .unwrap()
                .commit_mut(NEW)
                .unwrap()
                .ci
                .run
                .fails_after = Some(0.4);
        })
        .run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
}

/// What becomes of a step's log stream when the step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streams {
    End,
    StayOpen,
    CannotBeHad,
}

/// When the prepare stage was started, by the run's clock; nothing before that.
fn started(sim: &Simulator) -> Option<f64> {
    sim.with(|world| {
        let prepare = world.workspaces[&LIVE].prepare.as_ref();
        prepare.map(|run| run.started_at)
    })
}

/// Holds time still once a step that lasts so long is over, until its stream has ended.
fn until_its_stream_ends(scene: Scene, seconds: f64) -> Scene {
    let (sim, has_ended) = (Arc::clone(&scene.sim), AtomicBool::new(false));
    scene.on_tick(move |now| {
        let is_over = started(&sim).is_some_and(|start| now.as_secs_f64() - start >= seconds);
        while is_over && !has_ended.load(Ordering::SeqCst) {
            std::thread::yield_now();
            has_ended.store(sim.open_streams() == 0, Ordering::SeqCst);
        }
    })
}

/// Runs a prepare stage; how late its end is noticed, and how many polls there are before it ends.
fn noticed(seconds: f64, streams: Streams) -> (f64, usize) {
    let scene = Scene::simple()
        .hasty(Duration::from_millis(50))
        .world(|world| {
            world.workspaces.get_mut(&LIVE).unwrap().prepare = None;
            world.quirks.follow_logs = true;
            world.quirks.logs_stay_open = streams == Streams::StayOpen;
            prepare(world, Script::lasting(seconds, &[]));
        });
    let scene = match streams {
        Streams::End => until_its_stream_ends(scene, seconds),
        Streams::StayOpen => scene,
        Streams::CannotBeHad => {
            let fault = Fault::on("GET", "/workspaces/4001/logs/**", FaultKind::status(404));
            scene.fault(fault.always())
        }
    };
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let start = started(&scene.sim).unwrap();
    let polls = polls(&scene, "/workspaces/4001/pipeline/prepare");
    let ages: Vec<f64> = polls.iter().map(|at| at - start).collect();
    let before = ages.iter().filter(|age| (0.0..seconds).contains(*age));
    let end = ages.iter().find(|age| **age >= seconds).unwrap();
    (end - seconds, before.count())
}

/// When a path was read, in seconds.
fn polls(scene: &Scene, path: &str) -> Vec<f64> {
    let calls = scene.sim.calls().into_iter();
    let of_path = |call: &Call| call.method == "GET" && call.path == path;
    calls
        .filter(of_path)
        .map(|call| call.at.as_secs_f64())
        .collect()
}

#[test]
fn the_end_of_a_stream_is_followed_by_a_poll_at_once() {
    for seconds in [4.0, 9.0, 100.0] {
        let (late, _) = noticed(seconds, Streams::End);
        assert!(late <= 0.3, "{seconds} s: noticed {late} s late");
    }
}

#[test]
fn streams_that_stay_open_or_cannot_be_had_make_polls_no_rarer() {
    for streams in [Streams::StayOpen, Streams::CannotBeHad] {
        for seconds in [4.0, 9.0, 31.0, 61.0] {
            let (late, _) = noticed(seconds, streams);
            let bound = (0.5 + seconds / 10.0_f64).min(5.0) + 0.1;
            assert!(
                late <= bound,
                "{streams:?}, {seconds} s: noticed {late} s late"
            );
        }
    }
}

#[test]
fn polling_hard_is_nobody_s_need() {
    for streams in [Streams::End, Streams::StayOpen, Streams::CannotBeHad] {
        let (_, polls) = noticed(300.0, streams);
        let of_one_each_five_seconds = 300 / 5;
        assert!(
            polls * 10 <= of_one_each_five_seconds * 13,
            "{streams:?}: {polls} polls in five minutes"
        );
    }
}

#[test]
fn a_new_workspace_is_waited_for_at_the_pace_of_all_waits() {
    let scene = Scene::zero_downtime().world(|world| world.quirks.boot = 60.0);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let polls = polls(&scene, "/workspaces/5001/status");
    let first = polls[0];
    for pair in polls.windows(2) {
        let (gap, elapsed) = (pair[1] - pair[0], pair[0] - first);
        assert!(
            gap <= (0.5 + elapsed / 10.0).min(5.0) + 0.001,
            "{gap} s after {elapsed} s"
        );
    }
    assert!(polls.len() > 20, "{} polls", polls.len());
}

#[test]
fn an_application_that_asks_for_patience_is_asked_half_as_often() {
    let asked = |status| {
        let scene = Scene::zero_downtime()
            .with("health-timeout", "3m")
            .world(|world| {
                let new = world.repositories.get_mut(REPOSITORY).unwrap();
                new.commit_mut(NEW).unwrap().app.status = status;
            });
        let run = scene.run();
        assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
        let visits = scene.sim.visits().into_iter();
        visits
            .filter(|(host, _, _)| host.starts_with("5001"))
            .count()
    };
    let (failing, throttled) = (asked(502), asked(429));
    assert!(
        throttled * 10 <= failing * 7,
        "{throttled} times instead of {failing}"
    );
}
