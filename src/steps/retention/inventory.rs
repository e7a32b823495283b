//! Owns what is read before anything is judged: this repository's workspaces, and what keeps them from going.

use std::collections::{BTreeMap, BTreeSet};

use crate::codesphere::client::Client;
use crate::codesphere::pipeline::{Stage, StageEntry, State};
use crate::codesphere::types::{Domain, Workspace};
use crate::failure::Failure;
use crate::history::ReleaseHistory;
use crate::ids::WorkspaceId;
use crate::moment::Moment;
use crate::owner::Purpose;
use crate::route::Route;
use crate::steps::label::label_of;
use crate::steps::retention::policy::Policy;
use crate::steps::retention::verdict::{Inventory, Kind, Managed, Unread, Updated};
use crate::updated;

/// Reads all that the decision rests on.
pub(crate) fn inventory(api: &Client<'_>, policy: &Policy) -> Result<Inventory, Failure> {
    let judged = policy.clone();
    let listed = api
        .workspaces(policy.team, move |workspace| {
            label_of(workspace).is_some_and(|label| judged.concerns_some_app(&label))
        })
        .map_err(|error| error.while_doing("reading the team's workspaces"))?;
    let domains = api
        .domains(policy.team)
        .map_err(|error| error.while_doing("reading the team's domains"))?;
    let serving = serving(&domains);
    let (listed, others): (Vec<Workspace>, Vec<Workspace>) = listed
        .into_iter()
        .partition(|workspace| label_of(workspace).is_some_and(|label| policy.concerns(&label)));
    let app = |other: &Workspace| label_of(other)?.app().map(str::to_owned);
    let mut inventory = Inventory {
        own: listed.iter().filter_map(own).collect(),
        others: others.iter().map(app).collect(),
        now: api.now(),
        clocks_apart: api.clocks_apart().unwrap_or_default(),
        ..Inventory::default()
    };
    for (id, route) in &serving {
        inventory
            .connected
            .entry(*id)
            .or_insert_with(|| route.clone());
    }
    follow_chains(&mut inventory, &serving, api)?;
    date_previews(&mut inventory, policy, api)?;
    Ok(inventory)
}

fn own(workspace: &Workspace) -> Option<Managed> {
    let label = label_of(workspace)?;
    let created = workspace
        .created_at
        .as_deref()
        .and_then(Moment::from_rfc3339);
    Some(Managed {
        id: workspace.id,
        name: workspace.name.clone(),
        run: (label.run_id, label.run_number, label.attempt),
        kind: match label.purpose {
            Purpose::Routes(routes) => Kind::Release(routes),
            Purpose::PullRequest(number) => {
                let unknown = || Updated::Unknown("when it was made is not known".to_owned());
                Kind::Preview(number, created.map_or_else(unknown, Updated::At))
            }
        },
        created,
    })
}

/// What each place of the team points at. Names of domains are compared in lower case.
fn serving(domains: &[Domain]) -> Vec<(WorkspaceId, Route)> {
    let mut serving = Vec::new();
    for domain in domains {
        for (path, ids) in &domain.workspaces {
            let route = Route {
                domain: domain.name.to_ascii_lowercase(),
                path: path.clone(),
            };
            serving.extend(ids.iter().map(|id| (*id, route.clone())));
        }
    }
    serving
}

/// Notes what the next rollback would take wherever a workspace that could go is meant for, or could have served.
fn follow_chains(
    inventory: &mut Inventory,
    serving: &[(WorkspaceId, Route)],
    api: &Client<'_>,
) -> Result<(), Failure> {
    let mut histories: BTreeMap<WorkspaceId, Result<ReleaseHistory, String>> = BTreeMap::new();
    let mut unread = Vec::new();
    for (live, route) in serving
        .iter()
        .filter(|(_, route)| matters(route, inventory))
    {
        if !histories.contains_key(live) {
            histories.insert(*live, history(*live, api)?);
        }
        if let Some(Err(why)) = histories.get(live) {
            unread.push(Unread {
                live: *live,
                route: route.clone(),
                why: why.clone(),
            });
        }
    }
    inventory.unread = unread;
    for (live, history) in histories {
        let before = history.into_iter().flat_map(|history| history.routes);
        let before: BTreeSet<WorkspaceId> = before.flat_map(|before| before.workspaces).collect();
        inventory
            .targets
            .extend(before.into_iter().map(|target| (target, live)));
    }
    Ok(())
}

/// Whether something that could go may have served there.
fn matters(route: &Route, inventory: &Inventory) -> bool {
    inventory
        .own
        .iter()
        .any(|own| !inventory.connected.contains_key(&own.id) && own.kind.may_have_served(route))
}

impl Kind {
    fn may_have_served(&self, route: &Route) -> bool {
        match self {
            Self::Release(routes) => routes.is_empty() || routes.contains(route),
            Self::Preview(..) => false,
        }
    }
}

/// What served before a workspace; or why that is not known.
fn history(live: WorkspaceId, api: &Client<'_>) -> Result<Result<ReleaseHistory, String>, Failure> {
    let env = match api.env(live) {
        // Nothing can be rolled back from what is gone; one 404 alone may pass.
        Err(error) if error.status() == Some(404) && is_gone(live, api) => {
            return Ok(Ok(ReleaseHistory::default()));
        }
        Err(error) => {
            let failure = error.while_doing("reading its environment");
            return not_known(failure);
        }
        Ok(env) => env,
    };
    Ok(match ReleaseHistory::among(&env) {
        Ok(history) => Ok(history.unwrap_or_default()),
        Err(why) => Err(format!("what it remembers cannot be read, as {why}")),
    })
}

fn is_gone(id: WorkspaceId, api: &Client<'_>) -> bool {
    matches!(api.workspace(id), Err(error) if error.status() == Some(404))
}

/// A cancellation ends the survey; anything else is only a gap in it.
fn not_known<T>(failure: Failure) -> Result<Result<T, String>, Failure> {
    if failure.is_cancellation() {
        return Err(failure);
    }
    Ok(Err(failure.cause.trim_end_matches('.').to_owned()))
}

/// Looks up the last update of previews that are old enough to go.
fn date_previews(
    inventory: &mut Inventory,
    policy: &Policy,
    api: &Client<'_>,
) -> Result<(), Failure> {
    let (Some(most), Some(now)) = (policy.preview_max_age, inventory.now) else {
        return Ok(());
    };
    for own in &mut inventory.own {
        let old = own.created.is_some_and(|created| created.age(now) >= most);
        if inventory.connected.contains_key(&own.id) || !old {
            continue;
        }
        if let (Kind::Preview(_, updated), Some(created)) = (&mut own.kind, own.created) {
            *updated = match last_update(own.id, api)? {
                Ok(start) => Updated::At(start.map_or(created, |start| start.max(created))),
                Err(why) => Updated::Unknown(why),
            };
        }
    }
    Ok(())
}

/// When a preview was last updated: as its workspace remembers, or else as its stages tell.
fn last_update(
    id: WorkspaceId,
    api: &Client<'_>,
) -> Result<Result<Option<Moment>, String>, Failure> {
    match api.env(id) {
        Err(error) => not_known(error.while_doing("reading its environment")),
        Ok(env) => match updated::among(&env) {
            Ok(Some(moment)) => Ok(Ok(Some(moment))),
            Ok(None) => last_start(id, api),
            Err(why) => Ok(Err(why)),
        },
    }
}

/// When a stage was last started; none where none ever was. Each update of a preview starts one.
fn last_start(
    id: WorkspaceId,
    api: &Client<'_>,
) -> Result<Result<Option<Moment>, String>, Failure> {
    let mut last = None;
    for stage in [Stage::Prepare, Stage::Run] {
        let entries = match api.pipeline(id, stage) {
            Err(error) => return not_known(error.while_doing("reading its pipeline")),
            Ok(entries) => entries,
        };
        for entry in entries.iter().filter(|entry| has_begun(entry)) {
            let start = entry.started_at.as_deref().and_then(Moment::from_rfc3339);
            if start.is_none() {
                return Ok(Err(format!("its stage {stage} does not say when it began")));
            }
            last = last.max(start);
        }
    }
    Ok(Ok(last))
}

fn has_begun(entry: &StageEntry) -> bool {
    match entry.state {
        State::Waiting => entry.started_at.is_some(),
        State::Running | State::Success | State::Failure | State::Aborted | State::Unknown(_) => {
            true
        }
    }
}
