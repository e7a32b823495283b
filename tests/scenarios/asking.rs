use std::time::Duration;

use codesphere_simulator::{
    App, Commit, DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, World,
};

use crate::harness::{Run, Scene, connect, new_commit};

const NEW_DEV: &str = "5001-3000.2.codesphere.test";

/// Changes what the version that serves answers, now and when it is started again.
fn old_app(world: &mut World, change: impl Fn(&mut App)) {
    let repository = world.repositories.get_mut(REPOSITORY).unwrap();
    change(&mut repository.commit_mut(OLD).unwrap().app);
    let live = world.workspaces.get_mut(&LIVE).unwrap();
    change(&mut live.run.as_mut().unwrap().commit.app);
    for commit in &mut live.objects {
        change(&mut commit.app);
    }
}

/// An application that asks visitors to sign in by itself.
fn signs_in(app: &mut App) {
    app.status = 302;
    app.headers = vec![("location".to_owned(), "/login".to_owned())];
}

fn both_sign_in(world: &mut World) {
    old_app(world, signs_in);
    signs_in(&mut new_commit(world).app);
}

/// How long the log says that a step took.
fn took(run: &Run, step: &str) -> f64 {
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    let steps = result["steps"].as_array().unwrap();
    let found = steps.iter().find(|found| found["name"] == step);
    found.unwrap()["seconds"].as_f64().unwrap()
}

fn hosts(scene: &Scene) -> Vec<String> {
    let visits = scene.sim.visits().into_iter();
    visits.map(|(host, _, _)| host).collect()
}

#[test]
fn an_answer_that_never_ends_costs_no_more_than_its_share() {
    let fault = Fault::on("GET", &format!("{NEW_DEV}/**"), FaultKind::HangAfter).always();
    let run = Scene::zero_downtime()
        .impatient_with_applications(Duration::from_millis(100))
        .world(|world| world.visit_faults.push(fault))
        .with("health-timeout", "1s")
        .run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert!(
        run.error()
            .contains("gave no answer: no whole answer within 0.1 s"),
        "{}",
        run.error()
    );
}

#[test]
fn what_serves_and_would_not_count_as_healthy_is_a_warning_before_anything_is_changed() {
    for scene in [Scene::zero_downtime(), Scene::candidate(), Scene::simple()] {
        let run = scene
            .with("dry-run", "true")
            .world(|world| old_app(world, signs_in))
            .run();
        assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
        let warnings = run.annotations("warning").join("\n");
        assert!(
            warnings.contains("/ answers 302 → /login now; `health-status` is 200-299"),
            "{warnings}"
        );
    }
}

#[test]
fn what_serves_is_judged_by_status_only() {
    let run = Scene::zero_downtime()
        .with("health-body", "{sha} of {workspace-id}")
        .with("dry-run", "true")
        .run();
    assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
    assert!(
        !run.annotations("warning")
            .join("")
            .contains("health-status"),
        "{}",
        run.log
    );
    run.tells(&["https://shop.example.com/ answers 200 before the release"]);
}

#[test]
fn what_serves_and_does_not_answer_hinders_no_release() {
    let hang = |host: &str| Fault::on("GET", &format!("{host}/"), FaultKind::HangAfter);
    let routes = format!("{DOMAIN}\nwww.example.com");
    let scene = Scene::zero_downtime()
        .with("domain", &routes)
        .connected("www.example.com", "/", &[LIVE])
        .impatient_with_applications(Duration::from_millis(100))
        .world(|world| {
            world.visit_faults.push(hang(DOMAIN));
            world.visit_faults.push(hang("www.example.com"));
        });
    let run = scene.with("dry-run", "true").run();
    assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
    let warnings = run.annotations("warning").join("\n");
    for host in [DOMAIN, "www.example.com"] {
        let told = format!("https://{host}/ gave no answer: no whole answer within 0.1 s");
        assert!(warnings.contains(&told), "{warnings}");
    }
}

#[test]
fn what_sleeps_is_not_woken_by_a_question() {
    for scene in [Scene::zero_downtime(), Scene::simple()] {
        let scene = scene
            .with("dry-run", "true")
            .world(|world| world.workspaces.get_mut(&LIVE).unwrap().asleep = true);
        let run = scene.run();
        assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
        assert!(hosts(&scene).is_empty(), "{:?}", hosts(&scene));
    }
}

#[test]
fn a_failing_check_says_what_the_version_before_answered() {
    let run = Scene::zero_downtime()
        .world(|world| new_commit(world).app.status = 404)
        .run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    let error = run.error();
    assert!(
        error.contains("Before the release, https://shop.example.com/ answered 200."),
        "{error}"
    );
    assert!(
        error.contains(
            "Choose a `health-path` that the application serves, or add 404 to `health-status`"
        ),
        "{error}"
    );
    assert!(took(&run, "Check the workspace") >= 300.0, "{}", run.log);
}

#[test]
fn an_answer_that_stays_as_the_version_before_answers_ends_the_check_of_the_dev_domain() {
    for scene in [Scene::zero_downtime(), Scene::candidate(), Scene::simple()] {
        let run = scene.world(both_sign_in).run();
        assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
        let seconds = took(&run, "Check the workspace");
        assert!((30.0..36.0).contains(&seconds), "{seconds}: {}", run.log);
        let error = run.error();
        for told in [
            "answered the same (302 → /login) before the release",
            "it will not become what `health-status` wants (200-299)",
            "Redirects are judged, not followed: choose a `health-path` that answers by itself, or add 302",
        ] {
            assert!(error.contains(told), "{error}");
        }
    }
}

#[test]
fn an_answer_that_may_still_change_is_waited_for() {
    let elsewhere = |world: &mut World| {
        both_sign_in(world);
        new_commit(world).app.headers[0].1 = "/welcome".to_owned();
    };
    let broken = |world: &mut World| {
        old_app(world, |app| app.status = 502);
        new_commit(world).app.status = 502;
    };
    let without_text = |world: &mut World| "other".clone_into(&mut new_commit(world).app.body);
    let changes: [fn(&mut World); 3] = [elsewhere, broken, without_text];
    for change in changes {
        let run = Scene::zero_downtime()
            .with("health-body", "{sha}")
            .with("health-timeout", "1m")
            .world(change)
            .run();
        assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
        assert!(took(&run, "Check the workspace") >= 60.0, "{}", run.log);
    }
}

#[test]
fn behind_the_public_domain_the_same_answer_may_only_mean_that_traffic_has_not_followed() {
    let run = Scene::zero_downtime()
        .with("switch-timeout", "2m")
        .world(|world| {
            old_app(world, signs_in);
            world.quirks.switch_seconds = 50.0;
        })
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn an_application_that_answers_as_before_is_put_back() {
    let scene = Scene::simple().world(both_sign_in);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert!(
        run.error().contains(&format!(
            "Workspace {LIVE} serves commit {} again.",
            &OLD[..7]
        )),
        "{}",
        run.error()
    );
    assert!(run.is_finished(), "{:?}", run.state);
    let stop = format!("POST /workspaces/{LIVE}/pipeline/run/stop");
    let stops = run.writes.iter().filter(|write| **write == stop);
    assert_eq!(stops.count(), 2, "{:?}", run.writes);
}

#[test]
fn the_post_step_knows_what_the_version_before_answered() {
    let start = format!("/workspaces/{LIVE}/pipeline/run/start");
    let (scene, run) = Scene::simple().world(both_sign_in).lost_at("POST", &start);
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert!(
        post.log.contains(&format!(
            "Workspace {LIVE} serves commit {} again.",
            &OLD[..7]
        )),
        "{}",
        post.log
    );
    assert!(!post.log.contains("MAY BE AWAY"), "{}", post.log);
}

#[test]
fn a_run_stage_that_ends_while_the_application_is_asked_ends_the_check() {
    for scene in [Scene::zero_downtime(), Scene::simple()] {
        let run = scene
            .world(|world| {
                let commit = new_commit(world);
                commit.app.ready_after = 1e6;
                commit.ci.run.fails_after = Some(6.0);
                commit.ci.run.lines = vec![('E', "no database at 10.0.0.1".to_owned())];
            })
            .run();
        assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
        let seconds = took(&run, "Check the workspace");
        assert!(seconds < 12.0, "{seconds}: {}", run.log);
        let error = run.error();
        assert!(error.contains("run failed on codesphere-ide"), "{error}");
        assert!(error.contains("no database at 10.0.0.1"), "{error}");
    }
}

#[test]
fn connections_that_somebody_changes_after_the_switch_are_the_cause_and_not_the_time_out() {
    let theirs = |world: &mut World| connect(world, DOMAIN, "/", &[DOCS]);
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    let run = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .fault(Fault::on("PUT", &path, FaultKind::run_after(theirs)))
        .run();
    assert_eq!(
        run.ending(),
        ("failed", "connections-changed"),
        "{}",
        run.log
    );
    let error = run.error();
    for told in [
        "https://shop.example.com points at workspace 4002 now: that is what visitors reach",
        "This run had pointed it at workspace 5001",
        "another workflow or job that releases to this domain",
        "a person in Codesphere",
    ] {
        assert!(error.contains(told), "{error}");
    }
    assert!(!error.contains("switch-timeout"), "{error}");
}

#[test]
fn an_answer_without_the_text_tells_what_came_instead_and_how_to_serve_the_commit() {
    let run = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .with("health-timeout", "10s")
        .world(|world| new_commit(world).app.body = format!("shop, version {OLD}"))
        .run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    let error = run.error();
    for told in [
        format!(
            "it begins \"shop, version {0}\"; it seems to name commit {0}",
            &OLD[..7]
        ),
        "`git rev-parse HEAD > public/version.txt`".to_owned(),
        "look whether `prepare` builds where `run` reads".to_owned(),
    ] {
        assert!(error.contains(&told), "{error}");
    }
    assert!(!error.contains("0.0.0.0:3000"), "{error}");
}

#[test]
fn an_application_that_is_not_up_points_at_its_log_memory_and_start_command() {
    let placeholder = FaultKind::Status {
        status: 200,
        headers: Vec::new(),
        body: "<html>Workspace server is starting</html>".to_owned(),
    };
    let down = |world: &mut World| new_commit(world).app.status = 503;
    let fault = Fault::on("GET", &format!("{NEW_DEV}/**"), placeholder).always();
    for scene in [
        Scene::zero_downtime().world(down),
        Scene::zero_downtime().world(|world| world.visit_faults.push(fault)),
    ] {
        let run = scene.with("health-timeout", "10s").run();
        assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
        let error = run.error();
        assert!(
            error.contains("What to do: Read the log of `run` in the workspace's CI pipeline: whether its start command stays up, whether it has memory enough (`plan`)"),
            "{error}"
        );
    }
}

#[test]
fn what_git_says_is_the_cause_and_not_the_branch() {
    for (said, command) in [
        (
            "fatal: Unable to create '/home/user/app/.git/index.lock': File exists.\n\nAnother git process seems to be running",
            "`rm -f .git/index.lock`",
        ),
        (
            "fatal: detected dubious ownership in repository at '/home/user/app'",
            "`git config --global --add safe.directory",
        ),
        (
            "error: unable to write file shop.js: No space left on device",
            "disk is full",
        ),
        ("fatal: index file corrupt", "`git reset --hard`"),
    ] {
        let answer = FaultKind::Status {
            status: 200,
            headers: Vec::new(),
            body: serde_json::json!({
                "command": "", "workingDir": "", "error": "", "output": format!("{said}\n\nrc=128\n")
            })
            .to_string(),
        };
        let run = Scene::simple()
            .world(|world| {
                let repository = world.repositories.get_mut(REPOSITORY).unwrap();
                repository.rewritten = true;
                repository
                    .branches
                    .insert("main".to_owned(), vec![Commit::new(NEW)]);
            })
            // The first reads the profile, the second lists edits.
            .fault(Fault::on("POST", "/workspaces/4001/execute", answer).after(2))
            .run();
        assert_eq!(run.ending(), ("reverted", "commit-mismatch"), "{}", run.log);
        let error = run.error();
        let line = said.lines().next().unwrap();
        assert!(error.contains(&format!("git says \"{line}\"")), "{error}");
        assert!(error.contains(command), "{error}");
        assert!(!error.contains("force push"), "{error}");
    }
}

#[test]
fn a_failed_stage_tells_the_line_that_looks_like_the_cause_and_then_the_last() {
    let run = Scene::simple()
        .world(|world| {
            new_commit(world).ci.prepare = Script::failing(
                2.0,
                &[
                    "npm warn deprecated: error handling of old",
                    "Found 0 errors in 3 files",
                    "src/app.ts(3,5): error TS2322: no string",
                    "npm error code 2",
                    "npm error A complete log is elsewhere",
                ],
            );
        })
        .run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    let error = run.error();
    assert!(
        error.contains("It said: src/app.ts(3,5): error TS2322: no string; and last: npm error A complete log is elsewhere"),
        "{error}"
    );
}
