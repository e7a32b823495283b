//! A rollback sticks, and a freeze holds.

use codesphere_simulator::{Commit, DOMAIN, Fault, FaultKind, LIVE, NEW, REPOSITORY, World};
use serde_json::Value;

use crate::harness::{Run, Scene, connect};

const NEXT: u64 = 5001;
const SECOND: u64 = 5002;
const HOLD: &str = "CODESPHERE_RELEASE_HOLD";
const SWITCH: &str = "/domains/team/7/domain/shop.example.com/workspace-connections";

/// The note in a workspace.
fn noted(scene: &Scene, id: u64) -> Option<String> {
    let note = |world: &mut World| world.workspaces[&id].env.get(HOLD).cloned();
    scene.sim.with(note).filter(|note| !note.is_empty())
}

/// What the next push releases.
fn next(scene: Scene, run: &str, number: &str) -> Scene {
    let sha = "e".repeat(40);
    scene
        .world(|world| {
            let repository = world.repositories.get_mut(REPOSITORY).unwrap();
            let branch = repository.branches.get_mut("main").unwrap();
            if branch.iter().all(|commit| commit.sha != sha) {
                branch.push(Commit::new(&sha));
            }
        })
        .variable("GITHUB_SHA", &sha)
        .variable("GITHUB_RUN_ID", run)
        .variable("GITHUB_RUN_NUMBER", number)
        .variable(
            "GITHUB_WORKFLOW_REF",
            "acme/shop/.github/workflows/release.yml@refs/heads/main",
        )
        .with("flow", "zero-downtime")
        .with("plan", "Boost")
        .with("env", "GREETING=hello")
}

/// A release was rolled back, and the next one begins.
fn held() -> Scene {
    let scene = Scene::rollback().variable("GITHUB_ACTOR", "ada");
    assert_eq!(scene.run().ending(), ("rolled-back", ""));
    next(scene, "9876543500", "44")
}

fn released(run: &Run) {
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_rollback_notes_who_holds_releases_and_from_what_it_went_back() {
    let scene = Scene::rollback().variable("GITHUB_ACTOR", "ada");
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    let note: Value = serde_json::from_str(&noted(&scene, LIVE).unwrap()).unwrap();
    assert_eq!(note["actor"], "ada");
    assert_eq!(note["run"], 9_876_543_400_u64);
    assert_eq!(note["from"], serde_json::json!([NEXT]));
    let noted_at = run
        .writes
        .iter()
        .position(|write| write.ends_with("/env-vars"));
    let switched = run.writes.iter().position(|write| write.ends_with(SWITCH));
    assert!(
        noted_at < switched,
        "a release under way must see it: {:?}",
        run.writes
    );
    run.tells(&["further releases are held"]);
}

#[test]
fn the_next_release_fails_before_it_writes_anything() {
    let scene = held();
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "held"), "{}", run.log);
    assert_eq!((run.exit, run.writes.len()), (1, 0));
    for words in [
        "ada rolled back in run 9876543400",
        "workspace 5001",
        "Re-run jobs",
        "if-held: release",
        "if-held: skip",
    ] {
        assert!(run.error().contains(words), "{words}: {}", run.error());
    }
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn it_is_skipped_where_that_is_wanted_and_a_dry_run_says_so() {
    let scene = held().with("if-held", "skip");
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (0, ("held", "")), "{}", run.log);
    assert!(run.summary.contains("⏸️ Held"), "{}", run.summary);
    assert!(run.writes.is_empty());
    let run = scene.with("dry-run", "true").run();
    assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
    run.tells(&["1. A rollback holds releases", "End here (`if-held: skip`)"]);
}

#[test]
fn a_run_that_somebody_starts_again_releases_and_lifts_the_hold() {
    for scene in [
        held().variable("GITHUB_RUN_ATTEMPT", "2"),
        held().with("if-held", "release"),
    ] {
        let run = scene.run();
        released(&run);
        assert!(
            run.annotations("warning")[0].contains("lifts the hold"),
            "{}",
            run.log
        );
        assert_eq!((noted(&scene, LIVE), noted(&scene, SECOND)), (None, None));
        released(
            &next(scene, "9876543600", "45")
                .with("env", "GREETING=hi")
                .run(),
        );
    }
}

#[test]
fn a_release_that_fails_leaves_the_hold_where_it_is() {
    let scene = held()
        .with("if-held", "release")
        .with("test", "true")
        .world(|world| {
            let repository = world.repositories.get_mut(REPOSITORY).unwrap();
            let commit = repository.commit_mut(&"e".repeat(40)).unwrap();
            commit.ci.test = codesphere_simulator::Script::failing(1.0, &["no"]);
        });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert!(noted(&scene, LIVE).is_some());
}

/// Somebody rolls back while a release builds: what serves afterwards holds.
fn rolled_back_meanwhile() -> Scene {
    let scene = Scene::zero_downtime();
    released(&scene.run());
    let meanwhile = FaultKind::run_after(|world| {
        connect(world, DOMAIN, "/", &[LIVE]);
        let env = &mut world.workspaces.get_mut(&LIVE).unwrap().env;
        env.insert(HOLD.to_owned(), "by hand".to_owned());
    });
    let start = "/workspaces/5002/pipeline/prepare/start";
    next(scene, "9876543500", "44").fault(Fault::on("POST", start, meanwhile))
}

#[test]
fn a_rollback_meanwhile_changes_the_connections_and_ends_the_release() {
    let scene = rolled_back_meanwhile();
    let run = scene.run();
    assert_eq!(
        run.ending(),
        ("reverted", "connections-changed"),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_hold_that_comes_while_the_release_builds_is_seen_right_before_the_switch() {
    let noting = || {
        FaultKind::run_after(|world| {
            let env = &mut world.workspaces.get_mut(&LIVE).unwrap().env;
            env.insert(HOLD.to_owned(), "wait\n::error::x".to_owned());
        })
    };
    let start = "/workspaces/5001/pipeline/prepare/start";
    let scene = Scene::zero_downtime().fault(Fault::on("POST", start, noting()));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "held"), "{}", run.log);
    assert!(
        run.error().contains("a note that cannot be read"),
        "{}",
        run.error()
    );
    assert_eq!(crate::output::commands(&run), [""; 0]);
    assert_eq!(
        (scene.pointed("/"), scene.workspaces().contains(&NEXT)),
        (vec![LIVE], false)
    );
    let skipping = Scene::zero_downtime().with("if-held", "skip");
    let scene = skipping.fault(Fault::on("POST", start, noting()));
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (0, ("held", "")), "{}", run.log);
    assert!(!scene.workspaces().contains(&NEXT));
}

#[test]
fn a_hold_that_cannot_be_read_before_the_switch_is_no_leave_to_switch() {
    let env = Fault::on("GET", "/workspaces/4001/env-vars", FaultKind::status(500));
    let scene = Scene::zero_downtime().fault(env.always());
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "api-error"), "{}", run.log);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_candidate_is_built_all_the_same_and_promote_is_held() {
    let scene = held().with("flow", "candidate");
    let run = scene.run();
    assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
    let promote = |scene: Scene| {
        scene
            .with("flow", "promote")
            .with("workspace-id", run.output("workspace-id"))
            .with("plan", "")
            .with("env", "")
    };
    let scene = promote(scene);
    let held = scene.run();
    assert_eq!(held.ending(), ("failed", "held"), "{}", held.log);
    released(&scene.with("if-held", "release").run());
}

#[test]
fn a_workspace_that_held_once_holds_nothing_when_it_is_promoted() {
    // 5001 is rolled back to, then a release goes live by hand, then 5001 is promoted.
    let scene = held().with("if-held", "release");
    released(&scene.run());
    let scene = scene
        .world(|world| {
            let env = &mut world.workspaces.get_mut(&LIVE).unwrap().env;
            env.insert(HOLD.to_owned(), "left over".to_owned());
        })
        .variable("GITHUB_RUN_ID", "9876543700")
        .with("flow", "promote")
        .with("workspace-id", &LIVE.to_string())
        .with("if-superseded", "release")
        .with("plan", "")
        .with("env", "");
    released(&scene.run());
    assert_eq!(noted(&scene, LIVE), None);
}

#[test]
fn a_rollback_whose_note_cannot_be_written_is_a_rollback() {
    let note = Fault::on("PUT", "/workspaces/4001/env-vars", FaultKind::status(400));
    let scene = Scene::rollback().fault(note.always());
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    let warnings = run.annotations("warning").join("\n");
    assert!(
        warnings.contains("Further releases are not held"),
        "{warnings}"
    );
}

#[test]
fn a_freeze_holds_what_goes_live_and_nothing_else() {
    let why = "Black Friday until Monday";
    for scene in [Scene::zero_downtime(), Scene::simple(), Scene::promote()] {
        let run = scene.with("freeze", why).run();
        assert_eq!(run.ending(), ("failed", "held"), "{}", run.log);
        assert!(
            run.writes.is_empty() && run.error().contains(why),
            "{}",
            run.error()
        );
    }
    let run = Scene::zero_downtime()
        .with("freeze", why)
        .with("if-held", "skip")
        .run();
    assert_eq!((run.exit, run.ending()), (0, ("held", "")), "{}", run.log);
    for (scene, ending) in [
        (
            Scene::simple().variable("GITHUB_RUN_ATTEMPT", "2"),
            "released",
        ),
        (
            Scene::zero_downtime().with("if-held", "release"),
            "released",
        ),
        (Scene::rollback(), "rolled-back"),
        (Scene::candidate(), "ready"),
    ] {
        let run = scene.with("freeze", why).run();
        assert_eq!(run.ending(), (ending, ""), "{}", run.log);
    }
    for blank in ["", " ", "false", "False"] {
        assert_eq!(
            Scene::simple().with("freeze", blank).run().output("commit"),
            NEW
        );
    }
}

#[test]
fn the_note_is_nobody_else_s_variable() {
    let run = Scene::zero_downtime()
        .with("env", "CODESPHERE_RELEASE_HOLD=x")
        .run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    let run = Scene::zero_downtime().with("if-held", "later").run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    assert!(run.error().contains("fail, skip"), "{}", run.error());
}
