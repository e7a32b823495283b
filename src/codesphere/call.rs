//! Owns one call: sent, redirected, and tried again within its budget.

use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub(super) use crate::codesphere::budget::{Budget, Repeat};
use crate::codesphere::budget::{may_try_again, retry_after};
use crate::codesphere::dated::Dated;
use crate::codesphere::error::{ApiError, Kind};
use crate::codesphere::redirect::Base;
use crate::http::{Head, Http, Over, Request, TransportError};
use crate::runner::door::Door;
use crate::runner::secret::Secret;
use crate::text::duration;
use crate::wait::{Backoff, Observer, Time};

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

/// What calls go through: a transport, and patience.
#[derive(Clone)]
pub(super) struct RetryingTransport<'a> {
    pub(super) transport: Transport,
    pub(super) time: Time<'a>,
    pub(super) observer: &'a (dyn Observer + Sync),
    pub(super) budget: Budget,
}

/// A read whose first try is on its way, alongside others.
pub(crate) struct Begun<'a, T> {
    retrying: RetryingTransport<'a>,
    call: Call,
    read: Reading<T>,
    first: Receiver<Result<T, Kind>>,
}

/// How an answer is read.
pub(super) type Reading<T> = fn(&Head, &mut dyn Read) -> Result<T, Kind>;

impl<T: Send + 'static> Begun<'_, T> {
    /// Waits for the answer. Another try is made here, in its turn.
    pub(crate) fn answer(self) -> Result<T, ApiError> {
        let mut first = Some(self.first);
        let mut attempt = || match first.take() {
            Some(first) => first.recv().unwrap_or_else(|_| Err(ended_abruptly())),
            None => self.retrying.transport.attempt(&self.call, self.read),
        };
        self.retrying.tries(&self.call, &mut attempt, || None)
    }
}

fn ended_abruptly() -> Kind {
    let why = "the exchange ended abruptly".to_owned();
    Kind::TransportError(TransportError::Lost(why))
}

impl<'a> RetryingTransport<'a> {
    /// Begins a read, whose answer is waited for later.
    pub(super) fn begin<T: Send + 'static>(&self, call: Call, read: Reading<T>) -> Begun<'a, T> {
        let (send, first) = channel();
        let (transport, begun) = (self.transport.clone(), call.clone());
        // A cancellation ends it, as it ends every exchange; where there is no thread, the channel ends at once.
        let _ = std::thread::Builder::new()
            .name("begun".to_owned())
            .spawn(move || send.send(transport.attempt(&begun, read)));
        Begun {
            retrying: self.clone(),
            call,
            read,
            first,
        }
    }

    /// Sends `call` until `read` makes sense of an answer, or another try cannot help.
    pub(super) fn send<T, F>(&self, call: &Call, read: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&Head, &mut dyn Read) -> Result<T, Kind> + Clone + Send + 'static,
    {
        self.send_looking(call, read, || None)
    }

    /// As [`RetryingTransport::send`], with a look before each try, which may find that none is wanted any more.
    pub(super) fn send_looking<T, F>(
        &self,
        call: &Call,
        read: F,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&Head, &mut dyn Read) -> Result<T, Kind> + Clone + Send + 'static,
    {
        let mut attempt = || self.transport.attempt(call, read.clone());
        self.tries(call, &mut attempt, &mut look)
    }

    fn tries<T>(
        &self,
        call: &Call,
        attempt: &mut impl FnMut() -> Result<T, Kind>,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, ApiError> {
        let mut intervals = Backoff::RETRY.intervals();
        let start = self.time.now();
        let mut attempts = 0;
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            attempts += 1;
            let began = self.time.now();
            let kind = match attempt() {
                Ok(value) => return Ok(value),
                Err(kind) => kind,
            };
            let error = self.transport.error(call, attempts, kind);
            let now = self.time.now();
            let pause = intervals
                .next(now.saturating_sub(start))
                .max(retry_after(&error));
            if !may_try_again(call.repeat, &error)
                || !self.budget.allows(began, now.saturating_add(pause))
            {
                return Err(error);
            }
            self.observer
                .progress(&format!("{error}; trying again in {}", duration(pause)));
            if self.time.pause(pause).is_err() {
                let kind = Kind::TransportError(TransportError::Cancelled);
                return Err(self.transport.error(call, attempts, kind));
            }
        }
    }
}

/// An answer, as far as it was no redirect.
type Answered<T> = Result<(Head, Result<Option<T>, Kind>), TransportError>;

impl Transport {
    /// One try, redirects included.
    fn attempt<T, F>(&self, call: &Call, read: F) -> Result<T, Kind>
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
            note(call, &url, &answer, began.elapsed());
            let (head, read) = answer.map_err(Kind::TransportError)?;
            self.dated.note(&head);
            match read? {
                Some(value) => return Ok(value),
                None => url = self.redirected(call, &url, &head)?,
            }
        }
        Err(Kind::InvalidResponse(format!(
            "more than {REDIRECTS} redirects, the last to {url}"
        )))
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
fn note<T>(call: &Call, url: &str, answer: &Answered<T>, took: Duration) {
    let came_back = match answer {
        Ok((head, Err(Kind::Refused(problem)))) => {
            let trace = problem.trace.as_deref().unwrap_or("none");
            format!("{}, traceId {trace}", head.status)
        }
        Ok((head, _)) => head.status.to_string(),
        Err(transport_error) => format!("{transport_error:?}"),
    };
    log::debug!(
        "{} {url}: {came_back}, after {} ms",
        call.method,
        took.as_millis()
    );
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
