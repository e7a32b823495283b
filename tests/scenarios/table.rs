use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use codesphere_simulator::{
    DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Workspace, World,
};

use crate::harness::{LOST, Run, Scene, new_commit};

const NEXT: u64 = 5001;
/// Cells that run at the same time; those that wait for answers which never come leave the processors to the others.
const WORKERS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Simple,
    ZeroDowntime,
    Candidate,
    Promote,
    Rollback,
}

const FLOWS: [Flow; 5] = [
    Flow::Simple,
    Flow::ZeroDowntime,
    Flow::Candidate,
    Flow::Promote,
    Flow::Rollback,
];

impl Flow {
    /// The outcome of a run in which all goes well.
    fn good(self) -> &'static [&'static str] {
        match self {
            Self::Simple | Self::ZeroDowntime | Self::Promote => &["released"],
            Self::Candidate => &["ready"],
            Self::Rollback => &["rolled-back"],
        }
    }

    fn creates(self) -> bool {
        [Self::ZeroDowntime, Self::Candidate].contains(&self)
    }

    fn builds(self) -> bool {
        self.creates() || self == Self::Simple
    }
}

/// What befalls one kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// One answer is bad.
    Once(&'static str),
    /// All answers are bad.
    Always(&'static str),
    /// A signal comes right before or after the call is handled.
    Signal { after: bool },
    /// The machine is lost right before or after the call is handled.
    Lost { after: bool },
}

const KINDS: [&str; 17] = [
    "reset-before",
    "reset-after",
    "hang-before",
    "hang-after",
    "slow-drip",
    "truncated",
    "broken-json",
    "wrong-shape",
    "8-gb",
    "endless",
    "408",
    "409",
    "429",
    "429-later",
    "500",
    "502-html",
    "503",
];

/// What a candidate does zero-downtime does as well, with every kind of bad answer: a few of each sort will do here.
const FEW_KINDS: [&str; 6] = [
    "reset-before",
    "hang-after",
    "broken-json",
    "429",
    "500",
    "503",
];

fn kind(name: &str) -> FaultKind {
    let status = |status, header: &str, value: &str, body: &str| FaultKind::Status {
        status,
        headers: vec![(header.to_owned(), value.to_owned())],
        body: body.to_owned(),
    };
    match name {
        "reset-before" => FaultKind::ResetBefore,
        "reset-after" => FaultKind::ResetAfter,
        "hang-before" => FaultKind::HangBefore,
        "hang-after" => FaultKind::HangAfter,
        "slow-drip" => FaultKind::SlowDrip,
        "truncated" => FaultKind::Truncated,
        "broken-json" => FaultKind::BrokenJson,
        "wrong-shape" => FaultKind::WrongShape,
        "8-gb" => FaultKind::Announced8Gb,
        "endless" => FaultKind::Endless,
        "429-later" => status(429, "Retry-After", "7", ""),
        "502-html" => status(502, "Content-Type", "text/html", "<html>Bad Gateway</html>"),
        number => FaultKind::status(number.parse().unwrap()),
    }
}

/// Whether the platform does what it was asked although the answer is bad.
fn acts(kind: &str) -> bool {
    [
        "reset-after",
        "hang-after",
        "slow-drip",
        "truncated",
        "broken-json",
        "wrong-shape",
        "8-gb",
        "endless",
    ]
    .contains(&kind)
}

/// Whether only the client's own time limit ends the exchange.
fn never_ends(kind: &str) -> bool {
    ["hang-before", "hang-after", "slow-drip", "8-gb", "endless"].contains(&kind)
}

/// Whether the answer carries nothing that could be misshapen: any JSON will do.
fn any_body_will_do(call: &Call, kind: &str) -> bool {
    kind == "wrong-shape"
        && call.method != "GET"
        && !call.path.ends_with("/workspaces")
        && !call.path.ends_with("connections")
        && !is_command(call)
}

fn is_command(call: &Call) -> bool {
    call.path.ends_with("/execute")
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    method: String,
    path: String,
}

#[derive(Debug, Clone)]
struct Cell {
    flow: Flow,
    call: Call,
    what: What,
    /// The writes that a clean run has done before this kind of call comes for the first time.
    before: Vec<String>,
    /// Whether a clean run makes this call for the last time before it is verified.
    last: bool,
}

fn scene(flow: Flow) -> Scene {
    match flow {
        Flow::Simple => Scene::simple(),
        Flow::ZeroDowntime => Scene::zero_downtime(),
        Flow::Candidate => Scene::candidate(),
        Flow::Promote => Scene::new()
            .with("flow", "promote")
            .with("team", "Acme")
            .with("domain", DOMAIN)
            .with("workspace-id", &NEXT.to_string())
            .world(with_candidate),
        Flow::Rollback => Scene::rollback_at_once(),
    }
    .hasty(Duration::from_millis(200))
    .with("stage-timeout", "3m")
    .with("workspace-timeout", "3m")
    .with("health-body", "{sha}")
    .hurried(Duration::from_mins(1))
}

/// A workspace that runs the new commit beside what serves.
fn with_candidate(world: &mut World) {
    let commit = new_commit(world).clone();
    let candidate = Workspace::serving(NEXT, "shop-next", REPOSITORY, commit);
    world.workspaces.insert(NEXT, candidate);
}

/// Every kind of call of a clean run, with each thing that can befall it.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for flow in FLOWS {
        let clean = scene(flow);
        assert_eq!(clean.run().exit, 0);
        let (mut seen, mut before) = (BTreeSet::new(), Vec::new());
        let kinds = match flow {
            Flow::Candidate => FEW_KINDS.as_slice(),
            Flow::Simple | Flow::ZeroDowntime | Flow::Promote | Flow::Rollback => KINDS.as_slice(),
        };
        let made = clean.sim.calls();
        let last = made
            .last()
            .map(|call| (call.method.clone(), call.path.clone()));
        for call in made {
            let kind_of = Call {
                method: call.method.clone(),
                path: call.path.clone(),
            };
            if seen.insert(kind_of.clone()) {
                let once = kinds.iter().copied().map(What::Once);
                let always = kinds.iter().copied().map(What::Always);
                let signals = [false, true].map(|after| What::Signal { after });
                let losses = [false, true].map(|after| What::Lost { after });
                for what in once.chain(always).chain(signals).chain(losses) {
                    let last = last == Some((call.method.clone(), call.path.clone()));
                    cells.push(Cell {
                        flow,
                        call: kind_of.clone(),
                        what,
                        before: before.clone(),
                        last,
                    });
                }
            }
            if call.method != "GET" {
                before.push(format!("{} {}", call.method, call.path));
            }
        }
    }
    cells
}

/// What must come of a cell: the allowed outcomes, and whether the new version ends up live.
struct Expected {
    outcomes: &'static [&'static str],
    live: bool,
}

/// The model. A single bad answer is survived. Bad answers for ever are survived where a look shows the effect, or where
/// the call only serves a warning or shows a log; otherwise the run fails, and production is as before as far as the API answers.
fn expected(cell: &Cell) -> Expected {
    let released = Expected {
        outcomes: cell.flow.good(),
        live: true,
    };
    let path = cell.call.path.as_str();
    let unlogged = path.contains("/logs/");
    let wrote = cell.before.iter().any(|write| !write.starts_with("PATCH"));
    match cell.what {
        What::Once(_) => released,
        What::Always(_) if unlogged || only_warns(cell) => released,
        // What runs is described by a file as far as it can be read; where it cannot, what is listed decides.
        What::Always(_) if is_command(&cell.call) && !cell.flow.builds() => released,
        What::Always(kind) if any_body_will_do(&cell.call, kind) => released,
        What::Always(kind) if acts(kind) && shown_by_a_look(&cell.call) => released,
        // A command that takes long is answered so, although it has its effect.
        What::Always("408") if is_command(&cell.call) => released,
        What::Always(kind)
            if cloned_already(cell) && !["409", "429", "429-later"].contains(&kind) =>
        {
            released
        }
        What::Always(_) if path == "/workspaces/4001/env-vars" && cell.flow.creates() => released,
        What::Always(_) if !wrote && !begins_to_write(&cell.call) => Expected {
            outcomes: &["failed"],
            live: false,
        },
        What::Always(_) => Expected {
            outcomes: &["reverted", "failed"],
            live: false,
        },
        // A log is read alongside: the run may be over before the signal comes.
        What::Signal { .. } if cell.last || unlogged || only_warns(cell) => Expected {
            outcomes: &["cancelled", "released", "ready", "rolled-back"],
            live: false,
        },
        What::Signal { .. } => Expected {
            outcomes: &["cancelled"],
            live: false,
        },
        What::Lost { .. } => Expected {
            outcomes: &[""],
            live: false,
        },
    }
}

/// Calls whose effect can be seen without their answer.
fn shown_by_a_look(call: &Call) -> bool {
    call.method != "GET"
        && (call.path == "/workspaces"
            || call.path.contains("/pipeline/")
            || call.path.contains("/git/pull")
            || call.path.ends_with("connections"))
}

/// A fresh clone has the commit without any pull: a look shows it.
fn cloned_already(cell: &Cell) -> bool {
    cell.flow.creates() && cell.call.path.contains("/git/pull")
}

/// How much of its run stage is up is looked at once what was rolled back to serves, and so are the changes. What serves before a new version
/// takes over is asked in the plan as far as it is awake, to compare with, and once more when the release is verified.
fn only_warns(cell: &Cell) -> bool {
    let serves = ["status", "git/head"].map(|what| format!("/workspaces/{LIVE}/{what}"));
    match cell.flow {
        Flow::Rollback => {
            let until_now = format!("/workspaces/{NEXT}/");
            let path = &cell.call.path;
            path.ends_with("/pipeline/run")
                || path
                    .strip_prefix(&until_now)
                    .is_some_and(|call| ["git/head", "execute"].contains(&call))
        }
        Flow::ZeroDowntime | Flow::Candidate | Flow::Promote => serves.contains(&cell.call.path),
        Flow::Simple => false,
    }
}

fn begins_to_write(call: &Call) -> bool {
    call.method != "GET"
}

/// Runs a cell; gives what is wrong with what came of it.
fn play(cell: &Cell) -> Result<(), String> {
    let scene = scene(cell.flow);
    let (cancel, clock) = (scene.cancel.clone(), scene.clock.clone());
    let fault = match cell.what {
        What::Once(name) | What::Always(name) => kind(name),
        What::Signal { after: false } => FaultKind::run(move |_| cancel.cancel()),
        What::Signal { after: true } => FaultKind::run_after(move |_| cancel.cancel()),
        What::Lost { after: false } => FaultKind::run(move |_| clock.die()),
        What::Lost { after: true } => FaultKind::run_after(move |_| clock.die()),
    };
    let times = if matches!(cell.what, What::Always(_)) {
        u32::MAX
    } else {
        1
    };
    let method = Box::leak(cell.call.method.clone().into_boxed_str());
    let mut scene = match cell.what {
        What::Once(name) | What::Always(name) if never_ends(name) => {
            scene.unanswered(method, &cell.call.path, fault, times)
        }
        _ => scene.fault(Fault::on(method, &cell.call.path, fault).times(times)),
    };
    let run = scene.run_anyhow();
    let mut log = run.log.clone();
    if matches!(cell.what, What::Signal { .. } | What::Lost { .. }) {
        scene.clock.revive();
        scene.uncancel();
        let post = scene.post(&run);
        log.push_str(&post.log);
        if post.exit != 0 {
            return Err(format!("the post step failed\n{log}"));
        }
    }
    verdict(cell, &scene, &run).map_err(|wrong| format!("{wrong}\n{log}"))
}

fn verdict(cell: &Cell, scene: &Scene, run: &Run) -> Result<(), String> {
    let expected = expected(cell);
    let outcome = run.output("outcome");
    if !expected.outcomes.contains(&outcome) {
        return Err(format!("{outcome:?} instead of {:?}", expected.outcomes));
    }
    let exit = match outcome {
        "released" | "ready" | "rolled-back" => 0,
        "cancelled" => 130,
        "" => LOST,
        _ => 1,
    };
    if run.exit != exit {
        return Err(format!("exit {} with outcome {outcome:?}", run.exit));
    }
    let live = expected.live || run.exit == 0 || finished(run);
    let switched = |write: &String| write.ends_with("workspace-connections");
    let had_traffic = run.writes.iter().any(switched) && !is_refused_for_certain(cell);
    let made = live || had_traffic;
    let both = [LIVE, DOCS, NEXT];
    let workspaces = if made || !cell.flow.creates() {
        both.as_slice()
    } else {
        &both[..2]
    };
    let (old, new) = match cell.flow {
        Flow::Candidate => (LIVE, LIVE),
        Flow::Simple | Flow::ZeroDowntime | Flow::Promote => (LIVE, NEXT),
        Flow::Rollback => (NEXT, LIVE),
    };
    let serving = if live { new } else { old };
    match cell.flow {
        Flow::Simple => simple_production(cell, scene, run, live),
        Flow::ZeroDowntime | Flow::Candidate | Flow::Promote | Flow::Rollback => {
            domain_and_workspaces(scene, live, serving, workspaces)
        }
    }
}

/// Whether every try of the call was refused without any effect.
fn is_refused_for_certain(cell: &Cell) -> bool {
    matches!(cell.what, What::Always("409" | "429" | "429-later"))
}

/// Whether the release was verified before the machine was lost: then it stays.
fn finished(run: &Run) -> bool {
    run.exit == LOST && run.is_finished()
}

fn domain_and_workspaces(
    scene: &Scene,
    live: bool,
    serving: u64,
    workspaces: &[u64],
) -> Result<(), String> {
    let visit = scene.sim.visit(DOMAIN, "/");
    if scene.pointed("/") != [serving] || scene.pointed("/docs") != [DOCS] {
        return Err(format!(
            "the domain points at {:?} and {:?}",
            scene.pointed("/"),
            scene.pointed("/docs")
        ));
    }
    if visit.status != 200 && !live {
        return Err(format!("production answers {}", visit.status));
    }
    if scene.workspaces() != workspaces {
        return Err(format!(
            "workspaces {:?} instead of {workspaces:?}",
            scene.workspaces()
        ));
    }
    Ok(())
}

fn simple_production(cell: &Cell, scene: &Scene, run: &Run, live: bool) -> Result<(), String> {
    let uncertain = run.output("reason") == "undo-failed";
    if uncertain != hinders_the_way_back(cell) {
        return Err(format!("reason {:?}", run.output("reason")));
    }
    if uncertain {
        return if run.error().contains("could not be") {
            Ok(())
        } else {
            Err("not said loudly".to_owned())
        };
    }
    scene.sim.with(|world| world.faults.clear());
    let (head, serving) = (
        scene.sim.with(|world| world.workspaces[&LIVE].head.clone()),
        scene.sim.visit("4001-3000.2.codesphere.test", "/"),
    );
    let commit = if live { NEW } else { OLD };
    if head.as_deref() != Some(commit) || serving.body != format!("shop {commit} on 4001") {
        return Err(format!("head {head:?}, serving {:?}", serving.body));
    }
    Ok(())
}

/// Calls that the way back needs as well, and that fail for ever. What `run` does is read before it is stopped, so a
/// read that fails stops nothing.
fn hinders_the_way_back(cell: &Cell) -> bool {
    let What::Always(kind) = cell.what else {
        return false;
    };
    let survived =
        any_body_will_do(&cell.call, kind) || (acts(kind) && shown_by_a_look(&cell.call));
    let path = cell.call.path.as_str();
    // The first command comes before anything is touched.
    if is_command(&cell.call) {
        return false;
    }
    let touches_run = path.contains("/pipeline/run") && cell.call.method != "GET";
    (touches_run || path.contains("/landscape")) && !survived
}

#[test]
fn whatever_befalls_whichever_call_production_serves_and_nothing_is_orphaned() {
    let mut cells = cells();
    // Those that wait longest begin first.
    cells.sort_by_key(|cell| !matches!(cell.what, What::Always(kind) if never_ends(kind)));
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(why) = play(cell) {
                        wrong.lock().unwrap().push(format!(
                            "{:?} {} {} × {:?}: {why}",
                            cell.flow, cell.call.method, cell.call.path, cell.what
                        ));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let first: Vec<&String> = wrong.iter().take(3).collect();
    let all: Vec<&str> = wrong
        .iter()
        .map(|text| text.lines().next().unwrap())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} cells do not hold:\n{}\n\n{first:#?}",
        wrong.len(),
        cells.len(),
        all.join("\n")
    );
    assert!(cells.len() > 1500, "{} cells", cells.len());
}
