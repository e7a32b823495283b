//! Landscapes: what they consist of, what is kept and what is lost.

use codesphere_simulator::{
    Commit, Containers, DOMAIN, LIVE, Lack, NEW, OLD, REPOSITORY, Service, Workspace, World,
};
use serde_json::{Value, json};

use crate::api::new_shop;
use crate::client::Stage;

const DEPLOY: &str = "/workspaces/4001/landscape/deploy";

/// The shop as a landscape with a database, an hour old; and what the new commit says.
fn landscape(new: Vec<Service>) -> Stage {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        let mut old = Commit::new(OLD);
        old.ci.services = vec![Service::reactive("web"), Service::managed("db", "postgres")];
        let mut live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old);
        let database = live.managed.get_mut("db").expect("it is there");
        database.data.push("orders".to_owned());
        world.workspaces.insert(LIVE, live);
        new_commit(world).ci.services = new;
    });
    stage
}

fn new_commit(world: &mut World) -> &mut Commit {
    let repository = world.repositories.get_mut(REPOSITORY).expect("it is there");
    repository.commit_mut(NEW).expect("it is there")
}

fn update(stage: &Stage) -> u16 {
    assert_eq!(stage.post("/workspaces/4001/git/pull"), 200);
    stage.post(DEPLOY)
}

/// Server, replica, state and the states of the steps.
fn shown(stage: &Stage) -> Vec<String> {
    let entries = stage.get("/workspaces/4001/pipeline/run");
    let word = |value: &Value, field: &str| value[field].as_str().expect("text").to_owned();
    let line = |entry: &Value| {
        let steps = entry["steps"].as_array().expect("a list");
        let steps: Vec<String> = steps.iter().map(|step| word(step, "state")).collect();
        let [server, replica, whole] = ["server", "replica", "state"].map(|name| word(entry, name));
        format!("{server}/{replica} {whole} [{}]", steps.join(" "))
    };
    entries
        .as_array()
        .expect("a list")
        .iter()
        .map(line)
        .collect()
}

fn lost(stage: &Stage) -> Vec<String> {
    stage.simulator.with(|world| world.lost.clone())
}

fn managed(stage: &Stage) -> Vec<String> {
    let services = stage.get("/managed-services?team=7&includeDeleted=false");
    let name = |service: &Value| service["name"].as_str().expect("text").to_owned();
    services
        .as_array()
        .expect("a list")
        .iter()
        .map(name)
        .collect()
}

#[test]
fn data_stays_while_its_service_keeps_its_name() {
    let stage = landscape(vec![
        Service::reactive("web"),
        Service::managed("db", "postgres"),
        Service::managed("files", "s3"),
    ]);
    assert_eq!(update(&stage), 200);
    assert_eq!(
        managed(&stage),
        ["landscape-4001-db", "landscape-4001-files"]
    );
    let data = |world: &mut World| world.workspaces[&LIVE].managed["db"].data.clone();
    assert_eq!(stage.simulator.with(data), ["orders"]);
    assert_eq!(lost(&stage), [""; 0]);
}

#[test]
fn a_renamed_service_loses_its_data() {
    let stage = landscape(vec![
        Service::reactive("web"),
        Service::managed("database", "postgres"),
    ]);
    assert_eq!(update(&stage), 200);
    assert_eq!(lost(&stage), ["4001/db: orders"]);
    assert_eq!(managed(&stage), ["landscape-4001-database"]);
}

#[test]
fn data_goes_with_the_landscape_and_with_the_workspace() {
    let stage = landscape(vec![Service::reactive("web")]);
    let teardown = "/workspaces/4001/landscape/teardown";
    assert_eq!(stage.call("DELETE", teardown, None).status, 200);
    assert_eq!(lost(&stage), ["4001/db: orders"]);
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 502);
    let stage = landscape(vec![Service::reactive("web")]);
    stage.simulator.with(|world| world.domains.clear());
    stage.call("DELETE", "/workspaces/4001", None);
    assert_eq!(lost(&stage), ["4001/db: orders"]);
}

#[test]
fn a_new_workspace_has_new_and_empty_services_once_it_is_deployed() {
    let stage = landscape(vec![
        Service::reactive("web"),
        Service::managed("db", "postgres"),
    ]);
    stage.call("POST", "/workspaces", Some(&new_shop("shop-new")));
    stage.pass(10.0);
    assert_eq!(managed(&stage), ["landscape-4001-db"]);
    assert_eq!(stage.post("/workspaces/5001/pipeline/run/start"), 500);
    assert_eq!(stage.post("/workspaces/5001/landscape/deploy"), 200);
    let services = "/managed-services?team=7&includeDeleted=false";
    let second = |stage: &Stage| stage.get(services)[1]["status"]["state"].clone();
    assert_eq!(second(&stage), "creating");
    stage.pass(20.0);
    assert_eq!(second(&stage), "synchronized");
    let data = |world: &mut World| world.workspaces[&5001].managed["db"].data.len();
    assert_eq!(stage.simulator.with(data), 0);
}

#[test]
fn services_are_listed_late_and_run_step_by_step() {
    let stage = landscape(vec![
        Service::reactive("web"),
        Service::reactive("api").on("/api").after(10).times(2),
        Service::container("cache"),
        Service::managed("db", "postgres"),
        Service::route("outside"),
    ]);
    stage
        .simulator
        .with(|world| world.quirks.services_late = 3.0);
    assert_eq!(update(&stage), 200);
    stage.post("/workspaces/4001/pipeline/run/stop");
    stage.pass(1.0);
    stage.post("/workspaces/4001/pipeline/run/start");
    stage.pass(2.0);
    let ide = "codesphere-ide/0 waiting []";
    let running = [
        "api/0 running [running waiting]",
        "api/1 running [running waiting]",
    ];
    let [one, other] = running;
    let web = "web/0 running [running]";
    assert_eq!(shown(&stage), [ide, web, one, other]);
    stage.pass(3.0);
    let cache = "cache/0 waiting []";
    assert_eq!(shown(&stage), [ide, web, one, other, cache]);
    let api = |stage: &Stage| stage.simulator.visit(DOMAIN, "/api/x").body;
    assert!(api(&stage).contains("is starting"));
    stage.pass(9.0);
    let up = [
        "api/0 running [success running]",
        "api/1 running [success running]",
    ];
    assert_eq!(shown(&stage), [ide, web, up[0], up[1], cache]);
    assert!(api(&stage).starts_with("shop "));
    stage
        .simulator
        .with(|world| world.quirks.containers = Containers::Running);
    assert_eq!(shown(&stage)[4], "cache/0 running []");
}

#[test]
fn a_service_may_fail_alone() {
    let stage = landscape(vec![
        Service::reactive("web"),
        Service::reactive("worker").on("").failing(),
    ]);
    assert_eq!(update(&stage), 200);
    stage.post("/workspaces/4001/pipeline/run/stop");
    stage.pass(1.0);
    stage.post("/workspaces/4001/pipeline/run/start");
    stage.pass(5.0);
    assert_eq!(
        shown(&stage)[1..],
        ["web/0 running [running]", "worker/0 failure [failure]"]
    );
}

#[test]
fn a_missing_secret_makes_the_deploy_fail() {
    let web = Service::reactive("web").with("KEY", "${{ vault['STRIPE'] }}");
    let stage = landscape(vec![web]);
    assert_eq!(update(&stage), 500);
    let keys = |stage: &Stage| stage.get("/vault/teams/7/workspaces/4001/keys");
    assert_eq!(keys(&stage), json!([]));
    stage.simulator.with(|world| {
        let live = world.workspaces.get_mut(&LIVE).expect("it is there");
        live.vault.insert("STRIPE".to_owned());
    });
    assert_eq!(keys(&stage), json!(["STRIPE"]));
    assert_eq!(stage.post(DEPLOY), 200);
    stage.simulator.with(|world| {
        let live = world.workspaces.get_mut(&LIVE).expect("it is there");
        live.shared_vault = Some("common".to_owned());
    });
    assert_eq!(stage.post(DEPLOY), 500, "one vault is read, never both");
}

#[test]
fn what_breaks_the_schema_and_what_no_plan_allows_is_answered_alike() {
    let deployed = |services: Vec<Service>, lacks: Vec<Lack>, version: u8| {
        let stage = landscape(services);
        stage.simulator.with(|world| {
            let ci = &mut new_commit(world).ci;
            (ci.lacks, ci.version) = (lacks, version);
        });
        update(&stage)
    };
    let web = || vec![Service::reactive("web")];
    for lack in [Lack::Prepare, Lack::Test, Lack::Network, Lack::VolumeMounts] {
        assert_eq!(deployed(web(), vec![lack], 4), 500, "{lack:?}");
    }
    assert_eq!(deployed(web(), vec![Lack::VolumeMounts], 2), 200);
    for (plan, replicas, status) in [(9, 4, 200), (9, 5, 500), (12, 2, 500), (99, 1, 500)] {
        let service = Service::reactive("web").planned(plan).times(replicas);
        assert_eq!(
            deployed(vec![service], Vec::new(), 4),
            status,
            "{plan} {replicas}"
        );
    }
    let odd = vec![Service::reactive("Web"), Service::reactive("a-")];
    assert_eq!(deployed(odd, Vec::new(), 4), 500);
}

#[test]
fn a_landscape_serves_while_its_workspace_sleeps() {
    let stage = landscape(vec![Service::reactive("web")]);
    let sleep = |world: &mut World, stuck| {
        let live = world.workspaces.get_mut(&LIVE).expect("it is there");
        (live.asleep, live.stuck) = (true, stuck);
    };
    stage.simulator.with(|world| sleep(world, false));
    assert_eq!(stage.simulator.visit(DOMAIN, "/").workspace, Some(LIVE));
    assert_eq!(stage.post(DEPLOY), 500);
    assert_eq!(stage.post("/workspaces/4001/git/pull"), 400);
    let wake = json!({ "replicas": 1 });
    let awake = |stage: &Stage| {
        assert_eq!(
            stage.call("PATCH", "/workspaces/4001", Some(&wake)).status,
            200
        );
        stage.pass(20.0);
        stage.get("/workspaces/4001/status")["isRunning"].clone()
    };
    assert_eq!(awake(&stage), true);
    stage.simulator.with(|world| sleep(world, true));
    assert_eq!(awake(&stage), false);
    assert_eq!(stage.simulator.visit(DOMAIN, "/").workspace, Some(LIVE));
}

#[test]
fn a_service_on_demand_falls_asleep_and_is_woken_by_a_request() {
    let stage = landscape(vec![Service::reactive("web").planned(12)]);
    assert_eq!(update(&stage), 200);
    stage.pass(3700.0);
    let asked = |stage: &Stage| stage.simulator.visit(DOMAIN, "/").body;
    assert!(asked(&stage).contains("is starting"));
    stage.pass(10.0);
    assert!(asked(&stage).starts_with("shop "));
}

#[test]
fn what_is_no_landscape_cannot_be_deployed() {
    let stage = Stage::new();
    let refused = |stage: &Stage| {
        let answer = stage.call("POST", DEPLOY, None);
        let title = answer.json()["title"].to_string();
        assert!(
            answer.status == 400 && title.contains("Multi Server"),
            "{title}"
        );
    };
    refused(&stage);
    let stage = landscape(vec![Service::reactive("web")]);
    stage
        .simulator
        .with(|world| new_commit(world).ci.bad_template = true);
    stage.post("/workspaces/4001/git/pull");
    refused(&stage);
}
