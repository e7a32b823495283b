use std::collections::BTreeMap;

use codesphere_simulator::{DOCS, DOMAIN, LIVE, OLD, TOKEN};

use crate::harness::{LOST, Run, Scene};

const NEXT: u64 = 5001;

/// A release whose machine was lost right after the switch.
fn switched() -> (Scene, Run) {
    let (scene, run) = Scene::zero_downtime().lost_at("PUT", "/domains/**");
    assert_eq!(scene.pointed("/"), [NEXT]);
    (scene, run)
}

/// Runs the post step, which must believe nothing, ask nobody and fail.
fn disbelieved(scene: &Scene, state: &BTreeMap<String, String>) -> Run {
    let calls = scene.sim.calls().len();
    let post = scene.post_with(state);
    assert_eq!(
        (post.exit, scene.sim.calls().len()),
        (1, calls),
        "{}",
        post.log
    );
    let error = post.error();
    for told in [
        "record of what to revert (STATE_made) is not believed",
        "Nothing was deleted or changed because of it",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    post
}

#[test]
fn a_record_that_the_main_step_has_not_written_is_told_as_that_and_asks_nobody_anything() {
    let (scene, run) = switched();
    let genuine = &run.state["made"];
    let record = genuine.rsplit_once(' ').unwrap().0;
    for forged in [
        record.to_owned(),
        format!("{record} {}", "0".repeat(64)),
        genuine.replace("[4001]", "[4002]"),
        genuine.replace("5001", "4001"),
        r#"{"release":{"team":7,"launched":null,"promoted":null}}"#.to_owned(),
        "finished".to_owned(),
    ] {
        assert_ne!(&forged, genuine);
        disbelieved(&scene, &BTreeMap::from([("made".to_owned(), forged)]));
    }
    assert_eq!(scene.pointed("/"), [NEXT]);
    assert_eq!(scene.post(&run).exit, 0);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_record_of_another_repository_run_attempt_job_step_or_key_is_not_believed() {
    for (name, value) in [
        ("GITHUB_REPOSITORY_ID", "78"),
        ("GITHUB_RUN_ID", "9876543211"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_JOB", "deploy"),
        ("GITHUB_ACTION", "codesphere2"),
        ("INPUT_API-TOKEN", "another-key-of-somebody"),
        ("INPUT_API-TOKEN", ""),
    ] {
        let (scene, run) = switched();
        disbelieved(&scene.variable(name, value), &run.state);
    }
}

#[test]
fn a_record_under_a_name_that_is_spelt_otherwise_is_none() {
    let (scene, run) = switched();
    let made = run.state["made"].clone();
    let calls = scene.sim.calls().len();
    for name in ["MADE", "Made", "made "] {
        let post = scene.post_with(&BTreeMap::from([(name.to_owned(), made.clone())]));
        assert_eq!((post.exit, scene.sim.calls().len()), (0, calls));
        assert!(
            post.annotations("warning")[0].contains("left no record"),
            "{}",
            post.log
        );
    }
    let released = Scene::zero_downtime();
    let mut run = released.run();
    run.state.insert("MADE".to_owned(), made);
    let calls = released.sim.calls().len();
    let post = released.post(&run);
    assert_eq!((post.exit, released.sim.calls().len()), (0, calls));
    assert!(post.log.contains("nothing to undo"), "{}", post.log);
}

#[test]
fn nothing_yet_is_noted_before_anything_is_asked_and_finished_at_the_end() {
    let (scene, run) = Scene::zero_downtime().lost_at("GET", "/teams");
    assert_eq!(run.exit, LOST);
    assert!(run.state["made"].contains(r#""progress":"nothing-yet""#));
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert!(post.annotations("warning").is_empty(), "{}", post.log);
    for scene in [
        Scene::simple(),
        Scene::simple().with("dry-run", "true"),
        Scene::simple().with("flow", "?"),
        Scene::zero_downtime().with("replicas", "9"),
    ] {
        let run = scene.run();
        assert!(run.is_finished(), "{:?}", run.state);
    }
}

#[test]
fn a_step_without_a_key_has_no_record_and_its_post_step_nothing_to_say() {
    let scene = Scene::simple().with("api-token", "");
    let run = scene.run();
    assert!(run.state.is_empty(), "{:?}", run.state);
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert!(post.annotations("warning").is_empty(), "{}", post.log);
}

#[test]
fn the_record_is_readable_and_holds_neither_the_key_nor_values_of_env() {
    let (_, run) = Scene::zero_downtime()
        .with("env", "PASSWORD=hunter2hunter2")
        .with("health-check", "false")
        .with("health-body", TOKEN)
        .lost_at("PUT", "/domains/**");
    let value = &run.state["made"];
    let record: serde_json::Value =
        serde_json::from_str(value.rsplit_once(' ').unwrap().0).unwrap();
    assert_eq!(record["inputs"]["flow"], "zero-downtime");
    let release = &record["progress"]["unfinished"]["release"];
    assert_eq!(release["promoted"]["routes"][0]["before"][0], LIVE);
    assert!(
        !value.contains(TOKEN) && !value.contains("hunter2"),
        "{value}"
    );
}

#[test]
fn what_the_main_step_was_given_decides_and_what_has_changed_since_is_told() {
    let (scene, run) = switched();
    let scene = scene
        .with("domain", "docs.example.com")
        .with("api-url", "https://evil.example.com/api")
        .with("team", "")
        .with("on-failure", "?")
        .with("env", "1BAD")
        .variable("INPUT_DRY_RUN", "true");
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
    assert!(
        post.annotations("warning")[0].contains(
            "The values of `api-url`, `team`, `domain` and `on-failure` have changed since the main step"
        ),
        "{}",
        post.log
    );
}

#[test]
fn the_same_inputs_in_the_post_step_cause_no_warning() {
    for (scene, run) in [
        switched(),
        Scene::simple().lost_at("POST", "/workspaces/4001/pipeline/run/stop"),
    ] {
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{}", post.log);
        assert!(post.annotations("warning").is_empty(), "{}", post.log);
    }
}

#[test]
fn an_input_that_moves_to_another_workspace_moves_no_recovery() {
    let (scene, run) = Scene::simple().lost_at("POST", "/workspaces/4001/pipeline/run/stop");
    let scene = scene.with("workspace-id", &DOCS.to_string());
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert!(
        post.writes.iter().all(|write| write.contains("/4001/")),
        "{:?}",
        post.writes
    );
    let serves = scene.sim.visit("4001-3000.2.codesphere.test", "/");
    assert_eq!(serves.body, format!("shop {OLD} on 4001"));
}

#[test]
fn what_served_before_must_be_remembered_and_of_the_team() {
    let (scene, run) = switched();
    scene.sim.with(|world| {
        let env = &mut world.workspaces.get_mut(&NEXT).unwrap().env;
        let link = env.get_mut("CODESPHERE_RELEASE_PREVIOUS").unwrap();
        *link = link.replace("[4001]", "[4002]");
    });
    let post = scene.post(&run);
    assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
    let error = post.error();
    for told in [
        "workspace 5001 does not remember that https://shop.example.com pointed at workspace 4001 before",
        "Noted before the main step ended: in team 7, workspace 5001 was made and https://shop.example.com pointed at workspace 4001",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    let (scene, run) = switched();
    scene
        .sim
        .with(|world| world.workspaces.get_mut(&LIVE).unwrap().team = 8);
    let post = scene.post(&run);
    assert_eq!((post.exit, post.writes.len()), (1, 0), "{}", post.log);
    assert!(
        post.error().contains("workspace 4001 is another team's"),
        "{}",
        post.error()
    );
}

#[test]
fn a_record_into_which_somebody_has_brought_the_key_holds_it_not_and_is_believed() {
    let scene = Scene::promote().world(|world| {
        let link = format!(
            r#"{{"places":[{{"domain":"{DOMAIN}","path":"/","workspaces":[{LIVE}]}}],"profile":"{TOKEN}"}}"#
        );
        let env = &mut world.workspaces.get_mut(&NEXT).unwrap().env;
        env.extend([("CODESPHERE_RELEASE_PREVIOUS".to_owned(), link)]);
    });
    let (scene, run) = scene.lost_at("PUT", "/domains/**");
    let record = &run.state["made"];
    assert!(
        record.contains(r#""profile":"***""#) && !record.contains(TOKEN),
        "{record}"
    );
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
}
