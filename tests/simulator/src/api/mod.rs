//! The API: who may ask, what is asked, and which part of it answers.

mod answer;
mod bodies;
mod domains;
mod execute;
mod git;
mod landscape;
mod logs;
mod managed;
mod metadata;
mod pipeline;
mod settings;
mod vault;
mod workspaces;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

pub(crate) use answer::{Answer, Body, Problem};
pub(crate) use logs::{LogSource, events, flood};
pub(crate) use workspaces::filler;

use crate::World;
use crate::http::Request;

/// The host under which the API is reached through the proxy.
pub(crate) const HOST: &str = "cloud.codesphere.test";

/// How a request reached the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Plain HTTP on loopback.
    Loopback,
    /// The generic host.
    Generic,
    /// A data centre's own host.
    DataCenter,
}

/// Whether the host is the API's, and which door that is.
pub(crate) fn door(host: &str) -> Option<Door> {
    if host == HOST {
        return Some(Door::Generic);
    }
    let center = host.strip_suffix(HOST)?.strip_suffix('.')?;
    let digits = !center.is_empty() && center.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(Door::DataCenter)
}

type Answered = Result<Answer, Problem>;

/// An API request, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) request: &'a Request,
}

/// Answers a request for `path` below `/api`.
pub(crate) fn handle(world: &mut World, call: &Call<'_>, door: Door) -> Answer {
    inspect(world, call);
    if let Some(location) = redirect(world, call, door) {
        return Answer::empty()
            .with_status(307)
            .header("location", &location);
    }
    let decoded: Vec<Cow<'_, str>> = call
        .path
        .trim_start_matches('/')
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
        .collect();
    let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    let answered = authorize(world, call).and_then(|()| route(world, call, &segments));
    let streams = segments.get(2) == Some(&"logs");
    answered.unwrap_or_else(|problem| {
        let trace = world.trace_id();
        if streams {
            problem.event(&trace)
        } else {
            problem.answer(&trace)
        }
    })
}

fn route(world: &mut World, call: &Call<'_>, segments: &[&str]) -> Answered {
    match (call.method, segments) {
        ("GET", ["teams"]) => Ok(metadata::teams(world)),
        ("GET", ["teams", team]) => metadata::team(world, team),
        ("GET", ["metadata", "datacenters"]) => Ok(metadata::datacenters(world)),
        ("GET", ["metadata", "workspace-plans"]) => Ok(metadata::plans(world)),
        ("GET", ["metadata", "workspace-base-images"]) => Ok(metadata::base_images()),
        ("GET", ["managed-services"]) => managed::list(world, call),
        ("GET", ["vault", "teams", team, rest @ ..]) => vault::route(world, call, team, rest),
        (_, ["domains", "team", team, rest @ ..]) => domains::route(world, call, team, rest),
        ("POST", ["workspaces"]) => workspaces::create(world, call),
        ("GET", ["workspaces", "team", team]) => workspaces::list(world, team),
        (_, ["workspaces", id, rest @ ..]) => workspaces::route(world, call, id, rest),
        _ => no_such_endpoint(world, call),
    }
}

/// 404 for a path that is not in the document, or not simulated.
fn no_such_endpoint(world: &mut World, call: &Call<'_>) -> Answered {
    world.violation(format!("no such endpoint: {} {}", call.method, call.path));
    Err(Problem::not_found("There is no such endpoint."))
}

fn authorize(world: &World, call: &Call<'_>) -> Result<(), Problem> {
    let wanted = format!("Bearer {}", world.token);
    match call.request.header("authorization") {
        Some(given) if given == wanted => Ok(()),
        _ => Err(Problem::new(
            401,
            "Authorization information is missing or invalid.",
        )),
    }
}

fn redirect(world: &mut World, call: &Call<'_>, door: Door) -> Option<String> {
    if door == Door::DataCenter {
        return None;
    }
    if let Some(foreign) = &world.quirks.hostile_redirect {
        return Some(foreign.clone());
    }
    let home = world.quirks.redirect_to_datacenter && door == Door::Generic;
    home.then(|| format!("https://1.{HOST}/api{}", call.path))
}

/// Notes what is wrong with a request whatever it asks for.
fn inspect(world: &mut World, call: &Call<'_>) {
    let agent = call.request.header("user-agent").unwrap_or_default();
    if !agent.starts_with("codesphere-release/") {
        world.violation(format!(
            "user agent: {agent:?} on {} {}",
            call.method, call.path
        ));
    }
    for name in call.request.repeated_headers() {
        world.violation(format!(
            "header sent twice: {name} on {} {}",
            call.method, call.path
        ));
    }
    let now = world.now;
    let recent = world.recent.entry(call.path.to_owned()).or_default();
    recent.push_back(now);
    while recent.front().is_some_and(|time| *time <= now - 1.0) {
        recent.pop_front();
    }
    if recent.len() == 11 {
        world.violation(format!("more than 10 requests in a second: {}", call.path));
    }
}

/// A path segment that is an id.
fn id(segment: &str) -> Result<u64, Problem> {
    segment
        .parse()
        .map_err(|_| Problem::schema(&format!("{segment:?} is not an id")))
}
