//! The rollback flow: bring back what its routes served before. It makes nothing, deletes nothing, and is quick.

use std::cell::Cell;
use std::time::Duration;

use crate::codesphere::client::Begun;
use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::{CheckedOut, Workspace};
use crate::failure::Failure;
use crate::flows::flow::Plan;
use crate::flows::rollback::afterwards::{described, look_at_run, tell_changes};
use crate::flows::shared::build::check;
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::existing::{history, serves_asleep};
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::{Promotion, Standing};
use crate::flows::shared::promotion::{
    point_back, return_hint, standing, tell_before, tell_released,
};
use crate::flows::shared::ready;
use crate::history::ReleaseHistory;
use crate::ids::CommitId;
use crate::profile::Profile;
use crate::release::{Health, OnFailure};
use crate::report::{Outcome, Output, RunResult};
use crate::steps::check::{answers_already, can_be_asked};
use crate::steps::connections::ids;
use crate::steps::source::{self, CloneAge};
use crate::steps::stage::how::How;
use crate::steps::{RunContext, managed, profile, stage, workspace};
use crate::text::duration;
use crate::undo::Journal;

/// How long a woken workspace may take to begin with its run stage, and how long after each other that is looked at.
const BY_ITSELF: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What the flow will do.
#[derive(Debug, Clone)]
pub(super) struct RollbackPlan {
    /// The workspace to go back to, as it was.
    pub(super) workspace: Workspace,
    /// Until it runs, and until its run stage is up.
    pub(super) workspace_timeout: Duration,
    /// Where it will serve again.
    pub(super) promotion: Promotion,
}

impl Plan for RollbackPlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let workspace = format!("workspace {} ({})", self.workspace.id, self.workspace.name);
        let mut lines: Vec<String> = self.promotion.describe_standing().into_iter().collect();
        if self.promotion.standing != Standing::ToBeReleased {
            return lines;
        }
        lines.push(format!(
            "Look whether {workspace} is healthy on its development domain: if it is not and sleeps, wake it; if its run stage is not up, start it with the profile that it was released with; each at most {}.",
            duration(self.workspace_timeout)
        ));
        lines.extend(health.map(|health| health.describe("its development domain")));
        lines.extend(self.promotion.describe(&workspace, health.is_some()));
        lines.push(format!(
            "On a failure: switch back what was switched; {workspace} stays, and nothing is deleted."
        ));
        lines
    }

    fn promotion(&self) -> Option<&Promotion> {
        Some(&self.promotion)
    }

    fn rehearse(&self, ctx: &RunContext<'_>) {
        if self.promotion.standing == Standing::ToBeReleased {
            let limit = self.promotion.inputs.switch_timeout;
            ready::tell(&[self.workspace.id], limit, ctx);
        }
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        if let Some(run_result) = standing::early_exit(&self.promotion, None, ctx) {
            return run_result;
        }
        let (raised, noted) = (Cell::new(Raised::default()), Cell::new(false));
        let run_result = or_undo(
            ctx,
            // This run has made nothing that could be removed.
            OnFailure::Keep,
            |journal| back(self, ctx, journal, &raised, &noted),
            |is_awake| rolled_back(self, is_awake, ctx),
            || raised.get().untouched(),
        );
        if noted.get() && run_result.failure.is_some() {
            hold::withdraw(self.workspace.id, ctx);
        }
        run_result
    }
}

fn rolled_back(plan: &RollbackPlan, is_awake: bool, ctx: &RunContext<'_>) -> RunResult {
    if is_awake {
        look_at_run(plan.workspace.id, ctx);
    }
    tell_changes(&plan.promotion, &plan.workspace, ctx);
    let id = plan.workspace.id;
    let left = return_hint::tell_of_return(&plan.promotion, id, ctx);
    let state = format!(
        "{} from workspace {id} again. What served until now was kept: {}.",
        plan.promotion.serving(),
        ids(&left)
    );
    RunResult::good(Outcome::RolledBack, state)
}

/// Gives whether the platform can be asked of its stages.
fn back(
    plan: &RollbackPlan,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
    raised: &Cell<Raised>,
    noted: &Cell<bool>,
) -> Result<bool, Failure> {
    let report = ctx.report;
    report.set(Output::WorkspaceId, plan.workspace.id.to_string());
    let head = ctx.api.begin_head(plan.workspace.id);
    managed::stays_with_data(ctx, &plan.workspace, &plan.promotion.before())?;
    tell_before(&plan.promotion, ctx);
    let target = report.step("Wait for the workspace", || up(plan, head, ctx, raised))?;
    check(ctx, &target.workspace, &target.commit, &target.profile)?;
    noted.set(true);
    let hold = hold::note(&plan.promotion, plan.workspace.id, ctx);
    point_back(&plan.promotion, &target, ctx, journal)?;
    tell_released(&plan.promotion, &target.commit, ctx);
    journal.close();
    hold.make_sure(ctx);
    Ok(target.is_awake)
}

/// What was done to a workspace that was not up.
#[derive(Debug, Clone, Copy, Default)]
struct Raised {
    woken: bool,
    started: bool,
}

impl Raised {
    const fn untouched(self) -> &'static str {
        match (self.woken, self.started) {
            (false, false) => UNTOUCHED,
            (true, false) => {
                "The workspace to roll back to was to be woken; nothing else was changed."
            }
            (false, true) => {
                "The run stage of the workspace to roll back to was to be started; nothing else was changed."
            }
            (true, true) => {
                "The workspace to roll back to was to be woken and its run stage to be started; nothing else was changed."
            }
        }
    }
}

/// The workspace to go back to, awake, its run stage up. One that is healthy is: then nothing more is asked.
fn up(
    plan: &RollbackPlan,
    head: Begun<'_, CheckedOut>,
    ctx: &RunContext<'_>,
    raised: &Cell<Raised>,
) -> Result<Candidate, Failure> {
    let workspace = &plan.workspace;
    let commit = match head.answer() {
        Ok(head) => head.into_commit(),
        Err(error) if error.is_bad_request_about("not running") => {
            return match serves_asleep(workspace, ctx)? {
                Some(commit) => Ok(Candidate {
                    is_awake: false,
                    ..found(workspace, commit, ctx)
                }),
                None => raise(plan, ctx, raised),
            };
        }
        Err(error) => return Err(error.while_doing("reading which commit is checked out")),
    };
    let is_up = match &ctx.health {
        Some(health) => answers_already(ctx, workspace, health, &commit)?,
        None => stage::not_up(ctx, workspace.id, &described(workspace.id, ctx)?)?.is_none(),
    };
    if is_up {
        return Ok(found(workspace, commit, ctx));
    }
    raise(plan, ctx, raised)
}

fn found(workspace: &Workspace, commit: CommitId, ctx: &RunContext<'_>) -> Candidate {
    ctx.log.line(&format!(
        "workspace {} is up, commit {commit} is checked out",
        workspace.id
    ));
    if let Some(domain) = &workspace.dev_domain {
        ctx.report
            .set(Output::WorkspaceUrl, format!("https://{domain}"));
    }
    Candidate {
        workspace: workspace.clone(),
        commit,
        // What it remembers is not written again.
        history: ReleaseHistory::default(),
        profile: Profile::unknown("it is healthy"),
        may_hold: false,
        is_awake: true,
    }
}

/// Wakes it and starts it, as far as need be.
fn raise(
    plan: &RollbackPlan,
    ctx: &RunContext<'_>,
    raised: &Cell<Raised>,
) -> Result<Candidate, Failure> {
    let (id, limit) = (plan.workspace.id, plan.workspace_timeout);
    let awake = ctx
        .api
        .is_running(id)
        .map_err(|error| error.while_doing("reading whether the workspace runs"))?;
    if !awake {
        raised.set(Raised {
            woken: true,
            ..raised.get()
        });
        workspace::wake(ctx, &plan.workspace)?;
    }
    let workspace = workspace::until_running(ctx, id, limit, CloneAge::Settled)?;
    can_be_asked(ctx, &workspace)?;
    let history = history(id, ctx.api.begin_env(id), ctx)?;
    if !is_coming_up(plan, awake, ctx)? {
        raised.set(Raised {
            started: true,
            ..raised.get()
        });
        ctx.log
            .line(&format!("run of workspace {id} is not up: starting it"));
        ctx.report
            .note("Run stage", "was not up: started by this rollback");
    }
    let file = profile::of_what_runs(ctx, id, history.profile.as_deref())?;
    let how = How {
        file: Some(&file),
        profile: history.profile.as_deref(),
        limit,
        limited_by: "workspace-timeout",
        ahead: None,
        // It was, when it was released.
        is_deployed: true,
        has_secrets: false,
    };
    stage::resume(ctx, id, Stage::Run, how)?;
    let commit = source::head(ctx, id)?;
    Ok(found(&workspace, commit, ctx))
}

/// Whether its run stage is at work. A workspace that was just woken mostly starts by itself what it ran before.
fn is_coming_up(plan: &RollbackPlan, awake: bool, ctx: &RunContext<'_>) -> Result<bool, Failure> {
    let patience = if awake { Duration::ZERO } else { BY_ITSELF };
    let end = ctx.time.now() + patience;
    loop {
        if stage::at_work(ctx, plan.workspace.id, Stage::Run)? {
            return Ok(true);
        }
        if ctx.time.now() >= end {
            return Ok(false);
        }
        ctx.time.pause(BETWEEN_LOOKS)?;
    }
}
