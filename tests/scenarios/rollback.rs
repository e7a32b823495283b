use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use codesphere_release::owner::{OwnerLabel, Purpose};
use codesphere_simulator::{
    DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, Service, Workspace, World,
};

use crate::harness::{Run, Scene, connect, new_commit};

const NEXT: u64 = 5001;
const SECOND: u64 = 5002;
const WAKE: &str = "PATCH /workspaces/4001";
/// Takes that away again.
const UNNOTE: &str = "DELETE /workspaces/4001/env-vars";
/// Holds further releases.
const NOTE: &str = "PUT /workspaces/4001/env-vars";
const START: &str = "POST /workspaces/4001/pipeline/run/start";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";

/// Two releases after each other: 5002 is live, 5001 served before it, 4001 before that.
fn twice() -> Scene {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    scene
        .variable("GITHUB_RUN_ID", "9876543220")
        .variable("GITHUB_RUN_NUMBER", "43")
        .rolling_back()
}

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
    run
}

fn assert_tells(run: &Run, texts: &[&str]) {
    for text in texts {
        assert!(run.error().contains(text), "{text}: {}", run.error());
    }
}

/// Runs a scene that must go back to the workspace that served before the first release.
fn rolled_back(scene: &Scene) -> Run {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("rolled-back", "")),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [LIVE]);
    run
}

fn live(world: &mut World) -> &mut Workspace {
    world.workspaces.get_mut(&LIVE).unwrap()
}

fn marked(world: &mut World, id: u64, change: impl Fn(&mut OwnerLabel)) {
    let message = &mut world.workspaces.get_mut(&id).unwrap().welcome_message;
    let mut mark = OwnerLabel::parse(message.as_deref().unwrap()).unwrap();
    change(&mut mark);
    *message = Some(mark.to_string());
}

/// The old version is up, but the domain does not answer well.
fn down(world: &mut World) {
    let down = Fault::on("GET", "shop.example.com/**", FaultKind::status(502));
    world.visit_faults.push(down.always());
}

#[test]
fn what_served_before_is_checked_and_serves_again_and_eleven_calls_come_before_the_switch() {
    let scene = Scene::rollback().with("health-body", "{sha} on {workspace-id}");
    let before = scene.sim.calls().len();
    let run = rolled_back(&scene);
    assert_eq!(run.writes, [NOTE, SWITCH]);
    let mut asked: Vec<String> = scene.sim.calls()[before..]
        .iter()
        .map(|call| format!("{} {}", call.method, call.path))
        .collect();
    let domain = "GET /domains/team/7/domain/shop.example.com";
    // These go side by side.
    asked[4..9].sort();
    assert_eq!(
        asked,
        [
            "GET /teams",
            domain,
            "GET /workspaces/5001/env-vars",
            "GET /workspaces/4001",
            "GET /workspaces/4001/env-vars",
            "GET /workspaces/4001/git/head",
            "GET /workspaces/5001",
            "GET /workspaces/5001/env-vars",
            "POST /workspaces/4001/execute",
            NOTE,
            domain,
            SWITCH,
            domain,
            "GET /workspaces/4001/env-vars",
            "POST /workspaces/4001/execute",
            "GET /workspaces/4001/pipeline/run",
            "GET /workspaces/5001/git/head",
            "POST /workspaces/5001/execute",
        ]
    );
    assert_eq!(
        (scene.pointed("/docs"), scene.workspaces()),
        (vec![DOCS], vec![LIVE, DOCS, NEXT])
    );
    assert_eq!(
        [
            "workspace-id",
            "workspace-url",
            "url",
            "commit",
            "previous-workspace-ids"
        ]
        .map(|name| run.output(name)),
        [
            "4001",
            "https://4001-3000.2.codesphere.test",
            "https://shop.example.com",
            OLD,
            "[5001]"
        ]
    );
    assert!(run.annotations("warning").is_empty(), "{}", run.log);
    run.tells(&[
        "https://4001-3000.2.codesphere.test/ is healthy",
        "https://shop.example.com/ is healthy",
    ]);
    for told in [
        "## ⏪ Rolled back: [shop.example.com](<https://shop.example.com>)",
        "| **Before** | workspace 5001 |",
        "| **Kept** | workspace 5001, which served until the rollback |",
        "run the flow <code>promote</code> with <code>workspace-id&#58; 5001</code>",
    ] {
        assert!(run.summary.contains(told), "{told}\n---\n{}", run.summary);
    }
    assert_eq!(scene.post(&run).writes, [""; 0]);
}

#[test]
fn a_team_by_its_number_is_not_looked_up_unless_it_is_wrong() {
    let scene = Scene::rollback().with("team", "7");
    let before = scene.sim.calls().len();
    rolled_back(&scene);
    let calls = scene.sim.calls().split_off(before);
    assert!(calls.iter().all(|call| call.path != "/teams"));
    let run = scene.with("team", "77").run();
    assert_eq!(run.ending().0, "failed", "{}", run.log);
    assert_tells(&run, &["belongs to no team 77", "Acme (7)"]);
}

#[test]
fn under_steady_traffic_not_one_request_is_lost_and_the_old_version_answers_at_once() {
    let scene = Scene::rollback();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (visits, sim) = (Arc::clone(&seen), Arc::downgrade(&scene.sim));
    let scene = scene.on_tick(move |now| {
        if let Some(sim) = sim.upgrade() {
            let visit = sim.visit(DOMAIN, "/cart");
            visits
                .lock()
                .unwrap()
                .push((now, visit.status, visit.workspace));
        }
    });
    rolled_back(&scene);
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 30, "{}", seen.len());
    assert!(seen.iter().all(|(_, status, _)| *status == 200));
    let served: Vec<u64> = seen.iter().map(|visit| visit.2.unwrap()).collect();
    assert_eq!((served.first(), served.last()), (Some(&NEXT), Some(&LIVE)));
    assert!(
        served.windows(2).all(|pair| pair[0] >= pair[1]),
        "{served:?}"
    );
    let switched = served.iter().position(|id| *id == LIVE).unwrap();
    let follow = scene.sim.with(|world| world.quirks.switch_seconds);
    let took = seen[switched].0.checked_sub(seen[0].0).unwrap();
    let limit = Duration::from_secs_f64(2.0 + follow) + Duration::from_secs(2);
    assert!(
        took < limit,
        "{took:?}: three good answers take two seconds"
    );
}

#[test]
fn a_second_rollback_goes_one_further_back_and_a_third_finds_nothing() {
    let scene = twice();
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    assert_eq!(
        (scene.pointed("/"), run.output("commit")),
        (vec![NEXT], NEW)
    );
    rolled_back(&scene);
    let run = refused(&scene, "no-target");
    assert_tells(
        &run,
        &[
            "Workspace 4001, which https://shop.example.com points at, does not remember",
            "- workspace 5002 (shop-aaaaaaa-9876543220), commit aaaaaaa",
            "run 9876543220 (number 43), made ",
            "- workspace 5001 (",
            "Give one of these as `workspace-id`",
        ],
    );
    assert!(run.error().find("workspace 5002 (") < run.error().find("workspace 5001 ("));
}

#[test]
fn a_bad_release_is_never_on_the_chain() {
    // 5002 does not answer well on the domain and is put back: then 5001 is live as before.
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene.variable("GITHUB_RUN_ID", "9876543220").world(down);
    assert_eq!(scene.run().ending(), ("reverted", "switch-failed"));
    assert_eq!(scene.pointed("/"), [NEXT]);
    let scene = scene
        .world(|world| world.visit_faults.clear())
        .with("flow", "rollback");
    rolled_back(&scene);
    // 5002 is rolled back from, and 5003 released after that: the way back leads past 5002.
    let scene = twice();
    assert_eq!(scene.run().ending(), ("rolled-back", ""));
    let scene = scene
        .with("flow", "zero-downtime")
        .with("plan", "Boost")
        .with("if-held", "release")
        .variable("GITHUB_RUN_NUMBER", "44")
        .rolling_back()
        .with("if-held", "");
    assert_eq!(scene.pointed("/"), [5003]);
    assert_eq!(scene.run().ending(), ("rolled-back", ""));
    assert_eq!(scene.pointed("/"), [NEXT]);
}

#[test]
fn a_release_that_was_stopped_is_started_with_its_own_profile() {
    let scene = Scene::zero_downtime()
        .with("profile", "prod")
        .world(|world| new_commit(world).ci.profiles.push("prod".to_owned()));
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene
        .variable("GITHUB_RUN_ID", "9876543220")
        .with("profile", "")
        .with("previous", "stop")
        .rolling_back()
        .with("health-body", "{sha}");
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    assert_eq!(
        run.writes,
        [
            "POST /workspaces/5001/pipeline/run/start/prod",
            "PUT /workspaces/5001/env-vars",
            SWITCH,
        ]
    );
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert!(
        run.summary.contains("started by this rollback"),
        "{}",
        run.summary
    );
}

#[test]
fn a_workspace_that_sleeps_is_woken_and_started_if_need_be() {
    // What it ran before comes up by itself, though the platform lists nothing of it at first.
    let scene = Scene::rollback().world(|world| {
        world.quirks.empty_seconds = 5.0;
        live(world).asleep = true;
    });
    assert_eq!(rolled_back(&scene).writes, [WAKE, NOTE, SWITCH]);
    let scene = Scene::rollback().world(|world| {
        world.quirks.wakes_without_run = true;
        live(world).asleep = true;
    });
    assert_eq!(rolled_back(&scene).writes, [WAKE, START, NOTE, SWITCH]);
}

#[test]
fn without_a_health_check_the_run_stage_is_looked_at_instead() {
    let scene = Scene::rollback().with("health-check", "false");
    let before = scene.sim.calls().len();
    assert_eq!(rolled_back(&scene).writes, [NOTE, SWITCH]);
    let asked = scene.sim.calls().split_off(before);
    let switch = asked
        .iter()
        .position(|call| call.path.ends_with("connections"));
    assert_eq!(switch, Some(14));
    let scene = Scene::rollback()
        .with("health-check", "false")
        .world(|world| live(world).run = None);
    assert_eq!(rolled_back(&scene).writes, [START, NOTE, SWITCH]);
    let scene = Scene::rollback()
        .with("health-check", "false")
        .world(|world| live(world).asleep = true);
    assert_eq!(rolled_back(&scene).writes, [WAKE, NOTE, SWITCH]);
}

#[test]
fn what_does_not_come_up_is_not_rolled_back_to() {
    let asleep = |world: &mut World| live(world).asleep = true;
    let scene = Scene::rollback()
        .with("workspace-timeout", "2m")
        .world(asleep)
        .world(|world| world.quirks.boot = 1e9);
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "workspace-timeout")),
        "{}",
        run.log
    );
    assert_tells(&run, &["was to be woken; nothing else was changed"]);
    assert_eq!(
        (run.writes, scene.pointed("/")),
        (vec![WAKE.to_owned()], vec![NEXT])
    );
    let scene = Scene::rollback()
        .with("workspace-timeout", "2m")
        .world(|world| {
            let workspace = live(world);
            workspace.run = None;
            workspace.objects[0].ci.run.boot = 1e9;
        });
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "stage-timeout")),
        "{}",
        run.log
    );
    assert_eq!(run.writes, [START]);
    assert_tells(
        &run,
        &[
            "within 2 min (`workspace-timeout`)",
            "Raise `workspace-timeout`",
            "was to be started; nothing else was changed",
        ],
    );
}

#[test]
fn what_does_not_answer_well_is_not_rolled_back_to() {
    let scene = Scene::rollback().world(|world| {
        live(world).run.as_mut().unwrap().commit.app.status = 500;
    });
    let run = refused(&scene, "unhealthy");
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert_tells(&run, &["Nothing was changed."]);
    rolled_back(&scene.with("health-check", "no"));
    let scene = Scene::rollback().world(|world| world.quirks.missing_dev_domain_seconds = 1e9);
    let run = refused(&scene, "unhealthy");
    assert_tells(&run, &["Workspace 4001 has no development domain"]);
    run.tells(&["no development domain yet"]);
}

#[test]
fn a_target_that_is_gone_is_told_with_the_releases_that_exist() {
    let gone = |world: &mut World| drop(world.workspaces.remove(&LIVE));
    let run = refused(&Scene::rollback().world(gone), "no-target");
    assert_tells(
        &run,
        &[
            "Workspace 4001, to roll back to, does not exist",
            "No other release of acme/shop for https://shop.example.com exists.",
            "Give the workspace to go back to as `workspace-id`",
        ],
    );
    let scene = twice().world(|world| {
        world.workspaces.remove(&NEXT);
        let another = world.workspaces[&SECOND].clone();
        world.workspaces.insert(
            5007,
            Workspace {
                id: 5007,
                ..another.clone()
            },
        );
        world.workspaces.insert(
            5008,
            Workspace {
                id: 5008,
                ..another.clone()
            },
        );
        world.workspaces.insert(
            5009,
            Workspace {
                id: 5009,
                ..another
            },
        );
        marked(world, 5008, |mark| {
            mark.repository = "acme/other".into();
        });
        marked(world, 5009, |mark| mark.purpose = Purpose::PullRequest(3));
    });
    let run = refused(&scene, "no-target");
    assert_tells(&run, &["- workspace 5007 (", "Give one of these"]);
    for other in ["workspace 5002 (", "workspace 5008", "workspace 5009"] {
        assert!(!run.error().contains(other), "{}", run.error());
    }
    let run = refused(&Scene::rollback().with("workspace-id", "77"), "no-target");
    assert_tells(&run, &["Workspace 77, to roll back to, does not exist"]);
}

#[test]
fn where_nothing_tells_what_served_before_there_is_no_target() {
    let forgetful = |text: Option<&'static str>| {
        Scene::rollback().world(move |world| {
            let env = &mut world.workspaces.get_mut(&NEXT).unwrap().env;
            env.remove("CODESPHERE_RELEASE_PREVIOUS");
            env.extend(
                text.map(|text| ("CODESPHERE_RELEASE_PREVIOUS".to_owned(), text.to_owned())),
            );
        })
    };
    let link = |ids: &str| {
        let text = format!(
            r#"{{"places":[{{"domain":"{DOMAIN}","path":"/","workspaces":{ids}}}],"profile":null}}"#
        );
        Some(&*text.leak())
    };
    for (scene, told) in [
        (
            forgetful(None),
            "does not remember what served there before it",
        ),
        (
            forgetful(Some("?")),
            "(variable `CODESPHERE_RELEASE_PREVIOUS`) cannot be read",
        ),
        (
            forgetful(link("[]")),
            "Before workspace 5001, https://shop.example.com pointed at nothing.",
        ),
        (
            forgetful(link("[4001,4002]")),
            "pointed at workspaces 4001 and 4002: a rollback goes back to a single one",
        ),
        (
            Scene::rollback().connected(DOMAIN, "/", &[NEXT, DOCS]),
            "points at workspaces 5001 and 4002, and only a single one",
        ),
        (
            Scene::rollback().connected(DOMAIN, "/", &[]),
            "points at nothing",
        ),
        (
            Scene::rollback().with("path", "/docs"),
            "Workspace 4002, which https://shop.example.com/docs points at, does not remember",
        ),
    ] {
        assert_tells(&refused(&scene, "no-target"), &[told]);
    }
}

#[test]
fn a_wished_workspace_is_gone_to_whatever_is_remembered() {
    let scene = twice().with("workspace-id", &LIVE.to_string());
    let run = rolled_back(&scene);
    assert!(run.annotations("warning")[0].contains("was not made by this action"));
    // Forth again: what it remembers was not written anew, so from there the chain is as it was.
    let scene = scene.with("workspace-id", &SECOND.to_string());
    assert_eq!(
        scene.run().writes,
        ["PUT /workspaces/5002/env-vars", SWITCH]
    );
    let scene = scene.with("workspace-id", "");
    assert_eq!(scene.run().ending(), ("rolled-back", ""));
    assert_eq!(scene.pointed("/"), [NEXT]);
    let scene =
        scene
            .with("workspace-id", &LIVE.to_string())
            .connected(DOMAIN, "/", &[NEXT, SECOND]);
    rolled_back(&scene);
}

#[test]
fn a_wished_workspace_must_be_of_this_repository_these_places_and_this_team() {
    let scene = || twice().with("workspace-id", &NEXT.to_string());
    let wrong = scene().world(|world| {
        marked(world, NEXT, |mark| {
            mark.repository = "acme/other".into();
            mark.purpose = Purpose::PullRequest(12);
        });
        let workspace = world.workspaces.get_mut(&NEXT).unwrap();
        (workspace.team, workspace.data_center) = (8, 2);
    });
    assert_tells(
        &refused(&wrong, "refused"),
        &[
            "4 things stand in the way",
            "was made for the repository acme/other, not for acme/shop",
            "is meant for the preview of pull request 12",
            "belongs to team 8, not to Acme (7)",
            "is in data centre 2, but shop.example.com is served from data centre 1",
        ],
    );
}

#[test]
fn what_served_before_must_be_of_this_team() {
    let scene = Scene::rollback().world(|world| live(world).team = 8);
    assert_tells(
        &refused(&scene, "refused"),
        &["Workspace 4001 belongs to team 8, not to Acme (7)."],
    );
}

#[test]
fn what_served_before_may_be_of_another_repository() {
    let scene = twice().world(|world| {
        marked(world, NEXT, |mark| {
            mark.repository = "acme/old-name".into();
        });
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    assert!(run.annotations("warning")[0].contains("was made for the repository acme/old-name"));
}

#[test]
fn what_is_live_already_is_left_as_it_is() {
    let scene = Scene::rollback().with("workspace-id", &NEXT.to_string());
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("unchanged", ""), 0),
        "{}",
        run.log
    );
    assert_eq!(
        ["workspace-id", "url", "commit"].map(|name| run.output(name)),
        ["5001", "https://shop.example.com", NEW]
    );
}

const PLACES: &str = "shop.example.com\napi.example.com\nshop.example.com/shop";

/// 5001 serves three places on two domains, all of which pointed at 4001 before.
fn several() -> Scene {
    Scene::zero_downtime()
        .connected("api.example.com", "/", &[LIVE])
        .connected(DOMAIN, "/shop", &[LIVE])
        .with("domain", PLACES)
        .rolling_back()
}

fn pointed(scene: &Scene) -> [Vec<u64>; 3] {
    [
        scene.pointed("/"),
        scene.pointed_at("api.example.com", "/"),
        scene.pointed("/shop"),
    ]
}

#[test]
fn several_places_go_back_together() {
    let scene = several();
    let before = scene.sim.calls().len();
    let run = rolled_back(&scene);
    assert_eq!(pointed(&scene), [[LIVE], [LIVE], [LIVE]]);
    let calls = scene.sim.calls().split_off(before);
    let env = calls.iter().filter(|call| call.path.ends_with("/env-vars"));
    assert_eq!((run.writes.len(), env.count()), (3, 5));
}

#[test]
fn places_that_did_not_point_at_the_same_workspace_are_told() {
    let scene = Scene::zero_downtime()
        .with("domain", "shop.example.com\nshop.example.com/docs")
        .rolling_back();
    let run = refused(&scene, "no-target");
    assert_tells(
        &run,
        &[
            "https://shop.example.com at workspace 4001 and https://shop.example.com/docs at workspace 4002",
        ],
    );
    // One place alone has an answer of its own.
    rolled_back(&scene.with("domain", DOMAIN));
}

#[test]
fn a_domain_that_does_not_answer_well_is_put_back() {
    let scene = Scene::rollback().world(down);
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("reverted", "switch-failed")),
        "{}",
        run.log
    );
    assert_eq!(
        (run.writes.clone(), scene.pointed("/")),
        (
            [NOTE, SWITCH, SWITCH, UNNOTE].map(str::to_owned).into(),
            vec![NEXT]
        )
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert!(!run.error().contains("delete it"), "{}", run.error());
    let scene = several().fault(
        Fault::on(
            "PUT",
            "/domains/team/7/domain/api.example.com/**",
            FaultKind::status(403),
        )
        .always(),
    );
    assert_eq!(scene.run().ending(), ("reverted", "unauthorized"));
    assert_eq!(pointed(&scene), [[NEXT], [NEXT], [NEXT]]);
}

#[test]
fn connections_that_changed_since_the_plan_are_not_overwritten() {
    let meanwhile = FaultKind::run(|world| connect(world, DOMAIN, "/", &[DOCS]));
    let scene = Scene::rollback().fault(Fault::on("GET", "/workspaces/4001/git/head", meanwhile));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "connections-changed"));
    assert_eq!(run.writes, [NOTE, UNNOTE]);
    assert_tells(&run, &["Nothing was changed."]);
    assert_eq!(scene.pointed("/"), [DOCS]);
}

#[test]
fn a_cancelled_rollback_is_put_back() {
    for (method, path) in [("GET", "/workspaces/4001/git/head"), ("PUT", "/domains/**")] {
        let scene = Scene::rollback();
        let cancel = scene.cancel.clone();
        let scene = scene.fault(Fault::on(
            method,
            path,
            FaultKind::run_after(move |_| cancel.cancel()),
        ));
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (130, ("cancelled", "cancelled")),
            "{}",
            run.log
        );
        assert_eq!(scene.pointed("/"), [NEXT]);
    }
}

#[test]
fn a_rollback_whose_machine_was_lost_is_put_back_by_the_post_step() {
    for (scene, wished) in [
        (Scene::rollback(), ""),
        (Scene::rollback(), "4001"),
        (several(), ""),
    ] {
        let (scene, run) = scene
            .with("workspace-id", wished)
            .lost_at("PUT", "/domains/**");
        let post = scene.post(&run);
        assert_eq!(
            (post.exit, scene.pointed("/")),
            (0, vec![NEXT]),
            "{}",
            post.log
        );
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    }
    let (scene, run) = Scene::rollback().lost_at("GET", "/workspaces/4001/git/head");
    assert_eq!(
        (scene.post(&run).exit, scene.post(&run).writes.len()),
        (0, 0)
    );
}

#[test]
fn a_record_that_nothing_bears_out_changes_nothing() {
    let (scene, run) = Scene::rollback().lost_at("PUT", "/domains/**");
    let good = run.state["made"].clone();
    let launched = r#""launched":{"label":"","workspace":4001,"again":false}"#;
    let tampered = [
        good.replace("4001", "4002"),
        good.replace("[5001]", "[4002]"),
        good.replace("[5001]", "[5001,4002]"),
        good.replace("[5001]", "[]"),
        good.replace("\"/\"", "\"/docs\""),
        good.replace("\"team\":7", "\"team\":8"),
        good.replace("\"launched\":null", launched),
    ];
    for text in tampered {
        assert_ne!(text, good);
        disbelieved(&scene, text);
    }
    let (scene, run) = Scene::rollback()
        .with("workspace-id", &LIVE.to_string())
        .lost_at("PUT", "/domains/**");
    disbelieved(&scene, run.state["made"].replace("4001", "4002"));
}

fn disbelieved(scene: &Scene, made: String) {
    let state = BTreeMap::from([("made".to_owned(), made)]);
    let post = scene.post_with(&state);
    assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
    assert!(post.error().contains("is not believed"), "{}", post.error());
}

#[test]
fn of_a_landscape_that_is_up_in_part_people_hear_once_it_serves() {
    let not_all = Fault::on(
        "GET",
        "/workspaces/4001/pipeline/run",
        FaultKind::run(|world| {
            live(world).run.as_mut().unwrap().stopped_at = Some(0.0);
        }),
    );
    let run = rolled_back(&Scene::rollback().fault(not_all));
    let warnings = run.annotations("warning");
    assert!(
        warnings[0].contains("Workspace 4001 serves again, but not all of its run stage is up"),
        "{warnings:?}"
    );
}

#[test]
fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let run = Scene::rollback().with("dry-run", "true").run();
    assert_eq!((run.ending(), run.writes.len()), (("planned", ""), 0));
    run.tells(&[
        "Flow rollback on",
        "1. Look whether workspace 4001 (shop-live) is healthy on its development domain",
        "2. Ask its development domain for /",
        "3. Switch https://shop.example.com from workspace 5001 to workspace 4001",
        "4. Ask https://shop.example.com until workspace 4001",
        "5. Keep workspace 5001",
        "6. On a failure: switch back what was switched; workspace 4001",
    ]);
    let run = Scene::rollback()
        .with("workspace-id", &NEXT.to_string())
        .with("dry-run", "true")
        .run();
    run.tells(&["1. Workspace 5001 is live there already: end here."]);
    assert!(!run.log.contains("\n2. "), "{}", run.log);
}

#[test]
fn inputs_that_a_rollback_does_not_use_are_not_even_read() {
    let scene = Scene::rollback()
        .with("plan", "Boost")
        .with("on-failure", "?")
        .with("previous", "?")
        .with("if-superseded", "?")
        .with("logs", "?");
    let run = rolled_back(&scene);
    let warnings = run.annotations("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`plan` is given"), "{warnings:?}");
}

#[test]
fn what_a_workspace_remembers_is_held_to_the_rules_of_the_inputs() {
    for (good, bad, told) in [
        ("null", r#""../../etc""#, "it names a profile that is none"),
        (
            "null",
            r#""ci.prod.yml""#,
            "it names a profile that is none",
        ),
        ("4001", "0", "it names a workspace that is none"),
        (
            "shop.example.com",
            "https://shop.example.com",
            "it names a route that is none",
        ),
        (
            r#""path":"/""#,
            r#""path":"/\n""#,
            "it names a route that is none",
        ),
    ] {
        let scene = Scene::rollback_at_once().world(|world| {
            let env = &mut world.workspaces.get_mut(&NEXT).unwrap().env;
            let link = env.get_mut("CODESPHERE_RELEASE_PREVIOUS").unwrap();
            let changed = link.replace(good, bad);
            assert_ne!(*link, changed);
            *link = changed;
        });
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "no-target"), "{}", run.log);
        assert!(run.error().contains(told), "{}", run.error());
        assert_eq!(run.writes, [""; 0]);
    }
}

#[test]
fn a_landscape_that_serves_while_its_build_machine_sleeps_is_rolled_back_to_without_waking_it() {
    let scene = Scene::zero_downtime()
        .with("health-body", "{sha}")
        .world(|world| new_commit(world).ci.services = vec![Service::reactive("web")]);
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene
        .variable("GITHUB_RUN_ID", "9876543220")
        .variable("GITHUB_RUN_NUMBER", "43")
        .rolling_back()
        .world(|world| world.workspaces.get_mut(&NEXT).unwrap().asleep = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    assert_eq!(run.writes, ["PUT /workspaces/5001/env-vars", SWITCH]);
    assert_eq!(
        (run.output("commit"), scene.pointed("/")),
        (NEW, vec![NEXT])
    );
    assert_eq!(run.annotations("warning"), [""; 0], "{}", run.log);
    run.tells(&["serves although its build machine sleeps"]);
}
