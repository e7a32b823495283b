//! The pipeline's states and logs over time.

use codesphere_simulator::{
    Fault, FaultKind, Flood, LIVE, NEW, REPOSITORY, Script, Service, Simulator, Step, World,
};
use serde_json::{Value, json};

use crate::client::Stage;

fn states(stage: &Stage, name: &str) -> Vec<String> {
    let entries = stage.get(&format!("/workspaces/4001/pipeline/{name}"));
    let entries = entries.as_array().expect("a list").clone();
    let text = |entry: &Value| {
        let word = |field: &str| entry[field].as_str().expect("text").to_owned();
        format!("{}/{} {}", word("server"), word("replica"), word("state"))
    };
    entries.iter().map(text).collect()
}

fn change_new(stage: &Stage, change: impl FnOnce(&mut codesphere_simulator::Commit)) {
    stage.simulator.with(|world: &mut World| {
        let repository = world.repositories.get_mut(REPOSITORY).expect("it is there");
        change(repository.commit_mut(NEW).expect("it is there"));
    });
    assert_eq!(stage.post("/workspaces/4001/git/pull"), 200);
}

#[test]
fn results_of_the_run_before_are_shown_for_a_while() {
    let stage = Stage::new();
    let start = "/workspaces/4001/pipeline/prepare/start";
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 waiting"]);
    stage.post(start);
    assert_eq!(states(&stage, "prepare"), Vec::<String>::new());
    stage.pass(1.0);
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 running"]);
    stage.pass(5.0);
    let before = stage.get("/workspaces/4001/pipeline/prepare")[0]["startedAt"].clone();
    stage.post(start);
    stage.pass(0.5);
    assert_eq!(
        stage.get("/workspaces/4001/pipeline/prepare")[0]["startedAt"],
        before
    );
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 success"]);
    stage.pass(0.5);
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 running"]);
    assert_ne!(
        stage.get("/workspaces/4001/pipeline/prepare")[0]["startedAt"],
        before
    );
}

#[test]
fn a_running_application_is_stopped_before_it_starts_again() {
    let stage = Stage::unrecorded();
    stage.post("/workspaces/4001/git/pull");
    stage.post("/workspaces/4001/pipeline/run/start");
    assert!(
        stage
            .simulator
            .visit("shop.example.com", "/")
            .body
            .contains("1111")
    );
    assert_eq!(stage.simulator.violations().len(), 1);
    stage.post("/workspaces/4001/pipeline/run/stop");
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 running"]);
    stage.pass(1.0);
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 aborted"]);
    stage.post("/workspaces/4001/pipeline/run/start");
    stage.pass(1.0);
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 waiting"]);
    stage.pass(1.0);
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 running"]);
    assert!(
        stage
            .simulator
            .visit("shop.example.com", "/")
            .body
            .contains(NEW)
    );
}

#[test]
fn a_landscape_is_deployed_before_its_servers_run() {
    let stage = Stage::new();
    change_new(&stage, |commit| {
        commit.ci.services = vec![
            Service::reactive("web").times(2),
            Service::reactive("worker").on("").times(2),
        ];
        commit.ci.profiles.push("prod".to_owned());
    });
    stage.simulator.with(|world| {
        let live = world.workspaces.get_mut(&LIVE).expect("it is there");
        live.run = None;
    });
    let start = "/workspaces/4001/pipeline/run/start/prod";
    let early = stage.call("POST", start, None);
    assert_eq!(early.status, 500);
    assert_eq!(early.json()["title"], "An internal error occurred");
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 waiting"]);
    assert_eq!(stage.post("/workspaces/4001/landscape/deploy/none"), 400);
    assert_eq!(stage.post("/workspaces/4001/landscape/deploy/prod"), 200);
    stage.post("/workspaces/4001/pipeline/run/start/prod");
    stage.pass(0.5);
    assert_eq!(states(&stage, "run"), ["codesphere-ide/0 waiting"]);
    stage.pass(3.0);
    let wanted = [
        "codesphere-ide/0 waiting",
        "web/0 running",
        "web/1 running",
        "worker/0 running",
        "worker/1 running",
    ];
    assert_eq!(states(&stage, "run"), wanted);
    let whole = stage.call("GET", "/workspaces/4001/logs/run/0", None);
    assert!(whole.body.starts_with("event: problem\n"), "{}", whole.body);
    let server = stage.call("GET", "/workspaces/4001/logs/run/0/server/web", None);
    assert!(
        server.body.contains("listening on port 3000"),
        "{}",
        server.body
    );
}

#[test]
fn stages_fail_and_configuration_files_break() {
    let stage = Stage::new();
    change_new(&stage, |commit| {
        commit.ci.prepare = Script::failing(2.0, &["oh", "no"]);
    });
    stage.post("/workspaces/4001/pipeline/prepare/start");
    stage.pass(2.0);
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 failure"]);
    let missing = stage.call("POST", "/workspaces/4001/pipeline/prepare/start/prod", None);
    assert_eq!(missing.status, 500);
    assert_eq!(missing.json()["title"], "An internal error occurred");
    assert_eq!(stage.post("/workspaces/4001/landscape/deploy"), 400);
}

#[test]
fn a_stage_without_steps_waits_for_ever() {
    let stage = Stage::new();
    change_new(&stage, |commit| commit.ci.test = Script::default());
    stage.post("/workspaces/4001/pipeline/test/start");
    stage.pass(600.0);
    let entries = stage.get("/workspaces/4001/pipeline/test");
    let wanted = json!([
        { "server": "codesphere-ide", "replica": "0", "state": "waiting", "steps": [] },
    ]);
    assert_eq!(entries, wanted);
}

#[test]
fn logs_replay_what_was_said_so_far() {
    let stage = Stage::new();
    stage.post("/workspaces/4001/pipeline/prepare/start");
    stage.pass(2.0);
    let early = stage.call("GET", "/workspaces/4001/logs/prepare/0", None);
    assert!(early.head.contains("content-type: text/event-stream"));
    assert!(early.body.contains("installing") && !early.body.contains("built"));
    stage.pass(5.0);
    let late = stage.call("GET", "/workspaces/4001/logs/prepare/0", None);
    assert!(late.body.contains("installing") && late.body.contains("built"));
    let none = stage.call("GET", "/workspaces/4001/logs/prepare/7", None);
    assert!(none.body.starts_with("event: problem\n"), "{}", none.body);
}

#[test]
fn with_a_real_clock_logs_follow_until_the_step_ends() {
    let simulator = Simulator::real_time();
    simulator.with(|world| {
        let commit = &mut world
            .workspaces
            .get_mut(&LIVE)
            .expect("it is there")
            .objects[0];
        commit.ci.prepare = Script::lasting(0.4, &["first", "last"]);
    });
    let stage = Stage::around(simulator);
    stage.post("/workspaces/4001/pipeline/prepare/start");
    let logs = stage.call("GET", "/workspaces/4001/logs/prepare/0", None);
    assert!(
        logs.body.contains("first") && logs.body.contains("last"),
        "{}",
        logs.body
    );
}

#[test]
fn entries_may_lack_timestamps_and_have_unknown_states() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        (world.quirks.no_timestamps, world.quirks.unknown_state) = (true, true);
    });
    stage.post("/workspaces/4001/pipeline/prepare/start");
    stage.pass(0.5);
    assert_eq!(states(&stage, "prepare"), ["codesphere-ide/0 queued"]);
    stage.pass(1.0);
    let entry = stage.get("/workspaces/4001/pipeline/prepare")[0].clone();
    assert_eq!(
        (entry["state"].as_str(), entry.get("startedAt")),
        (Some("running"), None)
    );
}

#[test]
fn repeating_a_start_whose_answer_was_lost_is_no_violation() {
    let stage = Stage::new();
    let path = "/workspaces/4001/pipeline/prepare/start";
    stage.simulator.with(|world| {
        world
            .faults
            .push(Fault::on("POST", path, FaultKind::ResetAfter));
    });
    assert!(stage.try_call("POST", path, None).is_none());
    assert_eq!(stage.post(path), 200);
    assert!(stage.simulator.violations().is_empty());
    stage.post(path);
    assert_eq!(stage.simulator.violations().len(), 1);
}

#[test]
fn a_flood_of_output_comes_whole_and_once_the_step_has_begun() {
    let stage = Stage::new();
    change_new(&stage, |commit| {
        let flood = Flood {
            lines: 1000,
            length: 200,
        };
        commit.ci.prepare.steps = vec![Step::new(2.0, &[]), Step::new(3.0, &["the end"])];
        commit.ci.prepare.steps[1].flood = Some(flood);
    });
    stage.post("/workspaces/4001/pipeline/prepare/start");
    stage.pass(1.0);
    let early = stage.call("GET", "/workspaces/4001/logs/prepare/1", None);
    assert_eq!((early.body.len(), stage.simulator.floods().len()), (0, 0));
    stage.pass(2.0);
    let late = stage.call("GET", "/workspaces/4001/logs/prepare/1", None);
    let events = late.body.split("\n\n").filter_map(|event| {
        let data = event.strip_prefix("event: data\ndata: [")?;
        serde_json::from_str::<Vec<Value>>(&format!("[{data}")).ok()
    });
    let lines: Vec<Value> = events.flatten().collect();
    assert_eq!(lines.len(), 1000);
    assert!(
        lines.iter().all(|line| line["kind"] == "I"
            && line["data"].as_str().is_some_and(|data| data.len() == 200)),
        "{}",
        lines[0]
    );
    assert!(
        lines[999]["data"]
            .as_str()
            .expect("text")
            .starts_with("0001000 The quick")
    );
    assert_eq!(stage.simulator.floods()[0].bytes, late.body.len() as u64);
    stage.pass(3.0);
    let again = stage.call("GET", "/workspaces/4001/logs/prepare/1", None);
    assert!(again.body.contains("0001000 ") && again.body.contains("the end"));
}
