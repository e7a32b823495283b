//! Owns how a release stands to the one that is live: its own, an older one, a newer one.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::context::Context;
use crate::failure::Failure;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::{Standing, Target};
use crate::ids::{CommitId, WorkspaceId};
use crate::owner::{OwnerLabel, Purpose};
use crate::release::Work;
use crate::steps::label::label_of;

/// What is live, as far as owner labels tell: how the release stands to it, and its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) standing: Standing,
    pub(crate) commit: Option<CommitId>,
    /// Of what it is not known whether it is newer.
    pub(crate) doubts: Vec<String>,
}

/// Compares the owner labels of the workspaces that are live with this run. Several that serve together tell nothing.
pub(crate) fn standing(
    preflight: &mut Preflight<'_>,
    targets: &[Target],
    work: &Work,
    app: Option<&str>,
) -> Result<Live, Failure> {
    let context = preflight.context;
    let labels = labels(preflight, targets, app)?;
    let mut found = Vec::new();
    for (live, label) in &labels {
        found.push(standing_to(preflight, *live, label, targets, work)?);
    }
    let doubts = doubts(&labels, &Age::of_run(context), context);
    let newer = newer_among(&found);
    let ours = found
        .into_iter()
        .find(|standing| matches!(standing, Standing::Released(id) if everywhere(targets, *id)));
    Ok(Live {
        standing: newer.or(ours).unwrap_or(Standing::ToBeReleased),
        commit: commit(&labels),
        doubts,
    })
}

/// Compares a workspace that is to be promoted with those that are live, by their owner labels; without one of its own it
/// is as old as this run.
pub(crate) fn standing_of(
    preflight: &mut Preflight<'_>,
    candidate: WorkspaceId,
    label: Option<&OwnerLabel>,
    targets: &[Target],
) -> Result<Live, Failure> {
    if everywhere(targets, candidate) {
        return Ok(Live {
            standing: Standing::AlreadyLive(candidate),
            commit: None,
            doubts: Vec::new(),
        });
    }
    let context = preflight.context;
    let age = label.map_or_else(|| Age::of_run(context), Age::of_mark);
    let labels = labels(preflight, targets, label.and_then(OwnerLabel::app))?;
    let newer = labels
        .iter()
        .find(|(live, its)| *live != candidate && is_newer(its, &age, context));
    Ok(Live {
        standing: newer.map_or(Standing::ToBeReleased, |(live, its)| {
            superseded_by(its, *live)
        }),
        commit: commit(&labels),
        doubts: doubts(&labels, &age, context),
    })
}

/// Begins to read the workspaces that are live, alongside what else the checks read.
pub(crate) fn begin_live(preflight: &mut Preflight<'_>, targets: &[Target]) {
    for id in live(targets) {
        preflight.reads.begin_workspace(preflight.api, id);
    }
}

/// The owner labels of the workspaces of this repository and app that serve alone somewhere.
fn labels(
    preflight: &mut Preflight<'_>,
    targets: &[Target],
    app: Option<&str>,
) -> Result<Vec<(WorkspaceId, OwnerLabel)>, Failure> {
    begin_live(preflight, targets);
    let mut labels = Vec::new();
    for live in live(targets) {
        labels.extend(ours(preflight, live, app)?.map(|label| (live, label)));
    }
    Ok(labels)
}

/// The one commit that is live.
fn commit(labels: &[(WorkspaceId, OwnerLabel)]) -> Option<CommitId> {
    match labels {
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

/// The owner label of a workspace of this repository and app.
fn ours(
    preflight: &mut Preflight<'_>,
    id: WorkspaceId,
    app: Option<&str>,
) -> Result<Option<OwnerLabel>, Failure> {
    let workspace = match preflight.reads.workspace(preflight.api, id) {
        Err(error) if error.status() == Some(404) => return Ok(None),
        answer => {
            answer.map_err(|error| error.while_doing("reading the workspace that serves now"))?
        }
    };
    let label = label_of(&workspace);
    Ok(label.filter(|label| label.is_of(&preflight.context.repository, app)))
}

fn standing_to(
    preflight: &mut Preflight<'_>,
    live: WorkspaceId,
    label: &OwnerLabel,
    targets: &[Target],
    work: &Work,
) -> Result<Standing, Failure> {
    let (context, api) = (preflight.context, preflight.api);
    if is_earlier_attempt(label, targets, work, context) {
        // A changed value is a reason to start a run again.
        let env = api
            .env(live)
            .map_err(|error| error.while_doing("reading the environment that is live"))?;
        if work.build.env.iter().all(|wanted| env.contains(wanted)) {
            return Ok(Standing::Released(live));
        }
    } else if is_newer(label, &Age::of_run(context), context) {
        return Ok(superseded_by(label, live));
    }
    Ok(Standing::ToBeReleased)
}

fn superseded_by(label: &OwnerLabel, live: WorkspaceId) -> Standing {
    let commit = label.commit.as_deref().unwrap_or("its branch's head");
    Standing::Superseded(format!(
        "run {} number {}, commit {commit}, workspace {live}",
        label.run_id, label.run_number
    ))
}

fn is_earlier_attempt(
    label: &OwnerLabel,
    targets: &[Target],
    work: &Work,
    context: &Context,
) -> bool {
    label.purpose == Purpose::serve(targets.iter().map(|target| &target.route))
        && label.run_id == context.run_id
        && label.attempt < context.attempt
        && work.commit.is_some()
        && label.commit == work.commit
        && made_of_the_same(label, work)
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

    fn of_mark(label: &'a OwnerLabel) -> Self {
        Self {
            workflow: &label.workflow,
            run_id: label.run_id,
            run_number: label.run_number,
        }
    }
}

/// Marks of the first form fit any profile and branch.
fn made_of_the_same(label: &OwnerLabel, work: &Work) -> bool {
    label
        .made_of
        .as_ref()
        .is_none_or(|its| (&its.profile, &its.branch) == (&work.build.profile, &work.branch))
}

/// A run that somebody starts again is what somebody wants, however old.
fn is_newer(label: &OwnerLabel, than: &Age<'_>, context: &Context) -> bool {
    context.attempt <= 1 && newer(label, than) == Some(true)
}

/// By number and id within a workflow, by the id between workflows. Where number and id disagree, the workflow's file
/// was made anew, and nothing is known.
fn newer(label: &OwnerLabel, than: &Age<'_>) -> Option<bool> {
    let by_id = label.run_id.cmp(&than.run_id);
    if label.workflow != than.workflow {
        return Some(by_id.is_gt());
    }
    match (by_id, label.run_number.cmp(&than.run_number)) {
        (Ordering::Greater, Ordering::Less) | (Ordering::Less, Ordering::Greater) => None,
        (id, number) => Some(id.then(number).is_gt()),
    }
}

/// What is told where it is not known whether the release that is live is newer.
fn doubts(labels: &[(WorkspaceId, OwnerLabel)], age: &Age<'_>, context: &Context) -> Vec<String> {
    let unknown = labels
        .iter()
        .filter(|(_, label)| context.attempt <= 1 && newer(label, age).is_none());
    let words = unknown.map(|(live, label)| {
        format!(
            "Workspace {live}, which serves now, was released by run {} with number {}, and this release comes from run {} with number {}: whether it is newer is not known, as a workflow file that is made anew counts its runs from 1 again. The release goes on.",
            label.run_id, label.run_number, age.run_id, age.run_number
        )
    });
    words.collect()
}
