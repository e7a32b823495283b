//! Custom domains and what their paths point at.

use serde_json::{Value, json};

use super::{Answer, Answered, Call, Problem, bodies, metadata, no_such_endpoint};
use crate::{Connections, Domain, World};

pub(super) fn route(world: &mut World, call: &Call<'_>, team: &str, rest: &[&str]) -> Answered {
    let team = metadata::member(world, team)?.id;
    match (call.method, rest) {
        ("GET", []) => Ok(list(world, team)),
        ("GET", ["domain", name]) => get(world, team, name),
        ("PATCH", ["domain", name]) => change(world, call, team, name),
        ("PUT", ["domain", name, "workspace-connections"]) => connect(world, call, team, name),
        _ => no_such_endpoint(world, call),
    }
}

fn list(world: &World, team: u64) -> Answer {
    let domains = world
        .domains
        .iter()
        .filter(|(_, domain)| domain.team == team);
    Answer::json(
        domains
            .map(|(name, domain)| domain_json(name, domain))
            .collect(),
    )
}

fn get(world: &mut World, team: u64, name: &str) -> Answered {
    Ok(Answer::json(domain_json(name, find(world, team, name)?)))
}

fn find<'a>(world: &'a mut World, team: u64, name: &str) -> Result<&'a mut Domain, Problem> {
    let domain = world
        .domains
        .get_mut(name)
        .filter(|domain| domain.team == team);
    domain.ok_or_else(|| Problem::not_found("Domain is not found."))
}

/// A change of anything but the settings answers 200 and changes nothing.
fn change(world: &mut World, call: &Call<'_>, team: u64, name: &str) -> Answered {
    let change: bodies::DomainChange = bodies::parse(world, call, &[])?;
    let domain = find(world, team, name)?;
    domain.restricted = change.restricted.unwrap_or(domain.restricted);
    Ok(Answer::json(domain_json(name, domain)))
}

fn connect(world: &mut World, call: &Call<'_>, team: u64, name: &str) -> Answered {
    let body = bodies::json(call)?;
    let center = find(world, team, name)?.data_center;
    let wanted: Option<Connections> = serde_json::from_value(body.clone()).ok();
    match wanted {
        Some(wanted) => {
            validate(world, &wanted, center)?;
            apply(world, name, wanted);
        }
        None if is_nested(&body) => world.violation(format!("nested connections: {body}")),
        None => return Err(Problem::schema("connections are a map from paths to ids")),
    }
    get(world, team, name)
}

/// `{"workspaces": {…}}` or the like: the API takes it and changes nothing.
fn is_nested(body: &Value) -> bool {
    body.as_object()
        .is_some_and(|fields| fields.values().any(Value::is_object))
}

fn validate(world: &World, wanted: &Connections, center: u64) -> Result<(), Problem> {
    if let Some(path) = wanted.keys().find(|path| !path.starts_with('/')) {
        return Err(Problem::schema(&format!("{path:?} is not a path")));
    }
    for id in wanted.values().flatten() {
        match world.workspaces.get(id) {
            None => {
                return Err(Problem::new(
                    400,
                    &format!("Workspace {id} does not exist."),
                ));
            }
            Some(workspace) if workspace.data_center != center => {
                let title = format!("Workspace {id} is in another data center than the domain.");
                return Err(Problem::new(400, &title));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn apply(world: &mut World, name: &str, mut wanted: Connections) {
    let (now, quirks) = (world.now, &mut world.quirks);
    if quirks.connections_ignored > 0 {
        quirks.connections_ignored -= 1;
        return;
    }
    let Some(domain) = world.domains.get_mut(name) else {
        return;
    };
    if quirks.connections_merge {
        let kept = domain.workspaces.iter();
        for (path, ids) in kept {
            wanted.entry(path.clone()).or_insert_with(|| ids.clone());
        }
    }
    domain.before = Some((domain.routed(now).clone(), now + quirks.switch_seconds));
    domain.workspaces = wanted;
}

fn domain_json(name: &str, domain: &Domain) -> Value {
    let reason = |good: bool| (!good).then_some("pending");
    json!({
        "teamId": domain.team,
        "dataCenterId": domain.data_center,
        "workspaces": domain.workspaces,
        "name": name,
        "certificateRequestStatus": {
            "issued": domain.certificate_issued,
            "reason": reason(domain.certificate_issued),
        },
        "dnsEntries": {
            "a": "192.0.2.1",
            "cname": "proxy.codesphere.test",
            "txt": "codesphere-verification=0000",
        },
        "domainVerificationStatus": {
            "verified": domain.verified,
            "reason": reason(domain.verified),
        },
        "customConfigRevision": 1,
        "customConfig": if domain.use_regex { json!({ "useRegex": true }) } else { json!({}) },
        "restricted": domain.restricted,
    })
}
