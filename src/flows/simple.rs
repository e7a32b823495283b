//! The simple flow: update one workspace in place. There is downtime between stop and start.

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::event::may_release;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::to_job::OPEN;
use crate::flows::shared::recovery::{believe_update, restore, wrong_flow};
use crate::flows::shared::update::{ON_FAILURE, UpdatePlan, Updated};
use crate::hold::Held;
use crate::ids::{CommitId, WorkspaceId};
use crate::inputs::finish::finish;
use crate::inputs::groups::{Code, Settings, code};
use crate::inputs::promotion::freeze;
use crate::inputs::reader::Reader;
use crate::inputs::values;
use crate::release::Health;
use crate::report::{Outcome, RunResult};
use crate::steps::before::Serving;
use crate::steps::{RunContext, changes};
use crate::undo::{Made, Recovery};

/// What the flow is given.
#[derive(Debug)]
struct Simple {
    workspace: WorkspaceId,
    code: Code,
    freeze: Option<String>,
    settings: Settings,
}

/// What the flow will do.
struct SimplePlan {
    update: UpdatePlan,
    /// What holds releases, where something does.
    held: Option<Held>,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let workspace = reader.required("workspace-id", values::whole_number);
    let code = code(reader, false);
    let freeze = freeze(reader);
    let finish = finish(reader);
    let settings = Settings::of_building(reader);
    Some(Box::new(Simple {
        workspace: WorkspaceId(workspace?),
        code: code?,
        freeze,
        settings: settings?.finished_as(finish?),
    }))
}

impl Flow for Simple {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        preflight.take(may_release(&self.code, preflight.context))?;
        let work = preflight.work(&self.code, self.settings.on_failure);
        let (workspace, awake) = preflight.existing(self.workspace)?;
        Some(Box::new(SimplePlan {
            update: UpdatePlan {
                workspace,
                awake,
                work: work?,
            },
            held: self.freeze.clone().map(Held::Frozen),
        }))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let Made::Update(update) = made else {
            return Err(wrong_flow());
        };
        believe_update(update, self.workspace, ctx)?;
        Ok(restore(update, &self.code.build, ctx))
    }
}

impl Plan for SimplePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let held = self.held.as_ref().map(|held| hold::describe(held, None));
        let mut lines: Vec<String> = held.into_iter().collect();
        lines.extend(self.update.describe(health));
        lines.push(ON_FAILURE.to_owned());
        lines
    }

    fn commit(&self) -> Option<&CommitId> {
        self.update.work.commit.as_ref()
    }

    fn serving(&self, health: &Health, ctx: &RunContext<'_>) -> Vec<Serving> {
        self.update.serving(health, ctx)
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        let held = self.held.as_ref();
        if let Some(run_result) = held.and_then(|held| hold::early_exit(held, None, ctx)) {
            return run_result;
        }
        match self.update.run(ctx) {
            Ok(Updated { commit, before }) => {
                let workspace = &self.update.workspace;
                let git_url = workspace.git_url.as_deref();
                changes::tell(ctx, &[workspace.id], git_url, before.as_deref());
                ctx.report.return_hint("Open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.");
                let id = workspace.id;
                let open = if ctx.left_to_job { OPEN } else { "" };
                let state = format!("Workspace {id} runs commit {commit}. {open}");
                RunResult::good(Outcome::Released, state.trim_end())
            }
            Err(run_result) => run_result,
        }
    }
}
