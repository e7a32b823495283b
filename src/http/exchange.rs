//! Owns one exchange: sent over the connection that it may go over, and the head of its answer read.

use std::io::Read;
use std::time::Duration;

use ureq::{Agent, AsSendBody};

use crate::http::message::{Head, Over, Request};
use crate::http::names::connects;
use crate::http::transport_error::{TransportError, transport_error};

/// A connection that was used so short a time ago is hardly ever closed without a word.
const RECENT: Duration = Duration::from_secs(1);
/// The buffers of connections that are not kept, in bytes: other than those of the rest.
const APART: usize = 64 << 10;

/// Whether it goes through the proxy.
pub(super) fn is_proxied(agent: &Agent) -> bool {
    agent.config().proxy().is_some()
}

/// What takes in a body.
pub(super) type Reading<'r> = dyn FnOnce(&Head, &mut dyn Read) + 'r;

/// Sends the request and lets `read` take in the body.
pub(super) fn perform(
    agent: &Agent,
    request: &Request,
    silence: Option<Duration>,
    read: Box<Reading<'_>>,
) -> Result<Head, TransportError> {
    let mut response = match connects(|| send(agent, request, Pooled::of(request.over), silence)) {
        // Nobody knew that the connection was closed: that is no failure of the request.
        (Err(TransportError::Lost(_)), false) if request.over == Over::Kept => {
            send(agent, request, Pooled::AtMost(Duration::ZERO), silence)?
        }
        (sent, _) => sent?,
    };
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let head = Head {
        status: response.status().as_u16(),
        location: header("location"),
        retry_after: header("retry-after"),
        content_type: header("content-type"),
        date: header("date"),
    };
    read(&head, &mut response.body_mut().as_reader());
    Ok(head)
}

/// What a request may take from the kept connections, and whether its own is kept.
#[derive(Clone, Copy)]
enum Pooled {
    /// Any of them.
    Any,
    /// One that was idle for at most so long; older ones are closed.
    AtMost(Duration),
    /// None, and its own is not kept.
    Apart,
}

impl Pooled {
    const fn of(over: Over) -> Self {
        match over {
            Over::Kept => Self::Any,
            Over::Recent => Self::AtMost(RECENT),
            Over::New => Self::Apart,
        }
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn send(
    agent: &Agent,
    request: &Request,
    pooled: Pooled,
    silence: Option<Duration>,
) -> Result<Response, TransportError> {
    let mut building = ureq::http::Request::builder()
        .method(request.method)
        .uri(&request.url);
    for (name, value) in &request.headers {
        building = building.header(*name, value);
    }
    let impossible = |error: ureq::http::Error| TransportError::Impossible(error.to_string());
    match &request.body {
        Some(body) => {
            let request = building.body(body.as_slice()).map_err(impossible)?;
            run(agent, request, pooled, silence)
        }
        None => run(
            agent,
            building.body(()).map_err(impossible)?,
            pooled,
            silence,
        ),
    }
    .map_err(|error| transport_error(&error, is_proxied(agent)))
}

/// With `silence`, the body may take as long as it likes, but for being silent so long.
fn run<B: AsSendBody>(
    agent: &Agent,
    request: ureq::http::Request<B>,
    pooled: Pooled,
    silence: Option<Duration>,
) -> Result<Response, ureq::Error> {
    // `ureq` keeps what it needs for TLS only from requests that change no setting.
    if let (Pooled::Any, None) = (pooled, silence) {
        return agent.run(request);
    }
    let request = agent.configure_request(request);
    let request = match pooled {
        Pooled::Any => request,
        Pooled::AtMost(idle) => request.max_idle_age(idle),
        // Where the buffers differ, no connection is shared.
        Pooled::Apart => request.input_buffer_size(APART),
    };
    let request = match silence {
        None => request,
        Some(_) => request.timeout_recv_body(None).timeout_per_read(silence),
    };
    agent.run(request.build())
}
