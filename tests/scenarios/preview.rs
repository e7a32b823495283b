use codesphere_release::owner::{OwnerLabel, Purpose};
use codesphere_simulator::{
    Commit, DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Repository, Script,
    Workspace, World,
};
use serde_json::{Value, json};

use crate::harness::{Run, Scene, new_commit};

/// When it was updated, for a clean-up to know.
const NOTED: &str = "PUT /workspaces/5001/env-vars";
const NEXT: u64 = 5001;
const BRANCH: &str = "feature/x";
const PUSHED: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const MERGE: &str = "dddddddddddddddddddddddddddddddddddddddd";
const FORK: &str = "https://github.com/mallory/shop.git";
const PULL: &str = "POST /workspaces/5001/git/pull/origin/feature%2Fx";
const DELETE: &str = "DELETE /workspaces/5001";
/// What waking a workspace asks for.
const WAKE: &str = "PATCH /workspaces/5001";

pub(crate) fn event(action: &str, sha: &str) -> Value {
    json!({
        "action": action,
        "number": 7,
        "repository": {"private": false, "clone_url": REPOSITORY},
        "pull_request": {
            "number": 7,
            "state": if action == "closed" { "closed" } else { "open" },
            "head": {
                "sha": sha,
                "ref": BRANCH,
                "repo": {"full_name": "acme/shop", "fork": false, "private": false, "clone_url": REPOSITORY},
            },
        },
    })
}

/// Pull request 7 was opened with the commit [`NEW`].
pub(crate) fn opened() -> Scene {
    Scene::new()
        .with("flow", "preview")
        .with("team", "Acme")
        .with("plan", "Boost")
        .with("env", "GREETING=hello")
        .variable("GITHUB_EVENT_NAME", "pull_request")
        .variable("GITHUB_REF_NAME", "7/merge")
        .variable("GITHUB_SHA", MERGE)
        .event(&event("opened", NEW).to_string())
        .world(pull_request)
}

/// The branch of pull request 7 has the same commits as the main branch.
pub(crate) fn pull_request(world: &mut World) {
    let branches = &mut repository(world).branches;
    let commits = branches["main"].clone();
    branches.insert(BRANCH.to_owned(), commits);
}

fn repository(world: &mut World) -> &mut Repository {
    world.repositories.get_mut(REPOSITORY).unwrap()
}

fn workspace(world: &mut World, id: u64) -> &mut Workspace {
    world.workspaces.get_mut(&id).unwrap()
}

/// The next run of the workflow, for what happened to the pull request next.
pub(crate) fn then(scene: Scene, action: &str, sha: &str) -> Scene {
    scene
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .event(&event(action, sha).to_string())
}

/// The preview of [`NEW`] is there, and [`PUSHED`] was pushed.
fn pushed() -> Scene {
    let scene = opened();
    ready(&scene.run());
    let scene = scene.world(|world| {
        let branch = repository(world).branches.get_mut(BRANCH).unwrap();
        branch.push(Commit::new(PUSHED));
    });
    then(scene, "synchronize", PUSHED)
}

/// The preview of [`NEW`] is there, and the pull request was closed.
fn closed() -> Scene {
    let scene = opened();
    ready(&scene.run());
    then(scene, "closed", NEW)
}

/// A pull request of a fork, with what else the event says.
fn of_fork(name: &str, action: &str, label: Option<&str>) -> Scene {
    let mut event = event(action, PUSHED);
    event["pull_request"]["head"]["repo"] =
        json!({"full_name": "mallory/shop", "fork": true, "private": false, "clone_url": FORK});
    if let Some(label) = label {
        event["label"] = json!({"name": label});
    }
    opened()
        .variable("GITHUB_EVENT_NAME", name)
        .event(&event.to_string())
        .world(|world| {
            let commits = ["e", "b", "f"].map(|digit| Commit::new(&digit.repeat(40)));
            let fork = Repository::new(BRANCH, commits.to_vec());
            world.repositories.insert(FORK.to_owned(), fork);
        })
}

/// A workspace that was there before, with the mark that `change` makes of that of pull request 7's preview.
pub(crate) fn with_marked(scene: Scene, id: u64, change: impl Fn(&mut OwnerLabel)) -> Scene {
    let mut mark = label();
    change(&mut mark);
    with_workspace(scene, id, Some(mark.to_string()))
}

fn label() -> OwnerLabel {
    OwnerLabel {
        repository: "acme/shop".into(),
        made_of: None,
        workflow: ".github/workflows/preview.yml".to_owned(),
        flow: "preview".to_owned(),
        purpose: Purpose::PullRequest(7),
        commit: OLD.to_owned().try_into().ok(),
        run_id: 1,
        attempt: 1,
        run_number: 1,
        launch: "0123456789abcdef".to_owned(),
    }
}

/// The preview of pull request 7 is there.
pub(crate) fn preview(world: &mut World) {
    let mut old = Workspace::serving(NEXT, "shop-pr-7", REPOSITORY, Commit::new(OLD));
    old.welcome_message = Some(label().to_string());
    world.workspaces.insert(NEXT, old);
}

fn with_workspace(scene: Scene, id: u64, message: Option<String>) -> Scene {
    scene.world(|world| {
        let name = format!("shop-pr-7-{id}");
        let mut old = Workspace::serving(id, &name, REPOSITORY, Commit::new(OLD));
        old.welcome_message = message;
        world.workspaces.insert(id, old);
    })
}

fn ready(run: &Run) {
    assert_eq!((run.exit, run.ending()), (0, ("ready", "")), "{}", run.log);
}

fn removed(run: &Run) {
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("removed", "")),
        "{}",
        run.log
    );
}

/// Runs a scene that must stop before anything is written.
fn refused(scene: &Scene, reason: &str) -> Run {
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", reason), "{}", run.log);
    assert_eq!(run.writes, [""; 0]);
    run
}

/// What somebody who has signed in sees.
fn shows(scene: &Scene, id: u64) -> String {
    scene
        .sim
        .with(|world| workspace(world, id).restricted = false);
    scene
        .sim
        .visit(&format!("{id}-3000.2.codesphere.test"), "/")
        .body
}

fn mark(scene: &Scene, id: u64) -> OwnerLabel {
    let message = scene
        .sim
        .with(|world| workspace(world, id).welcome_message.clone());
    OwnerLabel::parse(&message.unwrap()).unwrap()
}

#[test]
fn an_opened_pull_request_gets_a_workspace_of_its_own_with_exactly_its_head() {
    let scene = opened().with("health-body", "{sha}");
    let run = scene.run();
    ready(&run);
    assert_eq!(
        run.writes,
        [
            "POST /workspaces",
            PULL,
            "POST /workspaces/5001/pipeline/prepare/start",
            "POST /workspaces/5001/pipeline/run/start",
            NOTED,
        ]
    );
    let updated = scene.sim.with(|world| {
        let env = &world.workspaces[&NEXT].env;
        env["CODESPHERE_RELEASE_UPDATED"].parse::<f64>().unwrap()
    });
    // The simulator's calendar starts at 1767225600.
    let took = run.took.as_secs_f64();
    assert!((0.0..=took).contains(&(updated - 1_767_225_600.0)));
    let url = "https://5001-3000.2.codesphere.test";
    assert_eq!(
        ["workspace-id", "workspace-url", "url", "commit"].map(|name| run.output(name)),
        ["5001", url, url, NEW]
    );
    assert_eq!(run.output("previous-workspace-ids"), "[]");
    let its = mark(&scene, NEXT);
    assert_eq!(
        (its.flow.as_str(), its.purpose, its.commit.as_deref()),
        ("preview", Purpose::PullRequest(7), Some(NEW))
    );
    let name = scene.sim.with(|world| workspace(world, NEXT).name.clone());
    assert_eq!(name, "shop-pr-7");
    run.tells(&["shows commit aaaaaaa ", "of pull request 7."]);
    assert_eq!(scene.post(&run).writes, [""; 0]);
    assert_eq!(scene.pointed("/"), [LIVE]);
}

#[test]
fn a_push_updates_the_workspace_in_place() {
    let scene = pushed();
    let run = scene.run();
    ready(&run);
    assert_eq!(
        run.writes,
        [
            PULL,
            "PUT /workspaces/5001/env-vars",
            "POST /workspaces/5001/pipeline/prepare/start",
            "POST /workspaces/5001/pipeline/run/stop",
            "POST /workspaces/5001/pipeline/run/start",
            NOTED,
        ]
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
    let url = "https://5001-3000.2.codesphere.test";
    assert_eq!(
        ["workspace-id", "workspace-url", "url", "commit"].map(|name| run.output(name)),
        ["5001", url, url, PUSHED]
    );
    assert!(run.summary.contains("Ready"), "{}", run.summary);
    assert_eq!(scene.post(&run).writes, [""; 0]);
}

#[test]
fn a_rewritten_branch_is_shown_as_it_is_now() {
    let scene = pushed().world(|world| {
        let repository = repository(world);
        repository.rewritten = true;
        let commits = vec![Commit::new(OLD), Commit::new(PUSHED)];
        repository.branches.insert(BRANCH.to_owned(), commits);
    });
    let run = scene.run();
    ready(&run);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
}

#[test]
fn whatever_else_happens_to_an_open_pull_request_updates_it_too() {
    for action in ["labeled", "ready_for_review", "something_new"] {
        let scene = then(pushed(), action, PUSHED);
        ready(&scene.run());
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "{action}");
        assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
    }
}

#[test]
fn a_run_started_again_updates_what_is_there() {
    let (scene, _) = opened().lost_at("GET", "/workspaces/5001/pipeline/run");
    let scene = scene.variable("GITHUB_RUN_ATTEMPT", "2");
    ready(&scene.run());
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    let again = scene.variable("GITHUB_RUN_ATTEMPT", "3");
    ready(&again.run());
    assert_eq!(again.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn a_closed_pull_request_loses_its_workspace() {
    let scene = closed();
    let run = scene.run();
    removed(&run);
    assert_eq!(run.writes, [DELETE]);
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
    assert_eq!(
        ["url", "workspace-id", "commit"].map(|name| run.output(name)),
        ["", "", ""]
    );
    assert!(run.summary.contains("Preview removed"), "{}", run.summary);
    assert!(run.summary.contains("workspace 5001"), "{}", run.summary);
    let again = scene.run();
    removed(&again);
    assert_eq!(again.writes, [""; 0]);
    again.tells(&["Pull request 7 has no preview any more"]);
}

#[test]
fn a_closed_pull_request_is_not_built_whatever_happens_to_it_next() {
    let mut event = event("labeled", NEW);
    event["pull_request"]["state"] = json!("closed");
    let scene = closed().event(&event.to_string());
    removed(&scene.run());
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn a_reopened_pull_request_gets_a_new_workspace() {
    let scene = closed();
    removed(&scene.run());
    let scene = then(scene, "reopened", NEW);
    let run = scene.run();
    ready(&run);
    assert_eq!(run.output("workspace-id"), "5002");
    assert_eq!(scene.workspaces(), [LIVE, DOCS, 5002]);
}

#[test]
fn closing_needs_nothing_that_only_building_needs() {
    let scene = closed()
        .with("plan", "No such plan")
        .with("commit", "")
        .world(|world| world.repositories.clear());
    removed(&scene.run());
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn what_a_domain_points_at_stays_and_the_rest_goes() {
    let scene = with_marked(with_marked(closed(), 4900, |_| {}), 6000, |_| {}).connected(
        "pr.example.com",
        "/x",
        &[NEXT],
    );
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "refused")),
        "{}",
        run.log
    );
    assert_eq!(
        run.writes,
        ["DELETE /workspaces/4900", "DELETE /workspaces/6000"]
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    for told in [
        "Workspace 5001 is not deleted, as pr.example.com points at it.",
        "there is still workspace 5001, which costs money",
    ] {
        assert!(run.error().contains(told), "{told}: {}", run.error());
    }
    assert!(
        run.summary
            .contains("workspace 5001, which showed the pull request"),
        "{}",
        run.summary
    );
}

#[test]
fn a_removal_that_fails_or_is_cancelled_says_what_is_still_there() {
    let scene = closed().fault(Fault::on(
        "DELETE",
        "/workspaces/5001",
        FaultKind::status(403),
    ));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "unauthorized"), "{}", run.log);
    assert!(
        run.error().contains("there is still workspace 5001"),
        "{}",
        run.error()
    );
    removed(&scene.run());
    let scene = closed();
    let cancel = scene.cancel.clone();
    let stopped = FaultKind::run(move |_| cancel.cancel());
    let scene = scene.fault(Fault::on("GET", "/domains/team/7", stopped));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (130, ("cancelled", "cancelled")),
        "{}",
        run.log
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
}

#[test]
fn only_the_mark_tells_whose_a_workspace_is() {
    let foreign = |scene: Scene| {
        let scene = with_workspace(scene, 4901, None);
        let scene = with_workspace(scene, 4902, Some("Welcome to shop-pr-7!".to_owned()));
        let scene = with_marked(scene, 4903, |mark| {
            mark.repository = "acme/docs".into();
        });
        let scene = with_marked(scene, 4904, |mark| mark.purpose = Purpose::PullRequest(77));
        with_marked(scene, 4905, |mark| mark.purpose = Purpose::serve([]))
    };
    let theirs = [LIVE, DOCS, 4901, 4902, 4903, 4904, 4905];
    let scene = foreign(opened()).world(|world| {
        "shop-pr-7".clone_into(&mut workspace(world, 4901).name);
    });
    let run = scene.run();
    ready(&run);
    let name = scene.sim.with(|world| workspace(world, NEXT).name.clone());
    assert_eq!(name, "shop-pr-7-2");
    let scene = then(scene, "closed", NEW);
    let run = scene.run();
    removed(&run);
    assert_eq!(run.writes, [DELETE]);
    assert_eq!(scene.workspaces(), theirs);
    for id in &theirs[2..] {
        assert_eq!(shows(&scene, *id), format!("shop {OLD} on {id}"));
    }
}

#[test]
fn of_several_the_newest_is_updated_and_the_others_go_afterwards() {
    let scene = with_marked(with_marked(pushed(), 4900, |_| {}), 4910, |_| {});
    let scene = scene.connected("pr.example.com", "/", &[4910]);
    let run = scene.run();
    ready(&run);
    assert_eq!(run.output("workspace-id"), "5001");
    assert_eq!(run.writes[0], PULL);
    assert!(
        run.writes
            .ends_with(&["DELETE /workspaces/4900", NOTED].map(str::to_owned))
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, 4910, NEXT]);
    let warnings = run.annotations("warning");
    assert!(
        warnings[0].contains("Workspace 4910 is not deleted, as pr.example.com points at it."),
        "{warnings:?}"
    );
}

#[test]
fn an_update_that_fails_removes_no_older_one() {
    let scene = with_marked(pushed(), 4900, |_| {})
        .world(|world| repository(world).commit_mut(PUSHED).unwrap().app.status = 500);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, 4900, NEXT]);
}

#[test]
fn only_pull_requests_have_previews() {
    for name in ["push", "workflow_dispatch", "issue_comment", "schedule"] {
        let run = refused(
            &opened().variable("GITHUB_EVENT_NAME", name),
            "invalid-input",
        );
        assert!(
            run.error().contains("not that of a pull request"),
            "{name}: {}",
            run.error()
        );
    }
    refused(&opened().event("{}"), "invalid-input");
}

#[test]
fn the_event_of_a_review_shows_the_pull_request_as_its_own_events_do() {
    ready(
        &opened()
            .variable("GITHUB_EVENT_NAME", "pull_request_review")
            .run(),
    );
}

#[test]
fn a_repository_that_is_a_fork_itself_shows_its_own_pull_requests() {
    let mut event = event("opened", NEW);
    event["pull_request"]["head"]["repo"]["fork"] = json!(true);
    ready(&opened().event(&event.to_string()).run());
}

#[test]
fn a_strangers_code_is_refused() {
    for (name, action, label, told) in [
        (
            "pull_request",
            "opened",
            None,
            "comes from the fork mallory/shop",
        ),
        (
            "pull_request",
            "labeled",
            Some("preview"),
            "Leave pull requests of forks out",
        ),
        (
            "pull_request_target",
            "opened",
            None,
            "this event is `opened`",
        ),
        (
            "pull_request_target",
            "synchronize",
            Some("preview"),
            "this event is `synchronize`",
        ),
        (
            "pull_request_target",
            "unlabeled",
            Some("preview"),
            "this event is `unlabeled`",
        ),
        (
            "pull_request_target",
            "labeled",
            Some("Preview"),
            "given the label `preview`",
        ),
        ("pull_request_target", "labeled", None, "Read the commit"),
    ] {
        let scene = of_fork(name, action, label);
        let run = refused(&scene, "refused");
        assert!(run.error().contains(told), "{told}: {}", run.error());
        assert_eq!(scene.sim.calls().len(), 0, "nobody is asked anything");
    }
}

#[test]
fn a_pull_request_whose_repository_is_gone_is_refused_unless_it_is_closed() {
    let gone = |action| {
        let mut event = event(action, NEW);
        event["pull_request"]["head"]["repo"] = Value::Null;
        event["label"] = json!({"name": "preview"});
        event.to_string()
    };
    let scene = opened()
        .variable("GITHUB_EVENT_NAME", "pull_request_target")
        .event(&gone("labeled"));
    let run = refused(&scene, "refused");
    assert!(run.error().contains("is gone"), "{}", run.error());
    let scene = closed().event(&gone("closed"));
    removed(&scene.run());
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn a_forks_labelled_commit_is_shown_and_no_other() {
    let scene = of_fork("pull_request_target", "labeled", Some("preview"))
        .with("branch", BRANCH)
        .with("health-body", "{sha}");
    let run = scene.run();
    ready(&run);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
    let (url, private) = scene.sim.with(|world| {
        let made = workspace(world, NEXT);
        (made.git_url.clone(), made.private)
    });
    assert_eq!((url.as_deref(), private), (Some(FORK), false));
    assert_eq!(run.output("commit"), PUSHED);
    assert_eq!(mark(&scene, NEXT).repository.name, "acme/shop");
    let scene = scene.with("commit", &"f".repeat(40));
    let run = refused(&scene, "refused");
    assert!(
        run.error().contains("Leave `commit` blank"),
        "{}",
        run.error()
    );
}

#[test]
fn a_forks_closed_pull_request_loses_its_workspace() {
    let scene = with_marked(of_fork("pull_request_target", "closed", None), 4900, |_| {});
    removed(&scene.run());
    assert_eq!(scene.workspaces(), [LIVE, DOCS]);
}

#[test]
fn a_new_preview_that_fails_is_removed_or_kept_as_asked() {
    for (on_failure, outcome, left) in [
        ("rollback", "reverted", vec![LIVE, DOCS]),
        ("keep", "failed", vec![LIVE, DOCS, NEXT]),
    ] {
        let scene = opened().with("on-failure", on_failure).world(|world| {
            let commit = repository(world).branches.get_mut(BRANCH).unwrap();
            commit[1].ci.prepare = Script::failing(2.0, &["no"]);
        });
        let run = scene.run();
        assert_eq!(run.ending(), (outcome, "stage-failed"), "{}", run.log);
        assert_eq!(scene.workspaces(), left);
        assert_eq!((run.output("url"), run.output("commit")), ("", ""));
    }
}

#[test]
fn an_update_that_fails_puts_the_old_commit_back() {
    for on_failure in ["rollback", "keep"] {
        let scene = pushed()
            .with("env", "GREETING=good day\nNEW=1")
            .with("on-failure", on_failure)
            .world(|world| {
                let commit = repository(world).commit_mut(PUSHED).unwrap();
                commit.ci.prepare = Script::failing(2.0, &["no"]);
            });
        let run = scene.run();
        assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
        assert_eq!(shows(&scene, NEXT), format!("shop {NEW} on 5001"));
        let (head, env) = scene.sim.with(|world| {
            let its = workspace(world, NEXT);
            (its.head.clone(), its.env.clone())
        });
        assert_eq!(head.as_deref(), Some(NEW));
        assert_eq!(env.get("GREETING").map(String::as_str), Some("hello"));
        assert_eq!(env.get("NEW"), None);
        assert_eq!((run.output("url"), run.output("commit")), ("", NEW));
        assert_eq!(scene.post(&run).writes, [""; 0]);
    }
}

#[test]
fn a_workspace_that_sleeps_is_woken() {
    let scene = pushed().world(|world| workspace(world, NEXT).asleep = true);
    let run = scene.run();
    ready(&run);
    assert_eq!(run.writes[..2], [WAKE, PULL]);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
}

#[test]
fn a_preview_may_sleep_but_of_two_plans_of_a_title_the_one_that_does_not_is_taken() {
    for (plan, id) in [("Nap", 12), ("10", 10), ("Boost", 9)] {
        let scene = opened().with("plan", plan);
        ready(&scene.run());
        let its = scene.sim.with(|world| workspace(world, NEXT).plan);
        assert_eq!(its, id, "{plan}");
    }
    let run = refused(
        &opened().with("plan", "Nap").with("replicas", "2"),
        "refused",
    );
    assert!(
        run.error()
            .contains("The plan \"Nap\" allows at most 1 replica"),
        "{}",
        run.error()
    );
    let run = refused(&opened().with("plan", "Old"), "refused");
    assert!(run.error().contains("no longer offered"), "{}", run.error());
}

#[test]
fn a_cancelled_creation_is_removed_and_a_cancelled_update_put_back() {
    let cancelled = |scene: Scene| {
        let cancel = scene.cancel.clone();
        let stop = FaultKind::run_after(move |_| cancel.cancel());
        let mut scene = scene.fault(Fault::on(
            "POST",
            "/workspaces/5001/pipeline/run/start",
            stop,
        ));
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (130, ("cancelled", "cancelled")),
            "{}",
            run.log
        );
        scene.uncancel();
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{}{}", run.log, post.log);
        scene
    };
    assert_eq!(cancelled(opened()).workspaces(), [LIVE, DOCS]);
    let scene = cancelled(pushed());
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
    assert_eq!(shows(&scene, NEXT), format!("shop {NEW} on 5001"));
}

#[test]
fn what_a_lost_main_step_has_made_or_changed_is_undone_by_the_post_step() {
    for (method, path) in [
        ("POST", "/workspaces"),
        ("POST", "/workspaces/5001/git/**"),
        ("POST", "/workspaces/5001/pipeline/run/start"),
    ] {
        let (scene, run) = opened().lost_at(method, path);
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{method} {path}: {}", post.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS], "{method} {path}");
    }
    for path in ["git/**", "pipeline/run/stop", "pipeline/run/start"] {
        let path = format!("/workspaces/5001/{path}");
        let (scene, run) = pushed().with("env", "").lost_at("POST", &path);
        let post = scene.post(&run);
        assert_eq!(post.exit, 0, "{path}: {}", post.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT]);
        assert_eq!(shows(&scene, NEXT), format!("shop {NEW} on 5001"), "{path}");
    }
}

#[test]
fn the_post_step_leaves_a_workspace_alone_that_is_no_preview_of_its_pull_request() {
    for (ours, other) in [
        ("acme/shop, id 77", "acme/docs, id 78"),
        ("pull request 7", "pull request 77"),
    ] {
        let (scene, run) = pushed()
            .with("env", "")
            .lost_at("POST", "/workspaces/5001/pipeline/run/stop");
        scene.sim.with(|world| {
            let mark = &mut world.workspaces.get_mut(&NEXT).unwrap().welcome_message;
            let another = mark.as_deref().unwrap().replace(ours, other);
            assert_ne!(mark.as_deref(), Some(another.as_str()));
            *mark = Some(another);
        });
        let post = scene.post(&run);
        assert_eq!(
            (post.exit, post.writes),
            (1, Vec::new()),
            "{other}: {}",
            post.log
        );
        post.log
            .find("workspace 5001 is no preview of this run's pull request")
            .unwrap();
    }
}

#[test]
fn a_dry_run_tells_what_would_become_of_the_preview_and_changes_nothing() {
    let planned = |scene: Scene, told: &[&str]| {
        let run = scene.with("dry-run", "true").run();
        assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
        assert_eq!(run.writes, [""; 0]);
        run.tells(told);
    };
    planned(
        opened(),
        &[
            "Flow preview on",
            "1. Create workspace \"shop-pr-7\" in team Acme (7) on plan Boost (9)",
            "7. Leave it running for pull request 7.",
            "8. On a failure: delete the new workspace.",
        ],
    );
    planned(
        with_marked(pushed(), 4900, |_| {}),
        &[
            "1. Pull origin feature/x in workspace 5001 (shop-pr-7) and check out commit bbbbbbb",
            "7. Delete workspace 4900, an older one for pull request 7, if no domain points at it.",
            "8. On a failure: restore the old commit",
        ],
    );
    let scene = closed();
    planned(
        then(scene, "closed", NEW),
        &["1. Pull request 7 is closed: delete workspace 5001, as far as no domain points there."],
    );
    planned(
        opened().event(&event("closed", NEW).to_string()),
        &["1. Pull request 7 is closed and has no preview any more: end here."],
    );
}

#[test]
fn a_preview_is_nothing_to_promote() {
    let scene = opened();
    ready(&scene.run());
    let scene = scene
        .with("flow", "promote")
        .with("workspace-id", "5001")
        .with("domain", DOMAIN)
        .with("plan", "")
        .with("env", "");
    let run = refused(&scene, "refused");
    assert!(
        run.error().contains("the preview of pull request 7"),
        "{}",
        run.error()
    );
}

#[test]
fn what_the_flow_does_not_use_is_told_and_a_template_for_names_is_not_even_read() {
    let scene = opened()
        .with("workspace-name", "{nonsense}")
        .with("workspace-id", "4001")
        .with("domain", DOMAIN)
        .with("dry-run", "true")
        .world(|world| new_commit(world).app.status = 200);
    let run = scene.run();
    assert_eq!(run.ending(), ("planned", ""), "{}", run.log);
    let warnings = run.annotations("warning");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, name) in warnings.iter().zip(["workspace-id", "domain"]) {
        assert!(warning.contains(&format!("`{name}` is given")), "{warning}");
    }
}

/// A preview of a fork's labelled commit is there, and a later commit of it was given the label.
fn labelled_again(restricted: &str) -> Scene {
    let scene = of_fork("pull_request_target", "labeled", Some("preview"))
        .with("restricted", restricted)
        .with("env", "");
    ready(&scene.run());
    let mut event = event("labeled", &"f".repeat(40));
    event["pull_request"]["head"]["repo"] =
        json!({"full_name": "mallory/shop", "private": false, "clone_url": FORK});
    event["label"] = json!({"name": "preview"});
    scene.event(&event.to_string())
}

#[test]
fn a_forks_preview_is_never_shown_the_key_and_says_that_it_is_unproven() {
    let scene = of_fork("pull_request_target", "labeled", Some("preview"));
    let run = scene.run();
    ready(&run);
    assert!(scene.sim.visits().is_empty(), "nobody may ask it");
    run.tells(&["a stranger's code is never shown the key", "is not proven"]);
    for told in ["not asked, as the code of a fork", "is not proven"] {
        assert!(run.summary.contains(told), "{told}: {}", run.summary);
    }
    let run = labelled_again("true").run();
    ready(&run);
    run.tells(&["Whether it is healthy is not proven"]);
}

#[test]
fn a_forks_preview_whose_dev_domain_is_open_is_asked_as_anybody_would() {
    let scene = of_fork("pull_request_target", "labeled", Some("preview"))
        .with("restricted", "false")
        .with("health-body", "{sha}");
    let run = scene.run();
    ready(&run);
    assert!(!scene.sim.visits().is_empty());
    assert!(run.summary.contains("proven by"), "{}", run.summary);
    assert!(!run.log.contains("is not proven"));
}

#[test]
fn a_strangers_application_is_stopped_before_another_commit_is_pulled_under_it() {
    let scene = labelled_again("true");
    let run = scene.run();
    ready(&run);
    let stop = "POST /workspaces/5001/pipeline/run/stop";
    assert_eq!(run.writes[..2], [stop, PULL], "{:?}", run.writes);
    let stops = run.writes.iter().filter(|write| *write == stop);
    assert_eq!(stops.count(), 1);
    assert_eq!(
        shows(&scene, NEXT),
        format!("shop {} on 5001", "f".repeat(40))
    );
}

#[test]
fn a_strangers_update_that_fails_is_stopped_and_the_old_commit_serves_again() {
    let scene = labelled_again("false").world(|world| {
        let fork = world.repositories.get_mut(FORK).unwrap();
        fork.commit_mut(&"f".repeat(40)).unwrap().app.status = 500;
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
    let (scene, run) = labelled_again("true").lost_at("POST", "/workspaces/5001/git/**");
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(shows(&scene, NEXT), format!("shop {PUSHED} on 5001"));
}
