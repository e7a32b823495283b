//! The call that brings a step's log, as a stream that can be read in a thread of its own.

use crate::codesphere::call::{Call, Repeat, Transport, unless_redirected};
use crate::codesphere::client::{Client, call, segment};
use crate::codesphere::error::ApiError;
use crate::codesphere::events::{self, LogEvent};
use crate::codesphere::pipeline::Stage;
use crate::http::Over;
use crate::ids::WorkspaceId;

/// Whose log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLocation {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// The stage.
    pub(crate) stage: Stage,
    /// The step, counted from 0.
    pub(crate) step: usize,
    /// The landscape's server, for `run` there.
    pub(crate) server: Option<String>,
}

/// A log that can be read: from its start, once.
pub(crate) struct LogStream {
    transport: Transport,
    call: Call,
}

impl Client<'_> {
    /// The log of a step. Nothing is asked before it is read.
    pub(crate) fn log(&self, route: &LogLocation) -> LogStream {
        let LogLocation {
            workspace,
            stage,
            step,
            server,
        } = route;
        let mut path = format!("/workspaces/{workspace}/logs/{stage}/{step}");
        if let Some(server) = server {
            path.push_str("/server/");
            path.push_str(&segment(server));
        }
        LogStream {
            transport: self.retrying.transport.clone(),
            call: call::<()>("GET", path, None, Repeat::Freely),
        }
    }
}

impl LogStream {
    /// Reads until the log ends, falls silent for long, or `tell` has heard enough and says `false`.
    /// Blocks; one try. Its end is told before the connection is closed.
    pub(crate) fn read(self, mut tell: impl FnMut(LogEvent) -> bool) -> Result<(), ApiError> {
        let read = self.transport.follow(&self.call, Over::New, |request| {
            self.transport.http.stream(&request, |head, body| {
                unless_redirected(head, body, |head, body| events::read(head, body, &mut tell))
            })
        });
        read.map_err(|kind| self.transport.error(&self.call, 1, kind))
    }
}
