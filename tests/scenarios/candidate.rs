use codesphere_release::owner::OwnerLabel;
use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD};
use serde_json::json;

use crate::harness::{Scene, new_commit};

const NEXT: u64 = 5001;

fn mark(scene: &Scene, workspace: u64) -> OwnerLabel {
    let message = scene
        .sim
        .with(|world| world.workspaces[&workspace].welcome_message.clone());
    OwnerLabel::parse(&message.unwrap()).unwrap()
}

fn production_is_as_before(scene: &Scene) {
    assert_eq!(
        (scene.pointed("/"), scene.pointed("/docs")),
        (vec![LIVE], vec![DOCS])
    );
    let visit = scene.sim.visit(DOMAIN, "/");
    assert!(visit.body.contains(OLD), "{}", visit.body);
}

#[test]
fn a_candidate_is_built_and_asked_and_left_running_beside_what_serves() {
    let scene = Scene::candidate().with("health-body", "{sha}");
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (0, ("ready", "")), "{}", run.log);
    assert_eq!(
        run.writes,
        [
            "POST /workspaces",
            "POST /workspaces/5001/git/pull/origin/main",
            "POST /workspaces/5001/pipeline/prepare/start",
            "POST /workspaces/5001/pipeline/run/start",
        ]
    );
    production_is_as_before(&scene);
    let url = "https://5001-3000.2.codesphere.test";
    assert_eq!(
        ["workspace-id", "workspace-url", "url", "commit"].map(|name| run.output(name)),
        ["5001", url, url, NEW]
    );
    assert_eq!(run.output("previous-workspace-ids"), "[]");
    assert!(
        run.summary
            .contains("Ready: runs alongside what serves: [5001"),
        "{}",
        run.summary
    );
    assert!(
        run.annotations("notice")[0].contains("run the flow `promote` with `workspace-id: 5001`"),
        "{}",
        run.log
    );
    assert_eq!(scene.post(&run).writes, [""; 0]);
}

#[test]
fn the_mark_says_what_the_candidate_is_meant_for() {
    let scene = Scene::candidate();
    assert_eq!(scene.run().exit, 0);
    let its = mark(&scene, NEXT);
    assert_eq!(its.flow, "candidate");
    assert_eq!(its.purpose.to_string(), "domain shop.example.com, path /");
    let scene = Scene::candidate().with("domain", "");
    let run = scene.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
    assert_eq!(mark(&scene, NEXT).purpose.to_string(), "domain -, path -");
    let asked = scene.sim.calls();
    assert!(
        !asked.iter().any(|call| call.path.starts_with("/domains")),
        "no domain, no question"
    );
}

#[test]
fn a_profile_is_noted_for_whoever_starts_the_candidate_later() {
    let scene = Scene::candidate()
        .with("profile", "prod")
        .world(|world| new_commit(world).ci.profiles.push("prod".to_owned()));
    let run = scene.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
    assert_eq!(
        scene.remembered(NEXT),
        json!({"places": [], "profile": "prod"})
    );
}

#[test]
fn a_domain_that_is_given_is_checked_as_before_a_release() {
    let scene = Scene::candidate()
        .with("plan", "Nap")
        .world(|world| world.domains.get_mut(DOMAIN).unwrap().verified = false);
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
    assert!(run.writes.is_empty(), "{:?}", run.writes);
    for told in ["2 things stand in the way", "is on-demand", "not verified"] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
    let run = Scene::candidate().with("domain", "no.example.com").run();
    assert_eq!(run.ending(), ("failed", "not-found"), "{}", run.log);
}

#[test]
fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let run = Scene::candidate().with("dry-run", "true").run();
    assert_eq!((run.ending(), run.writes.len()), (("planned", ""), 0));
    run.tells(&[
        "Flow candidate on",
        "1. Create workspace \"shop-aaaaaaa-9876543210\"",
        "6. Ask the new workspace's development domain for /",
        "7. Leave it running alongside what serves, for the flow `promote` to bring it to https://shop.example.com.",
        "8. On a failure: delete the new workspace.",
    ]);
    assert!(!run.log.contains("Switch"), "{}", run.log);
}

#[test]
fn a_candidate_that_fails_is_removed_or_kept_as_asked() {
    for (on_failure, outcome, left) in [
        ("rollback", "reverted", vec![LIVE, DOCS]),
        ("keep", "failed", vec![LIVE, DOCS, NEXT]),
    ] {
        let scene = Scene::candidate()
            .with("on-failure", on_failure)
            .world(|world| new_commit(world).app.status = 500);
        let run = scene.run();
        assert_eq!(run.ending(), (outcome, "unhealthy"), "{}", run.log);
        assert_eq!(scene.workspaces(), left);
        assert_eq!((run.output("url"), run.output("commit")), ("", ""));
        production_is_as_before(&scene);
    }
}

#[test]
fn a_newer_release_that_is_live_is_no_reason_to_make_no_candidate() {
    let scene = Scene::zero_downtime().variable("GITHUB_RUN_NUMBER", "50");
    assert_eq!(scene.run().exit, 0);
    let scene = scene
        .variable("GITHUB_RUN_NUMBER", "42")
        .with("flow", "candidate");
    let run = scene.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
}

#[test]
fn a_second_attempt_goes_on_with_the_candidate_of_the_first() {
    let (scene, _) = Scene::candidate().lost_at("GET", "/workspaces/5001/pipeline/run");
    let scene = scene.variable("GITHUB_RUN_ATTEMPT", "2");
    let run = scene.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
    run.tells(&["going on with workspace 5001", "prepare was good already"]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    let again = scene.variable("GITHUB_RUN_ATTEMPT", "3");
    let run = again.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
    assert_eq!(again.workspaces(), [LIVE, DOCS, NEXT]);
    run.tells(&["run was good already"]);
}

#[test]
fn another_flow_of_the_same_run_never_takes_it() {
    let (scene, _) = Scene::candidate().lost_at("GET", "/workspaces/5001/pipeline/run");
    let scene = scene
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .with("flow", "zero-downtime");
    let run = scene.run();
    assert_eq!(run.output("workspace-id"), "5002", "{}", run.log);
}

#[test]
fn what_a_lost_main_step_has_made_is_removed_by_the_post_step() {
    for (method, path) in [
        ("POST", "/workspaces"),
        ("POST", "/workspaces/5001/git/**"),
        ("POST", "/workspaces/5001/pipeline/run/start"),
    ] {
        let (scene, run) = Scene::candidate().lost_at(method, path);
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{method} {path}: {}", post.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS], "{method} {path}");
        production_is_as_before(&scene);
    }
}

#[test]
fn a_cancelled_candidate_is_removed() {
    let scene = Scene::candidate();
    let cancel = scene.cancel.clone();
    let scene = scene.fault(Fault::on(
        "GET",
        "/workspaces/5001/pipeline/run",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (130, ("cancelled", "cancelled")),
        "{}",
        run.log
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn inputs_of_the_switch_are_not_used_and_those_without_a_default_are_warned_of() {
    let run = Scene::candidate()
        .with("workspace-id", "4001")
        .with("dry-run", "true")
        .run();
    let warnings = run.annotations("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`workspace-id` is given, but the flow does not use it"));
}
