//! The zero-downtime flow: build a new workspace beside the one that serves, then switch the domain to it.
//! The switch is the point of no return: before it production is not touched, after it nothing new is deleted.

use crate::clock::Cancellation;
use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::{EnvVar, WorkspaceId};
use crate::failure::{Failure, Reason};
use crate::flow::{build, check, note_version};
use crate::inputs::dotenv::RESERVED;
use crate::mark::Mark;
use crate::plan::ZeroDowntimePlan;
use crate::report::{Ending, Outcome, Output};
use crate::runner::secret::Secret;
use crate::steps::check::can_be_asked;
use crate::steps::connections::{Place, ids, point, verify};
use crate::steps::health::{self, Question, SWITCHED, Unwell};
use crate::steps::hints::explained;
use crate::steps::source::{self, CloneAge};
use crate::steps::{Tools, launch, stage, workspace};
use crate::text::duration;
use crate::undo::{Journal, Made, Release, Switched, Undone, undo_release};

mod previous;
mod standing;
mod way_back;

/// Runs the flow; whatever fails is undone.
#[must_use]
pub fn run(plan: &ZeroDowntimePlan, mark: &Mark, key: &Secret, tools: &Tools<'_>) -> Ending {
    if let Some(ending) = standing::settled(plan, tools) {
        return ending;
    }
    let mut journal = Journal::new(tools.report);
    match release(plan, mark, key, tools, &mut journal) {
        Ok(id) => {
            let again = matches!(journal.made(), Some(Made::Release(release)) if release.again);
            journal.close();
            if again {
                remove_twins(plan, mark, id, tools);
            }
            let after = previous::retire_all(plan, mark, tools);
            way_back::tell(plan, tools);
            let state = format!("{} serves from workspace {id}. {after}", plan.url());
            Ending::good(Outcome::Released, state)
        }
        Err(failure) => undo(plan, tools, &mut journal, failure),
    }
}

fn release(
    plan: &ZeroDowntimePlan,
    mark: &Mark,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<WorkspaceId, Failure> {
    let work = &plan.work;
    let step = tools.report;
    step.before(ids(&plan.before), plan.live_commit.clone());

    let (id, resumed) = step.step("Create the workspace", || {
        create(plan, mark, tools, journal)
    })?;
    let candidate = step.step("Wait for the workspace", || {
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
    check(tools, &candidate, work, &commit, key)?;

    let place = Place {
        team: plan.team,
        domain: plan.inputs.domain.clone(),
        path: plan.inputs.path.clone(),
    };
    step.step("Switch the domain", || {
        remember_previous(tools, plan, id)?;
        stage::still_up(tools, id)?;
        let switched = Switched {
            domain: place.domain.clone(),
            path: place.path.clone(),
            before: plan.before.clone(),
        };
        let about_to = || journal.release(|release| release.switched = Some(switched.clone()));
        point(tools, &place, &plan.before, &[id], about_to)
    })?;
    check_domain(plan, id, &commit, tools)?;
    step.step("Read the domain back", || verify(tools, &place, &[id]))?;
    step.set(Output::Commit, commit);
    step.set(Output::Url, plan.url());
    note_version(tools, work);
    Ok(id)
}

/// Goes on with the workspace of an earlier attempt, or makes a new one; says which.
fn create(
    plan: &ZeroDowntimePlan,
    mark: &Mark,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(WorkspaceId, bool), Failure> {
    let begin = |launch: String, candidate: Option<WorkspaceId>| {
        Made::Release(Release {
            team: plan.team,
            launch,
            candidate,
            again: candidate.is_none(),
            switched: None,
        })
    };
    if let Some(earlier) = launch::of_an_earlier_attempt(tools, plan, mark)? {
        journal.begin(begin(
            earlier.welcome_message.unwrap_or_default(),
            Some(earlier.id),
        ));
        return Ok((earlier.id, true));
    }
    journal.begin(begin(mark.to_string(), None));
    let created = launch::create(tools, plan, mark).map_err(|not_created| {
        if not_created.nothing_made {
            journal.close();
        }
        not_created.failure
    })?;
    journal
        .release(|release| (release.candidate, release.again) = (Some(created.id), created.again));
    Ok((created.id, false))
}

/// A creation that was given up may have shown up since: it is paid for, and nobody's.
fn remove_twins(plan: &ZeroDowntimePlan, mark: &Mark, id: WorkspaceId, tools: &Tools<'_>) {
    let removed = tools.report.step("Look for a twin", || {
        let all = launch::all_launched(tools, plan.team, &mark.to_string())?;
        all.into_iter()
            .filter(|twin| *twin != id)
            .try_for_each(|twin| workspace::delete(tools, plan.team, twin))
    });
    if let Err(failure) = removed {
        tools.report.warn(format!(
            "Whether the workspace was made twice is not known: {failure}"
        ));
    }
}

fn undo(
    plan: &ZeroDowntimePlan,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    failure: Failure,
) -> Ending {
    let Some(Made::Release(release)) = journal.made().cloned() else {
        return Ending::bad(Outcome::Failed, failure, "Nothing was changed.");
    };
    tools.report.about_to_undo(&failure);
    let fresh = Cancellation::default();
    let tools = tools.for_undo(&fresh);
    let undone = tools.report.judged_step(
        "Undo",
        || undo_release(&release, plan.work.on_failure, &tools),
        Undone::went,
    );
    if undone.is_complete() {
        journal.close();
    }
    let failure = with_hint(failure, &undone);
    undone.ending(failure, release.switched.is_none())
}

/// Whoever wants to look inside comes too late.
fn with_hint(failure: Failure, undone: &Undone) -> Failure {
    let inside = matches!(
        failure.reason,
        Reason::StageFailed | Reason::StageTimeout | Reason::WorkspaceTimeout | Reason::Unhealthy
    );
    if !inside || undone.kept.is_some() || undone.left.is_some() {
        return failure;
    }
    let next = format!(
        "{} The new workspace is removed, and its logs with it: to look inside, release once with `on-failure: keep`.",
        failure.next
    );
    Failure { next, ..failure }
}

/// The chain that a rollback follows: what the path pointed at before this release.
fn remember_previous(
    tools: &Tools<'_>,
    plan: &ZeroDowntimePlan,
    id: WorkspaceId,
) -> Result<(), Failure> {
    let value = serde_json::json!({
        "domain": plan.inputs.domain,
        "path": plan.inputs.path,
        "workspaces": plan.before,
    });
    workspace::set_env(
        tools,
        id,
        &[EnvVar {
            name: RESERVED.to_owned(),
            value: value.to_string(),
        }],
    )
}

fn check_domain(
    plan: &ZeroDowntimePlan,
    id: WorkspaceId,
    commit: &str,
    tools: &Tools<'_>,
) -> Result<(), Failure> {
    let Some(health) = &plan.work.health else {
        return Ok(());
    };
    if plan.domain_restricted {
        tools.report.note(
            "Domain",
            "asks visitors to sign in: only its connections were read back",
        );
        return Ok(());
    }
    let limit = plan.inputs.switch_timeout;
    let question = Question::new(
        &format!("https://{}{}", plan.inputs.domain, plan.inputs.path),
        health,
        commit,
        id,
    );
    tools.report.step("Check the domain", || {
        health::check(tools, &question, limit, SWITCHED).map_err(|unwell| match unwell {
            Unwell::Failed(failure) => failure,
            Unwell::TimedOut(last, answers) => explained(Failure::new(
                Reason::SwitchFailed,
                format!("After the switch, {} did not answer well from workspace {id} within {} (`switch-timeout`); the last time it {last}.", question.url(), duration(limit)),
                "The workspace answered well on its own dev domain. If the old version still answered, traffic had not followed yet: raise `switch-timeout`. Otherwise look at the domain itself: certificate, DNS, and whether the application knows this host name and path.",
            ), [answers]),
        })
    })
}
