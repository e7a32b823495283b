use codesphere_simulator::{Commit, DOMAIN, Fault, FaultKind, LIVE};

use crate::harness::{Run, Scene};

/// Runs a scene that must stop before anything is written.
fn refused(scene: &Scene, reason: &str) -> Run {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", reason)),
        "{}",
        run.log
    );
    assert!(run.writes.is_empty(), "{:?}", run.writes);
    assert!(
        run.error().contains("Nothing was changed."),
        "{}",
        run.error()
    );
    run
}

#[test]
fn a_wrong_token_says_which_input_and_how_to_make_a_key() {
    for scene in [Scene::simple(), Scene::zero_downtime()] {
        let run = refused(&scene.with("api-token", "wrong"), "unauthorized");
        assert!(run.error().contains("`api-token`"), "{}", run.error());
        assert!(
            run.error().contains("User Settings → API Keys"),
            "{}",
            run.error()
        );
        assert!(run.error().contains("traceId trace-"), "{}", run.error());
    }
}

#[test]
fn all_that_stands_in_the_way_is_told_together_the_first_gives_the_reason() {
    let scene = Scene::zero_downtime()
        .with("team", "Acme")
        .with("plan", "Nap")
        .with("domain", "other.example.com");
    let run = refused(&scene, "refused");
    let error = run.error();
    for told in [
        "2 things stand in the way",
        "The plan \"Nap\" is on-demand",
        "Plans that would do: Micro (8) and Boost (9)",
        "has no domain other.example.com",
        "Its domains are: shop.example.com",
    ] {
        assert!(error.contains(told), "{told}\n---\n{error}");
    }
}

#[test]
fn a_team_is_found_by_id_or_exact_name() {
    assert_eq!(
        Scene::zero_downtime()
            .with("team", "7")
            .with("dry-run", "true")
            .run()
            .exit,
        0
    );
    let run = refused(&Scene::zero_downtime().with("team", "acme"), "not-found");
    assert!(
        run.error().contains("Acme (7) and Other (8)"),
        "{}",
        run.error()
    );
    let scene = Scene::zero_downtime().world(|world| world.teams[1].name = "Acme".to_owned());
    let run = refused(&scene, "refused");
    assert!(run.error().contains("7 and 8"), "{}", run.error());
}

#[test]
fn of_two_plans_of_a_title_the_always_on_one_is_taken() {
    let scene = Scene::zero_downtime().world(|world| world.plans.reverse());
    assert_eq!(scene.run().exit, 0);
    assert_eq!(scene.sim.with(|world| world.workspaces[&5001].plan), 9);
}

#[test]
fn plans_that_production_cannot_run_on_are_refused() {
    for (plan, replicas, told) in [
        ("10", "1", "on-demand"),
        ("Old", "1", "no longer offered"),
        ("Micro", "2", "allows at most 1 replica"),
        (
            "Micro",
            "2",
            "Lower `replicas` to 1, or choose another `plan`. Plans that would do: Boost (9).",
        ),
        ("Boost", "5", "allows at most 4 replica"),
        (
            "Boost",
            "5",
            "Lower `replicas` to 4, or choose another `plan`. No plan would do with `replicas: 5`.",
        ),
    ] {
        let run = refused(
            &Scene::zero_downtime()
                .with("plan", plan)
                .with("replicas", replicas),
            "refused",
        );
        assert!(run.error().contains(told), "{}", run.error());
    }
    refused(
        &Scene::zero_downtime().with("plan", "Gigantic"),
        "not-found",
    );
}

#[test]
fn a_domain_whose_paths_are_expressions_is_refused() {
    for scene in [Scene::zero_downtime(), Scene::rollback_at_once()] {
        let scene = scene.world(|world| world.domains.get_mut(DOMAIN).unwrap().use_regex = true);
        let run = refused(&scene, "refused");
        assert!(run.error().contains("`useRegex`"), "{}", run.error());
    }
}

#[test]
fn a_domain_must_be_verified_and_in_the_team_s_data_centre() {
    let run = refused(
        &Scene::zero_downtime()
            .world(|world| world.domains.get_mut(DOMAIN).unwrap().verified = false),
        "refused",
    );
    assert!(run.error().contains("is not verified"), "{}", run.error());
    let run = refused(
        &Scene::zero_downtime()
            .world(|world| world.domains.get_mut(DOMAIN).unwrap().data_center = 2),
        "refused",
    );
    assert!(run.error().contains("data centre 1"), "{}", run.error());
}

#[test]
fn what_is_merely_odd_is_a_warning() {
    let scene = Scene::zero_downtime()
        .with("env", "")
        .with("dry-run", "true")
        .world(|world| {
            world.domains.get_mut(DOMAIN).unwrap().certificate_issued = false;
            world
                .workspaces
                .get_mut(&LIVE)
                .unwrap()
                .env
                .insert("SECRET".to_owned(), "hunter2".to_owned());
        });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let warnings = run.annotations("warning").join("\n");
    assert!(warnings.contains("no certificate yet"), "{warnings}");
    assert!(warnings.contains("GREETING and SECRET"), "{warnings}");
    assert!(!run.log.contains("hunter2"));
    assert!(
        run.summary.contains("GREETING and SECRET"),
        "{}",
        run.summary
    );
}

#[test]
fn a_dry_run_reads_and_tells_the_plan_and_nothing_else() {
    let run = Scene::zero_downtime()
        .with("dry-run", "true")
        .with("test", "true")
        .run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("planned", ""), 0)
    );
    run.tells(&[
        "1. Create workspace \"shop-aaaaaaa-9876543210\" in team Acme (7) on plan Boost (9)",
        "2. Pull origin main there and check out commit aaaa",
        "3. Check the secrets and plans of the landscape, if there is one, and deploy it.",
        "4. Run the prepare stage, at most 30 min.",
        "5. Run the test stage",
        "6. Start the run stage",
        "7. Ask the new workspace's development domain for /",
        "8. Switch https://shop.example.com from workspace 4001 to the new workspace. The domain's other paths stay as they are: /docs.",
        "9. Ask https://shop.example.com until",
        "10. Keep workspace 4001",
        "11. On a failure before the switch: delete the new workspace",
    ]);
    let run = Scene::simple().with("dry-run", "true").run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("planned", ""), 0)
    );
    assert!(
        run.summary.contains("Planned: nothing was changed"),
        "{}",
        run.summary
    );
}

#[test]
fn an_api_that_cannot_be_reached_ends_within_its_budget() {
    let scene = Scene::simple().with("api-url", "http://127.0.0.1:9");
    let run = refused(&scene, "unreachable");
    assert!((100..=300).contains(&run.took.as_secs()), "{:?}", run.took);
    run.tells(&["the connection was refused; trying again in"]);
    assert!(run.error().contains("`api-url`"), "{}", run.error());
}

#[test]
fn a_broken_api_answer_is_told_in_its_own_words() {
    let html = FaultKind::Status {
        status: 502,
        headers: vec![("Content-Type".to_owned(), "text/html".to_owned())],
        body: "<html><title>Bad Gateway</title><h1>nginx</h1></html>".to_owned(),
    };
    let run = refused(
        &Scene::simple().fault(Fault::on("GET", "/workspaces/4001", html).always()),
        "api-error",
    );
    assert!(
        run.error().contains("an HTML page: Bad Gateway nginx"),
        "{}",
        run.error()
    );
    for (kind, reason, told) in [
        (FaultKind::BrokenJson, "api-error", "JSON"),
        (FaultKind::WrongShape, "api-error", "JSON of another shape"),
        (FaultKind::Endless, "unreachable", "the body broke off"),
        (FaultKind::Announced8Gb, "unreachable", "the body broke off"),
    ] {
        let scene = Scene::simple().unanswered("GET", "/workspaces/4001", kind, u32::MAX);
        let run = refused(&scene, reason);
        assert!(run.error().contains(told), "{}", run.error());
    }
}

#[test]
fn a_passing_fault_is_survived_and_logged_without_an_annotation() {
    let kinds = [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::HangBefore,
        FaultKind::SlowDrip,
        FaultKind::Truncated,
        FaultKind::BrokenJson,
        FaultKind::WrongShape,
        FaultKind::Announced8Gb,
        FaultKind::status(408),
        FaultKind::status(409),
        FaultKind::status(429),
        FaultKind::status(500),
        FaultKind::status(502),
        FaultKind::status(503),
    ];
    for kind in kinds {
        let run = Scene::zero_downtime()
            .with("dry-run", "true")
            // The first may be lost on a kept connection, which is no failure.
            .fault(Fault::on("GET", "/teams", kind).times(2))
            .impatient()
            .run();
        assert_eq!(run.exit, 0, "{}", run.log);
        run.tells(&["GET /teams ", "trying again in"]);
        assert!(run.annotations("warning").is_empty(), "{}", run.log);
    }
}

#[test]
fn the_server_s_wish_to_wait_is_honoured() {
    let busy = FaultKind::Status {
        status: 429,
        headers: vec![("Retry-After".to_owned(), "77".to_owned())],
        body: String::new(),
    };
    let run = Scene::simple()
        .with("dry-run", "true")
        .fault(Fault::on("GET", "/workspaces/4001", busy))
        .run();
    assert_eq!(run.exit, 0);
    run.tells(&["trying again in 1 min 17 s"]);
    assert!(run.took.as_secs() >= 77);
}

#[test]
fn a_bare_500_is_tried_three_times_and_not_more() {
    let scene = Scene::simple()
        .fault(Fault::on("GET", "/workspaces/4001", FaultKind::status(500)).always());
    let run = refused(&scene, "api-error");
    let tries = scene.sim.calls().into_iter();
    let tries = tries.filter(|call| call.path == "/workspaces/4001");
    assert_eq!(tries.count(), 3);
    assert!(run.error().contains("(tried 3 times)"), "{}", run.error());
}

#[test]
fn a_cancelled_plan_changes_nothing() {
    let scene = Scene::zero_downtime();
    scene.cancel.cancel();
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (130, ("cancelled", "cancelled"), 0)
    );
    assert!(run.error().contains("Nothing was changed."));
}

#[test]
fn the_plan_says_what_will_be_different_when_a_branch_is_named() {
    let scene = Scene::zero_downtime()
        .with("branch", "next")
        .with("dry-run", "true")
        .world(|world| {
            let repository = world.repositories.values_mut().next().unwrap();
            repository
                .branches
                .insert("next".to_owned(), vec![Commit::new(&"f".repeat(40))]);
        });
    scene
        .run()
        .tells(&["Pull origin next there and check out what was pulled."]);
}
