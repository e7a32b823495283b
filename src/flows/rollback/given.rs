//! Owns what a rollback is given.

use std::time::Duration;

use crate::ids::WorkspaceId;
use crate::inputs::groups::Settings;
use crate::inputs::reader::Reader;
use crate::inputs::routes::routes;
use crate::inputs::values;
use crate::release::IdOrName;
use crate::route::Route;

/// What the flow is given.
#[derive(Debug)]
pub(super) struct Rollback {
    /// The workspace to go back to; blank: what served before the one that is live.
    pub(super) workspace: Option<WorkspaceId>,
    /// The team that owns it and the domain.
    pub(super) team: IdOrName,
    /// Where it will serve again.
    pub(super) routes: Vec<Route>,
    /// How long a domain may take to serve it.
    pub(super) switch_timeout: Duration,
    /// Until it runs, and until its run stage is up.
    pub(super) workspace_timeout: Duration,
    pub(super) settings: Settings,
}

impl Rollback {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let workspace = reader.optional("workspace-id", values::whole_number);
        let team = reader.required("team", values::id_or_name);
        let routes = routes(reader, true);
        let switch_timeout = reader.value("switch-timeout", values::duration);
        let workspace_timeout = reader.value("workspace-timeout", values::patience);
        let settings = Settings::of_switching(reader);
        Some(Self {
            workspace: workspace?.map(WorkspaceId),
            team: team?,
            routes: routes?,
            switch_timeout: switch_timeout?,
            workspace_timeout: workspace_timeout?,
            settings: settings?,
        })
    }
}
