//! Owns what earlier runs have left in the simulated Codesphere: for the demo to promote, roll back or clean up.

use codesphere_release::history::{Before, ReleaseHistory, VARIABLE};
use codesphere_release::ids::WorkspaceId;
use codesphere_release::owner::{OwnerLabel, Purpose};
use codesphere_release::route::Route;
use codesphere_simulator::{
    Commit, DOMAIN, LIVE, NEW, OLD, REPOSITORY, Workspace, World as Platform,
};

use crate::arguments::Flow;

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
/// What served before the workspace that serves.
const BEFORE: u64 = 3905;

/// The workspace that is promoted, or rolled back from.
pub(crate) const NEWEST: u64 = 5001;

/// Writes what the flow finds.
pub(crate) fn write(world: &mut Platform, flow: Flow) {
    match flow {
        Flow::Simple | Flow::ZeroDowntime | Flow::Candidate | Flow::Preview => {}
        Flow::Promote => candidate(world),
        Flow::Rollback => release(world),
        Flow::Cleanup => leftovers(world),
    }
}

/// The new version as the flow `candidate` has left it: up, meant for the domain, without traffic.
fn candidate(world: &mut Platform) {
    let commit = commit(world, NEW);
    let mark = OwnerLabel {
        flow: "candidate".to_owned(),
        commit: NEW.to_owned().try_into().ok(),
        ..mark(NEWEST, "acme/shop", shop())
    };
    let workspace = Workspace {
        welcome_message: Some(mark.to_string()),
        ..Workspace::serving(NEWEST, "shop-aaaaaaa", REPOSITORY, commit)
    };
    world.workspaces.insert(NEWEST, workspace);
    world.next_id = NEWEST + 1;
}

/// The new version as a release of yesterday has left it: live, with the note of what served before.
fn release(world: &mut Platform) {
    let commit = commit(world, NEW);
    let Some(domain) = world.domains.get_mut(DOMAIN) else {
        return;
    };
    domain.workspaces.insert("/".to_owned(), vec![NEWEST]);
    let mut new = Workspace::serving(NEWEST, "shop-aaaaaaa", REPOSITORY, commit);
    new.env
        .insert(VARIABLE.to_owned(), link(LIVE).to_variable().value);
    world.workspaces.insert(NEWEST, new);
    world.next_id = NEWEST + 1;
}

/// Adds five releases and candidates, two previews, and a workspace of another repository.
fn leftovers(world: &mut Platform) {
    for (id, age) in [
        (3902, 30.0 * DAY),
        (3903, 16.0 * DAY),
        (3904, 9.0 * DAY),
        (BEFORE, 3.0 * DAY),
        (3906, HOUR / 3.0),
    ] {
        add(world, id, age, "acme/shop", shop());
    }
    for (id, age) in [(3910, 21.0 * DAY), (3911, 2.0 * DAY)] {
        add(world, id, age, "acme/shop", Purpose::PullRequest(id - 3870));
    }
    add(world, 3920, 90.0 * DAY, "acme/another-shop", shop());
    if let Some(live) = world.workspaces.get_mut(&LIVE) {
        live.env
            .insert(VARIABLE.to_owned(), link(BEFORE).to_variable().value);
        live.welcome_message = Some(mark(LIVE, "acme/shop", shop()).to_string());
    }
}

fn add(world: &mut Platform, id: u64, age: f64, repository: &str, purpose: Purpose) {
    let name = format!("shop-1111111-{id}");
    let mut workspace = Workspace::serving(id, &name, REPOSITORY, commit(world, OLD));
    workspace.created_at = -age;
    workspace.welcome_message = Some(mark(id, repository, purpose).to_string());
    if let Some(run) = &mut workspace.run {
        run.started_at = -age;
    }
    world.workspaces.insert(id, workspace);
}

/// The commit as the repository has it.
fn commit(world: &mut Platform, sha: &str) -> Commit {
    let repository = world.repositories.get_mut(REPOSITORY);
    let known = repository.and_then(|repository| repository.commit_mut(sha).cloned());
    known.unwrap_or_else(|| Commit::new(sha))
}

fn mark(run_id: u64, repository: &str, purpose: Purpose) -> OwnerLabel {
    OwnerLabel {
        repository: repository.into(),
        made_of: None,
        workflow: ".github/workflows/release.yml".to_owned(),
        flow: "zero-downtime".to_owned(),
        purpose,
        commit: OLD.to_owned().try_into().ok(),
        run_id,
        attempt: 1,
        run_number: run_id,
        launch: "0123456789abcdef".to_owned(),
    }
}

fn shop() -> Purpose {
    Purpose::serve(&[Route {
        domain: DOMAIN.to_owned(),
        path: "/".to_owned(),
    }])
}

/// What the workspace that serves remembers of the time before it.
fn link(before: u64) -> ReleaseHistory {
    ReleaseHistory {
        routes: vec![Before {
            domain: DOMAIN.to_owned(),
            path: "/".to_owned(),
            workspaces: vec![WorkspaceId(before)],
        }],
        profile: None,
    }
}
