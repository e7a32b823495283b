//! Owns what people do by hand where an undo could not: each step in words, and as a request that is whole.

use crate::caution::{Caution, Remedy};
use crate::codesphere::client::Client;
use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Connections;
use crate::failure::{Failure, Reason};
use crate::ids::TeamId;
use crate::steps::connections::ids;
use crate::steps::switch::{RouteChange, by_domain, turned};
use crate::text::list;
use crate::undo::journal::{Made, Promoted, RunStage, Update};
use crate::undo::launch::to_find;

/// What is at risk where nothing of what is noted could be recovery; nothing where production is not.
pub(crate) fn at_risk(made: &Made, failure: &Failure, api: &Client<'_>) -> Option<Caution> {
    match made {
        Made::Release(release) => {
            let promoted = release.promoted.as_ref()?;
            let each = by_domain(&changes(promoted)).into_iter().map(|changes| {
                let name = changes.first().map(|change| change.route.domain.as_str());
                let noted = promoted.domains.get(name.unwrap_or_default());
                connect(release.team, promoted, &changes, noted, failure, api)
            });
            let mut caution = each.reduce(Caution::and)?;
            let new = promoted.workspace;
            caution.steps.push(Remedy::words(format!("Workspace {new} may still serve: do not delete it before you know that nothing points at it.")));
            Some(caution)
        }
        Made::Update(update) => match update.run {
            RunStage::WasUp => Some(serve(update, failure, api)),
            RunStage::Untouched | RunStage::WasDown => None,
        },
    }
}

/// What may be left where nothing of what is noted could be reverted, and production is as before: what to do with it.
pub(crate) fn left(made: &Made) -> Option<String> {
    match made {
        Made::Release(release) if release.promoted.is_none() => {
            let (team, launched) = (release.team, release.launched.as_ref()?);
            Some(launched.workspace.map_or_else(
                || to_find(team, launched),
                |id| format!("Then delete workspace {id} of team {team} in Codesphere, if it is still there and no later attempt of this run has taken it over: it costs money."),
            ))
        }
        Made::Release(_) => None,
        Made::Update(update) => Some(format!(
            "Then, in a terminal of workspace {}, run `git reset --hard {}`: its code may not be what its application runs.",
            update.workspace, update.old_head
        )),
    }
}

/// Back from the workspace to what the routes pointed at before.
pub(super) fn changes(promoted: &Promoted) -> Vec<RouteChange> {
    let each = promoted.routes.iter().map(|switched| RouteChange {
        route: switched.route.clone(),
        from: vec![promoted.workspace],
        to: switched.before.clone(),
    });
    each.collect()
}

/// The routes of one domain, of which nobody knows what they point at; `domain` is all that it pointed at when it was
/// read last.
pub(super) fn connect(
    team: TeamId,
    promoted: &Promoted,
    changes: &[RouteChange],
    domain: Option<&Connections>,
    failure: &Failure,
    api: &Client<'_>,
) -> Caution {
    let name = changes
        .first()
        .map_or("", |change| change.route.domain.as_str());
    let routes = list(changes.iter().map(|change| &change.route));
    let risks = changes.iter().map(|change| {
        format!(
            "{} may serve the new workspace {} or, as before, {}.",
            change.route,
            promoted.workspace,
            ids(&change.to)
        )
    });
    let paths = list(changes.iter().map(|change| match change.to.as_slice() {
        [] => format!("`{}` to nothing", change.route.path),
        to => format!("`{}` to {}", change.route.path, ids(to)),
    }));
    let words = format!(
        "Bring back what served before. In Codesphere, open the team's Domains, choose {name}, and connect {paths}; leave its other paths as they are."
    );
    let command = domain.map(|domain| api.connect_by_hand(team, name, &turned(domain, changes)));
    Caution {
        risk: format!(
            "Production is uncertain: {}",
            risks.collect::<Vec<_>>().join(" ")
        ),
        cause: format!("{routes} could not be switched back. {}", failure.cause),
        steps: vec![
            key(failure),
            command.map_or_else(
                || Remedy::words(words.clone()),
                |command| Remedy::request(&words, command),
            ),
            Remedy::words(format!(
                "Open {routes} and check that the application is healthy."
            )),
        ],
    }
}

/// A workspace whose `run` was stopped, and which could not be brought back to its old commit.
pub(super) fn serve(update: &Update, failure: &Failure, api: &Client<'_>) -> Caution {
    let (id, head) = (update.workspace, &update.old_head);
    Caution {
        risk: format!(
            "The application may be down: `run` of workspace {id} was stopped, and commit {head}, which served before, does not serve again."
        ),
        cause: format!(
            "Workspace {id} could not be brought back to commit {head}. {}",
            failure.cause
        ),
        steps: std::iter::once(key(failure))
            .chain(start(update, api))
            .collect(),
    }
}

/// How the old commit comes to serve again, in order.
pub(super) fn start(update: &Update, api: &Client<'_>) -> Vec<Remedy> {
    let (id, profile) = (update.workspace, update.profile.as_deref());
    let mut steps = vec![reset(update, api)];
    if update.prepared {
        let words =
            format!("In the CI pipeline of workspace {id}, start `prepare` and wait for its end.");
        let request = api.start_by_hand(id, Stage::Prepare, profile);
        steps.push(Remedy::request(&words, request));
    }
    if update.deployed {
        steps.push(deploy(update, api));
    }
    let words = format!(
        "In the CI pipeline of workspace {id}, stop `run` if it is still at work, then start it."
    );
    let request = api.start_by_hand(id, Stage::Run, profile);
    steps.push(Remedy::request(&words, request));
    steps.push(Remedy::words(
        "Open the application and check that it is healthy.",
    ));
    steps
}

/// The old commit on disk again.
pub(super) fn reset(update: &Update, api: &Client<'_>) -> Remedy {
    let command = format!("git reset --hard {}", update.old_head);
    let id = update.workspace;
    let words = format!("In a terminal of workspace {id}, run `{command}`.");
    Remedy::request(&words, api.execute_by_hand(id, &command))
}

/// The landscape as the code on disk describes it.
pub(super) fn deploy(update: &Update, api: &Client<'_>) -> Remedy {
    let id = update.workspace;
    let words = format!("In the CI pipeline of workspace {id}, deploy the landscape.");
    Remedy::request(&words, api.deploy_by_hand(id, update.profile.as_deref()))
}

/// The key that the requests need.
pub(super) fn key(failure: &Failure) -> Remedy {
    Remedy::key(failure.reason == Reason::Unauthorized)
}
