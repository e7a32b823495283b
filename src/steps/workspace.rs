//! Owns workspaces as a whole: awake, with their environment; and removed, if nothing points at them.

use std::time::Duration;

use crate::codesphere::error::ApiError;
use crate::codesphere::types::Workspace;
use crate::failure::{Failure, Reason};
use crate::ids::{EnvVar, TeamId, WorkspaceId};
use crate::report::Output;
use crate::steps::RunContext;
use crate::steps::source::CloneAge;
use crate::text::duration;
use crate::wait::{Ended, Poll};

/// How often a workspace that is listed and not known is tried to be deleted, and how long after each other.
const DELETIONS: u32 = 3;
const BETWEEN_DELETIONS: Duration = Duration::from_secs(2);
/// How long a workspace that runs may lack its development domain.
const DOMAIN_PATIENCE: Duration = Duration::from_mins(1);
/// Wakes a workspace that sleeps.
pub(crate) fn wake(ctx: &RunContext<'_>, workspace: &Workspace) -> Result<(), Failure> {
    ctx.log
        .line(&format!("workspace {} sleeps; waking it", workspace.id));
    ctx.api
        .wake(workspace.id, workspace.replicas)
        .map_err(|error| error.while_doing("waking the workspace"))
}

/// The workspace, awake and with its development domain: as the plan has read it, where it was both. Lists may lack a field that
/// decides how it is asked.
pub(crate) fn awake(
    ctx: &RunContext<'_>,
    known: &Workspace,
    awake: bool,
    limit: Duration,
) -> Result<Workspace, Failure> {
    if awake && known.dev_domain.is_some() && known.restricted.is_some() {
        announce(ctx, known);
        return Ok(known.clone());
    }
    if !awake {
        wake(ctx, known)?;
    }
    until_running(ctx, known.id, limit, CloneAge::Settled)
}

/// Waits until the workspace runs and knows its development domain; gives it as it is then.
pub(crate) fn until_running(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    limit: Duration,
    clone: CloneAge,
) -> Result<Workspace, Failure> {
    let (wait, api) = ctx.wait("the workspace to run", limit);
    wait.until(|_| match api.is_running(id) {
        Ok(true) => Ok(Poll::Ready(())),
        Ok(false) => Ok(Poll::Pending(format!("workspace {id} does not run yet"))),
        Err(error) if error.status() == Some(404) => Ok(Poll::Pending(format!("workspace {id} is not known yet"))),
        Err(error) => Err(error.while_doing("reading whether the workspace runs")),
    })
    .map_err(|ended| match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::WorkspaceTimeout,
            format!("Workspace {id} was not up within {} (`workspace-timeout`); the last state: {state}.", duration(limit)),
            match clone {
                CloneAge::Fresh => "A failed clone looks just like this: check `git-url`, `branch` and `private-repository`, and that the owner of `api-token` has connected a git account that may read the repository. Otherwise raise `workspace-timeout`.",
                CloneAge::Settled => "Look at the workspace in Codesphere. If it runs there, Codesphere may say for hours that it does not: stop and start it there, and run the job again. Otherwise raise `workspace-timeout`.",
            },
        ),
    })?;
    with_dev_domain(ctx, id)
}

fn with_dev_domain(ctx: &RunContext<'_>, id: WorkspaceId) -> Result<Workspace, Failure> {
    let (wait, api) = ctx.wait("the workspace's development domain", DOMAIN_PATIENCE);
    let unread = |error: ApiError| error.while_doing("reading the workspace");
    let workspace = match wait.until(|_| {
        let workspace = match api.workspace(id) {
            Err(error) if error.status() == Some(404) => {
                return Ok(Poll::Pending(format!("workspace {id} is not known yet")));
            }
            answer => answer.map_err(unread)?,
        };
        Ok(if workspace.dev_domain.is_some() {
            Poll::Ready(workspace)
        } else {
            Poll::Pending("no development domain yet".to_owned())
        })
    }) {
        Ok(workspace) => workspace,
        Err(Ended::Failed(failure)) => return Err(failure),
        Err(Ended::TimedOut(_)) => ctx.api.workspace(id).map_err(unread)?,
    };
    announce(ctx, &workspace);
    Ok(workspace)
}

/// Tells where it is reached.
pub(crate) fn announce(ctx: &RunContext<'_>, workspace: &Workspace) {
    if let Some(domain) = &workspace.dev_domain {
        ctx.log.line(&format!(
            "workspace {} runs, its development domain is https://{domain}",
            workspace.id
        ));
        ctx.report
            .set(Output::WorkspaceUrl, format!("https://{domain}"));
    }
}

/// The values that an update overwrites. Kept in memory only.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvBefore {
    /// Variables with the values they had.
    pub(crate) overwritten: Vec<EnvVar>,
    /// Names that did not exist.
    pub(crate) added: Vec<String>,
}

/// What setting `env` would overwrite or add. The values are never printed.
pub(crate) fn env_before(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    env: &[EnvVar],
) -> Result<EnvBefore, Failure> {
    let now = ctx
        .api
        .env(id)
        .map_err(|error| error.while_doing("reading the workspace's environment"))?;
    let (mut overwritten, mut added) = (Vec::new(), Vec::new());
    for variable in env {
        match now.iter().find(|old| old.name == variable.name) {
            Some(old) if old.value == variable.value => {}
            Some(old) => overwritten.push(old.clone()),
            None => added.push(variable.name.clone()),
        }
    }
    Ok(EnvBefore { overwritten, added })
}

/// Sets variables in the workspace; what is not named stays.
pub(crate) fn set_env(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    env: &[EnvVar],
) -> Result<(), Failure> {
    ctx.api
        .set_env(id, env)
        .map_err(|error| error.while_doing("setting the workspace's environment"))?;
    for variable in env {
        ctx.log.line(&format!("set {}", variable.name));
    }
    Ok(())
}

/// Deletes a workspace, unless some domain of the team points at it.
pub(crate) fn delete(ctx: &RunContext<'_>, team: TeamId, id: WorkspaceId) -> Result<(), Failure> {
    match delete_unless_connected(ctx, team, id)? {
        Deletion::Done => Ok(()),
        Deletion::PointedAt(domain) => Err(Failure::new(
            Reason::Refused,
            format!("Workspace {id} is not deleted, as {domain} points at it."),
            "Point the domain elsewhere first.",
        )),
    }
}

/// What came of a wish to delete.
#[derive(Debug)]
pub(crate) enum Deletion {
    /// It is gone.
    Done,
    /// It stays, as this domain points at it.
    PointedAt(String),
}

/// Deletes a workspace, unless some domain of the team points at it; says so then. Each try reads the domains anew,
/// and an answer that leaves it open whether the workspace is gone is followed by a look.
pub(crate) fn delete_unless_connected(
    ctx: &RunContext<'_>,
    team: TeamId,
    id: WorkspaceId,
) -> Result<Deletion, Failure> {
    let doing = |error: ApiError| error.while_doing("deleting the workspace");
    for _ in 0..DELETIONS {
        let mut connected = Ok(None);
        let deleted = ctx.api.delete(id, || {
            connected = pointing_at(ctx, team, id);
            !matches!(connected, Ok(None))
        });
        let error = match (connected?, deleted) {
            (Some(domain), _) => return Ok(Deletion::PointedAt(domain)),
            (None, Ok(_)) => return Ok(gone(ctx, id)),
            (None, Err(error)) => error,
        };
        let unknown = error.status() == Some(404);
        if !unknown && !error.may_have_acted() {
            return Err(doing(error));
        }
        if is_gone(ctx, team, id, unknown).map_err(doing)? {
            return Ok(gone(ctx, id));
        }
        if !unknown {
            return Err(doing(error));
        }
        ctx.log.line(&format!(
            "workspace {id} is listed, but cannot be deleted yet"
        ));
        ctx.time.pause(BETWEEN_DELETIONS)?;
    }
    Err(Failure::new(
        Reason::ApiError,
        format!(
            "Workspace {id} is listed in the team, but each time it was to be deleted the API answered that there is none (404)."
        ),
        "Delete it in Codesphere.",
    ))
}

fn gone(ctx: &RunContext<'_>, id: WorkspaceId) -> Deletion {
    ctx.log.line(&format!("deleted workspace {id}"));
    ctx.report.deleted(&id);
    Deletion::Done
}

/// Two answers must agree that there is no such workspace: that it is not known, and that it is not listed.
fn is_gone(
    ctx: &RunContext<'_>,
    team: TeamId,
    id: WorkspaceId,
    unknown: bool,
) -> Result<bool, ApiError> {
    let listed = ctx.api.workspaces(team, move |listed| listed.id == id)?;
    if unknown || !listed.is_empty() {
        return Ok(listed.is_empty());
    }
    match ctx.api.workspace(id) {
        Err(error) if error.status() == Some(404) => Ok(true),
        answer => answer.map(|_| false),
    }
}

/// A domain of the team that points at the workspace.
pub(crate) fn pointing_at(
    ctx: &RunContext<'_>,
    team: TeamId,
    id: WorkspaceId,
) -> Result<Option<String>, Failure> {
    let domains = ctx
        .api
        .domains(team)
        .map_err(|error| error.while_doing("reading the team's domains"))?;
    Ok(domains
        .into_iter()
        .find(|domain| {
            domain
                .workspaces
                .values()
                .flatten()
                .any(|pointed| *pointed == id)
        })
        .map(|domain| domain.name))
}
