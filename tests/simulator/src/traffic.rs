//! Requests to applications: which workspace a host and path lead to, and what it answers.

use crate::api::{self, HOST};
use crate::{Connections, Workspace, World};

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
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let covers = |prefix: &str| {
        let prefix = prefix.trim_end_matches('/');
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let covering = connections.iter().filter(|(prefix, _)| covers(prefix));
    covering
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, ids)| ids)
}

/// What the workspace's application answers.
fn application(world: &mut World, id: u64, path: &str) -> Visit {
    let (now, quirks) = (world.now, &world.quirks);
    let Some(workspace) = world
        .workspaces
        .get_mut(&id)
        .filter(|found| found.is_running(now))
    else {
        return Visit::new(502, "bad gateway");
    };
    let up = workspace
        .run
        .as_ref()
        .and_then(|run| run.up_since(now, quirks));
    let Some(up) = up else {
        return Visit::new(
            200,
            "<html><body>Workspace server is starting</body></html>",
        );
    };
    workspace.answers += 1;
    answer(workspace, path, now - up)
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
