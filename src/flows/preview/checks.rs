//! Owns the checks before anything is done about a pull request's preview: reads only.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::{Context, Head, PullRequest};
use crate::failure::{Failure, Reason};
use crate::flows::plan::{Plan, SimplePlan};
use crate::flows::preview::plan::{Preview, PreviewPlan};
use crate::flows::shared::creation::creation;
use crate::flows::shared::preflight::Findings;
use crate::flows::shared::preflight::{team, work};
use crate::ids::TeamId;
use crate::inputs::{Inputs, Preview as PreviewInputs};
use crate::owner::{Mark, Purpose};
use crate::release::Work;

/// The label by which somebody who has looked at a fork's commit lets it run.
const LABEL: &str = "preview";

/// Makes the plan, or tells all that forbids it.
pub(crate) fn preview(
    flow: &PreviewInputs,
    inputs: &Inputs,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let pull_request = findings.take(of_event(context))?;
    let seen = findings.take(seen_from(pull_request, context))?;
    let team = team(&flow.team, api, findings)?;
    let number = pull_request.number;
    let found = team
        .as_ref()
        .and_then(|team| findings.take(workspaces_of(number, team.id, context, api)));
    let what = if pull_request.is_closed {
        found.map(|found| Preview::Remove(found.iter().map(|found| found.id).collect()))
    } else {
        let work = findings.take(work_of(flow, inputs, pull_request, &seen));
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

/// Where the code is seen from: the repository itself, or the fork whose commit somebody has looked at. A stranger's
/// code that nobody has looked at is refused; nothing of a closed pull request runs any more.
fn seen_from(pull_request: &PullRequest, context: &Context) -> Result<Context, Failure> {
    if pull_request.is_closed || !pull_request.is_foreign_to(&context.repository) {
        return Ok(context.clone());
    }
    let Some(head) = &pull_request.head else {
        return Err(Failure::new(
            Reason::Refused,
            format!(
                "The repository that pull request {} comes from is gone, so its code cannot be cloned.",
                pull_request.number
            ),
            "Close the pull request, or bring its commits to a branch of this repository.",
        ));
    };
    if !is_looked_at(pull_request) {
        return Err(strangers(pull_request, head));
    }
    Ok(Context {
        clone_url: head.clone_url.clone(),
        private: head.private,
        ..context.clone()
    })
}

/// A label is of one commit only: whatever is pushed after it, nobody has looked at.
fn is_looked_at(pull_request: &PullRequest) -> bool {
    pull_request.is_target && pull_request.label.as_deref() == Some(LABEL)
}

fn strangers(pull_request: &PullRequest, head: &Head) -> Failure {
    let (number, fork, action) = (pull_request.number, &head.repository, &pull_request.action);
    let cause = format!(
        "Pull request {number} comes from the fork {fork}: a preview would run a stranger's code beside your other workspaces, with the values of `env`."
    );
    if pull_request.is_target {
        return Failure::new(
            Reason::Refused,
            format!(
                "{cause} On `pull_request_target` that is done only for the commit to which somebody has just given the label `{LABEL}`; this event is `{action}`."
            ),
            format!(
                "Read the commit; if it may run, take the label `{LABEL}` away and give it again."
            ),
        );
    }
    Failure::new(
        Reason::Refused,
        cause,
        "Leave pull requests of forks out, as the workflow in the README does, or set up the one for forks that stands below it.",
    )
}

/// Of a fork exactly the labelled commit counts, whatever the inputs leave open.
fn work_of(
    flow: &PreviewInputs,
    inputs: &Inputs,
    pull_request: &PullRequest,
    seen: &Context,
) -> Result<Work, Failure> {
    let work = work(&flow.code, inputs, seen)?;
    if !pull_request.is_foreign_to(&seen.repository) {
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
                "`commit` is not the commit of pull request {} that was given the label `{LABEL}`.",
                pull_request.number
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
                mark.repository == repository && mark.purpose == Purpose::PullRequest(number)
            })
        })
        .map_err(|error| error.while_doing("looking for the pull request's workspace"))?;
    found.sort_by_key(|workspace| workspace.id);
    Ok(found)
}
