//! Owns the calls: one method each, named for what it does.

mod by_hand;
pub(crate) mod logs;
mod teams;
mod work;
mod workspaces;

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codesphere::body;
use crate::codesphere::call::{Call, Repeat, Transport};
use crate::codesphere::dated::Dated;
use crate::codesphere::error::ApiError;
use crate::codesphere::redirect::Base;
pub(crate) use crate::codesphere::retrying::Begun;
use crate::codesphere::retrying::{Budget, RetryingTransport};
use crate::http::Http;
use crate::moment::Moment;
use crate::runner::door::Door;
use crate::runner::secret::Secret;
use crate::wait::{Observer, Time};

/// All that calls outside a wait may spend on being tried again.
pub(crate) const BUDGET: Duration = Duration::from_mins(5);

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The API of one installation, with one token.
#[derive(Clone)]
pub(crate) struct Client<'a> {
    retrying: RetryingTransport<'a>,
}

type Answer<T> = Result<T, ApiError>;

impl<'a> Client<'a> {
    /// Calls outside a wait share [`BUDGET`] for being tried again.
    pub(crate) fn new(
        http: Http,
        base: Base,
        token: Secret,
        door: Door,
        time: Time<'a>,
        observer: &'a (dyn Observer + Sync),
    ) -> Self {
        Self {
            retrying: RetryingTransport {
                transport: Transport {
                    http,
                    base,
                    token,
                    dated: Dated::default(),
                    door,
                },
                time,
                observer,
                budget: Budget::shared(BUDGET),
            },
        }
    }

    /// The same API, its calls tried again until `deadline` of the clock.
    pub(crate) fn until(&self, deadline: Duration) -> Self {
        let mut retrying = self.retrying.clone();
        retrying.budget = Budget::Until(deadline);
        Self { retrying }
    }

    /// The same API through another client, under other time and with a fresh budget: for undoing.
    pub(crate) fn afresh<'b>(&self, http: Http, time: Time<'b>, budget: Duration) -> Client<'b>
    where
        'a: 'b,
    {
        Client {
            retrying: RetryingTransport {
                transport: Transport {
                    http,
                    ..self.retrying.transport.clone()
                },
                time,
                observer: self.retrying.observer,
                budget: Budget::shared(budget),
            },
        }
    }

    /// The host that the token belongs to, for messages.
    pub(crate) fn host(&self) -> String {
        self.retrying.transport.base.authority()
    }

    /// What time it was for the platform when it last gave a good answer; absent where its answers carry no date.
    pub(crate) fn now(&self) -> Option<Moment> {
        self.retrying.transport.dated.latest()
    }

    /// How far the runner's calendar and the platform's are apart, where that is known.
    pub(crate) fn clocks_apart(&self) -> Option<Duration> {
        let runner = Moment::from(self.retrying.time.clock.calendar());
        Some(self.now()?.apart(runner))
    }

    /// Begins to read an object, so that other reads can go alongside.
    fn begin<T: DeserializeOwned + Send + 'static>(&self, path: String) -> Begun<'a, T> {
        let call = call::<()>("GET", path, None, Repeat::Freely);
        self.retrying.begin(call, body::object)
    }

    /// Begins to read a list.
    fn begin_list<T: DeserializeOwned + Send + 'static>(&self, path: String) -> Begun<'a, Vec<T>> {
        let call = call::<()>("GET", path, None, Repeat::Freely);
        self.retrying.begin(call, body::whole_list)
    }

    /// Begins to read a list of names.
    fn begin_names(&self, path: String) -> Begun<'a, Vec<String>> {
        let call = call::<()>("GET", path, None, Repeat::Freely);
        self.retrying.begin(call, body::names)
    }

    fn get_list<T: DeserializeOwned + Send + 'static>(&self, path: String) -> Answer<Vec<T>> {
        self.retrying.send(
            &call::<()>("GET", path, None, Repeat::Freely),
            body::whole_list,
        )
    }
}

fn call<B: Serialize + ?Sized>(
    method: &'static str,
    path: String,
    body: Option<&B>,
    repeat: Repeat,
) -> Call {
    Call {
        method,
        path,
        // Strings, numbers, lists and maps with string keys always become JSON.
        body: body.map(|body| serde_json::to_vec(body).unwrap_or_default()),
        repeat,
    }
}

fn profiled(path: String, profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!("{path}/{}", segment(profile)),
        None => path,
    }
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}
