//! The candidate flow, and what zero-downtime begins with: a new version beside the one that serves, built, started
//! and asked. Production is not touched.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::plan::CandidatePlan;
use crate::flows::shared::build::{build, check, tell_on_dev_domain};
use crate::flows::shared::failed;
use crate::flows::shared::failed::UNTOUCHED;
use crate::history::Link;
use crate::ids::WorkspaceId;
use crate::owner::Mark;
use crate::release::Creation;
use crate::release::Work;
use crate::report::{Ending, Outcome};
use crate::runner::secret::Secret;
use crate::steps::check::can_be_asked;
use crate::steps::source::{self, CloneAge};
use crate::steps::{Tools, launch, stage, workspace};
use crate::undo::{Journal, Launched, Made, Release};

/// A workspace that answers well and has no traffic yet.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The workspace.
    pub(crate) workspace: Workspace,
    /// The commit that is checked out there.
    pub(crate) commit: String,
    /// What it remembers: its CI profile, and what served before it where it was released before.
    pub(crate) link: Link,
}

/// Runs the flow; whatever fails is undone.
#[must_use]
pub fn run(plan: &CandidatePlan, mark: &Mark, key: &Secret, tools: &Tools<'_>) -> Ending {
    let mut journal = Journal::new(tools.report);
    match ready(plan, mark, key, tools, &mut journal) {
        Ok(candidate) => {
            let (id, commit) = (candidate.workspace.id, candidate.commit);
            finish(&plan.creation, mark, id, tools, &mut journal);
            let state = format!(
                "Workspace {id} runs commit {commit} beside what serves. To bring it to a domain, run the flow `promote` with `workspace-id: {id}`."
            );
            Ending::good(Outcome::Ready, state)
        }
        Err(failure) => failed::undo(
            plan.work.on_failure,
            tools,
            &mut journal,
            failure,
            UNTOUCHED,
        ),
    }
}

fn ready(
    plan: &CandidatePlan,
    mark: &Mark,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<Candidate, Failure> {
    let (work, report) = (&plan.work, tools.report);
    let candidate = make(&plan.creation, work, mark, key, tools, journal)?;
    if candidate.link.profile.is_some() {
        report.step("Note the profile", || note_profile(&candidate, tools))?;
    }
    tell_on_dev_domain(tools, &candidate.commit, work.health.as_ref());
    Ok(candidate)
}

/// Whoever brings it onto its places, or back there, must know how it is started.
fn note_profile(candidate: &Candidate, tools: &Tools<'_>) -> Result<(), Failure> {
    let variable = candidate.link.to_variable();
    workspace::set_env(tools, candidate.workspace.id, &[variable])
}

/// Makes the candidate, or goes on with that of an earlier attempt.
pub(crate) fn make(
    creation: &Creation,
    work: &Work,
    mark: &Mark,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<Candidate, Failure> {
    let step = tools.report;
    let (id, resumed) = step.step("Create the workspace", || {
        create(creation, work, mark, tools, journal)
    })?;
    let workspace = step.step("Wait for the workspace", || {
        let workspace =
            workspace::until_running(tools, id, work.build.workspace_timeout, CloneAge::Fresh)?;
        can_be_asked(&workspace, work.health.as_ref())?;
        Ok(workspace)
    })?;
    let commit = step.step("Check out the code", || {
        source::check_out(tools, id, work, CloneAge::Fresh)
    })?;
    build(tools, id, work, resumed, |_| {})?;
    step.step("Run", || {
        if resumed {
            return stage::resume(tools, id, Stage::Run, &work.build);
        }
        stage::run(tools, id, Stage::Run, &work.build)
    })?;
    check(tools, &workspace, work.health.as_ref(), &commit, key)?;
    Ok(Candidate {
        workspace,
        commit,
        link: Link {
            places: Vec::new(),
            profile: work.build.profile.clone(),
        },
    })
}

/// Goes on with the workspace of an earlier attempt, or makes a new one; says which.
fn create(
    creation: &Creation,
    work: &Work,
    mark: &Mark,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(WorkspaceId, bool), Failure> {
    let begin = |mark: String, workspace: Option<WorkspaceId>| {
        Made::Release(Release {
            team: creation.team,
            launched: Some(Launched {
                mark,
                workspace,
                again: workspace.is_none(),
            }),
            promoted: None,
        })
    };
    if let Some(earlier) = launch::of_an_earlier_attempt(tools, creation, work, mark)? {
        journal.begin(begin(
            earlier.welcome_message.unwrap_or_default(),
            Some(earlier.id),
        ));
        return Ok((earlier.id, true));
    }
    journal.begin(begin(mark.to_string(), None));
    let created = launch::create(tools, creation, work, mark).map_err(|not_created| {
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
    creation: &Creation,
    mark: &Mark,
    id: WorkspaceId,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) {
    let again = journal.launched_again();
    journal.close();
    if !again {
        return;
    }
    let removed = tools.report.step("Look for a twin", || {
        let all = launch::all_launched(tools, creation.team, &mark.to_string())?;
        all.into_iter()
            .filter(|twin| *twin != id)
            .try_for_each(|twin| workspace::delete(tools, creation.team, twin))
    });
    if let Err(failure) = removed {
        tools.report.warn(format!(
            "Whether the workspace was made twice is not known: {failure}"
        ));
    }
}
