//! Owns the drain: how long what served before goes on after a verified switch, so that the requests and web sockets that
//! it still serves end by themselves.

use std::cell::Cell;
use std::time::Duration;

use crate::failure::Failure;
use crate::flows::shared::promotion::plan::Promotion;
use crate::release::Health;
use crate::steps::RunContext;
use crate::text::duration;

/// What has to pass before anything that served before is stopped or deleted.
pub(crate) struct Drain<'a, 'c> {
    ctx: &'a RunContext<'c>,
    words: String,
    end: Duration,
    over: Cell<bool>,
}

impl<'a, 'c> Drain<'a, 'c> {
    /// Of a release whose switch was verified so long `ago`.
    pub(crate) fn of(promotion: &Promotion, ago: Duration, ctx: &'a RunContext<'c>) -> Self {
        let (drain, follow) = (promotion.inputs.drain, let_traffic_follow(promotion, ctx));
        let mut words = format!("{} (`drain`) for what it still serves", duration(drain));
        if !follow.is_zero() {
            words = format!(
                "{} (`switch-timeout`), as nothing proves that visitors reach the new version, and {words}",
                duration(follow)
            );
        }
        let left = (drain + follow).saturating_sub(ago);
        Self {
            ctx,
            words,
            end: ctx.time.now() + left,
            over: Cell::new(left.is_zero()),
        }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Waits until it is over; only a cancellation ends it early.
    pub(crate) fn wait(&self) -> Result<(), Failure> {
        if self.is_over() {
            return Ok(());
        }
        let time = self.ctx.time;
        self.ctx.log.line(&format!(
            "waiting before what served before is touched: {}",
            self.words
        ));
        let start = time.now();
        time.pause(self.end.saturating_sub(start))?;
        self.ctx.report.waited(start, time.now());
        self.over.set(true);
        Ok(())
    }
}

/// Without proof, visitors may still be sent to what served before for some seconds.
fn let_traffic_follow(promotion: &Promotion, ctx: &RunContext<'_>) -> Duration {
    if is_proven(promotion, ctx.health.as_ref()) {
        Duration::ZERO
    } else {
        promotion.inputs.switch_timeout
    }
}

/// Whether the domain was seen to answer from the new version, and not just from some version.
fn is_proven(promotion: &Promotion, health: Option<&Health>) -> bool {
    let tells = health.is_some_and(|health| health.body.is_some());
    tells && promotion.targets.iter().all(|target| !target.restricted)
}
