//! Requests to applications: which workspace a host and path lead to, and what it answers.

use crate::api::{self, HOST};
use crate::{Connections, Quirks, Workspace, World};

/// So many seconds without a request put a service on demand to sleep.
const IDLE: f64 = 3600.0;

/// What a visitor of an application got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The workspace whose application answered.
    pub workspace: Option<u64>,
}

impl Visit {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
            headers: Vec::new(),
            workspace: None,
        }
    }
}

/// Whether the proxy connects to the host.
pub(crate) fn is_reachable(world: &World, host: &str) -> bool {
    let domain = world.domains.get(host);
    api::door(host).is_some()
        || is_foreign(world, host)
        || domain.is_some_and(|domain| domain.verified && domain.certificate_issued)
        || world
            .workspaces
            .values()
            .any(|workspace| workspace.dev_domain == host)
}

/// Whether the host belongs to a stranger.
pub(crate) fn is_foreign(world: &World, host: &str) -> bool {
    let location = world.quirks.hostile_redirect.as_deref().unwrap_or_default();
    let target = location
        .strip_prefix("https://")
        .and_then(|rest| rest.split(['/', ':']).next());
    let ours = api::door(host).is_some()
        || world.domains.contains_key(host)
        || world
            .workspaces
            .values()
            .any(|workspace| workspace.dev_domain == host);
    !ours && (target == Some(host) || world.foreign_hosts.iter().any(|known| known == host))
}

/// Routes a request and answers it as the application would.
pub(crate) fn visit(world: &mut World, host: &str, path: &str, pass: Option<&str>) -> Visit {
    if is_foreign(world, host) {
        return Visit::new(200, "somebody else's site");
    }
    if host == HOST {
        return Visit::new(200, "Sign in to Codesphere");
    }
    let own = world
        .workspaces
        .values()
        .find(|workspace| workspace.dev_domain == host);
    if let Some(workspace) = own {
        let expected = format!("Bearer {}", world.token);
        let (id, open) = (
            workspace.id,
            !workspace.restricted || pass == Some(&expected),
        );
        return if open {
            application(world, id, path)
        } else {
            sign_in()
        };
    }
    let now = world.now;
    let Some(domain) = world.domains.get_mut(host) else {
        return Visit::new(502, "no such host");
    };
    if domain.restricted {
        return sign_in();
    }
    let turn = domain.turns;
    domain.turns += 1;
    let ids = lookup(domain.routed(now), path);
    match ids.and_then(|ids| ids.get(turn_of(turn, ids.len())).copied()) {
        Some(id) => application(world, id, path),
        None => Visit::new(404, "nothing is connected here"),
    }
}

fn turn_of(turn: u64, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(turn % count).unwrap_or_default()
}

fn sign_in() -> Visit {
    let location = ("location".to_owned(), format!("https://{HOST}/signin"));
    Visit {
        headers: vec![location],
        ..Visit::new(303, "")
    }
}

/// The ids under the longest path that the request's path lies below.
fn lookup<'a>(connections: &'a Connections, path: &str) -> Option<&'a Vec<u64>> {
    let covering = connections
        .iter()
        .filter(|(prefix, _)| covers(prefix, path));
    covering
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, ids)| ids)
}

/// Whether the path lies below the prefix, segment by segment.
fn covers(prefix: &str, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the workspace's application answers.
fn application(world: &mut World, id: u64, path: &str) -> Visit {
    let (now, quirks, plans) = (world.now, &world.quirks, &world.plans);
    let Some(workspace) = world.workspaces.get_mut(&id) else {
        return Visit::new(502, "bad gateway");
    };
    let service = match served_by(workspace, path) {
        Served::Flat if workspace.is_running(now) => None,
        Served::Flat | Served::Nobody => return Visit::new(502, "bad gateway"),
        Served::Service(name, plan) => {
            let plan = plans.iter().find(|known| Some(known.id) == plan);
            if plan.is_some_and(|plan| plan.on_demand) && is_drowsy(workspace, now, quirks) {
                return starting();
            }
            Some(name)
        }
    };
    let run = workspace.run.as_ref();
    let up = run.and_then(|run| run.up_since(service.as_deref(), now, quirks));
    let Some(up) = up else {
        return starting();
    };
    (workspace.answers, workspace.asked_at) = (workspace.answers + 1, now);
    answer(workspace, path, now - up)
}

fn starting() -> Visit {
    Visit::new(
        200,
        "<html><body>Workspace server is starting</body></html>",
    )
}

/// Who answers what is asked of a workspace.
enum Served {
    /// The IDE's server runs it.
    Flat,
    /// A service of the landscape, with its plan: it does not need the workspace to be awake.
    Service(String, Option<u64>),
    /// No route leads anywhere.
    Nobody,
}

fn served_by(workspace: &Workspace, path: &str) -> Served {
    let Some(deployment) = &workspace.deployed else {
        let run = workspace.run.as_ref().map(|run| &run.commit);
        let commit = run.or_else(|| workspace.head_commit());
        let landscape = commit.is_some_and(|commit| commit.ci.is_landscape());
        return if landscape {
            Served::Nobody
        } else {
            Served::Flat
        };
    };
    let services = deployment.services.iter().map(|deployed| &deployed.service);
    let routes = services.flat_map(|service| service.paths.iter().map(move |path| (path, service)));
    let covering = routes.filter(|(prefix, _)| covers(prefix, path));
    let longest = covering.max_by_key(|(prefix, _)| prefix.len());
    longest.map_or(Served::Nobody, |(_, service)| {
        Served::Service(service.name.clone(), service.plan)
    })
}

/// Whether a service on demand has fallen asleep; being asked wakes it.
fn is_drowsy(workspace: &mut Workspace, now: f64, quirks: &Quirks) -> bool {
    let up = workspace.run.as_ref().map_or(0.0, |run| run.started_at);
    if now - workspace.asked_at.max(up) > IDLE {
        workspace.asked_at = now;
        workspace.woken_at = now + quirks.boot;
    }
    now < workspace.woken_at
}

fn answer(workspace: &Workspace, path: &str, age: f64) -> Visit {
    let Some(run) = &workspace.run else {
        return Visit::new(502, "bad gateway");
    };
    let app = &run.commit.app;
    let flaps = app
        .flaps
        .is_some_and(|every| workspace.answers.is_multiple_of(every.max(1)));
    if age < app.ready_after || flaps {
        return Visit::new(502, "bad gateway");
    }
    let short: String = run.commit.sha.chars().take(7).collect();
    let mut body = app
        .body
        .replace("{sha}", &run.commit.sha)
        .replace("{short-sha}", &short)
        .replace("{workspace-id}", &workspace.id.to_string())
        .replace("{path}", path);
    for (name, value) in &run.env {
        body = body.replace(&format!("{{env.{name}}}"), value);
    }
    Visit {
        status: app.status,
        body,
        headers: app.headers.clone(),
        workspace: Some(workspace.id),
    }
}

#[cfg(test)]
mod tests {
    use super::{lookup, visit};
    use crate::{DOCS, DOMAIN, LIVE, World};

    #[test]
    fn the_longest_path_wins_and_segments_are_whole() {
        let mut world = World::standard();
        let mut seen = |path: &str| visit(&mut world, DOMAIN, path, None).workspace;
        assert_eq!(seen("/"), Some(LIVE));
        assert_eq!(seen("/docs"), Some(DOCS));
        assert_eq!(seen("/docs/a?b=c"), Some(DOCS));
        assert_eq!(seen("/docsy"), Some(LIVE));
        let empty = crate::Connections::new();
        assert!(lookup(&empty, "/").is_none());
    }

    #[test]
    fn several_ids_share_the_load() {
        let mut world = World::standard();
        let domain = world.domains.get_mut(DOMAIN).expect("it is there");
        domain.workspaces.insert("/".to_owned(), vec![LIVE, DOCS]);
        let seen: Vec<Option<u64>> = (0..4)
            .map(|_| visit(&mut world, DOMAIN, "/", None).workspace)
            .collect();
        assert_eq!(seen, [Some(LIVE), Some(DOCS), Some(LIVE), Some(DOCS)]);
    }
}
