//! Owns who made a workspace, as its owner label says.

use crate::codesphere::types::Workspace;
use crate::owner::OwnerLabel;

/// The workspace's owner label; none where this action did not make it.
pub(crate) fn label_of(workspace: &Workspace) -> Option<OwnerLabel> {
    workspace
        .welcome_message
        .as_deref()
        .and_then(OwnerLabel::parse)
}
