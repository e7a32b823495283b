use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use codesphere_release::clock::Clock;
use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD};

use crate::harness::{LOST, Run, Scene, connect};

const NEXT: u64 = 5001;
const OTHER: &str = "api.example.com";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";
const DEV: &str = "4001-3000.2.codesphere.test";

fn left_to_job(scene: Scene) -> Scene {
    scene.with("finish", "job").with("status", "success")
}

fn zero_downtime() -> Scene {
    left_to_job(Scene::zero_downtime().with("health-body", "{sha}"))
}

/// A release whose main step went well, and which is not finished.
fn live(scene: Scene) -> (Scene, Run) {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert!(!run.is_finished(), "{:?}", run.state);
    (scene, run)
}

/// The post step of a job that went so.
fn after(scene: Scene, run: &Run, status: &str) -> (Scene, Run) {
    let scene = scene.with("status", status);
    let post = scene.post(run);
    assert_eq!(scene.sim.violations(), [""; 0], "{}", post.log);
    (scene, post)
}

fn is_open(run: &Run) -> bool {
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    result["finished"] == false
}

#[test]
fn the_main_step_leaves_the_release_open_and_says_so_everywhere() {
    for scene in [
        zero_downtime()
            .with("previous", "stop")
            .with("keep-releases", "0"),
        left_to_job(Scene::promote()).with("previous", "stop"),
        left_to_job(Scene::simple()),
    ] {
        let (_, run) = live(scene);
        assert!(is_open(&run), "{}", run.output("result"));
        assert!(
            !run.log.contains("Drain") && !run.log.contains("Clean up"),
            "{}",
            run.log
        );
        let told = "The release is not finished: the rest of the job decides (`finish: job`).";
        assert!(run.annotations("notice")[0].contains(told), "{}", run.log);
        for told in [
            "## 🔎 Live, and not finished: the rest of the job verifies it",
            "the post step puts back what served before",
        ] {
            assert!(run.summary.contains(told), "{told}: {}", run.summary);
        }
        run.tells(&["Leave it to the rest of the job (`finish: job`)"]);
    }
    let run = Scene::zero_downtime().run();
    assert!(!is_open(&run) && run.is_finished());
}

#[test]
fn what_shares_a_route_already_is_released_and_not_asked_as_a_way_back() {
    for finish in ["job", "step"] {
        let scene = Scene::promote()
            .with("finish", finish)
            .with("status", "success");
        let run = scene.connected(DOMAIN, "/", &[LIVE, NEXT]).run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        let proven = run.log.split("::group::Prove the rollback").nth(1).unwrap();
        let asked: Vec<&str> = proven
            .lines()
            .filter(|line| line.starts_with("asking"))
            .collect();
        assert_eq!(
            asked,
            [format!("asking https://{DEV}/, at most 30 s")],
            "{proven}"
        );
    }
}

#[test]
fn a_job_that_succeeds_finishes_the_release_and_only_then_retires_what_served_before() {
    for scene in [
        zero_downtime(),
        left_to_job(Scene::promote().with("health-body", "{sha}")),
    ] {
        let (scene, run) = live(scene.with("previous", "stop"));
        assert_eq!(run.writes.last().unwrap(), SWITCH);
        let (scene, post) = after(scene, &run, "success");
        assert_eq!(post.exit, 0, "{}", post.log);
        assert_eq!(post.writes, ["POST /workspaces/4001/pipeline/run/stop"]);
        assert_eq!(scene.pointed("/"), [NEXT]);
        post.tells(&[
            "The job has succeeded: finishing the release.",
            "::group::Drain",
            "Codesphere Release%3A released::The job has succeeded: the release is finished. https://shop.example.com serves from workspace 5001. The run stage of workspace 4001 was stopped.",
        ]);
        assert!(
            post.summary
                .contains("## ✅ Finished: the job has verified the release"),
            "{}",
            post.summary
        );
        assert!(post.annotations("warning").is_empty() && post.annotations("error").is_empty());
    }
    let (scene, run) = live(left_to_job(Scene::simple()));
    let (scene, post) = after(scene, &run, "success");
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
    assert_eq!(
        scene.sim.visit(DEV, "/").body,
        format!("shop {NEW} on 4001")
    );
}

#[test]
fn the_drain_counts_from_the_switch_and_not_from_the_end_of_the_job() {
    let took = |pause: u64| {
        let (scene, run) = live(zero_downtime().with("previous", "stop").with("drain", "1m"));
        scene.clock.jump(Duration::from_secs(pause));
        let (_, post) = after(scene, &run, "success");
        assert_eq!(post.exit, 0, "{}", post.log);
        (post.took, post.log.contains("::group::Drain"))
    };
    let (early, drains) = took(0);
    assert!(drains && early >= Duration::from_secs(50), "{early:?}");
    let (late, drains) = took(300);
    assert!(!drains && late < Duration::from_secs(30), "{late:?}");
}

#[test]
fn a_job_that_fails_or_is_cancelled_puts_back_what_served_before_and_tells_which() {
    for (status, told) in [
        ("failure", "The job failed after the release"),
        ("cancelled", "The job was cancelled after the release"),
    ] {
        for scene in [
            zero_downtime()
                .with("previous", "delete")
                .with("keep-releases", "0"),
            zero_downtime().with("canary", "1m"),
            left_to_job(Scene::promote().with("health-body", "{sha}")),
        ] {
            let (scene, run) = live(scene);
            let (scene, post) = after(scene, &run, status);
            assert_eq!(post.exit, 0, "{}", post.log);
            assert_eq!(
                (scene.pointed("/"), scene.pointed("/docs")),
                (vec![LIVE], vec![DOCS])
            );
            assert_eq!(
                scene.workspaces(),
                [LIVE, DOCS, NEXT],
                "what had traffic stays"
            );
            assert_eq!(
                post.writes.iter().filter(|write| *write == SWITCH).count(),
                1
            );
            let notice = &post.annotations("notice")[0];
            for told in [
                format!("{told}, so it was reverted: production is verified as before."),
                "https://shop.example.com was switched back to workspace 4001".to_owned(),
                "Workspace 5001 stays for inspection, off the domain".to_owned(),
            ] {
                assert!(notice.contains(&told), "{told}: {notice}");
            }
            for told in [
                "## ↩️ Reverted by the post step: production is as before",
                told,
            ] {
                assert!(post.summary.contains(told), "{told}: {}", post.summary);
            }
            post.tells(&[
                &format!("{told}: putting back"),
                "Recovery: success",
                "Check what serves again: success",
            ]);
            assert_eq!(
                scene.sim.visit(DOMAIN, "/").body,
                format!("shop {OLD} on 4001")
            );
        }
    }
}

#[test]
fn the_old_commit_of_simple_serves_again_where_the_job_fails() {
    let (scene, run) = live(left_to_job(Scene::simple().with("env", "GREETING=hello")));
    scene.clock.jump(Duration::from_mins(30));
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(
        scene.sim.visit(DEV, "/").body,
        format!("shop {OLD} on 4001")
    );
    assert!(
        post.annotations("notice")[0].contains(
            "production is verified as before. Workspace 4001 serves commit 1111111 again."
        ),
        "{}",
        post.log
    );
    let downtime = post
        .summary
        .lines()
        .find(|line| line.contains("Downtime"))
        .unwrap();
    assert!(
        !downtime.contains("min"),
        "only from the second stop on: {downtime}"
    );
}

#[test]
fn new_values_of_env_that_nobody_knows_the_old_ones_of_are_named() {
    let (scene, run) = live(left_to_job(
        Scene::simple().with("env", "GREETING=moin\nNEW=1"),
    ));
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 1, "{}", post.log);
    assert_eq!(
        scene.sim.visit(DEV, "/").body,
        format!("shop {OLD} on 4001")
    );
    let error = post.error();
    for told in [
        "Workspace 4001 serves commit 1111111 again.",
        "The old values of GREETING and NEW in workspace 4001 are not known any more",
        "The job failed after the release",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn several_routes_go_back_together() {
    let scene = zero_downtime().connected(OTHER, "/", &[DOCS]).with(
        "domain",
        "shop.example.com\napi.example.com\nshop.example.com/new",
    );
    let (scene, run) = live(scene);
    assert_eq!(scene.pointed_at(OTHER, "/"), [NEXT]);
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(
        (scene.pointed("/"), scene.pointed_at(OTHER, "/")),
        (vec![LIVE], vec![DOCS])
    );
    assert!(
        scene
            .sim
            .with(|world| !world.domains[DOMAIN].workspaces.contains_key("/new"))
    );
}

#[test]
fn a_status_that_no_runner_says_counts_as_failure_and_is_told() {
    for (status, told) in [
        (
            "done",
            "How the job went is not known (`status` is \"done\"), so the job counts as failed.",
        ),
        (
            "",
            "How the job went is not known (`status` is empty), so the job counts as failed.",
        ),
        (
            "${{ job.status }}",
            "How the job went is not known (`status` is empty)",
        ),
    ] {
        let (scene, run) = live(zero_downtime());
        let (scene, post) = after(scene, &run, status);
        assert_eq!(post.exit, 0, "{}", post.log);
        assert_eq!(scene.pointed("/"), [LIVE]);
        assert!(
            post.annotations("warning")[0].contains(told),
            "{}",
            post.log
        );
    }
    // The runner's own words, whatever their case.
    let (scene, run) = live(zero_downtime());
    let (scene, _) = after(scene, &run, "Success");
    assert_eq!(scene.pointed("/"), [NEXT]);
}

#[test]
fn what_could_only_be_undone_is_not_begun() {
    for (finish, status, told) in [
        (
            "later",
            "success",
            "`finish` is \"later\". Good: step or job",
        ),
        ("job", "failure", "an earlier step of this job has failed"),
        ("job", "cancelled", "this job is cancelled"),
        ("job", "done", "`status` is \"done\", which no job says"),
    ] {
        for scene in [Scene::zero_downtime(), Scene::simple()] {
            let run = scene.with("finish", finish).with("status", status).run();
            assert_eq!(
                (run.exit, run.ending()),
                (1, ("failed", "invalid-input")),
                "{}",
                run.log
            );
            assert!(run.error().contains(told), "{told}: {}", run.error());
            assert!(run.writes.is_empty() && run.is_finished());
        }
    }
    // `act` evaluates no defaults; and with `finish: step` nobody looks.
    for (finish, status) in [("job", ""), ("step", "failure"), ("step", "?")] {
        let run = Scene::zero_downtime()
            .with("finish", finish)
            .with("status", status)
            .run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert!(
            run.annotations("warning")
                .iter()
                .all(|text| !text.contains("status"))
        );
    }
}

#[test]
fn a_newer_release_is_left_alone_whatever_became_of_the_job() {
    let newer = |scene: &Scene| {
        scene.sim.with(|world| connect(world, DOMAIN, "/", &[DOCS]));
    };
    let (scene, run) = live(zero_downtime().with("previous", "stop"));
    newer(&scene);
    let (scene, post) = after(scene, &run, "success");
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
    let warning = &post.annotations("warning")[0];
    for told in [
        "https://shop.example.com points at workspace 4002 now, not at workspace 5001 any more: somebody else has changed it",
        "look whether workspace 4001 is still needed",
    ] {
        assert!(warning.contains(told), "{told}: {warning}");
    }
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    let (scene, run) = live(zero_downtime());
    newer(&scene);
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 1, "{}", post.log);
    assert_eq!(scene.pointed("/"), [DOCS]);
    let error = post.error();
    for told in [
        "points at workspace 4002 now, which this run did not set",
        "It was left alone",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    assert!(
        post.log.contains("failed (connections-changed)"),
        "{}",
        post.log
    );
    assert!(
        !post.summary.contains("production is as before"),
        "{}",
        post.summary
    );
}

#[test]
fn a_rollback_in_between_is_as_good_as_ours() {
    let (scene, run) = live(zero_downtime().with("previous", "delete"));
    scene.sim.with(|world| connect(world, DOMAIN, "/", &[LIVE]));
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 0, "{}", post.log);
    assert!(
        post.writes.iter().all(|write| write != SWITCH),
        "{:?}",
        post.writes
    );
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_record_that_the_platform_does_not_bear_out_finishes_nothing() {
    let (scene, run) = live(zero_downtime().with("previous", "stop"));
    let scene = scene.world(|world| {
        let released = world.workspaces.get_mut(&NEXT).unwrap();
        released.welcome_message = Some("Hello".to_owned());
    });
    let writes = scene.sim.writes().len();
    let (scene, post) = after(scene, &run, "success");
    assert_eq!(post.exit, 1, "{}", post.log);
    assert!(post.error().contains("is not believed"), "{}", post.error());
    assert_eq!(scene.sim.writes().len(), writes);
}

#[test]
fn a_domain_that_is_gone_is_told_and_nothing_is_deleted() {
    let gone = |scene: &Scene| scene.sim.with(|world| drop(world.domains.remove(DOMAIN)));
    let (scene, run) = live(zero_downtime().with("previous", "delete"));
    gone(&scene);
    let (scene, post) = after(scene, &run, "success");
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
    assert!(post.annotations("warning")[0].contains("The release is good and stays, but what follows it (`previous`, `keep-releases`) was not done: Failed while reading the domain"), "{}", post.log);
    let (scene, run) = (scene, run);
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 1, "{}", post.log);
    assert!(
        post.error().contains("Production is uncertain"),
        "{}",
        post.error()
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn an_old_version_that_does_not_answer_any_more_is_said_loudly() {
    let (scene, run) = live(zero_downtime());
    scene
        .sim
        .with(|world| world.workspaces.get_mut(&LIVE).unwrap().run = None);
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 1, "{}", post.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
    let error = post.error();
    for told in [
        "Production may be down: https://shop.example.com points at workspace 4001 again, but is not healthy; the last time it answered 200 with the platform's page",
        "1. Look at workspace 4001 in Codesphere",
        "2. If that does not help and the new version is the better one, run the flow `promote` with `workspace-id: 5001`",
        "The job failed after the release",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn an_old_version_that_never_answered_better_is_as_before() {
    let scene = left_to_job(Scene::zero_downtime()).world(|world| {
        let old = &mut world
            .workspaces
            .get_mut(&LIVE)
            .unwrap()
            .run
            .as_mut()
            .unwrap()
            .commit;
        old.app.status = 404;
    });
    let (scene, run) = live(scene);
    let (_, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 0, "{}", post.log);
}

#[test]
fn a_main_step_that_was_killed_is_undone_as_ever_and_a_killed_one_after_its_checks_as_the_job_went()
{
    for (method, path, live_since) in [
        ("PUT", "/domains/**", false),
        // What served before is asked once more when the record is open already.
        ("GET", "/workspaces/4001/git/head", true),
    ] {
        let (scene, run) = zero_downtime().lost_at(method, path);
        assert_eq!((run.exit, run.is_finished()), (LOST, false));
        assert_eq!(
            run.state["made"].contains("left-to-job"),
            live_since,
            "{:?}",
            run.state
        );
        let (scene, post) = after(scene, &run, "failure");
        assert_eq!(post.exit, 0, "{}", post.log);
        assert_eq!(scene.pointed("/"), [LIVE]);
    }
}

#[test]
fn a_signal_after_the_checks_leaves_it_to_the_post_step() {
    let scene = zero_downtime();
    let cancel = scene.cancel.clone();
    let signal = FaultKind::run(move |_| cancel.cancel());
    let mut scene = scene.fault(Fault::on("GET", "/workspaces/4001/git/head", signal));
    let run = scene.run();
    assert!(run.state["made"].contains("left-to-job"), "{:?}", run.state);
    scene.uncancel();
    let (scene, post) = after(scene, &run, "cancelled");
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_check_that_fails_is_undone_by_the_main_step_as_ever() {
    let scene = zero_downtime().world(|world| world.quirks.switch_seconds = 1e9);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    assert!(run.is_finished());
    let calls = scene.sim.calls().len();
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!((post.exit, scene.sim.calls().len()), (0, calls));
}

#[test]
fn a_second_attempt_releases_again_what_the_first_has_put_back() {
    let (scene, run) = live(zero_downtime());
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(post.exit, 0, "{}", post.log);
    let scene = scene
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .with("status", "success");
    // Another attempt's record is none of this one's.
    let stale = scene.post(&run);
    assert!(stale.error().contains("is not believed"), "{}", stale.log);
    let (scene, run) = live(scene);
    assert_eq!(
        run.output("workspace-id"),
        NEXT.to_string(),
        "it goes on with that workspace"
    );
    let (scene, post) = after(scene, &run, "success");
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.pointed("/"), [NEXT]);
    // What is finished stays, however the job of a further attempt goes.
    let scene = scene.variable("GITHUB_RUN_ATTEMPT", "3");
    let run = scene.run();
    assert_eq!(run.ending(), ("unchanged", ""), "{}", run.log);
    assert!(
        run.annotations("warning")[0].contains("nothing is reverted if the rest of the job fails"),
        "{}",
        run.log
    );
    let (scene, post) = after(scene, &run, "failure");
    assert_eq!(
        (post.exit, post.writes.len(), scene.pointed("/")),
        (0, 0, vec![NEXT])
    );
}

#[test]
fn no_status_of_the_jobs_environment_turns_a_forged_record_into_one() {
    let (scene, run) = live(zero_downtime());
    let genuine = &run.state["made"];
    for forged in [
        genuine.replace(r#","left-to-job":"#, r#","left-to-job":1"#),
        genuine.replace("[4001]", "[4002]"),
    ] {
        assert_ne!(&forged, genuine);
        let post = scene.post_with(&BTreeMap::from([("made".to_owned(), forged)]));
        assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
        assert!(post.error().contains("is not believed"), "{}", post.error());
    }
    assert!(genuine.contains(r#"},"left-to-job":17672256"#), "{genuine}");
    assert!(!genuine.contains(r#""status":"success""#), "{genuine}");
}

#[test]
fn a_cancellation_while_the_post_step_drains_leaves_the_release() {
    let (scene, run) = live(zero_downtime().with("previous", "stop"));
    let (cancel, start) = (scene.cancel.clone(), scene.clock.now());
    let scene = scene.on_tick(move |now| {
        if now >= start + Duration::from_secs(5) {
            cancel.cancel();
        }
    });
    let (scene, post) = after(scene, &run, "success");
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert!(
        post.annotations("warning")[0]
            .contains("Not done (`previous: stop`): stopping the run stage of workspace 4001."),
        "{}",
        post.log
    );
}

/// Each call of a post step × a single bad answer, and the API gone for good: what serves is what the job decided, or it
/// is said.
#[test]
fn whatever_befalls_a_call_of_the_post_step_production_serves() {
    for (status, serving) in [("success", NEXT), ("failure", LIVE)] {
        let (clean, run) = live(zero_downtime().with("previous", "stop"));
        let start = clean.sim.calls().len();
        let (clean, _) = after(clean, &run, status);
        let calls: BTreeSet<(String, String)> = clean.sim.calls()[start..]
            .iter()
            .map(|call| (call.method.clone(), call.path.clone()))
            .collect();
        assert!(calls.len() >= 4, "{calls:?}");
        for (method, path) in calls {
            for (kind, times) in [("once", 1), ("always", u32::MAX)] {
                for what in [
                    FaultKind::ResetBefore,
                    FaultKind::ResetAfter,
                    FaultKind::status(500),
                    FaultKind::status(403),
                ] {
                    let forbidden = matches!(what, FaultKind::Status { status: 403, .. });
                    let (scene, run) = live(zero_downtime().with("previous", "stop"));
                    let fault = Fault::on(Box::leak(method.clone().into_boxed_str()), &path, what)
                        .times(times);
                    let (scene, post) = after(scene.fault(fault), &run, status);
                    let pointed = scene.pointed("/");
                    let whole = pointed == [serving];
                    let said = post.exit == 1 && !post.annotations("error").is_empty();
                    assert!(
                        whole || said,
                        "{status} {method} {path} {kind}: {pointed:?}\n{}",
                        post.log
                    );
                    if times == 1 && !forbidden {
                        assert!(
                            whole,
                            "{status} {method} {path} {kind}: {pointed:?}\n{}",
                            post.log
                        );
                    }
                    if status == "success" {
                        assert!(
                            whole && post.exit == 0,
                            "{method} {path} {kind}\n{}",
                            post.log
                        );
                    }
                    assert!(
                        scene.workspaces().contains(&LIVE) && scene.workspaces().contains(&NEXT)
                    );
                }
            }
        }
    }
}
