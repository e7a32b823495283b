//! Calls about what happens in a workspace: git, commands, pipeline, landscape.

use serde::Serialize;

use crate::codesphere::body;
use crate::codesphere::call::Repeat;
use crate::codesphere::client::{Answer, Begun, Client, call, profiled, segment};
use crate::codesphere::pipeline::{Stage, StageEntry};
use crate::codesphere::types::{CheckedOut, Executed};
use crate::ids::{CommitId, WorkspaceId};

impl<'a> Client<'a> {
    /// The commit that is checked out.
    pub(crate) fn head(&self, id: WorkspaceId) -> Answer<CommitId> {
        self.begin_head(id).answer().map(CheckedOut::into_commit)
    }

    /// As [`Client::head`], alongside other reads.
    pub(crate) fn begin_head(&self, id: WorkspaceId) -> Begun<'a, CheckedOut> {
        self.begin(format!("/workspaces/{id}/git/head"))
    }

    /// Fetches and merges. Never sent twice unless the first one certainly had no effect.
    pub(crate) fn pull(&self, id: WorkspaceId, remote: &str, branch: Option<&str>) -> Answer<()> {
        let mut path = format!("/workspaces/{id}/git/pull/{}", segment(remote));
        if let Some(branch) = branch {
            path.push('/');
            path.push_str(&segment(branch));
        }
        self.retrying.send(
            &call::<()>("POST", path, None, Repeat::IfItHadNoEffect),
            body::nothing,
        )
    }

    /// Runs a command of at most five seconds with `bash -c`. Never sent twice unless the first one certainly had no effect.
    pub(crate) fn execute(&self, id: WorkspaceId, command: &str) -> Answer<Executed> {
        #[derive(Serialize)]
        struct Command<'c> {
            command: &'c str,
        }
        let path = execute_path(id);
        let call = call(
            "POST",
            path,
            Some(&Command { command }),
            Repeat::IfItHadNoEffect,
        );
        self.retrying.send(&call, body::object)
    }

    /// How far a stage is, per server and replica. The states decide; the list may be empty for a while.
    pub(crate) fn pipeline(&self, id: WorkspaceId, stage: Stage) -> Answer<Vec<StageEntry>> {
        self.begin_pipeline(id, stage).answer()
    }

    /// As [`Client::pipeline`], alongside other calls.
    pub(crate) fn begin_pipeline(
        &self,
        id: WorkspaceId,
        stage: Stage,
    ) -> Begun<'a, Vec<StageEntry>> {
        self.begin_list(format!("/workspaces/{id}/pipeline/{stage}"))
    }

    /// Starts a stage. Never sent twice unless the first one certainly had no effect.
    pub(crate) fn start(&self, id: WorkspaceId, stage: Stage, profile: Option<&str>) -> Answer<()> {
        let path = profiled(stage_path(id, stage, "start"), profile);
        self.retrying.send(
            &call::<()>("POST", path, None, Repeat::IfItHadNoEffect),
            body::nothing,
        )
    }

    /// Stops a stage; returns before it has stopped. Never sent twice unless the first one certainly had no effect.
    pub(crate) fn stop(&self, id: WorkspaceId, stage: Stage) -> Answer<()> {
        let path = stage_path(id, stage, "stop");
        self.retrying.send(
            &call::<()>("POST", path, None, Repeat::IfItHadNoEffect),
            body::nothing,
        )
    }

    /// Brings the landscape's services to what the checked out `ci.yml` says; returns before the work is done.
    pub(crate) fn deploy(&self, id: WorkspaceId, profile: Option<&str>) -> Answer<()> {
        let path = deploy_path(id, profile);
        self.retrying.send(
            &call::<()>("POST", path, None, Repeat::Freely),
            body::nothing,
        )
    }
}

pub(super) fn execute_path(id: WorkspaceId) -> String {
    format!("/workspaces/{id}/execute")
}

pub(super) fn stage_path(id: WorkspaceId, stage: Stage, verb: &str) -> String {
    format!("/workspaces/{id}/pipeline/{stage}/{verb}")
}

pub(super) fn deploy_path(id: WorkspaceId, profile: Option<&str>) -> String {
    profiled(format!("/workspaces/{id}/landscape/deploy"), profile)
}
