//! The flows: what happens, in order, also when it fails.

pub mod simple;
pub mod zero_downtime;

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::{Workspace, WorkspaceId};
use crate::failure::{Failure, Reason};
use crate::inputs::Landscape;
use crate::plan::Work;
use crate::runner::secret::Secret;
use crate::steps::health::{Question, Unwell, WARMING_UP, check};
use crate::steps::{Tools, stage};
use crate::text::duration;

/// Builds what is checked out: prepare, test, landscape, as far as they are wanted.
fn build(tools: &Tools<'_>, id: WorkspaceId, work: &Work) -> Result<(), Failure> {
    let step = |name, act: &dyn Fn() -> Result<(), Failure>| tools.report.step(name, act);
    if work.build.prepare {
        step("Prepare", &|| {
            stage::run(tools, id, Stage::Prepare, &work.build)
        })?;
    }
    if work.build.test {
        step("Test", &|| stage::run(tools, id, Stage::Test, &work.build))?;
    }
    if work.build.landscape != Landscape::Skip {
        step("Deploy the landscape", &|| {
            stage::deploy(tools, id, &work.build)
        })?;
    }
    Ok(())
}

/// Asks the workspace's own dev domain, as far as that is wanted.
fn check_workspace(
    tools: &Tools<'_>,
    workspace: &Workspace,
    work: &Work,
    commit: &str,
    key: &Secret,
) -> Result<(), Failure> {
    let Some(health) = &work.health else {
        tools
            .report
            .note("Check", "not asked (`health-check: false`)");
        return Ok(());
    };
    let id = workspace.id;
    let Some(domain) = &workspace.dev_domain else {
        return Err(Failure::new(
            Reason::Unhealthy,
            format!("Workspace {id} has no dev domain, so its application cannot be asked."),
            "Look at the workspace in Codesphere; with `health-check: false` it is not asked.",
        ));
    };
    let restricted = workspace.restricted != Some(false);
    let question = Question::new(&format!("https://{domain}"), health, commit, id)
        .with_key(restricted.then(|| key.clone()));
    tools.report.step("Check the workspace", || {
        check(tools, &question, health.timeout, WARMING_UP).map_err(|unwell| match unwell {
            Unwell::Failed(failure) => failure,
            Unwell::TimedOut(last) => Failure::new(
                Reason::Unhealthy,
                format!("The application of workspace {id} did not answer well at {} within {} (`health-timeout`); the last time it {last}.", question.url(), duration(health.timeout)),
                "Check that the application listens on 0.0.0.0:3000, that `health-path` and `health-status` are what it answers, and read the log of `run` in the workspace's CI pipeline.",
            ),
        })
    })?;
    tools.report.note(
        "Version",
        if health.body.is_some() {
            "proven by `health-body`"
        } else {
            "not proven: without `health-body` a good answer may come from any version"
        },
    );
    Ok(())
}
