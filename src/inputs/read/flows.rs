//! Owns which inputs each flow takes.

use crate::ids::WorkspaceId;
use crate::inputs::places::places;
use crate::inputs::read::{code, name, new_workspace, promotion};
use crate::inputs::reader::Reader;
use crate::inputs::{
    Candidate, Cleanup, Flow, Preview, Promote, Rollback, Simple, ZeroDowntime, values,
};

/// What the flow of that name is given.
pub(super) fn read(reader: &mut Reader, name: &str) -> Option<Flow> {
    match name {
        "simple" => simple(reader),
        "zero-downtime" => zero_downtime(reader),
        "candidate" => candidate(reader),
        "promote" => promote(reader),
        "rollback" => rollback(reader),
        "cleanup" => cleanup(reader),
        _ => preview(reader),
    }
}

fn simple(reader: &mut Reader) -> Option<Flow> {
    let workspace = reader.required("workspace-id", values::whole_number);
    let code = code(reader, false);
    Some(Flow::Simple(Box::new(Simple {
        workspace: WorkspaceId(workspace?),
        code: code?,
    })))
}

fn zero_downtime(reader: &mut Reader) -> Option<Flow> {
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, true);
    let name = name(reader);
    let new = new_workspace(reader, name);
    let promotion = promotion(reader);
    let code = code(reader, true);
    Some(Flow::ZeroDowntime(Box::new(ZeroDowntime {
        team: team?,
        places: places?,
        promotion: promotion?,
        new: new?,
        code: code?,
    })))
}

fn candidate(reader: &mut Reader) -> Option<Flow> {
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, false);
    let name = name(reader);
    let new = new_workspace(reader, name);
    let code = code(reader, true);
    Some(Flow::Candidate(Box::new(Candidate {
        team: team?,
        places: places?,
        new: new?,
        code: code?,
    })))
}

fn promote(reader: &mut Reader) -> Option<Flow> {
    let workspace = reader.required("workspace-id", values::whole_number);
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, true);
    let promotion = promotion(reader);
    let workspace_timeout = reader.value("workspace-timeout", values::patience);
    Some(Flow::Promote(Box::new(Promote {
        workspace: WorkspaceId(workspace?),
        team: team?,
        places: places?,
        promotion: promotion?,
        workspace_timeout: workspace_timeout?,
    })))
}

fn rollback(reader: &mut Reader) -> Option<Flow> {
    let workspace = reader.optional("workspace-id", values::whole_number);
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, true);
    let switch_timeout = reader.value("switch-timeout", values::duration);
    let workspace_timeout = reader.value("workspace-timeout", values::patience);
    Some(Flow::Rollback(Box::new(Rollback {
        workspace: workspace?.map(WorkspaceId),
        team: team?,
        places: places?,
        switch_timeout: switch_timeout?,
        workspace_timeout: workspace_timeout?,
    })))
}

fn preview(reader: &mut Reader) -> Option<Flow> {
    let team = reader.required("team", values::id_or_name);
    let new = new_workspace(reader, Some(String::new()));
    let code = code(reader, true);
    Some(Flow::Preview(Box::new(Preview {
        team: team?,
        new: new?,
        code: code?,
    })))
}

fn cleanup(reader: &mut Reader) -> Option<Flow> {
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, false);
    if reader.text("domain").is_none() && reader.text("path").is_some_and(|path| path != "/") {
        reader.mistake(
            "path",
            "is given without `domain`. Good: both; or neither, for the releases of all places"
                .to_owned(),
        );
    }
    let keep_releases = reader.required("keep-releases", values::whole_number);
    let preview_max_age = reader.value("preview-max-age", values::duration);
    Some(Flow::Cleanup(Box::new(Cleanup {
        team: team?,
        places: places?,
        keep_releases: keep_releases?,
        preview_max_age: preview_max_age?,
    })))
}
