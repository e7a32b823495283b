use codesphere_release::owner::OwnerLabel;
use codesphere_simulator::{DOCS, LIVE, NEW, REPOSITORY, World};
use serde_json::json;

use crate::harness::{Run, Scene, new_commit};

const NEXT: u64 = 5001;

/// What a job is given differently.
type Change = fn(Scene) -> Scene;

fn mark(world: &World, id: u64) -> OwnerLabel {
    let message = world.workspaces[&id].welcome_message.as_deref();
    OwnerLabel::parse(message.unwrap()).unwrap()
}

/// Rewrites who made a workspace.
fn remarked(scene: Scene, id: u64, change: impl FnOnce(&mut OwnerLabel)) -> Scene {
    scene.world(|world| {
        let mut mark = mark(world, id);
        change(&mut mark);
        world.workspaces.get_mut(&id).unwrap().welcome_message = Some(mark.to_string());
    })
}

fn ended(run: &Run, outcome: &str, workspace: &str) {
    assert_eq!(
        (run.ending(), run.output("workspace-id")),
        ((outcome, ""), workspace),
        "{}",
        run.log
    );
}

fn deletes(run: &Run) -> Vec<&String> {
    run.writes
        .iter()
        .filter(|write| write.starts_with("DELETE"))
        .collect()
}

/// Two profiles, and a release branch with the same commits.
fn with_profiles(scene: Scene) -> Scene {
    scene.world(|world| {
        let profiles = &mut new_commit(world).ci.profiles;
        profiles.extend(["prod", "staging"].map(str::to_owned));
        let branches = &mut world.repositories.get_mut(REPOSITORY).unwrap().branches;
        let commits = branches["main"].clone();
        branches.insert("release".to_owned(), commits);
    })
}

/// A pull request's own run.
fn pull_request(action: &str) -> Scene {
    let repository =
        json!({"full_name": "acme/shop", "id": 123_456, "private": false, "clone_url": REPOSITORY});
    let event = json!({
        "action": action,
        "number": 7,
        "repository": repository,
        "pull_request": {
            "number": 7,
            "state": if action == "closed" { "closed" } else { "open" },
            "head": {"sha": NEW, "ref": "main", "repo": repository},
        },
    });
    with_profiles(Scene::new())
        .with("flow", "preview")
        .with("team", "Acme")
        .with("plan", "Boost")
        .variable("GITHUB_EVENT_NAME", "pull_request")
        .variable("GITHUB_REPOSITORY_ID", "123456")
        .event(&event.to_string())
}

fn closed(scene: Scene) -> Scene {
    let event = json!({
        "action": "closed",
        "number": 7,
        "pull_request": {
            "number": 7,
            "state": "closed",
            "head": {"sha": NEW, "ref": "main", "repo": {"full_name": "acme/shop", "id": 123_456}},
        },
    });
    scene.event(&event.to_string())
}

#[test]
fn the_mark_says_whose_and_of_what_a_workspace_is() {
    let scene = with_profiles(Scene::candidate())
        .with("app", "web")
        .with("profile", "prod")
        .variable("GITHUB_REPOSITORY_ID", "123456");
    ended(&scene.run(), "ready", "5001");
    let its = scene.sim.with(|world| mark(world, NEXT));
    let made_of = its.made_of.clone().unwrap();
    assert_eq!(its.repository.id, Some(123_456));
    assert_eq!(its.workflow, ".github/workflows/release.yml");
    assert_eq!(its.app(), Some("web"));
    assert_eq!(made_of.profile.as_deref(), Some("prod"));
    assert_eq!(made_of.branch, "main");
}

#[test]
fn what_an_app_may_be_called() {
    for bad in ["a b", "-", "-web", "web/api", "wëb", &"a".repeat(64)] {
        let run = Scene::candidate().with("app", bad).run();
        assert_eq!(run.ending(), ("failed", "invalid-input"), "{bad}");
        assert!(run.error().contains("`app`"), "{}", run.error());
    }
}

/// A second attempt of a job whose sibling of the same run has made workspace 5001 differently.
fn sibling(made: Change, wanted: Change) -> (Scene, Run) {
    let scene = made(with_profiles(Scene::candidate()).with("env", "GREETING=a"));
    ended(&scene.run(), "ready", "5001");
    let scene = wanted(scene).variable("GITHUB_RUN_ATTEMPT", "2");
    let run = scene.run();
    (scene, run)
}

#[test]
fn what_another_job_of_the_run_has_made_is_neither_taken_nor_deleted() {
    let same: Change = |scene| scene;
    let wishes: [(Change, Change, &str); 7] = [
        (
            same,
            |scene| scene.with("env", "GREETING=b"),
            "values of its environment are others",
        ),
        (
            |scene| scene.with("profile", "prod"),
            |scene| scene.with("profile", "staging"),
            "its profile is prod, not staging",
        ),
        (
            same,
            |scene| scene.with("profile", "prod"),
            "its profile is ci.yml, not prod",
        ),
        (
            |scene| scene.with("branch", "main").with("commit", NEW),
            |scene| scene.with("branch", "release").with("commit", NEW),
            "its branch is main, not release",
        ),
        (
            |scene| scene.with("app", "api"),
            |scene| scene.with("app", "web"),
            "it is of the app api, not of the app web",
        ),
        (
            same,
            |scene| scene.with("replicas", "2"),
            "its number of replicas is another",
        ),
        (
            same,
            |scene| scene.with("restricted", "false"),
            "its `restricted` is another",
        ),
    ];
    for (made, wanted, why) in wishes {
        let (scene, run) = sibling(made, wanted);
        ended(&run, "ready", "5002");
        assert_eq!(deletes(&run), [""; 0]);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT, 5002]);
        let told = format!("of an earlier attempt is left alone, as {why}");
        run.tells(&["workspace 5001", &told]);
        assert!(
            run.summary
                .contains("which an earlier attempt of this run has made, and which does not fit"),
            "{}",
            run.summary
        );
    }
}

#[test]
fn what_fits_in_everything_is_gone_on_with_also_under_a_mark_of_the_first_form() {
    let same: Change = |scene| scene;
    let (scene, run) = sibling(
        |scene| scene.with("profile", "prod").with("app", "web"),
        same,
    );
    ended(&run, "ready", "5001");
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    let scene = with_profiles(Scene::candidate()).with("profile", "prod");
    ended(&scene.run(), "ready", "5001");
    let scene = remarked(scene, NEXT, |mark| mark.made_of = None);
    let scene = scene
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .variable("GITHUB_REPOSITORY_ID", "123456");
    ended(&scene.run(), "ready", "5001");
    ended(&scene.with("app", "web").run(), "ready", "5002");
}

#[test]
fn one_app_never_supersedes_retires_or_cleans_up_another() {
    let released = Scene::zero_downtime()
        .with("app", "api")
        .variable("GITHUB_RUN_NUMBER", "50")
        .variable("GITHUB_RUN_ID", "9876543299");
    ended(&released.run(), "released", "5001");
    let older = released
        .variable("GITHUB_RUN_NUMBER", "42")
        .variable("GITHUB_RUN_ID", "9876543210");
    let run = older.run();
    assert_eq!(run.ending(), ("superseded", "superseded"), "{}", run.log);
    let other = older.with("app", "web").with("previous", "delete");
    let run = other.run();
    ended(&run, "released", "5002");
    assert_eq!(deletes(&run), [""; 0], "5001 is of another app");
    assert_eq!(other.workspaces(), [LIVE, DOCS, NEXT, 5002]);
}

/// Old candidates of the apps web, api and none.
fn of_several_apps() -> Scene {
    let mut scene = with_profiles(Scene::candidate()).with("domain", "");
    for (app, run_id) in [("web", "1"), ("web", "2"), ("api", "3"), ("", "4")] {
        scene = scene.with("app", app).variable("GITHUB_RUN_ID", run_id);
        assert_eq!(scene.run().ending(), ("ready", ""));
    }
    let scene = scene.world(|world| {
        for id in 5001..=5004 {
            world.workspaces.get_mut(&id).unwrap().created_at = -90_000.0;
        }
    });
    scene
        .with("flow", "cleanup")
        .with("app", "")
        .with("plan", "")
        .with("env", "")
        .with("keep-releases", "0")
}

#[test]
fn a_clean_up_keeps_apps_apart_and_counts_what_it_left() {
    let scene = of_several_apps();
    let planned = scene.with("dry-run", "true");
    let run = planned.run();
    run.tells(&["3 workspaces are left alone, as their `app` is another: api and web."]);
    let scene = planned.with("dry-run", "false");
    let run = scene.run();
    assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
    assert_eq!(run.writes, ["DELETE /workspaces/5004"]);
    assert!(
        run.summary.contains("3 workspaces are left alone"),
        "{}",
        run.summary
    );
    let scene = scene.with("app", "web");
    let run = scene.run();
    assert_eq!(
        run.writes,
        ["DELETE /workspaces/5002", "DELETE /workspaces/5001"]
    );
    run.tells(&["1 workspace is left alone, as its `app` is another: api."]);
}

#[test]
fn promote_takes_the_app_from_the_workspace() {
    let mut scene = with_profiles(Scene::candidate());
    for (app, run_id) in [("web", "1"), ("api", "2")] {
        scene = scene.with("app", app).variable("GITHUB_RUN_ID", run_id);
        assert_eq!(scene.run().ending(), ("ready", ""));
    }
    let scene = scene
        .with("app", "web")
        .promoting()
        .with("app", "")
        .world(|world| {
            for id in 5001..=5002 {
                world.workspaces.get_mut(&id).unwrap().created_at = -90_000.0;
            }
        });
    let run = scene.with("keep-releases", "0").run();
    ended(&run, "released", "5003");
    assert_eq!(deletes(&run), ["DELETE /workspaces/5001"]);
}

#[test]
fn two_previews_of_one_pull_request_need_an_app_each() {
    let scene = pull_request("opened").with("profile", "prod");
    ended(&scene.run(), "ready", "5001");
    let scene = scene.with("profile", "staging");
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
    assert_eq!(run.writes, [""; 0]);
    for told in [
        "Pull request 7 has a preview already, workspace 5001, whose profile is `prod`; this one's is `staging`",
        "give each job an `app` of its own",
    ] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
    let scene = scene.with("app", "admin");
    ended(&scene.run(), "ready", "5002");
    let name = scene.sim.with(|world| world.workspaces[&5002].name.clone());
    assert_eq!(name, "shop-admin-pr-7");
    let run = closed(scene.with("app", "admin")).run();
    assert_eq!(run.writes, ["DELETE /workspaces/5002"], "{}", run.log);
    let run = closed(pull_request("closed")).run();
    assert_eq!(run.ending(), ("removed", ""), "{}", run.log);
}

#[test]
fn a_preview_of_the_first_form_fits_any_profile() {
    let scene = pull_request("opened");
    ended(&scene.run(), "ready", "5001");
    let scene = remarked(scene, NEXT, |mark| mark.made_of = None);
    ended(&scene.with("profile", "prod").run(), "ready", "5001");
}

#[test]
fn a_repository_keeps_what_it_has_made_when_it_gets_another_name() {
    let scene = pull_request("opened");
    ended(&scene.run(), "ready", "5001");
    let renamed = closed(scene.variable("GITHUB_REPOSITORY", "acme/store"));
    let run = renamed.run();
    assert_eq!(run.ending(), ("removed", ""), "{}", run.log);
    assert_eq!(run.writes, ["DELETE /workspaces/5001"]);
    let scene = remarked_preview(|mark| mark.made_of = None);
    let run = closed(scene.variable("GITHUB_REPOSITORY", "Acme/Shop")).run();
    assert_eq!(run.writes, ["DELETE /workspaces/5001"], "{}", run.log);
    let scene = remarked_preview(|mark| mark.repository.id = Some(99));
    let run = closed(scene).run();
    assert_eq!(run.writes, [""; 0], "a new repository of the old name");
}

fn remarked_preview(change: impl FnOnce(&mut OwnerLabel)) -> Scene {
    let scene = pull_request("opened");
    ended(&scene.run(), "ready", "5001");
    remarked(scene, NEXT, change)
}

#[test]
fn a_workflow_file_that_was_made_anew_is_not_superseded_for_ever() {
    let live = |number: &str, id: &str| {
        let scene = Scene::zero_downtime()
            .variable("GITHUB_RUN_NUMBER", number)
            .variable("GITHUB_RUN_ID", id);
        ended(&scene.run(), "released", "5001");
        scene
    };
    for (number, id) in [("1", "9876543300"), ("60", "9876543100")] {
        let scene = live("50", "9876543200")
            .variable("GITHUB_RUN_NUMBER", number)
            .variable("GITHUB_RUN_ID", id);
        let run = scene.run();
        ended(&run, "released", "5002");
        let warnings = run.annotations("warning");
        assert!(
            warnings.iter().any(|warning| warning.contains(
                "Workspace 5001, which serves now, was released by run 9876543200 with number 50"
            ) && warning.contains("The release goes on.")),
            "{warnings:?}"
        );
    }
    let scene = live("50", "9876543200")
        .variable("GITHUB_RUN_NUMBER", "49")
        .variable("GITHUB_RUN_ID", "9876543100");
    assert_eq!(scene.run().ending(), ("superseded", "superseded"));
    let scene = live("50", "9876543200")
        .variable("GITHUB_RUN_NUMBER", "51")
        .variable("GITHUB_RUN_ID", "9876543300");
    let run = scene.run();
    ended(&run, "released", "5002");
    assert!(!run.log.contains("is not known, as a workflow file"));
}

#[test]
fn a_release_of_the_old_commit_by_another_repository_says_nothing() {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_RUN_NUMBER", "50")
        .variable("GITHUB_RUN_ID", "9876543299")
        .variable("GITHUB_REPOSITORY_ID", "123456");
    ended(&scene.run(), "released", "5001");
    let scene = remarked(scene, NEXT, |mark| mark.repository.id = Some(99))
        .variable("GITHUB_RUN_NUMBER", "42")
        .variable("GITHUB_RUN_ID", "9876543210");
    ended(&scene.run(), "released", "5002");
}
