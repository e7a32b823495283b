use std::sync::{Arc, Mutex};
use std::time::Duration;

use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, World};

use crate::harness::{Scene, connect};

const NEXT: u64 = 5001;
const OTHER: &str = "api.example.com";
const SWITCH: &str = "PUT /domains/team/7/domain/shop.example.com/workspace-connections";
const DEV: &str = "5001-3000.2.codesphere.test/**";

fn canary() -> Scene {
    Scene::zero_downtime().with("canary", "2m")
}

/// Lets the new workspace's own development domain answer badly, after so many good answers, so many times.
fn new_is_ill(after: u32, times: u32) -> impl FnOnce(&mut World) {
    move |world| {
        let ill = Fault::on("GET", DEV, FaultKind::status(500));
        world.visit_faults.push(ill.after(after).times(times));
    }
}

fn switches(writes: &[String]) -> usize {
    writes.iter().filter(|write| *write == SWITCH).count()
}

/// Production is as before, and the new workspace stays, off the domain.
fn is_taken_out(scene: &Scene) {
    assert_eq!(
        (scene.pointed("/"), scene.pointed("/docs")),
        (vec![LIVE], vec![DOCS])
    );
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT], "it had traffic");
}

#[test]
fn old_and_new_serve_together_before_the_full_switch() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let scene = canary().with("health-body", "{sha}");
    let (visits, sim) = (Arc::clone(&seen), Arc::downgrade(&scene.sim));
    let scene = scene.on_tick(move |_| {
        if let Some(sim) = sim.upgrade() {
            let visit = sim.visit(DOMAIN, "/cart");
            visits.lock().unwrap().push((visit.status, visit.workspace));
        }
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(
        run.writes[run.writes.len() - 3..],
        ["PUT /workspaces/5001/env-vars", SWITCH, SWITCH]
    );
    let bodies: Vec<serde_json::Value> = scene
        .sim
        .calls()
        .into_iter()
        .filter(|call| call.path.ends_with("/workspace-connections"))
        .map(|call| call.body.unwrap()["/"].clone())
        .collect();
    assert_eq!(
        bodies,
        [serde_json::json!([LIVE, NEXT]), serde_json::json!([NEXT])]
    );
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|(status, _)| *status == 200));
    let new = seen.iter().position(|visit| visit.1 == Some(NEXT)).unwrap();
    let old = seen
        .iter()
        .rposition(|visit| visit.1 == Some(LIVE))
        .unwrap();
    assert!(old > new + 100, "both serve for a while: {new} {old}");
    assert!(run.took >= Duration::from_mins(2), "{:?}", run.took);
    assert_eq!(run.output("commit"), NEW);
    assert_eq!(run.output("previous-workspace-ids"), "[4001]");
    run.tells(&[
        "Share traffic: success",
        "old and new serve together since",
        "Watch old and new: success after 2 min",
        "Switch the domain: success",
        "Check the domain: success",
    ]);
    assert!(
        run.summary.contains("50 requests, 0 failed"),
        "{}",
        run.summary
    );
}

#[test]
fn a_promotion_shares_traffic_in_the_same_way() {
    let scene = Scene::promote().with("canary", "1m");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(switches(&run.writes), 2);
    let scene = Scene::promote()
        .with("canary", "1m")
        .world(new_is_ill(5, u32::MAX));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    is_taken_out(&scene);
}

#[test]
fn a_new_version_that_turns_bad_is_taken_out_again() {
    let scene = canary().world(new_is_ill(6, u32::MAX));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    is_taken_out(&scene);
    assert!(run.took < Duration::from_mins(1), "{:?}", run.took);
    let error = run.error();
    for told in [
        "While it shared traffic (`canary`), the new version was not healthy",
        "three times in a row",
        "https://shop.example.com was switched back to workspace 4001",
        "Workspace 5001 stays for inspection, off the domain",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    run.tells(&["bad, 1 of 3", "bad, 2 of 3", "Watch old and new: failure"]);
}

#[test]
fn a_public_address_that_answers_badly_ends_it_too() {
    let scene = canary().world(|world| {
        let ill = Fault::on("GET", "shop.example.com/**", FaultKind::status(502));
        world.visit_faults.push(ill.after(4).always());
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "switch-failed"), "{}", run.log);
    is_taken_out(&scene);
    assert!(
        run.error().contains(
            "While old and new shared traffic (`canary`), https://shop.example.com/ was not healthy"
        ),
        "{}",
        run.error()
    );
}

#[test]
fn two_bad_answers_in_a_row_are_not_enough() {
    let scene = canary().world(|world| {
        new_is_ill(6, 2)(world);
        new_is_ill(7, 2)(world);
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(run.summary.contains("4 failed"), "{}", run.summary);
}

#[test]
fn a_process_that_has_died_is_not_given_all_traffic() {
    let die = FaultKind::run(|world| {
        let now = world.now;
        let next = world.workspaces.get_mut(&NEXT).unwrap();
        next.run.as_mut().unwrap().stopped_at = Some(now - 10.0);
    });
    let scene = canary()
        .with("health-check", "false")
        .fault(Fault::on("PUT", "/domains/**", die));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert!(run.took > Duration::from_mins(2), "{:?}", run.took);
    is_taken_out(&scene);
}

#[test]
fn where_nothing_serves_there_is_nothing_to_share() {
    for scene in [
        canary().with("path", "/shop"),
        canary().with("canary", "0s"),
    ] {
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert_eq!(switches(&run.writes), 1);
        assert!(!run.groups().contains(&"Share traffic"), "{}", run.log);
    }
}

#[test]
fn of_several_places_those_that_serve_are_shared_and_the_others_follow_at_the_switch() {
    let places = "shop.example.com\nshop.example.com/shop\napi.example.com";
    let scene = canary()
        .connected(OTHER, "/", &[DOCS])
        .with("domain", places);
    let shared = Arc::new(Mutex::new(None));
    let (noted, sim) = (Arc::clone(&shared), Arc::downgrade(&scene.sim));
    let scene = scene.on_tick(move |_| {
        let pointed = sim.upgrade().map(|sim| {
            sim.with(|world| {
                let at = |domain: &str| world.domains[domain].workspaces.clone();
                (at(DOMAIN), at(OTHER))
            })
        });
        let both = pointed.filter(|(shop, _)| shop["/"] == [LIVE, NEXT]);
        if both.is_some() {
            *noted.lock().unwrap() = both;
        }
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let (shop, api) = shared.lock().unwrap().clone().unwrap();
    assert!(!shop.contains_key("/shop"), "{shop:?}");
    assert_eq!(api["/"], [DOCS, NEXT]);
    assert_eq!(scene.pointed("/shop"), [NEXT]);
    assert_eq!(scene.pointed_at(OTHER, "/"), [NEXT]);
}

#[test]
fn what_cannot_be_asked_is_shared_all_the_same() {
    let scene = canary().with("health-check", "false");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(run.took >= Duration::from_mins(2), "{:?}", run.took);
    let scene = canary().world(|world| world.domains.get_mut(DOMAIN).unwrap().restricted = true);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert!(
        run.summary.contains("25 requests, 0 failed"),
        "{}",
        run.summary
    );
}

#[test]
fn what_somebody_changes_meanwhile_is_left_alone() {
    let scene = canary();
    let sim = Arc::downgrade(&scene.sim);
    let scene = scene.on_tick(move |_| {
        let Some(sim) = sim.upgrade() else { return };
        sim.with(|world| {
            if world.domains[DOMAIN].workspaces["/"] == [LIVE, NEXT] {
                connect(world, DOMAIN, "/", &[DOCS]);
            }
        });
    });
    let run = scene.run();
    assert_eq!(
        run.ending(),
        ("failed", "connections-changed"),
        "{}",
        run.log
    );
    assert_eq!(scene.pointed("/"), [DOCS]);
    assert!(run.error().contains("It was left alone"), "{}", run.error());
}

#[test]
fn a_cancellation_takes_the_new_version_out_again() {
    for after in [0, 1] {
        let scene = canary();
        let cancel = scene.cancel.clone();
        let stop = FaultKind::run_after(move |_| cancel.cancel());
        let scene = scene.fault(Fault::on("PUT", "/domains/**", stop).after(after));
        let run = scene.run();
        assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
        is_taken_out(&scene);
    }
    let scene = canary();
    let cancel = scene.cancel.clone();
    let scene = scene.on_tick(move |now| {
        if now > Duration::from_mins(1) {
            cancel.cancel();
        }
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("cancelled", "cancelled"), "{}", run.log);
    run.tells(&["Watch old and new: cancelled"]);
    is_taken_out(&scene);
}

#[test]
fn a_machine_that_is_lost_meanwhile_is_cleaned_up_after_by_the_post_step() {
    let (scene, run) = canary().lost_at("PUT", "/domains/**");
    assert_eq!(scene.pointed("/"), [LIVE, NEXT]);
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    is_taken_out(&scene);

    let scene = canary();
    let clock = Arc::clone(&scene.clock);
    let die = FaultKind::run_after(move |_| clock.die());
    let scene = scene.fault(Fault::on("PUT", "/domains/**", die).after(1));
    let run = scene.run_anyhow();
    assert_eq!(scene.pointed("/"), [NEXT]);
    scene.clock.revive();
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    is_taken_out(&scene);
}

#[test]
fn the_plan_tells_of_it_and_a_wrong_duration_is_told() {
    let run = canary().with("dry-run", "true").run();
    run.tells(&[
        "Let old and new serve together for 2 min, and ask both every 5 s",
        "Switch https://shop.example.com from workspace 4001",
    ]);
    let run = canary().with("canary", "10%").run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    assert!(
        run.error().contains("`canary` is \"10%\""),
        "{}",
        run.error()
    );
    let run = Scene::simple().with("canary", "2m").run();
    assert!(
        run.annotations("warning")[0].contains("`canary` is given, but the flow does not use it"),
        "{}",
        run.log
    );
}
