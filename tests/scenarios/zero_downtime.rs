use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use codesphere_release::owner::OwnerLabel;
use codesphere_simulator::{
    App, DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, World,
};

use crate::harness::{Scene, new_commit};

const NEXT: u64 = 5001;
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";

fn connect(world: &mut World, path: &str, ids: &[u64]) {
    world
        .domains
        .get_mut(DOMAIN)
        .unwrap()
        .workspaces
        .insert(path.to_owned(), ids.to_vec());
}

#[test]
fn a_release_builds_beside_and_switches_one_path() {
    let scene = Scene::zero_downtime().with("test", "true");
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert_eq!(
        run.writes,
        [
            "POST /workspaces",
            "POST /workspaces/5001/git/pull/origin/main",
            "POST /workspaces/5001/pipeline/prepare/start",
            "POST /workspaces/5001/pipeline/test/start",
            "POST /workspaces/5001/pipeline/run/start",
            "PUT /workspaces/5001/env-vars",
            SWITCH,
        ]
    );
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert_eq!(scene.pointed("/docs"), [DOCS]);
    assert_eq!(run.output("url"), "https://shop.example.com");
    assert_eq!(run.output("workspace-id"), "5001");
    assert_eq!(run.output("previous-workspace-ids"), "[4001]");
    assert_eq!(run.output("commit"), NEW);
}

#[test]
fn the_new_workspace_is_what_the_inputs_say_and_carries_the_mark() {
    let scene = Scene::zero_downtime()
        .with("replicas", "3")
        .with("storage", "2048")
        .with("clone-depth", "5")
        .with("base-image", "ubuntu-24.04")
        .with("vpn-config", "office")
        .with("shared-vault", "prod")
        .world(|world| {
            let none = BTreeSet::new();
            world.shared_vaults.insert("prod".to_owned(), none);
        })
        .with("restricted", "false")
        .with("workspace-name", "{repository}-{run-number}")
        .with("env", "A=1\nB=two words");
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let call = scene
        .sim
        .calls()
        .into_iter()
        .find(|call| call.method == "POST")
        .unwrap();
    let mut body = call.body.unwrap();
    let mark = OwnerLabel::parse(body["welcomeMessage"].as_str().unwrap()).unwrap();
    body["welcomeMessage"].take();
    assert_eq!(
        body,
        serde_json::json!({
            "teamId": 7, "name": "shop-42", "planId": 9, "isPrivateRepo": false, "replicas": 3,
            "gitUrl": REPOSITORY, "initialBranch": "main", "cloneDepth": 5, "restricted": false,
            "baseImage": "ubuntu-24.04", "vpnConfig": "office", "storageMib": 2048, "sharedVaultName": "prod",
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "two words"}], "welcomeMessage": null,
        })
    );
    assert_eq!(
        (mark.repository.name.as_str(), mark.workflow.as_str()),
        ("acme/shop", ".github/workflows/release.yml")
    );
    assert_eq!(
        (mark.purpose.to_string(), mark.commit.as_deref()),
        (format!("domain {DOMAIN}, path /"), Some(NEW))
    );
    assert_eq!(
        (
            mark.run_id,
            mark.run_number,
            mark.attempt,
            mark.launch.len()
        ),
        (9_876_543_210, 42, 1, 32)
    );
}

#[test]
fn under_steady_traffic_not_one_request_is_lost_and_the_last_come_from_the_new_version() {
    let scene = Scene::zero_downtime().with("health-body", "{sha}");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (visits, sim) = (Arc::clone(&seen), Arc::downgrade(&scene.sim));
    let scene = scene.on_tick(move |_| {
        if let Some(sim) = sim.upgrade() {
            let visit = sim.visit(DOMAIN, "/cart");
            let other = sim.visit(DOMAIN, "/docs/start");
            visits.lock().unwrap().push((
                visit.status,
                visit.workspace,
                other.status,
                other.workspace,
            ));
        }
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 100, "{}", seen.len());
    assert!(
        seen.iter()
            .all(|(status, _, docs, _)| (*status, *docs) == (200, 200))
    );
    assert!(seen.iter().all(|(_, _, _, docs)| *docs == Some(DOCS)));
    let served: Vec<u64> = seen.iter().map(|visit| visit.1.unwrap()).collect();
    assert_eq!((served.first(), served.last()), (Some(&LIVE), Some(&NEXT)));
    assert!(
        served.is_sorted(),
        "once switched, nothing comes from the old version"
    );
}

#[test]
fn with_a_body_to_look_for_the_release_is_good_only_once_the_domain_serves_the_new_version() {
    let scene = Scene::zero_downtime()
        .with("health-body", "{sha} on {workspace-id}")
        .world(|world| world.quirks.switch_seconds = 9.0);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "asking https://shop.example.com/",
        "but without",
        "answered 200: good, 1 of 3",
    ]);
    assert_eq!(scene.sim.visit(DOMAIN, "/").workspace, Some(NEXT));
}

#[test]
fn whatever_fails_before_the_switch_leaves_production_alone_and_removes_the_new_workspace() {
    type Break = fn(&mut World);
    let breaks: [(&str, &str, Break); 7] = [
        ("Wait for the workspace", "workspace-timeout", |world| {
            world.quirks.boot = 1e9;
        }),
        ("Check out the code", "commit-mismatch", |world| {
            let branch = world
                .repositories
                .get_mut(REPOSITORY)
                .unwrap()
                .branches
                .get_mut("main")
                .unwrap();
            branch.retain(|commit| commit.sha != NEW);
        }),
        ("Prepare", "stage-failed", |world| {
            new_commit(world).ci.prepare = Script::failing(5.0, &["no"]);
        }),
        ("Prepare", "stage-timeout", |world| {
            new_commit(world).ci.prepare = Script::lasting(1e9, &[]);
        }),
        ("Test", "stage-failed", |world| {
            new_commit(world).ci.test = Script::failing(5.0, &["no"]);
        }),
        ("Run", "stage-failed", |world| {
            new_commit(world).ci.run.fails = true;
        }),
        ("Check the workspace", "unhealthy", |world| {
            new_commit(world).app = App {
                status: 503,
                ..App::default()
            }
        }),
    ];
    for (step, reason, change) in breaks {
        let scene = Scene::zero_downtime().with("test", "true").world(change);
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (1, ("reverted", reason)),
            "{step}: {}",
            run.log
        );
        assert_eq!(run.groups().iter().rev().nth(1), Some(&step), "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS], "{step}");
        assert_eq!(scene.pointed("/"), [LIVE], "{step}");
        assert!(!run.writes.iter().any(|write| write == SWITCH), "{step}");
        assert!(
            run.error().contains("Production was not touched."),
            "{step}: {}",
            run.error()
        );
        assert_eq!(run.output("workspace-id"), "5001");
        assert_eq!(run.output("url"), "");
    }
}

#[test]
fn a_failed_workspace_is_kept_where_that_is_wanted_and_named() {
    let scene = Scene::zero_downtime()
        .with("on-failure", "keep")
        .world(|world| new_commit(world).ci.run.fails = true);
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (1, ("failed", "stage-failed")));
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert!(
        run.error().contains("Workspace 5001 was kept"),
        "{}",
        run.error()
    );
}

#[test]
fn a_domain_that_does_not_serve_the_new_version_is_put_back() {
    let scene = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .world(|world| world.quirks.switch_seconds = 1e9);
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("reverted", "switch-failed")),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [LIVE]);
    assert_eq!(scene.pointed("/docs"), [DOCS]);
    assert_eq!(
        scene.workspaces(),
        [LIVE, DOCS, NEXT],
        "what had traffic is never deleted"
    );
    let error = run.error();
    assert!(
        error.contains("was switched back to workspace 4001"),
        "{error}"
    );
    assert!(
        error.contains("Workspace 5001 stays for inspection"),
        "{error}"
    );
    assert!(error.contains("within 30 s (`switch-timeout`)"), "{error}");
}

#[test]
fn what_the_path_pointed_at_is_remembered_in_the_new_workspace() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    let kept = scene
        .sim
        .with(|world| world.workspaces[&NEXT].env["CODESPHERE_RELEASE_PREVIOUS"].clone());
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        kept,
        serde_json::json!({
            "places": [{"domain": DOMAIN, "path": "/", "workspaces": [LIVE]}],
            "profile": null,
        })
    );
}

#[test]
fn connections_that_changed_since_the_plan_are_not_overwritten() {
    let meanwhile = FaultKind::run(|world| connect(world, "/", &[DOCS]));
    let scene = Scene::zero_downtime().fault(Fault::on("POST", "/workspaces", meanwhile));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("reverted", "connections-changed")),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [DOCS]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
    assert!(!run.writes.iter().any(|write| write == SWITCH));
    assert!(run.error().contains("`concurrency`"), "{}", run.error());
}

#[test]
fn connections_that_somebody_changes_after_the_switch_are_left_alone_and_fail_the_release() {
    let meanwhile = FaultKind::run_after(|world| connect(world, "/", &[DOCS]));
    let scene = Scene::zero_downtime().fault(Fault::on("PUT", "/domains/**", meanwhile));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "connections-changed")),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [DOCS]);
    assert!(run.error().contains("It was left alone"), "{}", run.error());
}

#[test]
fn other_paths_that_changed_since_the_plan_are_sent_as_they_are_now() {
    let meanwhile = FaultKind::run(|world| connect(world, "/new", &[DOCS]));
    let scene = Scene::zero_downtime().fault(Fault::on("POST", "/workspaces", meanwhile));
    assert_eq!(scene.run().exit, 0);
    assert_eq!(
        (
            scene.pointed("/"),
            scene.pointed("/docs"),
            scene.pointed("/new")
        ),
        (vec![NEXT], vec![DOCS], vec![DOCS])
    );
}

#[test]
fn a_switch_that_the_api_accepts_and_does_not_do_is_tried_again_and_then_told() {
    let scene = Scene::zero_downtime().world(|world| world.quirks.connections_ignored = 1);
    assert_eq!(scene.run().ending(), ("released", ""));
    assert_eq!(scene.pointed("/"), [NEXT]);
    let scene = Scene::zero_downtime().world(|world| world.quirks.connections_ignored = u32::MAX);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
    assert!(run.error().contains("changed nothing"), "{}", run.error());
}

#[test]
fn an_api_that_merges_connections_is_as_good_as_one_that_replaces_them() {
    let scene = Scene::zero_downtime().world(|world| world.quirks.connections_merge = true);
    assert_eq!(scene.run().ending(), ("released", ""));
    assert_eq!(
        (scene.pointed("/"), scene.pointed("/docs")),
        (vec![NEXT], vec![DOCS])
    );
}

#[test]
fn the_first_release_of_a_path_creates_it_and_a_bad_one_takes_it_away_again() {
    let scene = Scene::zero_downtime().with("path", "/shop");
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        (scene.pointed("/shop"), scene.pointed("/")),
        (vec![NEXT], vec![LIVE])
    );
    assert_eq!(run.output("previous-workspace-ids"), "[]");
    assert_eq!(run.output("url"), "https://shop.example.com/shop");
    let scene = Scene::zero_downtime()
        .with("path", "/shop")
        .with("health-body", "{sha}")
        .world(|world| world.quirks.switch_seconds = 1e9);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    assert!(
        scene
            .sim
            .with(|world| !world.domains[DOMAIN].workspaces.contains_key("/shop"))
    );
}

#[test]
fn what_served_before_is_kept_stopped_or_deleted_as_asked() {
    let scene = Scene::zero_downtime().with("previous", "stop");
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        run.writes.last().unwrap(),
        "POST /workspaces/4001/pipeline/run/stop"
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);

    let scene = Scene::zero_downtime().with("previous", "delete");
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "it is not ours");
    assert!(
        run.annotations("warning")
            .iter()
            .any(|text| text.contains("was not made by this action")),
        "{}",
        run.log
    );

    let scene = Scene::zero_downtime().with("previous", "delete");
    assert_eq!(scene.run().exit, 0);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        scene.workspaces(),
        [LIVE, DOCS, NEXT + 1],
        "the first release was ours"
    );
}

#[test]
fn what_served_before_is_left_alone_while_some_path_still_points_at_it() {
    for previous in ["stop", "delete"] {
        let scene = Scene::zero_downtime()
            .with("previous", previous)
            .world(|world| connect(world, "/old", &[LIVE]));
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert_eq!(run.writes.last().unwrap(), SWITCH);
        assert!(
            run.annotations("notice")[0].contains("still points at it"),
            "{}",
            run.log
        );
    }
}

#[test]
fn a_good_release_stays_good_when_the_old_workspace_cannot_be_stopped() {
    let scene = Scene::zero_downtime()
        .with("previous", "stop")
        .fault(Fault::on(
            "POST",
            "/workspaces/4001/pipeline/run/stop",
            FaultKind::status(400),
        ));
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (0, ("released", "")));
    assert!(
        run.annotations("warning")
            .iter()
            .any(|text| text.contains("is still there")),
        "{}",
        run.log
    );
}

#[test]
fn a_taken_name_gets_a_number() {
    let scene = Scene::zero_downtime().with("workspace-name", "docs");
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(
        scene.sim.with(|world| world.workspaces[&NEXT].name.clone()),
        "docs-2"
    );
}

#[test]
fn a_lost_answer_to_the_creation_leaves_one_workspace() {
    for (kind, creates) in [
        (FaultKind::ResetAfter, 1),
        (FaultKind::HangAfter, 1),
        (FaultKind::BrokenJson, 1),
        (FaultKind::Truncated, 1),
        (FaultKind::ResetBefore, 2),
        (FaultKind::status(503), 2),
        (FaultKind::status(429), 2),
    ] {
        let scene = Scene::zero_downtime()
            .fault(Fault::on("POST", "/workspaces", kind))
            .impatient();
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        let count = run
            .writes
            .iter()
            .filter(|write| *write == "POST /workspaces")
            .count();
        assert_eq!(count, creates, "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    }
}

#[test]
fn a_lost_creation_is_found_although_it_shows_up_late() {
    let scene = Scene::zero_downtime()
        .world(|world| world.quirks.late_in_list = 9.0)
        .fault(Fault::on("POST", "/workspaces", FaultKind::ResetAfter));
    assert_eq!(scene.run().exit, 0);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn a_lost_answer_to_the_switch_is_looked_at_not_repeated_blindly() {
    for kind in [
        FaultKind::ResetAfter,
        FaultKind::HangAfter,
        FaultKind::BrokenJson,
        FaultKind::ResetBefore,
        FaultKind::status(503),
    ] {
        let scene = Scene::zero_downtime()
            .fault(Fault::on("PUT", "/domains/**", kind))
            .impatient();
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert_eq!(scene.pointed("/"), [NEXT]);
    }
}

#[test]
fn a_cancelled_release_leaves_nothing_behind() {
    let scene = Scene::zero_downtime();
    let cancel = scene.cancel.clone();
    let scene = scene.fault(Fault::on(
        "POST",
        "/workspaces/*/pipeline/prepare/start",
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
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_domain_that_asks_to_sign_in_is_read_back_only() {
    let scene = Scene::zero_downtime()
        .world(|world| world.domains.get_mut(DOMAIN).unwrap().restricted = true);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(
        run.annotations("warning")
            .iter()
            .any(|text| text.contains("asks visitors to sign in"))
    );
    assert!(!run.groups().contains(&"Check the domain"));
}

#[test]
fn an_application_that_flaps_counts_only_when_it_answers_well_in_a_row() {
    let scene = Scene::zero_downtime().world(|world| new_commit(world).app.flaps = Some(3));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    let scene = Scene::zero_downtime().world(|world| new_commit(world).app.ready_after = 20.0);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "answered 502, wanted 200-299",
        "good, 1 of 3",
        "3 in a row after",
    ]);
}

#[test]
fn the_dev_domain_is_waited_for_never_made_up() {
    let scene =
        Scene::zero_downtime().world(|world| world.quirks.missing_dev_domain_seconds = 20.0);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "no development domain yet",
        "its development domain is https://5001-3000.2.codesphere.test",
    ]);
}

#[test]
fn a_clone_of_a_private_repository_that_fails_points_at_the_access() {
    let scene = Scene::zero_downtime()
        .with("private-repository", "false")
        .world(|world| world.repositories.get_mut(REPOSITORY).unwrap().private = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "workspace-timeout"));
    assert!(
        run.error().contains("`private-repository`"),
        "{}",
        run.error()
    );
}

#[test]
fn the_whole_release_takes_no_longer_than_its_stages_and_their_settling() {
    let run = Scene::zero_downtime().with("logs", "none").run();
    let way_back = 2;
    assert!(
        run.took < Duration::from_secs(8 + 5 + 2 + 8 + way_back),
        "{:?}\n{}",
        run.took,
        run.log
    );
    assert_eq!(scene_version(run.output("commit")), scene_version(NEW));
    assert_ne!(scene_version(NEW), scene_version(OLD));
}

fn scene_version(commit: &str) -> &str {
    commit.get(..7).unwrap()
}

#[test]
fn a_name_that_is_taken_gets_a_number_in_whichever_words_the_platform_says_so() {
    for title in [
        "Team already has a workspace with the given name.",
        "Workspace name already in use",
    ] {
        let taken = FaultKind::Status {
            status: 400,
            headers: Vec::new(),
            body: serde_json::json!({"status": 400, "title": title}).to_string(),
        };
        let scene = Scene::zero_downtime().fault(Fault::on("POST", "/workspaces", taken));
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        let name = |world: &mut World| world.workspaces[&NEXT].name.clone();
        assert_eq!(scene.sim.with(name), "shop-aaaaaaa-9876543210-2");
    }
}
