//! Undoes a promotion: every place that was switched points at what it pointed at before, unless it is somebody else's now.

use crate::codesphere::types::Connections;
use crate::ids::{TeamId, WorkspaceId};
use crate::steps::Tools;
use crate::steps::connections::{ids, pointed, same, shared};
use crate::steps::switch::{Turn, by_domain, point};
use crate::text::list;
use crate::undo::journal::Promoted;
use crate::undo::outcome::Production;

/// Points all places back, whatever becomes of each.
pub(super) fn put_back(team: TeamId, promoted: &Promoted, tools: &Tools<'_>) -> Production {
    let turns: Vec<Turn> = promoted
        .places
        .iter()
        .map(|switched| Turn {
            place: switched.place.clone(),
            from: vec![promoted.workspace],
            to: switched.before.clone(),
        })
        .collect();
    by_domain(&turns)
        .iter()
        .map(|turns| put_domain_back(team, promoted.workspace, turns, tools))
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore("Production was not touched.".to_owned()))
}

/// Points the places of one domain back, unless they already are there or somebody else has changed them since.
/// Ours is a place that points at the workspace alone, or together with all that it pointed at before.
fn put_domain_back(team: TeamId, id: WorkspaceId, turns: &[Turn], tools: &Tools<'_>) -> Production {
    let Some(name) = turns.first().map(|turn| &turn.place.domain) else {
        return Production::AsBefore(String::new());
    };
    let now = match tools.api.domain(team, name) {
        Ok(domain) => domain.workspaces,
        Err(error) => return uncertain(team, turns, &error.to_string()),
    };
    let (back, moved): (Vec<Turn>, Vec<Turn>) = turns
        .iter()
        .cloned()
        .partition(|turn| same(pointed(&now, &turn.place.path), &turn.to));
    let (mut ours, theirs): (Vec<Turn>, Vec<Turn>) = moved.into_iter().partition(|turn| {
        let its = pointed(&now, &turn.place.path);
        same(its, &[id]) || same(its, &shared(&turn.to, id))
    });
    for turn in &mut ours {
        turn.from = pointed(&now, &turn.place.path).to_vec();
    }
    let mut found: Vec<Production> = back.iter().map(as_before).collect();
    found.extend(theirs.iter().map(|turn| not_ours(turn, &now)));
    if !ours.is_empty() {
        found.push(match point(tools, team, &ours, |_| {}) {
            Ok(()) => Production::AsBefore(words(
                ours.iter()
                    .map(|turn| format!("{} was put back to {}.", turn.place, ids(&turn.to))),
            )),
            Err(failure) => uncertain(team, &ours, &failure.cause),
        });
    }
    found
        .into_iter()
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore(String::new()))
}

fn as_before(turn: &Turn) -> Production {
    Production::AsBefore(format!(
        "{} points at {} as before.",
        turn.place,
        ids(&turn.to)
    ))
}

fn not_ours(turn: &Turn, now: &Connections) -> Production {
    Production::Theirs(format!(
        "{} points at {} now, which this run did not set (before, it was {}). It was left alone: look whether that is what you want.",
        turn.place,
        ids(pointed(now, &turn.place.path)),
        ids(&turn.to)
    ))
}

/// The worse of two counts; nothing of what was told is lost.
fn together(one: Production, other: Production) -> Production {
    let told = words([one.words().to_owned(), other.words().to_owned()]);
    let worse = if other.badness() > one.badness() {
        other
    } else {
        one
    };
    worse.with_words(told)
}

fn words(sentences: impl IntoIterator<Item = String>) -> String {
    sentences.into_iter().collect::<Vec<_>>().join(" ")
}

fn uncertain(team: TeamId, turns: &[Turn], why: &str) -> Production {
    let places = list(turns.iter().map(|turn| &turn.place));
    let name = turns.first().map_or("", |turn| turn.place.domain.as_str());
    let before: std::collections::BTreeMap<&str, &[WorkspaceId]> = turns
        .iter()
        .map(|turn| (turn.place.path.as_str(), turn.to.as_slice()))
        .collect();
    let paths = serde_json::json!(before);
    let each = list(turns.iter().map(|turn| ids(&turn.to)));
    Production::Uncertain(format!(
        "PRODUCTION IS UNCERTAIN: {places} could not be put back ({why}). Point it at {each} at once, in Codesphere or with PUT /domains/team/{team}/domain/{name}/workspace-connections, whose body must hold all paths as they are and {paths}.",
    ))
}
