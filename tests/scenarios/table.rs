mod flows;
mod kinds;
mod model;
mod pairs;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use codesphere_simulator::{Fault, FaultKind};

use crate::harness::{Run, Scene};
use flows::{FLOWS, Flow};
pub(crate) use flows::{landscape, with_candidate};
use kinds::{FEW_KINDS, KINDS, kind, never_ends};
use model::verdict;

/// Cells that run at the same time; those that wait for answers which never come leave the processors to the others.
const WORKERS: usize = 64;

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

/// Every kind of call of a clean run, with each thing that can befall it.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for flow in FLOWS {
        let clean = flow.scene();
        assert_eq!(clean.run().exit, 0);
        let (mut seen, mut before) = (BTreeSet::new(), Vec::new());
        let kinds = if flow.is_thorough() {
            KINDS.as_slice()
        } else {
            &FEW_KINDS
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

/// Lets it befall that call of the scene.
fn befall(scene: Scene, call: &Call, what: What) -> Scene {
    let (cancel, clock) = (scene.cancel.clone(), scene.clock.clone());
    let fault = match what {
        What::Once(name) | What::Always(name) => kind(name),
        What::Signal { after: false } => FaultKind::run(move |_| cancel.cancel()),
        What::Signal { after: true } => FaultKind::run_after(move |_| cancel.cancel()),
        What::Lost { after: false } => FaultKind::run(move |_| clock.die()),
        What::Lost { after: true } => FaultKind::run_after(move |_| clock.die()),
    };
    let times = if matches!(what, What::Always(_)) {
        u32::MAX
    } else {
        1
    };
    let method = Box::leak(call.method.clone().into_boxed_str());
    match what {
        What::Once(name) | What::Always(name) if never_ends(name) => {
            scene.unanswered(method, &call.path, fault, times)
        }
        _ => scene.fault(Fault::on(method, &call.path, fault).times(times)),
    }
}

/// Runs the post step, on a machine and without a signal of its own.
fn take_back(scene: &mut Scene, run: &Run) -> Run {
    scene.clock.revive();
    scene.uncancel();
    scene.post(run)
}

/// Runs a cell; gives what is wrong with what came of it.
fn play(cell: &Cell) -> Result<(), String> {
    let mut scene = befall(cell.flow.scene(), &cell.call, cell.what);
    let run = scene.run_anyhow();
    let mut log = run.log.clone();
    if matches!(cell.what, What::Signal { .. } | What::Lost { .. }) {
        let post = take_back(&mut scene, &run);
        log.push_str(&post.log);
        if post.exit != 0 {
            return Err(format!("the post step failed\n{log}"));
        }
    }
    verdict(cell, &scene, &run).map_err(|wrong| format!("{wrong}\n{log}"))
}

#[test]
fn every_flow_has_a_place_in_the_table() {
    for flow in codesphere_release::flows::FLOWS {
        assert!(
            FLOWS.iter().any(|known| known.name() == flow.name),
            "{} is not in the table of faults: give it a scene in table/flows.rs, and say in table/model.rs what must come of its cells",
            flow.name
        );
    }
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
    assert!(cells.len() > 3000, "{} cells", cells.len());
}
