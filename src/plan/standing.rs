//! Owns how a release stands to the one that is live: its own, an older one, a newer one.

use crate::codesphere::client::Client;
use crate::codesphere::types::WorkspaceId;
use crate::context::Context;
use crate::failure::Failure;
use crate::inputs::ZeroDowntime;
use crate::mark::Mark;
use crate::plan::Work;

/// How a release stands to the one that is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is to be released.
    ToBeReleased,
    /// An earlier attempt of this very run has released it: the workspace that is live.
    Released(WorkspaceId),
    /// A newer run has released something: which, in words.
    Superseded(String),
}

/// Compares the mark of the workspace that is live with this run, and gives the commit that is live, as far as the mark
/// tells. Several that serve together tell nothing.
pub(super) fn standing(
    flow: &ZeroDowntime,
    before: &[WorkspaceId],
    work: &Work,
    context: &Context,
    api: &Client<'_>,
) -> Result<(Standing, Option<String>), Failure> {
    const UNKNOWN: (Standing, Option<String>) = (Standing::ToBeReleased, None);
    let [live] = before else {
        return Ok(UNKNOWN);
    };
    let workspace = match api.workspace(*live) {
        Err(error) if error.status() == Some(404) => return Ok(UNKNOWN),
        answer => {
            answer.map_err(|error| error.while_doing("reading the workspace that serves now"))?
        }
    };
    let mark = workspace.welcome_message.as_deref().and_then(Mark::parse);
    let Some(mark) = mark.filter(|mark| mark.repository == context.repository) else {
        return Ok(UNKNOWN);
    };
    let standing = compare(*live, &mark, flow, work, context, api)?;
    Ok((standing, mark.commit))
}

fn compare(
    live: WorkspaceId,
    mark: &Mark,
    flow: &ZeroDowntime,
    work: &Work,
    context: &Context,
    api: &Client<'_>,
) -> Result<Standing, Failure> {
    if is_earlier_attempt(mark, flow, work, context) {
        // A changed value is a reason to start a run again.
        let env = api
            .env(live)
            .map_err(|error| error.while_doing("reading the environment that is live"))?;
        if work.build.env.iter().all(|wanted| env.contains(wanted)) {
            return Ok(Standing::Released(live));
        }
    } else if is_newer(mark, context) {
        let commit = mark.commit.as_deref().unwrap_or("its branch's head");
        return Ok(Standing::Superseded(format!(
            "run {} number {}, commit {commit}, workspace {live}",
            mark.run_id, mark.run_number
        )));
    }
    Ok(Standing::ToBeReleased)
}

fn is_earlier_attempt(mark: &Mark, flow: &ZeroDowntime, work: &Work, context: &Context) -> bool {
    mark.domain == flow.domain
        && mark.path == flow.path
        && mark.run_id == context.run_id
        && mark.attempt < context.attempt
        && work.commit.is_some()
        && mark.commit == work.commit
}

/// By the run's number within a workflow, by its id between workflows. A run that somebody starts again is what
/// somebody wants, however old.
fn is_newer(mark: &Mark, context: &Context) -> bool {
    let newer = if mark.workflow == context.workflow {
        mark.run_number > context.run_number
    } else {
        mark.run_id > context.run_id
    };
    newer && context.attempt <= 1
}
