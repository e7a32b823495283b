//! Owns which logs a stage has: whose, of which step, and what people call them.

use crate::codesphere::client::logs::LogLocation;
use crate::codesphere::pipeline::{Stage, StageEntry, State};
use crate::ids::WorkspaceId;
use crate::runner::door::Door;
use crate::steps::logs::source::Source;
use crate::steps::up::IDE;

/// The steps that have begun. `run` may list none although its process is there.
pub(super) fn begun(stage: Stage, entry: &StageEntry) -> impl Iterator<Item = usize> {
    let hidden = stage == Stage::Run && entry.steps.is_empty() && entry.state != State::Waiting;
    let listed = entry.steps.iter().enumerate();
    let listed = listed
        .filter(|(_, step)| step.state != State::Waiting)
        .map(|(index, _)| index);
    hidden.then_some(0).into_iter().chain(listed)
}

pub(super) fn source(
    workspace: WorkspaceId,
    stage: Stage,
    entry: &StageEntry,
    index: usize,
    door: &Door,
) -> Source {
    let server = server_of(stage, entry);
    let location = LogLocation {
        workspace,
        stage,
        step: index,
        server: server.clone(),
    };
    let step = match entry.steps.len() {
        0 | 1 => String::new(),
        steps => format!(", step {} of {steps}", index + 1),
    };
    let on = server
        .as_ref()
        .map_or_else(String::new, |server| format!(" on {server}"));
    let title = format!("{stage}{step}{on}");
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let prefix = server.map_or_else(String::new, |server| {
        let name: String = door.excerpt(&server, 40).chars().map(plain).collect();
        format!("{name} ")
    });
    Source::new(location, title, prefix)
}

/// A landscape's `run` has a log for each server.
pub(super) fn server_of(stage: Stage, entry: &StageEntry) -> Option<String> {
    (stage == Stage::Run && entry.server != IDE && !entry.server.is_empty())
        .then(|| entry.server.clone())
}
