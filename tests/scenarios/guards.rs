use codesphere_simulator::{Call, DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, REPOSITORY};

use crate::harness::{Scene, new_commit};
use crate::transport::INSTALLATION;

const NEXT: u64 = 5001;

#[test]
fn what_another_repository_has_released_is_not_deleted() {
    let scene = Scene::zero_downtime()
        .with("git-url", REPOSITORY)
        .variable("GITHUB_REPOSITORY", "acme/other")
        .variable("GITHUB_REPOSITORY_ID", "78");
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("GITHUB_REPOSITORY_ID", "77")
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .with("previous", "delete");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, DOCS, NEXT, NEXT + 1]);
    let warnings = run.annotations("warning");
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("was not made by this action for acme/shop")),
        "{warnings:?}"
    );
}

#[test]
fn an_answer_that_breaks_off_is_not_healthy() {
    let scene = Scene::zero_downtime()
        .with("health-timeout", "20s")
        .world(|world| {
            let host = "5001-3000.2.codesphere.test/";
            let broken = Fault::on("GET", host, FaultKind::Truncated);
            world.visit_faults.push(broken.always());
        });
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert!(
        run.error().contains("the body broke off"),
        "{}",
        run.error()
    );
}

#[test]
fn run_is_up_only_when_two_polls_in_a_row_say_so() {
    let clean = Scene::simple();
    assert_eq!(clean.run().exit, 0);
    let calls = clean.sim.calls();
    let is_poll =
        |call: &&Call| call.method == "GET" && call.path == "/workspaces/4001/pipeline/run";
    let start = calls
        .iter()
        .position(|call| call.path.ends_with("/pipeline/run/start"))
        .unwrap();
    let is_up = |call: &Call| call.answer.to_string().contains(r#""state":"running""#);
    let first = calls
        .iter()
        .enumerate()
        .position(|(at, call)| at > start && is_poll(&call) && is_up(call))
        .unwrap();
    let polls = calls[..=first].iter().filter(is_poll).count();
    let shown = calls[first].answer.to_string();
    let waits = FaultKind::Status {
        status: 200,
        headers: Vec::new(),
        body: shown.replace(r#""state":"running""#, r#""state":"waiting""#),
    };
    let down = Fault::on("GET", "/workspaces/4001/pipeline/run", waits);
    let run = Scene::simple()
        .fault(down.after(u32::try_from(polls).unwrap()))
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let once_more = "run: running, looking once more";
    assert_eq!(run.log.matches(once_more).count(), 2, "{}", run.log);
}

#[test]
fn how_it_went_is_written_before_anything_is_undone() {
    let scene = Scene::zero_downtime().world(|world| new_commit(world).ci.run.fails = true);
    let (_, run) = scene.lost_at("DELETE", "/workspaces/5001");
    assert_eq!(run.ending(), ("failed", "stage-failed"), "{}", run.log);
}

#[test]
fn no_proxy_may_name_all_hosts() {
    let run = Scene::simple()
        .with("api-url", INSTALLATION)
        .variable("NO_PROXY", "*")
        .run();
    assert_eq!(
        run.ending(),
        ("failed", "unreachable"),
        "there is no such host but behind the proxy: {}",
        run.log
    );
}

#[test]
fn a_domain_that_asks_to_sign_in_is_not_asked_by_a_second_attempt_either() {
    let scene = Scene::zero_downtime()
        .world(|world| world.domains.get_mut(DOMAIN).unwrap().restricted = true);
    assert_eq!(scene.run().ending(), ("released", ""));
    let run = scene.variable("GITHUB_RUN_ATTEMPT", "2").run();
    assert_eq!(run.ending(), ("unchanged", ""), "{}", run.log);
}

#[test]
fn an_annotation_is_cut_before_the_runner_cuts_it() {
    let lines: Vec<String> = (0..500).map(|line| format!("no host {line}")).collect();
    let run = Scene::zero_downtime()
        .with("domain", &lines.join("\n"))
        .run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    let error = run.error();
    assert!(error.contains("no host 1"), "{error}");
    assert!(error.chars().count() <= 4001, "{}", error.chars().count());
    assert!(error.ends_with('…'), "{error}");
}

#[test]
fn a_candidate_that_was_asked_for_twice_stays_and_its_duplicate_goes() {
    for (late, left) in [(20.0, NEXT), (40.0, NEXT + 1)] {
        let scene = Scene::candidate()
            .world(|world| world.quirks.late_in_list = late)
            .fault(Fault::on("POST", "/workspaces", FaultKind::ResetAfter));
        let run = scene.run();
        assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, DOCS, left], "{}", run.log);
    }
}

#[test]
fn a_short_text_is_no_commit_of_the_event() {
    let run = Scene::simple().variable("GITHUB_SHA", &NEW[..7]).run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    assert!(run.error().contains("names no commit"), "{}", run.error());
}

#[test]
fn other_paths_that_change_with_the_switch_fail_the_release() {
    let path = "/domains/team/7/domain/shop.example.com/workspace-connections";
    let clean = Scene::zero_downtime();
    assert_eq!(clean.run().exit, 0);
    let calls = clean.sim.calls();
    let switch = calls.iter().find(|call| call.path == path).unwrap();
    let answer = switch.answer.to_string();
    let changed = FaultKind::ActThenStatus {
        status: 200,
        headers: Vec::new(),
        body: answer.replace(&DOCS.to_string(), &LIVE.to_string()),
    };
    let run = Scene::zero_downtime()
        .fault(Fault::on("PUT", path, changed))
        .run();
    assert_eq!(run.output("reason"), "connections-changed", "{}", run.log);
    assert!(run.error().contains("changed as well"), "{}", run.error());
}

#[test]
fn a_cancelled_run_stops_a_stage_and_does_not_wait_for_it() {
    let prepare = "/workspaces/4001/pipeline/prepare";
    let scene = Scene::simple();
    let cancel = scene.cancel.clone();
    let signal = FaultKind::run_after(move |_| cancel.cancel());
    let scene = scene.fault(Fault::on("GET", prepare, signal).after(3));
    let run = scene.run();
    assert_eq!(run.output("outcome"), "cancelled", "{}", run.log);
    let calls = scene.sim.calls();
    let stop = calls
        .iter()
        .position(|call| call.path == "/workspaces/4001/pipeline/prepare/stop")
        .unwrap();
    assert!(
        calls[stop..].iter().all(|call| call.path != prepare),
        "{}",
        run.log
    );
}

#[test]
fn a_domain_on_which_nothing_serves_is_not_asked_while_the_others_are_shared() {
    let other = "api.example.com";
    let scene = Scene::zero_downtime()
        .connected(other, "/", &[])
        .with("domain", "shop.example.com\napi.example.com")
        .with("canary", "1m");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(scene.pointed_at(other, "/"), [NEXT]);
}
