use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW};
use serde_json::json;

use crate::harness::{Scene, connect};

const NEXT: u64 = 5001;
const OTHER: &str = "api.example.com";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";
const SWITCH_OTHER: &str = "PUT /domains/team/7/domain/api.example.com/workspace-connections";

/// Three places on two domains, the standard domain's `/` first.
fn three() -> Scene {
    Scene::zero_downtime()
        .connected(OTHER, "/", &[DOCS])
        .connected(OTHER, "/old", &[DOCS])
        .with(
            "domain",
            "\n  shop.example.com\n\n api.example.com/\nshop.example.com/shop/\n",
        )
}

/// What the three places and the two that are none of them point at.
fn pointed(scene: &Scene) -> [Vec<u64>; 5] {
    [
        scene.pointed("/"),
        scene.pointed_at(OTHER, "/"),
        scene.pointed("/shop/"),
        scene.pointed("/docs"),
        scene.pointed_at(OTHER, "/old"),
    ]
}

fn before() -> [Vec<u64>; 5] {
    [vec![LIVE], vec![DOCS], vec![], vec![DOCS], vec![DOCS]]
}

fn after() -> [Vec<u64>; 5] {
    [vec![NEXT], vec![NEXT], vec![NEXT], vec![DOCS], vec![DOCS]]
}

fn switches(writes: &[String]) -> Vec<&str> {
    let writes = writes.iter().map(String::as_str);
    writes
        .filter(|write| write.starts_with("PUT /dom"))
        .collect()
}

#[test]
fn all_places_are_switched_one_request_a_domain_and_each_is_asked_and_read_back() {
    let scene = three()
        .with("health-body", "{sha}")
        .with("profile", "ci.yml");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(pointed(&scene), after());
    assert_eq!(switches(&run.writes), [SWITCH, SWITCH_OTHER]);
    assert_eq!(run.output("url"), "https://shop.example.com");
    assert_eq!(run.output("previous-workspace-ids"), "[4001,4002]");
    run.tells(&[
        "https://shop.example.com points at workspace 5001",
        "https://shop.example.com/shop points at workspace 5001",
        "https://api.example.com points at workspace 5001",
        "https://shop.example.com/ is healthy",
        "https://api.example.com/ is healthy",
        "https://shop.example.com/shop/ is healthy",
        "Read the domain back: success",
    ]);
    assert!(
        run.annotations("notice")[0].contains("https://shop.example.com, https://api.example.com and https://shop.example.com/shop serve from workspace 5001. For a rollback, workspace"),
        "{}",
        run.log
    );
    assert_eq!(
        scene.remembered(NEXT),
        json!({
            "places": [
                {"domain": DOMAIN, "path": "/", "workspaces": [LIVE]},
                {"domain": OTHER, "path": "/", "workspaces": [DOCS]},
                {"domain": DOMAIN, "path": "/shop/", "workspaces": []},
            ],
            "profile": null,
        })
    );
}

#[test]
fn the_domains_are_read_once_each_before_anything_is_written() {
    let scene = three().with("dry-run", "true");
    let run = scene.run();
    assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
    let calls = scene.sim.calls();
    let reads = calls.iter().filter(|call| call.path.contains("/domain/"));
    assert_eq!(reads.count(), 2);
    run.tells(&[
        "Switch https://shop.example.com from workspace 4001 to the new workspace. The domain's other paths stay as they are: /docs.",
        "Switch https://api.example.com from workspace 4002 to the new workspace. The domain's other paths stay as they are: /old.",
        "Switch https://shop.example.com/shop from nothing to the new workspace.",
        "Ask https://api.example.com until",
    ]);
}

#[test]
fn where_the_second_domain_cannot_be_switched_the_first_is_put_back() {
    let scene = three().fault(
        Fault::on(
            "PUT",
            "/domains/team/7/domain/api.example.com/**",
            FaultKind::status(403),
        )
        .always(),
    );
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unauthorized"), "{}", run.log);
    assert_eq!(pointed(&scene), before());
    assert_eq!(switches(&run.writes), [SWITCH, SWITCH_OTHER, SWITCH]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "it had traffic");
    for told in [
        "https://shop.example.com was switched back to workspace 4001.",
        "https://shop.example.com/shop was switched back to nothing.",
    ] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
}

#[test]
fn where_any_place_has_changed_since_the_plan_nothing_is_switched() {
    for (domain, path) in [(DOMAIN, "/"), (OTHER, "/"), (DOMAIN, "/shop/")] {
        let meanwhile = FaultKind::run(move |world| connect(world, domain, path, &[LIVE, DOCS]));
        let scene = three().fault(Fault::on("POST", "/workspaces", meanwhile));
        let run = scene.run();
        assert_eq!(
            run.ending(),
            ("reverted", "connections-changed"),
            "{}",
            run.log
        );
        assert_eq!(switches(&run.writes), [""; 0], "{domain}{path}");
        assert_eq!(scene.workspaces(), [LIVE, DOCS]);
    }
}

#[test]
fn one_place_that_does_not_answer_well_puts_all_back() {
    let scene = three().world(|world| {
        let down = Fault::on("GET", "api.example.com/**", FaultKind::status(502));
        world.visit_faults.push(down.always());
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    assert_eq!(pointed(&scene), before());
    assert!(
        run.error()
            .contains("https://api.example.com/ was not healthy"),
        "{}",
        run.error()
    );
}

#[test]
fn a_place_that_somebody_changes_after_the_switch_is_left_alone_and_the_others_are_put_back() {
    let meanwhile = FaultKind::run_after(|world| connect(world, DOMAIN, "/", &[DOCS]));
    let scene = three().fault(Fault::on(
        "PUT",
        "/domains/team/7/domain/api.example.com/**",
        meanwhile,
    ));
    let run = scene.run();
    assert_eq!(
        run.ending(),
        ("failed", "connections-changed"),
        "{}",
        run.log
    );
    let mut expected = before();
    expected[0] = vec![DOCS];
    assert_eq!(pointed(&scene), expected);
    assert!(run.error().contains("It was left alone"), "{}", run.error());
}

#[test]
fn what_cannot_be_put_back_on_one_domain_does_not_keep_the_other_from_it() {
    let scene = three()
        .world(|world| {
            let down = Fault::on("GET", "api.example.com/**", FaultKind::status(502));
            world.visit_faults.push(down.always());
        })
        .fault(
            Fault::on(
                "PUT",
                "/domains/team/7/domain/shop.example.com/**",
                FaultKind::status(403),
            )
            .after(1)
            .always(),
        );
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "undo-failed"), "{}", run.log);
    assert_eq!(scene.pointed_at(OTHER, "/"), [DOCS]);
    for told in [
        "Production is uncertain: https://shop.example.com may serve",
        "https://shop.example.com and https://shop.example.com/shop could not be switched back",
        r#"{"/":[4001],"/docs":[4002]}"#,
        "https://api.example.com was switched back to workspace 4002.",
    ] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
}

#[test]
fn a_machine_lost_between_two_switches_is_undone_by_the_post_step() {
    for path in [
        "/domains/team/7/domain/shop.example.com/**",
        "/domains/team/7/domain/api.example.com/**",
    ] {
        let (scene, run) = three().lost_at("PUT", path);
        assert_eq!(scene.pointed("/"), [NEXT]);
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{}", post.log);
        assert_eq!(pointed(&scene), before(), "{path}");
    }
}

#[test]
fn a_cancellation_between_two_switches_puts_back_what_was_switched() {
    let scene = three();
    let cancel = scene.cancel.clone();
    let scene = scene.fault(Fault::on(
        "PUT",
        "/domains/team/7/domain/shop.example.com/**",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
    assert_eq!(pointed(&scene), before());
    assert_eq!(switches(&run.writes), [SWITCH, SWITCH]);
}

#[test]
fn a_record_of_a_place_that_the_workspace_is_not_meant_for_is_not_believed() {
    let (scene, mut run) = three().lost_at("PUT", "/domains/team/7/domain/shop.example.com/**");
    let made = run.state["made"].replace("\"/shop/\"", "\"/docs\"");
    assert_ne!(made, run.state["made"]);
    run.state.insert("made".to_owned(), made);
    let post = scene.post(&run);
    assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
    assert!(post.error().contains("is not believed"), "{}", post.error());
}

#[test]
fn a_second_attempt_knows_its_places_in_any_order() {
    let scene = three().with("health-body", "{sha}");
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene.variable("GITHUB_RUN_ATTEMPT", "2").with(
        "domain",
        "shop.example.com/shop/\napi.example.com\nshop.example.com",
    );
    let run = scene.run();
    assert_eq!(run.ending(), ("unchanged", ""), "{}", run.log);
    assert_eq!(
        (run.output("url"), run.output("commit")),
        ("https://shop.example.com/shop", NEW)
    );
    let fewer = scene.with("domain", "shop.example.com").run();
    assert_eq!(fewer.ending(), ("released", ""), "{}", fewer.log);
    assert_eq!(fewer.output("workspace-id"), "5002");
}

#[test]
fn a_newer_release_on_any_place_counts() {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_RUN_NUMBER", "50")
        .with("path", "/shop/");
    assert_eq!(scene.run().exit, 0);
    let scene = scene
        .variable("GITHUB_RUN_NUMBER", "42")
        .with("path", "/")
        .connected(OTHER, "/", &[DOCS])
        .with(
            "domain",
            "shop.example.com\napi.example.com\nshop.example.com/shop/",
        );
    let run = scene.run();
    assert_eq!(run.ending(), ("superseded", "superseded"), "{}", run.log);
}

#[test]
fn what_served_before_on_any_place_is_retired_once() {
    let scene = three()
        .connected(OTHER, "/", &[LIVE])
        .connected(OTHER, "/old", &[DOCS])
        .with("previous", "stop");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let stops = run.writes.iter().filter(|write| write.ends_with("/stop"));
    assert_eq!(
        stops.collect::<Vec<_>>(),
        ["POST /workspaces/4001/pipeline/run/stop"]
    );
}

#[test]
fn lines_without_a_path_take_the_input_path() {
    let scene = Scene::zero_downtime()
        .connected(OTHER, "/", &[DOCS])
        .with("path", "/v2")
        .with("domain", "shop.example.com\napi.example.com/");
    assert_eq!(scene.run().ending(), ("released", ""));
    assert_eq!(scene.pointed("/v2"), [NEXT]);
    assert_eq!(scene.pointed_at(OTHER, "/"), [NEXT]);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn every_wrong_line_is_told() {
    for (domain, path, told) in [
        (
            "shop.example.com\n\nhttps://api.example.com",
            "/",
            "`domain` line 3 is \"https://api.example.com\". Good: a host name",
        ),
        (
            "shop.example.com\nshop.example.com/a?b",
            "/",
            "`domain` line 2 is \"shop.example.com/a?b\". Good: a path such as",
        ),
        (
            "shop.example.com/v2\nSHOP.example.com",
            "/v2",
            "`domain` names shop.example.com/v2 twice",
        ),
        (
            "shop.example.com/v2\napi.example.com/",
            "/v2",
            "`path` is \"/v2\", but every line of `domain` brings a path of its own",
        ),
    ] {
        let scene = Scene::zero_downtime()
            .with("domain", domain)
            .with("path", path);
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
        assert!(run.error().contains(told), "{told}: {}", run.error());
        assert!(scene.sim.calls().is_empty());
    }
}

#[test]
fn a_path_that_only_looks_like_one_of_the_domain_is_refused_with_both_names() {
    for (path, its) in [("/docs/", "/docs"), ("/Docs", "/docs")] {
        let scene = Scene::zero_downtime().with("path", path);
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
        assert_eq!(run.writes, [""; 0]);
        let told = format!("has the path `{its}`, and not `{path}`");
        assert!(run.error().contains(&told), "{}", run.error());
    }
}
