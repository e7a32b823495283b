//! The promote flow: bring a workspace that is there onto its routes. It is never deleted, as this run did not make it.

use std::cell::Cell;
use std::time::Duration;

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::build::check;
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::domains::{Home, targets};
use crate::flows::shared::existing::{check_label, check_team, history, serves_asleep};
use crate::flows::shared::failed::{UNTOUCHED, or_undo, verified};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::{Promotion, serving_at};
use crate::flows::shared::promotion::{
    promote, released, standing, tell_before, tell_released, to_job,
};
use crate::flows::shared::recovery::{believe_promotion, restore_routes};
use crate::flows::shared::standing::standing_of;
use crate::ids::{CommitId, WorkspaceId};
use crate::inputs::finish::finish;
use crate::inputs::groups::{Settings, on_failure};
use crate::inputs::promotion::{PromotionInputs, promotion};
use crate::inputs::reader::Reader;
use crate::inputs::routes::routes;
use crate::inputs::values;
use crate::profile::Profile;
use crate::release::{Health, IdOrName, OnFailure};
use crate::report::{Output, RunResult};
use crate::route::Route;
use crate::steps::before::Serving;
use crate::steps::check::{can_be_asked, until_up};
use crate::steps::label::label_of;
use crate::steps::source;
use crate::steps::{RunContext, managed, profile, workspace};
use crate::text::duration;
use crate::undo::{Journal, Made, Recovery, believe_before};

/// What the flow is given.
#[derive(Debug)]
struct Promote {
    workspace: WorkspaceId,
    /// The team that owns it and the domain.
    team: IdOrName,
    /// Where it will serve.
    routes: Vec<Route>,
    promotion: PromotionInputs,
    /// Until it runs, where it is asleep.
    workspace_timeout: Duration,
    settings: Settings,
}

/// What the flow will do.
struct PromotePlan {
    /// The workspace, as it was.
    workspace: Workspace,
    awake: bool,
    workspace_timeout: Duration,
    promotion: Promotion,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let workspace = reader.required("workspace-id", values::whole_number);
    let team = reader.required("team", values::id_or_name);
    let routes = routes(reader, true);
    let promotion = promotion(reader);
    let workspace_timeout = reader.value("workspace-timeout", values::patience);
    let finish = finish(reader);
    let settings = Settings::of_switching(reader);
    on_failure(reader)?;
    Some(Box::new(Promote {
        workspace: WorkspaceId(workspace?),
        team: team?,
        routes: routes?,
        promotion: promotion?,
        workspace_timeout: workspace_timeout?,
        settings: settings?.finished_as(finish?),
    }))
}

impl Flow for Promote {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        preflight.begin_existing(self.workspace);
        preflight.begin_domains(&self.team, &self.routes);
        let team = preflight.team(&self.team)?;
        let found = preflight.existing(self.workspace);
        let label = found
            .as_ref()
            .and_then(|(workspace, _)| check_label(preflight, workspace, &self.routes));
        let team = team?;
        let home = found
            .as_ref()
            .map_or_else(|| Home::of_new(&team), |(workspace, _)| Home::of(workspace));
        if let Some((workspace, _)) = &found {
            check_team(preflight, workspace, &team);
        }
        let targets = targets(preflight, &self.routes, &team, &home);
        let ((workspace, awake), targets) = (found?, targets?);
        hold::begin(preflight, &targets);
        let live = standing_of(preflight, workspace.id, label.as_ref(), &targets);
        let live = preflight.take(live)?;
        let held = hold::found(preflight, &targets, &self.promotion);
        preflight.findings.warnings.extend(live.doubts);
        Some(Box::new(PromotePlan {
            workspace,
            awake,
            workspace_timeout: self.workspace_timeout,
            promotion: Promotion {
                team: team.id,
                repository: preflight.context.repository.clone(),
                app: label.and_then(|label| label.made_of?.app),
                targets,
                standing: live.standing,
                live_commit: live.commit,
                held,
                inputs: self.promotion.clone(),
            },
        }))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let (release, _) = believe_promotion(made, Some(self.workspace), &self.routes, ctx)?;
        believe_before(release, &self.routes, ctx)?;
        Ok(restore_routes(release, ctx))
    }

    fn revert(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let recovery = self.recover(made, ctx)?;
        let (release, _) = believe_promotion(made, Some(self.workspace), &self.routes, ctx)?;
        Ok(to_job::verified(recovery, release, &self.promotion, ctx))
    }

    fn finish(&self, made: &Made, ago: Duration, ctx: &RunContext<'_>) -> Result<String, Failure> {
        let (release, promoted) = believe_promotion(made, Some(self.workspace), &self.routes, ctx)?;
        let workspace = ctx
            .api
            .workspace(promoted.workspace)
            .map_err(|error| error.while_doing("reading the workspace that was released"))?;
        let app = label_of(&workspace).and_then(|label| label.made_of?.app);
        to_job::finish(release, &self.promotion, app, ago, ctx)
    }
}

impl Plan for PromotePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let workspace = format!("workspace {} ({})", self.workspace.id, self.workspace.name);
        let mut lines: Vec<String> = self.promotion.describe_standing().into_iter().collect();
        lines.extend(self.promotion.describe_hold());
        if !self.awake {
            lines.push(format!(
                "If {workspace}, which sleeps, is not healthy on its development domain, wake it and wait until it runs, at most {}.",
                duration(self.workspace_timeout)
            ));
        }
        lines.push(format!(
            "Look whether the run stage of {workspace} is up, and which commit it has."
        ));
        lines.extend(health.map(|health| health.describe("its development domain")));
        lines.extend(self.promotion.describe(&workspace, health.is_some()));
        lines.push(format!(
            "On a failure: switch back what was switched; {workspace} stays."
        ));
        lines
    }

    fn promotion(&self) -> Option<&Promotion> {
        Some(&self.promotion)
    }

    fn serving(&self, health: &Health, _: &RunContext<'_>) -> Vec<Serving> {
        serving_at(&self.promotion.targets, health)
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        if let Some(run_result) = standing::early_exit(&self.promotion, None, ctx) {
            return run_result;
        }
        let woken = Cell::new(false);
        let run_result = or_undo(
            ctx,
            // This run has made nothing that could be removed.
            OnFailure::Keep,
            |journal| self.release(ctx, journal, &woken),
            |()| {
                released(
                    &self.promotion,
                    self.workspace.id,
                    self.workspace.git_url.as_deref(),
                    ctx,
                )
            },
            || {
                if woken.get() {
                    "The workspace was to be woken; nothing else was changed."
                } else {
                    UNTOUCHED
                }
            },
        );
        hold::or_held(run_result, self.promotion.inputs.if_held)
    }
}

impl PromotePlan {
    fn release(
        &self,
        ctx: &RunContext<'_>,
        journal: &mut Journal<'_>,
        woken: &Cell<bool>,
    ) -> Result<(), Failure> {
        let report = ctx.report;
        report.set(Output::WorkspaceId, self.workspace.id.to_string());
        tell_before(&self.promotion, ctx);
        managed::stays_with_data(ctx, &self.workspace, &self.promotion.before())?;
        let candidate = report.step("Wait for the workspace", || up(self, ctx, woken))?;
        check(
            ctx,
            &candidate.workspace,
            &candidate.commit,
            &candidate.profile,
        )?;
        promote(&self.promotion, &candidate, ctx, journal)?;
        tell_released(&self.promotion, &candidate.commit, ctx);
        verified(ctx, journal);
        Ok(())
    }
}

/// The workspace as it is now: awake, its run stage up.
fn up(plan: &PromotePlan, ctx: &RunContext<'_>, woken: &Cell<bool>) -> Result<Candidate, Failure> {
    let id = plan.workspace.id;
    let limit = plan.workspace_timeout;
    if !plan.awake
        && let Some(commit) = serves_asleep(&plan.workspace, ctx)?
    {
        return asleep(plan, commit, ctx);
    }
    woken.set(!plan.awake);
    let workspace = workspace::awake(ctx, &plan.workspace, plan.awake, limit)?;
    can_be_asked(ctx, &workspace)?;
    let (head, env) = (ctx.api.begin_head(id), ctx.api.begin_env(id));
    let history = history(id, env, ctx)?;
    let commit = source::known(head)?;
    let profile = profile::of_what_runs(ctx, id, history.profile.as_deref())?;
    // What was awake had time enough.
    let limit = if plan.awake { Duration::ZERO } else { limit };
    until_up(ctx, id, limit, &profile)?;
    ctx.log.line(&format!("commit {commit} is checked out"));
    Ok(Candidate {
        workspace,
        commit,
        history,
        profile,
        may_hold: true,
        is_awake: true,
    })
}

/// As it serves: nothing of it need be woken.
fn asleep(
    plan: &PromotePlan,
    commit: CommitId,
    ctx: &RunContext<'_>,
) -> Result<Candidate, Failure> {
    let workspace = plan.workspace.clone();
    let history = history(workspace.id, ctx.api.begin_env(workspace.id), ctx)?;
    workspace::announce(ctx, &workspace);
    Ok(Candidate {
        workspace,
        commit,
        history,
        profile: Profile::unknown("its build machine sleeps"),
        may_hold: true,
        is_awake: false,
    })
}
