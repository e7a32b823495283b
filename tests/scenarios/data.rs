//! Data in managed services: looked at after everything that could lose it.

use std::time::Duration;

use codesphere_simulator::{
    Commit, DOMAIN, Fault, FaultKind, LIVE, OLD, REPOSITORY, Service, Workspace, World,
};

use crate::harness::{Run, Scene, connect, new_commit};

const NEXT: u64 = 5001;
const NOTE: &str = "CODESPHERE_RELEASE_MANAGED";

fn web() -> Service {
    Service::reactive("web")
}

fn database(name: &str) -> Service {
    Service::managed(name, "postgres")
}

/// The live workspace is a landscape with a database that holds orders; the new commit says this.
fn with_orders(new: Vec<Service>) -> impl FnOnce(&mut World) {
    move |world| {
        let mut old = Commit::new(OLD);
        old.ci.services = vec![web(), database("db")];
        let mut live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old.clone());
        live.managed
            .get_mut("db")
            .unwrap()
            .data
            .push("orders".to_owned());
        world.workspaces.insert(LIVE, live);
        let repository = world.repositories.get_mut(REPOSITORY).unwrap();
        *repository.commit_mut(OLD).unwrap() = old;
        new_commit(world).ci.services = new;
    }
}

fn lost(scene: &Scene) -> Vec<String> {
    scene.sim.with(|world| world.lost.clone())
}

fn orders(scene: &Scene) -> Vec<String> {
    scene
        .sim
        .with(|world| world.workspaces[&LIVE].managed["db"].data.clone())
}

fn noted(scene: &Scene, workspace: u64) -> Option<String> {
    scene
        .sim
        .with(|world| world.workspaces[&workspace].env.get(NOTE).cloned())
}

fn is_refused(run: &Run, words: &str) {
    assert_eq!(run.ending().1, "refused", "{}", run.log);
    assert!(run.error().contains(words), "{}", run.error());
    assert!(
        run.error().contains("`managed-services: allow`"),
        "{}",
        run.error()
    );
    let touched = |write: &&String| {
        ["/landscape/", "/pipeline/", "/workspace-connections"]
            .iter()
            .any(|part| write.contains(part))
    };
    let touched: Vec<&String> = run.writes.iter().filter(touched).collect();
    assert_eq!(touched, [""; 0], "{}", run.log);
}

#[test]
fn zero_downtime_and_candidate_refuse_new_and_empty_services() {
    for scene in [Scene::zero_downtime(), Scene::candidate()] {
        let scene = scene.world(with_orders(vec![web(), database("db")]));
        let run = scene.run();
        is_refused(&run, "would be new and empty");
        assert_eq!(run.ending().0, "reverted");
        assert!(
            run.error().contains("standalone managed service"),
            "{}",
            run.error()
        );
        assert_eq!(orders(&scene), ["orders"]);
        assert_eq!(scene.pointed("/"), [LIVE]);
    }
}

#[test]
fn what_is_allowed_is_made_before_prepare_and_noted() {
    let scene = Scene::zero_downtime()
        .with("managed-services", "allow")
        .world(with_orders(vec![web(), database("db")]));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(noted(&scene, NEXT).as_deref(), Some(r#"["db"]"#));
    let at = |what: &str| run.writes.iter().position(|write| write.contains(what));
    assert!(at("env-vars") < at("landscape/deploy"), "{:?}", run.writes);
    assert!(
        at("landscape/deploy") < at("prepare/start"),
        "{:?}",
        run.writes
    );
    assert!(run.summary.contains("Managed services"), "{}", run.summary);
    assert_eq!(
        (lost(&scene), orders(&scene)),
        (Vec::new(), vec!["orders".to_owned()])
    );
}

#[test]
fn simple_refuses_what_drops_or_renames_a_service() {
    for new in [vec![web()], vec![web(), database("database")], Vec::new()] {
        let scene = Scene::simple().world(with_orders(new));
        let run = scene.run();
        is_refused(&run, "THE DATA IN db OF WORKSPACE 4001 WOULD BE LOST");
        assert_eq!(run.ending().0, "reverted");
        assert_eq!(
            (lost(&scene), orders(&scene)),
            (Vec::new(), vec!["orders".to_owned()])
        );
    }
}

#[test]
fn simple_goes_on_where_the_services_stay_and_where_it_is_allowed() {
    let both = vec![web(), database("db"), Service::managed("files", "s3")];
    let scene = Scene::simple().world(with_orders(both));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(noted(&scene, LIVE).as_deref(), Some(r#"["db","files"]"#));
    assert_eq!(
        (lost(&scene), orders(&scene)),
        (Vec::new(), vec!["orders".to_owned()])
    );
    let scene = Scene::simple()
        .with("managed-services", "allow")
        .world(with_orders(vec![web()]));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(
        run.annotations("warning")
            .concat()
            .contains("is lost with this release")
    );
    assert_eq!(lost(&scene), ["4001/db: orders"]);
}

#[test]
fn a_killed_release_is_judged_by_the_note() {
    let scene = Scene::simple().world(with_orders(vec![web()]));
    let scene = scene.world(|world| {
        // A release was killed right after it had pulled a commit without the database.
        let commit = new_commit(world).clone();
        let live = world.workspaces.get_mut(&LIVE).unwrap();
        live.env.insert(NOTE.to_owned(), r#"["db"]"#.to_owned());
        live.head = Some(commit.sha.clone());
        live.objects.push(commit);
    });
    let run = scene.run();
    is_refused(&run, "THE DATA IN db OF WORKSPACE 4001 WOULD BE LOST");
    assert_eq!(orders(&scene), ["orders"]);
}

#[test]
fn promote_and_rollback_refuse_where_the_data_would_jump() {
    let note = |world: &mut World| {
        let live = world.workspaces.get_mut(&LIVE).unwrap();
        live.env.insert(NOTE.to_owned(), r#"["db"]"#.to_owned());
    };
    for scene in [Scene::promote(), Scene::rollback()] {
        let scene = scene.world(note);
        let run = scene.run();
        is_refused(&run, "production would go on with other data");
        let allowed = scene.with("managed-services", "allow").run();
        assert_eq!(allowed.exit, 0, "{}", allowed.log);
    }
}

#[test]
fn a_release_that_holds_data_is_kept() {
    let hold = |world: &mut World| {
        let held = world.workspaces.get_mut(&NEXT).unwrap();
        held.env.insert(NOTE.to_owned(), r#"["db"]"#.to_owned());
    };
    let released = || {
        let scene = Scene::zero_downtime();
        assert_eq!(scene.run().ending(), ("released", ""));
        scene
            .variable("GITHUB_RUN_ID", "9876543300")
            .variable("GITHUB_RUN_NUMBER", "43")
            .world(hold)
            .with("previous", "delete")
    };
    let scene = released();
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(scene.workspaces().contains(&NEXT), "{}", run.log);
    let told = run.annotations("warning").concat();
    assert!(
        told.contains("its managed services would go with it: db"),
        "{told}"
    );
    let scene = released().with("managed-services", "allow");
    assert_eq!(scene.run().ending(), ("released", ""));
    assert!(!scene.workspaces().contains(&NEXT));
}

#[test]
fn cleanup_keeps_what_holds_data() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    scene.clock.jump(Duration::from_hours(2));
    let scene = scene
        .world(|world| {
            let held = world.workspaces.get_mut(&NEXT).unwrap();
            held.env.insert(NOTE.to_owned(), r#"["db"]"#.to_owned());
            connect(world, DOMAIN, "/", &[LIVE]);
        })
        .with("flow", "cleanup")
        .with("keep-releases", "0")
        .with("plan", "")
        .with("env", "");
    let planned = scene.run_with(&[("INPUT_DRY-RUN", "true")]);
    planned.tells(&[
        "Keep workspace 5001",
        "managed services would go with it: db",
    ]);
    let run = scene.run();
    assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
    assert!(scene.workspaces().contains(&NEXT), "{}", run.log);
    assert!(
        run.summary
            .contains("its managed services would go with it&#58; db"),
        "{}",
        run.summary
    );
    let allowed = scene.with("managed-services", "allow");
    assert_eq!(allowed.run().ending(), ("cleaned", ""));
    assert!(!allowed.workspaces().contains(&NEXT));
}

#[test]
fn another_value_is_told_before_anything_is_written() {
    let run = Scene::simple().with("managed-services", "maybe").run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    assert!(run.error().contains("managed-services"), "{}", run.error());
    assert_eq!(run.writes, [""; 0]);
}

#[test]
fn where_the_note_cannot_be_written_nothing_is_deployed() {
    let refused = FaultKind::status(403);
    let scene = Scene::simple()
        .world(with_orders(vec![web(), database("db")]))
        .fault(Fault::on("PUT", "/workspaces/4001/env-vars", refused));
    let run = scene.run();
    assert_eq!(run.ending().0, "reverted", "{}", run.log);
    assert!(
        !run.writes.iter().any(|write| write.contains("landscape")),
        "{:?}",
        run.writes
    );
    assert_eq!(orders(&scene), ["orders"]);
}
