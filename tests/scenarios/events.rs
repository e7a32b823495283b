use codesphere_simulator::{Commit, LIVE, NEW, OLD, REPOSITORY};
use serde_json::{Value, json};

use crate::harness::{Run, Scene, new_commit};

const OPENED: &str = include_str!("events/pull_request_opened.json");
const MERGED: &str = include_str!("events/pull_request_merged.json");
const CLOSED: &str = include_str!("events/pull_request_closed.json");
const OF_A_FORK: &str = include_str!("events/pull_request_of_a_fork.json");
const OF_DEPENDABOT: &str = include_str!("events/pull_request_of_dependabot.json");
const TAG: &str = include_str!("events/push_tag.json");
const DELETED: &str = include_str!("events/push_deleted.json");
const RELEASE: &str = include_str!("events/release_published.json");
const SUCCEEDED: &str = include_str!("events/workflow_run_succeeded.json");
const FAILED: &str = include_str!("events/workflow_run_failed.json");
const RUN_OF_A_FORK: &str = include_str!("events/workflow_run_of_a_fork.json");
const RUN_OF_A_TAG: &str = include_str!("events/workflow_run_of_a_tag.json");
const MERGE_GROUP: &str = include_str!("events/merge_group.json");

/// What `GITHUB_SHA` is of events that mean another commit.
const OTHER: &str = "cccccccccccccccccccccccccccccccccccccccc";
const ZEROS: &str = "0000000000000000000000000000000000000000";

type Flow = fn() -> Scene;

/// Only flows that build mind what the event means.
const BUILDS: [Flow; 3] = [Scene::simple, Scene::zero_downtime, Scene::candidate];

/// `GITHUB_REF_TYPE`, `GITHUB_REF_NAME` and `GITHUB_SHA`.
type Reference = (&'static str, &'static str, &'static str);

/// A run that the event has started.
fn started(scene: Scene, name: &str, payload: &str, reference: Reference) -> Scene {
    let (kind, reference, sha) = reference;
    scene
        .variable("GITHUB_EVENT_NAME", name)
        .variable("GITHUB_REPOSITORY_ID", "123456")
        .variable("GITHUB_REF_TYPE", kind)
        .variable("GITHUB_REF_NAME", reference)
        .variable("GITHUB_SHA", sha)
        .event(payload)
}

/// Refused in every flow that builds, with the `if:` that would have helped; nobody is asked anything.
fn refused(prepare: impl Fn(Scene) -> Scene, told: &str, only_if: &str) {
    for flow in BUILDS {
        let scene = prepare(flow());
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (1, ("failed", "refused")),
            "{}",
            run.log
        );
        assert_eq!(scene.sim.calls().len(), 0);
        for text in [told, only_if] {
            assert!(run.error().contains(text), "{text}: {}", run.error());
        }
    }
}

fn refuses(name: &str, payload: &str, reference: Reference, told: &str, only_if: &str) {
    refused(
        |scene| started(scene, name, payload, reference),
        told,
        only_if,
    );
}

fn changed(payload: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut event = serde_json::from_str(payload).unwrap();
    change(&mut event);
    event.to_string()
}

/// Asserts which branch and commit the event means.
fn means(name: &str, payload: &str, reference: Reference, branch: &str, commit: &str) {
    let scene = started(Scene::simple(), name, payload, reference).with("dry-run", "true");
    let run = scene.run();
    assert_eq!(run.ending(), ("planned", ""), "{name}: {}", run.log);
    run.tells(&[&format!("Pull origin {branch} in workspace"), commit]);
}

#[test]
fn events_of_a_branch_mean_that_branch_and_its_commit() {
    for name in [
        "push",
        "workflow_dispatch",
        "schedule",
        "repository_dispatch",
        "deployment",
        "issue_comment",
        "delete",
    ] {
        means(name, "{}", ("branch", "release-1", NEW), "release-1", NEW);
    }
    let queue = "gh-readonly-queue/main/pr-7-1111111111111111111111111111111111111111";
    means(
        "merge_group",
        MERGE_GROUP,
        ("branch", queue, NEW),
        queue,
        NEW,
    );
}

#[test]
fn tags_and_blank_refs_mean_the_default_branch() {
    means("push", TAG, ("tag", "v1.2.3", NEW), "main", NEW);
    means("release", RELEASE, ("tag", "v1.2.3", NEW), "main", NEW);
    means("release", RELEASE, ("", "", NEW), "main", NEW);
    means("release", RELEASE, ("", "v1.2.3", NEW), "main", NEW);
    means("deployment", RELEASE, ("", "", NEW), "main", NEW);
}

#[test]
fn an_open_pull_request_means_its_head_whoever_opened_it() {
    let merge = ("branch", "7/merge", OTHER);
    let head = "b".repeat(40);
    for name in ["pull_request", "pull_request_target", "pull_request_review"] {
        means(name, OPENED, merge, "feature/x", &head);
    }
    let branch = "dependabot/npm_and_yarn/left-pad-2.0.0";
    means("pull_request", OF_DEPENDABOT, merge, branch, &head);
}

#[test]
fn a_merged_pull_request_means_what_was_merged() {
    means(
        "pull_request",
        MERGED,
        ("branch", "main", OTHER),
        "main",
        NEW,
    );
    let labelled = changed(MERGED, |event| event["action"] = json!("labeled"));
    means(
        "pull_request",
        &labelled,
        ("branch", "main", OTHER),
        "main",
        NEW,
    );
}

#[test]
fn a_pull_request_closed_without_a_merge_is_not_released() {
    let told = "Pull request 7 was closed without a merge";
    let only_if = "`if: github.event.action != 'closed' || github.event.pull_request.merged`";
    let reference = ("branch", "7/merge", OTHER);
    for name in ["pull_request", "pull_request_target"] {
        refuses(name, CLOSED, reference, told, only_if);
    }
    let with_commit =
        |scene: Scene| started(scene, "pull_request", CLOSED, reference).with("commit", NEW);
    refused(with_commit, told, only_if);
}

#[test]
fn the_deletion_of_a_branch_releases_nothing() {
    for sha in [NEW, ZEROS] {
        refuses(
            "push",
            DELETED,
            ("branch", "feature/x", sha),
            "the deletion of refs/heads/feature/x",
            "`if: ${{ !github.event.deleted }}`",
        );
    }
}

#[test]
fn a_workflow_run_that_succeeded_means_its_commit() {
    let main = ("branch", "main", OTHER);
    means("workflow_run", SUCCEEDED, main, "main", NEW);
    means("workflow_run", RUN_OF_A_TAG, main, "main", NEW);
    let of_release = changed(RUN_OF_A_TAG, |event| {
        event["workflow_run"]["event"] = json!("release");
        event["workflow_run"]["head_branch"] = json!("spring");
    });
    means("workflow_run", &of_release, main, "main", NEW);
}

#[test]
fn a_workflow_run_that_did_not_succeed_is_not_released_unless_the_commit_is_named() {
    let main = ("branch", "main", OTHER);
    let ended = |conclusion: Value| {
        changed(FAILED, |event| {
            event["workflow_run"]["conclusion"] = conclusion;
        })
    };
    for (conclusion, words) in [
        (json!("failure"), "conclusion: failure"),
        (json!("cancelled"), "conclusion: cancelled"),
        (json!("something_new"), "conclusion: something_new"),
        (Value::Null, "conclusion: none"),
    ] {
        refuses(
            "workflow_run",
            &ended(conclusion),
            main,
            words,
            "`if: github.event.workflow_run.conclusion == 'success'`",
        );
    }
    let named = started(Scene::simple(), "workflow_run", FAILED, main).with("commit", NEW);
    let run = named.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("commit"), NEW);
}

#[test]
fn a_strangers_code_is_released_by_no_flow_whatever_the_inputs_say() {
    let gone = |payload: &str, pointer: &str| {
        changed(payload, |event| {
            *event.pointer_mut(pointer).unwrap() = Value::Null;
        })
    };
    let merged = changed(OF_A_FORK, |event| {
        event["action"] = json!("closed");
        event["pull_request"]["state"] = json!("closed");
        event["pull_request"]["merged"] = json!(true);
    });
    // Its name may be ours by now; its number is not.
    let renamed = changed(OF_A_FORK, |event| {
        event["pull_request"]["head"]["repo"]["full_name"] = json!("acme/shop");
    });
    let of_pull_request =
        "`if: github.event.pull_request.head.repo.full_name == github.repository`";
    let of_run = "`if: github.event.workflow_run.head_repository.full_name == github.repository`";
    for (name, payload, told, only_if) in [
        (
            "pull_request",
            OF_A_FORK.to_owned(),
            "the fork mallory/shop",
            of_pull_request,
        ),
        (
            "pull_request_target",
            OF_A_FORK.to_owned(),
            "the fork mallory/shop",
            of_pull_request,
        ),
        (
            "pull_request_review",
            OF_A_FORK.to_owned(),
            "the fork mallory/shop",
            of_pull_request,
        ),
        (
            "pull_request_target",
            merged,
            "Pull request 7 comes from",
            of_pull_request,
        ),
        (
            "pull_request_target",
            renamed,
            "Pull request 7 comes from",
            of_pull_request,
        ),
        (
            "pull_request_target",
            gone(OF_A_FORK, "/pull_request/head/repo"),
            "that is gone",
            of_pull_request,
        ),
        (
            "workflow_run",
            RUN_OF_A_FORK.to_owned(),
            "the fork mallory/shop",
            of_run,
        ),
        (
            "workflow_run",
            gone(RUN_OF_A_FORK, "/workflow_run/head_repository"),
            "that is gone",
            of_run,
        ),
    ] {
        for inputs in [
            vec![],
            vec![("commit", NEW)],
            vec![("branch", "main"), ("commit", NEW)],
        ] {
            let prepare = |scene| {
                let scene = started(scene, name, &payload, ("branch", "main", NEW));
                let with = |scene: Scene, (name, value): &(&str, &str)| scene.with(name, value);
                inputs.iter().fold(scene, with)
            };
            refused(prepare, told, only_if);
        }
    }
}

#[test]
fn a_repository_is_itself_whatever_its_name_is_by_now() {
    let renamed = changed(OPENED, |event| {
        event["pull_request"]["head"]["repo"]["full_name"] = json!("Acme/Store");
    });
    let head = "b".repeat(40);
    let reference = ("branch", "7/merge", OTHER);
    means("pull_request", &renamed, reference, "feature/x", &head);
}

#[test]
fn flows_that_build_nothing_run_on_any_event() {
    let flows: [(Flow, &str); 3] = [
        (Scene::promote, "released"),
        (Scene::rollback_at_once, "rolled-back"),
        (Scene::cleanup, "cleaned"),
    ];
    for (name, payload) in [
        ("pull_request", CLOSED),
        ("pull_request_target", OF_A_FORK),
        ("push", DELETED),
        ("workflow_run", FAILED),
        ("workflow_run", RUN_OF_A_FORK),
    ] {
        for (flow, outcome) in flows {
            let scene = flow().variable("GITHUB_EVENT_NAME", name).event(payload);
            let run = scene.run();
            assert_eq!(run.ending(), (outcome, ""), "{name}: {}", run.log);
        }
    }
}

#[test]
fn a_branch_that_git_could_take_for_an_option_is_refused_wherever_it_comes_from() {
    let dangerous = "--upload-pack=touch${IFS}x";
    let head = changed(OPENED, |event| {
        event["pull_request"]["head"]["ref"] = json!(dangerous);
    });
    let of_run = changed(SUCCEEDED, |event| {
        event["workflow_run"]["head_branch"] = json!(dangerous);
    });
    for (name, payload, reference) in [
        ("pull_request", head.as_str(), "7/merge"),
        ("workflow_run", of_run.as_str(), "main"),
        ("push", "{}", "--upload-pack=x"),
        ("push", "{}", "a..b"),
    ] {
        for flow in BUILDS {
            let scene = started(flow(), name, payload, ("branch", reference, NEW));
            let run = scene.run();
            assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
            assert_eq!(run.writes, [""; 0]);
            assert!(
                run.error().contains("git could take for something else"),
                "{}",
                run.error()
            );
        }
    }
}

#[test]
fn a_branch_is_known_by_gits_long_name_too() {
    let run = Scene::simple()
        .with("branch", "refs/heads/main")
        .with("commit", NEW)
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.writes[0], "POST /workspaces/4001/git/pull/origin/main");
    let run = Scene::zero_downtime()
        .with("branch", "refs/heads/main")
        .with("commit", NEW)
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_tag_of_a_branch_that_is_not_the_default_one_is_told_what_to_name() {
    let tagged = "e".repeat(40);
    let flows: [Flow; 2] = [Scene::simple, Scene::zero_downtime];
    for flow in flows {
        let scene = started(flow(), "push", TAG, ("tag", "v1.2.3", NEW))
            .variable("GITHUB_SHA", &tagged)
            .world(|world| {
                let repository = world.repositories.get_mut(REPOSITORY).unwrap();
                let commits = vec![Commit::new(OLD), Commit::new(&"e".repeat(40))];
                repository
                    .branches
                    .insert("release-1.2".to_owned(), commits);
            });
        let run = scene.run();
        assert_eq!(run.output("reason"), "commit-mismatch", "{}", run.log);
        for told in [
            "does not seem to be on origin main",
            "the repository's default branch",
            "the event names the tag v1.2.3 and no branch",
            "`branch: release-1.2` and `commit: ${{ github.sha }}`",
        ] {
            assert!(run.error().contains(told), "{told}: {}", run.error());
        }
        let run = scene
            .with("branch", "release-1.2")
            .with("commit", &tagged)
            .run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    }
}

#[test]
fn the_object_of_an_annotated_tag_stands_for_its_commit() {
    let tag = "9".repeat(40);
    let tagged = |scene: Scene| {
        let tag = tag.clone();
        scene
            .with("commit", &tag)
            .with("health-body", "{sha}")
            .world(|world| new_commit(world).tags.push(tag))
    };
    let released = |run: &Run| {
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert_eq!(run.output("commit"), NEW);
    };
    let scene = tagged(Scene::simple());
    released(&scene.run());
    let head = |world: &mut codesphere_simulator::World| world.workspaces[&LIVE].head.clone();
    assert_eq!(scene.sim.with(head).as_deref(), Some(NEW));
    released(&tagged(Scene::zero_downtime()).run());
    let scene = Scene::simple().with("commit", &"8".repeat(40));
    assert_eq!(scene.run().output("reason"), "commit-mismatch");
}
