//! Owns the deletions: one after the other, each checked once more, and going on after a failure.

use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::report::Judged;
use crate::steps::RunContext;
use crate::steps::connections::ids;
use crate::steps::managed;
use crate::steps::retention::verdict::{Kind, Verdict};
use crate::steps::workspace::{Deletion, delete_unless_connected};
use crate::text::count;

/// After so many failures in a row the rest is left alone.
const IN_A_ROW: u32 = 5;

/// What became of the workspaces.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// How many were deleted.
    pub(crate) deleted: u32,
    /// How many stay, as they should.
    pub(crate) kept: u32,
    /// Those that should be gone and are not.
    pub(crate) left: Vec<WorkspaceId>,
    /// Why the first of them is still there; a cancellation, where there was one.
    pub(crate) failure: Option<Failure>,
    in_a_row: u32,
}

enum Became {
    Deleted,
    Kept(String),
    Left(String),
}

/// Deletes what is to be deleted, and tells what became of each workspace.
pub(crate) fn sweep(ctx: &RunContext<'_>, team: TeamId, verdicts: &[Verdict]) -> Swept {
    let mut swept = Swept::default();
    for verdict in verdicts {
        let became = if verdict.deletes() {
            swept.delete(ctx, team, verdict)
        } else {
            Became::Kept(verdict.decision.to_string())
        };
        swept.note(ctx, verdict, became);
    }
    swept
}

impl Swept {
    fn delete(&mut self, ctx: &RunContext<'_>, team: TeamId, verdict: &Verdict) -> Became {
        let id = verdict.own.id;
        if self.is_cancelled() || self.in_a_row == IN_A_ROW {
            return Became::Left("not tried any more".to_owned());
        }
        // A preview's data goes with it.
        let kept = match verdict.own.kind {
            Kind::Preview(..) => Ok(None),
            Kind::Release(_) => managed::keeps(ctx, id, None),
        };
        let deleted = match kept {
            Ok(Some(why)) => return Became::Kept(why),
            Ok(None) => delete_unless_connected(ctx, team, id),
            Err(failure) => Err(failure),
        };
        match deleted {
            Ok(Deletion::Done) => {
                self.in_a_row = 0;
                Became::Deleted
            }
            Ok(Deletion::PointedAt(domain)) => {
                Became::Kept(format!("{domain} points at it by now"))
            }
            Err(failure) => {
                self.in_a_row += 1;
                let why = failure.cause.clone();
                if failure.is_cancellation() || self.failure.is_none() {
                    self.failure = Some(failure);
                }
                Became::Left(why)
            }
        }
    }

    fn note(&mut self, ctx: &RunContext<'_>, verdict: &Verdict, became: Became) {
        let id = verdict.own.id;
        let (became, why) = match became {
            Became::Deleted => {
                self.deleted += 1;
                ("deleted", verdict.decision.to_string())
            }
            Became::Kept(why) => {
                self.kept += 1;
                ("kept", why)
            }
            Became::Left(why) => {
                ctx.log
                    .line(&format!("workspace {id} is still there: {why}"));
                self.left.push(id);
                ("still there", why)
            }
        };
        ctx.report.judged(Judged {
            workspace: id.to_string(),
            what: format!("{}, {}", verdict.own.name, verdict.own.kind),
            became,
            why,
        });
    }

    fn is_cancelled(&self) -> bool {
        self.failure.as_ref().is_some_and(Failure::is_cancellation)
    }

    /// What came of it, in a sentence or two.
    pub(crate) fn words(&self) -> String {
        let left = if self.left.is_empty() {
            String::new()
        } else {
            format!(" Still there: {}.", ids(&self.left))
        };
        match (self.deleted, self.kept) {
            (0, 0) if left.is_empty() => {
                "There is no workspace of this repository to judge.".to_owned()
            }
            (0, 0) => format!("No workspace was deleted.{left}"),
            (0, kept) => format!("No workspace was deleted; {} kept.{left}", were(kept)),
            (deleted, 0) => format!("{} deleted.{left}", were(deleted)),
            (deleted, kept) => format!("{} deleted; {kept} kept.{left}", were(deleted)),
        }
    }

    /// What went wrong, told with all that it left.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        let failure = self.failure?;
        if failure.is_cancellation() {
            return Some(failure);
        }
        let cause = format!(
            "{} could not be deleted. {}",
            ids(&self.left),
            failure.cause
        );
        Some(Failure { cause, ..failure })
    }
}

fn were(number: u32) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} {verb}", count(number, "workspace"))
}
