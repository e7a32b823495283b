//! When `run` of a landscape is up: every service that its file describes, and what containers say.

use std::time::Duration;

use codesphere_simulator::{Commit, LIVE, OLD, REPOSITORY, Service, Stage, Workspace, World};

use crate::harness::{Run, Scene, new_commit};

const NEXT: u64 = 5001;

fn web() -> Service {
    Service::reactive("web")
}

fn api() -> Service {
    Service::reactive("api").on("/api")
}

fn with(services: Vec<Service>) -> impl FnOnce(&mut World) {
    move |world| new_commit(world).ci.services = services
}

/// The live workspace is a landscape of these services.
fn live(services: Vec<Service>) -> impl FnOnce(&mut World) {
    move |world| {
        let mut old = Commit::new(OLD);
        old.ci.services = services;
        let live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old.clone());
        world.workspaces.insert(LIVE, live);
        let repository = world.repositories.get_mut(REPOSITORY).unwrap();
        *repository.commit_mut(OLD).unwrap() = old;
    }
}

/// Services, and the state of the last step of each, as the platform lists them now.
fn listed(scene: &Scene, workspace: u64) -> Vec<String> {
    scene.sim.with(|world| {
        let entries = world.workspaces[&workspace].entries(Stage::Run, world.now, &world.quirks);
        let last = |entry: &codesphere_simulator::Entry| {
            let step = entry.steps.last()?;
            Some(format!("{} {:?}", entry.server, step.state))
        };
        entries.iter().filter_map(last).collect()
    })
}

/// Nothing but the states tells whether it is up.
fn unasked(scene: Scene) -> Scene {
    scene.with("health-check", "false")
}

fn is_released(run: &Run) {
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_service_that_is_listed_late_is_waited_for() {
    for scene in [Scene::zero_downtime(), Scene::simple()] {
        let scene = unasked(scene)
            .world(with(vec![web(), api()]))
            .world(|world| world.quirks.services_late = 60.0);
        let run = scene.run();
        is_released(&run);
        run.tells(&["api is not listed yet"]);
        let workspace = run.output("workspace-id").parse().unwrap();
        assert_eq!(listed(&scene, workspace), ["web Running", "api Running"]);
    }
}

#[test]
fn the_last_step_of_a_service_is_what_serves() {
    let scene = unasked(Scene::zero_downtime()).world(with(vec![web(), api().after(60)]));
    let run = scene.run();
    is_released(&run);
    run.tells(&["api (replica 0) running, step 1 of 2", "Switch the domain"]);
    assert_eq!(listed(&scene, NEXT), ["web Running", "api Running"]);
}

#[test]
fn every_replica_is_up_before_the_switch() {
    let scene = unasked(Scene::zero_downtime()).world(with(vec![web(), api().times(2)]));
    let scene = scene.world(|world| world.quirks.services_late = 60.0);
    is_released(&scene.run());
    assert_eq!(
        listed(&scene, NEXT),
        ["web Running", "api Running", "api Running"]
    );
}

#[test]
fn a_container_that_only_ever_waits_holds_nothing_up() {
    let scene = Scene::zero_downtime().world(with(vec![web(), Service::container("cache")]));
    let run = scene.run();
    is_released(&run);
    assert!(run.took < Duration::from_mins(2), "{:?}", run.took);
    assert!(run.summary.contains("said no more than"), "{}", run.summary);
    let stay = Scene::zero_downtime().world(with(vec![web().after(90), Service::container("c")]));
    is_released(&stay.run());
    assert_eq!(listed(&stay, NEXT), ["web Running"]);
}

#[test]
fn promote_and_rollback_bring_back_nothing_that_lacks_a_service() {
    let lose_api = |world: &mut World| {
        for workspace in world.workspaces.values_mut() {
            let run = workspace.run.iter_mut();
            for services in run.map(|run| &mut run.services) {
                services.retain(|deployed| deployed.service.name != "api");
            }
        }
    };
    let promote = unasked(
        Scene::candidate()
            .world(with(vec![web(), api()]))
            .promoting(),
    );
    let rollback = unasked(Scene::rollback_at_once().world(live(vec![web(), api()])));
    for scene in [promote, rollback] {
        let before = scene.pointed("/");
        let scene = scene.world(lose_api);
        let run = scene.run();
        assert_eq!(run.exit, 1, "{}", run.log);
        assert!(
            run.error().contains("api is not listed yet"),
            "{}",
            run.error()
        );
        assert_eq!(scene.pointed("/"), before);
    }
}

#[test]
fn what_is_brought_back_is_up_as_a_whole() {
    let scene = unasked(Scene::simple())
        .world(live(vec![web(), api().after(60)]))
        .world(with(vec![web(), api().failing()]));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert_eq!(listed(&scene, LIVE), ["web Running", "api Running"]);
}
