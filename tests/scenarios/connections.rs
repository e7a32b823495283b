use std::sync::Arc;
use std::time::Duration;

use codesphere_simulator::{DOMAIN, Fault, FaultKind, World};

use crate::harness::Scene;

const INSTALLATION: &str = "https://cloud.codesphere.test";
/// A read that goes alone, over a connection that is kept.
const PREPARE: &str = "/workspaces/4001/pipeline/prepare";
const FLOWS: [fn() -> Scene; 3] = [Scene::simple, Scene::zero_downtime, Scene::rollback_at_once];

fn goes_well(scene: &Scene) {
    let run = scene.run();
    assert_eq!((run.exit, run.output("reason")), (0, ""), "{}", run.log);
    for word in [
        "trying again",
        "looking whether",
        "looking at the domain",
        "no answer",
    ] {
        assert!(!run.log.contains(word), "{word}\n{}", run.log);
    }
}

#[test]
fn calls_share_connections_directly_and_through_the_proxy() {
    for (scene, most) in [
        (Scene::simple(), 8),
        (Scene::zero_downtime(), 10),
        (Scene::simple().with("api-url", INSTALLATION), 8),
    ] {
        let scene = scene.with("logs", "none");
        goes_well(&scene);
        let made = scene.sim.connections();
        let asked = scene.sim.calls().len() + scene.sim.visits().len();
        assert!(
            made <= most && asked > 18,
            "{made} connections for {asked} requests"
        );
    }
}

#[test]
fn a_server_or_proxy_that_drops_idle_connections_is_no_trouble() {
    for flow in FLOWS {
        for installation in [None, Some(INSTALLATION)] {
            let dropping = |world: &mut World| world.quirks.drops_idle = true;
            let scene = flow().world(dropping);
            let scene = match installation {
                Some(address) => scene.with("api-url", address),
                None => scene,
            };
            // A write may meet a connection that is just being closed: it is looked for then.
            let run = scene.run();
            assert_eq!((run.exit, run.output("reason")), (0, ""), "{}", run.log);
            assert!(!run.log.contains("trying again"), "{}", run.log);
        }
    }
}

#[test]
fn a_read_whose_kept_connection_ends_before_its_answer_is_sent_again_at_once() {
    // The first go side by side, and may need connections of their own: so many of each flow.
    for (flow, first) in FLOWS.into_iter().zip([4, 5, 9]) {
        let clean = flow();
        goes_well(&clean);
        let mut reads: Vec<(usize, String)> = Vec::new();
        let calls = clean.sim.calls();
        for (number, call) in calls.iter().enumerate().skip(first) {
            if call.method == "GET" && !call.path.contains("/logs/") {
                let before = calls.iter().take(number);
                let count = before.filter(|other| other.method == "GET" && other.path == call.path);
                reads.push((count.count(), call.path.clone()));
            }
        }
        for (count, path) in reads {
            let skip = u32::try_from(count).unwrap();
            for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter] {
                let fault = Fault::on("GET", &path, kind).after(skip);
                goes_well(&flow().fault(fault));
            }
        }
    }
}

#[test]
fn a_kept_connection_that_falls_silent_costs_one_wait_for_an_answer() {
    let silent = Fault::on("GET", PREPARE, FaultKind::HangBefore);
    goes_well(&Scene::simple().fault(silent).impatient());
}

#[test]
fn a_second_failure_is_one() {
    let lost = Fault::on("GET", PREPARE, FaultKind::ResetBefore).times(2);
    let run = Scene::simple().fault(lost).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "GET /workspaces/4001/pipeline/prepare got no whole answer",
        "trying again in",
    ]);
}

#[test]
fn half_an_answer_on_a_kept_connection_is_a_failure_like_any_other() {
    let half = Fault::on("GET", PREPARE, FaultKind::Truncated);
    let run = Scene::simple().fault(half).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&[
        "GET /workspaces/4001/pipeline/prepare got no whole answer",
        "trying again in",
    ]);
}

#[test]
fn a_write_that_is_lost_on_a_kept_connection_is_never_sent_again_without_a_look() {
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter] {
        let scene = Scene::zero_downtime().fault(Fault::on("PUT", &path, kind));
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        run.tells(&[
            "got no whole answer",
            "looking at the domain before another try",
        ]);
    }
}

#[test]
fn reads_that_do_not_need_each_other_go_side_by_side() {
    for (scene, slow, other) in [
        (
            Scene::zero_downtime(),
            "/teams",
            "/metadata/workspace-plans",
        ),
        (
            Scene::simple(),
            "/workspaces/4001",
            "/workspaces/4001/status",
        ),
    ] {
        let scene = scene.with("dry-run", "true").impatient().fault(Fault::on(
            "GET",
            slow,
            FaultKind::HangBefore,
        ));
        assert_eq!(scene.run().exit, 0);
        let calls = scene.sim.calls();
        let first = |path: &str| calls.iter().position(|call| call.path == path);
        let again = calls.iter().rposition(|call| call.path == slow);
        assert!(first(other) < again, "{other} waits for {slow}");
    }
}

#[test]
fn questions_to_an_application_are_a_second_apart_from_start_to_start() {
    let scene = Scene::zero_downtime();
    let clock = Arc::clone(&scene.clock);
    let slow = FaultKind::run(move |_| clock.jump(Duration::from_millis(400)));
    let fault = Fault::on("GET", &format!("{DOMAIN}/"), slow).always();
    let run = scene.world(|world| world.visit_faults.push(fault)).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["https://shop.example.com/ is healthy: 3 in a row after 2.4 s"]);
}
