//! Owns what is read of a log once its stage is over: the rest, and of a failing step the last lines.

use std::time::Instant;

use crate::codesphere::pipeline::{Stage, StageEntry, State};
use crate::failure::Evidence;
use crate::ids::WorkspaceId;
use crate::release::Logs;
use crate::steps::RunContext;
use crate::steps::judge::relevant;
use crate::steps::logs::printer::close;
use crate::steps::logs::source::{AFTER_SUCCESS, LogUpdate, Source};
use crate::steps::logs::{Follower, no_log};

/// As [`AFTER_SUCCESS`], of a stage that failed.
const AFTER_FAILURE: u32 = 12;
/// How often the rest of a log is asked for.
const LAST_TRIES: u32 = 3;
/// The logs of so many servers are shown for an application that does not answer.
const SERVERS: usize = 4;

impl Follower<'_, '_> {
    /// The stage is over, well: what is left of the logs is shown, and the streams are let go.
    pub(crate) fn finish(&mut self) {
        if self.mode == Logs::Live {
            self.show_all_rest(match self.stage {
                Stage::Prepare | Stage::Test => AFTER_SUCCESS,
                Stage::Run => 1,
            });
        }
    }

    /// The stage is over, badly: what is left of the logs is shown; gives the last lines of the step that failed
    /// (or was at work), as far as they can be had.
    pub(crate) fn finish_failed(&mut self, entries: &[StageEntry]) -> Option<Evidence> {
        self.note(&relevant(self.stage, entries));
        // The last line counts: no stream that began before the end is believed to have brought it.
        self.ends_early = true;
        for source in &mut self.sources {
            source.complete = false;
        }
        if self.mode == Logs::Live {
            self.show_all_rest(AFTER_FAILURE);
        }
        let failing = self.failing(entries)?;
        if self.mode == Logs::OnFailure {
            self.read_to_the_end(
                failing,
                false,
                Instant::now() + self.ctx.http.rest_of_a_log() * AFTER_FAILURE,
            );
        }
        let source = self.sources.get(failing)?;
        source.evidence(self.ctx.log.door())
    }

    /// The step that failed; else the last one that was at work; else the last one there is.
    fn failing(&self, entries: &[StageEntry]) -> Option<usize> {
        let of_state = |wanted: fn(&State) -> bool| {
            relevant(self.stage, entries).into_iter().find_map(|entry| {
                let index = entry.steps.iter().position(|step| wanted(&step.state));
                let index =
                    index.or_else(|| (entry.steps.is_empty() && wanted(&entry.state)).then_some(0));
                self.find(entry, index?)
            })
        };
        of_state(|state| *state == State::Failure)
            .or_else(|| of_state(|state| *state == State::Aborted))
            .or_else(|| of_state(|state| *state == State::Running))
            .or_else(|| self.sources.len().checked_sub(1))
    }

    fn show_all_rest(&mut self, patience: u32) {
        let end = Instant::now() + self.ctx.http.rest_of_a_log() * patience;
        for index in self.current..self.sources.len() {
            if index > self.current && self.stage != Stage::Run {
                self.current = index;
                self.open_group();
            }
            self.show_rest(index, end);
        }
        self.current = self.sources.len();
    }

    /// Shows what a step whose end is known has said and was not shown yet.
    pub(super) fn show_rest(&mut self, index: usize, end: Instant) {
        self.read_to_the_end(index, true, end);
        if let Some(source) = self.sources.get_mut(index) {
            close(self.ctx.log, source);
        }
    }

    /// Reads a log until it ends or falls silent; one whose stream ended before the step did, once more.
    fn read_to_the_end(&mut self, index: usize, show: bool, end: Instant) {
        let silence = self.ctx.http.rest_of_a_log();
        let Some(source) = self.sources.get_mut(index) else {
            return;
        };
        let mut tries = 0;
        while source.is_open() || (!source.complete && tries < LAST_TRIES) {
            if !source.is_open() {
                tries += 1;
                source.read(self.ctx.api.log(&source.location), self.ctx.time);
            }
            match source.listen_until(silence, end, self.ctx.time.cancel) {
                LogUpdate::Lines(lines) if show => self.printer.print(self.ctx.log, source, &lines),
                LogUpdate::Silence => {
                    source.let_go();
                    return;
                }
                LogUpdate::Ended if tries > 0 || !self.ends_early => return,
                LogUpdate::Broke(why) if tries == LAST_TRIES && !source.has_spoken() => {
                    no_log(self.ctx, source, &why);
                }
                LogUpdate::Lines(_) | LogUpdate::Ended | LogUpdate::Broke(_) => {}
            }
        }
    }
}

/// The last lines of the run stage's logs: why an application does not answer often stands there.
pub(crate) fn of_run(ctx: &RunContext<'_>, id: WorkspaceId) -> Vec<Evidence> {
    if ctx.logs == Logs::None || ctx.time.cancel.is_cancelled() {
        return Vec::new();
    }
    let mut follower = Follower::new(ctx, id, Stage::Run, Logs::OnFailure);
    let Ok(entries) = ctx.api.pipeline(id, Stage::Run) else {
        return Vec::new();
    };
    follower.note(&relevant(Stage::Run, &entries));
    let end = Instant::now() + ctx.http.rest_of_a_log() * AFTER_FAILURE;
    follower.sources.truncate(SERVERS);
    for index in 0..follower.sources.len() {
        follower.read_to_the_end(index, false, end);
    }
    let shown = |source: &Source| source.evidence(ctx.log.door());
    follower.sources.iter().filter_map(shown).collect()
}
