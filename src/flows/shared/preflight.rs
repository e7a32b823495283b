//! Owns the checks before anything is written: reads only, and all that is wrong told together.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::shared::choices::find_team;
use crate::flows::shared::reads::Reads;
use crate::ids::{TeamId, WorkspaceId};
use crate::inputs::groups::Code;
use crate::inputs::values;
use crate::release::{IdOrName, OnFailure, Work};
use crate::route::Route;
use crate::text::shortened;

/// What the checks found besides the plan.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What forbids the release.
    pub(crate) failures: Vec<Failure>,
    /// What the reader should know.
    pub(crate) warnings: Vec<String>,
}

impl Findings {
    /// Takes in what was found apart.
    pub(crate) fn add(&mut self, other: Self) {
        self.failures.extend(other.failures);
        self.warnings.extend(other.warnings);
    }
}

/// What the checks look at, and what they have found so far.
pub(crate) struct Preflight<'a> {
    /// The workflow run.
    pub(crate) context: &'a Context,
    /// The platform, for reading.
    pub(crate) api: &'a Client<'a>,
    /// What has begun to be read.
    pub(crate) reads: Reads<'a>,
    /// What was found.
    pub(crate) findings: Findings,
}

impl<'a> Preflight<'a> {
    /// Nothing was found yet.
    pub(crate) fn new(context: &'a Context, api: &'a Client<'a>) -> Self {
        Self {
            context,
            api,
            reads: Reads::default(),
            findings: Findings::default(),
        }
    }

    /// The value; a failure goes to the findings.
    pub(crate) fn take<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.fail(failure)).ok()
    }

    /// Something forbids the release.
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.findings.failures.push(failure);
    }

    /// Something that the reader should know.
    pub(crate) fn warn(&mut self, message: impl Into<String>) {
        self.findings.warnings.push(message.into());
    }

    /// What happens in a workspace, where the event and the inputs tell.
    pub(crate) fn work(&mut self, code: &Code, on_failure: OnFailure) -> Option<Work> {
        self.take(work(code, on_failure, self.context))
    }

    /// Begins to read it, alongside what else the checks read.
    pub(crate) fn begin_existing(&mut self, id: WorkspaceId) {
        self.reads.begin_workspace(self.api, id);
        self.reads.begin_status(self.api, id);
    }

    /// Begins to read the domains of a team that the inputs name by number.
    pub(crate) fn begin_domains(&mut self, team: &IdOrName, routes: &[Route]) {
        if let IdOrName::Id(id) = team {
            self.reads.begin_domains(self.api, TeamId(*id), routes);
        }
    }

    /// A workspace that the inputs name, and whether it is awake.
    pub(crate) fn existing(&mut self, id: WorkspaceId) -> Option<(Workspace, bool)> {
        self.begin_existing(id);
        let found = existing(id, self);
        self.take(found)
    }

    /// The outer `Option`: whether teams could be read. Where the token or the network fails, the other questions would
    /// only fail alike.
    #[expect(
        clippy::option_option,
        reason = "unreadable and unknown are different things"
    )]
    pub(crate) fn team(&mut self, wanted: &IdOrName) -> Option<Option<Team>> {
        let teams = self.api.teams();
        let teams = self.take(teams.map_err(|error| error.while_doing("reading your teams")))?;
        Some(self.take(find_team(wanted, &teams)))
    }
}

pub(crate) fn work(code: &Code, on_failure: OnFailure, context: &Context) -> Result<Work, Failure> {
    let source = &code.source;
    let missing = |input: &str| {
        Failure::new(
            Reason::InvalidInput,
            format!(
                "The event that started this run names no {input}, and the input `{input}` is blank."
            ),
            format!("Give the input `{input}`."),
        )
    };
    let branch = match (&source.branch, &context.branch) {
        (Some(given), _) => given.clone(),
        (None, Some(of_event)) => usable(of_event)?,
        (None, None) => return Err(missing("branch")),
    };
    let assumed = source.branch.is_none() && !source.elsewhere;
    let commit = match &source.commit {
        Some(commit) => Some(commit.clone()),
        None if assumed => Some(context.commit.clone().ok_or_else(|| missing("commit"))?),
        None => None,
    };
    Ok(Work {
        remote: source.remote.clone(),
        branch,
        default_because: context.default_because.clone().filter(|_| assumed),
        commit,
        build: code.build.clone(),
        on_failure,
    })
}

/// The branch that the event names, by the rules of the input `branch`: strangers may have chosen it.
fn usable(branch: &str) -> Result<String, Failure> {
    values::branch(branch).map_err(|good| {
        Failure::new(
            Reason::Refused,
            format!(
                "The event that started this run names a branch that git could take for something else: \"{}\".",
                shortened(branch, 80)
            ),
            format!("Rename the branch. Good: {good}."),
        )
    })
}

fn existing(id: WorkspaceId, preflight: &mut Preflight<'_>) -> Result<(Workspace, bool), Failure> {
    let (api, reads) = (preflight.api, &mut preflight.reads);
    let workspace = reads.workspace(api, id).map_err(|error| {
        if !error.is_absence() {
            return error.while_doing("reading the workspace");
        }
        Failure::new(
            Reason::NotFound,
            format!("There is no workspace {id} that the owner of `api-token` can see ({error})."),
            "Check `workspace-id`: it is the number in the workspace's address in Codesphere.",
        )
    })?;
    let status = reads
        .status(api, id)
        .map_err(|error| error.while_doing("reading whether the workspace runs"))?;
    Ok((workspace, status.is_running))
}
