//! Undoes a release alongside: its routes put back, the new workspace removed unless it had traffic.

use crate::ids::WorkspaceId;
use crate::release::OnFailure;
use crate::steps::{RunContext, workspace};
use crate::undo::journal::{Promoted, Release};
use crate::undo::launch::{made, remove, unknown};
use crate::undo::outcome::{Production, Recovery};
use crate::undo::routes::restore;

/// Puts the routes back and removes what never had traffic. Whatever cannot be done is told, with what does it.
pub(crate) fn undo_release(
    release: &Release,
    on_failure: OnFailure,
    ctx: &RunContext<'_>,
) -> Recovery {
    let switched = release
        .promoted
        .as_ref()
        .filter(|promoted| !promoted.routes.is_empty());
    let production = switched.map_or_else(
        || Production::AsBefore("Production was not touched.".to_owned()),
        |promoted| restore(release.team, promoted, ctx),
    );
    if let Some(promoted) = &release.promoted {
        remember_again(promoted, ctx);
    }
    let with_traffic = switched.map(|promoted| promoted.workspace);
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    if let Some(id) = with_traffic {
        ctx.report.kept(&id, "which had traffic");
        kept.push(had_traffic(id, &production, release.launched.is_some()));
    }
    if let Some(launched) = &release.launched {
        match made(release.team, launched, ctx) {
            Err(failure) => left.push(unknown(release.team, launched, &failure)),
            Ok(ids) => {
                for id in ids.into_iter().filter(|id| with_traffic != Some(*id)) {
                    match on_failure {
                        OnFailure::Keep => {
                            ctx.report.kept(&id, "for inspection");
                            kept.push(for_inspection(id));
                        }
                        OnFailure::Rollback => left.extend(remove(release.team, id, ctx)),
                    }
                }
            }
        }
    }
    let words = |sentences: Vec<String>| (!sentences.is_empty()).then(|| sentences.join(" "));
    Recovery {
        production,
        kept: words(kept),
        left: words(left),
    }
}

/// What was released before must not forget what served before that. No more than a help for a later rollback.
fn remember_again(promoted: &Promoted, ctx: &RunContext<'_>) {
    let Some(history) = &promoted.remembered else {
        return;
    };
    if let Err(failure) = workspace::set_env(ctx, promoted.workspace, &[history.to_variable()]) {
        ctx.log.line(&failure.cause);
    }
}

fn for_inspection(id: WorkspaceId) -> String {
    format!(
        "Workspace {id} was kept for inspection (`on-failure: keep`); delete it when you are done."
    )
}

/// What had traffic is never deleted by an undo.
fn had_traffic(id: WorkspaceId, production: &Production, made_here: bool) -> String {
    match production {
        Production::AsBefore(_) if made_here => format!(
            "Workspace {id} stays for inspection, off the domain; delete it when you are done."
        ),
        Production::AsBefore(_) => format!("Workspace {id} stays for inspection, off the domain."),
        Production::Theirs(_) | Production::Later(_) | Production::Uncertain(_) => format!(
            "Workspace {id} may still serve: do not delete it before you know that nothing points at it."
        ),
    }
}
