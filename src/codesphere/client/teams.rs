//! Calls about a team: plans, vaults and domains.

use crate::codesphere::body;
use crate::codesphere::call::Repeat;
use crate::codesphere::client::{Answer, Begun, Client, call, segment};
use crate::codesphere::types::{Connections, Domain, ManagedService, Plan, Team};
use crate::ids::{TeamId, WorkspaceId};

impl<'a> Client<'a> {
    /// The teams of the token's owner.
    pub(crate) fn teams(&self) -> Answer<Vec<Team>> {
        self.get_list("/teams".to_owned())
    }

    /// All plans, also those no longer offered; alongside other reads.
    pub(crate) fn begin_plans(&self) -> Begun<'a, Vec<Plan>> {
        self.begin_list("/metadata/workspace-plans".to_owned())
    }

    /// The names of the secrets in a workspace's own vault, never the values; alongside other reads.
    pub(crate) fn begin_vault(&self, team: TeamId, id: WorkspaceId) -> Begun<'a, Vec<String>> {
        self.begin_names(format!("/vault/teams/{team}/workspaces/{id}/keys"))
    }

    /// The names of the secrets in a vault that the team shares; alongside other reads.
    pub(crate) fn begin_shared_vault(&self, team: TeamId, name: &str) -> Begun<'a, Vec<String>> {
        self.begin_names(format!("/vault/teams/{team}/shared/{}/keys", segment(name)))
    }

    /// The names of the vaults that the team shares.
    pub(crate) fn shared_vaults(&self, team: TeamId) -> Answer<Vec<String>> {
        self.begin_names(format!("/vault/teams/{team}/shared"))
            .answer()
    }

    /// A team's custom domain.
    pub(crate) fn domain(&self, team: TeamId, name: &str) -> Answer<Domain> {
        self.begin_domain(team, name).answer()
    }

    /// As [`Client::domain`], alongside other reads.
    pub(crate) fn begin_domain(&self, team: TeamId, name: &str) -> Begun<'a, Domain> {
        self.begin(format!("/domains/team/{team}/domain/{}", segment(name)))
    }

    /// All custom domains of a team.
    pub(crate) fn domains(&self, team: TeamId) -> Answer<Vec<Domain>> {
        self.get_list(format!("/domains/team/{team}"))
    }

    /// The managed services of a team; whether those of landscapes are among them is the installation's business.
    pub(crate) fn managed_services(&self, team: TeamId) -> Answer<Vec<ManagedService>> {
        self.get_list(format!(
            "/managed-services?team={team}&includeDeleted=false"
        ))
    }

    /// Replaces what a domain's paths point at; whether it took effect is for the answer's `workspaces` to tell.
    /// Sent once: read the domain before each further try, as somebody else may have changed it.
    pub(crate) fn connect(
        &self,
        team: TeamId,
        name: &str,
        connections: &Connections,
    ) -> Answer<Domain> {
        let path = connections_path(team, name);
        self.retrying.send(
            &call("PUT", path, Some(connections), Repeat::Never),
            body::object,
        )
    }
}

pub(super) fn connections_path(team: TeamId, name: &str) -> String {
    format!(
        "/domains/team/{team}/domain/{}/workspace-connections",
        segment(name)
    )
}
