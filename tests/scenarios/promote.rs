use codesphere_release::owner::{OwnerLabel, Purpose};
use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OTHER_TEAM, Service, World};
use serde_json::json;

use crate::harness::{Run, Scene, connect, new_commit};

const NEXT: u64 = 5001;
const REMEMBER: &str = "PUT /workspaces/5001/env-vars";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";

/// Runs a scene that must stop before anything is written.
fn refused(scene: &Scene, reason: &str) -> Run {
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", reason), "{}", run.log);
    assert!(run.writes.is_empty(), "{:?}", run.writes);
    run
}

/// Changes the candidate's mark.
fn marked(scene: Scene, change: impl Fn(&mut OwnerLabel)) -> Scene {
    scene.world(|world| {
        let message = &mut workspace(world).welcome_message;
        let mut mark = OwnerLabel::parse(message.as_deref().unwrap()).unwrap();
        change(&mut mark);
        *message = Some(mark.to_string());
    })
}

fn workspace(world: &mut World) -> &mut codesphere_simulator::Workspace {
    world.workspaces.get_mut(&NEXT).unwrap()
}

fn down(world: &mut World) {
    let down = Fault::on("GET", "shop.example.com/**", FaultKind::status(502));
    world.visit_faults.push(down.always());
}

#[test]
fn a_candidate_is_looked_at_once_more_and_then_brought_onto_its_domain() {
    let scene = Scene::promote().with("health-body", "{sha}");
    let before = scene.sim.calls().len();
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    assert_eq!(run.writes, [REMEMBER, SWITCH]);
    let mut asked: Vec<String> = scene.sim.calls()[before..]
        .iter()
        .map(|call| format!("{} {}", call.method, call.path))
        .collect();
    let domain = "GET /domains/team/7/domain/shop.example.com";
    // These go side by side.
    for alongside in [0..3, 4..14] {
        asked[alongside].sort();
    }
    assert_eq!(
        asked,
        [
            "GET /teams",
            "GET /workspaces/5001",
            "GET /workspaces/5001/status",
            domain,
            "GET /workspaces/4001",
            "GET /workspaces/4001",
            // What holds, and what remembers managed services.
            "GET /workspaces/4001/env-vars",
            "GET /workspaces/4001/env-vars",
            // What sleeps is not asked.
            "GET /workspaces/4001/status",
            "GET /workspaces/5001/env-vars",
            "GET /workspaces/5001/env-vars",
            "GET /workspaces/5001/git/head",
            "POST /workspaces/4001/execute",
            "POST /workspaces/5001/execute",
            "GET /workspaces/5001/pipeline/run",
            REMEMBER,
            "GET /workspaces/5001/pipeline/run",
            // Whether somebody has rolled back since.
            "GET /workspaces/4001/env-vars",
            domain,
            SWITCH,
            domain,
            "POST /workspaces/5001/execute",
            // Whether a rollback would find it healthy.
            "GET /workspaces/4001",
            "GET /workspaces/4001/git/head",
        ]
    );
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert_eq!(scene.pointed("/docs"), [DOCS]);
    assert_eq!(
        ["workspace-id", "url", "commit", "previous-workspace-ids"].map(|name| run.output(name)),
        ["5001", "https://shop.example.com", NEW, "[4001]"]
    );
    assert_eq!(
        run.output("workspace-url"),
        "https://5001-3000.2.codesphere.test"
    );
    assert!(run.annotations("warning").is_empty(), "{}", run.log);
    run.tells(&[
        "https://5001-3000.2.codesphere.test/ is healthy",
        "https://shop.example.com/ is healthy",
    ]);
    assert_eq!(scene.post(&run).writes, [""; 0]);
}

#[test]
fn what_a_promoted_workspace_remembers_has_its_own_profile() {
    let scene = Scene::candidate()
        .with("profile", "prod")
        .world(|world| new_commit(world).ci.profiles.push("prod".to_owned()))
        .promoting();
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(
        scene.remembered(NEXT),
        json!({
            "places": [{"domain": DOMAIN, "path": "/", "workspaces": [LIVE]}],
            "profile": "prod",
        })
    );
}

#[test]
fn a_note_that_cannot_be_read_is_a_warning() {
    let scene = Scene::promote().world(|world| {
        let env = &mut workspace(world).env;
        env.insert("CODESPHERE_RELEASE_PREVIOUS".to_owned(), "?".to_owned());
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(
        run.annotations("warning")[0].contains("cannot be read"),
        "{}",
        run.log
    );
}

#[test]
fn all_that_stands_in_the_way_is_told_together() {
    let scene = marked(Scene::promote(), |mark| {
        mark.repository = "acme/other".into();
        mark.purpose = Purpose::PullRequest(12);
    })
    .world(|world| {
        workspace(world).team = OTHER_TEAM;
        workspace(world).data_center = 2;
        world.domains.get_mut(DOMAIN).unwrap().verified = false;
    });
    let run = refused(&scene, "refused");
    for told in [
        "5 things stand in the way",
        "Workspace 5001 was made for the repository acme/other, not for acme/shop.",
        "Workspace 5001 is meant for the preview of pull request 12, not for https://shop.example.com.",
        "Workspace 5001 belongs to team 8, not to Acme (7).",
        "The domain shop.example.com is not verified",
        "Workspace 5001 is in data centre 2, but shop.example.com is served from data centre 1.",
    ] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
}

#[test]
fn a_workspace_that_is_not_there_is_not_found() {
    let run = refused(&Scene::promote().with("workspace-id", "77"), "not-found");
    assert!(
        run.error().contains("Check `workspace-id`"),
        "{}",
        run.error()
    );
}

#[test]
fn a_candidate_goes_exactly_where_it_is_meant_to_or_anywhere_if_that_was_left_open() {
    let docs = |scene: Scene| scene.with("path", "/docs");
    let run = refused(&docs(Scene::promote()), "refused");
    assert!(
        run.error().contains(
            "is meant for https://shop.example.com, not for https://shop.example.com/docs"
        ),
        "{}",
        run.error()
    );
    let more = Scene::promote().with("domain", "shop.example.com\nshop.example.com/docs");
    refused(&more, "refused");
    let open = Scene::candidate().with("domain", "").promoting();
    let run = docs(open.with("domain", DOMAIN)).run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let both = "shop.example.com/docs\nshop.example.com";
    let scene = Scene::candidate().with("domain", both).promoting();
    let run = scene
        .with("domain", "shop.example.com\nshop.example.com/docs")
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_workspace_that_somebody_else_made_is_promoted_with_a_warning() {
    let scene = Scene::promote()
        .world(|world| workspace(world).welcome_message = Some("Welcome!".to_owned()));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(
        run.annotations("warning")[0].contains("was not made by this action"),
        "{}",
        run.log
    );
}

#[test]
fn what_is_live_already_is_left_as_it_is() {
    let scene = Scene::promote();
    assert_eq!(scene.run().ending(), ("released", ""));
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
    assert!(
        run.annotations("notice")[0].contains("It is there already"),
        "{}",
        run.log
    );
}

#[test]
fn what_is_live_on_one_of_its_places_is_brought_to_the_others_and_never_retired() {
    let both = "shop.example.com\nshop.example.com/shop";
    let scene = Scene::candidate()
        .with("domain", both)
        .promoting()
        .connected(DOMAIN, "/shop", &[NEXT])
        .with("previous", "stop");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(
        run.writes,
        [REMEMBER, SWITCH, "POST /workspaces/4001/pipeline/run/stop"]
    );
    assert!(!run.log.contains("Workspace 5001 was kept"), "{}", run.log);
}

/// A candidate of run 42 on a platform on which run 50 has released since.
fn overtaken() -> Scene {
    let scene = Scene::candidate().promoting();
    let newer = scene
        .with("flow", "zero-downtime")
        .with("plan", "Boost")
        .with("workspace-id", "")
        .variable("GITHUB_SHA", NEW)
        .variable("GITHUB_RUN_NUMBER", "50");
    let run = newer.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    newer
        .variable("GITHUB_RUN_NUMBER", "60")
        .with("flow", "promote")
        .with("workspace-id", "5001")
        .with("plan", "")
}

#[test]
fn a_candidate_that_is_older_than_what_is_live_is_superseded() {
    let run = overtaken().run();
    assert_eq!(
        (run.exit, run.ending(), run.writes.len()),
        (0, ("superseded", "superseded"), 0),
        "{}",
        run.log
    );
    let run = overtaken().with("if-superseded", "fail").run();
    assert_eq!(run.ending(), ("failed", "superseded"), "{}", run.log);
    for wanted in [
        overtaken().with("if-superseded", "release"),
        overtaken().variable("GITHUB_RUN_ATTEMPT", "2"),
    ] {
        let run = wanted.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert_eq!(wanted.pointed("/"), [NEXT]);
    }
}

#[test]
fn a_workspace_without_a_mark_is_as_old_as_the_run_that_promotes_it() {
    let unmarked = |scene: Scene| scene.world(|world| workspace(world).welcome_message = None);
    let run = unmarked(overtaken()).run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let run = unmarked(overtaken())
        .variable("GITHUB_RUN_NUMBER", "49")
        .run();
    assert_eq!(run.ending(), ("superseded", "superseded"), "{}", run.log);
}

#[test]
fn a_candidate_that_sleeps_is_woken_and_waited_for() {
    let scene = Scene::promote().world(|world| workspace(world).asleep = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.writes, ["PATCH /workspaces/5001", REMEMBER, SWITCH]);
    let scene = Scene::promote()
        .with("workspace-timeout", "2m")
        .world(|world| {
            world.quirks.wakes_without_run = true;
            workspace(world).asleep = true;
        });
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "unhealthy"), "{}", run.log);
    assert_eq!(run.writes, ["PATCH /workspaces/5001"]);
    assert!(
        run.error()
            .contains("was to be woken; nothing else was changed"),
        "{}",
        run.error()
    );
    assert!(run.took.as_secs() < 300, "{:?}", run.took);
}

#[test]
fn a_candidate_that_is_not_well_any_more_is_not_promoted() {
    let run = refused(
        &Scene::promote().world(|world| workspace(world).run = None),
        "unhealthy",
    );
    assert!(
        run.error()
            .contains("Start `run` in the workspace's CI pipeline"),
        "{}",
        run.error()
    );
    assert!(run.took.as_secs() < 2, "{:?}", run.took);
    let ill = |world: &mut World| {
        workspace(world).run.as_mut().unwrap().commit.app.status = 500;
    };
    let scene = Scene::promote().world(ill);
    let run = refused(&scene, "unhealthy");
    assert!(
        run.error().contains("Nothing was changed."),
        "{}",
        run.error()
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    let run = Scene::promote().world(ill).with("health-check", "no").run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_domain_that_does_not_answer_well_is_put_back_and_the_candidate_stays() {
    for on_failure in ["rollback", "keep"] {
        let scene = Scene::promote().with("on-failure", on_failure).world(down);
        let run = scene.run();
        assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
        assert_eq!(run.writes, [REMEMBER, SWITCH, SWITCH]);
        assert_eq!(scene.pointed("/"), [LIVE]);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
        assert!(
            run.error()
                .contains("Workspace 5001 stays for inspection, off the domain"),
            "{}",
            run.error()
        );
    }
}

#[test]
fn an_earlier_release_that_is_promoted_in_vain_remembers_what_it_did_before() {
    let scene = Scene::promote();
    assert_eq!(scene.run().exit, 0);
    let remembered = scene.remembered(NEXT);
    let scene = scene.connected(DOMAIN, "/", &[DOCS]).world(down);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    assert_eq!(scene.pointed("/"), [DOCS]);
    assert_eq!(scene.remembered(NEXT), remembered);
}

#[test]
fn connections_that_changed_since_the_plan_are_not_overwritten() {
    let meanwhile = FaultKind::run(|world| connect(world, DOMAIN, "/", &[DOCS]));
    let scene = Scene::promote().fault(Fault::on("PUT", "/workspaces/5001/env-vars", meanwhile));
    let run = scene.run();
    assert_eq!(
        run.ending(),
        ("reverted", "connections-changed"),
        "{}",
        run.log
    );
    assert_eq!(run.writes, [REMEMBER]);
    assert_eq!(scene.pointed("/"), [DOCS]);
}

#[test]
fn a_cancelled_promotion_is_put_back() {
    for (method, path) in [("PUT", "/workspaces/5001/env-vars"), ("PUT", "/domains/**")] {
        let scene = Scene::promote();
        let cancel = scene.cancel.clone();
        let scene = scene.fault(Fault::on(
            method,
            path,
            FaultKind::run_after(move |_| cancel.cancel()),
        ));
        let run = scene.run();
        assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
        assert_eq!(scene.pointed("/"), [LIVE]);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    }
}

#[test]
fn a_promotion_whose_machine_was_lost_is_put_back_by_the_post_step() {
    for (method, path) in [("PUT", "/workspaces/5001/env-vars"), ("PUT", "/domains/**")] {
        let (scene, run) = Scene::promote().lost_at(method, path);
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{}", post.log);
        assert_eq!(scene.pointed("/"), [LIVE]);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    }
    let (scene, run) = Scene::promote().lost_at("GET", "/workspaces/5001/git/head");
    let post = scene.post(&run);
    assert_eq!((post.exit, post.writes.len()), (0, 0), "{}", post.log);
}

#[test]
fn a_record_that_does_not_fit_the_inputs_changes_nothing() {
    let (scene, run) = Scene::promote().lost_at("PUT", "/domains/**");
    let good = run.state["made"].clone();
    let tampered = [
        good.replace("5001", "4002"),
        good.replace("\"/\"", "\"/docs\""),
        good.replace("\"team\":7", "\"team\":8"),
        good.replace(
            "\"launched\":null",
            r#""launched":{"label":"","workspace":4002,"again":false}"#,
        ),
    ];
    for text in tampered {
        assert_ne!(text, good);
        let state = std::collections::BTreeMap::from([("made".to_owned(), text.clone())]);
        let post = scene.post_with(&state);
        assert_eq!(
            (post.exit, post.writes.len()),
            (1, 0),
            "{text}: {}",
            post.log
        );
        assert!(post.error().contains("is not believed"), "{}", post.error());
    }
}

#[test]
fn what_served_before_is_retired_as_asked() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    let scene = scene
        .variable("GITHUB_RUN_ID", "9876543220")
        .with("flow", "candidate")
        .promoting()
        .with("previous", "delete");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.writes.last().unwrap(), "DELETE /workspaces/5001");
    assert_eq!(scene.workspaces(), [LIVE, DOCS, 5002]);
}

#[test]
fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let run = Scene::promote()
        .with("dry-run", "true")
        .world(|world| workspace(world).asleep = true)
        .run();
    assert_eq!((run.ending(), run.writes.len()), (("planned", ""), 0));
    run.tells(&[
        "Flow promote on",
        "1. If workspace 5001 (shop-aaaaaaa-9876543210), which sleeps, is not healthy on its development domain, wake it and wait until it runs, at most 15 min.",
        "2. Look whether the run stage of workspace 5001",
        "3. Ask its development domain for /",
        "4. Switch https://shop.example.com from workspace 4001 to workspace 5001",
        "5. Ask https://shop.example.com until workspace 5001",
        "6. Keep workspace 4001",
        "7. On a failure: switch back what was switched; workspace 5001",
    ]);
}

#[test]
fn inputs_of_the_build_are_not_used_and_those_without_a_default_are_warned_of() {
    let run = Scene::promote()
        .with("commit", NEW)
        .with("plan", "Boost")
        .with("dry-run", "true")
        .run();
    let warnings = run.annotations("warning");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, input) in warnings.iter().zip(["commit", "plan"]) {
        assert!(
            warning.contains(&format!("`{input}` is given")),
            "{warning}"
        );
    }
}

/// The candidate is a landscape whose build machine has fallen asleep.
fn landscape_asleep() -> Scene {
    Scene::candidate()
        .with("health-body", "{sha}")
        .world(|world| {
            new_commit(world).ci.services = vec![Service::reactive("web")];
        })
        .promoting()
        .world(|world| workspace(world).asleep = true)
}

#[test]
fn a_landscape_that_serves_while_its_build_machine_sleeps_is_not_woken() {
    let scene = landscape_asleep();
    let before = scene.sim.calls().len();
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.writes, [REMEMBER, SWITCH]);
    assert_eq!(
        (run.output("commit"), scene.pointed("/")),
        (NEW, vec![NEXT])
    );
    let of_stages = scene.sim.calls().split_off(before).into_iter();
    let of_stages = of_stages.filter(|call| {
        let its = call.path.strip_prefix("/workspaces/5001/");
        its.is_some_and(|what| what.starts_with("pipeline") || what == "git/head")
    });
    assert_eq!(of_stages.count(), 0, "{}", run.log);
    run.tells(&[
        "If workspace 5001 (shop-aaaaaaa-9876543210), which sleeps, is not healthy",
        "serves although its build machine sleeps",
    ]);
}

#[test]
fn a_landscape_that_does_not_serve_while_it_sleeps_is_woken() {
    let scene = landscape_asleep().world(|world| workspace(world).run = None);
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "unhealthy"), "{}", run.log);
    assert_eq!(run.writes, ["PATCH /workspaces/5001"]);
}
