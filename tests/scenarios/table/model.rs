//! Owns the model: what must come of each cell, however the product gets there.

use codesphere_simulator::{DOCS, DOMAIN, LIVE, NEW, OLD};

use super::flows::{Flow, NEXT};
use super::kinds::acts;
use super::{Call, Cell, What};
use crate::cleanup::SERVING;
use crate::harness::{LOST, Run, Scene};

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
    let reads_live_env = path == "/workspaces/4001/env-vars";
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
        What::Always(_) if reads_live_env && cell.flow == Flow::Candidate => released,
        // Whether a rollback holds releases must be known before the switch.
        What::Always(_) if reads_live_env && cell.flow.creates() => Expected {
            outcomes: &["reverted"],
            live: false,
        },
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
            outcomes: &[
                "cancelled",
                "released",
                "ready",
                "rolled-back",
                "cleaned",
                "removed",
            ],
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
            || call.method == "DELETE"
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
    let path = cell.call.path.as_str();
    match cell.flow {
        Flow::Rollback => {
            let until_now = path.strip_prefix(&format!("/workspaces/{NEXT}/"));
            // What holds further releases is noted there.
            let notes = cell.call.method == "PUT" && path.ends_with("/env-vars");
            notes
                || path.ends_with("/pipeline/run")
                || until_now.is_some_and(|call| ["git/head", "execute"].contains(&call))
        }
        Flow::Landscape if path == "/managed-services" => true,
        Flow::ZeroDowntime | Flow::Landscape | Flow::Canary | Flow::Candidate | Flow::Promote => {
            serves.iter().any(|serves| serves == path)
        }
        Flow::SimpleLandscape => path == "/managed-services",
        // When it was updated is noted for a clean-up.
        Flow::Preview => path.ends_with("/env-vars"),
        // What may be needed, or may hold data, is kept.
        Flow::Cleanup => {
            let serving = format!("/workspaces/{SERVING}/env-vars");
            path == serving || path.ends_with("/execute")
        }
        Flow::Simple | Flow::PreviewRemoval => false,
    }
}

fn begins_to_write(call: &Call) -> bool {
    call.method != "GET"
}

/// The exit status that belongs to the outcome.
pub(super) fn exit_of(outcome: &str) -> u8 {
    match outcome {
        "released" | "ready" | "rolled-back" | "cleaned" | "removed" => 0,
        "cancelled" => 130,
        "" => LOST,
        _ => 1,
    }
}

/// Whether the flow reaches its end in spite of it.
pub(super) fn is_survived(cell: &Cell) -> bool {
    expected(cell).live
}

pub(super) fn verdict(cell: &Cell, scene: &Scene, run: &Run) -> Result<(), String> {
    let expected = expected(cell);
    let outcome = run.output("outcome");
    if !expected.outcomes.contains(&outcome) {
        return Err(format!("{outcome:?} instead of {:?}", expected.outcomes));
    }
    if run.exit != exit_of(outcome) {
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
    let serving = |old, new| if live { new } else { old };
    match cell.flow {
        Flow::Simple | Flow::SimpleLandscape => simple_production(cell, scene, run, live),
        Flow::ZeroDowntime | Flow::Landscape | Flow::Canary | Flow::Promote => {
            domain_and_workspaces(scene, live, serving(LIVE, NEXT), workspaces)
        }
        Flow::Candidate | Flow::Preview => domain_and_workspaces(scene, live, LIVE, workspaces),
        Flow::Rollback => domain_and_workspaces(scene, live, serving(NEXT, LIVE), workspaces),
        Flow::Cleanup => cleaned(cell, scene, run),
        Flow::PreviewRemoval => removed(scene, run),
    }
}

/// What is needed stays whatever happens; what is not goes at the latest with a run that says so.
fn cleaned(cell: &Cell, scene: &Scene, run: &Run) -> Result<(), String> {
    let there = scene.workspaces();
    let needed = [LIVE, DOCS, SERVING - 2, SERVING - 1, SERVING];
    let all = [SERVING - 5, SERVING - 4, SERVING - 3];
    let left = there.iter().filter(|id| all.contains(id)).count();
    if needed.iter().any(|id| !there.contains(id)) || scene.pointed("/") != [SERVING] {
        return Err(format!(
            "workspaces {there:?}, the domain points at {:?}",
            scene.pointed("/")
        ));
    }
    let is_gap = matches!(cell.what, What::Always(_)) && only_warns(cell);
    if run.exit == 0 && (left > 0) != is_gap {
        return Err(format!(
            "workspaces {there:?} after {:?}",
            run.output("outcome")
        ));
    }
    Ok(())
}

/// Only the preview may go, and is gone once a run says so.
fn removed(scene: &Scene, run: &Run) -> Result<(), String> {
    let there = scene.workspaces();
    let others = there.iter().filter(|id| **id != NEXT).copied();
    if others.collect::<Vec<_>>() != [LIVE, DOCS] || scene.pointed("/") != [LIVE] {
        return Err(format!("workspaces {there:?}"));
    }
    if run.exit == 0 && there.contains(&NEXT) {
        return Err("the preview is still there".to_owned());
    }
    Ok(())
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
