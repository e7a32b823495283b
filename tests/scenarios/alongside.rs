use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use codesphere_simulator::{Fault, FaultKind, LIVE, Service, Simulator, World};

use crate::harness::{Scene, new_commit};

const SWITCH: &str = "/domains/team/7/domain/shop.example.com/workspace-connections";

fn count(sim: &Simulator, path: &str) -> usize {
    let calls = sim.calls();
    calls.iter().filter(|call| call.path == path).count()
}

/// Each answer is held until the other call has come, too: one after the other, the first would have to be sent again.
fn assert_alongside(scene: impl Fn() -> Scene, one: &'static str, other: &'static str) {
    let clean = scene();
    assert_eq!(clean.run().exit, 0);
    for (held, awaited) in [(one, other), (other, one)] {
        let scene = scene().fault(Fault::on("GET", held, FaultKind::HeldUntil(awaited)));
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert_eq!(
            count(&scene.sim, held),
            count(&clean.sim, held),
            "{}",
            run.log
        );
    }
}

#[test]
fn reads_of_the_plan_that_do_not_need_each_other_go_side_by_side() {
    let (teams, plans) = ("/teams", "/metadata/workspace-plans");
    assert_alongside(
        || Scene::zero_downtime().with("dry-run", "true"),
        teams,
        plans,
    );
    let (status, workspace) = ("/workspaces/4001/status", "/workspaces/4001");
    assert_alongside(
        || Scene::simple().with("dry-run", "true"),
        status,
        workspace,
    );
    let (head, env) = ("/workspaces/4001/git/head", "/workspaces/4001/env-vars");
    assert_alongside(Scene::simple, head, env);
}

#[test]
fn what_a_landscape_demands_is_read_side_by_side() {
    let shared = |world: &mut World| {
        let none = BTreeSet::new();
        world.shared_vaults.insert("prod".to_owned(), none);
    };
    let planned = || Scene::zero_downtime().with("dry-run", "true");
    let (vault, domain) = (
        "/vault/teams/7/shared/prod/keys",
        "/domains/team/7/domain/shop.example.com",
    );
    for team in ["7", "Acme"] {
        let scene = || {
            planned()
                .with("team", team)
                .with("shared-vault", "prod")
                .world(shared)
        };
        assert_alongside(scene, vault, domain);
        assert_alongside(scene, vault, "/metadata/workspace-plans");
    }
    let web = || {
        Service::reactive("web")
            .planned(9)
            .with("KEY", "${{ vault.KEY }}")
    };
    let scene = || {
        Scene::simple().world(|world| {
            let live = world.workspaces.get_mut(&LIVE).unwrap();
            live.vault.insert("KEY".to_owned());
            new_commit(world).ci.services = vec![web()];
        })
    };
    let own = "/vault/teams/7/workspaces/4001/keys";
    assert_alongside(scene, own, "/metadata/workspace-plans");
}

#[test]
fn the_application_is_asked_alongside_the_second_look_at_run() {
    let look = "/workspaces/5001/pipeline/run";
    let clean = Scene::zero_downtime();
    assert_eq!(clean.run().exit, 0);
    let looks = count(&clean.sim, look);
    // The last one is that before the switch.
    let second = u32::try_from(looks - 2).unwrap();
    let held = FaultKind::HeldUntil("5001-3000.2.codesphere.test/");
    let scene = Scene::zero_downtime();
    let scene = scene.fault(Fault::on("GET", look, held).after(second));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(count(&scene.sim, look), looks, "{}", run.log);
    let asked = scene.sim.visits().into_iter();
    let own = asked
        .filter(|(host, _, _)| host.starts_with("5001"))
        .count();
    assert_eq!(own, 3, "the answer counts as the first of three");
}

#[test]
fn the_domain_is_asked_right_after_the_switch_and_then_each_second() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let seen = Arc::clone(&seen);
        FaultKind::run_after(move |world| seen.lock().unwrap().push((what, world.now)))
    };
    let (switch, visit) = (note("switch"), note("visit"));
    let scene = Scene::zero_downtime().fault(Fault::on("PUT", SWITCH, switch));
    let scene = scene.world(|world| {
        let every = Fault::on("GET", "shop.example.com/", visit).always();
        world.visit_faults.push(every);
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let seen = seen.lock().unwrap();
    let (_, switched) = seen.iter().find(|(what, _)| *what == "switch").unwrap();
    let later = seen.iter().map(|(_, at)| at - switched);
    let later: Vec<f64> = later.skip_while(|later| *later < 0.0).skip(1).collect();
    assert!(later[0].abs() < 0.01, "{later:?}");
    assert!((later[1] - 1.0).abs() < 0.01, "{later:?}");
}
