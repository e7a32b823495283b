//! Owns the check of a workspace: its run stage, and its application on its own development domain, before it gets traffic or
//! after it was updated.

use std::time::Duration;

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::profile::Profile;
use crate::release::{Answered, Health};
use crate::runner::secret::Secret;
use crate::steps::ahead::Ahead;
use crate::steps::answer::{Question, describe};
use crate::steps::before;
use crate::steps::health::{HealthError, Last, ask_once, check_alongside};
use crate::steps::hints::explained;
use crate::steps::{RunContext, judge, logs, stage};
use crate::text::duration;
use crate::wait::{Ended, Poll};

/// Makes sure, before anything is built, that the application can be asked later.
pub(crate) fn can_be_asked(ctx: &RunContext<'_>, workspace: &Workspace) -> Result<(), Failure> {
    let asked = ctx.health.as_ref();
    asked.map_or(Ok(()), |_| dev_domain(workspace).map(|_| ()))
}

fn dev_domain(workspace: &Workspace) -> Result<&str, Failure> {
    workspace.dev_domain.as_deref().ok_or_else(|| {
        Failure::new(
            Reason::Unhealthy,
            format!(
                "Workspace {} has no development domain, so its application cannot be asked.",
                workspace.id
            ),
            "Look at the workspace in Codesphere; with `health-check: false` it is not asked.",
        )
    })
}

/// Waits until every replica of every server of `run` is up that the file describes, on two looks in a row;
/// with no time to wait, one look tells, and the look before the switch is the other.
pub(crate) fn until_up(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    limit: Duration,
    file: &Profile,
) -> Result<(), Failure> {
    let (wait, until_then) = ctx.wait("run to be up", limit);
    // One look is a call like any other: it has time for being tried again.
    let (api, looks) = if limit.is_zero() {
        (&ctx.api, 1)
    } else {
        (&until_then, 2)
    };
    let mut good = 0;
    wait.until(|_| {
        let entries = api
            .pipeline(id, Stage::Run)
            .map_err(|error| error.while_doing("reading the state of run"))?;
        if let Some(words) = judge::not_up(&entries, Some(file)) {
            good = 0;
            return Ok(Poll::Pending(words));
        }
        good += 1;
        Ok(if good == looks {
            Poll::Ready(())
        } else {
            Poll::Pending("run: running, looking once more".to_owned())
        })
    })
    .map_err(|ended| match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::Unhealthy,
            format!("In workspace {id} the run stage is not up ({state})."),
            "Start `run` in the workspace's CI pipeline, read its log if it does not stay up, and run the job again; or make a new candidate.",
        ),
    })
}

/// Where a path of the workspace's own development domain is, and what opens that where it asks visitors to sign in.
pub(super) fn address(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    path: &str,
) -> Result<(String, Option<Secret>), Failure> {
    let domain = dev_domain(workspace)?;
    let shows_key = workspace.restricted == Some(true) && !ctx.runs_foreign_code();
    let key = shows_key.then(|| ctx.key.clone());
    Ok((format!("https://{domain}{path}"), key))
}

/// What to ask the workspace's own development domain: whether it is `commit` that is healthy there.
pub(crate) fn question(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    health: &Health,
    commit: &str,
) -> Result<Question, Failure> {
    let (url, key) = address(ctx, workspace, "")?;
    let question = Question::new(&url, health, commit, workspace.id);
    Ok(question.with_key(key).over_kept_connections())
}

/// Whether the application cannot be asked: a stranger's code is never shown the key.
pub(crate) fn nobody_may_ask(ctx: &RunContext<'_>, workspace: &Workspace) -> bool {
    ctx.runs_foreign_code() && workspace.restricted != Some(false)
}

/// The question whether `commit` is healthy on the workspace's own development domain, as far as anybody may ask.
pub(crate) fn wanted(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    commit: &str,
) -> Result<Option<Ahead>, Failure> {
    let Some(health) = ctx
        .health
        .as_ref()
        .filter(|_| !nobody_may_ask(ctx, workspace))
    else {
        return Ok(None);
    };
    let question = question(ctx, workspace, health, commit)?;
    Ok(Some(Ahead::new(question.hopeless_with(&ctx.before))))
}

/// Asks the workspace's own development domain, as far as that is wanted.
pub(crate) fn check_workspace(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    wanted: Option<&Ahead>,
    file: &Profile,
) -> Result<(), Failure> {
    let Some(health) = &ctx.health else {
        ctx.log
            .line("the application is not asked (`health-check: false`)");
        return Ok(());
    };
    let id = workspace.id;
    let Some(ahead) = wanted else {
        ctx.log.line("the application is not asked: its development domain asks visitors to sign in, and a stranger's code is never shown the key");
        return Ok(());
    };
    check_while_up(ctx, id, health, ahead, file)
}

/// Asks the workspace's own development domain whether it answers well again, or at least as the version before did.
pub(crate) fn check_as_before(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    commit: &str,
    file: &Profile,
    before: &[Answered],
) -> Result<(), Failure> {
    let Some(health) = ctx
        .health
        .as_ref()
        .filter(|_| !nobody_may_ask(ctx, workspace))
    else {
        return Ok(());
    };
    // What `health-body` looks for may be new with the version that failed.
    let question = question(ctx, workspace, health, commit)?
        .of_any_version()
        .content_with(before);
    check_while_up(ctx, workspace.id, health, &Ahead::new(question), file)
}

/// Asks the development domain once whether it answers as the version before did. Where nobody may ask, that is not known.
pub(crate) fn answers_as_before(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    before: &[Answered],
) -> Option<bool> {
    let health = ctx.health.as_ref();
    let health = health.filter(|_| !nobody_may_ask(ctx, workspace))?;
    let question = question(ctx, workspace, health, "").ok()?;
    let question = question.of_any_version().content_with(before);
    let answer = ask_once(ctx, &question).ok()?;
    Some(answer.is_ok())
}

/// A `run` that ends meanwhile ends the check.
fn check_while_up(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    health: &Health,
    ahead: &Ahead,
    file: &Profile,
) -> Result<(), Failure> {
    let question = ahead.question();
    let run_is_up = || stage::has_not_ended(ctx, id, file);
    let Err(unhealthy) = check_alongside(ctx, ahead, health.timeout, run_is_up) else {
        ctx.report.healthy(question.url(), &id);
        return Ok(());
    };
    let (cause, last) = match unhealthy {
        HealthError::Failed(failure) => return Err(failure),
        HealthError::TimedOut(last) => (not_well(ctx, question, health, id, &last), last),
        HealthError::AsBefore(last, before) => {
            (as_before(ctx, question, health, &last, &before), last)
        }
    };
    let next = last.symptom.next_step(file.is_landscape());
    let log = logs::rest::of_run(ctx, id);
    Err(explained(
        Failure::new(Reason::Unhealthy, cause, next),
        Some(file),
        log.into_iter().chain([last.answers]),
    ))
}

/// Asks the development domain once: a good answer from `commit` shows that the workspace is awake and its `run` up.
pub(crate) fn answers_already(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    health: &Health,
    commit: &str,
) -> Result<bool, Failure> {
    let Ok(question) = question(ctx, workspace, health, commit) else {
        // It may have its development domain once it is awake.
        return Ok(false);
    };
    let answer = ask_once(ctx, &question)?;
    let words = answer
        .as_ref()
        .map_or_else(String::as_str, |()| "is healthy");
    ctx.log.line(&format!("{} {words}", question.url()));
    Ok(answer.is_ok())
}

fn not_well(
    ctx: &RunContext<'_>,
    question: &Question,
    health: &Health,
    id: WorkspaceId,
    last: &Last,
) -> String {
    format!(
        "The application of workspace {id} was not healthy at {} within {} (`health-timeout`); the last time it {}.{}",
        question.url(),
        duration(health.timeout),
        last.words,
        before::told(ctx)
    )
}

/// It answers in order, and as the version before: waiting does not help.
fn as_before(
    ctx: &RunContext<'_>,
    question: &Question,
    health: &Health,
    last: &Last,
    before: &Answered,
) -> String {
    format!(
        "{} {}. It has stayed so for 30 s, and {} answered the same ({}) before the release: it will not become what `health-status` wants ({}), so the check has ended.",
        question.url(),
        last.words,
        before.url,
        describe(before, ctx.log.door()),
        health.statuses
    )
}
