use codesphere_simulator::{
    App, Ci, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, Service, World,
};

use crate::harness::{Run, Scene, new_commit};

const DEV: &str = "https://4001-3000.2.codesphere.test";

fn head(scene: &Scene) -> Option<String> {
    scene.sim.with(|world| world.workspaces[&LIVE].head.clone())
}

/// The writes without the part that all share.
fn writes(run: &Run) -> Vec<&str> {
    run.writes
        .iter()
        .map(|write| write.split_once("/4001").unwrap().1.trim_start_matches('/'))
        .collect()
}

#[test]
fn a_release_pulls_builds_and_restarts_in_order() {
    let scene = Scene::simple()
        .with("test", "true")
        .with("env", "A=1\nB='two words'");
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert_eq!(
        writes(&run),
        [
            "git/pull/origin/main",
            "env-vars",
            "pipeline/prepare/start",
            "pipeline/test/start",
            "pipeline/run/stop",
            "pipeline/run/start",
        ]
    );
    assert_eq!(
        run.groups(),
        [
            "Plan",
            "Wait for the workspace",
            "Check out the code",
            "Set the environment",
            "Prepare",
            "Test",
            "Stop run",
            "Run",
            "Check the workspace",
            "Read the changes"
        ]
    );
    assert_eq!(
        scene.sim.visit("4001-3000.2.codesphere.test", "/").body,
        format!("shop {NEW} on 4001")
    );
    let env = scene.sim.with(|world| world.workspaces[&LIVE].env.clone());
    assert_eq!(
        (
            env["A"].as_str(),
            env["B"].as_str(),
            env["GREETING"].as_str()
        ),
        ("1", "two words", "hello")
    );
}

#[test]
fn the_outputs_say_what_is_live_where() {
    let run = Scene::simple().run();
    assert_eq!(run.output("workspace-id"), "4001");
    assert_eq!(run.output("workspace-url"), DEV);
    assert_eq!(run.output("url"), DEV);
    assert_eq!(run.output("commit"), NEW);
    assert_eq!(run.output("previous-workspace-ids"), "[]");
    assert_eq!(
        run.output("duration-seconds"),
        run.took.as_secs().to_string()
    );
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    assert_eq!(result["schema-version"], 1);
    assert_eq!(result["workspace-id"], 4001);
    assert_eq!(result["steps"][3]["name"], "Prepare");
    assert_eq!(result["steps"][3]["state"], "success");
    assert!(run.annotations("notice")[0].contains(DEV));
    assert!(run.annotations("error").is_empty());
}

#[test]
fn a_sleeping_workspace_is_woken_first() {
    let scene = Scene::simple().world(|world| {
        let workspace = world.workspaces.get_mut(&LIVE).unwrap();
        workspace.plan = 10;
        workspace.asleep = true;
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(run.writes[0], "PATCH /workspaces/4001");
    run.tells(&[
        "1. Wake workspace 4001",
        "waking it",
        "does not run yet",
        "runs, its development domain is",
    ]);
}

#[test]
fn a_workspace_that_does_not_wake_fails_in_time_and_says_how_to_go_on() {
    let scene = Scene::simple()
        .with("workspace-timeout", "2m")
        .world(|world| {
            world.workspaces.get_mut(&LIVE).unwrap().asleep = true;
            world.quirks.boot = 1e9;
        });
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "workspace-timeout"))
    );
    assert!(run.error().contains("within 2 min (`workspace-timeout`)"));
    assert!((120..125).contains(&run.took.as_secs()), "{:?}", run.took);
}

#[test]
fn exactly_the_commit_is_checked_out_although_the_branch_went_on() {
    let later = "b".repeat(40);
    let scene = Scene::simple().world(|world| {
        let branch = world
            .repositories
            .get_mut(REPOSITORY)
            .unwrap()
            .branches
            .get_mut("main")
            .unwrap();
        branch.push(codesphere_simulator::Commit::new(&later));
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(head(&scene).as_deref(), Some(NEW));
    run.tells(&[
        "is checked out; resetting to",
        &format!("commit {NEW} is checked out"),
    ]);
}

#[test]
fn uncommitted_edits_are_named_before_they_are_dropped() {
    let scene = Scene::simple().world(|world| {
        world.workspaces.get_mut(&LIVE).unwrap().dirty = vec![
            "src/hot fix.js".to_owned(),
            "a::set-env name=x::y".to_owned(),
        ];
        let branch = world
            .repositories
            .get_mut(REPOSITORY)
            .unwrap()
            .branches
            .get_mut("main")
            .unwrap();
        branch.push(codesphere_simulator::Commit::new(&"b".repeat(40)));
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(
        run.annotations("warning")
            .iter()
            .any(|text| text.contains("src/hot fix.js") && text.contains("dropped")),
        "{}",
        run.log
    );
}

#[test]
fn a_commit_that_is_not_there_stops_before_anything_is_restarted() {
    let scene = Scene::simple().with("commit", &"c".repeat(40));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("reverted", "commit-mismatch"))
    );
    assert!(
        run.writes.iter().all(|write| !write.contains("pipeline")),
        "{:?}",
        run.writes
    );
    assert!(run.error().contains("force push"), "{}", run.error());
    assert!(
        run.error()
            .contains("The run stage of workspace 4001 was not stopped"),
        "{}",
        run.error()
    );
}

#[test]
fn a_branch_without_a_commit_releases_what_was_pulled_and_reports_it() {
    let scene = Scene::simple().with("branch", "feature/x").world(|world| {
        let repository = world.repositories.get_mut(REPOSITORY).unwrap();
        repository.branches.insert(
            "feature/x".to_owned(),
            vec![codesphere_simulator::Commit::new(&"d".repeat(40))],
        );
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        run.writes[0],
        "POST /workspaces/4001/git/pull/origin/feature%2Fx"
    );
    assert_eq!(run.output("commit"), "d".repeat(40));
}

#[test]
fn a_branch_that_does_not_exist_is_told_with_what_git_said() {
    let run = Scene::simple().with("branch", "nope").run();
    assert_eq!((run.exit, run.ending()), (1, ("reverted", "refused")));
    assert!(
        run.error().contains("origin nope could not be pulled"),
        "{}",
        run.error()
    );
    assert!(run.error().contains("`branch`"));
}

#[test]
fn what_git_says_through_the_api_is_git_s() {
    for (says, advised) in [
        (
            "fatal: could not read Username for 'https://github.com'",
            "git account connected",
        ),
        (
            "fatal: Unable to create '.git/index.lock': File exists.",
            "rm -f .git/index.lock",
        ),
    ] {
        let body = serde_json::json!({"status": 400, "title": "Git error", "detail": says});
        let refused = FaultKind::Status {
            status: 400,
            headers: Vec::new(),
            body: body.to_string(),
        };
        let pull = Fault::on("POST", "/workspaces/4001/git/pull/origin/main", refused);
        for scene in [Scene::simple(), Scene::simple().with("branch", "main")] {
            let run = scene.fault(pull.clone().always()).run();
            assert_eq!(run.exit, 1, "{}", run.log);
            for words in [says, advised] {
                assert!(run.error().contains(words), "{}", run.error());
            }
        }
    }
}

#[test]
fn failing_tests_leave_the_running_application_alone() {
    let scene = Scene::simple()
        .with("test", "true")
        .world(|world| new_commit(world).ci.test = Script::failing(3.0, &["1 test failed"]));
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (1, ("reverted", "stage-failed")));
    assert!(
        run.writes.iter().all(|write| !write.contains("run/")),
        "{:?}",
        run.writes
    );
    assert!(
        run.error().contains("test failed on codesphere-ide"),
        "{}",
        run.error()
    );
    assert!(run.error().contains("step 1 of 1"), "{}", run.error());
    assert_eq!(
        scene.sim.visit("4001-3000.2.codesphere.test", "/").body,
        format!("shop {OLD} on 4001")
    );
}

#[test]
fn a_run_stage_that_fails_brings_the_old_version_back() {
    let scene = Scene::simple().world(|world| new_commit(world).ci.run.fails = true);
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (1, ("reverted", "stage-failed")));
    assert!(
        run.error()
            .contains("Workspace 4001 serves commit 1111111 again."),
        "{}",
        run.error()
    );
    assert_eq!(
        scene.sim.visit("4001-3000.2.codesphere.test", "/").body,
        format!("shop {OLD} on 4001")
    );
}

#[test]
fn an_application_that_answers_badly_is_no_release() {
    let scene = Scene::simple().world(|world| {
        new_commit(world).app = App {
            status: 500,
            ..App::default()
        }
    });
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (1, ("reverted", "unhealthy")));
    assert!(
        run.error().contains("answered 500, wanted 200-299"),
        "{}",
        run.error()
    );
    assert!(run.took.as_secs() >= 300, "{:?}", run.took);
}

#[test]
fn the_old_version_answering_is_no_release_where_the_body_tells() {
    let wrong = |world: &mut World| new_commit(world).app.body = format!("shop {OLD}");
    let scene = Scene::simple()
        .with("health-body", "shop {sha}")
        .world(wrong);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"));
    assert!(run.error().contains("`health-body`"), "{}", run.error());
    let run = Scene::simple()
        .with("health-body", "shop {sha} on {workspace-id}")
        .run();
    assert_eq!(run.ending(), ("released", ""));
    assert!(run.summary.contains("proven by"), "{}", run.summary);
}

#[test]
fn a_restricted_dev_domain_is_asked_with_the_key_and_only_there() {
    let scene =
        Scene::simple().world(|world| world.workspaces.get_mut(&LIVE).unwrap().restricted = true);
    assert_eq!(scene.run().ending(), ("released", ""));
}

#[test]
fn stages_that_are_not_wanted_are_not_run() {
    let run = Scene::simple()
        .with("prepare", "no")
        .with("landscape", "false")
        .with("health-check", "off")
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        writes(&run),
        [
            "git/pull/origin/main",
            "pipeline/run/stop",
            "pipeline/run/start"
        ]
    );
    assert!(run.summary.contains("health-check"), "{}", run.summary);
}

#[test]
fn a_landscape_is_deployed_and_every_replica_of_every_server_awaited() {
    let landscape = |world: &mut World| {
        new_commit(world).ci.services = vec![
            Service::reactive("web").times(2),
            Service::reactive("api").on("/api").times(2),
        ];
    };
    let run = Scene::simple()
        .with("landscape", "true")
        .world(landscape)
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "the landscape is being deployed",
        "run: web",
        "run: running, looking once more",
    ]);
}

#[test]
fn a_landscape_that_must_be_there_and_is_not_fails() {
    let run = Scene::simple().with("landscape", "true").run();
    assert_eq!(run.ending(), ("reverted", "refused"));
    assert!(
        run.error().contains("Multi Server Deployment"),
        "{}",
        run.error()
    );
}

#[test]
fn a_profile_is_checked_in_the_workspace_before_it_is_used() {
    let run = Scene::simple().with("profile", "prod").run();
    assert_eq!(run.ending(), ("reverted", "refused"));
    assert!(run.error().contains("ci.prod.yml"), "{}", run.error());
    let profiles = |world: &mut World| {
        let ci = &mut new_commit(world).ci;
        ci.profiles.push("prod".to_owned());
        ci.services = vec![Service::reactive("web")];
    };
    let run = Scene::simple()
        .with("profile", "ci.prod.yml")
        .world(profiles)
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(
        writes(&run).contains(&"pipeline/run/start/prod"),
        "{:?}",
        run.writes
    );
    assert!(
        writes(&run).contains(&"landscape/deploy/prod"),
        "{:?}",
        run.writes
    );
}

#[test]
fn a_broken_ci_yml_is_named_as_a_likely_cause_of_a_bare_500() {
    let broken = |world: &mut World| {
        new_commit(world).ci = Ci {
            broken: true,
            ..Ci::default()
        }
    };
    let run = Scene::simple().world(broken).run();
    assert_eq!(run.ending(), ("reverted", "api-error"));
    for told in [
        "when ci.yml breaks its schema",
        "open the CI pipeline in Codesphere",
    ] {
        assert!(run.error().contains(told), "{}", run.error());
    }
    assert!(
        run.error().contains("tried") || run.log.contains("looking whether"),
        "{}",
        run.log
    );
}

#[test]
fn a_process_that_does_not_stop_in_time_is_told() {
    let run = Scene::simple()
        .world(|world| world.quirks.stop_seconds = 16.5)
        .run_anyhow();
    assert!(
        run.annotations("warning")
            .iter()
            .any(|text| text.contains("did not stop within 15 s")),
        "{}",
        run.log
    );
}

#[test]
fn a_workspace_that_is_not_there_is_told_before_anything_is_written() {
    let run = Scene::simple().with("workspace-id", "1").run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (1, ("failed", "not-found"), 0)
    );
    assert!(run.error().contains("`workspace-id`"), "{}", run.error());
}

#[test]
fn a_lost_answer_to_a_start_is_not_started_twice() {
    let scene = Scene::simple().fault(Fault::on(
        "POST",
        "/workspaces/4001/pipeline/prepare/start",
        FaultKind::ResetAfter,
    ));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let starts = run
        .writes
        .iter()
        .filter(|write| write.ends_with("prepare/start"))
        .count();
    assert_eq!(starts, 1, "{:?}", run.writes);
    let scene = Scene::simple().fault(Fault::on(
        "POST",
        "/workspaces/4001/pipeline/prepare/start",
        FaultKind::ResetBefore,
    ));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let starts = run
        .writes
        .iter()
        .filter(|write| write.ends_with("prepare/start"))
        .count();
    assert_eq!(starts, 2, "{:?}", run.writes);
}
