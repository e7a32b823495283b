//! Owns reading the main step's record in the post step: whether it is genuine, and what it says.

use std::collections::BTreeMap;

use crate::failure::{Failure, Reason};
use crate::inputs::Recorded;
use crate::runner::state::{Progress, Record, Seal, VARIABLE};
use crate::steps::connections::ids;
use crate::text::list;
use crate::undo::journal::Made;

/// What the main step has left to undo.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// What it was given.
    pub(crate) inputs: Recorded,
    /// What it had made or changed.
    pub(crate) made: Made,
}

/// What came of the main step.
#[derive(Debug)]
pub(crate) enum Found {
    /// It saved no record, or the runner did not pass it on.
    Absent,
    /// There is nothing to undo.
    Nothing,
    /// There is this to undo.
    Unfinished(Box<Unfinished>),
    /// It has verified this, in so many seconds after the start of 1970, and left it to the job.
    LeftToJob(Box<Unfinished>, u64),
}

/// Reads the record among `variables`; without a seal none can be genuine.
pub(crate) fn read(
    variables: &BTreeMap<String, String>,
    seal: Option<&Seal>,
) -> Result<Found, Failure> {
    let sealed = variables.get(VARIABLE).map_or("", |value| value.trim());
    if sealed.is_empty() {
        return Ok(Found::Absent);
    }
    let seal = seal.ok_or_else(|| {
        distrusted("`api-token` is empty or no key now, and without the key it cannot be verified")
    })?;
    let record = seal.opened(sealed).ok_or_else(|| {
        distrusted("its code does not fit, so the main step of this very step did not write it. An earlier step of the job may have set the variable, or `api-token` has changed since")
    })?;
    let record: Record<Recorded, Made> = serde_json::from_str(record)
        .map_err(|_| distrusted("another version of this action has written it"))?;
    let Progress::Unfinished(made) = record.progress else {
        return Ok(Found::Nothing);
    };
    let inputs = record.inputs;
    let noted = Box::new(Unfinished { inputs, made });
    Ok(match record.left_to_job {
        None => Found::Unfinished(noted),
        Some(at) => Found::LeftToJob(noted, at),
    })
}

/// What was noted, in words.
pub(crate) fn told(made: &Made) -> String {
    match made {
        Made::Release(release) => {
            let launched = release
                .launched
                .iter()
                .map(|launched| match launched.workspace {
                    Some(id) => format!("workspace {id} was made"),
                    None => "a workspace was asked for".to_owned(),
                });
            let switched = release
                .promoted
                .iter()
                .flat_map(|promoted| &promoted.routes);
            let switched = switched
                .map(|switched| format!("{} pointed at {}", switched.route, ids(&switched.before)));
            let team = release.team;
            format!(
                "Noted before the main step ended: in team {team}, {}.",
                list(launched.chain(switched))
            )
        }
        Made::Update(update) => format!(
            "Noted before the main step ended: workspace {} had commit {} checked out.",
            update.workspace, update.old_head
        ),
    }
}

/// A record that is not believed, and why.
pub(crate) fn distrusted(why: &str) -> Failure {
    Failure::new(
        Reason::UndoFailed,
        format!("The main step's record of what to revert ({VARIABLE}) is not believed: {why}."),
        "Nothing was deleted or changed because of it. Look at the domain and at the team's workspaces, and revert by hand what this run has left.",
    )
}
