//! What a check-out alone does not bring: submodules, and files of Git LFS.

use codesphere_simulator::{
    Commit, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script, Workspace, World,
};

use crate::harness::{Scene, new_commit};

const NEXT: u64 = 5001;
const LIB: &str = "lib/part";

fn sha(digit: &str) -> String {
    digit.repeat(40)
}

/// Each version wants another commit of the submodule; the workspace that serves has the first.
fn with_submodule(world: &mut World) {
    let wants = |commit: &mut Commit, digit: &str| {
        commit.submodules.insert(LIB.to_owned(), sha(digit));
    };
    let repository = world.repositories.get_mut(REPOSITORY).unwrap();
    let old = repository.commit_mut(OLD).unwrap();
    wants(old, "c");
    let mut live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old.clone());
    live.submodules.insert(LIB.to_owned(), sha("c"));
    world.workspaces.insert(LIVE, live);
    wants(new_commit(world), "d");
}

fn submodule(scene: &Scene, id: u64) -> Option<String> {
    let found = |world: &mut World| world.workspaces[&id].submodules.get(LIB).cloned();
    scene.sim.with(found)
}

#[test]
fn submodules_follow_the_commit() {
    let scene = Scene::zero_downtime().world(with_submodule);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(submodule(&scene, NEXT), Some(sha("d")));
    run.tells(&["updating the submodules", "at the commits that are wanted"]);
    let scene = Scene::simple().world(with_submodule);
    assert_eq!(scene.run().ending(), ("released", ""));
    assert_eq!(submodule(&scene, LIVE), Some(sha("d")));
}

#[test]
fn an_update_that_takes_long_runs_once_and_is_waited_for() {
    let scene = Scene::zero_downtime()
        .world(with_submodule)
        .world(|world| world.quirks.submodule_seconds = 40.0);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let jobs = |world: &mut World| world.workspaces[&NEXT].submodule_jobs.len();
    assert_eq!(scene.sim.with(jobs), 1);
    run.tells(&["they are still fetched"]);
}

#[test]
fn one_that_takes_for_ever_is_ended() {
    let scene = Scene::zero_downtime()
        .with("stage-timeout", "2m")
        .with("on-failure", "keep")
        .world(with_submodule)
        .world(|world| world.quirks.submodule_seconds = 1e9);
    let run = scene.run();
    assert_eq!(run.output("reason"), "commit-mismatch", "{}", run.log);
    assert!(
        run.error().contains("within 2 min (`stage-timeout`)"),
        "{}",
        run.error()
    );
    let jobs = |world: &mut World| world.workspaces[&NEXT].submodule_jobs.len();
    assert_eq!(scene.sim.with(jobs), 0);
}

#[test]
fn one_that_cannot_be_fetched_is_a_warning() {
    let scene = Scene::zero_downtime()
        .world(with_submodule)
        .world(|world| world.quirks.private_submodules = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let warnings = run.annotations("warning").join("\n");
    for words in [LIB, "could not read Username", "private repositories"] {
        assert!(warnings.contains(words), "{warnings}");
    }
}

#[test]
fn one_that_stays_at_another_commit_ends_the_release() {
    let scene = Scene::simple()
        .world(with_submodule)
        .world(|world| world.quirks.private_submodules = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "commit-mismatch"), "{}", run.log);
    assert!(run.error().contains(LIB), "{}", run.error());
    let head = |world: &mut World| world.workspaces[&LIVE].head.clone();
    assert_eq!(scene.sim.with(head).as_deref(), Some(OLD));
    assert_eq!(submodule(&scene, LIVE), Some(sha("c")));
}

#[test]
fn recovery_brings_submodules_back_too() {
    let scene = Scene::simple().world(with_submodule).world(|world| {
        new_commit(world).ci.prepare = Script::failing(1.0, &["no"]);
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert_eq!(submodule(&scene, LIVE), Some(sha("c")));
}

#[test]
fn a_cancelled_update_is_ended_and_the_post_step_brings_submodules_back() {
    let scene = Scene::simple()
        .world(with_submodule)
        .world(|world| world.quirks.submodule_seconds = 60.0);
    let cancel = scene.cancel.clone();
    let cancelling = FaultKind::run_after(move |world: &mut World| {
        if !world.workspaces[&LIVE].submodule_jobs.is_empty() {
            cancel.cancel();
        }
    });
    let mut scene = scene.fault(Fault::on("POST", "/workspaces/4001/execute", cancelling).always());
    let run = scene.run();
    assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
    let ended = scene.sim.calls().into_iter().filter(|call| {
        let body = call.body.as_ref().and_then(|body| body["command"].as_str());
        body.is_some_and(|command| command.starts_with("kill -- "))
    });
    assert_eq!(ended.count(), 1, "{}", run.log);
    scene.sim.with(|world| world.faults.clear());
    scene.uncancel();
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(submodule(&scene, LIVE), Some(sha("c")), "{}", post.log);
}

#[test]
fn pointers_of_git_lfs_are_named() {
    let scene = Scene::zero_downtime().world(|world| {
        let commit = new_commit(world);
        commit.attributes = true;
        commit.pointers = vec!["img/logo.png".to_owned(), "a\n::error::b".to_owned()];
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let warnings = run.annotations("warning").join("\n");
    assert!(warnings.contains("img/logo.png"), "{warnings}");
    assert_eq!(crate::output::commands(&run), [""; 0]);
    assert_eq!(run.output("commit"), NEW);
}
