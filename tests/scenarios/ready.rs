use std::time::Duration;

use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE};

use crate::harness::{Run, Scene, connect};

const NEXT: u64 = 5001;
const OLD_DEV: &str = "4001-3000.2.codesphere.test/**";

/// What served before answers badly from now on, on its own development domain.
fn ill(scene: Scene) -> Scene {
    scene.world(|world| {
        let ill = Fault::on("GET", OLD_DEV, FaultKind::status(503));
        world.visit_faults.push(ill.always());
    })
}

fn result(run: &Run) -> serde_json::Value {
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    result["rollback-ready"].clone()
}

#[test]
fn a_release_proves_the_way_back_to_what_it_keeps() {
    for scene in [
        Scene::zero_downtime().with("health-body", "{sha}"),
        Scene::promote().with("health-body", "{sha}"),
        Scene::zero_downtime().with("health-check", "false"),
        Scene::zero_downtime().world(|world| {
            world.workspaces.get_mut(&LIVE).unwrap().restricted = true;
        }),
    ] {
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert_eq!(run.output("rollback-ready"), "true", "{}", run.log);
        assert_eq!(result(&run), true);
        run.tells(&[
            "Read the domain back: success",
            "Prove the rollback: success",
        ]);
        assert!(
            run.summary
                .contains("| **Rollback ready** | workspace 4001 is healthy |"),
            "{}",
            run.summary
        );
    }
}

#[test]
fn the_api_is_asked_for_no_longer_than_the_application() {
    let head = Fault::on("GET", "/workspaces/4001/git/head", FaultKind::status(503));
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    let quick = scene.run();
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    let run = scene.fault(head.always()).run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("rollback-ready"), "false", "{}", run.log);
    let more = run.took.saturating_sub(quick.took);
    assert!(more < Duration::from_secs(40), "{more:?}");
}

#[test]
fn a_way_back_that_is_none_is_a_warning_that_says_what_to_do() {
    let scene = ill(Scene::zero_downtime());
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert_eq!(
        (run.output("rollback-ready"), result(&run)),
        ("false", false.into())
    );
    let warnings = run.annotations("warning");
    let warning = warnings.last().unwrap();
    for told in [
        "A rollback is not ready. Workspace 4001 was not healthy at https://4001-3000.2.codesphere.test/ within 30 s (`switch-timeout`); the last time it answered 503",
        "What is live is not touched by this.",
        "the flow `rollback` with `dry-run: true` asks again",
        "to go back for certain, release a good commit again",
    ] {
        assert!(warning.contains(told), "{told}: {warning}");
    }
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn the_version_that_a_rollback_would_bring_is_the_one_that_must_answer() {
    // What answers on the old development domain is not the commit that is checked out there.
    let run = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .world(|world| {
            let commit = &mut world
                .workspaces
                .get_mut(&LIVE)
                .unwrap()
                .run
                .as_mut()
                .unwrap()
                .commit;
            commit.app.body = "somebody else".to_owned();
        })
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("rollback-ready"), "false");
    let warnings = run.annotations("warning");
    assert!(
        warnings.iter().any(|text| text
            .contains("but without \"1111111111111111111111111111111111111111\" (`health-body`)")),
        "{warnings:?}"
    );
}

#[test]
fn what_sleeps_what_is_stopped_and_what_cannot_be_read_is_no_way_back() {
    let at_the_end = |change: fn(&mut codesphere_simulator::World)| {
        Fault::on("PUT", "/domains/**", FaultKind::run_after(change))
    };
    let asleep = at_the_end(|world| world.workspaces.get_mut(&LIVE).unwrap().asleep = true);
    let stopped = at_the_end(|world| world.workspaces.get_mut(&LIVE).unwrap().run = None);
    let gone = at_the_end(|world| drop(world.workspaces.remove(&LIVE)));
    for (fault, check, told) in [
        (
            asleep,
            "true",
            "It sleeps: a rollback has to wake it first.",
        ),
        (stopped.clone(), "true", "Workspace 4001 was not healthy at"),
        (
            stopped,
            "false",
            "The run stage of workspace 4001 is not up",
        ),
        (gone, "true", "reading workspace 4001"),
    ] {
        let run = Scene::zero_downtime()
            .with("health-check", check)
            .fault(fault)
            .run();
        assert_eq!(
            (run.exit, run.ending()),
            (0, ("released", "")),
            "{}",
            run.log
        );
        assert_eq!(run.output("rollback-ready"), "false", "{}", run.log);
        let warnings = run.annotations("warning");
        assert!(
            warnings.iter().any(|text| text.contains(told)),
            "{told}: {warnings:?}"
        );
    }
}

#[test]
fn where_nothing_is_kept_for_a_rollback_nothing_is_asked_and_the_output_is_blank() {
    let own = || {
        let scene = Scene::zero_downtime();
        assert_eq!(scene.run().output("rollback-ready"), "true");
        scene
            .variable("GITHUB_RUN_ID", "9876543300")
            .variable("GITHUB_RUN_NUMBER", "43")
    };
    for scene in [
        Scene::zero_downtime().with("path", "/shop"),
        Scene::zero_downtime().with("previous", "stop"),
        own().with("previous", "delete"),
        Scene::zero_downtime().with("dry-run", "true"),
        Scene::simple(),
    ] {
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert_eq!(
            run.outputs.get("rollback-ready").map(String::as_str),
            Some("")
        );
        assert_eq!(result(&run), serde_json::Value::Null);
        assert!(!run.log.contains("Prove the rollback"), "{}", run.log);
    }
    // What was to be deleted and is kept can be rolled back to.
    let kept = Scene::zero_downtime().with("previous", "delete").run();
    assert_eq!(kept.output("rollback-ready"), "true", "{}", kept.log);
}

#[test]
fn several_that_served_before_must_all_be_healthy() {
    let shared =
        || Scene::zero_downtime().world(|world| connect(world, DOMAIN, "/", &[LIVE, DOCS]));
    let run = shared().run();
    assert_eq!(run.output("rollback-ready"), "true", "{}", run.log);
    assert!(
        run.summary.contains("workspaces 4001 and 4002"),
        "{}",
        run.summary
    );
    let run = ill(shared()).run();
    assert_eq!(run.output("rollback-ready"), "false", "{}", run.log);
}

#[test]
fn a_cancellation_while_it_is_asked_leaves_the_release_and_says_that_it_is_not_known() {
    let scene = Scene::zero_downtime();
    let cancel = scene.cancel.clone();
    let scene = scene.world(|world| {
        let asked = Fault::on(
            "GET",
            OLD_DEV,
            FaultKind::run_after(move |_| cancel.cancel()),
        );
        world.visit_faults.push(asked);
    });
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert_eq!(run.output("rollback-ready"), "");
    assert!(
        run.log
            .contains("whether a rollback is ready is not known: the run was cancelled"),
        "{}",
        run.log
    );
    assert!(run.is_finished());
}

#[test]
fn a_dry_run_of_a_rollback_asks_the_same_and_changes_nothing() {
    let scene = Scene::rollback_at_once().with("dry-run", "true");
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("planned", "")),
        "{}",
        run.log
    );
    assert_eq!(
        (run.output("rollback-ready"), run.writes.len()),
        ("true", 0)
    );
    let scene = ill(Scene::rollback_at_once().with("dry-run", "true"));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("planned", "")),
        "{}",
        run.log
    );
    assert_eq!(
        (run.output("rollback-ready"), run.writes.len()),
        ("false", 0)
    );
    assert!(
        run.annotations("warning")[0]
            .contains("A rollback is not ready. Workspace 4001 was not healthy"),
        "{}",
        run.log
    );
    let live = Scene::rollback_at_once()
        .with("dry-run", "true")
        .with("workspace-id", &NEXT.to_string());
    assert_eq!(live.run_anyhow().output("rollback-ready"), "");
}
