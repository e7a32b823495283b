//! Owns what is done where a rollback or a freeze holds releases: seen in the plan, and again right before the switch.

use crate::codesphere::error::ApiError;
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::{Promotion, Target, pointed_at};
use crate::hold::{self, Held, Note};
use crate::ids::{EnvVar, HOLD, WorkspaceId};
use crate::inputs::promotion::{IfHeld, PromotionInputs};
use crate::moment::Moment;
use crate::report::{Outcome, RunResult};
use crate::steps::{RunContext, workspace};

/// Begins to read what may hold, alongside what else the plan reads.
pub(crate) fn begin(preflight: &mut Preflight<'_>, targets: &[Target]) {
    for id in pointed_at(targets) {
        preflight.reads.begin_env(preflight.api, id);
    }
}

/// What holds, as far as the plan can read it.
pub(crate) fn found(
    preflight: &mut Preflight<'_>,
    targets: &[Target],
    inputs: &PromotionInputs,
) -> Option<Held> {
    if let Some(why) = &inputs.freeze {
        return Some(Held::Frozen(why.clone()));
    }
    begin(preflight, targets);
    let serving = pointed_at(targets);
    // What cannot be read now is read again before the switch.
    let mut notes = serving.into_iter().filter_map(|id| {
        let env = preflight.reads.env(preflight.api, id).ok()?;
        Some(Held::Noted(id, hold::among(&env)?))
    });
    notes.next()
}

/// How the hold is lifted by this run, where it is.
fn lifted_by(if_held: Option<IfHeld>, context: &Context) -> Option<&'static str> {
    if if_held == Some(IfHeld::Release) {
        return Some("`if-held: release`");
    }
    (context.attempt > 1).then_some("somebody has started this run again")
}

/// How a run ends that is held, before it has done anything; `if_held` is absent in flows without that input.
pub(crate) fn early_exit(
    held: &Held,
    if_held: Option<IfHeld>,
    ctx: &RunContext<'_>,
) -> Option<RunResult> {
    if let Some(how) = lifted_by(if_held, ctx.context) {
        ctx.report.warn(format!(
            "{held}. This run releases all the same, and lifts the hold: {how}."
        ));
        return None;
    }
    if if_held == Some(IfHeld::Skip) {
        let state = format!("{held}. Nothing was changed.");
        return Some(RunResult::good(Outcome::Held, state));
    }
    let failure = failure(held, if_held.is_some());
    Some(RunResult::bad(
        Outcome::Failed,
        failure,
        "Nothing was changed.",
    ))
}

fn failure(held: &Held, has_input: bool) -> Failure {
    let first = match held {
        Held::Frozen(_) => "Wait until `freeze` is blank again",
        Held::Noted(..) => "Correct what was rolled back from",
    };
    let input = if has_input {
        " Or give `if-held: release`. For runs that should end without an error, give `if-held: skip`."
    } else {
        ""
    };
    let next = format!(
        "{first}, then run this job again by hand (\"Re-run jobs\"): that releases, and lifts the hold.{input}"
    );
    Failure::new(Reason::Held, format!("{held}."), next)
}

/// What the plan says of it.
pub(crate) fn describe(held: &Held, if_held: Option<IfHeld>) -> String {
    let what = match if_held {
        Some(IfHeld::Release) => "Release all the same, and lift the hold (`if-held: release`).",
        Some(IfHeld::Skip) => {
            "End here (`if-held: skip`), unless somebody has started this run again."
        }
        Some(IfHeld::Fail) | None => "Fail here, unless somebody has started this run again.",
    };
    format!("{held}. {what}")
}

/// Looks right before the first write to the domain: somebody may have rolled back since the plan.
pub(super) fn check_again(promotion: &Promotion, ctx: &RunContext<'_>) -> Result<(), Failure> {
    if lifted_by(Some(promotion.inputs.if_held), ctx.context).is_some() {
        return Ok(());
    }
    let serving = promotion.before().into_iter();
    let begun: Vec<_> = serving.map(|id| (id, ctx.api.begin_env(id))).collect();
    for (id, env) in begun {
        match env.answer() {
            Ok(env) => {
                if let Some(hold) = hold::among(&env) {
                    return Err(failure(&Held::Noted(id, hold), true));
                }
            }
            Err(error) if is_gone(&error) => {}
            Err(error) => {
                return Err(error.while_doing("reading whether a rollback holds releases"));
            }
        }
    }
    Ok(())
}

fn is_gone(error: &ApiError) -> bool {
    error.status() == Some(404)
}

/// A run that was found to be held on its way, and has left nothing behind, ends as one that was held from the start.
pub(crate) fn or_held(run_result: RunResult, if_held: IfHeld) -> RunResult {
    let ended = run_result.reason() == Some(Reason::Held);
    if !ended || if_held != IfHeld::Skip || run_result.outcome != Outcome::Reverted {
        return run_result;
    }
    let cause = run_result
        .failure
        .map_or_else(String::new, |failure| failure.cause);
    RunResult::good(Outcome::Held, format!("{cause} {}", run_result.state))
}

/// Takes the note away once the release that lifts it is verified: what served before may serve again.
pub(super) fn lift(promotion: &Promotion, id: WorkspaceId, ctx: &RunContext<'_>) {
    if let Some(Held::Noted(noted, _)) = &promotion.held
        && *noted != id
    {
        take_away(*noted, ctx);
    }
}

/// As [`lift`], where the plan's eyes are another process's: from what served before, if this run lifts holds at all.
pub(super) fn lift_unseen(promotion: &Promotion, ctx: &RunContext<'_>) {
    if lifted_by(Some(promotion.inputs.if_held), ctx.context).is_none() {
        return;
    }
    for id in promotion.before() {
        take_away(id, ctx);
    }
}

fn take_away(id: WorkspaceId, ctx: &RunContext<'_>) {
    if let Err(error) = ctx.api.unset_env(id, &[HOLD.to_owned()]) {
        ctx.log
            .line(&format!("the hold in workspace {id}: {error}"));
    }
}

/// A hold that a rollback leaves.
pub(crate) struct Noting {
    target: WorkspaceId,
    variable: EnvVar,
    is_noted: bool,
}

/// Notes it in the workspace that is rolled back to, before traffic follows: a release that is under way sees it then.
/// Visitors wait for the switch, so it is tried once.
pub(crate) fn note(promotion: &Promotion, target: WorkspaceId, ctx: &RunContext<'_>) -> Noting {
    let now = Moment::from(ctx.time.clock.calendar());
    let note = Note {
        run: ctx.context.run_id,
        actor: ctx.context.actor.clone(),
        at: now.since_1970().as_secs(),
        from: promotion.before(),
        commit: promotion.live_commit.clone(),
    };
    let variable = note.to_variable();
    let once = ctx.api.until(ctx.time.now());
    let noted = once.set_env(target, std::slice::from_ref(&variable));
    Noting {
        target,
        variable,
        is_noted: noted.is_ok(),
    }
}

/// Takes the note of a rollback away that has failed: what is noted does not serve.
pub(crate) fn withdraw(target: WorkspaceId, ctx: &RunContext<'_>) {
    if !ctx.time.cancel.is_cancelled() {
        take_away(target, ctx);
    }
}

impl Noting {
    /// Once the rollback is verified: tries again where need be. It is no reason to fail.
    pub(crate) fn make_sure(self, ctx: &RunContext<'_>) {
        if !self.is_noted
            && let Err(failure) = workspace::set_env(ctx, self.target, &[self.variable])
        {
            ctx.report.warn(format!(
                "Further releases are not held: {} The next automatic release may bring back what was rolled back from. Switch its workflow off until that is corrected.",
                failure.cause
            ));
            return;
        }
        ctx.log
            .line("further releases are held until somebody releases by hand");
    }
}
