//! A connection's life: requests come in, go to the API or to an application, and are answered.

use std::io::{Read, Result, Write};

use crate::api::{self, Answer, Door};
use crate::deliver::deliver;
use crate::http::{Reader, Request};
use crate::platform::{Outcome, Platform};

/// What a connection leads to.
pub(crate) enum Site {
    /// The API on loopback.
    Loopback,
    /// A host behind the proxy.
    Host(String),
}

/// Answers requests until one side has had enough; whether it ended in good order.
pub(crate) fn serve<S: Read + Write>(platform: &Platform, stream: S, site: &Site) -> (S, bool) {
    let mut reader = Reader::new(stream);
    let ended = exchange(platform, &mut reader, site);
    (reader.stream, ended.unwrap_or(false))
}

fn exchange<S: Read + Write>(
    platform: &Platform,
    reader: &mut Reader<S>,
    site: &Site,
) -> Result<bool> {
    while let Some(request) = reader.request()? {
        let outcome = site.answer(platform, &request);
        let reusable = deliver(platform, &mut reader.stream, &outcome)?;
        let dropped = platform.world().quirks.drops_idle;
        if !reusable || dropped || request.wants_close() {
            return Ok(reusable);
        }
    }
    Ok(true)
}

impl Site {
    fn answer(&self, platform: &Platform, request: &Request) -> Outcome {
        let door = match self {
            Self::Loopback => Some(Door::Loopback),
            Self::Host(host) => api::door(host),
        };
        let below = request.path().strip_prefix("/api");
        let below = below.filter(|rest| rest.starts_with('/'));
        match (door, below, self) {
            (Some(door), Some(path), _) => platform.call(request, path, door),
            (_, _, Self::Host(host)) => platform.visit(request, host),
            (_, _, Self::Loopback) => nothing_here(platform, request),
        }
    }
}

fn nothing_here(platform: &Platform, request: &Request) -> Outcome {
    let text = format!("outside the API: {} {}", request.method, request.target);
    platform.world().violation(text);
    let answer = Answer::text("text/plain", "The API is below /api.".to_owned()).with_status(404);
    Outcome {
        answer,
        disruption: None,
        of_log: false,
    }
}
