//! A workspace updated in place: the new version built and started where the old one runs. There is downtime
//! between stop and start.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::shared::build::{
    BuildTarget, Building, Site, build, run_and_check, tell_on_dev_domain,
};
use crate::flows::shared::failed::{UNTOUCHED, undoing, verified};
use crate::ids::CommitId;
use crate::inputs::environment::blanked;
use crate::release::{Health, Work};
use crate::report::{Outcome, Output, RunResult};
use crate::steps::before::Serving;
use crate::steps::check::{can_be_asked, nobody_may_ask, question};
use crate::steps::managed::Before;
use crate::steps::source::{self, CloneAge};
use crate::steps::vault::Vault;
use crate::steps::workspace::EnvBefore;
use crate::steps::{RunContext, profile, stage, workspace};
use crate::text::{duration, list};
use crate::undo::{Journal, Made, Original, Production, RunStage, Update, undo_update};

/// What becomes of a failure, in the plan's words.
pub(crate) const ON_FAILURE: &str = "On a failure: restore the old commit and the old values of `env`; if `run` was stopped, start it again.";

/// What is needed to update a workspace in place.
#[derive(Debug, Clone)]
pub(crate) struct UpdatePlan {
    /// The workspace to act on, as it was.
    pub(crate) workspace: Workspace,
    /// Whether it was awake.
    pub(crate) awake: bool,
    /// What happens in it.
    pub(crate) work: Work,
}

/// A workspace that was updated.
#[derive(Debug)]
pub(crate) struct Updated {
    /// What it runs now.
    pub(crate) commit: CommitId,
    /// What it ran before.
    pub(crate) before: Option<CommitId>,
}

impl UpdatePlan {
    /// A sentence a step, in order.
    pub(crate) fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let mut lines = Vec::new();
        let name = &self.workspace.name;
        let id = self.workspace.id;
        if !self.awake {
            lines.push(format!(
                "Wake workspace {id} ({name}) and wait until it runs, at most {}.",
                duration(self.work.build.workspace_timeout)
            ));
        }
        lines.push(format!(
            "Pull {} {} in workspace {id} ({name}) and check out {}.",
            self.work.remote,
            self.work.branch,
            self.work.version()
        ));
        if !self.work.build.env.is_empty() {
            lines.push(format!(
                "Set {}.",
                list(self.work.build.env.iter().map(|var| &var.name))
            ));
        }
        lines.extend(self.work.describe_stages(false));
        lines.push(format!("Stop the run stage and start it again; wait until every replica of every server runs, at most {}. This causes downtime.", duration(self.work.build.stage_timeout)));
        lines.extend(health.map(|health| health.describe("the workspace's development domain")));
        lines
    }

    /// What people reach now on its development domain, unless it sleeps.
    pub(crate) fn serving(&self, health: &Health, ctx: &RunContext<'_>) -> Vec<Serving> {
        if !self.awake || nobody_may_ask(ctx, &self.workspace) {
            return Vec::new();
        }
        let question = question(ctx, &self.workspace, health, "").ok();
        question
            .map(|question| Serving::of(question, &[]))
            .into_iter()
            .collect()
    }

    /// Updates the workspace; whatever fails is undone.
    pub(crate) fn run(&self, ctx: &RunContext<'_>) -> Result<Updated, RunResult> {
        let mut journal = Journal::new(ctx.report);
        let mut env = EnvBefore::default();
        match release(self, ctx, &mut journal, &mut env) {
            Ok(commit) => {
                let before = match journal.made() {
                    Some(Made::Update(update)) => Some(update.old_head.clone()),
                    _ => None,
                };
                verified(ctx, &mut journal);
                Ok(Updated { commit, before })
            }
            Err(failure) => Err(undo(self, ctx, &mut journal, &env, failure)),
        }
    }
}

fn release(
    plan: &UpdatePlan,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
    env: &mut EnvBefore,
) -> Result<CommitId, Failure> {
    let id = plan.workspace.id;
    let work = &plan.work;
    let step = ctx.report;
    step.set(Output::WorkspaceId, id.to_string());

    let workspace = step.step("Wait for the workspace", || {
        let limit = work.build.workspace_timeout;
        let workspace = workspace::awake(ctx, &plan.workspace, plan.awake, limit)?;
        can_be_asked(ctx, &workspace)?;
        Ok(workspace)
    })?;
    let (commit, mut site) = step.step("Check out the code", || check_out(plan, ctx, journal))?;
    if !work.build.env.is_empty() {
        step.step("Set the environment", || {
            *env = workspace::env_before(ctx, id, &work.build.env)?;
            let whose = format!("workspace {id}");
            if let Some(warning) = blanked(&work.build.env, &env.overwritten, &whose) {
                ctx.report.warn(warning);
            }
            journal.update(|update| {
                let overwritten = env.overwritten.iter().map(|var| &var.name);
                update.env = overwritten.chain(&env.added).cloned().collect();
            });
            workspace::set_env(ctx, id, &work.build.env)
        })?;
    }
    let about_to = |part| match part {
        Building::Prepare => journal.update(|update| update.prepared = true),
        Building::Landscape => journal.update(|update| update.deployed = true),
        Building::Test => {}
    };
    build(ctx, id, work, &mut site, about_to)?;
    if !ctx.runs_foreign_code() {
        step.step("Stop run", || stop_run(plan, ctx, journal))?;
    }
    run_and_check(ctx, &workspace, &commit, work, &site)?;
    ctx.report.up();
    tell_on_dev_domain(ctx, &workspace, &commit);
    Ok(commit)
}

fn check_out(
    plan: &UpdatePlan,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(CommitId, Site), Failure> {
    let id = plan.workspace.id;
    let (head, env) = (ctx.api.begin_head(id), ctx.api.begin_env(id));
    let old_head = source::known(head)?;
    ctx.log
        .line(&format!("commit {old_head} was checked out before"));
    ctx.report
        .before(format!("workspace {id}"), Some(old_head.clone()));
    if let Some(url) = ctx.report.get(Output::WorkspaceUrl) {
        ctx.report.serves(url);
    }
    let profile = plan.work.build.profile.as_deref();
    let managed = Before::of(ctx, id, profile, env)?;
    journal.begin(untouched(plan, old_head, ctx));
    if ctx.runs_foreign_code() {
        // What a stranger's code does while another commit is pulled under it, nobody knows.
        stop_run(plan, ctx, journal)?;
    }
    let commit = source::check_out(ctx, id, &plan.work, CloneAge::Settled)?;
    journal.update(|update| update.new_head = Some(commit.clone()));
    let (file, extras) = profile::read(ctx, id, profile)?;
    let limit = plan.work.build.stage_timeout;
    source::complete(ctx, id, extras, limit, || {
        journal.update(|update| update.submodules = true);
    })?;
    let site = Site {
        ground: BuildTarget::Serving,
        profile: file,
        managed,
        team: plan.workspace.team_id,
        vault: Vault::OfExisting,
        has_secrets: false,
    };
    Ok((commit, site))
}

fn stop_run(
    plan: &UpdatePlan,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let id = plan.workspace.id;
    let was_up = stage::at_work(ctx, id, Stage::Run)?;
    let before = if was_up {
        RunStage::WasUp
    } else {
        RunStage::WasDown
    };
    let down_since = was_up.then(|| ctx.report.down());
    journal.update(|update| {
        update.run = before;
        update.down_since = down_since;
    });
    stage::stop(ctx, id, Stage::Run)
}

fn untouched(plan: &UpdatePlan, old_head: CommitId, ctx: &RunContext<'_>) -> Made {
    Made::Update(Update {
        workspace: plan.workspace.id,
        old_head,
        env: Vec::new(),
        prepared: false,
        deployed: false,
        submodules: false,
        new_head: None,
        profile: plan.work.build.profile.clone(),
        down_since: None,
        run: RunStage::Untouched,
        answered: ctx.before.clone(),
    })
}

fn undo(
    plan: &UpdatePlan,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
    env: &EnvBefore,
    failure: Failure,
) -> RunResult {
    let Some(Made::Update(update)) = journal.made().cloned() else {
        let state = if plan.awake {
            UNTOUCHED
        } else {
            "The workspace was to be woken; nothing else was changed."
        };
        return RunResult::bad(Outcome::Failed, failure, state);
    };
    let original = Original {
        build: &plan.work.build,
        env: Some(env),
    };
    let recovery = undoing(&failure, ctx, journal, |ctx| {
        undo_update(&update, &original, ctx)
    });
    if !recovery.is_complete() && recovery.left.is_none() {
        // The values are back: the post step, which does not know them, need not worry.
        journal.update(|update| update.env.clear());
    }
    if let Production::AsBefore(_) = recovery.production {
        ctx.report.set(Output::Commit, update.old_head);
    }
    recovery.run_result(failure, true)
}
