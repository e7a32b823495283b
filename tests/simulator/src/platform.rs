//! What all connections share: the world, the journal, the clock; and how a request is put to them.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::api::{self, Answer, Door};
use crate::deliver;
use crate::faults::{FaultKind, Struck, strike};
use crate::http::Request;
use crate::journal::Journal;
use crate::time::http_date;
use crate::tls::Authority;
use crate::traffic::{self, Visit};
use crate::{Call, Now, World};

/// The platform behind all doors.
pub(crate) struct Platform {
    now: Now,
    world: Mutex<World>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) authority: Authority,
    pub(crate) stopping: AtomicBool,
    /// Log streams whose clients are there.
    pub(crate) streams: AtomicU64,
    /// Log streams that say nothing more before time passes or their clients go.
    pub(crate) resting: AtomicU64,
    pub(crate) arrivals: AtomicU64,
    connections: Mutex<BTreeMap<u64, TcpStream>>,
}

/// An answer, and what goes wrong while it is sent.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) disruption: Option<FaultKind>,
    /// Whether it answers somebody who reads a log.
    pub(crate) of_log: bool,
}

impl Platform {
    pub(crate) fn new(now: Now, world: World) -> Self {
        Self {
            now,
            world: Mutex::new(world),
            journal: Mutex::default(),
            authority: Authority::new(),
            stopping: AtomicBool::new(false),
            streams: AtomicU64::new(0),
            resting: AtomicU64::new(0),
            arrivals: AtomicU64::new(0),
            connections: Mutex::default(),
        }
    }

    /// The world as of now. The clock is asked first: a virtual one may have locks of its own.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let now = (self.now)().as_secs_f64();
        let mut world = lock(&self.world);
        world.now = world.now.max(now);
        world.cut();
        world
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Keeps hold of a connection, so that it can be ended from outside.
    pub(crate) fn register(&self, stream: &TcpStream) -> u64 {
        let id = self.arrivals.fetch_add(1, Ordering::Relaxed);
        if let Ok(copy) = stream.try_clone() {
            lock(&self.connections).insert(id, copy);
        }
        id
    }

    pub(crate) fn forget(&self, id: u64) {
        lock(&self.connections).remove(&id);
    }

    pub(crate) fn end_connections(&self) {
        for connection in lock(&self.connections).values() {
            connection.shutdown(Shutdown::Both).unwrap_or_default();
        }
    }

    /// A request to the API: what goes wrong, what is done, what is answered.
    pub(crate) fn call(&self, request: &Request, path: &str, door: Door) -> Outcome {
        let arrival = (self.now)();
        let mut world = self.world();
        let Struck {
            before,
            after,
            disruption,
        } = strike(&mut world.faults, &request.method, path);
        for action in &before {
            action(&mut world);
        }
        let mut answer = match &disruption {
            Some(kind) if !kind.acts() => Answer::empty(),
            _ => {
                let call = api::Call {
                    method: &request.method,
                    path,
                    request,
                };
                api::handle(&mut world, &call, door)
            }
        };
        world.cut();
        for action in &after {
            action(&mut world);
        }
        if let Some(kind) = &disruption {
            if kind.acts() {
                world.lost_answers.insert(path.to_owned());
            }
            answer = deliver::altered(answer, kind);
        }
        let quirks = &world.quirks;
        if !quirks.no_date {
            let date = (
                "date".to_owned(),
                http_date(world.now + quirks.ahead + quirks.date_ahead),
            );
            answer.headers.push(date);
        }
        let whole = disruption.as_ref().is_none_or(deliver::is_whole);
        let call = Call {
            method: request.method.clone(),
            path: path.to_owned(),
            headers: request.headers.clone(),
            body: serde_json::from_slice(&request.body).ok(),
            status: whole.then_some(answer.status),
            answer: if whole {
                answer.recorded()
            } else {
                Value::Null
            },
            at: arrival,
            injected: disruption.is_some() || !answer.documented,
        };
        lock(&self.journal)
            .calls
            .push((call, answer.content_type()));
        Outcome {
            answer,
            disruption,
            of_log: path.contains("/logs/"),
        }
    }

    /// A request to an application that came in over the proxy.
    pub(crate) fn visit(&self, request: &Request, host: &str) -> Outcome {
        let mut world = self.world();
        inspect(&mut world, request, host);
        let pass = request.header("x-cs-authorization");
        let (visit, disruption) =
            disturbed(&mut world, &request.method, host, &request.target, pass);
        let is_whole = disruption.as_ref().is_none_or(deliver::is_whole);
        let status = if is_whole { visit.status } else { 0 };
        let note = (host.to_owned(), request.target.clone(), status);
        lock(&self.journal).visits.push(note);
        let mut answer = Answer::text("text/html", visit.body).with_status(visit.status);
        answer.headers.extend(visit.headers);
        Outcome {
            answer,
            disruption,
            of_log: false,
        }
    }

    /// A request to an application without any socket.
    pub(crate) fn visit_in_process(&self, host: &str, path: &str) -> Visit {
        let (visit, disruption) = disturbed(&mut self.world(), "GET", host, path, None);
        if disruption.as_ref().is_none_or(deliver::is_whole) {
            visit
        } else {
            Visit::new(0, "")
        }
    }
}

/// Whatever state a panicking test left is still worth looking at.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A visit with the faults that are meant for it.
fn disturbed(
    world: &mut World,
    method: &str,
    host: &str,
    target: &str,
    pass: Option<&str>,
) -> (Visit, Option<FaultKind>) {
    let path = target.split('?').next().unwrap_or_default();
    let struck = strike(&mut world.visit_faults, method, &format!("{host}{path}"));
    for action in &struck.before {
        action(world);
    }
    let mut visit = match &struck.disruption {
        Some(kind) if !kind.acts() => Visit::new(0, ""),
        _ => traffic::visit(world, host, target, pass),
    };
    for action in &struck.after {
        action(world);
    }
    if let Some(
        FaultKind::Status {
            status,
            headers,
            body,
        }
        | FaultKind::ActThenStatus {
            status,
            headers,
            body,
        },
    ) = &struck.disruption
    {
        visit = Visit {
            headers: headers.clone(),
            ..Visit::new(*status, body)
        };
    }
    (visit, struck.disruption)
}

/// Notes secrets that arrive where they do not belong.
fn inspect(world: &mut World, request: &Request, host: &str) {
    for name in ["authorization", "proxy-authorization"] {
        if request.header(name).is_some() {
            world.violation(format!("{name} arrived at {host}"));
        }
    }
    if request.header("accept-encoding") != Some("identity") {
        world.violation(format!(
            "{host} may answer in an encoding that nobody reads"
        ));
    }
    let own = world
        .workspaces
        .values()
        .find(|workspace| workspace.dev_domain == host);
    let wanted = own.is_some_and(|workspace| workspace.restricted);
    if request.header("x-cs-authorization").is_some() && !wanted {
        world.violation(format!("x-cs-authorization arrived at {host}"));
    }
}
