//! Owns one try of a call: sent, and on to wherever redirects lead.

use std::io::Read;
use std::time::{Duration, Instant};

pub(super) use crate::codesphere::budget::Repeat;
use crate::codesphere::dated::Dated;
use crate::codesphere::error::{ApiError, Kind};
use crate::codesphere::redirect::Base;
use crate::http::{Head, Http, Over, Request, TransportError};
use crate::runner::door::Door;
use crate::runner::secret::Secret;

const REDIRECTS: u32 = 10;

/// What a call is made of.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) repeat: Repeat,
}

/// Where requests go, and with whose key.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) http: Http,
    pub(super) base: Base,
    pub(super) token: Secret,
    pub(super) dated: Dated,
    pub(super) door: Door,
}

/// An answer, as far as it was no redirect.
type Answered<T> = Result<(Head, Result<Option<T>, Kind>), TransportError>;

impl Transport {
    /// One try, redirects included.
    pub(super) fn attempt<T, F>(&self, call: &Call, read: F) -> Result<T, Kind>
    where
        T: Send + 'static,
        F: Fn(&Head, &mut dyn Read) -> Result<T, Kind> + Clone + Send + 'static,
    {
        let over = if call.method == "GET" {
            Over::Kept
        } else {
            Over::Recent
        };
        self.follow(call, over, |request| {
            let read = read.clone();
            self.http.exchange(request, move |head, body| {
                unless_redirected(head, body, read)
            })
        })
    }

    /// Sends `call` through `exchange`, and on to wherever the API's redirects lead.
    pub(super) fn follow<T>(
        &self,
        call: &Call,
        over: Over,
        mut exchange: impl FnMut(Request) -> Answered<T>,
    ) -> Result<T, Kind> {
        let mut url = self.base.url(&call.path);
        for _ in 0..=REDIRECTS {
            let began = Instant::now();
            let answer = exchange(self.request(call, over, &url));
            let read = answer
                .as_ref()
                .map(|(head, read)| (head, read.as_ref().err()));
            note(call, &url, read, began.elapsed());
            let (head, read) = answer.map_err(Kind::TransportError)?;
            self.dated.note(&head);
            match read? {
                Some(value) => return Ok(value),
                None => url = self.redirected(call, &url, &head)?,
            }
        }
        Err(led_astray(&url))
    }

    /// What the call ended with after so many attempts.
    pub(super) fn error(&self, call: &Call, attempts: u32, kind: Kind) -> ApiError {
        let request = format!("{} {}", call.method, call.path);
        ApiError::new(request, attempts, kind, &self.door)
    }

    fn request(&self, call: &Call, over: Over, url: &str) -> Request {
        let mut headers = vec![
            ("authorization", format!("Bearer {}", self.token.reveal())),
            ("accept", "application/json".to_owned()),
        ];
        if call.body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Request {
            method: call.method,
            url: url.to_owned(),
            headers,
            body: call.body.clone(),
            over,
        }
    }

    /// 307 and 308 keep the method; the others are for reads only, as clients turn writes into reads there.
    fn redirected(&self, call: &Call, url: &str, head: &Head) -> Result<String, Kind> {
        let location = head.location.as_deref().unwrap_or_default();
        if location.is_empty() {
            return Err(Kind::InvalidResponse(format!(
                "a redirect ({}) to nowhere",
                head.status
            )));
        }
        if !matches!(head.status, 307 | 308) && call.method != "GET" {
            return Err(Kind::InvalidResponse(format!(
                "a redirect ({}) that would turn {} into GET, to {location}",
                head.status, call.method
            )));
        }
        let next = self.base.follow(url, location).map_err(Kind::Redirect)?;
        if call.method != "GET" && !self.base.leads_to(&next, &call.path) {
            return Err(Kind::InvalidResponse(format!(
                "a redirect ({}) of {} to another path, {location}",
                head.status, call.method
            )));
        }
        Ok(next)
    }
}

/// Reads the body, unless it is a redirect's.
pub(super) fn unless_redirected<T>(
    head: &Head,
    body: &mut dyn Read,
    read: impl FnOnce(&Head, &mut dyn Read) -> Result<T, Kind>,
) -> Result<Option<T>, Kind> {
    if is_redirect(head.status) {
        return Ok(None);
    }
    read(head, body).map(Some)
}

/// For developers: what was asked, what came back, and how long it took. No bodies: they could hold secrets.
fn note(
    call: &Call,
    url: &str,
    answer: Result<(&Head, Option<&Kind>), &TransportError>,
    took: Duration,
) {
    let came_back = match answer {
        Ok((head, Some(Kind::Refused(problem)))) => {
            let trace = problem.trace.as_deref().unwrap_or("none");
            format!("{}, traceId {trace}", head.status)
        }
        Ok((head, _)) => head.status.to_string(),
        Err(transport_error) => format!("{transport_error:?}"),
    };
    log::info!(
        "{} {url}: {came_back}, after {} ms",
        call.method,
        took.as_millis()
    );
}

fn led_astray(url: &str) -> Kind {
    Kind::InvalidResponse(format!(
        "more than {REDIRECTS} redirects, the last to {url}"
    ))
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
