//! Owns what retention knows of data before it deletes anything: what a workspace remembers of its managed services.

use std::collections::BTreeSet;

use crate::codesphere::client::Client;
use crate::ids::WorkspaceId;
use crate::managed;
use crate::steps::retention::verdict::{Decision, KeepReason, Kind, Verdict};

/// Keeps releases that remember managed services. What does not remember, or cannot be asked, is looked at once more
/// before it is deleted. A preview's data goes with it.
pub(crate) fn keep_data(api: &Client<'_>, verdicts: &mut [Verdict]) {
    let doomed = verdicts.iter_mut().filter(|verdict| verdict.deletes());
    for verdict in doomed.filter(|verdict| matches!(verdict.own.kind, Kind::Release(_))) {
        let names = remembered(api, verdict.own.id);
        if !names.is_empty() {
            verdict.decision = Decision::Keep(KeepReason::Data(names));
        }
    }
}

fn remembered(api: &Client<'_>, id: WorkspaceId) -> BTreeSet<String> {
    let env = api.env(id).unwrap_or_default();
    managed::among(&env).ok().flatten().unwrap_or_default()
}
