//! Owns the checks before anything is written: reads only, and all that is wrong told together.

use crate::codesphere::client::Client;
use crate::codesphere::error::ApiError;
use crate::codesphere::types::{Domain, Team, WorkspaceId};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::inputs::dotenv::RESERVED;
use crate::inputs::{Flow, Inputs, ZeroDowntime};
use crate::plan::choices::{find_plan, find_team};
use crate::plan::standing::standing;
use crate::plan::{Plan, SimplePlan, Work, ZeroDowntimePlan, clone_source, workspace_name};
use crate::text::list;

/// What the checks found besides the plan.
#[derive(Debug, Default)]
pub struct Findings {
    /// What forbids the release.
    pub failures: Vec<Failure>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

impl Findings {
    fn take<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.failures.push(failure)).ok()
    }
}

/// Makes the plan, or says all that forbids it.
#[must_use]
pub fn prepare(inputs: &Inputs, context: &Context, api: &Client<'_>) -> (Option<Plan>, Findings) {
    let mut findings = Findings::default();
    for name in &inputs.unused {
        findings.warnings.push(format!(
            "The input `{name}` is given, but the flow does not use it. Is `flow` what you mean?"
        ));
    }
    let work = findings.take(work(inputs, context));
    let plan = match &inputs.flow {
        Flow::Simple { workspace } => simple(*workspace, work, api, &mut findings),
        Flow::ZeroDowntime(flow) => zero_downtime(flow, work, context, api, &mut findings),
    };
    (plan.filter(|_| findings.failures.is_empty()), findings)
}

fn work(inputs: &Inputs, context: &Context) -> Result<Work, Failure> {
    let source = &inputs.source;
    let missing = |input: &str| {
        Failure::new(
            Reason::InvalidInput,
            format!(
                "The event that started this run names no {input}, and the input `{input}` is blank."
            ),
            format!("Give the input `{input}`."),
        )
    };
    let branch = source
        .branch
        .clone()
        .or_else(|| context.branch.clone())
        .ok_or_else(|| missing("branch"))?;
    let assumed = source.branch.is_none() && !source.elsewhere;
    let commit = match &source.commit {
        Some(commit) => Some(commit.clone()),
        None if assumed => Some(context.commit.clone().ok_or_else(|| missing("commit"))?),
        None => None,
    };
    Ok(Work {
        remote: source.remote.clone(),
        branch,
        commit,
        build: inputs.build.clone(),
        health: inputs.health.clone(),
        on_failure: inputs.on_failure,
    })
}

fn simple(
    id: WorkspaceId,
    work: Option<Work>,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let workspace = api.workspace(id).map_err(|error| match error.status() {
        Some(404) => Failure::new(
            Reason::NotFound,
            format!("There is no workspace {id} that the owner of `api-token` can see ({error})."),
            "Check `workspace-id`: it is the number in the workspace's address in Codesphere.",
        ),
        _ => error.while_doing("reading the workspace"),
    });
    let workspace = findings.take(workspace)?;
    let awake = findings.take(
        api.is_running(id)
            .map_err(|error| error.while_doing("reading whether the workspace runs")),
    )?;
    Some(Plan::Simple(Box::new(SimplePlan {
        workspace,
        awake,
        work: work?,
    })))
}

fn zero_downtime(
    flow: &ZeroDowntime,
    work: Option<Work>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    // Where the token or the network fails, the other questions would only fail alike.
    let teams = findings.take(
        api.teams()
            .map_err(|error| error.while_doing("reading your teams")),
    )?;
    let team = findings.take(find_team(&flow.team, &teams));
    let plans = findings.take(
        api.plans()
            .map_err(|error| error.while_doing("reading the workspace plans")),
    );
    let plan = plans.and_then(|plans| findings.take(find_plan(&flow.new, &plans)));
    let domain = team
        .as_ref()
        .and_then(|team| findings.take(read_domain(flow, team, api)));
    let git_url = findings.take(git_url(flow, context));
    if let (Some(team), Some(domain)) = (&team, &domain) {
        check_domain(flow, team, domain, findings);
    }
    let (team, plan, domain, work) = (team?, plan?, domain?, work?);
    let before = domain
        .workspaces
        .get(&flow.path)
        .cloned()
        .unwrap_or_default();
    compare_env(&before, &work, api, findings);
    let (standing, live_commit) = findings.take(standing(flow, &before, &work, context, api))?;
    let (git_url, private) = git_url?;
    let (branch, commit) = (&work.branch, work.commit.as_deref());
    let paths = domain.workspaces.keys();
    Some(Plan::ZeroDowntime(Box::new(ZeroDowntimePlan {
        team: team.id,
        team_name: team.name,
        plan: plan.id,
        plan_title: plan.title,
        git_url,
        private,
        name: workspace_name(&flow.new.name, context, branch, commit),
        before,
        live_commit,
        other_paths: paths.filter(|path| **path != flow.path).cloned().collect(),
        standing,
        domain_restricted: domain.restricted == Some(true),
        inputs: flow.clone(),
        work,
    })))
}

/// What is cloned, and whether that needs an account.
fn git_url(flow: &ZeroDowntime, context: &Context) -> Result<(String, bool), Failure> {
    let (url, private) = clone_source(&flow.new, context);
    let missing = || {
        Failure::new(
            Reason::InvalidInput,
            "The event that started this run names no repository, and the input `git-url` is blank.",
            "Give the input `git-url`.",
        )
    };
    Ok((url.ok_or_else(missing)?, private))
}

fn read_domain(flow: &ZeroDowntime, team: &Team, api: &Client<'_>) -> Result<Domain, Failure> {
    api.domain(team.id, &flow.domain).map_err(|error| {
        if error.status() == Some(404) {
            no_such_domain(flow, team, api, &error)
        } else {
            error.while_doing("reading the domain")
        }
    })
}

fn no_such_domain(flow: &ZeroDowntime, team: &Team, api: &Client<'_>, error: &ApiError) -> Failure {
    let known = api.domains(team.id).map_or_else(
        |_| String::new(),
        |domains| {
            format!(
                " Its domains are: {}.",
                list(domains.iter().map(|domain| &domain.name))
            )
        },
    );
    Failure::new(
        Reason::NotFound,
        format!(
            "The team {} ({}) has no domain {} ({error}).{known}",
            team.name, team.id, flow.domain
        ),
        "Check `domain` and `team`; a new domain is added in Codesphere under the team's Domains.",
    )
}

fn check_domain(flow: &ZeroDowntime, team: &Team, domain: &Domain, findings: &mut Findings) {
    let name = &flow.domain;
    if let Some(status) = domain
        .domain_verification_status
        .as_ref()
        .filter(|status| !status.verified)
    {
        findings.failures.push(Failure::new(
            Reason::Refused,
            format!("The domain {name} is not verified: {}.", status.reason.as_deref().unwrap_or("no reason given")),
            "Set the DNS records that Codesphere shows under the team's Domains, verify, and run the job again.",
        ));
    }
    if let Some(status) = domain
        .certificate_request_status
        .as_ref()
        .filter(|status| !status.issued)
    {
        findings.warnings.push(format!(
            "The domain {name} has no certificate yet ({}): visitors and the check of the domain may fail.",
            status.reason.as_deref().unwrap_or("no reason given")
        ));
    }
    if domain.restricted == Some(true) {
        findings.warnings.push(format!(
            "The domain {name} asks visitors to sign in, so it cannot be asked from here: after the switch only its connections are read back."
        ));
    }
    if let (Some(ours), Some(its)) = (team.default_data_center_id, domain.data_center_id)
        && ours != its
    {
        findings.failures.push(Failure::new(
            Reason::Refused,
            format!("The team {} makes workspaces in data centre {ours}, but {name} is served from data centre {its}.", team.name),
            "Use a domain and a team of the same data centre.",
        ));
    }
}

/// What people set by hand on the workspace that serves would be missing in the new one. Names only, never values.
fn compare_env(before: &[WorkspaceId], work: &Work, api: &Client<'_>, findings: &mut Findings) {
    let Some(serving) = before.first() else {
        return;
    };
    let Ok(theirs) = api.env(*serving) else {
        findings.warnings.push(format!("The environment of workspace {serving}, which serves now, could not be read: whether `env` lacks something is not known."));
        return;
    };
    let missing: Vec<&str> = theirs
        .iter()
        .map(|var| var.name.as_str())
        .filter(|name| *name != RESERVED && !work.build.env.iter().any(|var| var.name == *name))
        .collect();
    if !missing.is_empty() {
        findings.warnings.push(format!("Workspace {serving}, which serves now, has environment variables that `env` lacks: {}. The new workspace will not have them.", list(missing)));
    }
}
