//! Owns how a release stands to the one that is live: its own, an older one, a newer one.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::failure::Failure;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::{Standing, Target};
use crate::ids::WorkspaceId;
use crate::owner::{Mark, Purpose};
use crate::release::Work;

/// What is live, as far as marks tell: how the release stands to it, and its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) standing: Standing,
    pub(crate) commit: Option<String>,
}

/// Compares the marks of the workspaces that are live with this run. Several that serve together tell nothing.
pub(crate) fn standing(
    preflight: &Preflight<'_>,
    targets: &[Target],
    work: &Work,
) -> Result<Live, Failure> {
    let marks = marks(preflight, targets)?;
    let mut found = Vec::new();
    for (live, mark) in &marks {
        found.push(standing_to(preflight, *live, mark, targets, work)?);
    }
    let newer = newer_among(&found);
    let ours = found
        .into_iter()
        .find(|standing| matches!(standing, Standing::Released(id) if everywhere(targets, *id)));
    Ok(Live {
        standing: newer.or(ours).unwrap_or(Standing::ToBeReleased),
        commit: commit(&marks),
    })
}

/// Compares a workspace that is to be promoted with those that are live, by their marks; without one of its own it
/// is as old as this run.
pub(crate) fn standing_of(
    preflight: &Preflight<'_>,
    candidate: WorkspaceId,
    mark: Option<&Mark>,
    targets: &[Target],
) -> Result<Live, Failure> {
    if everywhere(targets, candidate) {
        return Ok(Live {
            standing: Standing::There(candidate),
            commit: None,
        });
    }
    let context = preflight.context;
    let age = mark.map_or_else(|| Age::of_run(context), Age::of_mark);
    let marks = marks(preflight, targets)?;
    let newer = marks
        .iter()
        .find(|(live, its)| *live != candidate && is_newer(its, &age, context));
    Ok(Live {
        standing: newer.map_or(Standing::ToBeReleased, |(live, its)| {
            superseded_by(its, *live)
        }),
        commit: commit(&marks),
    })
}

/// The marks of the workspaces of this repository that serve alone somewhere.
fn marks(
    preflight: &Preflight<'_>,
    targets: &[Target],
) -> Result<Vec<(WorkspaceId, Mark)>, Failure> {
    let mut marks = Vec::new();
    for live in live(targets) {
        marks.extend(mark_of(preflight, live)?.map(|mark| (live, mark)));
    }
    Ok(marks)
}

/// The one commit that is live.
fn commit(marks: &[(WorkspaceId, Mark)]) -> Option<String> {
    match marks {
        [(_, only)] => only.commit.clone(),
        _ => None,
    }
}

/// The workspaces that serve alone somewhere, each once.
fn live(targets: &[Target]) -> BTreeSet<WorkspaceId> {
    let alone = targets.iter().filter(|target| target.before.len() == 1);
    alone.flat_map(|target| target.before.clone()).collect()
}

/// Whether a workspace serves alone everywhere.
pub(crate) fn everywhere(targets: &[Target], id: WorkspaceId) -> bool {
    targets.iter().all(|target| target.before == [id])
}

fn newer_among(found: &[Standing]) -> Option<Standing> {
    let newer = |standing: &&Standing| matches!(standing, Standing::Superseded(_));
    found.iter().find(newer).cloned()
}

/// The mark of a workspace of this repository.
fn mark_of(preflight: &Preflight<'_>, id: WorkspaceId) -> Result<Option<Mark>, Failure> {
    let workspace = match preflight.api.workspace(id) {
        Err(error) if error.status() == Some(404) => return Ok(None),
        answer => {
            answer.map_err(|error| error.while_doing("reading the workspace that serves now"))?
        }
    };
    let mark = workspace.welcome_message.as_deref().and_then(Mark::parse);
    Ok(mark.filter(|mark| mark.repository.is(&preflight.context.repository)))
}

fn standing_to(
    preflight: &Preflight<'_>,
    live: WorkspaceId,
    mark: &Mark,
    targets: &[Target],
    work: &Work,
) -> Result<Standing, Failure> {
    let (context, api) = (preflight.context, preflight.api);
    if is_earlier_attempt(mark, targets, work, context) {
        // A changed value is a reason to start a run again.
        let env = api
            .env(live)
            .map_err(|error| error.while_doing("reading the environment that is live"))?;
        if work.build.env.iter().all(|wanted| env.contains(wanted)) {
            return Ok(Standing::Released(live));
        }
    } else if is_newer(mark, &Age::of_run(context), context) {
        return Ok(superseded_by(mark, live));
    }
    Ok(Standing::ToBeReleased)
}

fn superseded_by(mark: &Mark, live: WorkspaceId) -> Standing {
    let commit = mark.commit.as_deref().unwrap_or("its branch's head");
    Standing::Superseded(format!(
        "run {} number {}, commit {commit}, workspace {live}",
        mark.run_id, mark.run_number
    ))
}

fn is_earlier_attempt(mark: &Mark, targets: &[Target], work: &Work, context: &Context) -> bool {
    mark.purpose == Purpose::serve(targets.iter().map(|target| &target.place))
        && mark.run_id == context.run_id
        && mark.attempt < context.attempt
        && work.commit.is_some()
        && mark.commit == work.commit
}

/// Which run a release comes from.
struct Age<'a> {
    workflow: &'a str,
    run_id: u64,
    run_number: u64,
}

impl<'a> Age<'a> {
    fn of_run(context: &'a Context) -> Self {
        Self {
            workflow: &context.workflow,
            run_id: context.run_id,
            run_number: context.run_number,
        }
    }

    fn of_mark(mark: &'a Mark) -> Self {
        Self {
            workflow: &mark.workflow,
            run_id: mark.run_id,
            run_number: mark.run_number,
        }
    }
}

/// By the run's number within a workflow, by its id between workflows. A run that somebody starts again is what
/// somebody wants, however old.
fn is_newer(mark: &Mark, than: &Age<'_>, context: &Context) -> bool {
    let newer = if mark.workflow == than.workflow {
        mark.run_number > than.run_number
    } else {
        mark.run_id > than.run_id
    };
    newer && context.attempt <= 1
}
