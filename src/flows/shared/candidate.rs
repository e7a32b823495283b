//! A candidate: a new version alongside the one that serves, built, started and asked. Production is not touched.

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::shared::build::{BuildTarget, Site, build, run_and_check};
use crate::flows::shared::failed::verified;
use crate::history::ReleaseHistory;
use crate::ids::{CommitId, TeamId, WorkspaceId};
use crate::owner::{MadeOf, OwnerLabel, Purpose};
use crate::profile::Profile;
use crate::release::{Creation, Work};
use crate::runner::random;
use crate::steps::check::can_be_asked;
use crate::steps::managed::Before;
use crate::steps::source::{self, CloneAge};
use crate::steps::vault::Vault;
use crate::steps::{RunContext, launch, profile, workspace};
use crate::undo::{Journal, Launched, Made, Release};

/// A workspace that is healthy and has no traffic yet.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The workspace.
    pub(crate) workspace: Workspace,
    /// The commit that is checked out there.
    pub(crate) commit: CommitId,
    /// What it remembers: its CI profile, and what served before it where it was released before.
    pub(crate) history: ReleaseHistory,
    /// What its CI profile's file describes.
    pub(crate) profile: Profile,
    /// Whether it was there before, and may carry a note that holds releases.
    pub(crate) may_hold: bool,
    /// Whether the platform can be asked of its stages: a landscape may serve while its build machine sleeps.
    pub(crate) is_awake: bool,
}

/// Makes the candidate, or goes on with that of an earlier attempt.
pub(crate) fn make(
    creation: &Creation,
    work: &Work,
    purpose: Purpose,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<Candidate, Failure> {
    let step = ctx.report;
    let label = label(purpose, creation, work, ctx)?;
    let (id, resumed) = step.step("Create the workspace", || {
        create(creation, work, &label, ctx, journal)
    })?;
    let workspace = step.step("Wait for the workspace", || {
        let workspace =
            workspace::until_running(ctx, id, work.build.workspace_timeout, CloneAge::Fresh)?;
        can_be_asked(ctx, &workspace)?;
        Ok(workspace)
    })?;
    let (commit, profile) = step.step("Check out the code", || {
        let commit = source::check_out(ctx, id, work, CloneAge::Fresh)?;
        let (profile, extras) = profile::read(ctx, id, work.build.profile.as_deref())?;
        source::complete(ctx, id, extras, work.build.stage_timeout, || {})?;
        Ok((commit, profile))
    })?;
    let ground = BuildTarget::of_new(resumed);
    let mut site = Site {
        ground,
        profile,
        managed: Before::none(),
        team: creation.team,
        vault: Vault::OfNew(creation.new.shared_vault.clone()),
        has_secrets: false,
    };
    build(ctx, id, work, &mut site, |_| {})?;
    run_and_check(ctx, &workspace, &commit, work, &site)?;
    Ok(Candidate {
        workspace,
        commit,
        history: ReleaseHistory {
            routes: Vec::new(),
            profile: work.build.profile.clone(),
        },
        profile: site.profile,
        may_hold: false,
        is_awake: true,
    })
}

fn label(
    purpose: Purpose,
    creation: &Creation,
    work: &Work,
    ctx: &RunContext<'_>,
) -> Result<OwnerLabel, Failure> {
    let context = ctx.context;
    Ok(OwnerLabel {
        repository: context.repository.clone(),
        made_of: Some(MadeOf {
            app: creation.new.app.clone(),
            profile: work.build.profile.clone(),
            branch: work.branch.clone(),
        }),
        workflow: context.workflow.clone(),
        flow: ctx.flow.to_owned(),
        purpose,
        commit: work.commit.clone(),
        run_id: context.run_id,
        attempt: context.attempt,
        run_number: context.run_number,
        launch: random::word()?,
    })
}

/// Goes on with the workspace of an earlier attempt, or makes a new one; says which.
fn create(
    creation: &Creation,
    work: &Work,
    label: &OwnerLabel,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(WorkspaceId, bool), Failure> {
    let begin = |label: String, workspace: Option<WorkspaceId>| {
        Made::Release(Release {
            team: creation.team,
            launched: Some(Launched {
                label,
                workspace,
                again: workspace.is_none(),
            }),
            promoted: None,
        })
    };
    if let Some(earlier) = launch::of_an_earlier_attempt(ctx, creation, work, label)? {
        journal.begin(begin(
            earlier.welcome_message.unwrap_or_default(),
            Some(earlier.id),
        ));
        return Ok((earlier.id, true));
    }
    journal.begin(begin(label.to_string(), None));
    let created = launch::create(ctx, creation, work, label).map_err(|not_created| {
        if not_created.nothing_made {
            journal.close();
        }
        not_created.failure
    })?;
    journal.launched(|launched| {
        (launched.workspace, launched.again) = (Some(created.id), created.again);
    });
    Ok((created.id, false))
}

/// Nothing is left to undo. A creation that was given up may have shown up since: it is paid for, and nobody's.
pub(crate) fn finish(
    id: WorkspaceId,
    team: TeamId,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) {
    let again = journal.launched_again().map(str::to_owned);
    verified(ctx, journal);
    let Some(label) = again else {
        return;
    };
    let removed = ctx.report.step("Look for a duplicate", || {
        let all = launch::all_launched(ctx, team, &label)?;
        all.into_iter()
            .filter(|duplicate| *duplicate != id)
            .try_for_each(|duplicate| workspace::delete(ctx, team, duplicate))
    });
    journal.launched(|launched| launched.again = removed.is_err());
    if let Err(failure) = removed {
        ctx.report.warn(format!(
            "Whether the workspace was made twice is not known: {failure}"
        ));
    }
}
