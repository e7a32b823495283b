//! Owns workspaces as a whole: made once, awake, with their environment; and removed, if nothing points at them.

use std::time::Duration;

use crate::codesphere::types::{EnvVar, NewWorkspace, TeamId, Workspace, WorkspaceId};
use crate::failure::{Failure, Reason};
use crate::mark::Mark;
use crate::plan::ZeroDowntimePlan;
use crate::report::Output;
use crate::steps::Tools;
use crate::text::duration;
use crate::wait::{Ended, Look};

/// How long a lost creation may take to show up in the team's list.
const LATE: Duration = Duration::from_secs(15);
/// How long a workspace that runs may lack its dev domain.
const DOMAIN_PATIENCE: Duration = Duration::from_mins(1);
/// How many names are tried when the first is taken, and how many creations when answers are lost.
const NAMES: u32 = 20;
const LAUNCHES: u32 = 3;

/// Makes the new workspace, once: after a lost answer it is looked for by its mark before another try.
///
/// # Errors
/// When the API refuses, or nothing shows up after three tries.
pub fn create(
    tools: &Tools<'_>,
    plan: &ZeroDowntimePlan,
    mark: &Mark,
) -> Result<WorkspaceId, Failure> {
    let mut number = 1;
    let mut launches = 0;
    loop {
        let name = if number == 1 {
            plan.name.clone()
        } else {
            format!("{}-{number}", plan.name)
        };
        let error = match tools.api.create(&new_workspace(plan, mark, &name)) {
            Ok(workspace) => return Ok(announce(tools, &workspace, &name)),
            Err(error) => error,
        };
        if error.may_have_acted() {
            tools.log.line(&format!(
                "{error}; looking whether it was made all the same"
            ));
            if let Some(workspace) = find_launched(tools, plan.team, mark)? {
                return Ok(announce(tools, &workspace, &name));
            }
            launches += 1;
            if launches < LAUNCHES {
                continue;
            }
        } else if error.is_bad_request_about("already has a workspace with the given name")
            && number < NAMES
        {
            number += 1;
            tools.log.line(&format!(
                "the name {name} is taken; trying {}-{number}",
                plan.name
            ));
            continue;
        }
        return Err(error.while_doing("creating the workspace"));
    }
}

fn announce(tools: &Tools<'_>, workspace: &Workspace, name: &str) -> WorkspaceId {
    let id = workspace.id;
    tools.log.line(&format!("made workspace {id} ({name})"));
    tools.report.set(Output::WorkspaceId, id.to_string());
    id
}

fn new_workspace(plan: &ZeroDowntimePlan, mark: &Mark, name: &str) -> NewWorkspace {
    let new = &plan.inputs.new;
    NewWorkspace {
        team_id: plan.team,
        name: name.to_owned(),
        plan_id: plan.plan,
        is_private_repo: plan.private,
        replicas: new.replicas,
        git_url: plan.git_url.clone(),
        initial_branch: Some(plan.work.branch.clone()),
        clone_depth: new.clone_depth,
        welcome_message: mark.to_string(),
        restricted: new.restricted,
        env: plan.work.build.env.clone(),
        base_image: new.base_image.clone(),
        vpn_config: new.vpn_config.clone(),
        storage_mib: new.storage,
        shared_vault_name: new.shared_vault.clone(),
    }
}

/// The workspace that carries `mark`, with patience: it may show up late.
///
/// # Errors
/// When the list cannot be read.
pub fn find_launched(
    tools: &Tools<'_>,
    team: TeamId,
    mark: &Mark,
) -> Result<Option<Workspace>, Failure> {
    let (wait, api) = tools.wait("the workspace to show up in the team's list", LATE);
    let mark = mark.to_string();
    let found = wait.until(|_| {
        let mark = mark.clone();
        let found = api
            .workspaces(team, move |workspace| {
                workspace.welcome_message.as_deref() == Some(mark.as_str())
            })
            .map_err(|error| error.while_doing("looking for the workspace in the team's list"))?;
        Ok(found.into_iter().next().map_or_else(
            || Look::NotYet("not in the team's list".to_owned()),
            Look::Done,
        ))
    });
    match found {
        Ok(workspace) => Ok(Some(workspace)),
        Err(Ended::TimedOut(_)) => Ok(None),
        Err(Ended::Failed(failure)) => Err(failure),
    }
}

/// Wakes a workspace that sleeps.
///
/// # Errors
/// When the API refuses.
pub fn wake(tools: &Tools<'_>, workspace: &Workspace) -> Result<(), Failure> {
    tools
        .log
        .line(&format!("workspace {} sleeps; waking it", workspace.id));
    tools
        .api
        .wake(workspace.id, workspace.replicas.unwrap_or(1))
        .map_err(|error| error.while_doing("waking the workspace"))
}

/// Waits until the workspace runs and knows its dev domain; gives it as it is then.
///
/// # Errors
/// `workspace-timeout` when it does not run within `limit`.
pub fn until_running(
    tools: &Tools<'_>,
    id: WorkspaceId,
    limit: Duration,
) -> Result<Workspace, Failure> {
    let (wait, api) = tools.wait("the workspace to run", limit);
    wait.until(|_| match api.is_running(id) {
        Ok(true) => Ok(Look::Done(())),
        Ok(false) => Ok(Look::NotYet(format!("workspace {id} does not run yet"))),
        Err(error) if error.status() == Some(404) => Ok(Look::NotYet(format!("workspace {id} is not known yet"))),
        Err(error) => Err(error.while_doing("reading whether the workspace runs")),
    })
    .map_err(|ended| match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::WorkspaceTimeout,
            format!("Workspace {id} was not up within {} (`workspace-timeout`); the last state: {state}.", duration(limit)),
            "A failed clone looks just like this: check `git-url`, `branch` and `private-repository`, and that the owner of `api-token` has connected a git account that may read the repository. Otherwise raise `workspace-timeout`.",
        ),
    })?;
    with_dev_domain(tools, id)
}

fn with_dev_domain(tools: &Tools<'_>, id: WorkspaceId) -> Result<Workspace, Failure> {
    let (wait, api) = tools.wait("the workspace's dev domain", DOMAIN_PATIENCE);
    let read = || {
        api.workspace(id)
            .map_err(|error| error.while_doing("reading the workspace"))
    };
    let workspace = match wait.until(|_| {
        let workspace = read()?;
        Ok(if workspace.dev_domain.is_some() {
            Look::Done(workspace)
        } else {
            Look::NotYet("no dev domain yet".to_owned())
        })
    }) {
        Ok(workspace) => workspace,
        Err(Ended::Failed(failure)) => return Err(failure),
        Err(Ended::TimedOut(_)) => read()?,
    };
    if let Some(domain) = &workspace.dev_domain {
        tools.log.line(&format!(
            "workspace {id} runs, its dev domain is https://{domain}"
        ));
        tools
            .report
            .set(Output::WorkspaceUrl, format!("https://{domain}"));
    }
    Ok(workspace)
}

/// Sets variables in the workspace; what is not named stays.
///
/// # Errors
/// When the API refuses.
pub fn set_env(tools: &Tools<'_>, id: WorkspaceId, env: &[EnvVar]) -> Result<(), Failure> {
    tools
        .api
        .set_env(id, env)
        .map_err(|error| error.while_doing("setting the workspace's environment"))?;
    for variable in env {
        tools.log.line(&format!("set {}", variable.name));
    }
    Ok(())
}

/// Deletes a workspace, unless some domain of the team points at it.
///
/// # Errors
/// `refused` when a domain does; otherwise what the API says.
pub fn delete(tools: &Tools<'_>, team: TeamId, id: WorkspaceId) -> Result<(), Failure> {
    if let Some(domain) = pointing_at(tools, team, id)? {
        return Err(Failure::new(
            Reason::Refused,
            format!("Workspace {id} is not deleted, as {domain} points at it."),
            "Point the domain elsewhere first.",
        ));
    }
    tools
        .api
        .delete(id)
        .map_err(|error| error.while_doing("deleting the workspace"))?;
    tools.log.line(&format!("deleted workspace {id}"));
    Ok(())
}

/// A domain of the team that points at the workspace.
///
/// # Errors
/// When the domains cannot be read.
pub fn pointing_at(
    tools: &Tools<'_>,
    team: TeamId,
    id: WorkspaceId,
) -> Result<Option<String>, Failure> {
    let domains = tools
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
