//! Owns what a preview is given.

use crate::inputs::groups::{Code, Settings, code, new_workspace};
use crate::inputs::reader::Reader;
use crate::inputs::values;
use crate::release::{IdOrName, ManagedServices, NewWorkspaceInputs};

/// What the flow is given.
#[derive(Debug)]
pub(super) struct PreviewFlow {
    /// The team that owns the previews.
    pub(super) team: IdOrName,
    /// What a new workspace is made of.
    pub(super) new: NewWorkspaceInputs,
    /// What happens in it.
    pub(super) code: Code,
    pub(super) settings: Settings,
}

impl PreviewFlow {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let team = reader.required("team", values::id_or_name);
        let new = new_workspace(reader, Some(String::new()));
        let code = code(reader, true);
        let settings = Settings::of_building(reader);
        Some(Self {
            team: team?,
            new: new?,
            code: code?,
            settings: Settings {
                // A preview is for trying: its data goes with it.
                managed: ManagedServices::Allow,
                ..settings?
            },
        })
    }
}
