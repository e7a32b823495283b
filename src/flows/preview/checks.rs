//! Owns the checks before anything is done about a pull request's preview: reads only.

use crate::codesphere::types::{Team, Workspace};
use crate::context::{Context, PullRequest};
use crate::failure::{Failure, Reason};
use crate::flows::preview::given::PreviewFlow;
use crate::flows::preview::plan::{Preview, PreviewPlan};
use crate::flows::shared::creation::creation;
use crate::flows::shared::event::{LABEL, may_show};
use crate::flows::shared::preflight::{Preflight, work};
use crate::flows::shared::update::UpdatePlan;
use crate::ids::TeamId;
use crate::owner::Purpose;
use crate::release::Work;
use crate::steps::label::label_of;

/// Makes the plan, or tells all that forbids it.
pub(super) fn preview(flow: &PreviewFlow, preflight: &mut Preflight<'_>) -> Option<PreviewPlan> {
    let context = preflight.context;
    let pull_request = preflight.take(of_event(context))?;
    preflight.take(may_show(pull_request, context))?;
    let seen = seen_from(pull_request, context);
    let team = preflight.team(&flow.team)?;
    let app = flow.new.app.as_deref();
    let number = pull_request.number;
    let found = team.as_ref().and_then(|team| {
        let found = workspaces_of(number, app, team.id, preflight);
        preflight.take(found)
    });
    let what = if pull_request.is_closed {
        found.map(|found| Preview::Remove(found.iter().map(|found| found.id).collect()))
    } else {
        let work = preflight.take(work_of(flow, pull_request.number, &seen));
        let mut found = found.unwrap_or_default();
        if let Some(work) = &work {
            preflight.take(same_profile(&found, app, number, work));
        }
        if let Some(newest) = found.pop() {
            update(preflight, newest, &found, work)
        } else {
            let mut apart = Preflight::new(&seen, preflight.api);
            let made = create(&mut apart, flow, number, team.as_ref(), work);
            preflight.findings.add(apart.findings);
            made
        }
    };
    Some(PreviewPlan {
        pull_request: number,
        team: team?.id,
        what: what?,
    })
}

fn update(
    preflight: &mut Preflight<'_>,
    newest: Workspace,
    older: &[Workspace],
    work: Option<Work>,
) -> Option<Preview> {
    let awake = preflight.api.is_running(newest.id);
    let unread = "reading whether the preview's workspace runs";
    let awake = preflight.take(awake.map_err(|error| error.while_doing(unread)));
    Some(Preview::Update {
        update: Box::new(UpdatePlan {
            workspace: newest,
            awake: awake?,
            work: work?,
        }),
        duplicates: older.iter().map(|duplicate| duplicate.id).collect(),
    })
}

fn create(
    preflight: &mut Preflight<'_>,
    flow: &PreviewFlow,
    number: u64,
    team: Option<&Team>,
    work: Option<Work>,
) -> Option<Preview> {
    let creation = creation(preflight, &flow.new, Some(number), team, work.as_ref());
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
fn work_of(flow: &PreviewFlow, number: u64, seen: &Context) -> Result<Work, Failure> {
    let work = work(&flow.code, flow.settings.on_failure, seen)?;
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

/// Without `app`, two jobs for the same pull request would update each other's preview.
fn same_profile(
    found: &[Workspace],
    app: Option<&str>,
    number: u64,
    work: &Work,
) -> Result<(), Failure> {
    if app.is_some() {
        return Ok(());
    }
    let wanted = &work.build.profile;
    let other = found.iter().find_map(|workspace| {
        let label = label_of(workspace)?;
        let its = label.made_of?.profile;
        (its != *wanted).then_some((workspace.id, its))
    });
    let Some((id, its)) = other else {
        return Ok(());
    };
    let name = |profile: Option<&str>| format!("`{}`", profile.unwrap_or("ci.yml"));
    Err(Failure::new(
        Reason::Refused,
        format!(
            "Pull request {number} has a preview already, workspace {id}, whose profile is {}; this one's is {}.",
            name(its.as_deref()),
            name(wanted.as_deref())
        ),
        "If both are wanted, give each job an `app` of its own. If the profile was changed, delete that workspace in Codesphere and run the job again.",
    ))
}

/// The pull request's workspaces by their owner labels, the newest last. A name says nothing.
fn workspaces_of(
    number: u64,
    app: Option<&str>,
    team: TeamId,
    preflight: &Preflight<'_>,
) -> Result<Vec<Workspace>, Failure> {
    let repository = preflight.context.repository.clone();
    let app = app.map(str::to_owned);
    let mut found = preflight
        .api
        .workspaces(team, move |workspace| {
            let label = label_of(workspace);
            label.is_some_and(|label| {
                label.is_of(&repository, app.as_deref())
                    && label.purpose == Purpose::PullRequest(number)
            })
        })
        .map_err(|error| error.while_doing("looking for the pull request's workspace"))?;
    found.sort_by_key(|workspace| workspace.id);
    Ok(found)
}
