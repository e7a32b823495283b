//! Owns pipeline stages: started, waited for, stopped; and the landscape, deployed.

mod failures;
pub(crate) mod how;
mod refused;

use std::time::Duration;

use crate::codesphere::pipeline::{Stage, StageEntry, State};
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::profile::Profile;
use crate::steps::RunContext;
use crate::steps::hints::explained;
use crate::steps::judge::{self, Judge, Verdict, is_at_work};
use crate::steps::logs::{Follower, rest};
use crate::text::{duration, list};
use crate::wait::{Ended, Poll, Wait};
use failures::{stage_failed, timed_out, with_last_line};
use how::How;

/// How long a stopped stage may take.
const STOPPING: Duration = Duration::from_secs(15);
/// `run` counts as up when this many looks in a row say so.
const LOOKS: u32 = 2;
/// So long after the one before: a process may die as soon as it runs, and that its log falls silent is no reason to hurry.
const ANOTHER_LOOK: Duration = Duration::from_millis(500);
/// Nothing is over at once.
const FIRST_POLL: Duration = Duration::from_millis(500);

/// Runs a stage to its end; for `run`, until every replica of every server is up.
pub(crate) fn run<'a>(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
    how: impl Into<How<'a>>,
) -> Result<(), Failure> {
    let how = how.into();
    let before = entries(ctx, id, stage)?;
    start(ctx, id, stage, how, &before)?;
    until_over(ctx, id, how, Judge::new(stage, before).expecting(how.file))
}

/// As [`run`], where an earlier attempt may have run the stage for this very commit:
/// what was good is not run again, and what is at work is waited for.
pub(crate) fn resume<'a>(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
    how: impl Into<How<'a>>,
) -> Result<(), Failure> {
    let how = how.into();
    let now = entries(ctx, id, stage)?;
    let is_good = match stage {
        Stage::Run => judge::not_up(&now, how.file).is_none(),
        Stage::Prepare | Stage::Test => judge::shows(stage, &now, &State::Success),
    };
    if is_good {
        ctx.log
            .line(&format!("{stage} was good already: not run again"));
        if stage != Stage::Run {
            return Ok(());
        }
    } else if is_at_work(stage, &now) {
        ctx.log
            .line(&format!("{stage} is at work already: waiting for it"));
    } else {
        return run(ctx, id, stage, how);
    }
    let judge = Judge::new(stage, Vec::new()).expecting(how.file);
    until_over(ctx, id, how, judge)
}

fn until_over(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    how: How<'_>,
    mut judge: Judge,
) -> Result<(), Failure> {
    let stage = judge.stage();
    let (wait, api) = ctx.wait(stage.as_str(), how.limit);
    let wait = Wait {
        first_poll: FIRST_POLL,
        ..wait
    };
    let mut follower = Follower::new(ctx, id, stage, ctx.logs);
    let (mut good, mut seen) = (0, Vec::new());
    let over = wait.until_alongside(&mut follower, |follower, elapsed| {
        if let Some(ahead) = how.ahead.filter(|_| good > 0) {
            ahead.begin(ctx);
        }
        seen = api
            .pipeline(id, stage)
            .map_err(|error| error.while_doing(&format!("reading the state of {stage}")))?;
        let verdict = judge.judge(&seen, elapsed);
        follower.note(&judge.fresh(&seen, elapsed));
        let is_good = verdict == Verdict::Good;
        good = if is_good { good + 1 } else { 0 };
        look(ctx, id, stage, verdict, good)
    });
    let failure = match over {
        Ok(()) => {
            follower.finish();
            tell_idle(ctx, judge.idle());
            return Ok(());
        }
        Err(Ended::Failed(failure)) => failure,
        Err(Ended::TimedOut(last)) => timed_out(id, stage, how, &last),
    };
    if !matches!(failure.reason, Reason::StageFailed | Reason::StageTimeout) {
        return Err(failure);
    }
    // Services have plans and ports of their own; whatever else runs has the workspace's.
    let file = how.file.filter(|_| stage == Stage::Run);
    let end_of_log = follower.finish_failed(&seen);
    let failure = with_last_line(failure, end_of_log.as_ref());
    Err(explained(failure, file, end_of_log))
}

/// Containers may say `waiting` for ever: whether they serve, only the application can tell.
fn tell_idle(ctx: &RunContext<'_>, idle: &[String]) {
    if !idle.is_empty() {
        ctx.report.note(
            "Containers",
            format!(
                "{}: the platform said no more than `waiting`, beside servers that run",
                list(idle)
            ),
        );
    }
}

/// What a verdict means for the wait; `good` says how many in a row were good.
fn look(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
    verdict: Verdict,
    good: u32,
) -> Result<Poll<()>, Failure> {
    match verdict {
        Verdict::Good if stage == Stage::Run && good < LOOKS => Ok(Poll::Unconfirmed(
            format!("{stage}: running, looking once more"),
            ANOTHER_LOOK,
        )),
        Verdict::Good => Ok(Poll::Ready(())),
        Verdict::Nothing => {
            ctx.log
                .line(&format!("{stage} has no steps: nothing to do"));
            Ok(Poll::Ready(()))
        }
        Verdict::NotYet(words) => Ok(Poll::Pending(words)),
        Verdict::Bad(what) => Err(stage_failed(id, stage, &what)),
    }
}

/// Makes sure that `run` is still up: a process may die after it ran.
pub(crate) fn still_up(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    file: &Profile,
) -> Result<(), Failure> {
    let Some(words) = not_up(ctx, id, file)? else {
        return Ok(());
    };
    Err(stage_failed(
        id,
        Stage::Run,
        &format!("run was up and is no more ({words})"),
    ))
}

/// Makes sure that `run`, which was up, has not ended since. What cannot be read now is no reason to stop.
pub(super) fn has_not_ended(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    file: &Profile,
) -> Result<(), Failure> {
    let once = ctx.api.until(ctx.time.now());
    let Ok(entries) = once.pipeline(id, Stage::Run) else {
        return Ok(());
    };
    let Some(what) = judge::ended(&entries) else {
        return Ok(());
    };
    let log = rest::of_run(ctx, id);
    let failure = stage_failed(id, Stage::Run, &what);
    let failure = with_last_line(failure, log.first());
    Err(explained(failure, Some(file), log))
}

/// What of `run` is not up, in words; nothing where every replica of every server is that the file describes.
pub(crate) fn not_up(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    file: &Profile,
) -> Result<Option<String>, Failure> {
    let entries = entries(ctx, id, Stage::Run)?;
    Ok(judge::not_up(&entries, Some(file)))
}

/// Whether anything of a stage is at work.
pub(crate) fn at_work(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
) -> Result<bool, Failure> {
    Ok(is_at_work(stage, &entries(ctx, id, stage)?))
}

/// Stops a stage and waits until nothing of it is at work; where time is short, only the stop is sent.
pub(crate) fn stop(ctx: &RunContext<'_>, id: WorkspaceId, stage: Stage) -> Result<(), Failure> {
    if !at_work(ctx, id, stage)? {
        ctx.log
            .line(&format!("{stage} is not at work: nothing to stop"));
        return Ok(());
    }
    let stopped = || at_work(ctx, id, stage).map(|at_work| !at_work);
    ctx.once(|| ctx.api.stop(id, stage), stopped)?
        .map_err(|error| error.while_doing(&format!("stopping {stage}")))?;
    if ctx.time_limited {
        return Ok(());
    }
    let (wait, _) = ctx.wait("it to stop", STOPPING);
    match wait.until(|_| {
        Ok(if stopped()? {
            Poll::Ready(())
        } else {
            Poll::Pending(format!("{stage} still stops"))
        })
    }) {
        Ok(()) => ctx.log.line(&format!("{stage} has stopped")),
        Err(Ended::TimedOut(_)) => ctx.report.warn(format!(
            "{stage} of workspace {id} did not stop within {}.",
            duration(STOPPING)
        )),
        Err(Ended::Failed(failure)) => return Err(failure),
    }
    Ok(())
}

/// Deploys the landscape. Where it need not be there, "no multi-server support" is no error.
pub(crate) fn deploy<'a>(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    how: impl Into<How<'a>>,
    must_be_there: bool,
) -> Result<(), Failure> {
    let how = how.into();
    match ctx.api.deploy(id, how.profile) {
        Ok(()) => ctx.log.line("the landscape is being deployed"),
        Err(error) if !must_be_there && refused::is_no_landscape(&error) => {
            ctx.log
                .line("no landscape: ci.yml describes a single server");
        }
        Err(error) => return Err(refused::deploy(ctx, id, how, &error)),
    }
    Ok(())
}

fn entries(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
) -> Result<Vec<StageEntry>, Failure> {
    ctx.api
        .pipeline(id, stage)
        .map_err(|error| error.while_doing(&format!("reading the state of {stage}")))
}

/// Starts a stage; after a lost answer the state is looked at before another try.
fn start(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    stage: Stage,
    how: How<'_>,
    before: &[StageEntry],
) -> Result<(), Failure> {
    ctx.once(
        || ctx.api.start(id, stage, how.profile),
        || Ok(entries(ctx, id, stage)? != before),
    )?
    .map_err(|error| refused::start(ctx, id, how, &error, stage))?;
    ctx.log.line(&format!("{stage} started"));
    Ok(())
}
