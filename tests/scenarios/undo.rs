use std::collections::BTreeMap;

use codesphere_simulator::{
    Commit, DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, World,
};

use crate::harness::{LOST, Run, Scene};

const NEXT: u64 = 5001;

fn new_commit(world: &mut World) -> &mut Commit {
    world
        .repositories
        .get_mut(REPOSITORY)
        .unwrap()
        .commit_mut(NEW)
        .unwrap()
}

fn env(scene: &Scene) -> BTreeMap<String, String> {
    scene
        .sim
        .with(|world| world.workspaces[&LIVE].env.clone().into_iter().collect())
}

fn head(scene: &Scene) -> Option<String> {
    scene.sim.with(|world| world.workspaces[&LIVE].head.clone())
}

fn serves_old(scene: &Scene) {
    let visit = scene.sim.visit("4001-3000.2.codesphere.test", "/");
    assert_eq!(
        (visit.status, visit.body),
        (200, format!("shop {OLD} on 4001"))
    );
}

/// A simple release whose runner is gone when `method path` is asked; gives the run as far as it came.
fn lost(scene: Scene, method: &'static str, path: &str) -> (Scene, Run) {
    let clock = scene.clock.clone();
    let scene = scene.fault(Fault::on(
        method,
        path,
        FaultKind::run_after(move |_| clock.die()),
    ));
    let run = scene.run_anyhow();
    assert_eq!(run.exit, LOST, "{}", run.log);
    scene.clock.revive();
    (scene, run)
}

#[test]
fn before_the_stop_the_old_commit_is_put_back_on_disk_and_what_runs_is_left_alone() {
    let scene =
        Scene::simple().world(|world| new_commit(world).ci.prepare = Script::failing(3.0, &[]));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"));
    assert_eq!(head(&scene).as_deref(), Some(OLD));
    serves_old(&scene);
    assert!(
        !run.writes.iter().any(|write| write.contains("/run/")),
        "{:?}",
        run.writes
    );
}

#[test]
fn after_the_stop_the_old_commit_is_prepared_and_started_again() {
    let scene = Scene::simple().world(|world| new_commit(world).app.status = 500);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    serves_old(&scene);
    let writes: Vec<&str> = run
        .writes
        .iter()
        .map(|write| write.split_once("/4001/").unwrap().1)
        .collect();
    let began = writes.iter().position(|write| *write == "execute").unwrap();
    assert_eq!(
        writes[began..],
        [
            "execute",
            "execute",
            "pipeline/prepare/start",
            "landscape/deploy",
            "pipeline/run/stop",
            "pipeline/run/start"
        ]
    );
    run.tells(&[
        "::group::Undo",
        "resetting to 1111",
        "prepare started",
        "run has stopped",
        "run started",
        "answers well",
        "Undo: success",
    ]);
}

#[test]
fn overwritten_values_are_put_back_and_added_ones_taken_away() {
    let scene = Scene::simple()
        .with("env", "GREETING=moin\nADDED=1")
        .world(|world| new_commit(world).ci.test = Script::failing(1.0, &[]))
        .with("test", "true");
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert_eq!(
        env(&scene),
        BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())])
    );
    assert!(
        !run.log.contains("moin") && !run.log.contains("hello"),
        "{}",
        run.log
    );
}

#[test]
fn a_way_back_that_fails_too_is_said_loudly_with_what_to_do() {
    let scene = Scene::simple().world(|world| {
        for sha in [OLD, NEW] {
            world
                .repositories
                .get_mut(REPOSITORY)
                .unwrap()
                .commit_mut(sha)
                .unwrap()
                .ci
                .run
                .fails = true;
        }
    });
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "undo-failed")),
        "{}",
        run.log
    );
    let error = run.error();
    for told in [
        "THE APPLICATION MAY BE AWAY",
        &format!("git reset --hard {OLD}"),
        "POST /workspaces/4001/pipeline/run/start",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn a_cancelled_simple_release_is_put_back_on_disk_at_once_and_serves_again_after_the_post_step() {
    let scene = Scene::simple();
    let cancel = scene.cancel.clone();
    let scene = scene.fault(Fault::on(
        "POST",
        "/workspaces/4001/pipeline/run/stop",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (130, ("cancelled", "cancelled")),
        "{}",
        run.log
    );
    assert!(
        run.error().contains("The post step starts commit"),
        "{}",
        run.error()
    );
    assert_eq!(head(&scene).as_deref(), Some(OLD));
    let mut scene = scene;
    scene.uncancel();
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    serves_old(&scene);
    assert!(
        post.annotations("notice")[0].contains("serves commit"),
        "{}",
        post.log
    );
}

#[test]
fn after_a_finished_run_the_post_step_asks_nobody_anything() {
    for scene in [
        Scene::simple(),
        Scene::zero_downtime(),
        Scene::zero_downtime().with("replicas", "9"),
        Scene::simple().with("flow", "?"),
    ] {
        let run = scene.run();
        let calls = scene.sim.calls().len();
        let post = scene.post(&run);
        assert_eq!(
            (post.exit, scene.sim.calls().len()),
            (0, calls),
            "{}",
            post.log
        );
        assert!(post.log.contains("nothing to undo"), "{}", post.log);
        assert_eq!(post.summary, "");
    }
}

#[test]
fn the_post_step_removes_what_a_lost_main_step_had_made() {
    for (method, path) in [
        ("POST", "/workspaces"),
        ("POST", "/workspaces/5001/git/**"),
        ("POST", "/workspaces/5001/pipeline/prepare/start"),
        ("GET", "/workspaces/5001/pipeline/run"),
        ("PUT", "/workspaces/5001/env-vars"),
    ] {
        let (scene, run) = lost(Scene::zero_downtime(), method, path);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "{method} {path}");
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{method} {path}: {}", post.log);
        assert_eq!(
            (scene.workspaces(), scene.pointed("/")),
            (vec![LIVE, DOCS], vec![LIVE])
        );
    }
}

#[test]
fn the_post_step_keeps_what_is_to_be_kept() {
    let (scene, run) = lost(
        Scene::zero_downtime().with("on-failure", "keep"),
        "POST",
        "/workspaces/5001/git/**",
    );
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert!(
        post.summary.contains("was kept for inspection"),
        "{}",
        post.summary
    );
}

#[test]
fn the_post_step_puts_a_domain_back_that_was_switched_and_not_verified() {
    let (scene, run) = lost(Scene::zero_downtime(), "PUT", "/domains/**");
    assert_eq!(scene.pointed("/"), [NEXT]);
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(
        (scene.pointed("/"), scene.pointed("/docs")),
        (vec![LIVE], vec![DOCS])
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "it had traffic");
}

#[test]
fn the_post_step_leaves_a_domain_alone_that_somebody_has_changed_since() {
    let (scene, run) = lost(Scene::zero_downtime(), "PUT", "/domains/**");
    scene.sim.with(|world| {
        world
            .domains
            .get_mut(DOMAIN)
            .unwrap()
            .workspaces
            .insert("/".to_owned(), vec![DOCS])
    });
    let post = scene.post(&run);
    assert_eq!(scene.pointed("/"), [DOCS]);
    assert!(post.log.contains("It was left alone"), "{}", post.log);
}

#[test]
fn the_post_step_brings_a_stopped_application_back_and_says_which_values_it_cannot() {
    let (scene, run) = lost(
        Scene::simple().with("env", "GREETING=moin"),
        "POST",
        "/workspaces/4001/pipeline/run/stop",
    );
    let post = scene.post(&run);
    serves_old(&scene);
    assert_eq!(post.exit, 1, "{}", post.log);
    assert!(
        post.error()
            .contains("The old values of GREETING in workspace 4001 are not known any more"),
        "{}",
        post.error()
    );
    let (scene, run) = lost(
        Scene::simple(),
        "POST",
        "/workspaces/4001/pipeline/run/start",
    );
    assert_eq!(scene.post(&run).exit, 0);
    serves_old(&scene);
}

#[test]
fn a_record_that_was_tampered_with_deletes_and_changes_nothing() {
    let (scene, run) = lost(Scene::zero_downtime(), "POST", "/workspaces/5001/git/**");
    let good = run.state["made"].clone();
    let tampered = [
        good.replace("5001", "4002"),
        good.replace("5001", "4001"),
        good.replace("acme/shop", "acme/other"),
        good.replace("run 9876543210", "run 1"),
        good.replace("\"switched\":null", r#""switched":{"domain":"other.example.com","path":"/","before":[4002]}"#),
        good.replace("\"switched\":null", r#""switched":{"domain":"shop.example.com","path":"/docs","before":[4001]}"#),
        "{}".to_owned(),
        "nonsense".to_owned(),
        r#"{"update":{"workspace":4001,"old-head":"$(reboot)","env":[],"prepared":false,"deployed":false,"stopped":true}}"#.to_owned(),
    ];
    for text in tampered {
        assert_ne!(text, good);
        let post = scene.post_with(&BTreeMap::from([("made".to_owned(), text.clone())]));
        assert_eq!(
            (post.exit, post.writes.as_slice()),
            (1, [].as_slice()),
            "{text}: {}",
            post.log
        );
        assert!(post.error().contains("is not believed"), "{}", post.error());
    }
    let shouted = BTreeMap::from([("MADE".to_owned(), good)]);
    assert_eq!(
        scene.post_with(&shouted).exit,
        0,
        "the case of the name does not matter"
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn a_workspace_that_a_domain_points_at_is_never_deleted() {
    let point = FaultKind::run(|world| {
        world
            .domains
            .get_mut(DOMAIN)
            .unwrap()
            .workspaces
            .insert("/beta".to_owned(), vec![NEXT]);
    });
    let scene = Scene::zero_downtime()
        .world(|world| new_commit(world).ci.prepare = Script::failing(1.0, &[]))
        .fault(Fault::on(
            "POST",
            "/workspaces/5001/pipeline/prepare/start",
            point,
        ));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "stage-failed"), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert!(
        run.error().contains("shop.example.com points at it"),
        "{}",
        run.error()
    );
}

#[test]
fn what_cannot_be_removed_is_named_with_the_request_that_does_it() {
    let scene = Scene::zero_downtime()
        .world(|world| new_commit(world).ci.prepare = Script::failing(1.0, &[]))
        .fault(Fault::on("DELETE", "/workspaces/5001", FaultKind::status(403)).times(1));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "stage-failed"));
    assert!(
        run.error().contains("DELETE /workspaces/5001"),
        "{}",
        run.error()
    );
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "the post step tries again: {}", post.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn a_process_that_dies_right_before_the_switch_is_noticed() {
    let die = FaultKind::run(|world| {
        let now = world.now;
        world
            .workspaces
            .get_mut(&NEXT)
            .unwrap()
            .run
            .as_mut()
            .unwrap()
            .stopped_at = Some(now - 10.0);
    });
    let scene = Scene::zero_downtime().fault(Fault::on("PUT", "/workspaces/5001/env-vars", die));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert!(
        run.error().contains("run was up and is no more"),
        "{}",
        run.error()
    );
    assert_eq!(scene.pointed("/"), [LIVE]);
}
