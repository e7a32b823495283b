//! A workspace brought onto its places: switched, asked from outside, read back; then what served before.
//! The switch is the point of no return: before it production is not touched, after it nothing new is deleted.

mod canary;
pub(crate) mod plan;
pub(crate) mod previous;
pub(crate) mod retention;
pub(crate) mod standing;
pub(crate) mod way_back;

use crate::failure::{Failure, Reason};
use crate::flows::shared::build::note_version;
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::promotion::plan::{Promotion, Target};
use crate::history::{Before, Link};
use crate::ids::WorkspaceId;
use crate::report::{Ending, Outcome, Output};
use crate::route::Place;
use crate::steps::connections::verify;
use crate::steps::health::{self, Question, Unwell};
use crate::steps::hints::explained;
use crate::steps::switch::{Turn, Write, point_all};
use crate::steps::{Tools, stage, workspace};
use crate::text::duration;
use crate::undo::{Journal, Switched};

/// Tells what serves before the release.
pub(crate) fn tell_before(promotion: &Promotion, tools: &Tools<'_>) {
    let commit = promotion.live_commit.clone();
    tools.report.before(promotion.describe_before(), commit);
}

/// Tells what people reach now.
pub(crate) fn tell_released(promotion: &Promotion, commit: &str, tools: &Tools<'_>) {
    tools.report.set(Output::Commit, commit);
    tools.report.set(Output::Url, promotion.url());
    note_version(tools);
}

/// After a good release: what served before, earlier releases, and the way back.
pub(crate) fn released(promotion: &Promotion, id: WorkspaceId, tools: &Tools<'_>) -> Ending {
    let after = previous::retire_all(promotion, id, tools);
    let after = format!("{after} {}", retention::tidy(promotion, tools));
    way_back::tell(promotion, id, tools);
    let state = format!(
        "{} from workspace {id}. {}",
        promotion.serving(),
        after.trim()
    );
    Ending::good(Outcome::Released, state)
}

/// Points all places at the candidate, and makes sure that it serves there.
pub(crate) fn promote(
    promotion: &Promotion,
    candidate: &Candidate,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let id = candidate.workspace.id;
    let step = tools.report;
    let canary = promotion.canary();
    if let Some(time) = canary {
        step.step("Share traffic", || {
            begin(promotion, candidate, tools, journal)?;
            let lists = |target: &Target| (target.before.clone(), target.shared_with(id));
            turn(promotion, id, lists, tools, journal)
        })?;
        step.step("Watch old and new", || {
            let watched = canary::watched(promotion, candidate, tools)?;
            canary::watch(time, watched, tools)
        })?;
    }
    step.step("Switch the domain", || {
        let from = |target: &Target| match canary {
            Some(_) => target.shared_with(id),
            None => target.before.clone(),
        };
        match canary {
            Some(_) => stage::still_up(tools, id)?,
            None => begin(promotion, candidate, tools, journal)?,
        }
        turn(
            promotion,
            id,
            |target| (from(target), vec![id]),
            tools,
            journal,
        )
    })?;
    serves(promotion, candidate, tools)
}

/// Points all places back at a workspace that has served there. What it remembers stays as it is: it tells what served
/// before that workspace, so that the next rollback goes one further back.
pub(crate) fn point_back(
    promotion: &Promotion,
    candidate: &Candidate,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    tools.report.step("Switch the domain", || {
        let id = candidate.workspace.id;
        let lists = |target: &Target| (target.before.clone(), vec![id]);
        turn(promotion, id, lists, tools, journal)
    })?;
    serves(promotion, candidate, tools)
}

/// Makes sure that the candidate serves on all places, as people and as the platform see them.
fn serves(promotion: &Promotion, candidate: &Candidate, tools: &Tools<'_>) -> Result<(), Failure> {
    for target in &promotion.targets {
        check_domain(promotion, target, candidate, tools)?;
    }
    let id = candidate.workspace.id;
    tools.report.step("Read the domain back", || {
        promotion
            .targets
            .iter()
            .try_for_each(|target| verify(tools, promotion.team, &target.place, &[id]))
    })
}

/// Notes what must be known for the way back, here and in the workspace; and looks at `run` for the last time.
fn begin(
    promotion: &Promotion,
    candidate: &Candidate,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let released_before = !candidate.link.places.is_empty();
    let remembered = released_before.then(|| candidate.link.clone());
    journal.promotes(promotion.team, candidate.workspace.id, remembered);
    remember_previous(tools, promotion, candidate)?;
    stage::still_up(tools, candidate.workspace.id)
}

/// Points all places from one list to the other.
fn turn(
    promotion: &Promotion,
    id: WorkspaceId,
    lists: impl Fn(&Target) -> (Vec<WorkspaceId>, Vec<WorkspaceId>),
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let turn_of = |target: &Target| {
        let (from, to) = lists(target);
        let place = target.place.clone();
        Turn { place, from, to }
    };
    let turns: Vec<Turn> = promotion.targets.iter().map(turn_of).collect();
    let mut noted = Vec::new();
    point_all(tools, promotion.team, &turns, |write, turns| {
        let its = |place: &Place| turns.iter().any(|turn| turn.place == *place);
        if write == Write::Refused {
            noted.retain(&its);
            return journal.did_not_switch(&noted);
        }
        if !journal.is_promoting() {
            journal.promotes(promotion.team, id, None);
        }
        let switched = promotion.targets.iter().filter(|target| its(&target.place));
        noted.extend(journal.switches(switched.map(|target| Switched {
            place: target.place.clone(),
            before: target.before.clone(),
        })));
    })
}

/// The chain that a rollback follows: what each place pointed at before this release.
fn remember_previous(
    tools: &Tools<'_>,
    promotion: &Promotion,
    candidate: &Candidate,
) -> Result<(), Failure> {
    let places = promotion.targets.iter().map(|target| Before {
        domain: target.place.domain.clone(),
        path: target.place.path.clone(),
        workspaces: target.before.clone(),
    });
    let link = Link {
        places: places.collect(),
        profile: candidate.link.profile.clone(),
    };
    workspace::set_env(tools, candidate.workspace.id, &[link.to_variable()])
}

fn check_domain(
    promotion: &Promotion,
    target: &Target,
    candidate: &Candidate,
    tools: &Tools<'_>,
) -> Result<(), Failure> {
    let Some(health) = &tools.health else {
        return Ok(());
    };
    if target.restricted {
        tools.report.note(
            "Domain",
            format!(
                "{} asks visitors to sign in: only its connections were read back",
                target.place
            ),
        );
        return Ok(());
    }
    let id = candidate.workspace.id;
    let limit = promotion.inputs.switch_timeout;
    let question = Question::new(&target.place.to_string(), health, &candidate.commit, id);
    tools.report.step("Check the domain", || {
        health::check(tools, &question, limit).map_err(|unwell| match unwell {
            Unwell::Failed(failure) => failure,
            Unwell::TimedOut(last, answers) => explained(Failure::new(
                Reason::SwitchFailed,
                format!("After the switch, {} did not answer well from workspace {id} within {} (`switch-timeout`); the last time it {last}.", question.url(), duration(limit)),
                "The workspace answered well on its own dev domain. If the old version still answered, traffic had not followed yet: raise `switch-timeout`. Otherwise look at the domain itself: certificate, DNS, and whether the application knows this host name and path.",
            ), [answers]),
        })
    })
}
