//! Owns HTTP: single exchanges, left behind by a cancellation, over connections that are kept. The only module that
//! knows `ureq`.

mod agent;
mod certificate;
mod exchange;
mod hosts;
mod limits;
mod message;
mod names;
mod proxy;
mod transport_error;

use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use ureq::Agent;
pub(crate) use ureq::http::Uri;
pub(crate) use ureq::tls::Certificate;

use crate::background::{self, Slot};
use crate::clock::Cancellation;
use crate::text::duration;
pub(crate) use agent::certificates;
use agent::{Agents, Recipe};
use exchange::{is_proxied, perform};
pub(crate) use hosts::is_loopback;
pub use limits::Limits;
pub(crate) use message::{Head, Over, Request};
use proxy::Proxied;
pub(crate) use proxy::{ProxyAddress, ProxySettings};
pub(crate) use transport_error::TransportError;

/// How long a blocked exchange stays deaf to a cancellation.
const DEAF: Duration = Duration::from_millis(50);

/// What takes in a body in another thread.
type SentReading = dyn FnOnce(&Head, &mut dyn Read) + Send;

/// A client for https everywhere, through the environment's proxy, and http on loopback.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    agents: Agents,
    recipe: Arc<Recipe>,
    cancel: Cancellation,
    end: Option<Instant>,
}

impl Http {
    /// `extra_roots` are trusted besides Mozilla's.
    pub(crate) fn new(
        limits: Limits,
        proxy: &ProxySettings,
        extra_roots: &[Certificate<'static>],
        cancel: Cancellation,
    ) -> Result<Self, String> {
        let proxied = match &proxy.https {
            None => None,
            Some(address) => Some(Proxied::new(address)?),
        };
        let recipe = Arc::new(Recipe {
            limits,
            proxy: proxied,
            except: proxy.except.clone(),
            extra_roots: extra_roots.to_vec(),
        });
        Ok(Self {
            agents: Agents::new(&recipe),
            recipe,
            cancel,
            end: None,
        })
    }

    /// The same client under another wish to stop and with connections of its own: for undoing. Where time is short, all of its exchanges together
    /// have [`Limits::after_cancellation`], and those that come later are not sent.
    pub(crate) fn for_undo(&self, cancel: Cancellation, time_limited: bool) -> Self {
        Self {
            cancel,
            end: time_limited.then(|| Instant::now() + self.recipe.limits.after_cancellation),
            agents: Agents::new(&self.recipe),
            recipe: Arc::clone(&self.recipe),
        }
    }

    fn is_out_of_time(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Sends `request` and lets `read` take in the answer's body. Redirects and error statuses are answers like others.
    ///
    /// The exchange runs in a thread of its own, which a cancellation leaves behind.
    pub(crate) fn exchange<T, F>(
        &self,
        request: Request,
        read: F,
    ) -> Result<(Head, T), TransportError>
    where
        T: Send + 'static,
        F: FnOnce(&Head, &mut dyn Read) -> T + Send + 'static,
    {
        self.exchange_within(None, request, read)
    }

    /// As [`Http::exchange`] with an application, whose whole answer may take [`Limits::application`].
    pub(crate) fn visit<T, F>(&self, request: Request, read: F) -> Result<(Head, T), TransportError>
    where
        T: Send + 'static,
        F: FnOnce(&Head, &mut dyn Read) -> T + Send + 'static,
    {
        self.exchange_within(Some(self.recipe.limits.application), request, read)
    }

    fn exchange_within<T, F>(
        &self,
        limit: Option<Duration>,
        request: Request,
        read: F,
    ) -> Result<(Head, T), TransportError>
    where
        T: Send + 'static,
        F: FnOnce(&Head, &mut dyn Read) -> T + Send + 'static,
    {
        let (result, taken) = Slot::pair();
        let read = Box::new(move |head: &Head, body: &mut dyn Read| taken.put(read(head, body)));
        let head = self.exchange_apart(limit, request, read)?;
        Ok((head, result.take().ok_or_else(ended_abruptly)?))
    }

    fn exchange_apart(
        &self,
        limit: Option<Duration>,
        request: Request,
        read: Box<SentReading>,
    ) -> Result<Head, TransportError> {
        if self.cancel.is_cancelled() {
            return Err(TransportError::Cancelled);
        }
        if self.is_out_of_time() {
            let why = "there was no time left for it after the cancellation";
            return Err(TransportError::Impossible(why.to_owned()));
        }
        let agent = self.agent_for(&request.url)?.clone();
        let goes_through_proxy = is_proxied(&agent);
        let (answer, given) = Slot::pair();
        let exchange = move || given.put(perform(&agent, &request, None, read));
        let over = background::start("exchange", Box::new(exchange)).map_err(|error| {
            TransportError::NotConnected(format!("no thread to be had: {error}"))
        })?;
        let ended = self.await_end(&over, limit);
        let answer = ended.and_then(|()| answer.take().unwrap_or_else(|| Err(ended_abruptly())));
        self.naming_the_proxy(goes_through_proxy, answer)
    }

    /// Trouble with the proxy says which it is.
    fn naming_the_proxy(
        &self,
        goes_through_it: bool,
        answer: Result<Head, TransportError>,
    ) -> Result<Head, TransportError> {
        match &self.recipe.proxy {
            Some(proxy) if goes_through_it => proxy.named(answer),
            _ => answer,
        }
    }

    /// Sends `request` and lets `read` take in a body that may go on for ever, in the caller's own thread: nothing
    /// but the stream's silence ends it.
    pub(crate) fn stream<T>(
        &self,
        request: &Request,
        read: impl FnOnce(&Head, &mut dyn Read) -> T,
    ) -> Result<(Head, T), TransportError> {
        let agent = self.agent_for(&request.url)?;
        let mut taken = None;
        let read = Box::new(|head: &Head, body: &mut dyn Read| taken = Some(read(head, body)));
        let answer = perform(agent, request, Some(self.recipe.limits.silence), read);
        let head = self.naming_the_proxy(is_proxied(agent), answer)?;
        Ok((head, taken.ok_or_else(ended_abruptly)?))
    }

    /// How long more of a log is waited for once its step is over.
    pub(crate) fn rest_of_a_log(&self) -> Duration {
        self.recipe.limits.rest_of_a_log
    }

    /// The exchange is left behind once `limit` has passed.
    fn await_end(
        &self,
        over: &background::Over,
        limit: Option<Duration>,
    ) -> Result<(), TransportError> {
        let start = Instant::now();
        loop {
            match over.recv_timeout(DEAF) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    return Err(TransportError::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.is_out_of_time() {
                return Err(TransportError::Lost(
                    "no answer in the time that is left".to_owned(),
                ));
            }
            if let Some(limit) = limit.filter(|limit| start.elapsed() >= *limit) {
                let why = format!("no whole answer within {}", duration(limit));
                return Err(TransportError::Lost(why));
            }
        }
    }

    fn agent_for(&self, url: &str) -> Result<&Agent, TransportError> {
        let uri: Uri = url
            .parse()
            .map_err(|error| TransportError::Impossible(format!("{url} is no address: {error}")))?;
        let host = uri.host().unwrap_or_default();
        Ok(self.agents.for_host(host, &self.recipe.except))
    }
}

fn ended_abruptly() -> TransportError {
    TransportError::Lost("the exchange ended abruptly".to_owned())
}
