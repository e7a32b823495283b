use std::collections::BTreeMap;
use std::time::Duration;

use codesphere_simulator::{
    DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, Service,
};

use crate::harness::{Scene, new_commit};

const NEXT: u64 = 5001;

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
            "pipeline/run/stop",
            "pipeline/run/start"
        ]
    );
    run.tells(&[
        "::group::Recovery",
        "resetting to 1111",
        "prepare started",
        "run has stopped",
        "run started",
        "is healthy",
        "Recovery: success",
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
        "The application may be down",
        &format!("git reset --hard {OLD}"),
        "/workspaces/4001/pipeline/run/start'",
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
        run.error().contains("The post step brings commit"),
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
        let (scene, run) = Scene::zero_downtime().lost_at(method, path);
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
    let (scene, run) = Scene::zero_downtime()
        .with("on-failure", "keep")
        .lost_at("POST", "/workspaces/5001/git/**");
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
    let (scene, run) = Scene::zero_downtime().lost_at("PUT", "/domains/**");
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
    let (scene, run) = Scene::zero_downtime().lost_at("PUT", "/domains/**");
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
    let (scene, run) = Scene::simple()
        .with("env", "GREETING=moin")
        .lost_at("POST", "/workspaces/4001/pipeline/run/stop");
    let post = scene.post(&run);
    serves_old(&scene);
    assert_eq!(post.exit, 1, "{}", post.log);
    assert!(
        post.error()
            .contains("The old values of GREETING in workspace 4001 are not known any more"),
        "{}",
        post.error()
    );
    let (scene, run) = Scene::simple().lost_at("POST", "/workspaces/4001/pipeline/run/start");
    assert_eq!(scene.post(&run).exit, 0);
    serves_old(&scene);
}

#[test]
fn a_record_that_was_tampered_with_deletes_and_changes_nothing() {
    let (scene, run) = Scene::zero_downtime().lost_at("POST", "/workspaces/5001/git/**");
    let good = run.state["made"].clone();
    let tampered = [
        good.replace("5001", "4002"),
        good.replace("5001", "4001"),
        good.replace("acme/shop", "acme/other"),
        good.replace("run 9876543210", "run 1"),
        good.replace("\"promoted\":null", r#""promoted":{"workspace":5001,"routes":[{"route":{"domain":"other.example.com","path":"/"},"before":[4002]}]}"#),
        good.replace("\"promoted\":null", r#""promoted":{"workspace":5001,"routes":[{"route":{"domain":"shop.example.com","path":"/docs"},"before":[4001]}]}"#),
        good.replace("\"promoted\":null", r#""promoted":{"workspace":4002,"routes":[{"route":{"domain":"shop.example.com","path":"/"},"before":[4001]}]}"#),
        "{}".to_owned(),
        "nonsense".to_owned(),
        r#"{"update":{"workspace":4001,"old-head":"$(reboot)","env":[],"new-head":null,"run":"was-up","prepared":false,"deployed":false}}"#.to_owned(),
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
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
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
fn a_post_step_that_cannot_revert_says_what_may_be_left() {
    let (zero, simple) = (Scene::zero_downtime(), Scene::simple());
    for (scene, last, read, told) in [
        (
            zero,
            ("POST", "/workspaces/5001/git/**"),
            "/workspaces/5001",
            "Then delete workspace 5001 of team 7 in Codesphere, if it is still there",
        ),
        (
            Scene::zero_downtime(),
            ("POST", "/workspaces"),
            "/workspaces/**",
            "delete",
        ),
        (
            simple,
            ("POST", "/workspaces/4001/git/**"),
            "/workspaces/4001/**",
            "Then, in a terminal of workspace 4001, run `git reset --hard 1111111",
        ),
    ] {
        let (scene, run) = scene.lost_at(last.0, last.1);
        let scene = scene.fault(Fault::on("GET", read, FaultKind::status(503)).always());
        let post = scene.post(&run);
        assert_eq!(post.exit, 1, "{}", post.log);
        assert!(post.error().contains(told), "{}", post.error());
    }
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

#[test]
fn values_that_a_cancelled_run_has_put_back_are_no_worry_of_the_post_step() {
    let scene = Scene::simple().with("env", "GREETING=moin");
    let cancel = scene.cancel.clone();
    let mut scene = scene.fault(Fault::on(
        "POST",
        "/workspaces/4001/pipeline/run/stop",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    assert_eq!(run.exit, 130, "{}", run.log);
    scene.uncancel();
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(env(&scene)["GREETING"], "hello");
    serves_old(&scene);
}

#[test]
fn a_health_body_and_a_profile_that_are_new_do_not_hinder_the_way_back() {
    let scene = Scene::simple()
        .with("health-body", "only the new version says this")
        .with("profile", "prod")
        .world(|world| {
            let commit = new_commit(world);
            commit.ci.profiles.push("prod".to_owned());
        });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    serves_old(&scene);
    run.tells(&["the old commit has no ci.prod.yml: running it without a profile"]);
}

#[test]
fn what_somebody_has_repaired_since_is_left_alone_by_the_post_step() {
    let (scene, run) = Scene::simple().lost_at("POST", "/workspaces/4001/pipeline/run/stop");
    let repaired = "9".repeat(40);
    scene
        .sim
        .with(|world| world.workspaces.get_mut(&LIVE).unwrap().head = Some("9".repeat(40)));
    let post = scene.post(&run);
    assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
    assert!(
        post.error().contains("somebody has acted since"),
        "{}",
        post.error()
    );
    assert_eq!(head(&scene), Some(repaired));
}

#[test]
fn a_cancelled_prepare_is_stopped_before_its_code_is_taken_away() {
    let scene =
        Scene::simple().world(|world| new_commit(world).ci.prepare = Script::lasting(600.0, &[]));
    let cancel = scene.cancel.clone();
    let scene = scene.fault(
        Fault::on(
            "GET",
            "/workspaces/4001/pipeline/prepare",
            FaultKind::run(move |_| cancel.cancel()),
        )
        .after(4),
    );
    let run = scene.run();
    assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
    let stop = run
        .writes
        .iter()
        .position(|write| write.ends_with("prepare/stop"))
        .unwrap();
    assert!(
        run.writes[stop + 1..]
            .iter()
            .any(|write| write.ends_with("/execute")),
        "{:?}",
        run.writes
    );
    assert_eq!(head(&scene).as_deref(), Some(OLD));
}

#[test]
fn what_was_not_running_before_is_not_started_by_the_way_back() {
    let scene = Scene::simple().world(|world| {
        world.workspaces.get_mut(&LIVE).unwrap().run = None;
        new_commit(world).app.status = 500;
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert!(
        run.error()
            .contains("was not at work before, and is not now"),
        "{}",
        run.error()
    );
    let last = run.writes.last().map(String::as_str);
    assert_eq!(last, Some("POST /workspaces/4001/pipeline/run/stop"));
}

#[test]
fn a_workspace_that_was_made_twice_after_all_is_removed() {
    for (late, fails, left) in [
        (20.0, false, vec![LIVE, DOCS, NEXT]),
        (40.0, false, vec![LIVE, DOCS, NEXT + 1]),
        (40.0, true, vec![LIVE, DOCS]),
    ] {
        let scene = Scene::zero_downtime()
            .world(|world| {
                world.quirks.late_in_list = late;
                new_commit(world).ci.run.fails = fails;
            })
            .fault(Fault::on("POST", "/workspaces", FaultKind::ResetAfter));
        let run = scene.run();
        assert_eq!(run.output("outcome") == "released", !fails, "{}", run.log);
        assert_eq!(scene.workspaces(), left, "{late} {fails}: {}", run.log);
    }
}

#[test]
fn a_failed_release_reports_no_commit_as_live_but_the_old_one_where_it_serves_again() {
    let fails = |world: &mut codesphere_simulator::World| new_commit(world).ci.run.fails = true;
    assert_eq!(
        Scene::zero_downtime().world(fails).run().output("commit"),
        ""
    );
    assert_eq!(Scene::simple().world(fails).run().output("commit"), OLD);
}

#[test]
fn a_creation_that_is_refused_for_good_has_changed_nothing() {
    let no_money = FaultKind::status(402);
    let scene = Scene::zero_downtime().fault(Fault::on("POST", "/workspaces", no_money));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
    assert!(
        run.error().contains("Nothing was changed.") && run.error().contains("billing"),
        "{}",
        run.error()
    );
    assert!(run.took.as_secs() < 2, "{:?}", run.took);
}

#[test]
fn when_production_cannot_be_put_back_nobody_is_told_to_delete_what_serves() {
    let scene = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .world(|world| world.quirks.switch_seconds = 1e9)
        .fault(
            Fault::on("PUT", "/domains/**", FaultKind::status(403))
                .after(1)
                .always(),
        );
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "undo-failed"), "{}", run.log);
    let error = run.error();
    for told in [
        "Production is uncertain",
        "/domains/team/7/domain/shop.example.com/workspace-connections'",
        r#"{"/":[4001],"/docs":[4002]}"#,
        "Workspace 5001 may still serve: do not delete it",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn a_workspace_that_is_not_known_yet_when_it_is_to_be_removed_is_removed_all_the_same() {
    let scene = Scene::zero_downtime()
        .world(|world| new_commit(world).ci.run.fails = true)
        .fault(Fault::on(
            "DELETE",
            "/workspaces/5001",
            FaultKind::status(404),
        ));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
    assert!(
        run.error()
            .contains("to look inside, release once with `on-failure: keep`"),
        "{}",
        run.error()
    );
}

#[test]
fn a_platform_that_falls_silent_cannot_keep_a_cancelled_run_past_its_time() {
    for scene in [Scene::simple(), Scene::zero_downtime()] {
        let cancel = scene.cancel.clone();
        let silence = FaultKind::run_after(move |world| {
            world
                .faults
                .push(Fault::on("", "/**", FaultKind::HangBefore).always());
            cancel.cancel();
        });
        let scene = scene.hurried(Duration::from_millis(100)).fault(Fault::on(
            "POST",
            "/workspaces/*/pipeline/prepare/start",
            silence,
        ));
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (130, ("cancelled", "cancelled")),
            "{}",
            run.log
        );
        let calls = scene.sim.calls();
        let silent = calls
            .iter()
            .rev()
            .take_while(|call| call.status.is_none())
            .count();
        assert!(
            (1..=2).contains(&silent),
            "{silent} calls after the cancellation: {}",
            run.log
        );
        assert!(!run.is_finished(), "the post step goes on: {}", run.log);
        assert!(run.log.contains("no time left"), "{}", run.log);
    }
}

#[test]
fn a_landscape_that_took_the_place_of_a_flat_file_is_never_called_undone() {
    let scene = Scene::simple().world(|world| {
        new_commit(world).ci.services = vec![Service::reactive("web")];
    });
    let look = Fault::on(
        "GET",
        "/workspaces/4001/pipeline/run",
        FaultKind::status(500),
    );
    let scene = scene.fault(look.always());
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "undo-failed"), "{}", run.log);
    let error = run.error();
    assert!(error.starts_with("The application may be down"), "{error}");
    assert!(error.contains("teardown"), "{error}");
    assert_eq!(head(&scene).as_deref(), Some(OLD));
}
