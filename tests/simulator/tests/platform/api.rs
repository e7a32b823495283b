//! Workspaces, git, commands and domains.

use codesphere_simulator::{BRANCH, DOCS, DOMAIN, LIVE, NEW, OLD, REPOSITORY};
use serde_json::json;

use crate::client::{Stage, exchange, request};

pub(crate) fn new_shop(name: &str) -> serde_json::Value {
    json!({
        "teamId": 7, "name": name, "planId": 9, "isPrivateRepo": false, "replicas": 1,
        "gitUrl": REPOSITORY, "initialBranch": BRANCH, "restricted": false,
        "welcomeMessage": "made by a test", "env": [{ "name": "GREETING", "value": "moin" }],
    })
}

#[test]
fn a_workspace_is_created_built_run_and_visited() {
    let stage = Stage::new();
    let made = stage
        .call("POST", "/workspaces", Some(&new_shop("shop-new")))
        .json();
    let id = made["id"].as_u64().expect("an id");
    assert_eq!(
        (id, made["devDomain"].as_str()),
        (5001, Some("5001-3000.2.codesphere.test"))
    );
    assert_eq!(
        stage.get("/workspaces/5001/status"),
        json!({ "isRunning": false })
    );
    assert_eq!(stage.post("/workspaces/5001/pipeline/prepare/start"), 400);
    stage.pass(8.0);
    assert_eq!(
        stage.get("/workspaces/5001/git/head"),
        json!({ "head": NEW })
    );
    assert_eq!(stage.post("/workspaces/5001/pipeline/prepare/start"), 200);
    stage.pass(6.0);
    assert_eq!(
        stage.get("/workspaces/5001/pipeline/prepare")[0]["state"],
        "success"
    );
    assert_eq!(stage.post("/workspaces/5001/pipeline/run/start"), 200);
    let starting = stage.simulator.visit("5001-3000.2.codesphere.test", "/");
    assert!(starting.body.contains("Workspace server is starting"));
    stage.pass(3.0);
    let visit = stage.simulator.visit("5001-3000.2.codesphere.test", "/");
    assert_eq!((visit.status, visit.workspace), (200, Some(5001)));
    assert_eq!(visit.body, format!("shop {NEW} on 5001"));
    assert_eq!(stage.simulator.violations(), Vec::<String>::new());
}

#[test]
fn a_switch_takes_its_time_and_leaves_other_paths() {
    let stage = Stage::new();
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    let wanted = json!({ "/": [DOCS], "/docs": [DOCS] });
    assert_eq!(
        stage.call("PUT", &path, Some(&wanted)).json()["workspaces"],
        wanted
    );
    assert_eq!(stage.simulator.visit(DOMAIN, "/").workspace, Some(LIVE));
    stage.pass(2.0);
    assert_eq!(stage.simulator.visit(DOMAIN, "/").workspace, Some(DOCS));
    assert_eq!(stage.simulator.writes(), [format!("PUT {path}")]);
}

#[test]
fn a_nested_map_of_connections_changes_nothing() {
    let stage = Stage::unrecorded();
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    let nested = json!({ "workspaces": { "/": [DOCS] } });
    let answer = stage.call("PUT", &path, Some(&nested));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["workspaces"],
        json!({ "/": [LIVE], "/docs": [DOCS] })
    );
    assert_eq!(stage.simulator.violations().len(), 1);
}

#[test]
fn bad_requests_are_refused() {
    let stage = Stage::unrecorded();
    let mut taken = new_shop("shop-live");
    let answer = stage.call("POST", "/workspaces", Some(&taken));
    assert_eq!(
        answer.json()["title"],
        "Team already has a workspace with the given name."
    );
    taken["commit"] = NEW.into();
    assert_eq!(stage.call("POST", "/workspaces", Some(&taken)).status, 400);
    assert!(stage.simulator.violations()[0].starts_with("unknown field `commit`"));
    let mut many = new_shop("many");
    many["replicas"] = 5.into();
    assert_eq!(stage.call("POST", "/workspaces", Some(&many)).status, 400);
    assert_eq!(stage.call("GET", "/workspaces/99", None).status, 404);
    let wrong = request("GET", "/api/teams", "wrong", None);
    assert_eq!(
        exchange(&mut stage.api(), &wrong)
            .expect("an answer")
            .status,
        401
    );
}

#[test]
fn a_failed_clone_never_runs() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world
            .repositories
            .get_mut(REPOSITORY)
            .expect("it is there")
            .private = true;
    });
    assert_eq!(
        stage
            .call("POST", "/workspaces", Some(&new_shop("shop-new")))
            .status,
        200
    );
    stage.pass(3600.0);
    assert_eq!(
        stage.get("/workspaces/5001/status"),
        json!({ "isRunning": false })
    );
}

fn reset(commit: &str) -> String {
    format!(
        "git reset --hard --quiet {commit} 2>&1 | {{ head -c 16384; cat > /dev/null; }}; \
         printf '\\nrc=%d\\n' \"${{PIPESTATUS[0]}}\""
    )
}

#[test]
fn an_exact_commit_is_pulled_and_reset_to() {
    let stage = Stage::new();
    assert_eq!(
        stage.post("/workspaces/4001/git/pull/origin/feature%2Fx"),
        400
    );
    assert_eq!(stage.post("/workspaces/4001/git/pull/origin/main"), 200);
    assert_eq!(stage.get("/workspaces/4001/git/head")["head"], NEW);
    let body = json!({ "command": reset(OLD) });
    let ran = stage
        .call("POST", "/workspaces/4001/execute", Some(&body))
        .json();
    assert!(
        ran["output"].as_str().expect("text").ends_with("\nrc=0\n"),
        "{ran}"
    );
    assert_eq!(stage.get("/workspaces/4001/git/head")["head"], OLD);
    stage
        .simulator
        .with(|world| world.quirks.execute_seconds = 6.0);
    let slow = json!({ "command": reset(OLD) });
    assert_eq!(
        stage
            .call("POST", "/workspaces/4001/execute", Some(&slow))
            .status,
        408
    );
}

#[test]
fn a_rewritten_history_makes_a_pull_drift() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        let repository = world.repositories.get_mut(REPOSITORY).expect("it is there");
        repository.rewritten = true;
        repository
            .branches
            .get_mut(BRANCH)
            .expect("it is there")
            .remove(0);
    });
    assert_eq!(stage.post("/workspaces/4001/git/pull/origin/main"), 200);
    assert_ne!(stage.get("/workspaces/4001/git/head")["head"], NEW);
    let body = json!({ "command": reset(NEW) });
    assert_eq!(
        stage
            .call("POST", "/workspaces/4001/execute", Some(&body))
            .status,
        200
    );
    assert_eq!(stage.get("/workspaces/4001/git/head")["head"], NEW);
}

#[test]
fn a_sleeping_workspace_is_woken_and_runs_again() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world.workspaces.get_mut(&LIVE).expect("it is there").asleep = true;
    });
    assert_eq!(stage.post("/workspaces/4001/git/pull"), 400);
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 502);
    let wake = json!({ "replicas": 1 });
    assert_eq!(
        stage.call("PATCH", "/workspaces/4001", Some(&wake)).status,
        200
    );
    assert_eq!(
        stage.get("/workspaces/4001/status"),
        json!({ "isRunning": false })
    );
    stage.pass(11.0);
    assert_eq!(
        stage.get("/workspaces/4001/status"),
        json!({ "isRunning": true })
    );
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 200);
}

#[test]
fn a_long_list_is_made_up_while_it_is_sent() {
    let stage = Stage::new();
    stage
        .simulator
        .with(|world| world.quirks.many_workspaces = 3000);
    let list = stage.get("/workspaces/team/7");
    assert_eq!(list.as_array().expect("a list").len(), 3002);
    assert_eq!(
        stage.simulator.calls()[0]
            .answer
            .as_array()
            .expect("a list")
            .len(),
        2
    );
}

#[test]
fn deleting_what_a_domain_points_at_is_noted() {
    let stage = Stage::unrecorded();
    assert_eq!(stage.call("DELETE", "/workspaces/4001", None).status, 200);
    assert_eq!(stage.call("GET", "/workspaces/4001", None).status, 404);
    assert_eq!(stage.simulator.violations().len(), 1);
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 502);
}

#[test]
fn asking_too_often_is_noted() {
    let stage = Stage::unrecorded();
    for _ in 0..10 {
        stage.get("/teams");
    }
    assert!(stage.simulator.violations().is_empty());
    stage.get("/teams");
    assert_eq!(
        stage.simulator.violations(),
        ["more than 10 requests in a second: /teams"]
    );
}

#[test]
fn changes_of_connections_may_be_ignored_or_merged() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world.quirks.connections_ignored = 1;
        world.quirks.connections_merge = true;
    });
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    let wanted = json!({ "/": [DOCS] });
    let ignored = stage.call("PUT", &path, Some(&wanted)).json();
    assert_eq!(
        ignored["workspaces"],
        json!({ "/": [LIVE], "/docs": [DOCS] })
    );
    let merged = stage.call("PUT", &path, Some(&wanted)).json();
    assert_eq!(
        merged["workspaces"],
        json!({ "/": [DOCS], "/docs": [DOCS] })
    );
}

#[test]
fn a_simulator_ends_promptly_though_clients_hang() {
    let stage = Stage::new();
    let client = stage.api();
    let start = std::time::Instant::now();
    drop(stage);
    assert!(start.elapsed().as_secs() < 2);
    drop(client);
}

#[test]
fn a_connection_stays_with_the_process_that_accepted_it_and_ends_with_it() {
    let stage = Stage::unrecorded();
    let sim = &stage.simulator;
    assert!(sim.open(DOMAIN, "/slow", 5.0) && sim.open(DOMAIN, "/socket", f64::INFINITY));
    assert!(!sim.open("nobody.example.com", "/", 5.0));
    sim.with(|world| {
        let domain = world.domains.get_mut(DOMAIN).expect("it is there");
        domain.workspaces.insert("/".to_owned(), vec![DOCS]);
    });
    stage.pass(10.0);
    let cut = || {
        sim.with(|world| {
            let each = world.open.iter().map(|open| open.cut);
            each.collect::<Vec<_>>()
        })
    };
    assert_eq!(cut(), [None, None]);
    sim.with(|world| world.workspaces.remove(&LIVE));
    assert_eq!(cut(), [None, Some(10.0)]);
}
