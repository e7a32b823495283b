//! Owns the simulated Codesphere of the demo: a shop whose new version takes its time, and what may go wrong with it.

use std::sync::Arc;

use codesphere_release::clock::Clock;
use codesphere_simulator::{
    Commit, DOMAIN, LIVE, NEW, OLD, REPOSITORY, RunScript, Script, Service, Simulator, Step,
    Workspace, World as Platform,
};

use crate::arguments::{Arguments, Failing, Flow};
use crate::clock::FastClock;
use crate::history;

const INSTALL: &[&str] = &[
    "$ npm ci",
    "added 412 packages in 9s",
    "found 0 vulnerabilities",
];
const BUILD: &[&str] = &[
    "$ npm run build",
    "building for production...",
    "318 modules transformed.",
    "dist/index.html    0.46 kB",
    "dist/assets/app.js 184.20 kB",
    "built in 13.42s",
];
const BROKEN_BUILD: &[&str] = &[
    "$ npm run build",
    "building for production...",
    "src/basket.ts(42,7): error TS2304: Cannot find name 'totla'.",
    "npm error code 2",
];
const TESTS: &[&str] = &[
    "$ npm test",
    "ok   basket.test.ts (14 tests)",
    "ok   checkout.test.ts (23 tests)",
    "37 passed, 0 failed",
];
const FAILING_TESTS: &[&str] = &[
    "$ npm test",
    "ok   basket.test.ts (14 tests)",
    "FAIL checkout.test.ts: adds the shipping costs",
    "     expected 54.90, got 49.90",
    "36 passed, 1 failed",
];
const START: &[&str] = &[
    "$ node server.js",
    "connected to the database",
    "listening on 0.0.0.0:3000",
];
const FAILING_START: &[&str] = &["$ node server.js", "Error: DATABASE_URL is not set"];

/// Longer than any release takes.
const NEVER: f64 = 86_400.0;

/// Starts it on the demo's clock.
pub(crate) fn start(clock: &Arc<FastClock>, arguments: &Arguments) -> Simulator {
    let clock = Arc::clone(clock);
    let simulator = Simulator::start(Arc::new(move || clock.now()));
    simulator.with(|world| {
        world.recorded = false;
        world.quirks.follow_logs = true;
        if let Some(commit) = commit(world, NEW) {
            lifelike(commit);
        }
        landscapes(world, arguments);
        if let Some(failing) = arguments.failing {
            spoil(world, failing);
        }
        history::write(world, arguments.flow);
    });
    simulator
}

/// Where people reach what is released.
pub(crate) fn address(simulator: &Simulator, flow: Flow) -> String {
    match flow {
        Flow::ZeroDowntime | Flow::Candidate | Flow::Promote | Flow::Rollback | Flow::Cleanup => {
            DOMAIN.to_owned()
        }
        // The development domain that the workspace will have.
        Flow::Preview => {
            simulator.with(|world| format!("{}-3000.2.codesphere.test", world.next_id))
        }
        Flow::Simple => simulator.with(|world| {
            let live = world.workspaces.get(&LIVE);
            live.map_or_else(String::new, |live| live.dev_domain.clone())
        }),
    }
}

fn commit<'w>(world: &'w mut Platform, sha: &str) -> Option<&'w mut Commit> {
    world.repositories.get_mut(REPOSITORY)?.commit_mut(sha)
}

/// Both versions are landscapes of two services. A database is in the new one, or, where a workspace is updated in
/// place, in the old one alone.
fn landscapes(world: &mut Platform, arguments: &Arguments) {
    let with_database = if arguments.flow == Flow::Simple {
        OLD
    } else {
        NEW
    };
    for sha in [OLD, NEW] {
        let Some(commit) = commit(world, sha) else {
            continue;
        };
        commit.ci.services = vec![
            Service::reactive("web").times(2),
            Service::reactive("api").on("/api"),
        ];
        if arguments.database && sha == with_database {
            commit.ci.services.push(Service::managed("db", "postgres"));
        }
    }
    let Some(old) = commit(world, OLD).cloned() else {
        return;
    };
    let mut live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old);
    for database in live.managed.values_mut() {
        database.data.push("orders".to_owned());
    }
    world.workspaces.insert(LIVE, live);
}

fn lifelike(commit: &mut Commit) {
    let ci = &mut commit.ci;
    ci.prepare.steps = vec![Step::new(10.0, INSTALL), Step::new(15.0, BUILD)];
    ci.test = Script::lasting(10.0, TESTS);
    ci.run = RunScript {
        boot: 3.0,
        lines: said(START, 'I'),
        ..RunScript::default()
    };
}

fn spoil(world: &mut Platform, failing: Failing) {
    if failing == Failing::Switch {
        world.quirks.switch_seconds = NEVER;
    }
    let Some(commit) = commit(world, NEW) else {
        return;
    };
    match failing {
        Failing::Prepare => {
            let build = Script::failing(15.0, BROKEN_BUILD).steps;
            commit.ci.prepare.steps.truncate(1);
            commit.ci.prepare.steps.extend(build);
        }
        Failing::Test => commit.ci.test = Script::failing(10.0, FAILING_TESTS),
        Failing::Run => {
            commit.ci.run.fails = true;
            commit.ci.run.lines = said(FAILING_START, 'E');
        }
        Failing::Health => {
            commit.app.status = 500;
            "Version {sha}: the table \"orders\" does not exist".clone_into(&mut commit.app.body);
        }
        Failing::Switch => {}
    }
}

fn said(lines: &[&str], kind: char) -> Vec<(char, String)> {
    lines
        .iter()
        .map(|line| (kind, (*line).to_owned()))
        .collect()
}
