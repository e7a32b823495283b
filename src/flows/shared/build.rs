//! The flows: what happens, in order, also when it fails.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::release::Landscape;
use crate::release::Work;
use crate::report::Output;
use crate::steps::check::check_workspace;
use crate::steps::check::nobody_may_ask;
use crate::steps::{Tools, stage};

/// What building is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Building {
    Prepare,
    Test,
    Landscape,
}

/// Builds what is checked out, as far as it is wanted; `about_to` hears of each part before it begins.
/// With `resumed`, a stage that is known to be good for this commit is not run again.
pub(crate) fn build(
    tools: &Tools<'_>,
    id: WorkspaceId,
    work: &Work,
    resumed: bool,
    mut about_to: impl FnMut(Building),
) -> Result<(), Failure> {
    let stages = [
        (
            work.build.prepare,
            "Prepare",
            Stage::Prepare,
            Building::Prepare,
        ),
        (work.build.test, "Test", Stage::Test, Building::Test),
    ];
    for (wanted, name, stage, building) in stages {
        if !wanted {
            continue;
        }
        tools.report.step(name, || {
            about_to(building);
            if resumed {
                return stage::resume(tools, id, stage, &work.build);
            }
            stage::run(tools, id, stage, &work.build)
        })?;
    }
    if work.build.landscape == Landscape::Skip {
        return Ok(());
    }
    tools.report.step("Deploy the landscape", || {
        about_to(Building::Landscape);
        let must_be_there = work.build.landscape == Landscape::Deploy;
        stage::deploy(tools, id, work.build.profile.as_deref(), must_be_there)
    })
}

/// Asks the workspace on its own dev domain, as far as that is wanted.
pub(crate) fn check(tools: &Tools<'_>, workspace: &Workspace, commit: &str) -> Result<(), Failure> {
    if tools.health.is_none() {
        return Ok(());
    }
    tools.report.step("Check the workspace", || {
        check_workspace(tools, workspace, commit)
    })
}

/// Tells which commit people reach on the workspace's own dev domain.
pub(crate) fn tell_on_dev_domain(tools: &Tools<'_>, workspace: &Workspace, commit: &str) {
    let report = tools.report;
    report.set(Output::Commit, commit);
    if let Some(url) = report.get(Output::WorkspaceUrl) {
        report.set(Output::Url, url);
    }
    if tools.health.is_some() && nobody_may_ask(tools, workspace) {
        report.note(
            "Version",
            "not proven: not asked, as the code of a fork is never shown the key",
        );
        return;
    }
    note_version(tools);
}

/// What the good answers prove.
pub(crate) fn note_version(tools: &Tools<'_>) {
    let proven = match &tools.health {
        None => "not asked (`health-check: false`)",
        Some(health) if health.body.is_some() => "proven by `health-body`",
        Some(_) => "not proven: without `health-body` a good answer may come from any version",
    };
    tools.report.note("Version", proven);
}
