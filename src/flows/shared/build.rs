//! The flows: what happens, in order, also when it fails.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::profile::{Profile, Shape};
use crate::release::{Landscape, Work};
use crate::report::Output;
use crate::steps::ahead::Ahead;
use crate::steps::check::{check_workspace, nobody_may_ask, wanted};
use crate::steps::managed::Before;
use crate::steps::stage::how::How;
use crate::steps::vault::Vault;
use crate::steps::{RunContext, demands, embedded, profile, stage};

/// What building is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Building {
    Prepare,
    Test,
    Landscape,
}

/// Where something is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuildTarget {
    /// In a workspace that serves: a landscape's routes change for visitors at once.
    Serving,
    /// In a new workspace, whose landscape is empty: what is prepared may need its services.
    Fresh,
    /// As [`Self::Fresh`], where an earlier attempt may have built the very same.
    Resumed,
}

impl BuildTarget {
    /// A workspace that this run has made, or an earlier attempt.
    pub(crate) const fn of_new(resumed: bool) -> Self {
        if resumed { Self::Resumed } else { Self::Fresh }
    }
}

/// What is built, and where.
pub(crate) struct Site {
    pub(crate) ground: BuildTarget,
    /// What the CI profile's file describes.
    pub(crate) profile: Profile,
    /// The managed services that are there so far.
    pub(crate) managed: Before,
    /// Whose workspace it is.
    pub(crate) team: TeamId,
    /// Where its secrets come from.
    pub(crate) vault: Vault,
    /// Whether that is known to have all that the file takes.
    pub(crate) has_secrets: bool,
}

impl Site {
    /// How what the file describes is deployed and run.
    pub(crate) fn how<'a>(&'a self, work: &'a Work) -> How<'a> {
        How {
            file: Some(&self.profile),
            has_secrets: self.has_secrets,
            ..How::from(&work.build)
        }
    }
}

/// Builds what is checked out, as far as it is wanted; `about_to` hears of each part before it begins.
/// A stage that is known to be good for this commit is not run again.
pub(crate) fn build(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &mut Site,
    mut about_to: impl FnMut(Building),
) -> Result<(), Failure> {
    if site.profile.is_landscape() {
        ctx.report.note("CI profile", site.profile.to_string());
        demands::warn(ctx, &site.profile);
    }
    admit(ctx, id, work, site)?;
    let has_landscape = site.profile.is_landscape() || work.build.landscape == Landscape::Deploy;
    let is_deployed = site.ground != BuildTarget::Serving && has_landscape;
    if is_deployed {
        deploy(ctx, id, work, site, &mut about_to)?;
        wait_for_managed(ctx, id, work, site)?;
    }
    build_stages(ctx, id, work, site, &mut about_to)?;
    let again = after_prepare(ctx, id, work, &site.profile)?;
    if again != site.profile {
        site.profile = again;
        admit(ctx, id, work, site)?;
    } else if is_deployed {
        return Ok(());
    }
    deploy(ctx, id, work, site, &mut about_to)
}

/// Refuses what would lose data, and what could not be deployed, while neither is built nor deployed. Has the workspace
/// remember its managed services.
fn admit(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &mut Site,
) -> Result<(), Failure> {
    let profile = &site.profile;
    site.managed.admit(ctx, id, profile)?;
    let is_deployed = profile.is_landscape() && work.build.landscape != Landscape::Skip;
    if is_deployed && demands::has_any(profile) {
        site.has_secrets = ctx.report.step("Check the CI profile", || {
            demands::check(ctx, site.team, id, &site.vault, profile)
        })?;
    }
    site.managed.remember(ctx, id, profile)
}

fn build_stages(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &Site,
    about_to: &mut impl FnMut(Building),
) -> Result<(), Failure> {
    if work.build.prepare {
        build_stage(ctx, id, work, site, Stage::Prepare, || {
            about_to(Building::Prepare);
        })?;
    }
    if work.build.test {
        build_stage(ctx, id, work, site, Stage::Test, || {
            about_to(Building::Test);
        })?;
    }
    Ok(())
}

/// What is prepared may migrate a database, which takes a while to be there.
fn wait_for_managed(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &Site,
) -> Result<(), Failure> {
    let is_deployed = work.build.landscape != Landscape::Skip;
    if !is_deployed || site.profile.managed().next().is_none() {
        return Ok(());
    }
    ctx.report.step("Wait for managed services", || {
        let limit = work.build.workspace_timeout;
        embedded::until_there(ctx, site.team, id, &site.profile, limit)
    })
}

/// What the file describes once `prepare` may have changed it.
fn after_prepare(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    profile: &Profile,
) -> Result<Profile, Failure> {
    if !work.build.prepare || profile.shape != Shape::Landscape {
        return Ok(profile.clone());
    }
    profile::read_again(ctx, id, work.build.profile.as_deref(), profile)
}

fn build_stage(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &Site,
    stage: Stage,
    about_to: impl FnOnce(),
) -> Result<(), Failure> {
    let (name, steps) = if stage == Stage::Prepare {
        ("Prepare", site.profile.prepare)
    } else {
        ("Test", site.profile.test)
    };
    ctx.report.step(name, || {
        if steps == Some(0) {
            ctx.log
                .line(&format!("{stage} has no steps: nothing to do"));
            return Ok(());
        }
        about_to();
        if site.ground == BuildTarget::Resumed {
            return stage::resume(ctx, id, stage, site.how(work));
        }
        stage::run(ctx, id, stage, site.how(work))
    })
}

/// Deploys the landscape where there is one and it is wanted.
fn deploy(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    site: &Site,
    about_to: &mut impl FnMut(Building),
) -> Result<(), Failure> {
    let must_be_there = match (work.build.landscape, &site.profile.shape) {
        (Landscape::Skip, _) | (Landscape::Auto, Shape::Flat) => return Ok(()),
        (Landscape::Auto, Shape::Unknown(_)) => false,
        (Landscape::Deploy, _) | (Landscape::Auto, Shape::Landscape) => true,
    };
    ctx.report.step("Deploy the landscape", || {
        about_to(Building::Landscape);
        stage::deploy(ctx, id, site.how(work), must_be_there)
    })
}

/// Asks the workspace on its own development domain, as far as that is wanted.
pub(crate) fn check(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    commit: &str,
    file: &Profile,
) -> Result<(), Failure> {
    let wanted = wanted(ctx, workspace, commit)?;
    check_wanted(ctx, workspace, wanted.as_ref(), file)
}

fn check_wanted(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    wanted: Option<&Ahead>,
    file: &Profile,
) -> Result<(), Failure> {
    if ctx.health.is_none() {
        return Ok(());
    }
    ctx.report.step("Check the workspace", || {
        check_workspace(ctx, workspace, wanted, file)
    })
}

/// Starts `run`, or goes on with that of an earlier attempt, and asks the workspace on its own development domain: the first time
/// alongside the last look at `run`.
pub(crate) fn run_and_check(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    commit: &str,
    work: &Work,
    site: &Site,
) -> Result<(), Failure> {
    let wanted = wanted(ctx, workspace, commit)?;
    ctx.report.step("Run", || {
        let how = site.how(work).asking(wanted.as_ref());
        if site.ground == BuildTarget::Resumed {
            return stage::resume(ctx, workspace.id, Stage::Run, how);
        }
        stage::run(ctx, workspace.id, Stage::Run, how)
    })?;
    check_wanted(ctx, workspace, wanted.as_ref(), &site.profile)
}

/// Tells which commit people reach on the workspace's own development domain.
pub(crate) fn tell_on_dev_domain(ctx: &RunContext<'_>, workspace: &Workspace, commit: &str) {
    let report = ctx.report;
    report.set(Output::Commit, commit);
    if let Some(url) = report.get(Output::WorkspaceUrl) {
        report.set(Output::Url, url);
    }
    if ctx.health.is_some() && nobody_may_ask(ctx, workspace) {
        report.note(
            "Version",
            "not proven: not asked, as the code of a fork is never shown the key",
        );
        return;
    }
    note_version(ctx);
}

/// What the good answers prove.
pub(crate) fn note_version(ctx: &RunContext<'_>) {
    let proven = match &ctx.health {
        None => "not asked (`health-check: false`)",
        Some(health) if health.body.is_some() => "proven by `health-body`",
        Some(_) => "not proven: without `health-body` a good answer may come from any version",
    };
    ctx.report.note("Version", proven);
}
