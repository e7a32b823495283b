//! Calls about a workspace as a whole.

use std::io::Read;

use serde::Serialize;

use crate::codesphere::body;
use crate::codesphere::call::Repeat;
use crate::codesphere::client::{Answer, Begun, Client, call};
use crate::codesphere::types::{NewWorkspace, Status, Workspace};
use crate::http::Head;
use crate::ids::{EnvVar, TeamId, WorkspaceId};

impl<'a> Client<'a> {
    /// One workspace.
    pub(crate) fn workspace(&self, id: WorkspaceId) -> Answer<Workspace> {
        self.begin_workspace(id).answer()
    }

    /// As [`Client::workspace`], alongside other reads.
    pub(crate) fn begin_workspace(&self, id: WorkspaceId) -> Begun<'a, Workspace> {
        self.begin(format!("/workspaces/{id}"))
    }

    /// The team's workspaces that `keep` wants.
    pub(crate) fn workspaces<K>(&self, team: TeamId, keep: K) -> Answer<Vec<Workspace>>
    where
        K: Fn(&Workspace) -> bool + Clone + Send + 'static,
    {
        let call = call::<()>(
            "GET",
            format!("/workspaces/team/{team}"),
            None,
            Repeat::Freely,
        );
        self.retrying.send(&call, move |head, reader| {
            body::list(head, reader, keep.clone())
        })
    }

    /// Makes a workspace. Never sent twice unless the first one certainly had no effect.
    pub(crate) fn create(&self, new: &NewWorkspace) -> Answer<Workspace> {
        let call = call(
            "POST",
            "/workspaces".to_owned(),
            Some(new),
            Repeat::IfItHadNoEffect,
        );
        self.retrying.send(&call, body::object)
    }

    /// Wakes a sleeping workspace: replicas are set to what they are.
    pub(crate) fn wake(&self, id: WorkspaceId, replicas: u32) -> Answer<()> {
        #[derive(Serialize)]
        struct Replicas {
            replicas: u32,
        }
        let body = Replicas {
            replicas: replicas.max(1),
        };
        let call = call(
            "PATCH",
            format!("/workspaces/{id}"),
            Some(&body),
            Repeat::Freely,
        );
        self.retrying.send(&call, body::nothing)
    }

    /// Deletes a workspace; says whether it did. `must_stay` is asked before each try.
    pub(crate) fn delete(
        &self,
        id: WorkspaceId,
        mut must_stay: impl FnMut() -> bool,
    ) -> Answer<bool> {
        let call = call::<()>("DELETE", format!("/workspaces/{id}"), None, Repeat::Freely);
        let deleted = |head: &Head, body: &mut dyn Read| body::blank(head, body).map(|()| true);
        self.retrying
            .send_looking(&call, deleted, || must_stay().then_some(false))
    }

    /// Whether the workspace runs; says nothing about its application.
    pub(crate) fn is_running(&self, id: WorkspaceId) -> Answer<bool> {
        Ok(self.begin_status(id).answer()?.is_running)
    }

    /// As [`Client::is_running`], alongside other reads.
    pub(crate) fn begin_status(&self, id: WorkspaceId) -> Begun<'a, Status> {
        self.begin(format!("/workspaces/{id}/status"))
    }

    /// The workspace's environment.
    pub(crate) fn env(&self, id: WorkspaceId) -> Answer<Vec<EnvVar>> {
        self.begin_env(id).answer()
    }

    /// As [`Client::env`], alongside other reads.
    pub(crate) fn begin_env(&self, id: WorkspaceId) -> Begun<'a, Vec<EnvVar>> {
        self.begin_list(format!("/workspaces/{id}/env-vars"))
    }

    /// Takes variables away; those that are not there are fine.
    pub(crate) fn unset_env(&self, id: WorkspaceId, names: &[String]) -> Answer<()> {
        let path = format!("/workspaces/{id}/env-vars");
        self.retrying.send(
            &call("DELETE", path, Some(names), Repeat::Freely),
            body::nothing,
        )
    }

    /// Adds or changes variables; the others stay.
    pub(crate) fn set_env(&self, id: WorkspaceId, vars: &[EnvVar]) -> Answer<()> {
        let call = call(
            "PUT",
            format!("/workspaces/{id}/env-vars"),
            Some(vars),
            Repeat::Freely,
        );
        self.retrying.send(&call, body::nothing)
    }
}
