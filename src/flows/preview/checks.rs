//! Owns the checks before anything is done about a pull request's preview: reads only.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::{Context, PullRequest};
use crate::failure::{Failure, Reason};
use crate::flows::plan::{Plan, SimplePlan};
use crate::flows::preview::plan::{Preview, PreviewPlan};
use crate::flows::shared::creation::creation;
use crate::flows::shared::event::LABEL;
use crate::flows::shared::preflight::Findings;
use crate::flows::shared::preflight::{team, work};
use crate::ids::TeamId;
use crate::inputs::{Inputs, Preview as PreviewInputs};
use crate::owner::{Mark, Purpose};
use crate::release::Work;

/// Makes the plan, or tells all that forbids it.
pub(crate) fn preview(
    flow: &PreviewInputs,
    inputs: &Inputs,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let pull_request = findings.take(of_event(context))?;
    let seen = seen_from(pull_request, context);
    let team = team(&flow.team, api, findings)?;
    let number = pull_request.number;
    let found = team
        .as_ref()
        .and_then(|team| findings.take(workspaces_of(number, team.id, context, api)));
    let what = if pull_request.is_closed {
        found.map(|found| Preview::Remove(found.iter().map(|found| found.id).collect()))
    } else {
        let work = findings.take(work_of(flow, inputs, pull_request.number, &seen));
        match found.map(|mut found| (found.pop(), found)) {
            Some((Some(newest), older)) => update(newest, &older, work, api, findings),
            Some((None, _)) | None => {
                create(flow, number, team.as_ref(), work, &seen, api, findings)
            }
        }
    };
    Some(Plan::Preview(Box::new(PreviewPlan {
        pull_request: number,
        team: team?.id,
        what: what?,
    })))
}

fn update(
    newest: Workspace,
    older: &[Workspace],
    work: Option<Work>,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Preview> {
    let awake = api
        .is_running(newest.id)
        .map_err(|error| error.while_doing("reading whether the preview's workspace runs"));
    Some(Preview::Update {
        update: Box::new(SimplePlan {
            workspace: newest,
            awake: findings.take(awake)?,
            work: work?,
        }),
        twins: older.iter().map(|twin| twin.id).collect(),
    })
}

fn create(
    flow: &PreviewInputs,
    number: u64,
    team: Option<&Team>,
    work: Option<Work>,
    seen: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Preview> {
    let its = work.as_ref();
    let creation = creation(&flow.new, Some(number), team, its, seen, api, findings);
    Some(Preview::Create {
        creation: Box::new(creation?),
        work: Box::new(work?),
    })
}

fn of_event(context: &Context) -> Result<&PullRequest, Failure> {
    context.pull_request.as_ref().ok_or_else(|| {
        Failure::new(
            Reason::InvalidInput,
            "The event that started this run is not that of a pull request, and the flow `preview` shows nothing else.",
            "Start the workflow on `pull_request` with the types `opened`, `reopened`, `synchronize` and `closed`, or choose another `flow`.",
        )
    })
}

/// Where the code is seen from: the repository itself, or the fork whose commit somebody has looked at.
fn seen_from(pull_request: &PullRequest, context: &Context) -> Context {
    match &pull_request.head {
        Some(fork) if context.is_foreign() => Context {
            clone_url: fork.clone_url.clone(),
            private: fork.private,
            ..context.clone()
        },
        Some(_) | None => context.clone(),
    }
}

/// Of a fork exactly the labelled commit counts, whatever the inputs leave open.
fn work_of(
    flow: &PreviewInputs,
    inputs: &Inputs,
    number: u64,
    seen: &Context,
) -> Result<Work, Failure> {
    let work = work(&flow.code, inputs, seen)?;
    if !seen.is_foreign() {
        return Ok(work);
    }
    let asked = work.commit.as_ref();
    match &seen.commit {
        Some(labelled) if asked.is_none_or(|asked| asked == labelled) => Ok(Work {
            commit: Some(labelled.clone()),
            ..work
        }),
        Some(_) | None => Err(Failure::new(
            Reason::Refused,
            format!(
                "`commit` is not the commit of pull request {number} that was given the label `{LABEL}`."
            ),
            "Leave `commit` blank.",
        )),
    }
}

/// The pull request's workspaces by their marks, the newest last. A name says nothing.
fn workspaces_of(
    number: u64,
    team: TeamId,
    context: &Context,
    api: &Client<'_>,
) -> Result<Vec<Workspace>, Failure> {
    let repository = context.repository.clone();
    let mut found = api
        .workspaces(team, move |workspace| {
            let mark = workspace.welcome_message.as_deref().and_then(Mark::parse);
            mark.is_some_and(|mark| {
                mark.repository.is(&repository) && mark.purpose == Purpose::PullRequest(number)
            })
        })
        .map_err(|error| error.while_doing("looking for the pull request's workspace"))?;
    found.sort_by_key(|workspace| workspace.id);
    Ok(found)
}
