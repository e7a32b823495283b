use codesphere_simulator::{DOCS, DOMAIN, LIVE, NEW};

use crate::harness::{Run, Scene, new_commit};

const NEXT: u64 = 5001;

/// A first attempt that was lost right after `path` was asked; the second is about to begin.
fn first_attempt(scene: Scene, method: &'static str, path: &str) -> Scene {
    scene
        .lost_at(method, path)
        .0
        .variable("GITHUB_RUN_ATTEMPT", "2")
}

fn starts(run: &Run) -> Vec<&str> {
    let writes = run
        .writes
        .iter()
        .filter_map(|write| write.strip_prefix("POST /workspaces/5001/pipeline/"));
    writes.collect()
}

#[test]
fn a_second_attempt_goes_on_with_the_workspace_of_the_first() {
    let scene = first_attempt(
        Scene::zero_downtime(),
        "GET",
        "/workspaces/5001/pipeline/run",
    );
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert_eq!(starts(&run), ["run/start"], "prepare was good already");
    run.tells(&["going on with workspace 5001", "prepare was good already"]);
}

#[test]
fn a_stage_that_is_not_known_to_be_good_is_run_again() {
    let scene = first_attempt(Scene::zero_downtime(), "POST", "/workspaces/5001/git/**");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(starts(&run), ["prepare/start", "run/start"]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn a_stage_that_is_still_at_work_is_waited_for() {
    let slow = |world: &mut codesphere_simulator::World| {
        new_commit(world).ci.prepare = codesphere_simulator::Script::lasting(60.0, &[]);
    };
    let scene = first_attempt(
        Scene::zero_downtime().world(slow),
        "POST",
        "/workspaces/5001/pipeline/prepare/start",
    );
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(starts(&run), ["run/start"]);
    run.tells(&[
        "prepare is at work already: waiting for it",
        "Prepare: success",
    ]);
    let steps: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    assert!(
        steps["steps"][4]["seconds"].as_f64().unwrap() > 50.0,
        "{steps}"
    );
}

#[test]
fn a_changed_environment_is_a_reason_to_start_again() {
    let scene = first_attempt(
        Scene::zero_downtime(),
        "GET",
        "/workspaces/5001/pipeline/run",
    );
    let run = scene.with("env", "GREETING=moin").run();
    assert_eq!(
        (run.ending(), run.output("workspace-id")),
        (("released", ""), "5002"),
        "{}",
        run.log
    );
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    let run = scene
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .with("env", "GREETING=moin")
        .run();
    assert_eq!(
        (run.ending(), run.output("workspace-id")),
        (("released", ""), "5002"),
        "{}",
        run.log
    );
}

#[test]
fn a_workspace_of_the_first_attempt_that_does_not_fit_is_left_alone_and_named() {
    let scene = first_attempt(Scene::zero_downtime(), "POST", "/workspaces/5001/git/**");
    let scene = scene.with("replicas", "2");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(
        !run.writes.iter().any(|write| write.contains("5001")),
        "{:?}",
        run.writes
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT, 5002]);
    run.tells(&["workspace 5001", "of an earlier attempt is left alone"]);
}

#[test]
fn another_run_and_another_leg_of_a_matrix_never_take_it() {
    let others: [fn(Scene) -> Scene; 3] = [
        |scene| {
            scene
                .variable("GITHUB_RUN_ID", "9876543211")
                .variable("GITHUB_RUN_NUMBER", "43")
        },
        |scene| scene.with("path", "/docs"),
        |scene| scene.variable("GITHUB_RUN_ATTEMPT", "1"),
    ];
    for other in others {
        let scene = other(first_attempt(
            Scene::zero_downtime(),
            "POST",
            "/workspaces/5001/git/**",
        ));
        let run = scene
            .with("workspace-name", "{repository}-{run-id}-b")
            .run();
        assert_eq!(run.output("workspace-id"), "5002", "{}", run.log);
        assert!(
            !run.writes.iter().any(|write| write.contains("5001")),
            "{:?}",
            run.writes
        );
    }
}

#[test]
fn two_legs_of_the_same_attempt_never_take_each_other_s() {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .with("workspace-name", "a");
    let (scene, _) = scene.lost_at("POST", "/workspaces/5001/git/**");
    let run = scene.with("workspace-name", "b").run();
    assert_eq!(run.output("workspace-id"), "5002", "{}", run.log);
    assert!(
        !run.writes.iter().any(|write| write.contains("5001")),
        "{:?}",
        run.writes
    );
}

#[test]
fn a_second_attempt_of_a_finished_release_changes_nothing() {
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene.variable("GITHUB_RUN_ATTEMPT", "2");
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("unchanged", ""), 0),
        "{}",
        run.log
    );
    assert_eq!(
        (
            run.output("workspace-id"),
            run.output("url"),
            run.output("commit")
        ),
        ("5001", "https://shop.example.com", NEW)
    );
    assert!(run.summary.contains("Already released"), "{}", run.summary);
}

#[test]
fn a_second_attempt_of_a_finished_release_that_went_bad_releases_afresh() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    scene
        .sim
        .with(|world| world.workspaces.get_mut(&NEXT).unwrap().run = None);
    let run = scene.variable("GITHUB_RUN_ATTEMPT", "2").run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("workspace-id"), "5002");
}

/// A platform on which run 50 has released already; then run 42 comes.
fn overtaken() -> Scene {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_RUN_NUMBER", "50")
        .variable("GITHUB_RUN_ID", "9876543299");
    assert_eq!(scene.run().exit, 0);
    scene
        .variable("GITHUB_RUN_NUMBER", "42")
        .variable("GITHUB_RUN_ID", "9876543210")
}

#[test]
fn an_older_run_does_not_replace_what_a_newer_one_has_released() {
    let scene = overtaken();
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("superseded", "superseded"), 0),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [NEXT]);
    let run = overtaken().with("if-superseded", "fail").run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (1, ("failed", "superseded"), 0)
    );
    assert!(
        run.error().contains("run 9876543299 number 50"),
        "{}",
        run.error()
    );
    let run = overtaken().with("dry-run", "true").run();
    assert_eq!(run.ending(), ("planned", ""));
    run.tells(&[
        "1. A newer run's release is live already (run 9876543299 number 50",
        "end here (`if-superseded: skip`)",
    ]);
    let run = overtaken().with("if-superseded", "release").run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_run_that_somebody_starts_again_is_what_somebody_wants() {
    let run = overtaken().variable("GITHUB_RUN_ATTEMPT", "2").run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn between_workflows_the_run_s_id_tells_which_is_newer() {
    let other = "acme/shop/.github/workflows/hotfix.yml@refs/heads/main";
    let run = overtaken()
        .variable("GITHUB_WORKFLOW_REF", other)
        .variable("GITHUB_RUN_NUMBER", "1000")
        .run();
    assert_eq!(run.ending(), ("superseded", "superseded"), "{}", run.log);
    let run = overtaken()
        .variable("GITHUB_WORKFLOW_REF", other)
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "1")
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_live_workspace_without_a_mark_says_nothing_about_who_is_newer() {
    let scene = Scene::zero_downtime().variable("GITHUB_RUN_NUMBER", "1");
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = Scene::zero_downtime().world(|world| {
        world
            .domains
            .get_mut(DOMAIN)
            .unwrap()
            .workspaces
            .insert("/".to_owned(), vec![LIVE, DOCS]);
    });
    assert_eq!(scene.run().ending(), ("released", ""));
}
