//! The zero-downtime flow: build a new workspace alongside the one that serves, then switch the domain to it.

use std::time::Duration;

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::alongside::Alongside;
use crate::flows::shared::candidate;
use crate::flows::shared::domains::compare_env;
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::{Promotion, serving_at};
use crate::flows::shared::promotion::{
    promote, released, standing, tell_before, tell_released, to_job,
};
use crate::flows::shared::recovery::{believe_launched, recover_launched};
use crate::flows::shared::standing::{begin_live, standing as standing_of};
use crate::ids::{CommitId, WorkspaceId};
use crate::inputs::finish::finish;
use crate::inputs::groups::{Settings, code, name, new_workspace};
use crate::inputs::promotion::{PromotionInputs, promotion};
use crate::inputs::reader::Reader;
use crate::inputs::routes::routes;
use crate::inputs::values;
use crate::owner::Purpose;
use crate::release::{Creation, Health, OnFailure, Work};
use crate::report::RunResult;
use crate::steps::RunContext;
use crate::steps::before::Serving;
use crate::undo::{Journal, Made, Recovery};

/// What the flow is given.
#[derive(Debug)]
struct ZeroDowntime {
    alongside: Alongside,
    promotion: PromotionInputs,
    settings: Settings,
}

/// What the flow will do.
struct ZeroDowntimePlan {
    creation: Creation,
    work: Work,
    promotion: Promotion,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let team = reader.required("team", values::id_or_name);
    let routes = routes(reader, true);
    let name = name(reader);
    let new = new_workspace(reader, name);
    let promotion = promotion(reader);
    let code = code(reader, true);
    let finish = finish(reader);
    let settings = Settings::of_building(reader);
    Some(Box::new(ZeroDowntime {
        alongside: Alongside {
            team: team?,
            routes: routes?,
            new: new?,
            code: code?,
        },
        promotion: promotion?,
        settings: settings?.finished_as(finish?),
    }))
}

impl Flow for ZeroDowntime {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        let found = self.alongside.check(preflight, self.settings.on_failure)?;
        begin_live(preflight, &found.targets);
        compare_env(preflight, &found.targets, &found.work);
        let app = self.alongside.new.app.clone();
        let live = standing_of(preflight, &found.targets, &found.work, app.as_deref());
        let live = preflight.take(live)?;
        let held = hold::found(preflight, &found.targets, &self.promotion);
        preflight.findings.warnings.extend(live.doubts);
        Some(Box::new(ZeroDowntimePlan {
            creation: found.creation?,
            work: found.work,
            promotion: Promotion {
                team: found.team.id,
                repository: preflight.context.repository.clone(),
                app,
                targets: found.targets,
                standing: live.standing,
                live_commit: live.commit,
                held,
                inputs: self.promotion.clone(),
            },
        }))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let routes = &self.alongside.routes;
        recover_launched(made, routes, self.settings.on_failure, ctx)
    }

    fn revert(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let recovery = self.recover(made, ctx)?;
        let release = believe_launched(made, &self.alongside.routes, ctx)?;
        Ok(to_job::verified(recovery, release, &self.promotion, ctx))
    }

    fn finish(&self, made: &Made, ago: Duration, ctx: &RunContext<'_>) -> Result<String, Failure> {
        let release = believe_launched(made, &self.alongside.routes, ctx)?;
        let app = self.alongside.new.app.clone();
        to_job::finish(release, &self.promotion, app, ago, ctx)
    }
}

impl Plan for ZeroDowntimePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let mut lines: Vec<String> = self.promotion.describe_standing().into_iter().collect();
        lines.extend(self.promotion.describe_hold());
        lines.extend(self.creation.describe(&self.work, health));
        let asked = health.is_some();
        lines.extend(self.promotion.describe("the new workspace", asked));
        lines.push(match self.work.on_failure {
            OnFailure::Rollback => "On a failure before the switch: delete the new workspace; production is not touched.",
            OnFailure::Keep => "On a failure before the switch: leave the new workspace for inspection (`on-failure: keep`); production is not touched.",
        }.to_owned());
        lines
    }

    fn commit(&self) -> Option<&CommitId> {
        self.work.commit.as_ref()
    }

    fn promotion(&self) -> Option<&Promotion> {
        Some(&self.promotion)
    }

    fn serving(&self, health: &Health, _: &RunContext<'_>) -> Vec<Serving> {
        serving_at(&self.promotion.targets, health)
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        let commit = self.work.commit.as_deref();
        if let Some(run_result) = standing::early_exit(&self.promotion, commit, ctx) {
            return run_result;
        }
        let run_result = or_undo(
            ctx,
            self.work.on_failure,
            |journal| self.release(ctx, journal),
            |id| released(&self.promotion, id, Some(&self.creation.git_url), ctx),
            || UNTOUCHED,
        );
        hold::or_held(run_result, self.promotion.inputs.if_held)
    }
}

impl ZeroDowntimePlan {
    fn release(
        &self,
        ctx: &RunContext<'_>,
        journal: &mut Journal<'_>,
    ) -> Result<WorkspaceId, Failure> {
        let promotion = &self.promotion;
        tell_before(promotion, ctx);
        let purpose = Purpose::serve(promotion.routes());
        let candidate = candidate::make(&self.creation, &self.work, purpose, ctx, journal)?;
        promote(promotion, &candidate, ctx, journal)?;
        tell_released(promotion, &candidate.commit, ctx);
        let id = candidate.workspace.id;
        candidate::finish(id, self.creation.team, ctx, journal);
        Ok(id)
    }
}
