//! Owns creation: a workspace is made once, found again by its owner label, and taken over from an earlier attempt.

use std::time::Duration;

use crate::codesphere::types::{NewWorkspace, Workspace};
use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::owner::OwnerLabel;
use crate::release::Creation;
use crate::release::Work;
use crate::report::Output;
use crate::steps::label::label_of;
use crate::steps::{RunContext, workspace};
use crate::wait::{Ended, Poll};

/// How long a lost creation may take to show up in the team's list; less while the runner waits for the end.
const LATE: Duration = Duration::from_secs(15);
const TIME_LIMITED: Duration = Duration::from_secs(2);
/// What a name is answered with that another workspace of the team has; installations differ.
const TAKEN: [&str; 2] = ["already has a workspace with", "name already"];
/// How many names are tried when the first is taken, and how many creations when answers are lost.
const NAMES: u32 = 20;
const LAUNCHES: u32 = 3;

/// Makes the new workspace, once: after a lost answer it is looked for by its owner label before another try.
pub(crate) fn create(
    ctx: &RunContext<'_>,
    creation: &Creation,
    work: &Work,
    label: &OwnerLabel,
) -> Result<Created, NotCreated> {
    let (mut number, mut lost) = (1, 0);
    loop {
        let name = numbered(&creation.name, number);
        let error = match ctx.api.create(&new_workspace(creation, work, label, &name)) {
            Ok(workspace) => return Ok(announce(ctx, &workspace, &name, lost)),
            Err(error) => error,
        };
        let taken = TAKEN.iter().any(|words| error.is_bad_request_about(words));
        // After a lost answer it may be our own that has the name, and only shows up late.
        if taken
            && lost > 0
            && let Ok(Some(workspace)) = find_launched(ctx, creation.team, &label.to_string())
        {
            return Ok(announce(ctx, &workspace, &name, lost));
        }
        if taken && number < NAMES {
            number += 1;
            let next = numbered(&creation.name, number);
            ctx.log
                .line(&format!("the name {name} is taken; trying {next}"));
            continue;
        }
        let not_created = |failure| NotCreated {
            failure,
            nothing_made: lost == 0 && !error.may_have_acted(),
        };
        if !error.may_have_acted() || lost + 1 == LAUNCHES {
            return Err(not_created(error.while_doing("creating the workspace")));
        }
        ctx.log.line(&format!(
            "{error}; looking whether it was made all the same"
        ));
        if let Some(workspace) =
            find_launched(ctx, creation.team, &label.to_string()).map_err(not_created)?
        {
            return Ok(announce(ctx, &workspace, &name, lost));
        }
        lost += 1;
    }
}

fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    format!("{name}-{number}")
}

/// All workspaces that carry `label`: more than one where a lost creation showed up after it was given up.
pub(crate) fn all_launched(
    ctx: &RunContext<'_>,
    team: TeamId,
    label: &str,
) -> Result<Vec<WorkspaceId>, Failure> {
    let label = label.to_owned();
    let found = ctx
        .api
        .workspaces(team, move |workspace| {
            workspace.welcome_message.as_deref() == Some(label.as_str())
        })
        .map_err(|error| error.while_doing("looking for the workspace in the team's list"))?;
    Ok(found.into_iter().map(|workspace| workspace.id).collect())
}

/// A new workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Created {
    /// Its number.
    pub(crate) id: WorkspaceId,
    /// Whether it was asked for more than once: an earlier one may still show up.
    pub(crate) again: bool,
}

/// Why there is no new workspace.
#[derive(Debug)]
pub(crate) struct NotCreated {
    /// What went wrong.
    pub(crate) failure: Failure,
    /// Whether it is certain that none was made.
    pub(crate) nothing_made: bool,
}

fn announce(ctx: &RunContext<'_>, workspace: &Workspace, name: &str, lost: u32) -> Created {
    let id = workspace.id;
    ctx.log.line(&format!("made workspace {id} ({name})"));
    ctx.report.set(Output::WorkspaceId, id.to_string());
    Created {
        id,
        again: lost > 0,
    }
}

fn new_workspace(creation: &Creation, work: &Work, label: &OwnerLabel, name: &str) -> NewWorkspace {
    let new = &creation.new;
    NewWorkspace {
        team_id: creation.team,
        name: name.to_owned(),
        plan_id: creation.plan,
        is_private_repo: creation.private,
        replicas: new.replicas,
        git_url: creation.git_url.clone(),
        initial_branch: Some(work.branch.clone()),
        clone_depth: new.clone_depth,
        welcome_message: label.to_string(),
        restricted: new.restricted,
        env: work.build.env.clone(),
        base_image: new.base_image.clone(),
        vpn_config: new.vpn_config.clone(),
        storage_mib: new.storage,
        shared_vault_name: new.shared_vault.clone(),
    }
}

/// The workspace that carries `label`, with patience: it may show up late.
pub(crate) fn find_launched(
    ctx: &RunContext<'_>,
    team: TeamId,
    label: &str,
) -> Result<Option<Workspace>, Failure> {
    let patience = if ctx.time_limited { TIME_LIMITED } else { LATE };
    let (wait, _) = ctx.wait("the workspace to show up in the team's list", patience);
    let label = label.to_owned();
    let found = wait.until(|_| {
        let label = label.clone();
        let found = ctx
            .api
            .workspaces(team, move |workspace| {
                workspace.welcome_message.as_deref() == Some(label.as_str())
            })
            .map_err(|error| error.while_doing("looking for the workspace in the team's list"))?;
        Ok(found.into_iter().next().map_or_else(
            || Poll::Pending("not in the team's list".to_owned()),
            Poll::Ready,
        ))
    });
    match found {
        Ok(workspace) => Ok(Some(workspace)),
        Err(Ended::TimedOut(_)) => Ok(None),
        Err(Ended::Failed(failure)) => Err(failure),
    }
}

/// The workspace that an earlier attempt of this run has made for the same routes and that fits in everything, if there
/// is one. What does not fit may be another job's: it is left alone and named.
pub(crate) fn of_an_earlier_attempt(
    ctx: &RunContext<'_>,
    creation: &Creation,
    work: &Work,
    label: &OwnerLabel,
) -> Result<Option<Workspace>, Failure> {
    if label.attempt <= 1 {
        return Ok(None);
    }
    let mut fitting = None;
    for found in earlier(ctx, creation.team, label)? {
        let id = found.id;
        let misfit = match workspace::pointing_at(ctx, creation.team, id)? {
            Some(domain) => Some(format!("{domain} points at it")),
            None if fitting.is_some() => Some("another one fits already".to_owned()),
            None => misfit(ctx, &found, creation, work, label)?,
        };
        if let Some(why) = misfit {
            leave(ctx, &found, &why);
            continue;
        }
        ctx.log.line(&format!(
            "going on with workspace {id} ({}), which an earlier attempt of this run has made",
            found.name
        ));
        ctx.report.set(Output::WorkspaceId, id.to_string());
        fitting = Some(found);
    }
    Ok(fitting)
}

fn earlier(
    ctx: &RunContext<'_>,
    team: TeamId,
    label: &OwnerLabel,
) -> Result<Vec<Workspace>, Failure> {
    let ours = label.clone();
    ctx.api
        .workspaces(team, move |workspace| {
            label_of(workspace).is_some_and(|its| its.is_earlier_attempt_of(&ours))
        })
        .map_err(|error| {
            error.while_doing("looking for what an earlier attempt of this run has made")
        })
}

fn leave(ctx: &RunContext<'_>, found: &Workspace, why: &str) {
    let id = found.id;
    ctx.log.line(&format!(
        "workspace {id} ({}) of an earlier attempt is left alone, as {why}; it may be another job's, and the flow `cleanup` has it later",
        found.name
    ));
    ctx.report.kept(
        &id,
        "which an earlier attempt of this run has made, and which does not fit",
    );
}

/// How it differs from what is wanted, in words. A changed value of the environment may matter to every stage.
fn misfit(
    ctx: &RunContext<'_>,
    found: &Workspace,
    creation: &Creation,
    work: &Work,
    label: &OwnerLabel,
) -> Result<Option<String>, Failure> {
    if let Some(its) = label_of(found)
        && let Some(why) = its.differs(label)
    {
        return Ok(Some(why));
    }
    for (fits, what) in [
        (found.plan_id == Some(creation.plan), "plan"),
        (
            found.replicas == creation.new.replicas,
            "number of replicas",
        ),
        (
            found.restricted == Some(creation.new.restricted),
            "`restricted`",
        ),
        (
            found.git_url.as_deref() == Some(creation.git_url.as_str()),
            "repository",
        ),
    ] {
        if !fits {
            return Ok(Some(format!("its {what} is another")));
        }
    }
    let before = workspace::env_before(ctx, found.id, &work.build.env)?;
    let has_env = before.overwritten.is_empty() && before.added.is_empty();
    Ok((!has_env).then(|| "values of its environment are others".to_owned()))
}
